"""The page that tests scanners: what arrived, what it means, what to set."""

import json

import pytest

from hims.wire.codes.scanner import HEAD, TAIL
from tests import given as there
from tests.given import signed_in

URL = "/scan/test/"


@pytest.fixture
def house(db):
    return there.hospital()


@pytest.fixture
def pharmacist(house):
    return signed_in(house.pharmacist)


def arrived(client, text: str, keys: list | None = None, status: int = 200) -> str:
    keys = keys if keys is not None else [["a", 5], ["Enter", 5]]
    answer = client.post(
        URL, {"code": text, "keys": json.dumps(keys)}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == status
    return answer.content.decode()


def test_everybody_may_test_a_scanner(house):
    for person in (house.porter, house.manager, house.administrator):
        assert signed_in(person).get(URL).status_code == 200


def test_a_scanner_that_is_set_up_well_is_told_so(pharmacist):
    said = arrived(pharmacist, f"]d2{HEAD}\x1d{TAIL}")
    assert "nothing to change" in said
    assert "U+001D" in said
    assert "GS1 DataMatrix" in said
    assert "TEST-1" in said


def test_a_scanner_that_loses_separators_is_told_what_to_set(pharmacist):
    said = arrived(pharmacist, HEAD + TAIL)
    assert "leaves out the separator" in said
    assert "Ctrl+]" in said


def test_another_character_for_the_separator_is_named(pharmacist):
    assert "sends “~” for the separator" in arrived(pharmacist, f"{HEAD}~{TAIL}")


def test_the_hospitals_own_character_is_fine(pharmacist, settings):
    settings.HIMS_SCAN_SEPARATOR = "~"
    said = arrived(pharmacist, f"]d2{HEAD}~{TAIL}")
    assert "for the separator" not in said


def test_keys_that_a_browser_would_swallow_are_shown_by_name(pharmacist):
    said = arrived(pharmacist, f"]d2{HEAD}\x1d{TAIL}", [["]", 0], ["F8", 4], ["Enter", 4]])
    assert "F8, Enter" in said


def test_a_code_that_is_wrong_says_why(pharmacist):
    assert "no date" in arrived(pharmacist, "(01)00300472040031(17)281301")


@pytest.mark.parametrize("keys", ["", "x", "[1]", '[["a"]]', '{"a":1}', "[" * 5000, '[["a","b"]]'])
def test_no_list_of_keys_is_a_fault(pharmacist, keys):
    answer = pharmacist.post(URL, {"code": "P-1", "keys": keys})
    assert answer.status_code == 200


def test_nothing_is_said_to_be_nothing(pharmacist):
    assert "Nothing arrived" in arrived(pharmacist, "", status=400)


def test_what_arrives_is_shown_and_not_run(pharmacist):
    said = arrived(pharmacist, "<script>alert(1)</script>")
    assert "<script>" not in said


def test_nobody_else_may(house):
    assert there.with_token(house.nurse).get(URL).status_code == 302
