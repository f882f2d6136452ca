"""Residents of a new area folder: which columns of a population file, however it is headed, hold codes and people."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import Lookup
from hotspots.boundaries.read import CODE_COLUMN
from hotspots.errors import DataRefused, HotspotsError, UsageError
from hotspots.limits import STANDARD, Limits
from hotspots.sources._cells import parse_count, plain
from hotspots.sources._codes import GSS_CODE
from hotspots.sources._open import Sheet, Window
from hotspots.sources.population import codes_in
from hotspots.sources.sniff.texts import opened, outside
from hotspots.vintages import common_areas, convert_counts

# From the surest: a column of that name first, then one whose name begins or ends with such words.
_TOTALS = (
    "population", "all_ages", "all ages", "allages", "residents", "usual residents", "all usual residents",
    "total population", "total", "all persons", "persons", "obs_value", "value", "count",
)  # fmt: skip
_TOTAL_WORDS = re.compile(
    r"^(all (usual )?residents|all persons|all ages|total|residence type: total)\b|\btotal\b", re.I
)
_MID_YEAR = re.compile(r"mid[-_ ]?(?:year)?\D{0,40}(?P<year>20\d\d)|(?<!\w)date\W{0,30}(?P<dated>20\d\d)", re.I)
# A table of a census, as the offices name it and head it, is of its day and not of the middle of its year.
_CENSUS = re.compile(r"census[-_ ]?20(?P<year>[12]1)|\bc20(?P<coded>[12]1)_|(?<![a-z])ts0\d\d|residence type", re.I)
_DATED_CODES = re.compile(
    r"(?:lsoa|super output areas?)\D{0,20}(?P<after>20[12]1)|(?P<before>20[12]1)\D{0,5}super output area", re.I
)
_CENSUS_DAYS = {"11": date(2011, 3, 27), "21": date(2021, 3, 21)}
_MOSTLY = 0.9
_USUAL = {"format": "csv", "encoding": "utf-8", "delimiter": "comma"}
_COLUMN_OF = ("area_code", "parent_code")  # of a lookup: the codes of 2011, and of 2021


# Rows in which the columns are looked for: a national workbook has seven million cells, and takes a minute to read.
_HEAD = Window(rows=300)


@dataclass(frozen=True)
class Residents:
    """
    What is known of a population file: headings, vintage of its codes, day; how it is opened, and which columns (from
    0) hold codes and residents.
    """

    area: str
    population: str
    vintage: str
    on: date
    opened: dict[str, Any] = field(default_factory=dict)
    at: tuple[int, int] = (0, 1)


def describe_population(
    path: Path,
    *,
    vintage: str,
    on: date | None,
    columns: tuple[str | None, str | None] = (None, None),
    limits: Limits = STANDARD,
) -> Residents:
    """
    Which columns of a CSV or workbook hold codes and residents, and at what date they were counted.

    Titles may stand above the headings and footnotes below the rows. Codes are in the column that holds LSOA codes,
    alone or with the name in one cell; of several, under the official heading of the vintage (``LSOA21CD``). Residents
    are under ``all_ages``, ``population``, ``Total`` and the like, or in the only column of counts. Of several sheets
    it is that of all persons, and of several years that of the date, or the newest. The date is the middle of the year
    in the names of sheet and file or in the titles (``mid2017``: 30 June 2017), and census day of a census table,
    unless one is given.

    Raises
    ------
    DataRefused
        No column holds LSOA codes.
    UsageError
        No column, or several, could hold the residents, or no date is given and the file has none.
    """
    settings, sheet = _opened(path, on, limits)
    codes = _code_column(sheet, path.name, columns[0], vintage)
    first = next(row for row, cells in enumerate(sheet.rows) if codes_in(_cell(cells, codes)))
    headings = _headings(sheet, first, codes)
    titles = sheet.rows[: max(first - 1, 0)]
    if not headings:
        headings = [f"column {number}" for number in range(1, max(map(len, sheet.rows[first:])) + 1)]
        settings["headings"] = tuple(headings)
    body = [cells for cells in sheet.rows[first:] if codes_in(_cell(cells, codes))]
    people = _people_column(headings, body, path.name, columns[1], without=codes)
    stated = _vintage_named(headings[codes]) or vintage
    names, above, row = [settings.get("sheet", ""), path.stem], [*map(" ".join, titles)], " ".join(headings)
    tables = [title for title in above if title.startswith("TS0")]  # others may name a census for its areas alone
    day = on or _mid_year([*names, f"mid {headings[people]}", *above, row]) or _census_day([*names, *tables, row])
    if day is None:
        raise UsageError(f"{path.name}: say of what day its residents are: --population-date 2020-06-30")
    return Residents(headings[codes], headings[people], stated, day, settings, (codes, people))


def take_residents(
    path: Path,
    found: Residents,
    *,
    lsoas: frozenset[str],
    lookup: Lookup | None,
    in_use: str,
    target: Path,
    limits: Limits = STANDARD,
) -> tuple[Residents, str]:
    """
    Write the district's rows of a population file to ``target`` (CSV), and say what became of every row.

    Codes of another vintage are converted by the lookup: unchanged and merged areas exactly; one that was split has no
    residents, and so no rates, rather than a guess. Cells stay as they are, to be judged when they are read.

    Raises
    ------
    DataRefused
        No row is of the district.
    """
    sheet = opened(path, _USUAL | found.opened, Window(columns=max(found.at) + 1), limits)
    rows = [(codes_in(_cell(cells, found.at[0])), plain(_cell(cells, found.at[1]))) for cells in sheet.rows]
    coded = pd.DataFrame([(codes[0], cell) for codes, cell in rows if codes], columns=["area_code", "cell"])
    theirs = _their_vintage(set(coded["area_code"]), found.vintage, lookup, in_use)
    known = lsoas if lookup is None or theirs == in_use else set(lookup.table[_COLUMN_OF[theirs == "2021"]])
    kept = coded[coded["area_code"].isin(known)]
    if kept.empty:
        kept = coded  # whoever reads them says of what vintage they seem to be
    words = (
        f"{len(rows):,} rows = {len(kept):,} kept + {len(coded) - len(kept):,} of other places + "
        f"{len(rows) - len(coded):,} without a code (headings, titles, totals, notes)"
    )
    table, heading = kept, found.area
    if lookup is not None and theirs != in_use:
        table, more = _converted(kept, lookup, theirs=theirs, in_use=in_use)
        theirs, heading, words = in_use, f"LSOA{in_use[2:4]}CD", f"{words}. {more}"
    target.parent.mkdir(parents=True, exist_ok=True)
    table.rename(columns={"area_code": heading, "cell": found.population}).to_csv(
        target, index=False, lineterminator="\n", encoding="utf-8"
    )
    return replace(found, area=heading, vintage=theirs, opened={}), words


def _their_vintage(codes: set[str], stated: str, lookup: Lookup | None, in_use: str) -> str:
    """The vintage stated, or, where it is said to be ours, the other one of the lookup if codes are of that alone."""
    if lookup is None or stated != in_use:
        return stated
    older, newer = (set(lookup.table[name]) for name in _COLUMN_OF)
    theirs = (older - newer) if in_use == lookup.parent_vintage else (newer - older)
    other = lookup.child_vintage if in_use == lookup.parent_vintage else lookup.parent_vintage
    return other if codes & theirs else stated


def _converted(kept: pd.DataFrame, lookup: Lookup, *, theirs: str, in_use: str) -> tuple[pd.DataFrame, str]:
    shared = common_areas(lookup).query("vintage == @theirs").set_index("area_code")["change"]
    divided = {"irregular", "split" if theirs == lookup.child_vintage else "merged"}
    counts = [parse_count(cell, {}) for cell in kept["cell"]]
    known = pd.Series([isinstance(count, tuple) for count in counts], index=kept.index)
    rows = (
        kept[known].assign(population=[count[0] for count in counts if isinstance(count, tuple)]).drop(columns="cell")
    )
    split = rows["area_code"].map(shared).isin(divided)
    made = convert_counts(rows[~split], lookup, vintage=theirs, to=in_use, values=["population"], absent="unknown")
    kinds = ", ".join(f"{len(codes)} {kind}" for kind, codes in made.areas.items())
    words = f"Codes of {theirs} were converted to {in_use} by the lookup: {kinds}"
    lost = len(made.left_out) + len(kept) - len(rows)
    if split.any() or lost:
        words += (
            f"; {int(split.sum())} were divided and {lost} are not known: their LSOAs of {in_use} have no residents, "
            f"and so no rates, until residents of {in_use} are given (or the table is converted with weights: hotspots "
            "boundaries convert)"
        )
    return made.table.rename(columns={"population": "cell"}), words


def _opened(path: Path, on: date | None, limits: Limits) -> tuple[dict[str, Any], Sheet]:
    """The sheet with LSOA codes, and the settings that open it where they are not the usual ones."""
    look = {found.key: found.options for found in outside(path, {}, limits)}
    sheets = look.pop("sheet", ("",))
    settings = {key: options[0] for key, options in look.items()}
    held = {name: _sheet_with_codes(path, settings | ({"sheet": name} if name else {}), limits) for name in sheets}
    found = _of_its_day({name: sheet for name, sheet in held.items() if sheet is not None}, on)
    if len(found) != 1:
        which = f"; {', '.join(found)} all do: save the right one alone" if found else ""
        raise DataRefused(f"{path.name}: expected one table with LSOA codes (such as E01017943) in a column{which}")
    name, sheet = next(iter(found.items()))
    changed = {key: value for key, value in settings.items() if value != _USUAL[key]}
    return changed | ({"sheet": name} if name else {}), sheet


def _of_its_day(found: dict[str, Sheet], on: date | None) -> dict[str, Sheet]:
    """Of several sheets those of all persons, and of the day, or of the newest year in their names."""
    if len(found) > 1:
        found = {name: sheet for name, sheet in found.items() if "persons" in name.casefold()} or found
    days = {name: _mid_year([name]) for name in found}
    newest = max((day for day in days.values() if day), default=None)
    if len(found) > 1 and newest:
        found = {name: sheet for name, sheet in found.items() if days[name] == (on or newest)} or found
    return found


def _sheet_with_codes(path: Path, settings: dict[str, Any], limits: Limits) -> Sheet | None:
    try:
        sheet = opened(path, settings, _HEAD, limits)
    except HotspotsError:
        if "sheet" in settings:
            return None
        raise
    return sheet if any(codes_in(cell) for row in sheet.rows for cell in row) else None


def _code_column(sheet: Sheet, name: str, given: str | None, vintage: str) -> int:
    held: dict[int, int] = {}
    for row in sheet.rows:
        for at, cell in enumerate(row):
            if codes_in(cell):
                held[at] = held.get(at, 0) + 1
    most = [at for at, count in sorted(held.items()) if count * 2 > max(held.values())]
    first = next(row for row, cells in enumerate(sheet.rows) if codes_in(_cell(cells, most[0])))
    headings = dict(enumerate(_headings(sheet, first, most[0])))
    wanted = (given or f"LSOA{vintage[2:4]}CD").casefold()
    named = [at for at in most if headings.get(at, "").casefold() == wanted]
    if given and not named:
        raise UsageError(f"{name}: no column {given!r} holds LSOA codes; its headings are {_listed(headings.values())}")
    return (named or most)[0]


def _headings(sheet: Sheet, first: int, codes: int) -> list[str]:
    """
    The row above the first row with a code, if it names the codes; a file without headings has none.

    Districts that stand above their LSOAs, with codes of their own, are no headings.
    """
    named = (row for row in reversed(sheet.rows[:first]) if plain(_cell(row, codes)))
    above = next((row for row in named if not GSS_CODE.fullmatch(plain(_cell(row, codes)))), [])
    return [plain(cell) for cell in above]


def _people_column(
    headings: Sequence[str], body: Sequence[Sequence[str]], name: str, given: str | None, *, without: int
) -> int:
    counts = [at for at in range(len(headings)) if at != without and headings[at] and _counted(body, at)]
    lower = {at: headings[at].casefold() for at in counts}
    if given:
        tries = [[at for at in counts if lower[at] == given.casefold()]]
    else:
        tries = [[at for at in counts if lower[at] == wanted] for wanted in _TOTALS]
        tries += [[at for at in counts if _TOTAL_WORDS.search(lower[at])], counts]
    found = next((tried for tried in tries if tried), [])
    if len(found) != 1:
        raise UsageError(
            f"{name}: cannot tell which column holds the residents; its headings are {_listed(headings)}; name both: "
            "--population-columns CODE,RESIDENTS"
        )
    return found[0]


def _counted(body: Sequence[Sequence[str]], at: int) -> bool:
    cells = [_cell(row, at) for row in body]
    read = sum(isinstance(parse_count(cell, {}), tuple) for cell in cells)
    # A column of census days or years is no count of people.
    years = {plain(cell) for cell in cells}
    same_year = len(years) == 1 and len(cells) > 1 and bool(re.fullmatch(r"20\d\d", next(iter(years))))
    return read >= _MOSTLY * len(cells) and not same_year


def _vintage_named(heading: str) -> str:
    """The vintage of codes in their heading: LSOA21CD, LSOA 2021 Code, 2021 super output area - lower layer."""
    if dated := CODE_COLUMN.match(heading):
        return f"20{dated['year']}"
    found = _DATED_CODES.search(heading)
    return (found["after"] or found["before"]) if found else ""


def _mid_year(texts: Iterable[str]) -> date | None:
    for text in texts:
        found = _MID_YEAR.search(text)
        if found:
            return date(int(found["year"] or found["dated"]), 6, 30)
    return None


def _census_day(texts: Iterable[str]) -> date | None:
    found = _CENSUS.search(" ".join(texts))
    return _CENSUS_DAYS[found["year"] or found["coded"] or "21"] if found else None


def _cell(row: Sequence[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _listed(headings: Iterable[str]) -> str:
    return ", ".join(list(headings)[:12])
