"""What can happen to stock: each action does what it says, or nothing and says why."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from hims import verifying
from hims.actions.confirmations import ask_confirmation, give_confirmation
from hims.errors import Forbidden, Invalid, Refused
from inventory.actions.stock import counting, moving, reversing, wasting
from inventory.models import Count, Lot, Movement, StockLevel, StockPlace
from tests import given_stock
from tests.given_stock import FAR, SOON, scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


def codes_of(refused) -> list[str]:
    return [finding.code for finding in refused.value.findings]


def sound() -> None:
    bad = {found.name: found.first_bad for found in verifying.verify() if found.first_bad}
    assert not bad


def act(stock, action, by="pharmacist", **asked):
    return action(actor=stock.house.people[by], now=stock.now, **asked)


def moved(stock, *lines, source="PH-A", target="W1S", by="pharmacy_technician"):
    return act(
        stock,
        moving.transfer,
        by,
        source=stock.places[source],
        target=stock.places[target],
        lines=lines,
    )


# --- receive ------------------------------------------------------------------------------------


def test_a_scanned_pack_without_a_number_is_one_pack(stock):
    stock.receive({"scan": scanned("PARA", "P9", FAR)})
    assert stock.level("PARA", "P9", "PH-A") == 40
    assert stock.lot("PARA", "P9").expiry == FAR
    sound()


@pytest.mark.parametrize(
    ("quantity", "unit", "base"),
    [("3", None, 3), ("1.5", "tablet", 3), ("2", "Box of 20", 80), ("0,5", "box of 20", 20)],
)
def test_quantities_are_typed_in_base_units_units_or_packs(stock, quantity, unit, base):
    stock.receive({"scan": scanned("PARA", "P9", FAR), "quantity": quantity, "unit": unit})
    assert stock.level("PARA", "P9", "PH-A") == base


WRONG_LINES = {
    "zero": ({"scan": scanned("PARA", "P9"), "quantity": "0"}, "bad_quantity"),
    "negative": ({"scan": scanned("PARA", "P9"), "quantity": "-4"}, "bad_quantity"),
    "no end": ({"scan": scanned("PARA", "P9"), "quantity": "1e30"}, "bad_quantity"),
    "no number": ({"scan": scanned("PARA", "P9"), "quantity": "many"}, "bad_quantity"),
    "infinity": ({"scan": scanned("PARA", "P9"), "quantity": "inf"}, "bad_quantity"),
    "a third": (
        {"scan": scanned("PARA", "P9"), "quantity": "0.3", "unit": "tablet"},
        "bad_quantity",
    ),
    "wrong unit": ({"scan": scanned("PARA", "P9"), "quantity": "1", "unit": "vial"}, "wrong_unit"),
    "not in the catalogue": ({"scan": "]d20104012345999990"}, "unknown_product"),
    "unreadable": ({"scan": "(01)04012345000017"}, "check_digit"),
    "no lot": ({"scan": scanned("PARA", "", None)}, "no_lot"),
    "no expiry": ({"scan": scanned("PARA", "P9", None)}, "no_expiry"),
    "another expiry than stored": ({"scan": scanned("PARA", "P1", FAR)}, "expiry_conflict"),
    "another expiry than scanned": (
        {"scan": scanned("PARA", "P9", FAR), "expiry": SOON},
        "expiry_conflict",
    ),
    "another lot than scanned": (
        {"scan": scanned("PARA", "P9"), "lot_number": "X"},
        "lot_conflict",
    ),
    "not scanned": (
        {"product": "PARA", "lot_number": "P9", "expiry": FAR, "quantity": "2"},
        "not_scanned",
    ),
    "no such product": ({"product": "NONE", "quantity": "1"}, "unknown_product"),
    "no such lot": ({"lot": "0190-none", "quantity": "1"}, "unknown_lot"),
    "recalled": ({"scan": scanned("PARA", "P1", SOON)}, "recalled"),
    "expired": ({"scan": scanned("PARA", "P0", date(2020, 1, 31))}, "expired"),
    "two packs of one serial": (
        {"scan": scanned("PARA", "P9", FAR, "S1"), "quantity": "80"},
        "one_pack",
    ),
}


@pytest.mark.parametrize("what", WRONG_LINES)
def test_a_wrong_line_is_refused_by_name_and_nothing_changes(stock, what):
    line, code = WRONG_LINES[what]
    if what == "recalled":
        Lot.objects.filter(number="P1").update(status="recalled")
    before = list(StockLevel.objects.order_by("pk").values())
    good = {"scan": scanned("PARA", "P8", FAR)}
    with pytest.raises(Refused) as refused:
        stock.receive(good, line)
    assert codes_of(refused) == [code]
    assert list(StockLevel.objects.order_by("pk").values()) == before
    assert not Lot.objects.filter(number__in=["P8", "P9", "P0"]).exists()


@pytest.mark.parametrize("lines", [[], [{}], [{"scan": "a", "product": "b"}], [{}] * 501])
def test_what_is_no_line_is_invalid(stock, lines):
    with pytest.raises(Invalid):
        stock.receive(*lines)


def test_a_scan_without_an_expiry_leaves_the_stored_one(stock):
    done = stock.receive({"scan": scanned("PARA", "P1", None)})
    assert stock.lot("PARA", "P1").expiry == SOON
    assert "expiry_not_read" in [note.code for note in done.notes]


def test_a_pack_whose_code_cannot_be_read_needs_a_word_why(stock):
    line = {"product": "PARA", "lot_number": "P9", "expiry": FAR, "quantity": "4"}
    done = stock.receive(line | {"unscanned": "label torn"})
    assert stock.level("PARA", "P9", "PH-A") == 4
    assert Movement.objects.get(uid=done.posted.uid).reason == "not scanned: label torn"


def test_what_expired_is_received_into_quarantine_with_a_note(stock):
    old = {"scan": scanned("PARA", "P0", date(2020, 1, 31))}
    with pytest.raises(Refused) as refused:
        stock.receive(old)
    assert refused.value.alternatives[0]["kind"] == "quarantine"
    done = act(stock, moving.receive, place=stock.places["PH-A"], lines=[old], into_quarantine=True)
    assert stock.level("PARA", "P0", "Q-PH") == 40
    assert [(note.code, note.severity) for note in done.notes][-1] == ("expired", "note")


def test_a_lot_is_good_until_the_end_of_its_day(stock):
    today = timezone.localdate(stock.now)
    stock.receive({"scan": scanned("PARA", "TODAY", today)})
    assert stock.level("PARA", "TODAY", "PH-A") == 40
    with pytest.raises(Refused) as refused:
        stock.receive({"scan": scanned("PARA", "BEFORE", today - timedelta(days=1))})
    assert codes_of(refused) == ["expired"]


def test_a_pack_with_a_serial_number_is_received_once(stock):
    pack = {"scan": scanned("PARA", "P9", FAR, "S1")}
    with pytest.raises(Refused) as refused:
        stock.receive(pack, pack)
    assert codes_of(refused) == ["serial_twice"]
    done = stock.receive(pack)
    with pytest.raises(Refused) as refused:
        stock.receive(pack)
    assert codes_of(refused) == ["serial_received"]
    movement = Movement.objects.get(uid=done.posted.uid)
    act(stock, reversing.reverse, movement=movement, reason="wrong hospital")
    stock.receive(pack)
    assert stock.level("PARA", "P9", "PH-A") == 40
    sound()


@pytest.mark.parametrize(
    ("place", "code"), [("patient", "virtual_place"), ("TR", "inactive_place")]
)
def test_stock_goes_only_to_real_places_in_use(stock, place, code):
    StockPlace.objects.filter(code="TR").update(active=False)
    stock.receive({"product": "GAUZE", "quantity": "1"})
    found = StockPlace.objects.filter(kind=place).first() or StockPlace.objects.get(code=place)
    for action, more in (
        (moving.receive, {"place": found}),
        (moving.transfer, {"source": stock.places["PH-A"], "target": found}),
        (moving.transfer, {"source": found, "target": stock.places["PH-A"]}),
        (moving.give_back, {"place": found}),
        (moving.quarantine, {"place": found, "reason": "looks odd"}),
        (counting.count, {"place": found}),
        (counting.found, {"place": found}),
        (wasting.waste, {"place": found, "why": "damaged"}),
    ):
        with pytest.raises(Refused) as refused:
            act(stock, action, lines=[{"product": "GAUZE", "quantity": "1"}], **more)
        assert codes_of(refused) == [code]


# --- transfer -----------------------------------------------------------------------------------


def test_stock_goes_from_place_to_place(stock):
    moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "10"})
    assert (stock.level("PARA", "P1", "PH-A"), stock.level("PARA", "P1", "W1S")) == (190, 10)
    sound()


def test_what_is_not_there_is_refused_with_ways_out(stock):
    with pytest.raises(Refused) as refused:
        moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "999"})
    assert codes_of(refused) == ["not_enough"]
    ways = refused.value.alternatives
    assert [(way["kind"], way["quantity"]) for way in ways] == [
        ("other_lot", 400),
        ("other_place", 80),
        ("part_now", 600),
    ]
    assert ways[1]["place"] == "W1S"
    assert ways[1]["walk_s"] > 45  # the ward is upstairs, by a lift of 45 s
    assert stock.level("PARA", "P1", "PH-A") == 200


def test_a_lot_that_was_never_received_cannot_be_moved(stock):
    with pytest.raises(Refused) as refused:
        moved(stock, {"scan": scanned("PARA", "NEW", FAR)})
    assert codes_of(refused) == ["unknown_lot"]


def test_a_place_is_not_moved_to_itself(stock):
    with pytest.raises(Refused) as refused:
        moved(stock, {"product": "GAUZE", "quantity": "1"}, target="PH-A")
    assert codes_of(refused) == ["same_place"]


@pytest.mark.parametrize(("source", "target"), [("PH-A", "Q-PH"), ("Q-PH", "PH-A")])
def test_nothing_slips_into_or_out_of_quarantine_by_a_transfer(stock, source, target):
    with pytest.raises(Refused) as refused:
        moved(stock, {"product": "GAUZE", "quantity": "1"}, source=source, target=target)
    assert codes_of(refused) == ["quarantine_place"]


def test_who_may_not_transfer_is_told_so(stock):
    with pytest.raises(Forbidden):
        moved(stock, {"product": "GAUZE", "quantity": "1"}, by="porter")


# --- count and found ----------------------------------------------------------------------------


def counted(stock, number, quantity, version, *, by="nurse", place="PH-A", product="PARA"):
    lot = stock.lot(product, number)
    line = {"lot": str(lot.uid), "quantity": str(quantity), "version": version, "unscanned": "pile"}
    return act(stock, counting.count, by, place=stock.places[place], lines=[line])


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


def wasted(stock, *lines, why="damaged", by="nurse", **more):
    return act(stock, wasting.waste, by, place=stock.places["PH-A"], lines=lines, why=why, **more)


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


# --- return, quarantine, release ----------------------------------------------------------------


def test_what_a_ward_returns_waits_until_a_pharmacist_releases_it(stock):
    pack = {"scan": scanned("PARA", "P2", FAR), "quantity": "30"}
    done = act(
        stock,
        moving.give_back,
        "nurse",
        place=stock.places["PH"],
        source=stock.places["W1S"],
        lines=[pack],
    )
    assert done.place == stock.places["Q-PH"]
    assert (stock.level("PARA", "P2", "W1S"), stock.level("PARA", "P2", "Q-PH")) == (50, 30)
    back = {"place": stock.places["Q-PH"], "target": stock.places["PH-B"], "lines": [pack]}
    with pytest.raises(Forbidden):
        act(stock, moving.release, "pharmacy_technician", reason="whole and dry", **back)
    with pytest.raises(Refused):
        act(stock, moving.release, reason=" ", **back)
    act(stock, moving.release, reason="whole and dry", **back)
    assert stock.level("PARA", "P2", "PH-B") == 30
    sound()


def test_patients_return_no_more_than_was_dispensed(stock):
    pack = {"scan": scanned("PARA", "P2", FAR), "quantity": "1"}
    with pytest.raises(Refused) as refused:
        act(stock, moving.give_back, place=stock.places["PH"], lines=[pack])
    assert codes_of(refused) == ["more_than_given"]


def test_what_is_set_aside_goes_to_the_quarantine_place_of_its_store_made_if_there_is_none(stock):
    pack = {"scan": scanned("PARA", "P1", SOON), "quantity": "40"}
    done = act(stock, moving.quarantine, place=stock.places["PH-A"], lines=[pack], reason="wet box")
    assert done.place.code == "Q-PH"
    ward = {"scan": scanned("PARA", "P2", FAR), "quantity": "40"}
    done = act(stock, moving.quarantine, place=stock.places["W1S"], lines=[ward], reason="wet box")
    assert (done.place.code, done.place.within) == ("Q-W1S", stock.places["W1S"])
    assert stock.level("PARA", "P2", "Q-W1S") == 40


def test_a_lot_in_quarantine_is_moved_nowhere_and_not_released_pack_by_pack(stock):
    pack = {"scan": scanned("PARA", "P1", SOON), "quantity": "40"}
    act(stock, moving.quarantine, place=stock.places["PH-A"], lines=[pack], reason="odd smell")
    lot = stock.lot("PARA", "P1")
    act(stock, moving.quarantine_lot, "charge_nurse", lot=lot, reason="odd smell")
    with pytest.raises(Refused) as refused:
        moved(stock, pack)
    assert codes_of(refused) == ["quarantined"]
    back = {"place": stock.places["Q-PH"], "lines": [pack], "reason": "fine"}
    with pytest.raises(Refused) as refused:
        act(stock, moving.release, **back)
    assert codes_of(refused) == ["quarantined"]
    with pytest.raises(Forbidden):
        act(stock, moving.release_lot, "charge_nurse", lot=lot, reason="fine")
    act(stock, moving.release_lot, lot=lot, reason="tested, fine")
    act(stock, moving.release, **back)
    assert stock.level("PARA", "P1", "PH") == 40
    told = [(one.status, one.history_change_reason) for one in lot.history.order_by("history_id")]
    assert told[-2:] == [("quarantined", "odd smell"), ("released", "tested, fine")]


def test_a_recalled_lot_is_not_released_by_hand(stock):
    Lot.objects.filter(number="P1").update(status="recalled")
    with pytest.raises(Refused) as refused:
        act(stock, moving.release_lot, lot=stock.lot("PARA", "P1"), reason="please")
    assert codes_of(refused) == ["lot_recalled"]


# --- reverse ------------------------------------------------------------------------------------


def test_a_movement_is_taken_back_once_and_never_twice(stock):
    done = moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "10"})
    movement = Movement.objects.get(uid=done.posted.uid)
    act(stock, reversing.reverse, movement=movement, reason="wrong ward")
    assert (stock.level("PARA", "P1", "PH-A"), stock.level("PARA", "P1", "W1S")) == (200, 0)
    with pytest.raises(Refused) as refused:
        act(stock, reversing.reverse, movement=movement, reason="again")
    assert codes_of(refused) == ["reversed_already"]
    with pytest.raises(Refused) as refused:
        act(stock, reversing.reverse, movement=movement.reversed_by, reason="back and forth")
    assert codes_of(refused) == ["is_reversal"]
    sound()


def test_what_is_gone_cannot_be_taken_back(stock):
    first = Movement.objects.filter(kind="receipt").order_by("pk").first()
    moved(stock, {"scan": scanned("PARA", "P1", SOON), "quantity": "10"})
    with pytest.raises(Refused) as refused:
        act(stock, reversing.reverse, movement=first, reason="never came")
    assert codes_of(refused) == ["not_enough"]


def test_findings_carry_the_line_that_they_are_about(stock):
    with pytest.raises(Refused) as refused:
        stock.receive(
            {"scan": scanned("PARA", "P9")}, {"scan": scanned("PARA", "P8"), "quantity": "0"}
        )
    assert [finding.field for finding in refused.value.findings] == ["lines.1.quantity"]
