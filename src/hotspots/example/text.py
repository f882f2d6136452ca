"""How the example's files are spelled: UTF-8, line feeds, stated digits, one row or feature a line."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry import Polygon

from hotspots.crs import geometry_to_wgs84, to_wgs84
from hotspots.example.shapes import normalised

DEGREE_DIGITS = 7  # about a centimetre
Properties = Mapping[str, Any]


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""
    A table as comma-separated text with line feeds; ``None`` is an empty cell.

    Examples
    --------
    >>> csv_text(["name", "count"], [["Market, centre", 2], ["Romsey", None]])
    'name,count\n"Market, centre",2\nRomsey,\n'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def json_text(value: object) -> str:
    """One JSON document, indented, ending with a line feed."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def feature_collection(features: Iterable[tuple[Properties, Mapping[str, object]]]) -> str:
    """RFC 7946 text of pairs of properties and geometry, one feature a line so that a change can be read."""
    lines = [
        json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}, ensure_ascii=False)
        for properties, geometry in features
    ]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def polygon_geometry(polygon: Polygon) -> dict[str, object]:
    """GeoJSON geometry (longitude, latitude, right-hand ring) of an EPSG:27700 polygon without holes."""
    vertices = shapely.get_coordinates(geometry_to_wgs84(normalised(polygon))).tolist()
    ring = [[round(degree, DEGREE_DIGITS) for degree in vertex] for vertex in vertices]
    return {"type": "Polygon", "coordinates": [ring]}


def point_geometry(easting: float, northing: float) -> dict[str, object]:
    """GeoJSON geometry (longitude, latitude) of an EPSG:27700 position."""
    return {"type": "Point", "coordinates": list(degrees(easting, northing, digits=DEGREE_DIGITS))}


def degrees(easting: float, northing: float, *, digits: int) -> tuple[float, float]:
    """Longitude and latitude of an EPSG:27700 position, rounded to so many digits."""
    longitude, latitude = to_wgs84([easting], [northing])
    return round(float(longitude[0]), digits), round(float(latitude[0]), digits)
