"""Who hears of an alert, and what there is to see of alerts."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from hims.access.roles import Role
from hims.domain.alerts import EVERYBODY, LONGEST_PAUSE_S
from hims.models import Actor, Alert, AlertRule, AlertSuppression, Delivery, Department, Shift

UNREACHABLE_ROLES = (Role.MANAGER, Role.ADMINISTRATOR)


# --- who hears ------------------------------------------------------------------------------------


def receivers(
    role: str, department: Department | None, now: datetime, *, ladder: Sequence[str] = ()
) -> list[Actor]:
    """Who is told when `role` is to be told: who holds it and is on shift in the department, else
    whoever holds it and is on shift at all; nobody if nobody is.

    Everybody: all on shift in the department. Of something that belongs to no department hear
    those of the `ladder` and who runs the house.
    """
    if role == EVERYBODY:
        if department and (here := _people(_on_shift(now, department))):
            return here
        roles = {*ladder, *UNREACHABLE_ROLES}
        return _people(_on_shift(now).filter(roles__overlap=sorted(roles)))
    if department:
        here = _people(_on_shift(now, department).filter(roles__contains=[role]))
        if here:
            return here
    return _people(_on_shift(now).filter(roles__contains=[role]))


def who_runs_the_house(now: datetime) -> list[Actor]:
    """Managers and administrators on shift; all there are when none is."""
    roles = [role.value for role in UNREACHABLE_ROLES]
    on_shift = _people(_on_shift(now).filter(roles__overlap=roles))
    if on_shift:
        return on_shift
    people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True, roles__overlap=roles)
    return _people(people)


def _on_shift(now: datetime, department: Department | None = None) -> QuerySet[Actor]:
    shifts = Shift.objects.filter(begins_at__lte=now, ends_at__gt=now)
    if department:
        shifts = shifts.filter(department=department)
    people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True)
    return people.filter(pk__in=shifts.values("actor"))


def _people(found: QuerySet[Actor]) -> list[Actor]:
    return list(found.order_by("pk"))


def suppression_of(
    rule: AlertRule, department: Department | None, now: datetime
) -> AlertSuppression | None:
    """What holds alerts of this rule back in this department now; the one that lasts longest."""
    where = Q(department=None) | (Q(department=department) if department else Q(pk=None))
    found = AlertSuppression.objects.filter(where, rule=rule, ended_at=None, until__gt=now)
    return found.filter(begun_at__lte=now).order_by("-until", "pk").first()


def open_alert(rule: AlertRule, group_key: str, patient) -> QuerySet[Alert]:
    """The open alert of one cause, of whatever priority."""
    return Alert.objects.filter(
        rule=rule, group_key=group_key, patient=patient, status__in=Alert.OPEN
    )


# --- what the clock looks for ---------------------------------------------------------------------


def are_due(now: datetime) -> bool:
    """Whether anything waits to be sent."""
    return Delivery.objects.filter(status=Delivery.Status.DUE, due_at__lte=now).exists()


def need_mending(now: datetime) -> bool:
    """Whether an alert that calls, or is put off, has no timer; or one that is further away than
    its rule ever makes it wait, because a clock was set back."""
    with connection.cursor() as cursor:
        cursor.execute(f"{UNPROMISED} OR ({TOO_FAR})) LIMIT 1", {"now": now})
        return cursor.fetchone() is not None


UNPROMISED = """
SELECT a.uid FROM hims_alert a JOIN hims_alertrule r ON r.id = a.rule_id
LEFT JOIN hims_timer t
  ON t.kind = 'alert.escalate' AND t.subject = a.uid::text AND t.done_at IS NULL
WHERE (a.status = 'raised' OR (a.status = 'acknowledged' AND a.snoozed_until IS NOT NULL))
  AND (t.id IS NULL"""
"""Alerts that call (or are put off) without a timer that will make them climb (or call again);
to be closed by a bracket."""

TOO_FAR = f"""
a.status = 'raised' AND t.due_at > %(now)s + interval '1 s' * CASE
    WHEN a.level <= cardinality(r.escalates_to) + 1 THEN greatest(1, r.acknowledge_within_s)
    ELSE greatest({LONGEST_PAUSE_S}, r.acknowledge_within_s) END"""
