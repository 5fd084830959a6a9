"""The engine as the process that it is, on a real socket and a real database."""

import signal
import socket
import time

import numpy as np
import pytest
from django.utils import timezone

from tests import given
from tests.programs import environment, program, until
from tracking.actions.scans import record_scan
from tracking.domain.readings import READING
from tracking.feeds.link import reachable, socket_path
from tracking.models import EngineStatus, GatewayHealth, OpenStay, Position, Stay
from tracking.models import UnknownTransmitter as Stranger
from tracking.queries import spool
from tracking.wire import frames

pytestmark = pytest.mark.django_db(transaction=True)


class Radio:
    """What a door would send to the engine."""

    def __init__(self, house) -> None:
        self.gateway = {g.zone.code: g.pk for g in house.gateways.values()}
        self.house = house
        self.sent = 0
        self.socket = None

    def frame(self, zone: str, tags: list[str], digest: bytes = frames.NO_DIGEST) -> bytes:
        now = time.time()
        heard = np.array(
            [(self.house.tag(tag).pk, self.gateway[zone], -50.0, now) for tag in tags], READING
        )
        return frames.of_readings(heard, actor=1, arrived=now, digest=digest)

    def send(self, frame: bytes, readings: int = 1) -> None:
        if self.socket is None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(reachable(socket_path()))
        self.socket.sendall(frame)
        self.sent += readings

    def hear(self, zone: str, tags: list[str], seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            self.send(self.frame(zone, tags), len(tags))
            time.sleep(0.5)

    def hang_up(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def radio(house):
    radio = Radio(house)
    yield radio
    radio.hang_up()


PUMP = "C3:00:00:00:00:01"


def engine(tmp_path):
    return program(["manage.py", "engine"], tmp_path / "engine.log", environment())


def listening(tmp_path, since=None):
    """Wait until an engine that started after `since` has beaten."""
    beats = EngineStatus.objects.all()
    if since:
        beats = beats.filter(started_at__gt=since)
    until(beats.exists, log=tmp_path / "engine.log")


def position(house, number="P-1"):
    return Position.objects.filter(asset=house.assets[number]).select_related("zone").first()


def status():
    return EngineStatus.objects.get()


@pytest.mark.proof
def test_a_tag_is_found_counted_and_stays(house, radio, tmp_path):
    log = tmp_path / "engine.log"
    with engine(tmp_path) as running:
        listening(tmp_path)
        radio.hear("ST", [PUMP], 5)
        until(lambda: (row := position(house)) and row.zone == house.zones["ST"], log=log)
        row = position(house)
        assert (row.level, row.heard_at, row.source) == ("zone", None, "radio")
        assert row.evidence[0] == {"kind": "radio", "gateway": "Gateway store", "rssi": -50}
        until(lambda: OpenStay.objects.filter(zone=house.zones["ST"]).exists(), log=log)
        until(lambda: status().accepted == radio.sent, log=log)

        again = radio.frame("ST", [PUMP], digest=b"the same batch!!")
        for _ in range(10):
            radio.send(again, 0)
        until(lambda: status().repeated == 9, log=log)
        assert status().accepted == radio.sent + 1

        notes = frames.Notes(strangers=[frames.Stranger("tag", "aa0000000001", 4, -60.0, 0)])
        radio.send(frames.of_notes(notes, actor=1, arrived=time.time()), 0)
        until(lambda: Stranger.objects.filter(address="aa0000000001", count=4).exists(), log=log)
        until(lambda: GatewayHealth.objects.filter(readings__gt=0).exists(), log=log)

        # A scan in another room is believed at once, radio or not.
        record_scan(actor=house.porter, now=timezone.now(), code="P-5", zone=house.zones["OR1"])
        until(lambda: (row := position(house, "P-5")) and row.zone == house.zones["OR1"], log=log)
        row = position(house, "P-5")
        assert (row.source, row.heard_at is None) == ("sighting", False)

        with engine(tmp_path) as second:
            assert second.wait(20) == 2
        assert "another engine follows" in log.read_text().lower()

        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert not socket_path().exists()


@pytest.mark.proof
def test_killed_and_restarted_the_engine_takes_up_where_it_was(house, radio, tmp_path):
    log = tmp_path / "engine.log"
    tags = [PUMP, "C3:00:00:00:00:02"]
    with engine(tmp_path) as running:
        listening(tmp_path)
        radio.hear("ST", tags, 6)
        until(lambda: OpenStay.objects.filter(zone=house.zones["ST"]).count() == 2, log=log)
        running.kill()
        running.wait()
    radio.hang_up()
    stays = set(OpenStay.objects.values_list("pk", "started_at"))
    first = status()
    with engine(tmp_path):
        listening(tmp_path, since=first.started_at)
        assert position(house).zone == house.zones["ST"]
        radio.hear("ST", tags, 3)
        assert status().gaps == first.gaps + 1
        assert position(house).zone == house.zones["ST"]
        assert position(house).heard_at is None
        assert set(OpenStay.objects.values_list("pk", "started_at")) == stays
        assert not Stay.objects.exists()
        radio.hear("W1", [PUMP], 12)
        until(lambda: position(house).zone == house.zones["W1"], log=log)
        until(Stay.objects.exists, log=log)
        assert Stay.objects.get().ended_at >= Stay.objects.get().started_at
        # Who is not heard any more is said to be silent, since it was last heard.
        until(lambda: position(house, "P-2").heard_at is not None, 40, log=log)
        assert position(house, "P-2").zone == house.zones["ST"]


@pytest.mark.proof
def test_a_database_that_goes_away_loses_no_move(house, radio, tmp_path, as_application):
    log = tmp_path / "engine.log"
    with engine(tmp_path) as running:
        listening(tmp_path)
        radio.hear("ST", [PUMP], 3)
        ended = as_application.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user"
            " AND datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
        assert len(ended) == 2  # the one that writes and the one that listens
        radio.hear("ST", [PUMP], 6)
        until(lambda: OpenStay.objects.filter(zone=house.zones["ST"]).exists(), log=log)
        until(lambda: status().accepted == radio.sent, log=log)
        assert running.poll() is None


def test_what_the_engine_hears_is_kept_raw_for_a_while_but_not_of_staff(house, radio, tmp_path):
    begun = time.time()
    with engine(tmp_path):
        listening(tmp_path)
        radio.hear("ST", [PUMP, "C3:00:00:00:09:00", "C3:00:00:00:07:01"], 2)
        until(lambda: status().accepted == radio.sent, log=tmp_path / "engine.log")
    kept = np.concatenate([piece.readings for piece in spool.heard(begun, time.time() + 1)])
    heard = {house.tag(tag).pk for tag in (PUMP, "C3:00:00:00:07:01")}
    assert set(kept["tag"].tolist()) == heard
    assert set(kept["gateway"].tolist()) == {radio.gateway["ST"]}
    assert np.all(kept["rssi"] == -50.0)
    assert np.all((kept["at"] > begun) & (kept["at"] < time.time()))
