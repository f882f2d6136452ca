"""The Map page without a browser: what it says, offers and hides, on the example and on builds made to hurt."""

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.maps.escape import escape
from hotspots.snapshot import Build, open_build
from hotspots.snapshot.sealed import seal
from hotspots.views import Selection, Viewer

MAIN = str(Path(published.__file__).resolve().parent / "main.py")
HOSTILE = "<script>canary()</script>`${1}{{7*7}}\\"
WAIT_S = 60


def _page(build_folder, **asked) -> AppTest:
    os.environ["HOTSPOTS_BUILD"] = str(build_folder)
    page = AppTest.from_file(MAIN, default_timeout=WAIT_S)
    for key, value in asked.items():
        page.query_params[key] = value
    return page.run()


def _html(page) -> list[str]:
    return [element.proto.body for element in page.get("html")]


def _map_arguments(page) -> dict:
    return json.loads(page.get("component_instance")[0].proto.json_args)


@pytest.fixture(autouse=True)
def _fresh_caches():
    import streamlit as st

    st.cache_resource.clear()
    yield
    os.environ.pop("HOTSPOTS_BUILD", None)


@pytest.fixture(scope="module")
def folder(example_build: Build) -> Path:
    return example_build.folder.parent


def _altered(folder: Path, target: Path, change) -> Path:
    shutil.copytree(folder, target)
    snapshot = target / (target / "CURRENT").read_text().strip()
    change(snapshot)
    seal(snapshot, json.loads((snapshot / "manifest.json").read_text(encoding="utf-8")))
    return target


def test_the_page_opens_on_the_first_measure_with_a_sentence_a_map_a_table_and_downloads(folder):
    page = _page(folder)
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Where is it happening?"
    assert [box.label for box in page.selectbox] == ["What", "Shown as", "When", "Where", "How"]
    text = " ".join(_html(page))
    assert "Assault-related ambulance callouts" in text
    assert "<caption" in text
    assert [button.proto.label for button in page.get("download_button")] == ["GeoJSON", "GeoPackage", "CSV"]
    assert len(_map_arguments(page)["feature_group"]) > 10_000


def test_the_synthetic_and_schematic_notice_is_always_in_sight(folder):
    for how in ("Wards, coloured", "Density", "Single events"):
        page = _page(folder, what="Needle finds (instances)", how=how)
        assert not page.exception
        notice = page.warning[0].value
        assert "Synthetic records" in notice
        assert "Schematic boundaries" in notice


def test_headings_run_from_one_h1_to_h2_without_a_gap(folder):
    page = _page(folder)
    assert len(page.title) == 1
    assert len(page.header) >= 3
    assert len(page.subheader) == 0


def test_instances_and_volume_stand_together_from_year_to_year(folder):
    page = _page(folder, what="Needle finds (instances)")
    text = " ".join(_html(page))
    for number in ("172", "304", "328", "6,842", "10,324", "3,579"):
        assert f">{number}</td>" in text


def test_every_link_of_the_map_is_a_packaged_file(folder):
    arguments = _map_arguments(_page(folder))
    links = [*arguments["js_links"], *arguments["css_links"]]
    assert "../../app/static/vendor/leaflet/leaflet.js" in links
    assert all(link.startswith("../../app/static/vendor/") for link in links)
    assert "http" not in arguments["script"]


def test_the_table_has_the_numbers_of_the_map(folder):
    page = _page(folder, what="Needle finds (instances)", how="Wards, coloured")
    build = open_build(folder)
    selection = Selection("instances", when="2016/17 to 2018/19", how="ward")
    ranked = published.table_for(build, Viewer(build.settings.map.role), selection, beside=False)
    table = next(body for body in _html(page) if ">Rank<" in body)
    group = _map_arguments(page)["feature_group"]
    for name, shown in zip(ranked["name"], ranked["shown"], strict=True):
        assert f">{escape(shown)}</td>" in table
        assert f"<b>{escape(name)}</b>" in group
        assert f"<br>{escape(shown)} finds" in group


def test_changing_the_measure_changes_the_sentence_and_keeps_the_base_map(folder):
    page = _page(folder)
    before = _map_arguments(page)
    page.selectbox(key="what").set_value("volume").run()
    after = _map_arguments(page)
    assert not page.exception
    assert any(body.startswith("<p") and "Needles found (volume)" in body for body in _html(page))
    assert after["feature_group"] != before["feature_group"]
    assert after["js_links"] == before["js_links"]


@pytest.mark.parametrize("how", ["density", "points"])
def test_a_density_and_single_events_have_the_table_of_the_areas_beside_them(folder, how):
    page = _page(folder)
    page.selectbox(key="what").set_value("instances").run()
    page.selectbox(key="how").set_value(how).run()
    assert not page.exception
    assert any("<table" in body and "Market" in body for body in _html(page))


def test_fault_110_the_address_opens_the_map_it_names_and_what_is_not_held_falls_back_with_a_notice(folder):
    page = _page(folder, what="Needles found (volume)", where="City of <script>", when="1066")
    assert page.selectbox(key="what").value == "volume"
    assert page.selectbox(key="where").value == "city"
    notices = " ".join(notice.value for notice in page.info)
    assert "1066 is not held here" in notices
    assert "<script" not in notices


def test_fault_116_every_measure_way_and_place_opens_without_an_exception(folder):
    page = _page(folder)
    for what in ("callouts", "crimes", "asb", "instances", "premises_score"):
        page.selectbox(key="what").set_value(what).run()
        assert not page.exception, what
        for shown in ("annual_average", "rate_per_1000", "per_km2", "count") if what != "premises_score" else ():
            page.selectbox(key="shown").set_value(shown).run()
            assert not page.exception, (what, shown)
        for how in list(page.selectbox(key="how").options):
            page.selectbox(key="how").select(how).run()
            assert not page.exception, (what, how)
    page.selectbox(key="what").set_value("callouts").run()
    page.selectbox(key="where").set_value("city-centre").run()
    assert not page.exception
    assert "City centre area" in " ".join(_html(page))


def test_an_officer_sees_no_single_events_of_controlled_sources_and_still_gets_a_page(folder, tmp_path):
    def officer(snapshot: Path) -> None:
        path = snapshot / "settings.json"
        settings = json.loads(path.read_text())
        settings["map"]["role"] = "officer"
        path.write_text(json.dumps(settings))

    page = _page(_altered(folder, tmp_path / "officer", officer))
    page.selectbox(key="what").set_value("instances").run()
    assert not page.exception
    assert "Single events" not in page.selectbox(key="how").options
    assert "premises_score" not in page.selectbox(key="what").options


def test_fault_101_hostile_names_are_shown_as_typed_in_map_table_and_pickers(folder, tmp_path):
    def rename(snapshot: Path) -> None:
        for name in ("wards", "lsoas"):
            path = snapshot / "layers" / f"{name}.parquet"
            areas = gpd.read_parquet(path)
            areas["name"] = [f"{HOSTILE} {at}" for at in range(len(areas))]
            areas.to_parquet(path)

    page = _page(_altered(folder, tmp_path / "hostile", rename))
    assert not page.exception
    arguments = _map_arguments(page)
    for text in (*_html(page), arguments["script"], arguments["feature_group"], arguments["header"], arguments["html"]):
        assert "<script>canary" not in text
        assert "${1}" not in text
        assert "{{7" not in text
    assert escape(HOSTILE) in arguments["feature_group"]
    assert any(escape(HOSTILE) in body for body in _html(page))


def test_a_build_without_population_offers_no_rate_and_still_opens(folder, tmp_path):
    page = _page(
        _altered(folder, tmp_path / "bare", lambda snapshot: (snapshot / "tables/population.parquet").unlink())
    )
    assert not page.exception
    assert page.selectbox(key="shown").options == ["Count", "Average a year", "Per km²"]


def test_without_a_build_the_page_says_what_to_run(tmp_path):
    page = _page(tmp_path)
    assert not page.exception
    assert "hotspots build" in page.error[0].value.replace("&#96;", "")


def test_without_the_browser_files_the_table_stays_and_a_message_says_why(folder, monkeypatch):
    from hotspots.app import panels

    monkeypatch.setattr(panels, "missing_assets", lambda: ("leaflet/leaflet.js",))
    page = _page(folder)
    assert not page.exception
    assert any("cannot be drawn" in warning.value for warning in page.warning)
    assert any("<table" in body for body in _html(page))


@pytest.mark.parametrize(
    ("how", "suffix"), [("ward", ".geojson"), ("ward", ".csv"), ("ward", ".gpkg"), ("density", ".tif")]
)
def test_each_download_is_a_file_of_what_is_on_screen(folder, how, suffix):
    build = open_build(folder)
    selection = Selection("instances", when="2016/17 to 2018/19", how=how)
    content = published.file_of(build, published.viewer_of(build), selection, suffix)
    starts = {".geojson": b"{", ".csv": b"PK", ".gpkg": b"SQLite", ".tif": b"PK"}
    assert content.startswith(starts[suffix])
    if suffix in published.IN_ARCHIVES:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        assert len(names) == 3
        assert all(name.startswith("needle-") for name in names)
    name = published.file_name(published.layer_for(build, published.viewer_of(build), selection), suffix)
    assert name.isascii()
    assert name.endswith(suffix)
    assert "/" not in name


def test_the_method_page_shows_every_source_with_its_tally(folder):
    page = _page(folder)
    page.switch_page("screens/method.py").run()
    assert not page.exception
    text = " ".join(_html(page))
    build = open_build(folder)
    for source in build.manifest["sources"].values():
        assert escape(source["sentence"]) in text


def test_where_much_is_hidden_the_page_offers_the_longer_period_and_goes_there(folder, monkeypatch):
    monkeypatch.setattr(published, "viewer_of", lambda _: Viewer("public"))
    asked = {"what": "Needle finds (instances)", "how": "Small areas (LSOA), coloured", "when": "2018/19"}
    page = _page(folder, **asked)
    assert not page.exception
    said = next(info.value for info in page.info if "are hidden" in info.value)
    assert said == (
        "31 of 69 areas are hidden in 2018/19, because counts are small or would reveal small ones: "
        "2016/17 to 2018/19 hides 24 of 69."
    )
    page.button(key="fuller-when").click().run()
    assert not page.exception
    assert page.selectbox(key="when").value == "2016/17 to 2018/19"
    assert not [info for info in page.info if "are hidden" in info.value]


@pytest.mark.parametrize("role", ["public", "officer", "licensing", "analyst"])
def test_the_method_page_says_how_numbers_are_kept_back_and_what_they_cannot_tell(folder, monkeypatch, role):
    monkeypatch.setattr(published, "viewer_of", lambda _: Viewer(role))
    page = _page(folder)
    page.switch_page("screens/method.py").run()
    assert not page.exception
    assert [header.value for header in page.header][1:5] == [
        "Small numbers",
        "Where recorded crime stands",
        "What standing out beyond chance means",
        "What these numbers cannot tell",
    ]
    text = " ".join(_html(page))
    assert ("You read this as an analyst" in text) == (role == "analyst")
    assert ("hatched grey" in text) == (role != "analyst")
    needles, callouts = "Needle finds (synthetic): counts from 1 to 4", "callouts (synthetic): counts from 1 to 4"
    assert needles in text
    assert f"{callouts} are kept back, the others are rounded to multiples of 5." in text
    assert "dealt out 999 times" in text
    assert "at most one map in 20" in text
    assert "Incidents attributed to premises (synthetic): counts" not in text


def test_eight_a_month_on_average_are_3_to_14_in_97_of_100_months_as_the_method_page_says():
    from scipy.stats import poisson

    assert round(100 * (poisson.cdf(14, 8) - poisson.cdf(2, 8))) == 97
