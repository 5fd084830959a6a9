"""A whole dispense through the API, with scan, checks, ledger and audit: its cost to the web
server beside its own statements sent by bare psycopg.
"""

import json
import time
from typing import Any

import psycopg
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from hims.access.roles import Role
from hims.bench import hospital, running, stockroom
from hims.bench.figures import Figure, quantile
from hims.bench.scratch import House, Say

PATH = "/api/pharmacy/dispenses/"
BARE = "its statements by bare psycopg, processor time of the client"
WARM_UP = 30
SPREAD = 1_000


def measure(
    house: House, say: Say, *, dispenses: int = 400, replayed: int = 150, clients: int = 8
) -> list[Figure]:
    """Milliseconds of the web worker's processor time a dispense: with one client, with eight on
    one hot lot, with eight spread over a thousand lots; and the statements it takes."""
    say(f"{SPREAD} lots, and orders for {3 * dispenses + replayed + WARM_UP} patients")
    stockroom.stock(house, products=SPREAD, first=1, last=SPREAD)
    pharmacist = hospital.somebody(Role.PHARMACIST)
    bodies = _orders(house, pharmacist, dispenses, replayed)
    with house.copy() as same:
        say("the same statements by bare psycopg")
        sent = _statements(pharmacist, bodies["replayed"])
        bare_ms = _replayed_ms(same, sent)
    figures = [
        Figure(
            "dispense_statements",
            max(len(statements) for statements in sent),
            "statements",
            "allowed",
            10,
        )
    ]
    with running.web(house) as web:
        _pressed(house, web, pharmacist, bodies["warm up"], 1)
        for name, connections in (("1", 1), ("8_hot", clients), ("8_spread", clients)):
            say(f"{dispenses} dispenses, {name.replace('_', ' ')}")
            before = running.cpu_s(web.worker)
            told = _pressed(house, web, pharmacist, bodies[name], connections)
            spent_ms = (running.cpu_s(web.worker) - before) * 1000 / dispenses
            figures.append(Figure(f"dispense_cpu_ms_{name}", spent_ms, "ms", BARE, bare_ms))
            p95 = quantile(told["seconds"], 0.95) * 1000
            half = quantile(told["seconds"], 0.5) * 1000
            figures.append(Figure(f"dispense_p95_ms_{name}", p95, "ms", "its median", half))
    return figures


def _orders(
    house: House, pharmacist: hospital.Caller, dispenses: int, replayed: int
) -> dict[str, list[str]]:
    """The bodies of each part, each for an order of its own."""
    parts = {
        "warm up": (WARM_UP, SPREAD),
        "replayed": (replayed, SPREAD),
        "1": (dispenses, SPREAD),
        "8_hot": (dispenses, 1),
        "8_spread": (dispenses, SPREAD),
    }
    bodies, first = {}, 1
    for part, (count, products) in parts.items():
        last = first + count - 1
        stockroom.queue(
            house,
            first=first,
            last=last,
            products=products,
            prescriber=pharmacist.actor,
            verifier=pharmacist.actor,
        )
        bodies[part] = [json.dumps(one) for one in stockroom.requests(first, last)]
        first = last + 1
    return bodies


def _statements(who: hospital.Caller, bodies: list[str]) -> list[list[tuple[str, Any]]]:
    """Dispense each body in this process, and keep the statements of each with what they asked."""
    kept: list[list[tuple[str, Any]]] = []

    def keep(execute, statement, parameters, many, context):
        kept[-1].append((statement, parameters))
        return execute(statement, parameters, many, context)

    program = Client(headers=who.program)
    for number, body in enumerate(bodies):
        kept.append([])
        with connection.execute_wrapper(keep):
            answer = program.post(
                PATH,
                body,
                content_type="application/json",
                headers={"Idempotency-Key": f"bench {number}"},
            )
        if answer.status_code != 201:
            raise CommandError(f"A dispense was refused: {answer.content.decode()[:400]}")
    return kept


def _replayed_ms(same: House, sent: list[list[tuple[str, Any]]]) -> float:
    """Milliseconds of this process's processor time a dispense, its statements sent one after the
    other to a database that stands as the first one stood."""
    with same.connect(cursor_factory=psycopg.ClientCursor, autocommit=True) as plain:
        begun = time.process_time()
        for statements in sent:
            with plain.transaction():
                for statement, parameters in statements:
                    cursor = plain.execute(statement, parameters)
                    if cursor.description:
                        cursor.fetchall()
        return (time.process_time() - begun) * 1000 / len(sent)


def _pressed(
    house: House, web: running.Web, who: hospital.Caller, bodies: list[str], connections: int
) -> dict[str, Any]:
    question = {
        "port": web.port,
        "path": PATH,
        "headers": who.program,
        "bodies": bodies,
        "connections": connections,
    }
    with running.beside(house, "hims.bench.pressing") as clients:
        said, _ = clients.communicate(json.dumps(question))
    told = json.loads(said or "{}")
    if told.get("statuses") != {"201": len(bodies)}:
        raise CommandError(f"Dispenses were answered {told.get('statuses')}: {told.get('refused')}")
    return told
