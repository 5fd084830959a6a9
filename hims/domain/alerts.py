"""How an alert climbs, whom it may interrupt, and what of it may leave the house. Pure.

The order is that of facts on alarms in hospitals: delay, group, tell one, then the next, then all;
whoever is told too often answers more slowly, so interruptions have a budget.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

EVERYBODY = "everybody"
"""The last rung of every ladder: all who are on shift there."""

ORDER = ("low", "medium", "high")
LONGEST_SUPPRESSION = timedelta(hours=24)
LONGEST_SNOOZE = {
    "high": timedelta(minutes=15),
    "medium": timedelta(hours=2),
    "low": timedelta(hours=12),
}
LONGEST_PAUSE_S = 3600
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Budget:
    """How many interruptions a person of a role takes an hour, and how often the rest comes."""

    per_hour: int = 6
    digest_every_min: int = 30


@dataclass(frozen=True)
class Ended:
    """What a rule's score is made of: one alert, as it went. Times in seconds since it was
    raised; None where it did not happen."""

    acknowledged_s: float | None
    level: int
    acted_on: bool | None


@dataclass(frozen=True)
class Score:
    """How a rule did. Shares are 0 to 1, or None where there is nothing to divide by."""

    raised: int
    acknowledged_median_s: float | None
    acted_on: float | None
    said: int
    escalated: float | None


def rung(level: int, escalates_to: Sequence[str]) -> str:
    """The role that is told at `level` (1 is the first escalation); EVERYBODY past the last one."""
    if level < 1:
        raise ValueError("level 0 is the owner, no escalation")
    return escalates_to[level - 1] if level <= len(escalates_to) else EVERYBODY


def wait_s(level: int, within_s: int, rungs: int) -> int:
    """How long an alert at `level` waits for an answer before it climbs.

    Once everybody was told it comes again ever more slowly, twice as long each time, at most an
    hour: it never falls silent by itself.
    """
    within = max(1, within_s)
    again = level - rungs - 1
    if again < 1:
        return within
    return max(within, min(within * 2 ** min(again, 12), LONGEST_PAUSE_S))


def loud_enough(priority: str, least: str) -> bool:
    """Whether a channel that takes `least` and above takes `priority`."""
    return ORDER.index(priority) >= ORDER.index(least)


def interrupts(priority: str, told_last_hour: int, budget: Budget | None) -> bool:
    """Whether somebody who was interrupted so often in the last hour is interrupted once more.

    High priority always is; without a budget everything is.
    """
    return priority == "high" or budget is None or told_last_hour < budget.per_hour


def said_outside(
    *, priority: str, rule_title: str, title: str, about_patient: bool, place: str
) -> str:
    """The one line that leaves the house: never a word about a patient.

    Where the alert is about a patient only its rule is named, because its own title may say who.
    """
    what = rule_title if about_patient else title
    line = f"{priority.upper()}: {what}"
    return (f"{line} · {place}" if place else line)[:200]


def score(alerts: Iterable[Ended]) -> Score:
    """What a rule's alerts say of the rule."""
    told = list(alerts)
    answered = [one.acknowledged_s for one in told if one.acknowledged_s is not None]
    said = [one.acted_on for one in told if one.acted_on is not None]
    return Score(
        raised=len(told),
        acknowledged_median_s=median(answered) if answered else None,
        acted_on=sum(said) / len(said) if said else None,
        said=len(said),
        escalated=sum(one.level > 0 for one in told) / len(told) if told else None,
    )


def latest(*times: datetime | None) -> datetime:
    """The latest of the times that are there; at least one is."""
    return max(one for one in times if one is not None)
