"""Before a pilot is agreed: the smallest fall that its counts could show, by months of follow-up."""

import numpy as np
import pandas as pd
import scipy

from hotspots.analysis.comparison.ratios import Floats, check_level, mid_p
from hotspots.errors import UsageError

USUAL_MONTHS = (3, 6, 12, 24)
USUAL_FALLS = (0.2, 0.3, 0.4, 0.5)
_TAIL = 1e-9  # of either Poisson distribution that is left out of a sum


def power(per_month: float, *, months: int, fall: float, level: float = 0.95) -> float:
    """
    How often a true fall would show as one, with equal months before and after.

    Poisson counts of ``per_month`` events before and ``(1 - fall)`` times that after, judged by the two-sided mid-P
    test: the chance that it finds a fall at ``level``. There is no simulation in it: both distributions are summed. A
    comparison area, or months that vary more than independent events do, make it smaller.

    Examples
    --------
    >>> round(power(8, months=12, fall=0.3), 2)
    0.62
    """
    check_level(level)
    _check(per_month, months, fall)
    before = _likely(per_month * months)
    shown = scipy.stats.poisson.cdf(_most_after(before, level), per_month * months * (1 - fall))
    return float(scipy.stats.poisson.pmf(before, per_month * months) @ shown)


def detectable_change(per_month: float, *, months: int, power_wanted: float = 0.8, level: float = 0.95) -> float:
    """
    The smallest fall, as a share, that would show with the power wanted; NaN where not even a fall to nothing would.

    Examples
    --------
    >>> round(detectable_change(8, months=6), 2)
    0.49
    """
    check_level(level)
    if not 0 < power_wanted < 1:
        raise UsageError(f"power_wanted must lie between 0 and 1, such as 0.8, got {power_wanted!r}")
    _check(per_month, months, 0.0)
    before = _likely(per_month * months)
    chance, most = scipy.stats.poisson.pmf(before, per_month * months), _most_after(before, level)

    def missing(fall: float) -> float:
        return float(chance @ scipy.stats.poisson.cdf(most, per_month * months * (1 - fall))) - power_wanted

    if missing(1.0) < 0:
        return float("nan")
    return float(scipy.optimize.brentq(missing, 0.0, 1.0, xtol=1e-4))


def power_table(
    per_month: float,
    *,
    months: tuple[int, ...] = USUAL_MONTHS,
    falls: tuple[float, ...] = USUAL_FALLS,
    level: float = 0.95,
) -> pd.DataFrame:
    """
    Power by months of follow-up: ``months``, one column for each fall (a share), and ``detectable`` with 80 % power.

    Examples
    --------
    >>> power_table(8, months=(12,)).round(2).to_numpy().tolist()
    [[12.0, 0.31, 0.62, 0.88, 0.98, 0.36]]
    """
    rows = [
        {"months": number}
        | {fall: power(per_month, months=number, fall=fall, level=level) for fall in falls}
        | {"detectable": detectable_change(per_month, months=number, level=level)}
        for number in months
    ]
    return pd.DataFrame(rows)


def _likely(mean: float) -> Floats:
    """The counts that a Poisson mean leads to expect, all but a billionth of either tail."""
    least, most = scipy.stats.poisson.ppf([_TAIL, 1 - _TAIL], mean)
    return np.arange(max(least, 0), most + 1, dtype=np.float64)


def _most_after(before: Floats, level: float) -> Floats:
    """For each count before, the largest count after that the mid-P test finds to be fewer; -1 where there is none."""
    low, high = np.full_like(before, -1.0), before.copy()
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        found = (middle >= 0) & (mid_p(before, np.maximum(middle, 0)) < 1 - level)
        low, high = np.where(found, middle, low), np.where(found, high, middle)
    return low


def _check(per_month: float, months: int, fall: float) -> None:
    if not (np.isfinite(per_month) and per_month > 0 and months > 0 and 0 <= fall <= 1):
        raise UsageError(
            "power needs events a month above 0, months above 0 and a fall from 0 to 1, got "
            f"{per_month}, {months}, {fall}"
        )
