"""Ties, names of downloads, words that reach a terminal, filters from the address, import order, shared frames."""

import hashlib
import itertools
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots import DensitySpec, GridSpec, compare, density, points_from_frame
from hotspots.app import published
from hotspots.errors import DataRefused, HotspotsError
from hotspots.export import file_name
from hotspots.snapshot import Build, open_build
from hotspots.views import Selection, Viewer, ranked, view

ROOT = Path(__file__).resolve().parents[2]
WARDS = Selection("instances", when="2018/19", how="ward")


def test_fault_065_equal_numbers_share_the_better_rank_and_stand_in_the_order_of_their_code(
    example_build: Build,
) -> None:
    layer = view(example_build, WARDS, Viewer("analyst"))
    assert layer.cube is not None
    tied = np.array([90.0, 70.0, 70.0, 70.0, *range(len(layer.cube) - 5, -1, -1)])[: len(layer.cube)]
    cube = layer.cube.assign(value=tied, lower=tied, upper=tied, status="ok")
    for seed in range(5):
        table = ranked(replace(layer, cube=cube.sample(frac=1, random_state=seed)))
        first = table.head(4)
        assert first["rank"].tolist() == [1, 2, 2, 2]
        assert first["code"].tolist()[1:] == sorted(first["code"].tolist()[1:])


def test_fault_022_a_change_from_nought_has_no_percentage_and_from_next_to_nothing_no_verdict() -> None:
    risen = compare(0, 5)
    assert risen.verdict == compare(1, 2).verdict == "Too few to say"
    assert risen.sentence.startswith("The count rose from 0 to 5 (anything from 8 % fewer to any number more fits")
    assert not re.search(r"\b(inf|nan)", risen.sentence)
    with pytest.raises(DataRefused, match="no events before and none after"):
        compare(0, 0)


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: x=1", 'quo"te; filename=b', "../../etc/x", "Ünïcode ٣", "CON", ""])
def test_fault_107_the_name_of_a_download_is_plain_letters_whatever_the_place_is_called(
    text: str, example_build: Build
) -> None:
    layer = view(example_build, WARDS, Viewer("officer"))
    name = file_name(replace(layer, meta=replace(layer.meta, id=text, area=text, period=text)), ".csv")
    assert re.fullmatch(r"[a-z0-9_-]+\.csv", name)


@pytest.mark.parametrize("text", ["1=1) OR (1=1", "ATTACH DATABASE 'x' AS y", "instances'; DROP TABLE layers--"])
@pytest.mark.parametrize("part", ["what", "category", "when", "where", "how"])
def test_fault_097_a_filter_is_looked_up_among_what_is_held_and_never_passed_on(
    part: str, text: str, example_build: Build
) -> None:
    with pytest.raises(HotspotsError):
        view(example_build, replace(WARDS, **{part: text}), Viewer("analyst"))


def test_fault_112_changing_what_a_page_was_given_does_not_change_what_another_computes(example_build: Build) -> None:
    viewer = Viewer("officer")
    table = published.table_for(example_build, viewer, WARDS, beside=False)
    before = table.copy()
    fresh = ranked(view(example_build, WARDS, viewer))
    fresh.loc[:, "shown"] = "0"
    assert ranked(view(example_build, WARDS, viewer))["shown"].tolist() == before["shown"].tolist()
    assert published.table_for(example_build, viewer, WARDS, beside=False)["shown"].tolist() == before["shown"].tolist()


def test_fault_112_a_page_that_changes_its_own_table_changes_no_other_page(example_build: Build) -> None:
    viewer = Viewer("officer")
    before = published.table_for(example_build, viewer, WARDS, beside=False).copy()
    mine = published.table_for(example_build, viewer, WARDS, beside=False)
    mine.loc[:, "shown"] = "0"
    del mine["name"]
    assert published.table_for(example_build, viewer, WARDS, beside=False).equals(before)


def test_fault_112_fifty_first_readers_at_once_have_one_table_made_once(
    example_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    monkeypatch.setattr(published, "ranked", lambda layer, **asked: made.append(1) or ranked(layer, **asked))
    published._kept_table.clear()  # type: ignore[attr-defined]
    build, viewer = open_build(example_build.folder.parent), Viewer("analyst")
    with ThreadPoolExecutor(50) as readers:
        asked = [readers.submit(published.table_for, build, viewer, WARDS, beside=False) for _ in range(50)]
        tables = [answer.result(timeout=60) for answer in asked]
    assert len(made) == 1
    assert all(table.equals(tables[0]) for table in tables)
    assert len(tables[0]) == 14


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_fault_059_a_weight_that_is_negative_or_no_number_is_refused(weight: float) -> None:
    frame = pd.DataFrame(
        {"easting": [544_900.0, 545_000.0], "northing": [258_000.0, 258_100.0], "needles": [3, weight]}
    )
    with pytest.raises(DataRefused, match="weights in column 'needles' must be finite and not negative"):
        points_from_frame(frame, weight="needles")


@pytest.mark.parametrize("weight", [-1.0, np.inf])
def test_fault_059_a_density_refuses_such_weights_too_and_counts_unknown_ones_out(weight: float) -> None:
    frame = pd.DataFrame({"easting": [544_900.0, 545_000.0], "northing": [258_000.0, 258_100.0], "needles": [3, 1]})
    events = points_from_frame(frame, weight="needles")
    grid = GridSpec.over((544_000, 257_000, 546_000, 259_000), cell_m=100)
    events.table.loc[1, "weight"] = weight
    with pytest.raises(DataRefused, match="weights in 'weight' must be finite and not negative"):
        density(events, grid, DensitySpec(300, weight="weight"))
    events.table.loc[1, "weight"] = np.nan
    assert any(
        "unknown weight" in caveat for caveat in density(events, grid, DensitySpec(300, weight="weight")).meta.caveats
    )


def test_fault_059_both_densities_say_what_they_weigh(example_build: Build) -> None:
    surfaces = {key[1]: example_build.surface(key).meta for key in example_build.surfaces if key[0] == "needle-density"}
    assert set(surfaces) == {"instances", "volume"}
    assert surfaces["instances"].unit != surfaces["volume"].unit
    assert {meta.measure for meta in surfaces.values()} == {"instances", "volume"}


def test_fault_128_the_order_in_which_the_three_libraries_are_imported_changes_nothing() -> None:
    digests = set()
    for order in itertools.islice(itertools.permutations(["pyogrio", "fiona", "rasterio"]), 0, 6, 2):
        script = (
            f"import {', '.join(order)}, hashlib\n"
            "from pathlib import Path\n"
            "from hotspots import load_area\n"
            "from hotspots.boundaries import load_reference\n"
            f"reference = load_reference(load_area({str(ROOT / 'hotspots.toml')!r}))\n"
            "print(hashlib.sha256(reference.study_area.wkb).hexdigest())\n"
        )
        told = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )  # fmt: skip
        digests.add(told.stdout.strip())
    assert len(digests) == 1
    assert len(digests.pop()) == len(hashlib.sha256().hexdigest())


def test_fault_134_words_from_data_cannot_forge_a_line_or_steer_a_terminal(example_build: Build) -> None:
    folder = str(example_build.folder.parent)
    name = "x\x1b[31m\nhotspots: all is well\r"
    told = subprocess.run(
        [sys.executable, "-m", "hotspots", "export", name, "--to", "a.csv", "--audience", "public", "--build", folder],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert told.returncode == 2
    assert "there is no layer" in told.stderr
    assert "\x1b" not in told.stderr
    assert not any(line.startswith("hotspots: all is well") for line in told.stderr.splitlines())


def test_fault_134_control_characters_of_a_name_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from hotspots.cli.console import Plain, plain

    Plain(highlight=False).print("Caf\u00e9 \x1b[2J\u202e\x07gone", markup=False)
    assert capsys.readouterr().out == "Caf\u00e9 \ufffd[2J\ufffd\ufffdgone\n"
    assert plain("two\nlines [bold]") == "two\ufffdlines \\[bold]"
