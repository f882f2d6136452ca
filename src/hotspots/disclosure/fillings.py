"""Periods inside each other: those that others fill without gap or overlap, and those that only hold another."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import product

from hotspots.periods import Period


def covers(periods: Sequence[Period]) -> Iterator[tuple[Period, list[Period]]]:
    """Each period that others put together fill without gap or overlap, with those others."""
    for whole in periods:
        shorter = [period for period in periods if whole.holds(period) and period.years < whole.years]
        yield from ((whole, parts) for parts in _fillings(whole, shorter))


def _fillings(whole: Period, shorter: list[Period]) -> Iterator[list[Period]]:
    """
    The ways to fill a period, or the one way by the shortest where there is one (the others then follow from it).

    Examples
    --------
    >>> from hotspots.periods import financial_year, span
    >>> years = [financial_year(year) for year in (2014, 2015, 2016)]
    >>> [[part.label for part in parts] for parts in _fillings(span(years[0].start, years[2].end), years)]
    [['2014/15', '2015/16', '2016/17']]
    """
    shortest = min((period.years for period in shorter), default=0)
    smallest = [period for period in shorter if period.years <= shortest + 1e-9]
    found = list(_filled(whole, smallest)) or list(_filled(whole, shorter))
    yield from found


def _filled(whole: Period, periods: list[Period]) -> Iterator[list[Period]]:
    for first in periods:
        if first.start != whole.start:
            continue
        if first.end == whole.end:
            yield [first]
        else:
            rest = Period(first.end + timedelta(days=1), whole.end, "rest")
            yield from ([first, *others] for others in _filled(rest, periods))


def nested_pairs(longer: Sequence[Period], shorter: Sequence[Period]) -> Iterator[tuple[Period, Period]]:
    """
    Pairs of a period of the one list and a shorter one of the other that lies inside it.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.periods import financial_year, span
    >>> months = span(date(2019, 4, 1), date(2019, 12, 31))
    >>> [[one.label for one in pair] for pair in nested_pairs([financial_year(2018), financial_year(2019)], [months])]
    [['2019/20', '2019-04 to 2019-12']]
    """
    for whole, part in product(longer, shorter):
        if whole.holds(part) and not part.holds(whole):
            yield whole, part
