"""Whatever the areas and points: each point is in the smallest code that holds it, in any order, and none is lost."""

from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from hotspots import joins
from hotspots.areas import Areas
from hotspots.joins import locate
from hotspots.tables import points_from_frame

# Whole metres on a small grid put many points exactly on edges and vertices.
_GRID = st.integers(0, 12)
_POINTS = st.lists(st.tuples(_GRID, _GRID), max_size=30)
_CUTS = st.sets(st.integers(1, 9), max_size=4)


def partition(easting_cuts: set[int], northing_cuts: set[int], codes: list[str]) -> pd.DataFrame:
    eastings, northings = sorted({0, 10, *easting_cuts}), sorted({0, 10, *northing_cuts})
    shapes = [
        box(west, south, east, north) for west, east in pairwise(eastings) for south, north in pairwise(northings)
    ]
    return pd.DataFrame({"code": codes[: len(shapes)], "name": "", "geometry": pd.Series(shapes, dtype=object)})


@settings(max_examples=60, deadline=None)
@given(_CUTS, _CUTS, st.permutations([f"A{number:02d}" for number in range(25)]), _POINTS, st.randoms())
def test_each_point_is_in_the_smallest_code_that_holds_it(easting_cuts, northing_cuts, codes, places, random) -> None:  # type: ignore[no-untyped-def]
    table = partition(easting_cuts, northing_cuts, codes)
    frame = pd.DataFrame(places, columns=["easting", "northing"], dtype=float)
    expected = [
        min(
            (code for code, shape in zip(codes, table["geometry"], strict=False) if holds(shape, place)),
            default="",
        )
        for place in places
    ]
    assert located(frame, table) == expected
    order = random.sample(range(len(table)), len(table))
    assert located(frame, table.iloc[order]) == expected
    turned = frame.iloc[::-1].reset_index(drop=True)
    assert located(turned, table) == expected[::-1]
    with patch.object(joins, "_FEW", 0):  # by the label grid, however few they are
        assert located(frame, table) == expected
        assert located(frame, table.iloc[order]) == expected


_VERTICES = st.lists(st.tuples(_GRID, _GRID), min_size=3, max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_VERTICES, min_size=1, max_size=2), min_size=1, max_size=5), st.sampled_from([0.1, 1, 7000.3]))
def test_whatever_the_shapes_the_label_grid_gives_what_a_search_gives(rings, metres) -> None:  # type: ignore[no-untyped-def]
    shapes = [polygonal([Polygon(vertices).buffer(0) for vertices in parts], metres) for parts in rings]
    table = pd.DataFrame({"code": [f"A{number}" for number in range(len(shapes))], "name": ""})
    table["geometry"] = pd.Series(shapes, dtype=object)
    lattice = shapely.get_coordinates(shapely.points(*np.indices((27, 27)).reshape(2, -1) / 2)) * metres
    places = np.concatenate([lattice, *(shapely.get_coordinates(shape) for shape in shapes)])
    frame = pd.DataFrame(places, columns=["easting", "northing"])
    searched = located(frame, table)
    with patch.object(joins, "_FEW", 0):
        assert located(frame, table) == searched


def polygonal(parts: list[shapely.Geometry], metres: float) -> shapely.Geometry:
    scaled = shapely.make_valid(shapely.transform(shapely.union_all(parts), lambda vertices: vertices * metres))
    kept = [part for part in shapely.get_parts(scaled) if part.geom_type == "Polygon"]
    return shapely.union_all(kept) if kept else Polygon()


def holds(shape: shapely.Polygon, place: tuple[int, int]) -> bool:
    west, south, east, north = shape.bounds
    return bool(west <= place[0] <= east and south <= place[1] <= north)


def located(frame: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    found = locate(points_from_frame(frame), Areas("lsoa", "2011", "2011", False, "", table.reset_index(drop=True)))
    assert found.tally.read == len(frame)
    return [str(code) for code in found.codes.fillna("")]
