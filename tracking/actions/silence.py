"""Gateways that fell silent are an alert of their floor or area; heard again, it is over."""

from datetime import datetime

from hims.action import action
from hims.actions.alerts import keep_alerts
from hims.models import Actor
from tracking.queries.silence import standing


@action("gateways.watch")
def watch_gateways(*, actor: Actor, now: datetime) -> dict[str, tuple[int, int]]:
    """Bring the alerts of silent gateways, and of an engine that stands still, to what is so now:
    rule -> how many things are new and how many are gone."""
    return {
        rule: keep_alerts(rule=rule, standing=found, actor=actor, now=now)
        for rule, found in standing(now).items()
    }
