"""Cell moments: where events outnumber the cells, the events of a cell are treated together, and exactly.

To a cell centre that *every* point of a cell reaches, the events of that cell give a polynomial of their positions,
which their moments hold completely (nine numbers for the quartic). One Fourier convolution of the moments with the
polynomial's coefficients serves all such pairs of cells. Only the ring of cells that some points of a cell reach and
others do not, about eight bandwidths-in-cells of them, is evaluated event by event.
"""

from dataclasses import dataclass
from math import comb, factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.fourier import Convolution, offsets
from hotspots.analysis.density.kernels import Floats
from hotspots.analysis.density.places import Places
from hotspots.compiled import compiled, in_blocks


@dataclass(frozen=True, eq=False)
class Stencil:
    """Cells that a cell reaches wholly (a mask of the square of offsets), and its ring: rows, columns, row starts."""

    reach_cells: int
    wholly: npt.NDArray[np.bool_]
    ring: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]


def stencil_of(cell_m: float, bandwidth_m: float) -> Stencil:
    """The stencil of a support radius; a billionth is left to the ring on either side, where points are tested."""
    reach = int(bandwidth_m / cell_m + 0.5) + 1
    columns, rows = (np.abs(along) for along in offsets(reach))
    furthest = np.hypot(columns + 0.5, rows + 0.5) * cell_m
    nearest = np.hypot(np.maximum(columns - 0.5, 0), np.maximum(rows - 0.5, 0)) * cell_m
    wholly = furthest < bandwidth_m * (1 - 1e-9)
    row, column = np.nonzero(~wholly & (nearest <= bandwidth_m * (1 + 1e-9)))
    starts = np.searchsorted(row, np.arange(2 * reach + 2))
    return Stencil(reach, wholly, (row - reach, column - reach, starts.astype(np.int64)))


def _terms(power: int) -> dict[tuple[int, int, int], list[tuple[int, int, int, float]]]:
    """
    Moments that the polynomial needs, each with its coefficients.

    With the offset ``o`` from the cell's centre to a cell and ``p`` to an event, in bandwidths,
    ``1 − |o − p|² = (1 − |o|²) − |p|² + 2 o·p``. A key ``(j, l, k)`` is the moment of ``|p|^2j px^l py^k``; its terms
    ``(i, l, k, factor)`` mean ``factor (1 − |o|²)^i ox^l oy^k``. A power of ``|p|²`` is written out as ``px² + py²``
    wherever the moments so needed are there anyway.
    """
    found: dict[tuple[int, int, int], list[tuple[int, int, int, float]]] = {}

    def add(j: int, l: int, k: int, term: tuple[int, int, int, float]) -> None:  # noqa: E741
        if j >= 1 and (j - 1) + (l + k + 2) <= power:
            add(j - 1, l + 2, k, term)
            add(j - 1, l, k + 2, term)
        else:
            found.setdefault((j, l, k), []).append(term)

    for i in range(power + 1):
        for j in range(power + 1 - i):
            both = power - i - j
            ways = factorial(power) / (factorial(i) * factorial(j) * factorial(both)) * (-1) ** j * 2**both
            for l in range(both + 1):  # noqa: E741
                add(j, l, both - l, (i, l, both - l, ways * comb(both, l)))
    return found


@compiled
def _moments(exponents, cell_m, bandwidth_m, places, planes, held, first, last):  # type: ignore[no-untyped-def]
    starts, east, down, weight, weighted, count, counted = places
    columns = planes.shape[2]
    scale = 1 / bandwidth_m
    squares, across, along = np.ones(4), np.ones(8), np.ones(8)
    for row in range(first, last):
        for column in range(columns):
            cell = row * columns + column
            for event in range(starts[cell], starts[cell + 1]):
                px = (east[event] - (column + 0.5) * cell_m) * scale
                py = (down[event] - (row + 0.5) * cell_m) * scale
                for k in range(1, 4):
                    squares[k] = squares[k - 1] * (px * px + py * py)
                    across[k] = across[k - 1] * px
                    along[k] = along[k - 1] * py
                w = weight[event * weighted]
                for k in range(exponents.shape[0]):
                    planes[k, row, column] += (
                        w * squares[exponents[k, 0]] * across[exponents[k, 1]] * along[exponents[k, 2]]
                    )
                held[row, column] += count[event * counted]


def _ringer(power: int) -> Any:
    """The compiled ring of one power."""

    @compiled
    def ring_of(cell_m, bandwidth_m, reach, ring, places, values, events, first, last):  # type: ignore[no-untyped-def]
        ring_rows, ring_columns, ring_starts = ring
        starts, east, down, weight, weighted, count, counted = places
        rows, columns = values.shape
        limit = bandwidth_m * bandwidth_m
        ox, oy = ring_columns * cell_m, ring_rows * cell_m
        # A margin on both sides, so that the cells beyond the grid need no test.
        wide = columns + 2 * reach
        sums, counts = np.zeros((last - first) * wide), np.zeros((last - first) * wide)
        flat = ring_rows * wide + ring_columns + reach
        sum_here, count_here = np.empty(flat.size), np.empty(flat.size)
        for row in range(max(0, first - reach), min(rows, last + reach)):
            begin = ring_starts[max(first - row, -reach) + reach]
            end = ring_starts[min(last - 1 - row, reach) + reach + 1]
            across, along, to = ox[begin:end], oy[begin:end], flat[begin:end]
            found, near = sum_here[begin:end], count_here[begin:end]
            for column in range(columns):
                cell = row * columns + column
                if starts[cell] == starts[cell + 1]:
                    continue
                found[:] = 0.0
                near[:] = 0.0
                for event in range(starts[cell], starts[cell + 1]):
                    px = east[event] - (column + 0.5) * cell_m
                    py = down[event] - (row + 0.5) * cell_m
                    w, n = weight[event * weighted], count[event * counted]
                    for k in range(across.size):
                        dx, dy = across[k] - px, along[k] - py
                        rest = limit - (dx * dx + dy * dy)
                        inside = 1.0 if rest >= 0 else 0.0
                        term = w * inside
                        for _ in range(power):
                            term *= rest
                        found[k] += term
                        near[k] += n * inside
                base = (row - first) * wide + column
                for k in range(to.size):
                    sums[base + to[k]] += found[k]
                    counts[base + to[k]] += near[k]
        scale = 1 / limit**power
        for row in range(first, last):
            for column in range(columns):
                at = (row - first) * wide + reach + column
                values[row, column] = sums[at] * scale
                events[row, column] = counts[at]

    return ring_of


_RING = [_ringer(power) for power in range(4)]


def spread(places: Places, power: int, bandwidth_m: float, *, threads: int | None = None) -> tuple[Floats, Floats]:
    """Sum over places of ``weight (1 - u²)^power`` at every cell centre, and the events within the bandwidth."""
    grid = places.grid
    stencil = stencil_of(grid.cell_m, bandwidth_m)
    values, events = np.empty((grid.rows, grid.columns)), np.empty((grid.rows, grid.columns))

    def ring(first: int, last: int) -> None:
        _RING[power](
            grid.cell_m, bandwidth_m, stencil.reach_cells, stencil.ring, places.arrays, values, events, first, last
        )

    in_blocks(grid.rows, ring, threads=threads)
    wholly, held = _wholly(places, power, bandwidth_m, stencil, threads)
    values += wholly
    events += held
    # What transforms leave where nothing is in reach is rounding; a count is a whole number.
    values[(events == 0) | (values < 0)] = 0.0
    return values, events


def _wholly(
    places: Places, power: int, bandwidth_m: float, stencil: Stencil, threads: int | None
) -> tuple[Floats, Floats]:
    grid = places.grid
    if not stencil.wholly.any():
        nothing = np.zeros((grid.rows, grid.columns))
        return nothing, nothing
    terms = _terms(power)
    exponents = np.array(list(terms), dtype=np.int64)
    planes = np.zeros((len(terms), grid.rows, grid.columns))
    held = np.zeros((grid.rows, grid.columns))

    def moments(first: int, last: int) -> None:
        _moments(exponents, grid.cell_m, bandwidth_m, places.arrays, planes, held, first, last)

    in_blocks(grid.rows, moments, threads=threads)
    across, along = (offset * (grid.cell_m / bandwidth_m) for offset in offsets(stencil.reach_cells))
    rest = 1 - across**2 - along**2
    kernels = []
    for parts in terms.values():
        kernel = np.zeros_like(rest)
        for i, l, k, factor in parts:  # noqa: E741
            kernel += factor * rest**i * across**l * along**k
        kernels.append(kernel * stencil.wholly)
    convolution = Convolution(grid.rows, grid.columns, stencil.reach_cells)
    counts = convolution.summed([held], [stencil.wholly.astype(np.float64)])
    return convolution.summed(list(planes), kernels), np.rint(counts)
