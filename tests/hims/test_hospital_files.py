"""A hospital as CSV: what is read, what is refused and why, and that it comes back unchanged."""

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from hims.hospital.stored import stored, words
from hims.models import Actor, AuditEntry, Building, Door, Floor, Staff, Zone
from hims.wire.hospital import ABSENT, Hospital, KindRow, PatientRow, Reject, ZoneRow, read, write
from inventory.models import Asset, AssetKind
from tracking.models import Gateway, Tag, TagAssignment, UnknownTransmitter
from tracking.wire.addresses import normalise

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TODAY = date(2026, 11, 22)

SMALL = {
    "buildings.csv": "building,name\nMAIN,Main building\n",
    "floors.csv": "building,floor,name,level\nMAIN,G,Ground,0\nMAIN,1,First,1\n",
    "zones.csv": (
        "zone,building,floor,name,kind,capacity,area,polygon\n"
        "ED,MAIN,G,Emergency,area,,,\n"
        'BAY,MAIN,G,Bay,bay,1,ED,"POLYGON((0 0, 4 0, 4 5, 0 5, 0 0))"\n'
        'HALL,MAIN,G,Hall,corridor,,,"POLYGON((4 0, 20 0, 20 5, 4 5, 4 0))"\n'
        'WARD,MAIN,1,Ward,ward,4,,"POLYGON((0 0, 20 0, 20 5, 0 5, 0 0))"\n'
    ),
    "doors.csv": "zone,neighbour,kind,seconds,x,y\nBAY,HALL,door,,4,2\nHALL,WARD,lift,30,10,2\n",
    "gateways.csv": (
        "gateway,name,building,floor,zone,x,y,z\nAC233FC00001,Bay,MAIN,G,BAY,2,2,2.6\n"
    ),
    "kinds.csv": "kind,name\npump,Infusion pump\n",
    "assets.csv": (
        "asset,kind,name,serial,home,state,service_due_on,tag\n"
        "P-1,pump,Pump 1,S1,BAY,free,2028-01-31,AC:23:3F:A0:00:01\n"
        "P-2,pump,Pump 2,S2,WARD,,,\n"
    ),
    "staff.csv": (
        "staff,name,profession,ward,username,roles,badge,tag\n"
        "S1,Ada Lind,nurse,WARD,ada,nurse,B1,AC233FA00002\n"
    ),
    "patients.csv": (
        "patient,family,given,birth_date,sex,tag\n4001,Grindlewood,Agnes,1950-05-05,female,\n"
    ),
}


def taken(files: dict[str, str | bytes], folder: str = "small", known: Hospital | None = None):
    contents = {
        name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()
    }
    return read(
        contents,
        folder=folder,
        known=known or Hospital(),
        words=words(),
        address=normalise,
        today=TODAY,
    )


def small(**changes: str | bytes | None) -> dict[str, str | bytes]:
    """The small hospital with other files: `zones=...` replaces zones.csv, None takes it out."""
    files = {**SMALL, **{f"{name}.csv": text for name, text in changes.items()}}
    return {name: text for name, text in files.items() if text is not None}


def with_row(name: str, row: str) -> dict[str, str | bytes]:
    return small(**{name: SMALL[f"{name}.csv"] + row + "\n"})


def the_only(rejects: list[Reject]) -> Reject:
    assert len(rejects) == 1, rejects
    return rejects[0]


def test_a_good_hospital_is_read_whole():
    hospital, rejects = taken(SMALL)
    assert rejects == []
    assert hospital.counts() == {
        "buildings": 1,
        "floors": 2,
        "zones": 4,
        "doors": 2,
        "gateways": 1,
        "kinds": 1,
        "assets": 2,
        "staff": 1,
        "patients": 1,
    }
    assert hospital.assets["P-1"].tag == ("ac233fa00001",)
    assert hospital.assets["P-2"].state is ABSENT


@pytest.mark.parametrize(
    ("sheet", "row", "reason"),
    [
        ("buildings", "MAIN,Again", "'MAIN' stands here twice: also on line 2"),
        ("floors", "EAST,G,Ground,0", "building 'EAST' is not known"),
        ("floors", "MAIN,2,Second,two", "level 'two' is not a whole number"),
        ("zones", "BAY,MAIN,G,Again,bay,,,", "'BAY' stands here twice: also on line 3"),
        ("zones", "X,MAIN,9,X,room,,,", "floor 'MAIN 9' is not known"),
        ("zones", "X,MAIN,G,X,cellar,,,", "kind 'cellar' is not one of"),
        ("zones", "X,MAIN,G,X,room,-1,,", "capacity -1 is not between"),
        ("zones", "X,MAIN,G,X,room,,NOPE,", "area 'NOPE' is not known"),
        ("zones", "X,MAIN,G,X,room,,X,", "its own area"),
        ("zones", "X,MAIN,G,X,room,,BAY,", "area 'BAY' is of another kind"),
        ("zones", "X,MAIN,1,X,room,,ED,", "area 'ED' is on another floor"),
        ("zones", ",MAIN,G,X,room,,,", "zone is empty"),
        ("zones", "X,MAIN,G,X,room,,,POLYGON((0 0", "is not a WKT polygon"),
        ("zones", "X,MAIN,G,X,room,,,POINT(1 1)", "the shape is a Point"),
        ("zones", 'X,MAIN,G,X,room,,,"POLYGON((0 0,4 4,4 0,0 4,0 0))"', "not simple"),
        ("zones", 'X,MAIN,G,X,room,,,"POLYGON((9 9,9 10,nan 10,9 9))"', "not a number"),
        (
            "zones",
            'X,MAIN,G,X,room,,,"POLYGON((9000 0,9004 0,9004 5,9000 5,9000 0))"',
            "m from the rest of its floor",
        ),
        ("zones", 'X,MAIN,G,X,room,,,"POLYGON((0 0,1e9 0,0 1,0 0))"', "not metres on a plan"),
        (
            "zones",
            'X,MAIN,G,X,room,,,"POLYGON((8.5 47.4,8.501 47.4,8.501 47.401,8.5 47.4))"',
            "degrees instead of metres",
        ),
        (
            "zones",
            'X,MAIN,G,X,room,,,"POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))"',
            "same ground as 'BAY' (line 3)",
        ),
        ("doors", "BAY,BAY,door,,,", "from 'BAY' to itself"),
        ("doors", "BAY,NOPE,door,,,", "zone 'NOPE' is not known"),
        ("doors", "BAY,WARD,door,,,", "between floors it is a lift or stairs"),
        ("doors", "BAY,WARD,chute,,,", "kind 'chute' is not one of"),
        ("doors", "HALL,BAY,door,,4,2", "stands here twice: also on line 2"),
        ("doors", "ED,HALL,door,,90,90", "m from 'HALL'"),
        ("doors", "ED,HALL,door,fast,,", "seconds 'fast' is not a number"),
        ("doors", 'ED,HALL,door,,"4,5",2', "decimal comma"),
        ("doors", "ED,HALL,door,,4,", "x is given without y"),
        ("gateways", "AC:23:3F:C0:00,G,MAIN,G,BAY,1,1,2", "a MAC has 12 hexadecimal digits"),
        ("gateways", "AC:23:3F:C0:00:0G,G,MAIN,G,BAY,1,1,2", "a MAC has 12 hexadecimal digits"),
        ("gateways", "ac-23-3f-c0-00-01,G,MAIN,G,BAY,1,1,2", "stands here twice"),
        ("gateways", "AC233FC00002,G,MAIN,G,NOPE,1,1,2", "zone 'NOPE' is not known"),
        ("gateways", "AC233FC00002,G,MAIN,1,BAY,1,1,2", "zone 'BAY' is on floor 'G', not on '1'"),
        ("gateways", "AC233FC00002,G,MAIN,G,,500,1,2", "m outside floor 'G'"),
        ("gateways", "AC233FC00002,G,,,,1,1,2", "without a floor"),
        ("gateways", "AC233FC00002,G,MAIN,G,,inf,1,2", "x 'inf' is not a number"),
        ("assets", "P-1,pump,P,,,,,", "'P-1' stands here twice: also on line 2"),
        ("assets", "P-3,pmup,P,,,,,", "kind 'pmup' is not known"),
        ("assets", "P-3,pump,P,,NOPE,,,", "home 'NOPE' is not known"),
        ("assets", "P-3,pump,P,,,clean,,", "state 'clean' is not one of"),
        ("assets", "P-3,pump,P,,,,31.01.2028,", "is not a date; write YYYY-MM-DD"),
        ("assets", "P-3,pump,P,,,,2027-02-29,", "is not a day of the calendar"),
        ("assets", "P-3,pump,P,,,,,ac233fa00001", "used twice: also by asset P-1"),
        ("assets", "P-3,pump,P,,,,,AC233FC00001", "is the address of a gateway"),
        ("assets", "P-3,pump,P,,,,,AC233FA0000", "a MAC has 12 hexadecimal digits"),
        ("assets", "P-3,pump,=A1&B2,,,,,", "is a formula"),
        ("assets", "P-3,pump,#REF!,,,,,", "spreadsheet error"),
        ("assets", f"P-3,pump,{'x' * 161},,,,,", "longer than 160 characters"),
        ("assets", "P-3,pump,P\x07,,,,,", "cannot be printed"),
        ("assets", "P-3,pump", "the row has 2 cells, the header 8"),
        ("staff", "S2,,nurse,,,,,", "name is empty"),
        ("staff", "S2,Bo,nurse,NOPE,,,,", "ward 'NOPE' is not known"),
        ("staff", "S2,Bo,nurse,,bo,king,,", "role 'king' is not one of"),
        ("staff", "S2,Bo,nurse,,,nurse,,", "without a username"),
        ("staff", "S2,Bo,nurse,,,,B2,", "without a username"),
        ("staff", "S2,Bo,nurse,,ada,nurse,,", "username 'ada' is used twice: also by staff S1"),
        ("staff", "S2,Bo,nurse,,bo,nurse,B1,", "badge 'B1' is used twice: also by staff S1"),
        ("staff", "S2,Bo,nurse,,b o,nurse,,", "is not a sign-in name"),
        ("staff", "S2,Bo,nurse,,,,,AC233FA00001", "used twice: also by asset P-1"),
        ("patients", "4002,Doe,J,2027-01-01,female,", "lies in the future"),
        ("patients", "4002,Doe,J,1950-05-05,maid,", "sex 'maid' is not one of"),
        ("patients", "4001,Doe,J,,,", "'4001' stands here twice: also on line 2"),
    ],
)
def test_each_mistake_is_named_with_its_file_line_and_reason(sheet, row, reason):
    files = with_row(sheet, row)
    _, rejects = taken(files)
    found = the_only(rejects)
    text = files[f"{sheet}.csv"]
    assert found.file == f"{sheet}.csv"
    assert found.line == len(text.splitlines())
    assert reason in found.reason
    assert found.row


@pytest.mark.parametrize(
    ("sheet", "content", "line", "reason"),
    [
        ("zones", b"", 1, "the file is empty"),
        ("zones", "\n\n", 1, "the file is empty"),
        ("kinds", "kind,name,colour\npump,Pump,red\n", 1, "column 'colour' is not known here"),
        ("kinds", "name\nPump\n", 1, "column 'kind' is missing"),
        ("kinds", "kind,kind\npump,pump\n", 1, "column 'kind' stands twice"),
        ("kinds", 'kind,name\npump,Pump\nbed,"Bed\n', 3, "cannot be read from here on"),
        ("kinds", "kind,name\npump,Pump\nbed,B\xe9d\n".encode("latin-1"), 3, "is not UTF-8"),
        ("kinds", "kind,name\npump,Pump\n".encode("utf-16"), 1, "UTF-16"),
        ("kinds", b"PK\x03\x04rest of a workbook", 1, "spreadsheet or zip archive"),
        ("kinds", "kind,name\npump,Pu\0mp\n", 2, "NUL byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_line(sheet, content, line, reason):
    _, rejects = taken(small(**{sheet: content}))
    found = next(reject for reject in rejects if reject.file == f"{sheet}.csv")
    assert (found.line, reason in found.reason) == (line, True), found


@pytest.mark.parametrize(
    "spelled",
    [
        "﻿kind,name\npump,Infusion pump\n",
        "kind,name\r\npump,Infusion pump\r\n",
        "kind,name\rpump,Infusion pump\r",
        "kind;name\npump;Infusion pump\n",
        "kind\tname\npump\tInfusion pump\n",
        "Name , KIND\n Infusion pump , pump \n",
        'kind,name\n\n"pump","Infusion pump"\n,\n',
    ],
    ids=["byte order mark", "CRLF", "CR", "semicolon", "tab", "order and blanks", "blank rows"],
)
def test_every_usual_spelling_of_csv_is_taken(spelled):
    hospital, rejects = taken(small(kinds=spelled))
    assert rejects == []
    assert hospital.kinds == {"pump": KindRow("pump", "Infusion pump")}


def test_a_row_that_leans_on_a_refused_row_names_the_line_that_caused_it():
    files = small(zones=SMALL["zones.csv"].replace("WARD,MAIN,1", "WARD,MAIN,7"))
    hospital, rejects = taken(files)
    reasons = [(reject.file, reject.line, reject.reason) for reject in rejects]
    assert ("doors.csv", 3, "zone 'WARD' was refused (zones.csv line 5)") in reasons
    assert ("assets.csv", 3, "home 'WARD' was refused (zones.csv line 5)") in reasons
    assert "P-1" in hospital.assets
    assert "P-2" not in hospital.assets


def test_areas_that_go_in_a_circle_are_refused():
    rows = "A,MAIN,G,A,area,,B,\nB,MAIN,G,B,area,,A,\n"
    hospital, rejects = taken(small(zones=SMALL["zones.csv"] + rows))
    assert "in a circle" in rejects[0].reason
    assert not {"A", "B"} & set(hospital.zones)


def test_a_file_that_does_not_belong_here_is_named():
    _, rejects = taken({**SMALL, "asets.csv": "asset\nX\n"})
    assert the_only(rejects).file == "asets.csv"


def test_rooms_are_needed_once():
    _, rejects = taken({"kinds.csv": SMALL["kinds.csv"]})
    assert "the file is missing" in the_only(rejects).reason
    known, _ = taken(SMALL)
    hospital, rejects = taken({"assets.csv": SMALL["assets.csv"]}, known=known)
    assert rejects == []
    assert set(hospital.assets) == {"P-1", "P-2"}


def test_a_plain_list_of_rooms_is_enough():
    hospital, rejects = taken({"zones.csv": "zone,floor\nStore 2,0\nWard 3,-1\n"}, folder="Town")
    assert rejects == []
    assert set(hospital.floors) == {("Town", "0"), ("Town", "-1")}
    assert hospital.floors["Town", "-1"].level == -1
    assert hospital.zones["Store 2"].building == "Town"


def test_a_labelled_recording_is_a_hospital_too(recordings):
    folder = recordings / "ble" / "office"
    contents = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    hospital, rejects = taken(contents, folder="office")
    assert rejects == []
    counts = hospital.counts()
    assert (counts["zones"], counts["doors"], counts["gateways"]) == (6, 7, 12)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(SMALL)),
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)),
    st.booleans(),
)
def test_no_content_whatever_is_an_error_without_a_name(name, content, behind):
    whole = SMALL[name].encode() + content if behind else content
    hospital, rejects = taken({**SMALL, name: whole})
    assert all(reject.reason and reject.line >= 1 for reject in rejects)
    assert sum(hospital.counts().values()) or rejects


printable = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), max_size=30
).map(str.strip)


@settings(max_examples=60, deadline=None)
@given(
    printable.filter(lambda text: not text.startswith("#")),
    st.sampled_from(["", "=", "+", "-", "@", "'", "'=", "''-"]),
    st.one_of(st.none(), st.dates(date(1900, 1, 1), TODAY)),
    st.floats(-1000, 1000).map(lambda value: value + 0.0),
)
def test_whatever_is_written_is_read_back_the_same(name, before, born, x):
    hospital, _ = taken(SMALL)
    hospital.patients["1"] = PatientRow("1", before + name or "-", "", born, "other", ())
    hospital.zones["Z"] = ZoneRow("Z", "MAIN", "G", before + name or "Z", "room", None, "", "")
    door = hospital.doors["BAY", "HALL", "door"]
    again, rejects = taken(write(hospital))
    assert rejects == []
    assert again.patients["1"] == hospital.patients["1"]
    assert again.zones["Z"] == hospital.zones["Z"]
    assert again.doors[door.key].x == 4.0


def test_no_spreadsheet_program_runs_what_is_exported():
    hospital, _ = taken(SMALL)
    hospital.patients["1"] = PatientRow("1", "=HYPERLINK(1)", "@x", None, "other", ())
    rows = list(csv.reader(io.StringIO(write(hospital)["patients.csv"].decode())))
    assert rows[-1][:3] == ["1", "'=HYPERLINK(1)", "'@x"]


# --- the demonstration hospital -----------------------------------------------------------------


def demonstration() -> Hospital:
    contents = {path.name: path.read_bytes() for path in FIXTURES.glob("*.csv")}
    hospital, rejects = taken(contents)
    assert rejects == []
    return hospital


def test_the_demonstration_hospital_is_as_large_as_promised():
    hospital = demonstration()
    counts = hospital.counts()
    assert counts["floors"] == 3
    assert 115 <= counts["zones"] <= 140
    assert (counts["gateways"], counts["assets"], counts["kinds"]) == (70, 600, 25)
    assert (counts["patients"], counts["staff"]) == (60, 80)
    roles = {person.roles for person in hospital.staff.values()}
    assert roles == {(role,) for role in words().roles}


def test_its_rooms_tile_each_floor_and_lie_in_their_areas():
    from shapely import from_wkt, unary_union

    zones = demonstration().zones
    for floor in ("0", "1", "2"):
        rooms = [z for z in zones.values() if z.floor == floor and z.kind != "area"]
        shapes = [from_wkt(room.polygon) for room in rooms]
        together = unary_union(shapes)
        assert together.area == pytest.approx(sum(shape.area for shape in shapes))
        assert together.area == pytest.approx(80 * 45)
        for room, shape in zip(rooms, shapes, strict=True):
            if room.area:
                assert from_wkt(zones[room.area].polygon).covers(shape), room.zone


def test_one_can_walk_from_every_room_to_every_other():
    hospital = demonstration()
    beyond: dict[str, set[str]] = {}
    for door in hospital.doors.values():
        beyond.setdefault(door.zone, set()).add(door.neighbour)
        beyond.setdefault(door.neighbour, set()).add(door.zone)
    reached, edge = {"ED-BAY-03"}, ["ED-BAY-03"]
    while edge:
        for room in beyond[edge.pop()] - reached:
            reached.add(room)
            edge.append(room)
    rooms = {zone.zone for zone in hospital.zones.values() if zone.kind != "area"}
    assert reached == rooms


def test_among_the_pumps_one_runs_one_is_overdue_and_one_is_free_two_floors_up():
    hospital = demonstration()
    running, overdue, upstairs = (hospital.assets[f"INF-00{n}"] for n in (1, 2, 3))
    assert running.state == "in_use"
    assert overdue.state == "free"
    assert overdue.service_due_on < TODAY
    assert upstairs.state == "free"
    assert upstairs.service_due_on > date(2028, 1, 1)
    floors = [hospital.zones[pump.home].floor for pump in (running, overdue, upstairs)]
    assert floors == ["0", "0", "2"]
    assert all(pump.tag for pump in (running, overdue, upstairs))


# --- into the database and out again --------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    def filled(files: dict[str, str | bytes] = SMALL) -> Path:
        for old in tmp_path.glob("*.csv"):
            old.unlink()
        for name, text in files.items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return filled


def histories() -> Counter:
    models = (Building, Floor, Zone, Door, Gateway, AssetKind, Asset, Staff, Actor, Tag)
    return Counter({m.__name__: m.history.count() for m in (*models, TagAssignment)})


@pytest.mark.django_db
def test_importing_an_export_changes_nothing(folder, tmp_path_factory):
    call_command("import_hospital", str(FIXTURES))
    before, entries = histories(), AuditEntry.objects.count()
    there = stored()
    out = tmp_path_factory.mktemp("out")
    call_command("export_hospital", str(out))
    looked = AuditEntry.objects.count()
    assert looked == entries + 1  # the export looked at patients
    call_command("import_hospital", str(out))
    call_command("import_hospital", str(FIXTURES))
    assert histories() == before
    assert AuditEntry.objects.count() == looked
    assert stored() == there


@pytest.mark.django_db
def test_what_was_imported_is_what_the_files_say(folder):
    call_command("import_hospital", str(folder()))
    pump = Asset.objects.get(number="P-1")
    assert (pump.kind.code, pump.home.code, pump.state) == ("pump", "BAY", "free")
    assert pump.service_due_on == date(2028, 1, 31)
    assert pump.state_by.kind == Actor.Kind.CONSOLE
    assert Asset.objects.get(number="P-2").state == Asset.State.UNKNOWN
    assert Zone.objects.get(code="BAY").area.code == "ED"
    worn = TagAssignment.objects.get(tag__address="ac233fa00001")
    assert worn.asset == pump
    assert worn.period.upper is None
    ada = Staff.objects.get(number="S1").actor
    assert (ada.username, ada.roles, ada.badge) == ("ada", ["nurse"], "B1")
    assert not ada.has_usable_password()
    assert Zone.history.filter(history_user__kind="console").count() == 4
    assert AuditEntry.objects.get(action="hospital.import").actor.kind == Actor.Kind.CONSOLE


@pytest.mark.django_db
def test_changed_rows_are_updated_and_others_left_alone(folder):
    call_command("import_hospital", str(folder()))
    before = histories()
    UnknownTransmitter.objects.create(
        kind="tag", address="ac233fa00009", first_heard_at="2026-01-01T00:00Z",
        last_heard_at="2026-01-01T00:00Z",
    )  # fmt: skip
    changed = {
        "assets.csv": (
            "asset,kind,name,tag\n"
            "P-1,pump,Pump one,AC233FA00009\n"
            "P-2,pump,Pump 2,AC:23:3F:A0:00:01\n"
        )
    }
    call_command("import_hospital", str(folder(changed)))
    pump = Asset.objects.get(number="P-1")
    assert (pump.name, pump.serial, pump.state) == ("Pump one", "S1", "free")
    wearers = TagAssignment.objects.filter(period__endswith__isnull=True, asset__isnull=False)
    assert dict(wearers.values_list("tag__address", "asset__number")) == {
        "ac233fa00009": "P-1",
        "ac233fa00001": "P-2",
    }
    assert not UnknownTransmitter.objects.exists()
    after = histories()
    assert after["Asset"] - before["Asset"] == 1
    assert {name for name in after if after[name] != before[name]} == {
        "Asset",
        "Tag",
        "TagAssignment",
    }


@pytest.mark.django_db
def test_one_bad_row_means_that_nothing_is_imported(folder, capsys):
    bad = with_row("assets", "P-3,pump,Pump 3,,NOPE,,,")
    with pytest.raises(CommandError, match="Nothing was imported: 1 fault"):
        call_command("import_hospital", str(folder(bad)))
    assert "assets.csv line 4: home 'NOPE' is not known" in capsys.readouterr().err
    assert not Building.objects.exists()


@pytest.mark.django_db
def test_accept_good_takes_the_good_rows_and_writes_the_others(folder, tmp_path_factory):
    bad = with_row("assets", "P-3,pump,Pump 3,,NOPE,,,")
    refused = tmp_path_factory.mktemp("refused") / "rejects.csv"
    call_command("import_hospital", str(folder(bad)), accept_good=refused)
    assert set(Asset.objects.values_list("number", flat=True)) == {"P-1", "P-2"}
    rows = list(csv.DictReader(refused.open(newline="")))
    assert rows == [
        {
            "file": "assets.csv",
            "line": "4",
            "reason": "home 'NOPE' is not known",
            "row": "P-3,pump,Pump 3,,NOPE,,,",
        }
    ]


@pytest.mark.django_db
def test_a_dry_run_says_what_would_change_and_changes_nothing(folder, capsys):
    call_command("import_hospital", str(folder()), dry_run=True)
    assert "Would import 1 new building, 2 new floors, 4 new zones" in capsys.readouterr().out
    assert not Building.objects.exists()


@pytest.mark.django_db
def test_nobody_elses_account_is_taken_over(folder):
    Actor.objects.create(username="ada", name="A machine", kind=Actor.Kind.DEVICE)
    with pytest.raises(CommandError, match="belongs to somebody else"):
        call_command("import_hospital", str(folder()))
    assert not Building.objects.exists()


@pytest.mark.django_db
def test_a_recording_imports_beside_a_hospital_that_is_there(recordings):
    call_command("import_hospital", str(FIXTURES))
    zones = Zone.objects.count()
    call_command("import_hospital", str(recordings / "ble" / "office"))
    assert Zone.objects.count() == zones + 6
    assert set(Building.objects.values_list("code", flat=True)) == {"MAIN", "office"}


@pytest.mark.django_db
def test_every_kind_of_row_can_change_and_its_history_says_who_and_why(folder):
    call_command("import_hospital", str(folder()))
    before = histories()
    changed = {
        "buildings.csv": "building,name\nMAIN,Old building\n",
        "floors.csv": "building,floor,name,level\nMAIN,1,First,2\n",
        "zones.csv": "zone,building,floor,kind,area\nWARD,MAIN,1,room,\nHALL,MAIN,G,corridor,ED\n",
        "doors.csv": "zone,neighbour,kind,seconds\nWARD,HALL,lift,45\n",
        "gateways.csv": "gateway,floor,zone,x,y\nac:23:3f:c0:00:01,G,HALL,6,2\n",
        "kinds.csv": "kind,name\npump,Pump\n",
        "assets.csv": "asset,kind,home,state\nP-1,pump,,dirty\n",
        "staff.csv": "staff,name,ward,username,roles,badge\nS1,Ada Lund,,ada.l,porter nurse,B2\n",
        "patients.csv": "patient,family,birth_date\n4001,Grind,\n",
    }
    call_command("import_hospital", str(folder(changed)))
    there = stored()
    assert there.floors["MAIN", "1"].level == 2
    assert (there.zones["WARD"].kind, there.zones["WARD"].capacity) == ("room", 4)
    assert there.zones["HALL"].area == "ED"
    assert there.doors["HALL", "WARD", "lift"].seconds == 45
    assert there.gateways["ac233fc00001"].zone == "HALL"
    assert (there.assets["P-1"].home, there.assets["P-1"].state) == ("", "dirty")
    assert there.staff["S1"].roles == ("nurse", "porter")
    assert (there.staff["S1"].username, there.staff["S1"].badge) == ("ada.l", "B2")
    assert there.patients["4001"].birth_date is None
    grown = histories() - before
    assert grown == {
        "Building": 1, "Floor": 1, "Zone": 2, "Door": 1, "Gateway": 1, "AssetKind": 1,
        "Asset": 1, "Staff": 1, "Actor": 1,
    }  # fmt: skip
    newest = Asset.history.get(history_type="~")
    assert newest.history_user.kind == Actor.Kind.CONSOLE
    assert newest.history_change_reason.startswith("import_hospital ")
