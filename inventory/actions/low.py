"""Places that hold less than they should are one alert each; filled up, it is over."""

from datetime import datetime

from hims.action import action
from hims.actions.alerts import keep_alerts
from hims.models import Actor
from inventory.alert_rules import LOW_STOCK
from inventory.queries.low import standing


@action("levels.watch")
def watch_levels(*, actor: Actor, now: datetime) -> tuple[int, int]:
    """Bring the alerts of low stock to what lies there now: how many products fell low, and how
    many were filled up."""
    return keep_alerts(rule=LOW_STOCK, standing=standing(now), actor=actor, now=now)
