"""A hospital as CSV: what is read, what is refused and why, and what is written is read back so."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hims.wire.hospital import ABSENT, KindRow, PatientRow, Reject, ZoneRow, write
from tests.hims.hospital.a_small_hospital import SMALL, TODAY, small, taken, with_row


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
