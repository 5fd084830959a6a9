import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from tests import given
from tracking.actions.positions import Written
from tracking.actions.scans import record_scan
from tracking.domain import engine
from tracking.domain.readings import READING
from tracking.domain.site import places_of
from tracking.domain.state import empty, enrolled, places
from tracking.feeds.wording import Wording, recall
from tracking.models import Tag
from tracking.queries import evidence
from tracking.queries.roster import bearer_key, roster

pytestmark = pytest.mark.django_db
NOW = time.time()


@pytest.fixture
def house():
    return given.hospital()


class Ward:
    """A state that follows the small hospital, and what was written of it."""

    def __init__(self, house) -> None:
        self.house = house
        self.roster = roster(timezone.now())
        keys = np.array(sorted(self.roster.bearers))
        self.state = enrolled(
            empty(self.roster.site), self.roster.tag_key, keys, self.roster.wearer_key
        )
        self.wording = Wording(self.state, self.roster, {})
        self.now = NOW

    def hear(self, tag: str, zone: str, seconds: int = 6) -> Written:
        gateway = next(g.pk for g in self.house.gateways.values() if g.zone.code == zone)
        place = places_of(self.roster.site.gateway_key, np.array([gateway]))[0]
        number = places(self.state.tags, np.array([self.house.tag(tag).pk]))[0]
        written = Written()
        for _ in range(seconds):
            self.now += 1.0
            heard = np.array([(number, place, -50, self.now)], READING)
            self.state, placed, moved = engine.step(
                self.state, engine.Evidence(heard), self.roster.site, self.now
            )
            self.wording.write(written, self.state, placed, moved, self.now)
        return written


def test_an_asset_is_told_where_it_is(house):
    written = Ward(house).hear("C3:00:00:00:00:01", "ST")
    store = house.zones["ST"]
    row = written.told["position"][str(house.assets["P-1"].uid)]
    assert (row["bearer"], row["zone"]) == ("asset", str(store.uid))
    assert (row["floor"], row["level"], row["heard"]) == (str(store.floor.uid), "zone", True)
    assert set(row) == {"bearer", "id", "floor", "zone", "x", "y", "p", "level", "heard"}
    placed = written.positions["asset"][house.assets["P-1"].pk]
    assert placed.heard_at is None
    assert placed.candidates[0][0] == store.pk
    assert [move.zone for move in written.moves["asset"]] == [store.pk]


def test_a_patient_is_told_as_a_patient(house):
    written = Ward(house).hear("C3:00:00:00:07:01", "W1")
    assert set(written.told) == {"patient_position"}


def test_of_staff_only_the_zones_whose_count_changed_are_told_and_no_stay_is_kept(house):
    ward = Ward(house)
    first = ward.hear("C3:00:00:00:09:00", "ST")
    assert first.told == {
        "staff_count": {str(house.zones["ST"].uid): {"zone": str(house.zones["ST"].uid)}}
    }
    assert not first.moves
    second = ward.hear("C3:00:00:00:09:00", "W1", 20)
    assert set(second.told["staff_count"]) == {
        str(house.zones["ST"].uid),
        str(house.zones["W1"].uid),
    }
    assert str(house.staff["S-900"].uid) not in str(second.told)


def test_a_bearers_row_waiting_to_be_written_is_replaced_by_its_newest(house):
    ward = Ward(house)
    written = ward.hear("C3:00:00:00:00:01", "ST", 30)
    assert len(written.positions["asset"]) == 1


def test_what_the_last_run_believed_is_recalled(house):
    pump, bed = house.assets["P-1"], house.assets["B-1"]
    given.placed(pump, house.zones["ST"])
    given.placed(bed, house.zones["W1"], heard_at=datetime.fromtimestamp(NOW - 3600, UTC))
    given.staying(pump, house.zones["ST"], house.now)
    given.staying(bed, house.zones["W1"], house.now)
    ward = Ward(house)
    state = recall(
        ward.state, ward.roster, evidence.positions_now(), evidence.open_stays(), NOW, NOW - 2
    )
    rows = places(
        state.bearers, np.array([bearer_key("asset", pump.pk), bearer_key("asset", bed.pk)])
    )
    zone = [ward.roster.site.zone_key[z] for z in state.bearers.zone[rows]]
    assert zone == [house.zones["ST"].pk, house.zones["W1"].pk]
    assert state.bearers.heard[rows].tolist() == [True, False]
    state, placed, moved = engine.step(state, engine.Evidence(), ward.roster.site, NOW + 1)
    assert not len(moved)
    assert not placed["store"].any()
    # Nobody hears the pump again: it fell silent when the last run ended, and stays in its place.
    for second in range(30):
        state, placed, moved = engine.step(
            state, engine.Evidence(), ward.roster.site, NOW + second + 2
        )
        for row in placed[placed["store"]]:
            assert row["bearer"] == rows[0]
            assert row["heard_at"] == pytest.approx(NOW - 2)
        assert not len(moved)
    assert not state.bearers.heard[rows[0]]


def test_a_scan_that_is_remembered_twice_counts_once(house):
    pump, store = house.assets["P-5"], house.zones["ST"]
    at = timezone.now()
    record_scan(actor=house.porter, now=at, code="P-5", zone=store)
    given.placed(pump, store, at=at, heard_at=at, source="sighting")
    ward = Ward(house)
    rows, stays = evidence.positions_now(), evidence.open_stays()
    state = recall(ward.state, ward.roster, rows, stays, ward.now, ward.now)
    said = ward.wording.sightings(evidence.sightings_since(at - timedelta(hours=1)), state)
    now = at.timestamp() + 5
    state, _, _ = engine.step(state, engine.Evidence(sightings=said), ward.roster.site, now)
    row = places(state.bearers, np.array([bearer_key("asset", pump.pk)]))[0]
    assert state.bearers.p[row] == pytest.approx(0.95)
    assert state.bearers.heard_at[row] == pytest.approx(at.timestamp())


def test_the_site_is_built_anew_only_when_it_changed(house):
    first = roster(house.now)
    assert roster(house.now, first).site is first.site
    gateway = house.gateways["ac233f000001"]
    gateway.x = 4.0
    gateway.save()
    assert roster(house.now, first).site is not first.site


def test_a_registered_tag_that_nobody_wears_is_known_and_worn_by_nobody(house):
    tag = Tag.objects.create(address="spare")
    known = roster(house.now)
    assert known.wearer_key[known.tag_key.tolist().index(tag.pk)] == -1
