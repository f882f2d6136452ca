"""Did a change move next door? The weighted displacement difference (preferred) and the displacement quotient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from hotspots.analysis.comparison.ratios import Count, Interval, check_level, interval_of
from hotspots.errors import DataRefused, UsageError

Pair = tuple[Count, Count]
_WHEN = ("before", "after")
_NAMES = ("target", "comparison", "buffer", "comparison buffer")


@dataclass(frozen=True)
class Difference:
    """
    The weighted displacement difference: events fewer (negative) or more than the comparison area leads to expect.

    ``estimate`` and ``z`` are missing (NaN) where hidden counts leave a range, which ``lower`` to ``upper`` covers.
    """

    estimate: float
    standard_error: float
    z: float
    p_value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Quotient:
    """
    The weighted displacement quotient with its parts; it has no standard error and is shown as a supplement only.

    ``quotient`` above 1: the buffer gained more than the target; 0 to 1: diffusion of benefit; -1 to 0: displacement
    smaller than the gain; below -1: displacement larger than the gain. ``gross_effect`` and ``net_effect`` are of the
    target, ``total_net_effect`` of target and buffer: positive numbers are fewer events.
    """

    quotient: float
    success_measure: float
    buffer_measure: float
    gross_effect: float
    net_effect: float
    total_net_effect: float

    @property
    def meaning(self) -> str:
        """What the quotient stands for, in words."""
        if self.quotient > 1:
            return "the buffer improved even more than the target (diffusion of benefit)"
        if self.quotient > 0:
            return "the buffer improved too (diffusion of benefit)"
        if self.quotient == 0:
            return "no displacement and no diffusion"
        return "some displacement, " + ("less than the gain" if self.quotient >= -1 else "more than the gain")


def wdd(
    target: Pair,
    comparison: Pair,
    *,
    buffer: Pair = (0, 0),
    comparison_buffer: Pair = (0, 0),
    period_weights: tuple[float, float] = (1.0, 1.0),
    area_weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    level: float = 0.95,
    dispersion: float = 1.0,
) -> Difference:
    """
    Weighted displacement difference: (T1 - T0) - (C1 - C0) + (D1 - D0) - (E1 - E0), after Wheeler and Ratcliffe (2018).

    Parameters
    ----------
    target, comparison, buffer, comparison_buffer
        Count before and count after: of the target, its comparison area, the zone around the target that events may
        move to, and the like zone around the comparison area. Zeros are fine; the buffers may be left out together.
    period_weights
        Length before and after (years, say), where they differ: counts are divided by it.
    area_weights
        Size of the four areas in the order of the parameters: counts are divided by it.
    dispersion
        Variance over mean of the monthly counts, 1 for independent events; multiplies the variance.

    Notes
    -----
    The variance is the sum of the eight counts, each divided by the square of its weights: the normal approximation to
    the Poisson distribution, not to be trusted for a handful of events.

    Examples
    --------
    >>> found = wdd((48, 29), (60, 58), buffer=(30, 33), comparison_buffer=(40, 41))
    >>> found.estimate, round(found.standard_error, 1), round(found.z, 2)
    (-15.0, 18.4, -0.81)
    """
    check_level(level)
    check_weights((*period_weights, *area_weights))
    pairs = (target, comparison, buffer, comparison_buffer)
    least, most, variance = 0.0, 0.0, 0.0
    for name, pair, area, sign in zip(_NAMES, pairs, area_weights, (1, -1, 1, -1), strict=True):
        for count, period, later in zip(_ends(pair, name), period_weights, (-1, 1), strict=True):
            weight, toward = period * area, sign * later
            least += toward * count[0 if toward > 0 else 1] / weight
            most += toward * count[1 if toward > 0 else 0] / weight
            variance += count[1] / weight**2
    if variance == 0:
        raise DataRefused("no events before and none after in any area: there is nothing to compare")
    error = math.sqrt(variance * dispersion)
    margin = float(scipy.stats.norm.isf((1 - level) / 2)) * error
    exact = least == most
    nearest = 0.0 if least <= 0 <= most else min(abs(least), abs(most))
    return Difference(
        estimate=least if exact else math.nan,
        standard_error=error,
        z=least / error if exact else math.nan,
        p_value=2 * float(scipy.stats.norm.sf(nearest / error)),
        lower=least - margin,
        upper=most + margin,
    )


def wdq(target: Pair, buffer: Pair, comparison: Pair) -> Quotient:
    """
    Weighted displacement quotient: (Da/Ca - Db/Cb) / (Ra/Ca - Rb/Cb), after Bowers and Johnson (2003).

    Each pair is the count before and the count after. The lower part is the *success measure*: only where it is below
    nought, so that the target did better than the comparison area, can displacement be spoken of.

    Raises
    ------
    DataRefused
        A count is zero or hidden, or the success measure is not below nought: the message says which.

    Examples
    --------
    >>> found = wdq(target=(100, 50), buffer=(40, 45), comparison=(200, 200))
    >>> found.quotient, found.success_measure, found.gross_effect, found.total_net_effect, found.meaning
    (-0.1, -0.25, 50.0, 45.0, 'some displacement, less than the gain')
    """
    given = {"target": target, "buffer": buffer, "comparison": comparison}
    named = {name: _ends(pair, name) for name, pair in given.items()}
    hidden = [name for name, ends in named.items() if any(low != high for low, high in ends)]
    if hidden:
        raise DataRefused(f"the displacement quotient needs exact counts; those of the {hidden[0]} are hidden")
    numbers = [(f"{name} {when}", ends[at][0]) for name, ends in named.items() for at, when in enumerate(_WHEN)]
    empty = [name for name, number in numbers if number == 0]
    if empty:
        raise DataRefused(f"the displacement quotient is not defined for zero counts ({', '.join(empty)}: 0)")
    (r_before, r_after), (d_before, d_after), (c_before, c_after) = (
        (float(before[0]), float(after[0])) for before, after in named.values()
    )
    success = r_after / c_after - r_before / c_before
    moved = d_after / c_after - d_before / c_before
    if success >= 0:
        raise DataRefused(
            f"the displacement quotient says nothing here: the success measure is {success:.3f}, not below nought, so "
            "the target did no better than the comparison area and there is no gain to be displaced"
        )
    expected = c_after / c_before
    return Quotient(
        quotient=round(moved / success, 12) + 0.0,
        success_measure=success,
        buffer_measure=moved,
        gross_effect=r_before - r_after,
        net_effect=-success,
        total_net_effect=(r_before * expected - r_after) + (d_before * expected - d_after),
    )


def check_weights(weights: Sequence[float]) -> None:
    """``UsageError`` unless every weight or exposure is a positive, finite number."""
    if not all(np.isfinite(weight) and weight > 0 for weight in weights):
        raise UsageError(f"weights and exposures must be positive numbers, got {tuple(weights)}")


def _ends(pair: Pair, name: str) -> tuple[Interval, Interval]:
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise UsageError(f"{name}: give the count before and the count after, such as (48, 29), got {pair!r}")
    return interval_of(pair[0], name=f"{name} before"), interval_of(pair[1], name=f"{name} after")
