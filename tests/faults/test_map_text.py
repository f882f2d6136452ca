"""Text from data on maps and pages: shown as typed, run by nothing (server templates, scripts, HTML, Markdown)."""

import ast
import html
import json
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from streamlit_folium import generate_leaflet_string

from hotspots.app.words import plain, ranked_table, table_of, verdict_card
from hotspots.areas import Areas
from hotspots.layer import Layer, LayerMeta
from hotspots.maps.base import base_map, feature_group, places_of
from hotspots.maps.choropleth import choropleth, prepare_shapes
from hotspots.maps.escape import escape
from hotspots.maps.hotspots import hotspots_group, ranks_group
from hotspots.maps.legend import legend_html
from hotspots.maps.points import points_group
from hotspots.style import classes_of

PAYLOADS = [
    "<script>window.canary = 1</script>",
    "</script><script>window.canary = 1</script>",
    "<img src=x onerror=window.canary=1>",
    "<svg onload=window.canary=1>",
    "`+(window.canary=1)+`",
    "${window.canary=1}",
    "${1}",
    "{{7*7}}",
    "{{ cycler.__init__.__globals__.os.getpid() }}",
    "{% off",
    "50 {# off",
    "\\u0041",
    "C:\\2019",
    "trailing backslash \\",
    "&lt;b&gt; &amp;",
    "\u2028line\u2029separators",
    "quote ' and \" both",
    "![](http://outside.example/a.png)",
    "[text](javascript:alert)",
    "**bold** :red[red] $x^2$ `code`",
]
SOURCE = Path(__file__).resolve().parents[2] / "src" / "hotspots"


def _map_of(name):
    area = pd.DataFrame({"code": ["E1"], "name": [name], "geometry": [shapely.box(545000, 258000, 545500, 258500)]})
    areas = Areas("lsoa", "schematic", "2011", True, name, area)
    cube = pd.DataFrame(
        [("E1", "2018/19", "callouts", "all", 3.0, 3.0, 3.0, "ok", 3)],
        columns=["area_code", "period", "measure", "category", "value", "lower", "upper", "status", "events"],
    )
    meta = LayerMeta("one", name, "callouts", name, "2018/19", name, "typed", "open", "OFFICIAL", True, True)
    layer = Layer(meta, cube=cube, areas=areas)
    drawing = base_map((0.1, 52.1, 0.2, 52.3), place=name, attributions=[name])
    drawn = choropleth(layer, classes_of([3], decimals=0), prepare_shapes(areas))
    drawing.add_child(feature_group(drawn))
    return drawing, drawn


@pytest.mark.parametrize("payload", PAYLOADS)
def test_fault_098_a_hostile_name_is_on_the_map_as_entities_only_and_the_server_runs_none_of_it(payload):
    drawing, drawn = _map_of(payload)
    page = drawing.get_root().render()
    assert page.count("<script>") == _map_of("Market")[0].get_root().render().count("<script>")
    for raw in ("window.canary = 1</script>", "<img", "<svg onload", "${", "{{7*7}}", "{% off", "\\u0041,"):
        assert raw not in page
    assert str(os.getpid()) not in drawn.arguments
    text = json.JSONDecoder().raw_decode(drawn.arguments)[0]["features"][0]["properties"]["text"]
    shown = html.unescape(text.removeprefix("<b>").split("</b>")[0])
    assert shown == payload


def test_fault_098_hostile_names_of_places_hotspots_and_premises_are_on_the_map_as_entities_only():
    names = [f"{payload} {at}" for at, payload in enumerate(PAYLOADS)]
    square = shapely.box(545000, 258000, 545500, 258500)
    held = pd.DataFrame({"name": names, "rank": range(1, len(names) + 1), "events": 7, "hotspot_id": names})
    meta = LayerMeta("x", "t", "premises_score", names[0], "2018/19", "s", "m", "open", "OFFICIAL", True, True)
    hotspots = Layer(meta, features=gpd.GeoDataFrame(held, geometry=[square] * len(names), crs=27700))
    premises = Layer(meta, features=gpd.GeoDataFrame(held, geometry=[square.centroid] * len(names), crs=27700))
    drawn = [
        places_of(names, [0.12] * len(names), [52.2] * len(names)),
        hotspots_group(hotspots, selected=names[0]),
        ranks_group(hotspots),
        points_group(premises),
    ]
    drawing = base_map((0.1, 52.1, 0.2, 52.3), place=names[0], attributions=names)
    drawing.add_child(feature_group(*drawn))
    page = drawing.get_root().render()
    for raw in ("canary = 1</script>", "<img", "<svg onload", "${", "{{7*7}}", "{% off", "`+(window", "<script>window"):
        assert raw not in page, raw
    assert str(os.getpid()) not in "".join(one.arguments for one in drawn)
    for one in (drawn[0], drawn[1], drawn[3]):
        texts = [
            feature["properties"]["text"] for feature in json.JSONDecoder().raw_decode(one.arguments)[0]["features"]
        ]
        shown = "".join(html.unescape(text) for text in texts)
        assert all(name in shown for name in names)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_fault_100_the_script_that_the_map_frame_evaluates_holds_none_of_it_raw(payload):
    drawing, _ = _map_of(payload)
    script = generate_leaflet_string(drawing)
    for raw in ("<script", "</script", "<img", "<svg onload", "${", "`", "{{"):
        assert raw not in script
    assert "canary=1}" not in script


@pytest.mark.parametrize("payload", PAYLOADS)
def test_legend_and_tables_show_a_hostile_text_as_typed(payload):
    texts = {key: [payload] for key in ["name", "code", "ward", "shown"]}
    ranked = pd.DataFrame({"rank": [1], **texts, "status": ["ok"]})
    for page in (
        legend_html(classes_of([1], decimals=0), title=payload, unit=payload),
        ranked_table(ranked, caption=payload, number=payload),
        table_of(pd.DataFrame({payload: [payload]}), caption=payload),
        verdict_card(payload, payload),
    ):
        assert escape(payload) in page
        assert "<script" not in page
        assert "<img" not in page


@given(st.text(max_size=60))
def test_any_text_reads_back_as_typed_but_for_control_characters(text):
    shown = html.unescape(escape(text))
    expected = "".join(" " if ord(letter) < 32 or ord(letter) == 127 else letter for letter in text)
    assert shown == expected
    assert not set(escape(text)) & set("<>\"'`${}\\\u2028\u2029")


@given(st.text(max_size=60))
def test_fault_103_any_text_is_markdown_without_a_sign_of_syntax(text):
    assert not set(plain(text)) & set("<>[]()*_`~!|$:{}\\\"'")


def test_fault_115_no_page_hands_raw_text_to_markdown_or_to_html():
    """Pages give ``st.html`` only what our own functions made, and never ask Markdown for HTML."""
    pieces = {"paragraph", "listed", "ranked_table", "table_of", "trend_table", "verdict_card", "counts_chart"}
    made_by = pieces | {"legend_html", "orientation_legend"}
    for path in sorted((SOURCE / "app").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert "unsafe_allow" not in text, path.name
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "html":
                given_text = call.args[0]
                named = given_text.func.id if isinstance(given_text, ast.Call) else given_text.id
                assert named in made_by | {"legend", "STYLE"}, f"{path.name}:{call.lineno}"


MARKDOWN = {"markdown", "info", "warning", "error", "success", "caption", "header", "subheader", "title", "write"}
OF_OURS = {"label", "missing[0]", "len(missing)", "selection.when", "now.hidden", "now.areas", "ONLY_FOR", "WAYS_ON"}


def test_fault_115_what_a_page_hands_to_markdown_is_plain_or_of_ours():
    """Texts of data go through ``plain``; what is handed over as it is, is one of the names of ours that are listed."""
    for path in sorted((SOURCE / "app").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in MARKDOWN:
                given_text = call.args[0]
                parts = given_text.values if isinstance(given_text, ast.JoinedStr) else [given_text]
                for part in parts:
                    value = part.value if isinstance(part, ast.FormattedValue) else part
                    words = ast.unparse(value)
                    ours = (
                        isinstance(value, ast.Constant)
                        or words in OF_OURS
                        or words.startswith(("plain(", "', '.join("))
                    )
                    assert ours, f"{path.name}:{call.lineno}: {words}"
