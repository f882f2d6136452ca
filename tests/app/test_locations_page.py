"""The Locations page without a browser: what it ranks, says and hides, and its action sheet."""

import json
import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hotspots import Selection, Viewer, view
from hotspots.app import published
from hotspots.errors import DisclosureRefused
from hotspots.export.action_sheet import action_sheet
from hotspots.snapshot import Build

MAIN = str(Path(published.__file__).resolve().parent / "main.py")
NEEDLES = Selection("instances", where="city-centre", how="hotspots")


def _page(folder: Path, **asked: str) -> AppTest:
    os.environ["HOTSPOTS_BUILD"] = str(folder)
    page = AppTest.from_file(MAIN, default_timeout=60)
    page.run()
    for key, value in asked.items():
        page.query_params[key] = value
    page.switch_page("screens/locations.py").run()
    return page


def _text(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


@pytest.fixture(autouse=True)
def _fresh_caches():
    import streamlit as st

    st.cache_resource.clear()
    yield
    os.environ.pop("HOTSPOTS_BUILD", None)


@pytest.fixture(scope="module")
def folder(example_build: Build) -> Path:
    return example_build.folder.parent


def test_it_opens_on_the_working_groups_area_with_ranked_places_a_map_and_the_evidence(folder):
    page = _page(folder)
    assert not page.exception
    assert page.title[0].value == "Which places to target?"
    assert [box.label for box in page.selectbox] == ["Agenda", "Within", "Chosen by", "One place"]
    assert page.selectbox[1].value == "city-centre"
    text = _text(page)
    assert "14 places with 478 events" in text
    assert "The Kite" in text
    assert "Castle Hill" not in text
    assert "counting by cell held" in text
    assert "Fewer than 1 map in 1,000 without clustering would reach this." in text
    assert "The core of 9.0 ha that are hot: the densest ground in it." in text
    assert "intensifying hot spot (hot in nine quarters of ten or more, and more and more so)" in text
    assert "73 (9.3" in text  # the per cent sign is set as an entity
    drawn = json.loads(page.get("component_instance")[0].proto.json_args)["feature_group"]
    assert "hotspots.ranks" in drawn
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels == ["Map and list to print (A4, PDF)", "Action sheet to print (A4)", "GeoJSON", "GeoPackage", "CSV"]


def test_another_agenda_and_another_place_are_shown_when_chosen(folder):
    page = _page(folder)
    page.selectbox[0].select_index(3).run()  # Retail
    page.selectbox[1].select("city").run()
    assert not page.exception
    text = _text(page)
    assert "Hotspots: retail" in text
    assert "Shoplifting and anti-social behaviour together" in text
    page.selectbox[3].select_index(1).run()
    assert "9 events on 1.8 ha" in _text(page)


def test_an_agenda_without_hotspots_says_that_this_is_an_answer(folder):
    page = _page(folder)
    page.selectbox[0].select_index(4).run()  # Night-time
    assert not page.exception
    assert "No place stands out" in page.info[0].value
    assert "no place stands out beyond what chance would give here" in _text(page)
    assert "Violence as data.police.uk publishes it includes domestic and sexual offences" in _text(page)


def test_officers_get_no_small_years(folder, monkeypatch):
    monkeypatch.setattr(published, "viewer_of", lambda _: Viewer("officer"))
    page = _page(folder)
    assert not page.exception
    page.selectbox[3].select_index(13).run()  # Leisure Park: 0, 4 and 1 in its years
    assert "5 events on 1.0 ha" in _text(page)
    assert "By year" not in _text(page).split("5 events on 1.0 ha")[1].split("</ul>")[0]


def test_the_action_sheet_is_one_plain_page_with_room_to_write(example_build):
    layer = view(example_build, NEEDLES, Viewer("group"))
    sheet = action_sheet(layer, audience="partner", sentence="14 places.", evidence="Held 49%.")
    assert sheet.count("<tr>") == 15
    assert "size: A4" in sheet
    assert all(f">{heading}</th>" in sheet for heading in ("Action", "Who", "By when", "Done"))
    assert "TL 456 584" in sheet
    assert "Synthetic records: not real events" in sheet
    assert "http" not in sheet


def test_text_from_data_is_only_text_on_the_action_sheet(example_build):
    layer = view(example_build, NEEDLES, Viewer("group"))
    hostile = layer.features.assign(name="<script>canary()</script>")
    from dataclasses import replace

    sheet = action_sheet(replace(layer, features=hostile), audience="partner", sentence="<b>x</b>")
    assert "<script>" not in sheet
    assert "&lt;script&gt;canary()" in sheet
    assert "<b>x</b>" not in sheet


def test_an_action_sheet_leaves_for_no_wider_audience_than_its_layer(example_build):
    layer = view(example_build, NEEDLES, Viewer("analyst"))
    with pytest.raises(DisclosureRefused, match="was made for the audience 'restricted'"):
        action_sheet(layer, audience="partner", sentence="")


def test_the_sheet_that_is_downloaded_is_noted(example_build):
    published.sheet_of(example_build, Viewer("group"), NEEDLES)
    noted = "".join(path.read_text() for path in example_build.folder.parent.glob("*.jsonl"))
    assert "action-sheet-hotspots-instances-all.html" in noted


def test_the_page_that_is_downloaded_is_a_pdf_and_is_noted(example_build):
    assert published.hotspot_page(example_build, Viewer("group"), NEEDLES).startswith(b"%PDF-")
    noted = "".join(path.read_text() for path in example_build.folder.parent.glob("*.jsonl"))
    assert "hotspots-instances-all.pdf" in noted


def test_an_agenda_over_few_quarters_has_no_empty_column_and_no_class(example_build, monkeypatch):
    from dataclasses import replace

    from hotspots.app import location_panels

    written: list[str] = []
    monkeypatch.setattr(location_panels.st, "html", written.append)
    layer = view(example_build, NEEDLES, Viewer("group"))
    few = replace(layer, features=layer.features.assign(persistence=None))
    location_panels.table_panel(few)
    location_panels.place_panel(few, few.features["hotspot_id"].iloc[0])
    assert "The Kite" in written[0]
    assert "Over the quarters" not in "".join(written)


def one_place() -> None:
    from types import SimpleNamespace

    import pandas as pd
    import streamlit as st

    from hotspots.app.location_panels import chosen_place

    name = st.selectbox("by", ["Supermarket near The Parade", "The Parade"], key="by")
    features = pd.DataFrame({"hotspot_id": ["SS 968 462", "SS 974 465"], "name": [name, "The Avenue"]})
    st.text(chosen_place(SimpleNamespace(features=features)))


def test_a_place_of_one_identity_and_another_name_on_the_next_list_is_shown_by_that_name():
    """The browser kept "Supermarket near The Parade" over what is known of "The Parade", for both were SS 968 462."""
    page = AppTest.from_function(one_place, default_timeout=60).run()
    page.selectbox("by").select("The Parade").run()
    drawn = page.selectbox("place").proto
    assert (drawn.set_value, drawn.raw_value) == (True, "The Parade")
    assert page.text[0].value == "SS 968 462"
