"""Codes that nobody would write: whatever is put together is read back; nothing raises."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from hims.wire.codes import FORMATS, joined, read
from hims.wire.codes.check_digits import mod10

TODAY = date(2026, 11, 22)
LETTERS = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

digits = st.text("0123456789", min_size=13, max_size=13)
words = st.text(LETTERS, min_size=1, max_size=20)
days = st.dates(date(2026, 1, 1), date(2035, 12, 31))


@st.composite
def packs(draw) -> list[tuple[str, str]]:
    """The elements of a pack, in any order."""
    payload = draw(digits)
    fields = {"01": payload + mod10(payload)}
    if draw(st.booleans()):
        fields["17"] = draw(days).strftime("%y%m%d")
    if draw(st.booleans()):
        fields["10"] = draw(words)
    if draw(st.booleans()):
        fields["21"] = draw(words)
    if draw(st.booleans()):
        fields["240"] = draw(words)
    return draw(st.permutations(list(fields.items())))


def element_string(elements) -> str:
    return "".join(
        identifier + value + ("" if identifier in {"01", "17"} else "\x1d")
        for identifier, value in elements
    ).removesuffix("\x1d")


@given(packs())
def test_every_element_string_is_taken_apart_as_it_was_put_together(elements):
    code = read("]d2" + element_string(elements), today=TODAY)
    if code.ok:
        assert code.elements == tuple(elements)
    else:  # a lot that reads like an article number, with no separator anywhere to say otherwise
        assert code.reason.startswith("The scanner leaves out the separators")


@given(packs())
def test_brackets_say_the_same_as_separators(elements):
    text = joined((name, value.replace("(", "\\(")) for name, value in elements)
    assert read(text, today=TODAY).elements == tuple(elements)


@given(packs(), st.data())
def test_a_wrong_digit_anywhere_in_the_article_number_is_noticed(elements, data):
    place = data.draw(st.integers(0, 13))
    gtin = dict(elements)["01"]
    wrong = gtin[:place] + str((int(gtin[place]) + 1) % 10) + gtin[place + 1 :]
    spoilt = [(name, wrong if name == "01" else value) for name, value in elements]
    assert not read("]d2" + element_string(spoilt), today=TODAY).ok


HINTS = st.sampled_from(["]d2", "]E0", "(01)", "[)>06", "+A", "https://a/01/", "01", "HIMS:", ""])


@given(HINTS, st.text(max_size=60), st.text(max_size=4), st.text(max_size=2))
def test_no_text_whatsoever_raises(hint, text, symbology, separator):
    code = read(hint + text, today=TODAY, symbology=symbology, separator=separator)
    assert code.format in FORMATS


@given(HINTS, st.text("0123456789/$SQD+-^]{}GS()\\\x1d\x1e\u0661²", max_size=60))
def test_no_text_that_looks_like_a_code_raises(hint, text):
    code = read(hint + text, today=TODAY)
    assert code.ok or code.reason
