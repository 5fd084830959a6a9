"""The slow form: the product itself does what the fast form decides, and its log says the same."""

from dataclasses import replace

import pytest

pytest.importorskip("simpy", reason="the simulation needs simpy: pip install 'hims[simulation]'")

from hims.models import BedSpace, BedSpaceEvent, Encounter, WaitPrediction
from hims.simulation import measures
from hims.simulation.parameters import Scenario
from hims.simulation.product import furnish, measure
from hims.simulation.slow import LAG_MIN
from hims.simulation.trial import with_system

SMALL = replace(
    Scenario(), arrivals_per_day=9.0, days=1, warm_up_days=0, plain_rooms=2, monitored_rooms=2,
    isolation_rooms=1, isolated=0.3,
)  # fmt: skip


@pytest.mark.django_db
def test_the_products_own_log_gives_the_delays_and_the_wait():
    scenario = with_system(SMALL, told_cleaner=LAG_MIN, told_nurse=1.0, missed=0.3)
    furnish(scenario)
    found = measure(scenario, 3)
    fast = measures.run(scenario, 3)
    assert found.patients == Encounter.objects.filter(status="finished").count() > 5
    assert found.door_to_room == pytest.approx(fast.door_to_room, abs=0.01)
    assert found.told_cleaner == pytest.approx(fast.told_cleaner, abs=0.01)
    assert found.told_nurse == pytest.approx(fast.told_nurse, abs=0.01)
    assert found.agreed == 100
    assert 0 < found.automatic < 100
    assert set(BedSpace.objects.values_list("state", flat=True)) == {"ready"}
    told = WaitPrediction.objects.exclude(settled_at=None)
    assert told.filter(expected_min=0).exists()  # a room stood ready, and that was foreseen
    assert BedSpaceEvent.objects.filter(event="sign_of_leaving", source="tag").exists()
