import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.wire.addresses import fault, normalise


@pytest.mark.parametrize(
    "spelling",
    [
        "AC:23:3F:C0:01:EA",
        "ac-23-3f-c0-01-ea",
        "AC233FC001EA",
        "ac23.3fc0.01ea",
        "0xAC233FC001EA",
        "  Ac:23:3f:C0:01:eA ",
    ],
)
def test_every_spelling_of_a_mac_is_one_address(spelling):
    assert normalise(spelling) == "ac233fc001ea"


@pytest.mark.parametrize(
    "code", ["Ward-7", "E2003412", "AC:23-3F:C0:01:EA", "AC:23:3F:C0:01", "Straight_01", "0xAC23"]
)
def test_what_is_no_mac_is_kept_as_it_is(code):
    assert normalise(f" {code} ") == code


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "tag is empty"),
        ("  ", "tag is empty"),
        ("x" * 65, "tag is longer than 64 characters"),
        ("a\0b", "tag holds a character that cannot be printed"),
        ("\ud800", "tag holds a character that cannot be printed"),
    ],
)
def test_what_cannot_be_an_address_is_named(text, reason):
    assert fault(text, "tag") == reason


def test_a_good_address_has_no_fault():
    assert fault(" AC233FC001EA ", "tag") is None
