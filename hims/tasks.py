"""What the worker does for the ground floor. Each task reads rows; a lost message loses nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connections
from django.utils import timezone

from hims.actions.alerts import mend_escalations
from hims.actions.alerts.sending import claim_deliveries, settle_delivery
from hims.actions.crowding import note_crowding
from hims.actions.downtime import write_sheets
from hims.actions.reports.breaches import call_late
from hims.actions.reports.restating import check_again
from hims.actions.reports.schedules import make_scheduled
from hims.actions.sealing import seal
from hims.actions.stuck import watch_stuck
from hims.actions.tidying import tidy
from hims.actions.timers import run_due
from hims.delivery import NotSent, send
from hims.domain.channels import Letter
from hims.jobs import app
from hims.models import ClockBeat
from hims.queries.actors import clock
from hims.queries.alerts import are_due, need_mending
from hims.queries.breaches import late
from hims.queries.editions import gone
from hims.queries.report_schedules import due_schedules, unchecked
from hims.queries.seals import awaits_a_seal
from hims.reporting.making import make

CHECKED_AT_ONCE = 3  # signed reports that are made again each minute, until all were today
SENDERS = 4  # letters under way at once; who waits for a slow receiver holds up nobody else
STAND_IN_S = 2.0  # after so long without a word from the worker the clock runs the timers itself

_senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="letter")


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
    now = timezone.now()
    run_due(now)
    send_deliveries()


def stand_in(now: datetime) -> bool:
    """Run the due timers if no worker gave a sign of life: it was killed, and an alert that nobody
    answers must still reach the next person in time. Whether that was so."""
    seen = ClockBeat.objects.filter(part="worker").values_list("at", flat=True).first()
    if seen is None or abs((now - seen).total_seconds()) < STAND_IN_S:
        return False  # it lives, or this house never had one: it is on its way
    run_due(now)
    return True


@app.task(name="hims.tasks.send_deliveries")
def send_deliveries() -> None:
    """Hand what is due to the senders: a slow receiver must not hold up the clock's work."""
    now = timezone.now()
    if are_due(now):
        for letter in claim_deliveries(actor=clock(), now=now):
            _senders.submit(send_letter, letter)


def send_letter(letter: Letter) -> None:
    """Send one claimed letter and write down what came of it."""
    try:
        error = ""
        try:
            send(letter)
        except NotSent as why:
            error = str(why)
        except Exception as failed:
            error = type(failed).__name__
        settle_delivery(actor=clock(), now=timezone.now(), letter=letter, error=error)
    finally:
        connections.close_all()


@app.task(name="hims.tasks.mend_alerts")
def mend_alerts() -> None:
    """See that every alert that calls has its timer, also after the clock was set back."""
    now = timezone.now()
    if need_mending(now):
        mend_escalations(actor=clock(), now=now)


@app.task(name="hims.tasks.tidy_house")
def tidy_house() -> None:
    """Throw away what has served its time."""
    tidy(actor=clock(), now=timezone.now())


@app.task(name="hims.tasks.gather_report")
def gather_report(edition: int) -> None:
    """Make a report that was asked for."""
    make(edition, timezone.now())


@app.task(name="hims.tasks.mend_reports")
def mend_reports() -> None:
    """Make those reports whose maker is gone, or for which nobody could be woken."""
    for edition in gone(timezone.now()):
        make(edition, timezone.now())


@app.task(name="hims.tasks.watch_reports")
def watch_reports() -> None:
    """Have made what is due on schedule, check a few signed reports again, and call what is late.

    Each asks first whether there is anything to do: the trail holds no idle minutes.
    """
    now = timezone.now()
    if due_schedules(now):
        make_scheduled(actor=clock(), now=now)
    for signed in unchecked(now, CHECKED_AT_ONCE):
        check_again(actor=clock(), now=now, edition=signed)
    if late(now, timezone.localdate(now)):
        call_late(actor=clock(), now=now)


@app.task(name="hims.tasks.seal_trail")
def seal_trail() -> None:
    """Seal what was done and seen since the last time."""
    if awaits_a_seal():
        seal(actor=clock(), now=timezone.now())


@app.task(name="hims.tasks.watch_flow")
def watch_flow() -> None:
    """Say who is stuck, and write down how crowded it is when a quarter of an hour has begun."""
    now = timezone.now()
    watch_stuck(actor=clock(), now=now)
    note_crowding(actor=clock(), now=now)


@app.task(name="hims.tasks.write_downtime")
def write_downtime() -> None:
    """Write the downtime sheets that are due."""
    write_sheets(actor=clock(), now=timezone.now())
