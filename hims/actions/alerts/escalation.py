"""An alert that nobody answers climbs, by timers: the row is the promise, whatever was killed."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.alerts.raising import ESCALATE, call, locked
from hims.actions.alerts.timeline import note
from hims.actions.timers import set_timer
from hims.domain.alerts import LONGEST_PAUSE_S
from hims.jobs import register_timer
from hims.models import Actor, Alert, Timer
from hims.queries.actors import clock

Status = Alert.Status


@step
def escalate_alert(timer: Timer, now: datetime) -> None:
    """Nobody answered in time: the next role hears of it. A snooze that is over calls again."""
    alert = locked(timer.subject)
    if alert is None:
        return
    actor = clock()
    if alert.status == Status.ACKNOWLEDGED and alert.snoozed_until:
        alert.status, alert.snoozed_until = Status.RAISED, None
        alert.acknowledged_at = alert.acknowledged_by = None
        alert.save()
        touches(alert)
        note(alert, "called_again", actor=actor, at=now, text=_("The pause is over"))
        call(alert, actor=actor, now=now, again=f":{now.timestamp():.0f}")
        return
    if alert.status != Status.RAISED:
        return
    touches(alert)
    alert.level += 1
    note(alert, "escalated", actor=actor, at=now)
    call(alert, actor=actor, now=now)


@action("alerts.mend")
def mend_escalations(*, actor: Actor, now: datetime) -> int:
    """See that each alert that calls has its timer, and none that is further away than its rule
    allows: a clock that was set back must not make anybody wait. How many were mended."""
    mended = 0
    calling = Alert.objects.filter(status=Status.RAISED).select_related("rule", "department")
    pending = dict(
        Timer.objects.filter(kind=ESCALATE, done_at=None).values_list("subject", "due_at")
    )
    for alert in calling.order_by("pk"):
        rungs = len(alert.rule.escalates_to)
        longest = alert.rule.acknowledge_within_s if alert.level <= rungs + 1 else LONGEST_PAUSE_S
        latest = now + timedelta(seconds=max(1, longest, alert.rule.acknowledge_within_s))
        due = pending.get(str(alert.uid))
        if due is None or due > latest:
            touches(alert)
            set_timer(kind=ESCALATE, subject=str(alert.uid), due_at=latest)
            mended += 1
    paused = Alert.objects.filter(status=Status.ACKNOWLEDGED, snoozed_until__isnull=False)
    for alert in paused.exclude(uid__in=list(pending)).order_by("pk"):
        touches(alert)
        set_timer(kind=ESCALATE, subject=str(alert.uid), due_at=alert.snoozed_until)
        mended += 1
    return mended


register_timer(ESCALATE, escalate_alert)
