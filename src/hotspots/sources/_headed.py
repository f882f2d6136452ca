"""Files with a heading row: columns found by their headings, whatever the spaces and case they are written with."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path

import pandas as pd

from hotspots.errors import DataRefused
from hotspots.limits import Limits
from hotspots.source_settings import Source
from hotspots.sources._cells import each_as, plain
from hotspots.sources._ledger import Ledger
from hotspots.sources._open import Sheet, open_sheets
from hotspots.tables import empty_rejects, rejects_of

_HEADING_WITHIN = 30  # rows: titles may stand above the headings, but not a page of them
_FILTER = "filter "


def headed_rows(
    source: Source,
    *,
    folder: Path,
    limits: Limits,
    columns: Mapping[str, str],
    published: Sequence[Sequence[str]] = (),
    optional: Sequence[str] = (),
) -> Ledger:
    """
    The rows of a source as text, under our column names.

    ``columns`` maps our name to the supplier's heading; an empty heading is a column that is not supplied. Rows with
    more or fewer cells than there are headings are rejected (``ragged-row``); rows that the source's filters do not
    keep are set aside. ``published`` are the headings, in order, of formats that everybody publishes alike: a file
    without a heading row whose rows have as many cells is read in that order, and a note says so. Such a file may hold
    headings alone. Columns that are ``optional`` (our names) are blank where a file has no such heading.

    Raises
    ------
    DataRefused
        A heading is missing or there twice, or there are no rows under the headings.
    """
    without: list[str] = []

    def headed(sheet: Sheet) -> Sheet:
        headings = next((headings for headings in published if _is_headless(sheet, headings)), None)
        if headings is None:
            return sheet
        without.append(sheet.file.name)
        return _with_headings(sheet, headings)

    sheets = map(headed, open_sheets(source, folder=folder, limits=limits))
    ledger = rows_of(sheets, source=source, columns=columns, optional=optional, may_be_empty=len(published) > 0)
    if without:
        ledger.notes.append(f"no heading row, read in the published order: {', '.join(without)}")
    return ledger


def _is_headless(sheet: Sheet, published: Sequence[str]) -> bool:
    """Whether a file has the cells of the published headings but none of the headings themselves."""
    first = sheet.rows[0]
    return len(first) == len(published) and not {*map(_normal, first)} & {*map(_normal, published)}


def _with_headings(sheet: Sheet, published: Sequence[str]) -> Sheet:
    return replace(sheet, lines=[0, *sheet.lines], rows=[list(published), *sheet.rows])


def rows_of(
    sheets: Iterable[Sheet],
    *,
    source: Source,
    columns: Mapping[str, str],
    optional: Sequence[str] = (),
    may_be_empty: bool = False,
) -> Ledger:
    """The rows of sheets as :func:`headed_rows` gives them; each sheet is taken once, and let go before the next."""
    headings = {name: heading for name, heading in columns.items() if heading}
    wanted = headings | {f"{_FILTER}{heading}": heading for heading in source.filters}
    files, tables, rejects = zip(
        *((sheet.file, *_table(sheet, wanted, source, frozenset(optional), may_be_empty)) for sheet in sheets),
        strict=True,
    )
    ledger = Ledger(
        pd.concat(tables, ignore_index=True),
        source=source,
        files=files,
        headings=headings,
        rejects=pd.concat(rejects, ignore_index=True),
    )
    for heading, kept in source.filters.items():
        keep = {plain(value) for value in kept}
        given = each_as(ledger.text(f"{_FILTER}{heading}"), plain)
        if len(given) and not given.isin(keep).any():
            # Nothing left would be counted as nothing there.
            named = ", ".join(repr(value[:40]) for value in sorted(set(given))[:5])
            raise DataRefused(
                f"{source.id}: the filter of {heading!r} keeps none of {len(given):,} rows (there are {named}); "
                "correct the values under filters"
            )
        ledger.set_aside(~given.isin(keep), "filtered out")
    return ledger


def _table(
    sheet: Sheet, wanted: Mapping[str, str], source: Source, optional: frozenset[str], may_be_empty: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    needed = {name: heading for name, heading in wanted.items() if name not in optional}
    top = -1 if source.headings else _heading_row(sheet, needed)
    headings = [_normal(cell) for cell in source.headings or sheet.rows[top]]
    missing = [name for name in optional & set(wanted) if _normal(wanted[name]) not in headings]
    wanted = {name: heading for name, heading in wanted.items() if name not in missing}
    for heading in (*(wanted.values() if source.headings else ()), *source.fill_down):
        _check_there(heading, headings, sheet, source)
    where = {name: _column(sheet, headings, heading) for name, heading in wanted.items()}
    rows, lines = sheet.rows[top + 1 :], sheet.lines[top + 1 :]
    if not rows and not may_be_empty:
        raise DataRefused(f"{sheet.file.name}: no rows under the headings")
    width = len(headings)
    fits = [_fits(row, width, sheet.pads_rows) for row in rows]
    kept = [row + [""] * (width - len(row)) for row in compress(rows, fits)]
    table = pd.DataFrame({name: pd.Series([row[at] for row in kept], dtype="str") for name, at in where.items()})
    for name, heading in wanted.items():
        if _normal(heading) in {_normal(filled) for filled in source.fill_down}:
            table[name] = table[name].where(each_as(table[name], plain) != "").ffill().fillna("")
    table = table.assign(**dict.fromkeys(missing, ""))
    table = table.assign(line=pd.Series(list(compress(lines, fits)), dtype="int64"))
    table["file"] = pd.Series(sheet.file.name, index=table.index, dtype="str")
    ragged = [(line, len(row)) for row, line, fit in zip(rows, lines, fits, strict=True) if not fit]
    return table, _ragged_rejects(ragged, sheet.file.name, width)


def _fits(row: list[str], width: int, pads_rows: bool) -> bool:
    """Whether a row has a cell for each heading; blank cells beyond the last heading are nothing."""
    return len(row) == width or (not any(row[width:]) and (pads_rows or len(row) > width))


def _ragged_rejects(ragged: list[tuple[int, int]], file: str, width: int) -> pd.DataFrame:
    """Rejects of rows that do not fit the headings; their text is not copied, for no column says what it is."""
    if not ragged:
        return empty_rejects()
    rows = pd.DataFrame({"file": file, "line": [line for line, _ in ragged]})
    values = [f"{cells} cells" for _, cells in ragged]
    detail = f"expected {width} cells; a comma inside a cell needs quotation marks round the cell"
    return rejects_of(rows, column="", values=values, reason="ragged-row", detail=detail)


def _heading_row(sheet: Sheet, wanted: Mapping[str, str]) -> int:
    needed = {_normal(heading) for heading in wanted.values()}
    held = [needed & {_normal(cell) for cell in row} for row in sheet.rows[:_HEADING_WITHIN]]
    # The row that holds the most of them is the one that somebody means: a title above it tells nothing.
    top = max(range(len(held)), key=lambda index: len(held[index]))
    if held[top] == needed:
        return top
    missing = next(heading for heading in wanted.values() if _normal(heading) not in held[top])
    shown = ", ".join(repr(plain(cell)[:40]) for cell in sheet.rows[top][:40])
    raise DataRefused(
        f"{sheet.file.name} line {sheet.lines[top]}: no heading {missing!r}; the headings found are {shown}; name the "
        "supplier's heading under [sources.columns]"
    )


def _check_there(heading: str, headings: list[str], sheet: Sheet, source: Source) -> None:
    if _normal(heading) not in headings:
        named = ", ".join(repr(name) for name in headings[:40])
        raise DataRefused(f"{sheet.file.name}: {source.id} names a heading {heading!r}, but there are only {named}")


def _column(sheet: Sheet, headings: list[str], heading: str) -> int:
    if headings.count(_normal(heading)) > 1:
        raise DataRefused(f"{sheet.file.name}: the heading {heading!r} is there twice; keep one")
    return headings.index(_normal(heading))


def _normal(heading: str) -> str:
    # R writes LSOA.code and a database lsoa_code for "LSOA code".
    return " ".join(re.sub(r"[._\s]+", " ", plain(heading)).split()).casefold()
