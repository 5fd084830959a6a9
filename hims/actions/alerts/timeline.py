"""The lines of an alert's timeline, and the word to open pages that something changed."""

from collections.abc import Iterable
from datetime import datetime

from hims.action import step
from hims.live import announce
from hims.models import Actor, Alert, AlertEvent

MOST_NAMED = 300  # people named in one event; beyond that it goes to all who hold the role


@step
def note(alert: Alert, event: str, *, actor: Actor, at: datetime, text: str = "") -> None:
    """Add a line to the alert's timeline."""
    AlertEvent.objects.create(alert=alert, event=event, at=at, actor=actor, text=text[:300])


@step
def tell_pages(alert: Alert, people: Iterable[Actor] = ()) -> None:
    """Tell open pages that the alert changed; `people` are those it calls right now.

    The row names no patient, only who is called, so that it may be judged without the database.
    """
    named = [one.pk for one in people]
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
                "calls": named[:MOST_NAMED],
                "calls_all": len(named) > MOST_NAMED,
            }
        ],
    )
