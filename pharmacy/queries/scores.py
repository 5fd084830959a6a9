"""Each rule's score: how often it spoke, was passed and why, was heeded, and stopped somebody."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from hims.errors import Forbidden
from hims.models import Actor

REVIEW_FROM = 0.9
"""A rule that is passed more often than this is looked at: nobody reads it any more."""

FEWEST = 10
"""Below so many occasions a share says nothing."""

SOON = timedelta(hours=1)
"""A warning that the same person passes so soon after it was shown is one occasion, not two."""

SCORES = """
WITH fired AS (
    SELECT firing.*, outcome = 'shown' AND EXISTS (
        SELECT 1 FROM pharmacy_rulefiring passed
        WHERE passed.rule = firing.rule AND passed.actor_id = firing.actor_id
          AND passed.outcome = 'overridden' AND passed.at >= firing.at
          AND passed.at <= firing.at + %(soon)s) AS same_occasion
    FROM pharmacy_rulefiring firing WHERE firing.at >= %(since)s AND firing.at <= %(until)s
)
SELECT rule, count(*) FILTER (WHERE outcome = 'overridden'),
       count(*) FILTER (WHERE outcome = 'shown' AND NOT same_occasion),
       count(*) FILTER (WHERE outcome = 'stopped'), max(at)
FROM fired GROUP BY rule ORDER BY rule
"""

REASONS = """
SELECT rule, reason, count(*) FROM pharmacy_rulefiring
WHERE outcome = 'overridden' AND at >= %(since)s AND at <= %(until)s
GROUP BY rule, reason ORDER BY rule, count(*) DESC, reason
"""


@dataclass(frozen=True)
class Score:
    """How a rule did. fired: occasions; overridden: passed with a reason; heeded: shown and then
    not insisted on; stopped: refused. `reasons` by code, the most frequent first."""

    rule: str
    overridden: int
    heeded: int
    stopped: int
    last_at: datetime
    reasons: list[tuple[str, int]] = field(default_factory=list)

    @property
    def fired(self) -> int:
        return self.overridden + self.heeded + self.stopped

    @property
    def share(self) -> float | None:
        """The share of its warnings that was passed; None where it only ever stopped."""
        warned = self.overridden + self.heeded
        return self.overridden / warned if warned else None

    @property
    def to_review(self) -> bool:
        """Whether it is passed so often that it should be looked at."""
        warned = self.overridden + self.heeded
        return warned >= FEWEST and self.share is not None and self.share > REVIEW_FROM


def scores(viewer: Actor, *, since: datetime, until: datetime) -> list[Score]:
    """The score of each rule that spoke in the period, those to review first."""
    if not viewer.may("rule_scores.view"):
        raise Forbidden("rule_scores.view")
    asked: dict[str, Any] = {"since": since, "until": until, "soon": SOON}
    with connection.cursor() as cursor:
        cursor.execute(REASONS, asked)
        reasons: dict[str, list[tuple[str, int]]] = {}
        for rule, reason, count in cursor.fetchall():
            reasons.setdefault(rule, []).append((reason, count))
        cursor.execute(SCORES, asked)
        found = [
            Score(rule, passed, heeded, stopped, last_at, reasons.get(rule, []))
            for rule, passed, heeded, stopped, last_at in cursor.fetchall()
        ]
    return sorted(found, key=lambda score: (not score.to_review, -score.fired, score.rule))
