"""Raising and clearing, inside the caller's own story: what is told was committed with its cause.

One cause (rule, group, patient, priority) has one open alert; the things it is about are its
occurrences. An alert waits (`pending`) while its delay runs or its rule is suppressed, and ends by
itself when its last occurrence is over for as long as the rule says.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from hims import alert_rules, gate
from hims.access.roles import Role
from hims.action import naming, step, touches
from hims.actions.alerts.telling import drop_waiting, tell
from hims.actions.alerts.timeline import note, tell_pages
from hims.actions.timers import set_timer
from hims.domain.alerts import EVERYBODY, rung, wait_s
from hims.jobs import register_timer
from hims.models import (
    Actor,
    Alert,
    AlertOccurrence,
    AlertRule,
    AlertSuppression,
    Department,
    Patient,
    Timer,
)
from hims.queries.actors import clock
from hims.queries.alerts import open_alert, receivers, suppression_of, who_runs_the_house

BEGIN, ESCALATE, END = "alert.begin", "alert.escalate", "alert.end"
Status = Alert.Status


@step
def raise_alert(
    *,
    rule: str,
    group_key: str,
    subject: str,
    title: str,
    actor: Actor,
    now: datetime,
    text: str = "",
    url: str = "",
    department: Department | None = None,
    patient: Patient | None = None,
    at: datetime | None = None,
) -> Alert | None:
    """Say that `subject` is in a state that somebody must know of, since `at`.

    It joins the open alert of the same rule, group, patient and priority, or begins one; saying it
    again changes nothing but when it was last said. title: of the whole alert, names no patient
    (url leads there). None when the hospital switched the rule off.
    """
    at = min(at or now, now)
    known = rule_row(rule)
    if not known.active:
        return None
    _hold_cause(known, group_key, patient)
    alert = (
        open_alert(known, group_key, patient)
        .filter(priority=known.priority)
        .select_for_update(of=("self",))
        .select_related("rule", "department")
        .first()
    )
    begun = alert is None
    if alert is None:
        alert = Alert.objects.create(
            rule=known,
            group_key=group_key[:120],
            priority=known.priority,
            status=Status.PENDING,
            title=title[:200],
            text=text[:500],
            url=url[:200],
            department=department,
            patient=patient,
            owner_role=known.owner_role,
            begun_at=at,
        )
        note(alert, "begun", actor=actor, at=now, text=text or subject)
    joined = _occurs(alert, subject, text, at, now)
    told_already = naming(alert) in gate.current().objects
    touches(alert)
    if begun:
        _begin(alert, actor, now)
    elif alert.title != title[:200] or alert.url != url[:200]:
        alert.title, alert.url = title[:200], url[:200]
        alert.save(update_fields=["title", "url"])
        tell_pages(alert)
    elif joined and not told_already:  # a burst in one story is told once
        tell_pages(alert)
    return alert


@step
def clear_alert(
    *,
    rule: str,
    group_key: str,
    actor: Actor,
    now: datetime,
    subject: str = "",
    patient: Patient | None = None,
) -> bool:
    """Say that it is over for `subject`, or for all of the group; whether there was anything.

    The alert ends by itself when nothing of it is left for as long as its rule says.
    """
    known = rule_row(rule)
    _hold_cause(known, group_key, patient)
    cleared = False
    alerts = open_alert(known, group_key, patient).select_for_update(of=("self",))
    for alert in alerts.select_related("rule", "department").order_by("pk"):
        over = alert.occurrences.filter(cleared_at=None)
        if subject:
            over = over.filter(subject=subject[:80])
        if not over.update(cleared_at=now):
            continue
        cleared = True
        touches(alert)
        if alert.occurrences.filter(cleared_at=None).exists():
            tell_pages(alert)
        elif alert.status == Status.PENDING or not known.clears_after_s:
            _end_by_itself(alert, actor, now)
        else:
            due = now + timedelta(seconds=known.clears_after_s)
            set_timer(kind=END, subject=str(alert.uid), due_at=due)
    return cleared


@step
def rule_row(code: str) -> AlertRule:
    """The hospital's row of a rule; on its first use it is written as it was born."""
    if found := AlertRule.objects.filter(code=code).first():
        return found
    born = alert_rules.born_rule(code)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [f"rule {code}"])
    found, _new = AlertRule.objects.get_or_create(code=code, defaults=as_row(born))
    return found


def as_row(born: alert_rules.BornRule) -> dict:
    """The columns of a rule's row as it is born."""
    return {
        "title": born.title,
        "priority": born.priority,
        "owner_role": born.owner_role.value,
        "delay_s": born.delay_s,
        "clears_after_s": born.clears_after_s,
        "threshold_min": born.threshold_min,
        "acknowledge_within_s": born.acknowledge_within_s,
        "escalates_to": [role.value for role in born.escalates_to],
    }


def _hold_cause(rule: AlertRule, group_key: str, patient: Patient | None) -> None:
    """One caller at a time raises or clears one cause, also before it has a row to lock."""
    cause = f"{rule.pk}:{group_key}:{patient.pk if patient else ''}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [cause])


@step
def _occurs(alert: Alert, subject: str, text: str, at: datetime, now: datetime) -> bool:
    """Whether the subject is new among what is open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hims_alertoccurrence (alert_id, subject, text, begun_at, last_at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (alert_id, subject) WHERE cleared_at IS NULL"
            " DO UPDATE SET last_at = greatest(hims_alertoccurrence.last_at, excluded.last_at),"
            " text = excluded.text RETURNING xmax = 0",
            [alert.pk, subject[:80], text[:200], at, now],
        )
        return bool(cursor.fetchone()[0])


# --- from pending to raised -----------------------------------------------------------------------


@step
def _begin(alert: Alert, actor: Actor, now: datetime) -> None:
    """Raise a pending alert now, or when its delay is over, or when its suppression ends."""
    due = alert.begun_at + timedelta(seconds=alert.rule.delay_s)
    held = suppression_of(alert.rule, alert.department, now)
    if held is None and due <= now:
        _raise_now(alert, actor, now)
        return
    if held is not None:
        held = AlertSuppression.objects.select_for_update().get(pk=held.pk)
        if not alert.events.filter(event="held_back").exists():
            AlertSuppression.objects.filter(pk=held.pk).update(held_back=held.held_back + 1)
            note(alert, "held_back", actor=actor, at=now, text=held.reason)
        due = max(due, held.until)
    set_timer(kind=BEGIN, subject=str(alert.uid), due_at=due)


@step
def begin_alert(timer: Timer, now: datetime) -> None:
    """The delay or the suppression is over: what still stands is raised."""
    alert = locked(timer.subject)
    if alert is None or alert.status != Status.PENDING:
        return
    touches(alert)
    if alert.occurrences.filter(cleared_at=None).exists():
        _begin(alert, clock(), now)


@step
def _raise_now(alert: Alert, actor: Actor, now: datetime) -> None:
    alert.status, alert.raised_at = Status.RAISED, now
    alert.save(update_fields=["status", "raised_at"])
    note(alert, "raised", actor=actor, at=now)
    call(alert, actor=actor, now=now)


@step
def call(alert: Alert, *, actor: Actor, now: datetime, again: str = "") -> None:
    """Tell whoever the alert's level names, and have it climb when nobody answers in time.

    Where nobody of the owner's role can be told it climbs at once; where nobody can be told at
    all, that is an alert of its own. Never silently to nobody.
    """
    rule, level, first_role = alert.rule, alert.level, _role_of(alert)
    role = first_role
    while not (people := _who(alert, role, now)) and role != EVERYBODY:
        alert.level += 1
        note(alert, "escalated", actor=actor, at=now, text=_nobody(role))
        role = _role_of(alert)
    alert.save(update_fields=["level"])
    tell(alert, role=role, people=people, actor=actor, now=now, again=again)
    if not people:
        note(alert, "unreachable", actor=actor, at=now)
    if not people or (level == 0 and role != first_role):
        _nobody_to_tell(alert, first_role, actor, now)
    wait = wait_s(alert.level, rule.acknowledge_within_s, len(rule.escalates_to))
    due = now + timedelta(seconds=wait)
    set_timer(kind=ESCALATE, subject=str(alert.uid), due_at=due)


def _role_of(alert: Alert) -> str:
    if alert.level == 0:
        return alert.owner_role
    return rung(alert.level, alert.rule.escalates_to)


def _who(alert: Alert, role: str, now: datetime) -> list[Actor]:
    if alert.rule.code == alert_rules.NOBODY_TO_TELL:
        return who_runs_the_house(now)
    ladder = [alert.owner_role, *alert.rule.escalates_to]
    return receivers(role, alert.department, now, ladder=ladder)


@step
def _nobody_to_tell(alert: Alert, role: str, actor: Actor, now: datetime) -> None:
    if alert.rule.code == alert_rules.NOBODY_TO_TELL:
        return
    raise_alert(
        rule=alert_rules.NOBODY_TO_TELL,
        group_key=f"{role}:{alert.department.code if alert.department else ''}",
        subject=str(alert.uid),
        title=_nobody(role) + (f" · {alert.department.name}" if alert.department else ""),
        text=alert.rule.title,
        url=f"/alerts/{alert.uid}/",
        department=alert.department,
        actor=actor,
        now=now,
    )


def _nobody(role: str) -> str:
    named = role.replace("_", " ")
    if role == EVERYBODY or role not in set(Role):
        return _("Nobody is on shift who could be told")
    return _("No %(role)s is on shift") % {"role": named}


# --- the end --------------------------------------------------------------------------------------


@step
def end_cleared(timer: Timer, now: datetime) -> None:
    """What was over stayed over for as long as its rule says: the alert ends by itself."""
    alert = locked(timer.subject)
    if alert is None or alert.status == Status.RESOLVED:
        return
    if not alert.occurrences.filter(cleared_at=None).exists():
        touches(alert)
        _end_by_itself(alert, clock(), now)


@step
def _end_by_itself(alert: Alert, actor: Actor, now: datetime) -> None:
    never = alert.status == Status.PENDING
    text = _("Over before it was raised") if never else _("Over by itself")
    end(alert, resolution=text, acted_on=None, actor=actor, now=now)


@step
def end(
    alert: Alert, *, resolution: str, acted_on: bool | None, actor: Actor, now: datetime
) -> None:
    """Resolve an alert that the caller has locked; what is waited for about it ends too."""
    alert.status, alert.resolved_at = Status.RESOLVED, now
    alert.resolution, alert.acted_on = resolution[:200], acted_on
    alert.snoozed_until = None
    alert.save()
    alert.occurrences.filter(cleared_at=None).update(cleared_at=now)
    note(alert, "resolved", actor=actor, at=now, text=resolution)
    drop_waiting(alert)
    tell_pages(alert)
    if alert.rule.code != alert_rules.NOBODY_TO_TELL:
        _reached(alert, actor, now)


@step
def _reached(alert: Alert, actor: Actor, now: datetime) -> None:
    """Somebody answered, or it is over: that nobody could be told is over too."""
    complaints = AlertOccurrence.objects.filter(
        subject=str(alert.uid), cleared_at=None, alert__rule__code=alert_rules.NOBODY_TO_TELL
    )
    for group_key in list(complaints.values_list("alert__group_key", flat=True)):
        clear_alert(
            rule=alert_rules.NOBODY_TO_TELL,
            group_key=group_key,
            subject=str(alert.uid),
            actor=actor,
            now=now,
        )


@step
def answered(alert: Alert, *, actor: Actor, now: datetime) -> None:
    """What follows once somebody has an alert in hand."""
    drop_waiting(alert)
    _reached(alert, actor, now)
    tell_pages(alert)


@step
def locked(uid: str) -> Alert | None:
    """The alert, held until the caller's commit."""
    found = Alert.objects.select_for_update(of=("self",)).filter(uid=uid)
    return found.select_related("rule", "department").first()


register_timer(BEGIN, begin_alert)
register_timer(END, end_cleared)
