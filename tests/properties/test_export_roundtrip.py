"""Any small layer comes back from a file with the rows, codes, numbers and shapes it went with."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.areas import Areas
from hotspots.crs import geometry_to_bng
from hotspots.export import export_layer, wide
from hotspots.layer import Layer, LayerMeta
from hotspots.spreadsheet import defused

META = LayerMeta(
    *("needle-finds-by-ward", "Needle finds", "instances", "finds", "2016/17", "council", "counted"),
    *("controlled", "OFFICIAL", True, True),
)
PERIODS = ["2016/17", "2017/18", "2016/17 Q1"]
MEASURES = ["instances", "volume", "instances_per_year"]
STATUSES = ["ok", "suppressed", "incomplete", "no_data"]


@st.composite
def shapes(draw):
    """A polygon near Cambridge: a quadrilateral, with a hole or not."""
    west, south = draw(st.floats(540000, 551000)), draw(st.floats(252000, 263000))
    width, height = draw(st.floats(1, 3000)), draw(st.floats(1, 3000))
    shape = shapely.box(west, south, west + width, south + height)
    if draw(st.booleans()):
        hole = shapely.box(west + width / 4, south + height / 4, west + width / 2, south + height / 2)
        shape = shapely.difference(shape, hole)
    return shape


@st.composite
def cubes(draw):
    """A layer of one to four areas with some numbers, of every status."""
    count = draw(st.integers(1, 4))
    codes = [f"E0500270{number}" for number in range(count)]
    names = draw(st.lists(st.text(max_size=12), min_size=count, max_size=count))
    table = pd.DataFrame({"code": codes, "name": names, "geometry": [draw(shapes()) for _ in codes]})
    keys = st.tuples(st.sampled_from(codes), st.sampled_from(PERIODS), st.sampled_from(MEASURES))
    rows = []
    for key in draw(st.lists(keys, unique=True, max_size=12)):
        status = draw(st.sampled_from(STATUSES))
        value = draw(st.integers(0, 10_000).map(float) | st.floats(0, 1e6)) if status == "ok" else np.nan
        rows.append((*key, "all", value, value, value, status, 1))
    columns = ["area_code", "period", "measure", "category", "value", "lower", "upper", "status", "events"]
    areas = Areas("ward", "schematic", "2013", True, "", table)
    return Layer(META, cube=pd.DataFrame(rows, columns=columns), areas=areas)


def farthest_m(first, second) -> float:
    return max((shapely.hausdorff_distance(a, b) for a, b in zip(first, second, strict=True)), default=0.0)


def numbers(table, names):
    return {name: [None if pd.isna(value) else value for value in table[name]] for name in names}


@settings(max_examples=30, deadline=None)
@given(layer=cubes())
def test_a_cube_comes_back_from_geojson(layer):
    with tempfile.TemporaryDirectory() as folder:
        (path,) = export_layer(layer, Path(folder) / "out.geojson", audience="restricted")
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    table = wide(layer)
    assert [feature["id"] for feature in features] == table["area_code"].tolist()
    columns = [name for name in table.columns if name not in {"area_name", "geometry"}]
    read = pd.DataFrame([feature["properties"] for feature in features], columns=columns, dtype="object")
    assert numbers(read, columns) == numbers(table, columns)
    degrees = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    assert all(shapely.is_valid(degrees))
    assert farthest_m(geometry_to_bng(np.array(degrees, dtype=object)), table.geometry) < 0.011


@settings(max_examples=15, deadline=None)
@given(layer=cubes())
def test_a_cube_comes_back_from_a_geopackage(layer):
    with tempfile.TemporaryDirectory() as folder:
        (path,) = export_layer(layer, Path(folder) / "out.gpkg", audience="restricted")
        read = pyogrio.read_dataframe(path, layer="needle_finds_by_ward")
    table = wide(layer)
    columns = [name for name in table.columns if name not in {"area_name", "geometry"}]
    assert numbers(read, columns) == numbers(table, columns)
    assert read.crs.to_epsg() == 27700
    assert farthest_m(read.geometry, table.geometry) == 0.0


@given(text=st.text(alphabet="'\"=+-@ \t\nab＝", max_size=6))
def test_a_defused_text_is_told_apart_and_taken_back(text):
    safe = defused(text)
    assert defused(safe.removeprefix("'")) == safe or safe == text
    assert not safe.lstrip().startswith(("=", "+", "-", "@", "＝"))
