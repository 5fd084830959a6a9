"""The expiry clock: lots are marked after the end of their day, and nothing else is touched."""

from datetime import UTC, date, datetime

import pytest

from hims.queries.actors import clock
from inventory.actions.expiry import expire_lots
from inventory.models import Lot, Product
from inventory.tasks import expire

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 30)


@pytest.fixture
def lots():
    product = Product.objects.create(code="PARA", name="Paracetamol", unit="tablet")
    wanted = {"A": "released", "B": "quarantined", "C": "recalled", "D": "released"}
    for number, status in wanted.items():
        day = None if number == "D" else DAY
        Lot.objects.create(product=product, number=number, status=status, expiry=day)
    return lambda: dict(Lot.objects.values_list("number", "status"))


def test_a_lot_is_good_until_the_end_of_its_day(lots):
    before = lots()
    assert expire_lots(actor=clock(), now=datetime(2026, 6, 30, 21, 30, tzinfo=UTC)) == 0
    assert lots() == before


def test_the_day_after_it_is_expired_unless_it_is_recalled_or_has_no_day(lots):
    assert expire_lots(actor=clock(), now=datetime(2026, 7, 1, 9, tzinfo=UTC)) == 2
    assert lots() == {"A": "expired", "B": "expired", "C": "recalled", "D": "released"}
    change = Lot.objects.get(number="A").history.first()
    assert (change.status, change.history_user) == ("expired", clock())
    assert expire_lots(actor=clock(), now=datetime(2026, 7, 1, 10, tzinfo=UTC)) == 0


def test_the_task_marks_all_that_is_due_and_says_nothing_when_nothing_is(lots, monkeypatch):
    from inventory.actions import expiry

    monkeypatch.setattr(expiry, "AT_ONCE", 1)
    Lot.objects.update(expiry=date(2001, 1, 1))
    expire()
    assert lots() == {"A": "expired", "B": "expired", "C": "recalled", "D": "expired"}
    asked = Lot.objects.get(number="A").history.count()
    expire()
    assert Lot.objects.get(number="A").history.count() == asked
