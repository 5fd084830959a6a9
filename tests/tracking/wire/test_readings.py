import gzip
import json
import math
import re
from contextlib import suppress

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.wire.readings import Malformed, TooLarge, decode, inflate, seconds

ROW = {"tag": "AC233FA03208", "gateway": "AC233FC001EA", "rssi": -67, "at": 1_764_000_000}


def rows(*readings, **more):
    return decode(json.dumps({"readings": readings, **more}).encode(), packed=False)


def columns(**named):
    return decode(json.dumps(named).encode(), packed=False)


def test_rows_become_columns_in_order():
    batch = rows(ROW, {**ROW, "tag": "B", "rssi": -70.5, "at": "2025-11-24T17:00:00+01:00"})
    assert batch.tags == ["AC233FA03208", "B"]
    assert batch.gateways == ["AC233FC001EA", "AC233FC001EA"]
    assert batch.rssi.tolist() == [-67.0, -70.5]
    assert batch.at.tolist() == [1_764_000_000.0, 1_764_000_000.0]
    assert batch.rejected == []


def test_json_and_messagepack_say_the_same():
    body = {"gateway": "G", "tag": ["A", "B"], "rssi": [-60, -61], "at": 1_764_000_000_000}
    plain = decode(json.dumps(body).encode(), packed=False)
    packed = decode(msgspec.msgpack.encode(body), packed=True)
    for batch in (plain, packed):
        assert (batch.tags, batch.gateways) == (["A", "B"], "G")
        assert batch.at.tolist() == [1_764_000_000.0] * 2


def test_milliseconds_and_seconds_are_told_apart_row_by_row():
    batch = columns(gateway="G", tag=["A", "B"], rssi=[-60, -61], at=[1764000000, 1764000000500])
    assert batch.at.tolist() == [1_764_000_000.0, 1_764_000_000.5]


def test_a_reading_without_time_is_of_its_arrival():
    batch = rows({"tag": "A", "gateway": "G", "rssi": -60})
    assert math.isnan(batch.at[0])
    assert not batch.timed
    assert rows(ROW).timed


def test_gateway_may_be_a_column_or_left_out():
    assert columns(gateway=["G", "H"], tag=["A", "B"], rssi=[-1, -2]).gateways == ["G", "H"]
    assert columns(tag=["A"], rssi=[-60]).gateways == ""
    assert rows({"tag": "A", "rssi": -60}).gateways == [""]
    assert rows({"tag": "A", "rssi": -60}, gateway="G").gateways == ["G"]


BAD = [
    ({"tag": 17}, "tag is not a text"),
    ({"tag": None}, "tag is missing"),
    ({"rssi": "-67"}, "rssi is not a number"),
    ({"rssi": True}, "rssi is not a number"),
    ({"rssi": None}, "rssi is not a number"),
    ({"rssi": 20}, "rssi 20 is not a received power (-127 to +10 dBm)"),
    ({"rssi": -300}, "rssi -300 is not a received power (-127 to +10 dBm)"),
    ({"rssi": 10**400}, "rssi so large is not a received power (-127 to +10 dBm)"),
    ({"rssi": float("nan")}, "rssi is not a number"),
    ({"gateway": 3}, "gateway is not a text"),
    ({"at": "yesterday"}, "at is not a time (ISO 8601 or seconds since 1970)"),
    ({"at": "2025-11-24T17:00:00"}, "at has no offset from UTC"),
    ({"at": -5}, "at is not a time between 1970 and 3000"),
    ({"at": 1e300}, "at is not a time between 1970 and 3000"),
    ({"at": [1]}, "at is not a time (ISO 8601 or seconds since 1970)"),
]


@pytest.mark.parametrize(("fault", "reason"), BAD)
def test_a_bad_row_is_named_and_spoils_no_other(fault, reason):
    batch = rows(ROW, {**ROW, **fault}, ROW)
    assert batch.rejected == [(1, reason)]
    assert batch.index.tolist() == [0, 2]
    assert batch.tags == ["AC233FA03208"] * 2


@pytest.mark.parametrize("row", [None, 5, "x", [], True])
def test_a_row_that_is_no_object_is_named(row):
    assert rows(row, ROW).rejected == [(0, "the row is not an object")]


def test_a_bad_entry_of_a_column_is_named():
    batch = columns(gateway="G", tag=["A", 5, "C"], rssi=[-60, -61, 20], at=[1, 2, 3])
    assert [index for index, _ in batch.rejected] == [1, 2]
    assert batch.tags == ["A"]


def test_nan_in_a_packed_column_is_named():
    body = msgspec.msgpack.encode(
        {"tag": ["A", "B"], "rssi": [float("nan"), -60.0], "gateway": "G"}
    )
    assert decode(body, packed=True).rejected == [(0, "rssi is not a number")]


def test_unknown_keys_are_passed_over():
    assert rows({**ROW, "colour": "red"}, firmware=3).tags == ["AC233FA03208"]


def test_clocks_of_1970_and_2100_are_times():
    assert rows({**ROW, "at": 0}, {**ROW, "at": "2100-01-01T00:00:00Z"}).rejected == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is empty"),
        (b"{", "the body is not valid JSON"),
        (b"\xff\xfe", "the body is not valid JSON"),
        (b"[]", "the body is not an object"),
        (b"{}", 'the body has neither "readings" nor the columns'),
        (b'{"readings":{}}', '"readings" is not a list'),
        (b'{"tag":["A"],"rssi":-60}', 'the column "rssi" is not a list'),
        (b'{"tag":["A","B"],"rssi":[-60]}', 'the column "rssi" has 1 entries, "tag" has 2'),
        (b"[" * 200_000, "the body is nested too deeply"),
    ],
)
def test_a_body_that_cannot_be_read_is_named(body, reason):
    with pytest.raises(Malformed, match="^" + re.escape(reason)):
        decode(body, packed=False)


def test_truncated_messagepack_is_named():
    body = msgspec.msgpack.encode({"readings": [ROW]})
    for length in range(1, len(body)):
        with pytest.raises(Malformed):
            decode(body[:length], packed=True)


@pytest.mark.parametrize("packed", [False, True])
def test_ten_thousand_rows_are_taken_and_one_more_is_not(packed):
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    for body in ({"readings": [ROW] * 10_000}, {"tag": ["A"] * 10_000, "rssi": [-60] * 10_000}):
        assert len(decode(encode(body), packed=packed).tags) == 10_000
    for body in (
        {"readings": [ROW] * 10_001},
        {"readings": [5] * 10_001},
        {"tag": ["A"] * 10_001, "rssi": [-60] * 10_001},
        {"tag": [5] * 10_001, "rssi": [-60] * 10_001},
    ):
        with pytest.raises(TooLarge):
            decode(encode(body), packed=packed)


def test_a_packed_list_that_claims_billions_of_rows_costs_nothing():
    with pytest.raises((TooLarge, Malformed)):
        decode(b"\x81\xa8readings\xdd\xff\xff\xff\xff", packed=True)


def test_gzip_is_unpacked_and_bombs_are_not():
    assert inflate(gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    with pytest.raises(TooLarge):
        inflate(gzip.compress(b"\0" * 5_000_000))
    with pytest.raises(TooLarge):
        inflate(b"".join(gzip.compress(b"\0" * 1_000_000) for _ in range(5)))


@pytest.mark.parametrize(
    "body",
    [b"abc", gzip.compress(b"hello")[:-9], gzip.compress(b"x") + b"y"],
    ids=["no gzip", "cut", "with more behind it"],
)
def test_broken_gzip_is_named(body):
    with pytest.raises(Malformed):
        inflate(body)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_taken_or_named(body, packed):
    with suppress(Malformed, TooLarge):
        decode(body, packed=packed)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        name: VALUES | st.lists(VALUES, max_size=4) for name in ("tag", "rssi", "gateway", "at")
    },
)


@given(st.lists(NEARLY | st.just(ROW), max_size=6))
def test_every_row_is_either_taken_or_named_once(readings):
    batch = rows(*readings)
    seen = sorted([*batch.index.tolist(), *(index for index, _ in batch.rejected)])
    assert seen == list(range(len(readings)))
    assert np.isfinite(batch.rssi).all()
    assert all(reason for _, reason in batch.rejected)


@given(NEARLY)
def test_columns_of_anything_are_taken_or_named(body):
    with suppress(Malformed):
        batch = decode(json.dumps(body).encode(), packed=False)
        assert len(batch.tags) == len(batch.rssi) == len(batch.at) == len(batch.index)


@given(st.floats(min_value=0, max_value=4e9, allow_nan=False))
def test_a_moment_survives_either_unit(moment):
    assert seconds(moment) == moment
    if moment > 2e8:
        assert seconds(moment * 1000) == pytest.approx(moment)
