"""Attributes and shapes as JSON text, a column and a block at a time: the same bytes as one by one, many times faster.

Numbers of degrees are written from whole numbers of ten-millionths, as a matrix of digits that loses its blanks.
"""

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

Shapes = npt.NDArray[np.object_]
_Bytes = npt.NDArray[np.uint8]
_Offsets = npt.NDArray[np.int64]

DIGITS = 7
_ONE = 10**DIGITS
_NULL = "null"
_FLOAT = float.__repr__  # the shortest digits that read back the same, as the json module writes them
# Brackets between position and whole: what a type nests its positions in, beyond the brackets of a position itself.
_NESTED = {0: ("Point", 0), 1: ("LineString", 1), 3: ("Polygon", 2), 4: ("MultiPoint", 1), 5: ("MultiLineString", 2)}
_NESTED |= {6: ("MultiPolygon", 3)}
_BETWEEN = (b"", b",", b"],[", b"]],[[")  # before the first position, the next one, that of a new ring, of a new part
_WIDEST_BETWEEN = 5
_WIDEST_NUMBER = 12  # -179.1234567


def objects(table: pa.Table) -> pa.Array:
    """
    Each row of a table as a JSON object; the columns are of the types that leave.

    Examples
    --------
    >>> objects(pa.table({"name": ["Market", None], "value": [1.5, 2.0]})).to_pylist()
    ['{"name":"Market","value":1.5}', '{"name":null,"value":2.0}']
    """
    parts: list[Any] = []
    for place, name in enumerate(table.column_names):
        parts += [f"{',' if place else '{'}{encode_basestring(name)}:", values(table.column(name).combine_chunks())]
    return _joined(*parts, "}")


def values(column: pa.Array) -> pa.Array:
    """
    Each value of a column as JSON text.

    Examples
    --------
    >>> values(pa.array([True, None])).to_pylist(), values(pa.array(['"'])).to_pylist()
    (['true', 'null'], ['"\\\\""'])
    """
    if pa.types.is_string(column.type):
        texts = _each(column, encode_basestring)
    elif pa.types.is_floating(column.type):
        texts = _each(column, _FLOAT)
    elif pa.types.is_date(column.type):
        texts = _joined('"', pc.cast(column, pa.string()), '"')
    else:
        texts = pc.cast(column, pa.string())
    return pc.fill_null(texts, _NULL)


def geometries(shapes: Shapes) -> pa.Array:
    """
    Each shape as a GeoJSON geometry, ``null`` where there is none: what ``shapely.to_geojson`` writes.

    Positions are longitudes and latitudes that were rounded to seven decimals.

    Examples
    --------
    >>> geometries(np.array([shapely.Point(0.1264361, 52.0), None])).to_pylist()
    ['{"type":"Point","coordinates":[0.1264361,52.0]}', 'null']
    """
    kinds = np.where(_written_one_by_one(shapes), -2, shapely.get_type_id(shapes))
    texts: list[pa.Array] = []
    places: list[npt.NDArray[np.intp]] = []
    for kind in np.unique(kinds).tolist():
        place = np.flatnonzero(kinds == kind)
        places.append(place)
        texts.append(_of_kind(kind, shapes[place]))
    if len(texts) == 1:
        return texts[0]
    if not texts:
        return pa.array([], pa.string())
    return pa.concat_arrays(texts).take(pa.array(np.argsort(np.concatenate(places))))


def _each(column: pa.Array, text: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else text(value) for value in column.to_pylist()], pa.string())


def _joined(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _written_one_by_one(shapes: Shapes) -> npt.NDArray[np.bool_]:
    """Collections, what is empty, and what touches the meridian so closely that its digits need an exponent."""
    kinds = shapely.get_type_id(shapes)
    vertices, owners = shapely.get_coordinates(shapes, return_index=True)
    beyond = ((np.abs(vertices) < 1e-4) & (vertices != 0.0)) | (np.abs(vertices) >= 1000.0)
    found = np.isin(kinds, [-1, *_NESTED], invert=True) | (shapely.is_empty(shapes) & (kinds >= 0))
    found[owners[beyond.any(axis=1)]] = True
    return found


def _of_kind(kind: int, shapes: Shapes) -> pa.Array:
    if kind == -1:
        return pa.array([_NULL] * len(shapes), pa.string())
    if kind not in _NESTED:
        return pa.array(shapely.to_geojson(shapes).tolist(), pa.string())
    name, depth = _NESTED[kind]
    vertices, firsts, between = _positions(shapes, kind)
    text, offsets = _text(vertices, between)
    ends = pa.py_buffer(offsets[[*firsts.tolist(), len(vertices)]].astype(np.int32))
    inner = pa.StringArray.from_buffers(len(shapes), ends, pa.py_buffer(text))
    return _joined(f'{{"type":"{name}","coordinates":{"[" * depth}', inner, f"{']' * depth}}}")


def _positions(shapes: Shapes, kind: int) -> tuple[npt.NDArray[np.float64], _Offsets, npt.NDArray[np.intp]]:
    """Vertices, the place of the first one of each shape, and what stands before each (a place in ``_BETWEEN``)."""
    _, vertices, levels = shapely.to_ragged_array(shapes) if kind else (None, shapely.get_coordinates(shapes), ())
    if kind in {3, 6} or kind == 5:
        starts = [np.asarray(level, dtype=np.int64) for level in levels]
    elif kind in {1, 4}:
        starts = [np.asarray(levels[0], dtype=np.int64)]
    else:
        starts = [np.arange(len(vertices) + 1, dtype=np.int64)]
    # From the rings outwards, each level counts in the one below it: turn all into counts of vertices.
    for place in range(1, len(starts)):
        starts[place] = starts[place - 1][starts[place]]
    between = np.ones(len(vertices), dtype=np.intp)
    shape_starts = starts[-1][:-1]
    for rank, level in enumerate(starts[:-1], start=2):
        between[level[:-1]] = rank
    between[shape_starts] = 0
    return vertices, shape_starts, between


def _text(vertices: npt.NDArray[np.float64], between: npt.NDArray[np.intp]) -> tuple[_Bytes, _Offsets]:
    """Positions in brackets as bytes, with what stands before each, and where each begins."""
    table = np.zeros((len(_BETWEEN), _WIDEST_BETWEEN), dtype=np.uint8)
    for place, text in enumerate(_BETWEEN):
        table[place, : len(text)] = np.frombuffer(text, dtype=np.uint8)
    width = _WIDEST_BETWEEN + 3 + 2 * _WIDEST_NUMBER
    rows = np.zeros((len(vertices), width), dtype=np.uint8)
    rows[:, :_WIDEST_BETWEEN] = table[between]
    middle = _WIDEST_BETWEEN + 1 + _WIDEST_NUMBER
    rows[:, _WIDEST_BETWEEN], rows[:, middle], rows[:, -1] = ord("["), ord(","), ord("]")
    _write_numbers(rows[:, _WIDEST_BETWEEN + 1 : middle], vertices[:, 0])
    _write_numbers(rows[:, middle + 1 : -1], vertices[:, 1])
    there = rows != 0
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1, dtype=np.int64))])
    return rows[there], offsets


def _write_numbers(rows: _Bytes, degrees: npt.NDArray[np.float64]) -> None:
    """Write each number of degrees into its row: sign, whole part, point, decimals without the zeros at their end."""
    scaled = np.rint(np.abs(degrees) * _ONE).astype(np.int64)
    whole, decimals = (part.astype(np.uint32) for part in np.divmod(scaled, _ONE))
    rows[:, 0] = np.where(degrees < 0, ord("-"), 0)
    for place, power in ((1, 100), (2, 10), (3, 1)):
        digit = (whole // np.uint32(power) % np.uint32(10)).astype(np.uint8) + ord("0")
        rows[:, place] = np.where(whole >= power, digit, ord("0") if power == 1 else 0)
    rows[:, 4] = ord(".")
    for place in range(DIGITS):
        rest = np.uint32(10 ** (DIGITS - 1 - place))
        digit = (decimals // rest % np.uint32(10)).astype(np.uint8) + ord("0")
        # A digit is written where it or one after it is not zero; the first decimal always is: 52.0.
        rows[:, 5 + place] = digit if place == 0 else np.where(decimals % (rest * np.uint32(10)) != 0, digit, 0)
