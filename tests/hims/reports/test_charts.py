"""Charts say what the numbers say, on the page and on paper, to every eye."""

import itertools
import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hims.reporting import charts
from hims.reporting.chart_axes import day_ticks, ticks
from hims.reporting.chart_bars import LOOKS
from hims.reporting.letters import Letters, width
from tests.given_printed import house, target, wait, written

SVG = "{http://www.w3.org/2000/svg}"
SHORT, TOOK, BY_WARD, BY_DAY = range(4)


@pytest.fixture(autouse=True)
def declared():
    with house():
        yield


def drawings(kept, index):
    """The wide and the narrow drawing, parsed as a browser would."""
    said = charts.svg(kept, index).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    return list(ElementTree.fromstring(f"<page>{said}</page>"))  # noqa: S314 -- drawn here


def found(drawing, tag):
    return list(drawing.iter(f"{SVG}{tag}"))


def texts(drawing):
    return [one.text for one in found(drawing, "text")]


def test_a_point_stands_as_high_as_its_value_and_one_that_misses_the_target_has_another_shape():
    minutes = [10, 40, 20, 30]
    kept = written(wait(day, took * 60) for day, took in enumerate(minutes))
    kept.rules = [target("took", "at-most", "30")]
    for drawing in drawings(kept, TOOK):
        spots = [(float(one.get("cx")), float(one.get("cy"))) for one in found(drawing, "circle")]
        assert len(spots) == 3
        assert [x for x, _y in spots] == sorted(x for x, _y in spots)
        ten, twenty, thirty = (y for _x, y in spots)
        assert ten - twenty == pytest.approx(twenty - thirty, abs=0.2)
        assert ten > twenty
        (line,) = found(drawing, "polyline")
        assert len(line.get("points").split()) == 4
        (dashed,) = [
            one for one in found(drawing, "line")
            if one.get("stroke-dasharray") and float(one.get("x1")) > 5
        ]  # fmt: skip
        assert float(dashed.get("y1")) == pytest.approx(thirty, abs=0.2)
        # One triangle for the point, one in the legend.
        assert len(found(drawing, "polygon")) == 2
        assert "target: at most 30 min" in texts(drawing)
        assert "median of the points: 25.0 min" in texts(drawing)


def test_what_has_no_value_and_a_day_that_is_not_there_are_gaps_not_zeros():
    days = [wait(0), wait(1), wait(2, short=None), wait(3), wait(4), wait(6), wait(7)]
    wide, _narrow = drawings(written(days), SHORT)
    assert len(found(wide, "polyline")) == 3
    assert len(found(wide, "circle")) == 6
    assert "1 point has no value (n/a) and is a gap." in texts(wide)


def test_ten_years_are_thinned_to_the_lowest_and_the_highest_and_the_chart_says_so():
    kept = written(
        (wait(day, 60 * (100 + day * 37 % 50) if day != 1234 else 60_000) for day in range(3652)),
        days=3652,
    )
    wide, narrow = drawings(kept, TOOK)
    for drawing in (wide, narrow):
        (line,) = found(drawing, "polyline")
        drawn = [float(pair.split(",")[1]) for pair in line.get("points").split()]
        assert len(drawn) < 400
        assert min(drawn) < sorted(drawn)[1] - 50  # the one high point is still there
        (note,) = [text for text in texts(drawing) if text and text.startswith("Of 3,652 points")]
        assert str(len(drawn)) in note
    assert any(re.fullmatch(r"20\d\d", text or "") for text in texts(wide))


def test_bars_are_as_long_as_their_numbers_and_the_causes_stack_up():
    kept = written(
        [
            *(wait(0, ward="West", cause="bed") for _ in range(6)),
            *(wait(0, ward="West", cause="lift") for _ in range(3)),
            *(wait(0, ward=None, cause="bed") for _ in range(2)),
        ]
    )
    for drawing in drawings(kept, BY_WARD):
        boxes = [one for one in found(drawing, "rect") if one.get("x") is not None][2:]
        six, three, two = (float(one.get("width")) for one in boxes)
        assert six == pytest.approx(2 * three, abs=0.2)
        assert six == pytest.approx(3 * two, abs=0.3)
        assert float(boxes[1].get("x")) == pytest.approx(float(boxes[0].get("x")) + six, abs=0.2)
        assert {"West", "not known", "9", "2", "bed", "lift"} <= set(texts(drawing))


def test_beyond_seven_causes_the_rest_are_one_and_many_bars_are_taken_together():
    kept = written(
        wait(day, ward=f"Ward {day % 45:02}", cause=f"cause {day % 12:02}") for day in range(400)
    )
    wards, _narrow = drawings(kept, BY_WARD)
    said = texts(wards)
    assert sum(text.startswith("cause ") for text in said) == 7
    assert "5 others" in said
    assert sum(text.startswith("Ward ") for text in said) == 30
    assert "15 others" in said
    assert "The 30 longest of 45 bars; the others are taken together." in said
    days, _narrow = drawings(kept, BY_DAY)
    assert "Each bar is a month." in texts(days)
    assert {"Oct 2026", "Nov 2027"} <= set(texts(days))


def test_causes_differ_without_colour_and_neighbours_in_lightness_or_hatching():
    assert len({hatch for _fill, hatch in LOOKS}) == 6
    greys = [
        1.0 if fill is None else 0.3 * fill.red + 0.59 * fill.green + 0.11 * fill.blue
        for fill, _hatch in LOOKS
    ]
    for place, (_fill, hatch) in enumerate(LOOKS):
        for other in range(place):
            if hatch == LOOKS[other][1]:
                assert abs(greys[place] - greys[other]) > 0.12


def test_a_drawing_has_no_style_and_no_script_and_names_cannot_make_any():
    evil = "<script>alert('&\"')</script>"
    kept = written(wait(day, ward=evil, cause=evil) for day in range(3))
    for index in range(4):
        said = charts.svg(kept, index)
        assert "<script" not in said
        assert not re.search(r"<[^>]*\s(style|on\w+|href)=", said)
        for drawing in drawings(kept, index):
            assert drawing.get("role") == "img"
            names = drawing.get("aria-labelledby").split()
            assert [drawing.find(f".//*[@id='{name}']").text for name in names][1].endswith(
                "The numbers are in the tables."
            )


@pytest.mark.parametrize("index", range(4))
def test_all_words_are_within_the_drawing_on_a_phone_too(index):
    long = "Observation and short stay ward of the western building, first floor"
    names = [long, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", "משה כהן", None]
    rows = [
        wait(day, ward=names[day % 4], cause=names[-day % 4], cost="12345678.90")
        for day in range(60)
    ]
    kept = written(rows)
    kept.rules = [target("took", "at-most", "5"), target("short", "at-least", "99.5")]
    letters = Letters()
    for drawing in drawings(kept, index):
        _x, _y, wide, high = map(float, drawing.get("viewBox").split())
        for text in found(drawing, "text"):
            size = float(text.get("font-size"))
            long = width(letters.line(text.text or ""), size)
            begins = float(text.get("x")) - {"start": 0, "middle": 0.5, "end": 1}[
                text.get("text-anchor")
            ] * long  # fmt: skip
            assert begins >= -0.5, text.text
            assert begins + long <= wide + 0.5, text.text
            assert size / 2 <= float(text.get("y")) <= high


def test_there_is_no_chart_of_nothing():
    for kept in (written([]), written([wait(0, None, short=None, cost="0")])):
        said = charts.svg(kept, SHORT)
        assert "<svg" not in said
        assert "there is nothing to draw" in said
        assert charts.drawing(kept, SHORT, 500.0) is None
    assert charts.drawing(written([]), BY_WARD, 500.0) is None


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.integers(2, 8), st.booleans())
def test_ticks_are_round_few_and_reach_around_the_values(low, spread, most, whole):
    found = ticks(low, low + spread, most, whole=whole)
    steps = [after - before for before, after in itertools.pairwise(found)]
    step = steps[0]
    assert 1 <= len(steps) <= most
    assert all(one == pytest.approx(step, rel=1e-6) for one in steps)
    assert f"{step:e}"[0] in "125"
    assert not whole or step >= 1
    assert found[0] <= low + step * 1e-6
    assert found[-1] >= low + spread - step * 1e-6


@settings(max_examples=60, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 3653), st.integers(2, 9))
def test_days_with_a_label_are_in_the_period_in_order_and_few(first, days, most):
    last = first + timedelta(days=days)
    found = [day for day, _label in day_ticks(first, last, most)]
    assert len(found) <= most
    assert found == sorted(found)
    assert all(first <= day <= last for day in found)
    assert found or days > 31
