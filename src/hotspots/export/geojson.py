"""GeoJSON as RFC 7946 has it: longitude and latitude, right-hand rings, at most seven decimals, no ``crs`` member.

A layer is written and read back a block at a time, so that memory does not grow with the text of it.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from hotspots.export import json_text
from hotspots.export.about import metadata
from hotspots.export.degrees import Degrees, degrees, in_degrees
from hotspots.export.geojson_read_back import BETWEEN, compare
from hotspots.export.read_back import same
from hotspots.export.records import Records, records
from hotspots.layer import Layer
from hotspots.staging import staged_together

__all__ = ["degrees", "document", "verify", "write"]

# A block is this many features or vertices at most (or one feature): some 20 MB while it is being written.
_MOST_FEATURES = 20_000
_MOST_VERTICES = 200_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Written(NamedTuple):
    """A part of a document as it was meant: its bytes' length and fingerprint."""

    length: int
    digest: bytes


def write(layer: Layer, path: Path) -> tuple[Path, ...]:
    """Write a layer as GeoJSON; reopened and compared before it takes the place of an old file."""
    held = records(layer)
    with staged_together(path) as (stage,):
        written = []
        with stage.open("wb") as stream:
            for part in _parts(layer, held, name=path.name):
                stream.write(part)
                written.append(Written(len(part), hashlib.sha256(part).digest()))
        verify(stage, written, name=path.name)
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
    return b"".join(_parts(layer, records(layer), name=layer.meta.id)).decode("utf-8")


def verify(stage: Path, written: list[Written], *, name: str) -> None:
    """Reopen a written file: every part of it has the bytes that were meant, and there is nothing else."""
    same("size", got=stage.stat().st_size, expected=sum(part.length for part in written), name=name)
    with stage.open("rb") as stream:
        for part in written:
            read = stream.read(part.length)
            same("text", got=hashlib.sha256(read).digest(), expected=part.digest, name=name)


def _parts(layer: Layer, held: Records, *, name: str) -> Iterator[bytes | memoryview]:
    """
    The document in parts: a head, blocks of features, a foot.

    The text of the first and the last block is parsed and compared with the layer before it is handed out: number of
    features, identifiers, names and values, shapes. (A layer of up to 20,000 features is one block.)
    """
    yield f'{{"type":"FeatureCollection","metadata":{_ENCODER.encode(metadata(layer))},"features":[\n'.encode()
    identifiers = pa.array(held.ids)
    for rows in _blocks(held.geometry):
        ids, attributes = (
            column.slice(rows.start, rows.stop - rows.start) for column in (identifiers, held.attributes)
        )
        shapes = in_degrees(held.geometry[rows], ids=held.ids[rows])
        text = _features(ids, attributes, shapes)
        if rows.start == 0 or rows.stop == len(held.geometry):
            compare(text, ids=ids, attributes=attributes, shapes=shapes, name=name)
        yield text if rows.start else text[len(BETWEEN) :]
    yield b"\n]}\n"


def _blocks(geometry: npt.NDArray[np.object_]) -> Iterator[slice]:
    """Rows in blocks of a bounded number of features and of vertices; a feature is never divided."""
    vertices = np.cumsum(shapely.get_num_coordinates(geometry))
    start = 0
    while start < len(geometry):
        before = int(vertices[start - 1]) if start else 0
        stop = int(np.searchsorted(vertices, before + _MOST_VERTICES, side="right"))
        stop = min(max(stop, start + 1), start + _MOST_FEATURES, len(geometry))
        yield slice(start, stop)
        start = stop


def _features(ids: pa.Array, attributes: pa.Table, shapes: Degrees) -> memoryview:
    """The text of features, each after what stands between two."""
    lines = json_text.joined(
        *(f'{BETWEEN}{{"type":"Feature","id":', json_text.values(ids)),
        *(',"properties":', *json_text.members(attributes)),
        *('},"geometry":', json_text.geometries(shapes), "}"),
    )
    # The texts of an Arrow array lie one after the other: that is the text of them all.
    return memoryview(lines.buffers()[2])
