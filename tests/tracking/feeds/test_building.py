"""A new site is built beside the engine's steps."""

import time
from threading import Event

from tests.tracking.domain.a_ward import SITE
from tracking.feeds.building import Builder

LONGEST_S = 30.0


def wait_for(builder: Builder) -> None:
    """Wait until the site that is being built is ready."""
    give_up = time.monotonic() + LONGEST_S
    while not builder.ready:
        assert time.monotonic() < give_up, f"no site was ready within {LONGEST_S:g} s"
        time.sleep(0.01)


def test_a_small_site_is_there_at_once():
    assert Builder().of(("plan",), lambda: SITE) is SITE


def test_a_large_site_is_taken_when_it_is_ready_and_nobody_waits_for_it():
    done, builder = Event(), Builder()

    def build():
        done.wait(LONGEST_S)
        return SITE

    assert builder.of(("plan",), build) is None
    assert not builder.ready
    done.set()
    wait_for(builder)
    assert builder.of(("plan",), build) is SITE
    assert not builder.ready


def test_a_site_whose_plan_is_old_by_then_is_not_taken():
    done, builder = Event(), Builder()

    def build():
        done.wait(LONGEST_S)
        return SITE

    assert builder.of(("old",), build) is None
    assert builder.of(("new",), lambda: SITE) is None
    done.set()
    wait_for(builder)
    assert builder.of(("new",), lambda: SITE) is SITE
