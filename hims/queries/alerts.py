"""Who hears of an alert, and what there is to see of alerts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)

from hims.access.roles import Role
from hims.access.scopes import visible_to
from hims.domain.alerts import EVERYBODY, LONGEST_PAUSE_S, Ended, Score, score
from hims.models import (
    Actor,
    Alert,
    AlertOccurrence,
    AlertRule,
    AlertSuppression,
    Channel,
    Delivery,
    Department,
    InterruptionBudget,
    Patient,
    Shift,
)

Status = Alert.Status
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


# --- what there is to see -------------------------------------------------------------------------

MOST_SHOWN = 200
WHICH = ("mine", "all", "resolved")


def alerts(viewer: Actor, which: str, now: datetime) -> QuerySet[Alert]:
    """Alerts that the viewer may know of, the worst and oldest first; the resolved ones newest
    first. mine: those that the viewer has in hand or that wait for somebody like them."""
    found = visible_to(viewer, Alert.objects.all()).select_related(
        "rule", "department", "owner", "patient"
    )
    if which == "resolved":
        return found.filter(status=Status.RESOLVED).order_by("-resolved_at", "-pk")
    found = found.filter(status__in=[Status.RAISED, Status.ACKNOWLEDGED])
    if which == "mine":
        told = Exists(Delivery.objects.filter(alert=OuterRef("pk"), actor=viewer))
        waiting = Q(owner=None) & (Q(owner_role__in=viewer.roles) | Q(told))
        found = found.filter(Q(owner=viewer) | waiting)
    worst = Case(When(priority="high", then=0), When(priority="medium", then=1), default=2)
    return found.annotate(open_things=_open_things()).order_by(
        Case(When(status=Status.RAISED, then=0), default=1), worst, "raised_at", "pk"
    )


def _open_things() -> Subquery:
    things = AlertOccurrence.objects.filter(alert=OuterRef("pk"), cleared_at=None).order_by()
    counted = things.values("alert").annotate(n=Count("pk")).values("n")
    return Subquery(counted, output_field=IntegerField())


def things_open(found: Iterable[Alert]) -> dict[int, int]:
    """Alert -> how many of the things it is about are not over."""
    keys = [one.pk for one in found]
    rows = AlertOccurrence.objects.filter(alert__in=keys, cleared_at=None)
    return dict(rows.values_list("alert").annotate(Count("pk")).order_by())


def bell_of(viewer: Actor) -> dict:
    """What the bell shows: how many alerts call the viewer now, unanswered, and how loudly."""
    told = Exists(Delivery.objects.filter(alert=OuterRef("pk"), actor=viewer))
    mine = Alert.objects.filter(status=Status.RAISED).filter(Q(owner=viewer) | Q(told))
    by_priority = dict(mine.values_list("priority").annotate(Count("pk")).order_by())
    worst = next((one for one in ("high", "medium", "low") if one in by_priority), "")
    return {"count": sum(by_priority.values()), "worst": worst}


def patients_known(viewer: Actor, found: Iterable[Alert]) -> dict[int, Patient]:
    """Of the patients whom these alerts are about, those that the viewer may know."""
    keys = {one.patient_id for one in found if one.patient_id}
    return visible_to(viewer, Patient.objects.filter(pk__in=keys)).in_bulk() if keys else {}


def may_take(department: Department | None, now: datetime) -> list[Actor]:
    """To whom an alert can be given: who is on shift in its department, else anywhere."""
    here = _people(_on_shift(now, department)) if department else []
    return here or _people(_on_shift(now))


def suppressions(viewer: Actor, now: datetime) -> QuerySet[AlertSuppression]:
    """What is held back right now."""
    found = visible_to(viewer, AlertSuppression.objects.filter(ended_at=None, until__gt=now))
    return found.select_related("rule", "department", "begun_by").order_by("until", "pk")


def sent(viewer: Actor) -> QuerySet[Delivery]:
    """What left the house, or would have, the newest first."""
    outside = Delivery.objects.filter(~Q(channel=None) | ~Q(address=""))
    found = visible_to(viewer, outside).select_related("actor", "channel", "alert")
    return found.order_by("-pk")


def channels(viewer: Actor) -> QuerySet[Channel]:
    """The open ways to tell the viewer; for those who keep the rules, those of roles too."""
    found = visible_to(viewer, Channel.objects.filter(active=True))
    return found.select_related("actor").order_by("role", "name", "pk")


def rules(viewer: Actor) -> QuerySet[AlertRule]:
    """All rules, the loudest first."""
    worst = Case(When(priority="high", then=0), When(priority="medium", then=1), default=2)
    return visible_to(viewer, AlertRule.objects.all()).order_by(worst, "title", "pk")


def scores(viewer: Actor, since: datetime) -> dict[int, tuple[Score, int]]:
    """Rule -> how its alerts raised since then went, and how many were held back meanwhile."""
    if not viewer.may("alert_rules.view"):
        return {}
    rows = Alert.objects.filter(raised_at__gte=since).values_list(
        "rule", "raised_at", "acknowledged_at", "level", "acted_on"
    )
    told: dict[int, list[Ended]] = {}
    for rule, raised_at, acknowledged_at, level, acted_on in rows.iterator(chunk_size=2000):
        took = None
        if raised_at and acknowledged_at:
            took = (acknowledged_at - raised_at).total_seconds()
        told.setdefault(rule, []).append(Ended(took, level, acted_on))
    held = dict(
        AlertSuppression.objects.filter(begun_at__gte=since)
        .values_list("rule")
        .annotate(Sum("held_back"))
        .order_by()
    )
    return {
        rule: (score(told.get(rule, [])), held.get(rule, 0)) for rule in told.keys() | held.keys()
    }


def budgets(viewer: Actor) -> dict[str, InterruptionBudget]:
    """Role -> its budget, for the roles that have one."""
    return {row.role: row for row in visible_to(viewer, InterruptionBudget.objects.all())}
