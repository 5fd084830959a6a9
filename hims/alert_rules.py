"""The rules that alerts can be raised by: a plain registry that each floor fills when it is ready.

What stands here is how a rule is born. From then on its row (`AlertRule`) is the hospital's: it may
change the title, priority, owner, delays and ladder, and switch it off.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hims.access.roles import Role


@dataclass(frozen=True)
class BornRule:
    """A rule as it is born. Times in seconds; `threshold_min` in minutes, for rules that have
    one of their own (waiting longer than …)."""

    code: str
    title: str
    priority: str
    owner_role: Role
    delay_s: int = 0
    clears_after_s: int = 0
    threshold_min: float | None = None
    acknowledge_within_s: int = 300
    escalates_to: tuple[Role, ...] = ()


_rules: dict[str, BornRule] = {}

NOBODY_TO_TELL = "alerts.nobody_to_tell"
NOT_DELIVERED = "alerts.not_delivered"


def register_rule(
    code: str,
    *,
    title: str,
    priority: str,
    owner_role: Role,
    delay_s: int = 0,
    clears_after_s: int = 0,
    threshold_min: float | None = None,
    acknowledge_within_s: int = 300,
    escalates_to: Sequence[Role] = (),
) -> None:
    """Hand down a rule. Registering the same again changes nothing; another one of that code is an
    error, and so is one that does not know a priority."""
    if priority not in ("high", "medium", "low"):
        raise ValueError(f"{priority!r} is no priority")
    born = BornRule(
        code=code,
        title=title,
        priority=priority,
        owner_role=owner_role,
        delay_s=delay_s,
        clears_after_s=clears_after_s,
        threshold_min=threshold_min,
        acknowledge_within_s=acknowledge_within_s,
        escalates_to=tuple(escalates_to),
    )
    if _rules.setdefault(code, born) != born:
        raise ValueError(f"there is another rule {code} already")


def born_rule(code: str) -> BornRule:
    """The rule as it is born; LookupError if nobody handed it down."""
    try:
        return _rules[code]
    except KeyError:
        raise LookupError(f"nobody handed down an alert rule {code}") from None


def born_rules() -> list[BornRule]:
    """All rules, in order of code."""
    return [_rules[code] for code in sorted(_rules)]


register_rule(
    NOBODY_TO_TELL,
    title="Nobody can receive an alert",
    priority="high",
    owner_role=Role.MANAGER,
    acknowledge_within_s=120,
    escalates_to=(Role.ADMINISTRATOR,),
)
register_rule(
    NOT_DELIVERED,
    title="Messages cannot be delivered",
    priority="medium",
    owner_role=Role.ADMINISTRATOR,
    acknowledge_within_s=1800,
    escalates_to=[Role.MANAGER],
)
