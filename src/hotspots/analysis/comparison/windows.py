"""Before and after on equal, same-named calendar windows of counts by month, quarter or year."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.analysis.comparison.compared import Comparison, compare
from hotspots.analysis.comparison.ratios import Interval
from hotspots.analysis.comparison.series import PeriodCounts, month_number
from hotspots.errors import DataRefused, UsageError
from hotspots.periods import Period, month_end, span

Floats = npt.NDArray[np.float64]

NOTED_DISPERSION = 1.5
_FEWEST_FREE = 3  # degrees of freedom below which nothing is said of how counts vary
UNLIKE_MONTHS = (
    "There is no verdict: the two periods are of different months, so the time of year alone may make them differ."
)


@dataclass(frozen=True)
class SeriesBreak:
    """A day on which a series changed what it counts: nothing before it compares with anything after."""

    source_kind: str
    day: date
    title: str
    detail: str = ""


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
    first = month_number(start) + (start.day > 1)
    offset = 3 if period_months == 12 else 0  # financial years begin in April
    first = -((offset - first) // period_months) * period_months + offset if period_months > 1 else first
    later = first + gap_months
    latest_end = month_number(start)  # the first month that is not wholly before the start
    if months % 12 == 0 or adjoining:
        earlier = (
            latest_end - (latest_end - offset) % period_months - months if period_months > 1 else latest_end - months
        )
    else:
        years = -(-(later + months - latest_end) // 12)
        earlier = later - 12 * max(years, 1)
    return Windows(_window(earlier, months), _window(later, months))


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
    return float(2 * scipy.stats.norm.cdf(scipy.stats.t.ppf((1 + level) / 2, free)) - 1)


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
    first, last = month_number(window.start), month_number(window.end)
    return sorted(number % 12 for number in range(first, last + 1))


def _window(first: int, months: int) -> Period:
    start = date(first // 12, first % 12 + 1, 1)
    return span(start, month_end(start, ahead=months - 1))
