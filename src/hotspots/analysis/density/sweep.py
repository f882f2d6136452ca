"""The sweep over rows: along a row of cells an event is one polynomial on one interval.

For each row the polynomials of all the events in reach are added where their intervals begin and taken away where they
end, and one pass along the row sums and evaluates them: the work grows with the bandwidth, not with its square. The
polynomials are about local origins, a few bandwidths apart (about one origin for the whole row the fourth powers of
long distances would cost the last digits), and a count of the events in reach goes with them, so that a cell out of
reach is exactly zero. The mass of a kernel inside a mask is the same thing turned round: sums along the row first, then
two of them for each event.
"""

from math import ceil, floor, sqrt
from typing import Any

import numpy as np

from hotspots.analysis.density.kernels import Floats
from hotspots.analysis.density.places import Places
from hotspots.compiled import compiled, in_blocks

_ONE_THREAD = 20_000  # fewer rows of events than this are done before a second thread has started


@compiled
def _coefficients(power, b, q):  # type: ignore[no-untyped-def]
    """Of ``(b + 2qX - X²) ** power``, by rising powers of X."""
    if power == 2:
        return b * b, 4 * b * q, 4 * q * q - 2 * b, -4 * q, 1.0, 0.0, 0.0
    if power == 1:
        return b, 2 * q, -1.0, 0.0, 0.0, 0.0, 0.0
    if power == 0:
        return 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    return (
        b * b * b,
        6 * b * b * q,
        12 * b * q * q - 3 * b * b,
        8 * q * q * q - 12 * b * q,
        3 * b - 12 * q * q,
        6 * q,
        -1.0,
    )


@compiled
def _interval(east, rest, cell_m, per_m, columns):  # type: ignore[no-untyped-def]
    """First and last column whose centre is within ``sqrt(rest)`` of an easting: as tested, not as divided."""
    half = sqrt(rest)
    left = ceil((east - half) * per_m - 0.5)
    right = floor((east + half) * per_m - 0.5)
    if ((left - 0.5) * cell_m - east) ** 2 <= rest:
        left -= 1
    elif ((left + 0.5) * cell_m - east) ** 2 > rest:
        left += 1
    if ((right + 1.5) * cell_m - east) ** 2 <= rest:
        right += 1
    elif ((right + 0.5) * cell_m - east) ** 2 > rest:
        right -= 1
    return max(left, 0), min(right, columns - 1)


def _spreader(power: int) -> Any:
    """The compiled sweep of one power: a loop for each, so that no time goes on terms that are zero."""

    @compiled
    def rows_of(cell_m, bandwidth_m, block, places, values, events, first, last):  # type: ignore[no-untyped-def]
        """Values and counts of the rows ``first`` to ``last``."""
        starts, east, down, weight, weighted, count, counted = places
        rows, columns = values.shape
        blocks = (columns + block - 1) // block
        sums = np.zeros((blocks * (block + 1), 8))
        limit = bandwidth_m * bandwidth_m
        scale = 1 / bandwidth_m
        far = int(bandwidth_m / cell_m + 0.5) + 1
        for row in range(first, last):
            centre = (row + 0.5) * cell_m
            for event in range(starts[max(0, row - far)], starts[min(rows, row + far + 1)]):
                off = down[event] - centre
                rest = limit - off * off
                if rest < 0:
                    continue
                left, right = _interval(east[event], rest, cell_m, 1 / cell_m, columns)
                if left > right:
                    continue
                w = weight[event * weighted]
                n = count[event * counted]
                for part in range(left // block, right // block + 1):
                    q = (east[event] - (part * block + 0.5 * block) * cell_m) * scale
                    c = _coefficients(power, rest * scale * scale - q * q, q)
                    opened = part * (block + 1) + max(left - part * block, 0)
                    closed = part * (block + 1) + min(right + 1 - part * block, block)
                    for k in range(2 * power + 1):
                        sums[opened, k] += w * c[k]
                        sums[closed, k] -= w * c[k]
                    sums[opened, 7] += n
                    sums[closed, 7] -= n
            for part in range(blocks):
                c0 = c1 = c2 = c3 = c4 = c5 = c6 = within = 0.0
                for column in range(min(block, columns - part * block)):
                    add = part * (block + 1) + column
                    c0 += sums[add, 0]
                    if power > 0:
                        c1, c2 = c1 + sums[add, 1], c2 + sums[add, 2]
                    if power > 1:
                        c3, c4 = c3 + sums[add, 3], c4 + sums[add, 4]
                    if power > 2:
                        c5, c6 = c5 + sums[add, 5], c6 + sums[add, 6]
                    within += sums[add, 7]
                    x = (column + 0.5 - 0.5 * block) * cell_m * scale
                    value = c0 + x * (c1 + x * (c2 + x * (c3 + x * (c4 + x * (c5 + x * c6)))))
                    values[row, part * block + column] = max(value, 0.0) if within > 0 else 0.0
                    events[row, part * block + column] = within
            sums[:] = 0.0

    return rows_of


def _masser(power: int) -> Any:
    """The compiled masses of one power."""

    @compiled
    def masses_of(cell_m, bandwidth_m, block, places, inside, mass, first, last):  # type: ignore[no-untyped-def]
        """Masses of the events of the rows ``first`` to ``last``, from the rows of the mask in reach of them."""
        starts, east, down = places[0], places[1], places[2]
        rows, columns = inside.shape
        blocks = (columns + block - 1) // block
        sums = np.zeros((blocks * (block + 1), 8))
        limit = bandwidth_m * bandwidth_m
        scale = 1 / bandwidth_m
        far = int(bandwidth_m / cell_m + 0.5) + 1
        for row in range(max(0, first - far), min(rows, last + far)):
            for part in range(blocks):
                at = part * (block + 1)
                for column in range(min(block, columns - part * block)):
                    x = (column + 0.5 - 0.5 * block) * cell_m * scale
                    term = 1.0 if inside[row, part * block + column] else 0.0
                    for k in range(2 * power + 1):
                        sums[at + column + 1, k] = sums[at + column, k] + term
                        term *= x
            centre = (row + 0.5) * cell_m
            nearest, furthest = max(first, row - far), min(last, row + far + 1)
            for event in range(starts[nearest], starts[furthest]):
                off = down[event] - centre
                rest = limit - off * off
                if rest < 0:
                    continue
                left, right = _interval(east[event], rest, cell_m, 1 / cell_m, columns)
                if left > right:
                    continue
                found = 0.0
                for part in range(left // block, right // block + 1):
                    q = (east[event] - (part * block + 0.5 * block) * cell_m) * scale
                    c = _coefficients(power, rest * scale * scale - q * q, q)
                    before = part * (block + 1) + max(left - part * block, 0)
                    after = part * (block + 1) + min(right + 1 - part * block, block)
                    for k in range(2 * power + 1):
                        found += c[k] * (sums[after, k] - sums[before, k])
                mass[event] += found

    return masses_of


_SPREAD = [_spreader(power) for power in range(4)]
_MASS = [_masser(power) for power in range(4)]


def spread(places: Places, power: int, bandwidth_m: float, *, threads: int | None = None) -> tuple[Floats, Floats]:
    """
    Sum over places of ``weight (1 - u²)^power`` at every cell centre, and the number of events within the bandwidth.

    The arrays have a row for each row of the grid, north to south.
    """
    grid, by_row = places.grid, places.by_row
    values = np.zeros((grid.rows, grid.columns))
    events = np.zeros((grid.rows, grid.columns))
    block = _block(grid.cell_m, bandwidth_m)

    def work(first: int, last: int) -> None:
        """The sums of some rows."""
        _SPREAD[power](float(grid.cell_m), bandwidth_m, block, by_row, values, events, first, last)

    in_blocks(grid.rows, work, threads=_threads(places, bandwidth_m, threads))
    return values, events


def masses(places: Places, inside: np.ndarray, power: int, bandwidth_m: float, *, threads: int | None = None) -> Floats:
    """Sum over the cells inside of ``(1 - u²)^power`` about each place: its mass, but for the constant and the cell."""
    grid, by_row = places.grid, places.by_row
    mass = np.zeros(len(places))
    block = _block(grid.cell_m, bandwidth_m)

    def work(first: int, last: int) -> None:
        """What some rows of events add to the masses."""
        _MASS[power](float(grid.cell_m), bandwidth_m, block, by_row, inside, mass, first, last)

    in_blocks(grid.rows, work, threads=_threads(places, bandwidth_m, threads))
    return mass


def _block(cell_m: float, bandwidth_m: float) -> int:
    """Columns for each local origin: four bandwidths, so that no distance to it exceeds three."""
    return max(1, int(4 * bandwidth_m / cell_m))


def _threads(places: Places, bandwidth_m: float, threads: int | None) -> int | None:
    small = len(places) * (2 * bandwidth_m / places.grid.cell_m + 1) < _ONE_THREAD
    return 1 if threads is None and small else threads
