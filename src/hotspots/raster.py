"""Cloud-optimised GeoTIFF: the one place that writes and reads one, for builds and for files that leave."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.errors
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.io import MemoryFile

from hotspots.errors import FileRefused
from hotspots.layer import GridSpec

NODATA = -9999.0  # ArcGIS and older QGIS show NaN as a value
# Averages keep the mass of a density; the driver's own choice (cubic) makes negative densities in the overviews.
_COG = {
    "driver": "COG",
    "blocksize": 256,
    "compress": "DEFLATE",
    "predictor": "YES",
    "overview_resampling": "AVERAGE",
    "num_threads": "1",
}


def write_cog(
    path: Path,
    bands: npt.NDArray[np.float32],
    grid: GridSpec,
    *,
    descriptions: tuple[str, ...],
    units: tuple[str, ...],
    tags: Mapping[str, str],
) -> None:
    """
    Write ``bands`` (shape: bands, rows, columns; float32; north up; NaN is nodata) in EPSG:27700.

    It is made in memory, so that the same bands give the same bytes and a full disk is met by a write of our own; then
    it is reopened and compared cell for cell.

    Raises
    ------
    FileRefused
        The file could not be written, or does not read back as it was meant.
    """
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(bands),
        "height": grid.rows,
        "width": grid.columns,
        "crs": CRS.from_epsg(27700),
        "transform": rasterio.Affine(*grid.transform),
        "nodata": NODATA,
    }
    try:
        with MemoryFile() as memory, MemoryFile() as packed:
            with memory.open(**profile) as plain:
                plain.write(np.where(np.isnan(bands), np.float32(NODATA), bands))
                plain.descriptions, plain.units = descriptions, units
                plain.update_tags(**tags)
            with memory.open() as plain:
                rasterio.shutil.copy(plain, packed.name, **_COG)
            path.write_bytes(packed.getbuffer())
        written, written_grid, _ = read_cog(path)
    except (rasterio.errors.RasterioError, CPLE_BaseError) as error:
        words = str(error).replace(str(path), "the file").replace(path.name, "the file")
        raise FileRefused(f"the surface could not be written: {words}") from error
    if written_grid != grid or not np.array_equal(written, bands, equal_nan=True):
        raise FileRefused("the surface does not read back as it was written; is the disk full?")


def read_cog(path: Path) -> tuple[npt.NDArray[np.float32], GridSpec, dict[str, str]]:
    """Bands (NaN is nodata), grid and tags of a GeoTIFF that we wrote; the driver is forced, whatever the name says."""
    with rasterio.open(path, driver="GTiff") as dataset:
        bands = dataset.read(out_dtype="float32")
        transform = dataset.transform
        south = transform.f + transform.e * dataset.height
        grid = GridSpec(transform.c, south, transform.a, dataset.width, dataset.height)
        return np.where(bands == np.float32(NODATA), np.float32(np.nan), bands), grid, dict(dataset.tags())
