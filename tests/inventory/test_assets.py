"""Equipment: what people say of it, and that two cannot take the same one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hims.action import OutsideGate
from hims.errors import Forbidden, Invalid, Refused
from hims.models import AuditEntry
from inventory.actions.assets import (
    RESERVED_FOR,
    release,
    reservation_now,
    reserve,
    set_state,
    tell,
)
from inventory.domain.availability import availability
from inventory.models import Asset, Reservation
from tests import given as there


@pytest.fixture
def house(db):
    return there.hospital()


# --- is it free -----------------------------------------------------------------------------------

STATES = ["unknown", "free", "in_use", "dirty", "broken"]


@given(
    state=st.sampled_from(STATES),
    due=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    reserved=st.booleans(),
    today=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_available_only_if_said_to_be_free_in_date_and_not_spoken_for(state, due, reserved, today):
    answer = availability(state=state, service_due_on=due, reserved=reserved, today=today)
    overdue = due is not None and due < today
    if answer.available:
        assert state == "free"
        assert not overdue
        assert not reserved
    elif answer.available is None:
        assert state == "unknown"
        assert not overdue
        assert not reserved
    else:
        assert answer.reasons
    assert bool(answer.reasons) is (answer.available is False)
    assert ("overdue" in answer.reasons) is overdue
    assert ("reserved" in answer.reasons) is reserved


# --- saying ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["free", "in_use", "dirty", "broken"])
def test_a_state_is_kept_with_who_said_it_and_when(house, state):
    asset = set_state(actor=house.porter, now=house.now, asset=house.assets["P-5"], state=state)
    asset.refresh_from_db()
    assert (asset.state, asset.state_at, asset.state_by) == (state, house.now, house.porter)


def test_the_history_says_what_it_was_before_and_why(house):
    asset = house.assets["P-1"]
    set_state(actor=house.nurse, now=house.now, asset=asset, state="dirty", reason="spilt")
    newest, oldest = asset.history.first(), asset.history.last()
    assert (oldest.state, newest.state) == ("free", "dirty")
    assert (newest.history_user, newest.history_change_reason) == (house.nurse, "spilt")


@pytest.mark.parametrize("state", ["unknown", "", "lost", "FREE"])
def test_nobody_can_say_that_it_is_not_known(house, state):
    with pytest.raises(Invalid):
        set_state(actor=house.nurse, now=house.now, asset=house.assets["P-1"], state=state)
    assert Asset.objects.get(number="P-1").state == "free"


def test_a_manager_looks_and_does_not_say(house):
    for what in (set_state, reserve, release):
        with pytest.raises(Forbidden):
            what(actor=house.manager, now=house.now, asset=house.assets["P-1"], **_state(what))
    assert not AuditEntry.objects.filter(actor=house.manager).exists()


def _state(what) -> dict:
    return {"state": "free"} if what is set_state else {}


def test_a_step_does_not_run_outside_an_action(house):
    with pytest.raises(OutsideGate):
        tell(house.assets["P-1"])


# --- reserving ------------------------------------------------------------------------------------


def held(house, number="P-1", now=None):
    found = reservation_now(house.assets[number], now or house.now)
    return found and found.actor


def test_a_reservation_holds_for_half_an_hour_to_the_second(house):
    made = reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    assert made.period.upper - made.period.lower == RESERVED_FOR == timedelta(minutes=30)
    assert held(house, now=house.now + RESERVED_FOR - timedelta(seconds=1)) == house.nurse
    assert held(house, now=house.now + RESERVED_FOR) is None


def test_the_second_person_is_told_who_has_it_and_until_when(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    with pytest.raises(Refused) as refused:
        reserve(actor=house.porter, now=house.now, asset=house.assets["P-1"])
    (finding,) = refused.value.findings
    assert finding.code == "reserved"
    assert house.nurse.name in finding.text
    assert held(house) == house.nurse


def test_reserving_again_begins_the_half_hour_anew(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    later = house.now + timedelta(minutes=20)
    reserve(actor=house.nurse, now=later, asset=house.assets["P-1"])
    assert held(house, now=house.now + timedelta(minutes=49)) == house.nurse


def test_reserving_twice_in_one_moment_changes_nothing_and_is_no_fault(house):
    for _ in range(3):
        reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    assert held(house) == house.nurse


def test_what_is_broken_cannot_be_reserved(house):
    set_state(actor=house.nurse, now=house.now, asset=house.assets["P-1"], state="broken")
    with pytest.raises(Refused) as refused:
        reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    assert [finding.code for finding in refused.value.findings] == ["broken"]


def test_taking_it_into_use_ends_ones_own_reservation_only(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    later = house.now + timedelta(minutes=1)
    set_state(actor=house.porter, now=later, asset=house.assets["P-1"], state="in_use")
    assert held(house, now=later) == house.nurse
    set_state(actor=house.nurse, now=later, asset=house.assets["P-1"], state="in_use")
    assert held(house, now=later) is None


def test_giving_back_what_somebody_else_holds_changes_nothing(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    release(actor=house.porter, now=house.now, asset=house.assets["P-1"])
    assert held(house) == house.nurse
    for _ in range(2):
        release(actor=house.nurse, now=house.now + timedelta(seconds=1), asset=house.assets["P-1"])
    assert held(house, now=house.now + timedelta(seconds=1)) is None


def test_giving_it_back_in_the_very_moment_it_was_reserved_is_no_fault(house):
    reserve(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    release(actor=house.nurse, now=house.now, asset=house.assets["P-1"])
    assert held(house) is None
    reserve(actor=house.porter, now=house.now, asset=house.assets["P-1"])
    assert held(house) == house.porter


def test_the_database_itself_refuses_two_at_once(house):
    period = DateTimeTZRange(house.now, house.now + RESERVED_FOR)
    for someone in (house.nurse, house.porter):
        asked = {"asset": house.assets["P-1"], "actor": someone, "period": period}
        if someone is house.nurse:
            Reservation.objects.create(**asked)
            continue
        with pytest.raises(IntegrityError), transaction.atomic():
            Reservation.objects.create(**asked)


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_reserve_it_at_once_one_has_it_and_nine_get_a_sentence():
    house = there.hospital()
    people = [there.person(f"porter-{number}", ["porter"]) for number in range(10)]
    start = threading.Barrier(10)

    def take(someone):
        start.wait()
        try:
            return reserve(actor=someone, now=timezone.now(), asset=house.assets["P-1"]).actor
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(take, people))
    (winner,) = [answer for answer in answers if not isinstance(answer, str)]
    sentences = [answer for answer in answers if isinstance(answer, str)]
    assert len(sentences) == 9
    assert all(winner.name in sentence for sentence in sentences)
    assert Reservation.objects.count() == 1
    assert AuditEntry.objects.filter(action="asset.reserve").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_say_different_states_at_once_leave_both_in_the_history():
    house = there.hospital()
    said = {"dirty": house.nurse, "broken": house.porter}
    start = threading.Barrier(2)

    def say(state):
        start.wait()
        try:
            set_state(actor=said[state], now=timezone.now(), asset=house.assets["P-1"], state=state)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(say, said))
    asset = Asset.objects.get(number="P-1")
    assert asset.state_by == said[asset.state]
    assert {row.state for row in asset.history.all()[:2]} == {"dirty", "broken"}
