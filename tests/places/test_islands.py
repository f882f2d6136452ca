"""A place of one small area in several wards, as the Isles of Scilly are: nobody's count is given to one of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from hotspots.errors import DataRefused
from hotspots.pipeline import build_area
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, sentence, trend, view, ward_names
from hotspots.views.judged import counts_of, rest_of

MakeTown = Callable[..., Any]
ANALYST = Viewer("analyst")
CALLOUTS = """
[[sources]]
id = "callouts"
kind = "callouts"
title = "Callouts"
path = "sources/callouts.csv"
vintage = "2021"
covers_from = 2021-04-01
covers_to = 2023-03-31
absent = "zero"
policy = "health"

[[sources]]
id = "needle-finds"
kind = "needle_finds"
path = "sources/finds.csv"
covers_from = 2021-04-01
covers_to = 2023-03-31
absent = "zero"

[sources.columns]
easting = "easting"
northing = "northing"
ward_text = "where"
"""


@pytest.fixture
def islands(town: MakeTown, tmp_path: Path) -> Build:
    """One LSOA in three wards, of 3, 3 and 3.04 km²; 7 callouts in 2021/22 and 9 in 2022/23."""
    place = town()
    first = place.lsoas.iloc[[0]].drop(columns="geometry")
    one = gpd.GeoDataFrame(first, geometry=[shapely.union_all(place.lsoas.geometry.to_numpy())], crs=place.lsoas.crs)
    area = tmp_path / "area"
    place.made(area, lsoas=place.geojson(one, "one.geojson"), wards=place.geopackage(place.wards, "wards.gpkg"))
    code = one.iloc[0, 0]
    rows = [f"{code},2021/22 Q1,7", f"{code},2022/23 Q1,9"]
    (area / "sources" / "callouts.csv").write_text("\n".join(["lsoa_code,period,count", *rows]), encoding="utf-8")
    east, north = place.easting + 500, place.northing + 500
    finds = [f"2021-05-03,{east},{north},", f"2021-05-04,{east + 1000},{north},", "2021-05-05,,,Llŷn"]
    table = "\n".join(["date_reported,easting,northing,where,quantity", *(f"{find},1" for find in finds)])
    (area / "sources" / "finds.csv").write_text(table, encoding="utf-8")
    path = area / "hotspots.toml"
    path.write_text(path.read_text(encoding="utf-8") + CALLOUTS, encoding="utf-8")
    return build_area(path, tmp_path / "build")


def test_a_small_area_is_in_no_ward_where_none_has_most_of_it(islands: Build) -> None:
    assert islands.table("lsoa_wards")["ward_code"].isna().tolist() == [True]
    assert ward_names(islands) == {}
    selection = Selection("callouts", when="2022/23")
    said = sentence(view(islands, selection, ANALYST), selection, wards=ward_names(islands))
    assert said.endswith(": 1 small area (LSOA), Gwynedd 001A (9 callouts).")


def test_in_each_of_its_wards_its_number_is_said_to_be_of_others_too(islands: Build) -> None:
    wards = islands.areas("ward")
    assert wards is not None
    for code, name in wards.names.items():
        selection = Selection("callouts", when="2022/23", where=f"ward:{code}")
        layer = view(islands, selection, ANALYST)
        assert f"{name} ward: 1 small area (LSOA)" in sentence(layer, selection)
        assert "001A, which lies in other wards too (9 callouts)." in sentence(layer, selection)
        assert layer.meta.caveats[-1].endswith("The number is of the whole LSOA: a count by area is never cut.")


def test_a_ward_without_a_small_area_of_its_own_has_no_years_of_nought(islands: Build) -> None:
    wards = islands.areas("ward")
    assert wards is not None
    found = trend(islands, Selection("callouts"), ANALYST)
    assert found is not None
    assert found.table["shown"].tolist() == ["7", "9"]
    for code in wards.names:
        assert trend(islands, Selection("callouts", where=f"ward:{code}"), ANALYST) is None
        with pytest.raises(DataRefused, match=r"none of which lies wholly in .* ward; work there cannot be judged"):
            counts_of(islands, ANALYST, what="callouts", place=f"ward:{code}")


def test_a_small_area_is_in_the_ward_that_has_most_of_it_wherever_its_middle_lies(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    wards = place.wards
    # The second ward takes a strip through the middle of the first small area: 10 % of it.
    west, south, _, north = place.lsoas.geometry[0].bounds
    strip = shapely.box(west + 450, south, west + 550, north)
    wards.loc[0, "geometry"] = wards.geometry[0].difference(strip)
    wards.loc[1, "geometry"] = wards.geometry[1].union(strip)
    area = tmp_path / "area"
    place.made(area, wards=place.geopackage(wards, "wards.gpkg"))
    build = build_area(area / "hotspots.toml", tmp_path / "build")
    held = build.table("lsoa_wards").set_index("area_code")["ward_code"]
    assert held.value_counts().tolist() == [3, 3, 3]
    assert held[place.lsoas.iloc[0, 0]] == wards.iloc[0, 0]


def test_a_find_without_a_position_is_not_everywhere_else_and_work_is_judged_by_what_the_map_counts(
    islands: Build,
) -> None:
    wards = islands.areas("ward")
    assert wards is not None
    whole = counts_of(islands, ANALYST, what="instances", place="city")
    first = rest_of(islands, ANALYST, what="instances", place=f"ward:{min(wards.codes)}")
    assert (whole.lower.sum(), first.lower.sum()) == (2, 1)
    selection = Selection("instances", when="2021/22", how="ward")
    assert ": 2 finds in all; 3 wards" in sentence(view(islands, selection, ANALYST), selection)
