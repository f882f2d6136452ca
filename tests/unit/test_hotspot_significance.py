"""The default rule: simulated maps are what the null says, the yardstick is right, chance is rarely called hot."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.hotspots.background import Background
from hotspots.analysis.hotspots.deviance import Expectation
from hotspots.analysis.hotspots.draws import alias_table, drawn, key_of, uniform
from hotspots.analysis.hotspots.events import Events
from hotspots.analysis.hotspots.ground import shares, snapping_tiles, triangles
from hotspots.analysis.hotspots.maps import Frame, kernel_sums
from hotspots.analysis.hotspots.nulls import AtPlaces, Labels, Null, OnGround, simulated_peaks
from hotspots.analysis.hotspots.rules import flagged_cells
from hotspots.analysis.hotspots.significance import excess, may_reach, one_in
from hotspots.analysis.hotspots.spec import HotspotSpec
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents, points_from_frame

GRID = GridSpec(544000, 257000, 50, 40, 30)
FRAME = Frame(GRID, 150.0)
RANDOM = np.random.default_rng(20190131)
PLACES = RANDOM.uniform((0, 0), (2000, 1500), (60, 2))


def splitmix(key: int, counter: int) -> int:
    """The generator again, in whole numbers of Python."""
    number = (key + (counter + 1) * 0x9E3779B97F4A7C15) % 2**64
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) % 2**64
    return number ^ (number >> 31)


def points(coordinates: Any, **options: Any) -> PointEvents:
    return points_from_frame(pd.DataFrame(np.asarray(coordinates), columns=["easting", "northing"]), **options)


def brute_map(east: np.ndarray, down: np.ndarray, weight: np.ndarray, power: int = 1) -> np.ndarray:
    """Sum of the kernel at every cell centre, one event at a time."""
    across, along = np.meshgrid((np.arange(40) + 0.5) * 50, (np.arange(30) + 0.5) * 50)
    values = np.zeros(across.shape)
    for x, y, w in zip(east, down, weight, strict=True):
        squared = ((across - x) ** 2 + (along - y) ** 2) / 150.0**2
        values += w * (np.clip(1 - squared, 0, None) ** 2) ** power
    return values


def test_the_generator_is_splitmix_with_its_published_first_number() -> None:
    # Seed 1234567 of the published generator: 6457827717110365317, then 3203168211198807973.
    assert [splitmix(1234567, k) for k in range(2)] == [6457827717110365317, 3203168211198807973]
    key = np.uint64(1234567)
    assert [uniform(key, k) for k in range(2)] == [(splitmix(1234567, k) >> 11) * 2.0**-53 for k in range(2)]
    assert len({int(key_of(seed, simulation)) for seed in range(5) for simulation in range(1000)}) == 5000


def test_the_alias_table_draws_each_item_by_its_weight() -> None:
    weights = np.array([5.0, 1.0, 0.25, 3.75, 2.0])
    share, other = alias_table(weights)
    kept = np.zeros(5)
    for item in range(5):
        kept[item] += share[item] / 5
        kept[other[item]] += (1 - share[item]) / 5
    np.testing.assert_allclose(kept, weights / weights.sum(), atol=1e-15)
    assert drawn(share, other, 0.999999999) in range(5)


@pytest.mark.parametrize("power", [1, 2])
def test_a_map_is_the_sum_of_kernels_also_over_the_rim(power: int) -> None:
    random = np.random.default_rng(2019)
    east, down = np.r_[PLACES[:, 0], 0.0, 2000.0], np.r_[PLACES[:, 1], 0.0, 1500.0]
    weight = random.gamma(1.0, 1.0, 62)
    made = FRAME.inner(kernel_sums(FRAME, east, down, weight, squared=power == 2))
    np.testing.assert_allclose(made, brute_map(east, down, weight, power), rtol=0, atol=1e-12)


def on_ground(number: int, *shapes: Any) -> OnGround:
    """Events on the first shape without the others, in metres east and down of the corner of ``GRID``."""
    rest = shapely.difference(shapes[0], shapely.union_all(shapes[1:]))
    row, column = np.divmod(np.arange(1200), 40)
    east, down = column * 50.0, row * 50.0
    received = shapely.area(shapely.intersection(rest, shapely.box(east, down, east + 50, down + 50)))
    corners, held = triangles((np.array([rest]), np.ones(1)))
    return OnGround(number, held, corners, (received, east, down))


def nulls() -> dict[str, Null]:
    random = np.random.default_rng(2020)
    place_of = random.integers(0, 60, 200)
    return {
        "on ground": on_ground(50, shapely.box(0, 0, 2000, 1500), shapely.Point(1200, 700).buffer(500)),
        "at places": AtPlaces(50, np.arange(1.0, 61.0), *PLACES.T.copy()),
        "cases": Labels(np.ones(50), place_of, *PLACES.T.copy()),
        "weights": Labels(random.gamma(2.0, 3.0, 200), place_of, *PLACES.T.copy()),
    }


def simulated(null: Null, key: int) -> np.ndarray:
    """One map of a null, drawn again in Python from the same numbers."""
    unit = lambda counter: (splitmix(key, counter) >> 11) * 2.0**-53  # noqa: E731
    if isinstance(null, Labels):
        order = list(range(len(null.place_of)))
        weight = np.zeros(60)
        for event, label in enumerate(null.labels):
            taken = event + int(unit(event) * (len(order) - event))
            order[event], order[taken] = order[taken], order[event]
            weight[null.place_of[order[event]]] += label
        return brute_map(*PLACES.T, weight)
    table = alias_table(null.shares)
    if isinstance(null, AtPlaces):
        chosen = [drawn(*table, unit(event)) for event in range(50)]
        return brute_map(*PLACES.T, np.bincount(chosen, minlength=60))
    chosen = [drawn(*table, unit(3 * event)) for event in range(50)]
    along, across = (np.array([unit(3 * event + number) for event in range(50)]) for number in (1, 2))
    beyond = along + across > 1
    along, across = np.where(beyond, 1 - along, along), np.where(beyond, 1 - across, across)
    first, second, third = null.corners[chosen].transpose(1, 2, 0)
    east, down = first + along * (second - first) + across * (third - first)
    return brute_map(east, down, np.ones(50))


@pytest.mark.parametrize("name", list(nulls()))
def test_the_peak_of_each_simulated_map_is_that_of_the_same_map_made_slowly(name: str) -> None:
    null = nulls()[name]
    mean, variance, dispersion = null.moments(FRAME)
    within = np.pad(np.ones((30, 40), dtype=bool), FRAME.margin)
    expectation = Expectation.of(mean, variance, dispersion=dispersion, within=within)
    peaks = simulated_peaks(null, FRAME, expectation, simulations=25, seed=7)
    for simulation in (0, 11, 24):
        whole = np.pad(simulated(null, int(key_of(7, simulation))), FRAME.margin)
        assert math.isclose(np.nanmax(expectation.deviance(whole)), peaks[simulation], rel_tol=1e-9)


@pytest.mark.parametrize("name", list(nulls()))
def test_mean_and_variance_are_those_of_many_maps(name: str) -> None:
    null = nulls()[name]
    mean, variance, _ = (FRAME.inner(part) if isinstance(part, np.ndarray) else part for part in null.moments(FRAME))
    maps = np.array([simulated(null, int(key_of(3, simulation))) for simulation in range(400)])
    full = variance > 0.2 * variance.max()
    assert (
        abs(maps.mean(axis=0) - mean)[full] / np.sqrt(variance[full] / 400)
    ).mean() < 1.2  # 0.8 for independent cells
    assert abs(maps.var(axis=0, ddof=1)[full].mean() / variance[full].mean() - 1) < 0.06


def test_the_deviance_of_a_cell_by_hand() -> None:
    # Six events where two are expected: sqrt(2 (6 log 3 - 4)) = 2.2767; none: -sqrt(2 x 2).
    two = Expectation(np.ones(3), np.full(3, 2.0), np.array([True, True, False]))
    np.testing.assert_allclose(two.deviance(np.array([6.0, 0.0, 6.0])), [2.2767, -2.0, np.nan], atol=5e-5)


def test_cells_that_no_event_of_the_null_reaches_are_undefined_and_never_hot() -> None:
    random = np.random.default_rng(2021)
    here = np.repeat([[544500.0, 257500.0]], 30, axis=0)
    there = random.uniform((544100, 257100), (545000, 258000), (200, 2))
    found = flagged_cells(points(here), GRID, HotspotSpec(simulations=99), reference=points(np.r_[here, there]))
    far = np.zeros((30, 40), dtype=bool)
    far[:, 30:] = True
    assert np.isnan(found.value[far]).all()
    assert np.isnan(found.one_in[far]).all()
    assert not found.hot[far].any()
    assert found.hot.any()
    assert np.isfinite(found.value[found.hot]).all()


def test_any_number_of_threads_gives_the_same_peaks_and_another_seed_others() -> None:
    null = nulls()["on ground"]
    mean, variance, dispersion = null.moments(FRAME)
    expectation = Expectation.of(mean, variance, dispersion=dispersion, within=np.ones(FRAME.shape, dtype=bool))
    one = simulated_peaks(null, FRAME, expectation, simulations=99, seed=1, threads=1)
    np.testing.assert_array_equal(simulated_peaks(null, FRAME, expectation, simulations=99, seed=1, threads=3), one)
    assert not np.array_equal(simulated_peaks(null, FRAME, expectation, simulations=99, seed=2), one)


def test_a_cell_is_counted_as_reached_by_a_map_with_the_same_peak() -> None:
    # All events at the one published point: every map is the observed one.
    null = AtPlaces(9, np.array([1.0, 1e-9]), np.array([500.0, 1500.0]), np.array([500.0, 500.0]))
    events = Events(np.repeat([[544500.0, 258000.0]], 9, axis=0), np.ones(9))
    found = excess(events, null, FRAME, inside=np.ones((30, 40), dtype=bool), simulations=99, seed=1)
    assert found.reached[np.nanargmax(found.deviance) // 40, np.nanargmax(found.deviance) % 40] == 99


def test_the_threshold_allows_for_there_being_few_simulations() -> None:
    assert [may_reach(simulations, 0.95) for simulations in (19, 99, 199, 999, 9999)] == [0, 0, 3, 36, 457]
    assert may_reach(999, 0.99) == 3
    with pytest.raises(DataRefused, match="use at least 99"):
        may_reach(50, 0.99)


def test_the_rarity_in_words_is_never_overstated() -> None:
    # 0 of 999 reach it: fewer than 1 in 1,000; 38: 39 of 1,000 maps, the observed one among them.
    assert one_in(np.array([0, 1, 38, 49, 999]), 999).tolist() == [1000.0, 500.0, 25.0, 20.0, 1.0]
    reached = np.arange(999)
    assert (reached / 999 < 1 / one_in(reached, 999)).all()


def test_the_share_of_each_published_point_is_its_ground() -> None:
    random = np.random.default_rng(2022)
    square = shapely.box(0, 0, 100, 100)
    at = np.array([[10.0, 50.0], [50.0, 50.0], [90.0, 50.0]])
    assert shares(snapping_tiles(at, ([square], np.ones(1))), (np.array([square]), np.ones(1))).tolist() == [
        0.3,
        0.4,
        0.3,
    ]
    drawn_shares = np.bincount(
        [int(np.argmin(np.hypot(*(at - place).T))) for place in random.uniform(0, 100, (20000, 2))], minlength=3
    )
    np.testing.assert_allclose(drawn_shares / 20000, [0.3, 0.4, 0.3], atol=0.012)


def test_events_of_maps_without_clustering_lie_in_the_border_and_not_beside_it_in_cells_that_it_cuts() -> None:
    # A comb whose teeth are narrower than a cell, with a hole and an island: what a border may look like at worst.
    teeth = [shapely.box(544010 + 100 * tooth, 257010, 544030 + 100 * tooth, 258490) for tooth in range(19)]
    comb = shapely.union_all(
        [shapely.box(544005, 257705, 545995, 257755), *teeth, shapely.box(545920, 258400, 545940, 258420)]
    )
    border = shapely.difference(comb, shapely.Point(544020, 257400).buffer(8))
    null, _ = Background(border=border).null(Events(np.zeros((5, 2)), np.ones(5)), HotspotSpec(), FRAME)
    assert isinstance(null, OnGround)
    drawn_in = [shapely.Polygon(corners) for corners in null.corners]
    cut = shapely.transform(border, lambda at: np.column_stack([at[:, 0] - 544000, 258500 - at[:, 1]]))
    assert math.isclose(shapely.union_all(drawn_in).symmetric_difference(cut).area, 0, abs_tol=1e-6)
    assert math.isclose(sum(shape.area for shape in drawn_in), border.area, rel_tol=1e-12)
    np.testing.assert_allclose(null.shares, [shape.area / border.area for shape in drawn_in], rtol=1e-9)


def test_residents_are_spread_within_their_area_and_cut_to_the_border() -> None:
    west, east = shapely.box(544000, 257000, 545000, 258500), shapely.box(545000, 257000, 546000, 258500)
    people = pd.DataFrame({"geometry": [west, east], "population": [300, 100]})
    background = Background(border=shapely.box(544000, 257000, 545500, 258500), population=people)
    null, words = background.null(Events(np.zeros((5, 2)), np.ones(5)), HotspotSpec(null="population"), FRAME)
    assert isinstance(null, OnGround)
    west_of_the_middle = null.corners[..., 0].mean(axis=1) < 1000
    assert math.isclose(null.shares[west_of_the_middle].sum(), 300 / 350, abs_tol=1e-12)
    assert (null.corners[..., 0] <= 1500).all()
    assert words == "as many events spread evenly over the residents"


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        (HotspotSpec(null="reference"), {}, "needs reference="),
        (HotspotSpec(null="population"), {}, "needs population="),
        (HotspotSpec(null="labels"), {}, "dealing them out"),
        (HotspotSpec(null="uniform", weight="weight"), {}, "dealing them out"),
        (HotspotSpec(null="reference"), {"same": True}, "no other events than these"),
        (HotspotSpec(), {"border": shapely.box(0, 0, 1, 1)}, "no cell centre lies inside"),
        (HotspotSpec(), {"snap_points": np.zeros((3, 3))}, "shape"),
        (HotspotSpec(level=0.99, simulations=50), {}, "use at least 99"),
    ],
)
def test_what_a_null_needs_and_was_not_given_is_asked_for(
    spec: HotspotSpec, options: dict[str, Any], message: str
) -> None:
    options = dict(options)
    frame = pd.DataFrame({"easting": [544100.0, 544200.0], "northing": [257100.0, 257200.0], "weight": [1.0, 2.0]})
    events = points_from_frame(frame, weight="weight")
    if options.pop("same", False):
        options["reference"] = events
    with pytest.raises(DataRefused, match=message):
        flagged_cells(events, GRID, spec, **options)


def test_snapped_positions_are_not_compared_with_events_that_were_not_snapped() -> None:
    random = np.random.default_rng(2023)
    snapped = points(random.uniform((544000, 257000), (546000, 258500), (20, 2)), resolution="snapped_point")
    with pytest.raises(DataRefused, match="give snap_points="):
        flagged_cells(snapped, GRID, HotspotSpec())


def test_no_events_and_one_event_are_no_hotspot() -> None:
    nothing = flagged_cells(points(np.empty((0, 2))), GRID, HotspotSpec(simulations=99))
    assert not nothing.hot.any()
    assert "No events" in nothing.statement
    one = flagged_cells(points([[545000.0, 258000.0]]), GRID, HotspotSpec(simulations=99))
    assert not one.hot.any()
    assert np.nanmax(one.one_in) == 1.0


def test_a_planted_cluster_is_found_where_it_is_and_nowhere_else() -> None:
    random = np.random.default_rng(2024)
    spread = random.uniform((544000, 257000), (546000, 258500), (150, 2))
    cluster = np.array([545225.0, 257725.0]) + random.normal(0, 40, (25, 2))
    found = flagged_cells(points(np.r_[spread, cluster]), GRID, HotspotSpec(seed=5))
    east, north = np.meshgrid(GRID.centre_eastings, GRID.centre_northings)
    distance = np.hypot(east - 545225, north - 257725)
    assert found.hot.any()
    assert distance[found.hot].max() < 150
    assert found.hot[distance.argmin() // 40, distance.argmin() % 40]
    assert found.one_in[found.hot].max() == 1000.0
    assert (found.rule, found.null, found.seed) == ("max_density", "uniform", 5)
    assert "999" in found.statement
    assert "seed 5" in found.statement


def test_weights_dealt_out_find_the_place_of_heavy_events_and_not_that_of_many() -> None:
    random = np.random.default_rng(2025)
    many = np.repeat([[544525.0, 257525.0]], 40, axis=0) + random.normal(0, 30, (40, 2))
    heavy = np.array([545525.0, 258025.0]) + random.normal(0, 30, (8, 2))
    others = random.uniform((544000, 257000), (546000, 258500), (60, 2))
    frame = pd.DataFrame(np.r_[many, heavy, others], columns=["easting", "northing"])
    frame["weight"] = np.r_[np.full(40, 2.0), np.full(8, 60.0), random.integers(1, 5, 60)]
    found = flagged_cells(points_from_frame(frame, weight="weight"), GRID, HotspotSpec(weight="weight"))
    assert found.null == "labels"
    rows, columns = np.nonzero(found.hot)
    assert len(rows)
    assert (columns > 25).all()


def test_the_reference_takes_away_a_busy_centre_and_leaves_what_stands_out_of_it() -> None:
    random = np.random.default_rng(2026)
    centre = np.array([545000.0, 257750.0]) + random.normal(0, 150, (1500, 2))
    quiet = random.uniform((544000, 257000), (546000, 258500), (500, 2))
    everything = np.r_[centre, quiet]
    usual = everything[random.choice(2000, 150, replace=False)]
    alone = flagged_cells(points(usual), GRID, HotspotSpec())
    compared = flagged_cells(points(usual), GRID, HotspotSpec(), reference=points(everything))
    assert alone.hot.any()
    assert not compared.hot.any()
    assert compared.null == "reference"
    assert "2,000 reference events" in compared.statement


def false_hotspots(events: int, *, snap: np.ndarray | None, told: bool = True, maps: int = 100) -> int:
    """How many of many maps without clustering show any hot cell."""
    random = np.random.default_rng((events, 0 if snap is None else 1))
    found = 0
    for _ in range(maps):
        places = random.uniform((544000, 257000), (546000, 258500), (events, 2))
        if snap is not None:
            places = snap[[int(np.argmin(((snap - place) ** 2).sum(axis=1))) for place in places]]
        given = snap if told else None
        found += bool(flagged_cells(points(places), GRID, HotspotSpec(simulations=199), snap_points=given).hot.any())
    return found


SNAP = RANDOM.uniform((544000, 257000), (546000, 258500), (90, 2))


@pytest.mark.parametrize("events", [80, 800])
@pytest.mark.parametrize("snap", [None, SNAP], ids=["smooth", "snapped"])
def test_few_maps_without_clustering_show_a_hotspot(events: int, snap: np.ndarray | None) -> None:
    # Three or four are expected; benchmarks/HOTSPOTS.md has a thousand maps of each kind, and 6 in 100 as the bound.
    assert false_hotspots(events, snap=snap) <= 8


def test_snapped_events_tested_as_if_they_were_not_are_hot_on_every_map() -> None:
    assert false_hotspots(800, snap=SNAP, told=False, maps=20) == 20


def test_progress_is_told_up_to_the_end() -> None:
    told: list[float] = []
    given = points([[545000.0, 258000.0], [545100.0, 258000.0]])
    flagged_cells(given, GRID, HotspotSpec(simulations=99), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) == 10


def test_the_same_call_gives_the_same_bits_and_more_simulations_a_finer_answer() -> None:
    given = points(np.random.default_rng(6).normal((545000, 257800), 120, (40, 2)))
    first, again = (flagged_cells(given, GRID, HotspotSpec(simulations=199)) for _ in range(2))
    for name in ("hot", "value", "density", "one_in"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert np.nanmax(first.one_in) == 200.0


def test_a_bandwidth_below_the_cell_is_announced_with_both() -> None:
    given = points([[545000.0, 258000.0], [545100.0, 258000.0]])
    said = flagged_cells(given, GRID, HotspotSpec(simulations=99, bandwidth_m=40)).statement
    assert "The bandwidth (40 m) is below the cell size (50 m)" in said
    assert "below the cell size" not in flagged_cells(given, GRID, HotspotSpec(simulations=99)).statement
