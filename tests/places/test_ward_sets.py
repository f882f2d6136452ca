"""Wards by date: a report on some years uses the wards that were in force then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from hotspots.area_folder import AreaPlan, make_area_folder
from hotspots.boundaries import add_boundaries
from hotspots.errors import DataRefused, SettingsRefused, UsageError
from hotspots.export import export_layer
from hotspots.pipeline import build_area
from hotspots.settings import load_area
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, trend, view

ANALYST = Viewer("analyst")
FINDS = """
[[sources]]
id = "needle-finds"
kind = "needle_finds"
path = "sources/finds.csv"
covers_from = {first}
covers_to = {last}
absent = "zero"

[sources.columns]
easting = "easting"
northing = "northing"
land_type = "land_type"
"""
ATTENDANCES = """
[[sources]]
id = "ed"
kind = "ed_attendances"
path = "sources/ed.csv"
covers_from = 2016-04-01
covers_to = 2024-03-31
absent = "zero"

[sources.columns]
attendance_id = "id"
arrival = "arrived"
incident_date = ""
weapon = "weapon"
location_text = ""
easting = "x"
northing = "y"
"""
SETS = """
[[boundaries.ward_sets]]
set = "ward-2013"
in_force_from = 2004-06-10
in_force_to = 2021-05-05

[[boundaries.ward_sets]]
set = "ward-2022"
in_force_from = 2021-05-06
"""


@pytest.fixture
def area(town: Callable[..., Any], tmp_path: Path) -> Path:
    """Three wards that are columns since May 2021 and were rows before, with the same names; two finds a year."""
    place = town()
    wards = place.geojson(place.wards, "wards.geojson")
    plan = AreaPlan(lad=place.lad, name=place.name, lsoas=place.geojson(place.lsoas, "l.geojson"), wards=wards)
    folder = make_area_folder(plan, tmp_path / "area").folder
    rows = place.wards.drop(columns=["WD22CD", "WD22NMW", "LAD22CD"]).rename(columns={"WD22NM": "WD13NM"})
    rows["WD13CD"] = ["W05001001", "W05001002", "W05001003"]
    lsoas = place.lsoas.geometry.to_numpy()
    rows.geometry = [shapely.union_all(lsoas[3 * row : 3 * row + 3]) for row in range(3)]
    old = place.geojson(rows, "old.geojson")
    add_boundaries(old, folder=folder / "boundaries", kind="ward", vintage="2013")
    finds = ["date_reported,easting,northing,quantity,land_type"]
    for year in range(2016, 2024):
        # South-east: the third column and the first row.
        finds += [f"{year}-06-01,{place.easting + 2500},{place.northing + 500},1,park"] * 2
    (folder / "sources" / "finds.csv").write_text("\n".join(finds), encoding="utf-8")
    return folder


def declared(area: Path, *, first: str, last: str, sets: str = SETS) -> Path:
    path = area / "hotspots.toml"
    text = path.read_text(encoding="utf-8").replace('ward = "ward-2022"\n', "")
    path.write_text(text + sets + FINDS.format(first=first, last=last), encoding="utf-8")
    lines = (area / "sources" / "finds.csv").read_text(encoding="utf-8").splitlines()
    kept = [lines[0], *(line for line in lines[1:] if first <= line[:10] <= last)]
    (area / "sources" / "finds.csv").write_text("\n".join(kept), encoding="utf-8")
    return path


def top(build: Build, when: str) -> tuple[str, float]:
    layer = view(build, Selection("instances", when=when, how="ward"), ANALYST)
    assert layer.cube is not None
    assert len(layer.cube) == 3
    row = layer.cube.sort_values("value").iloc[-1]
    return str(row["area_code"]), float(row["value"])


def test_a_report_on_2016_to_2019_uses_the_wards_in_force_then(area: Path, tmp_path: Path) -> None:
    build = build_area(declared(area, first="2016-04-01", last="2019-03-31"), tmp_path / "build")
    assert top(build, "2016/17 to 2018/19") == ("W05001001", 6.0)
    assert build.layers[:2] == ("lsoas", "wards")
    assert build.manifest["vintages"]["ward"]["vintage"] == "2013"
    assert "needle-finds-by-ward-2022" not in build.layers


def test_over_a_change_of_wards_each_period_has_those_of_its_end(area: Path, tmp_path: Path) -> None:
    build = build_area(declared(area, first="2016-04-01", last="2024-03-31"), tmp_path / "build")
    assert top(build, "2019/20") == ("W05001001", 2.0)
    assert top(build, "2020/21") == ("W05001001", 2.0)
    assert top(build, "2021/22") == ("W05025002", 2.0)
    assert top(build, "2019/20 to 2021/22") == ("W05025002", 6.0)
    held = choices(build, ANALYST)
    years = [f"{year}/{year - 1999}" for year in range(2016, 2024)]
    assert held.whens("instances", "ward")[:8] == years
    assert held.whens("instances", "ward") == held.whens("instances", "lsoa")
    places = held.wheres()
    assert places["ward:W05025002"] == "Llŷn & Môr"
    assert places["ward:W05001001"] == "Y Felinheli (in force from 2004-06-10 to 2021-05-05)"


def test_a_ward_is_asked_for_in_its_own_time_and_its_place_at_any(area: Path, tmp_path: Path) -> None:
    build = build_area(declared(area, first="2016-04-01", last="2024-03-31"), tmp_path / "build")
    with pytest.raises(UsageError, match="Y Felinheli ward was not in force in 2022/23"):
        view(build, Selection("instances", when="2022/23", how="ward", where="ward:W05001001"), ANALYST)
    points = view(build, Selection("instances", when="2022/23", how="points", where="ward:W05001001"), ANALYST)
    assert points.features is not None
    assert len(points.features) == 2
    lsoas = view(build, Selection("instances", when="2022/23", how="lsoa", where="ward:W05001001"), ANALYST)
    assert lsoas.cube is not None
    assert (len(lsoas.cube), lsoas.cube["value"].sum()) == (3, 2.0)
    found = trend(build, Selection("instances", how="ward", where="ward:W05001001"), ANALYST)
    assert found is not None
    assert found.table["period"].tolist() == ["2016/17", "2017/18", "2018/19", "2019/20", "2020/21"]


def test_every_set_of_wards_is_a_layer_that_leaves_in_every_format(area: Path, tmp_path: Path) -> None:
    build = build_area(declared(area, first="2016-04-01", last="2024-03-31"), tmp_path / "build")
    names = ("wards", "wards-2013", "needle-finds-by-ward", "needle-finds-by-ward-2013")
    assert [name for name in build.layers if name in names] == list(names)
    for name in names:
        for suffix in ("geojson", "gpkg", "csv"):
            layer = named_layer(build, name, ANALYST)
            assert export_layer(layer, tmp_path / f"{name}.{suffix}", audience="restricted")
    old = named_layer(build, "needle-finds-by-ward-2013", ANALYST)
    assert old.areas is not None
    assert old.areas.vintage == "2013"
    for audience in ("public", "officer"):
        for name in names:
            assert named_layer(build, name, Viewer(audience)).meta.id == name


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        (SETS.replace("2021-05-05", "2021-05-06"), "in force on the same days"),
        (SETS.replace("2021-05-05", "2001-05-05"), "before it begins"),
        (SETS.replace("ward-2013", "ward-1999"), "there is no set 'ward-1999'"),
        (
            SETS.replace('[[boundaries.ward_sets]]\nset = "ward-2013"', '[boundaries.x]\nset = "ward-2013"'),
            "unknown key",
        ),
    ],
)
def test_days_that_make_no_sense_are_refused(area: Path, tmp_path: Path, sets: str, words: str) -> None:
    path = declared(area, first="2016-04-01", last="2024-03-31", sets=sets)
    with pytest.raises(SettingsRefused, match=words):
        build_area(path, tmp_path / "build")


def test_a_period_without_wards_is_refused(area: Path, tmp_path: Path) -> None:
    late = SETS.replace("2004-06-10", "2018-06-10")
    path = declared(area, first="2016-04-01", last="2019-03-31", sets=late)
    with pytest.raises(DataRefused, match="no wards are in force on 2017-03-31"):
        build_area(path, tmp_path / "build")
    assert load_area(path).file.boundaries.ward == ""


def test_an_area_without_dates_uses_its_one_set_throughout(area: Path, tmp_path: Path) -> None:
    path = declared(area, first="2016-04-01", last="2024-03-31", sets="")
    path.write_text(
        path.read_text(encoding="utf-8").replace("[boundaries]", '[boundaries]\nward = "ward-2022"'), "utf-8"
    )
    build = build_area(path, tmp_path / "build")
    assert top(build, "2016/17") == ("W05025002", 2.0)


def test_attendances_are_counted_by_the_wards_of_their_time_as_finds_are(area: Path, tmp_path: Path) -> None:
    path = declared(area, first="2016-04-01", last="2024-03-31")
    finds = (area / "sources" / "finds.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [f"A{n},{row[:10]},{row.split(',')[1]},{row.split(',')[2]},glass" for n, row in enumerate(finds)]
    (area / "sources" / "ed.csv").write_text("\n".join(["id,arrived,x,y,weapon", *rows]), encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8") + ATTENDANCES, encoding="utf-8")
    build = build_area(path, tmp_path / "build")
    for when, expected in (("2019/20", "W05001001"), ("2022/23", "W05025002")):
        layer = view(build, Selection("ed_attendances", when=when, how="ward"), ANALYST)
        assert layer.cube is not None
        assert layer.cube.set_index("area_code")["value"].to_dict()[expected] == 2.0
    older = build.manifest["cubes"]["ed-attendances-by-ward-2013"]
    assert (older["areas"], older["periods"][0], older["periods"][-1]) == (
        "wards-2013",
        "2016/17",
        "2018/19 to 2020/21",
    )
    assert "2021/22" in build.manifest["cubes"]["ed-attendances-by-ward"]["periods"]
