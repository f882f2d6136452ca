"""Names, values and shapes that trip readers up leave in every format, or are refused in one clear sentence."""

import csv
import datetime
import io
import json
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.errors import DataRefused, HotspotsError, UsageError
from hotspots.export import bundle, export_layer
from hotspots.export.csv_table import defused
from hotspots.layer import Layer, LayerMeta

META = LayerMeta(
    *("finds", "Finds", "instances", "finds", "2016/17", "council", "counted"), *("open", "OFFICIAL", True, True)
)
POINTS = [shapely.Point(544000 + at, 257000) for at in range(3)]
SQUARE = shapely.box(544000, 257000, 544100, 257100)
FORMATS = (".geojson", ".gpkg", ".csv")

# A name that was given, and the one that leaves.
NAMES = {
    "n" * 300: "n" * 300,
    "🙂🧪": "🙂🧪",
    "عدد الحوادث": "عدد الحوادث",
    "select": "select",
    "GROUP": "GROUP",
    "Order": "Order",
    "order": "order_2",
    "rowid": "rowid",
    "a\"b'c`d]e[f": "a\"b'c`d]e[f",
    "x; DROP TABLE finds; --": "x; DROP TABLE finds; --",
    "FID": "FID_2",
    "Geom": "Geom_2",
    "geometry ": "geometry_2",
    "straße": "straße",
    "STRASSE": "STRASSE_2",
    "café": "café",
    "cafe\u0301": "cafe\u0301_2",
    "=1+1": "=1+1",
    "@SUM(A1)": "@SUM(A1)",
    "+1": "+1",
    "-1": "-1",
    "\ufeff=2": "\ufeff=2",
    "a\r\nb": "a b",
    "a\x00b": "a\N{REPLACEMENT CHARACTER}b",
    "%s%n{0}${a}": "%s%n{0}${a}",
    " ": "column",
    "": "column_2",
    "type": "type",
    "properties": "properties",
    "2016": "2016",
}


def layer_of(geometry: Any = POINTS, *, columns: dict[str, Any] | None = None, **described: Any) -> Layer:
    given = {"event_id": [f"e{at}" for at in range(len(geometry))]} | (columns or {})
    frame = gpd.GeoDataFrame(pd.DataFrame(given), geometry=list(geometry), crs="EPSG:27700")
    return Layer(replace(META, **described), features=frame)


def written(layer: Layer, folder: Path, suffix: str) -> Path:
    return export_layer(layer, folder / f"out{suffix}", audience="restricted")[0]


def rows_of(path: Path) -> list[dict[str, Any]]:
    """What a reader without any knowledge of ours finds in a file: names and values, a row each."""
    if path.suffix == ".geojson":
        return [feature["properties"] for feature in json.loads(path.read_bytes())["features"]]
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        (table,) = [name for (name,) in database.execute("SELECT table_name FROM gpkg_geometry_columns")]
        return [dict(row) for row in database.execute(f'SELECT * FROM "{table}" ORDER BY fid')]


def shapes_of(path: Path) -> list[dict[str, Any] | None]:
    return [feature["geometry"] for feature in json.loads(path.read_bytes())["features"]]


@pytest.mark.parametrize("suffix", FORMATS)
def test_fault_073_names_that_readers_trip_over_leave_whole_or_changed_by_the_rule(tmp_path, suffix) -> None:
    path = written(layer_of(columns={name: [1, 2, 3] for name in NAMES}), tmp_path, suffix)
    extra = {".geojson": [], ".gpkg": ["fid", "geom"], ".csv": ["easting", "northing"]}[suffix]
    names = [defused(name) if suffix == ".csv" else name for name in ("event_id", *NAMES.values())]
    for number, row in enumerate(rows_of(path), start=1):
        assert sorted(row) == sorted([*names, *extra])
        assert {str(row[name]) for name in names[1:]} == {str(number)}
    if suffix != ".csv" and (ogrinfo := shutil.which("ogrinfo")):
        told = subprocess.run([ogrinfo, "-al", "-so", path], capture_output=True, text=True, check=True)
        assert told.stderr == ""
        assert all(f"{name}: Integer" in told.stdout for name in names[1:])


def test_cells_that_begin_with_what_cannot_be_seen_become_no_formula(tmp_path) -> None:
    begun = ["\ufeff=1", "\u200b+1", "\u202e@x", "\u00ad-1", " '\u2066=1"]
    path = written(layer_of(POINTS + POINTS[:2], columns={"text": begun}), tmp_path, ".csv")
    assert [row["text"] for row in rows_of(path)] == [f"'{text}" for text in begun]
    assert [defused(text) for text in ("\ufeffMill Road", "-", "\u200bé")] == ["\ufeffMill Road", "'-", "\u200bé"]


def test_points_have_one_easting_and_one_northing_in_a_table_however_they_are_written(tmp_path) -> None:
    path = written(layer_of(columns={"Easting": [1, 2, 3], "NORTHING": [1, 2, 3]}), tmp_path, ".csv")
    assert rows_of(path)[1] == {"event_id": "e1", "easting": "544001", "northing": "257000"}


def test_a_geopackage_of_more_columns_than_it_holds_is_refused_with_what_to_do(tmp_path) -> None:
    layer = layer_of(columns={f"c{number}": [1, 2, 3] for number in range(2000)})
    with pytest.raises(DataRefused, match=r"has 2,001 columns; a GeoPackage holds 1,998: choose fewer"):
        written(layer, tmp_path, ".gpkg")
    assert len(rows_of(written(layer, tmp_path, ".csv"))[0]) == 2003
    columns = {f"c{number}": [1, 2, 3] for number in range(1997)}
    assert len(rows_of(written(layer_of(columns=columns), tmp_path, ".gpkg"))[0]) == 2000


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "text", ["x" * 5000, "🙂", "\u202eعدد", "a\x00b", "\x1b[31m\x07", "\ud800", "<b>&\"']]></b>", "a\r\nb"]
)
def test_fault_074_any_text_as_title_source_and_identifier(tmp_path, suffix, text) -> None:
    layer = layer_of(id=text, title=text, source=text, method=text, attribution=text, caveats=(text, "second"))
    path = written(layer, tmp_path, suffix)
    assert [row["event_id"] for row in rows_of(path)] == ["e0", "e1", "e2"]
    _, name = bundle(layer, suffix, "restricted")
    assert name.isascii()
    assert len(name) < 255
    if suffix == ".gpkg":
        with closing(sqlite3.connect(path)) as database:
            (style,) = database.execute("SELECT styleQML FROM layer_styles").fetchone()
            (about,) = database.execute("SELECT metadata FROM gpkg_metadata").fetchone()
        assert ET.fromstring(style).tag == "qgis"
        assert ET.fromstring(about).tag == "GDALMultiDomainMetadata"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ["🙂", "عدد", "a\"b'c", "100%s", "a;b#c?d", "-rf", "a" * 200])
def test_fault_091_any_name_of_a_file_that_the_system_holds(tmp_path, suffix, name) -> None:
    (path, *_) = export_layer(layer_of(), tmp_path / f"{name}{suffix}", audience="restricted")
    assert len(rows_of(path)) == 3


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ["n" * 300, "é" * 125, "a\x00b"])
def test_fault_091_a_name_that_no_file_can_have_is_wrong_usage(tmp_path, suffix, name) -> None:
    with pytest.raises(UsageError, match="is no name that a file can have here; choose a shorter one") as refused:
        export_layer(layer_of(), tmp_path / f"{name}{suffix}", audience="restricted")
    assert str(tmp_path) not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


UTC = datetime.UTC
# Three values, and what they are in JSON.
VALUES = {
    "not_finite": ([float("nan"), float("inf"), -float("inf")], [None, None, None]),
    "minus_zero": ([-0.0, 0.1, 1e22], [0.0, 0.1, 1e22]),
    "beyond_2_53": (
        pd.array([2**53 + 1, -(2**63), None], dtype="Int64"),
        ["9007199254740993", "-9223372036854775808", None],
    ),
    "unsigned": (np.array([2**64 - 1, 0, 1], dtype="uint64"), ["18446744073709551615", "0", "1"]),
    "exact": (pd.array([2**53, None, -(2**53)], dtype="Int64"), [2**53, None, -(2**53)]),
    "days": ([datetime.date(1, 1, 1), datetime.date(1899, 12, 31), None], ["0001-01-01", "1899-12-31", None]),
    "old": (np.array(["1582-10-04", "1752-09-02", "NaT"], dtype="datetime64[s]"), ["1582-10-04", "1752-09-02", None]),
    "zoned": (
        pd.to_datetime(["2016-07-01 00:00", "2016-01-01 12:00", None]).tz_localize("Europe/London"),
        ["2016-07-01T00:00:00+01:00", "2016-01-01T12:00:00+00:00", None],
    ),
    "zoned_or_not": (
        [datetime.datetime(2016, 7, 1, tzinfo=UTC), datetime.datetime(2016, 7, 1), None],
        ["2016-07-01T00:00:00+00:00", "2016-07-01T00:00:00", None],
    ),
    "empty_or_none": (["", None, "null"], ["", None, "null"]),
    "truth": (pd.array([True, None, False], dtype="boolean"), [True, None, False]),
    "truth_and_number": ([True, 1, None], ["True", "1", None]),
    "kinds_of_number": (pd.Categorical([3, None, 1]), [3, None, 1]),
    "no_kind": (pd.Categorical([None, None, None]), [None, None, None]),
    "sparse": (pd.arrays.SparseArray([1, 0, 2]), [1, 0, 2]),
    "decimal": ([Decimal("1.10"), Decimal("NaN"), None], ["1.10", None, None]),
    "code": (["007", "1e5", "MARCH1"], ["007", "1e5", "MARCH1"]),
    "long": (["x" * 100_000, "👩‍👩‍👧", "\u2028"], ["x" * 100_000, "👩‍👩‍👧", "\u2028"]),
}


def test_fault_071_values_of_every_kind_are_the_same_in_every_format(tmp_path) -> None:
    layer = layer_of(columns={name: given for name, (given, _) in VALUES.items()})
    meant = [{name: values[at] for name, (_, values) in VALUES.items()} for at in range(3)]
    found = {suffix: rows_of(written(layer, tmp_path, suffix)) for suffix in FORMATS}
    for row, as_json, as_table, as_text in zip(meant, *found.values(), strict=True):
        assert {name: as_json[name] for name in row} == row
        assert {name: type(as_json[name]) for name in row} == {name: type(value) for name, value in row.items()}
        assert {name: as_table[name] for name in row} == row  # a truth is 1 or 0, which Python takes for it
        for name, value in row.items():
            cell = as_text[name]
            if isinstance(value, str | None):
                assert cell == defused(value or "")
            else:
                assert json.loads(cell) == value


SHAPES: dict[str, tuple[list[Any], list[str | None]]] = {
    "nothing": ([None, shapely.Point(), shapely.Polygon()], [None, None, None]),
    "no layer": ([], []),
    "not finite": ([shapely.Point(np.nan, 257000), shapely.Point(np.inf, 257000)], [None, None]),
    "mixed": ([POINTS[0], SQUARE, shapely.boundary(SQUARE), None], ["Point", "Polygon", "LineString", None]),
    "of three dimensions": ([shapely.Point(544000, 257000, 7), shapely.force_3d(SQUARE, 7)], ["Point", "Polygon"]),
    "with measures": ([shapely.from_wkt("POINT M (544000 257000 3)")], ["Point"]),
    "a ring": ([shapely.LinearRing([(544000, 257000), (544100, 257000), (544100, 257100)])], ["LineString"]),
    "one and several": ([SQUARE, shapely.MultiPolygon([SQUARE])], ["Polygon", "MultiPolygon"]),
    "collection": ([shapely.GeometryCollection([POINTS[0], SQUARE])], ["GeometryCollection"]),
    "empty parts": (
        [
            shapely.from_wkt("MULTIPOLYGON (((544000 257000, 544100 257000, 544100 257100, 544000 257000)), EMPTY)"),
            shapely.GeometryCollection([shapely.Point(), SQUARE]),
            shapely.from_wkt("MULTILINESTRING (EMPTY, (544000 257000, 544100 257000))"),
        ],
        ["MultiPolygon", "GeometryCollection", "MultiLineString"],
    ),
    "a vertex twice": ([shapely.Polygon([(544000, 257000)] * 2 + [(544100, 257000), (544100, 257100)])], ["Polygon"]),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("suffix", FORMATS)
def test_shapes_of_every_kind_leave_in_every_format(tmp_path, suffix, name) -> None:
    geometry, kinds = SHAPES[name]
    path = written(layer_of(geometry), tmp_path, suffix)
    assert [row["event_id"] for row in rows_of(path)] == [f"e{at}" for at in range(len(geometry))]
    if suffix == ".geojson":
        shapes = shapes_of(path)
        assert [shape and shape["type"] for shape in shapes] == kinds
        assert "[]" not in json.dumps(shapes or None), "a position has two numbers: nothing empty is a place"


@pytest.mark.parametrize(
    ("shape", "suffixes", "words"),
    [
        (
            shapely.Polygon([(544000, 257000), (544100, 257100), (544100, 257000), (544000, 257100)]),
            FORMATS,
            "not valid",
        ),
        (shapely.LineString([(544000, 257000), (544000, 257000)]), FORMATS, "not valid"),
        (shapely.box(544000, 257000, 544000.001, 257000.001), FORMATS[:1], "too thin for the 7 decimals"),
        (shapely.LineString([(544000, 257000), (544000.001, 257000)]), FORMATS[:1], "too thin for the 7 decimals"),
        (shapely.Point(0.12, 52.2), FORMATS[:1], "off the National Grid"),
    ],
)
def test_shapes_that_no_reader_could_use_are_refused_in_one_sentence(tmp_path, shape, suffixes, words) -> None:
    for suffix in suffixes:
        with pytest.raises(HotspotsError, match=words):
            written(layer_of([shape]), tmp_path, suffix)
    assert list(tmp_path.iterdir()) == []
