from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from hims.action import OutsideGate, stream
from hims.models import AuditEntry
from hims.queries.actors import clock
from tests import given
from tracking.actions import positions
from tracking.actions.positions import GatewayState, Moved, Placed, Strange, TagState, Written
from tracking.models import (
    GatewayHealth,
    OpenStay,
    Position,
    Stay,
    TagHealth,
    UnknownTransmitter,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def write(house):
    with stream("positions.follow", actor=clock(), now=NOW, configuration={}) as run:
        yield run


def placed(house, zone="ST", number="P-1", **other):
    row = house.zones[zone] if zone else None
    values = {
        "bearer": house.assets[number].pk,
        "zone": row and row.pk,
        "floor": row and row.floor_id,
        "level": "zone" if zone else "unknown",
        "probability": 0.9,
        "x": 20.0,
        "y": 3.0,
        "candidates": [[row.pk, 0.9]] if zone else [],
        "evidence": [{"kind": "radio", "gateway": "Gateway store", "rssi": -60}],
        "source": "radio",
        "since": NOW,
        "heard_at": None,
    }
    return Placed(**values | other)


def keep(write, *rows, moves=(), **other):
    written = Written(
        positions={"asset": {row.bearer: row for row in rows}},
        moves={"asset": list(moves)},
        **other,
    )
    write(positions.keep, now=NOW, written=written)


def move(house, zone, at, left_at=None, number="P-1"):
    key = house.zones[zone].pk if zone else None
    return Moved(house.assets[number].pk, left_at or at, key, at, 0.9, "radio")


def minutes(number):
    return NOW + timedelta(minutes=number)


def test_nothing_is_written_outside_the_gate(house):
    with pytest.raises(OutsideGate):
        positions.keep(now=NOW, written=Written())


def test_a_position_is_one_row_however_often_it_changes(house, write):
    keep(write, placed(house), placed(house, "ED-1", "P-2"))
    keep(write, placed(house, "ED-1", heard_at=minutes(1)))
    row = Position.objects.get(asset=house.assets["P-1"])
    assert (row.zone, row.floor.code, row.level) == (house.zones["ED-1"], "G", "zone")
    assert row.heard_at == minutes(1)
    assert row.candidates == [[house.zones["ED-1"].pk, 0.9]]
    assert row.evidence[0]["rssi"] == -60
    assert Position.objects.count() == 2


def test_a_zone_that_is_gone_makes_the_answer_unknown_and_spoils_no_other(house, write):
    gone = placed(house)
    gone.zone = 10**9
    keep(write, gone, placed(house, "ED-1", "P-2"))
    assert Position.objects.get(asset=house.assets["P-1"]).level == "unknown"
    assert Position.objects.get(asset=house.assets["P-2"]).level == "zone"


def test_a_bearer_that_is_gone_is_left_out(house, write):
    row = placed(house)
    row.bearer = 10**9
    keep(write, row, placed(house, "ED-1", "P-2"))
    assert Position.objects.count() == 1


def test_a_move_ends_one_stay_and_begins_the_next(house, write):
    keep(write, moves=[move(house, "ST", minutes(0))])
    first = OpenStay.objects.get()
    keep(write, moves=[move(house, "ED-1", minutes(9), left_at=minutes(7))])
    ended = Stay.objects.get()
    assert (ended.id, ended.zone_id) == (first.pk, house.zones["ST"].pk)
    assert (ended.started_at, ended.ended_at) == (minutes(0), minutes(7))
    begun = OpenStay.objects.get()
    assert (begun.zone, begun.started_at) == (house.zones["ED-1"], minutes(9))


def test_a_move_to_nowhere_leaves_no_open_stay(house, write):
    keep(write, moves=[move(house, "ST", minutes(0))])
    keep(write, moves=[move(house, None, minutes(5))])
    assert Stay.objects.count() == 1
    assert not OpenStay.objects.exists()


def test_two_moves_of_one_bearer_in_one_batch_are_two_stays_in_order(house, write):
    moves = [move(house, zone, minutes(n)) for n, zone in enumerate(["ST", "COR", "ED-1"])]
    keep(write, moves=moves)
    assert [s.zone_id for s in Stay.objects.order_by("started_at")] == [
        house.zones["ST"].pk,
        house.zones["COR"].pk,
    ]
    assert OpenStay.objects.get().zone == house.zones["ED-1"]


def test_a_stay_never_ends_before_its_start(house, write):
    keep(write, moves=[move(house, "ST", minutes(5))])
    keep(write, moves=[move(house, "ED-1", minutes(6), left_at=minutes(1))])
    assert Stay.objects.get().ended_at == minutes(5)


def test_a_step_of_the_stream_costs_a_statement_a_table(
    house, write, django_assert_max_num_queries
):
    rows = [placed(house, "ST", number) for number in ("P-1", "P-2", "P-3")]
    moves = [move(house, "ST", minutes(0), number=number) for number in ("P-1", "P-2", "P-3")]
    told = {"position": {"x": {"bearer": "asset", "id": "x"}}}
    with django_assert_max_num_queries(6):  # savepoint, place, leave, enter, tell, release
        keep(write, *rows, moves=moves, told=told)


def test_the_stream_is_one_entry_in_the_trail(house, write):
    before = AuditEntry.objects.count()
    keep(write, placed(house))
    keep(write, placed(house, "ED-1"))
    assert AuditEntry.objects.count() == before
    assert AuditEntry.objects.filter(action="positions.follow").count() == 1


def test_the_health_of_gateways_and_tags_is_added_up(house, write):
    gateway, tag = house.gateways["ac233f000001"].pk, house.tag("C3:00:00:00:00:01").pk
    for n in range(2):
        write(
            positions.note_health,
            now=NOW,
            gateways=[GatewayState(gateway, minutes(n), 10, 0.5, False, 0.1 if n == 0 else None)],
            tags=[TagState(tag, 80 - n, minutes(n))],
        )
    health = GatewayHealth.objects.get()
    assert (health.readings, health.last_heard_at, health.load) == (20, minutes(1), 0.1)
    assert TagHealth.objects.get().battery_percent == 79


def test_strangers_are_counted_and_the_loudest_gateway_named(house, write):
    bay, store = (house.gateways[f"ac233f00000{n}"].pk for n in (1, 2))
    for strange in (
        Strange("tag", "aa0000000001", 3, minutes(0), -70.0, bay),
        Strange("tag", "aa0000000001", 2, minutes(1), -50.0, store),
        Strange("tag", "aa0000000001", 1, minutes(2), -90.0, bay),
    ):
        write(positions.note_health, now=NOW, strangers=[strange])
    row = UnknownTransmitter.objects.get()
    assert (row.count, row.strongest_rssi, row.strongest_gateway_id) == (6, -50.0, store)
    assert (row.first_heard_at, row.last_heard_at) == (minutes(0), minutes(2))


def test_a_stranger_that_was_adopted_meanwhile_is_not_listed_again(house, write):
    known = [
        Strange("tag", "c30000000001", 1, NOW, -60.0, None),
        Strange("gateway", "ac233f000001", 1, NOW, None, None),
    ]
    write(positions.note_health, now=NOW, strangers=known)
    assert not UnknownTransmitter.objects.exists()


def test_passers_by_do_not_fill_the_table(house, write, monkeypatch):
    monkeypatch.setattr(positions, "MOST_STRANGERS", 3)
    strangers = [Strange("tag", f"street-{n}", 1, minutes(n)) for n in range(5)]
    write(positions.note_health, now=NOW, strangers=strangers)
    assert set(UnknownTransmitter.objects.values_list("address", flat=True)) == {
        "street-2",
        "street-3",
        "street-4",
    }


def test_the_months_to_come_have_their_partitions(house):
    made = positions.prepare_months(actor=clock(), now=datetime(2030, 11, 22, tzinfo=UTC))
    assert made == ["tracking_stay_2030_11", "tracking_stay_2030_12", "tracking_stay_2031_01"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('tracking_stay_2031_01') IS NOT NULL")
        assert cursor.fetchone()[0]
