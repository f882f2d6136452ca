"""Attributes and shapes as JSON text, a column at a time: the same bytes as one by one, many times faster."""

from json.encoder import encode_basestring
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from hotspots.compiled import compiled
from hotspots.export.degrees import DIGITS, UNITS, Degrees, Positions

_NULL = "null"
_ESCAPED = r"[\x00-\x1f\"\\]"
_WIDEST = 5 + 2 * len("-179.1234567") + 3  # of a position with brackets, and what stands before it: ]],[[
# Numbers of which Arrow's shortest digits are Python's, but for the .0 of a whole one.
_ALIKE_FROM, _ALIKE_BELOW = 1e-4, 1e10
_EXPONENT_BELOW = UNITS // 10_000  # what is nearer to the meridian is written with an exponent
_FIRST = -1  # the first position of a shape has nothing before it
_OPEN, _CLOSE, _COMMA, _POINT, _MINUS, _ZERO, _E = b"[],.-0e"


def objects(table: pa.Table) -> pa.Array:
    """
    Each row of a table as a JSON object; the columns are of the types that leave.

    Examples
    --------
    >>> objects(pa.table({"name": ["Market", None], "value": [1.5, 2.0]})).to_pylist()
    ['{"name":"Market","value":1.5}', '{"name":null,"value":2.0}']
    """
    return joined(*members(table), "}")


def members(table: pa.Table) -> list[Any]:
    """The parts of :func:`objects`, to be joined, but for the brace that closes them."""
    parts: list[Any] = []
    for place, name in enumerate(table.column_names):
        parts += [f"{',' if place else '{'}{encode_basestring(name)}:", values(table.column(name).combine_chunks())]
    return parts


def values(column: pa.Array) -> pa.Array:
    """
    Each value of a column as JSON text.

    Examples
    --------
    >>> values(pa.array([True, None])).to_pylist(), values(pa.array(['"'])).to_pylist()
    (['true', 'null'], ['"\\\\""'])
    """
    if pa.types.is_string(column.type):
        texts = _quoted(column)
    elif pa.types.is_floating(column.type):
        texts = _shortest(column)
    elif pa.types.is_date(column.type):
        texts = joined('"', pc.cast(column, pa.string()), '"')
    else:
        texts = pc.cast(column, pa.string())
    return pc.fill_null(texts, _NULL) if texts.null_count else texts


def geometries(shapes: Degrees) -> pa.Array:
    """
    Each shape as a GeoJSON geometry, ``null`` where there is none: what ``shapely.to_geojson`` writes.

    Examples
    --------
    >>> from hotspots.export.degrees import grouped
    >>> geometries(grouped(np.array([shapely.Point(0.1264361, 52.0), None]))).to_pylist()
    ['{"type":"Point","coordinates":[0.1264361,52.0]}', 'null']
    """
    texts = [_of_kind(held) for held in shapes.kinds]
    if len(texts) == 1 and len(texts[0]) == shapes.length:
        return texts[0]
    texts.append(pa.array(shapely.to_geojson(shapes.others).tolist(), pa.string()))
    places = np.full(shapes.length, -1)
    places[shapes.rows] = np.arange(len(shapes.rows))
    return pc.fill_null(pa.concat_arrays(texts).take(pa.array(places, mask=places < 0)), _NULL)


def joined(*parts: Any) -> pa.Array:
    """Texts, or one text for all, put together row by row."""
    return pc.binary_join_element_wise(*parts, "")


def _quoted(texts: pa.Array) -> pa.Array:
    return _with_exceptions(
        joined('"', texts, '"'), texts, pc.match_substring_regex(texts, _ESCAPED), encode_basestring
    )


def _shortest(numbers: pa.Array) -> pa.Array:
    """The shortest digits that read back the same, as the json module writes them."""
    size = pc.abs(numbers)
    texts = pc.cast(numbers, pa.string())
    texts = pc.if_else(pc.equal(pc.floor(numbers), numbers), joined(texts, ".0"), texts)
    alike = pc.and_(pc.greater_equal(size, _ALIKE_FROM), pc.less(size, _ALIKE_BELOW))
    odd = pc.invert(pc.or_(alike, pc.equal(size, 0.0)))
    return _with_exceptions(texts, numbers, odd, float.__repr__)


def _with_exceptions(texts: pa.Array, column: pa.Array, odd: pa.Array, text: Any) -> pa.Array:
    """The texts, but of the ``odd`` values of the column, if there are any, what ``text`` makes of each."""
    if not pc.any(odd).as_py():
        return texts
    odd = pc.fill_null(odd, False)
    exceptions = [text(value) for value in column.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(exceptions, pa.string()))


def _of_kind(held: Positions) -> pa.Array:
    depth = len(held.levels)
    text, starts = _positions(held)
    inner = pa.StringArray.from_buffers(len(held.rows), pa.py_buffer(starts), pa.py_buffer(text))
    return joined(f'{{"type":"{held.name}","coordinates":{"[" * depth}', inner, f"{']' * depth}}}")


def _positions(held: Positions) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """All positions in brackets, with what stands before each, and where those of each shape begin."""
    # From the rings outwards, each level counts in the one below it: turn all into counts of positions.
    starts = [np.arange(len(held.units) + 1)]
    for level in held.levels:
        starts.append(starts[-1][level])
    closed = np.zeros(len(held.units) + 1, dtype=np.int64)
    for levels_closed, level in enumerate(starts[1:], start=1):
        closed[level] = levels_closed
    closed[starts[-1]] = _FIRST
    text, ends = np.empty(len(held.units) * _WIDEST, dtype=np.uint8), np.zeros(len(held.units) + 1, dtype=np.int32)
    _write(held.units, closed, text, ends)
    return text[: ends[-1]], ends[starts[-1]]


@compiled
def _write(units: Any, closed: Any, text: Any, ends: Any) -> None:
    """Write each position into the text, after as many closing and opening brackets as rings and parts end there."""
    at = 0
    for place in range(len(units)):
        if closed[place] != _FIRST:
            text[at : at + closed[place]] = _CLOSE
            at += closed[place]
            text[at] = _COMMA
            at += 1
            text[at : at + closed[place]] = _OPEN
            at += closed[place]
        text[at] = _OPEN
        at = _number(units[place, 0], text, at + 1)
        text[at] = _COMMA
        at = _number(units[place, 1], text, at + 1)
        text[at] = _CLOSE
        at += 1
        ends[place + 1] = at


@compiled
def _number(units: Any, text: Any, at: Any) -> Any:
    """Write a number of ten-millionths at a place in the text, in the digits of Python; returns where it ends."""
    if units < 0:
        text[at] = _MINUS
        at += 1
        units = -units
    if 0 < units < _EXPONENT_BELOW:
        return _with_exponent(units, text, at)
    at = _whole(units // UNITS, text, at)
    text[at] = _POINT
    decimals, digits = units % UNITS, DIGITS
    while decimals % 10 == 0 and digits > 1:
        decimals //= 10
        digits -= 1
    for place in range(at + digits, at, -1):
        text[place] = _ZERO + decimals % 10
        decimals //= 10
    return at + 1 + digits


@compiled
def _whole(number: Any, text: Any, at: Any) -> Any:
    """Write a whole number below a thousand at a place in the text; returns where it ends."""
    digits = 3 if number >= 100 else 2 if number >= 10 else 1
    for place in range(at + digits - 1, at - 1, -1):
        text[place] = _ZERO + number % 10
        number //= 10
    return at + digits


@compiled
def _with_exponent(units: Any, text: Any, at: Any) -> Any:
    """Write from 1 to 999 ten-millionths at a place in the text, as 1.5e-06; returns where it ends."""
    exponent = DIGITS
    while units % 10 == 0:
        units //= 10
        exponent -= 1
    end = _whole(units, text, at)
    if end > at + 1:
        exponent -= end - at - 1
        for place in range(end, at + 1, -1):
            text[place] = text[place - 1]
        text[at + 1] = _POINT
        end += 1
    text[end], text[end + 1], text[end + 2], text[end + 3] = _E, _MINUS, _ZERO, _ZERO + exponent
    return end + 4
