"""The default rule: more events about a cell than the maximum of a map without clustering reaches.

A map has thousands of cells, and the busiest of them looks busy on every map. So a cell is compared with the *highest
peak* of each of many simulated maps of as many events without clustering: one that few of those maps reach anywhere is
hot. The share of maps without clustering that show any hotspot at all is thereby at most ``1 - level`` (Westfall and
Young 1993), whatever the dependence between neighbouring cells.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.analysis.hotspots.deviance import Expectation
from hotspots.analysis.hotspots.events import Events, distinct
from hotspots.analysis.hotspots.maps import Frame, kernel_sums
from hotspots.analysis.hotspots.nulls import Null, simulated_peaks
from hotspots.errors import DataRefused

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]

_CONFIDENCE = 0.975
_SAME = 1 + 1e-9  # sums in another order differ in the last digits: a tie counts as reached


@dataclass(frozen=True, eq=False)
class Excess:
    """At each cell the signed root ``deviance`` (NaN where it has none), and how many simulated peaks reach it."""

    deviance: Floats
    reached: npt.NDArray[np.int64]


def excess(
    events: Events,
    null: Null,
    frame: Frame,
    *,
    inside: npt.NDArray[np.bool_],
    simulations: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Excess:
    """
    The excess of events about each cell, and how many of the simulated maps reach it anywhere.

    The yardstick is worked out from the null, not from the simulations, so that the observed map is treated as each
    simulated one: under the null all of them are equally likely to have the highest peak.
    """
    mean, variance, dispersion = null.moments(frame)
    expectation = Expectation.of(mean, variance, dispersion=dispersion, within=np.pad(inside, frame.margin))
    peaks = simulated_peaks(
        null, frame, expectation, simulations=simulations, seed=seed, threads=threads, progress=progress
    )
    places, place_of = distinct(events.coordinates)
    weights = np.asarray(np.bincount(place_of, weights=events.weights, minlength=len(places)), dtype=np.float64)
    observed = frame.inner(expectation.deviance(kernel_sums(frame, *frame.from_corner(places), weights)))
    reached = simulations - np.searchsorted(np.sort(peaks), np.nan_to_num(observed, nan=-1.0) / _SAME)
    return Excess(observed, reached)


def may_reach(simulations: int, level: float) -> int:
    """
    How many simulated peaks may reach a cell that is hot.

    A threshold taken from a few hundred maps is itself uncertain, and the same seed gives the same threshold month
    after month. So it is the one that keeps, with 97.5 % confidence, the share of maps without clustering that show any
    hotspot at ``1 - level`` or less (a tolerance limit: the share above the (r + 1)-th highest of S peaks has the Beta
    distribution of r + 1 and S - r).

    Examples
    --------
    >>> may_reach(999, 0.95), may_reach(199, 0.95), may_reach(99, 0.95)
    (36, 3, 0)
    """
    share = 1 - level
    if share * (simulations + 1) < 1 - 1e-9:
        raise DataRefused(
            f"{simulations} simulations cannot tell a level of {level:g}; use at least {np.ceil(1 / share) - 1:.0f}"
        )
    counts = np.arange(int(np.ceil(share * (simulations + 1))))
    kept = scipy.special.betaincc(counts + 1, simulations - counts, share) <= 1 - _CONFIDENCE
    return int(counts[kept].max(initial=0))


def one_in(reached: npt.NDArray[np.int64], simulations: int) -> Floats:
    """
    ``N`` of "fewer than 1 map in N without clustering would reach this".

    Examples
    --------
    >>> one_in(np.array([0, 1, 38, 999]), 999).tolist()
    [1000.0, 500.0, 25.0, 1.0]
    """
    return np.floor((simulations + 1) / (reached + 1.0))
