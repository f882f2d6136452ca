"""The exact density: every algorithm, kernel, weight and edge rule equals brute force to 1e-9 of the peak."""

import math
from typing import get_args

import numpy as np
import pytest
import shapely

from hotspots import compiled
from hotspots.analysis.density import DensitySpec, Edge, Kernel, cells, exact, sweep, windows
from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.density.exact import exact_density
from hotspots.analysis.density.places import Places, sorted_places
from hotspots.layer import GridSpec

KERNELS, EDGES = get_args(Kernel), get_args(Edge)
POWERS = {"uniform": 0, "epanechnikov": 1, "quartic": 2, "triweight": 3}
ALGORITHMS = (windows.spread, sweep.spread, cells.spread)
GRID = GridSpec(543500.0, 256500.0, 37.0, 47, 39)
HOLED = shapely.Polygon(
    [(543600, 256550), (545150, 256700), (544900, 257900), (543550, 257700)],
    [[(544100, 257000), (544500, 257000), (544300, 257300)]],
)


def kernel_at(squared: np.ndarray, kernel: str) -> np.ndarray:
    """Written again, apart from the package's own."""
    if kernel == "gaussian":
        return np.exp(-squared / 2) / (2 * math.pi) * (squared <= 98)
    power = POWERS[kernel]
    return (power + 1) / math.pi * np.where(squared <= 1, 1 - squared, 0) ** power * (squared <= 1)


def brute(east: np.ndarray, north: np.ndarray, weights: np.ndarray, grid: GridSpec, spec: DensitySpec, inside):  # type: ignore[no-untyped-def]
    """Density per m² and events within the bandwidth, one event at a time."""
    eastings, northings = np.meshgrid(grid.centre_eastings, grid.centre_northings)
    cell, unit = grid.cell_m**2, spec.bandwidth_m**2
    values, events = np.zeros(eastings.shape), np.zeros(eastings.shape)
    for e, n, w in zip(east, north, weights, strict=True):
        squared = ((eastings - e) ** 2 + (northings - n) ** 2) / unit
        shape = kernel_at(squared, spec.kernel) / unit
        share = (shape * inside).sum() * cell if spec.edge == "diggle" else 1.0
        values += w * shape / share
        events += squared <= 1
    if spec.edge == "uniform":
        for row, column in zip(*np.nonzero(inside), strict=True):
            squared = (eastings - eastings[row, column]) ** 2 + (northings - northings[row, column]) ** 2
            values[row, column] /= (kernel_at(squared / unit, spec.kernel) * inside).sum() / unit * cell
    return values, events


def close(made: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-9 * expected.max())


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("border", [None, HOLED], ids=["grid", "holed"])
def test_kernels_weights_and_edges_equal_brute_force(kernel: Kernel, edge: Edge, border: object) -> None:
    random = np.random.default_rng(20181231)
    inside = cells_inside(GRID, border)
    east = random.uniform(GRID.west, GRID.east, 300)
    north = random.uniform(GRID.south, GRID.north, 300)
    if border is not None:
        held = shapely.intersects_xy(border, east, north)
        east, north = east[held], north[held]
    weights = random.uniform(0, 40, len(east))
    spec = DensitySpec(61.3 if kernel == "gaussian" else 170.3, kernel, edge)
    made, events = exact_density(sorted_places(east, north, GRID, weights=weights), spec, inside)
    expected, counted = brute(east, north, weights, GRID, spec, inside)
    close(np.where(inside, made, 0), np.where(inside, expected, 0))
    np.testing.assert_array_equal(events, counted)


@pytest.mark.parametrize("bandwidth", [9.7, 20.0, 55.0, 400.3, 3000.0])
@pytest.mark.parametrize("power", range(4))
@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["windows", "sweep", "cells"])
def test_the_algorithms_agree_with_brute_force_at_every_bandwidth(algorithm, power: int, bandwidth: float) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(8)
    east = random.normal(544200, 150, 400).clip(GRID.west, GRID.east)
    north = random.normal(257100, 300, 400).clip(GRID.south, GRID.north)
    kernel = next(name for name, value in POWERS.items() if value == power)
    spec = DensitySpec(bandwidth, kernel, "none")  # type: ignore[arg-type]
    expected, counted = brute(east, north, np.ones(400), GRID, spec, True)
    made, events = algorithm(sorted_places(east, north, GRID, by_cell=True), power, bandwidth)
    close(made * (power + 1) / math.pi / bandwidth**2, expected)
    np.testing.assert_array_equal(events, counted)
    assert (made[counted == 0] == 0).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["windows", "sweep", "cells"])
def test_events_exactly_on_the_support_edge_are_within_the_bandwidth(algorithm) -> None:  # type: ignore[no-untyped-def]
    grid = GridSpec(540000, 250000, 25.0, 60, 60)
    centre = sorted_places(np.array([540712.5]), np.array([250712.5]), grid, by_cell=True)
    _, events = algorithm(centre, 0, 125.0)
    offsets = np.hypot(*np.meshgrid(np.arange(60) - 28, np.arange(60) - 31)) * 25
    np.testing.assert_array_equal(events, offsets <= 125)
    assert events.sum() == 81  # whole-number points within a circle of radius five


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=["windows", "sweep", "cells"])
def test_one_thread_and_many_give_the_same_bits(algorithm) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(5)
    east, north = random.uniform(GRID.west, GRID.east, 5000), random.uniform(GRID.south, GRID.north, 5000)
    places = sorted_places(east, north, GRID, weights=random.uniform(0, 3, 5000))
    alone, shared = algorithm(places, 2, 200.0, threads=1), algorithm(places, 2, 200.0, threads=3)
    np.testing.assert_array_equal(alone[0], shared[0])
    np.testing.assert_array_equal(alone[1], shared[1])


def test_masses_in_one_thread_and_many_are_the_same_bits() -> None:
    random = np.random.default_rng(6)
    east, north = random.uniform(GRID.west, GRID.east, 500), random.uniform(GRID.south, GRID.north, 500)
    places, inside = sorted_places(east, north, GRID), cells_inside(GRID, HOLED)
    for power in range(4):
        alone = sweep.masses(places, inside, power, 200.0, threads=1)
        np.testing.assert_array_equal(alone, sweep.masses(places, inside, power, 200.0, threads=3))


def test_events_at_one_place_are_added_and_a_crowded_cell_keeps_its_events() -> None:
    grid = GridSpec(0, 0, 100.0, 2, 1)
    east = np.array([10.0, 10.0, 20.0, 150.0, 10.0])
    north = np.array([5.0, 5.0, 5.0, 5.0, 6.0])
    places = sorted_places(east, north, grid, weights=np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
    assert places.count.tolist() == [2, 1, 1, 1]
    assert places.weights.tolist() == [3, 4, 16, 8]
    assert places.starts.tolist() == [0, 3, 4]
    crowd = sorted_places(np.repeat(np.arange(20.0), 2), np.full(40, 5.0), grid)
    assert (len(crowd), crowd.counted) == (40, 0)


def test_the_algorithm_is_chosen_by_the_number_of_places_and_the_bandwidth() -> None:
    def chosen(count: int, reach_cells: float) -> object:
        return exact._algorithm(_places(count), reach_cells)

    assert chosen(50, 12) is windows
    assert chosen(50, 200) is sweep
    assert chosen(20_000, 12) is cells


def _places(count: int) -> Places:
    random = np.random.default_rng(1)
    east, north = random.uniform(GRID.west, GRID.east, count), random.uniform(GRID.south, GRID.north, count)
    return sorted_places(east, north, GRID)


def test_where_nothing_is_writable_code_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*, nogil: bool, cache: bool = False):  # type: ignore[no-untyped-def]
        def decorate(function):  # type: ignore[no-untyped-def]
            if cache:
                raise RuntimeError("cannot cache function: no locator available")
            return function

        return decorate

    monkeypatch.setattr(compiled.numba, "njit", refuse)
    assert compiled.compiled(abs) is abs


@pytest.mark.parametrize("power", range(4))
@pytest.mark.parametrize("bandwidth", [15.0, 170.3, 900.0])
def test_the_masses_of_all_algorithms_agree_inside_a_holed_border(power: int, bandwidth: float) -> None:
    random = np.random.default_rng(16)
    east, north = random.uniform(GRID.west, GRID.east, 300), random.uniform(GRID.south, GRID.north, 300)
    places, inside = sorted_places(east, north, GRID, by_cell=True), cells_inside(GRID, HOLED)
    one_by_one = windows.masses(places, inside, power, bandwidth)
    for algorithm in (sweep, cells):
        made = algorithm.masses(places, inside, power, bandwidth)
        np.testing.assert_allclose(made, one_by_one, rtol=0, atol=1e-10 * one_by_one.max())
    some = np.array([3, 7, 200])
    np.testing.assert_array_equal(windows.masses(places, inside, power, bandwidth, which=some), one_by_one[some])


def test_fitted_gaussians_equal_single_ones_to_a_billionth() -> None:
    random = np.random.default_rng(17)
    east, north = random.uniform(GRID.west, GRID.east, 900), random.uniform(GRID.south, GRID.north, 900)
    places = sorted_places(east, north, GRID, weights=random.uniform(0, 9, 900), by_cell=True)
    inside = cells_inside(GRID, HOLED)
    for cells_in_deviation in (2.0, 4.0, 9.0):
        deviation = cells_in_deviation * GRID.cell_m
        degree = cells.gaussian_degree(1 / cells_in_deviation)
        assert degree is not None
        close(cells.gaussian(places, deviation, degree), windows.gaussian(places, deviation))
        shares = cells.gaussian_masses(places, inside, deviation, degree)
        close(shares, windows.gaussian_masses(places, inside, deviation))
    assert cells.gaussian_degree(5.0) is None


def test_events_taken_a_few_at_a_time_add_up_with_every_edge_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(18)
    east, north = random.uniform(GRID.west, GRID.east, 500), random.uniform(GRID.south, GRID.north, 500)
    weights, keep, inside = random.uniform(0, 9, 500), random.random(500) < 0.7, cells_inside(GRID, HOLED)
    for edge in EDGES:
        spec, made = DensitySpec(170.3, edge=edge), []
        for at_once in (4_000_000, 90):
            monkeypatch.setattr(exact, "_EVENTS_AT_ONCE", at_once)
            made.append(exact.density_of_events(east, north, GRID, spec, inside, weights=weights, keep=keep))
        close(np.where(inside, made[1][0], 0), np.where(inside, made[0][0], 0))
        np.testing.assert_array_equal(made[1][1], made[0][1])
