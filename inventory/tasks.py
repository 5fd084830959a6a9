"""What the clock does for the first floor."""

from django.utils import timezone

from hims.jobs import app
from hims.queries.actors import clock
from inventory.actions.expiry import expire_lots
from inventory.actions.low import watch_levels as watch
from inventory.queries.expiry import past
from inventory.queries.low import changed


@app.task(name="inventory.tasks.expire")
def expire() -> None:
    """Mark the lots whose day has passed; the lot itself is the job, so that nothing is lost."""
    while past(timezone.localdate()).exists():
        if not expire_lots(actor=clock(), now=timezone.now()):
            break  # somebody is changing them right now; the clock comes by again


@app.task(name="inventory.tasks.watch_levels")
def watch_levels() -> None:
    """See which places are to be filled up, and which were."""
    now = timezone.now()
    if changed(now):
        watch(actor=clock(), now=now)
