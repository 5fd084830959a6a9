"""Breaking the glass: a record opened in need without a care relationship, for an hour, and what
the privacy officer says of it.

Who it is was asked again at the door; here it is written down, told, and later judged.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hims.access.roles import Role
from hims.access.scopes import visible_to
from hims.action import action, touches
from hims.actions.alerts import raise_alert
from hims.alert_rules import register_rule
from hims.errors import Finding, Refused
from hims.models import Actor, BreakGlass, Patient

log = logging.getLogger(__name__)

LASTS = timedelta(minutes=60)
SHORTEST = 10  # letters of a reason in words
RULE = "glass_broken"

register_rule(
    RULE,
    title="A record was opened without a care relationship",
    priority="medium",
    owner_role=Role.PRIVACY_OFFICER,
    acknowledge_within_s=24 * 3600,
)


@action("glass.break")
def break_glass(
    *, actor: Actor, now: datetime, patient: Patient, why: str, text: str
) -> BreakGlass:
    """Open the record of `patient` to `actor` for an hour. why: a BreakGlass.Reason.

    The privacy officers are told at once; if nobody can be told, the record opens all the same and
    the review waits for them. Raises Refused when the reason says nothing, or the record is open
    to them anyway.
    """
    if why not in BreakGlass.Reason.values:
        raise Refused(Finding("no_reason", _("Choose the reason."), field="why"))
    if len(text.strip()) < SHORTEST:
        raise Refused(
            Finding("few_words", _("Say in a few words why you need this record."), field="text")
        )
    if visible_to(actor, Patient.objects.filter(pk=patient.pk)).exists():
        raise Refused(Finding("open_already", _("This record is open to you already.")))
    broken = BreakGlass.objects.create(
        patient=patient,
        actor=actor,
        reason=why,
        text=text.strip()[:500],
        begun_at=now,
        ends_at=now + LASTS,
    )
    touches(patient, broken)
    _tell(broken, actor, now)
    return broken


@action("glass.end")
def end_glass(*, actor: Actor, now: datetime, glass: BreakGlass) -> BreakGlass:
    """Close the record before the hour is over; only who opened it does that."""
    glass = BreakGlass.objects.select_for_update().get(pk=glass.pk)
    if glass.actor_id != actor.pk:
        raise Refused(Finding("not_yours", _("Somebody else opened this record.")))
    if glass.ended_at is None and glass.ends_at > now:
        glass.ended_at = now
        glass.save(update_fields=["ended_at"])
    touches(glass, glass.patient)
    return glass


@action("glass.review")
def review_glass(
    *, actor: Actor, now: datetime, glass: BreakGlass, verdict: str, text: str
) -> BreakGlass:
    """What was found; "to be asked" may be judged again. Never one's own."""
    glass = BreakGlass.objects.select_for_update().get(pk=glass.pk)
    if glass.actor_id == actor.pk:
        raise Refused(Finding("own_glass", _("Somebody else must review what you opened.")))
    if verdict not in BreakGlass.Verdict.values:
        raise Refused(Finding("no_verdict", _("Choose what you found."), field="verdict"))
    if glass.verdict not in {"", BreakGlass.Verdict.UNCLEAR}:
        raise Refused(Finding("reviewed", _("This was reviewed already.")))
    if verdict != BreakGlass.Verdict.JUSTIFIED and not text.strip():
        raise Refused(Finding("few_words", _("Say what you found."), field="text"))
    glass.verdict, glass.review_text = verdict, text.strip()[:500]
    glass.reviewed_by, glass.reviewed_at = actor, now
    glass.save(update_fields=["verdict", "review_text", "reviewed_by", "reviewed_at"])
    touches(glass, glass.patient)
    return glass


def _tell(broken: BreakGlass, actor: Actor, now: datetime) -> None:
    """The notice; a notifier that fails never keeps a record closed in an emergency."""
    try:
        with transaction.atomic():
            raise_alert(
                rule=RULE,
                group_key=str(broken.uid),
                subject=str(broken.uid),
                title=_("A record was opened without a care relationship"),
                text=_("%(who)s, %(why)s.")
                % {"who": actor.name, "why": broken.get_reason_display()},
                url="/settings/glass/",
                department=None,
                patient=None,
                at=now,
                now=now,
                actor=actor,
            )
    except Exception:
        log.exception("the privacy officers could not be told of an opened record")
