"""Before and after on equal, same-named calendar windows of counts by month, quarter or year."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import stats

from hotspots.analysis.comparison.compared import Comparison, compare
from hotspots.analysis.comparison.ratios import Interval
from hotspots.errors import DataRefused, UsageError
from hotspots.periods import Calendar, Coverage, Period, month_end, months_in, parse_period, span
from hotspots.tables import PointEvents

Floats = npt.NDArray[np.float64]

NOTED_DISPERSION = 1.5
_MOST_MONTHS = 1200
_FEWEST_FREE = 3  # degrees of freedom below which nothing is said of how counts vary
UNLIKE_MONTHS = (
    "There is no verdict: the two periods are made of different months, so that the time of year alone may make them "
    "differ."
)


@dataclass(frozen=True)
class SeriesBreak:
    """A day on which a series changed what it counts: nothing before it compares with anything after."""

    source_kind: str
    day: date
    title: str
    detail: str = ""


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


@dataclass(frozen=True)
class Windows:
    """The two periods that are compared."""

    before: Period
    after: Period

    @property
    def alike(self) -> bool:
        """Whether both are made of the same calendar months, as often each."""
        return _month_names(self.before) == _month_names(self.after)


def windows_around(
    start: date,
    *,
    months: int,
    gap_months: int = 0,
    end: date | None = None,
    period_months: int = 1,
    adjoining: bool = False,
) -> Windows:
    """
    Equal windows of the same calendar months on either side of the day that work began.

    The later window begins with the first whole period on or after ``start``, ``gap_months`` later. The earlier one has
    the same months of the last year that lies wholly before the start; of whole years, those just before it.

    Parameters
    ----------
    start, end
        First and, where it has ended, last day of the work.
    months, gap_months
        Length of each window, and of the start-up that belongs to neither.
    period_months
        Length of the periods that counts are held for: 3 for quarters (counted from January), 12 for financial years.
    adjoining
        Whether the earlier window shall end where the work begins, whatever its months are: a comparison of unlike
        months has to be confirmed, and gets no verdict.

    Examples
    --------
    >>> found = windows_around(date(2018, 4, 1), months=6, gap_months=1)
    >>> found.before.label, found.after.label
    ('2017-05 to 2017-10', '2018-05 to 2018-10')
    >>> found = windows_around(date(2018, 4, 1), months=12)
    >>> found.before.label, found.after.label
    ('2017/18', '2018/19')
    """
    if end is not None and end < start:
        raise DataRefused(f"the work ends ({end}) before it starts ({start})")
    if months < 1 or gap_months < 0 or months % period_months or gap_months % period_months:
        raise UsageError(
            f"windows and gap must be whole periods of {period_months} months, a window at least one; got {months} "
            f"and {gap_months}"
        )
    first = _month_number(start) + (start.day > 1)
    offset = 3 if period_months == 12 else 0  # financial years begin in April
    first = -((offset - first) // period_months) * period_months + offset if period_months > 1 else first
    later = first + gap_months
    latest_end = _month_number(start)  # the first month that is not wholly before the start
    if months % 12 == 0 or adjoining:
        earlier = (
            latest_end - (latest_end - offset) % period_months - months if period_months > 1 else latest_end - months
        )
    else:
        years = -(-(later + months - latest_end) // 12)
        earlier = later - 12 * max(years, 1)
    return Windows(_window(earlier, months), _window(later, months))


def monthly_counts(
    events: PointEvents | pd.DataFrame,
    *,
    covers_from: date | None = None,
    covers_to: date | None = None,
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
    number = (days.dt.year * 12 + days.dt.month - 1).to_numpy()
    first = _month_number(months[0].start) if months else 0
    held = number[(number >= first) & (number < first + len(months))] - first
    counts = np.bincount(held, minlength=len(months)).astype(np.float64)
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
    return PeriodCounts(tuple(periods), ends[:, 0], ends[:, 1], source_kind)


def compare_windows(
    counts: PeriodCounts,
    windows: Windows | tuple[Period, Period],
    *,
    comparison: PeriodCounts | None = None,
    buffer: PeriodCounts | None = None,
    comparison_buffer: PeriodCounts | None = None,
    breaks: Sequence[SeriesBreak] = (),
    unlike_months_confirmed: bool = False,
    level: float = 0.95,
) -> Comparison:
    """
    Compare two windows of a series of counts, and of a comparison area's.

    Parameters
    ----------
    windows
        What :func:`windows_around` made, or two periods of one's own: the earlier and the later.
    comparison, buffer, comparison_buffer
        The same series of the comparison area, of the zone around the target, and of that around the comparison area.
    breaks
        Breaks in series: one of the counts' source that falls into or between the windows stops the comparison.
    unlike_months_confirmed
        Whether windows of different calendar months may be compared: the answer then carries no verdict.

    Raises
    ------
    DataRefused
        The windows overlap, reach past the coverage, are made of different months, or have a series break in them.

    Notes
    -----
    Where the single counts vary more than independent events do (variance over mean above 1.5, the season allowed for),
    that is noted and every interval widened by it, and by Student's distribution: few months tell little of how counts
    vary.
    """
    pair = windows if isinstance(windows, Windows) else Windows(*windows)
    check_windows(pair, source_kind=counts.source_kind, breaks=breaks, unlike_months_confirmed=unlike_months_confirmed)
    before, after = counts.over(pair.before), counts.over(pair.after)
    dispersion, free = _dispersion(counts, pair)
    widened = dispersion if dispersion > NOTED_DISPERSION else 1.0
    beside = _totals(comparison, pair) or (None, None)
    found = compare(
        before,
        after,
        comparison_before=beside[0],
        comparison_after=beside[1],
        buffer=_totals(buffer, pair),
        comparison_buffer=_totals(comparison_buffer, pair),
        exposure_before=pair.before.years * 12,
        exposure_after=pair.after.years * 12,
        level=level if widened == 1 else _wider(level, free),
        dispersion=widened,
    )
    note = f"Single counts vary {dispersion:.1f} times as much as independent events would; the intervals allow for it."
    return replace(
        found,
        level=level,
        notes=(note,) if widened > 1 else (),
        withheld="" if pair.alike else UNLIKE_MONTHS,
    )


def check_windows(
    windows: Windows, *, source_kind: str, breaks: Sequence[SeriesBreak] = (), unlike_months_confirmed: bool = False
) -> None:
    """
    Refuse windows that overlap, have a break of their series between them, or are made of different months.

    Unlike months pass where they are confirmed.
    """
    _check_order(windows)
    _check_breaks(windows, source_kind, breaks)
    if not windows.alike and not unlike_months_confirmed:
        raise DataRefused(
            f"{windows.before.label} and {windows.after.label} are not made of the same calendar months: the time of "
            "year alone would make them differ; choose the same months, or confirm it (there is then no verdict)"
        )


def _totals(counts: PeriodCounts | None, windows: Windows) -> tuple[Interval, Interval] | None:
    return None if counts is None else (counts.over(windows.before), counts.over(windows.after))


def _dispersion(counts: PeriodCounts, windows: Windows) -> tuple[float, int]:
    """
    Variance over mean of the single counts, the season and the change itself allowed for; 1 where it cannot be told.

    The counts of a calendar month in both windows are a column of a table: Pearson's statistic of that table over its
    degrees of freedom (returned with it), about 1 for independent events whatever the season.
    """
    before, after = (counts.by_month(window) for window in (windows.before, windows.after))
    if not windows.alike or len(before) != len(after):
        return 1.0, 0
    table = np.stack([before, after])
    table = table[:, table.sum(axis=0) > 0]
    free = table.shape[1] - 1
    if np.isnan(table).any() or free < _FEWEST_FREE or (table.sum(axis=1) == 0).any():
        return 1.0, 0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(((table - expected) ** 2 / expected).sum() / free), free


def _wider(level: float, free: int) -> float:
    """The normal level that reaches as far as Student's at ``level``: a dispersion from few months is itself unsure."""
    return float(2 * stats.norm.cdf(stats.t.ppf((1 + level) / 2, free)) - 1)


def _check_order(windows: Windows) -> None:
    if windows.after.start <= windows.before.end:
        raise DataRefused(
            f"{windows.before.label} and {windows.after.label} overlap, or the later comes first; give the earlier "
            "period, then the later one"
        )


def _check_breaks(windows: Windows, source_kind: str, breaks: Sequence[SeriesBreak]) -> None:
    for found in breaks:
        if found.source_kind == source_kind and windows.before.start < found.day <= windows.after.end:
            raise DataRefused(
                f"the series breaks on {found.day} ({found.title}), between {windows.before.start} and "
                f"{windows.after.end}: {found.detail or 'counts before and after it do not compare.'} Choose two "
                "periods on one side of it"
            )


def _month_names(window: Period) -> list[int]:
    if window.start.day != 1 or window.end != month_end(window.end):
        return [-window.start.toordinal()]  # parts of months are like nothing else
    first, last = _month_number(window.start), _month_number(window.end)
    return sorted(number % 12 for number in range(first, last + 1))


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _window(first: int, months: int) -> Period:
    start = date(first // 12, first % 12 + 1, 1)
    return span(start, month_end(start, ahead=months - 1))
