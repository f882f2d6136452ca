"""A table of counts by type and year, as it is copied out of a report or a police system."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hotspots.errors import DataRefused, UsageError
from hotspots.periods import Calendar, Period, parse_period
from hotspots.sources._cells import parse_count, plain
from hotspots.sources._open import Sheet
from hotspots.sources.sniff.texts import opened, outside

_WITHIN = 30  # rows: titles may stand above the headings
# Not known, not collected, or withheld ("*", "[c]"): never zero.
_BLANK = frozenset(
    {
        "", "-", "--", "\N{EN DASH}", "\N{EM DASH}", ".", "..", "...", ":", "*", "na", "n/a", "nan", "null", "none",
        "x", "[x]", "[z]", "[c]", "[u]", "[w]", "[low]", "[na]", "[n/a]", "c", "z",
    }
)  # fmt: skip
_BESIDE = re.compile(r"^(?:fy|year|financial year)\s+|\s+(?:total|count|offences|crimes|number)$", re.I)
# What publishers write after a count or a year: r revised, p provisional, b break in the series, e estimated, and signs
# of footnotes ("1,234 r", "1,234[note 3]", "2018/19 (p)").
_MARK = re.compile(
    r"\s*(?:[\[(]\s*(?P<said>r|p|b|e|revised|provisional|break|estimated|notes?\s*[\d, ]+|\d{1,2})\s*[\])]"
    r"|(?P<bare>[rpbe]|(?<=\s)(?:revised|provisional))"
    r"|(?P<sign>[*#\N{DAGGER}\N{DOUBLE DAGGER}]+|[\u00b9\u00b2\u00b3\u2074-\u2079]+))$",
    re.I,
)
_MEANING = {"r": "revised", "p": "provisional", "b": "break", "e": "estimated"}
_SPACED = re.compile(r"^\d{1,3}(?: \d{3})+$")
_SHORT_YEAR = re.compile(r"^(\d\d)\s*[/-]\s*(\d\d)$")
_APRIL = re.compile(r"^apr(?:il)?\W*(?:20)?(\d\d)\s*(?:-|to|\N{EN DASH})\s*mar(?:ch)?\W*(?:20)?(\d\d)$", re.I)
_TO_MARCH = re.compile(r"^(?:year|12 months)\s+(?:to|ending)\s+(?:31 )?mar(?:ch)?\s+20(\d\d)$", re.I)


@dataclass(frozen=True, eq=False)
class YearCounts:
    """
    ``counts`` has a row a type, in the order of the file, and a column a year; what is missing is not zero.

    ``read`` are the rows under the headings, ``without_numbers`` those that name a group or say something (they are no
    types), ``passed_over`` the headings that name no year. ``marked`` has the years in which counts, or the heading,
    carry a mark: ``revised``, ``provisional``, ``break``, ``estimated`` or ``footnote``.
    """

    counts: pd.DataFrame
    read: int
    without_numbers: tuple[str, ...]
    passed_over: tuple[str, ...]
    marked: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the marks say, in sentences."""
        words = {
            "provisional": "Provisional, and may still change: {}.",
            "revised": "Revised by the publisher: counts of {}.",
            "estimated": "Estimated by the publisher: counts of {}.",
            "break": "Marked as a break in the series: {}; numbers before and after it do not compare.",
            "footnote": "Counts of {} carry footnotes in the file: read them.",
        }
        return tuple(
            said.format(", ".join(sorted(self.marked[kind]))) for kind, said in words.items() if kind in self.marked
        )


def unmarked(text: str) -> tuple[str, tuple[str, ...]]:
    """
    A cell without the marks that publishers put after a number or a year, and what they mean.

    Examples
    --------
    >>> unmarked("1,234 r"), unmarked("2018/19 [p]"), unmarked("57[note 3]")
    (('1,234', ('revised',)), ('2018/19', ('provisional',)), ('57', ('footnote',)))
    >>> unmarked("1,234"), unmarked("Cyber")
    (('1,234', ()), ('Cyber', ()))
    """
    marks: list[str] = []
    bare = plain(text)
    while bare[:1].isdigit() and (found := _MARK.search(bare)) and found.start():
        said = (found["said"] or found["bare"] or "").casefold()
        marks.append(_MEANING.get(said[:1], "footnote") if said in {*_MEANING, *_MEANING.values()} else "footnote")
        bare = bare[: found.start()]
    return bare, tuple(marks)


def read_year_counts(path: Path, *, calendar: Calendar = "financial", sheet: str = "") -> YearCounts:
    """
    Counts by type and year: a CSV or workbook with a column a year, or with a row for each type and year.

    Years may be written ``2018/19``, ``2018-19``, ``18/19``, ``FY 2018/19``, ``Apr 18 - Mar 19`` or ``Year to March
    2019``; a dash, a blank and the signs for what is withheld or not collected (``*``, ``[c]``, ``..``) are counts that
    are not known. Marks after a number (``1,234 r``) are taken off and told. A part of a year is no year.

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
    text = unmarked(cell)[0]
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
    marked: dict[str, set[str]] = {}
    for at, year in years.items():
        _note(marked, year.label, unmarked(table.rows[top][at])[1])
    for line, row in zip(table.lines[top + 1 :], table.rows[top + 1 :], strict=True):
        cells = [_count(row, at, f"{name} line {line}, {year.label}", year.label, marked) for at, year in years.items()]
        if not any(at < len(row) and plain(row[at]) for at in years):
            said.append(next((plain(cell) for cell in row if plain(cell)), ""))
            continue
        names.append(plain(row[types]))
        counts.append(cells)
    made = pd.DataFrame(counts, index=pd.Index(names, dtype=object), columns=labels, dtype="Int64")
    passed = tuple(headings[at] for at in others if at != types and headings[at])
    return YearCounts(made, len(table.rows) - top - 1, tuple(said), passed, _frozen(marked))


def _count(row: Sequence[str], at: int, where: str, year: str, marked: dict[str, set[str]]) -> int | None:
    """The count of a cell, None where it is not known; the marks on it are added to those of its year."""
    cell, marks = unmarked(row[at]) if at < len(row) else ("", ())
    if cell.casefold() in _BLANK:
        return None
    found = parse_count(cell.replace(" ", "") if _SPACED.match(cell) else cell, {})
    if not isinstance(found, tuple):
        raise DataRefused(f"{where}: {cell!r} is no count ({found.detail})")
    _note(marked, year, marks)
    return found[0]


def _note(marked: dict[str, set[str]], year: str, marks: Iterable[str]) -> None:
    for mark in marks:
        marked.setdefault(mark, set()).add(year)


def _frozen(marked: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {kind: frozenset(years) for kind, years in marked.items()}


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
    marked: dict[str, set[str]] = {}
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
        _note(marked, year.label, unmarked(cell)[1])
        held[kind, year.label] = _count(row, where["count"], f"{name} line {line}, {year.label}", year.label, marked)
        types[kind] = None
    labels = sorted({label for _, label in held})
    cells = [[held.get((kind, label)) for label in labels] for kind in types]
    made = pd.DataFrame(cells, index=pd.Index(list(types), dtype=object), columns=labels, dtype="Int64")
    headings = [plain(cell) for cell in table.rows[top]]
    passed = tuple(heading for at, heading in enumerate(headings) if at not in where.values() and heading)
    return YearCounts(made, len(table.rows) - top - 1, tuple(said), passed, _frozen(marked))
