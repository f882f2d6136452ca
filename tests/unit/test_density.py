"""Density: a meaning (events per km²), the right place, and nothing lost."""

import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.density import _KERNELS, DensitySpec, Kernel, density
from hotspots.errors import DataRefused, ResolutionError
from hotspots.layer import GridSpec, Surface
from hotspots.tables import PointEvents, points_from_frame

KERNELS = get_args(Kernel)
FORMULAS = {
    "quartic": lambda u: 3 / math.pi * (1 - u * u) ** 2 * (u <= 1),
    "epanechnikov": lambda u: 2 / math.pi * (1 - u * u) * (u <= 1),
    "triweight": lambda u: 4 / math.pi * (1 - u * u) ** 3 * (u <= 1),
    "uniform": lambda u: 1 / math.pi * (u <= 1),
    "gaussian": lambda u: np.exp(-u * u / 2) / (2 * math.pi),
}


def points(*coordinates: tuple[float, float], weight: list[float] | None = None) -> PointEvents:
    frame = pd.DataFrame(coordinates, columns=["easting", "northing"])
    if weight is not None:
        frame["weight"] = weight
    return points_from_frame(frame, weight=None if weight is None else "weight")


def surface(events: PointEvents, grid: GridSpec, spec: DensitySpec, border: object = None) -> Surface:
    made = density(events, grid, spec, border=border).surface
    assert made is not None
    return made


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_kernel_that_is_used_integrates_to_one_over_the_plane(kernel: Kernel) -> None:
    radius = np.linspace(0, 12 if kernel == "gaussian" else 1, 200_001)
    values = _KERNELS[kernel](radius**2) * 2 * math.pi * radius
    assert math.isclose(float(np.trapezoid(values, radius)), 1, abs_tol=1e-8)


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_cell_equals_brute_force_on_random_points(kernel: Kernel) -> None:
    random = np.random.default_rng(20181231)
    places = random.uniform((544000, 257000), (545000, 258000), size=(40, 2))
    grid = GridSpec(543500, 256500, 37.0, 55, 52)
    spec = DensitySpec(170.0, kernel, edge="none")
    eastings, northings = np.meshgrid(grid.centre_eastings, grid.centre_northings)
    expected = np.zeros(eastings.shape)
    for easting, northing in places:
        far = np.hypot(eastings - easting, northings - northing) / 170.0
        expected += FORMULAS[kernel](far) / 170.0**2 * 1e6
    made = surface(points(*map(tuple, places)), grid, spec)
    np.testing.assert_allclose(made.values, expected, rtol=0, atol=1e-6 * expected.max())


def test_fault_056_the_sum_over_the_cells_inside_is_the_number_of_events_inside() -> None:
    random = np.random.default_rng(7)
    places = random.uniform((0, 0), (2000, 2000), size=(500, 2))
    ring = shapely.box(100, 100, 1900, 1900).difference(shapely.box(800, 800, 1100, 1100))
    inside = int(shapely.intersects_xy(ring, places[:, 0], places[:, 1]).sum())
    made = surface(points(*map(tuple, places)), GridSpec(0, 0, 20, 100, 100), DensitySpec(300.0), ring)
    total = float(np.nansum(made.values.astype(np.float64))) * 0.02 * 0.02
    assert math.isclose(total, inside, rel_tol=1e-6)
    assert inside < 500


def test_needles_weigh_their_quantity_and_unknown_quantities_are_counted_out() -> None:
    events = points((500, 500), (520, 500), weight=[3.0, 40.0])
    table = events.table.assign(quantity=pd.array([3, None], dtype="Int64"))
    made = density(PointEvents(table, events.meta), GridSpec(0, 0, 50, 20, 20), DensitySpec(200.0, weight="quantity"))
    assert made.surface is not None
    assert math.isclose(float(made.surface.values.sum()) * 0.0025, 3.0, rel_tol=1e-6)
    assert "1 event has an unknown quantity and adds nothing." in made.meta.caveats


def test_a_single_event_lies_in_the_brightest_cell_with_north_at_the_top() -> None:
    grid = GridSpec(544000, 257000, 50, 30, 20)
    made = surface(points((544125, 257925)), grid, DensitySpec(150.0))
    row, column = np.unravel_index(np.nanargmax(made.values), made.values.shape)
    assert (int(row), int(column)) == (1, 2)
    assert grid.centre_northings[1] == 257925.0


def test_cells_whose_centre_is_outside_the_border_are_nodata() -> None:
    made = surface(points((50, 50)), GridSpec(0, 0, 10, 20, 10), DensitySpec(30.0), shapely.box(0, 0, 100, 100))
    assert np.isnan(made.values[:, 10:]).all()
    assert not np.isnan(made.values[:, :10]).any()


def test_events_outside_the_border_or_too_vague_are_left_out_and_counted() -> None:
    events = points((50, 50), (150, 50), (60, 60))
    events = PointEvents(events.table.assign(uncertainty_m=[0.0, 0.0, 31.0]), events.meta)
    made = density(events, GridSpec(0, 0, 10, 20, 10), DensitySpec(30.0), border=shapely.box(0, 0, 100, 100))
    assert made.surface is not None
    assert math.isclose(float(np.nansum(made.surface.values)) * 0.0001, 1.0, rel_tol=1e-5)
    assert made.meta.caveats == (
        "1 event lies outside the area and is not in the density.",
        "1 event is too vaguely placed for this bandwidth and is not in the density.",
    )


def test_a_bandwidth_below_the_cell_size_loses_nothing_and_is_said() -> None:
    made = density(points((31, 31)), GridSpec(0, 0, 50, 4, 4), DensitySpec(3.0))
    assert made.surface is not None
    assert math.isclose(float(made.surface.values.sum()) * 0.0025, 1.0, rel_tol=1e-6)
    assert "The bandwidth (3 m) is below the cell size (50 m)." in made.meta.caveats


def test_fault_055_events_at_one_place_count_as_many_in_the_events_band() -> None:
    made = surface(points((55, 55), (55, 55), (55, 55)), GridSpec(0, 0, 10, 11, 11), DensitySpec(30.0))
    assert made.events.max() == 3
    assert made.events[0, 0] == 0


@pytest.mark.parametrize("bandwidth", [0.0, -1.0, math.nan, math.inf])
def test_fault_058_a_bandwidth_that_is_not_a_positive_number_is_refused(bandwidth: float) -> None:
    with pytest.raises(DataRefused, match="positive number of metres"):
        DensitySpec(bandwidth)


def test_a_grid_of_too_many_cells_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(DataRefused, match="more than 4,000,000"):
        GridSpec.over((540000, 253000, 550000, 263000), cell_m=0.01)


def test_fault_040_counts_by_area_can_never_become_points_and_the_refusal_says_why() -> None:
    with pytest.raises(ResolutionError, match="has no positions and cannot become points"):
        points_from_frame(pd.DataFrame({"easting": [1.0], "northing": [2.0]}), resolution="lsoa")
    with pytest.raises(TypeError):
        points_from_frame(pd.DataFrame({"easting": [1.0], "northing": [2.0]}), resolution="ward")
