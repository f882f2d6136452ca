"""Boundaries and lookups of a district from the statistics office: fetched whole or not at all, and counted."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from hotspots.areas import AreaKind, require_district
from hotspots.boundaries.code_table import column_of, read_code_table
from hotspots.boundaries.districts import district_columns
from hotspots.boundaries.read import headings, read_polygons
from hotspots.errors import AnswerError, DataRefused, FetchError
from hotspots.fetch import arcgis
from hotspots.fetch.arcgis import Layer
from hotspots.fetch.catalogue import LayerEntry
from hotspots.fetch.client import Client
from hotspots.fetch.kept import Kept
from hotspots.fetch.origin import Folder, Origin, Portal
from hotspots.fetch.shapes import shape_of, system_of
from hotspots.staging import staged

Progress = Callable[[str], None]

_PREFIX: dict[AreaKind, str] = {"lsoa": "lsoa", "ward": "wd"}
_NO_DISTRICT = "no district field, and the catalogue names no lookup for it"
_PORTAL = "Open Geography Portal (Office for National Statistics)"


@dataclass(frozen=True)
class Fetched:
    """A file with a district's boundaries, and what its manifest has to say of where it is from."""

    path: Path
    rows: int
    source: str
    licence: str
    attribution: str
    resolution: str


def fetch_boundaries(
    origin: Origin,
    to: Path,
    *,
    kind: AreaKind,
    vintage: str,
    lad: str,
    resolution: str = "",
    kept: Path | None = None,
    progress: Progress = lambda _: None,
) -> Fetched:
    """
    Write the boundaries of a district to the GeoJSON file ``to``.

    The district's codes come from the layer's own district field where it has one, otherwise from a lookup of the
    catalogue. The rows are compared with the server's count and the codes with those of the lookup.

    Parameters
    ----------
    origin
        The portal, a mirror, or a folder of downloaded files.
    kept
        Folder in which answers are kept until the whole is fetched, so that an interrupted fetch goes on.

    Raises
    ------
    UsageError
        The district's code is none.
    FetchError
        The service refuses, or what it sends cannot be whole.
    DataRefused
        The district is not in it.
    """
    require_district(lad)
    entry = origin.catalogue.layer(kind, vintage, resolution)
    answers = Kept(kept or to.with_name(f".fetching-{to.name}"))
    if isinstance(origin, Folder):
        service, features = _from_folder(origin, entry, lad, answers)
    else:
        service, features = _from_portal(origin, entry, lad, answers, progress)
    _write_geojson(features, to)
    answers.forget()
    return Fetched(
        path=to,
        rows=len(features),
        source=f"{_PORTAL}, {service}",
        licence=origin.catalogue.licence,
        attribution=attribution(vintage),
        resolution=origin.catalogue.resolutions.get(entry.resolution, entry.resolution),
    )


def fetch_lookup(
    origin: Origin, name: str, to: Path, *, lad: str, kept: Path | None = None, progress: Progress = lambda _: None
) -> int:
    """
    Write the district's rows of a lookup of the catalogue to the CSV file ``to``; returns how many.

    Raises
    ------
    FetchError, DataRefused
        As :func:`fetch_boundaries`.
    """
    answers = Kept(kept or to.with_name(f".fetching-{to.name}"))
    table = district_rows(origin, name, lad=lad, kept=answers, progress=progress)
    with staged(to) as stage:
        table.to_csv(stage, index=False, lineterminator="\n", encoding="utf-8")
    answers.forget()
    return len(table)


def district_rows(origin: Origin, name: str, *, lad: str, kept: Kept, progress: Progress) -> pd.DataFrame:
    """The district's rows of a lookup, in the catalogue's columns, sorted, none twice."""
    entry = origin.catalogue.table(name)
    columns = list(entry.columns)
    district = district_columns(columns)[0]
    if isinstance(origin, Folder):
        path = origin.file(entry.services, ".csv")
        table = read_code_table(path)
        by_lower = {heading.lower(): heading for heading in table.columns}
        held = {column: by_lower.get(column.lower(), column) for column in columns}
        table = pd.DataFrame({column: column_of(table, own, where=path.name) for column, own in held.items()})
        table = table[table[district] == lad]
    else:
        asked = partial(
            _lookup_rows, origin.client, columns=columns, where=(district, lad), kept=kept, progress=progress
        )
        table = pd.DataFrame(arcgis.first_that_serves(origin.client, origin.base, entry.services, asked, kept=kept))
    if table.empty:
        raise DataRefused(
            f"no row of the lookup {name} has {district} {lad}: was the district called otherwise in 20{district[3:5]}?"
        )
    return table.drop_duplicates().sort_values(columns, ignore_index=True)


def attribution(vintage: str) -> str:
    """
    The words that the licence of official boundaries asks for, with their year.

    Examples
    --------
    >>> attribution("2021").split(". ")[0]
    'Contains National Statistics data © Crown copyright and database right 2021'
    """
    year = f" {vintage}" if re.fullmatch(r"20\d\d", vintage) else ""
    return (
        f"Contains National Statistics data © Crown copyright and database right{year}. "
        f"Contains OS data © Crown copyright and database right{year}."
    )


def _lookup_rows(
    client: Client, layer: Layer, *, columns: list[str], where: tuple[str, str], kept: Kept, progress: Progress
) -> list[dict[str, str]]:
    condition = f"{layer.column(where[0])} = {_quoted(where[1])}"
    found = arcgis.rows(client, layer, condition, columns=columns, geometry=False, kept=kept, progress=progress)
    values = [arcgis.attributes(row) for row in found]
    lost = [column for column in columns if any(column.lower() not in row for row in values)]
    if lost:
        raise AnswerError(f"{layer.service}: rows came without {', '.join(lost)}")
    return [{column: str(row[column.lower()] or "") for column in columns} for row in values]


def _from_portal(
    origin: Portal, entry: LayerEntry, lad: str, kept: Kept, progress: Progress
) -> tuple[str, list[dict[str, Any]]]:
    # Before any layer: a lookup that fails is no reason to try the next layer.
    wanted = _codes(origin, entry, lad, kept, progress) if entry.district else None
    asked = partial(_layer_rows, origin.client, entry, lad, wanted, kept, progress)
    return arcgis.first_that_serves(origin.client, origin.base, entry.services, asked, kept=kept)


def _layer_rows(
    client: Client,
    entry: LayerEntry,
    lad: str,
    wanted: set[str] | None,
    kept: Kept,
    progress: Progress,
    layer: Layer,
) -> tuple[str, list[dict[str, Any]]]:
    code = _field(layer, entry, "cd")
    names = [name for suffix in ("nm", "nmw") if (name := _field(layer, entry, suffix, needed=False))]
    districts = _of_year(district_columns(layer.fields), entry.vintage)
    if wanted is not None:
        conditions = arcgis.of_codes(layer.column(code), sorted(wanted))
    elif len(districts) == 1:
        conditions = [f"{layer.column(districts[0])} = {_quoted(lad)}"]
    else:
        raise FetchError(f"{layer.service} has {_NO_DISTRICT}")
    found = []
    columns = [code, *names, *districts]
    for condition in conditions:
        found += arcgis.rows(client, layer, condition, columns=columns, geometry=True, kept=kept, progress=progress)
    if not found:
        raise DataRefused(f"{layer.service}: no area of {lad} is in it")
    features = [_feature(row, tuple(columns), where=layer.service) for row in found]
    held = {str(feature["properties"][code.upper()]) for feature in features}
    if wanted is not None and held != wanted:
        lost = sorted(wanted - held)
        raise AnswerError(f"{layer.service}: {len(lost)} of {len(wanted)} areas did not come, such as {lost[:3]}")
    _one_system(features)
    return layer.service, features


def _codes(origin: Origin, entry: LayerEntry, lad: str, kept: Kept, progress: Progress) -> set[str]:
    """The codes of the district by the lookup that the catalogue names for these boundaries."""
    heading = f"{_PREFIX[entry.kind].upper()}{entry.vintage[2:4]}CD"
    if not entry.district:
        raise FetchError(f"{entry.services[0]} has {_NO_DISTRICT}")
    table = district_rows(origin, entry.district, lad=lad, kept=kept, progress=progress)
    return set(table[heading])


def _from_folder(origin: Folder, entry: LayerEntry, lad: str, kept: Kept) -> tuple[str, list[dict[str, Any]]]:
    path = origin.file(entry.services, ".geojson", ".json", ".gpkg", ".zip")
    polygons = read_polygons(path, kind=entry.kind)
    own = district_columns(headings(polygons.features))
    if len(own) == 1:
        keep = polygons.features.attributes[own[0]] == lad
    else:
        wanted = _codes(origin, entry, lad, kept, lambda _: None)
        keep = polygons.codes.isin(wanted)
        if lost := sorted(wanted - set(polygons.codes)):
            raise DataRefused(
                f"{path.name}: {len(lost)} of {len(wanted)} areas of {lad} are not in it, such as {lost[:3]}"
            )
    chosen = polygons.chosen(keep.to_numpy(dtype=bool))
    if not len(chosen):
        raise DataRefused(f"{path.name}: no area of {lad} is in it")
    heading = f"{_PREFIX[entry.kind].upper()}{entry.vintage[2:4]}"
    rows = zip(chosen.codes, chosen.names, chosen.features.geometry, strict=True)
    return path.stem, [
        {
            "properties": {f"{heading}CD": code, f"{heading}NM": name},
            "geometry": shape,
            "system": polygons.features.system,
        }
        for code, name, shape in rows
    ]


def _field(layer: Layer, entry: LayerEntry, suffix: str, *, needed: bool = True) -> str:
    """The layer's code or name field in lower case, whatever year and case it has."""
    official = re.compile(rf"{_PREFIX[entry.kind]}\d\d{suffix}")
    found = _of_year([name for name in layer.fields if official.fullmatch(name)], entry.vintage)
    if len(found) != 1 and needed:
        listed = ", ".join(layer.fields.values())
        raise FetchError(
            f"{layer.service}: expected one field of {entry.kind} codes, got {len(found)}; it has {listed}"
        )
    return found[0] if len(found) == 1 else ""


def _of_year(fields: list[str], vintage: str) -> list[str]:
    """Fields of the vintage's own year where there are several; all of them where none is."""
    own = [name for name in fields if name.strip("abcdefghijklmnopqrstuvwxyz") == vintage[2:4]]
    return own if len(fields) > 1 and own else fields


def _feature(row: dict[str, Any], columns: tuple[str, ...], *, where: str) -> dict[str, Any]:
    values = arcgis.attributes(row)
    return {
        "properties": {name.upper(): values.get(name.lower()) for name in columns},
        "geometry": shape_of(row, where=where),
        "system": system_of(row, where=where),
    }


def _one_system(features: list[dict[str, Any]]) -> str:
    systems = {str(feature["system"]) for feature in features}
    if len(systems) != 1:
        raise AnswerError(f"the answers are in several coordinate systems: {', '.join(sorted(systems))}")
    return systems.pop()


def _write_geojson(features: list[dict[str, Any]], to: Path) -> None:
    content = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": _one_system(features)}},
        "features": [
            {
                "type": "Feature",
                "properties": feature["properties"],
                "geometry": None
                if feature["geometry"] is None
                else json.loads(shapely.to_geojson(feature["geometry"])),
            }
            for feature in features
        ],
    }
    with staged(to) as stage:
        stage.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _quoted(text: str) -> str:
    """A text in a condition; district codes only, so that nothing else gets into a query."""
    if not text.isalnum():
        raise FetchError(f"{text[:40]!r} is no code of a district")
    return f"'{text}'"
