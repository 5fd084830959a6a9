"""What people do with an alert: take it, give it, put it off, say what became of it."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.alerts.raising import ESCALATE, answered, end, locked
from hims.actions.alerts.telling import tell
from hims.actions.alerts.timeline import note
from hims.actions.timers import set_timer
from hims.domain.alerts import LONGEST_SNOOZE
from hims.errors import Finding, Invalid, NotFound, Refused
from hims.models import Actor, Alert

Status = Alert.Status


@action("alert.acknowledge")
def acknowledge_alert(*, actor: Actor, now: datetime, alert: Alert) -> Alert:
    """Take it: it is the actor's now and climbs no further. Taking it twice, or after it was over,
    changes nothing."""
    alert = _open(alert)
    if alert.status in (Status.RAISED, Status.PENDING):
        _take(alert, actor, now)
        note(alert, "acknowledged", actor=actor, at=now)
        answered(alert, actor=actor, now=now)
    return alert


@action("alert.assign")
def assign_alert(*, actor: Actor, now: datetime, alert: Alert, to: Actor) -> Alert:
    """Give it to somebody, who is told and must answer in turn. Taking it oneself answers it."""
    alert = _open(alert)
    _refuse_resolved(alert)
    if to.kind != Actor.Kind.PERSON or not to.is_active:
        raise Refused(Finding("not_a_person", _("Choose somebody who works here."), field="to"))
    alert.owner = to
    if to == actor:
        _take(alert, actor, now)
        note(alert, "acknowledged", actor=actor, at=now)
        answered(alert, actor=actor, now=now)
        return alert
    if alert.status != Status.PENDING:
        alert.status = Status.RAISED
    alert.acknowledged_at = alert.acknowledged_by = alert.snoozed_until = None
    alert.save()
    note(alert, "assigned", actor=actor, at=now, text=to.name)
    if alert.status == Status.RAISED:
        tell(alert, role="", people=[to], actor=actor, now=now, again=f":{now.timestamp():.0f}")
        due = now + timedelta(seconds=alert.rule.acknowledge_within_s)
        set_timer(kind=ESCALATE, subject=str(alert.uid), due_at=due)
    return alert


@action("alert.snooze")
def snooze_alert(*, actor: Actor, now: datetime, alert: Alert, minutes: int, reason: str) -> Alert:
    """Put it off for some minutes and say why; then it calls again. How long one may depends on
    its priority."""
    alert = _open(alert)
    _refuse_resolved(alert)
    if alert.status == Status.PENDING:
        raise Refused(Finding("not_yet", _("It does not call yet: there is nothing to put off.")))
    longest = LONGEST_SNOOZE[alert.priority]
    most = round(longest.total_seconds() / 60)
    if not 1 <= minutes <= most:
        text = _("An alert of this priority can be put off for 1 to %(n)d minutes.") % {"n": most}
        raise Refused(Finding("too_long", text, field="minutes"))
    if not reason.strip():
        raise Invalid(Finding("required", _("Say why."), field="reason"))
    _take(alert, actor, now)
    alert.snoozed_until = now + timedelta(minutes=minutes)
    alert.save(update_fields=["snoozed_until"])
    text = _("%(n)d min: %(why)s") % {"n": minutes, "why": reason}
    note(alert, "snoozed", actor=actor, at=now, text=text)
    answered(alert, actor=actor, now=now)
    set_timer(kind=ESCALATE, subject=str(alert.uid), due_at=alert.snoozed_until)
    return alert


@action("alert.resolve")
def resolve_alert(
    *,
    actor: Actor,
    now: datetime,
    alert: Alert,
    acted_on: bool,
    resolution: str = "",
) -> Alert:
    """Say what became of it, and whether it was worth the call: that is its rule's score. The
    first word stands."""
    alert = _open(alert)
    if alert.status == Status.RESOLVED:
        return alert
    if alert.status == Status.RAISED:
        _take(alert, actor, now)
        note(alert, "acknowledged", actor=actor, at=now)
    end(
        alert,
        resolution=resolution.strip() or (_("Acted on") if acted_on else _("Nothing to do")),
        acted_on=acted_on,
        actor=actor,
        now=now,
    )
    return alert


@step
def _take(alert: Alert, actor: Actor, now: datetime) -> None:
    alert.status, alert.owner = Status.ACKNOWLEDGED, actor
    alert.acknowledged_at, alert.acknowledged_by = now, actor
    alert.snoozed_until = None
    if alert.raised_at is None:  # somebody saw it before it called
        alert.raised_at = now
        note(alert, "raised", actor=actor, at=now)
    alert.save()


@step
def _open(alert: Alert) -> Alert:
    found = locked(str(alert.uid))
    if found is None:
        raise NotFound("no such alert")
    touches(found)
    return found


def _refuse_resolved(alert: Alert) -> None:
    if alert.status == Status.RESOLVED:
        raise Refused(Finding("resolved", _("This alert is over already.")))
