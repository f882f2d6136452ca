"""The hotspots of the shipped example: the places that its generator planted, by name, and no other."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hotspots import Selection, Viewer, export_layer, view
from hotspots.analysis.hotspots.places import HOTSPOT_COLUMNS
from hotspots.errors import DisclosureRefused, UsageError
from hotspots.example.facts import CORES
from hotspots.pipeline import build_area
from hotspots.pipeline.hotspots import preset_events
from hotspots.settings import NIGHT_TIME, RETAIL
from hotspots.snapshot import Build
from hotspots.views import agendas, named_layer, prediction

ROOT = Path(__file__).resolve().parents[2]
NEEDLES = Selection("instances", how="hotspots")
# Where the generator puts the finds: every part of town that is busy enough to be told from an even spread.
PLANTED = {
    "Barnwell", "Bus station", "Castle Hill", "Grafton Centre", "Huntingdon Road", "Jesus Green", "Leisure Park",
    "Maid's Causeway", "Market Square", "Mill Road east", "Mill Road west", "Mitcham's Corner", "Newmarket Road",
    "Norfolk Street", "Parkside", "Station Road", "Stourbridge Common", "The Kite", "Thompson's Lane", "Windsor Road",
}  # fmt: skip


def places(build: Build, selection: Selection = NEEDLES, role: str = "analyst") -> gpd.GeoDataFrame:
    features = view(build, selection, Viewer(role)).features  # type: ignore[arg-type]
    assert features is not None
    return features


def test_needle_hotspots_are_the_planted_places_by_name_and_no_other(example_build: Build) -> None:
    names = [name.split(" (")[0] for name in places(example_build)["name"]]
    assert set(names) == PLANTED
    assert set(PLANTED) <= {core.place for core in CORES}
    # One part of town has two peaks, told apart by their grid references.
    assert sorted(name for name in names if names.count(name) > 1) == ["Grafton Centre", "Grafton Centre"]


def test_every_planted_part_of_town_with_eighteen_finds_or_more_is_in_a_hotspot(example_build: Build) -> None:
    finds, found = example_build.features("needle-finds"), places(example_build).union_all()
    for core in CORES:
        near = np.hypot(finds.geometry.x - core.easting, finds.geometry.y - core.northing) <= core.radius_m
        if near.sum() >= 18:
            assert finds.geometry[near].within(found).mean() > 0.6, core.place


def test_the_kite_is_the_hottest_and_says_what_it_holds(example_build: Build) -> None:
    first = places(example_build).iloc[0]
    assert (first["name"], first["hotspot_id"], first["events"]) == ("The Kite", "TL 456 584", 73)
    assert first["by_year"] == "2016/17: 14, 2017/18: 31, 2018/19: 28"
    assert first["chance"] == "Fewer than 1 map in 1,000 without clustering would reach this."
    assert (first["city_centre"], first["persistence"]) == ("inside", "intensifying hot spot")
    assert first["pai"] == pytest.approx(first["events_share"] / first["area_share"])


def test_no_place_is_larger_than_eight_hectares_and_four_are_cores_of_more_that_is_hot(example_build: Build) -> None:
    found = places(example_build)
    cores = found.dropna(subset="core_of_ha").set_index("name")
    assert found["area_ha"].max() == 8.0
    assert cores["core_of_ha"].to_dict() == {
        "The Kite": 9.0,
        "Mill Road west": 13.25,
        "Mill Road east": 11.25,
        "Norfolk Street": 10.25,
    }
    said = " ".join(view(example_build, NEEDLES, Viewer("analyst")).meta.caveats)
    assert "4 of these places are the cores of hot ground above 8 ha; the 12 ha about them are hot too" in said


def test_places_of_finds_say_which_finds_are_not_among_their_events(example_build: Build) -> None:
    """The share of all events is a share of those with a position that may be shown: a reader would take it for all."""
    for how in ("hotspots", "targets"):
        caveats = view(example_build, Selection("instances", how=how), Viewer("officer")).meta.caveats
        assert (
            "Finds in dwellings, on land of unknown kind, or unplaced are not among the events, nor in what they are a "
            "share of." in caveats
        )


def test_the_layers_hold_the_declared_columns_and_are_listed(example_build: Build) -> None:
    declared = ["measure", "category", *(column.name for column in HOTSPOT_COLUMNS), "geometry"]
    for layer_id in ("needle-hotspots", "crime-hotspots"):
        assert layer_id in example_build.layers
        assert list(example_build.features(layer_id).columns) == declared


def test_finds_in_dwellings_and_on_unknown_land_are_in_no_hotspot(example_build: Build) -> None:
    # 804 instances, of which 789 may be points: no hotspot knows of the others.
    assert len(example_build.features("needle-finds")) == 789
    share = places(example_build)
    assert (share["events"] / share["events_share"]).round().unique().tolist() == [789]


def test_partners_get_places_without_peaks_and_small_parts_and_the_public_none(example_build: Build) -> None:
    partner = places(example_build, role="group")
    assert "peak_per_km2" not in partner
    assert len(partner) == 21
    small = partner.set_index("name")["by_year"]
    assert small["Leisure Park"] is None or pd.isna(small["Leisure Park"])  # 0, 4 and 1
    assert small["The Kite"] == "2016/17: 15, 2017/18: 30, 2018/19: 30"
    assert partner["events"].head(3).tolist() == [75, 75, 30]  # 73, 77 and 32
    assert partner["pai"].to_numpy() == pytest.approx((partner["events"] / 790 / partner["area_share"]).to_numpy())
    assert set(partner["chance"]) == {"Fewer than 1 map in 20 without clustering would reach this."}
    assert set(partner["one_in"]) == {20.0}
    assert partner["persistence"].isna().all()
    with pytest.raises(DisclosureRefused, match="for the partnership, not for the public"):
        places(example_build, role="public")
    with pytest.raises(DisclosureRefused):
        named_layer(example_build, "needle-hotspots", Viewer("public"))
    assert ("instances", "all") not in agendas(example_build, Viewer("public"))


def test_partners_read_how_places_predict_without_the_number_of_finds(example_build: Build) -> None:
    asked = Selection("instances", how="hotspots")
    exact, told = (prediction(example_build, asked, Viewer(role)) for role in ("analyst", "group"))
    assert exact is not None
    assert told is not None
    assert (
        "of the 324 events of 2018-04" in exact.sentence
    )  # the city had 328 finds: four were in dwellings or unplaced
    assert told.sentence == exact.sentence.replace("the 324 events", "the events")
    assert "captured" not in told.table
    assert told.table["hit_rate"].tolist() == exact.table["hit_rate"].round(2).tolist()


def test_open_records_are_exact_for_everybody(example_build: Build) -> None:
    asked = Selection("crimes", category="retail", how="hotspots")
    pd.testing.assert_frame_equal(places(example_build, asked, "public"), places(example_build, asked, "analyst"))


def test_the_working_groups_area_has_its_own_ranks(example_build: Build) -> None:
    inside = places(example_build, Selection("instances", where="city-centre", how="hotspots"))
    assert inside["rank"].tolist() == list(range(1, 15))
    assert set(inside["city_centre"]) == {"inside", "partly"}
    assert "Castle Hill" not in set(inside["name"])


def test_what_is_not_held_is_refused_with_what_is(example_build: Build) -> None:
    for wrong in (
        Selection("callouts", how="hotspots"),
        Selection("crimes", category="arson", how="hotspots"),
        Selection("instances", where="ward:nowhere", how="hotspots"),
        Selection("instances", when="2016/17", how="hotspots"),
    ):
        with pytest.raises(UsageError):
            view(example_build, wrong, Viewer("analyst"))


def test_the_agendas_are_counts_and_presets(example_build: Build) -> None:
    assert agendas(example_build, Viewer("group")) == {
        ("instances", "all"): "Needle finds",
        ("crimes", "all"): "Recorded crime",
        ("asb", "all"): "Anti-social behaviour",
        ("crimes", "retail"): "Retail",
        ("crimes", "night-time"): "Night-time",
    }


def test_violence_at_night_says_what_it_includes(example_build: Build) -> None:
    layer = view(example_build, Selection("crimes", category="night-time", how="hotspots"), Viewer("group"))
    said = " ".join(layer.meta.caveats)
    assert "includes domestic and sexual offences and cannot be separated" in said
    assert "From 18:00 to 05:59; 364 records without an hour are left out." in said


def test_the_evaluation_of_every_agenda_is_at_least_as_good_as_counting(example_build: Build) -> None:
    for what, category in agendas(example_build, Viewer("group")):
        found = prediction(example_build, Selection(what, category=category, how="hotspots"), Viewer("group"))
        assert found is not None
        held = found.table.set_index("role")["hit_rate"]
        assert held["targeting"] >= held["counting"] > held["chance"]
        assert "counting by cell held" in found.sentence


def test_hotspots_leave_in_every_vector_format(example_build: Build, tmp_path: Path) -> None:
    layer = named_layer(example_build, "needle-hotspots", Viewer("analyst"))
    for suffix in (".geojson", ".gpkg", ".csv"):
        assert export_layer(layer, tmp_path / f"places{suffix}", audience="restricted")[0].is_file()
    content = json.loads((tmp_path / "places.geojson").read_text(encoding="utf-8"))
    assert len(content["features"]) == 21
    assert {feature["id"] for feature in content["features"]} == set(layer.features["hotspot_id"])  # type: ignore[index]


def test_a_place_keeps_its_identity_in_the_next_build(tmp_path: Path) -> None:
    area = tmp_path / "area"
    copy_example(area)
    # Other sources have places of their own and a build several times as long.
    settings = area / "hotspots.toml"
    head, *sources = settings.read_text().split("[[sources]]\n")
    settings.write_text(
        "[[sources]]\n".join([head, *(one for one in sources if one.startswith('id = "needle-finds"'))])
    )
    first = build_area(settings, tmp_path / "build")
    # With a wider bandwidth peaks wander; the places stay the same ones.
    settings.write_text(settings.read_text().replace("[hotspots]\n", "[hotspots]\nbandwidth_m = 170\n"))
    second = build_area(settings, tmp_path / "build")
    before, after = (set(places(build)["hotspot_id"]) for build in (first, second))
    kept = second.manifest["hotspots_kept"]["needle-hotspots/instances/all"]
    assert kept
    assert set(kept.values()) <= before & after
    assert not set(kept) & before
    # Made again from the same files, with itself published, the build is the same one.
    assert build_area(settings, tmp_path / "build").id == second.id


def test_a_preset_takes_the_hours_that_are_held_and_says_where_none_are() -> None:
    events = pd.DataFrame(
        {
            "category": ["Violence and sexual offences"] * 5 + ["Drugs"],
            "hour": pd.array([18, 5, 6, 17, None, 20], dtype="Int64"),
        }
    )
    night, said = preset_events(events, NIGHT_TIME)
    assert night["hour"].tolist() == [18, 5]
    assert said[-1] == "From 18:00 to 05:59; 1 records without an hour are left out."
    bare, said = preset_events(events.assign(hour=pd.array([None] * 6, dtype="Int64")), NIGHT_TIME)
    assert len(bare) == 5
    assert "The hours of these records are not held: this is the whole day" in said[-1]
    assert preset_events(events, RETAIL)[0].empty


def copy_example(target: Path) -> None:
    import shutil

    target.mkdir()
    for name in ("boundaries", "geo"):
        shutil.copytree(ROOT / name, target / name)
    shutil.copy(ROOT / "hotspots.toml", target)


def test_places_to_target_are_where_most_is_expected_next_and_no_test(example_build: Build) -> None:
    night = view(example_build, Selection("crimes", category="night-time", how="targets"), Viewer("group"))
    assert night.features is not None
    assert len(night.features) == 9  # though no place stands out beyond chance on this agenda
    assert night.features["chance"].isna().all()
    assert night.features["area_share"].sum() <= 0.01
    assert "No test: some places always come first" in night.meta.method
    assert view(
        example_build, Selection("crimes", category="night-time", how="hotspots"), Viewer("group")
    ).features.empty  # type: ignore[union-attr]
    with pytest.raises(DisclosureRefused):
        named_layer(example_build, "needle-targets", Viewer("public"))
