"""What a request costs the web process, and what open event streams hold of it.

CPU is the processor time, user and system, of the web server's worker over many requests that
another process sends one after the other; PostgreSQL's own time is not in it.
"""

import json
import time
from datetime import datetime

from django.utils import timezone

from hims.access.roles import Role
from hims.bench import hospital, running
from hims.bench.figures import Figure, middle
from hims.bench.scratch import House, Say
from hims.bench.spike.ten import TABLES, THINGS, ten_statements

SPIKE = "hims.bench.spike.settings"
WARM = 40
UNDER_DJANGO = "the same under Django's own ASGI handler"
BARE_WSGI = "the same request as bare WSGI in one process"


def measure(
    house: House, say: Say, *, requests: int = 200, rounds: int = 3, streams: int = 200
) -> list[Figure]:
    """CPU milliseconds of a ping, the locator and a ten-statement action; streams' holdings."""
    hospital.places()
    hospital.equip(house, 1, 600)
    house.as_owner(TABLES)
    porter = hospital.somebody(Role.PORTER)
    ten = json.dumps({"thing": 7, "quantity": 2})
    asked = {
        "ping": {"path": "/bench/ping/", "headers": porter.program},
        "locator": {"path": "/locate/?q=pump", "headers": porter.browser},
        "ten": {
            "path": "/bench/ten/",
            "headers": porter.program | {"Content-Type": "application/json"},
            "body": ten,
        },
    }
    with running.web(house, settings_module=SPIKE) as web:
        ours = {}
        for name, question in asked.items():
            say(f"{name}: {rounds} x {requests} requests")
            ours[name] = _cpu_ms(house, web, question, requests, rounds)
        say(f"{streams} event streams")
        held = _held(house, web, porter, streams)
    say("the same under Django's ASGI handler")
    under = "hims.bench.spike.under_django:application"
    with running.web(house, under, settings_module=SPIKE, probe="/bench/ping/") as web:
        django = {
            name: _cpu_ms(house, web, asked[name], requests, rounds) for name in ("ping", "ten")
        }
    say("the same as bare WSGI")
    bare = {name: _inside_ms(house, question, requests) for name, question in asked.items()}
    say("the ten statements alone")
    raw = _raw_ms(house, requests * rounds)
    ms = "ms CPU"
    return [
        Figure("shape_ping_cpu_ms", ours["ping"], ms, UNDER_DJANGO, django["ping"]),
        Figure("shape_ping_bridge_cpu_ms", ours["ping"], ms, BARE_WSGI, bare["ping"]),
        Figure("shape_locator_cpu_ms", ours["locator"], ms, BARE_WSGI, bare["locator"]),
        Figure("shape_ten_cpu_ms", ours["ten"], ms, "its ten statements in bare psycopg", raw),
        Figure("shape_ten_bridge_cpu_ms", ours["ten"], ms, BARE_WSGI, bare["ten"]),
        Figure("shape_ten_django_cpu_ms", ours["ten"], ms, UNDER_DJANGO, django["ten"]),
        Figure("shape_streams_threads", held[1][0], "threads", "with no stream", held[0][0]),
        Figure("shape_streams_connections", held[1][1], "", "with no stream", held[0][1]),
    ]


def _cpu_ms(house: House, web: running.Web, question: dict, requests: int, rounds: int) -> float:
    """Median over the rounds of the worker's CPU milliseconds a request."""
    running.asked(house, web, times=min(WARM, requests), **question)
    found = []
    for _ in range(rounds):
        before = running.cpu_s(web.worker)
        running.asked(house, web, times=requests, **question)
        found.append((running.cpu_s(web.worker) - before) / requests * 1000)
    return middle(found)


def _inside_ms(house: House, question: dict, requests: int) -> float:
    question = {"body": ""} | question | {"times": requests, "warm": min(WARM, requests)}
    inside = House(house.name, house.environment | {"DJANGO_SETTINGS_MODULE": SPIKE}, house.folder)
    with running.beside(inside, "hims.bench.spike.inside") as process:
        said, _ = process.communicate(json.dumps(question))
    answer = json.loads(said)
    if any(not 200 <= status < 300 for status in answer["statuses"]):
        raise ValueError(f"{question['path']} answered {answer['statuses']}")
    return answer["ms"]


def _raw_ms(house: House, times: int) -> float:
    now: datetime = timezone.now()
    with house.connect() as bare:
        begun = time.process_time()
        for number in range(times):
            with bare.transaction(), bare.cursor() as cursor:
                ten_statements(cursor, thing=1 + number % THINGS, quantity=2, now=now)
        return (time.process_time() - begun) / times * 1000


def _held(
    house: House, web: running.Web, porter: hospital.Caller, streams: int
) -> list[tuple[int, int]]:
    """(threads of the worker, connections) with no stream and with `streams` open ones."""
    question = {"port": web.port, "streams": streams, "headers": porter.browser}
    found = []
    # The first time only brings every page thread to work, so that each has its connection.
    for _ in range(2):
        without = running.threads(web.worker), running.connections(house)
        with running.listening(house, question):
            found = [without, (running.threads(web.worker), running.connections(house))]
    return found
