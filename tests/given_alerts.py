"""Test data for alerts: who is on shift where, rules to raise by, and the steps as a story."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from hims import gate
from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.actions.alerts import clear_alert, raise_alert
from hims.actions.alerts.keeping import add_channel, suppress
from hims.actions.alerts.raising import rule_row
from hims.actions.timers import run_due
from hims.alert_rules import register_rule
from hims.models import Actor, Alert, AlertRule, Building, Department, Floor, Shift, Timer, Zone
from hims.queries.actors import console
from tests.people import someone

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HIGH, MEDIUM, SLOW = "test.high", "test.medium", "test.slow"

register_rule(
    HIGH,
    title="A high rule",
    priority="high",
    owner_role=Role.NURSE,
    acknowledge_within_s=60,
    escalates_to=[Role.CHARGE_NURSE, Role.PHYSICIAN],
)
register_rule(
    MEDIUM,
    title="A medium rule",
    priority="medium",
    owner_role=Role.NURSE,
    clears_after_s=120,
    acknowledge_within_s=1800,
)
register_rule(SLOW, title="A slow rule", priority="low", owner_role=Role.NURSE, delay_s=600)


def a_department(code: str = "ED") -> Department:
    """A department of its own area."""
    building, _ = Building.objects.get_or_create(code="MAIN", defaults={"name": "Main"})
    floor, _ = Floor.objects.get_or_create(
        building=building, code="G", defaults={"name": "Ground", "level": 0}
    )
    area = Zone.objects.create(floor=floor, code=code, name=f"Area {code}", kind="area")
    return Department.objects.create(code=code, name=code, kind="emergency", area=area)


def on_shift(department: Department, *roles: str, now: datetime = NOON, **more: str) -> Actor:
    """Somebody new with these roles, on shift there for a day around `now`."""
    one = someone(*roles, **more)
    day = timedelta(hours=12)
    Shift.objects.create(
        department=department,
        actor=one,
        begins_at=now - day,
        ends_at=now + day,
        planned_by=console(),
    )
    return one


def rule_of(code: str) -> AlertRule:
    """The row of a rule, which its first use writes."""
    with gate.opened(gate.Act(name="test.story", actor=console(), now=NOON)):
        return rule_row(code)


def told(step: Any, *, now: datetime = NOON, actor: Actor | None = None, **asked: Any) -> Any:
    """Run a step as some action of the house would, and commit."""
    actor = actor or console()
    act = gate.Act(name="test.story", actor=actor, now=now)
    with transaction.atomic(), gate.opened(act):
        return step(now=now, actor=actor, **asked)


def raised(
    rule: str = HIGH, subject: str = "pump-1", *, now: datetime = NOON, **more: Any
) -> Alert:
    """Raise one, by default of one cause."""
    asked = {"group_key": "store", "title": "Something is wrong"} | more
    return told(raise_alert, rule=rule, subject=subject, now=now, **asked)


def cleared(rule: str = HIGH, subject: str = "pump-1", *, now: datetime, **more: Any) -> bool:
    """It is over for one subject of one cause."""
    asked = {"group_key": "store"} | more
    return told(clear_alert, rule=rule, subject=subject, now=now, **asked)


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def clock_comes(seconds: float) -> datetime:
    """The clock runs what is due so long after noon, until nothing is."""
    now = at(seconds)
    while sum(run_due(now)):
        pass
    assert not Timer.objects.filter(done_at=None, attempts__gt=0).exists(), list(
        Timer.objects.filter(attempts__gt=0).values_list("kind", "last_error")
    )
    return now


def timeline(alert: Alert) -> list[str]:
    """What happened to it, in order."""
    return list(alert.events.order_by("id").values_list("event", flat=True))


def reached(alert: Alert) -> list[str]:
    """Who was told of it on their page, in order."""
    rows = alert.deliveries.filter(channel=None, status="sent").order_by("id")
    return list(rows.values_list("actor__username", flat=True))


def one_of_each(manager: Actor, now: datetime) -> None:
    """An alert, a channel of a role, and a suppression: what addresses can be about."""
    raised(title="A pump is missing", now=now)
    rule = rule_of(MEDIUM)
    until = now + timedelta(hours=1)
    suppress(actor=manager, now=now, rule=rule, until=until, reason="works on the roof")
    add_channel(
        actor=manager,
        now=now,
        kind="email",
        name="Night desk",
        address=Hidden("desk@hospital.example.org"),
        least="high",
        role="manager",
    )
