"""What the table of docs/audiences.md calls yes is really made, and what it calls no is refused, by role and page."""

import json
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.errors import DisclosureRefused, HotspotsError, UsageError
from hotspots.export import export_layer, formats_for
from hotspots.layer import Audience
from hotspots.measures import MEASURES
from hotspots.settings import Role
from hotspots.snapshot import Build, open_build
from hotspots.views import Selection, Viewer, choices, named_layer

ROOT = Path(__file__).resolve().parents[2]
MAIN = str(Path(published.__file__).resolve().parent / "main.py")
READERS: dict[str, Role] = {"public": "public", "partner": "officer", "licensing": "licensing", "restricted": "analyst"}
AUDIENCES: list[Audience] = ["public", "partner", "restricted"]


@pytest.fixture(autouse=True)
def _fresh_caches():
    import streamlit as st

    st.cache_resource.clear()


def told(heading: str) -> list[tuple[str, str, dict[str, bool]]]:
    """The rows of a table of the page: two names, and what it says of each reader."""
    section = (ROOT / "docs/audiences.md").read_text(encoding="utf-8").split(f"## {heading}")[1].split("\n## ")[0]
    found = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$", section, flags=re.MULTILINE)
    return [
        (
            first,
            second,
            {reader: text.startswith("yes") for reader, text in zip(READERS, cells.split(" | "), strict=True)},
        )
        for first, second, cells in found
    ]


def export_named(build: Build, layer_id: str, path: Path, audience: Audience) -> None:
    export_layer(named_layer(build, layer_id, Viewer(READERS[audience])), path, audience=audience)


def test_what_the_table_refuses_is_refused_in_every_format_to_every_audience(
    example_build: Build, tmp_path: Path
) -> None:
    """What the table calls yes is made whenever the page is compared with the code (tests/unit/test_docs.py)."""
    rows = told("Files")
    assert {layer for layer, _, _ in rows} == set(example_build.layers)
    for layer_id, suffix, says in rows:
        for audience in [audience for audience in AUDIENCES if not says[audience]]:
            path = tmp_path / f"{layer_id}-{audience}{suffix}"
            with pytest.raises((DisclosureRefused, UsageError)):
                export_named(example_build, layer_id, path, audience)
            assert not path.exists()


def test_a_layer_never_leaves_for_a_wider_audience_than_it_was_made_for(example_build: Build, tmp_path: Path) -> None:
    for layer_id in example_build.layers:
        layer = named_layer(example_build, layer_id, Viewer("analyst"))
        for audience in AUDIENCES[: AUDIENCES.index(layer.meta.sensitivity)]:
            for suffix in formats_for(layer.content):
                with pytest.raises(DisclosureRefused):
                    export_layer(layer, tmp_path / f"x{suffix}", audience=audience)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reader", READERS)
def test_a_role_can_ask_for_what_the_table_says_and_take_every_one_of_it_away(
    reader: str, example_build: Build, tmp_path: Path
) -> None:
    shutil.copytree(example_build.folder, tmp_path / "build" / example_build.folder.name)
    shutil.copy(example_build.folder.parent / "CURRENT", tmp_path / "build/CURRENT")
    build, viewer = open_build(tmp_path / "build"), Viewer(READERS[reader])
    held = choices(build, viewer)
    for what, how, says in told("The Map page"):
        offered = what in held.whats() and how in held.hows(what)
        assert offered == says[reader], (what, how)
        selection = Selection(what, when=held.whens(what, how)[-1] if offered else "2018/19", how=how)  # type: ignore[arg-type]
        if not offered:
            with pytest.raises(HotspotsError):
                published.layer_for(build, viewer, selection)
            continue
        layer = published.layer_for(build, viewer, selection)
        suffix = formats_for(layer.content)[-1]
        assert published.file_of(build, viewer, selection, suffix)
    lines = (tmp_path / "build/exports.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["role"] for line in lines} == {READERS[reader]}
    restricted = {entry["layer"] for line in lines if (entry := json.loads(line))["audience"] == "restricted"}
    assert restricted == {"restricted": restricted, "licensing": {"premises-scores"}}.get(reader, set())


@pytest.mark.parametrize("reader", READERS)
def test_the_pickers_of_the_page_offer_a_role_what_the_table_says(
    reader: str, example_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = Viewer(READERS[reader])
    monkeypatch.setattr(published, "viewer_of", lambda build: viewer)
    monkeypatch.setenv("HOTSPOTS_BUILD", str(example_build.folder.parent))
    page = AppTest.from_file(MAIN, default_timeout=60).run()
    assert not page.exception
    held = choices(example_build, viewer)
    assert page.selectbox(key="what").options == [MEASURES[base].label for base in held.bases()]
    says = {what for what, _, who in told("The Map page") if who[reader]}
    assert set(held.whats()) == says
