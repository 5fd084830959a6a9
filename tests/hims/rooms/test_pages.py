"""The room board, the bed board and the cleaners' list: what they show to whom, and each press."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hims.actions.rooms_by_people import occupy
from hims.models import AuditEntry, BedSpace, Cleaning, Department, Encounter
from tests import given, given_flow

pytestmark = pytest.mark.django_db
State = BedSpace.State


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def flow(house):
    return given_flow.a_department(house, timezone.now())


def press(browser, name, space=None, **fields):
    """A button of a page: its form with a fresh key."""
    press.number = getattr(press, "number", 0) + 1
    url = reverse(name, args=[space.uid]) if space else reverse(name)
    return browser.post(url, {"key": f"k{press.number}", **fields})


def state(space):
    space.refresh_from_db()
    return space.state


def test_a_bed_is_given_left_cleaned_and_ready_by_taps_alone(house, flow):
    visit = given_flow.arrived(house, flow)
    nurse, cleaner = given.signed_in(house.nurse), given.signed_in(house.cleaner)
    a = flow.spaces["ED-1-A"]
    beds = nurse.get(reverse("beds")).content.decode()
    assert visit.ticket in beds
    assert f'data-visit="{visit.uid}"' in beds
    assert f'data-drop="{a.uid}"' in beds, "it can be dragged there"
    assert f'<option value="{a.uid}"' in beds, "and given without dragging"
    assert press(nurse, "give-bed", space=None, visit=visit.uid).status_code == 409
    given_bed = nurse.post(
        reverse("give-bed"), {"key": "give", "visit": visit.uid, "space": a.uid, "back": "beds"}
    )
    assert given_bed.status_code == 302
    assert given_bed.url == reverse("beds")
    assert state(a) == State.RESERVED
    again = nurse.post(
        reverse("give-bed"), {"key": "give", "visit": visit.uid, "space": a.uid, "back": "beds"}
    )
    assert again.status_code == 302, "a double press is one press"
    assert press(nurse, "occupy-space", a, visit=visit.uid).status_code == 302
    assert state(a) == State.OCCUPIED
    other = given_flow.arrived(house, flow, "MRN-777002", at=timezone.now())
    taken = press(nurse, "reserve-space", a, visit=other.uid)
    assert taken.status_code == 409
    assert visit.ticket in taken.content.decode(), "it names who is in it"
    assert "ED-1-B" in taken.content.decode(), "and what is ready instead"
    assert press(nurse, "away-space", a, to="CT").status_code == 302
    assert "CT" in nurse.get(reverse("rooms")).content.decode()
    assert press(nurse, "back-space", a).status_code == 302
    assert press(cleaner, "left-space", a).status_code == 302
    assert state(a) == State.DIRTY
    shown = cleaner.get(reverse("cleaning")).content.decode()
    assert "ED-1-A" in shown
    assert "2 patients wait for" in shown
    assert other.ticket not in shown.replace("token", ""), "cleaners are told how many, not who"
    assert press(cleaner, "claim-cleaning", a).status_code == 302
    assert press(nurse, "start-cleaning", a).status_code == 409, "somebody else has claimed it"
    assert press(cleaner, "start-cleaning", a).status_code == 302
    assert press(cleaner, "done-cleaning", a, ready="1").status_code == 302
    assert state(a) == State.READY


def test_the_sign_of_the_room_begins_and_ends_a_clean(house, flow):
    visit = given_flow.arrived(house, flow)
    nurse, cleaner = given.signed_in(house.nurse), given.signed_in(house.cleaner)
    b = flow.spaces["ED-1-B"]
    press(nurse, "occupy-space", b, visit=visit.uid)
    press(nurse, "left-space", b)
    nothing = press(cleaner, "scan-cleaning", code="HIMS:ZONE:W1")
    assert nothing.status_code == 409
    assert "Nothing waits" in nothing.content.decode()
    assert press(cleaner, "scan-cleaning", code="HIMS:ZONE:ED-1").status_code == 302
    assert state(b) == State.CLEANING
    assert press(cleaner, "scan-cleaning", code="HIMS:ZONE:ED-1").status_code == 302
    assert state(b) == State.READY
    assert b.cleanings.get().done_at >= b.cleanings.get().started_at


def test_names_are_for_those_who_care_and_looks_are_kept(house, flow):
    visit = given_flow.arrived(house, flow)
    occupy(
        actor=house.nurse,
        now=timezone.now(),
        space=flow.spaces["ED-1-A"],
        encounter=visit,
    )
    now = timezone.now()
    stranger, porter = given.signed_in(house.physician), given.signed_in(house.porter)
    given_flow.on_shift(house.charge_nurse, flow.ed, now, now + timedelta(hours=8))
    on_shift = given.signed_in(house.charge_nurse)
    shown = on_shift.get(reverse("rooms")).content.decode()
    assert "Oakhurst, Zebulon" in shown
    looks = AuditEntry.objects.filter(action="rooms.look", actor=house.charge_nurse)
    assert [entry.objects_named for entry in looks] == [[f"patient:{visit.patient.uid}"]]
    for browser, ticket in ((stranger, True), (porter, False)):
        text = browser.get(reverse("rooms")).content.decode()
        assert "Oakhurst" not in text
        assert (f'<p class="room-who">{visit.ticket}</p>' in text) is ticket


def test_a_hallway_space_is_opened_and_closed_and_a_room_takes_one_more_with_a_reason(house, flow):
    nurse = given.signed_in(house.nurse)
    hall = flow.spaces["ED-H"]
    assert press(nurse, "open-space", hall).status_code == 302
    assert (state(hall), hall.active) == (State.READY, True)
    assert press(nurse, "undo-space", hall).status_code == 302
    assert (state(hall), hall.active) == (State.READY, False)
    press(nurse, "open-space", hall)
    assert press(nurse, "close-space", hall).status_code == 302
    assert (state(hall), hall.active) == (State.UNKNOWN, False)
    assert press(nurse, "extra-space", flow.spaces["ED-1-A"]).status_code == 409, "say why"
    assert press(nurse, "extra-space", flow.spaces["ED-1-A"], reason="major").status_code == 302
    extra = BedSpace.objects.get(code="ED-1-X1")
    assert (extra.state, extra.department) == (State.READY, flow.ed)
    assert extra.events.get().reason == "major"
    assert press(nurse, "close-space", extra).status_code == 302
    press(nurse, "extra-space", flow.spaces["ED-1-A"], reason="again")
    assert BedSpace.objects.filter(code__startswith="ED-1-X").count() == 1, "opened again"


def test_settings_describe_departments_and_what_a_space_can_do(house, flow):
    boss = given.signed_in(house.administrator)
    shown = boss.get(reverse("departments")).content.decode()
    assert "Emergency" in shown
    assert "3 bed spaces" in shown
    made = boss.post(
        reverse("add-department"),
        {"code": "OR", "name": "Theatres", "kind": "theatre", "area": house.zones["W1"].pk},
    )
    assert made.status_code == 400, "the area has a department already"
    a = flow.spaces["ED-1-A"]
    changed = boss.post(
        reverse("bed-space", args=[a.uid]),
        {"name": "Bay A", "zone": a.zone_id, "kind": "bed", "capabilities": ["isolation"]},
    )
    assert changed.status_code == 302
    a.refresh_from_db()
    assert (a.name, a.kind, a.capabilities) == ("Bay A", "bed", ["isolation"])
    added = boss.post(
        reverse("add-space", args=[flow.ed.uid]),
        {"code": "ED-1-C", "name": "C", "zone": a.zone_id, "kind": "chair"},
    )
    assert added.status_code == 302
    assert BedSpace.objects.get(code="ED-1-C").state == State.UNKNOWN
    assert "ED-1-C" in boss.get(reverse("department-spaces", args=[flow.ed.uid])).content.decode()
    closed = boss.post(
        reverse("department", args=[flow.ed.uid]),
        {"name": "Emergency", "kind": "emergency", "area": flow.ed.area_id},
    )
    assert closed.status_code == 302
    assert not Department.objects.get(code="ED").active
    assert "ED-1-A" not in boss.get(reverse("rooms")).content.decode()


def test_isolation_asks_for_its_own_clean_and_unfit_spaces_for_a_reason(house, flow):
    visit = given_flow.arrived(house, flow, needs=["isolation"])
    nurse, cleaner = given.signed_in(house.nurse), given.signed_in(house.cleaner)
    a = flow.spaces["ED-1-A"]
    refused = press(nurse, "reserve-space", a, visit=visit.uid)
    assert refused.status_code == 409
    assert "isolation" in refused.content.decode()
    assert press(nurse, "reserve-space", a, visit=visit.uid, reason="full").status_code == 302
    assert press(nurse, "occupy-space", a, visit=visit.uid, reason="full").status_code == 302
    press(nurse, "left-space", a)
    assert (state(a), a.cleaning) == (State.DIRTY, Cleaning.ISOLATION)
    early = press(nurse, "ready-space", a)
    assert early.status_code == 409
    assert "isolation clean" in early.content.decode()
    assert "isolation clean" in cleaner.get(reverse("cleaning")).content.decode()
    press(cleaner, "start-cleaning", a)
    assert press(cleaner, "done-cleaning", a).status_code == 302
    assert state(a) == State.CLEANING, "cleaned, not called ready"
    assert press(nurse, "ready-space", a).status_code == 302
    assert (state(a), a.cleaning) == (State.READY, "")
    assert Encounter.objects.get(pk=visit.pk).needs == ["isolation"]
