"""What stands now against what is alerted of: for conditions that are looked for now and then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hims.alert_rules import born_rule
from hims.models import Alert, AlertOccurrence, AlertRule, Department


@dataclass(frozen=True)
class Standing:
    """One thing that is in a state somebody must know of, and the group it belongs to."""

    group_key: str
    subject: str
    title: str
    text: str = ""
    url: str = ""
    department: Department | None = None
    at: datetime | None = None


def difference(
    rule: str, standing: Iterable[Standing]
) -> tuple[list[Standing], list[tuple[str, str]]]:
    """What stands and is no open occurrence of the rule yet, and the (group, subject) of what is
    one and stands no more; alerts of patients are left out. Nothing new of a rule out of use."""
    wanted = {(one.group_key, one.subject): one for one in standing}
    open_ones = AlertOccurrence.objects.filter(
        alert__rule__code=rule,
        alert__status__in=Alert.OPEN,
        alert__patient=None,
        cleared_at=None,
    )
    there = set(open_ones.values_list("alert__group_key", "subject"))
    new = sorted(wanted.keys() - there)
    if new and AlertRule.objects.filter(code=rule, active=False).exists():
        new = []
    return [wanted[mark] for mark in new], sorted(there - wanted.keys())


def threshold_min(rule: str) -> float:
    """The rule's own threshold in minutes, as the hospital set it."""
    row = AlertRule.objects.filter(code=rule).values_list("threshold_min", flat=True).first()
    return (born_rule(rule).threshold_min or 0.0) if row is None else row
