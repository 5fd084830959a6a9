"""The dose: single, daily, for each kilogram, ever; ten times too much and a tenth."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.checks import at_dispensing, at_ordering
from pharmacy.domain.checks_dose import weight_good_for
from pharmacy.domain.doses import Amount
from tests.pharmacy.domain.some_facts import (
    BY_WEIGHT,
    LIMIT,
    TODAY,
    current,
    facts,
    said,
)

TOO_MUCH = {"dose_too_large", "dose_daily", "dose_above_absolute", "dose_ten_times"}


@pytest.mark.parametrize(
    ("dose", "rules"),
    [
        ("250", {}),
        ("1000", {}),
        ("1000.00001", {"dose_too_large": "warn", "dose_daily": "warn"}),
        ("1500", {"dose_too_large": "warn", "dose_daily": "warn"}),
        (
            "1600",
            {"dose_too_large": "warn", "dose_daily": "warn", "dose_above_absolute": "stop"},
        ),
        (
            "10000",
            {
                "dose_too_large": "warn",
                "dose_daily": "warn",
                "dose_above_absolute": "stop",
                "dose_ten_times": "stop",
            },
        ),
        ("249", {"dose_too_small": "warn"}),
        ("25", {"dose_too_small": "warn", "dose_tenth": "warn"}),
    ],
)
def test_each_limit_speaks_from_its_number_on(dose, rules):
    assert said(facts(order={"dose": Decimal(dose)})) == rules


def test_a_finding_names_the_drug_the_value_and_the_limit():
    (large, *_) = [
        one
        for one in at_ordering(facts(order={"dose": Decimal(10000)}))
        if one.code == "dose_ten_times"
    ]
    assert large.text == (
        "10000 mg of paracetamol is about 10 times the limit of 1000 mg: "
        "look for a slipped decimal point or a wrong unit."
    )


def test_the_same_dose_in_another_unit_says_the_same():
    assert said(facts(order={"dose": Decimal(10), "dose_unit": "g"})) == said(
        facts(order={"dose": Decimal(20), "dose_unit": "tablets"})
    )


def test_a_dose_in_a_unit_of_another_kind_is_not_guessed():
    assert said(facts(order={"dose_unit": "mmol"})) == {"dose_unit": "warn"}


def test_the_days_total_counts_the_other_orders_of_the_substance():
    other = current("paracetamol")
    found = said(facts(order={"dose": Decimal(1000)}, current=(other,)))
    assert found == {"duplicate_ingredient": "warn", "dose_daily": "warn"}


def test_an_irregular_timing_is_said_to_be_unchecked():
    told = at_ordering(facts(order={"times_per_day": None}))
    assert any("day's total of paracetamol was not checked" in one.text for one in told)


def child(**more):
    told = {
        "limits": (BY_WEIGHT,),
        "birth_date": TODAY - timedelta(days=400),
        "weight": Amount(Decimal(10), "kg"),
        "weighed_on": TODAY,
    }
    return facts(**(told | more))


def test_a_dose_by_weight_is_held_against_the_weight():
    assert said(child(order={"dose": Decimal(150)})) == {}
    assert said(child(order={"dose": Decimal(151)}))["dose_too_large"] == "warn"


def test_without_a_weight_a_dose_by_weight_is_not_passed_as_safe():
    assert said(child(weight=None, order={"dose": Decimal(150)})) == {"weight_missing": "warn"}


@pytest.mark.parametrize(
    ("age_days", "good_for"),
    [(0, 3), (27, 3), (28, 14), (364, 14), (365, 30), (4000, 90), (6000, 180), (9000, 365)],
)
def test_a_weight_is_good_for_as_long_as_the_age_lets_it(age_days, good_for):
    assert weight_good_for(age_days) == good_for
    told = {
        "birth_date": TODAY - timedelta(days=age_days + good_for + 1),
        "order": {"dose": Decimal(150)},
    }
    if weight_good_for(age_days + good_for + 1) == good_for:
        fresh = child(weighed_on=TODAY - timedelta(days=good_for), **told)
        stale = child(weighed_on=TODAY - timedelta(days=good_for + 1), **told)
        assert "weight_stale" not in said(fresh)
        assert said(stale)["weight_stale"] == "warn"


def test_a_limit_of_the_route_goes_before_one_of_any_route():
    oral = replace(LIMIT, route="Oral", single_max=Decimal(2000), absolute_max=None)
    assert "dose_too_large" not in said(
        facts(limits=(LIMIT, oral), order={"dose": Decimal(2000), "times_per_day": Decimal(2)})
    )


def test_a_limit_of_another_age_does_not_speak_and_an_unknown_age_is_said():
    grown = replace(LIMIT, age_from_days=6570)
    assert said(facts(limits=(grown,), order={"dose": Decimal(9000)}))
    young = facts(limits=(grown,), birth_date=date(2025, 1, 1), order={"dose": Decimal(9000)})
    unknown = replace(young, birth_date=None)
    assert "dose_ten_times" not in said(young)
    assert any("age is not known" in one.text for one in at_ordering(unknown))


def test_no_limit_is_said_to_be_no_safety():
    told = [one.text for one in at_ordering(facts(limits=()))]
    assert "Not checked: no dose limit for paracetamol by oral. No match is not safe." in told


@given(
    dose=st.decimals("0.00001", "99999999", places=5),
    more=st.decimals("1", "1000", places=2),
    by_weight=st.booleans(),
)
def test_more_of_it_is_never_less_too_much(dose, more, by_weight):
    limits = (BY_WEIGHT,) if by_weight else (LIMIT,)

    def too_much(one):
        return set(said(facts(order={"dose": one}, limits=limits))) & TOO_MUCH

    larger = min(dose * more, Decimal(99999999))
    assert too_much(dose) <= too_much(larger)


wild = st.decimals(allow_nan=True, allow_infinity=True) | st.just(Decimal("sNaN"))
words = st.text(max_size=30)


@given(
    dose=wild,
    unit=words,
    times=wild | st.none(),
    bound=wild,
    kg=wild,
    text=words,
    days=st.integers(),
    quantity=st.integers() | st.none(),
)
def test_no_number_and_no_word_breaks_the_checks(
    dose, unit, times, bound, kg, text, days, quantity
):
    limit = replace(LIMIT, unit=unit or "mg", single_max=bound, daily_max=bound, per_kg=True)
    told = facts(
        order={
            "dose": dose,
            "dose_unit": unit,
            "times_per_day": times,
            "route": text,
            "supply_days": days,
            "quantity": quantity,
        },
        limits=(limit, replace(limit, unit="mg", absolute_max=bound, single_min=bound)),
        weight=Amount(kg, "kg"),
        current=(current(text, text, dose=dose, times_per_day=times),),
        quantity=quantity,
    )
    at_ordering(told)
    at_dispensing(told)
