"""Downloads of one file or of several in an archive."""

import io
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas
from hotspots.errors import DisclosureRefused, UsageError
from hotspots.export import bundle, export_layer
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface

META = LayerMeta(
    *("callouts-by-lsoa", "Callouts", "callouts", "callouts", "2016/17", "ambulance", "counted"),
    *("health", "OFFICIAL", True, True),
    area="Cambridge",
)
NAME = "callouts-by-lsoa_callouts_2016-17_cambridge_restricted"


def cube() -> Layer:
    square = [shapely.box(544000, 257000, 545000, 258000)]
    areas = pd.DataFrame({"code": ["E01000001"], "name": ["Market"], "geometry": square})
    columns = ["area_code", "period", "measure", "category", "value", "lower", "upper", "status", "events"]
    rows = pd.DataFrame([("E01000001", "2016/17", "callouts", "all", 5.0, 5.0, 5.0, "ok", 5)], columns=columns)
    return Layer(META, cube=rows, areas=Areas("lsoa", "schematic", "2011", True, "", areas))


def points() -> Layer:
    frame = gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(544000, 257000)], crs="EPSG:27700")
    return Layer(META, features=frame)


def surface() -> Layer:
    ones = np.ones((2, 2))
    grid = GridSpec(544000.0, 257000.0, 50.0, 2, 2)
    return Layer(META, surface=Surface(grid, ones.astype(np.float32), 300.0, "quartic", ones.astype(np.uint32)))


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_one_file_comes_as_it_is(tmp_path, suffix):
    made, name = bundle(cube(), suffix, "restricted")
    (path,) = export_layer(cube(), tmp_path / f"out{suffix}", audience="restricted")
    assert name == NAME + suffix
    assert made == path.read_bytes()


@pytest.mark.parametrize(
    ("layer", "suffix", "ends"),
    [
        (cube(), ".csv", [".csv", "-long.csv", ".csv-metadata.json"]),
        (points(), ".csv", [".csv", ".csv-metadata.json"]),
        (surface(), ".tif", [".tif", ".tif-metadata.json", ".qml"]),
    ],
)
def test_several_files_come_as_one_archive_that_is_the_same_each_time(tmp_path, layer, suffix, ends):
    made, name = bundle(layer, suffix, "restricted")
    assert name == f"{NAME}{suffix}.zip"
    assert made == bundle(layer, suffix, "restricted")[0]
    paths = export_layer(layer, tmp_path / (NAME + suffix), audience="restricted")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [NAME + end for end in ends] == [path.name for path in paths]
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [archive.read(path.name) for path in paths] == [path.read_bytes() for path in paths]


def test_what_may_not_leave_is_not_bundled():
    with pytest.raises(DisclosureRefused):
        bundle(cube(), ".csv", "public")
    with pytest.raises(UsageError, match="no format"):
        bundle(cube(), ".shp", "restricted")
