"""Programs ask for reports over the API: what they are told, and what is refused by name."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse

from hims.models import AuditEntry, ReportEdition
from hims.queries.editions import Kept
from hims.reporting import csv_files
from hims.reporting.making import make
from tests import given
from tests.given_odd_report import ODDS
from tests.given_reports import LAMPS, declared
from tests.hims.api.test_base import problem

pytestmark = pytest.mark.django_db
OCTOBER = {"from": "2026-10-01", "to": "2026-11-01"}
EDITIONS = "/api/reports/lamps/editions/"


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def lamps():
    with declared(LAMPS), declared(ODDS):
        yield


@pytest.fixture
def program(house):
    return given.with_token(house.manager)


def post(program, body: dict, url: str = EDITIONS, **headers):
    return program.post(url, json.dumps(body), content_type="application/json", headers=headers)


def test_a_short_report_is_made_while_one_waits_and_tells_all_its_numbers(house, program):
    answer = post(program, OCTOBER | {"by": "bulb"})
    assert answer.status_code == 201
    told = answer.json()
    edition = ReportEdition.objects.get(uid=told["id"])
    assert edition.source == "api"
    assert answer["Location"] == f"/api/reports/editions/{edition.uid}/"
    assert program.get(answer["Location"]).json() == told
    assert (told["status"], told["from"], told["to"]) == ("done", "2026-10-01", "2026-11-01")
    assert (told["row_count"], told["sha256"]) == (6, edition.sha256)
    burning = told["figures"][0]
    assert (burning["value"], burning["n"], burning["of"], burning["unknown"]) == ("80.0", 4, 5, 1)
    assert (burning["unit"], burning["target"], burning["breach"]) == ("%", None, None)
    assert [(one["key"], one["name"]) for one in told["groups"]] == [
        ("glow", "glow"), ("tube", "tube"), (None, "not known"),
    ]  # fmt: skip
    assert [len(one["points"]) for one in told["series"]] == [1, 4]
    assert {one["name"] for one in told["about"]} >= {"Period", "SHA-256 of the rows"}
    listed = program.get(EDITIONS).json()
    assert [one["id"] for one in listed["results"]] == [told["id"]]
    assert listed["next"] is None
    # The table of figures as a file holds the same numbers.
    rows = csv.DictReader(io.StringIO(csv_files.figures(Kept(edition)).decode()))
    assert [row["value"] for row in rows if not row["by"]] == [
        one["value"] for one in told["figures"]
    ]


def test_a_long_report_is_queued_and_can_be_called_off_and_a_repeated_call_has_one_effect(
    house, program
):
    body = {"from": "2026-01-01", "to": "2026-11-01", "filters": {"room": "hall"}}
    answer = post(program, body, **{"Idempotency-Key": "one"})
    assert answer.status_code == 202
    again = post(program, body, **{"Idempotency-Key": "one"})
    assert (again.status_code, again.json(), again["Location"]) == (
        202, answer.json(), answer["Location"],
    )  # fmt: skip
    problem(post(program, OCTOBER, **{"Idempotency-Key": "one"}), 422)
    edition = ReportEdition.objects.get()
    told = program.get(answer["Location"]).json()
    assert (told["status"], told["figures"], told["progress"]["rows"]) == ("queued", [], 0)
    problem(program.get(f"{answer['Location']}rows/"), 409)
    assert post(program, {}, f"{answer['Location']}cancel/").json()["status"] == "cancelled"
    assert make(edition.pk, house.now) is None
    # One that was made while its caller waited is told whole each time, and made once.
    first = post(program, OCTOBER, **{"Idempotency-Key": "two"})
    second = post(program, OCTOBER, **{"Idempotency-Key": "two"})
    assert (first.status_code, first.json()) == (201, second.json())
    assert ReportEdition.objects.count() == 2
    problem(post(program, {}, f"{first['Location']}cancel/"), 409)


def test_each_number_leads_to_its_rows_a_page_at_a_time_and_the_trail_says_so(house, program):
    rows = post(program, OCTOBER).json()
    url = f"/api/reports/editions/{rows['id']}/rows/"

    def names(**asked) -> list[str]:
        return [row["name"] for row in program.get(url, asked).json()["results"]]

    assert len(names()) == 6
    assert names(figure="burning") == ["=1+1", "ceiling", "desk", "lamp, small"]
    assert len(names(figure="burning", part="of")) == 5
    assert names(figure="burning", part="unknown") == ["lost"]
    assert names(figure="burning", group="hall") == ["=1+1", "lamp, small"]
    assert names(group="") == ["lost"]
    first = program.get(url, {"limit": 4}).json()
    assert [row["name"] for row in first["results"]] == names()[:4]
    rest = program.get(first["next"]).json()
    assert [row["name"] for row in rest["results"]] == names()[4:]
    assert rest["next"] is None
    assert first["results"][0] == {
        "name": "=1+1", "room": "hall", "burns": True, "hours": 1, "bulb": "glow",
        "day": "2026-10-01",
    }  # fmt: skip
    found = AuditEntry.objects.filter(action="report.export", reason="rows")
    assert found.filter(objects_named=[f"reportedition:{rows['id']}"]).count() == found.count() > 5
    for asked in ({"figure": "none"}, {"part": "all"}, {"group": "cellar"}, {"cursor": "-1"}):
        problem(program.get(url, asked), 400)


def test_a_bad_question_is_refused_by_name(house, program):
    tomorrow = house.now.date() + timedelta(days=1)
    bad = {
        "to": [
            {"from": "2026-11-01", "to": "2026-10-01"},
            {"from": "2026-11-01", "to": "2026-11-01"},
            {"from": "2010-01-01", "to": "2026-11-01"},
            {"from": "2026-11-01", "to": (tomorrow + timedelta(days=1)).isoformat()},
            {"from": "2026-11-01", "to": "9999-12-31"},
            {"from": "2026-10-01"},
            {"from": "2026-10-01", "to": "\0"},
            {"from": "2026-10-01", "to": ["2026-10-02"]},
        ],
        "from": [
            {"from": "0001-01-01", "to": "0001-01-02"},
            {"from": "31.10.2026", "to": "2026-11-01"},
            {"from": "2026-02-30", "to": "2026-11-01"},
            {"from": None, "to": "2026-11-01"},
        ],
        "room": [OCTOBER | {"filters": {"room": text}} for text in ("=1+1", "a\0b", "cellar")],
        "colour": [OCTOBER | {"filters": {"colour": "red"}}],
        "filters": [OCTOBER | {"filters": ["hall"]}],
        "by": [OCTOBER | {"by": "colour"}],
    }
    for field, bodies in bad.items():
        for body in bodies:
            told = problem(post(program, body), 400)
            assert field in {one["field"].split(".")[-1] for one in told["findings"]}, body
    problem(post(program, OCTOBER, "/api/reports/candles/editions/"), 404)
    assert not ReportEdition.objects.exists()


def test_who_may_not_see_a_report_learns_nothing_of_it(house, program):
    url = post(program, OCTOBER)["Location"]
    pharmacist, porter = given.with_token(house.pharmacist), given.with_token(house.porter)
    declared_to = pharmacist.get(reverse("api-reports")).json()["results"]
    assert "lamps" not in {one["slug"] for one in declared_to}
    for address in (url, f"{url}rows/", EDITIONS):
        assert "amp" not in str(problem(pharmacist.get(address), 404))
        problem(porter.get(address), 403)
    problem(post(pharmacist, OCTOBER), 404)
    problem(post(pharmacist, {}, f"{url}cancel/"), 404)
    problem(post(porter, OCTOBER), 403)
    assert ReportEdition.objects.count() == 1


def test_the_declarations_say_all_that_is_needed_to_count_again(house, program):
    told = {one["slug"]: one for one in program.get(reverse("api-reports")).json()["results"]}
    lamps = told["lamps"]
    assert [one["name"] for one in lamps["columns"]] == LAMPS.names
    assert lamps["figures"][0] == {
        "name": "burning", "title": "Burning", "kind": "share", "of": "burns", "whole": "",
        "among": "", "unit": "%", "scale": 1, "places": 1, "better": "higher",
    }  # fmt: skip
    assert lamps["filters"][0]["choices"][0] == {"value": "hall", "title": "Hall"}
    assert lamps["groupings"] == ["room", "bulb"]
    assert len(told) > 5
