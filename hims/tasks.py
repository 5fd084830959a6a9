"""What the worker does for the ground floor. Each task reads rows; a lost message loses nothing."""

from django.utils import timezone

from hims.actions.tidying import tidy
from hims.actions.timers import run_due
from hims.jobs import app
from hims.models import ClockBeat
from hims.queries.actors import clock


def sign_of_life(part: str) -> None:
    """Write down that `part` of the clock is at work."""
    ClockBeat.objects.update_or_create(part=part, defaults={"at": timezone.now()})


@app.task(name="hims.tasks.run_due_timers")
def run_due_timers() -> None:
    """Run all due timers; woken by whoever set one, and by the clock each second."""
    run_due(timezone.now())


@app.task(name="hims.tasks.tick")
def tick() -> None:
    """The clock's tick: the worker says that it lives, and looks for what is due."""
    sign_of_life("worker")
    run_due(timezone.now())


@app.task(name="hims.tasks.tidy_house")
def tidy_house() -> None:
    """Throw away what has served its time."""
    tidy(actor=clock(), now=timezone.now())
