"""What an answer rests on, for programs."""

import pytest
from django.utils import timezone

from tests import given
from tests.tracking.on_the_radio import BAY, STORE, heard, stream
from tracking.actions.sightings import found_here

pytestmark = pytest.mark.django_db
PUMP = "C3:00:00:00:00:01"


@pytest.fixture
def house(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    house = given.hospital()
    given.everybody_somewhere(house)
    house.now = timezone.now()
    return house


def asked(house, query=""):
    program = given.with_token(house.porter)
    answer = program.get(f"/api/assets/{house.assets['P-1'].uid}/evidence/{query}")
    assert answer.status_code == 200
    return answer.json()


def test_gateways_people_and_doubts_are_told(house):
    heard(house, house.now, (2, PUMP, BAY, -50), (2, PUMP, STORE, -58))
    found_here(
        actor=house.nurse, now=house.now, asset=house.assets["P-1"], zone=house.zones["ED-1"]
    )
    told = asked(house)
    assert (told["zone"], told["level"], told["raw"]) == ("ST", "zone", "kept")
    assert told["candidates"][0]["zone"] == "ST"
    assert [(one["gateway"], one["rssi"], one["hears_now"]) for one in told["gateways"]] == [
        (BAY, -50.0, True),
        (STORE, -58.0, True),
    ]
    assert 1.5 < told["gateways"][0]["age_s"] < 9
    assert [(one["source"], one["zone_name"], one["by"]) for one in told["said"]] == [
        ("pick", "Bay one", "nurse")
    ]
    assert [one["code"] for one in told["against"]] == ["seen_elsewhere", "stronger_elsewhere"]
    assert "replay" not in told


def test_the_last_minutes_come_when_asked_for(house):
    assert asked(house, "?replay=true")["replay"] == []
    heard(house, house.now, *stream(house, house.now, PUMP, STORE, 120))
    moments = asked(house, "?replay=true")["replay"]
    assert moments[-1]["zone"] == "ST"
    assert moments[-1]["gateways"] == [{"gateway": STORE, "rssi": -50.0}]
    assert moments[-1]["at"] > moments[0]["at"]


def test_without_a_spool_it_says_so(house, settings):
    settings.HIMS_SPOOL_MB = 0
    told = asked(house, "?replay=true")
    assert (told["raw"], told["gateways"], told["replay"]) == ("off", [], [])
