"""To dispense: what was picked leaves the shelf for a patient, wholly or not at all."""

import pytest

from pharmacy.models import Dispense
from pharmacy.queries.picked import Asked
from tests import given_dispensing
from tests.given_stock import scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter():
    return given_dispensing.counter()


def test_what_was_scanned_leaves_the_shelf_for_the_patient(counter):
    order = counter.order("PARA", dose="500", timing="four times a day")
    made = counter.dispense(order, Asked(scan=scanned("PARA", "P1", counter.soon), quantity=8))
    assert counter.stock.level("PARA", "P1", "PH-A") == 200 - 8
    kept = Dispense.objects.get(uid=made.uid)
    assert (kept.status, kept.movement.uid, made.owed) == ("picked", made.movement, None)
    assert [(one.lot.number, one.quantity, one.scanned) for one in kept.lines.all()] == [
        ("P1", 8, True)
    ]
    assert kept.verified_by == counter.house.pharmacist
