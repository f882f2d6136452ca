"""Control charts of counts by month: which months differ from the run of them, and where a run itself has shifted.

XmR charts as the National Health Service uses them (*Making data count*); for small counts exact Poisson limits.
Screening of moving ranges is off, and limits are never set anew by the software.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from hotspots.errors import DataRefused, UsageError

Kind = Literal["xmr", "poisson"]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

XMR_FACTOR = 2.66  # 3 / 1.128: three standard deviations, from the mean of the moving ranges of two
NEAR = 2 / 3
RUN = 7
FEWEST_POINTS = 12
SMALL_MEAN = 5.0
POISSON_LEVEL = 0.998
NEAR_POISSON_LEVEL = 0.954  # two standard deviations
RULES = {
    "outside": "a point outside the limits",
    "run": f"{RUN} points in a row on one side of the middle",
    "trend": f"{RUN} points in a row rising, or falling",
    "near_limit": "two of three points in the outer third, on the same side",
}


@dataclass(frozen=True, eq=False)
class ControlChart:
    """
    The chart: its kind, mean and limits, and ``points`` with ``label, value`` and a column for each of the four rules.

    ``lower`` is never below nought.
    """

    kind: Kind
    mean: float
    lower: float
    upper: float
    points: pd.DataFrame

    @property
    def signals(self) -> dict[str, list[str]]:
        """The labels of the points that each rule marks; rules that mark none are left out."""
        marked = {rule: self.points.loc[self.points[rule], "label"].astype(str).tolist() for rule in RULES}
        return {rule: labels for rule, labels in marked.items() if labels}


def control_chart(counts: Sequence[float], *, labels: Sequence[str] = (), kind: Kind | None = None) -> ControlChart:
    """
    Control chart of exact counts in the order of time.

    Parameters
    ----------
    counts
        One count for each period of equal length.
    labels
        Names of the periods; numbers from 1 without them.
    kind
        ``xmr``: mean and mean +- 2.66 times the mean moving range. ``poisson``: exact 99.8 % limits. Chosen by the mean
        where it is not given: below 5 a period moving ranges say little, and Poisson limits are used.

    Raises
    ------
    DataRefused
        There are fewer than twelve points, or a count is missing or hidden.

    Examples
    --------
    >>> chart = control_chart([8, 6, 9, 7, 10, 8, 5, 9, 8, 7, 30, 8])
    >>> chart.kind, round(chart.mean, 2), round(chart.upper, 1), chart.signals
    ('xmr', 9.58, 25.5, {'outside': ['11']})
    """
    values = np.asarray(counts, dtype=np.float64)
    if values.ndim != 1 or len(values) < FEWEST_POINTS:
        raise DataRefused(f"a control chart needs at least {FEWEST_POINTS} points, got {values.size}")
    if not (np.isfinite(values) & (values >= 0)).all():
        raise DataRefused("a control chart needs exact counts; some are hidden, missing or below nought")
    named = [str(label) for label in labels] or [str(number) for number in range(1, len(values) + 1)]
    if len(named) != len(values):
        raise UsageError(f"{len(values)} counts cannot have {len(named)} labels")
    mean = float(values.mean())
    chosen: Kind = kind or ("xmr" if mean >= SMALL_MEAN else "poisson")
    lower, upper = _limits(values, mean, chosen)
    near = (mean - NEAR * (mean - lower), mean + NEAR * (upper - mean))
    if chosen == "poisson":
        near = poisson_limits(mean, level=NEAR_POISSON_LEVEL) if mean > 0 else (0.0, 0.0)
    # Small counts are lopsided: half of them lie on either side of the median, not of the mean.
    middle = mean if chosen == "xmr" else float(np.median(values))
    points = pd.DataFrame({"label": named, "value": values} | _rules(values, middle, (lower, upper), near))
    return ControlChart(chosen, mean, max(lower, 0.0), upper, points)


def poisson_limits(mean: float, *, level: float = POISSON_LEVEL) -> tuple[float, float]:
    """
    Least and greatest count that an unchanged Poisson mean leads to expect, each tail holding half of what is left.

    Examples
    --------
    >>> poisson_limits(8, level=0.95), poisson_limits(8)
    ((3.0, 14.0), (1.0, 18.0))
    """
    tail = (1 - level) / 2
    return float(scipy.stats.poisson.ppf(tail, mean)), float(scipy.stats.poisson.ppf(1 - tail, mean))


def _limits(values: Floats, mean: float, kind: Kind) -> tuple[float, float]:
    if kind == "poisson":
        return poisson_limits(mean) if mean > 0 else (0.0, 0.0)
    spread = XMR_FACTOR * float(np.abs(np.diff(values)).mean())
    return mean - spread, mean + spread


def _rules(values: Floats, middle: float, limits: tuple[float, float], near: tuple[float, float]) -> dict[str, Flags]:
    side, steps = np.sign(values - middle), np.sign(np.diff(values))
    below, above = values < near[0], values > near[1]
    two_of_three = np.zeros(len(values), dtype=bool)
    for outer in (above, below):
        held = outer[:-2].astype(int) + outer[1:-1] + outer[2:] >= 2
        for offset in range(3):
            two_of_three[offset : len(values) - 2 + offset] |= held & outer[offset : len(values) - 2 + offset]
    trend = np.zeros(len(values), dtype=bool)
    rising = _runs(steps, RUN - 1)
    trend[:-1] |= rising
    trend[1:] |= rising
    return {
        "outside": (values < limits[0]) | (values > limits[1]),
        "run": _runs(side, RUN),
        "trend": trend,
        "near_limit": two_of_three,
    }


def _runs(signs: Floats, length: int) -> Flags:
    """Members of runs of at least ``length`` equal signs; a zero belongs to none."""
    marked = np.zeros(len(signs), dtype=bool)
    for start in range(len(signs) - length + 1):
        part = signs[start : start + length]
        if part[0] != 0 and (part == part[0]).all():
            marked[start : start + length] = True
    return marked
