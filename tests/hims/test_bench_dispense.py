"""The benches of dispensing and of stock, as small as they go."""

import pytest

from hims import verifying
from hims.bench import dispense, scratch, stock


@pytest.fixture(scope="module")
def template(django_db_blocker):
    """One migrated scratch database, which no test writes in."""
    with django_db_blocker.unblock(), scratch.house(lambda text: None) as made:
        yield made


@pytest.fixture
def house(template, django_db_blocker):
    with django_db_blocker.unblock(), template.copy() as made, scratch.pointed_at(made):
        yield made


@pytest.mark.proof
def test_a_dispense_is_measured_beside_its_own_statements(house):
    figures = {
        one.name: one
        for one in dispense.measure(house, lambda text: None, dispenses=8, replayed=2, clients=4)
    }
    assert {"dispense_cpu_ms_1", "dispense_cpu_ms_8_hot", "dispense_cpu_ms_8_spread"} <= set(
        figures
    )
    assert figures["dispense_statements"].value <= figures["dispense_statements"].reference_value
    assert [one.first_bad for one in verifying.verify() if one.first_bad] == []


@pytest.mark.proof
def test_stock_is_measured_full_and_nearly_empty_and_the_filled_ledger_is_sound(house):
    figures = stock.measure(
        house, lambda text: None, lots=100, few=60, products=50, each=3, times=2, rounds=1
    )
    assert {"stock_page_ms", "queue_page_ms", "trace_given_ms", "queue_ms"} <= {
        one.name for one in figures
    }
    assert [one.first_bad for one in verifying.verify() if one.first_bad] == []
