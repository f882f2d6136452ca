"""The geometry check: repaired within a tolerance, unique codes, no empty shape, no overlap."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from hotspots.boundaries.check import checked_table, repair_words, repaired, without_overlaps
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


def square(west: float, south: float, east: float, north: float) -> Polygon:
    """A box on the National Grid."""
    return box(500_000 + west, 200_000 + south, 500_000 + east, 200_000 + north)


def polygons(codes: list[str], *items: Any) -> PolygonFile:
    attributes = pd.DataFrame({"code": codes, "name": [code.lower() for code in codes]}).astype(object)
    return PolygonFile(FeatureFile("areas.geojson", "EPSG:27700", attributes, shapes(*items)), "code", "name")


def test_valid_polygons_pass_unchanged_and_are_sorted_by_code() -> None:
    east, west = box(500_100, 200_000, 500_200, 200_100), box(500_000, 200_000, 500_100, 200_100)
    table, repairs = checked_table(polygons(["B", "A"], east, west), tolerances=BoundariesSection())
    assert (table["code"].tolist(), table["name"].tolist(), repairs) == (["A", "B"], ["a", "b"], ())
    assert table["geometry"].tolist() == [west, east]


def test_fault_041_a_bow_tie_is_refused_because_its_repair_would_change_the_area() -> None:
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


def test_fault_043_lines_left_over_by_a_repair_are_dropped_and_the_area_kept() -> None:
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


def test_a_code_there_twice_with_shapes_that_contradict_each_other_is_refused() -> None:
    for other in (square(5, 0, 15, 10), square(0, 0, 9, 10)):
        with pytest.raises(DataRefused, match=r"must be unique; A is there 2 times.*\(1 codes are"):
            checked_table(polygons(["A", "A"], square(0, 0, 10, 10), other), tolerances=BoundariesSection())
    named = polygons(["A", "A"], square(0, 0, 10, 10), square(20, 0, 30, 10))
    named.features.attributes.loc[1, "name"] = "Another"
    with pytest.raises(DataRefused, match="with different names"):
        checked_table(named, tolerances=BoundariesSection())


def test_islands_and_halves_given_as_features_of_their_own_become_one_area() -> None:
    given = polygons(["B", "A", "B"], square(20, 0, 30, 10), square(0, 0, 10, 10), square(30, 0, 35, 10))
    table, repairs = checked_table(given, tolerances=BoundariesSection())
    assert table["code"].tolist() == ["A", "B"]
    assert table["geometry"].map(lambda shape: shape.area).tolist() == [100.0, 150.0]
    assert repair_words([vars(repair) for repair in repairs]) == [
        "Repaired: B was given as 2 features, which were put together; its area changed by 0.00% (0 m²)."
    ]
    island, _ = checked_table(
        polygons(["A", "A"], square(0, 0, 1, 1), square(5, 0, 6, 1)), tolerances=BoundariesSection()
    )
    assert island["geometry"].iloc[0].geom_type == "MultiPolygon"


def test_a_feature_that_is_there_twice_is_kept_once_and_told() -> None:
    turned = square(0, 0, 10, 10).normalize().reverse()
    table, (repair,) = checked_table(polygons(["A", "A"], square(0, 0, 10, 10), turned), tolerances=BoundariesSection())
    assert (len(table), table["geometry"].iloc[0].area) == (1, 100.0)
    assert repair.reason == "was given as 2 features, the same each time"


def test_an_overlap_beyond_the_share_is_refused_naming_the_worst_pair() -> None:
    overlapping = shapes(box(0, 0, 100, 100), box(99, 0, 200, 100), box(190, 0, 300, 100))
    with pytest.raises(DataRefused, match=r"B and C overlap by 1,000.0 m², 9.9% of the smaller.*5.0%.*2 pairs in all"):
        without_overlaps(overlapping, ["A", "B", "C"], tolerances=BoundariesSection(), where="areas.geojson")


def test_an_overlap_of_generalised_lines_goes_to_the_smaller_code_and_is_told() -> None:
    west, east, far = square(0, 0, 100, 100), square(98, 0, 200, 100), square(197, 0, 300, 100)
    table, repairs = checked_table(polygons(["C", "A", "B"], west, east, far), tolerances=BoundariesSection())
    assert table["geometry"].map(lambda shape: shape.area).tolist() == [10_200.0, 10_000.0, 9_800.0]
    assert [(repair.code, repair.area_change_m2) for repair in repairs] == [("B", 300.0), ("C", 200.0)]
    assert "B overlapped A, and what they shared was cut from it; its area changed by 2.91% (300 m²)" in " ".join(
        repair_words([vars(repair) for repair in repairs])
    )
    assert shapely.union_all(table["geometry"].to_numpy()).area == 30_000.0


def test_only_the_largest_repairs_are_told_one_by_one() -> None:
    many = [{"code": f"E{n:02d}", "reason": "x", "area_change_m2": n, "share": n / 1000} for n in range(14)]
    words = repair_words(many, most=3)
    assert [text[:13] for text in words] == ["Repaired: E13", "Repaired: E12", "Repaired: E11", "11 smaller re"]


def test_one_polygon_inside_another_is_an_overlap_but_one_in_its_hole_is_not() -> None:
    island = box(40, 40, 60, 60)
    ring = box(0, 0, 100, 100).difference(island)
    strict = BoundariesSection(overlap_tolerance_m2=0)
    assert without_overlaps(shapes(ring, island), ["A", "B"], tolerances=strict, where="areas.geojson")[1] == ()
    with pytest.raises(DataRefused, match=r"A and B overlap by 400\.0 m², 100.0% of the smaller"):
        without_overlaps(shapes(box(0, 0, 100, 100), island), ["A", "B"], tolerances=strict, where="areas.geojson")


def test_a_sliver_within_the_tolerance_and_a_gap_are_allowed() -> None:
    neighbours = shapes(box(0, 0, 100, 100), box(99.995, 0, 200, 100), box(210, 0, 300, 100))
    cut, repairs = without_overlaps(neighbours, ["A", "B", "C"], tolerances=BoundariesSection(), where="areas.geojson")
    assert (cut.tolist(), repairs) == (neighbours.tolist(), ())


def test_a_part_that_is_given_again_inside_another_is_no_hole_in_it() -> None:
    nested = MultiPolygon([box(0, 0, 100, 100), box(10, 10, 15, 15)])
    (valid,), (repair,) = repaired(shapes(nested), ["A"], tolerance=0.01, where="areas.geojson")
    assert (valid.area, repair.area_change_m2) == (10_000.0, 25.0)
