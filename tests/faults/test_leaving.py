"""Every layer of the example leaves in every format and comes back the same, empty ones too, without a minus zero."""

import json
import re
import sqlite3
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from typer.testing import CliRunner

from hotspots.app import published
from hotspots.cli import application
from hotspots.crs import geometry_to_bng
from hotspots.export import export_layer, formats_for, metadata, named_classes
from hotspots.export.records import Records, records
from hotspots.export.styling import leading_column
from hotspots.layer import Layer
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, map_classes, named_layer, ranked, sentence, view

from .test_export import META, cube, surface

ANALYST = Viewer("analyst")
MINUS_ZERO = re.compile(r"(?<![\w.])-0(\.0*)?(?![\d.\w])")


@pytest.fixture(scope="module")
def layers(example_build: Build) -> dict[str, Layer]:
    return {layer_id: named_layer(example_build, layer_id, ANALYST) for layer_id in example_build.layers}


def written(layer: Layer, folder: Path, suffix: str) -> tuple[Path, ...]:
    return export_layer(layer, folder / f"{layer.meta.id}{suffix}", audience="restricted")


def farthest_m(first: Any, second: Any) -> float:
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None]
    assert len(both) == sum(shape is not None for shape in second)
    return max((float(shapely.hausdorff_distance(a, b)) for a, b in both), default=0.0)


def plain(value: Any) -> Any:
    """A value as JSON has it: days as text, nothing where there is none."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)[:10]


def held(meant: Records) -> list[dict[str, Any]]:
    rows = meant.attributes.to_pylist()
    return [{key: plain(value) for key, value in row.items()} for row in rows]


def same(found: list[dict[str, Any]], meant: list[dict[str, Any]]) -> bool:
    return [{key: plain(value) for key, value in row.items() if plain(value) is not None} for row in found] == [
        {key: value for key, value in row.items() if value is not None} for row in meant
    ]


def check_geojson(layer: Layer, meant: Records, path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    features = content["features"]
    assert [feature["id"] for feature in features] == list(meant.ids)
    assert same([feature["properties"] for feature in features], held(meant))
    shapes = [feature["geometry"] and shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    there = [shape for shape in shapes if shape is not None]
    assert all(shapely.is_valid(there))
    assert farthest_m(geometry_to_bng(np.array(shapes, dtype=object)), meant.geometry) < 0.01
    assert "crs" not in content
    for key, value in metadata(layer).items():
        assert content["metadata"][key] == json.loads(json.dumps(value, default=str)), key


def check_geopackage(layer: Layer, meant: Records, path: Path) -> None:
    name = layer.meta.id.replace("-", "_")
    found = pyogrio.read_dataframe(path, layer=name)
    assert found.crs.to_epsg() == 27700
    assert found.geometry.array.size == len(meant.ids)
    assert farthest_m(found.geometry.array, meant.geometry) == 0.0
    attributes = pd.DataFrame(found.drop(columns="geometry"))
    assert same(attributes.astype(object).where(attributes.notna(), None).to_dict("records"), held(meant))
    with sqlite3.connect(path) as database:
        described = "".join(str(row) for row in database.execute("SELECT metadata FROM gpkg_metadata"))
    assert layer.meta.title in described
    assert layer.meta.marking in described


def check_csv(layer: Layer, meant: Records, paths: tuple[Path, ...]) -> None:
    found = pd.read_csv(paths[0], dtype=str, keep_default_na=False).to_dict("records")
    for row, wanted in zip(found, held(meant), strict=True):
        for key, value in wanted.items():
            text = row[key].removeprefix("'")
            if value is None:
                assert text == ""
            elif isinstance(value, float):
                assert float(text) == pytest.approx(value, abs=0.0006, rel=1e-12)
            else:
                assert text.lower() == str(value).lower().replace("\n", " ") or text == str(value), key
    described = json.loads(paths[-1].read_text(encoding="utf-8"))
    assert layer.meta.title in json.dumps(described, ensure_ascii=False)


def check_tif(layer: Layer, paths: tuple[Path, ...]) -> None:
    assert layer.surface is not None
    with rasterio.open(paths[0]) as dataset:
        values, tags = dataset.read(1, masked=True), dataset.tags()
        assert dataset.crs.to_epsg() == 27700
        assert tuple(dataset.transform)[:6] == layer.surface.grid.transform
    np.testing.assert_array_equal(values.filled(np.nan), layer.surface.values)
    assert {layer.meta.unit, layer.meta.marking, f"{layer.surface.bandwidth_m:g}"} <= set(tags.values())


def test_fault_082_every_layer_comes_back_from_every_format_as_it_went(layers, tmp_path) -> None:
    tried = 0
    for layer in layers.values():
        meant = records(layer) if layer.surface is None else None
        for suffix in formats_for(layer.content):
            paths = written(layer, tmp_path, suffix)
            tried += 1
            if suffix == ".geojson":
                check_geojson(layer, meant, paths[0])
            elif suffix == ".gpkg":
                check_geopackage(layer, meant, paths[0])
            elif suffix == ".csv":
                check_csv(layer, meant, paths)
            else:
                check_tif(layer, paths)
            for path in paths:
                if path.suffix in {".geojson", ".csv", ".json", ".qml"}:
                    assert not MINUS_ZERO.search(path.read_text(encoding="utf-8")), path.name
    assert tried > 40


def empty(layer: Layer) -> Layer:
    if layer.cube is not None:
        return replace(layer, cube=layer.cube.iloc[:0])
    assert layer.features is not None
    return replace(layer, features=layer.features.iloc[:0])


def test_fault_070_an_empty_layer_of_every_kind_is_a_valid_file(layers, tmp_path) -> None:
    for layer in (empty(layer) for layer in layers.values() if layer.surface is None):
        (path,) = written(layer, tmp_path, ".geojson")
        content = json.loads(path.read_text(encoding="utf-8"))
        assert content["type"] == "FeatureCollection"
        assert content["features"] == []
        assert not {"crs", "bbox"} & set(content)
        (path,) = written(layer, tmp_path, ".gpkg")
        name = layer.meta.id.replace("-", "_")
        about = pyogrio.read_info(path, layer=name)
        assert about["features"] == 0
        assert about["crs"] == "EPSG:27700"
        assert name in {listed for listed, _ in pyogrio.list_layers(path)}


def test_fault_070_features_have_the_same_identifier_whatever_their_order_and_company(layers, tmp_path) -> None:
    for layer in layers.values():
        if layer.features is None or len(layer.features) < 3:
            continue
        fewer = replace(layer, features=layer.features.iloc[::-1].iloc[1:].reset_index(drop=True))
        names = []
        for made in (layer, fewer):
            content = json.loads(written(made, tmp_path, ".geojson")[0].read_text(encoding="utf-8"))
            names.append({feature["id"]: feature["properties"] for feature in content["features"]})
        assert len(names[1]) == len(names[0]) - 1
        assert all(names[0][name] == properties for name, properties in names[1].items()), layer.meta.id


@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".gpkg"])
def test_fault_068_no_minus_zero_leaves_in_a_number(tmp_path, suffix) -> None:
    points = gpd.GeoDataFrame(
        {"event_id": ["a", "b"], "share": [-0.0, 0.5]},
        geometry=[shapely.Point(544000, 257000), shapely.Point(-0.0, 257000)], crs="EPSG:27700",
    )  # fmt: skip
    for layer in (cube(-0.0), Layer(META, features=points.iloc[:1])):
        path = written(layer, tmp_path, suffix)[0]
        if suffix == ".gpkg":
            found = pyogrio.read_dataframe(path, layer=layer.meta.id.replace("-", "_"))
            numbers = found.select_dtypes("number").to_numpy(dtype=np.float64)
            assert not np.signbit(numbers).any()
        else:
            assert not MINUS_ZERO.search(path.read_text())


def test_fault_068_no_minus_zero_leaves_in_a_surface(tmp_path) -> None:
    layer = surface(0.0)
    assert layer.surface is not None
    layer.surface.values[:50] = np.float32(-0.0)
    with rasterio.open(written(layer, tmp_path, ".tif")[0]) as dataset:
        cells = dataset.read(1)
    assert (cells == 0).any()
    assert not np.signbit(cells[cells == 0]).any()


def test_fault_068_printed_parts_add_up_to_the_printed_total_or_a_note_says_why_not(example_build: Build) -> None:
    compared, viewer = 0, Viewer("officer")
    offered = choices(example_build, viewer)
    for what in offered.whats():
        for how in [how for how in offered.hows(what) if how in {"ward", "lsoa"}][:1]:
            for when in offered.whens(what, how)[-1:]:
                selection = Selection(what, when=when, how=how)
                layer = view(example_build, selection, viewer)
                said, table, caveats = sentence(layer, selection), ranked(layer), " ".join(layer.meta.caveats)
                assert not MINUS_ZERO.search(said)
                assert not table["shown"].map(lambda shown: bool(MINUS_ZERO.search(shown))).any()
                total = re.search(r": ([\d,]+) [^;]* in all[;,]", said)
                if total is None:
                    assert "_per_year" not in what or "need not add up" in caveats
                    continue
                numbers = [number for number in table["shown"].str.replace(",", "") if number.isdigit()]
                compared += 1
                adds_up = len(numbers) == len(table) and sum(map(int, numbers)) == int(total[1].replace(",", ""))
                assert adds_up or re.search("hidden|rounded|located|position|outside", caveats), said
    assert compared >= 3


def style_of(path: Path) -> str:
    with sqlite3.connect(path) as database:
        return str(database.execute("SELECT styleQML FROM layer_styles").fetchone()[0])


@pytest.mark.parametrize("layer_id", ["needle-finds-by-ward", "callouts-by-lsoa"])
def test_a_layer_of_the_command_line_has_the_class_edges_of_the_page(example_build, layers, tmp_path, layer_id) -> None:
    folder = str(example_build.folder.parent)
    target = tmp_path / "layer.gpkg"
    arguments = ["export", layer_id, "--to", str(target), "--audience", "restricted", "--build", folder]
    assert CliRunner().invoke(application, arguments).exit_code == 0
    layer = layers[layer_id]
    classes = named_classes(example_build, layer, ANALYST)
    assert classes is not None
    column = leading_column(layer)
    selection = Selection(column.measure, when=column.period, how=layer.areas.kind)
    assert classes.labels == published.classes_for(example_build, ANALYST, selection).labels
    assert all(label in style_of(target) for label in classes.labels)


def test_a_surface_of_the_command_line_has_the_class_edges_of_the_page(example_build, layers) -> None:
    classes = named_classes(example_build, layers["needle-density"], ANALYST)
    assert classes == map_classes(example_build, Selection("instances", how="density"), ANALYST)


def test_fault_077_a_geotiff_says_its_byte_order_and_is_read_by_its_first_bytes(layers, tmp_path) -> None:
    head = written(layers["needle-density"], tmp_path, ".tif")[0].read_bytes()[:4]
    assert head == b"II" + struct.pack("<H", 42)
