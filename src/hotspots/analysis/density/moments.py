"""The bounded density: six moments for each cell, in memory that does not grow with the events, within a stated bound.

The moments are sums over the events of a cell, so that parts made from chunks of a file, in threads or on several
machines add up to those of the whole. The surface is one Fourier convolution of the moments with the projected kernel.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.cells import stencil_of
from hotspots.analysis.density.edges import Mask, cells_inside
from hotspots.analysis.density.exact import share_about_cells
from hotspots.analysis.density.fourier import Convolution
from hotspots.analysis.density.kernels import Floats, peak
from hotspots.analysis.density.projection import DEGREES, projection_of
from hotspots.analysis.density.spec import DensitySpec
from hotspots.compiled import compiled, processors
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec

_SLOTS = 8  # six moments, the number of events, the largest error of a share
_PARTS = 2  # always, so that the bits do not depend on the number of processors
_CELLS_FOR_PARTS = 1_000_000
_BATCH = 512


@compiled
def _weigh(weights, keep, mass, first, cells, east, down, w, n, moments):  # type: ignore[no-untyped-def]
    """Weights of a batch, by the share inside; returns how many shares are too small to bound."""
    lost = 0
    for at in range(cells.size):
        w[at] = weights[first + at] if weights.size > 0 else 1.0
        n[at] = 1.0
        if keep.size > 0 and not keep[first + at]:
            w[at] = n[at] = 0.0
        elif mass.size > 0:
            cell, x, y = cells[at], east[at], down[at]
            m = mass[cell]
            share = m[0] + m[1] * x + m[2] * y + m[4] * x * y
            share += m[3] * (1.5 * x * x - 0.5) + m[5] * (1.5 * y * y - 0.5)
            if share > 4 * m[6]:
                w[at] /= share
                moments[cell, 7] = max(moments[cell, 7], m[6] / (share - m[6]))
            else:
                w[at] = n[at] = 0.0
                lost += 1
    return lost


@compiled
def _gather(eastings, northings, weights, keep, corner, grid, mass, moments):  # type: ignore[no-untyped-def]
    """Add events to the moments, a batch at a time; returns those whose share inside is too small to bound."""
    west, north = corner
    cell_m, rows, columns = grid
    per_m = 1 / cell_m
    plain = keep.size == 0 and weights.size == 0 and mass.size == 0
    cells, east, down = np.empty(_BATCH, np.int64), np.empty(_BATCH), np.empty(_BATCH)
    w, n = np.ones(_BATCH), np.ones(_BATCH)
    lost = 0
    for first in range(0, eastings.size, _BATCH):
        size = min(_BATCH, eastings.size - first)
        e, s = eastings[first : first + size], northings[first : first + size]
        for at in range(size):
            across, along = (e[at] - west) * per_m, (north - s[at]) * per_m
            column, row = np.floor(across), np.floor(along)
            column, row = min(max(column, 0.0), columns - 1.0), min(max(row, 0.0), rows - 1.0)
            east[at], down[at] = 2 * (across - column) - 1, 2 * (along - row) - 1
            cells[at] = np.int64(row * columns + column)
        if not plain:
            lost += _weigh(weights, keep, mass, first, cells[:size], east, down, w, n, moments)
        for at in range(size):
            x, y, v = east[at], down[at], w[at]
            cell = np.uint64(cells[at])  # unsigned: no test for an index that counts from the end
            moments[cell, 0] += v
            moments[cell, 1] += v * x
            moments[cell, 2] += v * y
            moments[cell, 3] += v * (1.5 * x * x - 0.5)
            moments[cell, 4] += v * x * y
            moments[cell, 5] += v * (1.5 * y * y - 0.5)
            moments[cell, 6] += n[at]
    return lost


@dataclass(frozen=True, eq=False)
class Bounded:
    """Density per m², events surely within the bandwidth, and the largest possible error as a share of the peak."""

    values: Floats
    events: Floats
    bound: float


class DensityParts:
    """
    Sums from which a density is made, to be added to and merged.

    Examples
    --------
    >>> grid, spec = GridSpec(0, 0, 10, 100, 100), DensitySpec(120, method="bounded")
    >>> first, second = DensityParts(grid, spec), DensityParts(grid, spec)
    >>> first.add(np.array([500.0]), np.array([502.0]))
    >>> second.add(np.array([333.0]), np.array([700.0]))
    >>> made = first.merged(second).surface()
    >>> round(float(made.values.sum()) * 100, 3), made.bound < 5e-3
    (2.0, True)
    """

    def __init__(self, grid: GridSpec, spec: DensitySpec, *, border: Any = None, inside: Mask | None = None) -> None:
        self.grid, self.spec = grid, spec
        self.inside = cells_inside(grid, border) if inside is None else inside
        self.moments = np.zeros((grid.rows * grid.columns, _SLOTS))
        self._projection = projection_of(grid, spec)
        self._convolution = Convolution(grid.rows, grid.columns, self._projection.reach_cells)
        self._scale = peak(spec.kernel) / spec.bandwidth_m**2
        self._mass = self._shares() if spec.edge == "diggle" else np.empty((0, _SLOTS))

    def add(
        self,
        eastings: Floats,
        northings: Floats,
        *,
        weights: Floats | None = None,
        keep: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """
        Add a chunk of events (EPSG:27700 metres), with a weight each or one each.

        Raises
        ------
        DataRefused
            An event lies outside the grid, or so little of its kernel lies inside that its share has no useful bound.
        """
        grid = self.grid
        chosen = np.empty(0, dtype=np.bool_) if keep is None else keep
        if keep is None and not _within(eastings, northings, grid):
            raise DataRefused("an event lies outside the grid; leave it out, or use a larger grid")
        given = np.empty(0) if weights is None else np.asarray(weights, dtype=np.float64)

        def part(first: int, last: int, moments: Floats) -> int:
            cut = slice(first, last)
            lost: int = _gather(
                eastings[cut],
                northings[cut],
                given[cut],
                chosen[cut],
                (float(grid.west), grid.north),
                (float(grid.cell_m), grid.rows, grid.columns),
                self._mass,
                moments,
            )
            return lost

        size = len(eastings)
        if size < len(self.moments) or len(self.moments) > _CELLS_FOR_PARTS:
            lost = part(0, size, self.moments)
        else:
            other = np.zeros_like(self.moments)
            with ThreadPoolExecutor(min(_PARTS, processors())) as pool:
                halves = pool.map(part, (0, size // 2), (size // 2, size), (self.moments, other))
                lost = sum(halves)
            self._join(other)
        if lost:
            raise DataRefused(
                f"{lost:,} events have too little of their kernel inside the area for a bound; use method='exact'"
            )

    def merged(self, other: "DensityParts") -> "DensityParts":
        """This part with another of the same grid, spec and area added to it (the other stays as it is)."""
        same = self.grid == other.grid and self.spec == other.spec and np.array_equal(self.inside, other.inside)
        if not same:
            raise DataRefused("parts of a density can be merged only with the same grid, spec and area")
        self._join(other.moments)
        return self

    def surface(self) -> Bounded:
        """The density of everything added so far, and its bound."""
        grid, projection = self.grid, self._projection
        planes = [self.moments[:, slot].reshape(grid.rows, grid.columns) for slot in range(_SLOTS)]
        values = self._convolution.summed(planes[: len(DEGREES)], projection.kernels) * self._scale
        error = self._convolution.summed([planes[0]], [projection.worst]) * self._scale
        values = np.where((values > 0) & self._reach(planes[6]), values, 0.0)
        events = self._events(planes[6])
        if self.spec.edge == "uniform":
            share = share_about_cells(grid, self.spec, self.inside)
            values, error = values / share, error / share
        largest = float(np.max(values, initial=0.0, where=self.inside))
        worst = float(np.max(error, initial=0.0, where=self.inside))
        relative = float(planes[7].max())
        absolute = worst * (1 + relative) + relative * largest + 1e-12 * largest
        return Bounded(values, events, absolute / (largest - absolute) if largest > absolute else 0.0)

    def _join(self, moments: Floats) -> None:
        largest = np.maximum(self.moments[:, 7], moments[:, 7])
        self.moments += moments
        self.moments[:, 7] = largest

    def _shares(self) -> Floats:
        """For each cell the share inside as a quadratic of the place in the cell, and its error."""
        cells, projection = len(self.moments), self._projection
        inside = self.inside.astype(np.float64)
        mass = np.zeros((cells, _SLOTS))
        for slot, kernel in enumerate([*projection.kernels, projection.worst]):
            turned = np.ascontiguousarray(kernel[::-1, ::-1])
            mass[:, slot] = self._convolution.summed([inside], [turned]).reshape(-1)
        return mass * (self._scale * self.grid.cell_m**2)

    def _events(self, held: Floats) -> Floats:
        """
        Events of the cells that lie wholly within the bandwidth: never more than there are within it.

        One, where only cells in part within it hold any: a threshold then hides the cell, as it must.
        """
        stencil = stencil_of(self.grid.cell_m, self.spec.bandwidth_m)
        convolution = Convolution(self.grid.rows, self.grid.columns, stencil.reach_cells)
        wholly = stencil.wholly.astype(np.float64)
        touched = wholly.copy()
        rows, columns, _ = stencil.ring
        touched[rows + stencil.reach_cells, columns + stencil.reach_cells] = 1.0
        surely, perhaps = (np.rint(convolution.summed([held], [kernel])) for kernel in (wholly, touched))
        return np.maximum(surely, perhaps > 0)

    def _reach(self, held: Floats) -> Mask:
        """Cells that some event may reach."""
        reached = (self._projection.worst > 0).astype(np.float64)
        return np.asarray(self._convolution.summed([held], [reached]) > 0.5)


def _within(eastings: Floats, northings: Floats, grid: GridSpec) -> bool:
    if not len(eastings):
        return True
    return bool(
        eastings.min() >= grid.west
        and eastings.max() <= grid.east
        and northings.min() >= grid.south
        and northings.max() <= grid.north
    )
