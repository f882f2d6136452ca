"""Columns of text to values: pure, and strict. What cannot be read becomes a :class:`Problem` and never a guess."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.errors import DataRefused
from hotspots.periods import Calendar, Coverage, Period, month, parse_period
from hotspots.source_settings import LARGEST_COUNT

Interval = tuple[int, int]

UNKNOWN_WORDS = frozenset({"", "unknown", "not known", "n/k"})

# Invisible signs, those that steer a terminal, and those that make text run the other way; white space is no sign.
_NO_WIDTH = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
# A nought before a comma is no thousand but, on the Continent, a decimal: 0,125.
_THOUSANDS = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+"
_WHOLE = re.compile(rf"[0-9]+(?:\.0+)?|{_THOUSANDS}")
_SMALL = re.compile(r"[+-]?[0-9](?:\.[0-9]*)?e-0?[1-9]", re.I)
_PLAIN = re.compile(rf"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+|{_THOUSANDS}(?:\.[0-9]+)?)")
# One, or on the Continent a thousand: exactly three noughts after a point, and at most three figures before it.
_EITHER = re.compile(r"[1-9][0-9]{0,2}\.000")
_NEGATIVE = re.compile(r"[-\N{MINUS SIGN}]\s*[0-9][0-9,]*")
_ABSENT = frozenset({"", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "na", "n/a", "#n/a", "nan", "null", "none"})
_MARK = re.compile(r"[<>\u2264\u2265]\s*[0-9]+|[*~.:#\u2020\u2021]+|\[?[a-z]\]?", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")
_LONDON = ZoneInfo("Europe/London")
_YEARS = range(1900, 2101)  # a spreadsheet that lost its dates has numbers of days, not years
# The letter Z after a time is not a letter like others: it says that the time is Greenwich's.
_ZULU = re.compile(r"(?<=%[SMfT])Z$")
_YES = frozenset({"yes", "y", "true", "t", "1"})
_NO = frozenset({"no", "n", "false", "f", "0"})
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?")


@dataclass(frozen=True)
class Problem:
    """Why a cell could not be read: a stable reason code, and a sentence for the person who can mend it."""

    reason: str
    detail: str


@dataclass(frozen=True, eq=False)
class Parsed:
    """A column of values with the text they came from; ``problems`` (reason, detail) is indexed by the rows failing."""

    text: "pd.Series[Any]"
    values: "pd.Series[Any]"
    problems: pd.DataFrame


_NO_PROBLEMS = pd.DataFrame({"reason": pd.Series(dtype="str"), "detail": pd.Series(dtype="str")})


def plain(text: str) -> str:
    """
    Text without invisible and control characters, its white space single and trimmed.

    Examples
    --------
    >>> plain("\\ufeff LSOA\\u00a0 code "), plain("The \\x1bBell\\u202e")
    ('LSOA code', 'The Bell')
    """
    return " ".join(_NO_WIDTH.sub("", text).split())


def clean_code(text: str) -> str:
    """
    An area code in its one form: no spaces or invisible characters, upper case, no trailing ``.0``.

    Examples
    --------
    >>> clean_code(" e01017991\\u200b "), clean_code("1234.0")
    ('E01017991', '1234')
    """
    return "".join(_NO_WIDTH.sub("", text).split()).upper().removesuffix(".0")


def each_as(text: "pd.Series[Any]", form: Callable[[str], str]) -> "pd.Series[Any]":
    """
    Every cell of a column in another form, such as :func:`plain`; each distinct text is looked at once.

    Examples
    --------
    >>> each_as(pd.Series([" a ", "b", " a "]), plain).tolist()
    ['a', 'b', 'a']
    """
    return parse_each(text, form, dtype="str").values


def parse_each(text: "pd.Series[Any]", parse: Callable[[str], Any], *, dtype: str) -> Parsed:
    """
    Every cell of a column by ``parse``, which returns a value, None (missing) or a :class:`Problem`.

    Each distinct text is parsed once, so a million dates of one year cost 365 calls.
    """
    positions, distinct = pd.factorize(text)
    outcomes = [parse(str(value)) for value in distinct]
    failed = np.array([isinstance(outcome, Problem) for outcome in outcomes], dtype=bool)
    good = [None if isinstance(outcome, Problem) else outcome for outcome in outcomes]
    values = pd.Series(_array(good, dtype)[positions], index=text.index)
    if not failed.any():
        return Parsed(text, values, _NO_PROBLEMS)
    bad = failed[positions]
    problems = pd.DataFrame(
        {
            name: pd.Series([getattr(outcomes[at], name) for at in positions[bad]], index=text.index[bad], dtype="str")
            for name in ("reason", "detail")
        }
    )
    return Parsed(text, values, problems)


def _array(values: list[Any], dtype: str) -> Any:
    if dtype == "object":
        array: npt.NDArray[Any] = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    if dtype.startswith("datetime64"):
        return np.array(values, dtype=dtype)
    make: Any = pd.array  # the stubs want the dtype as a literal
    return make(values, dtype=dtype)


def parse_count(text: str, marks: Mapping[str, Interval]) -> Interval | Problem:
    """
    A count as an interval: exact counts have both ends equal, a declared suppression mark is what it stands for.

    Thousands separators are repaired. A mark that is not declared is a problem, and so is a blank: neither is zero.

    Examples
    --------
    >>> parse_count("1,234", {}), parse_count(" < 5", {"<5": (1, 4)})
    ((1234, 1234), (1, 4))
    >>> parse_count("*", {"<5": (1, 4)}).reason, parse_count("-", {}).reason
    ('undeclared-mark', 'missing-cell')
    >>> parse_count("1.000", {}).reason, parse_count("0,125", {}).reason
    ('type-error', 'type-error')
    """
    cell = plain(text)
    for mark, interval in marks.items():
        if cell.casefold().replace(" ", "") == plain(mark).casefold().replace(" ", ""):
            return interval
    if _EITHER.fullmatch(cell):
        return Problem("type-error", f"{cell.split('.')[0]}, or as many thousands? write it without the point")
    if not _WHOLE.fullmatch(cell):
        return _count_problem(cell)
    count = int(cell.split(".")[0].replace(",", ""))
    if count > LARGEST_COUNT:
        return Problem("constraint-error", f"larger than {LARGEST_COUNT:,}: not a count of events")
    return count, count


def _count_problem(cell: str) -> Problem:
    if cell.casefold() in _ABSENT:
        return Problem("missing-cell", "no count; supply it, or declare what the mark stands for under suppressed")
    if _NEGATIVE.fullmatch(cell):
        return Problem("constraint-error", "a count is not negative")
    if _MARK.fullmatch(cell):
        return Problem("undeclared-mark", "a mark that the source does not declare under suppressed")
    return Problem("type-error", "not a whole number written in digits")


def parse_interval(text: str, marks: Mapping[str, Interval]) -> Interval | Problem:
    """
    A count that may be written as an interval: ``8 to 11``, as `hotspots boundaries convert` adds up marks.

    Examples
    --------
    >>> parse_interval("8 to 1,011", {}), parse_interval("<5", {"<5": (1, 4)}), parse_interval("11 to 8", {}).reason
    ((8, 1011), (1, 4), 'type-error')
    """
    least, to, most = plain(text).partition(" to ")
    if not to or not (_WHOLE.fullmatch(least) and _WHOLE.fullmatch(most)):
        return parse_count(text, marks)
    lower, upper = parse_count(least, {}), parse_count(most, {})
    if isinstance(lower, Problem) or isinstance(upper, Problem):
        return lower if isinstance(lower, Problem) else upper
    if lower > upper:
        return Problem("type-error", "an interval is written from its least to its most")
    return lower[0], upper[1]


def parse_counts(
    text: "pd.Series[Any]", marks: Mapping[str, Interval]
) -> tuple[Parsed, "pd.Series[Any]", "pd.Series[Any]"]:
    """A column of counts with its lower and upper ends; unreadable cells have the missing interval."""
    parsed = parse_each(text, lambda cell: parse_interval(cell, marks), dtype="object")
    lower, upper = (
        pd.Series(pd.array([None if pair is None else pair[end] for pair in parsed.values], dtype="Int64"), text.index)
        for end in (0, 1)
    )
    return parsed, lower, upper


def parse_whole(text: str, *, missing: frozenset[str] = frozenset({""})) -> int | Problem | None:
    """
    One whole number that may be missing: words in ``missing`` are None, everything else is read like a count.

    Examples
    --------
    >>> parse_whole("12.0"), parse_whole(""), parse_whole("about 5").reason
    (12, None, 'type-error')
    """
    if plain(text).casefold() in missing:
        return None
    count = parse_count(text, {})
    return count if isinstance(count, Problem) else count[0]


def parse_number(text: str) -> float | Problem:
    """
    A decimal number in plain digits: no words such as NaN or inf, and no exponent, which takes digits of a large one.

    A small one loses none: programs write the longitudes on both sides of Greenwich so.

    Examples
    --------
    >>> parse_number(" 545420.5"), parse_number("-2e-05"), parse_number("5.45E+05").reason
    (545420.5, -2e-05, 'type-error')
    """
    cell = plain(text).replace("\N{MINUS SIGN}", "-")
    if (_PLAIN.fullmatch(cell) or _SMALL.fullmatch(cell)) and len(cell) <= 40:
        return float(cell.replace(",", ""))
    return Problem("type-error", "not a number written in plain digits")


def parse_date(text: str, date_format: str, coverage: Coverage | None) -> date | Problem:
    """
    A day by the declared format and no other; inside the coverage where one is given.

    Examples
    --------
    >>> parse_date("01/02/2017", "%d/%m/%Y", None)
    datetime.date(2017, 2, 1)
    >>> parse_date("01/02/2017", "%Y-%m-%d", None).detail
    'not a date written as %Y-%m-%d'

    A moment that states its offset from Greenwich has the day that it was in London then:

    >>> parse_date("2018-06-30T23:30:00Z", "%Y-%m-%dT%H:%M:%SZ", None)
    datetime.date(2018, 7, 1)
    """
    cell = plain(text)
    if not cell:
        return Problem("missing-cell", "no date")
    day = _day(cell, date_format)
    if day is None:
        return Problem("type-error", f"not a date written as {date_format}")
    if coverage is not None and not coverage.covers_from <= day <= coverage.covers_to:
        return Problem("outside-coverage", f"the source covers {coverage.covers_from} to {coverage.covers_to}")
    return day


def _day(cell: str, date_format: str) -> date | None:
    try:
        # strptime takes the digits of every script; the suppliers write ASCII ones.
        moment = datetime.strptime(cell, _ZULU.sub("%z", date_format)) if cell.isascii() else None
        return None if moment is None else (moment if moment.tzinfo is None else moment.astimezone(_LONDON)).date()
    except (ValueError, OverflowError):
        return None


def parse_dates(
    text: "pd.Series[Any]", date_format: str, *, coverage: Coverage | None = None, optional: bool = False
) -> Parsed:
    """A column of days (``datetime64[s]``); blank is a problem unless ``optional``."""

    def parse(cell: str) -> date | Problem | None:
        return None if optional and not plain(cell) else parse_date(cell, date_format, coverage)

    return parse_each(text, parse, dtype="datetime64[s]")


def parse_written_period(text: str, calendar: Calendar, month_format: str | None) -> Period:
    """
    The period that a cell names, a month being written as ``month_format`` says too (if anything).

    Raises
    ------
    DataRefused
        The text names no period, or a day that is not the first of its month.

    Examples
    --------
    >>> parse_written_period("Apr-16", "financial", "%b-%y").label
    '2016-04'
    """
    day = _day(plain(text), month_format) if month_format else None
    if day is None or day.year not in _YEARS:
        return parse_period(plain(text), calendar=calendar)
    if day.day != 1:
        raise DataRefused(f"{text!r} is not the first of a month, by which months are written here")
    return month(day.year, day.month)


def parse_covered_period(
    text: str, calendar: Calendar, coverage: Coverage, month_format: str | None = None
) -> Period | Problem:
    """A period that a cell names, wholly inside the coverage: nothing is computed beyond it."""
    try:
        period = parse_written_period(text, calendar, month_format)
    except DataRefused as error:
        return Problem("type-error" if plain(text) else "missing-cell", str(error))
    if not coverage.covers(period):
        return Problem("outside-coverage", f"the source covers {coverage.covers_from} to {coverage.covers_to}")
    return period


def parse_yes_no(text: str) -> bool | Problem | None:
    """
    Yes, no, or None for unknown and blank.

    Examples
    --------
    >>> parse_yes_no("Y"), parse_yes_no("false"), parse_yes_no(" Unknown ")
    (True, False, None)
    """
    word = plain(text).casefold()
    if word in UNKNOWN_WORDS:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    return Problem("type-error", "expected yes, no or unknown")


def parse_time(text: str) -> str | Problem | None:
    """
    A local time as ``HH:MM``; blank is None.

    Examples
    --------
    >>> parse_time("9:05:30"), parse_time("25:00").reason
    ('09:05', 'type-error')
    """
    cell = plain(text)
    if not cell:
        return None
    found = _TIME.fullmatch(cell)
    if not found or not cell.isascii():
        return Problem("type-error", "not a time written as HH:MM")
    return f"{int(found[1]):02d}:{found[2]}"


def parse_required(text: str) -> str | Problem:
    """A word that must be there, trimmed."""
    return plain(text) or Problem("missing-cell", "nothing here, and it is needed")


def in_words_of(declared: Iterable[str]) -> Callable[[str], str | Problem]:
    """
    A parser of words that must be there, which spells those that are declared as they are declared.

    Capitals, and blanks for hyphens or underscores, make no other word.

    Examples
    --------
    >>> parse = in_words_of(["Anti-social behaviour"])
    >>> parse("ANTI SOCIAL BEHAVIOUR"), parse("Burglary")
    ('Anti-social behaviour', 'Burglary')
    """
    spelled = {word_key(word): word for word in declared}

    def parse(text: str) -> str | Problem:
        return spelled.get(word_key(text)) or parse_required(text)

    return parse


def word_key(text: str) -> str:
    """
    A word in the form in which two spellings of it are equal: letters and figures only, whatever their case.

    Examples
    --------
    >>> word_key("Private-Dwelling."), word_key("private_dwelling ")
    ('private dwelling', 'private dwelling')
    """
    return " ".join(_NO_WORD.sub(" ", plain(text).casefold()).split())


def parse_optional(text: str) -> str | None:
    """A word that may be missing, trimmed."""
    return plain(text) or None
