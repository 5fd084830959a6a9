"""Stock comes and goes from place to place: each action does what it says, or says why not."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from hims.errors import Forbidden, Invalid, Refused
from inventory.actions.stock import counting, moving, reversing, wasting
from inventory.models import Lot, Movement, StockLevel, StockPlace
from tests import given_stock
from tests.given_stock import FAR, SOON, scanned
from tests.inventory.at_the_shelves import act, codes_of, moved, sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


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
