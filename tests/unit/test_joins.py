"""Which area a point lies in, and which area a code is: every row counted once."""

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from hotspots import joins
from hotspots.areas import Areas
from hotspots.errors import DataRefused, VintageError
from hotspots.joins import attach, locate
from hotspots.tables import PointEvents, points_from_frame

# Four squares of ten metres around the vertex (10, 10); codes run against the order of the table's rows.
FOUR = {"D": box(0, 0, 10, 10), "C": box(10, 0, 20, 10), "B": box(0, 10, 10, 20), "A": box(10, 10, 20, 20)}


def areas(shapes: dict[str, object], *, vintage: str = "2011", code_vintage: str = "2011") -> Areas:
    table = pd.DataFrame({"code": list(shapes), "name": [f"area {code}" for code in shapes]})
    table["geometry"] = pd.Series(list(shapes.values()), dtype=object)
    return Areas("lsoa", vintage, code_vintage, False, "", table)


def points(*coordinates: tuple[float, float]) -> PointEvents:
    return points_from_frame(pd.DataFrame(coordinates, columns=["easting", "northing"], dtype=float))


def codes(events: PointEvents, shapes: dict[str, object]) -> list[str | None]:
    return [None if pd.isna(code) else code for code in locate(events, areas(shapes)).codes]


@pytest.fixture(autouse=True, params=["by search", "by label grid"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few points are searched for and many looked up: every meaning below holds both ways."""
    if request.param == "by label grid":
        monkeypatch.setattr(joins, "_FEW", 0)


def test_fault_031_a_point_on_a_shared_edge_goes_to_the_smallest_code() -> None:
    assert codes(points((10, 5), (5, 10), (10, 15)), FOUR) == ["C", "B", "A"]


def test_a_point_on_a_vertex_of_four_areas_is_counted_once_in_the_smallest_code() -> None:
    found = locate(points((10, 10), (10, 10)), areas(FOUR))
    assert found.codes.tolist() == ["A", "A"]
    assert found.tally.sentence == "2 rows = 2 accepted + 0 rejected"


def test_a_point_on_the_outer_edge_is_inside_and_one_outside_is_unlocated() -> None:
    found = locate(points((0, 5), (20, 20), (20.001, 5)), areas(FOUR))
    assert found.codes.isna().tolist() == [False, False, True]
    assert (found.located, found.unlocated) == (2, 1)
    assert found.tally.set_aside == {"unlocated": 1}


def test_a_point_in_a_hole_is_unlocated_and_on_the_rim_it_is_inside() -> None:
    ring = Polygon(box(0, 0, 30, 30).exterior.coords, [box(10, 10, 20, 20).exterior.coords])
    assert codes(points((15, 15), (10, 15), (5, 5)), {"R": ring}) == [None, "R", "R"]


def test_an_island_in_the_hole_of_another_area_takes_its_own_points() -> None:
    ring = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    assert codes(points((15, 15), (5, 5), (10, 15)), {"A": ring, "B": box(10, 10, 20, 20)}) == ["B", "A", "A"]


def test_each_part_of_a_multipolygon_belongs_to_its_area() -> None:
    parts = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    assert codes(points((5, 5), (25, 5), (15, 5)), {"A": box(10, 0, 20, 10), "M": parts}) == ["M", "M", "A"]


def test_the_order_of_areas_and_points_does_not_matter() -> None:
    events = points((10, 10), (5, 10), (15, 5), (40, 40))
    turned = dict(reversed(FOUR.items()))
    assert codes(events, FOUR) == codes(events, turned) == ["A", "B", "C", None]
    assert codes(points((40, 40), (15, 5), (5, 10), (10, 10)), FOUR) == [None, "C", "B", "A"]


def test_the_codes_keep_the_index_of_the_events() -> None:
    events = points((5, 5), (15, 15))
    shifted = PointEvents(events.table.set_axis([7, 3]), events.meta)
    assert locate(shifted, areas(FOUR)).codes.to_dict() == {7: "D", 3: "A"}


def test_no_points_and_no_areas_are_not_errors() -> None:
    assert len(locate(points(), areas(FOUR)).codes) == 0
    assert locate(points((5, 5)), areas({})).unlocated == 1


def test_points_that_rounding_puts_on_either_side_are_decided_as_shapely_does() -> None:
    triangle = Polygon([(0, 0), (10, 3), (0, 10)])
    eastings = np.linspace(0.1, 9.9, 500)
    places = np.stack([eastings, eastings * 0.3], axis=1)
    inside = shapely.intersects(triangle, shapely.points(places))
    assert 0 < inside.sum() < 500
    found = locate(points(*places), areas({"T": triangle}))
    assert (found.codes.notna() == inside).all()


def test_one_hundred_thousand_points_are_each_counted_once() -> None:
    random = np.random.default_rng(1)
    events = points_from_frame(pd.DataFrame(random.uniform(0, 20, (100_000, 2)), columns=["easting", "northing"]))
    counts = locate(events, areas(FOUR)).codes.value_counts()
    assert counts.sum() == 100_000
    assert counts.between(24_000, 26_000).all()


def test_counts_are_attached_by_code_and_no_row_is_lost_made_or_moved() -> None:
    counts = pd.DataFrame({"area_code": ["B", "A", "B"], "value": [1, 2, 3]}, index=[5, 9, 2])
    joined = attach(counts, areas(FOUR), vintage="2011")
    assert joined.index.tolist() == [5, 9, 2]
    assert joined["value"].tolist() == [1, 2, 3]
    assert joined["area_name"].tolist() == ["area B", "area A", "area B"]
    assert joined["geometry"].tolist() == [FOUR["B"], FOUR["A"], FOUR["B"]]


def test_fault_044_counts_of_another_vintage_are_refused_even_when_every_code_is_there() -> None:
    counts = pd.DataFrame({"area_code": ["A"], "value": [1]})
    with pytest.raises(VintageError, match="counts by LSOA 2021 cannot be put on LSOA boundaries, 2011"):
        attach(counts, areas(FOUR), vintage="2021")


def test_schematic_shapes_take_counts_of_the_vintage_of_their_codes() -> None:
    counts = pd.DataFrame({"area_code": ["A"], "value": [1]})
    assert len(attach(counts, areas(FOUR, vintage="schematic"), vintage="2011")) == 1


def test_an_unknown_code_is_refused_by_its_name() -> None:
    counts = pd.DataFrame({"area_code": ["A", "E01999999"], "value": [1, 2]})
    with pytest.raises(DataRefused, match=r"1 codes are not in LSOA boundaries, 2011 \(such as E01999999\)"):
        attach(counts, areas(FOUR), vintage="2011")


def test_a_missing_code_a_missing_column_and_a_second_geometry_are_refused() -> None:
    with pytest.raises(DataRefused, match="1 of 2 rows have no area code"):
        attach(pd.DataFrame({"area_code": ["A", None]}), areas(FOUR), vintage="2011")
    with pytest.raises(DataRefused, match="have no column 'area_code'; they have lsoa"):
        attach(pd.DataFrame({"lsoa": ["A"]}), areas(FOUR), vintage="2011")
    with pytest.raises(DataRefused, match="have geometry already"):
        attach(pd.DataFrame({"area_code": ["A"], "geometry": [None]}), areas(FOUR), vintage="2011")
