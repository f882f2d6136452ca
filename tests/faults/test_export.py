"""Exports that fail leave the old file as it was and nothing else behind."""

import os
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas
from hotspots.errors import CrsError, FileRefused
from hotspots.export import csv_table, export_layer, geojson, geopackage, geotiff
from hotspots.export.records import records
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface

META = LayerMeta(
    *("callouts-by-lsoa", "Callouts", "callouts", "callouts", "2016/17", "ambulance", "counted"),
    *("health", "OFFICIAL", True, True),
)
MODULES = {".geojson": geojson, ".gpkg": geopackage, ".csv": csv_table, ".tif": geotiff}


def cube(value: float) -> Layer:
    areas = pd.DataFrame(
        {"code": ["E01000001"], "name": ["Market"], "geometry": [shapely.box(544000, 257000, 545000, 258000)]}
    )
    cell = {"area_code": "E01000001", "period": "2016/17", "measure": "callouts", "category": "all"}
    numbers = {"value": value, "lower": value, "upper": value, "status": "ok", "events": 1}
    frame = pd.DataFrame([cell | numbers])
    return Layer(META, cube=frame, areas=Areas("lsoa", "schematic", "2011", True, "", areas))


def surface(value: float) -> Layer:
    values = np.random.default_rng(7).random((200, 200)).astype(np.float32) + np.float32(value)
    grid = GridSpec(544000.0, 257000.0, 50.0, 200, 200)
    return Layer(META, surface=Surface(grid, values, 300.0, "quartic", np.ones(values.shape, np.uint32)))


def layer_for(suffix: str, value: float) -> Layer:
    return surface(value) if suffix == ".tif" else cube(value)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(params=MODULES)
def exported(request, tmp_path):
    """A file that was exported with the value 5, and its suffix."""
    path = tmp_path / f"out{request.param}"
    export_layer(layer_for(request.param, 5.0), path, audience="restricted")
    return path


def test_a_file_that_does_not_read_back_as_written_leaves_the_old_one(exported, monkeypatch):
    def damaged(*args, name, **kwargs):
        raise FileRefused(f"{name}: the values did not read back as written")

    before = contents(exported.parent)
    monkeypatch.setattr(MODULES[exported.suffix], "verify", damaged)
    with pytest.raises(FileRefused, match="did not read back"):
        export_layer(layer_for(exported.suffix, 6.0), exported, audience="restricted")
    assert contents(exported.parent) == before


def test_an_interruption_half_way_leaves_the_old_file(exported, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    before = contents(exported.parent)
    monkeypatch.setattr(MODULES[exported.suffix], "verify", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_layer(layer_for(exported.suffix, 6.0), exported, audience="restricted")
    assert contents(exported.parent) == before


def test_a_file_that_cannot_be_replaced_leaves_it_and_its_companions(exported, monkeypatch):
    replace = os.replace

    def in_use(source, target):
        if Path(target) == exported:
            raise PermissionError(13, "the file is open in another program")
        replace(source, target)

    before = contents(exported.parent)
    monkeypatch.setattr(os, "replace", in_use)
    with pytest.raises(FileRefused, match="could not be written: the file is open in another program"):
        export_layer(layer_for(exported.suffix, 6.0), exported, audience="restricted")
    assert contents(exported.parent) == before


def test_a_companion_that_cannot_be_replaced_leaves_all_as_it_was(tmp_path):
    path = tmp_path / "out.csv"
    export_layer(cube(5.0), path, audience="restricted")
    (tmp_path / "out-long.csv").unlink()
    (tmp_path / "out-long.csv").mkdir()
    old = path.read_bytes(), (tmp_path / "out.csv-metadata.json").read_bytes()
    with pytest.raises(FileRefused, match=r"out-long\.csv could not be written"):
        export_layer(cube(6.0), path, audience="restricted")
    assert (path.read_bytes(), (tmp_path / "out.csv-metadata.json").read_bytes()) == old
    assert sorted(child.name for child in tmp_path.iterdir()) == ["out-long.csv", "out.csv", "out.csv-metadata.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are of POSIX systems")
def test_a_full_disk_leaves_the_old_file(exported, capfd):
    import resource

    before = contents(exported.parent)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        with pytest.raises(FileRefused, match="could not be written") as refused:
            export_layer(layer_for(exported.suffix, 6.0), exported, audience="restricted")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(exported.parent) not in str(refused.value)
    assert contents(exported.parent) == before
    export_layer(layer_for(exported.suffix, 6.0), exported, audience="restricted")
    assert contents(exported.parent) != before


@pytest.mark.parametrize("suffix", MODULES)
def test_a_folder_that_may_not_be_written_is_one_clear_error(tmp_path, suffix):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(FileRefused, match="could not be written"):
            export_layer(layer_for(suffix, 5.0), folder / f"out{suffix}", audience="restricted")
    finally:
        folder.chmod(0o700)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".geojson", lambda text: text[: len(text) // 2]),
        (".geojson", lambda text: text.replace(b'"callouts_2016_17":6', b'"callouts_2016_17":7')),
        (".csv", lambda text: text.rsplit(b"\n", 2)[0] + b"\n"),
        (".csv", lambda text: text.replace(b",6", b",7")),
        (".tif", lambda text: text[: len(text) // 2]),
    ],
)
def test_damage_between_writing_and_reopening_is_seen(tmp_path, monkeypatch, suffix, damage):
    module = MODULES[suffix]
    verify = module.verify

    def damage_then_verify(stage, *args, **kwargs):
        stage.write_bytes(damage(stage.read_bytes()))
        verify(stage, *args, **kwargs)

    monkeypatch.setattr(module, "verify", damage_then_verify)
    with pytest.raises(FileRefused):
        export_layer(layer_for(suffix, 6.0), tmp_path / f"out{suffix}", audience="restricted")
    assert list(tmp_path.iterdir()) == []


def test_a_geopackage_with_another_number_than_meant_is_seen(tmp_path, monkeypatch):
    write = geopackage._write

    def write_seven(stage, held, layer):
        write(stage, records(cube(7.0)), layer)

    monkeypatch.setattr(geopackage, "_write", write_seven)
    with pytest.raises(FileRefused, match="the values did not read back as written"):
        export_layer(cube(6.0), tmp_path / "out.gpkg", audience="restricted")
    assert list(tmp_path.iterdir()) == []


def test_a_point_off_the_national_grid_is_refused_where_it_needs_a_longitude(tmp_path):
    frame = gpd.GeoDataFrame({"event_id": ["a"]}, geometry=[shapely.Point(5450000, 257900)], crs="EPSG:27700")
    with pytest.raises(CrsError, match="off the National Grid"):
        export_layer(Layer(META, features=frame), tmp_path / "out.geojson", audience="restricted")
    assert list(tmp_path.iterdir()) == []
