"""A hospital goes from its files into the database, changes there, and comes out unchanged."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hims.hospital.stored import stored
from hims.models import Actor, AuditEntry, Building, Door, Floor, Staff, Zone
from inventory.models import Asset, AssetKind
from tests.hims.hospital.a_small_hospital import FIXTURES, SMALL, with_row
from tracking.models import Gateway, Tag, TagAssignment, UnknownTransmitter

pytestmark = pytest.mark.django_db


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


def test_one_bad_row_means_that_nothing_is_imported(folder, capsys):
    bad = with_row("assets", "P-3,pump,Pump 3,,NOPE,,,")
    with pytest.raises(CommandError, match="Nothing was imported: 1 fault"):
        call_command("import_hospital", str(folder(bad)))
    assert "assets.csv line 4: home 'NOPE' is not known" in capsys.readouterr().err
    assert not Building.objects.exists()


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


def test_a_dry_run_says_what_would_change_and_changes_nothing(folder, capsys):
    call_command("import_hospital", str(folder()), dry_run=True)
    assert "Would import 1 new building, 2 new floors, 4 new zones" in capsys.readouterr().out
    assert not Building.objects.exists()


def test_nobody_elses_account_is_taken_over(folder):
    Actor.objects.create(username="ada", name="A machine", kind=Actor.Kind.DEVICE)
    with pytest.raises(CommandError, match="belongs to somebody else"):
        call_command("import_hospital", str(folder()))
    assert not Building.objects.exists()


def test_a_recording_imports_beside_a_hospital_that_is_there(recordings):
    call_command("import_hospital", str(FIXTURES))
    zones = Zone.objects.count()
    call_command("import_hospital", str(recordings / "ble" / "office"))
    assert Zone.objects.count() == zones + 6
    assert set(Building.objects.values_list("code", flat=True)) == {"MAIN", "office"}


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
