"""Series of two and three years with planted changes: each place comes out as what was planted."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots import GridSpec, HotspotSpec, emerging_hot_spots, evaluate_hotspots, find_hotspots, points_from_frame
from hotspots.analysis.hotspots.persistence import emerging_over, with_persistence
from hotspots.periods import quarter

# What each of the nine cells of a place has at a step, beside the four events that every cell has on average.
STORIES: dict[str, Callable[[int, int], float]] = {
    "new hot spot": lambda step, steps: 12.0 if step == steps - 1 else 0.0,
    "consecutive hot spot": lambda step, steps: 12.0 if step >= steps - 6 else 0.0,
    "intensifying hot spot": lambda step, steps: 8.0 + 16.0 * step / steps,
    "persistent hot spot": lambda step, steps: 12.0,
    "diminishing hot spot": lambda step, steps: 24.0 - 16.0 * step / steps,
    "sporadic hot spot": lambda step, steps: 12.0 if (steps - 1 - step) % 3 == 0 else 0.0,
    "oscillating hot spot": lambda step, steps: 12.0 if (steps - 1 - step) % 3 == 0 else -4.0,
    "historical hot spot": lambda step, steps: 12.0 if step < steps - 2 else 0.0,
    "new cold spot": lambda step, steps: -4.0 if step == steps - 1 else 0.0,
    "persistent cold spot": lambda step, steps: -4.0,
    "no pattern": lambda step, steps: 12.0 if step < steps // 2 else 0.0,
}


@pytest.mark.parametrize("test", ["normal", "binomial"])
@pytest.mark.parametrize("steps", [24, 36])
def test_planted_changes_come_out_of_a_cube_of_months_as_they_were_planted(steps: int, test: str) -> None:
    random = np.random.default_rng(36)
    expected = np.full((steps, 60, 60), 4.0)
    places = {story: (8 + 14 * (number // 4), 8 + 14 * (number % 4)) for number, story in enumerate(STORIES)}
    for story, (row, column) in places.items():
        more = np.array([STORIES[story](step, steps) for step in range(steps)])
        expected[:, row - 1 : row + 2, column - 1 : column + 2] += more[:, None, None]
    found = emerging_hot_spots(random.poisson(expected), steps_back=0, test=test)  # type: ignore[arg-type]
    assert {story: str(found.classes[place]) for story, place in places.items()} == {story: story for story in places}


GRID = GridSpec(544_000, 257_000, 50, 40, 40)
PLANTED = {
    "new hot spot": ((544_425, 257_425), lambda month: 40 if month >= 33 else 0),
    "intensifying hot spot": ((544_425, 258_575), lambda month: 10 + month),
    "diminishing hot spot": ((545_575, 257_425), lambda month: 46 - month),
    "persistent hot spot": ((545_575, 258_575), lambda month: 25 + 3 * (month % 2)),
}


def three_years() -> pd.DataFrame:
    """Thirty-six months of some eighty events spread evenly, and those of the planted places within some 20 m."""
    random, rows = np.random.default_rng(5), []
    for month, name in enumerate(pd.period_range("2016-04", periods=36, freq="M").astype(str)):
        places = [random.uniform((544_000, 257_000), (546_000, 259_000), (80, 2))]
        for middle, planted in PLANTED.values():
            places.append(np.array(middle) + random.normal(0, 20, (planted(month), 2)))
        rows.append(pd.DataFrame(np.concatenate(places), columns=["easting", "northing"]).assign(Month=name))
    return pd.concat(rows, ignore_index=True)


def test_three_years_of_points_become_the_planted_places_each_with_its_story_and_are_predicted() -> None:
    points = points_from_frame(three_years(), date="Month")
    layer = find_hotspots(points, GRID, HotspotSpec(simulations=99))
    quarters = [quarter(year, number) for year in (2016, 2017, 2018) for number in (1, 2, 3, 4)]
    features = with_persistence(layer, emerging_over(points, GRID, quarters, reach_m=75), GRID).features
    assert features is not None
    assert (features["area_ha"] <= 8).all()
    stories = {}
    for story, (middle, _) in PLANTED.items():
        (at,) = features.index[features.contains(shapely.Point(middle))]
        stories[story] = features.loc[at, "persistence"]
    assert stories == {story: story for story in PLANTED}
    assert len(features) == len(PLANTED)
    found = evaluate_hotspots(points, GRID, area_share=0.01)
    assert (len(found.trained), len(found.scored)) == (24, 12)
    assert found.row("targeting")["pei"] > 0.7
