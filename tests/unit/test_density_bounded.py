"""The bounded density: within the bound that it states, and made from parts."""

import math

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.density import DensitySpec, Edge, Kernel, density
from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.density.exact import exact_density
from hotspots.analysis.density.moments import DensityParts
from hotspots.analysis.density.places import sorted_places
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec
from hotspots.tables import points_from_frame

GRID = GridSpec(0.0, 0.0, 25.0, 80, 70)
BORDER = shapely.box(40, 40, 1960, 1700).difference(shapely.Point(900, 900).buffer(160))


def events(size: int, seed: int = 11) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    centres = random.uniform(300, 1500, (12, 2))[random.integers(0, 12, size)]
    east, north = (centres + random.normal(0, 90, (size, 2))).T
    held = shapely.intersects_xy(BORDER, east, north)
    return east[held], north[held], random.uniform(0, 4, int(held.sum()))


@pytest.mark.parametrize("edge", ["none", "uniform", "diggle"])
@pytest.mark.parametrize(
    ("kernel", "bandwidth"), [("quartic", 300), ("triweight", 300), ("epanechnikov", 300), ("gaussian", 100)]
)
def test_the_error_is_below_the_bound_that_is_stated(kernel: Kernel, bandwidth: float, edge: Edge) -> None:
    east, north, weights = events(6000)
    spec, inside = DensitySpec(bandwidth, kernel, edge, method="bounded"), cells_inside(GRID, BORDER)
    parts = DensityParts(GRID, spec, inside=inside)
    parts.add(east, north, weights=weights)
    made = parts.surface()
    expected, counted = exact_density(sorted_places(east, north, GRID, weights=weights), spec, inside)
    error = np.abs(made.values - expected)[inside].max() / expected[inside].max()
    assert error <= made.bound
    assert made.bound < (0.2 if kernel == "epanechnikov" else 0.02)
    if kernel == "quartic" and edge == "none":
        assert error < 1.4e-4
    assert (made.events <= np.maximum(counted, 1))[inside].all()
    assert ((made.events > 0) | (counted == 0))[inside].all()


def test_one_event_in_a_corner_of_its_cell_is_within_the_bound() -> None:
    for east, north in ((1000.0, 1000.0), (1024.999, 1000.0), (1012.5, 1024.999)):
        spec = DensitySpec(300.0, edge="none", method="bounded")
        parts = DensityParts(GRID, spec)
        parts.add(np.array([east]), np.array([north]))
        made = parts.surface()
        places = sorted_places(np.array([east]), np.array([north]), GRID)
        expected, _ = exact_density(places, spec, cells_inside(GRID, None))
        assert np.abs(made.values - expected).max() / expected.max() <= made.bound


def test_parts_made_from_chunks_add_up_to_the_whole() -> None:
    east, north, weights = events(3000)
    spec = DensitySpec(300.0, method="bounded")
    whole, first, second = (DensityParts(GRID, spec, border=BORDER) for _ in range(3))
    whole.add(east, north, weights=weights)
    first.add(east[:1000], north[:1000], weights=weights[:1000])
    second.add(east[1000:], north[1000:], weights=weights[1000:])
    merged = first.merged(second).surface()
    np.testing.assert_allclose(merged.values, whole.surface().values, rtol=1e-9, atol=1e-15)
    total = merged.values[whole.inside].sum() * 625
    assert math.isclose(total, weights.sum(), rel_tol=merged.bound)


def test_two_halves_in_threads_give_the_same_bits_every_time() -> None:
    east, north, _ = events(9000)
    made = []
    for _ in range(2):
        parts = DensityParts(GRID, DensitySpec(300.0, edge="none", method="bounded"))
        parts.add(east, north)
        made.append(parts.surface().values)
    np.testing.assert_array_equal(*made)


def test_parts_of_another_grid_or_bandwidth_are_refused() -> None:
    parts = DensityParts(GRID, DensitySpec(300.0, method="bounded"))
    with pytest.raises(DataRefused, match="same grid, spec and area"):
        parts.merged(DensityParts(GRID, DensitySpec(200.0, method="bounded")))
    with pytest.raises(DataRefused, match="outside the grid"):
        parts.add(np.array([-1.0]), np.array([5.0]))


def test_the_uniform_kernel_has_no_useful_bound_and_is_refused() -> None:
    with pytest.raises(DataRefused, match="jumps at its edge"):
        DensitySpec(300.0, "uniform", method="bounded")


def test_the_layer_states_the_bound_in_its_method() -> None:
    east, north, _ = events(500)
    points = points_from_frame(pd.DataFrame({"easting": east, "northing": north}))
    layer = density(points, GRID, DensitySpec(300.0, method="bounded"), border=BORDER)
    assert "approximated: off by at most " in layer.meta.method
    assert layer.meta.method.endswith("of the peak")
    assert any("counted by whole cells" in caveat for caveat in layer.meta.caveats)
