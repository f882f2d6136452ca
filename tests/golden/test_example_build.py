"""The build of the shipped example, read through the view as people read it."""

import pandas as pd
import pytest

from hotspots.errors import DisclosureRefused, UsageError
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, ranked, sentence, trend, view, ward_names

ANALYST, OFFICER = Viewer("analyst"), Viewer("officer")
YEARS = ["2016/17", "2017/18", "2018/19"]
THREE_YEARS = "2016/17 to 2018/19"


def total(build: Build, selection: Selection) -> float:
    cube = view(build, selection, ANALYST).cube
    assert cube is not None
    return float(cube["value"].sum())


def test_fault_020_needle_finds_are_172_304_and_328_instances_by_ward_and_by_lsoa(example_build: Build) -> None:
    for how in ("ward", "lsoa"):
        counts = [total(example_build, Selection("instances", when=year, how=how)) for year in YEARS]  # type: ignore[arg-type]
        assert counts == [172, 304, 328]


def test_needles_found_are_6842_10324_and_3579(example_build: Build) -> None:
    counts = [total(example_build, Selection("volume", when=year, how="ward")) for year in YEARS]
    assert counts == [6842, 10324, 3579]


def test_market_petersfield_castle_and_romsey_are_the_four_highest_wards_by_annual_average(
    example_build: Build,
) -> None:
    layer = view(example_build, Selection("instances_per_year", when=THREE_YEARS, how="ward"), ANALYST)
    assert ranked(layer, 4)["name"].tolist() == ["Market", "Petersfield", "Castle", "Romsey"]
    assert ranked(layer, 1)["shown"].tolist() == ["97.0"]


def test_callouts_average_352_a_year_from_2015_to_2018_and_fall_from_400_to_312(example_build: Build) -> None:
    selection = Selection("callouts_per_year", when="2015/16 to 2017/18", how="lsoa")
    assert total(example_build, selection) == pytest.approx(352.0, abs=1e-9)
    years = ["2014/15", "2015/16", "2016/17", "2017/18", "2018/19"]
    assert [total(example_build, Selection("callouts", when=year)) for year in years] == [400, 372, 348, 336, 312]


def test_the_figure_nine_premises_is_low_verging_and_low_again_and_incomplete_outside_the_coverage(
    example_build: Build,
) -> None:
    def state(day: str) -> tuple[object, str, str]:
        features = view(example_build, Selection("premises_score", when=day, how="points"), ANALYST).features
        assert features is not None
        row = features.set_index("premises_id").loc["PR001"]
        return (None if pd.isna(row["score"]) else int(row["score"]), row["state"], row["band"])

    assert state("2018-05-31") == (2, "ok", "low")
    assert state("2018-08-31") == (10, "ok", "verging on high")
    assert state("2019-02-28") == (3, "ok", "low")
    assert state("2018-04-30") == (None, "incomplete", "")
    assert state("2019-04-30") == (None, "incomplete", "")


def test_every_source_accounts_for_every_row(example_build: Build) -> None:
    tallies = {name: source["tally"] for name, source in example_build.manifest["sources"].items()}
    assert tallies["needle-finds"] == {"read": 813, "accepted": 804, "rejected": 0, "set_aside": {"nothing found": 9}}
    for tally in tallies.values():
        assert tally["read"] == tally["accepted"] + tally["rejected"] + sum(tally["set_aside"].values())


def test_an_area_without_residents_enough_has_no_rate(example_build: Build) -> None:
    layer = view(example_build, Selection("callouts_per_1000", when="2015/16 to 2017/18"), ANALYST)
    assert layer.cube is not None
    few = layer.cube.set_index("area_code").loc[_of_420(example_build)]
    assert few["status"] == "no_data"
    assert layer.cube["value"].notna().sum() == 68


def _of_420(build: Build) -> str:
    population = build.table("population")
    return str(population.loc[population["population"] == 420, "area_code"].iloc[0])


def test_the_ward_text_of_twelve_finds_differs_from_the_ward_by_position(example_build: Build) -> None:
    mismatches = example_build.table("ward_mismatches")
    assert mismatches["finds"].sum() == 12
    assert set(mismatches["ward_text"]) == {"Castle"}


def test_density_integrates_to_the_finds_that_may_be_points(example_build: Build) -> None:
    surface = view(example_build, Selection("instances", when=THREE_YEARS, how="density"), ANALYST).surface
    points = view(example_build, Selection("instances", when=THREE_YEARS, how="points"), ANALYST).features
    assert surface is not None
    assert points is not None
    mass = float(pd.Series(surface.values.ravel()).sum()) * (surface.grid.cell_m / 1000) ** 2
    assert mass == pytest.approx(len(points), rel=1e-5)
    assert not points["context"].isin(["house_clearance", "unknown"]).any()


def test_the_city_centre_is_a_range_for_counts_by_area_and_prints_its_name_and_version(example_build: Build) -> None:
    layer = view(example_build, Selection("callouts", when="2018/19", where="city-centre"), ANALYST)
    assert "version draft-1" in layer.meta.area
    assert any("never cut" in caveat for caveat in layer.meta.caveats)


def test_finds_inside_the_city_centre_are_counted_exactly_by_position_for_whoever_may_see_points(
    example_build: Build,
) -> None:
    selection = Selection("instances", when=THREE_YEARS, where="city-centre", how="ward")
    inside = (
        example_build.table("centre_counts")
        .query(f"area_code == 'inside' and measure == 'instances' and period == '{THREE_YEARS}'")["value"]
        .iloc[0]
    )
    assert 0 < inside < 804
    assert f"{inside:.0f} finds inside the area by position" in sentence(
        view(example_build, selection, ANALYST), selection
    )
    assert "by position" not in sentence(view(example_build, selection, OFFICER), selection)


def test_callouts_fall_from_400_to_312_from_year_to_year(example_build: Build) -> None:
    found = trend(example_build, Selection("callouts", when="2018/19"), ANALYST)
    assert found is not None
    assert found.table["shown"].tolist() == ["400", "372", "348", "336", "312"]
    assert found.areas == "69 areas"


def test_the_trend_of_the_city_centre_is_of_a_fixed_named_set_of_areas(example_build: Build) -> None:
    found = trend(example_build, Selection("callouts", when="2018/19", where="city-centre"), ANALYST)
    assert found is not None
    inside = example_build.table("centre_lsoa").query("membership == 'inside'")["code"]
    names = example_build.areas("lsoa").names  # type: ignore[union-attr]
    assert found.areas == ", ".join(sorted(names[code] for code in inside))
    cube = example_build.cube("callouts-by-lsoa").query("period == '2018/19' and category == 'all'")
    assert found.table["lower"].iloc[-1] == cube[cube["area_code"].isin(inside)]["value"].sum()


def test_city_totals_of_needle_finds_stay_exact_for_partners_and_health_totals_are_not_shown(
    example_build: Build,
) -> None:
    finds = trend(example_build, Selection("instances", when="2018/19", how="ward"), OFFICER)
    assert finds is not None
    assert finds.table["shown"].tolist() == ["172", "304", "328"]
    callouts = trend(example_build, Selection("callouts", when="2018/19"), OFFICER)
    assert callouts is not None
    assert set(callouts.table["shown"]) == {"suppressed"}


def test_premises_are_ranked_with_their_band(example_build: Build) -> None:
    layer = view(example_build, Selection("premises_score", when="2018-08-31", how="points"), ANALYST)
    assert ranked(layer, 1)[["code", "shown"]].to_numpy().tolist() == [["PR001", "10, verging on high"]]


def test_a_named_layer_holds_every_period_and_the_annual_average(example_build: Build) -> None:
    layer = named_layer(example_build, "needle-finds-by-ward", ANALYST)
    assert layer.cube is not None
    held = set(zip(layer.cube["measure"], layer.cube["period"], strict=True))
    assert {("instances", "2016/17"), ("volume", "2016/17"), ("instances_per_year", THREE_YEARS)} <= held


def test_the_sentence_names_the_measure_the_period_and_the_highest_area(example_build: Build) -> None:
    selection = Selection("instances", when="2018/19", how="ward")
    text = sentence(view(example_build, selection, ANALYST), selection)
    assert text.startswith(
        "Needle finds (instances), 2018/19, Cambridge: 328 finds in all; 14 wards; highest: Market ("
    )


def test_a_small_area_is_told_by_its_ward_in_sentence_and_table(example_build: Build) -> None:
    wards = ward_names(example_build)
    assert len(wards) == 69
    selection = Selection("callouts", when="2018/19", how="lsoa")
    layer = view(example_build, selection, ANALYST)
    assert "highest: Cambridge 007G in Market ward (" in sentence(layer, selection, wards=wards)
    assert ranked(layer, 1, wards=wards)[["name", "ward"]].to_numpy().tolist() == [["Cambridge 007G", "Market"]]
    assert "highest: Cambridge 007G (" in sentence(layer, selection)


def test_fault_143_an_officer_sees_no_single_finds_no_premises_and_no_small_counts(example_build: Build) -> None:
    held = choices(example_build, OFFICER)
    assert "premises_score" not in held.whats()
    assert held.hows("instances") == ["ward", "lsoa", "density"]
    assert held.categories("instances", "ward") == ["all"]
    assert not any(" Q" in label for label in held.whens("callouts", "lsoa"))
    for what in ("callouts", "instances", "volume"):
        cube = view(example_build, Selection(what, when="2018/19"), OFFICER).cube
        assert cube is not None
        exact = view(example_build, Selection(what, when="2018/19"), ANALYST).cube
        assert exact is not None
        small = exact["events"].between(1, 4)
        assert small.any()
        assert cube.loc[small.to_numpy(), ["value", "lower", "upper"]].isna().all(axis=None)
    with pytest.raises(DisclosureRefused, match="single events"):
        named_layer(example_build, "needle-finds", OFFICER)
    with pytest.raises((DisclosureRefused, UsageError)):
        view(example_build, Selection("premises_score", how="points"), OFFICER)


def test_health_counts_are_rounded_to_five_for_an_officer_and_so_are_their_averages(example_build: Build) -> None:
    cube = view(example_build, Selection("callouts", when="2018/19"), OFFICER).cube
    assert cube is not None
    assert (cube["value"].dropna() % 5 == 0).all()


def test_a_selection_of_something_that_is_not_held_names_what_is(example_build: Build) -> None:
    with pytest.raises(UsageError, match="there are: 2016/17"):
        view(example_build, Selection("instances", when="2015/16", how="ward"), ANALYST)
    with pytest.raises(UsageError, match="premises_score"):
        view(example_build, Selection("crimees"), ANALYST)


def test_two_builds_of_the_same_input_are_the_same_bytes(example_build: Build, example_again: Build) -> None:
    assert example_again.id == example_build.id
    assert example_again.manifest["files"] == example_build.manifest["files"]


def test_a_rate_says_that_residents_are_not_all_who_are_there(example_build: Build) -> None:
    said = "Rates are per resident: where few live and many work or visit, they are high for that reason alone."
    for what, there in (("callouts_per_1000", True), ("callouts_per_km2", False), ("callouts", False)):
        layer = view(example_build, Selection(what, when="2018/19", how="lsoa"), Viewer("analyst"))
        assert (said in layer.meta.caveats) is there
