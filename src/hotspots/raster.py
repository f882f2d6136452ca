"""Cloud-optimised GeoTIFF of a surface: written in memory first, so that the same surface gives the same bytes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine

from hotspots.errors import FileRefused
from hotspots.layer import GridSpec

_NODATA = float("nan")


def write_cog(
    path: Path,
    bands: npt.NDArray[np.float32],
    grid: GridSpec,
    *,
    descriptions: tuple[str, ...],
    tags: Mapping[str, str],
) -> None:
    """
    Write ``bands`` (shape: bands, rows, columns; north up; NaN is nodata) as a cloud-optimised GeoTIFF in EPSG:27700.

    The file is reopened and compared cell for cell before this returns.
    """
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(bands),
        "height": grid.rows,
        "width": grid.columns,
        "crs": CRS.from_epsg(27700),
        "transform": Affine(*grid.transform),
        "nodata": _NODATA,
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            dataset.write(bands)
            dataset.descriptions = descriptions
            dataset.update_tags(**tags)
        with memory.open() as dataset:
            copy_raster(dataset, path, driver="COG", compress="deflate", predictor="yes", overviews="auto")
    written, _, _ = read_cog(path)
    if not np.array_equal(written, bands, equal_nan=True):
        raise FileRefused(f"{path.name} does not read back as it was written; is the disk full?")


def read_cog(path: Path) -> tuple[npt.NDArray[np.float32], GridSpec, dict[str, str]]:
    """Bands, grid and tags of a GeoTIFF that we wrote; the driver is forced, whatever the file claims to be."""
    with rasterio.open(path, driver="GTiff") as dataset:
        bands = dataset.read(out_dtype="float32")
        transform = dataset.transform
        grid = GridSpec(
            west=transform.c,
            south=transform.f + transform.e * dataset.height,
            cell_m=transform.a,
            columns=dataset.width,
            rows=dataset.height,
        )
        return bands, grid, dict(dataset.tags())
