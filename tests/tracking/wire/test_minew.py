import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.wire import adverts, minew
from tracking.wire.readings import Malformed, TooLarge

# The example of the vendor's own guide, G1 gateway.
POST = [
    {"timestamp": "2019-08-01T05:54:25Z", "type": "Gateway", "mac": "AC233FC001EA",
     "gatewayFree": 98, "gatewayLoad": 0.05},
    {"timestamp": "2019-08-01T05:54:25Z", "type": "Unknown", "mac": "AC233FA03208", "bleName": "",
     "rssi": -79, "rawData": "0201060303E1FF0D16E1FFA10264000832A03F23AC"},
    {"timestamp": "2019-08-01T05:54:25Z", "type": "S1", "mac": "AC233FA00001", "rssi": -54,
     "battery": 99, "temperature": 26.69, "humidity": 65.14},
]  # fmt: skip


def decode(rows):
    return minew.decode(json.dumps(rows).encode())


def test_a_post_of_a_g1_is_read_whole():
    post = decode(POST)
    assert post.gateway == post.batch.gateways == "AC233FC001EA"
    assert (post.load, post.free) == (0.05, 98)
    assert post.batch.tags == ["AC233FA03208", "AC233FA00001"]
    assert post.batch.rssi.tolist() == [-79.0, -54.0]
    assert post.batch.at.tolist() == [1_564_638_865.0] * 2
    assert post.batch.index.tolist() == [1, 2]
    assert post.batch.rejected == []


def test_the_battery_is_read_from_frame_or_field():
    assert decode(POST).batteries == {"AC233FA03208": 100, "AC233FA00001": 99}


def test_an_mg3_writes_milliseconds():
    rows = [POST[0], {**POST[1], "timestamp": 1_564_638_865_123}]
    assert decode(rows).batch.at.tolist() == [1_564_638_865.123]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"rssi": "-79"}, "rssi is not a number"),
        ({"mac": 123}, "mac is not a text"),
        ({"mac": None}, "mac is missing"),
        ({"timestamp": "soon"}, "at is not a time (ISO 8601 or seconds since 1970)"),
    ],
)
def test_a_malformed_row_is_skipped_with_its_reason(fault, reason):
    post = decode([POST[0], {**POST[1], **fault}, POST[2]])
    assert post.batch.rejected == [(1, reason)]
    assert post.batch.tags == ["AC233FA00001"]


def test_a_post_without_a_gateway_row_leaves_the_gateway_open():
    assert decode(POST[1:]).batch.gateways == ""


@pytest.mark.parametrize("rows", [{}, {"mac": "A"}, 5, "x", None])
def test_what_is_no_array_is_refused(rows):
    with pytest.raises(Malformed):
        decode(rows)


def test_more_rows_than_a_request_may_carry_are_refused():
    with pytest.raises(TooLarge):
        decode([POST[0]] + [POST[1]] * 10_001)


def test_the_frame_names_its_own_tag():
    advert = adverts.decode("0201060303E1FF1016E1FFA101641C8A2F510832A03F23AC")
    assert advert == adverts.Advert("ac233fa03208", 100)


@given(st.binary(max_size=64))
def test_any_frame_is_read_or_passed_over(frame):
    advert = adverts.decode(frame.hex())
    assert advert.battery_percent is None or 0 <= advert.battery_percent <= 100


@given(st.text(max_size=40))
def test_a_frame_that_is_no_hexadecimal_is_passed_over(text):
    assert adverts.decode(text) == adverts.Advert() or text


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(st.sampled_from([*POST[0], *POST[1], *POST[2]]), ANY), max_size=5))
def test_rows_of_anything_are_taken_named_or_the_gateways(rows):
    post = decode(rows)
    named = {*post.batch.index.tolist(), *(index for index, _ in post.batch.rejected)}
    gateways = {i for i, row in enumerate(rows) if row.get("type") == "Gateway"}
    assert named | gateways == set(range(len(rows)))
