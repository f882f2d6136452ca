"""The convert command: a table of counts by LSOA of one vintage as the same table by LSOA of another, or by what both
share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hotspots.areas import Lookup
from hotspots.boundaries import load_reference
from hotspots.boundaries.code_table import column_of, read_code_table
from hotspots.boundaries.read import CODE_COLUMN
from hotspots.errors import DataRefused, UsageError, VintageError
from hotspots.periods import Absent
from hotspots.pipeline.columns import Columns, columns_of
from hotspots.settings import Area
from hotspots.sources._cells import Interval, clean_code, parse_interval, parse_number, plain
from hotspots.vintages import COMMON, Conversion, Split, convert_counts

_CODES = ("lsoa_code", "lsoa code", "area_code", "area code", "code")
_COMMON_CODE = "common_code"  # heading of codes that are no official ones
_COLUMN = "column"
_HOW = "conversion"


@dataclass(frozen=True)
class Asked:
    """
    What is converted from which vintage to which, and how an area that was split is divided.

    ``by`` and ``without`` are headings of what tells rows apart and of what is left behind, beyond those that are known
    by themselves; ``marks`` are suppression marks.
    """

    vintage: str
    into: str
    area_column: str = ""
    weights: Path | None = None
    weight_name: str = ""
    absent: Absent = "unknown"
    by: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    marks: Mapping[str, Interval] = field(default_factory=lambda: {"<5": (1, 4)})

    def __post_init__(self) -> None:
        if self.vintage == self.into:
            raise UsageError(f"the counts are of {self.vintage} and asked for in {self.into}: nothing to convert")
        if self.into == COMMON and self.weights is not None:
            raise UsageError("areas that both vintages share need no weights: nothing of them is divided")
        if (self.weights is None) != (not self.weight_name):
            raise UsageError(
                "to divide by weights, give both their file (--weights) and the name of what they are (--weight-name)"
            )


@dataclass(frozen=True, eq=False)
class Converted:
    """
    The converted table, with what a reader has to know: rows read, columns left behind, and for each column of counts
    the total before, after and left out (intervals as their two ends).
    """

    table: pd.DataFrame
    read: int
    left: tuple[str, ...]
    kinds: dict[str, int]
    totals: dict[str, tuple[Interval, Interval, Interval]]


def convert_table(path: Path, asked: Asked, lookup: Lookup) -> Converted:
    """
    Counts of a CSV by area: a column of LSOA codes, columns of counts, and any others, which tell rows apart.

    A blank is a count that is not known, and takes the areas that need it with it. Codes under an official heading
    (``LSOA11CD``) come out under that of their new vintage, so that nobody takes them for the old ones.

    Raises
    ------
    DataRefused, VintageError
        A column, code or weight is not there, or an area cannot be converted as was asked.
    """
    table = read_code_table(path)
    area = _area_column(table, path.name, asked)
    if _HOW in table.columns and _HOW not in asked.without:
        raise DataRefused(
            f"{path.name}: it has a column {_HOW}, so its counts were converted before: convert those that they were "
            f"made of, or leave the column behind (--without {_HOW})"
        )
    columns = columns_of(table, area, by=asked.by, without=asked.without, marks=asked.marks, where=path.name)
    codes = table[area].map(clean_code)
    if (codes == "").any():
        raise DataRefused(f"{path.name}: {int((codes == '').sum())} rows have no code under {area}")
    # Under names of our own, so that no heading of the table is taken for a column of the conversion.
    keys = pd.DataFrame({"area_code": codes} | {f"by {at}": table[name] for at, name in enumerate(columns.by)})
    if keys.duplicated().any():
        twice = keys[keys.duplicated()]["area_code"].iloc[0]
        raise DataRefused(
            f"{path.name}: {twice} is there twice; add a column that tells the rows apart, or name it (--by)"
        )
    cells = {name: keys.assign(cell=table[name]) for name in columns.counts}
    long = pd.concat(cells, names=[_COLUMN, None]).reset_index(_COLUMN)
    long = long[long["cell"].map(plain) != ""]
    ends = [parse_interval(cell, asked.marks) for cell in long["cell"]]
    long = long.assign(lower=[end[0] for end in ends], upper=[end[1] for end in ends])  # type: ignore[index]
    made = _converted(long.drop(columns="cell"), asked, lookup, list(keys.columns[1:]))
    return _as_table(made, long, columns, _heading(area, asked.into), len(table))


def _heading(area: str, into: str) -> str:
    """
    The heading of the new codes: an official one says the vintage, and any other stays.

    Examples
    --------
    >>> _heading("LSOA11CD", "2021"), _heading("LSOA11CD", "common"), _heading("lsoa_code", "2021")
    ('LSOA21CD', 'common_code', 'lsoa_code')
    """
    if not CODE_COLUMN.match(area):
        return area
    return _COMMON_CODE if into == COMMON else f"LSOA{into[2:]}CD"


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
    if codes and table[codes].duplicated().any():
        raise DataRefused(f"{path.name}: {table[codes][table[codes].duplicated()].iloc[0]} is there twice")
    if not codes or len(held) != 1:
        raise DataRefused(
            f"{path.name}: expected a column of LSOA codes and one of numbers, got {', '.join(table.columns)}"
        )
    return pd.Series(numbers[held[0]], index=table[codes].tolist(), dtype="float64")


def _as_table(made: Conversion, before: pd.DataFrame, columns: Columns, heading: str, read: int) -> Converted:
    shown = made.table.assign(
        cell=[
            low if low == high else f"{low} to {high}"
            for low, high in zip(made.table["lower"], made.table["upper"], strict=True)
        ]
    )
    keys = [name for name in made.table.columns if name == "area_code" or name.startswith("by ")]
    cells = shown.pivot(index=keys, columns=_COLUMN, values="cell").reindex(columns=list(columns.counts))
    kinds = shown.groupby(keys)["conversion"].first()
    table = cells.assign(**{_HOW: kinds}).reset_index()
    table.columns = pd.Index([heading, *columns.by, *columns.counts, _HOW])
    totals = {
        name: (_ends(before, name), _ends(made.table, name), _ends(made.left_out, name)) for name in columns.counts
    }
    return Converted(
        table.astype(object).where(table.notna(), None),
        read,
        columns.left,
        {kind: len(codes) for kind, codes in made.areas.items()},
        totals,
    )


def _ends(rows: pd.DataFrame, name: str) -> Interval:
    own = rows[rows[_COLUMN] == name]
    return int(own["lower"].sum()), int(own["upper"].sum())
