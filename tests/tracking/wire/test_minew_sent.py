"""What the simulated gateways send is what our own Minew door reads."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tracking.wire import adverts, minew, minew_sent
from tracking.wire.addresses import normalise

AT = datetime(2026, 3, 2, 9, 30, 15, 250_000, UTC)
macs = st.integers(0, 2**48 - 1).map(lambda number: f"{number:012x}")


@given(macs, st.lists(st.tuples(macs, st.integers(-120, 0), st.integers(0, 100)), max_size=30))
def test_every_reading_arrives_with_its_tag_power_and_time(gateway, heard):
    post = minew.decode(minew_sent.post(gateway, heard, at=AT, load=0.07))
    assert post.batch.rejected == []
    assert normalise(post.gateway) == gateway
    assert post.load == 0.07
    assert [normalise(tag) for tag in post.batch.tags] == [tag for tag, _, _ in heard]
    assert post.batch.rssi.tolist() == [rssi for _, rssi, _ in heard]
    assert set(post.batch.at.tolist()) <= {AT.timestamp()}


@given(macs, st.integers(0, 100))
def test_a_raw_frame_carries_battery_and_address(mac, battery):
    said = adverts.decode(minew_sent.raw_frame(mac, battery))
    assert said.battery_percent == battery
    assert normalise(said.address) == mac


def test_batteries_are_said_by_the_tags_that_can():
    heard = [(f"ac233fa0200{digit}", -60, 80) for digit in range(3)]
    post = minew.decode(minew_sent.post("ac233fc01001", heard, at=AT))
    assert sorted(post.batteries.values()) == [80, 80]


def test_an_address_that_is_no_mac_is_sent_as_it_is():
    (_, row) = json.loads(minew_sent.post("gw", [("badge 7", -60, 80)], at=AT))
    assert row["mac"] == "BADGE 7"
    assert "rawData" not in row
