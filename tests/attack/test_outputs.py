"""Two builds that differ only in hidden numbers give the same files, sentences, tables, legends and pages.

The second truth (``truths.py``) is another solution of everything that is published, without the rows of the sources
that are not open. What comes out differently knows a hidden number, or has read a row.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from streamlit.testing.v1 import AppTest
from truths import GUARDED, another_truth, contents

from hotspots.app import published
from hotspots.errors import HotspotsError
from hotspots.export import bundle
from hotspots.snapshot import Build
from hotspots.views import (
    Question,
    Selection,
    Viewer,
    all_periods_values,
    choices,
    evaluate,
    judged_measures,
    judged_places,
    named_layer,
    ranked,
    report_tables,
    sentence,
    trend,
    view,
)

MAIN = str(Path(published.__file__).resolve().parent / "main.py")


@pytest.fixture(scope="module")
def other(example_build: Build) -> Build:
    return another_truth(example_build)


def test_the_other_truth_has_other_numbers_in_most_hidden_cells(example_build: Build, other: Build) -> None:
    for layer in GUARDED:
        mask = example_build.table("masks").query("audience == 'partner' and layer == @layer and state != 'shown'")
        keys = ["area_code", "period"]
        chosen = [
            build.cube(layer).query("category == 'all'").set_index([*keys, "measure"])
            for build in (example_build, other)
        ]
        hidden = chosen[0].index.droplevel("measure").isin(pd.MultiIndex.from_frame(mask[keys]))
        differ = (chosen[0]["lower"] != chosen[1]["lower"]).to_numpy()
        assert differ[hidden].mean() > 0.7, layer


@pytest.mark.parametrize("role", ["public", "officer"])
def test_fault_139_every_file_is_the_same_whatever_the_hidden_numbers_are(
    role: str, example_build: Build, other: Build, tmp_path: Path
) -> None:
    viewer = Viewer(role)  # type: ignore[arg-type]
    for layer in GUARDED:
        for suffix in (".geojson", ".gpkg", ".csv"):
            files = [
                bundle(named_layer(build, layer, viewer), suffix, viewer.audience) for build in (example_build, other)
            ]
            first, second = (contents(content, suffix, tmp_path) for content, _ in files)
            assert first == second, (layer, suffix)


def selections(build: Build, viewer: Viewer) -> Iterator[Selection]:
    """Every measure by wards and LSOAs: the first and the last period of the city, and the last in two places."""
    held = choices(build, viewer)
    for what in held.whats():
        for how in held.hows(what) if what.startswith(("callouts", "instances", "volume")) else []:
            if how in {"ward", "lsoa"}:
                first, *_, last = held.whens(what, how)
                places = [(first, "city"), (last, "city"), (last, "city-centre"), (last, list(held.wheres())[-1])]
                for when, where in places:
                    yield Selection(what, when=when, where=where, how=how)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["public", "officer"])
def test_every_sentence_table_trend_and_class_edge_is_the_same(role: str, example_build: Build, other: Build) -> None:
    viewer = Viewer(role)  # type: ignore[arg-type]
    for selection in selections(example_build, viewer):
        told = []
        for build in (example_build, other):
            layer = view(build, selection, viewer)
            series = trend(build, selection, viewer)
            told.append(
                (
                    sentence(layer, selection),
                    ranked(layer).to_csv(),
                    series.table.to_csv() if series is not None else "",
                    all_periods_values(build, selection, viewer).tobytes(),
                    layer.meta,
                )
            )
        assert told[0] == told[1], selection


@pytest.mark.parametrize("what", ["Needle finds (instances)", "Assault-related ambulance callouts"])
def test_the_page_with_its_map_and_legend_is_the_same(
    what: str, example_build: Build, other: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    drawn = []
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer("officer"))
    monkeypatch.setenv("HOTSPOTS_BUILD", str(example_build.folder.parent))
    for build in (example_build, other):
        st.cache_resource.clear()
        monkeypatch.setattr(published, "current_build", lambda build=build: build)
        page = AppTest.from_file(MAIN, default_timeout=60)
        page.query_params["what"] = what
        page.run()
        assert not page.exception
        bodies = [element.proto.body for element in page.get("html")]
        maps = [json.loads(element.proto.json_args) for element in page.get("component_instance")]
        drawn.append((bodies, [(one["script"], one["feature_group"]) for one in maps]))
    assert drawn[0][1]
    for first, second in zip(*drawn, strict=True):
        assert first == second


ELEMENTS = ("html", "markdown", "info", "warning", "error", "caption", "header", "selectbox", "button", "imgs",
            "expander", "component_instance", "download_button", "checkbox", "date_input", "number_input")  # fmt: skip


def everything_on(page: AppTest) -> list[tuple[str, str]]:
    """Whatever a page holds, word for word; of a download, its label, for its address is made by chance."""
    said = []
    for kind in ELEMENTS:
        for element in page.get(kind):
            proto = getattr(element, "proto", None)
            if kind == "download_button":
                said.append((kind, proto.label))
            elif kind == "component_instance":
                drawn = json.loads(proto.json_args)
                said.append((kind, json.dumps([drawn["script"], drawn["feature_group"]])))
            else:
                said.append((kind, str(proto)))
    return said


SCREENS = ["locations", "compare", "premises", "data", "method"]


@pytest.mark.parametrize("role", ["public", "officer"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_other_page_is_the_same_too(
    screen: str, role: str, example_build: Build, other: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    seen = []
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer(role))  # type: ignore[arg-type]
    monkeypatch.setenv("HOTSPOTS_BUILD", str(example_build.folder.parent))
    for build in (example_build, other):
        st.cache_resource.clear()
        monkeypatch.setattr(published, "current_build", lambda build=build: build)
        page = AppTest.from_file(str(Path(MAIN).parent / "screens" / f"{screen}.py"), default_timeout=60).run()
        assert not page.exception
        seen.append(everything_on(page))
    assert len(seen[0]) > 0
    assert seen[0] == seen[1]


def answers(build: Build, viewer: Viewer) -> Iterator[tuple[Any, ...]]:
    """What "Did it work?" says of every place, years before and after a day; or why it says nothing."""
    for what in sorted(set(judged_measures(build, viewer)) & {"instances", "volume", "callouts"}):
        for place in judged_places(build, viewer, what):
            asked = Question(what, place, date(2017, 4, 1), 12)
            try:
                answer = evaluate(build, asked, viewer)
            except HotspotsError as error:
                yield asked, str(error)
            else:
                yield asked, answer.sentence, answer.table.to_csv(), answer.caveats


def test_every_answer_to_did_it_work_is_the_same(example_build: Build, other: Build) -> None:
    first, second = (list(answers(build, Viewer("officer"))) for build in (example_build, other))
    assert len([answer for answer in first if len(answer) == 4]) > 4
    for one, two in zip(first, second, strict=True):
        assert one == two


@pytest.mark.parametrize("role", ["public", "officer"])
def test_every_table_of_the_assessment_is_the_same(role: str, example_build: Build, other: Build) -> None:
    viewer = Viewer(role)  # type: ignore[arg-type]
    first, second = (report_tables(build, viewer) for build in (example_build, other))
    assert len(first) > 2
    for one, two in zip(first, second, strict=True):
        assert one.table.equals(two.table)
        assert (one.meta, one.notes) == (two.meta, two.notes)


@pytest.mark.parametrize("role", ["public", "officer"])
def test_a_density_file_is_made_of_its_printed_cells_alone_with_its_tags(role: str, example_build: Build) -> None:
    viewer = Viewer(role)  # type: ignore[arg-type]
    layer = view(example_build, Selection("instances", when="2017/18", how="density"), viewer)
    content, _ = bundle(layer, ".tif", viewer.audience)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = {Path(name).suffix: archive.read(name) for name in archive.namelist()}
    with rasterio.MemoryFile(held[".tif"]) as memory, memory.open() as file:
        assert file.count == 1
        printed = file.read(1, masked=True).filled(np.nan)
    assert layer.surface is not None
    again = replace(layer, surface=replace(layer.surface, values=printed, events=np.zeros_like(layer.surface.events)))
    assert bundle(again, ".tif", viewer.audience)[0] == content
