"""The board: each patient once, each space once, whose name is on it for whom, what comes next."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hims.actions import cleaning, rooms_by_people
from hims.actions.devices import add_device
from hims.actions.encounters import patient_left, register_visit, set_disposition, triage
from hims.actions.milestones import say_milestone
from hims.actions.next_steps import bring_to_room
from hims.actions.suggestions import give_room
from hims.errors import Refused
from hims.models import AuditEntry, BedSpace, Department, Encounter, Milestone, Patient, Zone
from hims.queries.actors import console
from hims.queries.board import Whereabouts, board, in_order, room_for
from hims.queries.downtime import day_of
from tests import given as house_of
from tests import given_flow, people
from tracking.models import Position
from tracking.queries.whereabouts import patients_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return house_of.hospital()


@pytest.fixture
def flow(house):
    return given_flow.a_department(house)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "triage", "room", "doctor", "decide", "leave", "clean", "ready"]),
        st.integers(0, 3),
        st.integers(1, 40),
    ),
    max_size=14,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_every_patient_and_every_space_is_on_the_board_exactly_once(house, flow, steps):
    """Whatever is done in whatever order, by people whom the house may refuse."""
    with contextlib.suppress(_Undone), transaction.atomic():
        _a_morning(house, flow, steps)
        raise _Undone


class _Undone(Exception):
    """Each example begins with the same house."""


def _a_morning(house, flow, steps):
    now = house.now
    here: list[Encounter] = []
    spaces = list(BedSpace.objects.filter(department=flow.ed).order_by("pk"))
    for word, which, minutes in steps:
        now += timedelta(minutes=minutes)
        one = here[which % len(here)] if here else None
        space = spaces[which % len(spaces)]
        space.refresh_from_db()
        who = {"actor": house.charge_nurse, "now": now}
        try:
            if word == "come":
                here.append(_new_visit(house, flow, now, len(here)))
            elif word == "clean":
                rooms_by_people.left(space=space, **who)
            elif word == "ready":
                cleaning.call_ready(space=space, **who)
            elif one is None:
                continue
            elif word == "triage":
                triage(encounter=one, acuity=which + 1, **who)
            elif word == "room":
                bring_to_room(encounter=one, space=space, **who)
            elif word == "doctor":
                say_milestone(encounter=one, kind="provider", **who)
            elif word == "decide":
                set_disposition(encounter=one, disposition=["home", "admit"][which % 2], **who)
            else:
                patient_left(encounter=one, **who)
        except Refused:
            continue
    seen = board(viewer=console(), department=flow.ed, now=now)
    open_now = Encounter.objects.filter(department=flow.ed, status__in=Encounter.OPEN)
    assert sorted(one.id for one in seen.visits) == sorted(open_now.values_list("pk", flat=True))
    beds = [one.bed.id for one in seen.visits if one.bed]
    shown = [*beds, *(space.id for space in seen.rooms)]
    active = BedSpace.objects.filter(department=flow.ed, active=True)
    assert sorted(shown) == sorted(active.values_list("pk", flat=True))
    for one in seen.visits:
        assert one.step.waiting_for, "every patient who is here waits for something"
    if seen.suggested:
        assert seen.suggested.visit.waits_for_room
        assert seen.suggested.visit.needs <= seen.suggested.space.offers


def _new_visit(house, flow, now, number) -> Encounter:
    patient = Patient.objects.create(mrn=f"T-{now.timestamp():.0f}-{number}", family="Test")
    return register_visit(
        actor=house.nurse,
        now=now,
        patient=patient,
        at=now,
        department=flow.ed,
        visit_class="EMER",
    )


def test_a_row_says_what_comes_next_and_the_worst_is_on_top(house, flow):
    now = house.now
    first = given_flow.arrived(house, flow, at=now - timedelta(minutes=40))
    worse = given_flow.arrived(house, flow, "MRN-777002", at=now - timedelta(minutes=5))
    triage(actor=house.nurse, now=now, encounter=worse, acuity=2, needs=["monitor"])
    seen = board(viewer=house.nurse, department=flow.ed, now=now)
    assert [one.id for one in seen.visits] == [worse.pk, first.pk]
    assert [one.step.action for one in seen.visits] == ["give_room", "triage"]
    assert seen.visits[1].waits[0].due_at <= now, "forty minutes without triage is too long"
    assert seen.suggested.space.code == "ED-1-A", "the monitor is needed"

    give_room(actor=house.nurse, now=now, encounter=worse, space=flow.spaces["ED-1-A"])
    seen = board(viewer=house.nurse, department=flow.ed, now=now)
    assert (seen.visits[0].held.code, seen.visits[0].step.action) == ("ED-1-A", "bring_to_room")
    later = board(viewer=house.nurse, department=flow.ed, now=now + timedelta(minutes=31))
    assert later.visits[0].held is None
    assert later.visits[0].step.action == "give_room", "the lease ran out: they wait again"

    bring_to_room(actor=house.nurse, now=now, encounter=worse)
    set_disposition(actor=house.physician, now=now, encounter=worse, disposition="admit")
    seen = board(viewer=house.nurse, department=flow.ed, now=now)
    row = seen.visits[0]
    assert (row.bed.code, row.boards, row.step.action) == ("ED-1-A", True, "chase_bed")
    assert {guess.kind for guess in row.missed} == {"triage_start", "provider"}, "nobody said so"
    assert room_for(seen, worse.pk) is None


def test_a_tag_says_where_and_an_old_word_of_a_tag_says_that_we_do_not_know(house, flow):
    visit = given_flow.arrived(house, flow)
    place = house.zones["ST"]
    Position.objects.create(
        patient=visit.patient,
        zone=place,
        floor=place.floor,
        level="zone",
        probability=0.9,
        source="radio",
        since=house.now,
        heard_at=house.now,
    )
    fresh = patients_at([visit.patient_id], house.now)[visit.patient_id]
    assert (fresh.zone, fresh.name, fresh.source) == (place.pk, "Store two", "tag")
    old = patients_at([visit.patient_id], house.now + timedelta(hours=3))[visit.patient_id]
    assert isinstance(old, Whereabouts)
    assert old.zone is None
    assert old.seen_at == house.now
    row = board(viewer=house.nurse, department=flow.ed, now=house.now).visits[0]
    assert row.where.name == "Store two"


def test_names_are_for_those_who_care_and_places_for_those_who_see_the_flow(house, flow):
    """A receptionist off shift reads tickets, on shift names; a porter and a device get nothing."""
    visit = given_flow.arrived(house, flow, complaint="chest pain")
    now = timezone.now()
    clerk = people.someone("receptionist")
    row = board(viewer=clerk, department=flow.ed, now=now).visits[0]
    assert (row.name, row.complaint, row.patient_uid, row.birth_date) == ("", "", None, None)
    assert row.ticket == visit.ticket
    given_flow.on_shift(clerk, flow.ed, now - timedelta(hours=1), now + timedelta(hours=1))
    row = board(viewer=clerk, department=flow.ed, now=now).visits[0]
    assert (row.name, row.complaint) == ("Oakhurst, Zebulon", "chest pain")
    assert board(viewer=house.porter, department=flow.ed, now=now).visits == []


def test_the_page_and_the_api_show_the_same_rows_and_keep_who_looked(house, flow):
    visit = given_flow.arrived(house, flow, complaint="chest pain")
    browser = people.browser_of("nurse")
    page = browser.get("/flow/").content.decode()
    assert visit.ticket in page
    assert "Oakhurst" not in page
    assert "chest pain" not in page
    now = timezone.now()
    given_flow.on_shift(browser.someone, flow.ed, now - timedelta(1), now + timedelta(hours=1))
    page = browser.get("/flow/").content.decode()
    assert "Oakhurst" in page
    assert "Oakhurst" not in browser.get("/flow/?wall=1&names=0").content.decode()
    assert AuditEntry.objects.filter(actor=browser.someone, action="board.look").exists()
    told = browser.get("/api/flow/board/").json()
    assert [one["name"] for one in told["patients"]] == ["Oakhurst, Zebulon"]
    assert {one["bed_space"] for one in told["rooms"]} == {"ED-1-A", "ED-1-B"}
    changed = browser.get(f"/flow/rows/?only={visit.uid}").content.decode()
    assert f"r-{visit.uid}" in changed
    assert changed.count("data-row") == 1, "only what changed is sent"
    assert browser.get("/flow/?department=NONE").status_code == 200
    assert browser.get("/api/flow/board/?department=NONE").status_code == 404


def test_one_press_does_the_next_step_once(house, flow):
    visit = given_flow.arrived(house, flow)
    browser = people.browser_of("charge_nurse")
    url = f"/flow/visits/{visit.uid}"
    asked = {"key": "k1", "acuity": "3", "needs": ["monitor"], "complaint": "fever"}
    assert browser.post(f"{url}/triage/", asked).status_code == 302
    for _ in range(2):
        said = browser.post(f"{url}/next/", {"key": "k2", "action": "give_room"})
        assert said.status_code == 302
    visit.refresh_from_db()
    assert (visit.acuity, visit.complaint) == (3, "fever")
    assert visit.beds.count() == 1, "the second press of the same button did nothing"
    assert visit.suggestions.get().answer == "accepted"
    assert browser.post(f"{url}/next/", {"key": "k3", "action": "bring_to_room"}).status_code == 302
    assert Milestone.objects.get(encounter=visit, kind="in_room").source == "tap"
    assert browser.post(f"{url}/next/", {"key": "k4", "action": "dance"}).status_code == 409
    said = visit.milestones.get(kind="in_room")
    panel = browser.get(f"{url}/").content.decode()
    assert "we heard it at" in panel
    fix = {"key": "k5", "at": "2020-01-01T10:00", "reason": ""}
    assert browser.post(f"{url}/said/{said.pk}/", fix).status_code == 409, "a correction says why"


def test_a_refused_room_is_not_suggested_to_the_same_patient_again(house, flow):
    visit = given_flow.arrived(house, flow, at=house.now - timedelta(minutes=30))
    triage(actor=house.nurse, now=house.now, encounter=visit, acuity=3)
    browser = people.browser_of("charge_nurse")
    space = flow.spaces["ED-1-B"]
    asked = {"visit": str(visit.uid), "space": str(space.uid), "no": "1", "key": "a"}
    assert browser.post("/flow/suggestion/", asked | {"reason": " "}).status_code == 409
    assert browser.post("/flow/suggestion/", asked | {"key": "b", "reason": "too loud"})
    kept = visit.suggestions.get()
    assert (kept.answer, kept.why_not) == ("refused", "too loud")
    assert [one["code"] for one in kept.reasons][:2] == ["fits", "acuity"]
    seen = board(viewer=house.nurse, department=flow.ed, now=house.now)
    assert seen.suggested.space.code == "ED-1-A"


def test_a_kiosk_key_opens_the_wait_sign_and_nothing_else(house, flow):
    visit = given_flow.arrived(house, flow, complaint="chest pain")
    _, secret = add_device(
        actor=house.administrator, now=timezone.now(), name="sign-1", kind="interface",
        scopes=["wait_sign"],
    )  # fmt: skip
    nobody = Client()
    said = nobody.get(f"/flow/wait/?key={secret}")
    page = said.content.decode()
    assert said.status_code == 200
    assert visit.ticket in page
    assert "Oakhurst" not in page
    assert "chest pain" not in page
    assert "usually within" not in page, "nothing is measured yet: it is silent"
    assert said["Referrer-Policy"] == "no-referrer"
    assert said["Refresh"] == "30"
    assert "no-store" in said["Cache-Control"]
    assert not said.cookies, "no session is begun"
    for wrong in ("", "x", "y" * 300):
        assert nobody.get(f"/flow/wait/?key={wrong}").status_code == 404
    for path in ("/api/flow/board/", "/api/assets/", "/api/alerts/"):
        assert nobody.get(path, headers={"Authorization": f"Token {secret}"}).status_code == 403
    assert nobody.get("/flow/").status_code == 302
    _, other = add_device(
        actor=house.administrator, now=timezone.now(), name="gw-9", kind="gateway",
        scopes=["readings"],
    )  # fmt: skip
    assert nobody.get(f"/flow/wait/?key={other}").status_code == 404


def test_names_are_counted_as_people_count_them():
    assert sorted(["Bay 10", "Bay 2", "bay 1"], key=in_order) == ["bay 1", "Bay 2", "Bay 10"]


def test_the_day_of_a_clock_change_has_its_own_length():
    with timezone.override("Europe/Berlin"):
        spring = day_of(datetime(2026, 3, 29, 12, tzinfo=UTC))
        autumn = day_of(datetime(2026, 10, 25, 12, tzinfo=UTC))
    lengths = [(ends - begins) for begins, ends in (spring, autumn)]
    hours = [begins.utcoffset() - ends.utcoffset() for begins, ends in (spring, autumn)]
    assert lengths == [timedelta(days=1)] * 2, "the same zone subtracts by the wall"
    assert hours == [timedelta(hours=-1), timedelta(hours=1)]


def test_nobody_asks_for_a_board_of_a_department_without_spaces(house):
    area = Zone.objects.get(code="OR1")
    Department.objects.create(code="OFF", name="Office", kind="outpatient", area=area)
    assert "No department has bed spaces yet" in people.browser_of("nurse").get("/flow/").text
