"""The patient, the product, the lot and the quantity: what each rule says, and how hard."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from hims.errors import Finding
from pharmacy.domain.checks import RULES, at_dispensing, at_ordering, fingerprint
from pharmacy.domain.facts import KnownAllergy, Pair, Source, Supply
from tests.pharmacy.domain.some_facts import (
    FACTS,
    LOT,
    NOW,
    ORDER,
    TABLETS,
    TODAY,
    current,
    drug,
    facts,
    given,
    said,
    said_at_the_counter,
)

AMOX = drug("amoxicillin", "penicillins")


# --- the patient ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allergy", "rules"),
    [
        (KnownAllergy(ingredient="Amoxicillin"), {"allergy": "stop"}),
        (KnownAllergy(allergy_class="Penicillins"), {"allergy": "warn"}),
        (KnownAllergy(allergy_class="penicillins", severity="severe"), {"allergy": "stop"}),
        (
            KnownAllergy(ingredient="flucloxacillin", classes=("penicillins",)),
            {"allergy_related": "warn"},
        ),
        (KnownAllergy(text="rash after penicillin"), {"allergy_text": "warn"}),
        (KnownAllergy(text="shellfish"), {}),
        (KnownAllergy(ingredient="ibuprofen", classes=("NSAIDs",)), {}),
    ],
)
def test_an_allergy_stops_or_warns(allergy, rules):
    assert said(given(AMOX, allergies=(allergy,))) == rules


def test_an_allergy_in_words_that_nothing_matches_is_shown_to_be_read():
    told = at_ordering(given(AMOX, allergies=(KnownAllergy(text="shellfish"),)))
    assert any("shellfish" in one.text and one.severity == "info" for one in told)


def test_a_patient_whom_nobody_has_asked_is_not_one_without_allergies():
    assert said(given(AMOX, allergies_asked=False)) == {"allergies_unknown": "warn"}


def test_a_product_that_the_formulary_does_not_describe_is_not_passed_as_safe():
    bare = replace(AMOX, substances=(), strengths=(), described=False)
    assert said(given(bare)) == {"not_described": "warn"}


PAIR = Pair(
    *("simvastatin", "strong cyp3a4 inhibitors", "stop"),
    *("Muscle damage.", "House list", date(2026, 1, 31)),
)
SIMVA = drug("Simvastatin", "statins")
CLARI = current("clarithromycin", "macrolides", "Strong CYP3A4 inhibitors")


def test_a_pair_of_a_substance_and_a_class_meets_and_says_where_it_is_from():
    told = at_ordering(given(SIMVA, current=(CLARI,), pairs=(PAIR,)))
    assert (told[0].code, told[0].severity) == ("interaction", "stop")
    assert told[0].text == (
        "Simvastatin 500 mg tablets with clarithromycin 500 mg tablets: Muscle damage. "
        "(House list, 2026-01-31)"
    )


def test_a_pair_meets_whichever_of_the_two_is_ordered():
    other = current("simvastatin", "statins")
    one = drug("clarithromycin", "strong CYP3A4 inhibitors")
    assert said(given(one, current=(other,), pairs=(PAIR,))) == {"interaction": "stop"}


def test_a_class_may_not_meet_itself_only_if_the_list_says_so():
    haloperidol, ondansetron = (
        drug("a", "QT prolonging agents"),
        current("b", "qt prolonging agents"),
    )
    assert said(given(haloperidol, current=(ondansetron,))) == {}
    pair = Pair("qt prolonging agents", "qt prolonging agents", "warn")
    found = said(given(haloperidol, current=(ondansetron,), pairs=(pair,)))
    assert found == {"interaction": "warn"}


def test_no_match_is_never_said_to_be_safe():
    source = Source("House list", date(2026, 1, 31), 40)
    told = [one.text for one in at_ordering(given(AMOX, sources=(source,)))]
    assert (
        "Interactions were looked up in: House list of 2026-01-31, 40 pairs. No match is not safe."
        in told
    )
    told = [one.text for one in at_ordering(given(AMOX))]
    assert any("no list is loaded" in text for text in told)


def test_the_same_substance_or_one_of_its_class_again_is_a_duplicate():
    assert said(given(AMOX, current=(current("amoxicillin", "penicillins"),))) == {
        "duplicate_ingredient": "warn"
    }
    assert said(given(AMOX, current=(current("flucloxacillin", "Penicillins"),))) == {
        "duplicate_class": "warn"
    }
    assert said(given(AMOX, current=(current("ibuprofen", "NSAIDs"),))) == {}


# --- the product and its lots -----------------------------------------------------------------


def test_what_was_ordered_and_is_in_date_passes():
    assert said_at_the_counter(facts(lots=(LOT,), quantity=16)) == {}


@pytest.mark.parametrize(
    ("lot", "rules"),
    [
        (replace(LOT, status="recalled"), {"recalled": "stop"}),
        (replace(LOT, status="quarantined"), {"quarantined": "stop"}),
        (replace(LOT, expiry=TODAY - timedelta(days=1)), {"expired": "stop"}),
        (replace(LOT, expiry=TODAY), {}),
        (replace(LOT, expiry=None), {}),
        (replace(LOT, product=9), {"wrong_product": "stop"}),
    ],
)
def test_a_lot_that_may_not_be_given_stops(lot, rules):
    assert said_at_the_counter(facts(lots=(lot,))) == rules


def test_a_lot_that_does_not_last_as_long_as_the_supply_warns():
    short = replace(LOT, expiry=TODAY + timedelta(days=5))
    week = {"supply_days": 7, "quantity": 16 * 7}
    assert said_at_the_counter(facts(lots=(short,), order=week)) == {
        "expires_within_supply": "warn"
    }
    assert said_at_the_counter(facts(lots=(short,), order=week | {"supply_days": 6})) == {}


def test_another_product_is_wrong_unless_the_formulary_lets_it_stand_in():
    brand = replace(TABLETS, product=5, name="Paracetamol 500 mg, Brightwell")
    assert said_at_the_counter(facts(drug=brand)) == {"wrong_product": "stop"}
    grouped = replace(TABLETS, substitution_group="paracetamol 500")
    same = facts(
        order={"product": grouped}, drug=replace(brand, substitution_group="paracetamol 500")
    )
    assert said_at_the_counter(same) == {}
    off = replace(same, drug=replace(same.drug, on_formulary=False))
    assert said_at_the_counter(off) == {"wrong_product": "stop"}


def test_a_look_alike_in_hand_is_named_as_one():
    ordered = replace(TABLETS, look_alike_group="g")
    held = drug("parecoxib", look_alike_group="g")
    told = at_dispensing(facts(order={"product": ordered}, drug=held))
    assert any("look alike" in one.text and one.severity == "stop" for one in told)


def test_an_order_of_a_substance_takes_a_product_of_it_alone():
    ordered = {"product": None, "substance": TABLETS.substances[0]}
    assert said_at_the_counter(facts(order=ordered)) == {}
    both = replace(TABLETS, substances=(*TABLETS.substances, *AMOX.substances))
    assert "wrong_product" in said_at_the_counter(facts(order=ordered, drug=both))


def test_a_look_alike_that_the_patient_gets_as_well_warns():
    held = replace(AMOX, look_alike_group="g")
    other = current("ampicillin", look_alike_group="g", product=8)
    assert said(given(held, current=(other,))) == {"look_alike": "warn"}
    told = at_ordering(given(held, look_alikes=("amLODIPine",)))
    assert any("not amLODIPine" in one.text and one.severity == "info" for one in told)


@pytest.mark.parametrize(("kind", "rule"), [("controlled", "controlled"), ("high_alert",) * 2])
def test_what_two_people_must_check_is_said(kind, rule):
    told = at_dispensing(given(replace(AMOX, **{kind: True})))
    assert rule in {one.code for one in told}


def test_a_route_that_is_not_the_medicines_own_warns():
    assert said(facts(order={"route": "intravenous"})) == {"wrong_route": "warn"}


# --- the order and its quantity ---------------------------------------------------------------


@pytest.mark.parametrize("status", ["on-hold", "stopped", "cancelled", "completed"])
def test_nothing_is_given_for_an_order_that_does_not_stand(status):
    assert said_at_the_counter(facts(order={"status": status})) == {"order_not_active": "stop"}


def test_nothing_is_given_for_an_order_that_has_ended():
    assert said_at_the_counter(facts(order={"ends_at": NOW})) == {"order_ended": "stop"}


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("given_before", "since", "wanted", "rules"),
    [
        (0, None, 16, {}),
        (0, None, 17, {"more_than_ordered": "stop"}),
        (0, None, 0, {"bad_quantity": "stop"}),
        (10, DAY / 24, 6, {}),
        (10, DAY / 24, 7, {"more_than_ordered": "stop"}),
        (16, DAY / 24, 16, {"more_than_ordered": "stop"}),
        (16, DAY * 0.8, 16, {"early": "warn"}),
        (16, DAY, 16, {}),
        (16, DAY, 17, {"more_than_ordered": "stop"}),
    ],
)
def test_no_more_than_ordered_and_not_before_it_is_due(given_before, since, wanted, rules):
    supply = Supply(given_before, None if since is None else NOW - since)
    assert said_at_the_counter(facts(quantity=wanted, supply=supply)) == rules


# --- all together -----------------------------------------------------------------------------

EVERYTHING = facts(
    allergies=(KnownAllergy(allergy_class="analgesics"), KnownAllergy(text="paracetamol")),
    current=(current("paracetamol"), CLARI, current("simvastatin")),
    pairs=(Pair("paracetamol", "clarithromycin", "warn"), PAIR),
    lots=(LOT, replace(LOT, lot=8, status="recalled")),
    order={"dose": ORDER.dose * 3, "route": "rectal"},
    quantity=99,
)


@examples(data=st.data())
def test_the_order_in_which_facts_come_changes_nothing(data):
    shuffled = replace(
        EVERYTHING,
        **{
            name: tuple(data.draw(st.permutations(getattr(EVERYTHING, name))))
            for name in ("allergies", "current", "pairs", "lots", "limits")
        },
    )
    # The total of a day names the other orders in the order in which they come.
    assert said_at_the_counter(shuffled) == said_at_the_counter(EVERYTHING)
    assert len(at_dispensing(shuffled)) == len(at_dispensing(EVERYTHING))


def test_stops_come_first_and_every_rule_that_speaks_has_a_score():
    told = at_dispensing(EVERYTHING)
    severities = [one.severity for one in told]
    assert severities == sorted(severities, key=["stop", "warn", "info"].index)
    assert {one.code for one in told if one.severity != "info"} <= RULES


def test_a_warning_that_was_passed_for_this_order_is_told_and_not_asked_again():
    large = facts(order={"dose": ORDER.dose + 1}, lots=(LOT,))
    warned = [one for one in at_dispensing(large) if one.severity == "warn"]
    passed = replace(large, passed=frozenset(map(fingerprint, warned)))
    assert said_at_the_counter(passed) == {}
    other = replace(passed, order=replace(large.order, dose=ORDER.dose + 2))
    assert said_at_the_counter(other) == said_at_the_counter(large)


def test_a_stop_is_never_passed():
    recalled = facts(lots=(replace(LOT, status="recalled"),))
    stop = Finding("recalled", "Lot A17 is recalled. Put it aside.", field="lot")
    passed = replace(recalled, passed=frozenset({fingerprint(stop)}))
    assert said_at_the_counter(passed) == {"recalled": "stop"}


def test_nothing_known_of_the_patient_is_said_and_nothing_breaks():
    empty = replace(FACTS, birth_date=None, weight=None, weighed_on=None, allergies_asked=False)
    assert said(empty) == {"allergies_unknown": "warn"}
