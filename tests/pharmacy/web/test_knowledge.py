"""What the checks know, and how each rule does: the tables, their dates, and the scores."""

from datetime import timedelta

import pytest

from hims.errors import Refused
from pharmacy.actions.firings import note_refusal
from pharmacy.domain.checks import RULES, at_ordering
from pharmacy.models import DoseLimit, Ingredient, RuleFiring
from pharmacy.queries.safety import facts
from pharmacy.queries.scores import scores
from pharmacy.web.scores import RULE_WORDS
from tests import given as house_given
from tests import given_pharmacy

pytestmark = pytest.mark.django_db

KNOWLEDGE = "/pharmacy/knowledge/"


@pytest.fixture
def made():
    return given_pharmacy.formulary(codes=["PARA", "MORPH", "IBU", "NAPR", "AMOX", "SIMVA"])


@pytest.fixture
def pharmacist(made):
    return house_given.signed_in(made.house.pharmacist)


def test_each_list_stands_with_its_date_and_no_match_is_said_to_be_no_safety(made, pharmacist):
    page = pharmacist.get(KNOWLEDGE).content.decode()
    for words in ("House list", "31 Jan 2026", "2 rows", "made for tests", "No match is not safe"):
        assert words in page
    found = pharmacist.get(KNOWLEDGE, {"q": "Simva"}).content.decode()
    assert "strong cyp3a4 inhibitors" in found
    nothing = pharmacist.get(KNOWLEDGE, {"q": "zzz"}).content.decode()
    assert "No list names it. No match is not safe." in nothing


LIMIT = {
    "key": "k1",
    "ingredient": "Ibuprofen",
    "unit": "mg",
    "single_max": "400",
    "daily_max": "1200",
    "age_from_days": "4380",
    "source": "drug committee, May",
}


def test_a_limit_is_set_by_a_pharmacist_with_name_and_day_and_speaks_at_once(made, pharmacist):
    assert pharmacist.post(f"{KNOWLEDGE}limits/new/", LIMIT).status_code == 302
    limit = DoseLimit.objects.get(ingredient__name="ibuprofen")
    assert limit.reviewed_by == made.house.pharmacist
    page = pharmacist.get(KNOWLEDGE, {"q": "ibu"}).content.decode()
    assert "drug committee, May" in page
    with pytest.raises(Refused, match="more than the most for one dose"):
        made.order("IBU", dose="800", timing="once daily")


IMPOSSIBLE = [
    ({"ingredient": "moonshine"}, "No ingredient has this name"),
    ({"single_max": "", "daily_max": ""}, "Give at least one bound"),
    ({"single_max": "-1"}, "Give a number above zero"),
    ({"single_max": "1e30"}, "Give a number above zero"),
    ({"single_min": "500"}, "below the least single dose"),
    ({"unit": "spoon"}, "no unit of a dose"),
    ({"age_to_days": "10"}, "The ages end before they begin"),
    ({"source": " "}, "required"),
]


def test_a_limit_that_cannot_be_is_said_beside_its_field(made, pharmacist):
    before = DoseLimit.objects.count()
    for number, (wrong, said) in enumerate(IMPOSSIBLE):
        sent = LIMIT | wrong | {"key": f"k{number}"}
        answer = pharmacist.post(f"{KNOWLEDGE}limits/new/", sent)
        assert answer.status_code == 400, wrong
        assert said in answer.content.decode(), wrong
    assert DoseLimit.objects.count() == before


def test_a_limit_is_changed_and_withdrawn_with_a_reason(made, pharmacist):
    limit = DoseLimit.objects.get(ingredient__name="morphine")
    page = f"/pharmacy/limits/{limit.uid}/"
    changed = LIMIT | {"ingredient": "morphine", "single_max": "15", "age_from_days": "0"}
    assert pharmacist.post(page, changed).status_code == 302
    assert "15" in pharmacist.get(page).content.decode()
    assert pharmacist.post(f"{page}withdraw/", {"key": "k2", "reason": " "}).status_code == 409
    assert pharmacist.post(f"{page}withdraw/", {"key": "k3", "reason": "old"}).status_code == 302
    assert not DoseLimit.objects.filter(pk=limit.pk).exists()
    assert DoseLimit.history.filter(id=limit.pk, history_type="-").exists()


def test_a_physician_reads_the_tables_and_changes_none(made):
    physician = house_given.signed_in(made.house.physician)
    assert physician.get(KNOWLEDGE).status_code == 200
    assert physician.post(f"{KNOWLEDGE}limits/new/", LIMIT).status_code == 403
    assert physician.get("/pharmacy/scores/").status_code == 403


def test_the_formulary_is_searched_and_changed(made, pharmacist):
    assert (
        "amoxicillin 500 mg"
        in pharmacist.get("/pharmacy/formulary/", {"q": "amox"}).content.decode()
    )
    medicine = made.medicines["AMOX"]
    page = f"/pharmacy/medicines/{medicine.uid}/"
    sent = {"key": "k1", "form": "capsule", "strengths": "amoxicillin 250 mg", "routes": "Oral"}
    assert pharmacist.post(page, sent).status_code == 302
    assert [str(one) for one in medicine.strengths.all()] == ["amoxicillin 250 mg"]
    wrong = sent | {"key": "k2", "strengths": "moonshine 5 mg"}
    assert pharmacist.post(page, wrong).status_code == 400
    spoon = sent | {"key": "k3", "strengths": "amoxicillin 1 spoon"}
    assert pharmacist.post(page, spoon).status_code == 400


def test_the_classes_of_an_ingredient_are_what_allergies_go_by(made, pharmacist):
    given_pharmacy.allergic(made, allergy_class="sugars", severity="severe")
    naproxen = made.ingredients["naproxen"]
    sent = {"key": "k1", "name": "naproxen", "classes": "NSAIDs, Sugars"}
    assert pharmacist.post(f"/pharmacy/ingredients/{naproxen.uid}/", sent).status_code == 302
    assert Ingredient.objects.get(pk=naproxen.pk).classes == ["NSAIDs", "Sugars"]
    with pytest.raises(Refused, match="one of the sugars"):
        made.order("NAPR", dose="250", timing="once daily")


# --- scores -----------------------------------------------------------------------------------


def fire(made, rule, outcome, times, *, minutes=0):
    RuleFiring.objects.bulk_create(
        RuleFiring(
            rule=rule,
            severity="warn",
            outcome=outcome,
            reason="benefit" if outcome == "overridden" else "",
            actor=made.house.physician,
            at=made.now - timedelta(minutes=minutes),
        )
        for _ in range(times)
    )


def score_of(made, rule):
    found = scores(made.house.pharmacist, since=made.now - timedelta(days=1), until=made.now)
    return next(one for one in found if one.rule == rule)


def test_a_rule_that_is_passed_more_than_nine_times_in_ten_is_marked(made, pharmacist):
    fire(made, "duplicate_class", "overridden", 19)
    fire(made, "duplicate_class", "shown", 1, minutes=300)
    fire(made, "interaction", "overridden", 9)
    fire(made, "interaction", "shown", 1, minutes=300)
    assert score_of(made, "duplicate_class").to_review
    interaction = score_of(made, "interaction")
    assert (interaction.share, interaction.to_review) == (0.9, False)
    page = pharmacist.get("/pharmacy/scores/").content.decode()
    assert page.count("to review") == 1
    assert "The benefit outweighs the risk (19)" in page


def test_a_warning_that_is_passed_soon_after_it_was_shown_is_one_occasion(made):
    fire(made, "early", "shown", 1, minutes=30)
    fire(made, "early", "overridden", 1, minutes=10)
    fire(made, "dose_daily", "shown", 1, minutes=90)
    fire(made, "dose_daily", "overridden", 1, minutes=10)
    assert score_of(made, "early").fired == 1
    assert score_of(made, "dose_daily").fired == 2


def test_stops_are_kept_after_the_refusal_rolled_back(made):
    with pytest.raises(Refused) as refused:
        made.order(dose="10000")
    note_refusal(actor=made.house.physician, now=made.now, findings=refused.value.findings)
    score = score_of(made, "dose_ten_times")
    assert (score.stopped, score.share) == (1, None)


def test_the_facts_of_an_order_are_read_in_one_statement(made, django_assert_num_queries):
    order = made.order()
    made.order("IBU", dose="400", timing="once daily")
    with django_assert_num_queries(1):
        told = facts(order, made.products["PARA"], now=made.now, quantity=16)
    assert [one.name for one in told.current] == ["Ibuprofen 400 mg tablets"]
    assert at_ordering(told)


def test_every_rule_that_can_speak_has_a_name_on_the_page():
    assert set(RULE_WORDS) == RULES
