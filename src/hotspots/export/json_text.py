"""Attributes and shapes as JSON text, a column at a time: the same bytes as one by one, many times faster."""

from functools import cache
from json.encoder import encode_basestring
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from hotspots.export.degrees import UNITS, Degrees, Positions

_NULL = "null"
_ESCAPED = r"[\x00-\x1f\"\\]"
# Numbers of which Arrow's shortest digits are Python's, but for the .0 of a whole one.
_ALIKE_FROM, _ALIKE_BELOW = 1e-4, 1e10

_Words = npt.NDArray[np.uint32]


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


def _positions(held: Positions) -> tuple[bytes, npt.NDArray[np.int32]]:
    """All positions in brackets, with what stands before each, and where those of each shape begin."""
    # From the rings outwards, each level counts in the one below it: turn all into counts of positions.
    starts = [np.arange(len(held.units) + 1)]
    for level in held.levels:
        starts.append(starts[-1][level])
    opened = np.ones(len(held.units) + 1, dtype=np.intp)
    for place, level in enumerate(starts[1:], start=2):
        opened[level] = place
    opened[starts[-1]] = 0
    # A row of words of four bytes each; then the bytes that no character fills are left out.
    signs = (held.units < 0).astype(np.intp)
    words = np.empty((len(held.units), 10), dtype=np.uint32)
    words[:, :2] = _tables().before[opened[:-1], signs[:, 0]]
    words[:, 2:5] = _digits(np.abs(held.units[:, 0]))
    words[:, 5] = _tables().between[signs[:, 1]]
    words[:, 6:9] = _digits(np.abs(held.units[:, 1]))
    words[:, 9] = ord("]")
    ends = np.zeros(len(words) + 1, dtype=np.int32)
    np.cumsum((words.view(np.uint8) != 0).sum(axis=1), out=ends[1:])
    return words.tobytes().translate(None, b"\0"), ends[starts[-1]]


def _digits(units: npt.NDArray[np.int64]) -> _Words:
    """Numbers of ten-millionths of a degree in the digits of Python, three words each."""
    tables = _tables()
    whole, decimals = np.divmod(units.astype(np.uint32), np.uint32(UNITS))
    four, three = np.divmod(decimals, np.uint32(1000))
    words = np.stack([tables.whole[whole], tables.four[four], tables.last_three[three]], axis=1)
    short = three == 0
    words[short, 1] = tables.last_four[four[short]]
    tiny = (units > 0) & (units < len(tables.tiny))
    words[tiny] = tables.tiny[units[tiny]]
    return words


class _Tables(NamedTuple):
    """
    Texts as words: what stands before a position (by what begins there, and by sign) and between its numbers; whole
    degrees with the point; four decimals and the last three, and four that are the last; and numbers with an exponent.
    """

    before: _Words
    between: _Words
    whole: _Words
    four: _Words
    last_four: _Words
    last_three: _Words
    tiny: _Words


@cache
def _tables() -> _Tables:
    before = [[text, f"{text}-"] for text in ("[", ",[", "],[[", "]],[[[")]  # first, next, of a new ring, of a new part
    return _Tables(
        before=_words(before, count=2),
        between=_words([",", ",-"]),
        whole=_words([f"{number}." for number in range(181)]),
        four=_words([f"{number:04}" for number in range(10_000)]),
        last_four=_words([f"{number:04}".rstrip("0") or "0" for number in range(10_000)]),
        last_three=_words([f"{number:03}".rstrip("0") for number in range(1000)]),
        tiny=_words([repr(number / UNITS) for number in range(1000)], count=3),  # Python writes 0.0001 in full
    )


def _words(texts: Any, *, count: int = 1) -> _Words:
    """Texts as words of four bytes, ``count`` each, filled up with nothing."""
    letters = np.array(texts, dtype=f"S{4 * count}")
    return letters.view(np.uint32).reshape(*letters.shape, *([count] if count > 1 else []))
