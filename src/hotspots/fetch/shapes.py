"""Geometry of an ArcGIS answer: rings that only their direction tells apart, or GeoJSON, and the system it is in."""

import json
from typing import Any

import shapely

from hotspots.boundaries.features import System
from hotspots.errors import AnswerError, CrsError

_SYSTEMS: dict[str, System] = {"27700": "EPSG:27700", "4326": "OGC:CRS84"}


def shape_of(row: dict[str, Any], *, where: str) -> Any:
    """
    The polygon of a row as a shapely geometry, valid or not; None where it has none.

    Raises
    ------
    AnswerError
        The geometry is no polygon.
    """
    geometry = row.get("geometry")
    if geometry is None:
        return None
    try:
        if "rings" in geometry:
            return polygons_of(geometry["rings"])
        return shapely.from_geojson(json.dumps(geometry))
    except (shapely.errors.ShapelyError, ValueError, TypeError) as error:
        raise AnswerError(f"{where}: a geometry that cannot be read ({str(error)[:120]})") from error


def system_of(row: dict[str, Any], *, where: str) -> System:
    """
    The system of a row's coordinates: as the answer states it, or longitude and latitude in GeoJSON.

    Raises
    ------
    CrsError
        Another system than WGS84 and EPSG:27700, or none with rings.
    """
    stated = row.get("system")
    if not isinstance(stated, dict):
        if "attributes" not in row:
            return "OGC:CRS84"
        raise CrsError(f"{where}: the answer does not say in which system its coordinates are")
    inner = stated.get("properties")
    name = str(inner.get("name", "") if isinstance(inner, dict) else "")
    if name.endswith("CRS84"):
        return "OGC:CRS84"
    # As written, so that a number that is none is no system: EPSG:4326, urn:ogc:def:crs:EPSG::27700.
    for code in (stated.get("latestWkid"), stated.get("wkid"), name.rpartition(":")[2]):
        if str(code) in _SYSTEMS:
            return _SYSTEMS[str(code)]
    raise CrsError(f"{where}: coordinates in {name or stated}; expected WGS84 or EPSG:27700")


def polygons_of(rings: list[list[list[float]]]) -> Any:
    """
    Esri rings as a polygon or multipolygon: clockwise ones are outer, the others holes in the smallest round them.

    An only ring is taken as it is, whatever its direction, so that an invalid one is seen by the check of boundaries.

    Examples
    --------
    >>> outer = [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]]
    >>> hole = [[3, 3], [6, 3], [6, 6], [3, 6], [3, 3]]
    >>> polygons_of([outer, hole]).area
    72.0
    """
    lines = [shapely.linearrings([point[:2] for point in ring]) for ring in rings]
    if len(lines) == 1:
        return shapely.polygons(lines[0])
    outer = [line for line in lines if not shapely.is_ccw(line)]
    filled: list[Any] = [shapely.polygons(line) for line in outer]
    holes: dict[int, list[Any]] = {}
    for line in lines:
        if shapely.is_ccw(line):
            first = shapely.points(shapely.get_coordinates(line)[0])
            round_it = [number for number, shape in enumerate(filled) if shapely.covers(shape, first)]
            if not round_it:
                raise ValueError("a hole outside every outer ring")
            holes.setdefault(min(round_it, key=lambda number: shapely.area(filled[number])), []).append(line)
    parts = [shapely.polygons(line, holes=holes.get(number)) for number, line in enumerate(outer)]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
