"""The boundary sets of a new area folder: which part of a file belongs to the district, and of what vintage it is."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots import crs
from hotspots.area_folder.welsh import names_of
from hotspots.areas import AreaKind
from hotspots.boundaries import PolygonFile, add_polygons, read_polygons
from hotspots.boundaries.code_table import codes_of_district, read_code_table
from hotspots.boundaries.cut import chosen_codes
from hotspots.boundaries.districts import district_columns, in_district, newest_first, parts_of
from hotspots.boundaries.features import Box, FeatureFile
from hotspots.boundaries.read import CODE_COLUMN, headings
from hotspots.boundary_settings import BoundariesSection
from hotspots.errors import DataRefused, UsageError
from hotspots.fetch.boundaries import Fetched, attribution
from hotspots.limits import STANDARD, Limits

GSS_CODE = re.compile(r"[EW][0-9]{8}")
LICENCE = "Open Government Licence v3.0"
# "Norwich 001A", "Ynys Môn 005C": the statistics office names an LSOA after its district.
_LSOA_NAME = re.compile(r"^(?P<place>.+) \d{3}[A-Z]$")
# Wards nest in districts, and lines of different editions differ by slivers.
_INSIDE_SHARE = 0.5
_LEAST_COVERED = 0.5
_WELL_COVERED = 0.98


@dataclass(frozen=True)
class Reading:
    """How files are read: the system of boundaries that state none, what may be repaired, and how large they may be."""

    crs: str | None = None
    tolerances: BoundariesSection = field(default_factory=BoundariesSection)
    limits: Limits = STANDARD


@dataclass(frozen=True)
class Columns:
    """The headings of code and name in a boundary file, and its vintage, where they are not found by themselves."""

    code: str | None = None
    name: str | None = None
    vintage: str | None = None


def add_lsoas(
    path: Path,
    *,
    folder: Path,
    lad: str,
    place: str,
    columns: Columns,
    lookups: tuple[Path, ...],
    whole: bool,
    reading: Reading,
    about: Fetched | None = None,
) -> tuple[dict[str, Any], str]:
    """
    Add the district's LSOAs from a file, and say how they were chosen.

    The district is taken from the file's own column, from a lookup that has the file's code column and a district
    column, or from the names of the LSOAs; a file that holds one place only, or is said to (``whole``), is taken whole.

    Raises
    ------
    DataRefused
        Nothing says which of the file's LSOAs belong to the district, or the file is refused.
    """
    how = "the whole file, as was said"

    def ours(held: PolygonFile) -> npt.NDArray[np.bool_]:
        """Which areas of the file are the district's; ``how`` becomes the words for how that was told."""
        nonlocal how
        vintage_of(held, "lsoa", columns.vintage)
        codes = None
        if not whole:
            codes, told = _lsoas_of_district(held, lad=lad, place=place, lookups=lookups)
            how = f"chosen {told}" if codes is not None else told
        _check_nation(held.codes.tolist() if codes is None else codes, lad=lad, where=path.name)
        return chosen_codes(held, codes)

    polygons = _read(path, "lsoa", columns, reading, ours)
    vintage = vintage_of(polygons, "lsoa", columns.vintage)
    return _added(path, polygons, folder=folder, kind="lsoa", vintage=vintage, reading=reading, about=about), how


def add_wards(
    path: Path,
    *,
    folder: Path,
    lad: str,
    columns: Columns,
    lsoas: Any,
    lookups: tuple[Path, ...],
    reading: Reading,
    about: Fetched | None = None,
) -> tuple[dict[str, Any], str]:
    """
    Add the district's wards from a file, and say how they were chosen: by a column or a lookup, or by where they lie.

    ``lsoas`` is the union of the district's LSOAs (EPSG:27700). A lookup that serves has wards and districts and no
    LSOAs: in one of LSOAs a ward that is the best fit of none is missing.

    Raises
    ------
    DataRefused
        None of the wards, or wards that cover less than half of the LSOAs, belong to the district.
    """
    how, number = "", 0

    def ours(held: PolygonFile) -> npt.NDArray[np.bool_] | Box:
        nonlocal how, number
        number = len(held)
        chosen, how = _wards_of_district(held, lad, lookups)
        return chosen if chosen.any() else _box(held.features, lsoas)

    polygons = _read(path, "ward", columns, reading, ours)
    vintage = vintage_of(polygons, "ward", columns.vintage)
    if not how.startswith("by "):
        how, polygons = f"by where they lie{how}", polygons.chosen(_lying_in(polygons, lsoas))
    if not len(polygons):
        raise DataRefused(f"{path.name}: none of its {number} wards belongs to {lad} ({how})")
    covered = shapely.intersection(_union(polygons), lsoas).area / lsoas.area
    if covered < _LEAST_COVERED:
        raise DataRefused(f"{path.name}: its wards cover {covered:.0%} of the LSOAs of {lad}: wards of another place?")
    if covered < _WELL_COVERED:
        how += f"; they leave {1 - covered:.1%} of the LSOAs uncovered"
    added = _added(path, polygons, folder=folder, kind="ward", vintage=vintage, reading=reading, about=about)
    return added, f"chosen {how}"


def _read(
    path: Path,
    kind: AreaKind,
    columns: Columns,
    reading: Reading,
    wanted: Callable[[PolygonFile], npt.NDArray[np.bool_] | Box],
) -> PolygonFile:
    return read_polygons(
        path,
        kind=kind,
        code_column=columns.code,
        name_column=columns.name,
        unstated=reading.crs,
        wanted=wanted,
        limits=reading.limits,
    )


def _check_nation(codes: list[str], *, lad: str, where: str) -> None:
    """A district of Wales has no LSOAs of England: the wrong file, or a slip in the code."""
    other = [code for code in codes if GSS_CODE.fullmatch(code) and code[0] != lad[0]]
    if other:
        raise DataRefused(f"{where}: {other[0]} is not in the nation of {lad}; is that the right file, and district?")


def vintage_of(polygons: PolygonFile, kind: AreaKind, stated: str | None) -> str:
    """The vintage that was stated, or the year in the official heading of the codes."""
    found = CODE_COLUMN.match(polygons.code_column)
    if stated or found:
        return stated or f"20{found['year']}"  # type: ignore[index]
    raise UsageError(
        f"{polygons.features.name}: the heading {polygons.code_column} does not say of what year its codes are; "
        f"give --{kind}-vintage, such as 2021"
    )


def _lsoas_of_district(
    polygons: PolygonFile, *, lad: str, place: str, lookups: tuple[Path, ...]
) -> tuple[list[str] | None, str]:
    """The codes to keep (None: all of them), and in words how they were found."""
    own, how = _of_district(polygons, lad)
    if own.any():
        return polygons.codes[own].tolist(), how
    for lookup in lookups:
        found = codes_of_district(lookup, lad=lad, like=polygons.code_column)
        if found:
            return sorted(
                found
            ), f"by {'the lookup' if district_columns(_columns(lookup)) else 'the list'} {lookup.name}"
    if district_columns(headings(polygons.features)):
        raise DataRefused(
            f"{polygons.features.name}: no LSOA of it is of {lad}{how}; give a --lookup that has {lad} in a district "
            f"column beside {polygons.code_column}, or --whole if the file holds the district only"
        )
    places = _places(polygons.names)
    in_welsh = _places(_welsh_names(polygons))
    if places.nunique() == 1 and places.notna().all() and _may_be(place, [*places[:1], *in_welsh[:1].dropna()]):
        _refuse_a_part(lad, place, [*places[:1], *in_welsh[:1].dropna()], polygons.features.name)
        return None, f"the whole file, which holds {places.iloc[0]} only"
    for name in sorted(names_of(place), key=lambda name: name != place):
        ours = (places == name) | (in_welsh == name)
        if ours.any():
            return polygons.codes[ours.to_numpy(dtype=bool)].tolist(), f"by their names ({name} 001A, ...)"
    whole = "--whole if the file holds the district only"
    if places.notna().any():
        named = f"none is named after {place!r}" if place else "no --name is given that they could be named after"
        like = _like(place, places) or f"such as {polygons.names.iloc[0]!r}"
        ways = f"--lookup, {whole}, or --name as in the names of the LSOAs ({like})"
    else:
        named, ways = "no column with names such as 'Norwich 001A'", f"--lookup, or {whole}"
    raise DataRefused(
        f"{polygons.features.name}: nothing says which of its {len(polygons)} LSOAs belong to {lad}: no district "
        f"column, {_lookup_words(lookups, polygons.code_column, lad)}, and {named}; give {ways}"
    )


def _refuse_a_part(lad: str, place: str, held: Sequence[str], file: str) -> None:
    """One of the districts that a larger one was made of does not pass for it, though its name may be in that one's."""
    parts = parts_of(lad)
    if parts and not {name.casefold() for name in names_of(place)} & {name.casefold() for name in held}:
        raise DataRefused(
            f"{file}: it holds {held[0]} only, and {lad} was made of {len(parts)} districts ({', '.join(parts)}): give "
            "a file of all of them, the --lad of the one that is meant, or --whole if the file holds all of the "
            "district"
        )


def _may_be(place: str, held: Sequence[str]) -> bool:
    """
    Whether what somebody calls a place may be one of these names: in either language, or by a word that they share.

    Examples
    --------
    >>> _may_be("Hull", ["Kingston upon Hull"]), _may_be("Ynys Môn", ["Isle of Anglesey"]), _may_be("", ["Gwynedd"])
    (True, True, True)
    >>> _may_be("Ynys Môn", ["Gwynedd"])
    False
    """
    names = {name.casefold() for name in names_of(place)}
    return not place or any(name.casefold() in names or _words(name) & _words(place) for name in held)


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w{4,}", name.casefold()))


def _places(names: "pd.Series[str]") -> "pd.Series[str]":
    return names.str.extract(_LSOA_NAME)["place"]


def _welsh_names(polygons: PolygonFile) -> "pd.Series[str]":
    """The names under the Welsh heading (``LSOA21NMW``), blank where the file has none."""
    wanted = f"{polygons.name_column}w".casefold()
    heading = next((name for name in headings(polygons.features) if name.casefold() == wanted), None)
    if heading is None:
        return pd.Series("", index=polygons.names.index, dtype="str")
    return polygons.features.attributes[heading].fillna("").astype("str")


def _lookup_words(lookups: tuple[Path, ...], code_column: str, lad: str) -> str:
    """Why no lookup says it: districts change their codes, and a lookup knows those of its year."""
    for lookup in lookups:
        districts = district_columns(_columns(lookup))
        if districts:
            return f"{lad} is not under {' or '.join(districts)} of {lookup.name} (another year has another code?)"
    return f"no lookup with {code_column} and a district column"


def _like(place: str, places: "pd.Series[str]") -> str:
    """The places of a file whose names have a word of the one asked for: Hull is 'Kingston upon Hull, City of'."""
    near = [held for held in places.dropna().unique() if _words(place) & _words(held)]
    return f"is it {' or '.join(map(repr, near[:4]))}?" if near else ""


def _of_district(polygons: PolygonFile, lad: str) -> tuple[npt.NDArray[np.bool_], str]:
    """Which features a district column of the file gives to the district (the newest one that knows it), in words."""
    columns = newest_first(district_columns(headings(polygons.features)))
    for column in columns:
        chosen, codes = in_district(polygons.features.attributes[column], lad)
        if chosen.any():
            return chosen.to_numpy(dtype=bool), f"by {column} {codes}"
    nowhere = f" (no {' or '.join(columns)} is {lad})" if columns else ""
    return np.zeros(len(polygons), dtype=bool), nowhere


def _wards_of_district(polygons: PolygonFile, lad: str, lookups: tuple[Path, ...]) -> tuple[npt.NDArray[np.bool_], str]:
    """Which wards a district column, or a lookup of wards and districts, gives to the district, in words."""
    chosen, how = _of_district(polygons, lad)
    held = polygons.codes
    for lookup in lookups if not chosen.any() else ():
        codes = codes_of_district(lookup, lad=lad, like=polygons.code_column)
        if codes and codes <= set(held) and not any(name.lower().startswith("lsoa") for name in _columns(lookup)):
            return held.isin(codes).to_numpy(dtype=bool), f"by the lookup {lookup.name}"
    return chosen, how


def _columns(table: Path) -> list[str]:
    return list(read_code_table(table).columns)


def _lying_in(polygons: PolygonFile, district: Any) -> npt.NDArray[np.bool_]:
    """Which features are of areas that lie mostly in the district: a rock of its own goes with the rest of its code."""
    shapes = shapely.make_valid(polygons.features.in_bng())
    shapely.prepare(district)
    ground = pd.DataFrame({"all": shapely.area(shapes), "ours": shapely.area(shapely.intersection(shapes, district))})
    of_code = ground.groupby(polygons.codes.to_numpy()).transform("sum")
    return (of_code["ours"] > _INSIDE_SHARE * of_code["all"]).to_numpy(dtype=bool)


def _box(features: FeatureFile, district: Any) -> Box:
    """The box round the district, in the system of a file: only what is near is read and converted."""
    shape = district if features.system == crs.BNG else crs.geometry_to_wgs84(district)
    west, south, east, north = shape.bounds
    if features.system == crs.WEB_MERCATOR:
        (west, east), (south, north) = (pair.tolist() for pair in crs.web_mercator([west, east], [south, north]))
    return west, south, east, north


def _union(polygons: PolygonFile) -> Any:
    return shapely.union_all(shapely.make_valid(polygons.features.in_bng()))


def _added(
    path: Path,
    polygons: PolygonFile,
    *,
    folder: Path,
    kind: AreaKind,
    vintage: str,
    reading: Reading,
    about: Fetched | None,
) -> dict[str, Any]:
    official = CODE_COLUMN.match(polygons.code_column) is not None
    stated = f"{LICENCE} (as the statistics office publishes it)" if official else ""
    words = attribution(vintage) if official else ""
    return add_polygons(
        polygons,
        folder=folder,
        kind=kind,
        vintage=vintage,
        source=about.source if about else path.name,
        licence=about.licence if about else stated,
        attribution=about.attribution if about else words,
        resolution=about.resolution if about else "",
        tolerances=reading.tolerances,
    )


def codes_of_set(folder: Path, name: str) -> frozenset[str]:
    """The codes of a set that was added."""
    return frozenset(_added_set(folder, name).codes)


def _added_set(folder: Path, name: str) -> PolygonFile:
    return read_polygons(next((folder / name).glob("areas.*")), code_column="code", name_column="name")


def study_area(folder: Path, name: str) -> tuple[frozenset[str], Any, str]:
    """The codes of a set that was added, the union of its polygons, and the place that most LSOAs are named after."""
    polygons = _added_set(folder, name)
    places = _places(polygons.names).dropna()
    return frozenset(polygons.codes), _union(polygons), str(places.mode().iloc[0]) if len(places) else ""
