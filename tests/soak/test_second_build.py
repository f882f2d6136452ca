"""Two folders whose records differ only in what is hidden are built for real: everything that leaves is the same.

One callout more in a hidden quarter, and one find in a dwelling moved to a neighbouring small area, both hidden:
what a build says while it is made, packs, pages, and what the service prints must not show it (some six minutes).
"""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from test_outputs import MAIN, SCREENS, everything_on
from truths import contents
from typer.testing import CliRunner
from walker import codes_in_texts, told_in

from hotspots.app import published
from hotspots.cli import application
from hotspots.pack import write_pack
from hotspots.snapshot import Build, open_build
from hotspots.views import Viewer

ROOT = Path(__file__).resolve().parents[2]
TIME = re.compile(r"^[\d-]+ [\d:.]+ ")  # when something was printed
QUARTER = {"lsoa_code": "E01017958", "period": "2014/15 Q4"}
DWELLING = {"find_id": "NF0708"}
TO_THE_NEIGHBOUR = {"easting": "544554", "northing": "259709"}


def one_more(row: dict[str, str]) -> None:
    row["count"] = str(int(row["count"]) + 1)


def area_with(folder: Path, changes: dict[str, tuple[dict[str, str], Callable[[dict[str, str]], None]]]) -> Path:
    """The example in a folder of its own, with one row of some files changed."""
    for name in ("geo", "boundaries"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "hotspots.toml", folder)
    for name, (which, change) in changes.items():
        path = folder / "geo/sample" / name
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        chosen = [row for row in rows if which.items() <= row.items()]
        assert len(chosen) == 1
        change(chosen[0])
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder / "hotspots.toml"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Build, str]]:
    """Both builds, each with what its command said."""
    changed = {
        "callouts.csv": (QUARTER, one_more),
        "needle_finds.csv": (DWELLING, lambda row: row.update(TO_THE_NEIGHBOUR)),
    }
    made = []
    for changes in ({}, changed):
        folder = tmp_path_factory.mktemp("area") / "own"
        folder.mkdir()
        area = area_with(folder, changes)
        told = CliRunner().invoke(application, ["build", "--area", str(area), "--build", str(folder / "build")])
        assert told.exit_code == 0, told.output
        build = open_build(folder / "build")
        made.append((build, told.output.replace(build.id, "BUILD").replace(str(folder), "FOLDER")))
        build.manifest["build"] = "0" * 12  # printed on every page, and of course not the same
    return made


def test_the_two_builds_hold_different_numbers_and_say_the_same(both: list[tuple[Build, str]]) -> None:
    (first, said), (second, also_said) = both
    for layer in ("callouts-by-lsoa", "needle-finds-by-lsoa"):
        assert not first.cube(layer).equals(second.cube(layer))
    # Small or hidden for another's sake: which of the two is told nowhere.
    hidden = [build.table("masks").assign(state=lambda rows: rows["state"] == "shown") for build in (first, second)]
    assert hidden[0].equals(hidden[1])
    assert said == also_said


def no_file_tells_a_hidden_number(build: Build, audience: str, folder: Path) -> None:
    masks = build.table("masks").query("audience == @audience")
    codes = set(masks["area_code"])
    told = told_in(folder, codes)
    for cell in masks.itertuples():
        for measure in ["callouts"] if cell.layer == "callouts-by-lsoa" else ["instances", "volume"]:
            assert ((cell.area_code, cell.period, measure) in told) == (cell.state == "shown"), cell
    assert codes_in_texts(folder, codes) == set()


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_their_packs_are_the_same_file_by_file(audience: str, both: list[tuple[Build, str]], tmp_path: Path) -> None:
    held: list[dict[str, Any]] = []
    for number, (build, _) in enumerate(both):
        folder = tmp_path / str(number)
        write_pack(build, folder, audience=audience)  # type: ignore[arg-type]
        no_file_tells_a_hidden_number(build, audience, folder)
        found: dict[str, Any] = {}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            found[path.relative_to(folder).as_posix()] = contents(path.read_bytes(), path.suffix, tmp_path)
        manifest = json.loads(found.pop("manifest.json"))
        del manifest["files"]  # hashes: those of packages carry a time
        held.append(found | {"manifest.json": manifest})
    first, second = held
    assert len(first) > 80
    assert [name for name in first if first[name] != second.get(name)] == []
    assert set(first) == set(second)


@pytest.mark.parametrize("role", ["public", "officer"])
def test_their_pages_are_the_same_and_the_service_prints_nothing_else(
    role: str,
    both: list[tuple[Build, str]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    import streamlit as st

    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer(role))  # type: ignore[arg-type]
    seen = []
    for build, _ in both:
        st.cache_resource.clear()
        caplog.clear()
        monkeypatch.setenv("HOTSPOTS_BUILD", str(build.folder.parent))
        monkeypatch.setattr(published, "current_build", lambda build=build: build)
        pages = []
        for screen in ["map", *SCREENS]:
            page = AppTest.from_file(str(Path(MAIN).parent / "screens" / f"{screen}.py"), default_timeout=120).run()
            assert not page.exception
            pages.append(everything_on(page))
        logged = [record.getMessage() for record in caplog.records]
        printed = {TIME.sub("", line) for text in capfd.readouterr() for line in text.splitlines()}
        seen.append((pages, logged, printed))
    assert seen[0] == seen[1]
