"""Orders: what is prescribed is checked, kept and queued; each change is checked again."""

import pytest

from hims.errors import Refused
from pharmacy.models import Dispense
from tests import given_pharmacy

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return given_pharmacy.formulary()


def test_an_order_is_kept_and_its_supply_waits_in_the_queue(made):
    order = made.order()
    (waiting,) = Dispense.objects.filter(order=order)
    assert (waiting.status, waiting.product.code, waiting.wanted) == ("received", "PARA", 16)
    assert order.prescriber == made.house.physician


def test_a_ten_fold_dose_is_stopped(made):
    with pytest.raises(Refused) as refused:
        made.order(dose="10000")
    assert "dose_ten_times" in [one.code for one in refused.value.findings]
