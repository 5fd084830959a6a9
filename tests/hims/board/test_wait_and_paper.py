"""The wait that was foretold and what came, when the sign is silent, crowding, stuck patients as
alerts, and the sheet for when nothing runs."""

from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from hims import gate
from hims.actions.crowding import note_crowding
from hims.actions.downtime import KEPT, write_sheets
from hims.actions.encounters import patient_left, triage
from hims.actions.next_steps import bring_to_room
from hims.actions.predictions import predict_wait, settle_wait
from hims.actions.stuck import watch_stuck
from hims.domain.crowding import nedocs
from hims.models import (
    Alert,
    AlertRule,
    BedSpace,
    CrowdingReading,
    DowntimeSheet,
    Encounter,
    WaitPrediction,
)
from hims.printing import Section, Sheet, encrypted
from hims.queries.actors import clock, console
from hims.queries.crowding import inputs, quarter, trend
from hims.queries.downtime import downtime_sheet
from hims.queries.waiting import how_right, outcomes, rounded_up, sign
from tests import given, given_flow

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def flow(house):
    return given_flow.a_department(house)


def told_before(house, flow, waits, *, upper: float) -> None:
    """Patients of earlier, each told 20 minutes and at most `upper`, who waited so long."""
    began, ended = house.now - timedelta(hours=9), house.now - timedelta(hours=8)
    visits = Encounter.objects.bulk_create(
        Encounter(
            patient=house.patients["MRN-777001"],
            department=flow.ed,
            visit_class="EMER",
            status="finished",
            started_at=began,
            ended_at=ended,
        )
        for _ in waits
    )
    WaitPrediction.objects.bulk_create(
        WaitPrediction(
            encounter=visit,
            department=flow.ed,
            predicted_at=began,
            ahead=1,
            departures_per_hour=6,
            expected_min=20,
            p90_min=upper,
            waited_min=waited,
            settled_at=ended,
        )
        for visit, waited in zip(visits, waits, strict=True)
    )


def test_a_wait_is_foretold_when_it_begins_and_settled_in_the_room(house, flow):
    """Nobody was taken to a room lately and none is ready: nothing is foretold."""
    BedSpace.objects.filter(department=flow.ed).update(state="dirty")
    now = house.now
    first = given_flow.arrived(house, flow, at=now - timedelta(minutes=30))
    assert not WaitPrediction.objects.filter(encounter=first).exists()
    BedSpace.objects.filter(department=flow.ed).update(state="ready")
    triage(actor=house.nurse, now=now - timedelta(minutes=20), encounter=first, acuity=3)
    told = WaitPrediction.objects.get(encounter=first)
    assert (told.acuity, told.ahead, told.shown) == (3, 0, False)
    room = flow.spaces["ED-1-B"]
    bring_to_room(actor=house.nurse, now=now, encounter=first, space=room)
    told.refresh_from_db()
    assert told.waited_min == pytest.approx(20)
    assert [one.waited for one in outcomes(flow.ed)] == [pytest.approx(20)]
    with gate.opened(gate.Act(name="test", actor=console(), now=now)):
        assert settle_wait(encounter=first, at=now) is None, "what is settled stays"
        assert predict_wait(encounter=first, now=now) == told, "one is kept for each visit"

    second = given_flow.arrived(house, flow, "MRN-777002", at=now)
    patient_left(actor=house.nurse, now=now, encounter=second, disposition="left-unseen")
    gone = WaitPrediction.objects.get(encounter=second)
    assert (gone.waited_min, gone.settled_at is None) == (None, False)
    assert how_right(house.manager, flow.ed).without_end == 1


def test_the_sign_speaks_while_nine_in_ten_came_in_time_and_is_silent_when_they_did_not(
    house, flow
):
    """45 of 50 within what was said: it speaks. 30 of 50: silent. All 50: silent too."""
    early, late = [15.0] * 45, [60.0] * 5
    told_before(house, flow, early + late, upper=30)
    one = given_flow.arrived(house, flow, at=house.now - timedelta(minutes=10))
    triage(actor=house.nurse, now=house.now, encounter=one, acuity=3)
    BedSpace.objects.filter(department=flow.ed).update(state="dirty", cleaning="")
    spoken = sign(flow.ed, house.now)
    assert spoken.speaks
    for share, waits in ((0.6, [15.0] * 30 + [60.0] * 20), (1.0, [15.0] * 50)):
        for row, waited in zip(WaitPrediction.objects.filter(p90_min=30), waits, strict=True):
            row.waited_min = waited
            row.save(update_fields=["waited_min"])
        silent = sign(flow.ed, house.now)
        assert not silent.speaks, f"{share:.0%} came in time"
        assert [line.within_min for line in silent.lines] == [None]


def test_minutes_are_never_rounded_down():
    assert [rounded_up(m) for m in (0, 5, 5.1, 41, 60, 61)] == [5, 5, 10, 45, 60, 90]


def test_crowding_is_written_once_a_quarter_and_drawn_with_its_gaps(house, flow):
    now = quarter(house.now)
    visit = given_flow.arrived(house, flow, at=now - timedelta(minutes=90))
    triage(actor=house.nurse, now=now, encounter=visit, acuity=2)
    given_flow.on_shift(house.physician, flow.ed, now - timedelta(1), now + timedelta(1))
    assert note_crowding(actor=clock(), now=now) == 1
    assert note_crowding(actor=clock(), now=now + timedelta(minutes=14)) == 0
    reading = CrowdingReading.objects.get()
    asked = inputs(flow.ed, now)
    assert (asked["patients"], asked["ed_beds"], asked["hospital_beds"]) == (1, 2, 2)
    assert asked["physicians"] == 1
    expected = nedocs(
        patients=1, ed_beds=2, admitted_held=0, hospital_beds=2, one_to_one=0,
        longest_admit_h=0, last_door_to_bed_h=0,
    )  # fmt: skip
    assert reading.nedocs == pytest.approx(expected)
    assert reading.edwin == pytest.approx(4 / (1 * 2)), "ESI 2 counts four"
    for minutes in (15, 120, 135):
        note_crowding(actor=clock(), now=now + timedelta(minutes=minutes))
    drawn = trend(house.manager, flow.ed, now + timedelta(minutes=135))
    assert [len(run.split()) for run in drawn.nedocs_points] == [2, 2], "the gap stays a gap"


def test_who_is_stuck_becomes_an_alert_and_who_is_not_any_more_ends_it(house, flow):
    now = house.now
    first = given_flow.arrived(house, flow, at=now - timedelta(minutes=20))
    given_flow.arrived(house, flow, "MRN-777002", at=now - timedelta(minutes=20))
    late = watch_stuck(actor=clock(), now=now)
    assert late >= 2
    assert watch_stuck(actor=clock(), now=now) == late
    raised = Alert.objects.filter(rule__code="stuck.not_triaged")
    assert raised.count() == 2, "one alert for each patient, said twice or not"
    assert all("Oakhurst" not in f"{one.title} {one.text}" for one in raised)
    triage(actor=house.nurse, now=now, encounter=first, acuity=3)
    watch_stuck(actor=clock(), now=now + timedelta(seconds=30))
    mine = raised.get(patient=first.patient)
    assert mine.status == "resolved"
    AlertRule.objects.filter(code="stuck.not_triaged").update(threshold_min=60)
    watch_stuck(actor=clock(), now=now + timedelta(seconds=60))
    assert not raised.exclude(status="resolved").exists(), "the hospital's own limit counts"
    assert first.suggestions.filter(answer="").count() == 1, "what is suggested is kept"


def test_sheets_are_written_whole_encrypted_and_for_a_day(house, flow, settings, tmp_path):
    settings.HIMS_DOWNTIME_FOLDER = str(tmp_path)
    settings.HIMS_DOWNTIME_PASSWORD = ""
    now = quarter(house.now)
    given_flow.arrived(house, flow, complaint="chest pain", at=now)
    refused = write_sheets(actor=clock(), now=now)
    assert {one.error for one in refused} == {
        "No password is set for the sheets, so none is written."
    }
    assert Alert.objects.filter(rule__code="downtime.sheet").count() == len(refused) == 2
    assert not list(tmp_path.rglob("*.pdf"))
    settings.HIMS_DOWNTIME_PASSWORD = "paper tiger"
    old = tmp_path / "ED" / f"board-{now - KEPT - timedelta(minutes=15):%Y%m%dT%H%M%SZ}.pdf"
    old.parent.mkdir()
    old.write_bytes(b"yesterday")
    (tmp_path / "ED" / "notes.pdf").write_bytes(b"somebody else's")
    written = write_sheets(actor=clock(), now=now, at_once=True)
    assert [one.error for one in written] == ["", ""]
    assert not old.exists()
    assert sorted(path.name for path in (tmp_path / "ED").iterdir()) == [
        f"board-{now:%Y%m%dT%H%M%SZ}.pdf",
        "notes.pdf",
    ]
    assert write_sheets(actor=clock(), now=now + timedelta(minutes=5)) == []
    assert not Alert.objects.filter(rule__code="downtime.sheet").exclude(status="resolved")
    data = Path(DowntimeSheet.objects.filter(department=flow.ed, error="").get().path).read_bytes()
    assert data.startswith(b"%PDF")
    assert b"/Encrypt" in data
    assert b"chest pain" not in data
    said = StringIO()
    call_command("downtime", stdout=said)
    assert str(tmp_path) in said.getvalue()
    settings.HIMS_DOWNTIME_FOLDER = ""
    assert write_sheets(actor=clock(), now=now, at_once=True) == []
    with pytest.raises(CommandError, match="HIMS_DOWNTIME_FOLDER"):
        call_command("downtime")


def test_a_folder_that_cannot_be_written_is_said(house, flow, settings, tmp_path):
    (tmp_path / "file").write_text("no folder")
    settings.HIMS_DOWNTIME_FOLDER = str(tmp_path / "file")
    settings.HIMS_DOWNTIME_PASSWORD = "paper tiger"
    assert all(one.error for one in write_sheets(actor=clock(), now=house.now))


def test_the_paper_says_who_is_where_as_of_when_on_numbered_pages(house, flow, tmp_path):
    visit = given_flow.arrived(house, flow, complaint="chest pain")
    sheet = downtime_sheet(console(), flow.ed, house.now)
    assert "Oakhurst, Zebulon" in sheet.sections[0].rows[0]
    assert len(sheet.sections[1].rows) == 2
    stranger = downtime_sheet(house.receptionist, flow.ed, house.now)
    assert "Oakhurst, Zebulon" not in stranger.sections[0].rows[0]
    assert visit.ticket in stranger.sections[0].rows[0]
    long = Section("Many", [("A", 1), ("B", 2)], [["x" * 5, "word " * 40]] * 60, "None.")
    data = encrypted(Sheet("Board", "as of 10:00", "page %(page)d of %(pages)d", [long]), "pw")
    assert len(PdfReader(BytesIO(data), password="pw").pages) > 1
    with pytest.raises(ValueError, match="password"):
        encrypted(sheet, "")
    locked = PdfReader(BytesIO(encrypted(sheet, "pw")))
    assert not locked.decrypt("another")
    assert locked.decrypt("pw")
    text = locked.pages[0].extract_text()
    assert "Oakhurst, Zebulon" in text
    assert "page 1 of 1" in text
    assert "as of" in text
