"""The numbers of a report are those of its rows: by hand, and against plain arithmetic."""

import statistics
from decimal import Decimal
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hims.domain.figures import (
    Tally,
    count,
    median,
    ninetieth,
    ratio,
    share,
    told,
    total,
)

COLUMNS = ["ward", "late", "counts", "seconds", "whole", "amount"]
FIGURES = [
    count("rows", "Rows"),
    count("late", "Late", "late"),
    share("late_share", "Late", "late", among="counts"),
    total("seconds", "Seconds", "seconds", unit="min", scale=60, places=1),
    total("amount", "Amount", "amount", places=2),
    ratio("used", "Used", "seconds", "whole"),
    median("half", "Half", "seconds", unit="min", scale=60, places=1),
    ninetieth("most", "Nine in ten", "seconds"),
]
FLAGS = st.none() | st.booleans()
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", None]),
        FLAGS,
        FLAGS,
        st.none() | st.integers(0, 10**6),
        st.none() | st.integers(0, 10**6),
        st.none() | st.decimals(0, 1000, places=2),
    ),
    max_size=60,
)


def counted(rows, by=None):
    tally = Tally(FIGURES, COLUMNS, by)
    half = len(rows) // 2
    tally.add(rows[:half])
    tally.add(rows[half:])
    return tally


def rounded(value, places):
    return value.quantize(Decimal(1).scaleb(-places))


@given(ROWS)
def test_every_figure_is_what_plain_arithmetic_says(rows):
    found = counted(rows).figures()
    assert found["rows"].n == len(rows)
    assert (found["late"].n, found["late"].unknown) == (
        sum(row[1] is True for row in rows),
        sum(row[1] is None for row in rows),
    )
    among = [row[1] for row in rows if row[2]]
    known = [flag for flag in among if flag is not None]
    assert found["late_share"].whole == len(known)
    assert found["late_share"].unknown == len(among) - len(known)
    if known:
        percent = rounded(Decimal(100 * sum(known)) / len(known), 1)
        assert found["late_share"].value == percent
    else:
        assert found["late_share"].value is None
    seconds = sorted(row[3] for row in rows if row[3] is not None)
    assert found["half"].unknown == len(rows) - len(seconds)
    if seconds:
        middle = rounded(Decimal(statistics.median(seconds)) / 60, 1)
        assert found["half"].value == middle
        assert found["most"].value == seconds[ceil(len(seconds) * 0.9 - 1e-9) - 1]
    else:
        assert found["half"].value is found["most"].value is None
    both = [(row[3], row[4]) for row in rows if None not in row[3:5]]
    whole = sum(pair[1] for pair in both)
    assert (found["used"].value is None) == (whole == 0)
    if whole:
        part = Decimal(100 * sum(pair[0] for pair in both)) / whole
        assert found["used"].value == rounded(part, 1)


@given(ROWS)
def test_groups_add_up_to_the_whole(rows):
    tally = counted(rows, {"ward": ["rows", "late"], ("ward", "late"): ["rows"]})
    found, wards = tally.figures(), tally.groups("ward")
    assert set(wards) == {row[0] for row in rows}
    for name in ("rows", "late"):
        assert sum(one[name].n for one in wards.values()) == found[name].n
        assert sum(one[name].unknown for one in wards.values()) == found[name].unknown
    pairs = tally.groups(("ward", "late"))
    assert sum(one["rows"].n for one in pairs.values()) == len(rows)


@given(ROWS)
def test_what_is_kept_comes_back_as_it_was(rows):
    for one in counted(rows).figures().values():
        assert told(one.as_json()) == one


def test_nothing_is_na_where_it_would_be_divided_and_zero_where_it_is_counted():
    found = counted([]).figures()
    assert [found[name].value for name in ("late_share", "used", "half", "most")] == [None] * 4
    assert found["rows"].value == found["late"].value == 0


def test_only_unknown_amounts_have_no_sum():
    found = counted([("A", True, True, None, None, None)]).figures()
    assert found["amount"].value is None
    assert found["amount"].unknown == 1


@pytest.mark.parametrize(("values", "most"), [([1], 1), ([1, 2], 2), (range(1, 11), 9)])
def test_nine_in_ten_is_the_nearest_rank(values, most):
    found = counted([("A", True, True, value, 1, None) for value in values]).figures()
    assert found["most"].value == most
