"""Text in encodings of every kind: decoded as declared or refused, never mojibake, half a character or a traceback."""

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from hotspots.boundaries import add_boundaries, read_features
from hotspots.boundaries.check import checked_table
from hotspots.boundaries.read import read_polygons
from hotspots.boundary_settings import BoundariesSection
from hotspots.errors import DataRefused, FileRefused, HotspotsError

from .test_sources import CLEAN, read

RING = [[0.10, 52.10], [0.12, 52.10], [0.12, 52.12], [0.10, 52.10]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "UTF_16LE", "utf-32", "utf-32-le", "cp500"])
def test_fault_002_text_without_a_mark_is_decoded_as_it_is_declared(tmp_path, encoding) -> None:
    assert read(tmp_path, CLEAN.encode(encoding), encoding=encoding).tally.accepted == 3


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "cp500", "utf-16"])
def test_fault_002_text_that_is_not_declared_is_refused_in_a_sentence(tmp_path, encoding) -> None:
    with pytest.raises(DataRefused, match=r"looks like binary|is not utf-8"):
        read(tmp_path, CLEAN.encode(encoding))


@pytest.mark.parametrize(
    "encoding", ["punycode", "undefined", "\0", "base64", "rot13", "hex", "mbcs", "x" * 300, "", "../x"]
)
def test_fault_002_an_encoding_that_is_none_is_refused_and_never_a_traceback(tmp_path, encoding) -> None:
    with pytest.raises(HotspotsError, match="does not decode"):
        read(tmp_path, CLEAN, encoding=encoding)


def test_fault_002_half_a_character_is_refused(tmp_path) -> None:
    with pytest.raises(FileRefused, match="NUL or half characters"):
        read(tmp_path, CLEAN + "E01000001,2016/17,\\ud800\n", encoding="unicode_escape")


def geojson(folder: Path, *properties: dict[str, object], text: tuple[str, str] = ("", "")) -> Path:
    features = [
        {"type": "Feature", "properties": held,
         "geometry": {"type": "Polygon", "coordinates": [[[east + 0.1 * at, north] for east, north in RING]]}}
        for at, held in enumerate(properties)
    ]  # fmt: skip
    path = folder / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}).replace(*text))
    return path


def test_fault_002_half_a_character_in_geojson_is_refused_and_a_whole_one_is_read(tmp_path) -> None:
    with pytest.raises(FileRefused, match="half a character"):
        read_features(geojson(tmp_path, {"code": "A", "name": "n0"}, text=("n0", r"\ud800")))
    path = geojson(tmp_path, {"code": "A", "name": "n0"}, text=("n0", r"\ud83d\ude42"))
    assert read_features(path).attributes["name"].tolist() == ["\N{SLIGHTLY SMILING FACE}"]


def test_fault_073_names_lose_what_cannot_be_printed_and_nothing_else(tmp_path) -> None:
    name = "\N{CITYSCAPE}\u202e<b>\n\0 O'Brien\N{RIGHT SINGLE QUOTATION MARK}s \x1b[2J"
    path = geojson(tmp_path, {"code": "A", "name": name, "fid": "x", "geometry": 1, "ID": 2, "id": 3, "x" * 300: 4})
    add_boundaries(path, folder=tmp_path / "sets", kind="ward", vintage="2025")
    kept = read_polygons(tmp_path / "sets" / "ward-2025" / "areas.gpkg", code_column="code", name_column="name")
    assert kept.names.tolist() == ["\N{CITYSCAPE}<b> O'Brien\N{RIGHT SINGLE QUOTATION MARK}s [2J"]


def test_fault_047_codes_that_differ_in_case_only_are_one_code_twice(tmp_path) -> None:
    polygons = read_polygons(geojson(tmp_path, {"code": "E05000001"}, {"code": "e05000001"}))
    with pytest.raises(DataRefused, match="area codes must be unique"):
        checked_table(polygons, tolerances=BoundariesSection())


@pytest.mark.parametrize("depth", [17, 900, 5_000])
def test_fault_079_a_property_nested_deeply_is_refused_without_an_overflow(tmp_path, depth) -> None:
    path = geojson(tmp_path, {"code": "A", "name": "n0"}, text=('"n0"', "[" * depth + "]" * depth))
    with pytest.raises(FileRefused, match="nested"):
        read_features(path)


def shapefile(folder: Path, *, encoding: str, cpg: bytes | None, language: int = 0) -> Path:
    square = shapely.box(545_000, 258_000, 546_000, 259_000)
    frame = gpd.GeoDataFrame({"code": ["A"], "name": ["Café"]}, geometry=[square], crs="EPSG:27700")
    pyogrio.write_dataframe(frame, folder / "w.shp", encoding=encoding)
    path = folder / "areas.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for suffix in (".shp", ".shx", ".prj"):
            packed.write(folder / f"w{suffix}", f"w{suffix}")
        table = bytearray((folder / "w.dbf").read_bytes())
        table[29] = language
        packed.writestr("w.dbf", bytes(table))
        if cpg is not None:
            packed.writestr("w.cpg", cpg)
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg", "language"),
    [("utf-8", b"UTF-8", 0), ("utf-8", None, 0), ("utf-8", b"", 0), ("utf-8", b"utf8\r\nmore", 0),
     ("cp1252", b"1252", 0), ("cp1252", b"ANSI 1252", 0), ("cp1252", b"ISO-8859-1", 0), ("cp1252", b"88591", 0),
     ("cp1252", None, 0x57)],
)  # fmt: skip
def test_fault_002_a_shapefile_is_decoded_as_its_cpg_or_its_table_says(tmp_path, encoding, cpg, language) -> None:
    path = shapefile(tmp_path, encoding=encoding, cpg=cpg, language=language)
    assert read_features(path).attributes["name"].tolist() == ["Café"]


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [("utf-8", b"1252"), ("utf-8", b"ISO-8859-1"), ("utf-8", b"garbage"), ("utf-8", b"UTF-16"),
     ("utf-8", b"\xff\xfe\x00"), ("utf-8", b"../../etc/passwd"), ("cp1252", b"UTF-8"), ("cp1252", b"garbage"),
     ("cp1252", None)],
)  # fmt: skip
def test_fault_002_a_shapefile_whose_cpg_is_wrong_or_missing_is_refused_and_never_mojibake(
    tmp_path, encoding, cpg
) -> None:
    with pytest.raises(FileRefused, match=r"\.cpg"):
        read_features(shapefile(tmp_path, encoding=encoding, cpg=cpg))
