"""The geometry check: repaired within a tolerance, unique codes, no empty shape, no overlap."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from hotspots.boundaries.check import checked_table, refuse_overlaps, repaired
from hotspots.boundaries.features import FeatureFile
from hotspots.boundaries.read import PolygonFile
from hotspots.errors import DataRefused
from hotspots.settings import BoundariesSection

BOW_TIE = Polygon([(500_000, 200_000), (500_100, 200_100), (500_100, 200_000), (500_000, 200_100)])
# A square of 10,000 m² whose edge crosses itself once in a loop of 0.25 m².
NICKED = Polygon(
    [
        (500_000, 200_000),
        (500_100, 200_000),
        (500_100, 200_100),
        (500_050, 200_100),
        (500_051, 200_100.5),
        (500_051, 200_100),
        (500_050, 200_100.5),
        (500_050, 200_100),
        (500_000, 200_100),
    ]
)


def shapes(*items: Any) -> Any:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def polygons(codes: list[str], *items: Any) -> PolygonFile:
    attributes = pd.DataFrame({"code": codes, "name": [code.lower() for code in codes]}).astype(object)
    return PolygonFile(FeatureFile("areas.geojson", "EPSG:27700", attributes, shapes(*items)), "code", "name")


def test_valid_polygons_pass_unchanged_and_are_sorted_by_code() -> None:
    east, west = box(500_100, 200_000, 500_200, 200_100), box(500_000, 200_000, 500_100, 200_100)
    table, repairs = checked_table(polygons(["B", "A"], east, west), tolerances=BoundariesSection())
    assert (table["code"].tolist(), table["name"].tolist(), repairs) == (["A", "B"], ["a", "b"], ())
    assert table["geometry"].tolist() == [west, east]


def test_a_bow_tie_is_refused_because_its_repair_would_change_the_area() -> None:
    assert BOW_TIE.area == 0.0
    with pytest.raises(DataRefused, match=r"A is not a valid polygon \(Self-intersection.*100.0%.*5,000.0 m²"):
        repaired(shapes(BOW_TIE), ["A"], tolerance=0.001, where="areas.geojson")


def test_a_small_crossing_is_repaired_and_the_change_of_area_reported() -> None:
    assert not NICKED.is_valid
    (valid,), (repair,) = repaired(shapes(NICKED), ["A"], tolerance=0.001, where="areas.geojson")
    assert valid.is_valid
    assert valid.geom_type in {"Polygon", "MultiPolygon"}
    assert repair.code == "A"
    assert 0 < repair.area_change_m2 < 1
    assert repair.share == pytest.approx(repair.area_change_m2 / valid.area, abs=1e-6)


def test_lines_left_over_by_a_repair_are_dropped_and_the_area_kept() -> None:
    spike = Polygon([(0, 0), (100, 0), (100, 100), (100, 150), (100, 100), (0, 100)])
    collection = shapely.geometrycollections([box(0, 0, 10, 10), LineString([(10, 10), (20, 20)])])
    valid, _ = repaired(shapes(spike, collection), ["A", "B"], tolerance=0.001, where="areas.geojson")
    assert [shape.geom_type for shape in valid] == ["Polygon", "Polygon"]
    assert [shape.area for shape in valid] == [10_000.0, 100.0]


def test_a_multipolygon_of_one_part_becomes_a_polygon_and_of_two_stays() -> None:
    one, two = MultiPolygon([box(0, 0, 1, 1)]), MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)])
    valid, repairs = repaired(shapes(one, two), ["A", "B"], tolerance=0.001, where="areas.geojson")
    assert [shape.geom_type for shape in valid] == ["Polygon", "MultiPolygon"]
    assert repairs == ()


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "B has no geometry"),
        (Polygon(), "B has no geometry"),
        (Point(1, 1), "B is a Point"),
        (LineString([(0, 0), (1, 1)]), "B is a LineString"),
        (Polygon([(0, 0), (1, 1), (0, 0), (0, 0)]), "B has no area"),
    ],
)
def test_a_missing_or_empty_shape_is_refused_by_its_code(shape: Any, reason: str) -> None:
    with pytest.raises(DataRefused, match=reason):
        repaired(shapes(box(0, 0, 1, 1), shape), ["A", "B"], tolerance=0.001, where="areas.geojson")


def test_a_code_there_twice_is_refused() -> None:
    with pytest.raises(DataRefused, match="must be unique; these are there twice: A"):
        checked_table(polygons(["A", "A"], box(0, 0, 1, 1), box(1, 0, 2, 1)), tolerances=BoundariesSection())


def test_an_overlap_beyond_the_tolerance_is_refused_naming_the_worst_pair() -> None:
    overlapping = shapes(box(0, 0, 100, 100), box(99, 0, 200, 100), box(190, 0, 300, 100))
    with pytest.raises(DataRefused, match=r"B and C overlap by 1,000.0 m².*allowed: 1.0 m²; 2 pairs in all"):
        refuse_overlaps(overlapping, ["A", "B", "C"], tolerance_m2=1, where="areas.geojson")


def test_one_polygon_inside_another_is_an_overlap_but_one_in_its_hole_is_not() -> None:
    island = box(40, 40, 60, 60)
    ring = box(0, 0, 100, 100).difference(island)
    refuse_overlaps(shapes(ring, island), ["A", "B"], tolerance_m2=0, where="areas.geojson")
    with pytest.raises(DataRefused, match=r"A and B overlap by 400\.0 m²"):
        refuse_overlaps(shapes(box(0, 0, 100, 100), island), ["A", "B"], tolerance_m2=1, where="areas.geojson")


def test_a_sliver_within_the_tolerance_and_a_gap_are_allowed() -> None:
    neighbours = shapes(box(0, 0, 100, 100), box(99.995, 0, 200, 100), box(210, 0, 300, 100))
    refuse_overlaps(neighbours, ["A", "B", "C"], tolerance_m2=1, where="areas.geojson")
