"""The other rules: Gi* with its correction, the top share of the area, and counting per cell, with stated ties."""

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.analysis.hotspots.rules import flagged_cells
from hotspots.analysis.hotspots.spec import HotspotSpec
from hotspots.errors import DataRefused, ResolutionError
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents, points_from_frame

GRID = GridSpec(544000, 257000, 100, 5, 4)


def events(*counts: tuple[int, int, int]) -> PointEvents:
    """So many events in the middle of each cell (row from the north, column, how many)."""
    rows = [(544050 + 100 * column, 257350 - 100 * row) for row, column, many in counts for _ in range(many)]
    return points_from_frame(pd.DataFrame(rows, columns=["easting", "northing"], dtype=float))


def hot(flagged: Flagged) -> list[tuple[int, int]]:
    return [(int(row), int(column)) for row, column in zip(*np.nonzero(flagged.hot), strict=True)]


def test_counting_takes_the_cells_with_the_most_events_up_to_a_share_of_the_area() -> None:
    given = events((0, 0, 5), (3, 4, 7), (2, 2, 1), (1, 3, 2))
    found = flagged_cells(given, GRID, HotspotSpec("count", share=0.1))
    assert hot(found) == [(0, 0), (3, 4)]  # two of twenty cells
    assert found.value[3, 4] == 7
    assert np.isnan(found.one_in).all()
    assert (found.null, found.seed) == (None, None)
    assert "up to 10.0% of the area" in found.statement


def test_ties_go_to_the_higher_density_then_north_then_west() -> None:
    spec = HotspotSpec("count", share=0.05, bandwidth_m=150)  # one cell of twenty
    beside = events((1, 1, 3), (2, 2, 3), (2, 3, 1))
    assert hot(flagged_cells(beside, GRID, spec)) == [(2, 2)]
    no_edges = HotspotSpec("count", share=0.05, bandwidth_m=40)  # each density is of its own cell alone
    assert hot(flagged_cells(events((2, 1, 3), (1, 3, 3), (1, 1, 3)), GRID, no_edges)) == [(1, 1)]


def test_a_cell_without_events_is_never_hot() -> None:
    found = flagged_cells(events((1, 1, 2)), GRID, HotspotSpec("count", share=0.5))
    assert hot(found) == [(1, 1)]
    assert not flagged_cells(events(), GRID, HotspotSpec("top_share", share=0.5)).hot.any()


def test_the_top_share_is_of_the_cells_inside_the_border() -> None:
    border = shapely.box(544000, 257000, 544200, 257400)  # the two columns to the west: eight cells
    given = events((0, 4, 50), (0, 0, 3), (1, 1, 2), (3, 0, 1))
    found = flagged_cells(given, GRID, HotspotSpec("top_share", share=0.25, bandwidth_m=60), border=border)
    assert hot(found) == [(0, 0), (1, 1)]
    assert np.isnan(found.value[:, 2:]).all()
    assert found.inside.sum() == 8


def test_gi_star_with_its_correction_finds_fewer_cells_than_without() -> None:
    random = np.random.default_rng(8)
    grid = GridSpec(544000, 257000, 100, 30, 30)
    spread = random.uniform((544000, 257000), (547000, 260000), (900, 2))
    cluster = np.array([545550.0, 258550.0]) + random.normal(0, 120, (60, 2))
    given = points_from_frame(pd.DataFrame(np.r_[spread, cluster], columns=["easting", "northing"]))
    by_method = {
        method: flagged_cells(given, grid, HotspotSpec("gi_star", correction=method)).hot  # type: ignore[arg-type]
        for method in ("none", "benjamini_hochberg", "bonferroni")
    }
    sizes = {method: int(found.sum()) for method, found in by_method.items()}
    assert sizes["none"] > sizes["benjamini_hochberg"] >= sizes["bonferroni"] > 0
    rows, columns = np.nonzero(by_method["bonferroni"])
    assert np.hypot(columns - 15.5, 29 - rows - 15.5).max() < 4
    assert not (by_method["benjamini_hochberg"] & ~by_method["none"]).any()


def test_gi_star_says_which_neighbours_correction_and_what_is_undefined() -> None:
    found = flagged_cells(events(), GRID, HotspotSpec("gi_star", neighbours_m=200, correction="holm"))
    assert not found.hot.any()
    assert np.isnan(found.value).all()
    assert "those within 200 m" in found.statement
    assert "Holm" in found.statement
    assert "20 cells have no Gi*: all cells hold the same value" in found.statement


def test_weights_are_summed_where_a_column_is_named() -> None:
    frame = pd.DataFrame({"easting": [544050.0, 544450.0], "northing": [257350.0, 257050.0], "weight": [1.0, 9.0]})
    found = flagged_cells(
        points_from_frame(frame, weight="weight"), GRID, HotspotSpec("count", share=0.05, weight="weight")
    )
    assert hot(found) == [(3, 4)]
    assert found.value[3, 4] == 9
    with pytest.raises(DataRefused, match="no column 'quantity'"):
        flagged_cells(events((0, 0, 1)), GRID, HotspotSpec("count", weight="quantity"))


def test_an_event_on_a_shared_edge_is_in_one_cell() -> None:
    frame = pd.DataFrame({"easting": [544100.0, 544500.0], "northing": [257100.0, 257400.0]})
    found = flagged_cells(points_from_frame(frame), GRID, HotspotSpec("count"))
    assert np.nansum(found.value) == 2
    assert found.value[2, 1] == 1  # a cell holds its west and south edges
    assert found.value[0, 4] == 1  # the rim of the grid


def test_an_event_placed_more_vaguely_than_the_bandwidth_stays_out() -> None:
    given = events((1, 1, 3))
    vague = PointEvents(given.table.assign(uncertainty_m=[0.0, 200.0, 50.0]), given.meta)
    assert np.nansum(flagged_cells(vague, GRID, HotspotSpec("count")).value) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "kde"}, "choose one of max_density, gi_star, top_share, count"),
        ({"null": "random"}, "choose one of uniform, population, reference, labels"),
        ({"correction": "fdr"}, "choose one of benjamini_hochberg"),
        ({"bandwidth_m": 0}, "positive number of metres"),
        ({"bandwidth_m": float("nan")}, "positive number of metres"),
        ({"neighbours_m": -1}, "positive number of metres"),
        ({"level": 1}, "between 0 and 1"),
        ({"share": 0}, "between 0 and 1"),
        ({"simulations": 10}, "at least 19"),
        ({"seed": -1}, "whole number"),
        ({"min_events": 0}, "at least one event"),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        HotspotSpec(**options)  # type: ignore[arg-type]


def test_counts_by_area_cannot_become_hotspots() -> None:
    with pytest.raises(ResolutionError, match="no positions"):
        points_from_frame(pd.DataFrame({"easting": [1.0], "northing": [1.0]}), resolution="lsoa")


def test_flagged_cells_of_another_shape_or_outside_the_area_are_refused() -> None:
    found = flagged_cells(events((0, 0, 1)), GRID, HotspotSpec("count"))
    parts = vars(found)
    with pytest.raises(DataRefused, match="must hold"):
        Flagged(**{**parts, "hot": np.zeros((2, 2), dtype=bool)})
    with pytest.raises(DataRefused, match="outside the area"):
        Flagged(**{**parts, "hot": np.ones((4, 5), dtype=bool), "inside": np.zeros((4, 5), dtype=bool)})
