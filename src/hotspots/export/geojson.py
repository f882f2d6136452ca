"""GeoJSON as RFC 7946 has it: longitude and latitude, right-hand rings, at most seven decimals, no ``crs`` member.

A layer is written and read back a block at a time, so that memory does not grow with the text of it.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from hotspots.crs import geometry_to_wgs84
from hotspots.errors import DataRefused
from hotspots.export import json_text
from hotspots.export.about import metadata
from hotspots.export.read_back import same
from hotspots.export.records import Identifier, Records, records
from hotspots.layer import Layer
from hotspots.staging import staged_together

DEGREE_DIGITS = json_text.DIGITS  # about a centimetre
# A block is this many features or vertices at most (or one feature): some 20 MB while it is being written.
_MOST_FEATURES = 20_000
_MOST_VERTICES = 200_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_Ids = tuple[Identifier, ...]
_Shapes = npt.NDArray[np.object_]


class Written(NamedTuple):
    """A part of a document: which rows it has (none for its head and foot), its bytes' length and fingerprint."""

    rows: slice
    length: int
    digest: bytes


def write(layer: Layer, path: Path) -> tuple[Path, ...]:
    """Write a layer as GeoJSON; reopened and compared before it takes the place of an old file."""
    held = records(layer)
    with staged_together(path) as (stage,):
        written = []
        with stage.open("wb") as stream:
            for rows, part in _parts(layer, held):
                stream.write(part)
                written.append(Written(rows, len(part), hashlib.sha256(part).digest()))
        verify(stage, held, written, name=path.name)
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
    return b"".join(part for _, part in _parts(layer, records(layer))).decode("utf-8")


def degrees(geometry: _Shapes, *, ids: _Ids) -> _Shapes:
    """EPSG:27700 shapes in WGS84 by OSTN15, rounded to seven decimals, valid, exterior rings anticlockwise."""
    shapes = np.asarray(shapely.transform(geometry_to_wgs84(geometry), _rounded), dtype=object)
    # Rounding by a centimetre can make a thin neck touch itself: those few are snapped to the grid of digits instead.
    for place in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)):
        snapped = shapely.set_precision(geometry_to_wgs84(geometry[place]), 10.0**-DEGREE_DIGITS)
        shapes[place] = shapely.transform(snapped, _rounded)
        if snapped.is_empty or not shapes[place].is_valid:
            raise DataRefused(f"the shape of {ids[place]!r} is too thin for the {DEGREE_DIGITS} decimals of GeoJSON")
    if (shapely.get_dimensions(shapes) < 2).all():
        return shapes
    oriented: _Shapes = shapely.orient_polygons(shapes, exterior_cw=False)
    return oriented


def verify(stage: Path, held: Records, written: list[Written], *, name: str) -> None:
    """
    Reopen a written file: every part of it has the bytes that were meant, and the text of the parts says what was.

    Of the blocks of features the first and the last are parsed and compared with the layer: number of features,
    identifiers, names and values, shapes and bounds. (A layer of up to 20,000 features is one block.)
    """
    same("size", got=stage.stat().st_size, expected=sum(part.length for part in written), name=name)
    blocks = [place for place, part in enumerate(written) if part.rows != _NO_ROWS]
    parsed = {*blocks[:1], *blocks[-1:]}
    with stage.open("rb") as stream:
        for place, part in enumerate(written):
            read = stream.read(part.length)
            same("text", got=hashlib.sha256(read).digest(), expected=part.digest, name=name)
            if place in parsed:
                _verify_block(read.decode("utf-8"), held, part.rows, name=name)


_NO_ROWS = slice(0, 0)


def _parts(layer: Layer, held: Records) -> Iterator[tuple[slice, bytes]]:
    """The document in parts, each with the rows it has: a head, blocks of features, a foot."""
    head = f'{{"type":"FeatureCollection","metadata":{_ENCODER.encode(metadata(layer))},"features":[\n'
    yield _NO_ROWS, head.encode("utf-8")
    for rows in _blocks(held.geometry):
        text = _features(held.ids[rows], _attributes(held, rows), degrees(held.geometry[rows], ids=held.ids[rows]))
        yield rows, (f",\n{text}" if rows.start else text).encode("utf-8")
    yield _NO_ROWS, b"\n]}\n"


def _blocks(geometry: _Shapes) -> Iterator[slice]:
    """Rows in blocks of a bounded number of features and of vertices; a feature is never divided."""
    vertices = np.cumsum(shapely.get_num_coordinates(geometry))
    start = 0
    while start < len(geometry):
        before = int(vertices[start - 1]) if start else 0
        stop = int(np.searchsorted(vertices, before + _MOST_VERTICES, side="right"))
        stop = min(max(stop, start + 1), start + _MOST_FEATURES, len(geometry))
        yield slice(start, stop)
        start = stop


def _features(ids: _Ids, attributes: pa.Table, shapes: _Shapes) -> str:
    identifiers = json_text.values(pa.array(ids))
    parts = ('{"type":"Feature","id":', identifiers, ',"properties":', json_text.objects(attributes))
    lines = pc.binary_join_element_wise(*parts, ',"geometry":', json_text.geometries(shapes), "}", "")
    return ",\n".join(lines.to_pylist())


def _verify_block(text: str, held: Records, rows: slice, *, name: str) -> None:
    try:
        features = json.loads(f"[{text.removeprefix(',')}]")
    except json.JSONDecodeError:
        same("text", got="not JSON", expected="GeoJSON", name=name)
    ids, shapes = held.ids[rows], degrees(held.geometry[rows], ids=held.ids[rows])
    same("number of features", got=len(features), expected=len(ids), name=name)
    same("identifiers", got=[feature["id"] for feature in features], expected=list(ids), name=name)
    properties = _properties(_attributes(held, rows))
    same("values", got=[feature["properties"] for feature in features], expected=properties, name=name)
    collection = shapely.from_geojson(_only_shapes(features))
    expected = int((~shapely.is_missing(shapes)).sum())
    same("shapes", got=shapely.get_num_geometries(collection), expected=expected, name=name)
    same("bounds", got=_bounds([collection]), expected=_bounds(shapes), name=name)


def _rounded(vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.round(vertices, DEGREE_DIGITS) + 0.0  # + 0.0: no minus zero at Greenwich


def _attributes(held: Records, rows: slice) -> pa.Table:
    return held.attributes.slice(rows.start, rows.stop - rows.start)


def _properties(attributes: pa.Table) -> list[dict[str, Any]]:
    """The attributes as JSON gives them back: dates are ISO texts."""
    fields = [field.with_type(pa.string()) if pa.types.is_date(field.type) else field for field in attributes.schema]
    rows: list[dict[str, Any]] = attributes.cast(pa.schema(fields)).to_pylist()
    return rows


def _only_shapes(features: list[dict[str, Any]]) -> str:
    shapes = [feature["geometry"] for feature in features if feature["geometry"] is not None]
    return _ENCODER.encode({"type": "GeometryCollection", "geometries": shapes})


def _bounds(shapes: Any) -> list[float]:
    """West, south, east and north in degrees; nothing where there is no shape."""
    there = [shape for shape in shapes if shape is not None and not shape.is_empty]
    return [round(float(edge), DEGREE_DIGITS) for edge in shapely.total_bounds(there)] if there else []
