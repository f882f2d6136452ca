"""Counts by area and period: the rows of the cube.

A cube row is ``area_code, period, measure, category, value, lower, upper, status, events``. A suppressed input is an
interval and sums add intervals; ``value`` is missing unless both ends are equal. ``events`` is the count behind the
number (at least), which the disclosure gate tests.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.errors import DataRefused
from hotspots.layer import CUBE_COLUMNS
from hotspots.periods import Coverage, Period, financial_years_in, span

_RUN_OF_YEARS = 3


def reporting_periods(coverage: Coverage, native: Iterable[Period] = ()) -> list[Period]:
    """
    The periods that a source is reported by, finest first: its own, whole financial years, runs of years, and all.

    Only periods that are wholly covered are reported. Runs are every three consecutive financial years and, where
    there are more, all of them; the whole coverage comes last where it is none of these.

    Examples
    --------
    >>> from datetime import date
    >>> [p.label for p in reporting_periods(Coverage(date(2014, 4, 1), date(2018, 3, 31), "zero"))]
    ['2014/15', '2015/16', '2016/17', '2017/18', '2014/15 to 2016/17', '2015/16 to 2017/18', '2014/15 to 2017/18']
    """
    years = [year for year in financial_years_in(coverage) if coverage.covers(year)]
    runs = [span(first.start, last.end) for first, last in zip(years, years[_RUN_OF_YEARS - 1 :], strict=False)]
    whole_years = [span(years[0].start, years[-1].end)] if len(years) > 1 else []
    own = sorted({period for period in native if coverage.covers(period)})
    found: dict[str, Period] = {}
    for period in (*own, *years, *runs, *whole_years, coverage.whole):
        if coverage.covers(period):
            found.setdefault(period.label, period)
    return list(found.values())


def native_periods(table: pd.DataFrame) -> list[Period]:
    """
    The distinct periods of an area-count table, oldest first; ``DataRefused`` when two of them overlap.

    A sheet that holds quarters *and* their year would count everything twice.
    """
    rows = table[["period_start", "period_end", "period"]].drop_duplicates()
    found = sorted(
        Period(pd.Timestamp(start).date(), pd.Timestamp(end).date(), str(label))
        for start, end, label in rows.itertuples(index=False)
    )
    for first, second in pairwise(found):
        if second.start <= first.end:
            raise DataRefused(
                f"periods {first.label!r} and {second.label!r} overlap: counts would be added twice; keep one of them"
            )
    return found


def area_cube(
    table: pd.DataFrame, *, measure: str, codes: Sequence[str], coverage: Coverage, periods: Sequence[Period]
) -> pd.DataFrame:
    """
    Cube rows of counts that come by area and period, summed to each of ``periods`` by interval.

    An (area, period) that the source does not hold is zero where the coverage declares ``absent = "zero"``; otherwise
    the area's number is unknown (``no_data``) for every reporting period that needs it. Category ``all`` is the sum
    of the categories, and unknown where any of them is.
    """
    rows = [
        _area_rows(part, measure, category, codes, coverage, periods) for category, part in _with_all(table).items()
    ]
    return pd.concat(rows, ignore_index=True)[list(CUBE_COLUMNS)]


def _with_all(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    parts = {str(category): part for category, part in table.groupby("category", sort=True)}
    return {"all": table, **{name: part for name, part in parts.items() if name != "all" and len(parts) > 1}}


def _area_rows(
    table: pd.DataFrame,
    measure: str,
    category: str,
    codes: Sequence[str],
    coverage: Coverage,
    periods: Sequence[Period],
) -> pd.DataFrame:
    starts, ends = pd.to_datetime(table["period_start"]), pd.to_datetime(table["period_end"])
    days = (ends - starts) / timedelta(days=1) + 1
    # A sum of categories needs every one of them: one that is absent is not nought.
    kinds = table["category"].nunique()
    made = []
    for period in periods:
        chosen = (starts >= pd.Timestamp(period.start)) & (ends <= pd.Timestamp(period.end))
        held = table[chosen].assign(days=days[chosen])
        sums = held.groupby("area_code")[["lower", "upper"]].sum().reindex(list(codes))
        covered = held.groupby("area_code")["days"].sum().reindex(list(codes)).fillna(0)
        complete = covered >= kinds * ((period.end - period.start).days + 1)
        if coverage.absent == "zero":
            sums, complete = sums.fillna(0), pd.Series(True, index=sums.index)
        made.append(_interval_rows(sums, complete, measure=measure, category=category, period=period.label))
    return pd.concat(made, ignore_index=True)


def _interval_rows(
    sums: pd.DataFrame, complete: "pd.Series[bool]", *, measure: str, category: str, period: str
) -> pd.DataFrame:
    lower = sums["lower"].astype(np.float64).where(complete)
    upper = sums["upper"].astype(np.float64).where(complete)
    status = np.where(~complete, "no_data", np.where(lower == upper, "ok", "suppressed"))
    return pd.DataFrame(
        {
            "area_code": sums.index.astype(str),
            "period": period,
            "measure": measure,
            "category": category,
            "value": lower.where(lower == upper).to_numpy(),
            "lower": lower.to_numpy(),
            "upper": upper.to_numpy(),
            "status": status,
            "events": lower.fillna(0).to_numpy(),
        }
    )


def event_cube(
    events: pd.DataFrame,
    *,
    measures: Mapping[str, str | None],
    codes: Sequence[str],
    periods: Sequence[Period],
    categories: Mapping[str, "pd.Series[bool]"],
) -> pd.DataFrame:
    """
    Cube rows of single events that have been given an area: exact counts, zero where there are none.

    Parameters
    ----------
    events
        ``date`` and ``area_code`` (missing where in no area: counted nowhere here, reported by the caller), and the
        columns that are summed.
    measures
        Measure -> column to sum, or None to count rows. Missing values of a summed column add nothing.
    categories
        Category -> which events belong to it.

    Examples
    --------
    >>> from hotspots.periods import financial_year
    >>> finds = pd.DataFrame({"date": pd.to_datetime(["2016-05-01", "2016-06-01"]), "area_code": ["A", "A"],
    ...                       "quantity": [3, 40]})
    >>> cube = event_cube(finds, measures={"instances": None, "volume": "quantity"}, codes=["A", "B"],
    ...                   periods=[financial_year(2016)], categories={"all": finds["quantity"] > 0})
    >>> cube[["area_code", "measure", "value", "events"]].to_numpy().tolist()
    [['A', 'instances', 2.0, 2.0], ['B', 'instances', 0.0, 0.0], ['A', 'volume', 43.0, 2.0], ['B', 'volume', 0.0, 0.0]]
    """
    order = {code: number for number, code in enumerate(codes)}
    place = events["area_code"].map(order).fillna(-1).to_numpy(dtype=np.int64)
    dates = pd.to_datetime(events["date"]).to_numpy()
    weights = {measure: _weights(events, column) for measure, column in measures.items()}
    made = []
    for category, belongs in categories.items():
        of_category = belongs.to_numpy(dtype=bool) & (place >= 0)
        for period in periods:
            chosen = of_category & (dates >= np.datetime64(period.start)) & (dates <= np.datetime64(period.end))
            behind = np.bincount(place[chosen], minlength=len(codes)).astype(np.float64)
            for measure, weight in weights.items():
                sums = behind if weight is None else np.bincount(place[chosen], weight[chosen], minlength=len(codes))
                made.append((period.label, measure, category, np.asarray(sums, np.float64), behind))
    return _exact_rows(made, codes)


def _weights(events: pd.DataFrame, column: str | None) -> npt.NDArray[np.float64] | None:
    if column is None:
        return None
    return np.asarray(events[column].astype("Float64").fillna(0).to_numpy(dtype=np.float64), dtype=np.float64)


_Part = tuple[str, str, str, npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _exact_rows(parts: list[_Part], codes: Sequence[str]) -> pd.DataFrame:
    values = np.concatenate([sums for _, _, _, sums, _ in parts])
    labels = pd.DataFrame([part[:3] for part in parts], columns=["period", "measure", "category"])
    repeated = labels.loc[np.repeat(labels.index.to_numpy(), len(codes))].reset_index(drop=True)
    cube = repeated.assign(
        area_code=np.tile(np.asarray(codes, dtype=object), len(parts)),
        value=values,
        lower=values,
        upper=values,
        status="ok",
        events=np.concatenate([behind for _, _, _, _, behind in parts]),
    )
    return cube.astype({"area_code": "str"})[list(CUBE_COLUMNS)]
