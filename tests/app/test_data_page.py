"""The Data & export page without a browser: tallies, tables and layers as this reader may have them."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hotspots.app import exports, published
from hotspots.snapshot import Build
from hotspots.views import Viewer

MAIN = str(Path(published.__file__).resolve().parent / "main.py")


@pytest.fixture(autouse=True)
def _fresh_caches():
    import streamlit as st

    st.cache_resource.clear()
    yield
    os.environ.pop("HOTSPOTS_BUILD", None)


def _page(build: Build) -> AppTest:
    os.environ["HOTSPOTS_BUILD"] = str(build.folder.parent)
    return AppTest.from_file(MAIN, default_timeout=60).run().switch_page("screens/data.py").run()


def _html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_the_page_has_tallies_a_table_and_a_layer_with_its_formats(example_build: Build):
    page = _page(example_build)
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Data & export"
    assert [header.value for header in page.header] == ["What was read", "Tables", "Layers"]
    text = _html(page)
    for source in example_build.manifest["sources"].values():
        assert f">{source['tally']['read']:,}</td>" in text
    assert [button.proto.label for button in page.get("download_button")] == [
        "This table as CSV", "GeoJSON", "GeoPackage", "CSV",
    ]  # fmt: skip


@pytest.mark.parametrize("screen", ["data", "method"])
def test_fault_143_nobody_else_is_told_of_premises_nor_how_many_rows_a_health_source_has(
    screen: str, example_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = example_build.manifest["sources"]
    assert sources["callouts"]["policy"] == "health"
    for role, told in (("officer", False), ("analyst", True)):
        monkeypatch.setattr(published, "viewer_of", lambda build, role=role: Viewer(role))
        os.environ["HOTSPOTS_BUILD"] = str(example_build.folder.parent)
        page = AppTest.from_file(MAIN, default_timeout=60).run().switch_page(f"screens/{screen}.py").run()
        assert not page.exception
        text = _html(page)
        assert (sources["premises"]["title"] in text) is told
        assert ("incidents are attributed to no premises" in text) is (told and screen == "data")
        assert (f"{sources['callouts']['tally']['read']:,} rows" in text) is (told and screen == "method")
        assert ("how many rows it has is for analysts" in text) is not told


def test_every_table_and_every_layer_can_be_chosen(example_build: Build):
    page = _page(example_build)
    for key in ("table", "layer"):
        for option in page.selectbox(key=key).options:
            page.selectbox(key=key).select_index(page.selectbox(key=key).options.index(option)).run()
            assert not page.exception, option
            assert not page.error, option


def test_a_density_comes_as_geotiff(example_build: Build):
    page = _page(example_build)
    page.selectbox(key="layer").set_value("needle-density").run()
    assert [button.proto.label for button in page.get("download_button")][1:] == ["GeoTIFF"]


def test_recorded_crime_is_shown_with_its_notes(example_build: Build):
    text = _html(_page(example_build))
    assert "Recorded crime by type and financial year" in text
    assert "Series break on 2018-05-23" in text
    assert ">Number change</th>" in text
    assert ">mean_years<" not in text


def test_an_officer_is_told_why_single_finds_are_not_there(example_build: Build, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer("officer"))
    page = _page(example_build)
    page.selectbox(key="layer").set_value("needle-finds").run()
    assert not page.exception
    assert any("restricted audience only" in info.value.replace("&#45;", "-") for info in page.info)


def test_a_file_that_leaves_is_noted(example_build: Build):
    from hotspots.snapshot.journal import entries

    viewer = Viewer("officer")
    before = len(entries(example_build.folder.parent))
    report = exports.reports_for(example_build, viewer)[0]
    assert exports.table_file(example_build, viewer, report).startswith(b"type,2017/18,2018/19,mean")
    assert exports.layer_file(example_build, viewer, "callouts-by-lsoa", ".geojson").startswith(b'{"type":')
    noted = entries(example_build.folder.parent)[before:]
    assert [(entry["layer"], entry["audience"]) for entry in noted] == [
        ("recorded-crime-by-type", "partner"), ("callouts-by-lsoa", "partner"),
    ]  # fmt: skip


def test_partners_are_not_told_what_was_noticed_in_guarded_rows_nor_how_many_premises_there_are(
    example_build: Build, monkeypatch: pytest.MonkeyPatch
):
    assert "5 incidents are attributed to no premises" in _html(_page(example_build))
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer("officer"))
    text = _html(_page(example_build))
    for words in ("attributed to no premises", "Licensed premises", ">791</td>"):
        assert words not in text
    assert "how many rows it has is for analysts" in text
    assert "Needle finds (synthetic)" in text  # its total is printed: 804 of 813 rows
    assert ">804</td>" in text
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer("licensing"))
    assert "5 incidents are attributed to no premises" in _html(_page(example_build))
