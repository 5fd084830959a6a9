"""What an answer rests on and what speaks against it, by rows and raw readings."""

from datetime import timedelta

import pytest

from hims.models import Building, Floor
from tests import given
from tests.tracking.on_the_radio import BAY, STORE, WARD, heard
from tracking.actions.sightings import found_here, not_there
from tracking.models import Gateway, GatewayHealth, Position
from tracking.queries.why import why

pytestmark = pytest.mark.django_db
PUMP, OTHER = "C3:00:00:00:00:01", "C3:00:00:00:00:02"


@pytest.fixture
def house(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    house = given.hospital()
    given.engine_beat(house.now)
    given.placed(house.assets["P-1"], house.zones["ST"])
    return house


def asked(house, viewer=None, now=None):
    return why(
        viewer=viewer or house.porter,
        bearer=house.assets["P-1"],
        position=Position.objects.select_related("zone", "floor__building").get(
            asset=house.assets["P-1"]
        ),
        now=now or house.now,
    )


def codes(found):
    return [one.code for one in found.against]


def test_gateways_are_named_strongest_first_with_strength_and_age(house):
    rows = [(s, PUMP, STORE, -50 - s % 3) for s in range(1, 9)]
    rows += [(s, PUMP, BAY, -70) for s in range(1, 9)]
    heard(house, house.now, *rows)
    found = asked(house)
    assert found.raw == "kept"
    first, second = found.hearing
    assert (first.gateway, first.zone, first.rssi) == ("Gateway store", "Store two", -51.0)
    assert (second.zone, second.rssi, second.now) == ("Bay one", -70.0, True)
    assert first.age_s == pytest.approx(1.0, abs=0.01)
    assert codes(found) == []


def test_who_heard_it_minutes_ago_is_told_apart_from_who_hears_it_now(house):
    heard(house, house.now, (300, PUMP, BAY, -60), (1, OTHER, BAY, -60), (1, PUMP, STORE, -55))
    found = asked(house)
    assert [(one.zone, one.now, one.silent) for one in found.hearing] == [
        ("Store two", True, False),
        ("Bay one", False, False),
    ]
    assert found.hearing[1].age_s == pytest.approx(300, abs=0.01)


def test_a_gateway_that_hears_nothing_at_all_any_more_is_silent_and_says_so(house):
    heard(house, house.now, (120, PUMP, BAY, -45), (2, PUMP, STORE, -55), (1, PUMP, STORE, -55))
    found = asked(house)
    assert found.hearing[1].silent
    assert next(one for one in found.against if one.code == "silent").about["gateway"] == BAY


def test_one_gateway_alone_is_a_weak_ground(house):
    heard(house, house.now, (1, PUMP, STORE, -55))
    assert codes(asked(house)) == ["alone"]


def test_a_stronger_gateway_in_another_room_speaks_against(house):
    heard(house, house.now, (1, PUMP, BAY, -50), (1, PUMP, STORE, -58))
    found = asked(house)
    assert codes(found) == ["stronger_elsewhere"]
    assert found.against[0].about == {"gateway": BAY, "zone": "Bay one", "rssi": -50.0}


def test_two_floors_that_hear_it_alike_speak_against(house):
    heard(house, house.now, (1, PUMP, WARD, -56), (1, PUMP, STORE, -55))
    found = asked(house)
    assert codes(found) == ["two_floors"]
    assert found.against[0].about["floors"] == ["First floor", "Ground floor"]


def test_a_tag_that_is_heard_in_two_buildings_may_have_been_copied(house):
    annex = Building.objects.create(code="ANNEX", name="Annex")
    cellar = Floor.objects.create(building=annex, code="C", name="Cellar", level=-1)
    Gateway.objects.filter(name=BAY).update(floor=cellar, zone=None)
    heard(house, house.now, (1, PUMP, BAY, -56), (1, PUMP, STORE, -55))
    found = asked(house)
    assert codes(found) == ["two_buildings"]
    assert found.against[0].about["floors"] == ["Cellar", "Ground floor"]


def test_a_gateway_in_the_room_that_works_and_does_not_hear_it_speaks_against(house):
    gateway = next(g for g in house.gateways.values() if str(g) == STORE)
    GatewayHealth.objects.create(gateway=gateway, last_heard_at=house.now)
    heard(house, house.now, (1, PUMP, BAY, -70), (1, PUMP, WARD, -80), (1, OTHER, STORE, -50))
    assert codes(asked(house)) == ["stronger_elsewhere", "deaf"]


def test_what_people_said_is_named_by_kind_and_not_by_name(house):
    now = house.now
    found_here(
        actor=house.nurse, now=now - timedelta(minutes=5), asset=house.assets["P-1"],
        zone=house.zones["ED-1"],
    )  # fmt: skip
    not_there(
        actor=house.porter, now=now - timedelta(minutes=2), asset=house.assets["P-1"],
        zone=house.zones["ST"],
    )  # fmt: skip
    found = asked(house)
    assert [(one.source, one.zone, one.by) for one in found.spoken] == [
        ("not_there", "Store two", house.porter.name),  # oneself
        ("pick", "Bay one", "nurse"),
    ]
    assert codes(found) == ["not_there", "seen_elsewhere"]
    by_name = asked(house, viewer=house.privacy_officer).spoken
    assert [one.by for one in by_name] == [house.porter.name, house.nurse.name]


def test_a_look_in_vain_counts_half_an_hour_and_not_after_it_was_found_there(house):
    asset, store = house.assets["P-1"], house.zones["ST"]
    not_there(actor=house.porter, now=house.now, asset=asset, zone=store)
    assert codes(asked(house, now=house.now + timedelta(minutes=29))) == [
        "engine_away",
        "not_there",
    ]
    given.engine_beat(house.now + timedelta(minutes=31))
    assert codes(asked(house, now=house.now + timedelta(minutes=31))) == []
    found_here(actor=house.porter, now=house.now + timedelta(minutes=1), asset=asset, zone=store)
    given.engine_beat(house.now + timedelta(minutes=2))
    assert codes(asked(house, now=house.now + timedelta(minutes=2))) == []


def test_the_way_it_came_names_the_door(house):
    asset, now = house.assets["P-1"], house.now
    given.stayed(asset, house.zones["COR"], now - timedelta(minutes=9), now - timedelta(minutes=4))
    given.staying(asset, house.zones["ST"], now - timedelta(minutes=4))
    passed = asked(house).passed
    assert (passed.before, passed.after, passed.door) == ("Long corridor", "Store two", "door")
    assert passed.age_s == 240
    assert asked(house, now=now + timedelta(hours=1)).passed is None


def test_an_old_answer_and_a_second_candidate_are_told(house):
    store, bay = house.zones["ST"], house.zones["ED-1"]
    ago = house.now - timedelta(minutes=3)
    given.placed(
        house.assets["P-1"], store, at=ago, heard_at=ago, probability=0.7,
        candidates=[(store, 0.7), (bay, 0.25)],
    )  # fmt: skip
    found = asked(house)
    assert codes(found) == ["old", "rival"]
    assert found.against[1].about["zone"] == "Bay one"


def test_without_raw_readings_the_row_itself_is_told_and_why(house, settings, tmp_path):
    given.placed(
        house.assets["P-1"], house.zones["ST"],
        evidence=[
            {"kind": "radio", "gateway": STORE, "rssi": -51},
            {"kind": "radio", "gateway": BAY, "rssi": -80, "silent": True},
        ],
    )  # fmt: skip
    found = asked(house)
    assert found.raw == "none"
    assert [(one.gateway, one.rssi, one.age_s, one.silent) for one in found.hearing] == [
        (STORE, -51.0, None, False),
        (BAY, -80.0, None, True),
    ]
    settings.HIMS_SPOOL_MB = 0
    assert asked(house).raw == "off"
    settings.HIMS_SPOOL_MB = 1
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "000000000000001.readings").write_bytes(b"somebody else wrote this down")
    found = asked(house)
    assert (found.raw, "000000000000001.readings" in found.trouble) == ("unreadable", True)
