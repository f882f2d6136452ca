"""Cutting a national file to one district: by its own district column, by a list of codes, or by a lookup table."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hotspots.boundaries.code_table import codes_of_district, read_code_list
from hotspots.boundaries.districts import district_columns, in_district, newest_first
from hotspots.boundaries.read import PolygonFile, headings
from hotspots.errors import DataRefused
from hotspots.limits import STANDARD, Limits

Codes = Iterable[str] | Path | str


def cut_to_district(
    polygons: PolygonFile,
    *,
    lad: str | None,
    codes: Codes | None = None,
    lookup: Path | str | None = None,
    limits: Limits = STANDARD,
) -> PolygonFile:
    """
    The polygons of one district, or the whole file where neither a district nor codes are given.

    A list of codes goes before a lookup, and a lookup before the file's own ``LADyyCD`` column. Every code that the
    list or the lookup names has to be in the file: half a district is never taken for a whole one.

    Parameters
    ----------
    lad
        Code of the local authority district, such as ``E07000008``.
    codes
        The codes to keep, or a CSV file of them.
    lookup
        A CSV table with a district column and the file's code column, as published for LSOAs.

    Raises
    ------
    DataRefused
        Nothing says which areas belong to the district, none does, or codes are not in the file.
    """
    like = polygons.code_column
    if codes is not None:
        listed = (
            read_code_list(Path(codes), like=like, limits=limits) if isinstance(codes, str | Path) else frozenset(codes)
        )
        return _keeping(polygons, listed)
    if lad is None:
        return polygons
    if lookup is not None:
        found = codes_of_district(Path(lookup), lad=lad, like=like, limits=limits)
        if not found:
            raise DataRefused(
                f"{Path(lookup).name}: it has no row of {lad}; a lookup needs a district column (such as LAD22CD) and "
                f"the column {like}"
            )
        return _keeping(polygons, found)
    return _by_own_column(polygons, lad)


def chosen_codes(polygons: PolygonFile, wanted: Iterable[str] | None) -> npt.NDArray[np.bool_]:
    """
    Which polygons have the codes wanted; all of them where none are named.

    Raises
    ------
    DataRefused
        A code is not in the file.
    """
    held = polygons.codes
    if wanted is None:
        return np.ones(len(polygons), dtype=np.bool_)
    named = frozenset(wanted)
    missing = sorted(named - set(held))
    if missing or not named:
        raise DataRefused(
            f"{polygons.features.name}: {len(missing)} of the {len(named)} codes wanted are not in the file "
            f"(such as {', '.join(missing[:3]) or 'none given'}); are they of another vintage than "
            f"{polygons.code_column}?"
        )
    return held.isin(named).to_numpy(dtype=bool)


def _keeping(polygons: PolygonFile, wanted: frozenset[str]) -> PolygonFile:
    return polygons.chosen(chosen_codes(polygons, wanted))


def _by_own_column(polygons: PolygonFile, lad: str) -> PolygonFile:
    name = polygons.features.name
    columns = newest_first(district_columns(headings(polygons.features)))
    if not columns:
        raise DataRefused(
            f"{name}: to cut it to {lad} it needs a district column such as LAD22CD, and it has none (LSOA files "
            f"seldom have one); give a lookup table with the columns {polygons.code_column} and LAD22CD, or a list of "
            "codes"
        )
    for column in columns:
        keep, _ = in_district(polygons.features.attributes[column], lad)
        if keep.any():
            return polygons.chosen(keep.to_numpy(dtype=bool))
    some = ", ".join(sorted({str(district) for district in polygons.features.attributes[columns[0]]})[:3])
    raise DataRefused(f"{name}: no area has {columns[0]} {lad}; it has such as {some}")
