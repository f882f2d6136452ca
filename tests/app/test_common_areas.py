"""The pages on a build whose callouts are counted on the areas that two vintages share."""

from pathlib import Path

import pytest
import streamlit as st
from common_town import GROUP, KEPT, ONE, REDRAWN, ROBIN, ROUND, TWO, WHOLE, town
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.pack import write_pack
from hotspots.pipeline import build_area
from hotspots.snapshot import Build

MAIN = str(Path(published.__file__).resolve().parent / "main.py")
OLD = dict(zip((KEPT, ONE, TWO, WHOLE, ROUND, ROBIN), (9, 6, 6, 10, 7, 8), strict=True))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("common")
    counts = {(code, year): count for year in ("2017/18", "2018/19") for code, count in OLD.items()}
    return build_area(town(folder / "area", counts), folder / "build")


@pytest.mark.parametrize("where", ["city", "ward:E05000001"])
def test_the_map_page_draws_groups_as_one_area(build: Build, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()
    monkeypatch.setenv("HOTSPOTS_BUILD", str(build.folder.parent))
    page = AppTest.from_file(MAIN, default_timeout=60)
    page.run().selectbox(key="where").set_value(where).run()
    assert not page.exception
    drawn = page.get("component_instance")[0].proto.json_args
    assert f"{GROUP}, grouped" in drawn
    assert (f"{REDRAWN}, Town 002A ward, grouped" in drawn) == (where == "city")
    text = " ".join(element.proto.body for element in page.get("html"))
    assert "Town 003A and 004A" in text


@pytest.mark.parametrize("name", ["data", "method", "compare", "locations"])
def test_every_other_page_opens_and_the_method_page_names_the_shared_areas(
    build: Build, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    st.cache_resource.clear()
    monkeypatch.setenv("HOTSPOTS_BUILD", str(build.folder.parent))
    page = AppTest.from_file(MAIN, default_timeout=60).run().switch_page(f"screens/{name}.py").run()
    assert not page.exception
    text = " ".join(element.proto.body for element in page.get("html"))
    named = "Areas that LSOAs of both vintages share: 2011 and 2021 in common (codes joined by +)" in text
    assert named == (name == "method")


def test_the_pack_of_every_audience_holds_the_groups(build: Build, tmp_path: Path) -> None:
    for audience in ("public", "partner", "restricted"):
        write_pack(build, tmp_path / audience, audience=audience)  # type: ignore[arg-type]
        files = [path.read_text(encoding="utf-8") for path in (tmp_path / audience).rglob("*.csv")]
        assert any(GROUP in text for text in files), audience
