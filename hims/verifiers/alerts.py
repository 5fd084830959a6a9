"""What is verified of alerts: each that calls has its promise to climb, and each its timeline."""

from datetime import datetime

from hims.queries.alerts import UNPROMISED
from hims.verifying import Found, counted, first, verifier

SINCE = "(%(since)s::timestamptz IS NULL OR a.begun_at >= %(since)s)"
MISSING = [
    ("its timeline does not say that it began", "TRUE", "begun", 1),
    ("its timeline does not say that it was raised", "a.raised_at IS NOT NULL", "raised", 1),
    ("its timeline does not say who took it", "a.status = 'acknowledged'", "taken", 1),
    ("its timeline does not say that it is over", "a.status = 'resolved'", "resolved", 1),
    ("it climbed more often than its timeline says", "a.level > 0", "escalated", "a.level"),
]
TAKEN = "('acknowledged', 'snoozed')"


@verifier("alerts")
def alerts(since: datetime | None) -> Found:
    """Each alert that nobody took has its timer, each has a complete timeline, and none that is
    over has anything open."""
    asked = {"since": since}
    lost = first(f"{UNPROMISED}) AND {SINCE} ORDER BY a.id LIMIT 1", asked)
    if lost:
        return 0, f"alert {lost[0]}: it calls, and no timer will make it climb"
    for reason, where, event, least in MISSING:
        named = f"IN {TAKEN}" if event == "taken" else f"= '{event}'"
        bad = first(
            f"SELECT a.uid FROM hims_alert a WHERE {SINCE} AND {where} AND {least} > "
            f"(SELECT count(*) FROM hims_alertevent e WHERE e.alert_id = a.id AND e.event {named})"
            " ORDER BY a.id LIMIT 1",
            asked,
        )
        if bad:
            return 0, f"alert {bad[0]}: {reason}"
    open_still = first(
        f"SELECT a.uid FROM hims_alert a WHERE {SINCE} AND a.status = 'resolved' AND EXISTS "
        "(SELECT FROM hims_alertoccurrence o WHERE o.alert_id = a.id AND o.cleared_at IS NULL)"
        " ORDER BY a.id LIMIT 1",
        asked,
    )
    if open_still:
        return 0, f"alert {open_still[0]}: it is over, and something of it is not"
    return counted(f"SELECT count(*) FROM hims_alert a WHERE {SINCE}", asked), None
