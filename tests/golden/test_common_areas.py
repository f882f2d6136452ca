"""A source counted on the areas that LSOAs of 2011 and 2021 share: a build by hand, from its sheet to its files."""

import csv
import json
from pathlib import Path

import pytest
from common_town import (
    EAST,
    GROUP,
    KEPT,
    MERGED,
    NORTH,
    ONE,
    REDRAWN,
    ROBIN,
    ROUND,
    SHAPES_2011,
    SHAPES_2021,
    SOUTH,
    TWO,
    WEST,
    WHOLE,
    town,
)

from hotspots.errors import SettingsRefused, VintageError
from hotspots.export import export_layer
from hotspots.pipeline import build_area
from hotspots.settings import load_area
from hotspots.snapshot import Build, open_build, purge
from hotspots.views import Selection, Viewer, named_layer, ranked, report_tables, sentence, trend, view, ward_names

ANALYST = Viewer("analyst")
OLD = dict(zip((KEPT, ONE, TWO, WHOLE, ROUND, ROBIN), (9, "<5", 6, 10, 7, 8), strict=True))
NEW = dict(zip((KEPT, MERGED, WEST, EAST, NORTH, SOUTH), (9, 7, 6, 4, 5, 12), strict=True))
RESIDENTS = dict(zip((KEPT, MERGED, WEST, EAST, NORTH, SOUTH), (1500, 1600, 1700, 800, 900, 1100), strict=True))


def by_year(counts: dict[str, object]) -> dict[tuple[str, str], object]:
    return {(code, year): count for year in ("2017/18", "2018/19") for code, count in counts.items()}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("common")
    return build_area(town(folder / "area", by_year(OLD), residents=RESIDENTS), folder / "build")


def numbers(build: Build, when: str = "2017/18", what: str = "callouts") -> dict[str, tuple[float, float, str]]:
    layer = view(build, Selection(what, when=when), ANALYST)
    assert layer.cube is not None
    rows = layer.cube[["area_code", "lower", "upper", "conversion"]].itertuples(index=False, name=None)
    return {code: (low, high, how) for code, low, high, how in rows}


def test_what_was_split_or_redrawn_is_one_area_and_everything_else_is_its_own(build: Build) -> None:
    assert numbers(build) == {
        KEPT: (9, 9, "unchanged"),
        MERGED: (7, 10, "merged"),
        GROUP: (10, 10, "grouped"),
        REDRAWN: (15, 15, "grouped"),
    }


def test_counts_of_2021_come_to_the_same_areas(tmp_path: Path) -> None:
    build = build_area(town(tmp_path / "area", by_year(NEW), of="2021"), tmp_path / "build")
    assert numbers(build) == {
        KEPT: (9, 9, "as supplied"),
        MERGED: (7, 7, "as supplied"),
        GROUP: (10, 10, "grouped"),
        REDRAWN: (17, 17, "grouped"),
    }
    assert build.meta("callouts-by-lsoa").caveats[0] == (
        "Counted on the areas that LSOA 2011 and 2021 share by the official lookup: 2 as supplied, 2 grouped."
    )


def test_counts_of_2021_come_to_shapes_of_2011(tmp_path: Path) -> None:
    build = build_area(town(tmp_path / "area", by_year(NEW), of="2021", vintage="2011"), tmp_path / "build")
    assert numbers(build) == {
        KEPT: (9, 9, "unchanged"),
        f"{ONE}+{TWO}": (7, 7, "grouped"),
        WHOLE: (10, 10, "merged"),
        f"{ROUND}+{ROBIN}": (17, 17, "grouped"),
    }


def test_the_shape_of_a_group_is_that_of_its_lsoas_and_its_name_is_theirs(build: Build) -> None:
    areas = build.areas("lsoa", "lsoas-common")
    assert areas is not None
    assert areas.names[GROUP] == "Town 003A and 004A"
    shapes = dict(zip(areas.table["code"], areas.geometry, strict=True))
    assert shapes[GROUP].equals(SHAPES_2011[WHOLE])
    assert shapes[REDRAWN].equals(SHAPES_2021[NORTH].union(SHAPES_2021[SOUTH]))
    assert (areas.vintage, areas.code_vintage) == ("2011 and 2021 in common", "common")
    assert build.layers == ("lsoas", "lsoas-common", "wards", "callouts-by-lsoa")


def test_residents_of_a_group_are_the_sum_and_its_rate_is_by_them(build: Build) -> None:
    rates = numbers(build, what="callouts_per_1000")
    assert rates[GROUP][:2] == (pytest.approx(10 / 2.5), pytest.approx(10 / 2.5))
    assert rates[REDRAWN][0] == pytest.approx(15 / 2)
    assert rates[KEPT][0] == pytest.approx(9 / 1.5)


def test_residents_of_2011_come_to_the_groups_too(tmp_path: Path) -> None:
    people = dict(zip((KEPT, ONE, TWO, WHOLE, ROUND, ROBIN), (1500, 700, 900, 2500, 1200, 800), strict=True))
    path = town(tmp_path / "area", by_year(OLD), residents=people)
    text = path.read_text().replace(
        'path = "residents.csv"\nvintage = "2021"', 'path = "residents.csv"\nvintage = "2011"'
    )
    path.write_text(text + '[sources.conversion]\nsplit = "common"\n', encoding="utf-8")
    build = build_area(path, tmp_path / "build")
    assert build.table("population").set_index("area_code")["population"].to_dict() == {
        KEPT: 1500, MERGED: 1600, GROUP: 2500, REDRAWN: 2000,
    }  # fmt: skip
    assert numbers(build, what="callouts_per_1000")[GROUP][0] == pytest.approx(4.0)


def test_a_group_of_two_wards_is_shown_in_both_and_is_in_no_total_of_either(build: Build) -> None:
    first = Selection("callouts", when="2017/18", where="ward:E05000001")
    layer = view(build, first, ANALYST)
    assert layer.cube is not None
    assert sorted(layer.cube["area_code"]) == [KEPT, MERGED, GROUP]
    assert f"Lying in another ward too, and in no total of this one: {GROUP}." in layer.meta.caveats[-1]
    found = trend(build, first, ANALYST)
    assert found is not None
    assert found.table[["lower", "upper"]].to_numpy().tolist() == [[16, 19], [16, 19]]
    assert found.areas == "Town 001A, Town 002A (without Town 003A and 004A: in another ward too)"
    assert ward_names(build)[REDRAWN] == "Town 002A"
    assert GROUP not in ward_names(build)


def test_the_city_is_conserved_and_the_sentence_counts_the_areas(build: Build) -> None:
    asked = Selection("callouts", when="2017/18 to 2018/19")
    layer = view(build, asked, ANALYST)
    words = sentence(layer, asked, wards=ward_names(build))
    assert "82 to 88 callouts in all; 4 small areas (LSOA); highest: Town 005A and 006A" in words
    assert ranked(layer)["code"].tolist()[0] == REDRAWN


@pytest.mark.parametrize("role", ["public", "officer", "analyst"])
def test_every_file_names_the_groups_and_says_how_each_number_came(build: Build, role: str, tmp_path: Path) -> None:
    audience = {"officer": "partner", "analyst": "restricted"}.get(role, "public")
    layer = named_layer(build, "callouts-by-lsoa", Viewer(role))  # type: ignore[arg-type]
    for suffix in ("geojson", "gpkg", "csv"):
        export_layer(layer, tmp_path / f"callouts.{suffix}", audience=audience)  # type: ignore[arg-type]
    rows = json.loads((tmp_path / "callouts.geojson").read_text(encoding="utf-8"))["features"]
    assert {row["id"]: row["properties"]["conversion"] for row in rows} == {
        KEPT: "unchanged", MERGED: "merged", GROUP: "grouped", REDRAWN: "grouped",
    }  # fmt: skip
    for name in ("callouts.csv", "callouts-long.csv"):
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            held = {(row["area_code"], row["conversion"], row["vintage"]) for row in csv.DictReader(file)}
        assert (GROUP, "grouped", "2011 and 2021 in common") in held
        assert len(held) == 4
    assert named_layer(build, "lsoas-common", Viewer(role)).meta.title == "LSOAs of 2011 and 2021 in common"  # type: ignore[arg-type]


def test_the_tables_of_the_data_page_have_a_row_for_each_area(build: Build) -> None:
    tables = {table.meta.id: table.table for table in report_tables(build, ANALYST)}
    assert tables["callouts-by-lsoa-and-year"]["code"].tolist() == [KEPT, MERGED, GROUP, REDRAWN]
    assert tables["indicators-by-lsoa"]["code"].tolist() == [KEPT, MERGED, GROUP, REDRAWN]


def test_how_a_number_came_does_not_tell_which_areas_had_none(tmp_path: Path) -> None:
    only = {(KEPT, "2017/18"): 9}
    build = build_area(town(tmp_path / "area", only), tmp_path / "build")
    assert {code: how for code, (_, _, how) in numbers(build).items()} == {
        KEPT: "unchanged", MERGED: "merged", GROUP: "grouped", REDRAWN: "grouped",
    }  # fmt: skip
    assert "2 grouped, 1 merged, 1 unchanged." in build.meta("callouts-by-lsoa").caveats[0]


def test_without_a_lookup_or_beyond_ours_it_is_refused(tmp_path: Path) -> None:
    path = town(tmp_path / "area", by_year(NEW), of="2021")
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace('child_vintage = "2011"', 'child_vintage = "2001"'), encoding="utf-8")
    path.write_text(whole[: whole.index("[[boundaries.lookups]]")] + whole[whole.index("[disclosure") :], "utf-8")
    with pytest.raises(VintageError, match="no lookup between LSOA 2021"):
        build_area(path, tmp_path / "build")
    path.write_text(whole, encoding="utf-8")
    lookup = tmp_path / "area" / "lookup.csv"
    lookup.write_text(lookup.read_text() + f"E01000077,{EAST},X\nE01000077,E01034999,X\n", encoding="utf-8")
    with pytest.raises(VintageError, match="shares its ground in another vintage with E01034999"):
        build_area(path, tmp_path / "build")


def test_a_purge_takes_the_counts_of_common_areas_out_of_every_build_and_of_what_changed(tmp_path: Path) -> None:
    for name, count in (("then", 7), ("now", 8)):
        build_area(town(tmp_path / name, {(WHOLE, "2017/18"): count, (KEPT, "2018/19"): 6}), tmp_path / "build")
    purge(tmp_path / "build", "callouts", by="Somebody", because="asked")
    assert [path.name for path in (tmp_path / "build").rglob("*callouts*.parquet")] == []
    assert "callouts" not in "".join(path.read_text() for path in (tmp_path / "build/changes").glob("*.csv"))
    opened = open_build(tmp_path / "build")
    assert (sorted(opened.layers), opened.manifest["audit"]["partner"]) == (["lsoas", "lsoas-common", "wards"], {})


def test_records_with_a_position_are_not_grouped(tmp_path: Path) -> None:
    path = town(tmp_path / "area", by_year(OLD))
    crimes = (
        '[[sources]]\nid = "crimes"\nkind = "crimes"\npath = "c.csv"\nvintage = "2011"\ncovers_from = 2017-04-01\n'
        'covers_to = 2018-03-31\n[sources.conversion]\nsplit = "common"\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + crimes, encoding="utf-8")
    with pytest.raises(SettingsRefused, match="a record has a position, and counts in the part that holds it"):
        load_area(path)
