"""From hot cells to named, ranked places: patches, saddles, polygons, names, identities, and what is in each."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots import GridSpec, points_from_frame
from hotspots.analysis.hotspots import Flagged, HotspotSpec
from hotspots.analysis.hotspots.identity import kept_identities, renamed
from hotspots.analysis.hotspots.naming import beside
from hotspots.analysis.hotspots.patches import cores, patches, polygons
from hotspots.analysis.hotspots.persistence import emerging_over, with_persistence
from hotspots.analysis.hotspots.places import HOTSPOT_COLUMNS, chance_sentence, hotspot_layer
from hotspots.analysis.hotspots.space_time import EmergingHotSpots, emerging_hot_spots
from hotspots.crs import to_grid_reference
from hotspots.errors import CrsError, DataRefused
from hotspots.layer import Layer
from hotspots.periods import Coverage, month, quarter
from hotspots.tables import PointEvents

GRID = GridSpec(544_000, 258_000, 100, 6, 4)
# Two hills with a saddle between them, and a lone cell: heights per cell, north up.
HEIGHT = np.array(
    [
        [0, 0, 0, 0, 0, 0],
        [0, 9, 6, 4, 8, 0],
        [0, 5, 4, 3, 6, 0],
        [7, 0, 0, 0, 0, 0],
    ],
    dtype=float,
)
SETTINGS = {"cell_m": 100.0, "largest_ha": 4.0, "prominence": 0.3, "min_events": 5}


def flagged(height: np.ndarray = HEIGHT, *, hot_from: float = 3.0, one_in: float = 1000.0) -> Flagged:
    hot = height >= hot_from
    return Flagged(
        grid=GRID,
        hot=hot,
        value=height,
        density=height * 10,
        inside=np.ones_like(hot),
        one_in=np.where(hot, one_in, np.nan),
        rule="max_density",
        statement="Hot: said for the test.",
        seed=1,
        null="uniform",
    )


def in_cells(counts: dict[tuple[int, int], int], **columns: object) -> PointEvents:
    """Events in the middle of cells (row from the north, column)."""
    places = [(544_050 + 100 * column, 258_350 - 100 * row) for (row, column), n in counts.items() for _ in range(n)]
    points = points_from_frame(pd.DataFrame(places, columns=["easting", "northing"]))
    points.table["date"] = pd.Timestamp("2018-05-01")
    for name, values in columns.items():
        points.table[name] = values
    return points


MANY = in_cells({(1, 1): 9, (1, 2): 3, (1, 4): 7, (2, 4): 1, (3, 0): 6, (0, 5): 4})


def placed(points: PointEvents = MANY, *, border: object = None, **settings: object) -> Layer:
    found: dict[str, object] = {"places": None, "city_centre": None} | settings
    spec = HotspotSpec(prominence=0.3, largest_ha=4.0)
    return hotspot_layer(flagged(), points, spec, border=border, **found)  # type: ignore[arg-type]


def test_a_large_patch_is_divided_where_a_peak_stands_out_above_the_saddle() -> None:
    # The hills are 9 and 8 high and meet at 4: the lower one stands 4 of 8 above the saddle, which goes with it.
    labels = patches(HEIGHT >= 3, HEIGHT, np.full(HEIGHT.shape, 5), **SETTINGS)
    assert labels.tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 1, 1, 2, 2, 0],
        [0, 1, 1, 2, 2, 0],
        [3, 0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("changed", [{"prominence": 0.6}, {"min_events": 50}, {"largest_ha": 8.0}])
def test_it_stays_whole_where_the_peak_is_too_low_holds_too_little_or_the_patch_is_small(
    changed: dict[str, float],
) -> None:
    labels = patches(HEIGHT >= 3, HEIGHT, np.full(HEIGHT.shape, 5), **(SETTINGS | changed))  # type: ignore[arg-type]
    assert labels.max() == 2


# One long hill without a saddle worth the name: it falls to the east, with a bump that stands a little above it.
RIDGE = np.array([[9.0, 8.0, 7.0, 5.0, 4.8, 5.1, 4.0, 2.0, 1.0]])


def test_a_large_patch_without_a_saddle_is_cut_down_to_its_core() -> None:
    events = np.array([[3, 3, 3, 0, 0, 4, 0, 0, 0]])
    whole = patches(RIDGE > 0, RIDGE, events, **SETTINGS)
    assert whole.tolist() == [[1] * 9]
    found, patch_of = cores(whole, RIDGE, events, most_cells=4, min_events=5)
    # Above 5 there are four cells from the peak; the bump holds four events, too few to be a place.
    assert found.tolist() == [[1, 1, 1, 1, 0, 0, 0, 0, 0]]
    assert patch_of.tolist() == [0, 1]


def test_what_else_holds_enough_events_above_the_raised_level_is_a_place_too() -> None:
    found, patch_of = cores(np.ones((1, 9), np.int32), RIDGE, np.full((1, 9), 5), most_cells=4, min_events=5)
    assert found.tolist() == [[1, 1, 1, 1, 0, 2, 0, 0, 0]]
    assert patch_of.tolist() == [0, 1, 1]


def test_a_patch_of_which_no_part_holds_enough_events_stays_whole_and_small_ones_are_as_they_were() -> None:
    labels = np.array([[1, 1, 1, 1, 1, 1, 0, 2, 2]], dtype=np.int32)
    found, patch_of = cores(labels, RIDGE, np.ones((1, 9), np.int64), most_cells=4, min_events=5)
    assert found.tolist() == labels.tolist()
    assert patch_of.tolist() == [0, 1, 2]


def test_a_cell_larger_than_the_stated_size_is_a_core_by_itself_and_equal_heights_go_to_the_north_then_the_west() -> (
    None
):
    flat = np.full((2, 2), 3.0)
    found, _ = cores(np.ones((2, 2), np.int32), flat, np.full((2, 2), 5), most_cells=0.3, min_events=5)
    assert found.tolist() == [[1, 0], [0, 0]]


def test_a_core_says_what_it_is_the_core_of_and_its_numbers_are_its_own() -> None:
    # Six hectares in one hill; the border cuts a half of the last cell off.
    hill = np.zeros((4, 6))
    hill[1] = [9, 8, 7, 6, 5, 4]
    points = in_cells({(1, 0): 4, (1, 1): 4, (1, 4): 2, (0, 0): 10})
    border = shapely.box(544_000, 258_000, 544_550, 258_400)
    layer = hotspot_layer(flagged(hill), points, HotspotSpec(prominence=0.3, largest_ha=2.0), border=border)
    assert layer.features is not None
    (core,) = layer.features.to_dict("records")
    assert (core["events"], core["events_share"], core["area_ha"], core["core_of_ha"]) == (8, 0.4, 4.0, 5.5)
    assert core["pai"] == pytest.approx(0.4 / (4 / 22))
    assert "1 of these places is the core of hot ground above 4 ha; the 2 ha about it are hot too" in " ".join(
        layer.meta.caveats
    )


def test_a_rule_that_takes_a_share_of_the_area_keeps_all_that_it_took() -> None:
    hill = np.zeros((4, 6))
    hill[1] = [9, 8, 7, 6, 5, 4]
    chosen = replace(flagged(hill), rule="top_share")
    layer = hotspot_layer(chosen, in_cells({(1, 0): 6}), HotspotSpec(prominence=0.3, largest_ha=2.0))
    assert layer.features is not None
    assert layer.features["area_ha"].tolist() == [6.0]
    assert layer.features["core_of_ha"].isna().all()


def test_fault_062_cells_that_only_touch_at_a_corner_are_two_patches() -> None:
    hot = np.array([[True, False], [False, True]])
    assert patches(hot, hot * 1.0, hot * 5, **SETTINGS).tolist() == [[1, 0], [0, 2]]


def test_no_hot_cell_makes_no_patch() -> None:
    hot = np.zeros((3, 3), dtype=bool)
    assert patches(hot, hot * 1.0, hot * 1, **SETTINGS).max() == 0
    assert polygons(np.zeros((3, 3), dtype=np.int32), GridSpec(0, 0, 10, 3, 3)) == []


def test_polygons_are_the_outlines_of_the_cells_in_national_grid_metres() -> None:
    labels = np.array([[1, 1], [2, 0]], dtype=np.int32)
    first, second = polygons(labels, GridSpec(544_000, 258_000, 100, 2, 2))
    assert first.equals(shapely.box(544_000, 258_100, 544_200, 258_200))
    assert second.equals(shapely.box(544_000, 258_000, 544_100, 258_100))


def test_places_are_ranked_hottest_first_with_what_is_in_them() -> None:
    features = placed().features
    assert features is not None
    assert list(features.columns) == [*(column.name for column in HOTSPOT_COLUMNS), "geometry"]
    assert features["rank"].tolist() == [1, 2, 3]
    assert features["events"].tolist() == [12, 8, 6]
    assert features["hotspot_id"].tolist() == ["TL 441 582", "TL 444 582", "TL 440 580"]
    first = features.iloc[0]
    # 12 of 30 events on 4 of 24 ha: 0.4 over a sixth.
    assert (first["events_share"], first["area_ha"]) == (0.4, 4.0)
    assert first["pai"] == pytest.approx(2.4)
    assert first["peak_per_km2"] == 90.0
    assert first["by_year"] == "2018/19: 12"
    assert first["chance"] == "Fewer than 1 map in 1,000 without clustering would reach this."
    assert features.crs.to_epsg() == 27700


def test_every_event_is_in_one_place_at_most_and_the_polygon_holds_it() -> None:
    features = placed().features
    assert features is not None
    points = shapely.points(MANY.coordinates)
    held = [int(shapely.contains(shape, points).sum()) for shape in features.geometry]
    assert held == features["events"].tolist()


def test_patches_of_few_events_are_not_listed_and_that_is_said() -> None:
    layer = placed(in_cells({(1, 1): 9, (3, 0): 4}))
    assert layer.features is not None
    assert len(layer.features) == 1
    assert any("1 hot patch with fewer than 5 events is not listed" in text for text in layer.meta.caveats)


def test_no_hot_cells_is_a_layer_without_rows_and_with_its_columns() -> None:
    cold = hotspot_layer(flagged(hot_from=99.0), MANY, HotspotSpec())
    assert cold.features is not None
    assert len(cold.features) == 0
    assert list(cold.features.columns) == [*(column.name for column in HOTSPOT_COLUMNS), "geometry"]


def test_area_and_events_are_those_inside_the_border() -> None:
    border = shapely.box(544_000, 258_000, 544_600, 258_250)
    layer = placed(border=border)
    assert layer.features is not None
    first = layer.features.iloc[0]
    assert first["area_ha"] == pytest.approx(3.0)
    assert first["area_share"] == pytest.approx(3.0 / 15)
    assert layer.features["events_share"].sum() == pytest.approx(1.0)  # the four events north of the border are not in


def test_a_place_is_inside_partly_in_or_outside_the_city_centre_area() -> None:
    centre = shapely.box(544_000, 258_000, 544_250, 258_400)
    features = placed(city_centre=centre).features
    assert features is not None
    assert features["city_centre"].tolist() == ["partly", "outside", "inside"]


def test_hours_are_counted_where_they_are_held() -> None:
    hours = pd.array([23, 2, 12, None, 5, 6, 17, 18, None], dtype="Int64")
    features = placed(in_cells({(1, 1): 9}, hour=hours)).features
    assert features is not None
    assert (features["with_hour"].iloc[0], features["at_night"].iloc[0]) == (7, 4)
    without = placed().features
    assert without is not None
    assert without["with_hour"].isna().all()


def test_a_place_is_named_by_its_commonest_street_and_the_nearest_place() -> None:
    gazetteer = pd.DataFrame({"name": ["Market"], "easting": [544_150.0], "northing": [258_250.0]})
    streets = ["Petty Cury"] * 5 + ["Market Hill"] * 4
    features = placed(in_cells({(1, 1): 9}, street=streets), places=gazetteer).features
    assert features is not None
    assert features["name"].tolist() == ["Petty Cury (Market)"]


def test_a_kind_of_place_is_told_by_the_street_of_its_other_events_or_the_nearest_one() -> None:
    streets = [*["Supermarket"] * 6, *["Histon Road"] * 3, *["Parking Area"] * 9, "Newmarket Road"]
    features = placed(in_cells({(1, 1): 9, (3, 0): 9, (3, 2): 1}, street=streets)).features
    assert features is not None
    assert features["name"].tolist() == ["Supermarket near Histon Road", "Parking Area near Newmarket Road"]


def test_kinds_of_place_alone_are_still_a_name() -> None:
    features = placed(in_cells({(1, 1): 9}, street=["Hospital"] * 9)).features
    assert features is not None
    assert features["name"].tolist() == ["Hospital"]


def test_names_fall_back_on_direction_and_grid_reference_and_never_repeat() -> None:
    gazetteer = pd.DataFrame(
        {"name": ["The Kite"], "easting": [544_300.0], "northing": [258_200.0], "radius_m": [180.0]}
    )
    features = placed(places=gazetteer).features
    assert features is not None
    assert features["name"].tolist() == ["The Kite", "The Kite (TL 444 582)", "290 m south-west of The Kite"]
    bare = placed().features
    assert bare is not None
    assert bare["name"].tolist() == bare["hotspot_id"].tolist()


def test_beside_takes_the_place_that_reaches_the_position_and_gives_up_far_from_any() -> None:
    gazetteer = pd.DataFrame(
        {"name": ["Small", "Large"], "easting": [0.0, 300.0], "northing": [0.0, 0.0], "radius_m": [50.0, 280.0]}
    )
    assert beside(100.0, 0.0, gazetteer) == "Large"
    assert beside(0.0, 2_000.0, gazetteer) is None
    assert beside(0.0, 0.0, None) is None


def test_a_place_keeps_its_identity_while_it_overlaps_or_its_peak_stays_near() -> None:
    before = frame({"A": 0, "B": 1_000, "C": 3_000})
    now = frame({"P": 40, "Q": 1_140, "R": 5_000})
    assert kept_identities(now, before) == {"P": "A", "Q": "B"}
    assert renamed(now, {"P": "A", "Q": "B"})["hotspot_id"].tolist() == ["A", "B", "R"]


def test_a_place_called_by_its_grid_reference_is_called_by_the_one_that_it_keeps() -> None:
    """It was ranked as SK 859 087 and described as "grid reference SK 859 086"; a street keeps its name."""
    now = frame({"SK 859 087": 40, "SK 862 086": 2_000}).assign(name=["SK 859 087", "Mill Street"])
    kept = renamed(now, {"SK 859 087": "SK 859 086", "SK 862 086": "SK 862 085"})
    assert kept["hotspot_id"].tolist() == ["SK 859 086", "SK 862 085"]
    assert kept["name"].tolist() == ["SK 859 086", "Mill Street"]


def test_an_identity_is_taken_over_once_by_the_best_match() -> None:
    assert kept_identities(frame({"P": 10, "Q": 30}), frame({"A": 0})) == {"P": "A"}


def test_no_two_places_share_an_identity_when_one_takes_over_anothers_grid_square() -> None:
    # The peak moved on and another now stands in the square that named it.
    now = frame({"A": 120, "P": 10})
    kept = kept_identities(now, frame({"A": 0}))
    assert kept == {"P": "A"}
    assert renamed(now, kept)["hotspot_id"].tolist() == ["A b", "A"]


def test_the_first_build_keeps_nothing() -> None:
    assert kept_identities(frame({"A": 0}), frame({})) == {}


def steps(*heights: np.ndarray) -> EmergingHotSpots:
    """Emerging hot spots of which only hot, cold and Gi* are looked at: hot from 3, cold to -3."""
    z = np.array(heights)
    found = emerging_hot_spots(np.ones(z.shape))
    return replace(found, gi_star=replace(found.gi_star, z=z), hot=z >= 3, cold=z <= -3)


def test_a_place_is_hot_in_a_step_when_any_of_its_cells_is() -> None:
    # The first hill is hot in every quarter, the second in the last two, the lone cell in the last only.
    early = np.where(np.arange(6) < 3, HEIGHT, 0.0)
    early[3] = 0
    late, last = HEIGHT.copy(), HEIGHT
    late[3] = 0
    layer = with_persistence(placed(), steps(early, early, late, last), GRID)
    assert layer.features is not None
    assert layer.features["persistence"].tolist() == [
        "persistent hot spot",
        "consecutive hot spot",
        "new hot spot",
    ]


def test_a_place_is_cold_in_a_step_when_all_of_its_cells_are() -> None:
    partly, wholly = np.where(HEIGHT == 9, -4.0, 0.0), np.full((4, 6), -4.0)
    for before, expected in ((partly, "sporadic hot spot"), (wholly, "oscillating hot spot")):
        layer = with_persistence(placed(), steps(HEIGHT, before, 0 * HEIGHT, HEIGHT), GRID)
        assert layer.features is not None
        assert layer.features["persistence"].iloc[0] == expected


def test_three_quarters_say_nothing_of_how_a_place_came_and_went() -> None:
    quarters = [quarter(2018, number) for number in (1, 2, 3, 4)]
    assert emerging_over(MANY, GRID, quarters[:3], reach_m=100) is None
    layer = with_persistence(placed(), None, GRID)
    assert layer.features is not None
    assert layer.features["persistence"].isna().all()


def test_the_steps_hold_the_events_of_each_period_with_those_of_the_one_before() -> None:
    # All events are of the first of May 2018: in the first quarter of four, and near the second.
    quarters = [quarter(2018, number) for number in (1, 2, 3, 4)]
    found = emerging_over(MANY, GRID, quarters, reach_m=100)
    assert found is not None
    assert np.nanargmax(found.gi_star.z[:, 1, 1]) == 0
    assert (found.gi_star.z[2:] < 0).all()
    assert found.gi_star.neighbours[:, 1, 1].tolist() == [5, 10, 10, 10]


def test_without_simulations_there_is_no_sentence_of_chance() -> None:
    assert chance_sentence(float("nan")) is None


def test_a_grid_reference_names_the_square_that_holds_a_position() -> None:
    # Ordnance Survey's own example of a grid reference: Caister water tower.
    assert to_grid_reference(651_409.9, 313_177.3, side_m=10) == "TG 5140 1317"
    assert to_grid_reference(545_000.0, 258_000.0) == "TL 450 580"
    with pytest.raises(CrsError, match="not on the National Grid"):
        to_grid_reference(-1.0, 5.0)


@pytest.mark.parametrize("wrong", [{"largest_ha": 0.0}, {"prominence": 1.5}, {"prominence": -0.1}])
def test_a_division_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(DataRefused, match=next(iter(wrong))):
        HotspotSpec(**wrong)  # type: ignore[arg-type]


def test_years_without_events_inside_are_zeros() -> None:
    points = in_cells({(1, 1): 6, (3, 0): 5})
    points.table["date"] = pd.to_datetime([date(2017, 3, 31)] * 6 + [date(2018, 4, 1)] * 5)
    features = placed(points).features
    assert features is not None
    assert features["by_year"].tolist() == ["2016/17: 6, 2017/18: 0, 2018/19: 0", "2016/17: 0, 2017/18: 0, 2018/19: 5"]


@pytest.mark.parametrize(
    ("first", "last", "missing", "said"),
    [
        (date(2016, 4, 1), date(2018, 3, 31), (), "2016/17: 6, 2017/18: 5"),
        (date(2016, 11, 1), date(2018, 3, 31), (), "2016/17 (5 months): 6, 2017/18: 5"),
        (date(2017, 3, 1), date(2017, 6, 10), (), "2016/17 (1 month): 6, 2017/18 (2 months): 5"),
        (date(2016, 4, 1), date(2018, 3, 31), (month(2017, 8),), "2016/17: 6, 2017/18 (11 months): 5"),
    ],
)
def test_a_year_of_which_a_part_is_held_says_how_many_months_it_is(first, last, missing, said) -> None:
    points = in_cells({(1, 1): 11})
    points.table["date"] = pd.to_datetime([date(2017, 3, 31)] * 6 + [date(2017, 4, 1)] * 5)
    held = replace(points.meta, coverage=Coverage(first, last, absent="zero", missing=missing))
    features = placed(replace(points, meta=held)).features
    assert features is not None
    assert features["by_year"].tolist() == [said]


def frame(west: dict[str, int]) -> gpd.GeoDataFrame:
    boxes = [shapely.box(edge, 0, edge + 100, 100) for edge in west.values()]
    table = {"hotspot_id": list(west), "easting": [edge + 50.0 for edge in west.values()], "northing": 50.0, "name": ""}
    return gpd.GeoDataFrame(table, geometry=boxes)


@pytest.mark.parametrize("seed", range(4))
def test_identities_found_among_those_near_are_those_of_comparing_all_with_all(seed: int) -> None:
    def places(name: str, count: int) -> gpd.GeoDataFrame:
        west, south, side = (random.integers(low, high, count) * 50.0 for low, high in ((0, 40), (0, 40), (1, 5)))
        table = {"hotspot_id": [f"{name}{number}" for number in range(count)], "easting": west + 25, "northing": south}
        return gpd.GeoDataFrame(table, geometry=shapely.box(west, south, west + side, south + side))

    random = np.random.default_rng(seed)
    now, before = places("N", 30), places("B", 20 * seed)
    matches = []
    for new in now.itertuples():
        for old in before.itertuples():
            overlap = new.geometry.intersection(old.geometry).area / min(new.geometry.area, old.geometry.area)
            apart = float(np.hypot(new.easting - old.easting, new.northing - old.northing))
            if overlap >= 0.5 or apart <= 150:
                matches.append((-overlap, apart, new.hotspot_id, old.hotspot_id))
    expected: dict[str, str] = {}
    for _, _, own, earlier in sorted(matches):
        if own not in expected and earlier not in expected.values():
            expected[own] = earlier
    assert kept_identities(now, before) == expected
