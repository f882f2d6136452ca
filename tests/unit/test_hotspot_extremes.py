"""Hotspots where there is next to nothing to go by: few events, one place, slivers of an area, nobody living there."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.hotspots import HotspotSpec, find_hotspots
from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.analysis.hotspots.rules import flagged_cells
from hotspots.analysis.hotspots.spec import Rule
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents, points_from_frame

GRID = GridSpec(544000, 257000, 50, 40, 30)
RULES: tuple[Rule, ...] = ("max_density", "gi_star", "top_share", "count")
HOLED = shapely.union_all(
    [shapely.box(544100, 257100, 545200, 258300), shapely.box(545600, 257600, 545630, 257630)]
) - shapely.box(544400, 257400, 544800, 257900)


def points(coordinates: Any, **options: Any) -> PointEvents:
    places = np.asarray(coordinates, dtype=np.float64).reshape(-1, 2)
    return points_from_frame(pd.DataFrame(places, columns=["easting", "northing"]), **options)


def found(places: Any, *, rule: Rule = "max_density", resolution: Any = "point", **options: Any) -> Flagged:
    """The flagged cells, which hold no infinite value and no value outside the area, and their places."""
    spec, given = HotspotSpec(rule, simulations=99, min_events=1), points(places, resolution=resolution)
    made = flagged_cells(given, GRID, spec, **options)
    assert not np.isinf(made.value).any()
    assert np.isnan(made.value[~made.inside]).all()
    assert not (made.hot & np.isnan(made.value)).any()
    layer = find_hotspots(given, GRID, spec, **options)
    assert layer.features is not None
    assert len(layer.features) == 0 or np.isfinite(layer.features["pai"]).all()
    return made


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("border", [None, HOLED], ids=["grid", "holes and an island"])
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_few_events_apart_from_each_other_are_no_hotspot_beyond_chance(number: int, border: Any, rule: Rule) -> None:
    apart = [[544150.0, 257150.0], [545100.0, 258200.0], [544900.0, 257200.0]]
    made = found(apart[:number], rule=rule, border=border)
    assert not (rule == "max_density" and made.hot.any())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("number", [3, 50])
def test_all_events_at_one_place_are_one_hotspot_there(number: int, rule: Rule) -> None:
    made = found([[545025.0, 258025.0]] * number, rule=rule)
    rows, columns = np.nonzero(made.hot)
    assert len(rows)
    assert np.abs(columns * 50 + 25 - 1025).max() <= 150
    assert np.abs(1500 - rows * 50 - 25 - 1025).max() <= 150


@pytest.mark.parametrize("rule", RULES)
def test_events_on_the_border_count_and_events_outside_do_not(rule: Rule) -> None:
    around = shapely.get_coordinates(HOLED.geoms[0].exterior.segmentize(100))  # a hundred metres apart at most
    on_it = found(around, rule=rule, border=HOLED)
    assert np.nansum(on_it.density) > 0
    beyond = found([[545900.0, 257050.0], [544600.0, 257600.0], [0.0, 0.0]], rule=rule, border=HOLED)
    assert not beyond.hot.any()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "border",
    [shapely.box(545010, 258010, 545040, 258040), shapely.box(545001, 257000, 545049, 258500)],
    ids=["one cell", "a column of cells"],
)
def test_an_area_of_a_cell_or_a_column_of_cells_is_no_error(border: Any, rule: Rule) -> None:
    found([[545020.0, 258020.0]] * 5, rule=rule, border=border)


def test_areas_where_nobody_lives_take_part_without_an_expectation() -> None:
    west, east = shapely.box(544000, 257000, 545000, 258500), shapely.box(545000, 257000, 546000, 258500)
    people = pd.DataFrame({"geometry": [west, east], "population": [400, 0]})
    empty_side = np.tile([[545800.0, 257700.0]], (30, 1))
    made = found(empty_side, population=people)
    assert np.isnan(made.value[:, 25:]).all()  # nobody of the null gets there: no value, never hot
    assert not made.hot.any()
    nobody = pd.DataFrame({"geometry": [west, east], "population": [0, 0]})
    with pytest.raises(DataRefused, match="nobody lives in the area"):
        found(empty_side, population=nobody)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"points": np.zeros((3, 2))},
            r"points must be PointEvents, got ndarray: make them with hotspots.points_from_frame",
        ),
        ({"reference": pd.DataFrame()}, "reference must be PointEvents, got DataFrame"),
        ({"spec": "gi_star"}, r"spec must be a HotspotSpec, got 'gi_star'; give HotspotSpec\(rule='gi_star'\)"),
        ({"border": [shapely.box(0, 0, 1, 1)]}, r"got list; of several areas give areas.union_all\(\)"),
        ({"border": shapely.LineString([(0, 0), (1, 1)])}, "got LineString"),
        ({"border": shapely.box(0.1, 52.1, 0.2, 52.3)}, "lies off the grid .* metres of EPSG:27700"),
        ({"border": shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}, "no valid polygon .*Self-intersection"),
        ({"population": pd.DataFrame({"residents": [1]})}, "population needs the columns geometry and population"),
    ],
)
def test_what_a_stranger_may_give_is_refused_with_what_to_give_instead(wrong: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"points": points([[544150.0, 257150.0]]), "grid": GRID} | wrong
    with pytest.raises(DataRefused, match=words):
        find_hotspots(given.pop("points"), given.pop("grid"), **given)


def test_events_in_degrees_are_no_quiet_town_and_it_says_so() -> None:
    layer = find_hotspots(points([[0.12, 52.2]] * 9), GRID)
    assert layer.features is not None
    assert layer.features.empty
    assert "None of the 9 events lies in the area: are they in metres of EPSG:27700" in layer.meta.caveats[0]


@pytest.mark.parametrize("rule", RULES)
def test_weights_of_nought_make_nothing_hot(rule: Rule) -> None:
    frame = pd.DataFrame({"easting": [544150.0] * 6, "northing": [257150.0] * 6, "needles": [0] * 6})
    layer = find_hotspots(points_from_frame(frame, weight="needles"), GRID, HotspotSpec(rule, weight="weight"))
    assert layer.features is not None
    assert layer.features.empty


@pytest.mark.parametrize("number", [1, 3, 40])
def test_one_published_point_and_points_close_together_are_compared_with_themselves(number: int) -> None:
    only = [[545025.0, 258025.0]]
    assert not found(only * number, resolution="snapped_point", snap_points=only).hot.any()
    close = np.array(only[0]) + np.random.default_rng(2).normal(0, 5, (60, 2))
    drawn = close[np.random.default_rng(3).integers(0, 60, number)]
    found(drawn, resolution="snapped_point", snap_points=close)
