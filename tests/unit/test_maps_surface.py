import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from hotspots import crs
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface
from hotspots.maps.surface import png_of, surface_overlay, warp
from hotspots.style import Classes, surface_classes

META = LayerMeta(
    id="density",
    title="Density",
    measure="instances",
    unit="finds per km²",
    period="2018/19",
    source="made up",
    method="typed",
    policy="open",
    marking="OFFICIAL",
    synthetic=True,
    schematic=True,
)
GRID = GridSpec(540000.0, 252000.0, 50.0, 240, 280)


def _surface(values):
    return Surface(GRID, values.astype(np.float32), 300.0, "quartic", np.zeros(values.shape, dtype=np.uint32))


def _one_cell(row, column):
    values = np.full((GRID.rows, GRID.columns), np.nan)
    values[row, column] = 1.0
    return _surface(values)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 239), (279, 0), (279, 239), (140, 120)])
def test_a_single_cell_in_each_corner_lands_within_one_cell_when_its_pixels_are_mapped_back(row, column):
    image = warp(_one_cell(row, column))
    rows, columns = np.nonzero(np.isfinite(image.values))
    assert len(rows) > 0
    # As a browser places it: the image is stretched between its corners in Mercator metres.
    across, up = crs.web_mercator([image.west, image.east], [image.south, image.north])
    pixel_x = across[0] + (columns + 0.5) / image.values.shape[1] * (across[1] - across[0])
    pixel_y = up[1] - (rows + 0.5) / image.values.shape[0] * (up[1] - up[0])
    easting, northing = crs.to_bng(*crs.web_mercator_to_wgs84(pixel_x, pixel_y))
    assert np.abs(easting - GRID.centre_eastings[column]).max() <= GRID.cell_m
    assert np.abs(northing - GRID.centre_northings[row]).max() <= GRID.cell_m


def test_the_image_holds_the_whole_grid_and_each_pixel_the_value_of_its_cell():
    values = np.arange(GRID.rows * GRID.columns, dtype=np.float64).reshape(GRID.rows, GRID.columns)
    image = warp(_surface(values))
    longitude, latitude = crs.to_wgs84([GRID.west, GRID.east], [GRID.south, GRID.north])
    assert image.west <= longitude.min() + 1e-9
    assert longitude.max() <= image.east + 1e-9
    assert image.south <= latitude.min() + 1e-9
    assert latitude.max() <= image.north + 1e-9
    shown = set(np.unique(image.values[np.isfinite(image.values)]).astype(int).tolist())
    assert shown == set(range(GRID.rows * GRID.columns))


def test_the_picture_is_an_8_bit_palette_with_nothing_painted_where_there_is_no_value():
    classes = Classes((1.0,), (1.0,), ("#00224e",), 0)
    picture = Image.open(io.BytesIO(png_of(warp(_one_cell(140, 120)), classes)))
    assert picture.mode == "P"
    assert picture.info["transparency"] == 0
    painted = np.asarray(picture)
    assert set(np.unique(painted).tolist()) == {0, 1}
    assert 2 <= (painted == 1).sum() <= 9
    assert picture.getpalette()[3:6] == [0x00, 0x22, 0x4E]


def test_a_surface_without_values_makes_a_picture_without_colour():
    empty = _surface(np.full((GRID.rows, GRID.columns), np.nan))
    picture = Image.open(io.BytesIO(png_of(warp(empty), surface_classes(empty.values))))
    assert not np.asarray(picture).any()


def test_the_overlay_carries_its_picture_with_it_and_the_corners_latitude_first():
    surface = _one_cell(140, 120)
    drawn = surface_overlay(Layer(META, surface=surface), surface_classes(surface.values))
    url, bounds = json.loads(f"[{drawn.arguments}]")
    assert base64.b64decode(url.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert 52 < bounds[0][0] < bounds[1][0] < 52.4
    assert 0 < bounds[0][1] < bounds[1][1] < 0.4


def test_a_large_grid_is_drawn_with_at_most_1500_pixels_a_side():
    grid = GridSpec(540000.0, 252000.0, 10.0, 1800, 400)
    values = np.ones((400, 1800), dtype=np.float32)
    image = warp(Surface(grid, values, 300.0, "quartic", np.zeros(values.shape, dtype=np.uint32)))
    assert max(image.values.shape) <= 1501
