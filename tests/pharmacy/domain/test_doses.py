"""Doses: units are converted exactly, and never mixed; words for timings are read."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pharmacy.domain.doses import (
    UNITS,
    Amount,
    Part,
    converted,
    dimension,
    in_product_units,
    of_ingredients,
    plain,
    read,
    spelt,
)
from pharmacy.domain.names import describes_therapy, spoken_of
from pharmacy.domain.timing import times_per_day

MASS = ["kg", "g", "mg", "microgram", "nanogram"]
amounts = st.decimals("0.00001", "100000", places=5)


@given(value=amounts, one=st.sampled_from(MASS), two=st.sampled_from(MASS))
def test_a_mass_there_and_back_is_the_same(value, one, two):
    there = converted(value, one, two)
    assert there is not None
    assert converted(there, two, one) == value


@given(value=amounts, one=st.sampled_from(UNITS), two=st.sampled_from(UNITS))
def test_dimensions_are_never_mixed(value, one, two):
    assert (converted(value, one, two) is None) == (dimension(one) != dimension(two))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mcg", "microgram"),
        ("µg", "microgram"),
        ("micrograms", "microgram"),
        ("IU", "unit"),
        ("Units", "unit"),
        ("mL", "ml"),
        ("Tablets", "tablet"),
        ("grams", "g"),
    ],
)
def test_other_spellings_are_the_same_unit(written, meant):
    assert spelt(written) == meant


def test_a_microgram_is_a_thousandth_of_a_milligram():
    assert converted(Decimal(500), "microgram", "mg") == Decimal("0.5")
    assert converted(Decimal(1), "mg", "unit") is None


@pytest.mark.parametrize(
    ("dose", "unit", "tablets"),
    [("1000", "mg", "2"), ("1", "g", "2"), ("2", "tablets", "2"), ("5", "mmol", None)],
)
def test_a_dose_is_so_many_units_of_the_product(dose, unit, tablets):
    parts = [Part("paracetamol", Amount(Decimal(500), "mg"))]
    found = in_product_units(Decimal(dose), unit, "tablet", parts)
    assert found == (None if tablets is None else Decimal(tablets))


def test_a_dose_in_milligrams_of_two_ingredients_could_mean_either():
    parts = [
        Part("amoxicillin", Amount(Decimal(500), "mg")),
        Part("clavulanic acid", Amount(Decimal(125), "mg")),
    ]
    assert of_ingredients(Decimal(625), "mg", "tablet", parts) == {}
    two = of_ingredients(Decimal(2), "tablet", "tablet", parts)
    assert {name: str(amount) for name, amount in two.items()} == {
        "amoxicillin": "1000 mg",
        "clavulanic acid": "250 mg",
    }


@given(value=amounts)
def test_a_number_is_written_without_exponent_or_trailing_zero(value):
    text = plain(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert "." not in text or not text.endswith(("0", "."))


@given(text=st.text() | st.floats() | st.integers() | st.none())
def test_no_text_breaks_the_reading_of_a_dose(text):
    value = read(text)
    assert value is None or (value.is_finite() and value > 0)


@pytest.mark.parametrize(
    ("timing", "times"),
    [
        ("every 6 hours", "4"),
        ("every 4 to 6 hours", "6"),
        ("q8h", "3"),
        ("6-hourly", "4"),
        ("three times a day", "3"),
        ("3x daily", "3"),
        ("3 times per day", "3"),
        ("twice daily", "2"),
        ("once daily", "1"),
        ("at night", "1"),
        ("TDS", "3"),
        ("every other day", "0.5"),
        ("every 2 days", "0.5"),
        ("weekly", "0.143"),
        ("when needed", None),
        ("", None),
        ("every 0 hours", None),
    ],
)
def test_a_timing_in_words_is_read(timing, times):
    assert times_per_day(timing) == (None if times is None else Decimal(times))


@given(text=st.text(max_size=60))
def test_no_timing_breaks_the_reading(text):
    times = times_per_day(text)
    assert times is None or 0 < times <= 99


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        ("penicillin, as a child", "penicillins", True),
        ("Penicilin", "penicillins", True),
        ("PÉNICILLINE?", "penicillins", True),
        ("iodide", "iodine", False),
        ("reacts to amoxicilin", "amoxicillin", True),
        ("insulin from pigs", "insulin human", False),
        ("none", "neomycin", False),
        ("", "neomycin", False),
    ],
)
def test_words_speak_of_a_substance_or_do_not(text, name, meant):
    assert (spoken_of(text, [name]) == [name]) is meant


@given(text=st.text(), name=st.text(max_size=40))
def test_no_text_breaks_the_comparison_of_names(text, name):
    spoken_of(text, [name])


@given(name=st.text("abcdefghij", min_size=3, max_size=12), words=st.text("xyz ", max_size=30))
def test_a_name_in_other_words_is_always_found(name, words):
    assume(name.strip())
    assert spoken_of(f"{words} {name.upper()} {words}", [name]) == [name]


def test_how_a_medicine_behaves_is_no_therapy():
    assert describes_therapy("NSAIDs")
    assert not describes_therapy("strong CYP3A4 inhibitors")
    assert not describes_therapy("QT prolonging agents")
