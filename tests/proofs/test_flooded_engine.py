"""The engine under a flood over HTTP, with real processes: killed and restarted, and watched for
minutes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from hims.bench import campus, hospital, ingest, running, scratch
from tests.programs import until
from tracking.feeds.link import UNDER_WAY_S
from tracking.models import EngineStatus, OpenStay, Position, Stay

ROOT = Path(__file__).resolve().parent.parent.parent
TAGS, GATEWAYS = 1_000, 100
BEFORE_S, FLOOD_S, LAG_S = 8.0, 24.0, 3.0
LOST_S = 3.0
"""So many seconds of readings may a killed engine lose."""

pytestmark = pytest.mark.proof


@pytest.fixture
def house(django_db_blocker):
    """A scratch database with a building full of tags, used by Django while the test runs."""
    with django_db_blocker.unblock(), scratch.house(lambda text: None) as made:
        campus.build(GATEWAYS)
        hospital.equip(made, 1, TAGS, positions=False)
        yield made


@pytest.fixture
def question(house):
    heard = [
        [one.gateway, one.tags * 5, [round(dbm) for dbm in one.dbm * 5]]
        for one in campus.resting(1, TAGS)
    ]
    file = house.folder / "heard.msgpack"
    file.write_bytes(msgspec.msgpack.encode(heard))
    key = hospital.gateway_key("flood")
    return {
        "path": "/api/readings/", "headers": {"authorization": f"Token {key}"},
        "heard": str(file), "rows": False, "connections": 4, "rate": 0,
    }  # fmt: skip


def zones() -> dict[int, int | None]:
    """The zone of each asset's position."""
    return dict(Position.objects.values_list("asset_id", "zone_id"))


def status() -> EngineStatus:
    return EngineStatus.objects.get()


@pytest.mark.timeout(300)
def test_an_engine_killed_under_a_flood_loses_three_seconds_at_most(
    house, question, record_property
):
    with running.web(house) as web, running.beside(house, "hims.bench.flood") as flood:
        with running.engine(house, web) as first:
            flood.stdin.write(json.dumps(question | {"port": web.port, "seconds": FLOOD_S}))
            flood.stdin.close()
            flood.stdin = None
            until(lambda: Position.objects.count() == TAGS, 60)
            time.sleep(BEFORE_S)
            os.kill(first, signal.SIGKILL)
            killed = time.monotonic()
            before, placed = status(), zones()
            stays = set(OpenStay.objects.values_list("pk", flat=True))
        with running.engine(house, web):
            until(lambda: status().started_at > before.started_at)
            away_s = time.monotonic() - killed
            time.sleep(LAG_S)
            back = zones()
            sent = json.loads(flood.communicate()[0])
            counted = ingest._counted()
            after = status()
        said = subprocess.run(
            [sys.executable, "manage.py", "verify"],
            cwd=ROOT,
            env=house.environment,
            capture_output=True,
            text=True,
        )
    a_second = sent["accepted"] / (sent["seconds"] - away_s)
    lost = sent["accepted"] - before.accepted - before.repeated - counted
    record_property(
        "figure",
        f"{max(lost, 0):,} of {int(sent['accepted']):,} readings lost, {lost / a_second:.2f} s of"
        f" them; {sent['busy']:,} batches told to wait",
    )
    assert lost <= LOST_S * a_second
    assert after.gaps == before.gaps + 1
    assert back.keys() == placed.keys()
    assert sum(back[one] == placed[one] for one in back) >= 0.95 * TAGS
    kept = set(OpenStay.objects.values_list("pk", flat=True))
    assert stays <= kept | set(Stay.objects.values_list("pk", flat=True))
    assert said.returncode == 0, said.stdout + said.stderr
    assert UNDER_WAY_S < LOST_S


@pytest.mark.timeout(1_200)
def test_memory_of_engine_and_door_is_flat_under_a_flood(house, question, record_property):
    seconds = float(os.environ.get("HIMS_FLOOD_SECONDS", "60"))
    with running.web(house) as web, running.engine(house, web) as engine:
        ingest._flooded(house, web, question | {"seconds": 15.0})
        with running.watching(engine=engine, web=web.worker) as seen:
            sent = ingest._flooded(house, web, question | {"seconds": seconds})
        assert ingest._counted() >= sent["accepted"]
    words = []
    for name, most in (("engine", 600), ("web", 250)):
        samples = seen.resident_mb[name]
        early, late = ingest.early_and_late(samples)
        words.append(f"{name} {early:.0f} to {late:.0f} MB, {max(samples):.0f} at most")
        assert max(samples) <= most
        # Besides what a step takes up for a moment, only the marks of repeats are still filling.
        assert late <= early * 1.1 + 20
    record_property("figure", f"{', '.join(words)} in {seconds:.0f} s of flood")
