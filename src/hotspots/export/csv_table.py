"""CSV for spreadsheets: UTF-8, line feeds, a header and rows; numbers stay numbers, and no text becomes a formula."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from hotspots.errors import FileRefused
from hotspots.export.about import metadata
from hotspots.export.pivot import long
from hotspots.export.read_back import same
from hotspots.export.records import Records, records, typed
from hotspots.layer import Layer
from hotspots.spreadsheet import defused
from hotspots.staging import staged, staged_together

_COORDINATES = ("easting", "northing")
_MILLIMETRES = 3


def write(layer: Layer, path: Path) -> tuple[Path, ...]:
    """
    Write ``FILE.csv``, its description ``FILE.csv-metadata.json`` and, for areas, the long form ``FILE-long.csv``.

    Points have ``easting`` and ``northing`` in metres; no other geometry is written.
    """
    tables = {path: _table(records(layer))}
    if layer.content == "cube":
        frame = long(layer)
        tables[path.with_name(f"{path.stem}-long{path.suffix}")] = pa.table(
            {name: typed(frame[name]) for name in frame}
        )
    sidecar = metadata_path(path)
    with staged_together(path, *list(tables)[1:], sidecar) as stages:
        for stage, table in zip(stages, tables.values(), strict=False):
            header, *rows = _cells(table)
            stage.write_text(_csv_text(header, rows), encoding="utf-8", newline="")
            verify(stage, header, rows, name=path.name)
        write_metadata(layer, stages[-1])
    return (*tables, sidecar)


def metadata_path(path: Path) -> Path:
    """Where the description of a file goes that cannot hold its own: ``FILE.csv-metadata.json``."""
    return path.with_name(f"{path.name}-metadata.json")


def write_metadata(layer: Layer, stage: Path) -> None:
    """Write the description of a layer as indented JSON."""
    stage.write_text(json.dumps(metadata(layer), indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def cell(value: Any) -> str:
    """
    A value as it stands in a CSV: the shortest digits that read back the same, yes/no as ``true`` and ``false``.

    Examples
    --------
    >>> [cell(value) for value in (37.0, -0.5, True, None, "-5")]
    ['37', '-0.5', 'true', '', "'-5"]
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def write_rows(table: pd.DataFrame, path: Path) -> None:
    """A plain table as CSV, whole or not at all: numbers stay numbers, no text becomes a formula."""
    header = tuple(defused(str(name)) for name in table.columns)
    rows = [tuple(cell(value) for value in row) for row in table.itertuples(index=False)]
    with staged(path) as stage:
        stage.write_text(_csv_text(header, rows), encoding="utf-8", newline="\n")
        verify(stage, header, rows, name=path.name)


def verify(stage: Path, header: Sequence[str], rows: Sequence[Sequence[str]], *, name: str) -> None:
    """Reopen a written table: its header, number of rows and every cell are as meant."""
    with stage.open(encoding="utf-8", newline="") as stream:
        try:
            read = [tuple(row) for row in csv.reader(stream, strict=True)]
        except csv.Error as error:
            raise FileRefused(f"{name}: the table did not read back ({error}); nothing was changed") from error
    same("header", got=read[:1], expected=[header], name=name)
    same("number of rows", got=len(read) - 1, expected=len(rows), name=name)
    same("values", got=read[1:], expected=rows, name=name)


def _cells(table: pa.Table) -> list[tuple[str, ...]]:
    """Header and rows as they stand in the file."""
    columns = [_words(column) for column in table.columns]
    return [tuple(defused(name) for name in table.column_names), *zip(*columns, strict=True)]


def _words(column: pa.ChunkedArray) -> list[str]:
    """A column as it stands in the file; a value that stands in many rows is put in words once."""
    found = column.combine_chunks().dictionary_encode()
    words = np.array([*map(cell, found.dictionary.to_pylist()), ""], dtype=object)
    return words[found.indices.fill_null(-1).to_numpy(zero_copy_only=False)].tolist()  # type: ignore[no-any-return]


def _csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _table(held: Records) -> pa.Table:
    """The attributes, and for points their position to the millimetre as the last two columns."""
    if not held.are_points:
        return held.attributes
    names = held.attributes.column_names
    table = held.attributes.drop_columns([name for name in names if name.casefold() in _COORDINATES])
    for name, values in zip(_COORDINATES, (shapely.get_x(held.geometry), shapely.get_y(held.geometry)), strict=True):
        table = table.append_column(name, pa.array(np.round(values, _MILLIMETRES), pa.float64(), mask=np.isnan(values)))
    return table
