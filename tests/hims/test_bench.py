"""Each bench, as small as it goes: what it prints, and that it counts what it says it counts.

No figure is judged here: how fast this machine is today is no property of the code.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from hims.bench import calm, campus, engine, hospital, ingest, live, locate, scratch, shape
from hims.bench.figures import Figure, quantile, table
from hims.management.commands.bench import BENCHES, SOME
from hims.models import Building
from tracking.models import Gateway, Position

KEYS = ["name", "value", "unit", "reference", "reference_value", "ratio"]
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def template(django_db_blocker):
    """One migrated scratch database, which no test writes in."""
    with django_db_blocker.unblock(), scratch.house(lambda text: None) as made:
        yield made


@pytest.fixture
def house(template):
    """A scratch database of the test's own, used by Django while the test runs."""
    with template.copy() as made, scratch.pointed_at(made):
        yield made


def silently(text: str) -> None:
    """Say nothing."""


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    """The figures by name, once their rows are as others rely on them."""
    for figure in figures:
        assert list(figure.row()) == KEYS
        assert json.loads(json.dumps(figure.row())) == figure.row()
        assert figure.value >= 0
        assert figure.reference
    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names)
    return dict(zip(names, figures, strict=True))


def in_words(figure: Figure) -> str:
    """A figure as the line of a proof shows it."""
    return f"{figure.name} {figure.value:.4g} {figure.unit}"


def test_a_ratio_is_the_value_over_its_reference():
    assert Figure("a", 3.0, "s", "b", 2.0).row()["ratio"] == 1.5
    assert Figure("a", 3.0, "s", "b", 0.0).row()["ratio"] is None


def test_the_table_has_a_line_for_each_figure_with_its_reference():
    text = table([Figure("ping", 3.0, "ms", "bare", 2.0), Figure("pong", 1.0, "ms", "none", 0.0)])
    assert [line.split()[0] for line in text.splitlines()] == ["figure", "ping", "pong"]
    assert "1.5" in text
    assert "n/a" in text


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.95, 4), (0.01, 1), (1.0, 4)])
def test_a_quantile_is_a_value_that_was_measured(share, expected):
    assert quantile([4, 1, 3, 2], share) == expected


def test_the_bench_writes_in_a_database_of_its_own(house):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone()[0] == house.name
    assert house.name.startswith("hims_bench_")
    assert "hims_bench_" in house.environment["DATABASE_URL"]


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_open_streams_hold_no_thread_and_no_connection(house, record_property):
    figures = by_name(shape.measure(house, silently, requests=3, rounds=1, streams=12))
    record_property("figure", in_words(figures["shape_ping_cpu_ms"]))
    assert figures["shape_streams_threads"].ratio == 1
    assert figures["shape_streams_connections"].ratio == 1
    assert {"shape_ping_cpu_ms", "shape_locator_cpu_ms", "shape_ten_cpu_ms"} <= set(figures)


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_locator_and_map_are_asked_with_their_own_sql_beside_them(house, record_property):
    figures = by_name(locate.measure(house, silently, assets=60, few=30, times=2, rounds=1))
    record_property("figure", in_words(figures["locate_words_ms"]))
    assert {"locate_page_ms", "map_page_ms", "locate_words_ms", "locate_near_ms", "map_ms"} <= set(
        figures
    )


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_a_move_is_heard_on_every_stream_and_no_reading_is_lost(house, record_property):
    figures = by_name(
        live.measure(house, silently, rate=200, seconds=26, streams=5, movers=15, gateways=40)
    )
    record_property("figure", in_words(figures["live_p95_s"]))
    # Whether a tag has moved is the engine's to say; what it says, all hear.
    assert figures["live_heard"].value > 0
    assert figures["live_heard"].value % 5 == 0
    assert figures["live_counted"].ratio == 1
    assert "live_p95_s" in figures


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_what_the_door_accepts_the_engine_counts(house, record_property):
    figures = by_name(ingest.measure(house, silently, tags=50, gateways=6, seconds=0.5))
    record_property("figure", in_words(figures["ingest_columns"]))
    assert figures["ingest_counted"].ratio == 1
    assert figures["ingest_counted"].value > 0
    assert Position.objects.count() == 50
    assert {"ingest_columns", "ingest_rows", "ingest_drf", "ingest_decode"} <= set(figures)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_reading")
        assert cursor.fetchone()[0] > 0


def test_on_the_campus_each_gateway_is_in_a_room_and_each_tag_is_heard_best_in_its_own(house):
    campus.build(130)
    hospital.equip(house, 1, 260, positions=False)
    assert Gateway.objects.exclude(zone=None).exclude(zone__kind="area").count() == 130
    assert Building.objects.count() == 2
    loudest: dict[str, tuple[float, str]] = {}
    hearers: Counter[str] = Counter()
    for heard in campus.resting(1, 260):
        for tag, dbm in zip(heard.tags, heard.dbm, strict=True):
            hearers[tag] += 1
            loudest[tag] = max(loudest.get(tag, (-200.0, "")), (dbm, heard.gateway))
    assert len(loudest) == 260
    assert set(hearers.values()) == {campus.HEARD_BY}
    assert len({gateway for _, gateway in loudest.values()}) > 100


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_rows_of_a_calm_ward_are_counted_by_the_database(house, record_property):
    figures = by_name(calm.measure(house, silently, tags=40, seconds=4, settled_s=3))
    record_property("figure", in_words(figures["calm_rows"]))
    assert figures["calm_rows"].value >= figures["calm_position_rows"].value
    assert figures["calm_rows"].reference_value > 0


def test_all_sizes_named_for_all_belong_to_a_bench():
    assert set(SOME) <= set(BENCHES)


def test_an_unknown_bench_is_refused_with_the_names_there_are():
    said = subprocess.run(
        [sys.executable, "manage.py", "bench", "speed", "--json"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode != 0
    assert said.stdout == ""
    assert "locate" in said.stderr


def test_the_engine_is_measured_by_its_own_step(monkeypatch):
    monkeypatch.setattr(engine, "FLOORS", 1)
    figures = {f.name: f for f in engine.measure(None, lambda text: None, tags=200, rate=2_000)}
    assert figures["engine"].value > 0
    assert figures["engine"].reference_value > figures["engine"].value
    assert figures["engine_named"].value > 60
    assert figures["engine_held_mb"].value > 1
