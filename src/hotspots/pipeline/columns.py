"""What each column of a table of counts by area is: counts, what tells its rows apart, or what describes the areas."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hotspots.errors import DataRefused, UsageError
from hotspots.sources._cells import Interval, parse_interval, parse_number, plain

# Whole numbers under these are days and years, not events: as one of few words, so not "callouts per year".
_TIMES = frozenset({"year", "yr", "fy", "quarter", "qtr", "month", "week", "day", "date", "hour", "period"})
_FEW_WORDS = 2
# Codes, names and numbers of areas, as the statistics office and map programs head them.
_OF_AREAS = re.compile(r"[a-z]{2,6}\d\d(cd|cdo|nm|nmw)|fid|objectid|globalid", re.I)
_NAME = re.compile(r"\bname\b", re.I)


@dataclass(frozen=True)
class Columns:
    """Headings by what is under them: ``counts``, ``by`` (tell rows apart), and ``left`` (describe the areas)."""

    counts: tuple[str, ...]
    by: tuple[str, ...]
    left: tuple[str, ...]


def columns_of(
    table: pd.DataFrame,
    area: str,
    *,
    by: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    marks: Mapping[str, Interval],
    where: str,
) -> Columns:
    """
    Sort the columns beside the area codes; what is in doubt is refused, and settled by ``by`` or ``without``.

    A name or a rate of an area is not that of the area that it becomes a part of: such columns are left behind, and
    where they are not known by their headings, somebody has to say so.

    Raises
    ------
    UsageError
        A heading named is not in the table.
    DataRefused
        No column holds counts, or one can be neither added up nor tell rows apart.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["A", "B"], "LSOA11NM": ["a", "b"], "Year": ["2018", "2018"], "n": ["3", "<5"]})
    >>> columns_of(table, "code", marks={"<5": (1, 4)}, where="counts.csv")
    Columns(counts=('n',), by=('Year',), left=('LSOA11NM',))
    """
    absent = [name for name in (*by, *without) if name not in table.columns or name == area]
    if absent:
        raise UsageError(f"{where}: there is no column {absent[0]!r} beside {area}; it has {', '.join(table.columns)}")
    counts, apart, left = [], list(by), list(without)
    for name in table.columns.drop([area, *by, *[held for held in without if held not in by]]):
        if _OF_AREAS.fullmatch(name) or (_NAME.search(_spaced(name)) and _describes(table, area, name)):
            left.append(name)
        elif _is_time(name) or not _holds_counts(table[name], marks, where=where):
            apart.append(name)
        else:
            counts.append(name)
    if not counts:
        raise DataRefused(
            f"{where}: no column beside {area} holds whole numbers alone (or marks: {', '.join(marks)}; say with "
            "--suppressed what others stand for)"
        )
    doubtful = [name for name in apart if name not in by and _describes(table, area, name)]
    if doubtful:
        raise DataRefused(
            f"{where}: {doubtful[0]} has one value in each area, and not the same in all: if it describes areas, leave "
            f"it behind (--without {doubtful[0]!r}); if it tells rows apart, say so (--by {doubtful[0]!r})"
        )
    order = list(table.columns)
    return Columns(*(tuple(sorted(names, key=order.index)) for names in (counts, apart, left)))


def _spaced(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", heading)


def _is_time(heading: str) -> bool:
    words = _spaced(heading).casefold().split()
    return len(words) <= _FEW_WORDS and bool(_TIMES & set(words))


def _describes(table: pd.DataFrame, area: str, name: str) -> bool:
    """Whether a column tells no rows of any area apart, and still differs between areas."""
    return bool(table.groupby(area)[name].nunique().max() == 1 and table[name].nunique() > 1)


def _holds_counts(column: "pd.Series[str]", marks: Mapping[str, Interval], *, where: str) -> bool:
    """Whether all filled cells are counts; refused where most are and some are not, or where they are other numbers."""
    filled = [(row, cell) for row, cell in enumerate(column, start=2) if plain(cell)]
    others = [(row, cell) for row, cell in filled if not isinstance(parse_interval(cell, marks), tuple)]
    if filled and all(isinstance(parse_number(cell), float) for _, cell in filled) and others:
        raise DataRefused(
            f"{where} row {others[0][0]}: {column.name} is {others[0][1]!r}: only counts add up, and a rate is to be "
            f"worked out again; leave it behind (--without {column.name!r})"
        )
    if others and 2 * len(others) < len(filled):
        raise DataRefused(
            f"{where} row {others[0][0]}: {column.name} is {others[0][1]!r}, where other rows have counts: say what it "
            f'stands for (--suppressed "{others[0][1]}=1-4"), leave the column behind (--without {column.name!r}) or '
            f"say that it tells rows apart (--by {column.name!r})"
        )
    return bool(filled) and not others
