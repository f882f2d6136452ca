"""GeoJSON as RFC 7946 has it: longitude and latitude, right-hand rings, at most seven decimals, no ``crs`` member."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from hotspots.crs import geometry_to_wgs84
from hotspots.errors import DataRefused
from hotspots.export.about import metadata
from hotspots.export.moved import same, staged_together
from hotspots.export.records import Identifier, Records, records
from hotspots.layer import Layer

DEGREE_DIGITS = 7  # about a centimetre
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_Ids = tuple[Identifier, ...]
_Properties = list[dict[str, Any]]
_Shapes = npt.NDArray[np.object_]


def write(layer: Layer, path: Path) -> tuple[Path, ...]:
    """Write a layer as GeoJSON; reopened and compared before it takes the place of an old file."""
    held = records(layer)
    shapes = degrees(held.geometry, ids=held.ids)
    properties = _properties(held)
    text = _document(metadata(layer), held.ids, properties, shapes)
    with staged_together(path) as (stage,):
        stage.write_text(text, encoding="utf-8", newline="\n")
        verify(stage, held.ids, properties, shapes, name=path.name)
    return (path,)


def document(layer: Layer) -> str:
    """
    A layer as GeoJSON text, the same bytes for the same layer.

    Features are sorted by identifier (area code, event identifier); ``metadata`` beside them says what the numbers
    are, by whom, and how they are marked. Unknown values and places are null.

    Raises
    ------
    CrsError
        Features are not in EPSG:27700, or lie off the National Grid.
    DataRefused
        A polygon is not valid, or is smaller than a centimetre.
    """
    held = records(layer)
    return _document(metadata(layer), held.ids, _properties(held), degrees(held.geometry, ids=held.ids))


def degrees(geometry: _Shapes, *, ids: _Ids) -> _Shapes:
    """EPSG:27700 shapes in WGS84 by OSTN15, rounded to seven decimals, valid, exterior rings anticlockwise."""
    shapes = np.asarray(shapely.transform(geometry_to_wgs84(geometry), _rounded), dtype=object)
    # Rounding by a centimetre can make a thin neck touch itself: those few are snapped to the grid of digits instead.
    for place in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)):
        snapped = shapely.set_precision(geometry_to_wgs84(geometry[place]), 10.0**-DEGREE_DIGITS)
        shapes[place] = shapely.transform(snapped, _rounded)
        if snapped.is_empty or not shapes[place].is_valid:
            raise DataRefused(f"the shape of {ids[place]!r} is too thin for the {DEGREE_DIGITS} decimals of GeoJSON")
    oriented: _Shapes = shapely.orient_polygons(shapes, exterior_cw=False)
    return oriented


def verify(stage: Path, ids: _Ids, properties: _Properties, shapes: _Shapes, *, name: str) -> None:
    """Reopen a written file: number of features, identifiers, names and values, validity and bounds are as meant."""
    text = stage.read_text(encoding="utf-8")
    try:
        read = json.loads(text)
    except json.JSONDecodeError:
        same("text", got="not JSON", expected="GeoJSON", name=name)
    features = read["features"]
    same("number of features", got=len(features), expected=len(ids), name=name)
    same("identifiers", got=[feature["id"] for feature in features], expected=list(ids), name=name)
    same("values", got=[feature["properties"] for feature in features], expected=properties, name=name)
    same("reference system", got="crs" in read, expected=False, name=name)
    collection = shapely.from_geojson(_only_shapes(features))
    same(
        "shapes",
        got=shapely.get_num_geometries(collection),
        expected=int((~shapely.is_missing(shapes)).sum()),
        name=name,
    )
    same("bounds", got=_bounds([collection]), expected=_bounds(shapes), name=name)


def _document(about: dict[str, Any], ids: _Ids, rows: _Properties, shapes: _Shapes) -> str:
    features = ",\n".join(
        f'{{"type":"Feature","id":{_ENCODER.encode(identifier)},"properties":{_ENCODER.encode(row)},'
        f'"geometry":{shape or "null"}}}'
        for identifier, row, shape in zip(ids, rows, shapely.to_geojson(shapes).tolist(), strict=True)
    )
    return f'{{"type":"FeatureCollection","metadata":{_ENCODER.encode(about)},"features":[\n{features}\n]}}\n'


def _rounded(vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.round(vertices, DEGREE_DIGITS) + 0.0  # + 0.0: no minus zero at Greenwich


def _properties(held: Records) -> _Properties:
    """The attributes as JSON gives them back: dates are ISO texts."""
    fields = [
        field.with_type(pa.string()) if pa.types.is_date(field.type) else field for field in held.attributes.schema
    ]
    rows: _Properties = held.attributes.cast(pa.schema(fields)).to_pylist()
    return rows


def _only_shapes(features: list[dict[str, Any]]) -> str:
    shapes = [feature["geometry"] for feature in features if feature["geometry"] is not None]
    return _ENCODER.encode({"type": "GeometryCollection", "geometries": shapes})


def _bounds(shapes: Any) -> list[float]:
    """West, south, east and north in degrees; nothing where there is no shape."""
    there = [shape for shape in shapes if shape is not None and not shape.is_empty]
    return [round(float(edge), DEGREE_DIGITS) for edge in shapely.total_bounds(there)] if there else []
