"""Many areas at once: which differ, after allowing for how many would differ by chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from hotspots.analysis.comparison.ratios import check_level, exact_interval, mid_p, verdicts
from hotspots.errors import DataRefused


@dataclass(frozen=True, eq=False)
class AreaComparisons:
    """
    ``table`` has a row for each area: its counts, ``ratio, lower, upper, p_value, p_adjusted, alone, verdict``.

    ``alone`` is the verdict on the area by itself, ``verdict`` the one that holds up beside all the others.
    ``expected_by_chance`` is how many of the areas would look changed alone though nothing had changed anywhere.
    """

    table: pd.DataFrame
    expected_by_chance: float
    level: float

    @property
    def sentence(self) -> str:
        """How many areas changed, and how many would seem to by chance."""
        alone = int(self.table["alone"].isin(["Up", "Down"]).sum())
        held = int(self.table["verdict"].isin(["Up", "Down"]).sum())
        return (
            f"{alone} of {len(self.table)} areas differ if each is looked at alone; about "
            f"{self.expected_by_chance:.1f} would by chance. {held} still differ after allowing for that "
            f"(Benjamini and Hochberg, {1 - self.level:.0%})."
        )


def compare_areas(counts: pd.DataFrame, *, exposure: float = 1.0, level: float = 0.95) -> AreaComparisons:
    """
    Compare before and after in every area of a table.

    Parameters
    ----------
    counts
        ``area_code, before, after``: exact counts; an area with a missing one gets *Too few to say*.
    exposure
        The later exposure divided by the earlier.

    Notes
    -----
    P values are adjusted by Benjamini and Hochberg over the areas that could be judged. A verdict of *Up* or *Down*
    needs an adjusted P below ``1 - level`` and an interval that leaves out 1.

    Examples
    --------
    >>> table = pd.DataFrame({"area_code": ["A", "B", "C"], "before": [100, 20, 1], "after": [50, 25, 2]})
    >>> compare_areas(table).table[["area_code", "verdict"]].to_numpy().tolist()
    [['A', 'Down'], ['B', 'No clear change'], ['C', 'Too few to say']]
    """
    check_level(level)
    missing = {"area_code", "before", "after"} - set(counts.columns)
    if missing:
        raise DataRefused(f"a table of areas needs the columns area_code, before and after; missing: {sorted(missing)}")
    table = counts[["area_code", "before", "after"]].reset_index(drop=True)
    before, after = (table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("before", "after"))
    known = np.isfinite(before) & np.isfinite(after) & (before + after > 0)
    earlier, later = np.where(known, before, 1), np.where(known, after, 1)
    lower, upper = exact_interval(earlier, later, exposure=exposure, level=level)
    alone = np.where(known, verdicts(earlier, later, exposure=exposure, level=level), "Too few to say")
    chances = mid_p(earlier, later, exposure=exposure)
    judged = alone != "Too few to say"
    adjusted = np.full(len(table), np.nan)
    if judged.any():
        adjusted[judged] = scipy.stats.false_discovery_control(chances[judged])
    moved = np.isin(alone, ["Up", "Down"])
    held = np.where(moved & ~(adjusted < 1 - level), "No clear change", alone)
    with np.errstate(divide="ignore"):
        ratio = later / earlier / exposure
    numbers = {"ratio": ratio, "lower": lower, "upper": upper, "p_value": chances, "p_adjusted": adjusted}
    shown = {name: np.where(known, values, np.nan) for name, values in numbers.items()}
    totals = (earlier + later)[known].astype(int)
    expected = sum(_by_chance(int(total), exposure=exposure, level=level) for total in totals)
    return AreaComparisons(table.assign(**shown, alone=alone, verdict=held), expected, level)


def _by_chance(total: int, *, exposure: float, level: float) -> float:
    """Chance that an unchanged area of so many events looks changed."""
    later = np.arange(total + 1, dtype=np.float64)
    moved = np.isin(verdicts(total - later, later, exposure=exposure, level=level), ["Up", "Down"])
    return float(scipy.stats.binom.pmf(later[moved], total, exposure / (1 + exposure)).sum())
