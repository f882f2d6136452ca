"""Time as the assessments use it: named periods, financial years, and what a source covers.

A financial year runs from 1 April to 31 March and is written ``2018/19``; its quarters are Q1 = April to June. A period
keeps its first and last day (both included), so that "2016 Q1" of a calendar-year source and "2016/17 Q1" never meet.
"""

import calendar as _calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from hotspots.errors import DataRefused

Calendar = Literal["financial", "calendar"]
Absent = Literal["zero", "unknown"]

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_SECOND = r"(?P<second>\d\d|(?:19|20)\d\d)"
_FINANCIAL_YEAR = re.compile(rf"^{_YEAR}\s*[/-]\s*{_SECOND}$")
_QUARTER_AFTER = re.compile(rf"^{_YEAR}(?:\s*[/-]\s*{_SECOND})?\s*,?\s*(?:q|quarter\s*)(?P<quarter>[1-4])$", re.I)
_QUARTER_BEFORE = re.compile(rf"^(?:q|quarter\s*)(?P<quarter>[1-4])\s*,?\s*{_YEAR}(?:\s*[/-]\s*{_SECOND})?$", re.I)
_MONTH = re.compile(r"^(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])$")
_NAMED_MONTH = re.compile(r"^(?P<name>[a-z]{3,9})[ -](?P<year>(?:19|20)\d\d)$", re.I)
_CALENDAR_YEAR = re.compile(r"^(?P<year>(?:19|20)\d\d)$")
_MONTH_NAMES = {name.lower(): number for number, name in enumerate(_calendar.month_name) if name}
_MONTH_NAMES |= {name.lower(): number for number, name in enumerate(_calendar.month_abbr) if name}


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of whole days, first and last included, with the name that people call it by."""

    start: date
    end: date
    label: str

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise DataRefused(f"period {self.label!r} ends ({self.end}) before it starts ({self.start})")

    @property
    def slug(self) -> str:
        """The label as part of a column name: ``2016/17 Q1`` becomes ``2016_17_q1``."""
        return re.sub(r"[^a-z0-9]+", "_", self.label.lower()).strip("_")

    @property
    def years(self) -> float:
        """Length in years of twelve whole months; exact for periods made of whole months."""
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        whole = self.start.day == 1 and self.end == month_end(self.end)
        return (months + 1) / 12 if whole else ((self.end - self.start).days + 1) / 365.25

    def holds(self, other: "Period") -> bool:
        """Whether ``other`` lies wholly inside this period."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True)
class Coverage:
    """
    What a source covers, and what an area or a period that is absent from it means; declared, never inferred.

    ``missing`` are the stretches between first and last day that were never supplied: nothing is counted over them.
    """

    covers_from: date
    covers_to: date
    absent: Absent | None
    missing: tuple[Period, ...] = ()

    def covers(self, period: Period) -> bool:
        """Whether the whole of the period is covered: anything less is *incomplete* and gets no verdict."""
        gap = any(lost.start <= period.end and period.start <= lost.end for lost in self.missing)
        return self.covers_from <= period.start and period.end <= self.covers_to and not gap

    def touches(self, period: Period) -> bool:
        """Whether any day of the period is covered."""
        return period.start <= self.covers_to and self.covers_from <= period.end

    @property
    def whole(self) -> Period:
        """All that is covered, as one period."""
        return span(self.covers_from, self.covers_to)

    @property
    def last_month_end(self) -> date:
        """The last month-end covered: the default as-of date, never today."""
        if self.covers_to == month_end(self.covers_to):
            return self.covers_to
        return self.covers_to.replace(day=1) - timedelta(days=1)


def financial_year(first: int) -> Period:
    """
    The financial year that begins on 1 April of ``first``.

    Examples
    --------
    >>> financial_year(2018)
    Period(start=datetime.date(2018, 4, 1), end=datetime.date(2019, 3, 31), label='2018/19')
    """
    return Period(date(first, 4, 1), date(first + 1, 3, 31), f"{first}/{(first + 1) % 100:02d}")


def financial_year_of(day: date) -> Period:
    """The financial year that holds a day."""
    return financial_year(day.year if day.month >= 4 else day.year - 1)


def quarter(year: int, number: int, *, calendar: Calendar = "financial") -> Period:
    """
    Quarter 1 to 4 of a financial year (named by its first calendar year) or of a calendar year.

    Examples
    --------
    >>> quarter(2016, 4).end, quarter(2016, 4, calendar="calendar").end
    (datetime.date(2017, 3, 31), datetime.date(2016, 12, 31))
    """
    month = 1 + 3 * (number - 1) + (3 if calendar == "financial" else 0)
    start = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
    name = financial_year(year).label if calendar == "financial" else str(year)
    return Period(start, month_end(start, ahead=2), f"{name} Q{number}")


def month(year: int, number: int) -> Period:
    """One calendar month, written ``2018-11``."""
    return Period(date(year, number, 1), month_end(date(year, number, 1)), f"{year}-{number:02d}")


def span(start: date, end: date) -> Period:
    """
    Several years or months as one period, named in the largest whole units it consists of.

    Examples
    --------
    >>> span(date(2015, 4, 1), date(2018, 3, 31)).label
    '2015/16 to 2017/18'
    >>> span(date(2018, 11, 1), date(2019, 1, 31)).label
    '2018-11 to 2019-01'
    """
    first, last = financial_year_of(start), financial_year_of(end)
    if (start, end) == (first.start, last.end):
        return first if first == last else Period(start, end, f"{first.label} to {last.label}")
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return Period(start, end, str(start.year) if start.year == end.year else f"{start.year} to {end.year}")
    if start.day == 1 and end == month_end(end):
        first, last = month(start.year, start.month), month(end.year, end.month)
        return first if first == last else Period(start, end, f"{first.label} to {last.label}")
    return Period(start, end, f"{start.isoformat()} to {end.isoformat()}")


def parse_period(text: str, *, calendar: Calendar) -> Period:
    """
    The period that a heading or a cell names, in the calendar that its source declares.

    ``2016/17`` is always a financial year. A bare ``2016 Q1`` or ``Q1 2016`` follows ``calendar``: under ``financial``
    it is the first quarter of 2016/17. A bare year ``2016`` is a calendar year and is refused under ``financial``.

    Raises
    ------
    DataRefused
        The text names no period, or names one that the declared calendar does not have.

    Examples
    --------
    >>> parse_period("Q1 2016/17", calendar="financial").label
    '2016/17 Q1'
    >>> parse_period("2009 to 2011", calendar="calendar").end
    datetime.date(2011, 12, 31)
    """
    cleaned = " ".join(str(text).replace("\N{EN DASH}", "-").split())
    if " to " in cleaned:
        first, last = (parse_period(part, calendar=calendar) for part in cleaned.split(" to ", 1))
        return span(first.start, last.end)
    found = _quarter_named(cleaned, calendar) or _month_named(cleaned) or _year_named(cleaned, calendar)
    if found is None:
        raise DataRefused(
            f"{text!r} names no period; expected a form such as 2016/17, 2016/17 Q1, 2018-11 or 2009 to 2011"
        )
    return found


def tells_months(date_format: str) -> bool:
    """
    Whether a way to write dates (``strptime``) keeps the year and the month of a day.

    Examples
    --------
    >>> tells_months("%b-%y"), tells_months("%d %B")
    (True, False)
    """
    for day in (datetime(2018, 11, 27, tzinfo=UTC), datetime(2003, 2, 1, tzinfo=UTC)):
        try:
            read = datetime.strptime(day.strftime(date_format), date_format).date()
        except ValueError:
            return False
        if (read.year, read.month) != (day.year, day.month):
            return False
    return True


def _quarter_named(text: str, calendar: Calendar) -> Period | None:
    found = _QUARTER_AFTER.match(text) or _QUARTER_BEFORE.match(text)
    if not found:
        return None
    if found["second"]:
        if calendar == "calendar":
            raise DataRefused(f"{text!r} is a quarter of a financial year, but the source declares calendar years")
        _check_consecutive(text, found["year"], found["second"])
    return quarter(int(found["year"]), int(found["quarter"]), calendar=calendar)


def _month_named(text: str) -> Period | None:
    if found := _MONTH.match(text):
        return month(int(found["year"]), int(found["month"]))
    found = _NAMED_MONTH.match(text)
    number = _MONTH_NAMES.get(found["name"].lower()) if found else None
    return month(int(found["year"]), number) if found and number else None


def _year_named(text: str, calendar: Calendar) -> Period | None:
    if found := _FINANCIAL_YEAR.match(text):
        _check_consecutive(text, found["year"], found["second"])
        return financial_year(int(found["year"]))
    if found := _CALENDAR_YEAR.match(text):
        if calendar == "financial":
            raise DataRefused(f"{text!r} is a calendar year, but the source declares financial years (write 2016/17)")
        return span(date(int(found["year"]), 1, 1), date(int(found["year"]), 12, 31))
    return None


def _check_consecutive(text: str, first: str, second: str) -> None:
    if (int(first) + 1) % 100 != int(second) % 100:
        raise DataRefused(f"{text!r} is not a financial year: {first} is followed by {(int(first) + 1) % 100:02d}")


def financial_years_in(coverage: Coverage) -> list[Period]:
    """Every financial year of which the source covers at least a day, oldest first."""
    first, last = financial_year_of(coverage.covers_from), financial_year_of(coverage.covers_to)
    return [financial_year(year) for year in range(first.start.year, last.start.year + 1)]


def months_in(coverage: Coverage) -> list[Period]:
    """Every month of which the source covers at least a day, oldest first."""
    return list(_months(coverage.covers_from, coverage.covers_to))


def _months(start: date, end: date) -> Iterator[Period]:
    for index in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        yield month(index // 12, index % 12 + 1)


def month_end(day: date, *, ahead: int = 0) -> date:
    """
    The last day of a day's month, or of the month ``ahead`` months later.

    Examples
    --------
    >>> month_end(date(2020, 1, 31), ahead=1)
    datetime.date(2020, 2, 29)
    """
    index = day.year * 12 + day.month - 1 + ahead
    year, number = index // 12, index % 12 + 1
    return date(year, number, _calendar.monthrange(year, number)[1])


def months_before(day: date, months: int) -> date:
    """
    The day ``months`` calendar months earlier; from a month-end to a month-end.

    A window that is closed on a month-end is made of whole months: six months before 30 June is 31 December, not
    30 December. From any other day the same day of the month is taken, or the month's last where it has no such day.

    Examples
    --------
    >>> months_before(date(2018, 6, 30), 6), months_before(date(2018, 8, 31), 6), months_before(date(2018, 8, 15), 6)
    (datetime.date(2017, 12, 31), datetime.date(2018, 2, 28), datetime.date(2018, 2, 15))
    """
    last = month_end(day, ahead=-months)
    return last if day == month_end(day) else last.replace(day=min(day.day, last.day))
