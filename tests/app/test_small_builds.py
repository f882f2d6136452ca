"""Every page on builds that hold next to nothing, for every reader: no exception, and no number that is none."""

from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.pipeline import build_area
from hotspots.views import Viewer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(published.__file__).resolve().parent / "screens"
SCREENS = ("map", "locations", "compare", "premises", "data", "method")
NO_NUMBERS = (">nan<", ">inf<", "nan%", "NaN", ">None<", "-0.0<", "E-9")
AREA = f"""
[area]
name = "Small"
[boundaries]
folder = "{(ROOT / "boundaries").as_posix()}"
ward = "ward-schematic"
lsoa = "lsoa-schematic"
"""
YEAR = 'covers_from = 2018-04-01\ncovers_to = 2019-03-31\nabsent = "zero"\nsynthetic = true\n'
SOURCES = {
    "needle_finds": ("date_reported,easting,northing,quantity,land\n2018-05-01,544880,258440,,park\n",
                     'columns = { easting = "easting", northing = "northing", land_type = "land" }'),
    "callouts": ("lsoa_code,period,count\nE01017943,2018/19,<5\n", 'vintage = "2011"\npolicy = "health"'),
    "population": ("lsoa_code,population\nE01017943,0\n", 'vintage = "2011"\npolicy = "open"'),
    "premises": ("premises_id,name\nP1,Bell\nP2,Bell\n", ""),
    "incidents": ("incident_id,premises_id,date,incident_type\nI1,,2018-05-01,violence\n", ""),
    "ed_attendances": ("arrival,weapon,e,n\n2018-05-01,knife,,\n", 'columns = { easting = "e", northing = "n" }'),
    "crimes": ("Month,Longitude,Latitude,LSOA code,Crime type\n2018-04,0.1187709,52.2051617,E01017960,Burglary\n",
               'vintage = "2011"\npolicy = "open"'),
}  # fmt: skip


@pytest.fixture(scope="module", params=["nothing", "next to nothing"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    area = tmp_path_factory.mktemp("small")
    declared = AREA
    for kind, (rows, settings) in SOURCES.items() if request.param == "next to nothing" else ():
        (area / f"{kind}.csv").write_text(rows)
        name = kind.replace("_", "-")
        declared += f'[[sources]]\nid = "{name}"\nkind = "{kind}"\npath = "{kind}.csv"\n{YEAR}{settings}\n'
    (area / "hotspots.toml").write_text(declared)
    build_area(area / "hotspots.toml", area / "build")
    return area / "build"


@pytest.mark.parametrize("role", ["public", "officer", "analyst"])
def test_fault_116_every_page_opens_on_a_build_of_next_to_nothing(
    role: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer(role))
    monkeypatch.setenv("HOTSPOTS_BUILD", str(folder))
    monkeypatch.setenv("HOTSPOTS_AREA", "")
    for screen in SCREENS:
        page = AppTest.from_file(str(FOLDER / f"{screen}.py"), default_timeout=60).run()
        shown = [page]
        for box in [box for box in page.selectbox if box.key in {"what", "layer"}]:
            shown += [page.selectbox(key=box.key).select(option).run() for option in box.options]
        for one in shown:
            assert not one.exception, screen
            text = " ".join(element.proto.body for element in one.get("html"))
            assert [sign for sign in NO_NUMBERS if sign in text] == [], screen


def test_without_wards_a_map_of_places_has_the_lines_of_small_areas_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place to target stood alone on white paper, under a legend of wards that nobody had."""
    import streamlit as st

    st.cache_resource.clear()
    rows, settings = SOURCES["needle_finds"]
    (tmp_path / "finds.csv").write_text(rows.splitlines()[0] + "\n" + (rows.splitlines()[1] + "\n") * 30)
    source = f'[[sources]]\nid = "finds"\nkind = "needle_finds"\npath = "finds.csv"\n{YEAR}{settings}\n'
    (tmp_path / "hotspots.toml").write_text(AREA.replace('ward = "ward-schematic"\n', "") + source)
    made = build_area(tmp_path / "hotspots.toml", tmp_path / "build")
    assert len(published.lines_for(made)) == 69
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer("officer"))
    monkeypatch.setenv("HOTSPOTS_BUILD", str(tmp_path / "build"))
    monkeypatch.setenv("HOTSPOTS_AREA", "")
    for screen in ("map", "locations"):
        page = AppTest.from_file(str(FOLDER / f"{screen}.py"), default_timeout=60).run()
        text = " ".join(element.proto.body for element in page.get("html"))
        assert "small areas (LSOA), or the place chosen" in text
        assert "wards, or the place chosen" not in text


@pytest.mark.parametrize(
    ("months", "began", "each_side", "said"),
    [
        (
            4,
            "2018-04",
            "3",
            "These counts cover 4 months (2018-01 to 2018-04). Before and after are compared by the same",
        ),
        (7, "2018-04", "3", "so there is no verdict until 15 months are held"),
        (15, "2019-01", "3", "Small, 2018-01 to 2018-03 and 2019-01 to 2019-03"),
        (20, "2019-03", "6", "Small, 2018-03 to 2018-08 and 2019-03 to 2019-08"),
        (30, "2019-04", "12", "Small, 2018/19 and 2019/20"),
    ],
)
def test_did_it_work_opens_on_a_question_that_the_months_held_can_answer_or_says_what_is_lacking(
    months: int, began: str, each_side: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place of some months opened on a refusal of windows that nobody had chosen, and offered wards it had not."""
    import streamlit as st

    st.cache_resource.clear()
    heading, row = SOURCES["crimes"][0].splitlines()
    names = [f"{2018 + at // 12}-{at % 12 + 1:02d}" for at in range(months)]
    rows = [row.replace("2018-04", name) for name in names for _ in range(9)]
    (tmp_path / "crimes.csv").write_text("\n".join([heading, *rows]) + "\n")
    last = date(2018 + months // 12, months % 12 + 1, 1) - timedelta(days=1)
    covers = f'covers_from = 2018-01-01\ncovers_to = {last}\nabsent = "zero"\nsynthetic = true\n'
    source = f'[[sources]]\nid = "crimes"\nkind = "crimes"\npath = "crimes.csv"\n{covers}{SOURCES["crimes"][1]}\n'
    (tmp_path / "hotspots.toml").write_text(AREA.replace('ward = "ward-schematic"\n', "") + source)
    build_area(tmp_path / "hotspots.toml", tmp_path / "build")
    monkeypatch.setattr(published, "viewer_of", lambda build: Viewer("officer"))
    monkeypatch.setenv("HOTSPOTS_BUILD", str(tmp_path / "build"))
    monkeypatch.setenv("HOTSPOTS_AREA", "")
    page = AppTest.from_file(str(FOLDER / "compare.py"), default_timeout=60).run()
    assert not page.exception
    assert (page.selectbox(key="began").value, page.selectbox(key="months").value) == (began, each_side)
    told = " ".join([*(element.proto.body for element in page.get("html")), *(info.value for info in page.info)])
    assert said in unescape(told)
    assert "wards" not in [box.key for box in page.checkbox]


def test_of_counts_that_are_all_hidden_nothing_is_drawn_and_that_is_said() -> None:
    """Axes from 0 to 1 without a bar looked like a place where nothing had happened."""

    def shown() -> None:
        import numpy as np

        from hotspots.analysis.comparison import PeriodCounts
        from hotspots.app import judging
        from hotspots.periods import month

        hidden = PeriodCounts((month(2018, 1), month(2018, 2)), np.full(2, np.nan), np.full(2, np.nan))
        judging.counts_panel(None, hidden, None, None, title="Finds")  # type: ignore[arg-type]

    page = AppTest.from_function(shown, default_timeout=60).run()
    assert not page.exception
    text = " ".join(element.proto.body for element in page.get("html"))
    assert "Every count of this place is hidden or not known: there is nothing to draw." in text
    assert "<img" not in text
