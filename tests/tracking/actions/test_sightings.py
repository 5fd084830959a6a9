"""What people saw is kept once and for ever, judges our answer, and wakes the engine."""

from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from hims.action import OutsideGate
from hims.errors import Forbidden, Invalid
from hims.models import AuditEntry
from tests import given
from tracking.actions.scans import record_scan
from tracking.actions.sightings import CHANNEL, found_here, not_there, saw
from tracking.models import Sighting


@pytest.fixture
def seen(house):
    """P-1 is believed to be in the store."""
    given.placed(house.assets["P-1"], house.zones["ST"], at=house.now)
    return house


def asked(house, number="P-1", zone="ST", actor=None, **more) -> dict:
    return {
        "actor": actor or house.nurse,
        "now": house.now,
        "asset": house.assets[number],
        "zone": house.zones[zone],
    } | more


@pytest.mark.parametrize(
    ("what", "number", "zone", "judged"),
    [
        (found_here, "P-1", "ST", True),
        (found_here, "P-1", "COR", False),
        (found_here, "P-5", "ST", None),
        (not_there, "P-1", "ST", False),
        (not_there, "P-1", "COR", None),
        (not_there, "P-5", "ST", None),
    ],
)
def test_an_answer_is_judged_only_if_we_had_given_one(seen, what, number, zone, judged):
    sighting = what(**asked(seen, number, zone))
    assert sighting.was_first_answer is judged


def test_an_answer_of_unknown_is_no_answer(seen):
    given.placed(seen.assets["P-1"], None)
    assert found_here(**asked(seen)).was_first_answer is None


def test_what_the_locator_said_just_before_is_kept_as_it_was_shown(seen):
    given.engine_beat(seen.now)
    given.placed(seen.assets["P-2"], seen.zones["ST"], heard_at=seen.now - timedelta(hours=2))
    first = found_here(**asked(seen, zone="COR"))
    assert (first.believed_zone, first.believed_floor, first.believed_level) == (
        seen.zones["ST"],
        seen.floors["G"],
        "zone",
    )
    assert (first.believed_source, first.believed_probability) == ("radio", 0.95)
    aged = not_there(**asked(seen, "P-2"))
    assert aged.believed_probability == pytest.approx(0.475), "it halves every two hours"
    never = found_here(**asked(seen, "P-5"))
    assert (never.believed_level, never.believed_probability, never.believed_zone) == (
        "unknown",
        0.0,
        None,
    )


def test_nothing_is_kept_of_people_and_of_moments_that_are_over(seen):
    given.placed(seen.patients["MRN-777001"], seen.zones["W1"])
    person = record_scan(actor=seen.nurse, now=seen.now, code="MRN-777001", zone=seen.zones["W1"])
    late = record_scan(
        actor=seen.nurse,
        now=seen.now,
        at=seen.now - timedelta(minutes=5),
        code="P-1",
        zone=seen.zones["ST"],
    )
    for read in (person, late):
        (effect,) = read.effects
        kept = Sighting.objects.get(uid=effect["id"])
        assert (kept.believed_level, kept.believed_probability, kept.believed_zone) == (
            "",
            None,
            None,
        )


def test_who_said_it_and_when_and_where_is_kept_and_in_the_trail(seen):
    sighting = found_here(**asked(seen, zone="COR", source="scan"))
    kept = Sighting.objects.get(pk=sighting.pk)
    assert (kept.actor, kept.at, kept.zone.code, kept.source) == (
        seen.nurse,
        seen.now,
        "COR",
        "scan",
    )
    entry = AuditEntry.objects.filter(action="sighting.found").get()
    assert set(entry.objects_named) == {
        f"asset:{seen.assets['P-1'].uid}",
        f"zone:{seen.zones['COR'].uid}",
    }


def test_a_room_is_scanned_or_picked_and_nothing_else(seen):
    for source in ("not_there", "guess", ""):
        with pytest.raises(Invalid):
            found_here(**asked(seen, source=source))
    assert not Sighting.objects.exists()


def test_a_manager_says_nothing_of_places(seen):
    for what in (found_here, not_there):
        with pytest.raises(Forbidden):
            what(**asked(seen, actor=seen.manager))


def test_what_was_seen_cannot_be_changed_or_taken_back(seen):
    sighting = found_here(**asked(seen))
    for write in (
        lambda: Sighting.objects.filter(pk=sighting.pk).update(zone=seen.zones["COR"]),
        lambda: sighting.delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            write()
    assert Sighting.objects.get().zone == seen.zones["ST"]


def test_nobody_sees_anything_outside_an_action(seen):
    with pytest.raises(OutsideGate):
        saw(
            bearer=seen.assets["P-1"],
            zone=seen.zones["ST"],
            at=seen.now,
            now=seen.now,
            actor=seen.nurse,
            source="scan",
        )


def test_a_scan_that_waited_is_a_sighting_of_its_own_time(seen):
    at = seen.now - timedelta(hours=3)
    read = record_scan(actor=seen.nurse, now=seen.now, code="P-1", at=at, zone=seen.zones["COR"])
    sighting = Sighting.objects.get(uid=read.effects[0]["id"])
    assert (sighting.at, sighting.received_at) == (at, seen.now)
    assert sighting.was_first_answer is None, "nobody had asked us"


@pytest.mark.django_db(transaction=True)
def test_the_engine_hears_of_a_sighting_when_it_is_committed_and_not_before():
    house = given.hospital()
    ours = {"cursor_factory", "context", "prepare_threshold"}
    wanted = connection.get_connection_params().items()
    plain = {name: value for name, value in wanted if name not in ours}
    with closing(psycopg.connect(**plain, autocommit=True)) as engine:
        engine.execute(f"LISTEN {CHANNEL}")
        with transaction.atomic():
            found_here(**asked(house))
            assert list(engine.notifies(timeout=0.2)) == []
            transaction.set_rollback(True)
        assert list(engine.notifies(timeout=0.2)) == []
        sighting = found_here(**asked(house))
        told = [note.payload for note in engine.notifies(timeout=5, stop_after=1)]
    assert told == [str(sighting.pk)]
