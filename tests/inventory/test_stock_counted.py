"""Stock is counted, found and wasted."""

import pytest

from hims.actions.confirmations import ask_confirmation, give_confirmation
from hims.errors import Invalid, Refused
from inventory.actions.stock import counting, wasting
from inventory.models import Count, Movement
from tests import given_stock
from tests.given_stock import FAR, SOON, scanned
from tests.inventory.at_the_shelves import act, codes_of, counted, moved, sound, wasted

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


# --- count and found ----------------------------------------------------------------------------


def test_a_count_books_the_difference_to_what_its_counter_saw(stock):
    moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "20"})  # after they looked
    done = counted(stock, "P1", 198, version=1)
    assert stock.level("PARA", "P1", "PH-A") == 178
    (count,) = done.counts
    assert (count.seen_quantity, count.counted, count.found) == (200, 198, False)
    sound()


def test_a_count_that_agrees_moves_nothing_and_is_kept(stock):
    done = counted(stock, "P1", 200, version=1)
    assert done.posted is None
    assert Count.objects.get().movement is None


def test_a_count_after_another_count_is_refused_with_the_movements_between(stock):
    counted(stock, "P1", 198, version=1)
    with pytest.raises(Refused) as refused:
        counted(stock, "P1", 198, version=1, by="charge_nurse")
    assert codes_of(refused) == ["counted_meanwhile"]
    between, again = refused.value.alternatives
    assert (between["movement_kind"], between["quantity"]) == ("count", -2)
    assert (again["kind"], again["version"], again["quantity"]) == ("count_again", 2, 198)
    assert stock.level("PARA", "P1", "PH-A") == 198


def test_a_count_that_would_go_below_nothing_is_refused(stock):
    moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "150"})
    with pytest.raises(Refused) as refused:
        counted(stock, "P1", 100, version=1)
    assert codes_of(refused) == ["moved_meanwhile"]


def test_an_empty_shelf_is_counted_as_nothing_without_a_scan(stock):
    line = {"lot": str(stock.lot("PARA", "P1").uid), "quantity": "0", "version": 1}
    act(stock, counting.count, place=stock.places["PH-A"], lines=[line])
    assert stock.level("PARA", "P1", "PH-A") == 0


@pytest.mark.parametrize(("version", "error"), [(9, Refused), (None, Invalid)])
def test_a_count_names_a_version_that_there_was(stock, version, error):
    with pytest.raises(error):
        counted(stock, "P1", 200, version=version)


def test_a_pack_in_hand_that_the_ledger_knows_nothing_of_is_entered_and_reviewed(stock):
    pack = {"scan": scanned("INSUL", "NEW", FAR)}
    done = act(stock, counting.found, "nurse", place=stock.places["W1S"], lines=[pack])
    assert stock.level("INSUL", "NEW", "W1S") == 100
    (count,) = done.counts
    assert count.found
    with pytest.raises(Refused) as refused:
        act(stock, counting.found, "nurse", place=stock.places["W1S"], lines=[pack])
    assert codes_of(refused) == ["known_already"]
    act(stock, counting.review, count=count, accepted=True)
    with pytest.raises(Refused) as refused:
        act(stock, counting.review, count=count, accepted=True)
    assert codes_of(refused) == ["reviewed"]
    sound()


def test_a_reviewer_takes_a_wrong_entry_back(stock):
    pack = {"scan": scanned("INSUL", "NEW", FAR)}
    done = act(stock, counting.found, "nurse", place=stock.places["W1S"], lines=[pack])
    (count,) = done.counts
    with pytest.raises(Refused) as refused:
        act(stock, counting.review, count=count, accepted=False)
    assert codes_of(refused) == ["no_reason"]
    act(stock, counting.review, count=count, accepted=False, words="belongs to the patient")
    assert stock.level("INSUL", "NEW", "W1S") == 0
    sound()


def test_nobody_reviews_their_own_count(stock):
    done = counted(stock, "P1", 198, version=1, by="pharmacist")
    with pytest.raises(Refused) as refused:
        act(stock, counting.review, count=done.counts[0], accepted=True)
    assert codes_of(refused) == ["own_count"]


# --- waste --------------------------------------------------------------------------------------


def test_waste_says_why(stock):
    pack = {"scan": scanned("PARA", "P1", SOON), "quantity": "3"}
    done = wasted(stock, pack, words="dropped")
    assert Movement.objects.get(uid=done.posted.uid).reason == "damaged or spilt: dropped"
    assert stock.level("PARA", "P1", "PH-A") == 197
    for why in ("", "boredom", "other"):
        with pytest.raises(Refused) as refused:
            wasted(stock, pack, why=why)
        assert codes_of(refused) == ["no_reason"]


def test_what_is_controlled_is_wasted_before_a_second_person_and_exactly_so(stock):
    house, place = stock.house, stock.places["PH-A"]
    ampoule = {"scan": scanned("MORPH", "M1", FAR), "quantity": "1"}
    with pytest.raises(Refused) as refused:
        wasted(stock, ampoule)
    assert codes_of(refused) == ["witness_needed"]
    question = wasting.question(
        actor=house.nurse, now=stock.now, place=place, lines=[ampoule], why="damaged"
    )
    assert "MORPHine" in question["shown"]["lines"][0][0]
    asked = ask_confirmation(actor=house.nurse, now=stock.now, asked_from="here", **question)
    with pytest.raises(Refused) as refused:
        wasted(stock, ampoule, confirmation=str(asked.uid))
    assert codes_of(refused) == ["confirmation_open"]
    give_confirmation(
        actor=house.charge_nurse, now=stock.now, confirmation=asked, given_from="there"
    )
    with pytest.raises(Refused) as refused:
        wasted(stock, ampoule | {"quantity": "2"}, confirmation=str(asked.uid))
    assert codes_of(refused) == ["confirmation_of_something_else"]
    done = wasted(stock, ampoule, confirmation=str(asked.uid))
    assert Movement.objects.get(uid=done.posted.uid).witness == house.charge_nurse
    with pytest.raises(Refused) as refused:
        wasted(stock, ampoule, confirmation=str(asked.uid))
    assert codes_of(refused) == ["confirmation_used"]
    assert stock.level("MORPH", "M1", "PH-A") == 29
