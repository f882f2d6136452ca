"""Crosstabs: areas down and periods across, as partners send them, with titles, totals and footnotes around."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import pandas as pd

from hotspots.areas import Reference
from hotspots.errors import DataRefused
from hotspots.periods import Calendar, Period
from hotspots.source_settings import CalloutsSource
from hotspots.sources._cells import parse_written_period, plain
from hotspots.sources._codes import looks_like_areas
from hotspots.sources._open import Sheet

_HEADING_WITHIN = 50  # rows
_BARE_QUARTER = re.compile(r"(?:q|quarter\s*)[1-4]", re.IGNORECASE)
# Columns that suppliers work out from the others: nothing to count in them.
_DERIVED = re.compile(r"average|mean|change|%|rank|\brate\b|per [0-9]|diff", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")

CELL_COLUMNS = ("area", "period", "count", "category", "file", "line", "heading")


@dataclass(frozen=True)
class Printed:
    """
    A total that the supplier printed, and the cells that it may be the sum of (by index of the cells read).

    ``members`` holds one set of cells, or several where the sheet does not say which (a total beside the last year's
    quarters is that year's, or everything's).
    """

    what: str
    text: str
    file: str
    line: int
    members: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Crosstab:
    """The cells of crosstabs as rows (area, period, count, category, file, line, heading), and what stood around."""

    cells: pd.DataFrame
    totals: tuple[Printed, ...]
    notes: int
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class _Layout:
    """Where things are in one sheet: the index of the heading row, and columns by number."""

    heading: int
    area: int
    periods: dict[int, Period]
    totals: dict[int, tuple[Period | None, ...]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    @property
    def labels(self) -> range:
        """The columns before the first period: codes, names and the words of a totals row."""
        return range(min(self.periods))


def read_crosstab(sheets: Iterable[Sheet], source: CalloutsSource, reference: Reference) -> Crosstab:
    """
    The cells of one or more crosstabs as rows.

    The heading row is the one that names most periods; ``Q1`` under a merged year belongs to that year. Rows above it
    are titles. Below it, a row with an area (or with counts but no area) gives one cell for each period; a row whose
    label is one of the source's ``totals`` words, and a column headed by one, are printed totals; anything else is a
    note. A column of figures whose heading says neither is refused rather than left out.

    Raises
    ------
    DataRefused
        No row names periods, no column holds areas, two columns give one period, or a column cannot be placed.
    """
    rows: list[tuple[str, str, str, str, str, int, str]] = []
    totals: list[Printed] = []
    ignored: list[str] = []
    notes = 0
    for sheet in sheets:
        layout = _layout(sheet, source, reference)
        ignored.extend(layout.ignored)
        block = _Block(sheet, layout, source, reference, first=len(rows))
        block.read()
        rows.extend(block.cells)
        totals.extend(block.totals)
        notes += block.notes
    cells = pd.DataFrame(rows, columns=list(CELL_COLUMNS)).astype({"line": "int64"})
    text = [name for name in CELL_COLUMNS if name != "line"]
    return Crosstab(cells.astype(dict.fromkeys(text, "str")), tuple(totals), notes, tuple(dict.fromkeys(ignored)))


def is_totals_word(text: str, source: CalloutsSource) -> bool:
    """Whether a label is one of the words by which the source marks totals, whatever its case, or two of them."""
    words = {word.casefold() for word in source.totals}
    label = plain(text).rstrip(": ").casefold()
    return label in words or {part.strip() for part in label.split("/")} <= words  # in both languages of Wales


class _Block:
    """The rows of one sheet below its headings, sorted into cells, printed totals and notes."""

    def __init__(
        self, sheet: Sheet, layout: _Layout, source: CalloutsSource, reference: Reference, *, first: int
    ) -> None:
        self.sheet = sheet
        self.layout = layout
        self.source = source
        self.reference = reference
        self.first = first
        self.cells: list[tuple[str, str, str, str, str, int, str]] = []
        self.totals: list[Printed] = []
        self.notes = 0
        self._of_period: dict[Period, list[int]] = {period: [] for period in layout.periods.values()}
        self._totals_rows: list[int] = []

    def read(self) -> None:
        """Sort every row; totals rows last, for they may stand above the areas that they add up."""
        for index in range(self.layout.heading + 1, len(self.sheet.rows)):
            row = self.sheet.rows[index]
            if any(is_totals_word(_cell(row, column), self.source) for column in self.layout.labels):
                self._totals_rows.append(index)
            elif self._has_counts(row) or self._is_area_without_counts(row):
                self._read_area(index)
            else:
                self.notes += 1
        for index in self._totals_rows:
            self._read_totals(index)
        if not self.cells:
            raise DataRefused(f"{self.sheet.file.name}: no rows with counts under the headings")

    def _has_counts(self, row: list[str]) -> bool:
        return any(plain(_cell(row, column)) for column in self.layout.periods)

    def _is_area_without_counts(self, row: list[str]) -> bool:
        """Whether a row without a single count is an area with blank cells rather than a footnote."""
        area = _cell(row, self.layout.area)
        return looks_like_areas([area], by=self.source.area_by, kind=self.source.resolution, reference=self.reference)

    def _read_area(self, index: int) -> None:
        row, line, name = self.sheet.rows[index], self.sheet.lines[index], self.sheet.file.name
        area = _cell(row, self.layout.area)
        of_area: dict[Period, int] = {}
        for column, period in self.layout.periods.items():
            of_area[period] = self.first + len(self.cells)
            self._of_period[period].append(of_area[period])
            self.cells.append((area, period.label, _cell(row, column), "", name, line, period.label))
        for column, scopes in self.layout.totals.items():
            members = tuple(tuple(at for period, at in of_area.items() if _in(period, scope)) for scope in scopes)
            self._print(f"row total of {plain(area)}", _cell(row, column), line, members)

    def _read_totals(self, index: int) -> None:
        row, line = self.sheet.rows[index], self.sheet.lines[index]
        for column, period in self.layout.periods.items():
            self._print(f"total of {period.label}", _cell(row, column), line, (tuple(self._of_period[period]),))
        for column, scopes in self.layout.totals.items():
            members = tuple(
                tuple(chain.from_iterable(at for period, at in self._of_period.items() if _in(period, scope)))
                for scope in scopes
            )
            self._print("grand total", _cell(row, column), line, members)

    def _print(self, what: str, text: str, line: int, members: tuple[tuple[int, ...], ...]) -> None:
        self.totals.append(Printed(what, text, self.sheet.file.name, line, members))


def _in(period: Period, scope: Period | None) -> bool:
    return scope is None or scope.holds(period)


def _cell(row: list[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _layout(sheet: Sheet, source: CalloutsSource, reference: Reference) -> _Layout:
    heading, periods = _heading(sheet, source)
    _refuse_repeated(periods, sheet)
    below = sheet.rows[heading + 1 :]
    area = _area_column(below, min(periods), source, reference)
    if area is None:
        hint = 'set area_by = "name" or "code"' if min(periods) else "the first column must hold areas"
        raise DataRefused(
            f"{sheet.file.name}: no column before {next(iter(periods.values())).label!r} holds {source.resolution} "
            f"{source.area_by}s; {hint}"
        )
    totals, ignored = _other_columns(sheet, heading, periods, source)
    return _Layout(heading, area, periods, totals, ignored)


def _heading(sheet: Sheet, source: CalloutsSource) -> tuple[int, dict[int, Period]]:
    """The heading row (the first of those that name most periods, passing over lone titles) and its periods."""
    candidates = [
        (index, periods_named(sheet, index, source.calendar, source.month_format))
        for index in range(min(_HEADING_WITHIN, len(sheet.rows)))
    ]
    index, periods = max(candidates, key=lambda found: (len(found[1]), _filled(sheet.rows[found[0]]) > 1, -found[0]))
    if not periods:
        raise DataRefused(
            f"{sheet.file.name}: no row of the first {_HEADING_WITHIN} names a period as {source.calendar} years have "
            "them; expected headings such as 2016/17 Q1, Q1 under 2016/17, or months as month_format says"
        )
    return index, periods


def _filled(row: list[str]) -> int:
    return sum(bool(plain(cell)) for cell in row)


def periods_named(sheet: Sheet, index: int, calendar: Calendar, month_format: str | None = None) -> dict[int, Period]:
    """The periods that the cells of a row name, by column; ``Q1`` under a merged year belongs to that year."""
    found = (
        (column, _period(sheet, index, column, calendar, month_format)) for column in range(len(sheet.rows[index]))
    )
    return {column: period for column, period in found if period is not None}


def _period(sheet: Sheet, index: int, column: int, calendar: Calendar, month_format: str | None) -> Period | None:
    text = plain(_cell(sheet.rows[index], column))
    if _BARE_QUARTER.fullmatch(text):
        text = f"{_above(sheet, index, column)} {text}"
    return _parsed(text, calendar, month_format)


def _parsed(text: str, calendar: Calendar, month_format: str | None) -> Period | None:
    if not text or not _DIGIT.search(text):
        return None
    try:
        return parse_written_period(text, calendar, month_format)
    except DataRefused:
        return None


def _above(sheet: Sheet, index: int, column: int) -> str:
    """The merged heading over a column: the nearest text to the left in the row above."""
    above = sheet.rows[index - 1][: column + 1] if index else []
    return next((plain(cell) for cell in reversed(above) if plain(cell)), "")


def _refuse_repeated(periods: dict[int, Period], sheet: Sheet) -> None:
    seen: dict[Period, int] = {}
    for column, period in periods.items():
        if seen.setdefault(period, column) != column:
            raise DataRefused(
                f"{sheet.file.name}: columns {seen[period] + 1} and {column + 1} both give {period.label}; keep one"
            )


def _area_column(below: list[list[str]], end: int, source: CalloutsSource, reference: Reference) -> int | None:
    for column in range(end):
        cells = (_cell(row, column) for row in below)
        if looks_like_areas(cells, by=source.area_by, kind=source.resolution, reference=reference):
            return column
    return None


def _other_columns(
    sheet: Sheet, heading: int, periods: dict[int, Period], source: CalloutsSource
) -> tuple[dict[int, tuple[Period | None, ...]], tuple[str, ...]]:
    """Totals columns with what they may add up, and the headings of derived columns, which are ignored."""
    totals: dict[int, tuple[Period | None, ...]] = {}
    ignored = []
    for column in range(min(periods), max(len(row) for row in sheet.rows[heading:])):
        text = _heading_of(sheet, heading, column)
        if column in periods:
            continue
        scopes = tuple(_scopes(sheet, heading, column, source))
        if scopes:
            totals[column] = scopes
        elif _DERIVED.search(text):
            ignored.append(text)
        elif any(_DIGIT.search(_cell(row, column)) for row in sheet.rows[heading + 1 :]):
            raise DataRefused(
                f"{sheet.file.name} line {sheet.lines[heading]}: column {column + 1} holds figures, but its heading "
                f"{text!r} names no period and no total; correct the heading or remove the column"
            )
    return totals, tuple(ignored)


def _heading_of(sheet: Sheet, heading: int, column: int) -> str:
    """What heads a column: its cell, or the one right above it where two rows of headings were merged into one."""
    own = plain(_cell(sheet.rows[heading], column))
    return own or (plain(_cell(sheet.rows[heading - 1], column)) if heading else "")


def _scopes(sheet: Sheet, heading: int, column: int, source: CalloutsSource) -> Iterator[Period | None]:
    """What a totals column may add up: a named period, everything (None), the year above; nothing if not a total."""
    text = _heading_of(sheet, heading, column)
    above = _parsed(_above(sheet, heading, column), source.calendar, source.month_format)
    if is_totals_word(text, source):
        yield None
        if above is not None:
            yield above
        return
    for word in source.totals:
        pattern = re.compile(rf"^{re.escape(word)}\b\s*|\s*\b{re.escape(word)}$", re.IGNORECASE)
        named = pattern.sub("", text) if pattern.search(text) else ""
        period = _parsed(named, source.calendar, source.month_format)
        if period is not None:
            yield period
            return
