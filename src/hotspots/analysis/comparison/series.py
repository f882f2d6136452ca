"""Counts of one place by month, quarter or year: of events, or of a cube."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.analysis.comparison.ratios import Interval
from hotspots.errors import DataRefused, UsageError
from hotspots.periods import Calendar, Coverage, Period, months_in, parse_period, span
from hotspots.tables import PointEvents

Floats = npt.NDArray[np.float64]

_MOST_MONTHS = 1200


@dataclass(frozen=True, eq=False)
class PeriodCounts:
    """
    Counts of one place by periods that follow each other without a gap: months, quarters or years.

    A hidden count is the interval ``lower`` to ``upper``; a missing one (NaN) is not known at all.
    """

    periods: tuple[Period, ...]
    lower: Floats
    upper: Floats
    source_kind: str = ""
    areas: str = ""  # what was added up, where counts come by area

    def __post_init__(self) -> None:
        if not len(self.periods) == len(self.lower) == len(self.upper):
            raise DataRefused("every period needs a lower and an upper count")
        for first, second in zip(self.periods, self.periods[1:], strict=False):
            if second.start != first.end + timedelta(days=1):
                raise DataRefused(f"{first.label} and {second.label} do not follow each other: a gap or an overlap")

    @property
    def whole(self) -> Period:
        """All that is held, as one period."""
        if not self.periods:
            raise DataRefused("there are no whole months, quarters or years of counts to compare")
        return span(self.periods[0].start, self.periods[-1].end)

    @property
    def months_each(self) -> int:
        """Months of one period."""
        return round(self.periods[0].years * 12)

    def by_month(self, window: Period) -> Floats:
        """The single counts of a window in the order of the calendar, January first; NaN where hidden."""
        held = [(period.start.month, at) for at, period in enumerate(self.periods) if window.holds(period)]
        order = [at for _, at in sorted(held)]
        return np.where(self.lower[order] == self.upper[order], self.lower[order], np.nan)

    def over(self, window: Period) -> Interval:
        """
        The total of a window as an interval.

        Raises
        ------
        DataRefused
            The window reaches past what is covered, does not begin and end with a period, or holds an unknown count.
        """
        whole = self.whole
        if not whole.holds(window):
            raise DataRefused(
                f"{window.label} reaches past what is covered ({whole.start} to {whole.end}): the window is "
                "incomplete, and gets no verdict; choose periods that are wholly covered"
            )
        chosen = np.array([window.holds(period) for period in self.periods])
        held = [period for period, inside in zip(self.periods, chosen, strict=True) if inside]
        if not held or (held[0].start, held[-1].end) != (window.start, window.end):
            raise DataRefused(f"{window.label} is not made of whole periods such as {self.periods[0].label}")
        lower, upper = self.lower[chosen], self.upper[chosen]
        if np.isnan(lower).any():
            missing = next(period.label for period, low in zip(held, lower, strict=True) if np.isnan(low))
            raise DataRefused(f"{window.label}: the count of {missing} is hidden or not known, so there is no total")
        return float(lower.sum()), float(upper.sum())


def monthly_counts(
    events: PointEvents | pd.DataFrame,
    *,
    covers_from: date | None = None,
    covers_to: date | None = None,
    missing: Sequence[Period] = (),
    within: Any = None,
    source_kind: str = "",
) -> PeriodCounts:
    """
    Events by calendar month, for the months that are wholly covered; a month without events is a nought.

    Parameters
    ----------
    events
        Point events, or a table with ``date`` (and ``easting``, ``northing`` where ``within`` is given).
    covers_from, covers_to
        What the table covers; point events bring their own.
    missing
        Months in between that were never supplied: their counts are not known.
    within
        A polygon (EPSG:27700): only events inside it or on its edge are counted.

    Examples
    --------
    >>> seen = pd.DataFrame({"date": pd.to_datetime(["2018-04-03", "2018-06-30", "2018-06-30"])})
    >>> monthly_counts(seen, covers_from=date(2018, 4, 1), covers_to=date(2018, 6, 30)).lower.tolist()
    [1.0, 0.0, 2.0]
    """
    table = events.table if isinstance(events, PointEvents) else events
    own = events.meta.coverage if isinstance(events, PointEvents) else None
    start = covers_from or (own.covers_from if own is not None else None)
    stop = covers_to or (own.covers_to if own is not None else None)
    if start is None or stop is None or (stop - start).days > _MOST_MONTHS * 31:
        raise UsageError("say what the events cover: covers_from and covers_to; it is never inferred from the rows")
    if stop < start:
        raise DataRefused(f"the coverage ends ({stop}) before it starts ({start})")
    days = pd.to_datetime(table["date"])
    if days.isna().any():
        raise DataRefused(f"{int(days.isna().sum())} events have no date; before and after need one for each")
    if within is not None:
        places = table[["easting", "northing"]].to_numpy(dtype=np.float64)
        days = days[np.asarray(shapely.intersects_xy(within, places[:, 0], places[:, 1]), dtype=bool)]
    months = [month for month in months_in(Coverage(start, stop, "zero")) if start <= month.start and month.end <= stop]
    lost = own.missing if own is not None else missing
    number = (days.dt.year * 12 + days.dt.month - 1).to_numpy()
    first = month_number(months[0].start) if months else 0
    held = number[(number >= first) & (number < first + len(months))] - first
    counts = np.bincount(held, minlength=len(months)).astype(np.float64)
    counts[[any(gap.holds(month) for gap in lost) for month in months]] = np.nan
    kind = source_kind or (events.meta.kind if isinstance(events, PointEvents) else "")
    return PeriodCounts(tuple(months), counts, counts, kind)


def counts_of_cube(
    cube: pd.DataFrame,
    *,
    measure: str,
    category: str = "all",
    areas: Sequence[str] | None = None,
    calendar: Calendar = "financial",
    source_kind: str = "",
) -> PeriodCounts:
    """
    The finest counts that a cube holds, summed over areas by interval; NaN where a count is not known or not shown.

    Parameters
    ----------
    cube
        Rows of ``area_code, period, measure, category, lower, upper``.
    areas
        Codes to sum over; all without them.
    """
    rows = cube[(cube["measure"] == measure) & (cube["category"] == category)]
    if areas is not None:
        missing = sorted(set(areas) - set(cube["area_code"]))
        if missing:
            raise DataRefused(f"the cube holds no area {', '.join(missing[:5])}")
        rows = rows[rows["area_code"].isin(list(areas))]
    if rows.empty:
        raise DataRefused(f"the cube holds no {measure}, {category}, of these areas")
    found = {str(label): parse_period(str(label), calendar=calendar) for label in rows["period"].unique()}
    finest = min(period.years for period in found.values())
    periods = sorted(period for period in found.values() if abs(period.years - finest) < 1e-9)
    labels = {period: label for label, period in found.items()}
    sums = rows.groupby("period")[["lower", "upper"]].sum(min_count=1, skipna=False)
    ends = sums.loc[[labels[period] for period in periods]].to_numpy(dtype=np.float64)
    return with_gaps(periods, ends[:, 0], ends[:, 1], source_kind=source_kind)


def with_gaps(
    periods: Sequence[Period], lower: Floats, upper: Floats, *, source_kind: str = "", areas: str = ""
) -> PeriodCounts:
    """
    Counts by month as a series without a gap: a month in between that is not held is not known.

    Examples
    --------
    >>> from hotspots.periods import month
    >>> made = with_gaps([month(2021, 1), month(2021, 3)], np.array([4.0, 5.0]), np.array([4.0, 5.0]))
    >>> [period.label for period in made.periods], made.lower.tolist()
    (['2021-01', '2021-02', '2021-03'], [4.0, nan, 5.0])
    """
    every = months_in(Coverage(periods[0].start, periods[-1].end, "zero")) if periods else []
    if not set(periods) <= set(every):
        return PeriodCounts(tuple(periods), lower, upper, source_kind, areas)
    ends = pd.DataFrame({"lower": lower, "upper": upper}, index=list(periods)).reindex(every).to_numpy(np.float64)
    return PeriodCounts(tuple(every), ends[:, 0], ends[:, 1], source_kind, areas)


def month_number(day: date) -> int:
    """Months since the year nought: months that follow each other have numbers that do."""
    return day.year * 12 + day.month - 1
