"""Whatever the events, grid and kernel: mass is conserved, and place, order, parts and weights act as they must."""

from typing import get_args

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.density import DensitySpec, Kernel
from hotspots.analysis.density.exact import exact_density
from hotspots.analysis.density.moments import DensityParts
from hotspots.analysis.density.places import sorted_places
from hotspots.layer import GridSpec

GRID = GridSpec(540000.0, 250000.0, 25.0, 30, 24)
_KERNELS = st.sampled_from(get_args(Kernel))
_BANDWIDTHS = st.floats(5, 400)
# Whole numbers put events on cell edges, centres and each other; a third of a metre keeps them off the support's edge.
_CORNER = np.array([540000.331, 250000.173, 0])
_EVENTS = st.lists(st.tuples(st.integers(0, 748), st.integers(0, 598), st.integers(0, 9)), min_size=1, max_size=40).map(
    lambda rows: np.array(rows, dtype=np.float64) + _CORNER
)
_HOLES = st.sets(st.integers(0, 30 * 24 - 1), max_size=300)


def made(events: np.ndarray, spec: DensitySpec, inside: np.ndarray, grid: GridSpec = GRID) -> np.ndarray:
    places = sorted_places(events[:, 0], events[:, 1], grid, weights=events[:, 2])
    return np.where(inside, exact_density(places, spec, inside)[0], 0)


def masked(holes: set[int]) -> np.ndarray:
    inside = np.ones((24, 30), dtype=bool)
    inside.reshape(-1)[list(holes)] = False
    return inside


def near(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * max(np.abs(a).max(), np.abs(b).max(), 1e-12))


@settings(max_examples=40, deadline=None)
@given(_EVENTS, _KERNELS, _BANDWIDTHS, _HOLES)
def test_the_mass_inside_is_the_sum_of_the_weights(events, kernel, bandwidth, holes) -> None:  # type: ignore[no-untyped-def]
    total = made(events, DensitySpec(bandwidth, kernel), masked(holes)).sum() * 625
    assert abs(total - events[:, 2].sum()) <= 1e-7 * max(1, events[:, 2].sum())


@settings(max_examples=30, deadline=None)
@given(_EVENTS, _KERNELS, _BANDWIDTHS, st.randoms())
def test_the_order_of_the_events_does_not_matter(events, kernel, bandwidth, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(events)))
    random.shuffle(order)
    spec, inside = DensitySpec(bandwidth, kernel), masked(set())
    near(made(events, spec, inside), made(events[order], spec, inside))


@settings(max_examples=30, deadline=None)
@given(_EVENTS, _KERNELS, _BANDWIDTHS, st.integers(-900, 900), st.integers(-900, 900))
def test_moving_events_and_grid_moves_the_surface(events, kernel, bandwidth, east, north) -> None:  # type: ignore[no-untyped-def]
    spec, inside = DensitySpec(bandwidth, kernel, "uniform"), masked(set())
    moved = GridSpec(540000.0 + 25 * east, 250000.0 + 25 * north, 25.0, 30, 24)
    near(made(events, spec, inside), made(events + np.array([25 * east, 25 * north, 0]), spec, inside, moved))


@settings(max_examples=30, deadline=None)
@given(_EVENTS, _EVENTS, _KERNELS, _BANDWIDTHS, _HOLES)
def test_two_lots_of_events_add_up_and_weights_multiply(first, second, kernel, bandwidth, holes) -> None:  # type: ignore[no-untyped-def]
    spec, inside = DensitySpec(bandwidth, kernel), masked(holes)
    both = made(np.vstack([first, second]), spec, inside)
    near(both, made(first, spec, inside) + made(second, spec, inside))
    near(made(first * [1, 1, 7], spec, inside), 7 * made(first, spec, inside))


@settings(max_examples=20, deadline=None)
@given(_EVENTS, _EVENTS, st.sampled_from(["quartic", "triweight", "gaussian"]), st.sampled_from([60.0, 150.0]))
def test_merged_parts_are_the_whole_and_within_the_bound(first, second, kernel, bandwidth) -> None:  # type: ignore[no-untyped-def]
    spec, inside = DensitySpec(bandwidth, kernel, "none", method="bounded"), masked(set())
    both = np.vstack([first, second])
    parts = []
    for events in (first, second, both):
        part = DensityParts(GRID, spec)
        part.add(events[:, 0].copy(), events[:, 1].copy(), weights=events[:, 2].copy())
        parts.append(part)
    merged, whole = parts[0].merged(parts[1]).surface(), parts[2].surface()
    near(merged.values, whole.values)
    exact = made(both, spec, inside)
    if whole.bound:
        assert np.abs(whole.values - exact).max() <= whole.bound * exact.max()
