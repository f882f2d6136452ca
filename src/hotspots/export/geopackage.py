"""GeoPackage in EPSG:27700: one layer a file, typed columns, the description in the layer's own metadata.

The style is embedded where QGIS looks for one: in the table ``layer_styles``. The columns of areas have names in words,
which QGIS shows as aliases, in the table of GeoPackage's own extension for them.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyogrio.errors
import pyogrio.raw
import shapely
from shapely.geometry import MultiLineString, MultiPoint, MultiPolygon

from hotspots.crs import BNG
from hotspots.errors import DataRefused, FileRefused
from hotspots.export.about import column_labels, metadata_texts
from hotspots.export.read_back import same
from hotspots.export.records import Records, records
from hotspots.export.styling import vector_style
from hotspots.layer import Layer
from hotspots.staging import staged_together
from hotspots.style import Classes

# 1.3 opens without a warning in the QGIS and ArcGIS of the last years; the newest version does not.
_VERSION = "1.3"
_GEOMETRY = "geom"
_MOST_COLUMNS = 1998  # SQLite holds 2,000, one of them the geometry and one the row number
_FAMILIES: tuple[tuple[set[int], str, Any], ...] = (
    ({0}, "Point", None),
    ({0, 4}, "MultiPoint", MultiPoint),
    ({1, 5}, "MultiLineString", MultiLineString),
    ({3, 6}, "MultiPolygon", MultiPolygon),
)
_DRIVER_ERRORS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, sqlite3.Error)
_STYLES = "layer_styles"
_MOST_WORDS = 120
# The table as QGIS makes it, but for the clock in the default of its last column.
_STYLE_TABLE = f"""
CREATE TABLE {_STYLES} (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)"""
_LABEL_TABLE = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), UNIQUE (table_name, name)
)"""
_LABEL_EXTENSION = (
    "gpkg_data_columns",
    "gpkg_schema",
    "http://www.geopackage.org/spec121/#extension_schema",
    "read-write",
)
# A file says when its numbers are from, not when it was written: the same layer makes the same file.
_NO_TIME = "1970-01-01T00:00:00.000Z"


def write(layer: Layer, path: Path, *, classes: Classes | None = None) -> tuple[Path, ...]:
    """
    Write a layer as a fresh GeoPackage; reopened and compared before it takes the place of an old file.

    ``classes`` are those of a map of the layer; without them the style has those of
    :func:`hotspots.export.styling.layer_classes`.
    """
    held = records(layer)
    if held.attributes.num_columns > _MOST_COLUMNS:
        raise DataRefused(
            f"layer {layer.meta.id!r} has {held.attributes.num_columns:,} columns; a GeoPackage holds "
            f"{_MOST_COLUMNS:,}: choose fewer measures, categories or periods, or write GeoJSON or CSV"
        )
    style = vector_style(layer, held, _one_family(held.geometry, layer)[0], classes=classes)
    with staged_together(path) as (stage,):
        try:
            _write(stage, held, layer)
            _finish(stage, layer, style, held.attributes.column_names)
            verify(stage, held, layer, style, name=path.name)
        except _DRIVER_ERRORS as error:
            raise FileRefused(f"{path.name} could not be written; is the disk full? ({_tidy(error, stage)})") from error
    return (path,)


def layer_name(identifier: str) -> str:
    """
    The name of the one layer in the file, safe in any SQL.

    Examples
    --------
    >>> layer_name("needle-finds-by-ward"), layer_name("'; DROP")
    ('needle_finds_by_ward', 'drop')
    """
    name = re.sub(r"[^a-z0-9]+", "_", identifier.lower()).strip("_") or "layer"
    return f"layer_{name}" if name == _STYLES or name.startswith(("gpkg_", "rtree_", "sqlite_")) else name


def verify(stage: Path, held: Records, layer: Layer, style: str | None, *, name: str) -> None:
    """Reopen a written file: layer, rows, names and values, EPSG:27700, every shape to the last digit, the style."""
    layers = pyogrio.list_layers(stage)[:, 0].tolist()
    same("layer", got=layers, expected=[layer_name(layer.meta.id)] + [_STYLES] * (style is not None), name=name)
    same("style", got=_styles(stage) if style is not None else [], expected=[style] if style else [], name=name)
    about, read = pyogrio.raw.read_arrow(stage, layer=layers[0])
    same("reference system", got=about["crs"], expected=BNG, name=name)
    same("number of rows", got=read.num_rows, expected=len(held.ids), name=name)
    names = [column for column in read.column_names if column != _GEOMETRY]
    same("column names", got=names, expected=held.attributes.column_names, name=name)
    same("values", got=read.select(names).to_pylist(), expected=held.attributes.to_pylist(), name=name)
    _, expected = _one_family(held.geometry, layer)
    same("shapes", got=read.column(_GEOMETRY).to_pylist(), expected=shapely.to_wkb(expected).tolist(), name=name)


def _write(stage: Path, held: Records, layer: Layer) -> None:
    kind, shapes = _one_family(held.geometry, layer)
    table = held.attributes.append_column(_GEOMETRY, pa.array(shapely.to_wkb(shapes).tolist(), pa.binary()))
    pyogrio.raw.write_arrow(
        table,
        stage,
        layer=layer_name(layer.meta.id),
        driver="GPKG",
        geometry_name=_GEOMETRY,
        geometry_type=kind,
        crs=BNG,
        layer_metadata=metadata_texts(layer),
        dataset_options={"VERSION": _VERSION},
        layer_options={"IDENTIFIER": layer.meta.title, "DESCRIPTION": layer.meta.method},
    )


def _finish(stage: Path, layer: Layer, style: str | None, names: list[str]) -> None:
    """Add the columns' names in words and the style, if there is one, and take the time of writing out of the file."""
    with closing(sqlite3.connect(stage)) as database, database:
        _add_labels(database, layer, names)
        if style is not None:
            _add_style(database, layer, style)
        database.execute("UPDATE gpkg_contents SET last_change = ?", (_NO_TIME,))
        database.execute("UPDATE gpkg_metadata_reference SET timestamp = ?", (_NO_TIME,))


def _add_labels(database: sqlite3.Connection, layer: Layer, names: list[str]) -> None:
    labels = column_labels(layer)
    rows = [(layer_name(layer.meta.id), name, labels[name], labels[name]) for name in names if name in labels]
    if rows:
        database.execute(_LABEL_TABLE)
        database.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) VALUES (?, ?, ?, ?)", rows
        )
        database.execute(
            "INSERT INTO gpkg_extensions (table_name, extension_name, definition, scope) VALUES (?, ?, ?, ?)",
            _LABEL_EXTENSION,
        )


def _add_style(database: sqlite3.Connection, layer: Layer, style: str) -> None:
    database.execute(_STYLE_TABLE)
    row = {
        **{"f_table_catalog": "", "f_table_schema": "", "f_table_name": layer_name(layer.meta.id)},
        **{"f_geometry_column": _GEOMETRY, "styleName": "hotspots", "styleQML": style, "styleSLD": ""},
        **{"useAsDefault": 1, "description": layer.meta.title, "owner": "", "update_time": _NO_TIME},
    }
    marks = ", ".join(f":{name}" for name in row)
    database.execute(f"INSERT INTO {_STYLES} ({', '.join(row)}) VALUES ({marks})", row)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, 'attributes', ?, ?)",
        (_STYLES, _STYLES, _NO_TIME),
    )


def _styles(stage: Path) -> list[str]:
    with closing(sqlite3.connect(stage)) as database:
        return [text for (text,) in database.execute(f"SELECT styleQML FROM {_STYLES} WHERE useAsDefault")]


def _one_family(geometry: npt.NDArray[np.object_], layer: Layer) -> tuple[str, npt.NDArray[np.object_]]:
    """The geometry type of the layer, and shapes that are all of it (a polygon as a multipolygon of one)."""
    kinds = set(shapely.get_type_id(geometry).tolist()) - {-1}
    if not kinds:
        return ("MultiPolygon" if layer.content == "cube" else "Unknown"), geometry
    for members, name, several in _FAMILIES:
        if kinds <= members:
            shapes = geometry if several is None else np.array([_as_several(shape, several) for shape in geometry])
            return name, shapes
    return "Unknown", geometry


def _as_several(shape: Any, several: Any) -> Any:
    return shape if shape is None or isinstance(shape, several) else several([shape])


def _tidy(error: Exception, stage: Path) -> str:
    """The end of the driver's words, which says why, without the path of the staging file and the whole of its SQL."""
    return str(error).replace(str(stage), "the file").replace(stage.name, "the file")[-_MOST_WORDS:]
