"""Recordings are read, brought to now and played through the door, and what it says is counted."""

import gzip
import json
import time

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hims.queries.actors import console
from inventory.models import Asset
from tests import given
from tracking.actions.recordings import follow_tags
from tracking.feeds.replay import Replay, Unplayable, recorded
from tracking.models import Tag, TagAssignment, UnknownTransmitter

CSV = "at,tag,gateway,rssi\n1581249601.4,walk,B8:27,-87\n1581249601.9,walk,B8:28,-77.5\n"
MINEW = [
    {"timestamp": "2019-08-01T05:54:25Z", "type": "Gateway", "mac": "AC233FC001EA"},
    {"timestamp": "2019-08-01T05:54:26Z", "type": "S1", "mac": "AC233FA00001", "rssi": -54},
]


def written(tmp_path, text, name="readings.csv"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def play(door, path, speed=None):
    return Replay(door.url, "a-key", speed, lambda tally: None).play(recorded(path))


@pytest.mark.parametrize("name", ["readings.csv", "readings.csv.gz"])
def test_a_table_is_read_plain_or_packed(tmp_path, name):
    first, second = recorded(written(tmp_path, CSV, name))
    assert (first.at, first.reading) == (
        1581249601.4,
        {"tag": "walk", "gateway": "B8:27", "rssi": -87.0},
    )
    assert second.at == 1581249601.9


def test_lines_of_readings_bodies_and_gateway_posts_are_read(tmp_path):
    row = {"tag": "T", "gateway": "G", "rssi": -60, "at": 100}
    lines = [row, {"readings": [row, row | {"at": "1970-01-01T00:02:00Z"}]}, MINEW]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)), "day.jsonl")
    found = list(recorded(path))
    assert [one.at for one in found] == [100, 100, 120, 1564638865.0]
    assert found[-1].post == MINEW


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("at,tag,rssi\n1,T,-60\n", "r.csv", "the header lacks gateway"),
        ("at,tag,gateway,rssi\nsoon,T,G,-60\n", "r.csv", "line 2: at is not a time"),
        ("at,tag,gateway,rssi\n,T,G,-60\n", "r.csv", "line 2 has no time"),
        ("", "r.csv", "the header lacks at, gateway, rssi, tag"),
        ("{]", "r.jsonl", "line 1 is not JSON"),
        ('{"readings":[5]}', "r.jsonl", "line 1 does not hold readings"),
    ],
)
def test_a_file_that_cannot_be_played_is_named(tmp_path, text, name, reason):
    with pytest.raises(Unplayable, match=reason):
        list(recorded(written(tmp_path, text, name)))


def test_broken_gzip_is_named(tmp_path):
    path = tmp_path / "r.csv.gz"
    path.write_bytes(gzip.compress((CSV + CSV.partition("\n")[2] * 50).encode())[:-20])
    with pytest.raises(Unplayable, match="cannot be read"):
        list(recorded(path))


def test_times_are_shifted_to_now_and_kept_apart(tmp_path, door):
    before = time.time()
    tally = play(door, written(tmp_path, CSV), speed=1.0)
    assert (tally.rows, tally.accepted) == (2, 2)
    times = [row["at"] for _, rows in door.got for row in rows]
    assert times[1] - times[0] == pytest.approx(0.5, abs=0.01)
    assert before - 0.001 <= times[0] <= time.time()  # sent in whole milliseconds
    assert all(path == "/api/readings/" for path, _ in door.got)


def test_as_fast_as_possible_goes_in_large_posts(tmp_path, door):
    lines = "".join(f"{n},T,G,-60\n" for n in range(1, 2_502))
    tally = play(door, written(tmp_path, "at,tag,gateway,rssi\n" + lines))
    assert [len(rows) for _, rows in door.got] == [1000, 1000, 501]
    assert tally.accepted == 2501


def test_a_gateways_posts_go_through_its_own_door_with_times_of_now(tmp_path, door):
    tally = play(door, written(tmp_path, json.dumps(MINEW), "m.jsonl"), speed=1.0)
    ((path, rows),) = door.got
    assert path == "/api/gateways/minew/"
    assert rows[1]["timestamp"] / 1000 == pytest.approx(time.time() + 1, abs=2)
    assert (tally.rows, tally.accepted) == (1, 1)


def test_what_is_refused_is_counted_by_reason(tmp_path, door):
    tally = play(door, written(tmp_path, CSV.replace("-77.5", "loud")))
    assert tally.accepted == 1
    assert tally.refused == {"rssi is not a number": 1}


def test_a_server_that_is_busy_is_asked_again_and_nothing_is_lost(tmp_path, door):
    door.refuse = [(503, {"detail": "busy"})] * 2
    assert play(door, written(tmp_path, CSV)).accepted == 2


def test_a_server_that_says_no_ends_the_replay(tmp_path, door):
    door.refuse = [(401, {"detail": "The key is unknown."})]
    with pytest.raises(Unplayable, match="the server answers 401: The key is unknown"):
        play(door, written(tmp_path, CSV))


@pytest.mark.django_db
def test_recorded_tags_get_assets_of_their_own_once():
    house = given.hospital()
    now = timezone.now()
    UnknownTransmitter.objects.create(
        kind="tag", address="walk", first_heard_at=now, last_heard_at=now
    )
    for _ in range(2):
        follow_tags(actor=console(), now=now, addresses=["walk", "C3:00:00:00:00:01"])
    assert TagAssignment.objects.get(tag__address="walk").asset == Asset.objects.get(
        number="REC-walk"
    )
    worn = TagAssignment.objects.get(tag=house.tag("C3:00:00:00:00:01"))
    assert worn.asset == house.assets["P-1"]
    assert not UnknownTransmitter.objects.exists()
    assert Tag.objects.filter(address="walk").count() == 1


@pytest.mark.django_db
def test_the_command_counts_and_says_what_to_do(tmp_path, door, capsys):
    path = written(tmp_path, CSV.replace("-77.5", "loud"))
    call_command("replay", path, "--url", door.url, "--speed", "max")
    said = capsys.readouterr().out
    assert "2 rows in 1 posts: 1 accepted, 1 refused" in said
    assert "1 × rssi is not a number" in said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["missing.csv"], "There is no file missing.csv"),
        (["--speed", "0"], "The speed is a number from 0.01 to 1000, or max"),
        (["--speed", "fast"], "The speed is a number"),
        (["--url", "ftp://here"], "Ftp://here is not an address"),
    ],
)
def test_the_command_says_what_it_cannot_do(tmp_path, arguments, reason):
    file = [] if arguments[0].endswith(".csv") else [str(written(tmp_path, CSV))]
    with pytest.raises(CommandError, match=reason):
        call_command("replay", *file, *arguments, "--key", "k")
