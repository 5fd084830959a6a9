"""Readings a second through the real door into the real engine, beside decoding them alone."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import msgspec

from hims.bench import hospital, live, running
from hims.bench.figures import Figure
from hims.bench.scratch import House, Say
from hims.bench.sender import NOISE_DB
from tracking.models import EngineStatus
from tracking.wire.readings import decode

IN_POST = 1_000
CONNECTIONS = 4
SETTLE_S, PATIENCE_S = 2.0, 30.0
PER_S = "readings/s"


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
    at: float


def measure(house: House, say: Say, *, tags: int = 5_000, seconds: float = 10.0) -> list[Figure]:
    """Readings a second as columns, as rows and by a DRF door; what the engine has counted."""
    hospital.places()
    hospital.equip(house, 1, tags, positions=False)
    key = hospital.gateway_key("bench")
    headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
    columns, rows = _bodies(tags)
    with running.web(house, settings_module="hims.bench.spike.settings") as web:
        with running.engine(house, web):
            flood = {"headers": headers, "connections": CONNECTIONS, "seconds": seconds}
            say(f"columns for {seconds:g} s")
            by_columns = _flooded(house, web, flood | {"bodies": columns})
            say(f"rows for {seconds:g} s")
            by_rows = _flooded(house, web, flood | {"bodies": rows})
            counted = _counted()
        say("the same rows by DRF serializers")
        by_drf = _flooded(house, web, flood | {"bodies": rows, "path": "/bench/readings/"})
    say("decoding alone")
    ours = _per_s(lambda body: decode(body, packed=False), rows, seconds / 4)
    bare_rows = _per_s(msgspec.json.Decoder(_Rows).decode, rows, seconds / 4)
    bare_columns = _per_s(msgspec.json.Decoder(_Columns).decode, columns, seconds / 4)
    alone = "msgspec alone on the same bodies, one process"
    accepted = by_columns["accepted"] + by_rows["accepted"]
    return [
        Figure("ingest_columns", _rate(by_columns), PER_S, alone, bare_columns),
        Figure("ingest_rows", _rate(by_rows), PER_S, alone, bare_rows),
        Figure("ingest_drf", _rate(by_drf), PER_S, "ingest_rows", _rate(by_rows)),
        Figure("ingest_decode", ours, PER_S, alone, bare_rows),
        Figure(
            "ingest_counted",
            counted,
            "readings",
            "readings accepted by the door",
            accepted,
        ),
    ]


def _bodies(tags: int) -> tuple[list[str], list[str]]:
    """The same readings as columns and as rows, of tags that lie still; @ stands for the time."""
    chance = random.Random(1)  # noqa: S311 -- noise of a radio
    columns, rows = [], []
    for post in live.resting(1, tags):
        picked = [chance.randrange(len(post["tags"])) for _ in range(IN_POST)]
        tag = [post["tags"][place] for place in picked]
        rssi = [round(chance.gauss(post["dbm"][place], NOISE_DB)) for place in picked]
        gateway = post["address"]
        values: dict[str, Any] = {"gateway": gateway, "tag": tag, "rssi": rssi}
        columns.append(json.dumps(values)[:-1] + ', "at": @}')
        each = ",".join(
            f'{{"tag": "{one}", "gateway": "{gateway}", "rssi": {dbm}, "at": @}}'
            for one, dbm in zip(tag, rssi, strict=True)
        )
        rows.append(f'{{"readings": [{each}]}}')
    return columns, rows


def _flooded(house: House, web: running.Web, question: dict[str, Any]) -> dict[str, float]:
    with running.beside(house, "hims.bench.flood") as process:
        asked = {"path": "/api/readings/"} | question | {"port": web.port}
        said, _ = process.communicate(json.dumps(asked))
    return json.loads(said)


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


def _rate(flooded: dict[str, float]) -> float:
    return flooded["accepted"] / flooded["seconds"]


def _per_s(function: Callable[[bytes], Any], bodies: list[str], seconds: float) -> float:
    """Readings a second that the function takes of these bodies."""
    prepared = [body.replace("@", f"{time.time():.6f}").encode() for body in bodies]
    done, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < seconds:
        for body in prepared:
            function(body)
        done += len(prepared) * IN_POST
    return done / spent
