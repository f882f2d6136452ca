"""Rate ratios of two counts: exact conditional intervals, mid-P, a verdict; and the ratio of two such ratios.

A count that a supplier hid is an interval ``(lowest, highest)``. Results then hold for every count it may have been.
"""

import math
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.errors import DataRefused, UsageError

Verdict = Literal["Up", "Down", "No clear change", "Too few to say"]
Interval = tuple[float, float]
Count = float | tuple[float, float]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """
    A ratio with its interval: 1 is no change, 0.75 a quarter less.

    ``ratio`` is missing (NaN) where a hidden count leaves a range of ratios; ``lower`` to ``upper`` then covers them
    all. ``p_value`` is two-sided: how often unchanged counts would differ at least as much as these.
    """

    ratio: float
    lower: float
    upper: float
    p_value: float
    verdict: Verdict


def interval_of(count: Count, *, name: str) -> Interval:
    """
    Smallest and largest number that a count may be.

    Examples
    --------
    >>> interval_of(48, name="before"), interval_of((1, 4), name="before")
    ((48.0, 48.0), (1.0, 4.0))
    """
    try:
        ends = (float(count[0]), float(count[1])) if isinstance(count, tuple) else (float(count), float(count))
    except (TypeError, ValueError, IndexError) as error:
        raise DataRefused(f"{name}: {count!r} is not a count; give a number, or (lowest, highest) if hidden") from error
    if not all(math.isfinite(end) for end in ends):
        raise DataRefused(f"{name}: the count is unknown ({count!r}); nothing can be compared with it")
    if not 0 <= ends[0] <= ends[1]:
        raise DataRefused(f"{name}: expected a count of nought or more, lowest before highest, got {count!r}")
    if any(end != math.floor(end) for end in ends):
        raise DataRefused(f"{name}: {count!r} is not a whole number; counts of events are compared, not rates")
    return ends


def exact_interval(
    before: Floats, after: Floats, *, exposure: float = 1.0, level: float = 0.95
) -> tuple[Floats, Floats]:
    """
    Exact conditional interval of ``after / before / exposure``: Clopper and Pearson on the share of ``after``.

    Given their total, the later of two Poisson counts is binomial; its exact interval ``p`` becomes ``p / (1 - p)``.
    ``exposure`` is the later exposure (months, say) divided by the earlier. Arrays are treated element by element.
    """
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    tail = (1 - level) / 2
    low = np.where(after > 0, scipy.special.betaincinv(np.maximum(after, 1e-300), before + 1, tail), 0.0)
    high = np.where(before > 0, scipy.special.betaincinv(after + 1, np.maximum(before, 1e-300), 1 - tail), 1.0)
    with np.errstate(divide="ignore"):
        return low / (1 - low) / exposure, high / (1 - high) / exposure


def mid_p(before: Floats, after: Floats, *, exposure: float = 1.0) -> Floats:
    """
    Two-sided mid-P value of no change: twice the smaller tail of the binomial, half of the observed count in each tail.

    Examples
    --------
    >>> float(mid_p(np.array([48.0]), np.array([48.0]))[0])
    1.0
    """
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    share = exposure / (1 + exposure)
    up_to = np.where(before > 0, scipy.special.betainc(np.maximum(before, 1e-300), after + 1, 1 - share), 1.0)
    below = np.where(after > 0, scipy.special.betainc(before + 1, np.maximum(after, 1e-300), 1 - share), 0.0)
    # The upper tail by itself, not as what is left of one: far tails would be lost to rounding.
    from_here = np.where(after > 0, scipy.special.betainc(np.maximum(after, 1e-300), before + 1, share), 1.0)
    above = np.where(before > 0, scipy.special.betainc(after + 1, np.maximum(before, 1e-300), share), 0.0)
    return np.asarray(np.minimum(np.minimum(up_to + below, from_here + above), 1.0), dtype=np.float64)


def verdicts(before: Floats, after: Floats, *, exposure: float = 1.0, level: float = 0.95) -> npt.NDArray[np.str_]:
    """
    Verdict on each pair: *Up* or *Down* where the exact interval leaves out 1.

    *Too few to say* is a total so small that even all of it on one side would not be a clear change: below six, for
    equal exposures at 95 %.
    """
    total = np.asarray(before, np.float64) + np.asarray(after, np.float64)
    lower, upper = exact_interval(before, after, exposure=exposure, level=level)
    nothing = np.zeros_like(total)
    most_up = exact_interval(nothing, total, exposure=exposure, level=level)[0]
    most_down = exact_interval(total, nothing, exposure=exposure, level=level)[1]
    few = (most_up <= 1) | (most_down >= 1)
    return np.select([lower > 1, upper < 1, few], ["Up", "Down", "Too few to say"], "No clear change")


def rate_ratio(
    before: Interval, after: Interval, *, exposure: float = 1.0, level: float = 0.95, dispersion: float = 1.0
) -> Estimate:
    """
    The rate after divided by the rate before, with its exact interval and mid-P.

    ``dispersion`` (variance over mean of the monthly counts) widens the interval as if there were so many times fewer
    events; 1 for counts that vary as independent events do.

    Examples
    --------
    >>> found = rate_ratio((304, 304), (328, 328))
    >>> round(found.ratio, 2), round(found.lower, 2), round(found.upper, 2), found.verdict
    (1.08, 0.92, 1.27, 'No clear change')
    """
    if before[1] + after[1] == 0:
        raise DataRefused("no events before and none after: there is nothing to compare; take longer or larger areas")
    # The least and the greatest ratio that hidden counts allow.
    earlier = np.array([before[1], before[0]]) / dispersion
    later = np.array([after[0], after[1]]) / dispersion
    lower, upper = exact_interval(earlier, later, exposure=exposure, level=level)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.array([after[0], after[1]]) / np.array([before[1], before[0]]) / exposure
    exact = before[0] == before[1] and after[0] == after[1]
    chances = mid_p(earlier, later, exposure=exposure)
    straddles = not exact and bool(ratios[0] <= 1 <= ratios[1])
    said = verdicts(earlier, later, exposure=exposure, level=level)
    return Estimate(
        ratio=float(ratios[0]) if exact else math.nan,
        lower=float(lower[0]),
        upper=float(upper[1]),
        p_value=1.0 if straddles else float(chances.max()),
        verdict=_agreed(said),
    )


def ratio_of_ratios(
    target: tuple[Interval, Interval],
    comparison: tuple[Interval, Interval],
    *,
    level: float = 0.95,
    dispersion: float = 1.0,
) -> Estimate:
    """
    How the target changed beside how the comparison area changed: (T1 / T0) / (C1 / C0).

    The interval is that of the logarithm, with the variance 1/T0 + 1/T1 + 1/C0 + 1/C1; exposures cancel.

    Raises
    ------
    DataRefused
        A count is, or may be, zero: the ratio is not defined.

    Examples
    --------
    >>> found = ratio_of_ratios(((48, 48), (29, 29)), ((60, 60), (58, 58)))
    >>> round(found.ratio, 3), round(found.lower, 2), round(found.upper, 2)
    (0.625, 0.35, 1.12)
    """
    four = (*target, *comparison)
    if any(low == 0 for low, _ in four):
        raise DataRefused(
            "the ratio of ratios is not defined where a count is zero (target "
            f"{_shown(target)}, comparison {_shown(comparison)}); take a larger comparison area or longer periods, or "
            "use the weighted displacement difference, which takes zeros"
        )
    z = float(scipy.stats.norm.isf((1 - level) / 2))
    found = []
    for t0, t1, c0, c1 in product(*(sorted({low, high}) for low, high in four)):
        middle = math.log(t1 / t0) - math.log(c1 / c0)
        error = math.sqrt((1 / t0 + 1 / t1 + 1 / c0 + 1 / c1) * dispersion)
        found.append(
            (middle, middle - z * error, middle + z * error, 2 * float(scipy.stats.norm.sf(abs(middle) / error)))
        )
    middles, lows, highs, chances = zip(*found, strict=True)
    straddles = len(found) > 1 and min(middles) <= 0 <= max(middles)
    few = any(verdicts(np.array([pair[0][1]]), np.array([pair[1][1]]), level=level)[0] == "Too few to say"
              for pair in (target, comparison))  # fmt: skip
    said = ["Too few to say" if few and low <= 0 <= high else _side(low, high) for _, low, high, _ in found]
    return Estimate(
        ratio=math.exp(middles[0]) if len(found) == 1 else math.nan,
        lower=math.exp(min(lows)),
        upper=math.exp(max(highs)),
        p_value=1.0 if straddles else max(chances),
        verdict=_agreed(np.array(said)),
    )


def check_level(level: float) -> None:
    """``UsageError`` unless a level of confidence lies between a half and one."""
    if not 0.5 <= level < 1:
        raise UsageError(f"level must be a share from 0.5 to below 1, such as 0.95, got {level!r}")


def _side(low: float, high: float) -> Verdict:
    return "Up" if low > 0 else "Down" if high < 0 else "No clear change"


def _agreed(said: npt.NDArray[np.str_]) -> Verdict:
    """The one verdict of every count that hidden ones may be; where they differ there is too little to say."""
    first: Verdict = str(said[0])  # type: ignore[assignment]
    return first if (said == said[0]).all() else "Too few to say"


def _shown(pair: tuple[Interval, Interval]) -> str:
    return " to ".join(f"{low:g}" if low == high else f"{low:g}-{high:g}" for low, high in pair)
