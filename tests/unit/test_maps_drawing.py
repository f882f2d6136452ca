import json
from types import SimpleNamespace
from typing import Any

import folium
import pandas as pd
import pytest
import shapely
from branca.colormap import LinearColormap
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hotspots import crs
from hotspots.areas import Areas
from hotspots.layer import Layer, LayerMeta
from hotspots.maps import hotspot_page, page
from hotspots.maps.assets import VENDOR_LINK, localise, missing_assets, outside_links
from hotspots.maps.base import base_map, feature_group, look_at, outlines_of
from hotspots.maps.choropleth import bounds_of, choropleth, fills_of, prepare_shapes
from hotspots.maps.escape import escape
from hotspots.maps.legend import legend_html, orientation_legend
from hotspots.maps.paper import RIGHT, Orientation
from hotspots.maps.points import points_group
from hotspots.style import Classes, Fill, classes_of

NAN = float("nan")
META = LayerMeta(
    id="three",
    title="Three",
    measure="callouts",
    unit="callouts",
    period="2018/19",
    source="made up",
    method="typed",
    policy="open",
    marking="OFFICIAL",
    synthetic=True,
    schematic=True,
)


def _areas(names=("West", "Middle", "East")):
    squares = [shapely.box(545000 + 500 * at, 258000, 545500 + 500 * at, 258500) for at in range(3)]
    table = pd.DataFrame({"code": ["E1", "E2", "E3"], "name": list(names), "geometry": squares})
    return Areas("lsoa", "schematic", "2011", True, "ours", table)


def _layer(rows, names=("West", "Middle", "East")):
    cube = pd.DataFrame(rows, columns=["area_code", "value", "lower", "upper", "status"])
    cube = cube.assign(period="2018/19", measure="callouts", category="all", events=0)
    return Layer(META, cube=cube, areas=_areas(names))


def _drawn(element):
    """The features and fills that a drawing hands to the browser."""
    decoder = json.JSONDecoder()
    features, end = decoder.raw_decode(element.arguments)
    return features["features"], json.loads(element.arguments[end + 2 :])


def test_fault_053_neighbours_still_touch_after_simplifying_and_lie_in_cambridge():
    shapes = {code: shapely.from_geojson(text) for code, text in prepare_shapes(_areas()).items()}
    assert shapes["E1"].touches(shapes["E2"])
    west, south, east, north = bounds_of(_areas().geometry)
    assert 0.11 < west < east < 0.15
    assert 52.19 < south < north < 52.22
    longitude, latitude = crs.to_wgs84([545000.0], [258000.0])
    assert shapes["E1"].distance(shapely.Point(longitude[0], latitude[0])) < 2e-5


def test_each_area_is_painted_by_its_class_its_stripes_or_its_grey():
    layer = _layer([("E1", 3, 3, 3, "ok"), ("E2", NAN, 4, 6, "suppressed"), ("E3", NAN, NAN, NAN, "suppressed")])
    classes = Classes((1.0, 5.0), (4.0, 9.0), ("#edf8b1", "#2c7fb8"), 0)
    features, fills = _drawn(choropleth(layer, classes, prepare_shapes(layer.areas)))
    painted = {feature["properties"]["text"].split("<br>")[1]: feature["properties"]["fill"] for feature in features}
    assert painted == {"E1": "c0", "E2": "c0-1", "E3": "suppressed"}
    assert fills["c0"] == {"colour": "#edf8b1"}
    assert fills["c0-1"]["stripes"] == ["#edf8b1", "#2c7fb8"]
    assert fills["suppressed"]["stripes"] == ["#ffffff", "#9e9e9e"]


def test_the_tooltip_has_name_code_number_and_unit_and_nothing_else_is_sent():
    layer = _layer([("E1", NAN, 1, 4, "suppressed")])
    features, _ = _drawn(choropleth(layer, classes_of([1, 4], decimals=0, most=1), prepare_shapes(layer.areas)))
    assert features[0]["properties"] == {"fill": "c0", "text": "<b>West</b><br>E1<br>1 to 4 callouts"}


def test_a_suppressed_number_has_no_unit_behind_its_word():
    layer = _layer([("E1", NAN, NAN, NAN, "no_data")])
    features, _ = _drawn(choropleth(layer, classes_of([], decimals=0), prepare_shapes(layer.areas)))
    assert features[0]["properties"]["text"] == "<b>West</b><br>E1<br>no data"


def test_the_ward_of_a_small_area_stands_beside_its_code_as_typed():
    layer = _layer([("E1", 3, 3, 3, "ok"), ("E2", 4, 4, 4, "ok")])
    drawn = choropleth(layer, classes_of([3, 4], decimals=0), prepare_shapes(layer.areas), wards={"E1": "<Market>"})
    other, told = (feature["properties"]["text"] for feature in _drawn(drawn)[0])
    assert f"<br>{escape('E1, <Market> ward')}<br>3" in told
    assert "ward" not in other


def test_the_lines_and_marks_of_a_map_are_explained():
    assert "named place" in orientation_legend(places=True)
    assert "named place" not in orientation_legend(places=False)
    assert "wards, or the place chosen" in orientation_legend(places=False)
    assert "small areas (LSOA), or the place chosen" in orientation_legend(places=False, areas="small areas (LSOA)")


def test_the_chosen_area_is_drawn_last():
    layer = _layer([(code, 1, 1, 1, "ok") for code in ("E1", "E2", "E3")])
    drawn = choropleth(layer, classes_of([1], decimals=0), prepare_shapes(layer.areas), selected="E2")
    assert _drawn(drawn)[0][-1]["properties"]["chosen"] == 1


def test_the_legend_prints_the_classes_and_the_greys_that_the_map_has():
    layer = _layer([("E1", 3, 3, 3, "ok"), ("E2", NAN, NAN, NAN, "suppressed")])
    classes = classes_of([0, 3], decimals=0)
    html = legend_html(classes, title="Callouts", unit="callouts", fills=fills_of(layer, classes))
    assert "1 to 3" in html
    # What guards a small number is hidden like it, and may be a large one, or nought.
    assert "suppressed: small, or would give a small one away" in html
    assert "no data" not in html
    assert "No numbers to colour by" in legend_html(classes_of([], decimals=0), title="t", unit="u")


def test_a_range_over_three_classes_is_explained_as_it_is_drawn_striped_on_a_screen_and_dotted_on_paper(monkeypatch):
    layer = _layer([("E1", 3, 3, 3, "ok"), ("E2", NAN, 3, 12, "suppressed"), ("E3", 12, 12, 12, "ok")])
    classes = Classes((1.0, 5.0, 10.0), (4.0, 9.0, 14.0), ("#edf8b1", "#7fcdbb", "#2c7fb8"), 0)
    html = legend_html(classes, title="Callouts", unit="callouts", fills=fills_of(layer, classes))
    assert "striped: a range, in the colours of both its ends" in html
    written = []
    monkeypatch.setattr(page, "write", lambda figure, across, up, text, **style: written.append(text))
    page.page_pdf(
        layer,
        classes,
        ranked=pd.DataFrame({"rank": [], "name": [], "shown": [], "status": []}),
        orientation=Orientation(),
    )
    assert "dotted: a range, in the colour of its lower end" in written
    assert not [text for text in written if "striped" in str(text)]


def test_a_map_of_any_kind_points_at_nothing_outside():
    layer = _layer([("E1", 3, 3, 3, "ok")])
    drawing = base_map((0.1, 52.1, 0.2, 52.3), place="Cambridge", attributions=["Contains OS data"])
    shapes = prepare_shapes(layer.areas)
    areas = choropleth(layer, classes_of([3], decimals=0), shapes)
    group = feature_group(areas, outlines_of(shapes.values()), look_at((0.1, 52.1, 0.2, 52.3)))
    drawing.add_child(group)
    assert outside_links(drawing) == ()
    html = drawing.get_root().render()
    assert "http" not in html.replace("http-equiv", "")
    assert f"{VENDOR_LINK}leaflet/leaflet.js" in html


def test_links_are_set_on_the_object_and_foliums_classes_stay_as_they_were():
    before = list(folium.Map.default_js)
    localise(folium.Map(tiles=None))
    assert folium.Map.default_js == before
    assert outside_links(folium.Map(tiles=None))


def test_a_colour_map_or_a_plugin_without_a_packaged_file_is_reported():
    drawing = localise(folium.Map(tiles=None))
    drawing.add_child(LinearColormap(["white", "black"]))
    drawing.add_child(folium.plugins.MarkerCluster())
    found = localise(drawing)
    assert any("colour map" in link for link in outside_links(found))
    assert any("markercluster" in link for link in outside_links(found))


def test_missing_browser_files_are_named(tmp_path):
    assert "leaflet/leaflet.js" in missing_assets(tmp_path)


def test_fault_104_only_allowed_columns_of_points_reach_the_map():
    import geopandas as gpd

    features = gpd.GeoDataFrame(
        {"date": [pd.Timestamp("2018-11-03")], "quantity": [7], "notes": ["canary-column"]},
        geometry=[shapely.Point(545020, 258430)],
        crs="EPSG:27700",
    )
    drawn = points_group(Layer(META, features=features))
    assert "canary-column" not in drawn.arguments
    assert "Date: 2018-11-03<br>Needles: 7" in drawn.arguments


def test_no_more_points_are_drawn_than_the_setting_allows():
    import geopandas as gpd

    places = [shapely.Point(545020 + at, 258430) for at in range(30)]
    features = gpd.GeoDataFrame({"date": ["2018-11-03"] * 30}, geometry=places, crs="EPSG:27700")
    assert points_group(Layer(META, features=features), most=20).arguments.count('"Point"') == 20
    assert points_group(Layer(META, features=features.iloc[:0])).arguments.count('"Point"') == 0


@pytest.mark.parametrize("fill", [Fill("class", 2, 2), Fill("spans", 0, 2), Fill("no_data")])
def test_a_fills_key_is_safe_in_an_address_of_a_pattern(fill):
    assert fill.key.replace("-", "").replace("_", "").isalnum()


def _printed(draw: Any) -> list[tuple[str, float, float]]:
    """The texts that are written on a page, with where each begins and ends as a share of its width."""
    figure = Figure(figsize=(8.27, 11.69))
    renderer = FigureCanvasAgg(figure).get_renderer()
    draw(figure)
    ends = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.texts]
    return [(words, at.x0 / figure.bbox.width, at.x1 / figure.bbox.width) for words, at in ends]


def test_of_two_areas_in_wards_of_like_names_the_printed_list_has_both_names_whole() -> None:
    names = ["West Somerset 001D (Minehead North)", "West Somerset 001C (Minehead Central)"]
    ranked = pd.DataFrame({"rank": [1, 2], "name": names, "shown": ["1,200 to 1,350", "9"], "status": "ok"})
    made = _printed(lambda figure: page._table(figure, ranked, SimpleNamespace(surface=None), top=0.3))
    at = {words: (begins, ends) for words, begins, ends in made}
    assert set(names) <= set(at)
    assert at[names[0]][1] < at["1,200 to 1,350"][0]


def test_the_sentence_on_a_printed_page_of_places_stays_inside_its_margins() -> None:
    said = (
        "Places to target: recorded crime, 2016-11 to 2016-12, West Somerset: 11 places with 159 events (73% of those "
    )
    made = _printed(lambda figure: hotspot_page._said(figure, f"{said}of the whole area) on 0.8% of its ground."))
    assert len(made) == 2
    assert max(ends for _, _, ends in made) <= RIGHT
