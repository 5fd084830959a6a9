"""What the clock does for the second floor."""

from django.utils import timezone

from hims.jobs import app
from hims.queries.actors import clock
from tracking.actions.positions import prepare_months


@app.task(name="tracking.tasks.prepare_stay_months")
def prepare_stay_months() -> None:
    """Have the next months' partitions of stays before anything ends in them."""
    prepare_months(actor=clock(), now=timezone.now())
