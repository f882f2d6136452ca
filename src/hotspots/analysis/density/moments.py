"""The bounded density: ten moments for each cell, in memory that does not grow with the events, within a stated bound.

The moments are sums over the events of a cell, so that parts made from chunks of a file, in threads or on several
machines add up to those of the whole. The surface is one Fourier convolution of the moments with the projected kernel.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.edges import Mask, cells_inside
from hotspots.analysis.density.exact import share_about_cells
from hotspots.analysis.density.fourier import Convolution, Spectrum
from hotspots.analysis.density.kernels import Floats, Kernel, peak
from hotspots.analysis.density.projection import monomials, projection_of
from hotspots.analysis.density.ring import stencil_of
from hotspots.analysis.density.spec import DensitySpec
from hotspots.compiled import each_of, fused, processors
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec

_DEGREE = 3
_POWERS = len(monomials(_DEGREE))
_HELD, _SHARE_ERROR = _POWERS, _POWERS + 1  # the number of events, the largest error of a share
_SLOTS = _POWERS + 2
_BATCH = 512
_KEPT_CELLS = 300_000
_ONE_THREAD = 100_000
_MOST_THREADS = 4  # each looks at all events


@fused
def _polynomial(m, x, y):  # type: ignore[no-untyped-def]
    """The polynomial of these coefficients, in the order of ``monomials(3)``."""
    return (
        m[0]
        + x * (m[1] + x * (m[2] + x * m[3]))
        + y * (m[4] + x * (m[5] + x * m[6]) + y * (m[7] + x * m[8] + y * m[9]))
    )


@fused
def _weigh(weights, keep, mass, first, mine, cells, east, down, w, n, moments):  # type: ignore[no-untyped-def]
    """Weights of a batch, by the share inside; returns how many shares are too small to bound."""
    lost = 0
    for place in mine:
        at = np.int64(place)
        w[at] = weights[first + at] if weights.size > 0 else 1.0
        n[at] = 1.0
        if keep.size > 0 and not keep[first + at]:
            w[at] = n[at] = 0.0
        elif mass.size > 0:
            cell = cells[at]
            share, error = _polynomial(mass[cell], east[at], down[at]), mass[cell, _HELD]
            if share > 4 * error:
                w[at] /= share
                moments[cell, _SHARE_ERROR] = max(moments[cell, _SHARE_ERROR], error / (share - error))
            else:
                w[at] = n[at] = 0.0
                lost += 1
    return lost


@fused
def _add(mine, cells, east, down, w, n, moments):  # type: ignore[no-untyped-def]
    """Add the events of a batch to the moments of their cells."""
    for at in mine:
        x, y, v = east[at], down[at], w[at]
        cell = np.uint64(cells[at])
        vx, vy = v * x, v * y
        vxx, vxy, vyy = vx * x, vx * y, vy * y
        moments[cell, 0] += v
        moments[cell, 1] += vx
        moments[cell, 2] += vxx
        moments[cell, 3] += vxx * x
        moments[cell, 4] += vy
        moments[cell, 5] += vxy
        moments[cell, 6] += vxx * y
        moments[cell, 7] += vyy
        moments[cell, 8] += vyy * x
        moments[cell, 9] += vyy * y
        moments[cell, 10] += n[at]


@fused
def _gather(eastings, northings, weights, keep, corner, grid, mass, moments, lowest, highest):  # type: ignore[no-untyped-def]
    """Add the events of the cells ``lowest`` to ``highest`` to the moments, a batch at a time.

    Returns how many events lie outside the grid, and how many have a share inside that is too small to bound.
    """
    west, north = corner
    cell_m, rows, columns = grid
    per_m = 1 / cell_m
    plain = keep.size == 0 and weights.size == 0 and mass.size == 0
    cells, east, down = np.empty(_BATCH, np.int64), np.empty(_BATCH), np.empty(_BATCH)
    w, n, chosen = np.ones(_BATCH), np.ones(_BATCH), np.empty(_BATCH + 1, np.uint64)
    outside = lost = 0
    for first in range(0, eastings.size, _BATCH):
        size = min(_BATCH, eastings.size - first)
        e, s = eastings[first : first + size], northings[first : first + size]
        off = 0
        for at in range(size):
            across, along = (e[at] - west) * per_m, (north - s[at]) * per_m
            column, row = np.floor(across), np.floor(along)
            off += not (0 <= across <= columns and 0 <= along <= rows)
            column, row = min(max(column, 0.0), columns - 1.0), min(max(row, 0.0), rows - 1.0)
            east[at], down[at] = 2 * (across - column) - 1, 2 * (along - row) - 1
            cells[at] = np.int64(row * columns + column)
        if off and keep.size == 0:
            return off, lost
        found = 0
        for at in range(size):
            chosen[found] = np.uint64(at)  # unsigned: no test for an index that counts from the end
            found += lowest <= cells[at] < highest
        if not plain:
            lost += _weigh(weights, keep, mass, first, chosen[:found], cells, east, down, w, n, moments)
        _add(chosen[:found], cells, east, down, w, n, moments)
    return outside, lost


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
        cell = grid.cell_m / spec.bandwidth_m
        make = _kept if grid.rows * grid.columns <= _KEPT_CELLS else _made
        self._kernels = make(grid.rows, grid.columns, cell, spec.kernel)
        self._scale = peak(spec.kernel) / spec.bandwidth_m**2
        self._mass = self._shares() if spec.edge == "diggle" else np.empty((0, _SLOTS))
        self._refused = False

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
            Part of the chunk may have been added by then: these parts make no surface any more.
        """
        grid = self.grid
        chosen = np.empty(0, dtype=np.bool_) if keep is None else keep
        given = np.empty(0) if weights is None else np.asarray(weights, dtype=np.float64)
        # Each thread looks at all events and adds those of its own rows: one copy of the sums, always in one order.
        threads = min(processors(), _MOST_THREADS) if len(eastings) > _ONE_THREAD else 1
        edges = self._row_edges(northings, threads) * grid.columns
        strays, lost = np.zeros(threads, dtype=np.int64), np.zeros(threads, dtype=np.int64)

        def part(number: int) -> None:
            """Add the events of some rows."""
            strays[number], lost[number] = _gather(
                np.ascontiguousarray(eastings),
                np.ascontiguousarray(northings),
                given,
                chosen,
                (float(grid.west), grid.north),
                (float(grid.cell_m), grid.rows, grid.columns),
                self._mass,
                self.moments,
                int(edges[number]),
                int(edges[number + 1]),
            )

        each_of(threads, part)
        self._refused |= bool(strays.any() or lost.any())
        if strays.any():
            raise DataRefused("an event lies outside the grid; leave it out, or use a larger grid")
        if lost.any():
            raise DataRefused(
                f"{lost.sum():,} events have too little of their kernel inside the area for a bound; use method='exact'"
            )

    def _row_edges(self, northings: Floats, threads: int) -> npt.NDArray[np.int64]:
        """Rows that share the events about evenly, by a sample: which thread adds an event does not matter."""
        grid = self.grid
        sample = np.sort(np.asarray(northings)[:: max(1, len(northings) // 1000)])[::-1]
        inner = sample[len(sample) * np.arange(1, threads) // threads]
        rows = np.clip(np.nan_to_num((grid.north - inner) / grid.cell_m), 0, grid.rows).astype(np.int64)
        return np.concatenate([[0], rows, [grid.rows]])

    def merged(self, other: "DensityParts") -> "DensityParts":
        """This part with another of the same grid, spec and area added to it (the other stays as it is)."""
        same = self.grid == other.grid and self.spec == other.spec and np.array_equal(self.inside, other.inside)
        if not same:
            raise DataRefused("parts of a density can be merged only with the same grid, spec and area")
        self._refused |= other._refused
        largest = np.maximum(self.moments[:, _SHARE_ERROR], other.moments[:, _SHARE_ERROR])
        self.moments += other.moments
        self.moments[:, _SHARE_ERROR] = largest
        return self

    def surface(self) -> Bounded:
        """The density of everything added so far, and its bound."""
        if self._refused:
            raise DataRefused("some events were refused; make the parts again without them")
        grid, kernels, convolution = self.grid, self._kernels, self._kernels.convolution
        planes = [self.moments[:, slot].reshape(grid.rows, grid.columns) for slot in range(_SLOTS)]
        values = convolution.summed(planes[:_POWERS], kernels.fitted) * self._scale
        error = next(convolution.each(planes[0], [kernels.worst])) * self._scale
        surely, perhaps, reached = (np.rint(count) for count in convolution.each(planes[_HELD], kernels.counted))
        values = np.where((values > 0) & (reached > 0), values, 0.0)
        if self.spec.edge == "uniform":
            share = share_about_cells(grid, self.spec, self.inside)
            values, error = values / share, error / share
        largest = float(np.max(values, initial=0.0, where=self.inside))
        worst = float(np.max(error, initial=0.0, where=self.inside))
        relative = float(planes[_SHARE_ERROR].max())
        absolute = worst * (1 + relative) + relative * largest + 1e-12 * largest
        # Events of the cells wholly within the bandwidth: never more than there are within it. One, where only cells
        # in part within it hold any: a threshold then hides the cell, as it must.
        events = np.maximum(surely, perhaps > 0)
        return Bounded(values, events, absolute / (largest - absolute) if largest > absolute else 0.0)

    def _shares(self) -> Floats:
        """For each cell the share inside as a polynomial of the place in the cell, and its error."""
        kernels, convolution = self._kernels, self._kernels.convolution
        turned = [spectrum.turned for spectrum in (*kernels.fitted, kernels.worst)]
        mass = np.zeros((len(self.moments), _SLOTS))
        for slot, share in enumerate(convolution.each(self.inside.astype(np.float64), turned)):
            mass[:, slot] = share.reshape(-1)
        return mass * (self._scale * self.grid.cell_m**2)


@dataclass(frozen=True, eq=False)
class _Kernels:
    """What a surface needs of a kernel on a grid: the fitted polynomials, their worst error, and which cells count.

    ``counted``: cells that lie wholly in reach of a cell, those in part in reach, those that its events may add to.
    """

    convolution: Convolution
    fitted: tuple[Spectrum, ...]
    worst: Spectrum
    counted: tuple[Spectrum, ...]


def _made(rows: int, columns: int, cell: float, kernel: Kernel) -> _Kernels:
    projected = projection_of(kernel, cell, _DEGREE)
    convolution = Convolution(rows, columns, projected.reach_cells)
    fitted = [
        convolution.spectrum(part, odd=bool(sum(power) % 2))
        for part, power in zip(projected.kernels, monomials(_DEGREE), strict=True)
    ]
    stencil = stencil_of(cell, 1.0)
    margin = projected.reach_cells - stencil.reach_cells
    wholly = np.pad(stencil.wholly.astype(np.float64), margin)
    touched = wholly.copy()
    touched[stencil.ring[0] + projected.reach_cells, stencil.ring[1] + projected.reach_cells] = 1.0
    counted = [convolution.spectrum(part) for part in (wholly, touched, (projected.worst > 0).astype(np.float64))]
    return _Kernels(convolution, tuple(fitted), convolution.spectrum(projected.worst), tuple(counted))


_kept = lru_cache(maxsize=4)(_made)
