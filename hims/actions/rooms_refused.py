"""Why something cannot be done to a bed space, in sentences that name the other."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.errors import Finding, Refused
from hims.models import Actor, BedSpace, Encounter

SUGGESTED = 3


def refused(
    code: str, space: BedSpace, actor: Actor, now: datetime, *, severity: str = "stop", **more: str
) -> Refused:
    """The refusal with the reason `code` of hims.domain.rooms; where the space is taken, other
    spaces of the department that are ready come with it."""
    about = {
        "space": space.name,
        "who": _for_whom(space, actor),
        "until": f"{timezone.localtime(space.reserved_until):%H:%M}"
        if space.reserved_until
        else "",
        "reason": space.blocked_reason,
        "state": space.get_state_display(),
        **more,
    }
    text = _sentences().get(code, _("That cannot be done with %(space)s now: it is %(state)s."))
    ways_out = _others(space) if code in _TAKEN else []
    return Refused(Finding(code, text % about, severity), alternatives=ways_out)


_TAKEN = {"occupied", "reserved_for_another", "not_ready", "blocked", "closed", "overlaps"}


def _sentences() -> dict[str, str]:
    return {
        "occupied": _("%(space)s is in use%(who)s."),
        "reserved_for_another": _("%(space)s is reserved%(who)s until %(until)s."),
        "not_ready": _("%(space)s is not ready: it is %(state)s."),
        "already_ready": _("%(space)s is ready already."),
        "already_dirty": _("%(space)s waits to be cleaned already."),
        "not_confirmed_empty": _("Somebody may still be in %(space)s. Say first that it is empty."),
        "blocked": _("%(space)s is blocked: %(reason)s"),
        "closed": _("%(space)s is closed. Open it first."),
        "not_closed": _("%(space)s is open already."),
        "in_its_use": _("%(space)s cannot be closed: it is %(state)s."),
        "nobody_in_it": _("Nobody is in %(space)s as far as we know."),
        "away_holds_bed": _("The patient of %(space)s is away and keeps the bed."),
        "not_away": _("The patient of %(space)s is not away."),
        "only_a_person": _("Only a person on the spot can say that of %(space)s."),
        "nothing_to_clean": _("%(space)s does not wait to be cleaned."),
        "claimed_by_another": _("%(other)s has claimed %(space)s."),
        "isolation_clean_owed": _("%(space)s needs an isolation clean first."),
        "not_reserved": _("%(space)s is not reserved."),
        "no_reason": _("Say why, in a few words."),
        "not_blocked": _("%(space)s is not blocked."),
        "moved_on": _("Something else has happened to %(space)s since. It cannot be undone."),
        "nothing_to_undo": _("Nothing of the last minutes can be undone in %(space)s."),
        "patient_elsewhere": _("This patient is in %(other)s now."),
        "does_not_fit": _(
            "%(space)s lacks what this patient needs: %(other)s. Say why, or choose another."
        ),
        "overlaps": _("%(space)s was given to somebody else%(other)s at the same moment."),
    }


def _for_whom(space: BedSpace, actor: Actor) -> str:
    """Who holds it, by ticket, for those who follow the flow of patients."""
    if space.encounter_id is None or not actor.may("flow.view"):
        return ""
    ticket = Encounter.objects.filter(pk=space.encounter_id).values_list("ticket", flat=True)
    shown = ticket.first()
    return _(" by %(ticket)s") % {"ticket": shown} if shown else ""


def _others(space: BedSpace) -> list[dict[str, str]]:
    ready = BedSpace.objects.filter(
        department=space.department_id, active=True, state=BedSpace.State.READY
    ).exclude(pk=space.pk)
    return [
        {"space": other.code, "name": other.name, "id": str(other.uid)}
        for other in ready.order_by("code")[:SUGGESTED]
    ]
