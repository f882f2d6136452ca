"""Maps without clustering: what each null draws, what its maps hold on average, and the peaks of many of them.

Three ways to draw cover the four nulls. Events of exact position fall anywhere in the area, drawn by triangle (uniform,
population). Events of a snapped source fall on published points drawn by the share of the ground that is moved to them
(the same two nulls, sent through the same snapping). Labels are dealt out over events that stay where they are: which
of all recorded crimes are these (reference), or which find had how many needles (labels).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspots.analysis.hotspots.deviance import Expectation, peak
from hotspots.analysis.hotspots.draws import alias_table, drawn, key_of, uniform
from hotspots.analysis.hotspots.maps import Floats, Frame, kernel_sums, stamp_all
from hotspots.compiled import compiled, in_blocks

Progress = Callable[[float], None]
Moments = tuple[Floats, Floats, float]

_STEPS = 10  # progress is told this often


@compiled
def _peaks_on_ground(frame, yardstick, seed, number, table, peaks, first, last):  # type: ignore[no-untyped-def]
    share, other, corners = table
    values = np.zeros(yardstick[0].shape)
    east, down, weight = np.empty(number), np.empty(number), np.ones(number)
    for simulation in range(first, last):
        key = key_of(seed, simulation)
        for event in range(number):
            corner = corners[drawn(share, other, uniform(key, 3 * event))]
            along, across = uniform(key, 3 * event + 1), uniform(key, 3 * event + 2)
            if along + across > 1:  # beyond the long side: turned back into the triangle
                along, across = 1 - along, 1 - across
            east[event] = corner[0] + along * corner[2] + across * corner[4]
            down[event] = corner[1] + along * corner[3] + across * corner[5]
        stamp_all(frame, east, down, weight, values)
        peaks[simulation] = peak(values, yardstick)


@compiled
def _peaks_at_places(frame, yardstick, seed, number, table, peaks, first, last):  # type: ignore[no-untyped-def]
    share, other, east, down = table
    values, weight = np.zeros(yardstick[0].shape), np.empty(east.size)
    for simulation in range(first, last):
        key = key_of(seed, simulation)
        weight[:] = 0.0
        for event in range(number):
            weight[drawn(share, other, uniform(key, event))] += 1.0
        stamp_all(frame, east, down, weight, values)
        peaks[simulation] = peak(values, yardstick)


@compiled
def _peaks_of_labels(frame, yardstick, seed, labels, table, peaks, first, last):  # type: ignore[no-untyped-def]
    place_of, east, down = table
    values, weight = np.zeros(yardstick[0].shape), np.empty(east.size)
    for simulation in range(first, last):
        key = key_of(seed, simulation)
        weight[:] = 0.0
        order = place_of.copy()  # dealt from the front (Fisher and Yates), anew for each simulation
        for event in range(labels.size):
            taken = event + int(uniform(key, event) * (order.size - event))
            order[event], order[taken] = order[taken], order[event]
            weight[order[event]] += labels[event]
        stamp_all(frame, east, down, weight, values)
        peaks[simulation] = peak(values, yardstick)


@dataclass(frozen=True, eq=False)
class OnGround:
    """
    ``number`` events, each in a triangle drawn by ``shares`` and anywhere within it.

    ``corners`` (n, 3, 2) are metres east and down of the grid's north-west corner. ``cells`` says the same of the cells
    of the grid, from which the mean map is worked out: shares, and metres east and down of their north-west corners.
    """

    number: int
    shares: Floats
    corners: Floats
    cells: tuple[Floats, Floats, Floats]

    def moments(self, frame: Frame) -> Moments:
        """Mean and variance of the map at each cell, and the variance of what an event carries over its mean: 1."""
        cell_m = frame.grid.cell_m
        received, east, down = self.cells
        # A kernel that is narrow beside the cell is averaged over places within it.
        parts = max(1, int(np.ceil(4 * cell_m / frame.bandwidth_m)))
        within = (np.arange(parts) + 0.5) * (cell_m / parts)
        mean, square = np.zeros(frame.shape), np.zeros(frame.shape)
        weights = received / (received.sum() * parts**2)
        for across in within:
            for along in within:
                place = (east + across, down + along, weights)
                mean += kernel_sums(frame, *place)
                square += kernel_sums(frame, *place, squared=True)
        return self.number * mean, self.number * (square - mean**2), 1.0

    def peaks(self, frame: Frame, expectation: Expectation, seed: int, peaks: Floats) -> Callable[[int, int], None]:
        """Work that writes the peaks of simulations ``first`` to below ``last``."""
        fixed = (frame.numbers, expectation.arrays, seed, self.number)
        # Of each triangle a corner and the two sides that leave it, side by side in memory.
        sides = np.concatenate([self.corners[:, :1], self.corners[:, 1:] - self.corners[:, :1]], axis=1)
        table = (*alias_table(self.shares), np.ascontiguousarray(sides.reshape(-1, 6)))
        return lambda first, last: _peaks_on_ground(*fixed, table, peaks, first, last)


@dataclass(frozen=True, eq=False)
class AtPlaces:
    """``number`` events, each at a place drawn by ``shares``; ``east`` and ``down`` are metres from the corner."""

    number: int
    shares: Floats
    east: Floats
    down: Floats

    def moments(self, frame: Frame) -> Moments:
        """Mean and variance of the map at each cell, and the variance of what an event carries over its mean: 1."""
        place = (self.east, self.down, self.shares / self.shares.sum())
        mean, square = kernel_sums(frame, *place), kernel_sums(frame, *place, squared=True)
        return self.number * mean, self.number * (square - mean**2), 1.0

    def peaks(self, frame: Frame, expectation: Expectation, seed: int, peaks: Floats) -> Callable[[int, int], None]:
        """Work that writes the peaks of simulations ``first`` to below ``last``."""
        fixed = (frame.numbers, expectation.arrays, seed, self.number)
        table = (*alias_table(self.shares), self.east, self.down)
        return lambda first, last: _peaks_at_places(*fixed, table, peaks, first, last)


@dataclass(frozen=True, eq=False)
class Labels:
    """
    ``labels`` dealt out to as many of the events of a pool, no event twice; the places stay.

    Ones for the events among all recorded crimes, or the weights of all the events. ``place_of`` says at which place
    each event of the pool is.
    """

    labels: Floats
    place_of: npt.NDArray[np.int64]
    east: Floats
    down: Floats

    def moments(self, frame: Frame) -> Moments:
        """Mean and variance of the map at each cell, and the variance of what an event carries over its mean."""
        pool = len(self.place_of)
        mean = self.labels.sum() / pool
        variance = max((self.labels**2).sum() - pool * mean**2, 0.0) / max(pool - 1, 1)
        held = np.bincount(self.place_of, minlength=len(self.east)).astype(np.float64)
        sums = kernel_sums(frame, self.east, self.down, held)
        squares = kernel_sums(frame, self.east, self.down, held, squared=True)
        return mean * sums, variance * (squares - sums**2 / pool), variance / mean

    def peaks(self, frame: Frame, expectation: Expectation, seed: int, peaks: Floats) -> Callable[[int, int], None]:
        """Work that writes the peaks of simulations ``first`` to below ``last``."""
        fixed = (frame.numbers, expectation.arrays, seed, self.labels)
        table = (self.place_of, self.east, self.down)
        return lambda first, last: _peaks_of_labels(*fixed, table, peaks, first, last)


Null = OnGround | AtPlaces | Labels


def simulated_peaks(
    null: Null,
    frame: Frame,
    expectation: Expectation,
    *,
    simulations: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Floats:
    """The highest signed root deviance of each of many maps of a null, in the order of their numbers."""
    peaks = np.empty(simulations)
    work = null.peaks(frame, expectation, seed, peaks)
    for step in range(_STEPS):
        begin, end = simulations * step // _STEPS, simulations * (step + 1) // _STEPS
        in_blocks(end - begin, _from(begin, work), threads=threads)
        if progress is not None:
            progress((step + 1) / _STEPS)
    return peaks


def _from(begin: int, work: Callable[[int, int], None]) -> Callable[[int, int], None]:
    return lambda first, last: work(begin + first, begin + last)
