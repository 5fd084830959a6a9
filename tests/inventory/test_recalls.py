"""A recall: found by the words of a notice, opened in one go, collected, withdrawn or closed."""

import pytest

from hims import verifying
from hims.errors import Forbidden, Invalid, Refused
from inventory.actions.recalls import close_recall, collect, open_recall, withdraw_recall
from inventory.actions.stock.moving import transfer
from inventory.models import Count, Lot, Movement, Recall, RecallTask
from inventory.queries.recalls import accounts, left_of, named_by, preview
from tests import given_stock
from tests.given_stock import scanned

pytestmark = pytest.mark.django_db

Q = "Q-PH"


@pytest.fixture
def stock():
    return given_stock.stocked()


@pytest.fixture
def p2(stock):
    return stock.lot("PARA", "P2")


def opened(stock, *lots, reference="FSN-1") -> Recall:
    return open_recall(
        actor=stock.house.pharmacist,
        now=stock.now,
        reference=reference,
        reason="glass particles",
        lots=list(lots),
    )


def brought(stock, recall, lot, place, units):
    return collect(
        actor=stock.house.porter,
        now=stock.now,
        recall=recall,
        lot=lot,
        place=stock.places[place],
        collected=units,
    )


def status(lot) -> str:
    return Lot.objects.get(pk=lot.pk).status


def test_a_notice_names_lots_by_scan_by_number_by_product_and_lot_or_all_of_a_product(stock):
    notice = "\n".join([scanned("PARA", "P1", given_stock.SOON), "m1", "PARA; P2", "INSUL,*"])
    found = named_by(notice, viewer=stock.house.pharmacist, now=stock.now)
    assert [[lot.number for lot in line.lots] for line in found] == [["P1"], ["M1"], ["P2"], ["I1"]]
    assert not any(line.problem for line in found)


def test_what_a_notice_names_and_nobody_received_is_said_line_by_line(stock):
    notice = "PARA; ZZ9\nnonsense\n(01)04012345000016(10)NEW\n\nPARA; P2\nPARA; P2"
    found = named_by(notice, viewer=stock.house.pharmacist, now=stock.now)
    assert len(found) == 4
    assert ["never received" in line.problem for line in found] == [True, False, True, False]
    assert found[1].problem
    assert [lot.number for lot in found[3].lots] == ["P2"]


def test_the_preview_counts_units_and_names_the_places_that_would_be_empty(stock, p2):
    seen = preview([p2], viewer=stock.house.pharmacist)
    assert seen.rows == [(p2, 480)]
    by_place = {one.place.code: one for one in seen.places}
    ward = by_place["W1S"]
    assert (ward.left, ward.empties) == (0, True)
    assert by_place["PH-A"].left == 200
    assert sum(one.units for one in seen.places) == 480


def test_opening_takes_the_lots_out_of_use_everywhere_and_sets_a_task_for_each_place(stock, p2):
    recall = opened(stock, p2)
    assert status(p2) == "recalled"
    assert {task.place.code: task.expected for task in recall.tasks.all()} == {
        "PH-A": stock.level("PARA", "P2", "PH-A"),
        "W1S": stock.level("PARA", "P2", "W1S"),
    }
    with pytest.raises(Refused):
        transfer(
            actor=stock.house.pharmacist,
            now=stock.now,
            source=stock.places["PH-A"],
            target=stock.places["TR"],
            lines=[{"lot": str(p2.uid), "quantity": "2", "unscanned": "test"}],
        )
    change = p2.history.first()
    assert (change.status, change.history_change_reason) == ("recalled", "glass particles")
    assert change.history_user == stock.house.pharmacist


def test_withdrawing_puts_back_what_each_lot_was(stock, p2):
    m1 = stock.lot("MORPH", "M1")
    Lot.objects.filter(pk=m1.pk).update(status="quarantined")
    recall = opened(stock, p2, m1)
    withdraw_recall(
        actor=stock.house.pharmacist, now=stock.now, recall=recall, reason="wrong product"
    )
    assert (status(p2), status(m1)) == ("released", "quarantined")
    assert Recall.objects.get().status == "withdrawn"


@pytest.mark.parametrize("first_withdrawn", [0, 1])
def test_of_two_recalls_of_one_lot_only_the_last_to_be_withdrawn_frees_it(
    stock, p2, first_withdrawn
):
    recalls = [opened(stock, p2), opened(stock, p2, reference="FSN-2")]
    asked = {"actor": stock.house.pharmacist, "now": stock.now, "reason": "an error"}
    withdraw_recall(recall=recalls[first_withdrawn], **asked)
    assert status(p2) == "recalled"
    withdraw_recall(recall=recalls[1 - first_withdrawn], **asked)
    assert status(p2) == "released"


def test_a_lot_whose_day_passed_meanwhile_does_not_come_back_as_good(stock, p2):
    recall = opened(stock, p2)
    later = stock.now.replace(year=2040)
    withdraw_recall(actor=stock.house.pharmacist, now=later, recall=recall, reason="an error")
    assert status(p2) == "expired"


def test_what_is_collected_goes_to_quarantine_and_the_task_is_done(stock, p2):
    recall = opened(stock, p2)
    there = stock.level("PARA", "P2", "W1S")
    task = brought(stock, recall, p2, "W1S", there - 4)
    assert (task.collected, task.done_by) == (there - 4, stock.house.porter)
    assert stock.level("PARA", "P2", "W1S") == 4
    lines = left_of(recall, viewer=stock.house.pharmacist)
    assert [(one.place.code, one.done, one.not_found) for one in lines] == [
        ("PH-A", False, 0),
        ("W1S", True, 4),
    ]
    brought(stock, recall, p2, "W1S", 4)
    assert RecallTask.objects.get(place__code="W1S").collected == there
    assert stock.level("PARA", "P2", "W1S") == 0


def test_more_than_the_ledger_knew_of_is_found_stock_for_review(stock, p2):
    recall = opened(stock, p2)
    there = stock.level("PARA", "P2", "W1S")
    brought(stock, recall, p2, "W1S", there + 6)
    found = Count.objects.get(found=True)
    assert (found.counted, found.seen_quantity, found.movement.kind) == (there + 6, there, "found")
    assert stock.level("PARA", "P2", "W1S") == 0
    brought(stock, recall, p2, "TR", 3)  # nobody knew of any there
    assert Count.objects.filter(found=True).count() == 2
    assert not [one for one in verifying.verify() if one.first_bad and "ledger" in one.name]


def test_the_closing_report_accounts_for_every_unit(stock, p2):
    recall = opened(stock, p2)
    ward = stock.level("PARA", "P2", "W1S")
    brought(stock, recall, p2, "W1S", ward - 4)
    asked = {"actor": stock.house.pharmacist, "now": stock.now, "recall": recall, "reason": "done"}
    with pytest.raises(Refused) as refused:
        close_recall(**asked)
    assert "Pharmacy shelf A" in str(refused.value)
    closed = close_recall(**asked, despite_open=True)
    (said,) = closed.report["lots"]
    assert said["received"] == 480 == said["accounted"] + said["unaccounted"]
    assert said["unaccounted"] == 480 - (ward - 4)
    assert said["in_quarantine"] == ward - 4
    assert closed.report["open_tasks"] == 1
    assert status(p2) == "recalled"
    with pytest.raises(Refused):
        brought(stock, recall, p2, "PH-A", 1)


def test_an_account_is_the_ledgers_own_sum(stock, p2):
    recall = opened(stock, p2)
    brought(stock, recall, p2, "W1S", stock.level("PARA", "P2", "W1S") + 5)
    one = accounts([p2])[p2.pk]
    assert one.received == (
        one.in_quarantine + one.on_shelves + one.given + one.wasted + one.missing
    )
    assert one.missing == -5


def test_what_cannot_be_a_recall_is_refused_and_nothing_changes(stock, p2):
    pharmacist = {"actor": stock.house.pharmacist, "now": stock.now}
    for wrong in ({"reference": " "}, {"reason": ""}, {"lots": []}):
        asked = {"reference": "R", "reason": "why", "lots": [p2]} | wrong
        with pytest.raises(Refused):
            open_recall(**pharmacist, **asked)
    with pytest.raises(Forbidden):
        open_recall(actor=stock.house.nurse, now=stock.now, reference="R", reason="why", lots=[p2])
    assert status(p2) == "released"
    recall = opened(stock, p2)
    with pytest.raises(Invalid):
        brought(stock, recall, p2, "W1S", -1)
    with pytest.raises(Refused):
        brought(stock, recall, stock.lot("MORPH", "M1"), "PH-A", 1)
    assert not Movement.objects.filter(kind="quarantine").exists()
