"""Two builds that differ only in hidden numbers give the same files, sentences, tables, legends and pages.

The second truth is another solution of everything that is published: hidden counts of any size that still add up. What
comes out differently knows a hidden number.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.disclosure.system import PublishedCube, System, published_system
from hotspots.export import bundle
from hotspots.pipeline.masks import rules_of
from hotspots.snapshot import Build, open_build
from hotspots.views import Selection, Viewer, all_periods_values, choices, named_layer, ranked, sentence, trend, view

MAIN = str(Path(published.__file__).resolve().parent / "main.py")
SOURCES = [["needle-finds-by-ward", "needle-finds-by-lsoa"], ["callouts-by-lsoa"]]
GUARDED = [layer for layers in SOURCES for layer in layers]


def another_truth(build: Build) -> Build:
    """The same build with other hidden numbers in its cubes; nothing is written."""
    other = open_build(build.folder.parent)
    for layers in SOURCES:
        policy = build.meta(layers[0]).policy
        cubes = [_published(build, layer) for layer in layers]
        parents = build.table("lsoa_wards").set_index("area_code")["ward_code"]
        rules = rules_of(build.settings.disclosure, policy)
        system = published_system(cubes, rules, parents=parents, totals_printed=policy != "health")
        numbers = _other_numbers(system, _hidden(build, system))
        for layer in layers:
            other._frames[f"layers/{layer}.parquet"] = _with_numbers(build.cube(layer), layer, system, numbers)
    return other


def _published(build: Build, layer: str) -> PublishedCube:
    record = build.manifest["cubes"][layer]
    held = choices(build, Viewer("analyst"))
    return PublishedCube(layer, record["kind"], build.cube(layer), [held.period(label) for label in record["periods"]])


def _hidden(build: Build, system: System) -> np.ndarray:
    masks = build.table("masks").query("audience == 'partner' and state != 'shown'")
    keys = ["layer", "area_code", "period"]
    return pd.MultiIndex.from_frame(system.cells).isin(pd.MultiIndex.from_frame(masks[keys]))


def _other_numbers(system: System, hidden: np.ndarray) -> np.ndarray:
    """Whole numbers that agree with all that is shown and with every sum, the hidden ones pushed up and down."""
    away = np.tile(hidden, (len(system.values), 1)) & ~np.isnan(system.values)
    true = np.nan_to_num(system.values)
    low, high = np.where(away, 1.0, system.shown_low), np.where(away, true + 40.0, system.shown_high)
    push = np.where(away, np.random.default_rng(5).choice([-1.0, 1.0], size=true.shape), 0.0)
    found = milp(
        push.ravel(),
        integrality=np.ones(true.size),
        bounds=Bounds(low.ravel(), high.ravel()),
        constraints=LinearConstraint(system.matrix, system.row_low, system.row_high),
        options={"mip_rel_gap": 0.05},
    )
    return np.where(np.isnan(system.values), np.nan, np.round(found.x).reshape(true.shape))


def _with_numbers(cube: pd.DataFrame, layer: str, system: System, numbers: np.ndarray) -> pd.DataFrame:
    """The rows of a layer with the numbers of its cells in place of its own; quarters and categories stay."""
    changed = cube.set_index(["area_code", "period", "measure", "category"]).copy()
    own = (system.cells["layer"] == layer).to_numpy()
    cells = system.cells[own]
    family = 0
    for measure in cube["measure"].unique():
        ends = (
            1
            if cube.loc[cube["measure"] == measure, "lower"].equals(cube.loc[cube["measure"] == measure, "upper"])
            else 2
        )
        keys = pd.MultiIndex.from_arrays(
            [cells["area_code"], cells["period"], [measure] * len(cells), ["all"] * len(cells)]
        )
        lower, upper = numbers[family, own], numbers[family + ends - 1, own]
        changed.loc[keys, "lower"], changed.loc[keys, "upper"] = lower, upper
        changed.loc[keys, "value"] = np.where(lower == upper, lower, np.nan)
        changed.loc[keys, "events"] = numbers[0, own]
        family += ends
    return changed.reset_index()[list(cube.columns)]


@pytest.fixture(scope="module")
def other(example_build: Build) -> Build:
    return another_truth(example_build)


def contents(content: bytes, suffix: str, folder: Path) -> Any:
    """The bytes; of a GeoPackage, every row of every table with its style, description and index."""
    if suffix != ".gpkg":
        return content
    (folder / "opened.gpkg").write_bytes(content)
    with closing(sqlite3.connect(folder / "opened.gpkg")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in sorted(names)}


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
def test_every_file_is_the_same_whatever_the_hidden_numbers_are(
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
