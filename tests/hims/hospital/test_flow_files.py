"""Departments and bed spaces in a hospital folder: taken, exported again, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from hims.hospital.stored import stored, words
from hims.models import BedSpace, Department
from hims.wire.hospital import read, write
from tests import given
from tracking.wire.addresses import normalise

DEPARTMENTS = "department,name,kind,area,active\nED,Emergency,emergency,ED,yes\n"
SPACES = """\
bed_space,name,department,zone,kind,capabilities,active
ED-1-A,Bay one A,ED,ED-1,trolley,monitor bariatric,yes
ED-1-B,,ED,ED-1,chair,,yes
ED-H,Hallway,ED,COR,hallway,,no
"""
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


def judged(departments: str = DEPARTMENTS, spaces: str = SPACES):
    """The rows and the reasons of a folder beside what is stored."""
    return read(
        {"departments.csv": departments.encode(), "bed_spaces.csv": spaces.encode()},
        folder="given",
        known=stored(),
        words=words(),
        address=normalise,
        today=date(2026, 3, 2),
    )


@pytest.mark.django_db
def test_departments_and_bed_spaces_come_in_go_out_and_come_in_unchanged():
    house = given.hospital()
    given.imported({"departments.csv": DEPARTMENTS, "bed_spaces.csv": SPACES}, house.now)
    first = BedSpace.objects.get(code="ED-1-A")
    assert first.department == Department.objects.get(code="ED", area=house.zones["ED"])
    assert (first.zone, first.kind) == (house.zones["ED-1"], BedSpace.Kind.TROLLEY)
    assert first.capabilities == ["bariatric", "monitor"]
    assert first.state == BedSpace.State.UNKNOWN, "nobody has said yet that it is ready"
    assert BedSpace.objects.get(code="ED-1-B").name == "ED-1-B"
    assert not BedSpace.objects.get(code="ED-H").active

    files = write(stored())
    rows, rejects = judged(files["departments.csv"].decode(), files["bed_spaces.csv"].decode())
    assert not rejects
    assert rows.departments == stored().departments
    assert rows.bed_spaces == stored().bed_spaces

    BedSpace.objects.filter(code="ED-1-A").update(state=BedSpace.State.DIRTY)
    given.imported({"bed_spaces.csv": "bed_space,capabilities\nED-1-A,isolation\n"}, house.now)
    first.refresh_from_db()
    assert first.capabilities == ["isolation"]
    assert (first.state, first.name) == (BedSpace.State.DIRTY, "Bay one A"), "a file says no more"


@pytest.mark.django_db
def test_what_cannot_be_a_department_or_a_bed_space_is_refused_by_line():
    given.hospital()
    bad = [
        ("departments", "X,X,bakery,ED,yes", "kind 'bakery' is not one of"),
        ("departments", "X,X,inpatient,,yes", "area is not given"),
        ("departments", "X,X,inpatient,NOPE,yes", "area 'NOPE' is not known"),
        ("departments", "X,X,inpatient,ED,yes", "is used twice"),
        ("spaces", "X,X,NOPE,ED-1,bed,,yes", "department 'NOPE' is not known"),
        ("spaces", "X,X,ED,NOPE,bed,,yes", "zone 'NOPE' is not known"),
        ("spaces", "X,X,ED,ED-1,hammock,,yes", "kind 'hammock' is not one of"),
        ("spaces", "X,X,ED,ED-1,bed,cosy,yes", "capability 'cosy' is not one of"),
        ("spaces", "ED-1-A,X,ED,ED-1,bed,,yes", "stands here twice"),
    ]
    for sheet, line, why in bad:
        asked = {sheet: (DEPARTMENTS if sheet == "departments" else SPACES) + line + "\n"}
        reasons = [reject.reason for reject in judged(**asked)[1]]
        assert [why in reason for reason in reasons] == [True], (line, reasons)


@pytest.mark.django_db
def test_the_demonstration_hospital_has_an_emergency_department_that_holds_together():
    contents = {path.name: path.read_bytes() for path in FIXTURES.glob("*.csv")}
    wanted = ("buildings", "floors", "zones", "departments", "bed_spaces")
    rows, rejects = read(
        {f"{name}.csv": contents[f"{name}.csv"] for name in wanted},
        folder="fixtures",
        known=stored(),
        words=words(),
        address=normalise,
        today=date(2026, 3, 2),
    )
    assert not rejects
    ed = [space for space in rows.bed_spaces.values() if space.department == "ED"]
    assert sum(space.active for space in ed) == 2 + 14 + 1 + 6
    assert sum(space.kind == "hallway" and not space.active for space in ed) == 4
    isolation = rows.bed_spaces["ED-ISO"]
    assert {"isolation", "negative_pressure"} <= set(isolation.capabilities)
    areas = {one.department: one.area for one in rows.departments.values()}
    for space in rows.bed_spaces.values():
        assert rows.zones[space.zone].area == areas[space.department], space.bed_space
