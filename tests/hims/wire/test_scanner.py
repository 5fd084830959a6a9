"""What to set on a scanner, told from what arrived of the test symbol or of any code."""

from datetime import date

import pytest

from hims.wire.codes import joined, read
from hims.wire.codes.scanner import (
    HEAD,
    TAIL,
    TEST_SYMBOL,
    Arrival,
    advice,
    sent_for_separator,
    signs,
)

SENT = f"{HEAD}\x1d{TAIL}"


def told(text: str, keys: tuple[str, ...] = ("a", "Enter"), gaps: tuple[float, ...] = ()):
    return advice(Arrival(text, keys, gaps), read(text, today=date(2026, 11, 22)))


def test_the_test_symbol_is_a_code_that_we_understand():
    assert read(SENT, today=date(2026, 11, 22)).elements == TEST_SYMBOL
    assert joined(TEST_SYMBOL) == "(01)09521234543213(10)TEST-1(21)Scanner-Y2Z"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"]d2{SENT}", "well_set"),
        (f"]d2{HEAD}^]{TAIL}", "well_set"),
        (f"]d2{HEAD}{{GS}}{TAIL}", "well_set"),
        (SENT, "no_symbology"),
        (f"]d2{HEAD}{TAIL}", "no_separator"),
        (HEAD + TAIL, "no_separator"),
        (f"]d2{HEAD}~{TAIL}", "other_separator"),
        (SENT.swapcase(), "capitals"),
        (f"{HEAD.replace('-', 'ß')}\x1d21ScannerßZ2Y", "keyboard"),
        ("]E05901234123450", "wrong_code"),
        ("]E05901234123457", "readable"),
        ("", "nothing"),
        ("10LOT7A010030047204003117280131", "no_separator"),
    ],
)
def test_the_gravest_comes_first(text, first):
    assert told(text)[0] == first


def test_digits_that_came_as_other_signs_are_another_keyboard():
    french = str.maketrans("0123456789", "à&é\"'(-è_ç")
    assert told(SENT.translate(french))[0] == "keyboard"


def test_a_scanner_without_enter_or_with_pauses_is_told_so():
    assert told(f"]d2{SENT}", keys=("a", "b")) == ["no_enter"]
    assert told(f"]d2{SENT}", gaps=(90.0,) * 8) == ["slow"]
    assert told(f"]d2{SENT}", gaps=(9.0,) * 8) == ["well_set"]


def test_what_came_in_place_of_the_separator_is_named():
    assert sent_for_separator(Arrival(f"{HEAD}~{TAIL}")) == "~"
    assert sent_for_separator(Arrival(HEAD + TAIL)) == ""
    assert sent_for_separator(Arrival("P-1")) is None


def test_signs_are_shown_with_their_code_points_and_names():
    assert [(sign.shown, sign.point, sign.name) for sign in signs("A\x1d ")] == [
        ("A", "U+0041", ""),
        ("", "U+001D", "GS"),
        ("", "U+0020", "SPACE"),
    ]
