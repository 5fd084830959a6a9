"""Alerts, as the rest of the house uses them: raised and cleared inside the caller's own story,
told to people, answered by them, and kept."""

from .answering import acknowledge_alert, assign_alert, resolve_alert, snooze_alert
from .escalation import ESCALATE, escalate_alert, mend_escalations
from .raising import BEGIN, END, clear_alert, raise_alert
from .sweeping import keep_alerts
from .telling import DIGEST, deliver

__all__ = [
    "BEGIN",
    "DIGEST",
    "END",
    "ESCALATE",
    "acknowledge_alert",
    "assign_alert",
    "clear_alert",
    "deliver",
    "escalate_alert",
    "keep_alerts",
    "mend_escalations",
    "raise_alert",
    "resolve_alert",
    "snooze_alert",
]
