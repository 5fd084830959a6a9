"""From a posted reading to the marker that moves on every open page: web server, engine and
PostgreSQL as real processes, readings over HTTP, event streams over HTTP.
"""

import json
import os
import time

from django.core.management.base import CommandError
from django.db import transaction

from hims.access.roles import Role
from hims.bench import campus, hospital, running
from hims.bench.figures import Figure, quantile
from hims.bench.scratch import House, Say
from hims.live import announce
from tracking.models import EngineStatus

STAY_S, EACH_S = 12.0, 3.0
"""A moving tag is in the other room after STAY_S and sends every EACH_S: the engine may want more
than one word for a move, and the post that it believed is the last one before the event."""
PROBES = 50
PROBE = "00000000-0000-7000-8000-000000000000"


def measure(
    house: House,
    say: Say,
    *,
    rate: int = 50_000,
    seconds: int = 60,
    streams: int = 200,
    movers: int = 20,
    gateways: int = 500,
) -> list[Figure]:
    """Seconds from the POST that moves a tag to the event on each of `streams` streams, while
    `rate` readings a second come in, each resting tag heard once a second by HEARD_BY gateways."""
    load = os.getloadavg()[0]
    campus.build(gateways)
    last = movers + max(rate // campus.HEARD_BY, 1)
    hospital.equip(house, 1, last, positions=False)
    porter = hospital.somebody(Role.PORTER)
    things = campus.moving(movers)
    question = {
        "key": hospital.gateway_key("bench"),
        "seconds": int(STAY_S) + seconds,
        "stay_s": STAY_S,
        "each_s": EACH_S,
        "moving": things,
        "resting": [
            {"address": one.gateway, "tags": one.tags, "dbm": one.dbm}
            for one in campus.resting(movers + 1, last)
        ],
    }
    with running.web(house) as web, running.engine(house, web):
        watch = [thing["id"] for thing in things] + [PROBE]
        asked = {
            "port": web.port, "streams": streams, "headers": porter.browser, "watch": watch,
        }  # fmt: skip
        with running.listening(house, asked) as listener:
            say(f"{rate} readings a second for {int(STAY_S) + seconds} s, {streams} streams")
            with running.beside(house, "hims.bench.sender") as sender:
                said, _ = sender.communicate(json.dumps(question | {"port": web.port}))
            sent = json.loads(said)
            time.sleep(2.0)  # what is under way arrives
            say("events alone")
            probed = _probe()
            time.sleep(1.0)
            heard = running.reported(listener)
        counted = EngineStatus.objects.get().accepted
    moves = sent["moves"]
    waits, decided = _waits(moves, heard)
    if not waits:
        raise CommandError("No move was heard: the engine is too slow for this rate here.")
    alone, _ = _waits(probed, heard)
    taken_s = int(STAY_S) + seconds
    alone_words = "the event alone, from NOTIFY to the same streams"
    return [
        Figure("live_p50_s", quantile(waits, 0.5), "s", alone_words, quantile(alone, 0.5)),
        Figure("live_p95_s", quantile(waits, 0.95), "s", alone_words, quantile(alone, 0.95)),
        Figure("live_decided_p50_s", quantile(decided, 0.5), "s",
               "from the post that was believed", quantile(waits, 0.5)),
        Figure("live_heard", len(waits), "moves", "moves x streams", len(moves) * streams),
        Figure("live_counted", counted, "readings", "readings accepted by the door",
               sent["accepted"]),
        Figure("live_rate", sent["accepted"] / taken_s, "readings/s", "asked for", float(rate)),
        Figure("live_behind_s", sent["behind_s"], "s", "between two posts of a gateway", 1.0),
        Figure("live_load", load, "load average", "cores", os.cpu_count() or 1),
    ]  # fmt: skip


def _probe() -> list[tuple[str, str, list[float]]]:
    """Events said straight to the database, one after the other: what the streams alone take."""
    said = []
    for number in range(PROBES):
        row = {"bearer": "asset", "id": PROBE, "zone": f"probe-{number}", "floor": None}
        said.append((PROBE, row["zone"], [time.monotonic()]))
        with transaction.atomic():
            announce("position", [row])
        time.sleep(0.05)
    return said


def _waits(moves: list, heard: list) -> tuple[list[float], list[float]]:
    """For each stream on which a move arrived before the next one: the seconds from the last post
    before it, and from the first post in the new place."""
    arrivals: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for stream, thing, zone, at in heard:
        arrivals.setdefault((thing, zone), []).append((stream, at))
    begins: dict[str, list[float]] = {}
    for thing, _, posts in moves:
        begins.setdefault(thing, []).append(posts[0])
    waits: list[float] = []
    decided: list[float] = []
    for thing, zone, posts in moves:
        until = min((begin for begin in begins[thing] if begin > posts[0]), default=float("inf"))
        first: dict[int, float] = {}
        for stream, arrived in arrivals.get((thing, zone), []):
            if posts[0] <= arrived < until:
                first.setdefault(stream, arrived)
        decided += [arrived - posts[0] for arrived in first.values()]
        waits += [arrived - max(at for at in posts if at <= arrived) for arrived in first.values()]
    return waits, decided
