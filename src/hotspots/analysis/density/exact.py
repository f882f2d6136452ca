"""The exact density of places: which algorithm, the edge correction, and the count of events within the bandwidth."""

from collections.abc import Callable

import numpy as np

from hotspots.analysis.density import cells, sweep, windows
from hotspots.analysis.density.edges import Mask, nearest_inside
from hotspots.analysis.density.fourier import Convolution, offsets
from hotspots.analysis.density.kernels import KERNELS, POWERS, Floats, peak
from hotspots.analysis.density.places import Places
from hotspots.analysis.density.spec import DensitySpec
from hotspots.layer import GridSpec

# Measured on two processors (docs/density.md): from here on the other algorithm is the faster one.
_CELLS_FROM = 1.0  # places for each cell, where a bandwidth is ten cells
_SWEEP_FROM_CELLS = 80  # bandwidth in cells


def exact_density(places: Places, spec: DensitySpec, inside: Mask) -> tuple[Floats, Floats]:
    """Density per m² at every cell centre (also outside), and the number of events within the bandwidth."""
    grid = places.grid
    unplaced = np.empty(0, dtype=np.int64)
    weighted = places
    if spec.edge == "diggle" and len(places):
        mass = place_masses(places, spec, inside)
        unplaced = np.flatnonzero(~(mass > 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            weighted = places.reweighted(np.where(mass > 0, places.weights / mass, 0.0))
    values, events = spread(weighted, spec)
    values *= peak(spec.kernel) / spec.bandwidth_m**2
    for place in unplaced:
        # No cell centre inside is in reach (bandwidth below the cell): the nearest cell inside takes the event whole.
        cell = nearest_inside((float(places.east[place]), float(places.down[place])), grid, inside)
        values[cell] += places.weight[place * places.weighted] / grid.cell_m**2
        events[cell] += places.count[place * places.counted]
    if spec.edge == "uniform":
        values /= share_about_cells(grid, spec, inside)
    return values, events


def spread(places: Places, spec: DensitySpec) -> tuple[Floats, Floats]:
    """Sum of weights times the kernel with a peak of one, and the number of events within the bandwidth."""
    grid = places.grid
    if spec.kernel == "gaussian":
        _, events = _events_within(places, spec.bandwidth_m)
        return windows.gaussian(places, spec.bandwidth_m), events
    return _algorithm(places, spec.bandwidth_m / grid.cell_m)(places, POWERS[spec.kernel], spec.bandwidth_m)


def _events_within(places: Places, bandwidth_m: float) -> tuple[Floats, Floats]:
    return _algorithm(places, bandwidth_m / places.grid.cell_m)(places, 0, bandwidth_m)


def _algorithm(places: Places, reach_cells: float) -> Callable[[Places, int, float], tuple[Floats, Floats]]:
    """Windows event by event, or cell moments where events outnumber cells; the sweep for very wide bandwidths."""
    grid = places.grid
    if len(places) * min(reach_cells, _SWEEP_FROM_CELLS) >= 10 * _CELLS_FROM * grid.rows * grid.columns:
        return cells.spread
    return windows.spread if reach_cells < _SWEEP_FROM_CELLS else sweep.spread


def place_masses(places: Places, spec: DensitySpec, inside: Mask) -> Floats:
    """The share of each place's kernel that the cells inside hold."""
    constant = peak(spec.kernel) * (places.grid.cell_m / spec.bandwidth_m) ** 2
    if spec.kernel == "gaussian":
        return windows.gaussian_masses(places, inside, spec.bandwidth_m) * constant
    mass = sweep.masses(places, inside, POWERS[spec.kernel], spec.bandwidth_m)
    # What differences of sums leave of a mass of nothing is rounding: such places are looked at one by one.
    for place in np.flatnonzero(mass < 1e-6):
        mass[place] = _direct_mass(places, int(place), spec, inside)
    return mass * constant


def _direct_mass(places: Places, place: int, spec: DensitySpec, inside: Mask) -> float:
    grid = places.grid
    reach = int(spec.reach_m / grid.cell_m) + 2
    row, column = int(places.down[place] / grid.cell_m), int(places.east[place] / grid.cell_m)
    rows = np.arange(max(0, row - reach), min(grid.rows, row + reach + 1))
    columns = np.arange(max(0, column - reach), min(grid.columns, column + reach + 1))
    down = (rows + 0.5) * grid.cell_m - places.down[place]
    east = (columns + 0.5) * grid.cell_m - places.east[place]
    squared = (down[:, None] ** 2 + east[None, :] ** 2) / spec.bandwidth_m**2
    shape = KERNELS[spec.kernel](squared) / peak(spec.kernel)
    return float((shape * inside[np.ix_(rows, columns)]).sum())


def share_about_cells(grid: GridSpec, spec: DensitySpec, inside: Mask) -> Floats:
    """The share inside of a kernel about each cell centre inside; NaN elsewhere."""
    reach_cells = int(spec.reach_m / grid.cell_m)
    across, along = offsets(reach_cells)
    squared = (across**2 + along**2) * (grid.cell_m / spec.bandwidth_m) ** 2
    kernel = KERNELS[spec.kernel](squared) * (grid.cell_m / spec.bandwidth_m) ** 2
    convolution = Convolution(grid.rows, grid.columns, reach_cells)
    share = convolution.summed([inside.astype(np.float64)], [kernel])
    # A cell inside has at least the middle of its own kernel: less is the rounding of a transform.
    return np.where(inside, np.maximum(share, kernel[reach_cells, reach_cells]), np.nan)
