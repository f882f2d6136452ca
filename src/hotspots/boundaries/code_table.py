"""Tables of codes: lookups and code lists in CSV, as the statistics office publishes them."""

import codecs
import csv
import io
import re
from pathlib import Path

import pandas as pd

from hotspots.boundaries.districts import district_columns, in_district, newest_first
from hotspots.boundaries.read import CODE_COLUMN
from hotspots.errors import DataRefused, FileRefused
from hotspots.files import require
from hotspots.limits import STANDARD, Limits

_SIGNS = (",", ";", "\t", "|")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # which no text has


def read_code_table(path: Path, *, limits: Limits = STANDARD) -> pd.DataFrame:
    """
    A CSV table as text, cells without surrounding spaces, headings as written.

    Commas, semicolons, tabs or bars part the cells, whichever the headings have most of. Codes are ASCII, so a table
    that is no UTF-8 (spreadsheet programs save names in the code page of Windows) is read all the same. Columns and
    cells beyond the headings are passed over where nothing is in them.

    Raises
    ------
    FileRefused
        The file is missing or is no text.
    DataRefused
        It has no rows, a heading twice, or a row with another number of cells than headings.
    """
    if require(path, "text", "xlsx", expected="a CSV table of codes", limits=limits) == "xlsx":
        raise FileRefused(f"{path.name}: an Excel workbook; save the sheet that holds the codes as CSV, and name that")
    text = _decoded(path)
    sign = max(_SIGNS, key=text.lstrip().partition("\n")[0].partition("\r")[0].count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
        lines = [(number, row) for number, row in enumerate(reader, start=1) if any(row)]
    except csv.Error as error:
        raise DataRefused(f"{path.name}: not a CSV table ({error})") from error
    if len(lines) < 2:
        raise DataRefused(f"{path.name}: no rows below the headings")
    headings = _trimmed([cell.strip() for cell in lines[0][1]], 0)
    if len(set(headings)) != len(headings):
        raise DataRefused(f"{path.name}: a heading is there twice in {', '.join(headings)}")
    rows = [(number, _trimmed([cell.strip() for cell in row], len(headings))) for number, row in lines[1:]]
    for number, row in rows:
        if len(row) != len(headings):
            raise DataRefused(f"{path.name} row {number}: {len(row)} cells under {len(headings)} headings")
    return pd.DataFrame([row for _, row in rows], columns=headings, dtype="str")


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise DataRefused(f"{path.name}: not a CSV table: its text is neither UTF-8 nor of Windows' Western code page")


def _trimmed(cells: list[str], least: int) -> list[str]:
    """A row without the empty cells at its end, down to so many."""
    held = max((at for at, cell in enumerate(cells, start=1) if cell), default=0)
    return cells[: max(held, least)]


def column_of(table: pd.DataFrame, heading: str, *, where: str) -> "pd.Series[str]":
    """The column under a heading, every cell filled; ``DataRefused`` names what is there instead."""
    if heading not in table.columns:
        raise DataRefused(f"{where}: there is no column {heading!r}; it has {', '.join(table.columns)}")
    column = table[heading]
    if (column == "").any():
        raise DataRefused(f"{where}: {int((column == '').sum())} cells under {heading} are empty")
    return column


def read_code_list(path: Path, *, like: str, limits: Limits = STANDARD) -> frozenset[str]:
    """The codes of a CSV list: under the heading ``like``, under ``code``, or in its only column."""
    table = read_code_table(path, limits=limits)
    named = [heading for heading in table.columns if heading.lower() in {like.lower(), "code"}]
    chosen = named or (list(table.columns) if table.shape[1] == 1 else [])
    if len(chosen) != 1:
        raise DataRefused(
            f"{path.name}: cannot tell which column holds the codes; expected {like!r} or 'code', "
            f"it has {', '.join(table.columns)}"
        )
    return frozenset(column_of(table, chosen[0], where=path.name))


def codes_of_district(path: Path, *, lad: str, like: str, limits: Limits = STANDARD) -> frozenset[str]:
    """
    The codes under the heading ``like`` of a lookup's rows whose district (``LADyyCD``) is ``lad``; perhaps none.

    The heading may be without its year (``WDCD``).

    Of several district columns it is the newest that knows the district. A table that relates nothing (codes, and
    perhaps their names) is a list of the codes wanted.
    """
    table = read_code_table(path, limits=limits)
    areas = [name for name in table.columns if name.lower() in {like.lower(), _undated(like)}]
    if not areas:
        return frozenset()
    districts = newest_first(district_columns(table.columns))
    for district in districts:
        rows, _ = in_district(table[district], lad)
        if rows.any():
            return frozenset(column_of(table[rows], areas[0], where=path.name))
    official = [name for name in table.columns if CODE_COLUMN.match(name)]
    return frozenset(column_of(table, areas[0], where=path.name)) if official == areas else frozenset()


def _undated(heading: str) -> str:
    return re.sub(r"\d\d(?=cd$)", "", heading.lower())
