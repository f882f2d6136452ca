"""A table of counts by type and year, as it is copied out of a report or a police system."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hotspots.errors import DataRefused, UsageError
from hotspots.periods import Calendar, Period, parse_period
from hotspots.sources._cells import parse_count, plain
from hotspots.sources._open import Sheet
from hotspots.sources.sniff.texts import opened, outside

_WITHIN = 30  # rows: titles may stand above the headings
_BLANK = frozenset({"", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "..", ":", "na", "n/a", "nan", "null", "none", "x"})
_BESIDE = re.compile(r"^(?:fy|year|financial year)\s+|\s+(?:total|count|offences|crimes|number)$", re.I)
_SHORT_YEAR = re.compile(r"^(\d\d)\s*[/-]\s*(\d\d)$")
_APRIL = re.compile(r"^apr(?:il)?\W*(?:20)?(\d\d)\s*(?:-|to|\N{EN DASH})\s*mar(?:ch)?\W*(?:20)?(\d\d)$", re.I)
_TO_MARCH = re.compile(r"^(?:year|12 months)\s+(?:to|ending)\s+(?:31 )?mar(?:ch)?\s+20(\d\d)$", re.I)


@dataclass(frozen=True, eq=False)
class YearCounts:
    """
    ``counts`` has a row a type, in the order of the file, and a column a year; what is missing is not zero.

    ``read`` are the rows under the headings, ``without_numbers`` those that name a group or say something (they are no
    types), ``passed_over`` the headings that name no year.
    """

    counts: pd.DataFrame
    read: int
    without_numbers: tuple[str, ...]
    passed_over: tuple[str, ...]


def read_year_counts(path: Path, *, calendar: Calendar = "financial", sheet: str = "") -> YearCounts:
    """
    Counts by type and year: a CSV or workbook with a column a year, or with a row for each type and year.

    Years may be written ``2018/19``, ``2018-19``, ``18/19``, ``FY 2018/19``, ``Apr 18 - Mar 19`` or ``Year to March
    2019``; a dash and a blank are counts that are not known.

    Raises
    ------
    DataRefused
        No row of headings names years, a cell is no count (the message names its line), or a type has two counts of
        one year (long layout).
    """
    table = _sheet(path, sheet)
    top = next((at for at, row in enumerate(table.rows[:_WITHIN]) if len(_years(row, calendar)) > 1), None)
    if top is not None:
        return _wide(table, top, path.name, calendar)
    top = next((at for at, row in enumerate(table.rows[:_WITHIN]) if _long_columns(row)), None)
    if top is None:
        raise DataRefused(
            f"{path.name}: no row of headings names two years or more (such as 2017/18, 2018/19), nor type, year and "
            "count"
        )
    return _long(table, top, path.name, calendar)


def _sheet(path: Path, sheet: str) -> Sheet:
    look = {found.key: found.options for found in outside(path, {"sheet": sheet} if sheet else {})}
    if len(look.get("sheet", ())) > 1:
        raise UsageError(f"{path.name}: which sheet? {', '.join(look['sheet'])}: name one with --sheet")
    return opened(path, {key: options[0] for key, options in look.items()})


def _year(cell: str, calendar: Calendar) -> Period | None:
    text = plain(cell)
    march = _TO_MARCH.match(text)
    text = f"{1999 + int(march[1])}/{march[1]}" if march else _BESIDE.sub("", text)
    if found := _SHORT_YEAR.match(text) or _APRIL.match(text):
        text = f"20{found[1]}/{found[2]}"
    try:
        period = parse_period(text, calendar=calendar)
    except DataRefused:
        return None
    return period if period.years == 1 else None


def _years(row: Sequence[str], calendar: Calendar) -> dict[int, Period]:
    found = ((at, _year(cell, calendar)) for at, cell in enumerate(row))
    return {at: year for at, year in found if year is not None}


def _wide(table: Sheet, top: int, name: str, calendar: Calendar) -> YearCounts:
    years = _years(table.rows[top], calendar)
    labels = [year.label for year in years.values()]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise DataRefused(f"{name}: two columns are of {', '.join(twice)}; keep one")
    headings = [plain(cell) for cell in table.rows[top]]
    others = [at for at in range(len(headings)) if at not in years]
    types = others[0] if others and others[0] < min(years) else -1
    if types < 0:
        raise DataRefused(f"{name}: no column before {labels[0]} names the types")
    counts, names, said = [], [], []
    for line, row in zip(table.lines[top + 1 :], table.rows[top + 1 :], strict=True):
        cells = [_count(row, at, f"{name} line {line}, {year.label}") for at, year in years.items()]
        if all(cell is None for cell in cells):
            said.append(next((plain(cell) for cell in row if plain(cell)), ""))
            continue
        names.append(plain(row[types]))
        counts.append(cells)
    made = pd.DataFrame(counts, index=pd.Index(names, dtype=object), columns=labels, dtype="Int64")
    passed = tuple(headings[at] for at in others if at != types and headings[at])
    return YearCounts(made, len(table.rows) - top - 1, tuple(said), passed)


def _count(row: Sequence[str], at: int, where: str) -> int | None:
    cell = plain(row[at]) if at < len(row) else ""
    if cell.casefold() in _BLANK:
        return None
    found = parse_count(cell, {})
    if not isinstance(found, tuple):
        raise DataRefused(f"{where}: {cell!r} is no count ({found.detail})")
    return found[0]


def _long_columns(row: Sequence[str]) -> dict[str, int]:
    """Where type, year and count are, if a row heads all three."""
    wanted = {
        "type": r"type|offence|crime|category|indicator",
        "year": r"(financial )?year|period",
        "count": r"count|number|total|offences|crimes|value|incidents",
    }
    found: dict[str, int] = {}
    for key, words in wanted.items():
        for at, cell in enumerate(row):
            if at not in found.values() and re.fullmatch(rf".*\b(?:{words})s?\b.*", plain(cell), re.I):
                found[key] = at
                break
    return found if len(found) == len(wanted) else {}


def _long(table: Sheet, top: int, name: str, calendar: Calendar) -> YearCounts:
    where = _long_columns(table.rows[top])
    held: dict[tuple[str, str], int | None] = {}
    types: dict[str, None] = {}
    said = []
    for line, row in zip(table.lines[top + 1 :], table.rows[top + 1 :], strict=True):
        cell = plain(row[where["year"]]) if where["year"] < len(row) else ""
        year = _year(cell, calendar)
        if year is None and any(map(plain, row[1:])):
            raise DataRefused(f"{name} line {line}: {cell!r} is no year such as 2018/19")
        if year is None:
            said.append(plain(row[0]))
            continue
        kind = plain(row[where["type"]])
        if (kind, year.label) in held:
            raise DataRefused(f"{name} line {line}: {kind} in {year.label} is there twice; add up or correct")
        held[kind, year.label] = _count(row, where["count"], f"{name} line {line}, {year.label}")
        types[kind] = None
    labels = sorted({label for _, label in held})
    cells = [[held.get((kind, label)) for label in labels] for kind in types]
    made = pd.DataFrame(cells, index=pd.Index(list(types), dtype=object), columns=labels, dtype="Int64")
    headings = [plain(cell) for cell in table.rows[top]]
    passed = tuple(heading for at, heading in enumerate(headings) if at not in where.values() and heading)
    return YearCounts(made, len(table.rows) - top - 1, tuple(said), passed)
