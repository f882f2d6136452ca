"""Direct windows: each event is added to every cell in its reach, a row of cells at a time.

For bandwidths of a few dozen cells this is the fastest way to treat events one by one, because a processor adds a row
of cells many at a time; and it is the way for the Gaussian, whose rows are products of two one-dimensional curves.
"""

from math import exp
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.kernels import GAUSSIAN_REACH, Floats
from hotspots.analysis.density.places import Places
from hotspots.compiled import compiled, in_blocks

_ONE_THREAD = 3_000_000  # fewer cells than this are added before a second thread has started


def _spreader(power: int) -> Any:
    """The compiled windows of one power."""

    @compiled
    def rows_of(cell_m, bandwidth_m, places, values, events, first, last):  # type: ignore[no-untyped-def]
        starts, east, down, weight, weighted, count, counted = places
        rows, columns = values.shape
        limit = bandwidth_m * bandwidth_m
        far = int(bandwidth_m / cell_m + 0.5) + 1
        centres = (np.arange(columns) + 0.5) * cell_m
        begin, end = starts[max(0, first - far) * columns], starts[min(rows, last + far) * columns]
        for event in range(begin, end):
            w = weight[event * weighted] / limit**power
            n = count[event * counted]
            # The cells that may be in reach; a billionth of a cell more, so that rounding leaves none out.
            top = max(first, int((down[event] - bandwidth_m) / cell_m + 0.5 - 1e-9))
            bottom = min(last, int((down[event] + bandwidth_m) / cell_m + 0.5 + 1e-9))
            left = max(0, int((east[event] - bandwidth_m) / cell_m + 0.5 - 1e-9))
            right = min(columns, int((east[event] + bandwidth_m) / cell_m + 0.5 + 1e-9))
            across = centres[left:right]
            for row in range(top, bottom):
                off = down[event] - (row + 0.5) * cell_m
                line, counts = values[row, left:right], events[row, left:right]
                for column in range(across.size):
                    aside = across[column] - east[event]
                    rest = limit - (aside * aside + off * off)
                    near = 1.0 if rest >= 0 else 0.0
                    term = w * near
                    for _ in range(power):
                        term *= rest
                    line[column] += term
                    counts[column] += n * near

    return rows_of


_SPREAD = [_spreader(power) for power in range(4)]


@compiled
def _curve(place, deviation_m, cell_m, first, last, curve):  # type: ignore[no-untyped-def]
    for cell in range(first, last):
        far = ((cell + 0.5) * cell_m - place) / deviation_m
        curve[cell - first] = exp(-0.5 * far * far)


@compiled
def _gaussian_rows(cell_m, deviation_m, reach_m, places, values, first, last):  # type: ignore[no-untyped-def]
    starts, east, down, weight, weighted = places[0], places[1], places[2], places[3], places[4]
    rows, columns = values.shape
    far = int(reach_m / cell_m + 0.5) + 1
    across, along = np.empty(columns), np.empty(rows)
    for event in range(starts[max(0, first - far) * columns], starts[min(rows, last + far) * columns]):
        top = max(first, int((down[event] - reach_m) / cell_m))
        bottom = min(last, int((down[event] + reach_m) / cell_m) + 1)
        left = max(0, int((east[event] - reach_m) / cell_m))
        right = min(columns, int((east[event] + reach_m) / cell_m) + 1)
        _curve(east[event], deviation_m, cell_m, left, right, across)
        _curve(down[event], deviation_m, cell_m, top, bottom, along)
        curve = across[: max(0, right - left)]
        for row in range(top, bottom):
            factor = weight[event * weighted] * along[row - top]
            line = values[row, left:right]
            for column in range(curve.size):
                line[column] += factor * curve[column]


@compiled
def _gaussian_masses(cell_m, deviation_m, reach_m, places, inside, mass, first, last):  # type: ignore[no-untyped-def]
    east, down = places[1], places[2]
    rows, columns = inside.shape
    across, along = np.empty(columns), np.empty(rows)
    for event in range(first, last):
        top = max(0, int((down[event] - reach_m) / cell_m))
        bottom = min(rows, int((down[event] + reach_m) / cell_m) + 1)
        left = max(0, int((east[event] - reach_m) / cell_m))
        right = min(columns, int((east[event] + reach_m) / cell_m) + 1)
        _curve(east[event], deviation_m, cell_m, left, right, across)
        _curve(down[event], deviation_m, cell_m, top, bottom, along)
        for row in range(top, bottom):
            found = 0.0
            for column in range(left, right):
                if inside[row, column]:
                    found += across[column - left]
            mass[event] += found * along[row - top]


def spread(places: Places, power: int, bandwidth_m: float, *, threads: int | None = None) -> tuple[Floats, Floats]:
    """Sum over places of ``weight (1 - u²)^power`` at every cell centre, and the events within the bandwidth."""
    grid = places.grid
    values, events = np.zeros((grid.rows, grid.columns)), np.zeros((grid.rows, grid.columns))

    def work(first: int, last: int) -> None:
        _SPREAD[power](grid.cell_m, bandwidth_m, places.arrays, values, events, first, last)

    small = len(places) * (2 * bandwidth_m / grid.cell_m + 1) ** 2 < _ONE_THREAD
    in_blocks(grid.rows, work, threads=1 if small and threads is None else threads)
    return values, events


def gaussian(places: Places, deviation_m: float, *, threads: int | None = None) -> Floats:
    """Sum over places of ``weight exp(-d²/2s²)`` at every cell centre, out to seven deviations on each axis."""
    grid = places.grid
    values = np.zeros((grid.rows, grid.columns))

    def work(first: int, last: int) -> None:
        _gaussian_rows(grid.cell_m, deviation_m, GAUSSIAN_REACH * deviation_m, places.arrays, values, first, last)

    in_blocks(grid.rows, work, threads=threads)
    return values


def gaussian_masses(
    places: Places, inside: npt.NDArray[np.bool_], deviation_m: float, *, threads: int | None = None
) -> Floats:
    """Sum over the cells inside of ``exp(-d²/2s²)`` about each place."""
    mass = np.zeros(len(places))

    def work(first: int, last: int) -> None:
        reach_m = GAUSSIAN_REACH * deviation_m
        _gaussian_masses(places.grid.cell_m, deviation_m, reach_m, places.arrays, inside, mass, first, last)

    in_blocks(len(places), work, threads=threads)
    return mass
