"""Annual averages and rates: counts divided by years, residents or square kilometres.

They are made from counts that have already passed the disclosure gate, so that what is hidden stays hidden in
everything derived from it.
"""

import numpy as np
import pandas as pd

from hotspots.errors import DataRefused, UsageError
from hotspots.measures import Measure

_NUMBERS = ("value", "lower", "upper")


def rate_per_1000(counts: "pd.Series[float]", population: "pd.Series[float]") -> "pd.Series[float]":
    """
    Events per thousand residents.

    Areas without residents have no rate (missing), whatever their count: a city-centre block with two residents and
    forty callouts is busy, not dangerous.

    Examples
    --------
    >>> rate_per_1000(pd.Series([3, 4], ["A", "B"]), pd.Series([1500, 0], ["A", "B"])).tolist()
    [2.0, nan]
    """
    if not counts.index.equals(population.index):
        raise DataRefused("counts and population must be of the same areas in the same order")
    return (counts / population.where(population > 0) * 1000).rename("rate_per_1000")


def derive(
    cube: pd.DataFrame,
    measure: Measure,
    *,
    years: float,
    population: "pd.Series[float] | None" = None,
    area_km2: "pd.Series[float] | None" = None,
    minimum_population: int = 500,
) -> pd.DataFrame:
    """
    Cube rows of a count (one period, one category) as the statistic that ``measure`` names.

    Parameters
    ----------
    years
        Length of the period; averages and rates are per year.
    population, area_km2
        Denominators by area code. An area whose population is missing or below ``minimum_population``, or that has no
        ground, has no rate (``no_data``).

    Examples
    --------
    >>> from hotspots.measures import measure
    >>> rows = pd.DataFrame({"area_code": ["A"], "period": ["2015/16 to 2017/18"], "measure": ["callouts"],
    ...     "category": ["all"], "value": [float("nan")], "lower": [111.0], "upper": [114.0],
    ...     "status": ["suppressed"], "events": [111.0]})
    >>> derive(rows, measure("callouts_per_year"), years=3)[["lower", "upper"]].to_numpy().tolist()
    [[37.0, 38.0]]
    """
    if measure.statistic in {"count", "score"}:
        return cube
    derived = cube.assign(measure=measure.id)
    divisor = pd.Series(float(years), index=cube.index)
    if measure.statistic in {"rate_per_1000", "per_km2"}:
        divisor = divisor * _denominator(cube, measure, population, area_km2, minimum_population)
    for column in _NUMBERS:
        derived[column] = cube[column] / divisor
    unknown = divisor.isna() & (cube["status"] == "ok")
    derived.loc[unknown, "status"] = "no_data"
    return derived


def _denominator(
    cube: pd.DataFrame,
    measure: Measure,
    population: "pd.Series[float] | None",
    area_km2: "pd.Series[float] | None",
    minimum_population: int,
) -> "pd.Series[float]":
    if measure.statistic == "rate_per_1000":
        if population is None:
            raise UsageError(f"{measure.label}: no source of kind population is held for these areas")
        thousands = population.where(population >= minimum_population) / 1000
        return cube["area_code"].map(thousands).astype(np.float64)
    if area_km2 is None:
        raise UsageError(f"{measure.label}: the areas' sizes are not known")
    return cube["area_code"].map(area_km2.where(area_km2 > 0)).astype(np.float64)


def totals(cube: pd.DataFrame) -> pd.DataFrame:
    """
    Sums over the areas by ``measure, category, period``: intervals add, and an area without data makes it unknown.

    Returns columns ``measure, category, period, lower, upper``; both ends are missing where any area is unknown.
    """
    keys = ["measure", "category", "period"]
    sums = cube.groupby(keys, sort=False)[["lower", "upper"]].sum()
    unknown = cube[cube["lower"].isna()].groupby(keys, sort=False).size()
    return sums.mask(unknown.reindex(sums.index).notna()).reset_index()
