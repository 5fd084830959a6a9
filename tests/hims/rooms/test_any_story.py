"""A few short stories of bed spaces in every run; thousands of steps as a proof."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.hims.rooms.story import Rooms

SHORT = settings(
    max_examples=6,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=60, stateful_step_count=30)


@pytest.mark.django_db
def test_whatever_happens_bed_spaces_tell_one_story():
    run_state_machine_as_test(Rooms, settings=SHORT)


@pytest.mark.proof
@pytest.mark.django_db
def test_whatever_happens_in_long_nights_bed_spaces_tell_one_story():
    run_state_machine_as_test(Rooms, settings=LONG)
