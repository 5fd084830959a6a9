"""What codes say: each form they arrive in, and what must be refused.

Numbers that a reader can check: 00300472040031 is a GTIN-14 (check digit 1), PZN 12345684.
"""

from datetime import date

import pytest

from hims.wire.codes import joined, lost_separator, read
from hims.wire.codes.check_digits import check_pair
from hims.wire.codes.hibc import check_character
from hims.wire.codes.ppn import ntin

TODAY = date(2026, 11, 22)
GTIN = "00300472040031"


def code(text: str, **more):
    return read(text, today=TODAY, **more)


def stops(text: str, **more) -> list[str]:
    return [found.code for found in code(text, **more).findings if found.severity == "stop"]


# --- the forms in which the same code arrives ----------------------------------------------------

PACK = f"01{GTIN}1728020010LOT7A\x1d21SN0001"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (PACK, {}),
        ("]d2" + PACK, {}),
        ("]C1" + PACK, {}),
        ("]Q3" + PACK, {}),
        ("]e0" + PACK, {}),
        ("]J1" + PACK, {}),
        (PACK, {"symbology": "]d2"}),
        (PACK, {"symbology": "d2"}),
        (PACK, {"symbology": "GS1 DataMatrix"}),
        (PACK, {"symbology": "gs1-128"}),
        (PACK, {"symbology": "datamatrix"}),
        ("\x1d" + PACK + "\r\n", {}),
        (PACK.replace("\x1d", "^]"), {}),
        (PACK.replace("\x1d", "{GS}"), {}),
        (PACK.replace("\x1d", "<gs>"), {}),
        (PACK.replace("\x1d", "{F8}"), {}),
        (PACK.replace("\x1d", "␝"), {}),
        (PACK.replace("\x1d", "~"), {"separator": "~"}),
        (f"(01){GTIN}(17)280200(10)LOT7A(21)SN0001", {}),
        (f"(01) {GTIN} (17) 280200 (10) LOT7A (21) SN0001", {}),
        (f"https://id.gs1.org/01/{GTIN}/10/LOT7A/21/SN0001?17=280200", {}),
        (f"]Q1https://shop.example/pack/01/{GTIN}/10/LOT7A/21/SN0001?17=280200&lang=en", {}),
    ],
)
def test_every_form_of_a_pack_says_the_same(text, more):
    read_ = code(text, **more)
    assert read_.reason is None
    assert read_.findings == ()
    assert (read_.format, read_.gtin, read_.lot) == ("gs1", GTIN, "LOT7A")
    assert (read_.expiry, read_.serial) == (date(2028, 2, 29), "SN0001")


def test_elements_stand_in_the_order_read():
    assert code(f"10LOT7A\x1d01{GTIN}17280131").elements == (
        ("10", "LOT7A"),
        ("01", GTIN),
        ("17", "280131"),
    )
    assert joined(code(PACK).elements) == f"(01){GTIN}(17)280200(10)LOT7A(21)SN0001"


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("00376130321109103420", "sscc", "376130321109103420"),
        ("4147080000581177254WARD3BED2", "gln", "7080000581177"),
        ("4147080000581177254WARD3BED2", "extension", "WARD3BED2"),
        ("800307035390000012SER1", "grai", "7035390000012SER1"),
        ("80047035390000123ASSET42", "giai", "7035390000123ASSET42"),
        ("8018700653200000000016", "gsrn", "700653200000000016"),
        ("8018700653200000000016", "gsrn_of", "patient"),
        ("8017700653200000000016", "gsrn_of", "staff"),
        (f"(00)376130321109103420(02){GTIN}(37)24", "count", 24),
        (f"(01){GTIN}(30)8", "count", 8),
        (f"(01){GTIN}(11)260101", "produced", date(2026, 1, 1)),
        (f"(01){GTIN}(15)270600", "best_before", date(2027, 6, 30)),
        (f"(01){GTIN}(7003)2702141530", "expiry", date(2027, 2, 14)),
        (f"(01){GTIN}(710)12345684", "gtin", GTIN),
        ("5901234123457", "gtin", "05901234123457"),
        ("036000291452", "gtin", "00036000291452"),
        ("96385074", "gtin", "00000096385074"),
        ("04252614", "gtin", "00042100005264"),
        (GTIN, "gtin", GTIN),
        ("]E05901234123457", "gtin", "05901234123457"),
    ],
)
def test_what_else_a_code_may_say(text, field, value):
    assert code(text).reason is None
    assert getattr(code(text), field) == value


def test_a_text_of_eight_digits_may_also_be_a_short_upc():
    both = code("01234565")
    assert (both.gtin, both.also) == ("00000001234565", ("00012345000065",))
    assert code("01234565", symbology="UPC-E").gtins == ("00012345000065",)


@pytest.mark.parametrize(
    ("year", "expiry"),
    [("75", date(2075, 1, 31)), ("77", date(1977, 1, 31)), ("26", date(2026, 1, 31))],
)
def test_two_digits_of_a_year_lie_within_fifty_years(year, expiry):
    assert code(f"(01){GTIN}(17){year}0100").expiry == expiry


def test_an_expiry_in_the_far_future_is_doubted():
    assert [found.code for found in code(f"(01){GTIN}(17)400101").findings] == ["far_expiry"]
    assert code(f"(01){GTIN}(17)400101").ok


def test_an_ean_that_begins_like_an_identifier_is_an_ean():
    assert code("9780764544200").format == "gtin"


@pytest.mark.parametrize("text", ["P-1", "Agilia pump", "12345", "991234", "]Q1TESTING", "8004"])
def test_what_nobody_marked_as_a_code_is_a_text(text):
    assert (code(text).format, code(text).elements, code(text).ok) == ("none", (), True)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("]d2", "empty"),
        ("\x1d", "empty"),
        ("010030047204003217280131", "check_digit"),
        ("5901234123450", "check_digit"),
        ("]E05901234123450", "check_digit"),
        ("8018700653200000000017", "check_digit"),
        ("800307035390000013SER1", "check_digit"),
        ("4147080000581178254X", "check_digit"),
        ("00376130321109103421", "check_digit"),
        (f"01{GTIN}17271301", "impossible_date"),
        (f"01{GTIN}17270230", "impossible_date"),
        (f"01{GTIN}11270000", "impossible_date"),
        (f"(01){GTIN}(10)A(10)B", "repeated"),
        (f"(01){GTIN}(02){GTIN}(37)2", "excluded"),
        (f"(01){GTIN}(21)A(235)B", "excluded"),
        ("(8017)700653200000000016(8018)700653200000000016", "excluded"),
        ("(17)280131", "incomplete"),
        ("(10)LOT7A", "incomplete"),
        (f"(02){GTIN}", "incomplete"),
        ("(254)WARD3", "incomplete"),
        (f"(01){GTIN}(3925)12599", "incomplete"),
        (f"(02){GTIN}(37)24", "incomplete"),
        ("(8018)700653200000000016(7252)5", "bad_value"),
        (f"(01){GTIN}(4301)50%", "bad_value"),
        ("(8003)17035390000012SER1", "bad_value"),
        ("(8004)ASSET42", "bad_value"),
        ("]d2700721122521", "bad_value"),
        ("]d224212345610AB", "no_separator"),
        ("]d2891234", "unknown_identifier"),
        (f"(01){GTIN}(10)", "bad_value"),
        (f"(01){GTIN}(10", "unreadable"),
        (f"]d201{GTIN}10A\x1d\x1d21B", "empty_value"),
        (f"01{GTIN}10LÖT", "bad_value"),
        ("HIMS:CAKE:1", "unreadable"),
        ("x" * 5000, "too_long"),
    ],
)
def test_a_code_that_is_wrong_is_refused_by_name(text, why):
    assert stops(text) == [why]
    assert code(text).reason


def test_the_same_field_twice_with_the_same_value_is_no_contradiction():
    assert code(f"(01){GTIN}(10)A(10)A").ok


def test_elements_of_a_refused_code_show_how_far_it_was_read():
    assert code(f"01{GTIN}17271301").elements == (("01", GTIN),)


# --- the lost separator --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"10LOT7A01{GTIN}17280131",
        f"21SN101{GTIN}10LOT7A",
        f"01{GTIN}10LOT7A-2026-0000117280131",
        f"]d201{GTIN}21SERIAL-000000117280131",
    ],
)
def test_a_lost_separator_is_named_and_nothing_is_guessed(text):
    lost = code(text)
    assert stops(text) == ["separator_lost"]
    assert "set the scanner" in lost.reason
    assert lost.expiry is None


def test_a_lot_that_may_have_swallowed_an_expiry_is_doubted_until_the_product_is_known():
    doubted = code(f"01{GTIN}10AB17251231")
    assert [found.code for found in doubted.findings] == ["separator_doubt"]
    assert doubted.lot == "AB17251231"
    assert lost_separator(doubted, carries_expiry=True).code == "separator_lost"
    assert lost_separator(doubted, carries_expiry=False) is None
    assert lost_separator(doubted, carries_expiry=None) is None


def test_a_known_lot_betrays_a_serial_number_that_it_swallowed():
    swallowed = code(f"01{GTIN}1728013110LOT7A21SN0001")
    assert swallowed.findings == ()
    assert lost_separator(swallowed, carries_expiry=True) is None
    assert lost_separator(swallowed, carries_expiry=True, lots=["LOT7A"]).severity == "stop"
    assert lost_separator(swallowed, carries_expiry=True, lots=["LOT7A21SN0001"]) is None


def test_a_scanner_that_sends_separators_has_not_lost_one():
    assert code(f"01{GTIN}21SN1\x1d10AB17251231").findings == ()
    assert code(f"(01){GTIN}(10)AB17251231").findings == ()


# --- HIBC ----------------------------------------------------------------------------------------


def hibc(payload: str) -> str:
    return payload + check_character(payload)


def test_a_hibc_code_of_a_device_is_read():
    assert check_character("+A123BJC5D6E71") == "G"
    first = code("+A123BJC5D6E71G")
    assert (first.format, first.hibc, first.ok) == ("hibc", "+A123BJC5D6E71", True)


@pytest.mark.parametrize(
    ("second", "expiry", "lot"),
    [
        ("$$3281231LOT7A", date(2028, 12, 31), "LOT7A"),
        ("$$0928LOT7A", date(2028, 9, 30), "LOT7A"),
        ("$$2093028LOT7A", date(2028, 9, 30), "LOT7A"),
        ("$$428093012LOT7A", date(2028, 9, 30), "LOT7A"),
        ("$$528015LOT7A", date(2028, 1, 15), "LOT7A"),
        ("$$62801512LOT7A", date(2028, 1, 15), "LOT7A"),
        ("$$7LOT7A", None, "LOT7A"),
        ("28015LOT7A", date(2028, 1, 15), "LOT7A"),
        ("$LOT7A", None, "LOT7A"),
        ("$$8240928LOT7A", date(2028, 9, 30), "LOT7A"),
    ],
)
def test_each_layout_of_a_hibc_date_is_read(second, expiry, lot):
    whole = code(hibc("+A123BJC5D6E71/" + second))
    assert (whole.expiry, whole.lot, whole.reason) == (expiry, lot, None)


def test_a_hibc_code_may_carry_serial_count_and_day_of_making():
    whole = code(hibc("+A123BJC5D6E71/$$+3281231SN9/16D20261001/Q12"))
    assert (whole.serial, whole.count, whole.produced) == ("SN9", 12, date(2026, 10, 1))


def test_a_hibc_code_with_a_wrong_character_is_refused():
    assert stops("+A123BJC5D6E71H") == ["check_digit"]
    assert stops(hibc("+A123BJC5D6E71/$$3281331LOT")) == ["impossible_date"]


def test_the_second_half_of_a_hibc_code_names_no_article():
    assert stops(hibc("+$$3281231LOT7AG")) == ["incomplete"]


def test_stars_of_code_39_do_not_matter():
    assert code("*+A123BJC5D6E71G*").hibc == "+A123BJC5D6E71"


# --- German packs --------------------------------------------------------------------------------

FIELDS = ["9N111234568408", "1TLOT7A", "D280200", "SSN0001"]


@pytest.mark.parametrize(
    "text",
    [
        "[)>\x1e06\x1d" + "\x1d".join(FIELDS) + "\x1e\x04",
        "[)>06" + "\x1d".join(FIELDS),
        "[)>{RS}06{GS}" + "{GS}".join(FIELDS) + "{RS}{EOT}",
        "[)>^^06^]" + "^]".join(FIELDS) + "^^^D",
        "[)>\x1e06~" + "~".join(FIELDS),
        "\x1d".join(FIELDS),
    ],
)
def test_a_german_pack_is_read_whatever_became_of_its_control_characters(text):
    pack = code(text, separator="~")
    assert (pack.format, pack.reason, pack.pzn) == ("ppn", None, "12345684")
    assert (pack.lot, pack.expiry, pack.serial) == ("LOT7A", date(2028, 2, 29), "SN0001")
    assert pack.gtins == (ntin("12345684"),)


def test_a_gtin_beside_the_ppn_comes_first():
    pack = code("[)>\x1e06\x1d9N111234568408\x1d8P04150123456843\x1e\x04")
    assert pack.gtins == ("04150123456843",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[)>06" + "".join(FIELDS), "separator_lost"),
        ("[)>06\x1d9N111234568409", "check_digit"),
        ("[)>06\x1d9N111234568408\x1dD281301", "impossible_date"),
        ("[)>06\x1d1TLOT7A", "incomplete"),
        ("[)>06\x1d9N111234568408\x1d1TA\x1d1TB", "repeated"),
        ("[)>06\x1d9N111234568408\x1d?", "bad_value"),
        ("[)>99", "unreadable"),
        ("-12345685", "check_digit"),
    ],
)
def test_a_german_pack_that_is_wrong_is_refused_by_name(text, why):
    assert stops(text) == [why]


def test_the_plain_bars_of_a_german_pack_are_its_pzn():
    assert code("-12345684").gtins == ("04150123456843",)


def test_the_check_characters_of_a_model_number_are_those_of_the_specification():
    assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"
