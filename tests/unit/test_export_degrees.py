"""Shapes in degrees by kind are those that are made one by one, and a text that says anything else is seen."""

import json
import re

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.crs import geometry_to_wgs84
from hotspots.errors import DataRefused, FileRefused
from hotspots.export.degrees import Degrees, degrees, in_degrees
from hotspots.export.geojson_read_back import compare
from hotspots.export.json_text import geometries, values

WEST, SOUTH = 544000.0, 257000.0


def around(*corners) -> shapely.Polygon:
    return shapely.Polygon([(WEST + easting, SOUTH + northing) for easting, northing in corners])


# The neck between the notch and the bottom is a few millimetres wide: seven decimals cannot hold it.
PINCHED = around((0, 0), (100, 0), (100, 100), (50.002, 0.004), (0, 100))
BENT = around((0, 0), (90, 0), (90, 90), (80, 90), (80, 10), (0, 10))
FRAME = shapely.difference(
    shapely.box(WEST, SOUTH, WEST + 90, SOUTH + 90), shapely.box(WEST + 9, SOUTH + 9, WEST + 80, SOUTH + 80)
)
# Turns to the left at each vertex, and twice round.
STAR = [(0, 95), (59, -81), (-95, 31), (95, 31), (-59, -81), (0, 95)]


def shapes_of(found: Degrees) -> list:
    shapes = np.full(found.length, None, dtype=object)
    for held in found.kinds:
        shapes[held.rows] = held.shapes()
    shapes[found.other_rows] = found.others
    return shapes.tolist()


@st.composite
def polygons(draw) -> shapely.Polygon:
    """Valid polygons from a centimetre to kilometres, either way round, with vertices in line and doubled."""
    metres = draw(st.sampled_from([0.01, 1.0, 100.0, 5000.0]))
    steps = draw(st.lists(st.floats(0.05, 1.0), min_size=3, max_size=9))
    angles = np.linspace(0, 2 * np.pi, len(steps), endpoint=False)
    ring = [(WEST + metres * r * np.cos(a), SOUTH + metres * r * np.sin(a)) for r, a in zip(steps, angles, strict=True)]
    ring += draw(st.sampled_from([[], [ring[-1]]]))
    ring = ring[::-1] if draw(st.booleans()) else ring
    return shapely.Polygon(ring)


@settings(max_examples=200, deadline=None)
@given(st.lists(polygons(), min_size=1, max_size=6))
def test_any_polygons_are_those_that_are_made_one_by_one(drawn):
    geometry = np.array([*drawn, None], dtype=object)
    geometry = geometry[shapely.is_missing(geometry) | shapely.is_valid(geometry)]
    try:
        expected = degrees(geometry, ids=range(len(geometry)))
    except DataRefused as refused:
        with pytest.raises(DataRefused, match=re.escape(str(refused))):
            in_degrees(geometry, ids=range(len(geometry)))
        return
    found = np.array(shapes_of(in_degrees(geometry, ids=range(len(geometry)))), dtype=object)
    there = ~shapely.is_missing(expected)
    assert (shapely.is_missing(found) == ~there).all()
    assert shapely.equals_identical(found[there], expected[there]).all()


def test_shapes_of_all_kinds_and_the_odd_ones_among_them_keep_their_places():
    part = shapely.MultiPolygon([PINCHED, shapely.box(WEST + 200, SOUTH, WEST + 300, SOUTH + 100)])
    collection = shapely.GeometryCollection([shapely.Point(WEST, SOUTH), FRAME])
    geometry = np.array([FRAME, PINCHED, None, BENT, collection, part, shapely.reverse(FRAME)], dtype=object)
    geometry = np.concatenate([geometry, [shapely.Point(WEST, SOUTH)], geometry[::-1]])
    expected, found = degrees(geometry, ids=range(15)), shapes_of(in_degrees(geometry, ids=range(15)))
    for one, other in zip(found, expected, strict=True):
        assert (one is None and other is None) or shapely.equals_identical(one, other)
    assert shapely.get_type_id(found[1]) in {3, 6}
    rounded = shapely.transform(geometry_to_wgs84(PINCHED), lambda vertices: np.round(vertices, 7))
    assert PINCHED.is_valid
    assert not rounded.is_valid


def test_a_ring_that_turns_to_one_side_twice_round_is_not_taken_for_convex():
    star = shapely.Polygon([(WEST + easting, SOUTH + northing) for easting, northing in STAR])
    assert not star.is_valid
    with pytest.raises(shapely.errors.GEOSException, match="invalid"):  # it was asked, and can do nothing with it
        in_degrees(np.array([star]), ids=("star",))


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=30))
def test_any_number_is_written_as_python_writes_it(numbers):
    numbers = [None if number is None else number + 0.0 for number in numbers]
    assert values(pa.array(numbers, pa.float64())).to_pylist() == [json.dumps(number) for number in numbers]


@given(st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=30))
def test_any_text_is_written_as_python_writes_it(texts):
    written = [json.dumps(text, ensure_ascii=False) for text in texts]
    assert values(pa.array(texts, pa.string())).to_pylist() == written


class TestComparing:
    """A text that differs in anything from what it was made from is not taken for it."""

    GEOMETRY = np.array(
        [FRAME, None, shapely.Point(WEST, SOUTH), shapely.GeometryCollection([shapely.Point(WEST, SOUTH)])],
        dtype=object,
    )
    IDS = ("a", "b", "c", "d")
    ATTRIBUTES = pa.table({"name": ["Market", "“,\n”", None, ""], "count": [1, None, 2, 3]})

    def meant(self):
        return {
            "ids": pa.array(self.IDS),
            "attributes": self.ATTRIBUTES,
            "shapes": in_degrees(self.GEOMETRY, ids=self.IDS),
        }

    def text(self) -> str:
        features = [
            f'{{"type":"Feature","id":"{one}","properties":{json.dumps(row)},"geometry":{shape}}}'
            for one, row, shape in zip(
                self.IDS,
                self.ATTRIBUTES.to_pylist(),
                geometries(in_degrees(self.GEOMETRY, ids=self.IDS)).to_pylist(),
                strict=True,
            )
        ]
        return "".join(",\n" + feature for feature in features)

    def test_what_was_meant_is_taken(self):
        compare(memoryview(self.text().encode()), name="out.geojson", **self.meant())

    @pytest.mark.parametrize(
        ("there", "instead"),
        [
            ('"id":"a"', '"id":"z"'),
            ('"id":"a"', '"id":1'),
            ('"name": "Market"', '"name": "market"'),
            ('"name": "Market"', '"title": "Market"'),
            ('"name": ""', '"name": null'),
            ('"count": 2', '"count": 3'),
            ('"count": 2', '"count": 2, "more": 1'),
            ('"count": null', '"count": 0'),
            ('"geometry":null', '"geometry":{"type":"Point","coordinates":[0.1,52.1]}'),
            ('{"type":"Polygon","coordinates":', '{"type":"MultiLineString","coordinates":'),
            ("]],[[", "],["),
            ("[[[", "[[[0.1000001,52.1],["),
            (
                '"GeometryCollection","geometries":[{"type":"Point","coordinates":[',
                '"GeometryCollection","geometries":[{"type":"Point","coordinates":[1',
            ),
            (',\n{"type":"Feature","id":"b"', ' {"type":"Feature","id":"b"'),
            ("}", ""),
            ("[[[", "[[[["),
        ],
    )
    def test_anything_else_is_seen(self, there, instead):
        assert there in self.text()
        text = self.text().replace(there, instead, 1)
        with pytest.raises(FileRefused, match=r"out\.geojson: the .* did not read back as written"):
            compare(memoryview(text.encode()), name="out.geojson", **self.meant())

    def test_a_position_that_moved_by_the_last_digit_is_seen(self):
        last = re.search(r"\d(?=,\d\d\.\d+\])", self.text())
        text = self.text()[: last.start()] + str((int(last.group()) + 1) % 10) + self.text()[last.end() :]
        with pytest.raises(FileRefused, match="positions did not read back"):
            compare(memoryview(text.encode()), name="out.geojson", **self.meant())
