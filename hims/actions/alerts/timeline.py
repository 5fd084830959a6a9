"""The lines of an alert's timeline, and the word to open pages that something changed."""

from collections.abc import Iterable
from datetime import datetime

from hims.action import step
from hims.live import announce
from hims.models import Actor, Alert, AlertEvent

MOST_NAMED = 300  # people named in one event; who is beyond that sees it when the page asks again


@step
def note(alert: Alert, event: str, *, actor: Actor, at: datetime, text: str = "") -> None:
    """Add a line to the alert's timeline."""
    AlertEvent.objects.create(alert=alert, event=event, at=at, actor=actor, text=text[:300])


@step
def tell_pages(alert: Alert, called: Iterable[Actor] = ()) -> None:
    """Tell open pages that the alert changed; `called` are those it interrupts right now.

    The row names no patient, only who hears of it, so that it is judged without the database.
    """
    told = alert.deliveries.filter(actor__isnull=False).values_list("actor", flat=True).distinct()
    announce(
        "alert",
        [
            {
                "id": str(alert.uid),
                "priority": alert.priority,
                "status": alert.status,
                "department": alert.department.code if alert.department else None,
                "roles": [alert.owner_role],
                "owner": alert.owner_id,
                "told": list(told[:MOST_NAMED]),
                "calls": [one.pk for one in called][:MOST_NAMED],
            }
        ],
    )
