"""Stock and dispenses under a race, a kill and a lost database, with real servers and clients."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from hims import database
from hims.access.roles import Role
from hims.bench import hospital, running, scratch, stockroom
from hims.database import cluster
from inventory.models import Lot, Movement, MovementLine, StockLevel, StockPlace
from pharmacy.models import Dispense, MedicationOrder

ROOT = Path(__file__).resolve().parent.parent.parent
DISPENSES, WASTES = "/api/pharmacy/dispenses/", "/api/stock/wastes/"
CLIENTS = 8

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


class Counters:
    """A pharmacy in a scratch database, and clients that knock at its servers."""

    def __init__(self, house):
        self.house = house
        stockroom.stock(house, products=20, first=1, last=120)
        self.who = hospital.somebody(Role.PHARMACIST)
        self.orders = 0

    def lot(self, quantity):
        """A lot of which exactly `quantity` base units lie on one shelf, and that shelf."""
        level = StockLevel.objects.filter(quantity__gt=quantity).select_related("lot", "place")[0]
        self.waste(level.lot, level.place, level.quantity - quantity)
        return level.lot, level.place

    def waste(self, lot, place, quantity):
        with running.web(self.house) as web:
            answers = self.all_at_once([web], WASTES, [wasting(lot, place, quantity)])
        assert answers == {201: 1}

    def requests(self, count, product_number=None):
        """Bodies that dispense one pack of ten each, for orders of their own."""
        first, last = self.orders + 1, self.orders + count
        stockroom.queue(
            self.house,
            first=first,
            last=last,
            products=20 if product_number is None else 1,
            prescriber=self.who.actor,
            verifier=self.who.actor,
        )
        self.orders = last
        return stockroom.requests(first, last)

    def all_at_once(self, webs, path, bodies, clients=None, keys=None):
        """Send the bodies over `clients` connections to these servers; {status: count}."""
        clients = min(clients or len(bodies), len(bodies))
        shares = [list(enumerate(bodies))[n::clients] for n in range(clients)]

        def press(number):
            line = http.client.HTTPConnection("127.0.0.1", webs[number % len(webs)].port)
            statuses = []
            for place, body in shares[number]:
                key = keys[place] if keys else str(uuid4())
                headers = self.who.program | {
                    "Content-Type": "application/json",
                    "Idempotency-Key": key,
                }
                line.request("POST", path, json.dumps(body), headers)
                answer = line.getresponse()
                answer.read()
                statuses.append(answer.status)
            return statuses

        with ThreadPoolExecutor(clients) as pool:
            return Counter(one for told in pool.map(press, range(clients)) for one in told)

    def sound(self):
        said = subprocess.run(
            [sys.executable, "manage.py", "verify"],
            cwd=ROOT,
            env=self.house.environment,
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stdout + said.stderr


def wasting(lot, place, quantity):
    line = {"scan": stockroom.printed_on(lot), "quantity": str(quantity)}
    return {"place": place.code, "lines": [line], "why": "damaged"}


def left(lot, place):
    return StockLevel.objects.get(lot=lot, place=place).quantity


@pytest.fixture
def counters(django_db_blocker):
    with django_db_blocker.unblock(), scratch.house(lambda text: None) as house:
        yield Counters(house)


def test_eight_clients_remove_six_hundred_single_units_from_one_lot(counters, record_property):
    lot, place = counters.lot(10_000)
    with running.web(counters.house) as one, running.web(counters.house) as two:
        answers = counters.all_at_once(
            [one, two], WASTES, [wasting(lot, place, 1)] * 600, clients=CLIENTS
        )
    record_property("figure", f"{answers[201]} accepted, {left(lot, place):,} of 10,000 left")
    assert (answers, left(lot, place)) == ({201: 600}, 9_400)
    counters.sound()


def test_of_eight_who_take_five_from_ten_two_get_them(counters, record_property):
    lot, place = counters.lot(10)
    with running.web(counters.house) as one, running.web(counters.house) as two:
        answers = counters.all_at_once([one, two], WASTES, [wasting(lot, place, 5)] * CLIENTS)
    record_property("figure", f"{answers[201]} accepted, {answers[409]} refused")
    assert (answers, left(lot, place)) == ({201: 2, 409: 6}, 0)
    counters.sound()


def test_the_last_pack_goes_to_one_of_fifty(counters, record_property):
    bodies = counters.requests(50, product_number=1)
    lot = Lot.objects.get(number=bodies[0]["lines"][0]["scan"].rpartition("10")[2])
    place = StockPlace.objects.get(code=bodies[0]["place"])
    counters.waste(lot, place, left(lot, place) - 10)
    with running.web(counters.house) as one, running.web(counters.house) as two:
        answers = counters.all_at_once([one, two], DISPENSES, bodies)
    record_property("figure", f"{answers[201]} dispensed, {answers[409]} refused")
    assert (answers, left(lot, place)) == ({201: 1, 409: 49}, 0)
    assert Dispense.objects.filter(movement__isnull=False).count() == 1
    counters.sound()


def test_a_dispense_pressed_eight_times_happens_once(counters, record_property):
    (body,) = counters.requests(1)
    with running.web(counters.house) as one, running.web(counters.house) as two:
        same_key = counters.all_at_once([one, two], DISPENSES, [body] * 8, keys=["twice"] * 8)
        other_keys = counters.all_at_once([one, two], DISPENSES, [body] * 8)
    made = Movement.objects.filter(kind="dispense", dispense__order__uid=body["order"]).count()
    record_property("figure", f"16 presses, {made} movement, answers {dict(same_key)}")
    assert (same_key[201] + same_key[409], same_key[201] >= 1, made) == (8, True, 1)
    assert other_keys == {409: 8}
    counters.sound()


def test_two_counters_that_take_the_same_lots_in_any_order_both_go_on(counters, record_property):
    place = StockPlace.objects.get(code="SHELF-05")
    lots = [level.lot for level in place.levels.select_related("lot__product")]
    lines = [{"scan": stockroom.printed_on(lot), "quantity": "1"} for lot in lots]
    bodies = [
        {"place": place.code, "why": "damaged", "lines": lines[:: (1, -1)[number % 2]]}
        for number in range(200)
    ]
    with running.web(counters.house) as one, running.web(counters.house) as two:
        answers = counters.all_at_once([one, two], WASTES, bodies, clients=CLIENTS)
    record_property("figure", f"{answers[201]} of 200 movements over {len(lots)} lots")
    assert answers == {201: 200}
    counters.sound()


# --- kills ----------------------------------------------------------------------------------------


def pressed_until_it_is_down(counters, web, bodies):
    """Orders by what became of their request: acknowledged, refused, or never answered."""
    told = {"acknowledged": [], "unanswered": [], "other": []}
    shares = [bodies[n::CLIENTS] for n in range(CLIENTS)]

    def press(share):
        for body in share:
            line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
            headers = counters.who.program | {
                "Content-Type": "application/json",
                "Idempotency-Key": f"kill {body['order']}",
            }
            try:
                line.request("POST", DISPENSES, json.dumps(body), headers)
                status = line.getresponse().status
            except OSError:
                told["unanswered"].append(body["order"])
            except http.client.HTTPException:
                told["unanswered"].append(body["order"])
            else:
                kind = "acknowledged" if status == 201 else "other"
                told[kind].append(body["order"])
            finally:
                line.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        pressing = [pool.submit(press, share) for share in shares]
        yield told
        for one in pressing:
            one.result()


def given():
    """Order -> how many times it was dispensed."""
    orders = MovementLine.objects.filter(virtual=False, movement__dispense__isnull=False)
    return Counter(
        str(uid) for uid in orders.values_list("movement__dispense__order__uid", flat=True)
    )


def check(counters, told, dispensed, record_property, what):
    """All that was acknowledged was given once, the rest once or not at all; verify finds nothing.

    dispensed: what was given before anything was asked again.
    """
    lost = [order for order in told["acknowledged"] if dispensed[order] != 1]
    twice = [order for order, times in dispensed.items() if times > 1]
    unanswered = Counter(dispensed[order] for order in told["unanswered"])
    record_property(
        "figure",
        f"{what}: {len(told['acknowledged'])} acknowledged, all there once; of"
        f" {len(told['unanswered'])} unanswered {unanswered[1]} there, {unanswered[0]} not;"
        f" {len(told['other'])} refused",
    )
    assert not lost
    assert not twice
    assert told["acknowledged"]
    assert told["unanswered"] or told["other"], "the kill must hit something"
    counters.sound()


def test_a_killed_web_worker_loses_no_acknowledged_dispense(counters, record_property):
    bodies = counters.requests(1_000)
    with running.web(counters.house) as web:
        pressing = pressed_until_it_is_down(counters, web, bodies)
        told = next(pressing)
        while len(told["acknowledged"]) < 300:
            time.sleep(0.01)
        os.kill(web.worker, signal.SIGKILL)
        time.sleep(2.0)
        with contextlib.suppress(StopIteration):
            next(pressing)
    dispensed = given()
    with running.web(counters.house) as web:
        again = [body for body in bodies if body["order"] in set(told["unanswered"])]
        answers = Counter()
        for body in again:
            key = f"kill {body['order']}"
            answers += counters.all_at_once([web], DISPENSES, [body], keys=[key])
        assert set(answers) <= {201}, "the same key again is answered as if nothing had happened"
    assert sum(given().values()) == 1_000 - len(told["other"])
    check(counters, told, dispensed, record_property, "worker killed")


def test_a_killed_database_loses_no_acknowledged_dispense(counters, record_property):
    bodies = counters.requests(1_000)
    with running.web(counters.house) as web:
        pressing = pressed_until_it_is_down(counters, web, bodies)
        told = next(pressing)
        while len(told["acknowledged"]) < 300:
            time.sleep(0.01)
        server = cluster.running(settings.HIMS_VAR)
        os.kill(server.pid, signal.SIGKILL)
        time.sleep(1.0)
        database.ensure_running(settings.HIMS_VAR)
        with contextlib.suppress(StopIteration):
            next(pressing)
    connection.close()
    for _ in range(50):
        with contextlib.suppress(OperationalError):
            MedicationOrder.objects.count()
            break
        connection.close()
        time.sleep(0.2)
    check(counters, told, given(), record_property, "database killed")
