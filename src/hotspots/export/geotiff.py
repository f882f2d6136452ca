"""Cloud-optimised GeoTIFF: float32 in EPSG:27700, cells on round grid lines, the description in its tags."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from hotspots.crs import require_on_grid
from hotspots.errors import DataRefused, FileRefused
from hotspots.export.about import metadata_texts
from hotspots.export.csv_table import metadata_path, write_metadata
from hotspots.export.read_back import same
from hotspots.export.styling import surface_style
from hotspots.layer import Layer, Surface
from hotspots.raster import NODATA, write_cog
from hotspots.staging import staged_together
from hotspots.style import Classes

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write(layer: Layer, path: Path, *, classes: Classes | None = None) -> tuple[Path, ...]:
    """
    Write a surface as a cloud-optimised GeoTIFF, with its description and its style beside it.

    They are ``FILE.tif-metadata.json`` and ``FILE.qml``, which QGIS opens the raster with. ``classes`` are those of a
    map of the layer; without them the style has classes of its own values.
    """
    surface = _surface(layer)
    grid = surface.grid
    centre = np.array([[(grid.west + grid.east) / 2, (grid.south + grid.north) / 2]])  # an edge may be off it, at sea
    require_on_grid(centre, what=f"layer {layer.meta.id!r}")
    cells = _cells(surface, layer)
    sidecar, style = metadata_path(path), path.with_suffix(".qml")
    with staged_together(path, sidecar, style) as (stage, described, styled):
        try:
            write_cog(
                stage,
                surface.values[np.newaxis] + np.float32(0),  # no minus zero
                grid,
                descriptions=(_description(layer),),
                units=(layer.meta.unit,),
                tags=tags(layer),
            )
            verify(stage, cells, layer, name=path.name)
        except FileRefused as error:
            raise FileRefused(f"{path.name} could not be written: {error}") from error
        write_metadata(layer, described)
        styled.write_text(surface_style(layer, classes=classes), encoding="utf-8", newline="\n")
    return (path, sidecar, style)


def tags(layer: Layer) -> dict[str, str]:
    """The tags of the file: the description of the layer, with the unit, bandwidth, cell and kernel of the surface."""
    surface = _surface(layer)
    made = {
        "bandwidth_m": f"{surface.bandwidth_m:g}",
        "cell_m": f"{surface.grid.cell_m:g}",
        "kernel": surface.kernel,
    }
    # GDAL keeps neither control characters nor the blanks before a tag.
    held = {name: _CONTROL.sub(" ", text).strip() for name, text in {**metadata_texts(layer), **made}.items()}
    return {name: text for name, text in sorted(held.items()) if text}


def _description(layer: Layer) -> str:
    return _CONTROL.sub(" ", layer.meta.title).strip()


def verify(stage: Path, cells: npt.NDArray[np.float32], layer: Layer, *, name: str) -> None:
    """Reopen a written file: reference system, grid, nodata, description, tags and every cell are as meant."""
    grid = _surface(layer).grid
    with rasterio.open(stage, driver="GTiff") as read:
        same("reference system", got=read.crs.to_epsg(), expected=27700, name=name)
        same("size", got=(read.count, read.height, read.width), expected=(1, grid.rows, grid.columns), name=name)
        same("grid", got=tuple(read.transform)[:6], expected=grid.transform, name=name)
        same("nodata value", got=(read.nodata, read.dtypes[0]), expected=(NODATA, "float32"), name=name)
        same("description", got=read.descriptions[0], expected=_description(layer), name=name)
        same("tags", got=read.tags().items() >= tags(layer).items(), expected=True, name=name)
        same("values", got=read.read(1).tobytes(), expected=cells.tobytes(), name=name)


def _surface(layer: Layer) -> Surface:
    if layer.surface is None:
        raise DataRefused(f"layer {layer.meta.id!r} holds {layer.content}, not a surface")
    return layer.surface


def _cells(surface: Surface, layer: Layer) -> npt.NDArray[np.float32]:
    values = np.ascontiguousarray(surface.values, dtype=np.float32)
    if np.isinf(values).any() or (values == np.float32(NODATA)).any():
        raise DataRefused(f"layer {layer.meta.id!r}: a cell is infinite or {NODATA:g}, which means nodata in the file")
    return np.where(np.isnan(values), np.float32(NODATA), values + np.float32(0))
