"""The pages of patients as people press their way through them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hims.models import (
    Actor,
    AuditEntry,
    BreakGlass,
    CareTeamMember,
    Document,
    Encounter,
    Patient,
    PatientContact,
    PatientMerge,
    Shift,
)
from tests import given, given_flow
from tests.people import browser_of

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture
def house(db, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return given.hospital()


@pytest.fixture
def flow(house):
    return given_flow.a_department(house)


def press(browser: Client, url: str, key: str = "k1", **typed):
    return browser.post(url, {"key": key, **typed})


def text(answer) -> str:
    return answer.content.decode()


def test_a_known_patient_is_registered_and_arrives_with_one_press(house, flow):
    desk = given.signed_in(house.receptionist)
    alike = desk.get("/patients/alike/", {"family": "Oakhurts", "given": "Zebulon"})
    assert "Oakhurst, Zebulon" in text(alike)
    assert "MRN-777001" in text(alike)
    nobody = desk.get("/patients/alike/", {"family": "Somebody", "given": "Else"})
    assert text(nobody).strip() == ""
    typed = {"family": "Osei", "given": "Ama", "birth_date": "1990-02-03", "sex": "female"}
    asked = {**typed, "department": "ED", "complaint": "cough"}
    for _ in range(2):  # a double press registers once
        made = press(desk, "/patients/register/", **asked)
        assert made.status_code == 302
    patient = Patient.objects.get(family="Osei")
    assert made.headers["Location"] == f"/patients/{patient.uid}/"
    assert Encounter.objects.get(patient=patient).status == "arrived"
    page = text(desk.get(made.headers["Location"]))
    assert "Osei, Ama" in page
    assert patient.mrn in page
    refused = press(desk, "/patients/register/", "k2", family="X", mrn="MRN-777001")
    assert refused.status_code == 400
    assert "Another patient has this number" in text(refused)


def test_unknown_and_announced_patients_need_one_press_and_get_a_name_later(house, flow):
    nurse = given.signed_in(house.nurse)
    made = press(nurse, "/patients/register/unknown/", sex="male", age="40")
    page = nurse.get(made.headers["Location"])
    assert "Nobody knows yet who this is" in text(page)
    assert "about" in text(page)
    patient = Patient.objects.get(identified=False)
    press(nurse, f"/patients/{patient.uid}/change/", "k2", family="Reed", given="Sam")
    assert "Reed, Sam" in text(nurse.get(made.headers["Location"]))
    asked = {"complaint": "chest pain", "minutes": "12", "acuity": "2", "department": "ED"}
    assert press(nurse, "/patients/register/expected/", "k3", **asked).status_code == 302
    visit = Encounter.objects.get(status="planned")
    assert (visit.acuity, visit.arrival, bool(visit.ticket)) == (2, "ambulance", True)
    mother = f"/patients/{patient.uid}/newborn/"
    born = press(nurse, mother, "k4", born_at="2020-01-01T10:00", sex="female")
    assert "number 1 of the birth" in text(nurse.get(born.headers["Location"]))


def test_a_search_finds_the_misspelled_and_is_kept_with_whom_it_showed(house, flow):
    desk = given.signed_in(house.receptionist)
    patient = house.patients["MRN-777001"]
    asked = ("Oackhurst Zebulon", "zebulon oakhurst", "5 May 1950", "HIMS:PATIENT:MRN-777001")
    for words in asked:
        found = text(desk.get("/patients/find/", {"q": words}))
        assert "Oakhurst, Zebulon" in found
        assert "Open in need" not in found, "a receptionist may not"
    kept = AuditEntry.objects.filter(action="patients.search")
    assert [one.objects_named for one in kept] == [[f"patient:{patient.uid}"]] * len(asked)
    assert "Oakhurst" not in str(list(kept.values()))
    assert desk.get(f"/patients/{patient.uid}/").status_code == 404
    press(desk, f"/patients/{patient.uid}/arrive/", department="ED", complaint="cough")
    assert Encounter.objects.get(patient=patient).complaint == "cough"
    press(desk, "/shifts/", "k2", department="ED", hours="8")
    assert desk.get(f"/patients/{patient.uid}/").status_code == 200, "now of the department"


def test_a_record_is_opened_in_need_by_password_shown_on_every_page_and_closed(house):
    nurse = browser_of("nurse")
    patient = house.patients["MRN-777001"]
    found = text(nurse.get("/patients/find/", {"q": "Oakhurst"}))
    url = f"/patients/{patient.uid}/in-need/"
    assert url in found
    asked = {"why": "emergency", "text": "found collapsed in the corridor"}
    wrong = press(nurse, url, **asked, password="not this one")
    assert wrong.status_code == 400
    assert "Try again" in text(wrong)
    assert not BreakGlass.objects.exists()
    right = press(nurse, url, "k2", **asked, password=given.PASSWORD)
    assert right.headers["Location"] == f"/patients/{patient.uid}/"
    assert nurse.get(f"/patients/{patient.uid}/").status_code == 200
    assert "60 minutes left" in text(nurse.get("/shifts/"))
    broken = BreakGlass.objects.get()
    others = given.signed_in(house.physician)
    assert press(others, f"/glass/{broken.uid}/end/").status_code == 404
    press(nurse, f"/glass/{broken.uid}/end/", "k3")
    assert nurse.get(f"/patients/{patient.uid}/").status_code == 404
    assert "minutes left" not in text(nurse.get("/shifts/"))
    officer = given.signed_in(house.privacy_officer)
    queue = text(officer.get("/settings/glass/"))
    assert "found collapsed" in queue
    assert "Oakhurst" not in queue
    review = f"/settings/glass/{broken.uid}/"
    assert press(officer, review, verdict="unjustified", text="").status_code == 409
    assert press(officer, review, "k4", verdict="justified", text="").status_code == 302
    assert BreakGlass.objects.get().reviewed_by == house.privacy_officer


def test_two_records_are_compared_merged_and_made_two_again(house):
    desk = given.signed_in(house.receptionist)
    old, kept = house.patients["MRN-777001"], house.patients["MRN-777002"]
    url = f"/patients/{kept.uid}/merge/"
    assert str(old.uid) in text(desk.get(url, {"q": "MRN-777001"}))
    compared = text(desk.get(url, {"other": str(old.uid)}))
    assert "Zebulon" in compared
    assert "Ottoline" in compared
    without = press(desk, url, other=str(old.uid), reason=" ")
    assert without.status_code == 409
    press(desk, url, "k2", other=str(old.uid), reason="the same passport")
    done = PatientMerge.objects.get()
    nurse = given.signed_in(house.charge_nurse)
    opened = nurse.post("/patients/care/", {"code": "HIMS:PATIENT:MRN-777001"}, follow=True)
    assert "Record MRN-777001 was merged into this one" in text(opened)
    assert nurse.get(f"/patients/{old.uid}/").headers["Location"] == f"/patients/{kept.uid}/"
    press(nurse, f"/merges/{done.uid}/undo/", reason="two people after all")
    assert Patient.objects.get(pk=old.pk).merged_into is None


def test_documents_contacts_and_team_are_kept_on_their_pages(house):
    nurse = given.signed_in(house.nurse)
    patient = house.patients["MRN-777001"]
    page = f"/patients/{patient.uid}"
    assert nurse.get(f"{page}/documents/").status_code == 404
    nurse.post("/patients/care/", {"code": patient.mrn})
    with_file = {"title": "X-ray", "file": _file("evil.html", PNG)}
    press(nurse, f"{page}/documents/", **with_file)
    refused = press(
        nurse, f"{page}/documents/", "k2", title="Bad", file=_file("x.png", b"MZ\x90\x00")
    )
    assert "Only PDF" in text(refused)
    document = Document.objects.get()
    saved = nurse.get(f"/documents/{document.uid}/file/")
    assert b"".join(saved) == PNG
    assert saved.headers["Content-Type"] == "image/png"
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    stranger = given.signed_in(house.physician)
    assert stranger.get(f"/documents/{document.uid}/file/").status_code == 404
    newer = {"title": "X-ray", "text": "ulna fractured", "supersedes": str(document.uid)}
    press(nurse, f"{page}/documents/", "k3", **newer)
    assert "There is a newer one" in text(nurse.get(f"/documents/{document.uid}/"))
    found = text(nurse.get(f"{page}/documents/", {"q": "fracture"}))
    last = Document.objects.get(supersedes=document)
    assert str(last.uid) in found
    press(nurse, f"/documents/{last.uid}/withdraw/", "k4", reason="of another patient")
    assert "of another patient" in text(nurse.get(f"/documents/{last.uid}/"))
    press(nurse, f"{page}/contacts/", "k5", name="Ada", phone="555", consented="on")
    contact = PatientContact.objects.get()
    press(nurse, f"/contacts/{contact.uid}/", "k6", do="withdraw")
    press(nurse, f"{page}/team/", "k7", person=house.physician.username, part="attending")
    assert stranger.get(f"{page}/").status_code == 200
    kept = text(nurse.get(f"{page}/kept/"))
    for words in ("must not be told", house.physician.name, "X-ray"):
        assert words in kept
    press(nurse, f"/team/{CareTeamMember.objects.get().uid}/leave/", "k8")
    assert stranger.get(f"{page}/").status_code == 404


def test_shifts_are_begun_planned_and_left_on_one_page(house, flow):
    charge = given.signed_in(house.charge_nurse)
    planned = {
        "person": house.nurse.username,
        "department": "ED",
        "begins_at": "2099-01-01T07:00",
        "ends_at": "2099-01-01T15:00",
    }
    assert press(charge, "/shifts/plan/", **planned).status_code == 302
    wrong = press(charge, "/shifts/plan/", "k2", **planned | {"person": "nobody-at-all"})
    assert "Nobody signs in by this name" in text(wrong)
    assert house.nurse.name in text(charge.get("/shifts/"))
    nurse = given.signed_in(Actor.objects.get(pk=house.nurse.pk))
    press(nurse, f"/shifts/{Shift.objects.get().uid}/end/")
    assert house.nurse.name not in text(charge.get("/shifts/"))


def test_a_program_finds_registers_and_reads_as_its_person_may(house, flow):
    desk = given.with_token(house.receptionist)
    found = desk.get("/api/patients/", {"q": "Oackhurst"}).json()["results"]
    assert [(one["mrn"], one["opens"]) for one in found] == [("MRN-777001", False)]
    assert desk.get("/api/patients/").json() == {"results": [], "next": None}
    one = house.patients["MRN-777001"]
    assert desk.get(f"/api/patients/{one.uid}/").status_code == 404
    body = {"family": "Osei", "identifiers": [{"system": "GP", "value": "7"}], "department": "ED"}
    for _ in range(2):
        made = desk.post(
            "/api/patients/",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": "once"},
        )
        assert made.status_code == 201
    assert Patient.objects.filter(family="Osei").count() == 1
    assert desk.get(f"/api/patients/{made.json()['id']}/").json()["family"] == "Osei"
    taken = desk.post("/api/patients/", body, content_type="application/json")
    assert taken.status_code == 409
    assert taken.json()["findings"][0]["code"] == "number_taken"
    pharmacy = given.with_token(house.pharmacy_technician)
    assert pharmacy.get("/api/patients/", {"q": "Oakhurst"}).status_code == 403


def _file(name: str, content: bytes):

    return SimpleUploadedFile(name, content, content_type="text/html")
