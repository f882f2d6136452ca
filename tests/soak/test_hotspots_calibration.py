"""A thousand maps without clustering of each kind: the bound that benchmarks/HOTSPOTS.md states, by ``make soak``."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from scipy.spatial import cKDTree

from hotspots import GridSpec, HotspotSpec, points_from_frame
from hotspots.analysis.hotspots.rules import flagged_cells

CITY = shapely.affinity.scale(shapely.Point(545000, 257500).buffer(1000, 64), 3.0, 4.25)
GRID = GridSpec.over(CITY.bounds, cell_m=50)
MAPS, AT_MOST = 1000, 60


def within(random: np.random.Generator, many: int) -> np.ndarray:
    west, south, east, north = CITY.bounds
    found = random.uniform((west, south), (east, north), (2 * many + 50, 2))
    return found[shapely.intersects_xy(CITY, found)][:many]


SNAP = within(np.random.default_rng(913), 900)
NEAREST = cKDTree(SNAP)


@pytest.mark.parametrize("events", [80, 800])
@pytest.mark.parametrize(
    ("move", "told"),
    [(np.asarray, None), (lambda places: SNAP[NEAREST.query(places)[1]], SNAP)],
    ids=["smooth", "snapped"],
)
def test_at_most_six_in_a_hundred_maps_without_clustering_show_a_hotspot(
    events: int, move: Callable[[np.ndarray], np.ndarray], told: np.ndarray | None
) -> None:
    random = np.random.default_rng((events, 2019))
    found = 0
    for seed in range(MAPS):
        frame = pd.DataFrame(move(within(random, events)), columns=["easting", "northing"])
        spec = HotspotSpec(seed=seed)
        found += bool(flagged_cells(points_from_frame(frame), GRID, spec, border=CITY, snap_points=told).hot.any())
    assert found <= AT_MOST
