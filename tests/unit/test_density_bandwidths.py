"""Bandwidth rules against numbers worked out by hand, and widths that convert."""

import math

import numpy as np
import pytest

from hotspots.analysis.density.bandwidths import arcgis_default_radius_m, cross_validated_m, scott_m
from hotspots.analysis.density.kernels import bandwidth_of_deviation_m, standard_deviation_m
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec

CROSS = np.array([0.0, 10.0, -10.0, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 40.0, -40.0])


def test_scott_on_a_cross_of_five_events() -> None:
    # Deviations sqrt(200/4) and sqrt(3200/4), their geometric mean sqrt(200); times 5 ** (-1/6).
    deviation = math.sqrt(200) * 5 ** (-1 / 6)
    assert scott_m(*CROSS, kernel="gaussian") == pytest.approx(deviation, rel=1e-12)
    assert scott_m(*CROSS) == pytest.approx(deviation * math.sqrt(8), rel=1e-12)


def test_the_default_radius_of_arcgis_on_a_cross_of_five_events() -> None:
    # Standard distance sqrt(3400/5) = 26.077, median distance 10: sqrt(1/ln 2) * 10 = 12.011 is the smaller.
    assert arcgis_default_radius_m(*CROSS) == pytest.approx(0.9 * 12.011224 * 5**-0.2, rel=1e-6)


def test_weights_move_the_centre_and_the_median_of_the_default_radius() -> None:
    # All the weight but 2 of 100 at the origin: the median distance is that to a centre 0.1 m away.
    radius = arcgis_default_radius_m(np.array([0.0, 10.0]), np.array([0.0, 0.0]), weights=np.array([99.0, 1.0]))
    assert radius == pytest.approx(0.9 * math.sqrt(1 / math.log(2)) * 0.1 * 100**-0.2, rel=1e-9)


def test_whole_weights_equal_repeated_events() -> None:
    repeated = arcgis_default_radius_m(np.repeat(CROSS[0], 3), np.repeat(CROSS[1], 3))
    assert arcgis_default_radius_m(*CROSS, weights=np.full(5, 3.0)) == pytest.approx(repeated, rel=1e-12)


@pytest.mark.parametrize(
    ("kernel", "share"), [("uniform", 4), ("epanechnikov", 6), ("quartic", 8), ("triweight", 10), ("gaussian", 1)]
)
def test_the_deviation_is_that_of_the_integrated_kernel(kernel, share) -> None:  # type: ignore[no-untyped-def]
    from hotspots.analysis.density import _KERNELS

    radius = np.linspace(0, 12 if kernel == "gaussian" else 1, 400_001)
    variance = np.trapezoid(_KERNELS[kernel](radius**2) * math.pi * radius**3, radius)
    assert standard_deviation_m(1.0, kernel) == pytest.approx(math.sqrt(variance), rel=1e-5)
    assert standard_deviation_m(1.0, kernel) == pytest.approx(share**-0.5)
    assert bandwidth_of_deviation_m(standard_deviation_m(250.0, kernel), kernel) == pytest.approx(250.0)


def test_cross_validation_scores_each_event_by_the_others() -> None:
    east, north = np.array([10.0, 40.0, 10.0]), np.array([10.0, 10.0, 50.0])
    _, scores = cross_validated_m(east, north, GridSpec(0, 0, 10, 10, 10), candidates_m=[60.0])

    def kernel(distance: float) -> float:
        return 3 / math.pi / 3600 * (1 - distance**2 / 3600) ** 2

    near, far, across = kernel(30), kernel(40), kernel(50)
    expected = math.log(near + far) + math.log(near + across) + math.log(far + across)
    assert scores[60.0] == pytest.approx(expected, rel=1e-12)


def test_events_at_one_place_do_not_vouch_for_each_other() -> None:
    east, north = np.array([10.0, 10.0, 10.0, 90.0]), np.full(4, 50.0)
    with pytest.raises(DataRefused, match="try wider bandwidths"):
        cross_validated_m(east, north, GridSpec(0, 0, 10, 10, 10), candidates_m=[5.0, 20.0])


def test_events_on_one_place_have_no_bandwidth() -> None:
    with pytest.raises(DataRefused, match="state one in metres"):
        scott_m(np.full(5, 3.0), np.full(5, 4.0))
    with pytest.raises(DataRefused, match="at least 2 events, got 1"):
        scott_m(np.ones(1), np.ones(1))
