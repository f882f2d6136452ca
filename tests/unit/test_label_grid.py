"""The label grid decides as the polygons do, or says that it cannot tell."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from hotspots.areas import Areas
from hotspots.label_grid import build_label_grid, label_grid
from hotspots.label_kernels import NOWHERE, UNSURE

SQUARES = (box(10, 10, 20, 20), box(0, 10, 10, 20), box(10, 0, 20, 10), box(0, 0, 10, 10))


def at(shapes: tuple[object, ...], *places: tuple[float, float]) -> list[int]:
    eastings, northings = np.array(places, dtype=np.float64).T
    return build_label_grid(np.array(shapes, dtype=object)).areas_at(eastings, northings).tolist()


def smallest_that_intersects(shapes: np.ndarray, places: np.ndarray) -> np.ndarray:
    area, point = shapely.STRtree(shapely.points(places)).query(shapes, predicate="intersects")
    smallest = np.full(len(places), len(shapes))
    np.minimum.at(smallest, point, area)
    return np.where(smallest < len(shapes), smallest, NOWHERE)


def test_shared_edges_and_the_vertex_of_four_squares_go_to_the_first() -> None:
    assert at(SQUARES, (10, 10), (5, 10), (10, 5), (15, 10), (5, 5)) == [0, 1, 2, 0, 3]


def test_the_outer_edge_and_corners_are_inside_and_a_hair_beyond_is_nowhere() -> None:
    beyond = np.nextafter(20.0, 21.0)
    assert at(SQUARES, (0, 0), (20, 20), (0, 5), (20, 0)) == [3, 0, 3, 2]
    assert at(SQUARES, (beyond, 5), (5, beyond), (-1e-300, 5), (1e9, -1e9)) == [NOWHERE] * 4


def test_a_hole_is_nowhere_and_its_rim_inside() -> None:
    ring = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    assert at((ring,), (15, 15), (10, 15), (20, 20), (5, 5)) == [NOWHERE, 0, 0, 0]


def test_both_parts_of_a_multipolygon_are_one_area() -> None:
    parts = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    assert at((parts, box(10, 0, 20, 10)), (5, 5), (25, 5), (15, 5), (20, 5)) == [0, 0, 1, 0]


def test_of_areas_that_overlap_the_first_takes_the_point_whether_its_cell_is_whole_or_crossed() -> None:
    small, large = box(40, 40, 60, 60), box(0, 0, 100, 100)
    places = ((50, 50), (40, 50), (39, 50), (60, 60), (61, 60))
    assert at((small, large), *places) == [0, 0, 1, 0, 1]
    assert at((large, small), *places) == [0, 0, 0, 0, 0]


def test_a_point_that_rounding_puts_on_either_side_of_an_edge_is_unsure() -> None:
    triangle = Polygon([(0, 0), (10, 3), (0, 10)])
    assert at((triangle,), (3.3333333333333335, 1.0)) == [UNSURE]
    assert at((triangle,), (3.3333, 1.0), (3.3334, 1.0), (10, 3)) == [0, NOWHERE, 0]


def test_no_areas_and_no_points() -> None:
    assert at((), (5, 5)) == [NOWHERE]
    assert len(build_label_grid(np.array(SQUARES, dtype=object)).areas_at(np.empty(0), np.empty(0))) == 0


@pytest.mark.parametrize("decimals", [0, 1, 9])
@pytest.mark.parametrize("origin", [(0.0, 0.0), (545_000.0, 258_000.0)])
def test_random_overlapping_shapes_with_holes_and_parts_are_decided_as_shapely_does(
    decimals: int, origin: tuple[float, float]
) -> None:
    random = np.random.default_rng(decimals)
    discs = [
        shapely.Point(*random.uniform(0, 100, 2)).buffer(random.uniform(5, 30), quad_segs=number % 7 + 1)
        for number in range(30)
    ]
    mixed = [
        one.difference(other) if number % 2 else one.union(other) for number, (one, other) in enumerate(pairwise(discs))
    ]
    shapes = shapely.transform(shapely.set_precision(mixed, 10.0**-decimals), lambda vertices: vertices + origin)
    vertices = shapely.get_coordinates(shapes)
    places = np.concatenate(
        [random.uniform(-20, 120, (20_000, 2)).round(decimals) + origin, vertices, (vertices[1:] + vertices[:-1]) / 2]
    )
    found = build_label_grid(shapes).areas_at(*places.T)
    sure = found != UNSURE
    assert sure.mean() > 0.95
    assert (found[sure] == smallest_that_intersects(shapes, places)[sure]).all()


def test_a_long_thin_area_and_one_of_five_thousand_vertices_in_a_row_of_cells() -> None:
    random = np.random.default_rng(5)
    eastings = np.arange(5_000) / 100
    comb = Polygon([(0, -1), *zip(eastings, np.arange(5_000) % 2 * 0.001, strict=True), (50, -1)])
    thin = Polygon([(0, 1), (1e6, 1.001), (1e6, 1.002), (0, 1.0005)])
    for shape in (comb, thin):
        west, south, east, north = shape.bounds
        places = random.uniform((west - 1, south - 0.001), (east + 1, north + 0.001), (20_000, 2))
        found = build_label_grid(np.array([shape], dtype=object)).areas_at(*places.T)
        assert (found == smallest_that_intersects(np.array([shape], dtype=object), places))[found != UNSURE].all()


def test_the_grid_is_built_once_for_a_set_of_areas_even_when_threads_ask_together() -> None:
    table = pd.DataFrame({"code": list("DCBA"), "name": "", "geometry": pd.Series(SQUARES, dtype=object)})
    areas = Areas("lsoa", "2011", "2011", False, "", table)
    with ThreadPoolExecutor(4) as pool:
        grids = set(pool.map(lambda _: label_grid(areas), range(8)))
    assert len(grids) == 1
    assert label_grid(Areas("lsoa", "2011", "2011", False, "", table)) not in grids


def test_areas_are_numbered_by_their_codes_not_by_their_rows() -> None:
    table = pd.DataFrame({"code": list("DCBA"), "name": "", "geometry": pd.Series(SQUARES[::-1], dtype=object)})
    grid = label_grid(Areas("lsoa", "2011", "2011", False, "", table))
    assert grid.areas_at(np.array([15.0, 5.0]), np.array([15.0, 5.0])).tolist() == [0, 3]
