"""Emerging hot spots: what became of a place over the steps of time, in Esri's classes, and Mann and Kendall's trend.

The classes follow Esri's current text, which differs from its older one and from re-implementations: *sporadic* and
*oscillating* need the last step to be hot, *consecutive* needs a run of at least two, and a cold step is never hot.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.errors import DataRefused

Floats = npt.NDArray[np.float64]

NO_PATTERN = "no pattern"
# In order: the first that fits is taken. What each says, of steps that were statistically significantly hot (or cold).
PATTERNS = {
    "new": "for the first time in the last step",
    "consecutive": "in an unbroken run to the last step, and never before",
    "intensifying": "in nine steps of ten or more, and more and more so",
    "persistent": "in nine steps of ten or more, neither more nor less so",
    "diminishing": "in nine steps of ten or more, and less and less so",
    "sporadic": "in the last step, and on and off before",
    "oscillating": "in the last step, and the opposite at some time before",
    "historical": "in nine steps of ten or more, but not in the last",
}


@dataclass(frozen=True, eq=False)
class Trend:
    """Mann and Kendall's test: ``s``, its variance, ``z`` and the two-sided ``p``; arrays where series were."""

    s: Floats
    variance: Floats
    z: Floats
    p: Floats


def mann_kendall(series: npt.ArrayLike) -> Trend:
    """
    Whether a series rises or falls, by the signs of all its differences (Mann 1945, Kendall 1975), ties allowed for.

    ``S`` is the sum of the signs of ``x_j - x_i`` over ``i < j``; its variance is ``(n (n - 1) (2 n + 5) - sum of
    t (t - 1) (2 t + 5)) / 18`` over the groups of ``t`` equal values; ``z = (S - sign S) / sqrt(variance)``. A series
    of one value has no trend: ``z`` is 0 and ``p`` is 1. A series with a missing value has none that is known: NaN.

    Parameters
    ----------
    series
        Values in order of time along the first axis: one series, or one for each place.

    Examples
    --------
    >>> trend = mann_kendall([1, 2, 2, 3, 5])
    >>> float(trend.s), round(float(trend.variance), 4), round(float(trend.z), 4), round(float(trend.p), 4)
    (9.0, 15.6667, 2.0212, 0.0433)
    """
    x = np.asarray(series, dtype=np.float64)
    if x.ndim == 0 or not len(x):
        raise DataRefused("a trend needs values in order of time along the first axis")
    n = len(x)
    s, tied = np.zeros(x.shape[1:]), np.zeros(x.shape[1:])
    for step in range(n):
        # Compared, not subtracted: two infinite values are equal, and their difference is no number.
        later = x[step + 1 :]
        s += (later > x[step]).sum(axis=0) - (later < x[step]).sum(axis=0)
        equal = (x == x[step]).sum(axis=0)
        tied += (equal - 1) * (2 * equal + 5)
    variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, (s - np.sign(s)) / np.sqrt(variance), 0.0)
    unknown = np.isnan(x).any(axis=0)
    z = np.where(unknown, np.nan, z)
    return Trend(np.where(unknown, np.nan, s), variance, z, scipy.special.erfc(np.abs(z) / sqrt(2)))


def emerging_classes(
    hot: npt.ArrayLike, *, series: npt.ArrayLike, cold: npt.ArrayLike | None = None, level: float = 0.95
) -> npt.NDArray[np.str_]:
    """
    The class of each place, such as ``sporadic hot spot`` or ``new cold spot``, or ``no pattern``.

    With *often* for at least 90 % of the steps, a hot spot is

    - *new*: hot in the last step and never before;
    - *consecutive*: hot in one unbroken run of at least two steps to the end, never before, and not often;
    - *intensifying*, *diminishing*, *persistent*: often hot and in the last step, with a series that rises, that falls,
      or that does neither, statistically significantly;
    - *sporadic*: hot in the last step, on and off before, not often, and never cold;
    - *oscillating*: hot in the last step, on and off or not at all before, not often, and cold at some time before;
    - *historical*: often hot, and not in the last step.

    The first that fits is taken in the order ``PATTERNS``, so that a place once cold and now hot for the first time is
    new; often hot but not in the last step is always historical. Cold spots are their mirror; where both would fit, hot
    is taken.

    Parameters
    ----------
    hot, cold
        Whether each place was a statistically significant hot, or cold, spot at each step, steps along the first axis.
        Without ``cold`` nothing ever was.
    series
        What the trend is found in, of the same shape: the Gi* of each step.
    level
        Level of the trend (0.95: a two-sided p of at most 0.05).

    Examples
    --------
    >>> on_and_off = [True, False, True, False, True]
    >>> str(emerging_classes(on_and_off, series=[3, 0, 3, 0, 3]))
    'sporadic hot spot'
    >>> str(emerging_classes([False, False, False, True, True], series=[0, 0, 0, 3, 3]))
    'consecutive hot spot'
    """
    hot = np.asarray(hot, dtype=bool)
    cold = np.zeros_like(hot) if cold is None else np.asarray(cold, dtype=bool)
    x = np.asarray(series, dtype=np.float64)
    if hot.ndim == 0 or not len(hot) or not hot.shape == cold.shape == x.shape:
        raise DataRefused(f"hot, cold and series must be of one shape, got {hot.shape}, {cold.shape} and {x.shape}")
    if (hot & cold).any():
        raise DataRefused("a place cannot be hot and cold in the same step")
    trend = mann_kendall(x)
    moves = np.where(trend.p <= 1 - level, np.sign(trend.z), 0.0)
    as_hot, as_cold = _pattern(hot, cold, moves), _pattern(cold, hot, -moves)
    names = np.array(
        [NO_PATTERN, *(f"{name} hot spot" for name in PATTERNS), *(f"{name} cold spot" for name in PATTERNS)]
    )
    chosen: npt.NDArray[np.str_] = names[
        np.where(as_hot > 0, as_hot, np.where(as_cold > 0, as_cold + len(PATTERNS), 0))
    ]
    return chosen


def _pattern(hot: npt.NDArray[np.bool_], cold: npt.NDArray[np.bool_], moves: Floats) -> npt.NDArray[np.int64]:
    """Number of the pattern in ``PATTERNS``, from 1, or 0."""
    steps, last, times = len(hot), hot[-1], hot.sum(axis=0)
    often = 10 * times >= 9 * steps
    final_run = np.logical_and.accumulate(hot[::-1], axis=0).sum(axis=0)
    was_cold = cold[:-1].any(axis=0)
    patterns = [
        last & (times == 1),
        last & (final_run >= 2) & (final_run == times) & ~often,
        last & often & (moves > 0),
        last & often & (moves == 0),
        last & often & (moves < 0),
        last & ~often & ~was_cold,
        last & ~often & was_cold,
        ~last & often,
    ]
    return np.asarray(np.select(patterns, list(range(1, len(patterns) + 1)), default=0), dtype=np.int64)


def meaning(name: str, *, step: str = "step") -> str:
    """
    A class in plain words, with what a step is called; empty for ``no pattern``.

    Examples
    --------
    >>> meaning("sporadic hot spot", step="quarter")
    'hot in the last quarter, and on and off before'
    """
    pattern, _, kind = name.removesuffix(" spot").partition(" ")
    if pattern not in PATTERNS:
        return ""
    return f"{kind} {PATTERNS[pattern]}".replace("step", step)
