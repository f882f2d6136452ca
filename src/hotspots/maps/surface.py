"""A density surface on a web map: resampled to Web Mercator, painted by class, laid on its own bounds.

A National Grid image stretched over its longitude and latitude bounds would be misplaced by 103 to 355 m: the grid is
turned against the meridians, and a web map is not drawn in degrees. So every pixel of a Mercator image is asked which
cell it lies in.
"""

import base64
import io
import json
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from hotspots import crs
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec, Layer, Surface
from hotspots.maps.base import Drawn
from hotspots.style import Classes

_PIXELS_PER_CELL = 2
_MOST_PIXELS = 1500


@dataclass(frozen=True, eq=False)
class WarpedImage:
    """Values on a Web Mercator grid, north up, NaN where there is nothing, with the grid's own WGS84 bounds."""

    values: npt.NDArray[np.float32]
    west: float
    south: float
    east: float
    north: float

    @property
    def bounds(self) -> list[list[float]]:
        """South-west and north-east corner as Leaflet takes them: latitude first."""
        return [[self.south, self.west], [self.north, self.east]]


def warp(surface: Surface) -> WarpedImage:
    """
    A surface on a Web Mercator grid: each pixel has the value of the National Grid cell that holds its centre.

    Two pixels to a cell, at most 1,500 to a side. No smoothing: what is drawn are the cells that are exported.
    """
    west, south, east, north, pixel = _mercator_frame(surface.grid)
    columns, rows = round((east - west) / pixel), round((north - south) / pixel)
    across, up = np.meshgrid(west + (np.arange(columns) + 0.5) * pixel, north - (np.arange(rows) + 0.5) * pixel)
    easting, northing = crs.to_bng(*crs.web_mercator_to_wgs84(across.ravel(), up.ravel()))
    grid = surface.grid
    with np.errstate(invalid="ignore"):
        column = np.floor((easting - grid.west) / grid.cell_m).reshape(across.shape)
        row = np.floor((grid.north - northing) / grid.cell_m).reshape(across.shape)
        inside = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    values = np.full(inside.shape, np.nan, dtype=np.float32)
    values[inside] = surface.values[row[inside].astype(np.intp), column[inside].astype(np.intp)]
    longitude, latitude = crs.web_mercator_to_wgs84([west, east], [south, north])
    return WarpedImage(values, float(longitude[0]), float(latitude[0]), float(longitude[1]), float(latitude[1]))


def png_of(image: WarpedImage, classes: Classes) -> bytes:
    """The image as an 8-bit palette PNG: entry 0 is transparent, then one entry a class."""
    painted = Image.fromarray((classes.indices(image.values) + 1).astype(np.uint8), mode=None).convert("P")
    palette = [255, 255, 255]
    for colour in classes.colours:
        palette.extend(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    painted.putpalette(palette)
    stream = io.BytesIO()
    painted.save(stream, format="PNG", transparency=0, optimize=False)
    return stream.getvalue()


def surface_overlay(layer: Layer, classes: Classes) -> Drawn:
    """The picture of a surface layer, laid on its own bounds; warping is the slow part, so keep what is returned."""
    if layer.surface is None:
        raise DataRefused(f"layer {layer.meta.id!r} holds no surface to draw")
    image = warp(layer.surface)
    url = "data:image/png;base64," + base64.b64encode(png_of(image, classes)).decode("ascii")
    return Drawn("picture", json.dumps(url), json.dumps(image.bounds))


def _mercator_frame(grid: GridSpec) -> tuple[float, float, float, float, float]:
    """West, south, east, north and pixel size in Mercator metres of an image that holds the whole grid."""
    eastings = np.linspace(grid.west, grid.east, 50)
    northings = np.linspace(grid.south, grid.north, 50)
    edge_e = np.concatenate([eastings, eastings, np.full(50, grid.west), np.full(50, grid.east)])
    edge_n = np.concatenate([np.full(50, grid.south), np.full(50, grid.north), northings, northings])
    longitude, latitude = crs.to_wgs84(edge_e, edge_n)
    known = np.isfinite(longitude)
    if not known.any():
        raise DataRefused("the surface lies off the National Grid and cannot be put on a web map")
    across, up = crs.web_mercator(longitude[known], latitude[known])
    stretch = 1 / math.cos(math.radians(float(latitude[known].mean())))
    west, east, south, north = (float(edge) for edge in (across.min(), across.max(), up.min(), up.max()))
    pixel = max(grid.cell_m * stretch / _PIXELS_PER_CELL, (east - west) / _MOST_PIXELS, (north - south) / _MOST_PIXELS)
    columns, rows = math.ceil((east - west) / pixel), math.ceil((north - south) / pixel)
    return west, south, west + columns * pixel, south + rows * pixel, pixel
