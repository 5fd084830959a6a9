"""What if: the command, on what the spool holds."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hims.models import AuditEntry
from tests import given
from tests.tracking.on_the_radio import BAY, STORE, heard, stream
from tracking.actions.sightings import found_here
from tracking.models import Position, Stay

pytestmark = pytest.mark.django_db
PUMP = "C3:00:00:00:00:01"


@pytest.fixture
def house(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    house = given.hospital()
    house.now = timezone.now()
    return house


@pytest.fixture
def walked(house):
    """Two minutes in the bay, where a porter found it, and two in the store."""
    rows = stream(house, house.now, PUMP, BAY, 240, 120) + stream(
        house, house.now, PUMP, STORE, 120
    )
    heard(house, house.now, *rows)
    found_here(
        actor=house.porter,
        now=house.now - timedelta(seconds=150),
        asset=house.assets["P-1"],
        zone=house.zones["ED-1"],
    )
    return house


def as_in_use(tmp_path):
    """A file that changes nothing."""
    file = tmp_path / "in-use.toml"
    file.write_text("# nothing\n")
    return file


def test_what_differs_and_what_people_said_is_printed_and_nothing_is_changed(
    walked, tmp_path, capsys
):
    call_command("compare", as_in_use(tmp_path))
    said = capsys.readouterr().out
    lines = {line[:30].strip(): line[30:].split() for line in said.splitlines() if line[:1].strip()}
    assert lines["minutes of traffic"] == ["4.0", "4.0"]
    first, second = lines["changes of room"]
    assert first == second != "0"
    assert lines["right where people scanned"] == ["1", "of", "1", "1", "of", "1"]
    assert "the same answer: 100.0 %" in said
    assert not Position.objects.exists()
    assert not Stay.objects.exists()
    assert AuditEntry.objects.get(action="spool.take_out").reason == "comparison of parameters"


def test_a_span_is_compared_alone(walked, tmp_path, capsys):
    since = (walked.now - timedelta(seconds=61)).isoformat()
    call_command("compare", as_in_use(tmp_path), "--from", since)
    said = capsys.readouterr().out
    assert "minutes of traffic                           1.0" in said
    assert "right where people scanned                   n/a" in said


def test_nothing_heard_is_no_comparison(house, tmp_path):
    heard(house, house.now, (5, PUMP, STORE, -50))
    with pytest.raises(CommandError, match="Too little was heard"):
        call_command("compare", as_in_use(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Name one or two files, or --set"),
        (["a.toml", "b.toml", "c.toml"], "Name one or two files"),
        (["missing.toml"], "missing.toml cannot be read"),
        (["--set", "nonsense"], "--set nonsense is not NAME=VALUE"),
        (["--set", "a="], "--set a= is not NAME=VALUE"),
        (["--set", "a=1"], "There is no parameter a; there are"),
    ],
)
def test_what_cannot_be_compared_is_said(house, arguments, reason):
    with pytest.raises(CommandError, match=reason):
        call_command("compare", *arguments)
