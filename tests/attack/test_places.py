"""Hotspots, places to target, wards, small areas, years and totals together give no hidden count away.

A polygon is a sum of pieces: an area holds at least the pieces that lie in it, and two polygons that overlap are held
against each other. Before counts of places were rounded and audited, this attack found 3 finds of one small area and
year exactly, and 13 more intervals that were too narrow.
"""

import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import geopandas as gpd
import pytest
from attacker import PIECE, Attack, Cell, broken, exported, printed_totals

from hotspots.disclosure import disclose
from hotspots.export import export_layer
from hotspots.layer import Layer
from hotspots.snapshot import Build
from hotspots.views import Viewer, named_layer

YEARS = ["2016/17", "2017/18", "2018/19"]
LAYERS = ["needle-hotspots", "needle-targets"]


def published_places(build: Build, folder: Path) -> list[gpd.GeoDataFrame]:
    """The polygons with their counts as a partner downloads them."""
    found = []
    for layer in LAYERS:
        path = folder / f"{layer}.gpkg"
        export_layer(named_layer(build, layer, Viewer("group")), path, audience="partner")
        found.append(gpd.read_file(path, layer=layer.replace("-", "_")))
    return found


def published_areas(build: Build, folder: Path) -> dict[str, object]:
    export_layer(named_layer(build, "lsoas", Viewer("public")), folder / "lsoas.gpkg", audience="public")
    areas = gpd.read_file(folder / "lsoas.gpkg", layer="lsoas")
    return dict(zip(areas["code"], areas.geometry, strict=True))


def pieces(places: list[gpd.GeoDataFrame]) -> Iterator[tuple[set[tuple[int, int]], object]]:
    """What hotspots and targets cut each other into: the places that a piece is in, and its shape."""
    first, second = places
    either = [layer.geometry.union_all() for layer in places]
    for number, shape in enumerate(first.geometry):
        yield {(0, number)}, shape.difference(either[1])
    for number, shape in enumerate(second.geometry):
        yield {(1, number)}, shape.difference(either[0])
    for (one, shape), (two, other) in product(enumerate(first.geometry), enumerate(second.geometry)):
        yield {(0, one), (1, two)}, shape.intersection(other)


def joined(attack: Attack, places: list[gpd.GeoDataFrame], areas: dict[str, object], *, rounding: int) -> Attack:
    """The attack with everything that the polygons say: counts of places that are right to half the rounding."""
    inside: dict[str, list[str]] = {}
    of_place: dict[tuple[int, int], list[str]] = {}
    for number, (held, shape) in enumerate(pieces(places)):
        for code, area in areas.items():
            if shape.intersection(area).area > 1:
                inside.setdefault(code, []).append(f"{number}/{code}")
                for place in held:
                    of_place.setdefault(place, []).append(f"{number}/{code}")
    for name in {name for names in inside.values() for name in names}:
        attack.numbers |= {(PIECE, name, year, "instances"): None for year in YEARS}
    for code, year in product(inside, YEARS):
        row = {(PIECE, name, year, "instances"): 1.0 for name in inside[code]}
        attack.at_most.append((row | {("needle-finds-by-lsoa", code, year, "instances"): -1.0}, 0.0))
    for place, names in of_place.items():
        for years, low, high in said(places[place[0]].iloc[place[1]], rounding):
            row: dict[Cell, float] = {(PIECE, name, year, "instances"): 1.0 for name in names for year in years}
            attack.at_most += [(row, high), (dict.fromkeys(row, -1.0), -low)]
    return attack


def said(place: gpd.GeoSeries, rounding: int) -> Iterator[tuple[list[str], float, float]]:
    """The counts of a place, whole and by year, with what each can be."""
    told = [(YEARS, int(place["events"]))]
    if isinstance(place["by_year"], str):
        parts = (part.rsplit(": ", 1) for part in place["by_year"].split(", "))
        told += [([year], int(count)) for year, count in parts]
    half, least = rounding // 2, 5 if rounding > 1 else 0
    for years, count in told:
        yield years, max(count - half, least) if count else 0, count + half if count else 0


def test_the_attack_finds_hidden_counts_when_places_have_exact_ones(example_build: Build, tmp_path: Path) -> None:
    exact = [gpd.GeoDataFrame(example_build.features(layer)) for layer in LAYERS]
    attack = Attack(exported(example_build, "partner", tmp_path), printed_totals(example_build, "partner"))
    joined(attack, exact, published_areas(example_build, tmp_path), rounding=1)
    assert len(broken(example_build, attack.intervals())) > 4


def test_hotspots_and_targets_give_no_hidden_count_away(example_build: Build, tmp_path: Path) -> None:
    places = published_places(example_build, tmp_path)
    assert [len(layer) for layer in places] == [21, 18]
    attack = Attack(exported(example_build, "partner", tmp_path), printed_totals(example_build, "partner"))
    joined(attack, places, published_areas(example_build, tmp_path), rounding=5)
    intervals = attack.intervals()
    assert len(intervals) > 400
    assert broken(example_build, intervals) == {}


@pytest.mark.parametrize("layer_id", LAYERS)
def test_every_count_of_a_place_is_rounded_and_what_is_made_from_it(layer_id: str, example_build: Build) -> None:
    exact = example_build.features(layer_id)
    places = named_layer(example_build, layer_id, Viewer("group")).features
    assert places is not None
    assert (places["events"] % 5 == 0).all()
    assert (abs(places["events"] - exact["events"]) <= 2).all()
    assert set(places) == set(exact) - {"peak_per_km2"}
    assert places[["one_in", "chance", "persistence"]].drop_duplicates().shape[0] == 1  # the same for all: no number
    for place in places.itertuples():
        years = place.by_year.split(", ") if isinstance(place.by_year, str) else []
        assert all(int(part.rsplit(": ", 1)[1]) % 5 == 0 for part in years)
    # Other counts that print the same give the same layer: share and index are made from what is printed.
    middle = exact.assign(events=places["events"], events_share=places["events"] / 790)
    middle["by_year"] = places["by_year"].where(places["by_year"].notna(), "2016/17: 1")
    again = disclose(
        Layer(example_build.meta(layer_id), features=middle), example_build.settings.disclosure, audience="partner"
    ).features
    for column in ("events", "events_share", "pai", "rank", "by_year"):
        both = [table[column].fillna(-1).tolist() for table in (again, places)]
        assert both[0] == pytest.approx(both[1]) if column in {"events_share", "pai"} else both[0] == both[1]
    assert math.isclose(places["pai"].iloc[0], places["events"].iloc[0] / 790 / places["area_share"].iloc[0])
