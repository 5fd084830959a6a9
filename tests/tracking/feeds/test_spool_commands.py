"""Raw readings taken out of the spool: as a file, and through the door again."""

import csv
import gzip
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hims.models import AuditEntry
from tests import given
from tests.tracking.on_the_radio import BAY, STORE, heard
from tracking.feeds.replay import recorded

pytestmark = pytest.mark.django_db
PUMP, OTHER = "C3:00:00:00:00:01", "C3:00:00:00:00:02"


@pytest.fixture
def house(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    house = given.hospital()
    house.now = timezone.now()
    heard(house, house.now, (900, PUMP, BAY, -60.5), (300, OTHER, BAY, -71), (60, PUMP, STORE, -55))
    return house


def test_what_is_kept_is_said(house, settings, capsys):
    call_command("spool")
    assert "MB in 3 files, from" in capsys.readouterr().out
    settings.HIMS_VAR = settings.HIMS_VAR / "elsewhere"
    call_command("spool")
    assert "No raw readings are kept: nothing was heard yet." in capsys.readouterr().out


def test_an_export_is_a_recording_that_replay_takes(house, tmp_path, capsys):
    file = tmp_path / "taken.csv.gz"
    call_command("spool", "export", file)
    assert "3 readings in" in capsys.readouterr().out
    assert file.stat().st_mode & 0o777 == 0o600
    with gzip.open(file, "rt") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["tag"], row["gateway"], row["rssi"]) for row in rows] == [
        ("c30000000001", "ac233f000001", "-60.5"),
        ("c30000000002", "ac233f000001", "-71"),
        ("c30000000001", "ac233f000002", "-55"),
    ]
    assert float(rows[2]["at"]) == pytest.approx(house.now.timestamp() - 60, abs=0.002)
    assert [one.reading["rssi"] for one in recorded(file)] == [-60.5, -71.0, -55.0]
    with pytest.raises(CommandError, match="is there already"):
        call_command("spool", "export", file)


def test_a_time_and_a_tag_narrow_what_is_taken_and_the_trail_says_so(house, tmp_path, capsys):
    file = tmp_path / "taken.csv"
    since = (house.now - timedelta(minutes=10)).isoformat()
    call_command("spool", "export", file, "--from", since, "--tag", PUMP)
    assert "1 readings in" in capsys.readouterr().out
    entry = AuditEntry.objects.get(action="spool.take_out")
    assert entry.objects_named == [f"tag:{house.tag(PUMP).uid}"]
    assert entry.reason == "export of raw readings"
    assert entry.actor.kind == "console"


def test_the_spool_is_played_through_the_door(house, door, capsys):
    call_command("replay", "--spool", "--url", door.url, "--speed", "max", "--tag", PUMP)
    assert "2 rows in 1 posts: 2 accepted, 0 refused" in capsys.readouterr().out
    ((path, rows),) = door.got
    assert path == "/api/readings/"
    assert [(row["tag"], row["rssi"]) for row in rows] == [
        ("c30000000001", -60.5),
        ("c30000000001", -55.0),
    ]
    assert AuditEntry.objects.filter(action="spool.take_out").count() == 1


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["spool", "export"], "Name the file"),
        (["spool", "export", "x.csv", "--tag", "C3:99"], "There is no tag C3:99"),
        (["spool", "export", "x.csv", "--from", "soon"], "'soon' is no time"),
        (["spool", "export", "x.csv", "--from", "2099-01-01T00:00"], "--to lies before --from"),
        (["replay"], "Name a file, or --spool"),
        (["replay", "x.csv", "--spool"], "Name a file, or --spool"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_in_the_trail(
    house, tmp_path, monkeypatch, command, reason
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=reason):
        call_command(*command)
    assert not AuditEntry.objects.filter(action="spool.take_out").exists()
    assert not (tmp_path / "x.csv").exists()


def test_nothing_kept_and_a_foreign_file_are_sentences(house, settings, tmp_path):
    (tmp_path / "spool" / "000000000000001.readings").write_bytes(b"somebody else wrote this down")
    with pytest.raises(CommandError, match=r"001\.readings cannot be read: it is no"):
        call_command("spool", "export", tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()
    settings.HIMS_VAR = tmp_path / "elsewhere"
    with pytest.raises(CommandError, match="No raw readings are kept"):
        call_command("spool", "export", tmp_path / "y.csv")
