"""The lookups of a new area folder: the district's rows of each, and what the headings say that they relate."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hotspots.area_folder.area_file import LookupEntry
from hotspots.area_folder.records import write_table
from hotspots.boundaries.code_table import read_code_table
from hotspots.boundaries.districts import district_columns, in_district
from hotspots.boundaries.read import CODE_COLUMN
from hotspots.errors import DataRefused

_UNDATED_WARD = re.compile(r"^wdcd$", re.I)


@dataclass(frozen=True)
class HeldWards:
    """The wards of the folder, if there are any: their vintage and their codes."""

    vintage: str = ""
    codes: frozenset[str] = frozenset()


def take_lookup(
    path: Path, *, stage: Path, lad: str, lsoas: frozenset[str], wards: HeldWards
) -> tuple[LookupEntry | None, list[str]]:
    """
    Keep the district's rows of a lookup, and say in the area file what they relate: the headings tell.

    Wards under a heading without a year (``WDCD``) are those of the folder if it has all of them; of others the vintage
    is not known, and their column is left alone. A table of wards and districts is a list of ward codes.

    Raises
    ------
    DataRefused
        No row is of the district, or the headings relate nothing that is known.
    """
    rows = lookup_rows(path, lad=lad, lsoas=lsoas)
    kept = stage / "boundaries" / "lookups" / f"{re.sub(r'[^a-z0-9]+', '-', path.stem.lower()).strip('-')}.csv"
    entry, notes = _related(rows, path.name, kept.relative_to(stage).as_posix(), wards)
    if entry is not None:
        write_table(rows, kept)
    return entry, [f"{len(rows)} rows of the lookup {path.name}.", *notes]


def lookup_rows(path: Path, *, lad: str, lsoas: frozenset[str]) -> pd.DataFrame:
    """The district's rows of a lookup: those of its LSOAs, or those that name the district."""
    table = read_code_table(path)
    chosen = pd.Series(False, index=table.index)
    for name in _columns(table, "lsoa"):
        chosen |= table[name].isin(lsoas)
    for name in district_columns(table.columns):
        chosen |= in_district(table[name], lad)[0]
    if not chosen.any():
        raise DataRefused(f"{path.name}: no row of it is of {lad} or of one of its {len(lsoas)} LSOAs")
    return table[chosen].reset_index(drop=True)


def _related(rows: pd.DataFrame, name: str, where: str, held: HeldWards) -> tuple[LookupEntry | None, list[str]]:
    lsoas = sorted(_columns(rows, "lsoa"), key=_year)
    if len(lsoas) == 2 and [_year(heading) for heading in lsoas] == ["11", "21"]:
        change = next((heading for heading in rows.columns if heading.upper() in {"CHGIND", "CHNGIND"}), "")
        return LookupEntry("lsoa_2011_to_2021", where, lsoas[0], lsoas[1], "2011", "2021", change), []
    wards, notes = _wards(rows, name, held)
    if len(lsoas) == 1 and len(wards) == 1:
        ((ward, vintage),) = wards.items()
        return LookupEntry("lsoa_to_ward", where, lsoas[0], ward, f"20{_year(lsoas[0])}", vintage), notes
    if len(lsoas) == 1:
        return LookupEntry("codes", where, lsoas[0], "", f"20{_year(lsoas[0])}", ""), notes
    if not lsoas and district_columns(rows.columns) and (wards or notes):
        # Codes of several years are one list each: that of the newest is kept.
        newest = max(wards.items(), key=lambda item: item[1], default=None)
        return newest and LookupEntry("codes", where, newest[0], "", newest[1], "", child_kind="ward"), notes
    raise DataRefused(
        f"{name}: a lookup has one LSOA column and one ward column (LSOA11CD, WD17CD), or LSOA11CD and LSOA21CD, or "
        f"one of wards and one of districts; this one has {', '.join(rows.columns)}"
    )


def _wards(rows: pd.DataFrame, name: str, held: HeldWards) -> tuple[dict[str, str], list[str]]:
    """The ward columns with their vintages, and what is to be said of one whose vintage is not known."""
    wards = {heading: f"20{_year(heading)}" for heading in _columns(rows, "wd")}
    undated = next((heading for heading in rows.columns if _UNDATED_WARD.match(heading)), None)
    if undated is None:
        return wards, []
    if held.codes and set(rows[undated]) <= held.codes:
        return wards | {undated: held.vintage}, [f"The wards under {undated} of {name} are those of {held.vintage}."]
    return wards, [f"Of what year the wards under {undated} of {name} are is not said: they are left alone."]


def _columns(table: pd.DataFrame, kind: str) -> list[str]:
    return [name for name in table.columns if (found := CODE_COLUMN.match(name)) and found["kind"].lower() == kind]


def _year(heading: str) -> str:
    found = CODE_COLUMN.match(heading)
    return found["year"] if found else ""
