"""Readings a second through the real door into the real engine and the database, beside what
decoding them alone takes and what a door of DRF serializers takes.

Every tag is worn by an asset; every gateway of the campus posts in turn. Sender, web server,
engine and PostgreSQL share the machine's cores. The figures count after the first seconds, in
which all tags are placed for the first time.
"""

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import msgspec

from hims.bench import campus, flood, hospital, running
from hims.bench.figures import Figure, middle
from hims.bench.scratch import House, Say
from hims.bench.spike.rows import TABLE
from tracking.feeds.door import place
from tracking.feeds.registry import Known, read
from tracking.models import EngineStatus, Position
from tracking.wire import minew
from tracking.wire.readings import decode

IN_POST = 1_000
CONNECTIONS = 6
WARM_S, MOST_WARM_S = 5.0, 120.0
SETTLE_S, PATIENCE_S = 1.5, 60.0
PER_S = "readings/s"
NUMBERED = "the same bodies decoded and numbered alone, one process"
BARE = "msgspec alone on the same bodies, one process"


class _Row(msgspec.Struct, gc=False):
    tag: str
    gateway: str
    rssi: int
    at: float


class _Rows(msgspec.Struct, gc=False):
    readings: list[_Row]


class _Columns(msgspec.Struct, gc=False):
    gateway: str
    tag: list[str]
    rssi: list[int]
    at: list[float]


def measure(
    house: House,
    say: Say,
    *,
    tags: int = 50_000,
    gateways: int = 2_000,
    seconds: float = 60.0,
) -> list[Figure]:
    """Readings a second as columns, as rows and by a DRF door; what the engine has counted; and
    the memory of engine and web worker meanwhile."""
    load = os.getloadavg()[0]
    say(f"{gateways} gateways, {tags} tags")
    campus.build(gateways)
    hospital.equip(house, 1, tags, positions=False)
    house.as_owner(TABLE)
    key = hospital.gateway_key("bench")
    heard = [asdict(one) for one in _batches(tags)]
    file = house.folder / "heard.msgpack"
    file.write_bytes(msgspec.msgpack.encode([list(one.values()) for one in heard]))
    asked = {
        "path": "/api/readings/", "headers": {"authorization": f"Token {key}"},
        "heard": str(file), "rows": False, "connections": CONNECTIONS, "rate": 0,
    }  # fmt: skip
    with running.web(house, settings_module="hims.bench.spike.settings") as web:
        with running.engine(house, web) as engine:
            empty = [running.resident_mb(pid) for pid in (engine, web.worker)]
            say("placing every tag")
            first = _all_placed(house, web, asked, tags)
            with running.watching(engine=engine, web=web.worker) as seen:
                say(f"columns for {seconds:g} s")
                spent = [_cpu_s(engine, web)]
                by_columns = _flooded(house, web, asked | {"seconds": seconds})
                _counted()
                spent.append(_cpu_s(engine, web))
                say(f"rows for {seconds:g} s")
                by_rows = _flooded(house, web, asked | {"seconds": seconds, "rows": True})
                counted = _counted()
                spent.append(_cpu_s(engine, web))
        say("the same rows by DRF serializers and bulk_create")
        by_drf = _flooded(
            house,
            web,
            asked | {"seconds": seconds / 4, "rows": True, "path": "/bench/readings/"},
        )
    say("decoding alone")
    alone = _alone(heard, seconds / 10)
    accepted = first + int(by_columns["accepted"] + by_rows["accepted"])
    columns, rows, drf = _rate(by_columns), _rate(by_rows), _rate(by_drf)
    return [
        Figure("ingest_columns", columns, PER_S, NUMBERED, alone["columns numbered"]),
        Figure("ingest_rows", rows, PER_S, NUMBERED, alone["rows numbered"]),
        _cpu_us("ingest_columns_cpu_us", by_columns, spent[:2], alone["columns numbered"]),
        _cpu_us("ingest_rows_cpu_us", by_rows, spent[1:], alone["rows numbered"]),
        Figure("ingest_drf", drf, PER_S, "ingest_rows", rows),
        Figure("ingest_over_drf", columns, PER_S, "DRF serializers and bulk_create", drf),
        Figure("ingest_decode", alone["rows decoded"], PER_S, BARE, alone["rows bare"]),
        Figure("ingest_decode_columns", alone["columns decoded"], PER_S, BARE,
               alone["columns bare"]),
        Figure("ingest_counted", counted, "readings", "readings accepted by the door", accepted),
        *_memory(seen, empty),
        Figure("ingest_load", load, "load average", "cores", os.cpu_count() or 1),
    ]  # fmt: skip


def _batches(tags: int) -> list[campus.Heard]:
    """One batch of each gateway."""
    chance = random.Random(1)  # noqa: S311 -- noise of a radio
    return [
        campus.Heard(heard.gateway, *campus.noisy(heard, IN_POST, chance))
        for heard in campus.resting(1, tags)
    ]


def _flooded(house: House, web: running.Web, question: dict) -> dict[str, float]:
    with running.beside(house, "hims.bench.flood") as process:
        said, _ = process.communicate(json.dumps(question | {"port": web.port}))
    return json.loads(said)


def _all_placed(house: House, web: running.Web, question: dict, tags: int) -> int:
    """Flood until every tag has a position, or for MOST_WARM_S; returns the readings accepted."""
    accepted, end = 0, time.monotonic() + MOST_WARM_S
    while Position.objects.count() < tags and time.monotonic() < end:
        accepted += int(_flooded(house, web, question | {"seconds": WARM_S})["accepted"])
        _counted()
    return accepted


def _counted() -> int:
    """What the engine has counted when its count has stood still for SETTLE_S."""
    end, before = time.monotonic() + PATIENCE_S, -1
    while time.monotonic() < end:
        status = EngineStatus.objects.get()
        if (count := status.accepted + status.repeated) == before:
            break
        before = count
        time.sleep(SETTLE_S)
    return before


def early_and_late(samples: Sequence[float]) -> tuple[float, float]:
    """The medians of the first and the last quarter: a step takes up memory for a moment."""
    quarter = max(len(samples) // 4, 1)
    return middle(samples[:quarter]), middle(samples[-quarter:])


def _memory(seen: running.Seen, empty: list[float]) -> list[Figure]:
    """The most that engine and worker held, and what they held in the end beside early on: memory
    that leaks under load grows with it."""
    figures = []
    for (name, samples), before in zip(seen.resident_mb.items(), empty, strict=True):
        early, late = early_and_late(samples)
        figures += [
            Figure(f"ingest_{name}_mb", max(samples), "MB", "before the first reading", before),
            Figure(f"ingest_{name}_growth", late, "MB", "in the first quarter of the time", early),
        ]
    return figures


def _cpu_s(engine: int, web: running.Web) -> float:
    return running.cpu_s(engine) + running.cpu_s(web.worker)


def _cpu_us(name: str, flooded: dict, spent: list[float], numbered_per_s: float) -> Figure:
    """Processor time a reading of sender, web worker and engine together: what is left of the
    figure when others work on the same machine. PostgreSQL is not in it."""
    took = spent[1] - spent[0] + flooded["cpu_s"]
    us = 1e6 * took / max(flooded["accepted"], 1)
    return Figure(name, us, "us a reading", NUMBERED, 1e6 / numbered_per_s)


def _alone(heard: Sequence[dict], seconds: float) -> dict[str, float]:
    """Readings a second of one process that only decodes, and that also looks up the numbers."""
    known = read(Known(), everything=True)
    caller = next(one for one in known.callers.values() if one.may_post)
    bare = {"columns": _Columns, "rows": _Rows}

    def numbered(body: bytes) -> None:
        place(minew.Post(decode(body, packed=False)), caller, known)

    found = {}
    for shape, encode in (("columns", flood.columns), ("rows", flood.rows)):
        now = f"{time.time():.6f}"
        texts = (encode(*one.values()) for one in heard)
        bodies = [text.replace(flood.TIME, now).encode() for text in texts]
        alone = msgspec.json.Decoder(bare[shape]).decode
        found[f"{shape} bare"] = _per_s(alone, bodies, seconds)
        found[f"{shape} decoded"] = _per_s(lambda b: decode(b, packed=False), bodies, seconds)
        found[f"{shape} numbered"] = _per_s(numbered, bodies, seconds)
    return found


def _rate(flooded: dict[str, float]) -> float:
    return flooded["accepted"] / flooded["seconds"]


def _per_s(function: Callable[[bytes], object], bodies: list[bytes], seconds: float) -> float:
    """Readings a second that the function takes of these bodies."""
    done, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < seconds:
        for body in bodies:
            function(body)
        done += len(bodies) * IN_POST
    return done / spent
