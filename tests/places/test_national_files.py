"""National files: only the district's part of them is read, whatever the format, and geodatabases of ArcGIS."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from hotspots.area_folder import AreaPlan, make_area_folder
from hotspots.area_folder.sets import Reading
from hotspots.boundaries import read_polygons
from hotspots.cli import application
from hotspots.errors import DataRefused, FileRefused
from hotspots.limits import Limits

MakeTown = Callable[..., Any]


def both(town: MakeTown) -> tuple[Any, Any]:
    """A town, and a frame of its nine LSOAs after nine of another."""
    place, other = town(), town(name="Conwy", easting=280_000)
    return place, pd.concat([other.lsoas, place.lsoas], ignore_index=True)


@pytest.mark.parametrize("kind", ["geojson", "geopackage", "shapefile", "geodatabase"])
def test_shapes_of_other_districts_are_never_looked_at(town: MakeTown, tmp_path: Path, kind: str) -> None:
    place, frame = both(town)
    # A broken polygon of another district, and more vertices than are allowed: neither is ours to refuse.
    frame.geometry = [
        frame.geometry.iloc[0].buffer(1, quad_segs=500),
        shapely.Polygon([(280_000, 340_000), (281_000, 341_000), (281_000, 340_000), (280_000, 341_000)]),
        *frame.geometry.iloc[2:],
    ]
    made = {
        "geojson": lambda: place.geojson(frame, "all.geojson", degrees=False, member=METRES),
        "geopackage": lambda: place.geopackage(frame, "all.gpkg"),
        "shapefile": lambda: place.shapefile(frame, "all.zip"),
        "geodatabase": lambda: place.geodatabase(frame, "all"),
    }[kind]()
    limits = Limits(vertices=1_000)
    plan = AreaPlan(lad=place.lad, name=place.name, lsoas=made, reading=Reading(limits=limits))
    notes = make_area_folder(plan, tmp_path / "area").notes
    assert notes[0].startswith("9 LSOAs of vintage 2021")
    assert not any("Repaired" in note for note in notes)
    with pytest.raises(FileRefused, match="vertices are more than the limit of 1,000"):
        read_polygons(made, kind="lsoa", limits=limits)


METRES = {"type": "name", "properties": {"name": "EPSG:27700"}}


def test_a_box_reads_the_wards_that_are_near_and_no_other(town: MakeTown) -> None:
    place, frame = both(town)
    for path in (place.geopackage(frame, "b.gpkg"), place.geojson(frame, "b.geojson", degrees=False, member=METRES)):
        near = read_polygons(path, kind="lsoa", wanted=lambda held: (250_100.0, 340_100.0, 251_100.0, 340_200.0))
        assert near.names.tolist() == ["Gwynedd 001A", "Gwynedd 001B"]


def test_a_place_that_no_ward_lies_in_is_told_so(town: MakeTown, tmp_path: Path) -> None:
    place, other = town(), town(easting=290_000)
    wards = other.wards.drop(columns="LAD22CD")
    plan = AreaPlan(
        lad=place.lad,
        name=place.name,
        lsoas=place.geojson(place.lsoas, "lsoas.geojson"),
        wards=place.geopackage(wards, "wards.gpkg"),
    )
    with pytest.raises(DataRefused, match=r"none of its 3 wards belongs to W06000002 \(by where they lie\)"):
        make_area_folder(plan, tmp_path / "area")


def test_a_geodatabase_holds_nothing_but_its_own_files(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    made = place.geodatabase(place.lsoas, "g")
    (made / "_gdb.HOST.4712.sr.lock").write_bytes(b"")  # ArcGIS has it open
    assert len(read_polygons(made, kind="lsoa")) == 9
    with pytest.raises(FileRefused, match=r"\d+ files; the limit is 5 \(limits.geodatabase_members\)"):
        read_polygons(made, limits=Limits(geodatabase_members=5))
    with pytest.raises(FileRefused, match=r"the limit is 0.01 MB \(limits.shapefile_mb\)"):
        read_polygons(made, limits=Limits(shapefile_mb=0.01))
    (made / "areas.shp").write_bytes(b"x")
    with pytest.raises(FileRefused, match=r"'areas\.shp' is no part of a geodatabase"):
        read_polygons(made)
    (made / "areas.shp").unlink()
    (made / "timestamps").unlink()
    (made / "timestamps").symlink_to("/etc/hostname")
    with pytest.raises(FileRefused, match="holds a link or a folder"):
        read_polygons(made)


def test_an_archive_of_two_geodatabases_or_a_damaged_one_is_refused(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    made = place.geodatabase(place.lsoas, "g")
    two = tmp_path / "two.zip"
    with zipfile.ZipFile(two, "w") as archive:
        for name in ("a.gdb", "b.gdb"):
            archive.write(made / "a00000001.gdbtable", f"{name}/a00000001.gdbtable")
    with pytest.raises(FileRefused, match=r"expected one geodatabase \(.gdb\) in the archive, got 2"):
        read_polygons(two)
    for table in made.glob("*.gdbtable"):
        table.write_bytes(table.read_bytes()[:60])
    with pytest.raises(FileRefused, match=r"^g.gdb: "):
        read_polygons(made)


def test_a_geojson_beyond_the_limit_gets_through_where_the_limit_is_raised(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    command = ["init", str(tmp_path / "area"), "--lad", place.lad]
    command += ["--lsoas", str(place.geojson(place.lsoas, "l.geojson"))]
    run = CliRunner().invoke
    refused = str(run(application, [*command, "--limit", "geojson_mb=0.001"]).exception)
    assert "the limit for GeoJSON is 0.001 MB" in refused
    assert "--limit geojson_mb=1024" in refused
    assert "the names are file_mb" in str(run(application, [*command, "--limit", "geojson=1"]).exception)
    assert "expected NAME=NUMBER" in str(run(application, [*command, "--limit", "geojson_mb"]).exception)
    assert run(application, [*command, "--limit", "geojson_mb=1024"]).exit_code == 0


def test_formats_that_are_not_read_are_told_with_what_to_take_instead(tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text('<?xml version="1.0"?><kml/>', encoding="utf-8")
    (tmp_path / "a.csv").write_text("LSOA21CD,WKT\nE01000001,POINT (1 1)\n", encoding="utf-8")
    (tmp_path / "a.json").write_text('{"geometryType":"esriGeometryPolygon","features":[]}', encoding="utf-8")
    for name, words in (
        ("a.kml", "save the layer as GeoPackage in QGIS or ArcGIS.*KML and GML are XML"),
        ("a.csv", "save the layer as GeoPackage in QGIS or ArcGIS.*it is text"),
        ("a.json", "it is Esri's own JSON: download it as GeoJSON"),
    ):
        with pytest.raises(FileRefused, match=words):
            read_polygons(tmp_path / name)
