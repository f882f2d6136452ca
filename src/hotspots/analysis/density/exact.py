"""The exact density of events: which algorithm, the edge correction, and the count of events within the bandwidth."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density import cells, sweep, windows
from hotspots.analysis.density.edges import Mask, nearest_inside
from hotspots.analysis.density.fourier import Convolution, offsets
from hotspots.analysis.density.kernels import KERNELS, POWERS, Floats, peak
from hotspots.analysis.density.places import Places, sorted_places
from hotspots.analysis.density.spec import DensitySpec
from hotspots.layer import GridSpec

# Measured on two processors (docs/density.md): from here on the other algorithm is the faster one.
_CELLS_FROM = 200.0  # places times the square of the bandwidth in cells, for each cell
_GAUSSIAN_CELLS_FROM = 2000.0  # cells that the events reach one by one, for each cell
_SWEEP_FROM_CELLS = 80  # bandwidth in cells
_EVENTS_AT_ONCE = 4_000_000  # sorted events take 16 bytes each: 64 MB, whatever the number of events
_MOST_LOST = 1.0  # masses (of a peak of one) below it are summed cell by cell: transforms leave 1e-13 of rounding


def density_of_events(
    eastings: Floats,
    northings: Floats,
    grid: GridSpec,
    spec: DensitySpec,
    inside: Mask,
    *,
    weights: Floats | None = None,
    keep: npt.NDArray[np.bool_] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Floats, Floats]:
    """
    Density per m² at every cell centre (also outside), and the number of events within the bandwidth.

    Events are taken some millions at a time, so that memory does not grow with their number; the sums add up. Without
    ``weights`` each counts one; without ``keep`` all enter.
    """
    size = max(1, len(eastings))
    sums: list[Floats] = []
    for first in range(0, size, _EVENTS_AT_ONCE):
        cut = slice(first, first + _EVENTS_AT_ONCE)
        chosen = None if keep is None else keep[cut]
        weight = None if weights is None else weights[cut]
        places = sorted_places(eastings[cut], northings[cut], grid, weights=weight, keep=chosen)
        part = _summed(places, spec, inside)
        sums = [total + more for total, more in zip(sums, part, strict=True)] if sums else [*part]
        if progress is not None:
            progress(min(1.0, cut.stop / size))
    return _corrected(sums[0], sums[1], grid, spec, inside)


def exact_density(places: Places, spec: DensitySpec, inside: Mask) -> tuple[Floats, Floats]:
    """The same, of events that are sorted already."""
    return _corrected(*_summed(places, spec, inside), places.grid, spec, inside)


def _corrected(
    values: Floats, events: Floats, grid: GridSpec, spec: DensitySpec, inside: Mask
) -> tuple[Floats, Floats]:
    if spec.edge == "uniform":
        values /= share_about_cells(grid, spec, inside)
    return values, events


def _summed(places: Places, spec: DensitySpec, inside: Mask) -> tuple[Floats, Floats]:
    """Density per m² and events within the bandwidth, before what is done to cells and not to events."""
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
    return values, events


def spread(places: Places, spec: DensitySpec) -> tuple[Floats, Floats]:
    """Sum of weights times the kernel with a peak of one, and the number of events within the bandwidth."""
    algorithm = _algorithm(places, spec.bandwidth_m / places.grid.cell_m)
    if spec.kernel != "gaussian":
        made: tuple[Floats, Floats] = algorithm.spread(places, POWERS[spec.kernel], spec.bandwidth_m)
        return made
    _, events = algorithm.spread(places, 0, spec.bandwidth_m)
    degree = _gaussian_degree(places, spec)
    if degree is None:
        return windows.gaussian(places, spec.bandwidth_m), events
    return cells.gaussian(places, spec.bandwidth_m, degree), events


def _algorithm(places: Places, reach_cells: float) -> ModuleType:
    """Windows event by event, or cell moments where events outnumber cells; the sweep for very wide bandwidths."""
    grid = places.grid
    many = len(places) * min(reach_cells, _SWEEP_FROM_CELLS) ** 2 >= _CELLS_FROM * grid.rows * grid.columns
    if many and places.per_row == grid.columns:
        return cells
    return windows if reach_cells < _SWEEP_FROM_CELLS else sweep


def _gaussian_degree(places: Places, spec: DensitySpec) -> int | None:
    """The degree of the polynomials that stand for a Gaussian; None where single events are faster."""
    grid = places.grid
    reached = len(places) * (2 * spec.reach_m / grid.cell_m) ** 2
    if places.per_row != grid.columns or reached < _GAUSSIAN_CELLS_FROM * grid.rows * grid.columns:
        return None
    return cells.gaussian_degree(grid.cell_m / spec.bandwidth_m)


def place_masses(places: Places, spec: DensitySpec, inside: Mask) -> Floats:
    """The share of each place's kernel that the cells inside hold."""
    constant = peak(spec.kernel) * (places.grid.cell_m / spec.bandwidth_m) ** 2
    if spec.kernel == "gaussian":
        degree = _gaussian_degree(places, spec)
        if degree is None:
            return windows.gaussian_masses(places, inside, spec.bandwidth_m) * constant
        mass = cells.gaussian_masses(places, inside, spec.bandwidth_m, degree)
        small = np.flatnonzero(mass < _MOST_LOST)
        mass[small] = windows.gaussian_masses(places, inside, spec.bandwidth_m, which=small)
        return mass * constant
    algorithm, power = _algorithm(places, spec.bandwidth_m / places.grid.cell_m), POWERS[spec.kernel]
    mass = np.asarray(algorithm.masses(places, inside, power, spec.bandwidth_m), dtype=np.float64)
    if algorithm is not windows:
        # Differences and transforms leave the rounding of the largest sum: small masses are summed cell by cell.
        small = np.flatnonzero(mass < _MOST_LOST)
        mass[small] = windows.masses(places, inside, power, spec.bandwidth_m, which=small)
    return mass * constant


def share_about_cells(grid: GridSpec, spec: DensitySpec, inside: Mask) -> Floats:
    """The share inside of a kernel about each cell centre inside; NaN elsewhere."""
    reach_cells = int(spec.reach_m / grid.cell_m)
    across, along = offsets(reach_cells)
    squared = (across**2 + along**2) * (grid.cell_m / spec.bandwidth_m) ** 2
    kernel = KERNELS[spec.kernel](squared) * (grid.cell_m / spec.bandwidth_m) ** 2
    convolution = Convolution(grid.rows, grid.columns, reach_cells)
    share = convolution.summed([inside.astype(np.float64)], [convolution.spectrum(kernel)])
    # A cell inside has at least the middle of its own kernel: less is the rounding of a transform.
    return np.where(inside, np.maximum(share, kernel[reach_cells, reach_cells]), np.nan)
