"""From a posted reading to the marker that moves on every open page: web server, engine and
PostgreSQL as real processes, readings over HTTP, event streams over HTTP.
"""

import json
import time
from typing import Any

from django.db import transaction

from hims.access.roles import Role
from hims.bench import hospital, running
from hims.bench.figures import Figure, quantile
from hims.bench.scratch import House, Say
from hims.live import announce
from inventory.models import Asset
from tracking.models import EngineStatus, Gateway

HEARD_BY = 4  # gateways that hear a resting tag, each once a second
NEAR_DBM, FAR_DBM = -48, -84
LEVELS_DBM = (-50, -68, -75, -80)
STAY_S = 6.0
"""A moving tag sends once in so long, from the other room each time: after such a pause the engine
takes one reading at its word, so that the post that causes a move is known."""
PROBES = 50
PROBE = "00000000-0000-7000-8000-000000000000"


def measure(
    house: House,
    say: Say,
    *,
    rate: int = 5_000,
    seconds: int = 30,
    streams: int = 200,
    movers: int = 20,
) -> list[Figure]:
    """Seconds from the POST that moves a tag to the event on each of `streams` streams, while
    `rate` readings a second come in."""
    hospital.places()
    last = movers + max(rate // HEARD_BY, 1)
    hospital.equip(house, 1, last, positions=False)
    porter = hospital.somebody(Role.PORTER)
    things = moving(movers)
    question = {
        "key": hospital.gateway_key("bench"),
        "seconds": int(STAY_S) + seconds,
        "stay_s": STAY_S,
        "moving": things,
        "resting": resting(movers + 1, last),
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
    waits = _waits(moves, heard)
    alone = _waits(probed, heard)
    taken_s = int(STAY_S) + seconds
    alone_words = "the event alone, from NOTIFY to the same streams"
    return [
        Figure("live_p50_s", quantile(waits, 0.5), "s", alone_words, quantile(alone, 0.5)),
        Figure("live_p95_s", quantile(waits, 0.95), "s", alone_words, quantile(alone, 0.95)),
        Figure("live_heard", len(waits), "moves", "moves x streams", len(moves) * streams),
        Figure(
            "live_counted", counted, "readings", "readings accepted by the door", sent["accepted"]
        ),
        Figure("live_rate", sent["accepted"] / taken_s, "readings/s", "asked for", float(rate)),
    ]


def moving(count: int) -> list[dict[str, Any]]:
    """Tags that go to and fro between two rooms of one floor, each with a gateway in it."""
    rooms: dict[int, list[Gateway]] = {}
    for gateway in Gateway.objects.exclude(zone=None).select_related("zone").order_by("pk"):
        floor = rooms.setdefault(gateway.floor_id, [])
        if gateway.zone.kind not in ("area", "corridor") and gateway.zone_id not in {
            one.zone_id for one in floor
        }:
            floor.append(gateway)
    pairs = [
        (floor[n], floor[n + len(floor) // 2])
        for floor in rooms.values()
        for n in range(len(floor) // 2)
    ]
    assets = Asset.objects.in_bulk([_number(n) for n in range(1, count + 1)], field_name="number")
    found = []
    for number in range(1, count + 1):
        here, there = pairs[number % len(pairs)]
        places = [
            [str(near.zone.uid), [[near.address, NEAR_DBM], [far.address, FAR_DBM]]]
            for near, far in ((here, there), (there, here))
        ]
        tag = hospital.TAG.format(number)
        found.append({"tag": tag, "id": str(assets[_number(number)].uid), "places": places})
    return found


def resting(first: int, last: int) -> list[dict[str, Any]]:
    """What each gateway hears of the tags that lie still: one near, the next three fainter."""
    gateways = list(Gateway.objects.order_by("floor_id", "pk").values_list("address", flat=True))
    posts: list[dict[str, Any]] = [{"address": one, "tags": [], "dbm": []} for one in gateways]
    for number in range(first, last + 1):
        for place in range(HEARD_BY):
            post = posts[(number + place) % len(posts)]
            post["tags"].append(hospital.TAG.format(number))
            post["dbm"].append(LEVELS_DBM[place])
    return [post for post in posts if post["tags"]]


def _number(number: int) -> str:
    return f"A-{number:06d}"


def _probe() -> list[tuple[str, str, float]]:
    """Events said straight to the database, one after the other: what the streams alone take."""
    said = []
    for number in range(PROBES):
        row = {"bearer": "asset", "id": PROBE, "zone": f"probe-{number}", "floor": None}
        said.append((PROBE, row["zone"], time.monotonic()))
        with transaction.atomic():
            announce("position", [row])
        time.sleep(0.05)
    return said


def _waits(moves: list, heard: list) -> list[float]:
    """Seconds from each move to its arrival, for each stream on which it arrived at all."""
    arrivals: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for stream, thing, zone, at in heard:
        arrivals.setdefault((thing, zone), []).append((stream, at))
    ends: dict[str, list[float]] = {}
    for thing, _, at in moves:
        ends.setdefault(thing, []).append(at)
    waits = []
    for thing, zone, at in moves:
        until = min((end for end in ends[thing] if end > at), default=float("inf"))
        first: dict[int, float] = {}
        for stream, arrived in arrivals.get((thing, zone), []):
            if at <= arrived < until:
                first.setdefault(stream, arrived - at)
        waits += first.values()
    return waits
