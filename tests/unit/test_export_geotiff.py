"""Cloud-optimised GeoTIFFs of surfaces."""

import json

import numpy as np
import pytest
import rasterio

from hotspots.errors import DataRefused
from hotspots.export import export_layer
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface

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


def test_a_value_in_the_top_row_lies_in_the_north(tmp_path):
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
