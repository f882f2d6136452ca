"""The gazetteer of an area: its places, the streets that recorded crime names, OS Open Names, and resolved texts."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import Reference
from hotspots.boundaries.code_table import read_code_table
from hotspots.boundaries.read import read_features
from hotspots.crs import require_on_grid, to_bng
from hotspots.errors import DataRefused
from hotspots.gazetteer import COLUMNS, Gazetteer, normal, reaching_all, streets_of
from hotspots.settings import Area
from hotspots.source_settings import NeedleFindsSource
from hotspots.sources._cells import parse_number, plain
from hotspots.sources._headed import headed_rows
from hotspots.sources._open import open_sheets, source_paths
from hotspots.sources._positions import study_bounds
from hotspots.spreadsheet import defused_table
from hotspots.towns import TOWNS, in_both_languages, towns_in

RESOLVED_COLUMNS = ("text", "name", "easting", "northing", "uncertainty_m")
# The columns of OS Open Names, whose files have no headings: name, second name, middle, and the box round it.
_NAME, _SECOND_NAME, _MIDDLE, _BOX = 2, 4, (8, 9), (12, 13, 14, 15)
_TYPE, _SETTLEMENT = 6, "settlement"
_OPEN_NAMES_COLUMNS = 34
_NO_BOX_M = 200.0
_STREET_BEYOND_M = 100.0  # snap points of a street on the border may lie just outside
# "Pwllheli North" and "Gogledd Pwllheli" are parts of a town that is ours; "Bath Road" would be none of Bath.
_SIDE_OF_TOWN = re.compile(r" (north|south|east|west|central|town)$|^(gogledd|de|dwyrain|gorllewin|canol|tref) ")
_STREET_LOCATION = {"location": "Location", "longitude": "Longitude", "latitude": "Latitude"}


def load_gazetteer(area: Area, reference: Reference) -> Gazetteer | None:
    """
    The gazetteer that an area's sources are placed by; None where none of them has a place in words.

    Raises
    ------
    DataRefused
        No place is known at all, or a resolved text names a place that is not in the gazetteer.
    """
    if not any(getattr(getattr(source, "columns", None), "location_text", "") for source in area.file.sources):
        return None
    section = area.file.gazetteer
    parts = [_places(area), _streets(area, reference), _open_names(area)]
    table = pd.concat([part for part in parts if len(part)] or [_empty()], ignore_index=True)
    bounds = study_bounds(reference)
    other = table[table["kind"] == _SETTLEMENT]
    if bounds is not None:
        west, south, east, north = bounds
        table = table[table["easting"].between(west, east) & table["northing"].between(south, north)]
        other = other[~other.index.isin(table.index)]
    elsewhere = _elsewhere(area, reference, ours=table["name"], other=other["name"])
    table = table.reset_index(drop=True)
    resolved = _resolved(area, table)
    if table.empty and not resolved:
        raise DataRefused(
            "a source has a place in words, but no place is known: name map.places, gazetteer.open_names or a source "
            "of recorded crime"
        )
    return Gazetteer(table, section.threshold, section.largest_uncertainty_m, resolved, elsewhere)


def _elsewhere(area: Area, reference: Reference, *, ours: "pd.Series[str]", other: "pd.Series[str]") -> frozenset[str]:
    """Names of other places: those that are known or given, without what is a name of ours as well."""
    own = {area.file.area.name, *ours}
    for areas in reference.sets:
        own |= set(areas.table["name"]) | set(areas.table["name"].str.replace(r" \d{3}[A-Z]$", "", regex=True))
    named = frozenset(map(normal, own))
    towns = in_both_languages(named | {_SIDE_OF_TOWN.sub("", name) for name in named})
    known = (TOWNS | frozenset(map(normal, other))) - towns_in(named) - towns
    return (known | frozenset(map(normal, area.file.gazetteer.elsewhere))) - named


def gazetteer_paths(area: Area) -> list[str]:
    """The files, relative to the area file, that only the gazetteer reads."""
    section = area.file.gazetteer
    names = (
        source_paths(_opener(section.open_names, area), folder=area.folder, limits=area.file.limits)
        if section.open_names
        else ()
    )
    return [path.relative_to(area.folder).as_posix() for path in names] + (
        [section.resolved] if section.resolved else []
    )


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str" if name in {"name", "kind"} else "float64") for name in COLUMNS})


def _places(area: Area) -> pd.DataFrame:
    """The places of the map, and those that hotspots are named by, unless the map has one of the same name."""
    paths = dict.fromkeys(path for path in (area.file.map.places, area.file.hotspots.gazetteer) if path)
    table = _empty()
    for path in paths:
        more = _places_of(path, area)
        known = more["name"].map(normal).isin(set(table["name"].map(normal)))
        table = pd.concat([part for part in (table, more[~known]) if len(part)] or [table], ignore_index=True)
    return table


def _places_of(path: str, area: Area) -> pd.DataFrame:
    features = read_features(area.folder / path, limits=area.file.limits)
    points = np.array([shape is not None and shape.geom_type == "Point" for shape in features.geometry], dtype=np.bool_)
    features = features.chosen(points)
    coordinates = shapely.get_coordinates(features.in_bng())
    attributes = features.attributes
    stated = next((name for name in ("uncertainty_m", "radius_m") if name in attributes), None)
    own = attributes[stated] if stated else pd.Series(np.nan, index=attributes.index)
    uncertainty_m = pd.to_numeric(own, errors="coerce").fillna(area.file.gazetteer.place_uncertainty_m)
    return pd.DataFrame(
        {
            "name": attributes["name"].astype(str),
            "easting": coordinates[:, 0],
            "northing": coordinates[:, 1],
            "uncertainty_m": uncertainty_m.astype(np.float64),
            "kind": "place",
        }
    )


def _streets(area: Area, reference: Reference) -> pd.DataFrame:
    """The streets of our area: a whole force's file names the Mill Roads of other towns as well."""
    source = area.source("crimes")
    if source is None:
        return _empty()
    rows = headed_rows(source, folder=area.folder, limits=area.file.limits, columns=_STREET_LOCATION).rows
    numbers = {name: rows[name].map(_number).to_numpy(dtype=np.float64) for name in ("longitude", "latitude")}
    easting, northing = to_bng(numbers["longitude"], numbers["latitude"])
    ours = np.isfinite(easting)
    if reference.sets:
        nearby = shapely.buffer(reference.study_area, _STREET_BEYOND_M)
        ours &= shapely.contains_xy(nearby, np.nan_to_num(easting), np.nan_to_num(northing))
    return streets_of(rows["location"][ours].tolist(), easting[ours], northing[ours])


def _open_names(area: Area) -> pd.DataFrame:
    path = area.file.gazetteer.open_names
    if not path:
        return _empty()
    rows: list[tuple[str, float, float, float, str]] = []
    for sheet in open_sheets(_opener(path, area), folder=area.folder, limits=area.file.limits):
        for line, row in zip(sheet.lines, sheet.rows, strict=True):
            if plain(row[0]).casefold() == "id":
                continue
            if len(row) != _OPEN_NAMES_COLUMNS:
                raise DataRefused(
                    f"{sheet.file.name} line {line}: {len(row)} cells; a row of OS Open Names has {_OPEN_NAMES_COLUMNS}"
                )
            easting, northing = (_number(row[at]) for at in _MIDDLE)
            west, south, east, north = (_number(row[at]) for at in _BOX)
            reach = float(np.hypot(east - west, north - south)) / 2
            uncertainty_m = reach if np.isfinite(reach) else _NO_BOX_M
            names = {plain(row[at]) for at in (_NAME, _SECOND_NAME)} - {""}
            kind = _SETTLEMENT if plain(row[_TYPE]) == "populatedPlace" else "open name"
            rows += [(name, easting, northing, uncertainty_m, kind) for name in sorted(names)]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).dropna(ignore_index=True)
    require_on_grid(table[["easting", "northing"]].to_numpy(dtype=np.float64), what=path)
    return table


def _resolved(area: Area, table: pd.DataFrame) -> dict[str, tuple[str, float, float, float]]:
    """Texts resolved by hand: by the name of a place, or by a position; rows without either are still to be done."""
    if not area.file.gazetteer.resolved:
        return {}
    path = area.folder / area.file.gazetteer.resolved
    rows = read_code_table(path, limits=area.file.limits)
    missing = [name for name in RESOLVED_COLUMNS if name not in rows.columns]
    if missing:
        raise DataRefused(f"{path.name}: there is no column {missing[0]!r}; expected {', '.join(RESOLVED_COLUMNS)}")
    called: dict[str, list[int]] = {}
    for at, name in enumerate(table["name"]):
        called.setdefault(normal(name), []).append(at)
    found: dict[str, tuple[str, float, float, float]] = {}
    for line, row in enumerate(rows.to_dict("records"), start=2):
        where, words = f"{path.name} row {line}", normal(row["text"])
        made = _resolved_row(row, table, called, where=where, usual_m=area.file.gazetteer.place_uncertainty_m)
        if made is None:
            continue
        if found.setdefault(words, made) != made:
            raise DataRefused(
                f"{where}: {row['text'][:60]!r} is resolved twice, to different places; keep one row of it"
            )
    return found


def _resolved_row(
    row: dict[Any, str], table: pd.DataFrame, called: dict[str, list[int]], *, where: str, usual_m: float
) -> tuple[str, float, float, float] | None:
    """The place that somebody gave a text, or None; a cell that cannot be read is told, or it would pass for undone."""
    numbers = {name: _number(row[name]) for name in RESOLVED_COLUMNS[2:]}
    unread = [name for name, number in numbers.items() if row[name] and not np.isfinite(number)]
    if unread:
        raise DataRefused(f"{where}: {unread[0]} {row[unread[0]][:20]!r} is not a number written in plain digits")
    position, stated = (numbers["easting"], numbers["northing"]), numbers["uncertainty_m"]
    if np.isfinite(position).any():
        if not np.isfinite(position).all():
            raise DataRefused(f"{where}: easting and northing belong together, and one of them is blank")
        require_on_grid(np.array([position]), what=where)
        return (row["name"] or row["text"], *position, stated if np.isfinite(stated) else usual_m)
    if not row["name"]:
        return None
    named = called.get(normal(row["name"]), [])
    if not named:
        raise DataRefused(f"{where}: no place of the gazetteer is called {row['name'][:60]!r}")
    one = reaching_all(table, named)
    if one is None:
        raise DataRefused(
            f"{where}: {len(named)} places that lie apart are called {row['name'][:60]!r}; give easting and northing"
        )
    place = table.iloc[one]
    own = stated if np.isfinite(stated) else float(place["uncertainty_m"])
    return str(place["name"]), float(place["easting"]), float(place["northing"]), own


def _opener(path: str, area: Area) -> NeedleFindsSource:
    """The settings under which the one door opens a file; of them only the path and the format matter here."""
    first = area.file.sources[0]
    days = {"covers_from": first.covers_from, "covers_to": first.covers_to}
    return NeedleFindsSource.model_validate({"id": "open-names", "kind": "needle_finds", "path": path, **days})


def _number(text: Any) -> float:
    number = parse_number(str(text))
    return number if isinstance(number, float) else float("nan")


def resolve_template(path: Path, unplaced: pd.DataFrame) -> None:
    """Write texts that named no place, most frequent first, with the columns that somebody fills in by hand."""
    table = unplaced.assign(name="", easting="", northing="", uncertainty_m="")
    columns = [*RESOLVED_COLUMNS, "records", "status", "candidates"]
    defused_table(table[columns]).to_csv(path, index=False, lineterminator="\n")
