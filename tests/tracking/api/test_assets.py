"""Programs ask where equipment is, and say what they saw of it (CONTRACT, HTTP API)."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hims.models import AuditEntry
from tests import given as there
from tracking.models import Sighting
from tracking.queries import locate


@pytest.fixture
def house(house):
    there.everybody_somewhere(house)
    return house


@pytest.fixture
def program(house):
    return there.with_token(house.nurse)


def rows(program, query="") -> dict[str, dict]:
    answer = program.get(f"/api/assets/{query}")
    assert answer.status_code == 200, answer.content
    return {row["number"]: row for row in answer.json()["results"]}


def said(program, house, number, what, body, status=201) -> dict:
    answer = program.post(
        f"/api/assets/{house.assets[number].uid}/{what}/", body, content_type="application/json"
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def test_each_asset_has_status_availability_and_place(house, program):
    pump = rows(program)["P-1"]
    assert pump["id"] == str(house.assets["P-1"].uid)
    assert (pump["status"], pump["available"], pump["reasons"]) == ("free", True, [])
    place = pump["position"]
    assert (place["zone"], place["floor"], place["building"]) == (
        "ST",
        "Ground floor",
        "Main building",
    )
    assert 0.9 < place["probability"] <= 0.95
    assert place["candidates"][0]["zone"] == "ST"
    assert 0 <= place["age_s"] < 60
    assert place["since"] < place["seen_at"]
    assert isinstance(place["evidence"], list)


def test_available_is_null_when_nobody_has_said(program):
    pump = rows(program)["P-5"]
    assert (pump["status"], pump["available"], pump["reasons"]) == ("unknown", None, [])
    assert pump["position"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?available=true", {"P-1", "P-4"}),
        ("?available=1", {"P-1", "P-4"}),
        ("?available=false", {"P-2", "P-3", "B-1"}),
        ("?kind=bed", {"B-1"}),
        ("?q=SN400", {"P-4"}),
        ("?q=P_1", set()),
        ("?kind=pump&available=true&q=agilia", {"P-1", "P-4"}),
    ],
)
def test_filters_narrow_the_list(program, query, expected):
    assert set(rows(program, query)) == expected


def test_a_floor_is_named_by_its_id(house, program):
    assert set(rows(program, f"?floor={house.floors['1'].uid}")) == {"P-4", "B-1"}


def test_near_orders_by_what_is_likeliest_to_serve_and_gives_the_walk(house, program):
    for near in ("COR", str(house.zones["COR"].uid)):
        answer = program.get(f"/api/assets/?near={near}&kind=pump").json()
        assert answer["next"] is None
        found = [row["number"] for row in answer["results"]]
        assert found[:2] == ["P-1", "P-4"]
        walks = {row["number"]: row["walk_s"] for row in answer["results"]}
        assert 0 < walks["P-1"] < walks["P-4"]


def test_near_gives_at_most_fifty(house, program):
    there.assets([{"asset": f"M-{n}", "kind": "bed", "name": "Bed"} for n in range(60)])
    assert len(rows(program, "?near=COR")) == locate.MOST_NEAR == 50
    assert program.get("/api/assets/?near=COR&limit=51").status_code == 400


def test_the_times_have_an_offset(house, program):
    place = rows(program)["P-1"]["position"]
    for name in ("since", "seen_at"):
        assert place[name].endswith(("Z", "+00:00"))


# --- saying ---------------------------------------------------------------------------------------


def test_saying_a_state_changes_it_and_is_in_the_trail(house, program):
    told = said(program, house, "P-1", "state", {"state": "dirty"}, 200)
    assert (told["status"], told["number"]) == ("dirty", "P-1")
    assert rows(program)["P-1"]["available"] is False
    entry = AuditEntry.objects.filter(action="asset.set_state").get()
    assert entry.objects_named == [f"asset:{house.assets['P-1'].uid}"]


@pytest.mark.parametrize("state", ["unknown", "", "FREE", None, 1, ["free"], "lost"])
def test_a_state_that_is_none_is_refused(house, program, state):
    said(program, house, "P-1", "state", {"state": state}, 400)
    assert rows(program)["P-1"]["status"] == "free"


def test_found_it_in_a_zone_by_code_sign_or_id(house, program):
    zone = house.zones["OR1"]
    for text in ("OR1", str(zone.uid)):
        told = said(program, house, "P-1", "sightings", {"zone": text, "source": "scan"})
        assert (told["zone"], told["source"]) == ("OR1", "scan")
    assert Sighting.objects.filter(zone=zone, source="scan").count() == 2


def test_not_there_warns_the_others(house, program):
    said(program, house, "P-1", "sightings", {"zone": "ST", "there": False})
    assert rows(there.with_token(house.porter))["P-1"]["warned_not_there"] is True
    assert rows(program)["P-2"]["warned_not_there"] is False


def test_a_sighting_in_no_zone_is_refused(house, program):
    for zone in ("nowhere", "", None):
        said(program, house, "P-1", "sightings", {"zone": zone}, 400)
    assert not Sighting.objects.exists()


def test_the_position_alone_is_never_confirmed_by_default(house, program):
    """ "Found it" asks for the room: without one nothing is taken as found."""
    said(program, house, "P-1", "sightings", {}, 400)


# --- stays ----------------------------------------------------------------------------------------


def test_the_stays_of_an_asset_are_intervals_with_the_open_one_first(house, program):
    answer = program.get(f"/api/assets/{house.assets['P-1'].uid}/stays/").json()
    assert [(row["zone_name"], row["to"] is None) for row in answer["results"]] == [
        ("Store two", True),
        ("Bay one", False),
    ]
    assert answer["next"] is None
    for row in answer["results"]:
        assert row["asset"] == str(house.assets["P-1"].uid)


def test_stays_are_searched_by_zone_tag_and_period(house, program):
    def found(query):
        return [row["zone_name"] for row in program.get(f"/api/stays/?{query}").json()["results"]]

    hour = timedelta(hours=1)
    long_ago = (timezone.now() - 10 * hour).isoformat().replace("+", "%2B")
    lately = (timezone.now() - hour / 2).isoformat().replace("+", "%2B")
    assert found("zone=ST") == ["Store two"]
    assert found("tag=C3:00:00:00:00:01") == found("tag=c30000000001") == ["Store two", "Bay one"]
    assert found(f"from={lately}") == ["Store two"]
    assert found(f"to={long_ago}") == []


def test_pages_of_stays_follow_one_another(house, program):
    zone, asset = house.zones["OR1"], house.assets["P-4"]
    for number in range(7):
        begun = timezone.now() - timedelta(hours=number // 2 + 1)
        there.stayed(asset, zone, begun, begun + timedelta(minutes=5))
    url, seen = f"/api/assets/{asset.uid}/stays/?limit=2", []
    while url:
        page = program.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 7


def test_nobody_without_a_role_and_no_scanner_sees_stays(house):
    _, key = there.device("events", kind="monitor")
    assert there.knocking(key).get("/api/stays/").status_code == 403
    assert there.with_token(house.newcomer).get("/api/stays/").status_code == 403


# --- nothing is a fault ---------------------------------------------------------------------------

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    what=st.sampled_from(["state", "sightings"]),
    body=ANY_JSON
    | st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("state", "reason", "zone", "there", "source"), ANY_JSON)
    ),
)
def test_no_json_is_a_fault(house, program, what, body):
    answer = program.generic(
        "POST",
        f"/api/assets/{house.assets['P-1'].uid}/{what}/",
        json.dumps(body),
        content_type="application/json",
    )
    assert answer.status_code in {200, 201, 400, 409}, answer.content


NAMES = ["q", "kind", "available", "near", "floor", "cursor", "limit", "zone", "tag", "from", "to"]


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    url=st.sampled_from(["/api/assets/", "/api/stays/", "/locate/", "/assets/"]),
    asked=st.dictionaries(
        st.sampled_from(NAMES),
        st.text(max_size=30)
        | st.integers().map(str)
        | st.datetimes().map(lambda at: f"{at.isoformat()}Z")
        | st.sampled_from(["ST", "HIMS:ZONE:ST", "HIMS:PATIENT:MRN-777001", "true"]),
    ),
)
def test_no_question_is_a_fault(program, house, url, asked):
    browser = program if url.startswith("/api/") else there.signed_in(house.nurse)
    answer = browser.get(url, asked)
    assert answer.status_code in {200, 400, 404}, answer.content
