"""Polygons as drawings: markers and names stand inside their room."""

import shapely
from hypothesis import given
from hypothesis import strategies as st

from tracking.web.shapes import MARKER_PX, shape_of, spots, view_of

sides = st.floats(0.5, 60, allow_nan=False)


def test_y_is_turned_over_because_svg_counts_downwards():
    shape = shape_of("POLYGON ((0 0, 4 0, 4 2, 0 2, 0 0))")
    assert (shape.x, shape.y, shape.width, shape.height) == (2, -1, 4, 2)
    assert shape.path == "M0.00,-0.00 4.00,-0.00 4.00,-2.00 0.00,-2.00Z"


def test_the_label_of_an_l_shaped_corridor_lies_in_the_corridor():
    text = "POLYGON ((0 0, 30 0, 30 2, 2 2, 2 30, 0 30, 0 0))"
    shape = shape_of(text)
    assert shapely.from_wkt(text).contains(shapely.Point(shape.x, -shape.y))


def test_what_is_no_polygon_is_not_drawn():
    for text in ("", "POINT (1 1)", "POLYGON EMPTY", "POLYGON ((nonsense", "LINESTRING (0 0, 1 1)"):
        assert shape_of(text) is None


@given(sides, sides, st.integers(1, 60), st.floats(0.01, 0.3))
def test_markers_that_fit_stand_apart_and_inside_their_room(width, height, count, k):
    shape = shape_of(f"POLYGON ((0 0, {width} 0, {width} {height}, 0 {height}, 0 0))")
    places = spots(shape, count, k)
    if places is None:
        return
    assert len(places) == len(set(places)) == count
    half = MARKER_PX * k / 2 * 0.999
    for x, y in places:
        assert half <= x <= width - half
        assert half <= -y <= height - half


@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=5))
def test_the_view_holds_every_room(corners):
    shapes = [
        shape_of(f"POLYGON (({x} {y}, {x + 3} {y}, {x + 3} {y + 2}, {x} {y + 2}, {x} {y}))")
        for x, y in corners
    ]
    left, top, width, height = view_of(shapes)
    for shape in shapes:
        assert left < shape.bounds[0]
        assert top < shape.bounds[1]
        assert shape.bounds[2] < left + width
        assert shape.bounds[3] < top + height
