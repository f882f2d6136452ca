"""The page "Did it work?" without a browser: registered work, a place and a day, refusals, roles, and the form."""

import json
import os
import re
import shutil
from base64 import b64decode
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.maps.escape import escape
from hotspots.snapshot import Build
from hotspots.snapshot.sealed import seal

ROOT = Path(__file__).resolve().parents[2]
SCREEN = str(Path(published.__file__).resolve().parent / "screens/compare.py")
WAIT_S = 60
FORBIDDEN = ("proved", "proof that", "caused", "significant", "probability that")


def _page(build_folder, *, area: str = "", **asked) -> AppTest:
    os.environ["HOTSPOTS_BUILD"] = str(build_folder)
    os.environ["HOTSPOTS_AREA"] = area
    page = AppTest.from_file(SCREEN, default_timeout=WAIT_S)
    for key, value in asked.items():
        page.query_params[key] = value
    return page.run()


def _html(page) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


@pytest.fixture(autouse=True)
def _fresh_caches():
    import streamlit as st

    st.cache_resource.clear()
    yield
    for name in ("HOTSPOTS_BUILD", "HOTSPOTS_AREA"):
        os.environ.pop(name, None)


@pytest.fixture(scope="module")
def folder(example_build: Build) -> Path:
    return example_build.folder.parent


@pytest.fixture(scope="module")
def officers(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("officers") / "build"
    shutil.copytree(folder, target)
    snapshot = target / (target / "CURRENT").read_text().strip()
    settings = json.loads((snapshot / "settings.json").read_text())
    settings["map"]["role"] = "officer"
    (snapshot / "settings.json").write_text(json.dumps(settings))
    seal(snapshot, json.loads((snapshot / "manifest.json").read_text(encoding="utf-8")))
    return target


def test_the_page_opens_on_a_verdict_a_sentence_the_counts_and_what_they_could_show(folder):
    page = _page(folder)
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Did it work?"
    text = _html(page)
    assert ">No clear change</p>" in text
    assert "fell from 336 to 312" in text
    assert "What was counted" in text
    assert "Months each side" in text
    assert [header.value for header in page.header] == [
        "Period by period",
        "What these counts could show",
        "What this cannot tell you",
    ]
    assert not any(word in text.lower() for word in FORBIDDEN)


def test_the_chart_is_a_picture_with_words_and_the_same_counts_stand_in_a_table(folder):
    text = _html(_page(folder))
    drawn = b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', text)[1]).decode()
    assert drawn.count("<rect") == 20
    assert ">upper 129.3<" in drawn
    assert "work began" in drawn
    assert "<script" not in drawn
    assert re.search(r'alt="Assault-related ambulance callouts[^"]*counts by period"', text)
    assert text.count('<th scope="row"') >= 20


def test_registered_work_shows_what_was_agreed_and_its_comparison_area(folder):
    page = _page(folder)
    page.selectbox(key="work").set_value("IV001").run()
    assert not page.exception
    text = _html(page)
    for words in ("Street scene team", "a fifth fewer finds in a year", "Petersfield ward", ">110<", ">119<", ">62<"):
        assert words in text
    assert page.selectbox(key="beside-IV001").value == "ward:E05002711"
    assert "Weighted displacement difference: 3 more than the comparison leads to expect" in text


def test_a_refusal_is_one_notice_and_the_counts_stay(folder):
    page = _page(folder)
    page.selectbox(key="work").set_value("IV004").run()
    page.selectbox(key="months").set_value("6").run()
    assert not page.exception
    assert "reaches past what is covered" in page.info[0].value
    assert "data:image/svg+xml" in _html(page)
    page.checkbox(key="adjoining").check().run()
    text = _html(page)
    assert "fell from 10 to 3" in text
    assert ">No verdict</p>" in text
    assert "drops a spike exactly six months later" in text


def test_a_series_break_stops_recorded_crime_with_its_reason(folder):
    page = _page(folder)
    page.selectbox(key="count").set_value("crimes").run()
    assert not page.exception
    assert "Athena" in page.info[0].value


def test_every_ward_at_once_is_shown_where_asked_for(folder):
    page = _page(folder)
    page.selectbox(key="count").set_value("instances").run()
    page.checkbox(key="wards").check().run()
    assert not page.exception
    text = _html(page)
    assert "of 14 areas differ if each is looked at alone" in text
    assert "Beside all the others" in text


def test_every_count_and_place_opens_without_an_exception(folder):
    page = _page(folder)
    for what in ("instances", "asb", "incidents", "callouts"):
        page.selectbox(key="count").set_value(what).run()
        assert not page.exception, what
        page.selectbox(key="place").select_index(1).run()
        assert not page.exception, what


def test_fault_143_no_choice_that_names_a_premises_is_in_the_address(folder):
    page = _page(folder)
    bound = {box.key: bool(box.proto.query_param_key) for box in page.selectbox}
    assert (bound["count"], bound["place"], bound["months"]) == (True, True, True)
    # The title of work at a premises may name it: its identifier alone is in the address.
    assert "IV004: work at premises" in page.selectbox(key="work").options
    page.selectbox(key="count").set_value("incidents").run()
    bound = {box.key: bool(box.proto.query_param_key) for box in page.selectbox}
    assert not bound["place"]
    assert not bound["beside"]
    assert bound["count"]


def test_an_officer_gets_years_no_premises_and_no_form(officers):
    page = _page(officers, area=str(ROOT / "hotspots.toml"))
    assert not page.exception
    assert not any("IV004" in option for option in page.selectbox(key="work").options)
    assert "Incidents attributed to the premises" not in page.selectbox(key="count").options
    page.selectbox(key="count").set_value("instances").run()
    assert page.selectbox(key="months").options == ["12", "24"]
    text = _html(page)
    assert "rose from 304 to 328" in text
    assert escape("8 % fewer to 27 % more") in text
    assert "Brass Heron" not in text
    assert not any("Register work" in expander.label for expander in page.expander)


def test_work_is_registered_through_the_form_and_a_mistake_is_told(folder, tmp_path):
    area = tmp_path / "area"
    shutil.copytree(ROOT / "boundaries", area / "boundaries")
    (area / "geo/sample").mkdir(parents=True)
    for name in ("interventions.csv", "premises.csv"):
        shutil.copy(ROOT / "geo/sample" / name, area / "geo/sample" / name)
    shutil.copy(ROOT / "hotspots.toml", area / "hotspots.toml")
    page = _page(folder, area=str(area / "hotspots.toml"))
    register = area / "geo/sample/interventions.csv"
    before = register.read_text()
    page.text_input(key="new-what").set_value("Bins <script>")
    page.selectbox(key="new-place").set_value("ward:E05002709")
    page.date_input(key="new-start").set_value(date(2019, 5, 1))
    page.date_input(key="new-end").set_value(date(2019, 4, 1))
    page.text_input(key="new-owner").set_value("Team")
    page.selectbox(key="new-measure").set_value("instances")
    page.text_input(key="new-target").set_value("fewer")
    page.button[0].click().run()
    assert not page.exception
    assert "end before the start" in page.error[0].value.replace("&#46;", ".")
    assert register.read_text() == before
    page.date_input(key="new-end").set_value(None)
    page.button[0].click().run()
    assert "IV005 is in the register" in page.success[0].value
    assert (
        register.read_text().splitlines()[-1] == "IV005,Bins <script>,ward:E05002709,,2019-05-01,,Team,instances,fewer,"
    )
