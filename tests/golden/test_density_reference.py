"""Redwood seedlings (Strauss 1975; Ripley 1977), 62 in a unit square, against spatstat 3.0 at sigma 0.1.

The square is taken as a kilometre. ``density(redwood, sigma = 0.1)`` integrates to 64.66 with the default (uniform)
correction, to 62 with Diggle's, to 55.75 with none; ``bw.scott(redwood)`` is 0.1362021, 0.1378626.
"""

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.density import DensitySpec, Edge, Kernel, density
from hotspots.analysis.density.bandwidths import scott_m
from hotspots.layer import GridSpec
from hotspots.tables import points_from_frame

# fmt: off
SEEDLINGS = np.array([
    (0.36, -0.08), (0.44, -0.1), (0.48, -0.08), (0.48, -0.14), (0.5, -0.1), (0.76, -0.14), (0.78, -0.12), (0.78,
    -0.16), (0.84, -0.08), (0.86, -0.18), (0.9, -0.08), (0.9, -0.1), (0.9, -0.16), (0.9, -0.2), (0.18, -0.4),
    (0.18, -0.38), (0.2, -0.42), (0.6, -0.34), (0.62, -0.34), (0.64, -0.36), (0.64, -0.28), (0.68, -0.32),
    (0.68, -0.24), (0.7, -0.28), (0.72, -0.26), (0.1, -0.58), (0.12, -0.58), (0.12, -0.62), (0.14, -0.58),
    (0.18, -0.56), (0.18, -0.54), (0.2, -0.52), (0.2, -0.5), (0.22, -0.46), (0.24, -0.48), (0.52, -0.58), (0.5,
    -0.6), (0.58, -0.58), (0.94, -0.52), (0.96, -0.54), (0.22, -0.8), (0.22, -0.84), (0.26, -0.7), (0.44,
    -0.76), (0.48, -0.78), (0.5, -0.76), (0.9, -0.76), (0.9, -0.78), (0.48, -0.68), (0.52, -0.66), (0.56,
    -0.64), (0.999, -0.84), (0.44, -0.82), (0.48, -0.82), (0.34, -0.84), (0.38, -0.84), (0.26, -0.86), (0.4,
    -0.86), (0.28, -0.86), (0.74, -0.9), (0.86, -0.9), (0.96, -0.96)
])
# fmt: on
SQUARE = shapely.box(0, 0, 1000, 1000)
GRID = GridSpec(0, 0, 1000 / 128, 128, 128)


def total(edge: Edge, kernel: Kernel, bandwidth: float) -> float:
    frame = pd.DataFrame({"easting": SEEDLINGS[:, 0] * 1000, "northing": (SEEDLINGS[:, 1] + 1) * 1000})
    layer = density(points_from_frame(frame), GRID, DensitySpec(bandwidth, kernel, edge), border=SQUARE)
    assert layer.surface is not None
    return float(layer.surface.values.astype(np.float64).sum()) * (GRID.cell_m / 1000) ** 2


# spatstat moves each event to the centre of its pixel first, which is worth a few units of the second decimal.
@pytest.mark.parametrize(("edge", "expected"), [("none", 55.75459), ("uniform", 64.66244), ("diggle", 62.0)])
def test_the_totals_on_redwood_are_those_of_spatstat(edge: Edge, expected: float) -> None:
    assert total(edge, "gaussian", 100.0) == pytest.approx(expected, abs=0.03)


def test_diggle_keeps_the_62_seedlings_with_every_kernel() -> None:
    for kernel in ("quartic", "epanechnikov", "triweight", "uniform"):
        assert total("diggle", kernel, 282.8) == pytest.approx(62, rel=1e-6)


def test_the_rule_of_scott_on_redwood_is_that_of_spatstat() -> None:
    # One bandwidth for both axes: the geometric mean of the two.
    assert scott_m(*SEEDLINGS.T, kernel="gaussian") == pytest.approx((0.1362021 * 0.1378626) ** 0.5, rel=1e-6)
