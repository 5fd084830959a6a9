"""The write gate: the actor may, it happens wholly or not at all, and it is recorded."""

import hashlib
import json
import threading
from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from hims import gate
from hims.access.scopes import NoRule, the_one, visible_to
from hims.action import ACTIONS, OutsideGate, action, look, step, stream, touches
from hims.actions.places import add_building, rename_building
from hims.actions.registry import tell_registry
from hims.errors import Busy, Forbidden, NotFound, Refused
from hims.models import Actor, AuditEntry, Building, Device, IdempotentAnswer
from hims.queries.actors import clock, console
from tests.people import someone

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def action_of_the_test():
    """`action(name)` whose names are taken out of the table of actions afterwards."""
    before = set(ACTIONS)
    yield action
    for name in set(ACTIONS) - before:
        del ACTIONS[name]


@pytest.mark.django_db
def test_a_step_refuses_to_run_outside_an_action():
    with pytest.raises(OutsideGate):
        tell_registry("keys")


@pytest.mark.django_db
def test_an_action_refuses_to_run_inside_another(action_of_the_test):
    @action_of_the_test("building.add")
    def nested(*, actor, now):
        rename_building(actor=actor, now=now, building=Building(code="X", name="X"), name="Y")

    with pytest.raises(OutsideGate):
        nested(actor=console(), now=NOW)
    assert gate.current() is None
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_an_action_takes_keyword_arguments_only():
    with pytest.raises(TypeError):
        add_building(console(), NOW, "MAIN", "Main building")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["porter", "charge_nurse", "privacy_officer", "manager"])
def test_whom_the_role_table_does_not_name_is_forbidden_and_nothing_happens(role):
    with pytest.raises(Forbidden):
        add_building(actor=someone(role), now=NOW, code="MAIN", name="Main building")
    assert not Building.objects.exists()
    assert not AuditEntry.objects.filter(action="building.add").exists()


@pytest.mark.django_db
def test_whom_the_role_table_names_may_and_so_may_the_console_but_not_the_clock():
    add_building(actor=someone("administrator"), now=NOW, code="A", name="A")
    add_building(actor=console(), now=NOW, code="B", name="B")
    with pytest.raises(Forbidden):
        add_building(actor=clock(), now=NOW, code="C", name="C")
    assert set(Building.objects.values_list("code", flat=True)) == {"A", "B"}


@pytest.mark.django_db
def test_a_deactivated_person_may_nothing():
    ada = someone("administrator")
    ada.is_active = False
    with pytest.raises(Forbidden):
        add_building(actor=ada, now=NOW, code="A", name="A")


@pytest.mark.django_db
def test_the_entry_says_who_what_when_from_where_and_why():
    ada = someone("administrator")
    building = add_building(actor=ada, now=NOW, code="MAIN", name="Main building")
    with gate.coming_from("web", "request-7"):
        rename_building(actor=ada, now=NOW, building=building, name="Old house")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.action, entry.at) == (ada, "building.rename", NOW)
    assert (entry.door, entry.request_id) == ("web", "request-7")
    assert entry.objects_named == [f"building:{building.uid}"]
    asked = {"building": f"building:{building.uid}", "name": "Old house"}
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    assert bytes(entry.digest) == hashlib.sha256(text.encode()).digest()


@pytest.mark.django_db
def test_a_refused_action_leaves_neither_a_change_nor_an_entry():
    add_building(actor=console(), now=NOW, code="MAIN", name="Main building")
    entries = AuditEntry.objects.count()
    with pytest.raises(Refused):
        add_building(actor=console(), now=NOW, code="MAIN", name="Another")
    assert Building.objects.count() == 1
    assert AuditEntry.objects.count() == entries


@pytest.mark.django_db
def test_change_and_entry_are_one_transaction_and_fall_together(action_of_the_test):
    @action_of_the_test("building.add")
    def add_and_break(*, actor, now):
        touches(Building.objects.create(code="MAIN", name="Main building"))
        raise RuntimeError("the roof fell in")

    with pytest.raises(RuntimeError):
        add_and_break(actor=console(), now=NOW)
    assert not Building.objects.exists()
    assert not AuditEntry.objects.exists()
    assert gate.current() is None


@pytest.mark.django_db
def test_an_entry_that_cannot_be_written_takes_the_change_with_it():
    with (
        gate.coming_from("a door whose name is too long"),
        pytest.raises(DataError, match="too long"),
    ):
        add_building(actor=console(), now=NOW, code="MAIN", name="Main building")
    assert not Building.objects.exists()


@pytest.mark.django_db
def test_history_rows_carry_who_and_why(action_of_the_test):
    ada = someone("administrator")
    building = add_building(actor=ada, now=NOW, code="MAIN", name="Main building")
    assert building.history.get().history_user == ada
    assert building.history.get().history_change_reason == "building.add"

    @action_of_the_test("building.rename")
    def rename(*, actor, now, reason=""):
        building.name = "Old house"
        building.save()

    rename(actor=ada, now=NOW, reason="the new one opened")
    row = building.history.latest()
    assert (row.name, row.history_user) == ("Old house", ada)
    assert row.history_change_reason == "the new one opened"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
@pytest.mark.parametrize("table", ["hims_auditentry", "hims_historicalbuilding"])
def test_the_trail_refuses_to_be_changed(statement, table):
    add_building(actor=console(), now=NOW, code="MAIN", name="Main building")
    column = "action" if table == "hims_auditentry" else "name"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(statement.format(table, column, column))


@pytest.mark.django_db
def test_a_look_is_recorded_without_a_change():
    nurse, building = someone("nurse"), Building(code="X", name="X")
    look(viewer=nurse, now=NOW, what="patient.look", things=[building], reason="handover")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.action, entry.reason) == (nurse, "patient.look", "handover")


@pytest.mark.django_db
def test_a_machine_stream_is_one_entry_and_its_steps_run_inside_the_gate(action_of_the_test):
    @step
    def put(code, now):
        Building.objects.create(code=code, name=code)

    def one_step(*, now, code):
        put(code, now)

    with stream("positions.follow", actor=clock(), now=NOW, configuration={"step_ms": 500}) as run:
        for code in "ABC":
            run(one_step, now=NOW, code=code)
    assert Building.objects.count() == 3
    assert AuditEntry.objects.filter(action="positions.follow").count() == 1
    with (
        pytest.raises(Forbidden),
        stream("positions.follow", actor=someone("porter"), now=NOW, configuration={}),
    ):
        pass


@pytest.mark.django_db
def test_the_read_gate_gives_nothing_to_whom_the_rule_does_not_name():
    building = add_building(actor=console(), now=NOW, code="MAIN", name="Main building")
    porter, nobody = someone("porter"), someone()
    assert the_one(porter, Building.objects.all(), code="MAIN") == building
    assert not visible_to(nobody, Building.objects.all()).exists()
    assert not visible_to(porter, Device.objects.all()).exists()
    for viewer, code in [(nobody, "MAIN"), (porter, "NOWHERE")]:
        with pytest.raises(NotFound):
            the_one(viewer, Building.objects.all(), code=code)


@pytest.mark.django_db
def test_a_model_without_a_reading_rule_is_an_error_and_not_everything():
    with pytest.raises(NoRule):
        visible_to(someone("administrator"), IdempotentAnswer.objects.all())


# --- with real commits and two connections --------------------------------------------------------


def in_threads(*functions):
    """Run each function in a thread with a connection of its own; results or errors in order."""
    answers = [None] * len(functions)

    def run(n, function):
        try:
            answers[n] = function()
        except Exception as error:
            answers[n] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(n, function)) for n, function in enumerate(functions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def two_buildings():
    return [add_building(actor=console(), now=NOW, code=code, name=code) for code in ("A", "B")]


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_retried_and_both_actions_happen_once(action_of_the_test):
    one, other = two_buildings()
    both_hold_their_first = threading.Barrier(2, timeout=20)
    tries = []

    @action_of_the_test("building.rename")
    def rename_both(*, actor, now, order):
        tries.append(order)
        for n, building in enumerate(order):
            locked = Building.objects.select_for_update().get(pk=building.pk)
            if n == 0 and len(tries) <= 2:
                both_hold_their_first.wait()
            locked.name += "+"
            locked.save()
        touches(*order)

    def rename_in(order):
        return lambda: rename_both(actor=console(), now=NOW, order=order)

    answers = in_threads(rename_in([one, other]), rename_in([other, one]))
    assert answers == [None, None]
    assert len(tries) > 2  # PostgreSQL chose a victim, which ran again
    assert set(Building.objects.values_list("name", flat=True)) == {"A++", "B++"}
    assert AuditEntry.objects.filter(action="building.rename").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_inside_a_larger_transaction_is_not_retried_there(action_of_the_test):
    tries = []

    @action_of_the_test("building.rename")
    def always_a_victim(*, actor, now):
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")

    with pytest.raises(OperationalError), transaction.atomic():
        always_a_victim(actor=console(), now=NOW)
    assert len(tries) == 1
    tries.clear()
    with pytest.raises(OperationalError):
        always_a_victim(actor=console(), now=NOW)
    assert len(tries) == 3


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_not_given_in_time_is_busy_and_not_a_fault(action_of_the_test):
    building, _ = two_buildings()
    holding, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Building.objects.select_for_update().get(pk=building.pk)
            holding.set()
            done.wait(20)

    @action_of_the_test("building.rename")
    def hurried(*, actor, now):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        Building.objects.select_for_update().get(pk=building.pk)

    def hurry():
        holding.wait(20)
        try:
            return hurried(actor=console(), now=NOW)
        finally:
            done.set()

    _, answer = in_threads(hold, hurry)
    assert isinstance(answer, Busy)


@pytest.mark.django_db(transaction=True)
def test_two_who_take_one_code_at_once_are_one_success_and_one_refusal():
    def add():
        return add_building(actor=console(), now=NOW, code="MAIN", name="Main building")

    answers = in_threads(add, add)
    assert sorted(type(answer).__name__ for answer in answers) == ["Building", "Refused"]
    assert Building.objects.count() == 1
    assert Actor.objects.filter(kind="console").count() == 1
