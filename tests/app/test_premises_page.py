"""The Premises page without a browser: what licensing and analysts read, and that nobody else reads anything."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.maps.escape import escape
from hotspots.snapshot import Build
from hotspots.snapshot.sealed import seal

MAIN = str(Path(published.__file__).resolve().parent / "main.py")
HOSTILE = "<script>canary()</script>`${1}{{7*7}}\\ **bold**"
SPIKE = "drops a spike exactly six months later whatever anyone does"


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


def _role(role: str, **score: object):
    """Another reader, and other settings of the score, in the settings that a build keeps."""

    def change(snapshot: Path) -> None:
        path = snapshot / "settings.json"
        settings = json.loads(path.read_text())
        settings["map"]["role"] = role
        settings["premises_score"] |= score
        path.write_text(json.dumps(settings))

    return change


def _page(build_folder: Path, name: str = "premises", **asked: str) -> AppTest:
    os.environ["HOTSPOTS_BUILD"] = str(build_folder)
    page = AppTest.from_file(MAIN, default_timeout=60)
    for key, value in asked.items():
        page.query_params[key] = value
    page.run()
    return page.switch_page(f"screens/{name}.py").run()


def _texts(page: AppTest) -> str:
    """Everything that a reader gets to see, or that is sent to the browser for controls."""
    parts = [element.proto.body for element in page.get("html")]
    for kind in ("info", "warning", "error", "title", "header", "markdown", "caption"):
        parts += [str(element.value) for element in getattr(page, kind)]
    parts += [option for box in page.selectbox for option in box.options]
    return "\n".join(parts) + json.dumps(dict(page.query_params))


def _tables(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html") if "<table" in element.proto.body]


def test_the_page_says_what_scores_are_for_who_is_watched_and_why(folder: Path) -> None:
    page = _page(folder, day="2018-08-31")
    assert not page.exception
    text = _texts(page)
    assert page.title[0].value == "Premises"
    assert "For prioritising contact, not evidence in itself." in text
    assert "24 premises on 2018-08-31: 22 low, 1 verging on high, 1 new operator." in text
    assert "verging on high: 10 of 12; rising: from 2 to 10 in 3 months" in text
    assert "2 incidents in the window are not attributed to any premises" in text
    assert [box.label for box in page.selectbox] == ["Scores on", "Premises"]


def test_the_highest_premises_is_shown_with_its_history_incidents_and_what_was_not_used(folder: Path) -> None:
    page = _page(folder, day="2018-08-31")
    text = _texts(page)
    assert (
        "The Brass Heron on 2018-08-31: score 10, verging on high, from incidents of 2018-03-01 to 2018-08-31" in text
    )
    history = next(body for body in _tables(page) if "each bar is the score" in body)
    for month, score in (("2018-05-31", 2), ("2018-08-31", 10), ("2018-11-30", 11), ("2019-02-28", 3)):
        row = history[history.index(month) :].split("</tr>")[0]
        assert f">{score}</td>" in row
    assert "verging on high; as reported" in history
    assert "verging on high; 2018-09-01: Action plan with the operator began" in history
    incidents = next(body for body in _tables(page) if "the points add up to the score" in body)
    assert incidents.count("<tr>") == 11
    assert "Entered the window since 2018-07-31" in text
    assert "attributed to no premises (in the whole area, in the window)" in text
    assert "never deleted" in text


def test_a_fall_is_never_shown_without_what_a_fall_may_be(folder: Path) -> None:
    page = _page(folder, day="2019-03-31")
    page.selectbox(key="one").set_value("PR001").run()
    text = _texts(page)
    assert not page.exception
    assert "The score was 9 on 2018-12-31." in text
    assert text.count(SPIKE) == 3  # beside the meeting's list, the score, and the history
    changed = next(body for body in _tables(page) if "Bands that have changed" in body)
    assert "9, medium" in changed
    assert "2, low" in changed


def test_a_late_incident_is_named_and_both_scores_are_shown(folder: Path) -> None:
    page = _page(folder)
    page.selectbox(key="one").set_value("PR006").run()
    both = next(body for body in _tables(page) if "What was reported is never changed" in body)
    assert "1, low" in both
    assert "2, low" in both
    made = next(body for body in _tables(page) if "Incidents that make the difference" in body)
    assert "IN0038" in made
    assert "late: not known then" in made


def test_a_change_of_operator_is_seen_in_the_score_and_in_the_history(folder: Path) -> None:
    page = _page(folder, day="2018-10-31")
    page.selectbox(key="one").set_value("PR019").run()
    text = _texts(page)
    assert "The operator changed on 2018-08-01: the window begins anew there" in text
    assert "new operator; as reported; 2018-08-01: operator: Turnstile" in text


@pytest.mark.parametrize("chosen", ["PR001", "PR010", "PR013", "PR017", "PR024"])
@pytest.mark.parametrize("day", ["2017-12-31", "2018-12-31", "1066"])
def test_every_state_has_its_page_and_nothing_of_it_is_in_the_address(folder: Path, chosen: str, day: str) -> None:
    page = _page(folder, day=day)
    page.selectbox(key="one").set_value(chosen).run()
    assert not page.exception
    assert not page.error
    assert set(page.query_params) <= {"day"}


def test_licensing_reads_the_page_as_analysts_do(folder: Path, tmp_path: Path) -> None:
    page = _page(_altered(folder, tmp_path / "licensing", _role("licensing")))
    assert not page.exception
    assert "The Brass Heron" in _texts(page)
    assert published.premises_listed()


@pytest.mark.parametrize("role", ["public", "officer", "group"])
def test_other_readers_get_a_sentence_and_nothing_of_premises_on_any_page(
    folder: Path, example_build: Build, tmp_path: Path, role: str
) -> None:
    altered = _altered(folder, tmp_path / role, _role(role))
    page = _page(altered, day="2018-08-31")
    assert not page.exception
    assert [notice.value for notice in page.info] == ["Premises and their scores are for licensing and analysts only."]
    assert not page.selectbox
    assert not page.get("html")[1:]  # the style sheet alone
    assert not published.premises_listed()
    register = example_build.table("premises")
    secrets = [*register["name"], *register["premises_id"], "Licensed premises", "attributed to premises", "24 rows"]
    texts = [_texts(page), *(_texts(_page(altered, name)) for name in ("map", "method"))]
    assert [word for word in secrets if any(word in text for text in texts)] == []


def test_analysts_still_see_where_premises_come_from_on_the_method_page(folder: Path) -> None:
    assert "24 rows = 24 accepted" in _texts(_page(folder, "method"))


def test_without_agreed_thresholds_real_premises_have_counts_and_the_page_says_why(
    folder: Path, tmp_path: Path
) -> None:
    def real(snapshot: Path) -> None:
        path = snapshot / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["score"]["synthetic"] = False
        path.write_text(json.dumps(manifest))

    page = _page(_altered(folder, tmp_path / "real", real), day="2018-08-31")
    assert not page.exception
    text = _texts(page)
    assert "there are no bands until the area file says who agreed the thresholds" in text
    assert "24 premises on 2018-08-31: 23 no band, 1 new operator." in text


def test_a_build_without_premises_lists_no_page_and_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    from hotspots.snapshot import purge

    target = tmp_path / "purged"
    shutil.copytree(folder, target)
    purge(target, "premises", by="A. Name", because="a test")
    page = _page(target)
    assert not page.exception
    assert "this build holds no premises" in page.error[0].value
    assert not published.premises_listed()


def test_without_a_frozen_score_the_page_says_how_to_freeze_one(folder: Path, tmp_path: Path) -> None:
    def unreported(snapshot: Path) -> None:
        path = snapshot / "tables/premises_reported.parquet"
        pd.read_parquet(path)[:0].to_parquet(path, index=False)

    page = _page(_altered(folder, tmp_path / "unreported", unreported))
    assert not page.exception
    assert "hotspots freeze does that" in _texts(page)
    assert "No score of these premises was frozen" in _texts(page)


def test_hostile_names_of_premises_and_incidents_are_shown_as_typed(folder: Path, tmp_path: Path) -> None:
    def rename(snapshot: Path) -> None:
        for name, column in (("premises", "name"), ("premises", "operator"), ("incidents", "incident_type")):
            path = snapshot / f"tables/{name}.parquet"
            table = pd.read_parquet(path)
            table[column] = [f"{HOSTILE} {at}" for at in range(len(table))]
            table.to_parquet(path, index=False)

    page = _page(_altered(folder, tmp_path / "hostile", rename))
    assert not page.exception
    bodies = [element.proto.body for element in page.get("html")]
    assert any(escape(HOSTILE) in body for body in bodies)
    assert not [body for body in bodies if "<script>canary" in body or "${1}" in body]
