"""What a cell would have without a record of its own: a prior, fitted so that each month is likely given the others.

The history of a cell is its count. A short history is noisy, so it is shrunk towards what a cell of its surroundings
would have (empirical Bayes, gamma-Poisson): a prior worth some number of events is spread over the area in parts, and
is added to what was counted. Much prior where events scatter, little where they come back to the same cells: how much,
of which parts, and how fast events fade is what makes the months held most likely, each given all the others. So the
prior adapts to the kind of event and to the place, and counting (no prior) and a density (a prior only) are its ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.analysis.prediction.history import Bools, Floats, History

NEAR_M, CLOSE_M = 500.0, 150.0
PARTS = (
    "all other events",
    "all other events, evened out (square root)",
    "cells where anything is recorded",
    f"density of {NEAR_M:g} m where anything is recorded",
    f"density of {CLOSE_M:g} m",
    f"density of {NEAR_M:g} m",
    "an even spread",
)
START_EVENTS = 200.0  # each part's worth before anything is known: where it starts hardly matters (docs/hotspots.md)
HALF_LIVES_MONTHS = (None, 12.0, 4.0)
_MOST_MONTHS_FITTED = 12
_SPREAD = 2**0.5  # of the logarithm of a part's worth about the one it starts from: a factor of four either way
_CLEAR = 2.0  # in log likelihood: what fading must gain to be used
_EXACTLY = {"ftol": 1e-13, "gtol": 1e-7, "maxiter": 1000}  # so that rounding elsewhere moves no cell
_BOUNDS = (-3.0, 14.0)  # of that logarithm: from nothing to more events than any record holds


@dataclass(frozen=True)
class Prior:
    """
    How many events each of ``PARTS`` is worth, and after how many months an event counts half (None: never).

    A part that nothing is known of (no other events) is worth 0.

    Examples
    --------
    >>> Prior((50.0, 0.0, 0.0, 0.0, 0.0, 0.0, 150.0), 12.0).label
    'cell history with a prior worth 200 events (75% an even spread, 25% all other events), fading by half in 12 months'
    """

    events: tuple[float, ...]
    half_life_months: float | None = None

    @property
    def label(self) -> str:
        """The prior in words, its greatest part first; parts below a tenth are left out."""
        total = sum(self.events)
        shares = sorted(((worth / total, part) for worth, part in zip(self.events, PARTS, strict=True)), reverse=True)
        parts = ", ".join(f"{share:.0%} {part}" for share, part in shares if share >= 0.1)
        fading = "" if self.half_life_months is None else f", fading by half in {self.half_life_months:g} months"
        return f"cell history with a prior worth {total:,.0f} events ({parts}){fading}"

    def expected(self, history: History) -> Floats:
        """Expected counts (up to a factor) after the months held, by cell."""
        weights = _fading(np.arange(len(history.months))[::-1].astype(np.float64), self.half_life_months)
        cells = _Cells.of(history)
        own, parts = cells.weighted(weights[None, :])
        expected = np.zeros(history.areas_km2.size)
        expected[cells.used] = own[0]
        for worth, part in zip(self.events, parts, strict=True):
            expected[cells.used] += worth * part[0] / _or_one(part.sum())
        return expected.reshape(history.areas_km2.shape)


@dataclass(frozen=True, eq=False)
class _Cells:
    """A history of the cells that have any part in it: most of a map about a district is outside of it."""

    used: npt.NDArray[np.intp]
    counts: Floats
    others: Floats
    near: Floats
    close: Floats
    areas_km2: Floats

    @classmethod
    def of(cls, history: History) -> "_Cells":
        """The cells inside, and any outside that an event on the border is counted in; arrays of months x cells."""
        used = np.flatnonzero((history.areas_km2 > 0) | history.counts.any(axis=0) | history.others.any(axis=0))
        near, close = history.densities[NEAR_M], history.densities[CLOSE_M]
        counts, others, near, close = (
            values.reshape(len(values), history.areas_km2.size).take(used, axis=1)
            for values in (history.counts, history.others, near, close)
        )
        return cls(used, counts, others, near, close, history.areas_km2.ravel()[used])

    def weighted(self, weights: Floats) -> tuple[Floats, Iterator[Floats]]:
        """
        The cells' own events and, one after the other, the parts of the prior, by rows of weights (rows x months).

        All have the shape (rows, cells); how much a part is in all has no meaning.
        """
        own = weights @ self.counts
        return own, self._parts(weights, own)

    def _parts(self, weights: Floats, own: Floats) -> Iterator[Floats]:
        others, near = weights @ self.others, weights @ self.near
        recorded = ((others > 0) | (own > 0)) & (self.areas_km2 > 0)
        yield others
        yield np.sqrt(others)
        yield recorded.astype(np.float64)
        yield near * recorded
        yield weights @ self.close
        yield near
        yield np.broadcast_to(self.areas_km2, own.shape)


@dataclass(frozen=True, eq=False)
class _Fold:
    """One month, and what the other months have in the cells where it had events."""

    events: Floats
    own: Floats
    parts: Floats
    own_total: float
    part_totals: Bools


def fitted_prior(history: History) -> Prior:
    """
    The prior under which each month held is most likely given the others (the last twelve are fitted).

    The likelihood is that of the places of a month's events, given how many there were (Dirichlet-multinomial mean).
    Each part's worth is held weakly to 200 events (within a factor of four, say), which steadies sparse events. One
    month cannot be fitted: every part is worth 200 events.
    """
    held, cells = len(history.months), _Cells.of(history)
    start = np.array([START_EVENTS if part.any() else 0.0 for part in cells.weighted(np.ones((1, held)))[1]])
    if held < 2:
        return Prior(tuple(start))
    best, most = Prior(tuple(start)), -np.inf
    for half_life in HALF_LIVES_MONTHS:
        worth, likelihood = _fitted(_folds(cells, range(max(0, held - _MOST_MONTHS_FITTED), held), half_life), start)
        if likelihood > most + _CLEAR:
            best, most = Prior(tuple(worth), half_life), likelihood
    return best


def _fading(ages: Floats, half_life: float | None) -> Floats:
    """How much an event of each age counts; ages in months."""
    if half_life is None:
        return np.ones(ages.shape)
    weights: Floats = 0.5 ** (ages / half_life)
    return weights


def _folds(cells: _Cells, months: range, half_life: float | None) -> list[_Fold]:
    distances = np.abs(np.arange(len(cells.counts)) - np.array(months)[:, None]).astype(np.float64)
    weights = _fading(np.maximum(distances - 1, 0), half_life)
    weights[distances == 0] = 0
    own, parts = cells.weighted(weights)
    at = [np.flatnonzero((cells.counts[month] > 0) & (cells.areas_km2 > 0)) for month in months]
    shares: list[list[Floats]] = [[] for _ in months]
    totals = np.empty((len(months), len(PARTS)))
    for number, part in enumerate(parts):
        totals[:, number] = part.sum(axis=1)
        for row, places in enumerate(at):
            shares[row].append(part[row, places] / _or_one(totals[row, number]))
    return [
        _Fold(cells.counts[month, at[row]], own[row, at[row]], np.array(shares[row]), own[row].sum(), totals[row] > 0)
        for row, month in enumerate(months)
    ]


def _or_one(total: float) -> float:
    """What a part is divided by to sum to one: where there is nothing of it, by one."""
    return total if total > 0 else 1.0


def _fitted(folds: list[_Fold], start: Floats) -> tuple[Floats, float]:
    """The worth of each part that is most likely, and the (penalised) log likelihood; parts worth nothing stay so."""
    known = start > 0
    centre = np.log(start[known])

    def cost(logarithms: Floats) -> tuple[float, Floats]:
        """How unlikely the months are with these worths, and how that changes with each."""
        worth = np.exp(logarithms)
        value = ((logarithms - centre) ** 2).sum() / (2 * _SPREAD**2)
        slope = (logarithms - centre) / _SPREAD**2
        for fold in folds:
            parts, totals, many = fold.parts[known], fold.part_totals[known], fold.events.sum()
            expected, total = fold.own + worth @ parts, fold.own_total + worth @ totals
            value -= (fold.events * np.log(expected / total)).sum()
            slope -= worth * (parts @ (fold.events / expected) - many * totals / total)
        return float(value), slope

    found = scipy.optimize.minimize(
        cost, centre, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * len(centre), options=_EXACTLY
    )
    worth = np.zeros(len(start))
    worth[known] = np.exp(found.x)
    return worth, -float(found.fun)
