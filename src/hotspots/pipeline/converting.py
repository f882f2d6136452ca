"""The convert command: a table of counts by LSOA of one vintage as the same table by LSOA of another, or by what both
share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hotspots.areas import Lookup
from hotspots.boundaries import load_reference
from hotspots.boundaries.code_table import column_of, read_code_table
from hotspots.boundaries.read import CODE_COLUMN
from hotspots.errors import DataRefused, UsageError, VintageError
from hotspots.periods import Absent
from hotspots.settings import Area
from hotspots.sources._cells import Interval, parse_count, parse_number, plain
from hotspots.vintages import Conversion, Split, convert_counts

_CODES = ("lsoa_code", "lsoa code", "area_code", "area code", "code")
_COLUMN = "column"


@dataclass(frozen=True)
class Asked:
    """What is converted from which vintage to which, and how an area that was split is divided."""

    vintage: str
    into: str
    area_column: str = ""
    weights: Path | None = None
    weight_name: str = ""
    absent: Absent = "unknown"


@dataclass(frozen=True, eq=False)
class Converted:
    """
    The converted table, with what a reader has to know: rows read, and for each column of counts the total before,
    after and left out (intervals as their two ends).
    """

    table: pd.DataFrame
    read: int
    kinds: dict[str, int]
    totals: dict[str, tuple[Interval, Interval, Interval]]


def convert_table(path: Path, asked: Asked, lookup: Lookup, *, marks: Mapping[str, Interval]) -> Converted:
    """
    Counts of a CSV by area (a column of LSOA codes, columns of counts, and any others, which tell rows apart).

    A blank is a count that is not known, and takes the areas that need it with it. ``marks`` are suppression marks.

    Raises
    ------
    DataRefused, VintageError
        A column, code or weight is not there, or an area cannot be converted as was asked.
    """
    table = read_code_table(path)
    area = _area_column(table, path.name, asked)
    counted = [name for name in table.columns if name != area and _is_counts(table[name], marks)]
    if not counted:
        raise DataRefused(
            f"{path.name}: no column beside {area} holds whole numbers alone (or marks: {', '.join(marks)})"
        )
    by = [name for name in table.columns if name not in {area, *counted}]
    twice = table[table.duplicated([area, *by])]
    if len(twice):
        raise DataRefused(f"{path.name}: {twice[area].iloc[0]} is there twice; add a column that tells the rows apart")
    long = table.melt(id_vars=[area, *by], value_vars=counted, var_name=_COLUMN, value_name="cell")
    long = long[long["cell"] != ""].rename(columns={area: "area_code"})
    ends = [parse_count(cell, marks) for cell in long["cell"]]
    long = long.assign(lower=[end[0] for end in ends], upper=[end[1] for end in ends])  # type: ignore[index]
    made = _converted(long.drop(columns="cell"), asked, lookup, by)
    return _as_table(made, long, by, counted, area, len(table))


def lookup_between(path: Path | None, area: Area | None) -> Lookup:
    """The lookup of a file (``LSOA11CD``, ``LSOA21CD``, and ``CHGIND`` where it is there), or that of the area file."""
    if path is None:
        held = load_reference(area).lookups if area is not None else ()
        found = next((lookup for lookup in held if lookup.kind == "lsoa_2011_to_2021"), None)
        if found is None:
            raise UsageError("name the lookup between the vintages: --lookup LSOA11_LSOA21_LAD22_EW_LU.csv")
        return found
    table = read_code_table(path)
    columns = {name.upper(): name for name in table.columns}
    wanted = {"area_code": "LSOA11CD", "parent_code": "LSOA21CD"}
    links = {ours: column_of(table, columns.get(theirs, theirs), where=path.name) for ours, theirs in wanted.items()}
    change = next((columns[name] for name in ("CHGIND", "CHNGIND") if name in columns), "")
    rows = pd.DataFrame(links | ({"change": table[change]} if change else {})).drop_duplicates(ignore_index=True)
    return Lookup("lsoa_2011_to_2021", "2011", "2021", rows)


def _area_column(table: pd.DataFrame, name: str, asked: Asked) -> str:
    if asked.area_column:
        column_of(table, asked.area_column, where=name)
        return asked.area_column
    official = {column: found for column in table.columns if (found := CODE_COLUMN.match(column))}
    ours = [column for column, found in official.items() if f"20{found['year']}" == asked.vintage]
    if official and not ours:
        raise VintageError(f"{name}: its codes are {', '.join(official)}, and {asked.vintage} was asked for")
    named = ours or [column for column in table.columns if column.casefold() in _CODES]
    if len(named) != 1:
        raise UsageError(f"{name}: which column holds the codes? {', '.join(table.columns)}: --area-column")
    return str(named[0])


def _is_counts(column: "pd.Series[str]", marks: Mapping[str, Interval]) -> bool:
    filled = [cell for cell in column if plain(cell)]
    return bool(filled) and all(isinstance(parse_count(cell, marks), tuple) for cell in filled)


def _converted(long: pd.DataFrame, asked: Asked, lookup: Lookup, by: list[str]) -> Conversion:
    split: Split = "weights" if asked.weights is not None else "refuse"
    return convert_counts(
        long,
        lookup,
        vintage=asked.vintage,
        to=asked.into,
        split=split,
        weights=_weights(asked.weights) if asked.weights is not None else None,
        weight_name=asked.weight_name,
        by=[*by, _COLUMN],
        absent=asked.absent,
    )


def _weights(path: Path) -> "pd.Series[float]":
    """Weights by code: a column of codes, and the only other that holds numbers alone."""
    table = read_code_table(path)
    codes = next((name for name in table.columns if CODE_COLUMN.match(name) or name.casefold() in _CODES), "")
    numbers = {name: [parse_number(cell) for cell in table[name]] for name in table.columns if name != codes}
    held = [name for name, cells in numbers.items() if all(isinstance(cell, float) for cell in cells)]
    if not codes or len(held) != 1:
        raise DataRefused(
            f"{path.name}: expected a column of LSOA codes and one of numbers, got {', '.join(table.columns)}"
        )
    return pd.Series(numbers[held[0]], index=table[codes].tolist(), dtype="float64")


def _as_table(
    made: Conversion, before: pd.DataFrame, by: list[str], counted: list[str], area: str, read: int
) -> Converted:
    shown = made.table.assign(
        cell=[
            low if low == high else f"{low} to {high}"
            for low, high in zip(made.table["lower"], made.table["upper"], strict=True)
        ]
    )
    keys = ["area_code", *by]
    cells = shown.pivot(index=keys, columns=_COLUMN, values="cell").reindex(columns=counted)
    kinds = shown.groupby(keys)["conversion"].first()
    table = cells.assign(conversion=kinds).reset_index().rename(columns={"area_code": area})
    table.columns.name = None
    totals = {name: (_ends(before, name), _ends(made.table, name), _ends(made.left_out, name)) for name in counted}
    return Converted(
        table.astype(object).where(table.notna(), None),
        read,
        {kind: len(codes) for kind, codes in made.areas.items()},
        totals,
    )


def _ends(rows: pd.DataFrame, name: str) -> Interval:
    own = rows[rows[_COLUMN] == name]
    return int(own["lower"].sum()), int(own["upper"].sum())
