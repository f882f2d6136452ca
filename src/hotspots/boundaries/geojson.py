"""GeoJSON read by ourselves: GDAL fetches the address that a ``crs`` member names, whatever driver is forced.

Only feature collections are read, only well-known ``crs`` members are accepted, and no other file or address can be
named by the content.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from hotspots.boundaries.features import FeatureFile, System, Wanted, check_features, check_size, unshaped
from hotspots.boundaries.topojson import collection_of
from hotspots.errors import CrsError, FileRefused
from hotspots.limits import Limits, in_bytes, words

_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
# As programs write it: short, as a urn (of a version, or none), or as the address of the definition, never followed.
_STATED = re.compile(
    r"^(?:(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?"
    r"(?P<authority>EPSG|OGC)[:/](?:[0-9.]{0,9}[:/])?(?P<code>[A-Z0-9]{4,6}))$",
    re.I,
)
_SYSTEMS: dict[tuple[str, str], System] = {
    ("OGC", "CRS84"): "OGC:CRS84",
    # Legacy files put longitude first under this name too, and so do all programs that read them.
    ("EPSG", "4326"): "OGC:CRS84",
    ("EPSG", "27700"): "EPSG:27700",
    ("EPSG", "3857"): "EPSG:3857",
    ("EPSG", "102100"): "EPSG:3857",
}
_LARGEST_DEGREES = 360.0
_MORE = "exceededTransferLimit"
_AROUND_LINES = "\x1e \t\r\n"  # a text sequence has record separators before its lines


def read_geojson(
    path: Path, *, limits: Limits, unstated: System | None = None, wanted: Wanted | None = None
) -> FeatureFile:
    """
    The features of a GeoJSON file, with the system its ``crs`` member states (longitude and latitude without one).

    ``unstated`` is the system of a file without a ``crs`` member whose coordinates cannot be degrees.

    Raises
    ------
    FileRefused
        The file is not a GeoJSON feature collection, is damaged, is one page of an answer, or is beyond the limits.
    CrsError
        The ``crs`` member names another system than WGS84 or EPSG:27700, or points at an address.
    """
    content = _collection(path.name, _parsed(path, limits), limits)
    _check_not_a_page(path.name, content)
    system = _stated_system(path.name, content.get("crs"))
    features = content.get("features")
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise FileRefused(f"{path.name}: 'features' must be a list of GeoJSON features")
    check_features(path.name, len(features), limits=limits)
    table = unshaped(path.name, system, _attributes(path.name, features, limits))
    chosen = wanted(table) if wanted is not None else None
    kept = np.flatnonzero(chosen) if isinstance(chosen, np.ndarray) else np.arange(len(features))
    geometry, closed = np.empty(len(kept), dtype=object), np.zeros(len(kept), dtype=np.bool_)
    for at, index in enumerate(kept):
        closed[at] = _close_rings(features[index].get("geometry"))
        geometry[at] = _geometry(f"{path.name}: feature {index + 1}", features[index].get("geometry"), limits)
    check_size(path.name, geometry, limits=limits)
    if unstated and content.get("crs") is None and np.abs(shapely.get_coordinates(geometry)).max() > _LARGEST_DEGREES:
        system = unstated
    attributes = table.attributes.iloc[kept].reset_index(drop=True)
    made = replace(table, system=system, attributes=attributes, geometry=geometry, closed=closed)
    return made.chosen(made.near(chosen)) if isinstance(chosen, tuple) else made


def _collection(name: str, content: Any, limits: Limits) -> dict[str, Any]:
    """A feature collection, whether the file is one, a topology of one, or a single feature."""
    kind = content.get("type", "no type") if isinstance(content, dict) else type(content).__name__
    if kind == "FeatureCollection":
        return dict(content)
    if kind == "Topology":
        return collection_of(name, content, limits=limits)
    if kind == "Feature":
        return {"type": "FeatureCollection", "features": [content], "crs": content.get("crs")}
    esri = isinstance(content, dict) and "geometryType" in content
    advice = "; it is Esri's own JSON: download it as GeoJSON (f=geojson in place of f=json)" if esri else ""
    raise FileRefused(f"{name}: expected a GeoJSON FeatureCollection, got {str(kind)[:40]!r}{advice}")


def _parsed(path: Path, limits: Limits) -> Any:
    if path.stat().st_size > in_bytes(limits.geojson_mb):
        raise FileRefused(
            f"{path.name} is {words(path.stat().st_size / 2**20)}; the limit for GeoJSON is {words(limits.geojson_mb)} "
            "(limits.geojson_mb): take the GeoPackage or file geodatabase of the same set, or save it as GeoPackage in "
            "QGIS; or, with four times its size of free memory, raise the limit (init: --limit geojson_mb=1024)"
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
        parsed = _of_lines(text) or json.loads(text.strip(_AROUND_LINES), parse_constant=_refuse_constant)
        if _HALF_CHARACTER.search(text):  # a pair of escapes is a whole character, one alone is none
            json.dumps(parsed, ensure_ascii=False).encode()
        return parsed
    except RecursionError as error:
        raise FileRefused(f"{path.name}: nested too deeply to be a boundary file") from error
    except UnicodeEncodeError as error:
        raise FileRefused(f"{path.name}: holds half a character (a surrogate alone), which no text can") from error
    except UnicodeDecodeError as error:
        raise FileRefused(f"{path.name}: not UTF-8 text (byte {error.start}); GeoJSON is always UTF-8") from error
    except ValueError as error:
        raise FileRefused(f"{path.name}: not valid JSON, perhaps cut short: {error}") from error


def _of_lines(text: str) -> Any:
    """The collection of a file with a feature on each line (GeoJSONL, RFC 8142); None for a file that is one text."""
    first, _, rest = text.strip(_AROUND_LINES).partition("\n")
    if not rest or not _is_feature(first):
        return None
    lines = (line.strip(_AROUND_LINES) for line in text.split("\n"))
    features = [json.loads(line, parse_constant=_refuse_constant) for line in lines if line]
    return {"type": "FeatureCollection", "features": features}


def _is_feature(line: str) -> bool:
    try:
        return bool(json.loads(line.strip(_AROUND_LINES))["type"] == "Feature")
    except (ValueError, TypeError, KeyError):
        return False


def _check_not_a_page(name: str, content: dict[str, Any]) -> None:
    """An answer of a map service that was saved: it says itself that it holds the first areas only, mostly 2,000."""
    if any(isinstance(place, dict) and place.get(_MORE) is True for place in (content, content.get("properties"))):
        raise FileRefused(
            f"{name}: one page of an answer ({_MORE}): the service has more areas than it sent; download the whole "
            "file (hotspots boundaries fetch takes every page)"
        )


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _stated_system(name: str, member: Any) -> System:
    if member is None:
        return "OGC:CRS84"
    properties = member.get("properties") if isinstance(member, dict) else None
    stated = properties.get("name") if isinstance(properties, dict) and member.get("type") == "name" else None
    found = _STATED.match(str(stated))
    system = _SYSTEMS.get((found["authority"].upper(), found["code"].upper())) if found else None
    if system is None:
        raise CrsError(
            f"{name}: the crs member {json.dumps(member)[:80]} is not known; expected WGS84 (CRS84, EPSG:4326), "
            "EPSG:27700, or none: save the file again as WGS84"
        )
    return system


def _geometry(where: str, member: Any, limits: Limits) -> Any:
    if member is None:
        return None
    parts = member.get("geometries") if isinstance(member, dict) else None
    if isinstance(parts, list) and any(isinstance(part, dict) and "geometries" in part for part in parts):
        raise FileRefused(f"{where}: a collection inside a collection is not accepted")
    if isinstance(member, list | dict):
        _check_depth(member, f"{where}: its geometry", limits)
    plain = _plain_polygon(member)
    if plain is not None:
        return plain
    try:
        return shapely.from_geojson(json.dumps(member))
    except shapely.errors.ShapelyError as error:
        raise FileRefused(f"{where}: its geometry cannot be read ({str(error)[:120]})") from error


def _close_rings(member: Any) -> bool:
    """Whether a ring of a polygon did not end where it began: every program that reads such a file closes it."""
    kind = member.get("type") if isinstance(member, dict) else None
    if kind not in {"Polygon", "MultiPolygon"}:
        return False
    parts = member.get("coordinates")
    parts = [parts] if kind == "Polygon" else parts
    rings = [ring for part in parts if isinstance(part, list) for ring in part] if isinstance(parts, list) else []
    ajar = [ring for ring in rings if isinstance(ring, list) and len(ring) > 2 and ring[0] != ring[-1]]
    for ring in ajar:
        ring.append(ring[0])
    return bool(ajar)


def _plain_polygon(member: Any) -> Any:
    """
    A polygon or multipolygon of closed rings of numbers, made directly: writing it as JSON again takes ten times as
    long. None for anything else, which is left to the reader that knows what is wrong with it.
    """
    if not isinstance(member, dict) or member.get("type") not in {"Polygon", "MultiPolygon"}:
        return None
    parts = member.get("coordinates")
    parts = [parts] if member["type"] == "Polygon" else parts
    if not isinstance(parts, list) or not all(isinstance(part, list) and part for part in parts):
        return None
    try:
        made = [[_ring(ring) for ring in part] for part in parts]
        polygons = [shapely.polygons(shell, holes=holes or None) for shell, *holes in made]
    except (TypeError, ValueError, shapely.errors.ShapelyError):
        return None
    return polygons[0] if member["type"] == "Polygon" else shapely.multipolygons(polygons)


def _ring(given: Any) -> Any:
    points = np.array(given)
    closed = points.ndim == 2 and len(points) > 3 and points.shape[1] in {2, 3} and (points[0] == points[-1]).all()
    if points.dtype.kind not in "if" or not closed:
        raise ValueError("not a plain closed ring")
    return shapely.linearrings(points.astype(np.float64))


def _attributes(name: str, features: list[dict[str, Any]], limits: Limits) -> list[dict[str, Any]]:
    rows = [feature.get("properties") or {} for feature in features]
    if not all(isinstance(row, dict) for row in rows):
        raise FileRefused(f"{name}: 'properties' of a feature must be an object")
    return [
        {key: _cell(value, f"{name}: feature {number}: property {key[:40]!r}", limits) for key, value in row.items()}
        for number, row in enumerate(rows, start=1)
    ]


def _cell(value: Any, where: str, limits: Limits) -> Any:
    """A property as a table holds it; a list or an object as its JSON text."""
    if not isinstance(value, list | dict):
        return value
    _check_depth(value, where, limits)
    return json.dumps(value)


def _check_depth(value: Any, where: str, limits: Limits) -> None:
    """Refuse lists and objects that are nested more deeply than the limit, level by level: recursion has limits too."""
    level = [value]
    for _ in range(limits.json_depth):
        inner = (list(held.values()) if isinstance(held, dict) else held for held in level)
        level = [held for values in inner for held in values if isinstance(held, list | dict)]
        if not level:
            return
    raise FileRefused(f"{where} is nested more than {limits.json_depth} deep (limits.json_depth)")
