"""The ring: cells that some points of a cell reach and others do not, where each event is tested by itself.

About eight bandwidths-in-cells of them surround a cell. The distance between an event and a cell is worked out from
that of the cell's centre: for positions in whole centimetres that rounds nothing near a support's edge.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.edges import Mask
from hotspots.analysis.density.fourier import offsets
from hotspots.analysis.density.kernels import Floats
from hotspots.analysis.density.places import Places
from hotspots.compiled import fused, in_blocks

_LANES = 8  # a processor adds so many at once: the ring is cut at multiples of it


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


def _spreader(power: int) -> Any:
    """The compiled ring of one power."""

    @fused
    def pair_of(rest, ox, oy, first, second, found, near):  # type: ignore[no-untyped-def]
        """Two events of a cell, at ``px, py`` from its centre, added to the cells of its ring."""
        px, py, w, n = first
        qx, qy, v, m = second
        pp, qq = px * px + py * py, qx * qx + qy * qy
        px, py, qx, qy = 2 * px, 2 * py, 2 * qx, 2 * qy
        for k in range(rest.size):
            r = (rest[k] - pp) + ox[k] * px + oy[k] * py
            s = (rest[k] - qq) + ox[k] * qx + oy[k] * qy
            a, b = w if r >= 0 else 0.0, v if s >= 0 else 0.0
            for _ in range(power):
                a *= r
                b *= s
            found[k] += a + b
            near[k] += (n if r >= 0 else 0.0) + (m if s >= 0 else 0.0)

    @fused
    def ring_of(cell_m, reach, ring, places, both, first, last):  # type: ignore[no-untyped-def]
        """Values and counts of the rows ``first`` to ``last``, from the events of all rows in reach of them."""
        rest, ox, oy, flat, ring_starts = ring
        starts, east, down, weight, weighted, count, counted = places
        rows, wide = both.shape[0], both.shape[1]
        columns = wide - 2 * reach
        cells = both.reshape(-1, 2)
        every, each = np.empty(rest.size), np.empty(rest.size)
        for row in range(max(0, first - reach), min(rows, last + reach)):
            begin = ring_starts[max(first - row, -reach) + reach]
            end = ring_starts[min(last - 1 - row, reach) + reach + 1]
            low, high = begin // _LANES * _LANES, (end + _LANES - 1) // _LANES * _LANES
            found, near, found_here, near_here = every[low:high], each[low:high], every[begin:end], each[begin:end]
            rest_here, ox_here, oy_here, to = rest[low:high], ox[low:high], oy[low:high], flat[begin:end]
            for column in range(columns):
                cell = row * columns + column
                if starts[cell] == starts[cell + 1]:
                    continue
                found[:] = 0.0
                near[:] = 0.0
                cx, cy = (column + 0.5) * cell_m, (row + 0.5) * cell_m
                for e in range(starts[cell], starts[cell + 1], 2):
                    f = min(e + 1, starts[cell + 1] - 1)
                    once = 0.0 if f == e else 1.0  # an odd one out is its own companion, which adds nothing
                    one = east[e] - cx, down[e] - cy, weight[e * weighted], count[e * counted]
                    other = east[f] - cx, down[f] - cy, once * weight[f * weighted], once * count[f * counted]
                    pair_of(rest_here, ox_here, oy_here, one, other, found, near)
                base = np.uint64(row * wide + column + reach)  # unsigned: no test for counting from the end
                for k in range(to.size):
                    at = base + to[k]
                    cells[at, 0] += found_here[k]
                    cells[at, 1] += near_here[k]

    return ring_of


def _masser(power: int) -> Any:
    """The compiled masses of one power."""

    @fused
    def one_of(rest, ox, oy, held, px, py):  # type: ignore[no-untyped-def]
        """The part of an event's kernel that the cells of its ring hold: ``held`` is one for a cell inside."""
        pp = px * px + py * py
        px, py = 2 * px, 2 * py
        found = 0.0
        for k in range(rest.size):
            r = (rest[k] - pp) + ox[k] * px + oy[k] * py
            term = held[k] if r >= 0 else 0.0
            for _ in range(power):
                term *= r
            found += term
        return found

    @fused
    def masses_of(cell_m, reach, ring, places, inside, mass, first, last):  # type: ignore[no-untyped-def]
        """Masses of the events of the rows ``first`` to ``last``; ``inside`` has a margin of ``reach`` all round."""
        rest, ox, oy, flat, _ = ring
        starts, east, down = places[0], places[1], places[2]
        wide = inside.shape[1]
        columns = wide - 2 * reach
        mask = inside.reshape(-1)
        held = np.zeros(rest.size)
        for row in range(first, last):
            for column in range(columns):
                cell = row * columns + column
                if starts[cell] == starts[cell + 1]:
                    continue
                base = np.uint64((row + reach) * wide + column + reach)
                for k in range(flat.size):
                    held[k] = mask[base + flat[k]]
                for event in range(starts[cell], starts[cell + 1]):
                    px, py = east[event] - (column + 0.5) * cell_m, down[event] - (row + 0.5) * cell_m
                    mass[event] = one_of(rest, ox, oy, held, px, py)

    return masses_of


_SPREAD = [_spreader(power) for power in range(4)]
_MASS = [_masser(power) for power in range(4)]


def _offsets(stencil: Stencil, cell_m: float, bandwidth_m: float, wide: int) -> tuple[Any, ...]:
    """What the loops take: for each cell of the ring what is left of the support, its offset, and its place in memory.

    Cells out of all reach fill the ring up to a multiple of the lanes.
    """
    rows, columns, starts = stencil.ring
    filled = -len(rows) % _LANES
    ox, oy = (np.append(along * float(cell_m), np.zeros(filled)) for along in (columns, rows))
    rest = bandwidth_m * bandwidth_m - (ox * ox + oy * oy)
    rest[len(rows) :] = -bandwidth_m * bandwidth_m  # out of reach, and finite: nothing times infinity is not nothing
    return rest, ox, oy, (rows * wide + columns).astype(np.uint64), starts


def spread(
    places: Places, stencil: Stencil, power: int, bandwidth_m: float, *, threads: int | None = None
) -> tuple[Floats, Floats]:
    """Sum over places of ``weight (1 - u²)^power`` at the cells of their rings, and the events within the bandwidth."""
    grid, reach = places.grid, stencil.reach_cells
    both = np.zeros((grid.rows, grid.columns + 2 * reach, 2))
    ring = _offsets(stencil, grid.cell_m, bandwidth_m, both.shape[1])

    def work(first: int, last: int) -> None:
        """The ring's share of some rows."""
        _SPREAD[power](float(grid.cell_m), reach, ring, places.by_cell, both, first, last)

    in_blocks(grid.rows, work, threads=threads)
    middle = both[:, reach : reach + grid.columns]
    return middle[:, :, 0] * (1 / bandwidth_m ** (2 * power)), np.ascontiguousarray(middle[:, :, 1])


def masses(
    places: Places, inside: Mask, stencil: Stencil, power: int, bandwidth_m: float, *, threads: int | None = None
) -> Floats:
    """Sum over the cells inside, of the ring of each place, of ``(1 - u²)^power``."""
    grid, reach = places.grid, stencil.reach_cells
    mass = np.zeros(len(places))
    held = np.pad(inside, reach).astype(np.float64)
    ring = _offsets(stencil, grid.cell_m, bandwidth_m, held.shape[1])

    def work(first: int, last: int) -> None:
        """The masses of the events of some rows."""
        _MASS[power](float(grid.cell_m), reach, ring, places.by_cell, held, mass, first, last)

    in_blocks(grid.rows, work, threads=threads)
    return mass * (1 / bandwidth_m ** (2 * power))
