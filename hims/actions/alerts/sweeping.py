"""Conditions that are looked for now and then: what stands is raised, what is gone is cleared."""

from collections.abc import Iterable
from datetime import datetime

from hims.action import step
from hims.actions.alerts.raising import clear_alert, raise_alert
from hims.models import Actor
from hims.queries.standing import Standing, difference


@step
def keep_alerts(
    *, rule: str, standing: Iterable[Standing], actor: Actor, now: datetime
) -> tuple[int, int]:
    """Bring the alerts of a rule, none of them of a patient, to what stands now; how many things
    are new and how many are gone. What stood before and still does costs nothing."""
    new, gone = difference(rule, standing)
    for group_key, subject in gone:
        clear_alert(rule=rule, group_key=group_key, subject=subject, actor=actor, now=now)
    for one in new:
        raise_alert(
            rule=rule,
            group_key=one.group_key,
            subject=one.subject,
            title=one.title,
            text=one.text,
            url=one.url,
            department=one.department,
            at=one.at,
            actor=actor,
            now=now,
        )
    return len(new), len(gone)
