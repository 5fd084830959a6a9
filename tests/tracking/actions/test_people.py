"""Staff tags are counts and calls for help; a named place needs a right, a reason, and is kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hims.access.roles import ROLE_TABLE, Role
from hims.errors import Forbidden, Refused
from hims.models import AuditEntry, Staff
from tests import given
from tracking.actions.duress import end_duress, raise_duress
from tracking.actions.staff_places import ask
from tracking.models import Duress
from tracking.queries.duress import open_calls, open_count

REASON = "her relatives are waiting at the desk"


@pytest.fixture
def full(house):
    given.everybody_somewhere(house)
    return house


# --- asking where somebody is ---------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(ROLE_TABLE["staff_position.ask"]))
def test_who_may_ask_and_says_why_is_told_and_the_trail_keeps_it(full, role):
    asker, member = full.people[role], full.staff["S-900"]
    position = ask(actor=asker, now=full.now, staff=member, reason=REASON)
    assert position.zone == full.zones["W1"]
    entry = AuditEntry.objects.get(action="staff_position.ask")
    assert (entry.actor, entry.reason) == (asker, REASON)
    assert entry.objects_named == [f"staff:{member.uid}"]


def test_who_was_asked_about_reads_on_their_own_page_who_asked_and_why(full):
    member = Staff.objects.get(actor=full.nurse)
    ask(actor=full.charge_nurse, now=full.now, staff=member, reason=REASON)
    page = given.signed_in(full.nurse).get("/me/").content.decode()
    assert REASON in page
    assert full.charge_nurse.name in page
    assert REASON not in given.signed_in(full.physician).get("/me/").content.decode()


@pytest.mark.parametrize("role", sorted(set(Role) - ROLE_TABLE["staff_position.ask"]))
def test_nobody_else_is_told_whatever_the_reason(full, role):
    with pytest.raises(Forbidden):
        ask(actor=full.people[role], now=full.now, staff=full.staff["S-900"], reason=REASON)


@pytest.mark.parametrize("reason", ["", "   ", "because", "x" * 9, " " * 40])
def test_without_a_reason_nobody_is_told(full, reason):
    with pytest.raises(Refused) as refused:
        ask(actor=full.privacy_officer, now=full.now, staff=full.staff["S-900"], reason=reason)
    assert [finding.field for finding in refused.value.findings] == ["reason"]


def test_somebody_whose_place_is_not_known_is_asked_for_all_the_same(house):
    assert (
        ask(actor=house.charge_nurse, now=house.now, staff=house.staff["S-900"], reason=REASON)
        is None
    )
    assert AuditEntry.objects.filter(action="staff_position.ask").exists()


# --- calling for help -----------------------------------------------------------------------------


def test_a_call_shows_who_calls_and_where_to_everybody_at_once(full):
    me = Staff.objects.get(actor=full.porter)
    given.placed(me, full.zones["COR"])
    raise_duress(actor=full.porter, now=full.now)
    for role in Role:
        (call,) = open_calls(viewer=full.people[role])
        assert (call.staff, call.zone.code) == (me, "COR")
    assert open_calls(viewer=full.newcomer) == []


def test_a_call_shows_nobodys_place_but_the_callers(full):
    raise_duress(actor=full.porter, now=full.now)
    (call,) = open_calls(viewer=full.nurse)
    assert call.zone is None, "the caller wears no tag; the others' places stay theirs"


def test_pressing_again_is_the_same_call(full):
    calls = {raise_duress(actor=full.porter, now=full.now).pk for _ in range(3)}
    assert len(calls) == 1
    assert open_count(full.nurse) == 1


def test_an_ended_call_is_over_for_all_and_keeps_who_ended_it_and_why(full):
    call = raise_duress(actor=full.porter, now=full.now)
    later = full.now + timedelta(minutes=2)
    end_duress(actor=full.charge_nurse, now=later, call=call, reason="I am with him")
    end_duress(actor=full.manager, now=later + timedelta(minutes=1), call=call, reason="again")
    call.refresh_from_db()
    assert (call.ended_at, call.ended_by) == (later, full.charge_nurse)
    assert open_calls(viewer=full.nurse) == []
    assert call.history.first().history_change_reason == "I am with him"
    again = raise_duress(actor=full.porter, now=later + timedelta(hours=1))
    assert again.pk != call.pk


def test_a_nurse_cannot_end_a_call_of_another(full):
    call = raise_duress(actor=full.porter, now=full.now)
    with pytest.raises(Forbidden):
        end_duress(actor=full.nurse, now=full.now, call=call, reason="no")


def test_somebody_who_is_not_listed_as_staff_is_told_to_telephone(full):
    agency = given.person("agency-nurse", ["nurse"])
    with pytest.raises(Refused, match="telephone"):
        raise_duress(actor=agency, now=full.now)


@pytest.mark.django_db(transaction=True)
def test_ten_presses_at_once_are_one_call():
    house = given.hospital()
    start = threading.Barrier(10)

    def press(_):
        start.wait()
        try:
            return raise_duress(actor=house.porter, now=timezone.now()).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        assert len(set(threads.map(press, range(10)))) == 1
    assert Duress.objects.count() == 1
