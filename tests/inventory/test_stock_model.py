"""All that can happen to stock, in any order, against a plain model of shelves.

After every step the ledger's triggers run as they would at commit, and the levels are the model's.
At the end `verify` recounts the whole ledger.
"""

from collections import defaultdict
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from hims import gate, verifying
from hims.errors import Refused
from inventory.actions.ledger import Entry, post
from inventory.actions.stock import counting, moving, reversing, wasting
from inventory.domain.counting import COUNTS
from inventory.models import Lot, Movement, StockLevel, StockPlace
from tests import given_stock
from tests.given_stock import FAR, SOON, scanned

LOTS = {"L1": SOON, "L2": FAR, "OLD": date(2020, 1, 31)}
SHELVES = ("PH-A", "PH-B", "W1S")
WAITING = "Q-PH"

lots = st.sampled_from(sorted(LOTS))
shelves = st.sampled_from(SHELVES)
places = st.sampled_from((*SHELVES, WAITING))
amounts = st.integers(1, 12)


class Stock(RuleBasedStateMachine):
    """The stock of one product, done through the actions and kept in a dictionary beside them."""

    stock: given_stock.Stock

    def __init__(self):
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.moves: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
        self.known: set[str] = set()
        self.set_aside: set[str] = set()
        self.with_patients: dict[str, int] = defaultdict(int)
        self.movements: list[dict] = []

    def teardown(self):
        try:
            bad = {found.name: found.first_bad for found in verifying.verify() if found.first_bad}
        finally:
            transaction.set_rollback(True)
            self.around.__exit__(None, None, None)
        assert not bad

    # --- the model ------------------------------------------------------------------------------

    def level(self, lot, place) -> int:
        return sum(quantity for _kind, quantity in self.moves[lot, place])

    def usable(self, lot) -> bool:
        return lot != "OLD" and lot not in self.set_aside

    def moved(self, kind, *changes, uid=None, final=False) -> None:
        """Each change is (lot, place, quantity) at a real place."""
        for lot, place, quantity in changes:
            self.moves[lot, place].append((kind, quantity))
        self.movements.append({"uid": uid, "kind": kind, "changes": changes, "final": final})

    # --- the doing ------------------------------------------------------------------------------

    @contextmanager
    def expecting(self, allowed: bool):
        """The action inside is taken when `allowed`, else refused by a rule."""
        said = None
        try:
            yield
        except Refused as refused:
            said = str(refused)
        assert (said is None) is bool(allowed), said or "it should have been refused"

    def act(self, action, **asked):
        return action(actor=self.stock.house.pharmacist, now=self.stock.now, **asked)

    def line(self, lot, quantity, **more) -> dict:
        return {"scan": scanned("PARA", lot, LOTS[lot]), "quantity": str(quantity)} | more

    def at(self, code) -> StockPlace:
        return self.stock.places[code]

    @rule(lot=lots, place=places, quantity=amounts)
    def receive(self, lot, place, quantity):
        allowed = place == WAITING or self.usable(lot)
        with self.expecting(allowed):
            done = self.act(moving.receive, place=self.at(place), lines=[self.line(lot, quantity)])
            self.known.add(lot)
            self.moved("receipt", (lot, place, quantity), uid=done.posted.uid)

    @rule(lot=lots, source=places, goal=places, quantity=amounts)
    def transfer(self, lot, source, goal, quantity):
        allowed = (
            lot in self.known
            and WAITING not in (source, goal)
            and source != goal
            and self.usable(lot)
            and self.level(lot, source) >= quantity
        )
        with self.expecting(allowed):
            done = self.act(
                moving.transfer,
                source=self.at(source),
                target=self.at(goal),
                lines=[self.line(lot, quantity)],
            )
            changes = (lot, source, -quantity), (lot, goal, quantity)
            self.moved("transfer", *changes, uid=done.posted.uid)

    @rule(lot=lots, place=places, counted=st.integers(0, 12), back=st.integers(0, 3))
    def count(self, lot, place, counted, back):
        done_here = self.moves[lot, place]
        version = max(len(done_here) - back, 0)
        seen = sum(quantity for _kind, quantity in done_here[:version])
        since = done_here[version:]
        allowed = (
            lot in self.known
            and not any(kind in COUNTS for kind, _quantity in since)
            and counted + sum(quantity for _kind, quantity in since) >= 0
        )
        with self.expecting(allowed):
            line = self.line(lot, counted, version=version)
            done = self.act(counting.count, place=self.at(place), lines=[line])
            if counted != seen:
                self.moved("count", (lot, place, counted - seen), uid=done.posted.uid)
            else:
                assert done.posted is None

    @rule(lot=lots, place=places, quantity=amounts)
    def found(self, lot, place, quantity):
        off = quantity - self.level(lot, place)
        allowed = off > 0 and (place == WAITING or self.usable(lot))
        with self.expecting(allowed):
            done = self.act(counting.found, place=self.at(place), lines=[self.line(lot, quantity)])
            self.known.add(lot)
            self.moved("found", (lot, place, off), uid=done.posted.uid)

    @rule(lot=lots, place=places, quantity=amounts)
    def waste(self, lot, place, quantity):
        with self.expecting(lot in self.known and self.level(lot, place) >= quantity):
            done = self.act(
                wasting.waste,
                place=self.at(place),
                lines=[self.line(lot, quantity)],
                why="damaged",
            )
            self.moved("waste", (lot, place, -quantity), uid=done.posted.uid)

    @rule(lot=lots, place=shelves, quantity=amounts)
    def give_to_a_patient(self, lot, place, quantity):
        if self.level(lot, place) < quantity:
            return
        key = Lot.objects.get(number=lot).pk
        actor, now = self.stock.house.pharmacist, self.stock.now
        with gate.opened(gate.Act(name="model", actor=actor, now=now)):
            out = Entry(key, StockPlace.Kind.PATIENT, quantity)
            entries = [Entry(key, self.at(place).pk, -quantity), out]
            made = post(kind="dispense", entries=entries, actor=actor, now=now)
        self.with_patients[lot] += quantity
        self.moved("dispense", (lot, place, -quantity), uid=made.uid, final=True)

    @rule(lot=lots, quantity=amounts)
    def patients_give_back(self, lot, quantity):
        with self.expecting(lot in self.known and self.with_patients[lot] >= quantity):
            lines = [self.line(lot, quantity)]
            done = self.act(moving.give_back, place=self.at("PH-A"), lines=lines)
            self.with_patients[lot] -= quantity
            self.moved("return", (lot, WAITING, quantity), uid=done.posted.uid, final=True)

    @rule(lot=lots, source=shelves, quantity=amounts)
    def ward_gives_back(self, lot, source, quantity):
        allowed = lot in self.known and source != "PH-B" and self.level(lot, source) >= quantity
        with self.expecting(allowed):
            done = self.act(
                moving.give_back,
                place=self.at("PH-B"),
                source=self.at(source),
                lines=[self.line(lot, quantity)],
            )
            changes = (lot, source, -quantity), (lot, WAITING, quantity)
            self.moved("return", *changes, uid=done.posted.uid)

    @rule(lot=lots, place=st.sampled_from(["PH-A", "PH-B"]), quantity=amounts)
    def quarantine(self, lot, place, quantity):
        with self.expecting(lot in self.known and self.level(lot, place) >= quantity):
            done = self.act(
                moving.quarantine,
                place=self.at(place),
                lines=[self.line(lot, quantity)],
                reason="wet",
            )
            changes = (lot, place, -quantity), (lot, WAITING, quantity)
            self.moved("quarantine", *changes, uid=done.posted.uid)

    @rule(lot=lots, goal=shelves, quantity=amounts)
    def release(self, lot, goal, quantity):
        allowed = lot in self.known and self.usable(lot) and self.level(lot, WAITING) >= quantity
        with self.expecting(allowed):
            done = self.act(
                moving.release,
                place=self.at(WAITING),
                target=self.at(goal),
                lines=[self.line(lot, quantity)],
                reason="fine",
            )
            changes = (lot, WAITING, -quantity), (lot, goal, quantity)
            self.moved("release", *changes, uid=done.posted.uid)

    @rule(lot=lots, aside=st.booleans())
    def set_a_lot_aside_or_free(self, lot, aside):
        if lot not in self.known:
            return
        action = moving.quarantine_lot if aside else moving.release_lot
        with self.expecting(aside != (lot in self.set_aside)):
            self.act(action, lot=Lot.objects.get(number=lot), reason="odd smell")
            self.set_aside ^= {lot}

    @rule(which=st.integers(0, 30))
    def reverse(self, which):
        if not self.movements:
            return
        one = self.movements[which % len(self.movements)]
        back = [(lot, place, -quantity) for lot, place, quantity in one["changes"]]
        allowed = (
            not one["final"]
            and one["kind"] != "reversal"
            and not one.get("reversed")
            and all(self.level(lot, place) + quantity >= 0 for lot, place, quantity in back)
        )
        with self.expecting(allowed):
            movement = Movement.objects.get(uid=one["uid"])
            done = self.act(reversing.reverse, movement=movement, reason="a mistake")
            one["reversed"] = True
            self.moved("reversal", *back, uid=done.posted.uid)

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def the_ledger_says_what_the_model_says(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        rows = StockLevel.objects.values_list("lot__number", "place__code", "quantity", "version")
        ours = {key: (self.level(*key), len(moves)) for key, moves in self.moves.items() if moves}
        assert {(lot, place): (q, v) for lot, place, q, v in rows if v} == ours


def run(examples: int, steps: int) -> None:
    Stock.stock = given_stock.catalogue(products=["PARA"])
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_whatever_happens_to_stock_the_ledger_is_what_a_plain_model_says():
    run(examples=15, steps=20)


@pytest.mark.proof
@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_whatever_happens_to_stock_for_a_long_time_the_ledger_is_what_a_plain_model_says():
    run(examples=200, steps=40)
