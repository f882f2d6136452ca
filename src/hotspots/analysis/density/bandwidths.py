"""Bandwidths: rules that choose one from the events, in metres.

They differ by several times on the same events: show a range (the maps at half and at double), not one "best" number.
"""

from collections.abc import Sequence
from math import log, sqrt

import numpy as np

from hotspots.analysis.density.kernels import Floats, Kernel, bandwidth_of_deviation_m, peak
from hotspots.analysis.density.spec import DensitySpec
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec


def scott_m(eastings: Floats, northings: Floats, *, kernel: Kernel = "quartic") -> float:
    """
    Scott's rule: the mean of the two axes' standard deviations times ``n ** (-1/6)``, as a bandwidth of the kernel.

    The rule gives a standard deviation for each axis (of a sample: divided by ``n - 1``); their geometric mean is
    converted to the kernel's own bandwidth (its support radius).

    Examples
    --------
    >>> corners = np.array([0.0, 0.0, 600.0, 600.0]), np.array([0.0, 600.0, 0.0, 600.0])
    >>> round(scott_m(*corners, kernel="gaussian"), 3)  # 346.410 * 4 ** (-1/6)
    274.946
    """
    _enough(eastings)
    spread = sqrt(float(np.std(eastings, ddof=1)) * float(np.std(northings, ddof=1)))
    return bandwidth_of_deviation_m(_positive(spread * len(eastings) ** (-1 / 6)), kernel)


def arcgis_default_radius_m(eastings: Floats, northings: Floats, *, weights: Floats | None = None) -> float:
    """
    ArcGIS's default search radius of Kernel Density: ``0.9 min(SD, sqrt(1 / ln 2) Dm) n^-0.2``, a quartic radius.

    ``SD`` is the standard distance about the mean centre, ``Dm`` the median distance to it, ``n`` the number of events.
    With weights (a population field) the centre, the distances and the count are weighted; the median is then the
    distance at which half of the weight is reached.

    Examples
    --------
    >>> corners = np.array([0.0, 0.0, 600.0, 600.0]), np.array([0.0, 600.0, 0.0, 600.0])
    >>> round(arcgis_default_radius_m(*corners), 3)  # 0.9 * 424.264 * 4 ** -0.2
    289.379
    """
    _enough(eastings)
    weight = np.ones(len(eastings)) if weights is None else np.asarray(weights, dtype=np.float64)
    total = float(weight.sum())
    if not total > 0:
        raise DataRefused(f"a bandwidth needs weights that add up to more than nothing, got {total}")
    east = eastings - (weight * eastings).sum() / total
    north = northings - (weight * northings).sum() / total
    distance = np.hypot(east, north)
    standard = sqrt(float((weight * distance**2).sum()) / total)
    middle = _weighted_median(distance, weight)
    return _positive(0.9 * min(standard, sqrt(1 / log(2)) * middle) * total**-0.2)


def cross_validated_m(
    eastings: Floats, northings: Floats, grid: GridSpec, *, kernel: Kernel = "quartic", candidates_m: Sequence[float]
) -> tuple[float, dict[float, float]]:
    """
    The candidate of the highest leave-one-out likelihood, and the score of each.

    The score is ``sum over events of log λ(x_i)`` where ``λ`` at an event is made from all the *other* events
    (Silverman 1986, section 3.4.4), without edge correction. Events at one place would be each other's neighbours, and
    on snapped positions the score would rise without end as the bandwidth falls: all the events of the place are left
    out together. A place without a neighbour in reach scores minus infinity. The grid only serves to find neighbours.

    Examples
    --------
    >>> pair = np.array([10.0, 40.0]), np.array([10.0, 10.0])
    >>> best, scores = cross_validated_m(*pair, GridSpec(0, 0, 10, 10, 10), candidates_m=[20, 50, 1000])
    >>> best, scores[20.0]
    (50.0, -inf)
    """
    from hotspots.analysis.density.neighbours import others_at_places
    from hotspots.analysis.density.places import sorted_places

    if not candidates_m:
        raise DataRefused("cross-validation needs candidate bandwidths in metres, got none")
    places = sorted_places(np.asarray(eastings), np.asarray(northings), grid, by_cell=True)
    counts = places.weights
    scores: dict[float, float] = {}
    for candidate in map(float, candidates_m):
        spec = DensitySpec(candidate, kernel)
        others = others_at_places(places, spec) * peak(kernel) / candidate**2
        with np.errstate(divide="ignore"):
            scores[candidate] = float((counts * np.log(others)).sum())
    best = max(scores, key=lambda candidate: scores[candidate])
    if not np.isfinite(scores[best]):
        raise DataRefused("with every candidate some place has no other event in reach; try wider bandwidths")
    return best, scores


def half_and_double(spec: DensitySpec) -> tuple[DensitySpec, DensitySpec]:
    """
    The same density at half and at double the bandwidth, to see what depends on it.

    Examples
    --------
    >>> [spec.bandwidth_m for spec in half_and_double(DensitySpec(300))]
    [150.0, 600]
    """
    half, double = (
        DensitySpec(spec.bandwidth_m * factor, spec.kernel, spec.edge, spec.weight, spec.method) for factor in (0.5, 2)
    )
    return half, double


def _enough(eastings: Floats) -> None:
    if len(eastings) < 2:
        raise DataRefused(f"a bandwidth needs at least 2 events, got {len(eastings)}")


def _positive(bandwidth_m: float) -> float:
    if not bandwidth_m > 0:
        raise DataRefused("the events lie at one place or on one line: no rule gives a bandwidth; state one in metres")
    return bandwidth_m


def _weighted_median(values: Floats, weights: Floats) -> float:
    if (weights == weights[0]).all():
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
