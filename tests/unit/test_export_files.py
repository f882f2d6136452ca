"""GeoJSON, GeoPackage and CSV files, and the door they leave by."""

import csv
import datetime
import json
import shutil
import subprocess

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from hotspots.areas import Areas
from hotspots.crs import to_bng
from hotspots.errors import CrsError, DataRefused, DisclosureRefused, FileRefused, UsageError
from hotspots.export import export_layer
from hotspots.export.csv_table import cell as csv_cell
from hotspots.export.records import column_names, typed
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface
from hotspots.spreadsheet import defused

NAN = float("nan")
OGRINFO = shutil.which("ogrinfo")
needs_ogrinfo = pytest.mark.skipif(OGRINFO is None, reason="ogrinfo (gdal-bin) is not on this machine")


def meta(**changes) -> LayerMeta:
    described = {
        "id": "needle-finds",
        "title": "Needle finds",
        "measure": "instances",
        "unit": "finds",
        "period": "2016/17",
        "source": "Cambridge City Council",
        "method": "as reported",
        "policy": "controlled",
        "marking": "OFFICIAL-SENSITIVE",
        "synthetic": True,
        "schematic": False,
        "attribution": "Contains OS data © Crown copyright and database right 2019",
    }
    return LayerMeta(**(described | changes))


def callouts() -> Layer:
    """Two areas: a ring with a hole and a square, one of them with a suppressed count of 1 to 4."""
    ring = shapely.difference(shapely.box(544000, 257000, 546000, 259000), shapely.box(544500, 257500, 545000, 258000))
    table = pd.DataFrame(
        {
            "code": ["E01000001", "E01000002"],
            "name": ["King's Hedges", "=Castle"],
            "geometry": [ring, shapely.box(546000, 257000, 547000, 258000)],
        }
    )
    cube = pd.DataFrame(
        {
            "area_code": ["E01000002", "E01000001"],
            "period": "2016/17",
            "measure": "callouts",
            "category": "all",
            "value": [12.0, NAN],
            "lower": [12.0, 1.0],
            "upper": [12.0, 4.0],
            "status": ["ok", "suppressed"],
            "events": [12, 98765],
        }
    )
    areas = Areas("lsoa", "2011", "2011", False, "", table)
    return Layer(meta(id="callouts-by-lsoa", title="Callouts"), cube=cube, areas=areas)


def finds(**columns) -> Layer:
    """Three finds, out of order, the last without a position."""
    table = {
        "event_id": ["f3", "f1", "f2"],
        "date": pd.to_datetime(["2016-04-03", "2016-04-01", None]),
        "quantity": pd.array([3, 1, None], dtype="Int64"),
        "is_batch": pd.array([True, False, None], dtype="boolean"),
        "uncertainty_m": [0.5, float("inf"), NAN],
        "file": "secret.csv",
        "line": [4, 2, 3],
    } | columns
    points = [shapely.Point(545420.0, 257900.0), shapely.Point(544012.25, 258000.5), None]
    return Layer(meta(), features=gpd.GeoDataFrame(table, geometry=points, crs="EPSG:27700"))


def surface() -> Layer:
    grid = GridSpec(544000.0, 257000.0, 50.0, 2, 2)
    ones = np.ones((2, 2))
    return Layer(meta(), surface=Surface(grid, ones.astype(np.float32), 300.0, "quartic", ones.astype(np.uint32)))


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


class TestTheDoor:
    @pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".csv"])
    @pytest.mark.parametrize("place", [(9e6, 257_900.0), (545_420.0, 2_579_000.0), (-1.0, 257_900.0), (150.0, -52.0)])
    def test_fault_028_a_position_off_the_national_grid_never_leaves(self, tmp_path, suffix, place):
        """A GeoPackage and a CSV held such points as if they were places; only GeoJSON refused them."""
        points = [shapely.Point(545_420.0, 257_900.0), shapely.Point(place), None]
        layer = Layer(meta(), features=gpd.GeoDataFrame({"event_id": list("abc")}, geometry=points, crs="EPSG:27700"))
        with pytest.raises(CrsError, match=rf"'needle-finds': easting {place[0]:,.0f}, northing .* off the National"):
            export_layer(layer, tmp_path / f"out{suffix}", audience="restricted")
        assert list(tmp_path.iterdir()) == []

    def test_fault_028_a_surface_off_the_national_grid_never_leaves(self, tmp_path):
        ones = np.ones((2, 2))
        grid = GridSpec(9_000_000.0, 257000.0, 50.0, 2, 2)
        off = Layer(meta(), surface=Surface(grid, ones.astype(np.float32), 300.0, "quartic", ones.astype(np.uint32)))
        with pytest.raises(CrsError, match="easting 9,000,050, northing 257,050 is off the National Grid"):
            export_layer(off, tmp_path / "out.tif", audience="restricted")

    def test_a_suffix_that_is_no_format_of_ours_is_a_usage_error_that_lists_them(self, tmp_path):
        with pytest.raises(UsageError, match=r"no format for \.shp; .*\.geojson, \.gpkg, \.csv, \.tif, \.tiff"):
            export_layer(callouts(), tmp_path / "out.shp", audience="restricted")
        with pytest.raises(UsageError, match="a name without a suffix"):
            export_layer(callouts(), tmp_path / "out", audience="restricted")

    def test_a_format_that_does_not_fit_the_content_says_which_do(self, tmp_path):
        with pytest.raises(UsageError, match=r"a surface of cells, which do not fit \.csv; use one of \.tif, \.tiff"):
            export_layer(surface(), tmp_path / "out.csv", audience="restricted")
        with pytest.raises(UsageError, match=r"numbers by area, .*; use one of \.geojson, \.gpkg, \.csv"):
            export_layer(callouts(), tmp_path / "out.tif", audience="restricted")

    @pytest.mark.parametrize(
        ("made_for", "asked", "leaves"),
        [
            ("public", "public", True),
            ("public", "restricted", True),
            ("partner", "public", False),
            ("partner", "partner", True),
            ("restricted", "partner", False),
            ("restricted", "restricted", True),
        ],
    )
    def test_a_layer_goes_to_its_audience_or_a_narrower_one(self, tmp_path, made_for, asked, leaves):
        layer = callouts().described(sensitivity=made_for)
        path = tmp_path / "out.geojson"
        if leaves:
            assert export_layer(layer, path, audience=asked) == (path,)
        else:
            with pytest.raises(DisclosureRefused, match=f"made for the audience '{made_for}' .* make it with view"):
                export_layer(layer, path, audience=asked)
        assert path.exists() == leaves

    def test_an_unknown_audience_is_a_usage_error(self, tmp_path):
        with pytest.raises(UsageError, match="there is no audience 'everybody'"):
            export_layer(callouts(), tmp_path / "out.csv", audience="everybody")

    @pytest.mark.parametrize("marker", ["boundaries/lsoa-2011/", "build/CURRENT", "0123456789ab/manifest.json"])
    def test_a_file_among_boundaries_or_in_a_build_is_a_usage_error(self, tmp_path, marker):
        folder = tmp_path / marker if marker.endswith("/") else (tmp_path / marker).parent
        (folder / "layers").mkdir(parents=True)
        if not marker.endswith("/"):
            (tmp_path / marker).write_text("x")
        for target in (folder / "out.gpkg", folder / "layers" / "out.gpkg"):
            with pytest.raises(UsageError, match="choose another folder"):
                export_layer(callouts(), target, audience="restricted")
            assert not target.exists()

    def test_a_folder_as_target_is_a_usage_error_and_a_missing_folder_is_named(self, tmp_path):
        (tmp_path / "out.csv").mkdir()
        with pytest.raises(UsageError, match=r"out\.csv is a folder"):
            export_layer(callouts(), tmp_path / "out.csv", audience="restricted")
        with pytest.raises(FileRefused, match="there is no folder nowhere"):
            export_layer(callouts(), tmp_path / "nowhere" / "out.csv", audience="restricted")

    def test_upper_case_suffixes_are_the_same_formats(self, tmp_path):
        assert export_layer(callouts(), tmp_path / "OUT.GeoJSON", audience="restricted")[0].exists()


class TestGeoJson:
    def test_areas_are_longitude_and_latitude_with_right_hand_rings_and_seven_decimals(self, tmp_path):
        (path,) = export_layer(callouts(), tmp_path / "out.geojson", audience="restricted")
        document = read_json(path)
        assert "crs" not in document
        assert [feature["id"] for feature in document["features"]] == ["E01000001", "E01000002"]
        exterior, hole = document["features"][0]["geometry"]["coordinates"]
        assert shapely.is_ccw(shapely.LinearRing(exterior))
        assert not shapely.is_ccw(shapely.LinearRing(hole))
        decimals = [len(repr(number).split(".")[1]) for ring in (exterior, hole) for pair in ring for number in pair]
        assert max(decimals) <= 7
        assert all(0.1 < longitude < 0.2 and 52.1 < latitude < 52.3 for longitude, latitude in exterior)

    def test_positions_are_by_ostn15_to_a_centimetre(self, tmp_path):
        (path,) = export_layer(finds(), tmp_path / "out.geojson", audience="restricted")
        longitude, latitude = read_json(path)["features"][2]["geometry"]["coordinates"]
        easting, northing = to_bng([longitude], [latitude])
        assert abs(easting[0] - 545420.0) < 0.01
        assert abs(northing[0] - 257900.0) < 0.01

    def test_a_suppressed_count_is_null_with_its_interval_and_events_are_not_there(self, tmp_path):
        (path,) = export_layer(callouts(), tmp_path / "out.geojson", audience="restricted")
        assert read_json(path)["features"][0]["properties"] == {
            "area_code": "E01000001",
            "area_name": "King's Hedges",
            "vintage": "2011",
            "callouts_2016_17": None,
            "callouts_2016_17_lower": 1,
            "callouts_2016_17_upper": 4,
            "callouts_2016_17_status": "suppressed",
        }
        assert "98765" not in path.read_text()

    def test_features_are_sorted_typed_and_without_file_and_line(self, tmp_path):
        (path,) = export_layer(finds(), tmp_path / "out.geojson", audience="restricted")
        features = read_json(path)["features"]
        assert [feature["properties"] for feature in features] == [
            {"event_id": "f1", "date": "2016-04-01", "quantity": 1, "is_batch": False, "uncertainty_m": None},
            {"event_id": "f2", "date": None, "quantity": None, "is_batch": None, "uncertainty_m": None},
            {"event_id": "f3", "date": "2016-04-03", "quantity": 3, "is_batch": True, "uncertainty_m": 0.5},
        ]
        assert features[1]["geometry"] is None
        assert "secret.csv" not in path.read_text()

    def test_the_description_travels_in_the_file(self, tmp_path):
        (path,) = export_layer(finds(), tmp_path / "out.geojson", audience="restricted")
        about = read_json(path)["metadata"]
        assert about["marking"] == "OFFICIAL-SENSITIVE"
        assert about["attribution"] == "Contains OS data © Crown copyright and database right 2019"
        assert about["labels"] == ["Synthetic records: not real events"]
        assert about["transformation"] == "OSTN15 (convertbng)"

    def test_the_same_layer_makes_the_same_bytes(self, tmp_path):
        first, second = tmp_path / "first.geojson", tmp_path / "second.geojson"
        export_layer(callouts(), first, audience="restricted")
        export_layer(callouts(), second, audience="restricted")
        assert first.read_bytes() == second.read_bytes()

    def test_a_neck_of_a_millimetre_is_still_valid_after_rounding(self, tmp_path):
        neck = shapely.Polygon(
            [
                (544000, 257000),
                (544100, 257049.9995),
                (544200, 257000),
                (544200, 257100),
                (544100, 257050),
                (544000, 257100),
            ]
        )
        layer = Layer(meta(), features=gpd.GeoDataFrame({"id": [1]}, geometry=[neck], crs="EPSG:27700"))
        (path,) = export_layer(layer, tmp_path / "out.geojson", audience="restricted")
        shape = shapely.from_geojson(json.dumps(read_json(path)["features"][0]["geometry"]))
        assert shape.is_valid
        assert not shape.is_empty

    def test_a_polygon_that_is_not_valid_is_refused_by_its_identifier(self, tmp_path):
        bow_tie = shapely.Polygon([(544000, 257000), (544100, 257100), (544100, 257000), (544000, 257100)])
        layer = Layer(meta(), features=gpd.GeoDataFrame({"id": [7]}, geometry=[bow_tie], crs="EPSG:27700"))
        with pytest.raises(DataRefused, match="the geometry of 7 is not valid"):
            export_layer(layer, tmp_path / "out.geojson", audience="restricted")

    def test_features_in_degrees_are_refused(self, tmp_path):
        frame = gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(0.12, 52.2)], crs="EPSG:4326")
        with pytest.raises(CrsError, match="EPSG:4326"):
            export_layer(Layer(meta(), features=frame), tmp_path / "out.geojson", audience="restricted")

    @needs_ogrinfo
    def test_ogrinfo_finds_the_same_rows_and_fields(self, tmp_path):
        (path,) = export_layer(callouts(), tmp_path / "out.geojson", audience="restricted")
        told = subprocess.run([OGRINFO, "-so", "-al", path], capture_output=True, text=True, check=True).stdout
        assert "Feature Count: 2" in told
        assert 'ID["EPSG",4326]' in told
        assert "callouts_2016_17: Integer" in told


class TestGeoPackage:
    def test_one_layer_in_the_national_grid_with_typed_columns(self, tmp_path):
        (path,) = export_layer(finds(), tmp_path / "out.gpkg", audience="restricted")
        about = pyogrio.read_info(path, layer="needle_finds")
        assert about["layer_name"] == "needle_finds"
        assert about["crs"] == "EPSG:27700"
        assert about["geometry_type"] == "Point"
        assert about["fields"].tolist() == ["event_id", "date", "quantity", "is_batch", "uncertainty_m"]
        assert about["ogr_types"] == ["OFTString", "OFTDate", "OFTInteger64", "OFTInteger", "OFTReal"]
        assert about["ogr_subtypes"][3] == "OFSTBoolean"
        assert about["layer_metadata"]["marking"] == "OFFICIAL-SENSITIVE"
        assert about["layer_metadata"]["IDENTIFIER"] == "Needle finds"

    def test_values_and_missing_ones_come_back(self, tmp_path):
        (path,) = export_layer(finds(), tmp_path / "out.gpkg", audience="restricted")
        rows = pyogrio.raw.read_arrow(path, layer="needle_finds")[1].drop_columns("geom").to_pylist()
        assert rows[0] == {
            **{"event_id": "f1", "date": datetime.date(2016, 4, 1), "quantity": 1},
            **{"is_batch": False, "uncertainty_m": None},
        }
        assert rows[1]["quantity"] is None

    def test_fault_145_a_new_export_replaces_the_whole_file_and_leaves_no_residue(self, tmp_path):
        path = tmp_path / "out.gpkg"
        export_layer(finds(context=["CANARY", "CANARY", "CANARY"]), path, audience="restricted")
        export_layer(callouts(), path, audience="restricted")
        assert b"CANARY" not in path.read_bytes()
        assert b"98765" not in path.read_bytes()
        assert pyogrio.list_layers(path)[:, 0].tolist() == ["callouts_by_lsoa", "layer_styles"]
        assert [child.name for child in tmp_path.iterdir()] == ["out.gpkg"]

    def test_columns_of_areas_have_names_in_words_that_gdal_reads(self, tmp_path):
        (path,) = export_layer(callouts(), tmp_path / "out.gpkg", audience="restricted")
        _, read = pyogrio.raw.read_arrow(path, layer="callouts_by_lsoa")
        told = {
            field.name: (field.metadata or {}).get(b"GDAL:OGR:alternative_name", b"").decode() for field in read.schema
        }
        del told["geom"]
        assert told == {
            "area_code": "Area code",
            "area_name": "Area",
            "vintage": "Boundaries of",
            "callouts_2016_17": "Assault-related ambulance callouts, 2016/17",
            "callouts_2016_17_lower": "Assault-related ambulance callouts, 2016/17 (at least)",
            "callouts_2016_17_upper": "Assault-related ambulance callouts, 2016/17 (at most)",
            "callouts_2016_17_status": "Assault-related ambulance callouts, 2016/17 (how far known)",
        }

    @needs_ogrinfo
    def test_ogrinfo_finds_the_same_rows_and_fields(self, tmp_path):
        (path,) = export_layer(callouts(), tmp_path / "out.gpkg", audience="restricted")
        told = subprocess.run([OGRINFO, "-so", "-al", path], capture_output=True, text=True, check=True)
        assert "Feature Count: 2" in told.stdout
        assert 'ID["EPSG",27700]' in told.stdout
        assert "Geometry: Multi Polygon" in told.stdout
        assert "callouts_2016_17_status: String" in told.stdout
        assert "Extent: (544000.000000, 257000.000000) - (547000.000000, 259000.000000)" in told.stdout
        assert "Warning" not in told.stderr


class TestCsv:
    def test_areas_make_a_wide_file_a_long_companion_and_a_description(self, tmp_path):
        paths = export_layer(callouts(), tmp_path / "out.csv", audience="restricted")
        assert [path.name for path in paths] == ["out.csv", "out-long.csv", "out.csv-metadata.json"]
        assert paths[0].read_bytes().decode() == (
            "area_code,area_name,vintage,callouts_2016_17,callouts_2016_17_lower,callouts_2016_17_upper,"
            "callouts_2016_17_status\n"
            "E01000001,King's Hedges,2011,,1,4,suppressed\n"
            "E01000002,'=Castle,2011,12,12,12,ok\n"
        )
        assert paths[1].read_bytes().decode() == (
            "area_code,area_name,vintage,period,measure,unit,category,value,lower,upper,status\n"
            "E01000001,King's Hedges,2011,2016/17,callouts,callouts,all,,1,4,suppressed\n"
            "E01000002,'=Castle,2011,2016/17,callouts,callouts,all,12,12,12,ok\n"
        )
        assert read_json(paths[2])["title"] == "Callouts"

    def test_points_have_easting_and_northing_and_no_companion(self, tmp_path):
        paths = export_layer(finds(), tmp_path / "out.csv", audience="restricted")
        assert [path.name for path in paths] == ["out.csv", "out.csv-metadata.json"]
        assert read_csv(paths[0]) == [
            ["event_id", "date", "quantity", "is_batch", "uncertainty_m", "easting", "northing"],
            ["f1", "2016-04-01", "1", "false", "", "544012.25", "258000.5"],
            ["f2", "", "", "", "", "", ""],
            ["f3", "2016-04-03", "3", "true", "0.5", "545420", "257900"],
        ]

    def test_polygons_have_no_coordinates(self, tmp_path):
        square = shapely.box(544000, 257000, 545000, 258000)
        frame = gpd.GeoDataFrame({"name": ["Market"]}, geometry=[square], crs="EPSG:27700")
        path, _ = export_layer(Layer(meta(), features=frame), tmp_path / "out.csv", audience="restricted")
        assert read_csv(path) == [["name"], ["Market"]]

    @pytest.mark.parametrize(
        "text",
        ["=1+1", "+44", "-5", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", ' "=1', "\n=1", "'=1", "“=1"],
    )
    def test_fault_106_text_that_a_spreadsheet_would_evaluate_is_defused(self, text):
        assert defused(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["Mill Road", "King's Hedges", "2016/17", "'tis", "a=b", "", "E01000001", "<5"])
    def test_other_text_stays_as_it_is(self, text):
        assert defused(text) == text

    def test_numbers_stay_numbers(self):
        assert [csv_cell(value) for value in (-5, -0.5, 37.0, 1e300, 1e-7)] == ["-5", "-0.5", "37", "1e+300", "1e-07"]

    def test_headings_quotes_commas_and_line_breaks_are_safe(self, tmp_path):
        layer = finds(**{"=cmd": ['a"b', "c,d", "e\r\nf"]})
        path, _ = export_layer(layer, tmp_path / "out.csv", audience="restricted")
        assert [row[5] for row in read_csv(path)] == ["'=cmd", "c,d", "e\nf", 'a"b']
        assert b"\r" not in path.read_bytes()


class TestEveryFormat:
    @pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".csv"])
    def test_empty_layers_are_valid_files(self, tmp_path, suffix):
        empty = Layer(callouts().meta, cube=callouts().cube.iloc[:0], areas=callouts().areas)
        none = Layer(meta(), features=finds().features.iloc[:0])
        for number, layer in enumerate((empty, none)):
            path, *_ = export_layer(layer, tmp_path / f"out{number}{suffix}", audience="restricted")
            assert path.stat().st_size > 0

    def test_an_empty_geojson_has_no_features(self, tmp_path):
        layer = Layer(meta(), features=finds().features.iloc[:0])
        (path,) = export_layer(layer, tmp_path / "out.geojson", audience="restricted")
        assert read_json(path)["features"] == []

    @pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".csv"])
    def test_difficult_column_names_and_values_survive(self, tmp_path, suffix):
        layer = finds(
            fid=[1, 2, 3],
            ID=["007", "008", "009"],
            id=[2**60, 1, 2],
            select=["{{7*7}}", "<script>", "${1}"],
            **{
                "2016": [[1, 2], None, {"a": 1}],
                "x" * 70: pd.Series(["\x00null", "\ud800", "🙂"], dtype="object"),
                "geom": [1.5, -0.0, NAN],
            },
        )
        paths = export_layer(layer, tmp_path / f"out{suffix}", audience="restricted")
        names = ["fid_2", "ID", "id_2", "select", "2016", "x" * 70, "geom_2"]
        if suffix == ".geojson":
            row = read_json(paths[0])["features"][2]["properties"]
        elif suffix == ".gpkg":
            row = pyogrio.raw.read_arrow(paths[0], layer="needle_finds")[1].to_pylist()[2]
        else:
            header, *rows = read_csv(paths[0])
            row = dict(zip(header, rows[2], strict=True))
        got = [str(row[name]) for name in names]
        assert got == ["1", "007", "1152921504606846976", "{{7*7}}", "[1, 2]", "\ufffdnull", "1.5"]


def test_reserved_and_repeated_names_get_a_number_and_none_is_cut():
    assert column_names(["geometry", "fid", "Fid", "a\nb", 7]) == ["geometry_2", "fid_2", "Fid_3", "a b", "7"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series([True, None], dtype="object"), [True, None]),
        (pd.Series([1, None], dtype="object"), [1, None]),
        (pd.Series([1, 2.5], dtype="object"), [1.0, 2.5]),
        (pd.Series([True, 1], dtype="object"), ["True", "1"]),
        (pd.Series(pd.Categorical(["b", None])), ["b", None]),
        (pd.Series([datetime.date(2016, 4, 1), None]), [datetime.date(2016, 4, 1), None]),
        (pd.to_datetime(pd.Series(["2016-04-01 12:30"])), ["2016-04-01T12:30:00"]),
        (pd.to_datetime(pd.Series(["2016-04-01"])).dt.tz_localize("Europe/London"), ["2016-04-01T00:00:00+01:00"]),
        (pd.Series([-0.0, float("-inf")]), [0.0, None]),
        (pd.Series([None, None], dtype="Int64"), [None, None]),
    ],
)
def test_fault_076_every_type_leaves_as_one_that_the_formats_hold(values, expected):
    assert typed(values).to_pylist() == expected
