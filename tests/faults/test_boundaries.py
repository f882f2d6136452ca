"""Boundary files meant to hurt, or broken on the way: one typed error, nothing read elsewhere, nothing left behind."""

import json
import os
import random
import sqlite3
import stat
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box, mapping

from hotspots import crs
from hotspots.boundaries import add, add_boundaries, read_features, read_polygons
from hotspots.errors import CrsError, DataRefused, FileRefused, HotspotsError

SQUARE = box(544_000, 257_000, 545_000, 258_000)


@pytest.fixture
def calls() -> Iterator[tuple[str, list[str]]]:
    """The address of a server on this machine, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 (the name is the library's)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/areas", asked
    server.shutdown()
    server.server_close()


def collection(*, crs_member: Any = None) -> dict[str, Any]:
    feature = {
        "type": "Feature",
        "properties": {"code": "A", "name": "a"},
        "geometry": mapping(crs.geometry_to_wgs84(SQUARE)),
    }
    stated = {"crs": crs_member} if crs_member else {}
    return {"type": "FeatureCollection", **stated, "features": [feature]}


def saved(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": ["A"], "name": ["a"]}, geometry=[SQUARE], crs="EPSG:27700")


def geopackage(path: Path) -> Path:
    pyogrio.write_dataframe(frame(), path, driver="GPKG", layer="areas")
    return path


def parts(folder: Path) -> dict[str, bytes]:
    frame().to_file(folder / "part.shp", engine="pyogrio")
    return {f"wards{suffix}": (folder / f"part{suffix}").read_bytes() for suffix in (".shp", ".shx", ".dbf", ".prj")}


def archive(path: Path, members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def test_a_virtual_dataset_saved_as_geojson_is_never_opened_by_its_content(
    tmp_path: Path, calls: tuple[str, list[str]]
) -> None:
    address, asked = calls
    secret = saved(tmp_path / "secret.geojson", collection())
    for source in (str(secret), f"/vsicurl/{address}"):
        layer = f'<OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>'
        text = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
        for name in ("lsoa.geojson", "lsoa.gpkg", "lsoa.zip"):
            with pytest.raises(FileRefused, match="virtual dataset"):
                read_polygons(saved(tmp_path / name, text))
    assert asked == []


@pytest.mark.parametrize("kind", ["link", "URL", "name"])
def test_an_address_in_a_crs_member_is_refused_and_never_asked(
    tmp_path: Path, calls: tuple[str, list[str]], kind: str
) -> None:
    address, asked = calls
    member = {"type": kind, "properties": {"href": address, "url": address, "name": address, "type": "ogcwkt"}}
    with pytest.raises(CrsError, match="is not known"):
        read_features(saved(tmp_path / "areas.geojson", collection(crs_member=member)))
    assert asked == []


def test_an_address_in_a_geopackage_or_a_prj_is_refused_and_never_asked(
    tmp_path: Path, calls: tuple[str, list[str]]
) -> None:
    address, asked = calls
    for definition in (address, f"/vsicurl/{address}"):
        path = geopackage(tmp_path / "areas.gpkg")
        database = sqlite3.connect(path)
        database.execute(
            "UPDATE gpkg_spatial_ref_sys SET definition = ?, organization = 'NONE', organization_coordsys_id = 9 "
            "WHERE srs_id = 27700",
            (definition,),
        )
        database.commit()
        database.close()
        with pytest.raises(CrsError, match="no coordinate system is stated"):
            read_features(path)
        with pytest.raises(CrsError, match="no coordinate system is stated"):
            read_features(archive(tmp_path / "areas.zip", parts(tmp_path) | {"wards.prj": definition.encode()}))
        path.unlink()
    assert asked == []


@pytest.mark.parametrize(
    "name", ["http://127.0.0.1:1/a.geojson", "/vsicurl/http://127.0.0.1:1/a", '{"type":"FeatureCollection"}', "GPKG:a"]
)
def test_a_name_that_is_no_file_on_this_machine_is_refused(name: str) -> None:
    with pytest.raises(FileRefused, match="there is no file"):
        read_features(name)


def test_folders_and_pipes_are_refused_without_waiting(tmp_path: Path) -> None:
    make = getattr(os, "mkfifo", os.mkdir)
    make(tmp_path / "pipe.geojson")
    for path in (tmp_path, tmp_path / "pipe.geojson"):
        with pytest.raises(FileRefused, match="not a regular file"):
            read_features(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        ("<!doctype html><html>Not found</html>", "web page"),
        ("<kml><Placemark/></kml>", "XML"),
        ("code,name\nA,a\n", "it is text"),
        ('{"type": "Topology"}', "expected TopoJSON with one object, this one has none"),
        ('{"type": "Topology", "objects": {"a": {}, "b": {}}}', "one object, this one has a, b"),
        ('{"type": "Topology", "objects": {"a": {}}, "arcs": []}', "its topology is damaged"),
        ('{"type": "Topology", "objects": {"a": {"type": "Point", "arcs": []}}, "arcs": []}', "a Point is no polygon"),
        (
            '{"type": "Topology", "objects": {"a": {"type": "Polygon", "arcs": [[7]]}}, "arcs": [[[0, 0], [1, 1]]]}',
            "its topology is damaged",
        ),
        ('{"error": "item not found"}', "expected a GeoJSON FeatureCollection, got 'no type'"),
        ("[1, 2]", "got 'list'"),
        ('{"type": "FeatureCollection", "features": {}}', "must be a list"),
        ('{"type": "FeatureCollection", "features": [1]}', "must be a list of GeoJSON features"),
        ('{"type": "FeatureCollection", "features": []}', "holds no features"),
        ('{"type": "FeatureCollection", "features": [{"properties": [1]}]}', "must be an object"),
        ('{"type": "FeatureCollection", "features": [', "not valid JSON, perhaps cut short"),
        ('{"type": "FeatureCollection", "features": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ("{" + '"a":{' * 5_000, "nested too deeply|not valid JSON"),
    ],
)
def test_what_is_not_a_collection_of_features_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read_features(saved(tmp_path / "areas.geojson", content))


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[[0, 52], [1, 52]]]},
        {"type": "Polygon", "coordinates": [[["a", "b"], [1, 52], [1, 53], ["a", "b"]]]},
        {"type": "Polygon", "coordinates": 7},
        {"type": "Pentagon", "coordinates": []},
        {"type": "Polygon"},
        "POLYGON",
        7,
        {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
    ],
)
def test_a_geometry_that_cannot_be_read_is_refused_by_its_feature(tmp_path: Path, geometry: Any) -> None:
    content = collection()
    content["features"].append({"type": "Feature", "properties": {}, "geometry": geometry})
    with pytest.raises(FileRefused, match=r"areas.geojson: feature 2"):
        read_features(saved(tmp_path / "areas.geojson", content))


def test_a_coordinate_beyond_any_number_is_refused(tmp_path: Path) -> None:
    text = json.dumps(collection()).replace("[[[", "[[[1e999, 52], [", 1)
    with pytest.raises(HotspotsError, match=r"not a finite number|cannot be read"):
        read_features(saved(tmp_path / "areas.geojson", text)).in_bng()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_geopackage_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = geopackage(tmp_path / "areas.gpkg")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(FileRefused, match="damaged"):
        read_features(path)


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE areas RENAME TO hidden", "CREATE VIEW areas AS SELECT * FROM hidden"),
        ("ALTER TABLE gpkg_contents RENAME TO hidden", "CREATE VIEW gpkg_contents AS SELECT * FROM hidden"),
    ],
)
def test_a_geopackage_whose_tables_are_views_is_refused(tmp_path: Path, statements: tuple[str, ...]) -> None:
    path = tmp_path / "areas.gpkg"
    pyogrio.write_dataframe(frame(), path, driver="GPKG", layer="areas", SPATIAL_INDEX="NO")
    database = sqlite3.connect(path)
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    with pytest.raises(FileRefused, match="must be a plain table of a GeoPackage, got view"):
        read_features(path)


def test_a_database_that_is_no_geopackage_or_has_two_layers_is_refused(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "other.gpkg")
    database.execute("CREATE TABLE premises (name TEXT)")
    database.commit()
    database.close()
    with pytest.raises(FileRefused, match="'gpkg_contents' must be a plain table"):
        read_features(tmp_path / "other.gpkg")
    path = geopackage(tmp_path / "areas.gpkg")
    pyogrio.write_dataframe(frame(), path, driver="GPKG", layer="beats", append=True)
    with pytest.raises(FileRefused, match=r"got 2 \(areas, beats\)"):
        read_features(path)


def test_an_archive_with_unsafe_names_links_or_doubles_is_refused(tmp_path: Path) -> None:
    good = parts(tmp_path)
    link = zipfile.ZipInfo("wards.cpg")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    for name in ("../x.shp", "/etc/x.shp", "a/../../x.shp", "C:\\x.shp", "c:x.shp", "a\nb.shp"):
        with pytest.raises(FileRefused, match="unsafe name"):
            read_features(archive(tmp_path / "areas.zip", good | {name: b"x"}))
    with zipfile.ZipFile(archive(tmp_path / "areas.zip", good), "a") as packed:
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(FileRefused, match="holds a link"):
        read_features(tmp_path / "areas.zip")
    with pytest.raises(FileRefused, match="have the same name"):
        read_features(archive(tmp_path / "areas.zip", good | {"WARDS.SHP": b"x"}))


def test_fault_089_an_archive_needs_exactly_one_shapefile(tmp_path: Path) -> None:
    good = parts(tmp_path)
    assert len(read_features(archive(tmp_path / "areas.zip", good | {"__MACOSX/._wards.shp": b"x"}))) == 1
    with pytest.raises(FileRefused, match=r"expected one Shapefile .* got 2"):
        read_features(archive(tmp_path / "areas.zip", good | {"more.shp": good["wards.shp"]}))
    with pytest.raises(FileRefused, match=r"expected one Shapefile .* got 0"):
        read_features(archive(tmp_path / "areas.zip", {"areas.geojson": json.dumps(collection()).encode()}))
    with pytest.raises(FileRefused, match=r"got 0; it holds KML, which is not accepted: save the layer as GeoPackage"):
        read_features(archive(tmp_path / "areas.kmz", {"doc.kml": b"<kml/>"}))


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    good = parts(tmp_path)
    with pytest.raises(FileRefused, match="unpacks to more than 200 times its size"):
        read_features(archive(tmp_path / "bomb.zip", good | {"wards.cpg": b"\0" * 20_000_000}))
    with pytest.raises(FileRefused, match="65 files in the archive; the limit is 64"):
        read_features(archive(tmp_path / "many.zip", good | {f"{number}.txt": b"" for number in range(61)}))


def test_a_shapefile_cut_short_is_refused_not_read_with_fewer_rows(tmp_path: Path) -> None:
    good = parts(tmp_path)
    for suffix in (".shp", ".shx"):
        cut = good[f"wards{suffix}"][:-8]
        with pytest.raises(FileRefused, match="cut short"):
            read_features(archive(tmp_path / "areas.zip", good | {f"wards{suffix}": cut}))
    table = good["wards.dbf"]
    with pytest.raises(FileRefused, match="1 shapes but 3 rows"):
        read_features(archive(tmp_path / "areas.zip", good | {"wards.dbf": table[:4] + b"\3\0\0\0" + table[8:]}))
    with pytest.raises(FileRefused, match=r"its \.shp is not part of a Shapefile"):
        read_features(archive(tmp_path / "areas.zip", good | {"wards.shp": b"GIF89a"}))


def test_a_prj_that_is_half_a_system_is_refused(tmp_path: Path) -> None:
    good = parts(tmp_path)
    changed = good["wards.prj"].replace(b'PARAMETER["False', b"PARAMETER[\xf0False", 1)
    assert changed != good["wards.prj"]
    with pytest.raises(HotspotsError, match=r"areas\.zip: "):
        read_features(archive(tmp_path / "areas.zip", good | {"wards.prj": changed}))


def test_a_damaged_or_locked_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "areas.zip", parts(tmp_path))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileRefused, match="damaged"):
        read_features(path)
    locked = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[whole.index(mark) + offset] |= 1
    path.write_bytes(bytes(locked))
    with pytest.raises(FileRefused, match="protected by a password"):
        read_features(path)


def outcome(path: Path) -> str:
    try:
        return f"{len(read_features(path).in_bng())} features"
    except HotspotsError as error:
        return str(error)


@pytest.mark.parametrize("form", ["geojson", "gpkg", "zip"])
def test_whatever_bytes_are_changed_the_answer_is_features_or_one_of_our_errors(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"areas.{form}"
    if form == "geojson":
        saved(path, collection())
    elif form == "gpkg":
        geopackage(path)
    else:
        archive(path, parts(tmp_path), method=zipfile.ZIP_STORED)
    whole, chance = path.read_bytes(), random.Random(form)
    for _ in range(60):
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        path.write_bytes(changed)
        assert str(tmp_path) not in outcome(path)


def test_a_refused_file_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    good = saved(tmp_path / "areas.geojson", collection())
    add_boundaries(good, folder=tmp_path / "boundaries", kind="ward", vintage="2025")
    before = {path: path.read_bytes() for path in (tmp_path / "boundaries").rglob("*") if path.is_file()}
    for content in ('{"type": "FeatureCollection", "features": [', collection(crs_member={"type": "link"})):
        with pytest.raises(DataRefused):
            add_boundaries(
                saved(tmp_path / "bad.geojson", content),
                folder=tmp_path / "boundaries",
                kind="ward",
                vintage="2025",
                replace=True,
            )
    assert {path: path.read_bytes() for path in (tmp_path / "boundaries").rglob("*") if path.is_file()} == before


def test_a_write_that_fails_or_reads_back_differently_leaves_the_old_set_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "boundaries"
    add_boundaries(saved(tmp_path / "areas.geojson", collection()), folder=folder, kind="ward", vintage="2025")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = collection()
    other["features"][0]["properties"]["name"] = "another"

    def no_space(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    def loses_the_name(table: Any, path: Path) -> None:
        gpd.GeoDataFrame(table.assign(name="?"), geometry="geometry", crs="EPSG:27700").to_file(
            path, driver="GPKG", engine="pyogrio"
        )

    for writer, reason in ((no_space, "could not be written"), (loses_the_name, "does not read back the same")):
        monkeypatch.setattr(add, "_write_geopackage", writer)
        with pytest.raises(FileRefused, match=reason):
            add_boundaries(
                saved(tmp_path / "areas.geojson", other), folder=folder, kind="ward", vintage="2025", replace=True
            )
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in folder.iterdir()] == ["ward-2025"]
