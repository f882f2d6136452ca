"""Direct windows: each event is added to every cell in its reach, a row of cells at a time.

For bandwidths of a few dozen cells this is the fastest way to treat events one by one, because a processor adds a row
of cells many at a time; and it is the way for the Gaussian, whose rows are products of two one-dimensional curves.
"""

from math import exp
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.edges import Mask
from hotspots.analysis.density.kernels import GAUSSIAN_REACH, Floats
from hotspots.analysis.density.places import Places
from hotspots.compiled import fused, in_blocks

_LANES = 8  # a processor adds so many cells at once
_ONE_THREAD = 3_000_000  # fewer cells than this are added before a second thread has started


def _spreader(power: int) -> Any:
    """The compiled windows of one power."""

    @fused
    def rows_of(cell_m, bandwidth_m, places, values, events, first, last):  # type: ignore[no-untyped-def]
        """Values and counts of the rows ``first`` to ``last``."""
        starts, east, down, weight, weighted, count, counted = places
        rows, columns = values.shape
        limit = bandwidth_m * bandwidth_m
        far = int(bandwidth_m / cell_m + 0.5) + 1
        reach = bandwidth_m / cell_m + 1e-9  # a billionth of a cell more, so that rounding leaves none out
        lanes = min(columns, (2 * int(reach) + 2 + _LANES - 1) // _LANES * _LANES)
        squares = np.empty(lanes)
        value, counted_events = values.reshape(-1), events.reshape(-1)
        for event in range(starts[max(0, first - far)], starts[min(rows, last + far)]):
            x, y = east[event] / cell_m - 0.5, down[event] / cell_m - 0.5
            w, n = weight[event * weighted] / limit**power, count[event * counted]
            # The cells that may be in reach, and more to fill the lanes of the processor: those beyond add nothing.
            left = min(max(0, int(np.ceil(x - reach))), columns - lanes)
            for column in range(lanes):
                aside = (left + column + 0.5) * cell_m - east[event]
                squares[column] = aside * aside
            for row in range(max(first, int(np.ceil(y - reach))), min(last, int(np.floor(y + reach)) + 1)):
                off = down[event] - (row + 0.5) * cell_m
                rest = limit - off * off
                begin = np.uint64(row * columns + left)  # unsigned: no test for an index that counts from the end
                for column in range(lanes):
                    at, inner = begin + np.uint64(column), rest - squares[column]
                    term = w if inner >= 0 else 0.0
                    for _ in range(power):
                        term *= inner
                    value[at] += term
                    counted_events[at] += n if inner >= 0 else 0.0

    return rows_of


def _masser(power: int) -> Any:
    """The compiled masses of one power."""

    @fused
    def masses_of(cell_m, bandwidth_m, which, east, down, inside, mass, first, last):  # type: ignore[no-untyped-def]
        """Masses of the places of these numbers."""
        rows, columns = inside.shape
        mask = inside.reshape(-1)
        limit = bandwidth_m * bandwidth_m
        reach = bandwidth_m / cell_m + 1e-9
        for event in which[first:last]:
            x, y = east[event] / cell_m - 0.5, down[event] / cell_m - 0.5
            left, right = max(0, int(np.ceil(x - reach))), min(columns, int(np.floor(x + reach)) + 1)
            found = 0.0
            for row in range(max(0, int(np.ceil(y - reach))), min(rows, int(np.floor(y + reach)) + 1)):
                off = down[event] - (row + 0.5) * cell_m
                begin = np.uint64(row * columns)
                for column in range(left, right):
                    aside = east[event] - (column + 0.5) * cell_m
                    rest = limit - off * off - aside * aside
                    term = mask[begin + np.uint64(column)] if rest >= 0 else 0.0
                    for _ in range(power):
                        term *= rest
                    found += term
            mass[event] = found / limit**power

    return masses_of


_SPREAD = [_spreader(power) for power in range(4)]
_MASS = [_masser(power) for power in range(4)]


@fused
def _curve(place, deviation_m, cell_m, first, last, curve):  # type: ignore[no-untyped-def]
    for cell in range(first, last):
        far = ((cell + 0.5) * cell_m - place) / deviation_m
        curve[cell - first] = exp(-0.5 * far * far)


@fused
def _gaussian_rows(cell_m, deviation_m, reach_m, places, values, first, last):  # type: ignore[no-untyped-def]
    starts, east, down, weight, weighted = places[0], places[1], places[2], places[3], places[4]
    rows, columns = values.shape
    far = int(reach_m / cell_m + 0.5) + 1
    across, along, value = np.empty(columns), np.empty(rows), values.reshape(-1)
    for event in range(starts[max(0, first - far)], starts[min(rows, last + far)]):
        top = max(first, int((down[event] - reach_m) / cell_m))
        bottom = min(last, int((down[event] + reach_m) / cell_m) + 1)
        left = max(0, int((east[event] - reach_m) / cell_m))
        right = min(columns, int((east[event] + reach_m) / cell_m) + 1)
        _curve(east[event], deviation_m, cell_m, left, right, across)
        _curve(down[event], deviation_m, cell_m, top, bottom, along)
        for row in range(top, bottom):
            factor = weight[event * weighted] * along[row - top]
            begin = np.uint64(row * columns + left)
            for column in range(right - left):
                value[begin + np.uint64(column)] += factor * across[column]


@fused
def _gaussian_masses(cell_m, deviation_m, reach_m, which, places, inside, mass, first, last):  # type: ignore[no-untyped-def]
    east, down = places[1], places[2]
    rows, columns = inside.shape
    across, along, mask = np.empty(columns), np.empty(rows), inside.reshape(-1)
    for event in which[first:last]:
        top = max(0, int((down[event] - reach_m) / cell_m))
        bottom = min(rows, int((down[event] + reach_m) / cell_m) + 1)
        left = max(0, int((east[event] - reach_m) / cell_m))
        right = min(columns, int((east[event] + reach_m) / cell_m) + 1)
        _curve(east[event], deviation_m, cell_m, left, right, across)
        _curve(down[event], deviation_m, cell_m, top, bottom, along)
        for row in range(top, bottom):
            found = 0.0
            begin = np.uint64(row * columns + left)
            for column in range(right - left):
                found += across[column] if mask[begin + np.uint64(column)] else 0.0
            mass[event] += found * along[row - top]


def spread(places: Places, power: int, bandwidth_m: float, *, threads: int | None = None) -> tuple[Floats, Floats]:
    """Sum over places of ``weight (1 - u²)^power`` at every cell centre, and the events within the bandwidth."""
    grid, by_row = places.grid, places.by_row
    # One piece of memory, not two: the system then keeps it for the next map (measured: a millisecond of page faults).
    values, events = np.zeros((2, grid.rows, grid.columns))

    def work(first: int, last: int) -> None:
        """The sums of some rows."""
        _SPREAD[power](float(grid.cell_m), bandwidth_m, by_row, values, events, first, last)

    small = len(places) * (2 * bandwidth_m / grid.cell_m + 1) ** 2 < _ONE_THREAD
    in_blocks(grid.rows, work, threads=1 if small and threads is None else threads)
    return values, events


def masses(
    places: Places,
    inside: Mask,
    power: int,
    bandwidth_m: float,
    *,
    which: npt.NDArray[np.int64] | None = None,
    threads: int | None = None,
) -> Floats:
    """Sum over the cells inside of ``(1 - u²)^power`` about each place, or about those of these numbers."""
    cell_m = float(places.grid.cell_m)
    chosen = np.arange(len(places)) if which is None else which
    mass, held = np.zeros(len(places)), inside.astype(np.float64)

    def work(first: int, last: int) -> None:
        """The masses of some of the places."""
        _MASS[power](cell_m, bandwidth_m, chosen, places.east, places.down, held, mass, first, last)

    small = len(chosen) * (2 * bandwidth_m / cell_m + 1) ** 2 < _ONE_THREAD
    in_blocks(len(chosen), work, threads=1 if small and threads is None else threads)
    return mass if which is None else mass[which]


def gaussian(places: Places, deviation_m: float, *, threads: int | None = None) -> Floats:
    """Sum over places of ``weight exp(-d²/2s²)`` at every cell centre, out to seven deviations on each axis."""
    grid, by_row = places.grid, places.by_row
    values = np.zeros((grid.rows, grid.columns))

    def work(first: int, last: int) -> None:
        """The sums of some rows."""
        _gaussian_rows(float(grid.cell_m), deviation_m, GAUSSIAN_REACH * deviation_m, by_row, values, first, last)

    in_blocks(grid.rows, work, threads=threads)
    return values


def gaussian_masses(
    places: Places,
    inside: Mask,
    deviation_m: float,
    *,
    which: npt.NDArray[np.int64] | None = None,
    threads: int | None = None,
) -> Floats:
    """Sum over the cells inside of ``exp(-d²/2s²)`` about each place, or about those of these numbers."""
    mass, cell_m, by_row = np.zeros(len(places)), float(places.grid.cell_m), places.by_row
    chosen = np.arange(len(places)) if which is None else which

    def work(first: int, last: int) -> None:
        """The masses of some of the places."""
        _gaussian_masses(cell_m, deviation_m, GAUSSIAN_REACH * deviation_m, chosen, by_row, inside, mass, first, last)

    in_blocks(len(chosen), work, threads=threads)
    return mass if which is None else mass[which]
