"""Reading polygon files: three formats, two coordinate systems, and which column holds the codes."""

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import box, mapping

from hotspots import crs
from hotspots.boundaries import read_features, read_polygons
from hotspots.errors import CrsError, DataRefused, FileRefused, UsageError

WEST, EAST = box(544_000, 257_000, 545_000, 258_000), box(545_000, 257_000, 546_000, 258_000)
OFFICIAL = [{"LSOA11CD": "E01000001", "LSOA11NM": "Place 001A"}, {"LSOA11CD": "E01000002", "LSOA11NM": "Place 001B"}]
CRS84 = "urn:ogc:def:crs:OGC:1.3:CRS84"


def geojson(
    path: Path, rows: list[dict[str, Any]] = OFFICIAL, *, metres: bool = False, stated: str | None = None
) -> Path:
    shapes = [WEST, EAST] if metres else [crs.geometry_to_wgs84(WEST), crs.geometry_to_wgs84(EAST)]
    features = [
        {"type": "Feature", "properties": row, "geometry": mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    member = {"crs": {"type": "name", "properties": {"name": stated}}} if stated else {}
    path.write_text(json.dumps({"type": "FeatureCollection", **member, "features": features}), encoding="utf-8")
    return path


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(OFFICIAL, geometry=[WEST, EAST], crs="EPSG:27700")


def zipped(path: Path, *, without: str = "", folder: str = "", degrees: bool = False) -> Path:
    made = frame()
    if degrees:
        made = gpd.GeoDataFrame(
            OFFICIAL, geometry=[crs.geometry_to_wgs84(shape) for shape in (WEST, EAST)], crs="EPSG:4326"
        )
    made.to_file(path.with_suffix(".shp"), engine="pyogrio")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            if suffix != without:
                archive.write(path.with_suffix(suffix), f"{folder}Wards{suffix}")
    return path


def corner(path: Path) -> list[float]:
    return [round(float(value), 2) for value in read_features(path).in_bng()[0].bounds]


def test_the_three_formats_give_the_same_squares(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.gpkg", driver="GPKG", engine="pyogrio")
    files = [geojson(tmp_path / "a.geojson"), tmp_path / "a.gpkg", zipped(tmp_path / "a.zip", folder="inner/")]
    for path in files:
        polygons = read_polygons(path)
        assert polygons.codes.tolist() == ["E01000001", "E01000002"]
        assert polygons.names.tolist() == ["Place 001A", "Place 001B"]
        assert corner(path) == [544_000.0, 257_000.0, 545_000.0, 258_000.0]


@pytest.mark.parametrize("stated", [None, CRS84, "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_legacy_crs_members_for_wgs84_mean_longitude_first(tmp_path: Path, stated: str | None) -> None:
    assert corner(geojson(tmp_path / "a.geojson", stated=stated))[:2] == [544_000.0, 257_000.0]


@pytest.mark.parametrize("stated", ["EPSG:27700", "urn:ogc:def:crs:EPSG::27700"])
def test_a_crs_member_of_the_national_grid_means_metres(tmp_path: Path, stated: str) -> None:
    path = geojson(tmp_path / "a.geojson", metres=True, stated=stated)
    assert read_features(path).system == "EPSG:27700"
    assert corner(path)[:2] == [544_000.0, 257_000.0]


def test_another_crs_member_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match=r"EPSG::32630.*expected WGS84"):
        read_features(geojson(tmp_path / "a.geojson", stated="urn:ogc:def:crs:EPSG::32630"))


def test_web_mercator_of_map_services_is_the_same_ground_to_a_millimetre(tmp_path: Path) -> None:
    def mercator(vertices: Any) -> Any:
        return np.column_stack(crs.web_mercator(vertices[:, 0], vertices[:, 1]))

    shapes = shapely.transform(crs.geometry_to_wgs84(np.array([WEST, EAST])), mercator)
    flat = gpd.GeoDataFrame(OFFICIAL, geometry=shapes, crs="EPSG:3857")
    flat.to_file(tmp_path / "a.gpkg", driver="GPKG", engine="pyogrio")
    flat.to_file(tmp_path / "a.shp", engine="pyogrio")
    path = geojson(tmp_path / "a.geojson", metres=True, stated="urn:ogc:def:crs:EPSG::3857")
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature, shape in zip(content["features"], shapes, strict=True):
        feature["geometry"] = mapping(shape)
    path.write_text(json.dumps(content), encoding="utf-8")
    for name in ("a.gpkg", "a.shp", "a.geojson"):
        read = read_features(tmp_path / name)
        assert read.system == "EPSG:3857"
        assert read.in_bng()[0].hausdorff_distance(WEST) < 0.001
    with pytest.raises(CrsError, match=r"declared EPSG:3857 .*these are degrees"):
        read_features(geojson(tmp_path / "b.geojson", stated="EPSG:3857")).in_bng()


def test_metres_without_a_crs_member_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match=r"cannot be longitude and latitude.*EPSG:27700"):
        read_features(geojson(tmp_path / "a.geojson", metres=True)).in_bng()


def test_fault_052_degrees_declared_as_metres_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match="these are degrees"):
        read_features(geojson(tmp_path / "a.geojson", stated="EPSG:27700")).in_bng()


def test_latitude_before_longitude_is_refused_with_the_likely_cause(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature in content["features"]:
        rings = feature["geometry"]["coordinates"]
        feature["geometry"]["coordinates"] = [[vertex[::-1] for vertex in ring] for ring in rings]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CrsError, match=r"off the National Grid.*latitude given before longitude"):
        read_features(path).in_bng()


def test_a_shapefile_of_esri_words_is_in_the_national_grid(tmp_path: Path) -> None:
    assert 'PROJCS["British_National_Grid"' in (zipped(tmp_path / "a.zip").with_suffix(".prj")).read_text()
    assert read_features(tmp_path / "a.zip").system == "EPSG:27700"


def test_fault_037_a_shapefile_without_prj_is_refused_and_read_once_its_system_is_declared(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match=r"no \.prj.*--crs"):
        read_features(zipped(tmp_path / "a.zip", without=".prj"))
    assert read_features(tmp_path / "a.zip", unstated="EPSG:27700").system == "EPSG:27700"
    # Two files that state nothing may be in two systems, and --crs is one: the message does not lead back and forth.
    with pytest.raises(CrsError, match=r"cannot be longitude and latitude.*--crs is for all files that state none"):
        read_features(tmp_path / "a.zip", unstated="EPSG:4326").in_bng()
    with pytest.raises(UsageError, match="no coordinate system 'EPSG:3857' here"):
        read_features(tmp_path / "a.zip", unstated="EPSG:3857")


def test_degrees_that_are_declared_metres_are_told_before_any_feature_is_looked_for(tmp_path: Path) -> None:
    """Wards without .prj beside LSOAs without: "none of its 16 wards belongs to E07000191 (by where they lie)"."""
    file = zipped(tmp_path / "a.zip", without=".prj", degrees=True)
    with pytest.raises(CrsError, match=r"but its coordinates begin at \[0\.1.*: these are degrees; declare EPSG:4326"):
        read_features(file, unstated="EPSG:27700", wanted=lambda held: (540_000.0, 250_000.0, 550_000.0, 260_000.0))
    assert read_features(file, unstated="EPSG:4326").system == "OGC:CRS84"


def test_a_declared_system_is_for_files_that_state_none_and_never_against_one(tmp_path: Path) -> None:
    metres = geojson(tmp_path / "m.geojson", metres=True)
    assert read_features(metres, unstated="EPSG:27700").in_bng()[0].bounds[0] == 544_000.0
    degrees = geojson(tmp_path / "d.geojson")
    assert read_features(degrees, unstated="EPSG:27700").system == "OGC:CRS84"
    stated = geojson(tmp_path / "s.geojson", metres=True, stated=CRS84)
    assert read_features(stated, unstated="EPSG:27700").system == "OGC:CRS84"
    with pytest.raises(CrsError, match="cannot be longitude and latitude"):
        read_features(stated, unstated="EPSG:27700").in_bng()


def test_a_geopackage_of_no_system_is_read_once_its_system_is_declared(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.gpkg", driver="GPKG", engine="pyogrio")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as database:
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            database.execute(f"UPDATE {table} SET srs_id = -1")
        database.commit()
    with pytest.raises(CrsError, match="no coordinate system is stated"):
        read_features(tmp_path / "a.gpkg")
    assert read_features(tmp_path / "a.gpkg", unstated="EPSG:27700").system == "EPSG:27700"


def test_of_several_layers_the_one_with_the_codes_that_are_wanted_is_read(tmp_path: Path) -> None:
    path = tmp_path / "atlas.gpkg"
    frame().to_file(path, driver="GPKG", layer="LSOA_2011", engine="pyogrio")
    wards = frame().rename(columns={"LSOA11CD": "wd22cd", "LSOA11NM": "wd22nm"})
    wards.to_file(path, driver="GPKG", layer="WARDS", engine="pyogrio")
    assert read_polygons(path, kind="lsoa").code_column == "LSOA11CD"
    assert read_polygons(path, kind="ward").code_column == "wd22cd"
    assert read_polygons(path, code_column="WD22CD").name_column == "wd22nm"
    with pytest.raises(FileRefused, match=r"got 2 \(LSOA_2011, WARDS\)"):
        read_polygons(path)


def test_an_unzipped_shapefile_is_read_with_its_parts_whatever_their_case(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip")
    (tmp_path / "a.dbf").rename(tmp_path / "A.DBF")
    assert read_polygons(tmp_path / "a.shp").codes.tolist() == ["E01000001", "E01000002"]
    (tmp_path / "A.DBF").unlink()
    with pytest.raises(FileRefused, match=r"a\.shp: the Shapefile lacks \.dbf"):
        read_polygons(tmp_path / "a.shp")


@pytest.mark.parametrize(
    "stated",
    [
        "http://www.opengis.net/def/crs/EPSG/0/27700", "urn:x-ogc:def:crs:EPSG:27700", "epsg:27700",
        "urn:ogc:def:crs:EPSG:6.18.3:27700",
    ],
)  # fmt: skip
def test_every_way_of_naming_the_national_grid_is_read(tmp_path: Path, stated: str) -> None:
    assert read_features(geojson(tmp_path / "a.geojson", metres=True, stated=stated)).system == "EPSG:27700"


def test_topojson_shares_lines_between_neighbours_and_turns_them_round(tmp_path: Path) -> None:
    # Two squares of 10 on a grid that share the line x = 10: the second walks it backwards.
    arcs = [[[10, 0], [0, 10]], [[10, 10], [-10, 0], [0, -10], [10, 0]], [[10, 0], [10, 0], [0, 10], [-10, 0]]]
    shapes: list[dict[str, Any]] = [
        {"type": "Polygon", "properties": {"LSOA11CD": "W01000001"}, "arcs": [[0, 1]]},
        {"type": "MultiPolygon", "properties": {"LSOA11CD": "W01000002"}, "arcs": [[[2, -1]]]},
        {"type": None, "properties": {"LSOA11CD": "W01000003"}},
    ]
    held = {
        "type": "GeometryCollection",
        "geometries": shapes,
        "crs": {"type": "name", "properties": {"name": "EPSG:27700"}},
    }
    grid = {"scale": [100, 100], "translate": [320_000, 170_000]}
    topology = {"type": "Topology", "objects": {"W06000024": held}, "arcs": arcs, "transform": grid}
    path = tmp_path / "topo.json"
    path.write_text(json.dumps(topology), encoding="utf-8")
    read = read_features(path)
    assert read.system == "EPSG:27700"
    assert [shape and shape.bounds for shape in read.geometry] == [
        (320_000, 170_000, 321_000, 171_000), (321_000, 170_000, 322_000, 171_000), None,
    ]  # fmt: skip
    assert shapely.area(read.geometry[:2]).tolist() == [1_000_000, 1_000_000]


def test_a_topology_that_unfolds_beyond_the_limit_is_refused_before_it_does(tmp_path: Path) -> None:
    shape = {"type": "Polygon", "arcs": [[0] * 500], "properties": {}}
    held = {"type": "GeometryCollection", "geometries": [shape] * 500}
    topology = {"type": "Topology", "objects": {"a": held}, "arcs": [[[0, 0]] * 500]}
    (tmp_path / "topo.json").write_text(json.dumps(topology), encoding="utf-8")
    with pytest.raises(FileRefused, match=r"125,000,000 vertices are more than the limit"):
        read_features(tmp_path / "topo.json")


def test_a_feature_on_each_line_is_a_collection(tmp_path: Path) -> None:
    whole = geojson(tmp_path / "a.geojson")
    features = json.loads(whole.read_text(encoding="utf-8"))["features"]
    lines = [json.dumps(feature) for feature in features]
    for number, (before, between) in enumerate([("", "\n"), ("", "\r\n"), ("\x1e", "\n\x1e"), ("\ufeff", "\n\n")]):
        path = tmp_path / f"{number}.geojsonl"
        path.write_bytes((before + between.join(lines) + "\n").encode())
        assert len(read_features(path)) == len(features) == 2
    (tmp_path / "one.geojson").write_text(lines[0], encoding="utf-8")
    assert len(read_features(tmp_path / "one.geojson")) == 1
    (tmp_path / "cut.geojsonl").write_text("\n".join(lines)[:-9], encoding="utf-8")
    with pytest.raises(FileRefused, match="not valid JSON, perhaps cut short"):
        read_features(tmp_path / "cut.geojsonl")


def test_headings_in_capitals_are_found_and_an_error_names_the_options(tmp_path: Path) -> None:
    rows = [{"CODE": f"E0500000{number}", "NAME": f"Ward {number}"} for number in (1, 2)]
    assert read_polygons(geojson(tmp_path / "a.geojson", rows), kind="ward").names.tolist() == ["Ward 1", "Ward 2"]
    with pytest.raises(DataRefused, match="--ward-columns"):
        read_polygons(geojson(tmp_path / "b.geojson", [{"x": 1}, {"x": 2}]), kind="ward")


@pytest.mark.parametrize("without", [".shx", ".dbf"])
def test_a_shapefile_without_one_of_its_parts_is_refused(tmp_path: Path, without: str) -> None:
    with pytest.raises(FileRefused, match=f"lacks {without}"):
        read_features(zipped(tmp_path / "a.zip", without=without))


def test_the_welsh_name_and_the_old_code_are_not_taken_for_code_and_name(tmp_path: Path) -> None:
    rows = [
        {"WD13CD": f"E0500000{number}", "WD13CDO": f"12UBF{number}", "WD13NMW": "Gwyn", "WD13NM": f"Ward {number}"}
        for number in (1, 2)
    ]
    polygons = read_polygons(geojson(tmp_path / "a.geojson", rows))
    assert (polygons.code_column, polygons.name_column) == ("WD13CD", "WD13NM")
    old = read_polygons(tmp_path / "a.geojson", code_column="WD13CDO")
    assert (old.codes.tolist(), old.names.tolist()) == (["12UBF1", "12UBF2"], ["Ward 1", "Ward 2"])


def test_small_letters_and_a_district_column_do_not_confuse(tmp_path: Path) -> None:
    rows = [{"wd25cd": f"E0501305{number}", "wd25nm": "W", "lad25cd": "E07000008"} for number in (0, 1)]
    polygons = read_polygons(geojson(tmp_path / "a.geojson", rows))
    assert (polygons.code_column, polygons.name_column) == ("wd25cd", "wd25nm")


def test_two_possible_code_columns_are_refused_and_the_columns_listed(tmp_path: Path) -> None:
    rows = [{"LSOA11CD": "E01000001", "LSOA21CD": "E01000001", "other": 1}] * 2
    with pytest.raises(DataRefused, match=r"LSOA11CD, LSOA21CD could all be the area code.*other.*code_column"):
        read_polygons(geojson(tmp_path / "a.geojson", rows))


def test_a_file_without_a_code_column_is_refused_and_the_columns_listed(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="none of its columns looks like the area code; it has beat, shift"):
        read_polygons(geojson(tmp_path / "a.geojson", [{"beat": "1", "shift": "a"}] * 2))


def test_the_kind_asked_for_decides_between_ward_and_lsoa(tmp_path: Path) -> None:
    rows = [{"LSOA21CD": f"E0100000{number}", "WD24CD": "E05013050"} for number in (1, 2)]
    path = geojson(tmp_path / "a.geojson", rows)
    assert read_polygons(path, kind="lsoa").code_column == "LSOA21CD"
    with pytest.raises(DataRefused, match="could all be"):
        read_polygons(path)


@pytest.mark.parametrize("code", [None, "", "  ", "E01 000", "../../x", "E01017943<script>"])
def test_a_code_that_is_no_code_is_refused_by_its_feature(tmp_path: Path, code: str | None) -> None:
    rows = [{"LSOA11CD": "E01000001"}, {"LSOA11CD": code}]
    with pytest.raises(DataRefused, match="feature 2: LSOA11CD is"):
        _ = read_polygons(geojson(tmp_path / "a.geojson", rows)).codes


def test_a_name_is_kept_as_written_even_where_it_looks_like_markup(tmp_path: Path) -> None:
    rows = [{"code": "A", "name": "<script>{{7*7}} ${1} `"}, {"code": "B", "name": None}]
    assert read_polygons(geojson(tmp_path / "a.geojson", rows)).names.tolist() == ["<script>{{7*7}} ${1} `", "B"]
