"""What every program's door shares: who knocks, problem details, cursors, limits."""

import json

import pytest
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hims.access import keys
from hims.actions.actors import change_person, deactivate_person
from hims.actions.devices import revoke_token, rotate_device
from hims.api.base import whole_number
from hims.errors import Invalid
from hims.models import AccessKey, AuditEntry
from hims.queries.actors import console
from tests import given as there

PROBLEM = "application/problem+json"


def problem(answer, status: int) -> dict:
    """The problem details of an answer, which must be what RFC 9457 says."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"].startswith(PROBLEM)
    told = json.loads(answer.content)
    assert told["status"] == status
    assert told["type"] == "about:blank"
    assert told["title"]
    assert told["detail"]
    for finding in told.get("findings", []):
        assert finding["code"]
        assert finding["text"]
        assert finding["severity"] in {"stop", "warn"}
    return told


def state_url(house) -> str:
    return f"/api/assets/{house.assets['P-1'].uid}/state/"


# --- who knocks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [None, "", "Token", "Token ", "Token nonsense", "Bearer x", "Basic Zm9vOmJhcg==", "Token \xff"],
)
def test_without_a_good_key_the_answer_is_401_with_a_challenge(house, header):
    headers = {} if header is None else {"Authorization": header}
    answer = Client().get("/api/assets/", headers=headers)
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_key_that_never_was_revoked_or_expired_opens_nothing(house):
    key = there.token(house.nurse)
    row = AccessKey.objects.get(digest=keys.digest(key))
    assert there.knocking(key).get("/api/assets/").status_code == 200
    revoke_token(actor=console(), now=house.now, token=row)
    problem(there.knocking(key).get("/api/assets/"), 401)
    problem(there.knocking(key[:-1]).get("/api/assets/"), 401)


def test_only_the_digest_of_a_key_is_stored(house):
    key = there.token(house.nurse)
    assert not AccessKey.objects.filter(digest=key.encode()).exists()
    assert len(keys.digest(key)) == 32


def test_both_keys_of_a_rotated_machine_open_during_the_overlap(house):
    device, old = there.device("scans")
    new = rotate_device(actor=console(), now=house.now, device=device)
    for key in (old, new):
        answer = there.knocking(key).post(
            "/api/scans/", {"code": "x"}, content_type="application/json"
        )
        assert answer.status_code == 201


def test_a_role_that_is_taken_away_closes_the_token_at_once(house):
    program = there.with_token(house.nurse)
    assert program.get("/api/stays/").status_code == 200
    change_person(actor=console(), now=house.now, person=house.nurse, name="N", roles=[])
    problem(program.get("/api/stays/"), 403)


def test_the_token_of_somebody_who_left_opens_nothing(house):
    program = there.with_token(house.nurse)
    deactivate_person(actor=console(), now=house.now, person=house.nurse)
    problem(program.get("/api/stays/"), 401)


def test_a_page_of_ours_needs_its_csrf_token_to_change_anything(house):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(house.nurse, backend=there.BACKEND)
    assert browser.get("/api/assets/").status_code == 200
    asked = {"data": {"state": "dirty"}, "content_type": "application/json"}
    problem(browser.post(state_url(house), **asked), 403)
    browser.get("/locate/")
    token = browser.cookies["hims_csrf"].value
    answer = browser.post(state_url(house), **asked, headers={"X-CSRFToken": token})
    assert answer.status_code == 200


def test_the_trail_says_that_it_came_in_by_the_api_and_with_which_request(house):
    answer = there.with_token(house.nurse).post(
        state_url(house), {"state": "dirty", "reason": "spilt"}, content_type="application/json"
    )
    entry = AuditEntry.objects.filter(action="asset.set_state").get()
    assert entry.actor == house.nurse
    assert entry.door == "api"
    assert entry.request_id == answer.headers["X-Request-ID"]
    assert entry.reason == "spilt"
    assert entry.objects_named == [f"asset:{house.assets['P-1'].uid}"]


# --- how a "no" looks -----------------------------------------------------------------------------


def test_403_without_the_right(house):
    told = problem(
        there.with_token(house.manager).post(
            state_url(house), {"state": "free"}, content_type="application/json"
        ),
        403,
    )
    assert "asset.set_state" not in told["detail"], (
        "which right is missing is not a caller's matter"
    )


def test_404_for_what_is_not_there_and_for_no_such_address(house):
    program = there.with_token(house.nurse)
    nobody = "01890000-0000-7000-8000-000000000000"
    problem(program.get(f"/api/assets/{nobody}/stays/"), 404)
    problem(program.get("/api/nothing/"), 404)
    problem(program.get("/api/assets/P-1/stays/"), 404)


@pytest.mark.parametrize(
    ("method", "url"),
    [("DELETE", "/api/assets/"), ("POST", "/api/stays/"), ("GET", "/api/scans/"),
     ("PATCH", "/api/assets/"), ("PUT", "/api/scans/")],
)  # fmt: skip
def test_405_names_what_is_allowed(house, method, url):
    answer = there.with_token(house.nurse).generic(method, url)
    problem(answer, 405)
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "text/csv", "multipart/form-data"]
)
def test_415_for_a_type_that_is_not_json(house, kind):
    answer = there.with_token(house.nurse).generic(
        "POST", "/api/scans/", b"code=1", content_type=kind
    )
    problem(answer, 415)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b"\xff\xfe", b'{"code": }', b"[1, 2", b'{"code": "x"', b"NaN"],
)
def test_400_for_a_body_that_is_not_json(house, body):
    answer = there.with_token(house.nurse).generic(
        "POST", "/api/scans/", body, content_type="application/json"
    )
    problem(answer, 400)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"true", b"[{}]", b"1e999"])
def test_400_for_json_that_is_not_an_object(house, body):
    for url in ("/api/scans/", state_url(house)):
        answer = there.with_token(house.nurse).generic(
            "POST", url, body, content_type="application/json"
        )
        problem(answer, 400)


def test_each_wrong_field_is_named(house):
    told = problem(
        there.with_token(house.nurse).post(
            "/api/scans/",
            {"at": "yesterday", "zone": ["ST"], "scanner": "x" * 121},
            content_type="application/json",
        ),
        400,
    )
    assert {finding["field"] for finding in told["findings"]} == {"code", "at", "zone", "scanner"}


@override_settings(HIMS_BODY_LIMIT=1000)
def test_413_for_a_body_beyond_the_limit(house):
    answer = there.with_token(house.nurse).post(
        "/api/scans/", {"code": "x" * 2000}, content_type="application/json"
    )
    problem(answer, 413)


def test_a_body_nested_beyond_reason_is_refused(house):
    body = b"[" * 100_000 + b"]" * 100_000
    answer = there.with_token(house.nurse).generic(
        "POST", "/api/scans/", body, content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "url",
    [
        "/api/assets/?q=%00",
        "/api/assets/?kind=a%00b",
        "/api/assets/?near=%00",
        "/api/assets/?floor=%00",
        "/api/assets/?cursor=%00",
        "/api/stays/?tag=%00",
        "/api/stays/?zone=%00",
        "/api/stays/?from=%00",
        "/api/stays/?cursor=2026-01-01T00:00:00Z~%00",
        "/api/assets/?q=%ff%fe",
        "/api/assets/?available=perhaps",
        "/api/assets/?limit=0",
        "/api/assets/?limit=-1",
        "/api/assets/?limit=1e3",
        "/api/assets/?limit=%C2%B2",
        "/api/assets/?limit=99999999999999999999999",
        "/api/assets/?cursor=99999999999999999999999",
        "/api/assets/?near=nowhere",
        "/api/assets/?floor=nowhere",
        "/api/stays/?from=0001-01-01T00:00:00%2B14:00",
        "/api/stays/?to=9999-12-31T23:59:59-14:00",
        "/api/stays/?from=2026-02-30T00:00:00Z",
        "/api/stays/?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z",
        "/api/stays/?cursor=nonsense",
    ],
)
def test_a_question_that_makes_no_sense_is_never_a_fault(house, url):
    answer = there.with_token(house.nurse).get(url)
    if answer.status_code != 200:
        assert answer.status_code in {400, 404}
        problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "url", ["/locate/?q=%00", "/assets/?q=%00", "/map/%00/", "/locate/?near=%00"]
)
def test_a_null_character_is_no_fault_of_a_page_either(house, url):
    assert there.signed_in(house.nurse).get(url).status_code in {200, 400, 404}


# --- limits and cursors ---------------------------------------------------------------------------


@given(st.text(max_size=25))
def test_a_whole_number_is_within_its_bounds_or_refused(text):
    try:
        number = whole_number(text, 7, 1, 1000, "limit")
    except Invalid:
        return
    assert number == 7 if text == "" else 1 <= number <= 1000


def everything(program, url: str, *, meanwhile=lambda: None) -> list[dict]:
    """All rows behind a list, page by page, with something happening between the pages."""
    rows = []
    while url:
        page = program.get(url).json()
        rows += page["results"]
        url = page["next"]
        meanwhile()
    return rows


def test_pages_lose_and_repeat_nothing_while_rows_come_in(house):
    there.assets([{"asset": f"M-{n}", "kind": "bed", "name": "Bed"} for n in range(20)])
    program = there.with_token(house.nurse)
    before = {row["id"] for row in program.get("/api/assets/?limit=1000").json()["results"]}
    newer = iter(range(1000))

    def one_more():
        there.assets([{"asset": f"N-{next(newer)}", "kind": "bed", "name": "Newer bed"}])

    read = [row["id"] for row in everything(program, "/api/assets/?limit=4", meanwhile=one_more)]
    assert len(read) == len(set(read))
    assert before == set(read), "what came in later is newer than the first page"


def test_the_next_page_keeps_what_was_asked(house):
    program = there.with_token(house.nurse)
    rows = everything(program, "/api/assets/?kind=pump&limit=2&q=agilia")
    assert [row["number"] for row in rows] == ["P-5", "P-4", "P-3", "P-2", "P-1"]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 9))
def test_any_size_of_page_gives_the_same_list(house, size):
    program = there.with_token(house.nurse)
    rows = everything(program, f"/api/assets/?limit={size}")
    assert len(rows) == len({row["id"] for row in rows}) == 6
