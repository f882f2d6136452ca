"""Tables of codes: lookups and code lists in CSV, as the statistics office publishes them."""

import csv
from pathlib import Path

import pandas as pd

from hotspots.boundaries.read import CODE_COLUMN, district_columns, newest_first
from hotspots.errors import DataRefused
from hotspots.files import require
from hotspots.limits import STANDARD, Limits


def read_code_table(path: Path, *, limits: Limits = STANDARD) -> pd.DataFrame:
    """
    A CSV table (UTF-8) as text, cells without surrounding spaces, headings as written.

    Raises
    ------
    FileRefused
        The file is missing or is no text.
    DataRefused
        It is not UTF-8, has no rows, a heading twice, or a row with another number of cells than headings.
    """
    require(path, "text", expected="a CSV table of codes", limits=limits)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = [(number, row) for number, row in enumerate(csv.reader(stream, strict=True), start=1) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataRefused(f"{path.name}: not a UTF-8 CSV table ({error})") from error
    if len(lines) < 2:
        raise DataRefused(f"{path.name}: no rows below the headings")
    headings = [cell.strip() for cell in lines[0][1]]
    if len(set(headings)) != len(headings):
        raise DataRefused(f"{path.name}: a heading is there twice in {', '.join(headings)}")
    for number, row in lines[1:]:
        if len(row) != len(headings):
            raise DataRefused(f"{path.name} row {number}: {len(row)} cells under {len(headings)} headings")
    return pd.DataFrame([[cell.strip() for cell in row] for _, row in lines[1:]], columns=headings, dtype="str")


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

    Of several district columns it is the newest that knows the district. A table that relates nothing (codes, and
    perhaps their names) is a list of the codes wanted.
    """
    table = read_code_table(path, limits=limits)
    areas = [name for name in table.columns if name.lower() == like.lower()]
    if not areas:
        return frozenset()
    districts = newest_first(district_columns(table.columns))
    for district in districts:
        rows = table[district].str.strip() == lad
        if rows.any():
            return frozenset(column_of(table[rows], areas[0], where=path.name))
    official = [name for name in table.columns if CODE_COLUMN.match(name)]
    return frozenset(column_of(table, areas[0], where=path.name)) if official == areas else frozenset()
