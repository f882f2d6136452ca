"""GeoPackage in EPSG:27700: one layer a file, typed columns, the description in the layer's own metadata."""

import re
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
from hotspots.errors import FileRefused
from hotspots.export.about import metadata_texts
from hotspots.export.moved import same, staged_together
from hotspots.export.records import Records, records
from hotspots.layer import Layer

# 1.3 opens without a warning in the QGIS and ArcGIS of the last years; the newest version does not.
_VERSION = "1.3"
_GEOMETRY = "geom"
_FAMILIES: tuple[tuple[set[int], str, Any], ...] = (
    ({0}, "Point", None),
    ({0, 4}, "MultiPoint", MultiPoint),
    ({1, 5}, "MultiLineString", MultiLineString),
    ({3, 6}, "MultiPolygon", MultiPolygon),
)
_GDAL_ERRORS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError)


def write(layer: Layer, path: Path) -> tuple[Path, ...]:
    """Write a layer as a fresh GeoPackage; reopened and compared before it takes the place of an old file."""
    held = records(layer)
    with staged_together(path) as (stage,):
        try:
            _write(stage, held, layer)
            verify(stage, held, layer, name=path.name)
        except _GDAL_ERRORS as error:
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
    return re.sub(r"[^a-z0-9]+", "_", identifier.lower()).strip("_") or "layer"


def verify(stage: Path, held: Records, layer: Layer, *, name: str) -> None:
    """Reopen a written file: one layer, its rows, names and values, EPSG:27700, and every shape to the last digit."""
    layers = pyogrio.list_layers(stage)[:, 0].tolist()
    same("layer", got=layers, expected=[layer_name(layer.meta.id)], name=name)
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
    """The driver's words without the path of the staging file."""
    return str(error).replace(str(stage), "the file").replace(stage.name, "the file")
