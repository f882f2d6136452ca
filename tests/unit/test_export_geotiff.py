"""Cloud-optimised GeoTIFFs of surfaces."""

import json
import shutil
import struct
import subprocess

import numpy as np
import pytest
import rasterio

from hotspots.errors import DataRefused
from hotspots.export import export_layer
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface

GDALINFO = shutil.which("gdalinfo")
META = LayerMeta(
    id="needle-density",
    title="Density of needle finds",
    measure="density",
    unit="finds per km²",
    period="2016/17 to 2018/19",
    source="Cambridge City Council",
    method="quartic kernel",
    policy="controlled",
    marking="OFFICIAL",
    synthetic=True,
    schematic=True,
    attribution="Contains OS data © Crown copyright",
)


def surface_of(values, *, cell_m=50.0) -> Layer:
    values = np.asarray(values, dtype=np.float32)
    rows, columns = values.shape
    grid = GridSpec(544000.0, 257000.0, cell_m, columns, rows)
    return Layer(META, surface=Surface(grid, values, 300.0, "quartic", np.full(values.shape, 98765, np.uint32)))


def test_cells_are_in_the_national_grid_on_round_lines_with_nodata_outside(tmp_path):
    path, *_ = export_layer(
        surface_of([[1.5, np.nan], [0.0, 2.25], [3.0, 4.0]]), tmp_path / "out.tif", audience="restricted"
    )
    with rasterio.open(path) as read:
        assert read.crs.to_epsg() == 27700
        assert tuple(read.bounds) == (544000.0, 257000.0, 544100.0, 257150.0)
        assert read.nodata == -9999.0
        assert read.dtypes == ("float32",)
        assert read.read(1).tolist() == [[1.5, -9999.0], [0.0, 2.25], [3.0, 4.0]]
        assert read.read(1, masked=True).mask.tolist() == [[False, True], [False, False], [False, False]]


def test_fault_061_a_value_in_the_top_row_lies_in_the_north(tmp_path):
    path, *_ = export_layer(surface_of([[9.0], [0.0]]), tmp_path / "out.tif", audience="restricted")
    with rasterio.open(path) as read:
        assert [float(value[0]) for value in read.sample([(544025, 257075), (544025, 257025)])] == [9.0, 0.0]


def test_unit_bandwidth_and_description_are_in_the_tags(tmp_path):
    path, sidecar, _ = export_layer(surface_of([[1.0]]), tmp_path / "out.tif", audience="restricted")
    with rasterio.open(path) as read:
        tags = read.tags()
        assert read.descriptions == ("Density of needle finds",)
        assert read.units == ("finds per km²",)
    assert tags["unit"] == "finds per km²"
    assert tags["bandwidth_m"] == "300"
    assert tags["kernel"] == "quartic"
    assert tags["cell_m"] == "50"
    assert tags["attribution"] == "Contains OS data © Crown copyright"
    assert tags["labels"] == "Synthetic records: not real events\nSchematic boundaries: invented shapes"
    assert json.loads(sidecar.read_text(encoding="utf-8"))["unit"] == "finds per km²"
    assert sidecar.name == "out.tif-metadata.json"


def test_a_large_surface_is_cloud_optimised_and_its_overviews_keep_to_the_range(tmp_path):
    values = np.zeros((700, 600), np.float32)
    values[::7, ::5] = 100.0
    path, *_ = export_layer(surface_of(values), tmp_path / "out.tif", audience="restricted")
    with rasterio.open(path) as read:
        assert read.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert read.block_shapes == [(256, 256)]
        assert read.overviews(1) == [2, 4]
        smaller = read.read(1, out_shape=(350, 300))
    assert smaller.min() >= 0.0
    assert smaller.max() <= 100.0


def test_the_same_surface_makes_the_same_bytes(tmp_path):
    values = np.arange(300 * 300, dtype=np.float32).reshape(300, 300)
    first, *_ = export_layer(surface_of(values), tmp_path / "first.tif", audience="restricted")
    second, *_ = export_layer(surface_of(values), tmp_path / "second.tiff", audience="restricted")
    assert first.read_bytes() == second.read_bytes()


def test_nothing_but_the_file_its_description_and_its_style_is_left(tmp_path):
    export_layer(surface_of([[1.0]]), tmp_path / "out.tif", audience="restricted")
    assert sorted(child.name for child in tmp_path.iterdir()) == ["out.qml", "out.tif", "out.tif-metadata.json"]


@pytest.mark.parametrize("value", [np.inf, -9999.0])
def test_a_value_that_means_nothing_in_the_file_is_refused(tmp_path, value):
    with pytest.raises(DataRefused, match="a cell is infinite or -9999"):
        export_layer(surface_of([[value]]), tmp_path / "out.tif", audience="restricted")
    assert list(tmp_path.iterdir()) == []


def test_a_surface_without_any_data_is_a_valid_file(tmp_path):
    path, *_ = export_layer(surface_of([[np.nan, np.nan]]), tmp_path / "out.tif", audience="restricted")
    with rasterio.open(path) as read:
        assert read.read(1, masked=True).mask.all()


class TestCloudOptimised:
    """The layout of the bytes, read without any library: what a reader over a network relies on."""

    def directories(self, content: bytes) -> list[dict[int, list[int]]]:
        """Tags of each image of a little-endian TIFF in the order of the file, with the place of the image first."""
        assert content[:4] == b"II*\0"
        place = struct.unpack_from("<I", content, 4)[0]
        found = []
        while place:
            (count,) = struct.unpack_from("<H", content, place)
            tags = {0: [place]}
            for number in range(count):
                tag, kind, length = struct.unpack_from("<HHI", content, place + 2 + 12 * number)
                if kind not in {3, 4}:
                    continue
                form, width = {3: ("H", 2), 4: ("I", 4)}[kind]
                at = place + 2 + 12 * number + 8
                at = at if length * width <= 4 else struct.unpack_from("<I", content, at)[0]
                tags[tag] = list(struct.unpack_from(f"<{length}{form}", content, at))
            found.append(tags)
            (place,) = struct.unpack_from("<I", content, place + 2 + 12 * count)
        return found

    def test_images_come_first_then_the_smallest_overview_then_the_cells(self, tmp_path):
        values = np.random.default_rng(7).random((1100, 900)).astype(np.float32)
        path, *_ = export_layer(surface_of(values), tmp_path / "out.tif", audience="restricted")
        content = path.read_bytes()
        images = self.directories(content)
        width, tile_width, offsets = 256, 322, 324
        assert [image[width][0] for image in images] == [900, 450, 225, 112]
        assert all(image[tile_width] == [256] for image in images)
        places = [image[0][0] for image in images]
        assert places == sorted(places)
        first_tiles = [min(place for place in image[offsets] if place) for image in images]
        assert first_tiles == sorted(first_tiles, reverse=True)
        assert max(places) < min(first_tiles)

    @pytest.mark.skipif(GDALINFO is None, reason="gdalinfo (gdal-bin) is not on this machine")
    def test_gdalinfo_finds_the_layout_nodata_unit_and_tags(self, tmp_path):
        values = np.full((700, 600), 2.5, np.float32)
        values[:300] = np.nan
        path, *_ = export_layer(surface_of(values), tmp_path / "out.tif", audience="restricted")
        told = subprocess.run([GDALINFO, path], capture_output=True, text=True, check=True)
        for words in (
            *("LAYOUT=COG", "NoData Value=-9999", "Overviews: 300x350, 150x175", "Unit Type: finds per km²"),
            *("bandwidth_m=300", "marking=OFFICIAL", 'ID["EPSG",27700]', "Block=256x256 Type=Float32"),
        ):
            assert words in told.stdout, words
        assert "Warning" not in told.stderr
