"""A new site is built beside the engine's steps."""

from threading import Event

from tests.tracking.domain.a_ward import SITE
from tracking.feeds.building import Builder


def test_a_small_site_is_there_at_once():
    assert Builder().of(("plan",), lambda: SITE) is SITE


def test_a_large_site_is_taken_when_it_is_ready_and_nobody_waits_for_it():
    done, builder = Event(), Builder()

    def build():
        done.wait(30)
        return SITE

    assert builder.of(("plan",), build) is None
    assert not builder.ready
    done.set()
    while not builder.ready:
        pass
    assert builder.of(("plan",), build) is SITE
    assert not builder.ready


def test_a_site_whose_plan_is_old_by_then_is_not_taken():
    done, builder = Event(), Builder()

    def build():
        done.wait(30)
        return SITE

    assert builder.of(("old",), build) is None
    assert builder.of(("new",), lambda: SITE) is None
    done.set()
    while not builder.ready:
        pass
    assert builder.of(("new",), lambda: SITE) is SITE
