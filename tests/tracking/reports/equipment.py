"""Histories of equipment as rows, for reports: what was said of a thing, and where it was seen.

Times are counted in tens of minutes from the first midnight of DAYS, so that counting tick by tick
gives the same seconds as a report's ranges of time. The house itself was taken in long after, so
that nothing else is known of those days.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from hypothesis import strategies as st

from hims.domain.periods import Period
from hims.models import Actor, Zone
from hims.queries.editions import Kept
from inventory.models import Asset
from tests import given
from tests.given import House
from tracking.models import Sighting

TICK = timedelta(minutes=10)
DAYS = Period(date(2026, 10, 24), date(2026, 10, 27))
TICKS = 3 * 144
BEGIN = datetime(2026, 10, 24, tzinfo=UTC)
END = datetime(2026, 10, 27, tzinfo=UTC)
NOW = datetime(2026, 10, 28, tzinfo=UTC)
STATES = ["unknown", "free", "in_use", "dirty", "broken"]
OURS = ["P-1", "P-4", "B-1"]


def at(tick: float) -> datetime:
    return BEGIN + TICK * tick


def said(asset: Asset, state: str, tick: float) -> None:
    """Somebody said at `tick` that the asset is in `state`; of "unknown" nobody said it."""
    columns = "number, name, serial, kind_id, home_id, service_due_on, uid, id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO inventory_historicalasset ({columns}, state, state_at, history_date,"
            " history_type, history_change_reason)"
            f" SELECT {columns}, %s, %s, %s, '~', '' FROM inventory_asset WHERE id = %s",
            [state, None if state == "unknown" else at(tick), at(tick), asset.pk],
        )


def stayed(asset: Asset, zone: Zone, tick: float, until: float) -> None:
    given.stayed(asset, zone, at(tick), at(until))


def seen(
    asset: Asset, zone: Zone, tick: float, actor: Actor, source: str = "scan", **more
) -> Sighting:
    """A sighting as it is kept."""
    whole = {"asset": asset, "zone": zone, "actor": actor, "source": source}
    return Sighting.objects.create(**whole, at=at(tick), received_at=at(tick), **more)


@dataclass
class Told:
    """What became of one thing: states as (tick, state), stays as (tick, ticks, zone), sightings as
    (tick, zone, source)."""

    states: list[tuple[int, str]]
    stays: list[tuple[int, int, str]]
    sightings: list[tuple[int, str, str]]


zones = st.sampled_from(["ST", "ED-1", "W1", "COR"])
ticks = st.integers(-200, TICKS)
stories = st.lists(
    st.builds(
        Told,
        st.lists(st.tuples(ticks, st.sampled_from(STATES)), max_size=6),
        st.lists(st.tuples(ticks, st.integers(0, 90), zones), max_size=5),
        st.lists(st.tuples(ticks, zones, st.sampled_from(["scan", "not_there"])), max_size=3),
    ),
    min_size=3,
    max_size=3,
)
"""Of each of OURS what became of it."""


def told(house: House, stories: list[Told]) -> None:
    """Write the stories down."""
    for number, story in zip(OURS, stories, strict=True):
        asset = house.assets[number]
        for tick, state in story.states:
            said(asset, state, tick)
        for tick, lasted, zone in story.stays:
            stayed(asset, house.zones[zone], tick, tick + lasted)
        for tick, zone, source in story.sightings:
            seen(asset, house.zones[zone], tick, house.nurse, source)


@contextmanager
def forgotten() -> Iterator[None]:
    """What is written in the block is gone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def counted(kept: Kept) -> dict[str, tuple]:
    """(n, of, unknown) of each figure by name."""
    return {
        line.figure.name: (line.told.n, line.told.whole, line.told.unknown) for line in kept.lines
    }


def asked(sql: str, **more) -> list[tuple]:
    """The rows of another statement over DAYS: it may name begins, ends, now."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"begins": BEGIN, "ends": END, "now": NOW, **more})
        return cursor.fetchall()
