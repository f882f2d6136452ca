"""The tables of an assessment: recorded crime by type and year with its mean and change, and rates by area and year.

The rules are those of published strategic assessments, recovered row by row from one: the mean is of the five years
*before* the current one, a percentage is of the year before, and every rounding is half away from zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from hotspots.errors import DataRefused
from hotspots.periods import Calendar, Period, parse_period

NO_CALC = "No calc"
MEAN_DECIMALS = 1

# Types that mark offences counted in other rows as well: a table that lists them must never be added up.
FLAGS = frozenset(
    {
        "business crime", "child sexual abuse", "child sexual exploitation", "csa", "cse", "cyber crime", "cybercrime",
        "domestic abuse", "domestic abuse crime", "domestic violence", "hate crime", "knife crime", "modern slavery",
        "serious sexual offences",
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class CrimeTable:
    """
    Recorded crime by type and year.

    ``table`` has a row a type (in the order given) and the years as columns, oldest first, then ``mean`` (rounded to
    one decimal) with ``mean_years`` (how many years it is of), ``number_change`` and ``percent_change`` (rounded to a
    whole number; missing where the base is too small, and then ``no_calc`` is true). ``notes`` say what a reader has
    to know.
    """

    table: pd.DataFrame
    years: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def printed(self) -> pd.DataFrame:
        """The table as it is printed: thousands separated, blank where nothing is known, ``No calc`` by its name."""
        shown = {year: _texts(self.table[year], 0) for year in self.years}
        shown["Yearly average"] = _texts(self.table["mean"], MEAN_DECIMALS)
        shown["Number change"] = _texts(self.table["number_change"], 0)
        percent = [f"{text}%" if text else "" for text in _texts(self.table["percent_change"], 0)]
        shown["% change"] = [
            NO_CALC if skipped else text for skipped, text in zip(self.table["no_calc"], percent, strict=True)
        ]
        return pd.DataFrame(shown, index=self.table.index)


def recorded_crime_table(
    counts: pd.DataFrame,
    *,
    current: str | None = None,
    smallest_base: int = 10,
    mean_of: int = 5,
    least_years: int = 4,
    calendar: Calendar = "financial",
    flags: Iterable[str] = FLAGS,
    breaks: Mapping[date, str] | None = None,
) -> CrimeTable:
    """
    Recorded crime by type and year, with the mean of the years before, the number change and the percentage change.

    Parameters
    ----------
    counts
        Counts with a row a type and a column a year, named as years are (``2018/19``); the columns may stand in any
        order, and a count that is missing is not zero. A type may be listed twice, as published tables do.
    current
        The current year; without it, the latest column. Later columns are left out.
    smallest_base
        Count of the year before under which no percentage is given (``No calc``); a base of 0 never has one.
        Published tables disagree: 3 and 5 are in use, statisticians use 50.
    mean_of, least_years
        The mean is of the ``mean_of`` years before the current one (which is not in it), if at least ``least_years``
        of them are known; otherwise it is blank.
    calendar
        What the columns are years of.
    flags
        Types, whatever their case, that mark offences counted under other types too.
    breaks
        Days on which a series changed, each with its name: those within the years compared are noted.

    Raises
    ------
    DataRefused
        A column names no year or one year twice, or a count is negative, not a whole number or not a number.

    Examples
    --------
    >>> counts = pd.DataFrame({"2014/15": [39, 3], "2015/16": [62, 4], "2016/17": [54, 6], "2017/18": [74, 4],
    ...                        "2018/19": [80, 3]}, index=["Cyber crime", "Homicide"])
    >>> made = recorded_crime_table(counts)
    >>> made.printed[["Yearly average", "Number change", "% change"]].to_numpy().tolist()
    [['57.3', '6', '8%'], ['4.3', '-1', 'No calc']]
    >>> recorded_crime_table(counts, smallest_base=3).printed["% change"].tolist()
    ['8%', '-25%']
    """
    years = _years(counts, calendar)
    now = _year(current, calendar) if current else max(years.values())
    if now not in years.values():
        raise DataRefused(f"the table has no column for {now.label}; it has {', '.join(map(str, years))}")
    checked = _checked(counts)
    by_year = {year: checked[column] for column, year in sorted(years.items(), key=lambda pair: pair[1])}
    by_year = {year: values for year, values in by_year.items() if year <= now}
    before = _years_before(now, mean_of)
    previous = by_year.get(before[-1], pd.Series(pd.NA, index=checked.index, dtype="Int64"))
    table = pd.DataFrame({year.label: values for year, values in by_year.items()})
    known = [by_year[year] for year in before if year in by_year]
    table["mean"], table["mean_years"] = _mean(known, checked.index, least_years)
    change = by_year[now] - previous
    table["number_change"] = change
    no_calc = (change.notna() & (previous < max(smallest_base, 1))).fillna(False).astype(bool)
    table["percent_change"] = _percent(change, previous, no_calc)
    table["no_calc"] = no_calc
    notes = (
        *_type_notes(table, flags),
        *_mean_notes(table, mean_of, least_years),
        *_break_notes(breaks or {}, before[0], now),
        *((f"{NO_CALC}: the year before has fewer than {smallest_base}.",) if no_calc.any() else ()),
    )
    return CrimeTable(table, tuple(year.label for year in by_year), notes)


def rates_by_year(
    counts: pd.DataFrame, population: "pd.DataFrame | pd.Series[Any]", *, minimum_population: int = 0
) -> pd.DataFrame:
    """
    Events per 1,000 residents by area (or type) and year.

    Parameters
    ----------
    counts
        A row an area and a column a year.
    population
        Residents by the same areas and years; or a series by area (the same every year) or by year (of one place).
        Where fewer than ``minimum_population`` live, or nobody, there is no rate.

    Raises
    ------
    DataRefused
        The population is of other areas or years than the counts.

    Examples
    --------
    >>> counts = pd.DataFrame({"2017/18": [1895, 2], "2018/19": [1987, 3]}, index=["A", "B"])
    >>> rates_by_year(counts, pd.Series([125_000, 0], ["A", "B"])).round(1).to_numpy().tolist()
    [[15.2, 15.9], [nan, nan]]
    """
    if isinstance(population, pd.Series):
        by_area = set(counts.index) <= set(population.index)
        if not by_area and not set(counts.columns) <= set(population.index):
            raise DataRefused("population must be by the areas, or by the years, that the counts are of")
        residents = pd.DataFrame(
            {year: population.reindex(counts.index) if by_area else population[year] for year in counts.columns},
            index=counts.index,
        )
    else:
        if not (set(counts.index) <= set(population.index) and set(counts.columns) <= set(population.columns)):
            raise DataRefused("population must be of the same areas and years as the counts")
        residents = population.loc[counts.index, counts.columns]
    residents = residents.astype(np.float64)
    return counts.astype(np.float64) / residents.where(residents >= max(minimum_population, 1)) * 1000


def half_away(value: Fraction, decimals: int) -> Decimal:
    """
    An exact number rounded half away from zero, as the published tables do (Python rounds half to even).

    Examples
    --------
    >>> half_away(Fraction(229, 4), 1), half_away(Fraction(-5, 2), 0)
    (Decimal('57.3'), Decimal('-3'))
    """
    scaled = abs(value) * 10**decimals
    whole = int(scaled + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)


def _year(label: object, calendar: Calendar) -> Period:
    text = str(label)
    found = parse_period(text, calendar=calendar)
    if found.years != 1:
        raise DataRefused(f"{text!r} is not one year; expected a column for each year, such as 2018/19")
    return found


def _years(counts: pd.DataFrame, calendar: Calendar) -> dict[Any, Period]:
    years = {column: _year(column, calendar) for column in counts.columns}
    if not years or len(set(years.values())) < len(counts.columns):
        raise DataRefused(f"expected one column for each year, got {', '.join(map(str, counts.columns)) or 'none'}")
    return years


def _years_before(now: Period, number: int) -> list[Period]:
    return [
        Period(
            now.start.replace(year=now.start.year - back),
            now.end.replace(year=now.end.year - back),
            _label_before(now, back),
        )
        for back in range(number, 0, -1)
    ]


def _label_before(now: Period, back: int) -> str:
    first = now.start.year - back
    return str(first) if now.start.month == 1 else f"{first}/{(first + 1) % 100:02d}"


def _checked(counts: pd.DataFrame) -> pd.DataFrame:
    def whole(column: Any) -> "pd.Series[Any]":
        """A column of counts as whole numbers, or what is wrong with it."""
        try:
            numbers = pd.to_numeric(counts[column])
            made: pd.Series[Any] = numbers.astype("Int64")
        except (TypeError, ValueError) as error:
            raise DataRefused(f"{column}: counts are whole numbers, or missing ({error})") from error
        if (made < 0).any():
            raise DataRefused(f"{column}: a count is negative ({made.min()}, {made.idxmin()})")
        return made

    return pd.DataFrame({column: whole(column) for column in counts.columns}, index=counts.index)


def _mean(known: "list[pd.Series[Any]]", index: Any, least: int) -> tuple[Any, Any]:
    held = pd.DataFrame(dict(enumerate(known)), index=index)
    numbers = held.notna().sum(axis="columns").astype("int64")
    sums = held.sum(axis="columns")
    means = [
        float(half_away(Fraction(int(total), int(number)), MEAN_DECIMALS)) if number >= max(least, 1) else np.nan
        for total, number in zip(sums, numbers, strict=True)
    ]
    return pd.Series(means, index=index, dtype="float64"), numbers


def _percent(change: "pd.Series[Any]", previous: "pd.Series[Any]", no_calc: "pd.Series[bool]") -> Any:
    cells = [
        pd.NA if skipped or pd.isna(rise) else int(half_away(Fraction(100 * int(rise), int(base)), 0))
        for rise, base, skipped in zip(change, previous, no_calc, strict=True)
    ]
    return pd.Series(pd.array(cells, dtype="Int64"), index=change.index)


def _type_notes(table: pd.DataFrame, flags: Iterable[str]) -> Iterable[str]:
    wanted = {flag.casefold() for flag in flags}
    names = [str(name) for name in table.index]
    marked = [name for name in dict.fromkeys(names) if " ".join(name.casefold().split()) in wanted]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if marked:
        yield f"Flags on offences that other rows count too: {', '.join(marked)}."
    if twice:
        yield f"Listed more than once: {', '.join(twice)}."
    if marked or twice:
        yield "Rows overlap: they are never to be added up."


def _mean_notes(table: pd.DataFrame, mean_of: int, least: int) -> Iterable[str]:
    if len(table) and table["mean"].isna().all():
        yield f"No mean: it is of {mean_of} years before the current one, and of {max(least, 1)} at the least."
        return
    short = table[(table["mean_years"] < mean_of) & table["mean"].notna()]
    for number, rows in short.groupby("mean_years", sort=True):
        yield f"Mean of {number} years instead of {mean_of}: {', '.join(str(name) for name in rows.index)}."


def _break_notes(breaks: Mapping[date, str], first: Period, now: Period) -> Iterable[str]:
    for day, name in sorted(breaks.items()):
        if first.start < day <= now.end:
            yield f"Series break on {day.isoformat()}: {name}; numbers before and after it do not compare."


def _texts(values: "pd.Series[Any]", decimals: int) -> list[str]:
    return ["" if pd.isna(value) else f"{half_away(Fraction(str(value)), decimals):,}" for value in values]
