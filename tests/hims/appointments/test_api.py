"""Programs find a free time, book it, are told what stands in the way, say what came of it."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from hims.models import Appointment, AuditEntry
from tests.given import with_token
from tests.given_appointments import HALF, MONDAY, TUESDAY, clinic
from tests.given_flow import on_shift

pytestmark = pytest.mark.django_db
HERE = "/api/flow/appointments/"


@pytest.fixture
def opd():
    with time_machine.travel(MONDAY, tick=False):
        yield clinic()


def test_a_program_books_the_first_free_time_and_an_overlap_names_the_other(opd):
    desk, nurse = with_token(opd.house.receptionist), with_token(opd.house.nurse)
    asked = {"service": "CHECK", "patient": str(opd.first.uid), "to": "2026-03-03"}
    slots = desk.get(f"{HERE}slots/", asked).json()["results"]
    assert [slot["begins"][11:16] for slot in slots] == ["09:00", "09:30", "10:00", "10:30"]
    first = slots[0]
    body = {
        "patient": "MRN-777001",
        "service": "CHECK",
        "about": "cough",
        **{name: first[name] for name in ("begins", "practitioner", "zone")},
    }
    headers = {"Idempotency-Key": "one press"}
    said = desk.post(HERE, body, content_type="application/json", headers=headers)
    made = said.json()
    assert (said.status_code, made["status"], made["zone"]) == (201, "booked", "OR1")
    assert (made["ends"], made["practitioner_name"]) == (first["ends"], "Person 104")
    assert (made["patient"], made["about"]) == (None, None), "not one of the receptionist's"
    again = desk.post(HERE, body, content_type="application/json", headers=headers)
    assert again.json() == made
    assert Appointment.objects.count() == 1

    body["patient"] = str(opd.second.uid)
    refused = nurse.post(HERE, body, content_type="application/json")
    assert refused.status_code == 409
    assert refused.json()["findings"][0]["code"] == "person_busy"
    assert refused.json()["alternatives"][0]["appointment"] == made["id"]
    assert refused.json()["alternatives"][0]["patient"] is None
    on_shift(
        opd.house.nurse, opd.department, MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=9)
    )
    refused = nurse.post(HERE, body, content_type="application/json").json()
    assert refused["alternatives"][0]["patient"] == "MRN-777001", "on shift in the clinic"
    assert nurse.get(f"{HERE}{made['id']}/").json()["about"] == "cough"
    assert AuditEntry.objects.filter(action="appointment.look").exists()

    wrong = {"service": "NONE", "patient": "nobody", "zone": "NONE", "practitioner": "NONE"}
    for field, text in wrong.items():
        answer = desk.post(HERE, body | {field: text}, content_type="application/json")
        assert (answer.status_code, answer.json()["findings"][0]["field"]) == (400, field)
    for begins in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "soon", None):
        answer = desk.post(HERE, body | {"begins": begins}, content_type="application/json")
        assert answer.status_code == 400, begins
    porter = with_token(opd.house.porter)
    assert porter.post(HERE, body, content_type="application/json").status_code == 403
    assert porter.get(HERE).status_code == 403


def test_a_program_follows_a_visit_from_check_in_to_its_end(opd):
    nurse = with_token(opd.house.nurse)
    one, two = opd.book(), opd.book(TUESDAY + HALF, patient=opd.second)

    def say(what: str, about: Appointment, body: dict | None = None):
        url = reverse(f"api-{what}", args=[about.uid])
        answer = nurse.post(url, body or {}, content_type="application/json")
        return answer.status_code, answer.json()

    assert say("check-in", one)[0] == 409, "it is not today"
    with time_machine.travel(TUESDAY, tick=False):
        status, said = say("check-in", one, {"source": "scan"})
        assert (status, said["status"]) == (200, "arrived")
        assert said["encounter"] == str(opd.fresh(one).encounter.uid)
        assert say("end", one)[0] == 409
        assert say("begin", one)[1]["began_at"] == TUESDAY.isoformat()
        assert say("end", one)[1]["status"] == "fulfilled"
        assert say("cancel", one, {"reason": "why not"})[0] == 409
        assert say("cancel", two, {})[0] == 400
        later = {"begins": (TUESDAY + 2 * HALF).isoformat()}
        status, said = say("reschedule", two, later)
        assert (status, said["rescheduled_from"]) == (201, str(two.uid))
        assert say("no-show", opd.fresh(two))[0] == 409
        listed = nurse.get(HERE, {"status": "booked", "from": TUESDAY.isoformat()}).json()
        assert [row["id"] for row in listed["results"]] == [said["id"]]
        assert nurse.get(HERE, {"status": "nonsense"}).status_code == 400
        assert nurse.get(HERE, {"from": "never"}).status_code == 400
        new = Appointment.objects.get(uid=said["id"])
        assert say("cancel", new, {"reason": "feels well"})[1]["cancelled_why"] == "feels well"


def test_a_program_books_a_series_and_is_told_what_does_not_fit(opd):
    desk = with_token(opd.house.receptionist)
    opd.book(TUESDAY + timedelta(days=7), patient=opd.second)
    body = {
        "patient": "MRN-777001",
        "service": "CHECK",
        "begins": TUESDAY.isoformat(),
        "practitioner": opd.doctor.number,
        "count": 3,
    }
    whole = desk.post(f"{HERE}series/", body, content_type="application/json")
    assert (whole.status_code, Appointment.objects.count()) == (409, 1)
    part = desk.post(f"{HERE}series/", body | {"whole": False}, content_type="application/json")
    assert (part.status_code, len(part.json()["booked"])) == (201, 2)
    assert part.json()["missed"][0]["begins"] == "2026-03-10T09:00"
