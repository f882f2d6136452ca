"""Differences and relative risk: one grid, one bandwidth, and no ratio over nothing."""

import numpy as np
import pandas as pd
import pytest

from hotspots.analysis.density import DensitySpec, density, density_difference, relative_risk
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec, Layer
from hotspots.tables import points_from_frame

GRID = GridSpec(0, 0, 20, 60, 50)


def layer(*places: tuple[float, float], bandwidth: float = 200.0, title: str = "points") -> Layer:
    events = points_from_frame(pd.DataFrame(places, columns=["easting", "northing"]), title=title)
    return density(events, GRID, DensitySpec(bandwidth), period=title)


def test_a_difference_integrates_to_the_difference_of_the_events() -> None:
    made = density_difference(layer((300, 300), (320, 310), (700, 600)), layer((300, 300)))
    assert made.surface is not None
    assert float(made.surface.values.sum(dtype=np.float64)) * 0.0004 == pytest.approx(2.0, rel=1e-5)
    assert made.meta.unit == "events per km²"


def test_the_same_events_at_twice_the_number_are_a_risk_of_one_everywhere() -> None:
    places = [(300.0, 300.0), (400.0, 420.0), (900.0, 700.0)]
    made = relative_risk(layer(*places, *places), layer(*places))
    assert made.surface is not None
    known = made.surface.values[~np.isnan(made.surface.values)]
    np.testing.assert_allclose(known, 1, rtol=1e-5)
    assert 0 < known.size < GRID.rows * GRID.columns


def test_where_there_are_no_controls_there_is_no_ratio() -> None:
    made = relative_risk(layer((300, 300), (900, 700)), layer((300, 300)))
    assert made.surface is not None
    assert np.isnan(made.surface.values[50 - 35, 45])
    assert any("have no ratio" in caveat for caveat in made.meta.caveats)
    assert made.meta.unit == "times the average"


def test_the_count_behind_a_comparison_is_the_smaller_one_and_never_hides_a_lone_side() -> None:
    a, b = layer((300, 300), (310, 300), (300, 310), (900, 700)), layer((300, 300))
    made = density_difference(a, b).surface
    assert made is not None
    assert made.events[50 - 15, 15] == 1
    assert made.events[50 - 35, 45] == 1
    assert made.events[0, 0] == 0


def test_two_bandwidths_are_not_compared() -> None:
    with pytest.raises(DataRefused, match=r"same bandwidth_m, got 200\.0 and 100\.0"):
        density_difference(layer((300, 300)), layer((300, 300), bandwidth=100.0))


def test_a_risk_without_controls_is_refused() -> None:
    empty = density(points_from_frame(pd.DataFrame({"easting": [], "northing": []})), GRID, DensitySpec(200.0))
    with pytest.raises(DataRefused, match="got none of one of them"):
        relative_risk(layer((300, 300)), empty)
