"""The styles that files open with: the classes, colours and words of the map."""

import math
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.app import published
from hotspots.areas import Areas
from hotspots.export import export_layer
from hotspots.export.geopackage import layer_name
from hotspots.export.styling import layer_classes, leading_column
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface
from hotspots.maps.choropleth import fills_of
from hotspots.style import FILL_LABELS, Classes
from hotspots.views import Selection, Viewer, named_layer, view

NAN = float("nan")
OGRINFO = shutil.which("ogrinfo")
META = LayerMeta(
    *("callouts-by-lsoa", "Callouts & <others>", "callouts", "callouts", "2016/17", "ambulance", "counted"),
    *("health", "OFFICIAL", True, True),
)
CLASSES = Classes((0.0, 1.0, 5.0), (0.0, 4.0, 9.0), ("#ffffff", "#edf8b1", "#2c7fb8"), 0)
# value, lower, upper, status of five areas: known, in one class, across two, hidden, incomplete; a sixth has no row.
CELLS = [
    (9.0, 9.0, 9.0, "ok"),
    (NAN, 1.0, 4.0, "suppressed"),
    (NAN, 3.0, 6.0, "suppressed"),
    (NAN, NAN, NAN, "suppressed"),
    (NAN, NAN, NAN, "incomplete"),
]


def cube(cells=CELLS, *, measure="callouts", periods=("2016/17",)) -> Layer:
    codes = [f"E0100000{number}" for number in range(len(cells))]
    shapes = [shapely.box(544000 + 100 * at, 257000, 544100 + 100 * at, 257100) for at in range(len(cells))]
    areas = Areas(
        "lsoa",
        *("schematic", "2011", True, ""),
        pd.DataFrame({"code": codes, "name": codes, "geometry": shapes}),
    )
    rows = [
        (code, period, measure, "all", *cell, 1) for period in periods for code, cell in zip(codes, cells, strict=True)
    ]
    columns = ["area_code", "period", "measure", "category", "value", "lower", "upper", "status", "events"]
    return Layer(META, cube=pd.DataFrame(rows, columns=columns), areas=areas)


def features(geometry) -> Layer:
    return Layer(META, features=gpd.GeoDataFrame({"id": range(len(geometry))}, geometry=geometry, crs="EPSG:27700"))


def styled(layer, tmp_path, **options) -> ET.Element:
    (path,) = export_layer(layer, tmp_path / "out.gpkg", audience="restricted", **options)
    with closing(sqlite3.connect(path)) as database:
        ((text,),) = database.execute("SELECT styleQML FROM layer_styles")
    return ET.fromstring(text)


def legend(style: ET.Element) -> list[tuple[str, float, float]]:
    return [(one.get("label"), float(one.get("lower")), float(one.get("upper"))) for one in style.iter("range")]


def colours(style: ET.Element, number: int) -> list[tuple[str, str]]:
    """Colour and brush of each coat of a symbol."""
    symbol = style.find(f".//symbol[@name='{number}']")
    return [
        (
            coat.find(".//Option[@name='color']").get("value"),
            coat.find(".//Option[@name='style']").get("value"),
        )
        for coat in symbol.iter("layer")
    ]


class TestAreas:
    def test_whole_numbers_are_ranged_over_by_the_column_itself(self, tmp_path):
        layer = cube([(0.0, 0.0, 0.0, "ok"), (3.0, 3.0, 3.0, "ok"), (8.0, 8.0, 8.0, "ok")])
        style = styled(layer, tmp_path)
        renderer = style.find("renderer-v2")
        assert renderer.get("type") == "graduatedSymbol"
        assert renderer.get("attr") == '"callouts_2016_17"'
        assert legend(style) == [("0", 0.0, 0.0), ("1 to 3", 1.0, 3.0), ("4 to 8", 4.0, 8.0)]
        assert colours(style, 0) == [("255,255,255,255", "solid")]

    def test_every_kind_of_area_has_a_line_with_the_words_of_the_map(self, tmp_path):
        style = styled(cube(), tmp_path, classes=CLASSES)
        assert [label for label, _, _ in legend(style)] == [
            *("0", "1 to 4", "5 to 9"),
            f"{FILL_LABELS['spans']} (1 to 4; 5 to 9)",
            *(FILL_LABELS["suppressed"], FILL_LABELS["incomplete"]),
        ]
        assert colours(style, 3) == [("237,248,177,255", "solid"), ("44,127,184,255", "b_diagonal")]
        assert colours(style, 4) == [("255,255,255,255", "solid"), ("158,158,158,255", "b_diagonal")]
        assert colours(style, 5)[1][1] == "f_diagonal"

    def test_the_expression_puts_each_area_where_the_map_does(self, tmp_path):
        layer = cube()
        style = styled(layer, tmp_path, classes=CLASSES)
        expression = style.find("renderer-v2").get("attr")
        # SQLite reads this expression as QGIS does.
        with closing(sqlite3.connect(tmp_path / "out.gpkg")) as database:
            numbers = [row[0] for row in database.execute(f"SELECT {expression} FROM callouts_by_lsoa ORDER BY fid")]
        lines = [next(at for at, (_, low, high) in enumerate(legend(style)) if low <= n <= high) for n in numbers]
        assert lines == [2, 1, 3, 4, 5]
        assert [fill.kind for fill in fills_of(layer, CLASSES)] == [
            *("class", "class", "spans", "suppressed", "incomplete")
        ]

    def test_numbers_with_decimals_are_ranged_over_as_they_are_printed(self, tmp_path):
        layer = cube([(1.25, 1.25, 1.25, "ok"), (3.0, 3.0, 3.0, "ok")], measure="callouts_per_year")
        style = styled(layer, tmp_path)
        assert style.find("renderer-v2").get("attr") == 'round("callouts_per_year_2016_17", 1)'
        assert [label for label, _, _ in legend(style)] == ["1.3", "1.4 to 3.0"]

    def test_numbers_beyond_the_classes_of_a_map_take_the_end_class(self, tmp_path):
        style = styled(cube([(40.0, 40.0, 40.0, "ok")]), tmp_path, classes=CLASSES)
        assert legend(style)[-1] == ("5 to 9", 5.0, 40.0)

    def test_the_last_period_of_the_own_measure_leads_and_all_periods_of_its_length_make_the_classes(self):
        early = cube([(2.0, 2.0, 2.0, "ok"), (30.0, 30.0, 30.0, "ok")], periods=("2015/16",)).cube
        late = cube([(1.0, 1.0, 1.0, "ok"), (9.0, 9.0, 9.0, "ok")], periods=("2016/17", "2016/17 Q1")).cube
        whole = cube([(99.0, 99.0, 99.0, "ok")], periods=("2015/16 to 2016/17",)).cube
        both = pd.concat([whole, early, late[late["period"] == "2016/17"]], ignore_index=True)
        layer = Layer(META, cube=both, areas=cube().areas)
        assert leading_column(layer).name == "callouts_2016_17"
        assert layer_classes(layer).edges[-1] == 30.0

    def test_nothing_known_has_only_grey(self, tmp_path):
        style = styled(cube([(NAN, NAN, NAN, "suppressed")]), tmp_path)
        assert [label for label, _, _ in legend(style)] == [FILL_LABELS["suppressed"]]

    def test_no_rows_have_a_plain_style(self, tmp_path):
        layer = Layer(META, cube=cube().cube.iloc[:0], areas=cube().areas)
        assert styled(layer, tmp_path).find("renderer-v2").get("type") == "singleSymbol"


class TestFeatures:
    @pytest.mark.parametrize(
        ("shape", "kind"),
        [
            (shapely.Point(544000, 257000), "marker"),
            (shapely.LineString([(544000, 257000), (544100, 257000)]), "line"),
            (shapely.box(544000, 257000, 544100, 257100), "fill"),
        ],
    )
    def test_features_have_one_simple_symbol(self, tmp_path, shape, kind):
        style = styled(features([shape]), tmp_path)
        assert style.find("renderer-v2").get("type") == "singleSymbol"
        assert style.find(".//symbol").get("type") == kind

    def test_an_outline_hides_nothing_under_it(self, tmp_path):
        style = styled(features([shapely.box(544000, 257000, 544100, 257100)]), tmp_path)
        assert colours(style, 0) == [("0,0,0,0", "no")]

    def test_mixed_shapes_have_no_style_and_are_one_layer(self, tmp_path):
        mixed = features([shapely.Point(544000, 257000), shapely.box(544000, 257000, 544100, 257100)])
        (path,) = export_layer(mixed, tmp_path / "out.gpkg", audience="restricted")
        with closing(sqlite3.connect(path)) as database:
            names = [name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")]
        assert names == ["callouts_by_lsoa"]


class TestTheFile:
    def test_the_style_is_where_qgis_looks_for_it(self, tmp_path):
        styled(cube(), tmp_path)
        with closing(sqlite3.connect(tmp_path / "out.gpkg")) as database:
            database.row_factory = sqlite3.Row
            (row,) = map(dict, database.execute("SELECT * FROM layer_styles"))
            (kind,) = database.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'")
        assert tuple(kind) == ("attributes",)
        assert list(row) == [
            *("id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName"),
            *("styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time"),
        ]
        assert (row["f_table_catalog"], row["f_table_schema"]) == ("", "")
        assert (row["f_table_name"], row["f_geometry_column"]) == ("callouts_by_lsoa", "geom")
        assert (row["useAsDefault"], row["description"]) == (1, "Callouts & <others>")

    def test_the_same_layer_makes_the_same_bytes_without_a_clock_time(self, tmp_path):
        first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
        export_layer(cube(), first, audience="restricted")
        export_layer(cube(), second, audience="restricted")
        assert first.read_bytes() == second.read_bytes()

    def test_the_description_is_in_the_metadata_table(self, tmp_path):
        styled(cube(), tmp_path)
        with closing(sqlite3.connect(tmp_path / "out.gpkg")) as database:
            ((text,),) = database.execute("SELECT metadata FROM gpkg_metadata")
        told = {item.get("key"): item.text for item in ET.fromstring(text).iter("{*}MDI")}
        told |= {item.get("key"): item.text for item in ET.fromstring(text).iter("MDI")}
        assert (told["marking"], told["unit"]) == ("OFFICIAL", "callouts")

    def test_a_layer_may_not_take_the_name_of_a_table_of_the_format(self):
        assert layer_name("layer-styles") == "layer_layer_styles"
        assert layer_name("gpkg contents") == "layer_gpkg_contents"

    @pytest.mark.skipif(OGRINFO is None, reason="ogrinfo (gdal-bin) is not on this machine")
    def test_ogrinfo_finds_the_style_as_a_table_without_shapes(self, tmp_path):
        styled(cube(), tmp_path)
        command = [OGRINFO, "-ro", tmp_path / "out.gpkg"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "1: callouts_by_lsoa" in listed.stdout
        assert "2: layer_styles (None)" in listed.stdout
        told = subprocess.run([*command, "-al", "layer_styles"], capture_output=True, text=True, check=True)
        assert 'type="graduatedSymbol"' in told.stdout
        assert "useAsDefault (Integer(Boolean)) = 1" in told.stdout
        assert "Warning" not in listed.stderr + told.stderr


class TestSurfaces:
    def items(self, path) -> list[tuple[str, str, float]]:
        style = ET.fromstring(path.read_text(encoding="utf-8"))
        assert style.find(".//rasterrenderer").get("type") == "singlebandpseudocolor"
        assert style.find(".//colorrampshader").get("colorRampType") == "DISCRETE"
        return [(one.get("label"), one.get("color"), float(one.get("value"))) for one in style.iter("item")]

    def surface(self, values) -> Layer:
        values = np.asarray(values, dtype=np.float32)
        grid = GridSpec(544000.0, 257000.0, 50.0, values.shape[1], values.shape[0])
        return Layer(META, surface=Surface(grid, values, 300.0, "quartic", np.ones(values.shape, np.uint32)))

    def test_a_discrete_ramp_has_the_classes_of_the_map(self, tmp_path):
        layer = self.surface([[0.0, 12.0], [NAN, 40.0]])
        paths = export_layer(layer, tmp_path / "out.tif", audience="restricted")
        assert [path.name for path in paths] == ["out.tif", "out.tif-metadata.json", "out.qml"]
        items = self.items(paths[2])
        classes = layer_classes(layer)
        assert [(label, colour) for label, colour, _ in items] == list(
            zip(classes.labels, classes.colours, strict=True)
        )
        assert items[-1][2] == math.inf

    def test_a_cell_halfway_between_classes_is_painted_as_on_the_map(self, tmp_path):
        *_, path = export_layer(self.surface([[4.5]]), tmp_path / "out.tif", audience="restricted", classes=CLASSES)
        values = np.array([0.0, 0.4, 0.5, 4.4, 4.5, 9.0, 99.0])
        tops = [top for _, _, top in self.items(path)]
        painted = [next(at for at, top in enumerate(tops) if value <= top) for value in values]
        assert painted == CLASSES.indices(values).tolist() == [0, 0, 1, 1, 2, 2, 2]

    def test_a_surface_without_any_data_has_a_style_without_colours(self, tmp_path):
        *_, path = export_layer(self.surface([[NAN]]), tmp_path / "out.tif", audience="restricted")
        assert self.items(path) == []


@pytest.mark.parametrize("what", ["callouts", "instances", "crimes"])
def test_the_classes_of_an_exported_layer_are_those_of_the_map_page(example_build, what):
    viewer = Viewer("analyst")
    selection = Selection(what, how="lsoa")
    shown = view(example_build, selection, viewer)
    layer = named_layer(example_build, shown.meta.id, viewer)
    assert leading_column(layer).period == shown.meta.period
    assert layer_classes(layer) == published.classes_for(example_build, viewer, selection)
