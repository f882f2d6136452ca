"""The text of features read back by another reader (Arrow's), and compared with what it was made from."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.json
import shapely

from hotspots.export.degrees import UNITS, Degrees, Places, Positions
from hotspots.export.read_back import same

BETWEEN = ",\n"  # between two features; no line feed is inside one, as JSON has it escaped


def compare(text: memoryview, *, ids: pa.Array, attributes: pa.Table, shapes: Degrees, name: str) -> None:
    """
    Read features, each after ``BETWEEN``, and compare identifiers, names, values and shapes with what was meant.

    Raises
    ------
    FileRefused
        The text is not JSON, or says anything else; ``name`` is that of the file.
    """
    lines = bytes(text).removeprefix(BETWEEN.encode()).split(BETWEEN.encode())
    same("number of features", got=len(lines), expected=shapes.length, name=name)
    meant = pa.table({"id": ids, "properties": _as_json_has_them(attributes)})

    for held in shapes.kinds:
        read = _compare_rows(lines, held.rows, meant, _shape_type(held), name=name)
        _compare_positions(read.column("geometry").combine_chunks(), held, name=name)
    if len(shapes.other_rows):
        _compare_rows(lines, shapes.other_rows, meant, None, name=name)
        others = shapely.from_geojson([json.dumps(json.loads(lines[row])["geometry"]) for row in shapes.other_rows])
        same("shapes", got=shapely.equals_identical(others, shapes.others).all(), expected=True, name=name)
    nowhere = np.setdiff1d(np.arange(shapes.length), shapes.rows)
    if len(nowhere):
        _compare_rows(lines, nowhere, meant, pa.null(), name=name)


def _compare_rows(
    lines: list[bytes], rows: Places, meant: pa.Table, shape: pa.DataType | None, *, name: str
) -> pa.Table:
    """What was read of some features, whose identifiers and values are those meant; ``shape`` is that of geometry."""
    read = _parsed([lines[row] for row in rows], meant.schema, shape, name=name)
    expected = meant.take(pa.array(rows))
    same("identifiers", got=read.column("id"), expected=expected.column("id"), name=name)
    same("values", got=read.column("properties"), expected=expected.column("properties"), name=name)
    return read


def _parsed(lines: list[bytes], meant: pa.Schema, shape: pa.DataType | None, *, name: str) -> pa.Table:
    """Features as a table: exactly the members meant, but that a geometry of no type is passed over."""
    schema = pa.schema([("type", pa.string()), *meant, *([("geometry", shape)] if shape else [])])
    unexpected = "error" if shape else "ignore"
    parsing = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior=unexpected)
    text = b"\n".join(lines)
    reading = pyarrow.json.ReadOptions(use_threads=False, block_size=len(text) + 1)
    try:
        return pyarrow.json.read_json(pa.BufferReader(text), read_options=reading, parse_options=parsing)
    except pa.ArrowInvalid as error:
        same("text", got=str(error), expected="GeoJSON", name=name)
        raise


def _as_json_has_them(attributes: pa.Table) -> pa.StructArray:
    """Each row of attributes, dates as texts."""
    fields = [field.with_type(pa.string()) if pa.types.is_date(field.type) else field for field in attributes.schema]
    return attributes.cast(pa.schema(fields)).to_struct_array().combine_chunks()


def _shape_type(held: Positions) -> pa.DataType:
    coordinates = pa.list_(pa.float64())
    for _ in held.levels:
        coordinates = pa.list_(coordinates)
    return pa.struct([("type", pa.string()), ("coordinates", coordinates)])


def _compare_positions(read: pa.StructArray, held: Positions, *, name: str) -> None:
    same("kind of shape", got=read.field("type").unique().to_pylist(), expected=[held.name], name=name)
    lists = read.field("coordinates")
    pairs = np.arange(len(held.units) + 1) * 2
    for level in (*reversed(held.levels), pairs):
        same("shapes", got=np.array_equal(lists.offsets.to_numpy(), level), expected=True, name=name)
        lists = lists.values
    equal = np.array_equal(lists.to_numpy(), (held.units / UNITS).ravel())
    same("positions", got=equal, expected=True, name=name)
