"""A second person's yes: elsewhere, by somebody else, for exactly that, once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from hims import gate
from hims.actions.confirmations import (
    ASKED_FOR,
    ask_confirmation,
    give_confirmation,
    use_confirmation,
)
from hims.errors import Refused
from hims.models import Confirmation
from tests import given

pytestmark = pytest.mark.django_db

ABOUT = {"order": "o1", "lots": [["A17", 2]]}
SHOWN = {"title": "Morphine 10 mg", "lines": [["Lot", "A17"], ["How many", "2 ampoules"]]}


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def asked(house):
    house.technician = house.pharmacy_technician
    return ask_confirmation(
        actor=house.pharmacist,
        now=house.now,
        purpose="dispense",
        shown=SHOWN,
        about=ABOUT,
        asked_from="browser one",
    )


def given_by(house, asked, who="technician", where="browser two", **more):
    return give_confirmation(
        actor=getattr(house, who), now=house.now, confirmation=asked, given_from=where, **more
    )


def use(house, asked, *, actor=None, now=None, text=None, about=ABOUT, purpose="dispense"):
    """Use the yes inside an action of whoever asked."""
    actor, now = actor or house.pharmacist, now or house.now
    with (
        transaction.atomic(),
        gate.opened(gate.Act(name="pharmacy.dispense", actor=actor, now=now)),
    ):
        return use_confirmation(
            text or str(asked.uid), purpose=purpose, about=about, actor=actor, now=now
        )


def refusal(call, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.findings[0].code


def test_a_yes_from_another_person_elsewhere_is_good_once(house, asked):
    assert refusal(use, house, asked) == "confirmation_open"
    given_by(house, asked)
    assert use(house, asked).given_by == house.technician
    assert refusal(use, house, asked) == "confirmation_used"


def test_nobody_confirms_what_they_asked_nor_at_the_same_device_nor_twice(house, asked):
    assert refusal(given_by, house, asked, who="pharmacist") == "own"
    assert refusal(given_by, house, asked, where="browser one") == "same_device"
    given_by(house, asked)
    assert refusal(given_by, house, asked, who="nurse") == "answered"


def test_a_no_is_told_in_its_words(house, asked):
    given_by(house, asked, refused="That is lot A18")
    with pytest.raises(Refused, match="That is lot A18"):
        use(house, asked)


def test_a_yes_holds_for_exactly_what_was_shown_to_its_asker_and_not_for_long(house, asked):
    given_by(house, asked)
    assert refusal(use, house, asked, about={"order": "o1", "lots": [["A17", 3]]}) == (
        "confirmation_of_something_else"
    )
    assert refusal(use, house, asked, actor=house.nurse) == "confirmation_of_another"
    assert refusal(use, house, asked, purpose="waste") == "confirmation_unknown"
    late = house.now + ASKED_FOR + timedelta(seconds=1)
    assert refusal(use, house, asked, now=late) == "confirmation_too_old"
    assert refusal(use, house, asked, text="a name typed by the first") == "confirmation_unknown"


def test_the_database_too_refuses_a_yes_of_the_asker(house, asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        Confirmation.objects.filter(pk=asked.pk).update(
            given_by=house.pharmacist, given_at=house.now
        )


def test_the_second_person_reads_and_answers_on_a_page_of_their_own(house, asked):
    browser = given.signed_in(house.technician)
    page = browser.get("/confirmations/")
    assert "Morphine 10 mg" in page.content.decode()
    assert "2 ampoules" in page.content.decode()
    key = page.context["key"]
    answered = browser.post(f"/confirmations/{asked.uid}/", {"key": key})
    assert answered.status_code == 302
    asked.refresh_from_db()
    assert asked.given_by == house.technician
    again = browser.post(f"/confirmations/{asked.uid}/", {"key": key})
    assert again.status_code == 302, "a double press is one answer"


def test_the_browser_that_asked_cannot_answer_even_for_somebody_else(house):
    shared = given.signed_in(house.pharmacist)
    shared.get("/confirmations/")
    mark = shared.get("/confirmations/").wsgi_request.browser
    asked = ask_confirmation(
        actor=house.pharmacist,
        now=house.now,
        purpose="dispense",
        shown=SHOWN,
        about=ABOUT,
        asked_from=mark,
    )
    shared.force_login(house.nurse, backend=given.BACKEND)
    said = shared.post(f"/confirmations/{asked.uid}/", {"key": "a-key"})
    assert said.status_code == 409
    assert "your own device" in said.content.decode()


def test_a_program_in_the_second_hand_may_answer_too(house, asked):
    nurse = given.with_token(house.nurse)
    (waiting,) = nurse.get("/api/confirmations/").json()["results"]
    assert waiting["shown"]["title"] == "Morphine 10 mg"
    said = nurse.post(
        f"/api/confirmations/{asked.uid}/",
        data='{"answer": "yes"}',
        content_type="application/json",
    )
    assert (said.status_code, said.json()["given_by"]) == (200, house.nurse.name)
    assert use(house, asked).given_by == house.nurse


def test_who_may_not_confirm_does_not_see_the_questions(house, asked):
    assert given.with_token(house.manager).get("/api/confirmations/").status_code == 403
