"""What a patient was told to expect when they began to wait for a room, and what came of it."""

from datetime import datetime

from hims.action import step
from hims.domain import waiting
from hims.gate import current
from hims.models import Encounter, WaitPrediction
from hims.queries.waiting import departures, outcomes, queue, rooms_ready


@step
def predict_wait(*, encounter: Encounter, now: datetime) -> WaitPrediction | None:
    """Store the prediction for a patient who begins to wait now, with what it rests on.

    One is kept for each visit. The one made at the door, before anybody knew how urgent it is, is
    replaced when triage says so; nothing is predicted while nobody was taken to a room lately and
    none is ready.
    """
    told = WaitPrediction.objects.select_for_update().filter(encounter=encounter).first()
    if told and (told.acuity is not None or encounter.acuity is None or told.settled_at):
        return told
    rate = departures(encounter.department, now)
    ready = rooms_ready(encounter.department, encounter.needs)
    if not rate and not ready:
        return told
    others = [
        (one.acuity, one.since)
        for one in queue(encounter.department, now)
        if one.encounter != encounter.pk
    ]
    ahead = waiting.ahead_of(encounter.acuity, encounter.started_at or now, others)
    expected = waiting.predicted_minutes(ahead=ahead, departures=rate, ready=ready)
    if expected is None:
        return told
    known = outcomes(encounter.department)
    upper = waiting.ninetieth([(one.predicted, one.waited) for one in known], expected)
    told = told or WaitPrediction(encounter=encounter, department=encounter.department)
    told.acuity = encounter.acuity
    told.predicted_at = now
    told.ahead = ahead
    told.departures_per_hour = rate * 60 / waiting.RATE_OVER_MIN
    told.expected_min = expected
    told.p90_min = upper
    told.rolling_mean_min = waiting.rolling_mean([one.waited for one in known])
    told.shown = upper is not None and waiting.calibration(known).speaks
    told.save()
    return told


@step
def settle_wait(*, encounter: Encounter, at: datetime | None) -> WaitPrediction | None:
    """The wait is over: the patient came to a room at `at`, or left without one (None).

    Who left keeps a row without an outcome; it says nothing about how right the prediction was.
    """
    told = (
        WaitPrediction.objects.select_for_update()
        .filter(encounter=encounter, settled_at=None)
        .first()
    )
    if told is None:
        return None
    if at is not None:
        told.waited_min = max(0.0, (at - told.predicted_at).total_seconds() / 60)
    told.settled_at = current().now
    told.save(update_fields=["waited_min", "settled_at"])
    return told
