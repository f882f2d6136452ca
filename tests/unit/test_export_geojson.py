"""GeoJSON text: the bytes of a plain writer, and the rules of RFC 7946 tried by a validator of our own."""

import itertools
import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from hotspots.crs import to_bng
from hotspots.errors import FileRefused
from hotspots.export import export_layer, geojson, json_text
from hotspots.export.about import metadata
from hotspots.export.degrees import grouped
from hotspots.export.records import records
from hotspots.layer import Layer, LayerMeta
from hotspots.views import Viewer, named_layer

META = LayerMeta(
    *("finds", "Finds: “quoted” & <b>", "instances", "finds", "2016/17", "council", "counted"),
    *("open", "OFFICIAL", True, True),
)


def dumped(value) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def plainly_written(layer: Layer) -> str:
    """The document feature by feature with ``json.dumps`` and shapely's own shapes: slow, and plain to see."""
    held = records(layer)
    shapes = shapely.to_geojson(geojson.degrees(held.geometry, ids=held.ids)).tolist()
    rows = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in held.attributes.to_pylist()
    ]
    features = ",\n".join(
        f'{{"type":"Feature","id":{dumped(identifier)},"properties":{dumped(row)},"geometry":{shape or "null"}}}'
        for identifier, row, shape in zip(held.ids, rows, shapes, strict=True)
    )
    return f'{{"type":"FeatureCollection","metadata":{dumped(metadata(layer))},"features":[\n{features}\n]}}\n'


def of(geometry, **columns) -> Layer:
    return Layer(META, features=gpd.GeoDataFrame(columns, geometry=list(geometry), crs="EPSG:27700"))


def ring_with_hole(west: float, south: float) -> shapely.Polygon:
    return shapely.difference(
        shapely.box(west, south, west + 900, south + 900), shapely.box(west + 100, south + 100, west + 300, south + 300)
    )


EVERY_SHAPE = [
    shapely.Point(544000, 257000),
    None,
    shapely.LineString([(544000, 257000), (544100, 257000.5), (544200, 257100)]),
    ring_with_hole(544000, 257000),
    shapely.box(544000, 257000, 544100, 257100),
    shapely.MultiPoint([(544000, 257000), (544100, 257100)]),
    shapely.MultiLineString([[(544000, 257000), (544100, 257000)], [(544000, 257500), (544100, 257500)]]),
    shapely.MultiPolygon([ring_with_hole(544000, 257000), shapely.box(548000, 257000, 548100, 257100)]),
    shapely.GeometryCollection([shapely.Point(544000, 257000), shapely.box(544000, 257000, 544100, 257100)]),
]


def check_rfc_7946(document: dict) -> None:
    """Every rule of RFC 7946 that a collection of features can break; imports no reader of GeoJSON."""
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    assert isinstance(document["features"], list)
    assert not {"coordinates", "geometry", "properties", "geometries"} & set(document)
    identifiers = [feature["id"] for feature in document["features"]]
    assert all(isinstance(identifier, str | int) for identifier in identifiers)
    assert len(set(identifiers)) == len(identifiers)
    for feature in document["features"]:
        assert list(feature) == ["type", "id", "properties", "geometry"]
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        if feature["geometry"] is not None:
            check_geometry(feature["geometry"])


def check_geometry(geometry: dict) -> None:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        assert set(geometry) == {"type", "geometries"}
        for part in geometry["geometries"]:
            check_geometry(part)
        return
    assert set(geometry) == {"type", "coordinates"}
    held = geometry["coordinates"]
    lists = {"Point": lambda: [[held]], "MultiPoint": lambda: [held], "LineString": lambda: [held]}
    lists |= {"MultiLineString": lambda: held, "Polygon": lambda: held}
    rings = lists[kind]() if kind in lists else list(itertools.chain(*held))
    for positions in rings:
        assert all(len(position) == 2 for position in positions)
        assert all(type(number) is float and math.isfinite(number) for pair in positions for number in pair)
        # Great Britain: a latitude in the place of a longitude would lie outside.
        assert all(-9 <= longitude <= 3 and 49 <= latitude <= 61 for longitude, latitude in positions)
    if kind in {"LineString", "MultiLineString"}:
        assert all(len(line) >= 2 for line in rings)
    for polygon in [held] if kind == "Polygon" else held if kind == "MultiPolygon" else []:
        for number, ring in enumerate(polygon):
            assert len(ring) >= 4
            assert ring[0] == ring[-1]
            assert (twice_area(ring) > 0) == (number == 0), "an exterior ring is anticlockwise, a hole clockwise"


def twice_area(ring: list) -> float:
    """Shoelace formula from the first vertex: positive where the ring turns anticlockwise."""
    (west, south) = ring[0]
    return sum((a[0] - west) * (b[1] - south) - (b[0] - west) * (a[1] - south) for a, b in itertools.pairwise(ring))


class TestTheBytes:
    def test_every_kind_of_shape_is_written_as_the_plain_writer_does(self):
        layer = of(EVERY_SHAPE, id=range(len(EVERY_SHAPE)))
        assert geojson.document(layer) == plainly_written(layer)

    def test_every_kind_of_value_is_written_as_the_plain_writer_does(self):
        layer = of(
            [shapely.Point(544000 + at, 257000) for at in range(4)],
            event_id=["b", "a", "“é”🙂\u2028", 'd"\\/\x1f\n\t'],
            date=pd.to_datetime(["2016-04-01", None, "0999-12-31", "2018-03-31"]),
            time=pd.to_datetime(["2016-04-01 12:30", None, "2016-04-02", "2018-03-31"], format="ISO8601"),
            whole=pd.array([1, None, -(2**53), 2**53], dtype="Int64"),
            truth=pd.array([True, None, False, True], dtype="boolean"),
            number=[1e-7, 1e22, float("nan"), -0.1],
            text=[None, "", "null", "a,b"],
            kind=pd.Categorical(["x", "y", None, "x"]),
            nothing=[None] * 4,
            **{'a "name"': [1, 2, 3, 4]},
        )
        assert geojson.document(layer) == plainly_written(layer)

    def test_digits_on_and_beside_the_meridian_are_those_of_the_plain_writer(self):
        longitudes = [*np.linspace(-0.0002, 0.0002, 81), -5.5, 1.75, 0.1]
        points = shapely.points(*to_bng(longitudes, [51.5] * len(longitudes)))
        layer = of(points, id=range(len(points)))
        text = geojson.document(layer)
        assert "e-05," in text
        assert "[-" in text
        assert text == plainly_written(layer)

    @given(
        st.lists(
            st.tuples(st.integers(-1800000000, 1800000000), st.integers(-900000000, 900000000)), min_size=1, max_size=50
        )
    )
    @example([(0, 10549)])  # shapely writes 0.0010548999999999999, the same number in more digits
    def test_any_position_of_seven_decimals_is_the_number_that_shapely_writes_in_the_fewest_digits(self, positions):
        points = shapely.points(np.array(positions) / 1e7 + 0.0)
        written = json_text.geometries(grouped(points)).to_pylist()
        assert [json.loads(text) for text in written] == [json.loads(text) for text in shapely.to_geojson(points)]
        for text, (longitude, latitude) in zip(written, positions, strict=True):
            shortest = ",".join(repr(position / 1e7 + 0.0) for position in (longitude, latitude))
            assert text == f'{{"type":"Point","coordinates":[{shortest}]}}'

    def test_blocks_make_the_same_bytes_as_one(self, monkeypatch):
        layer = of(EVERY_SHAPE * 3, id=range(3 * len(EVERY_SHAPE)))
        whole = geojson.document(layer)
        for features, vertices in ((1, 200), (4, 200), (100, 6), (100, 1)):
            monkeypatch.setattr(geojson, "_MOST_FEATURES", features)
            monkeypatch.setattr(geojson, "_MOST_VERTICES", vertices)
            assert geojson.document(layer) == whole

    def test_no_features_are_the_bytes_of_the_plain_writer(self):
        layer = of([], id=[])
        assert geojson.document(layer) == plainly_written(layer)
        check_rfc_7946(json.loads(geojson.document(layer)))

    def test_a_table_without_rows_has_no_objects(self):
        assert len(json_text.objects(pa.table({"a": pa.array([], pa.string())}))) == 0


class TestReadingBack:
    def test_a_change_in_any_block_is_seen(self, tmp_path, monkeypatch):
        monkeypatch.setattr(geojson, "_MOST_FEATURES", 2)
        verify = geojson.verify
        layer = of(
            [shapely.Point(544000 + at, 257000) for at in range(9)], id=range(9), count=[40 + at for at in range(9)]
        )
        for count in (40, 44, 48):

            def damaged(stage, *args, count=count, **kwargs):
                stage.write_bytes(stage.read_bytes().replace(b'"count":%d' % count, b'"count":99'))
                verify(stage, *args, **kwargs)

            monkeypatch.setattr(geojson, "verify", damaged)
            with pytest.raises(FileRefused, match="did not read back"):
                export_layer(layer, tmp_path / "out.geojson", audience="restricted")
        assert list(tmp_path.iterdir()) == []

    def test_a_writer_that_writes_another_number_is_seen(self, tmp_path, monkeypatch):
        values = json_text.values
        monkeypatch.setattr(json_text, "values", lambda column: values(pa.array([7] * len(column))))
        with pytest.raises(FileRefused, match="did not read back"):
            export_layer(of([shapely.Point(544000, 257000)], id=[1]), tmp_path / "out.geojson", audience="restricted")


class TestRfc7946:
    def test_every_kind_of_shape(self):
        check_rfc_7946(json.loads(geojson.document(of(EVERY_SHAPE, id=range(len(EVERY_SHAPE))))))

    def test_the_validator_sees_a_ring_that_turns_the_wrong_way(self):
        document = json.loads(geojson.document(of([shapely.box(544000, 257000, 544100, 257100)], id=[1])))
        document["features"][0]["geometry"]["coordinates"][0].reverse()
        with pytest.raises(AssertionError, match="anticlockwise"):
            check_rfc_7946(document)

    def test_every_layer_of_the_example_and_its_identifiers_in_a_second_build(self, example_build, example_again):
        viewer = Viewer("analyst")
        seen = 0
        for layer_id in example_build.manifest["layers"]:
            layer = named_layer(example_build, layer_id, viewer)
            if layer.content == "surface":
                continue
            document = json.loads(geojson.document(layer))
            check_rfc_7946(document)
            second = json.loads(geojson.document(named_layer(example_again, layer_id, viewer)))
            assert [one["id"] for one in second["features"]] == [one["id"] for one in document["features"]]
            assert second == document
            seen += 1
        assert seen >= 9

    def test_every_layer_of_the_example_without_its_rows(self, example_build):
        for layer_id in example_build.manifest["layers"]:
            layer = named_layer(example_build, layer_id, Viewer("analyst"))
            if layer.cube is not None:
                empty = Layer(layer.meta, cube=layer.cube.iloc[:0], areas=layer.areas)
            elif layer.features is not None:
                empty = Layer(layer.meta, features=layer.features.iloc[:0])
            else:
                continue
            document = json.loads(geojson.document(empty))
            check_rfc_7946(document)
            assert document["features"] == []
