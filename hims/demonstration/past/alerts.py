"""Three months of alerts: how soon they were answered, by whom, and whether they were worth it."""

import random
from datetime import datetime, timedelta

from hims.models import Actor, Alert, AlertEvent, AlertRule, Department

A_DAY = 12.0
ANSWERED_MIN = {"high": 1.5, "medium": 6.0, "low": 25.0}
WORTH_IT = 0.7
JUDGED = 0.85  # of alerts, of how many somebody said whether they were worth it
AT_ONCE = 2_000


def write(begins: datetime, ends: datetime) -> None:
    """Write resolved alerts with their timelines."""
    chance = random.Random("three months of alerts")  # noqa: S311 - no secret
    rules = list(AlertRule.objects.filter(active=True).order_by("code"))
    departments = list(Department.objects.order_by("code"))
    people = list(Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True).order_by("pk"))
    weights = [1.0 / (1 + place % 5) for place, _rule in enumerate(rules)]
    alerts, answers = [], []
    at = begins
    while True:
        at += timedelta(days=chance.expovariate(A_DAY))
        if at >= ends - timedelta(hours=6):
            break
        rule = chance.choices(rules, weights)[0]
        answered = at + timedelta(
            minutes=ANSWERED_MIN[rule.priority] * chance.lognormvariate(0, 0.8)
        )
        over = answered + timedelta(minutes=20 * chance.lognormvariate(0, 0.7))
        late = int((answered - at).total_seconds() // max(1, rule.acknowledge_within_s))
        who = chance.choice(people)
        alerts.append(
            Alert(
                rule=rule,
                group_key=f"past {len(alerts)}",
                priority=rule.priority,
                status=Alert.Status.RESOLVED,
                title=rule.title,
                department=chance.choice(departments),
                owner=who,
                owner_role=rule.owner_role,
                level=min(late, len(rule.escalates_to)),
                begun_at=at,
                raised_at=at,
                acknowledged_at=answered,
                acknowledged_by=who,
                resolved_at=over,
                resolution="",
                acted_on=chance.random() < WORTH_IT if chance.random() < JUDGED else None,
            )
        )
        answers.append((at, answered, over, who))
    alerts = Alert.objects.bulk_create(alerts, batch_size=AT_ONCE)
    AlertEvent.objects.bulk_create(
        [
            AlertEvent(alert=alert, event=event, at=when, actor=who)
            for alert, (raised, answered, over, who) in zip(alerts, answers, strict=True)
            for event, when in (
                ("begun", raised),
                ("raised", raised),
                *[("escalated", raised)] * alert.level,
                ("acknowledged", answered),
                ("resolved", over),
            )
        ],
        batch_size=AT_ONCE,
    )
