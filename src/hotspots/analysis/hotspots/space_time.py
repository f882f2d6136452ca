"""Emerging hot spots of a cube: counts by step, row and column in, the class of every cell out.

Gi* in space and time (:func:`space_time_gi_star`), p-values corrected over all cells and steps together, Mann and
Kendall's trend of each cell's Gi*, and the classes of :func:`emerging_classes`: Esri's emerging hot spot analysis, with
its current definitions.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.analysis.hotspots.correction import corrected_p
from hotspots.analysis.hotspots.emerging import Trend, emerging_classes, mann_kendall
from hotspots.analysis.hotspots.gi_star import GiStar, Mask, Shape, space_time_gi_star, sums_near
from hotspots.analysis.hotspots.spec import Correction
from hotspots.errors import DataRefused

Test = Literal["normal", "binomial"]


@dataclass(frozen=True, eq=False)
class EmergingHotSpots:
    """
    What a cube says: ``gi_star``, ``hot`` and ``cold`` by step, row and column; ``trend`` and ``classes`` by cell.

    ``p_corrected`` are the two-sided p-values after correction; a cell outside, or without a Gi*, is neither hot nor
    cold, and its class is ``no pattern``.
    """

    gi_star: GiStar
    p_corrected: npt.NDArray[np.float64]
    hot: Mask
    cold: Mask
    trend: Trend
    classes: npt.NDArray[np.str_]


def emerging_hot_spots(
    counts: npt.ArrayLike,
    *,
    inside: npt.ArrayLike | None = None,
    reach_cells: float = 1,
    shape: Shape = "queen",
    steps_back: int = 1,
    level: float = 0.95,
    correction: Correction = "benjamini_hochberg",
    test: Test = "normal",
) -> EmergingHotSpots:
    """
    Classes of the cells of a cube (steps x rows x columns, oldest step first).

    Ten steps or more make the classes worth reading (Esri asks for ten); under four, any history fits one.

    Parameters
    ----------
    inside, reach_cells, shape, steps_back
        As for :func:`space_time_gi_star`.
    level
        Level of hot, cold and trend, two-sided (0.95: corrected p-values of at most 0.05).
    correction
        How the p-values allow for there being as many as cells times steps.
    test
        ``normal`` takes Gi* as normal, as Esri and others do. Where fewer than about five events are expected in a
        neighbourhood it is not: two or three events together come out hot without any clustering. ``binomial`` asks
        instead how often as many of all events (or as few) would fall in the neighbourhood, were each as likely to fall
        in any cell at any step; ``counts`` must then be whole numbers. Gi* and the trend are the same under both.

    Raises
    ------
    DataRefused
        As for :func:`space_time_gi_star`, there is no such test, or ``binomial`` is asked of values that are no counts.

    Examples
    --------
    >>> counts = np.ones((10, 20, 20))
    >>> counts[:, 5, 5], counts[-1, 15, 15] = 30, 30
    >>> found = emerging_hot_spots(counts, steps_back=0)
    >>> str(found.classes[5, 5]), str(found.classes[15, 15]), str(found.classes[0, 0])
    ('persistent hot spot', 'new hot spot', 'no pattern')
    """
    if test not in get_args(Test):
        raise DataRefused(f"there is no test {test!r}; choose one of {', '.join(get_args(Test))}")
    gi_star = space_time_gi_star(counts, inside=inside, reach_cells=reach_cells, shape=shape, steps_back=steps_back)
    p = corrected_p(gi_star.p if test == "normal" else _binomial_p(counts, gi_star), method=correction)
    significant = np.nan_to_num(p, nan=1.0) <= 1 - level
    hot, cold = significant & (gi_star.z > 0), significant & (gi_star.z < 0)
    classes = emerging_classes(hot, cold=cold, series=gi_star.z, level=level)
    return EmergingHotSpots(gi_star, p, hot, cold, mann_kendall(gi_star.z), classes)


def _binomial_p(counts: npt.ArrayLike, gi_star: GiStar) -> npt.NDArray[np.float64]:
    """Twice the smaller tail of the binomial of all events and the neighbourhood's share; NaN where Gi* is."""
    x = np.where(gi_star.inside, np.asarray(counts, dtype=np.float64), 0.0)
    if (x < 0).any() or (x != np.floor(x)).any():
        raise DataRefused("the binomial test is of counts: values must be whole numbers from 0; use test='normal'")
    windows = [x[step + 1 - depth : step + 1].sum(axis=0) for step, depth in enumerate(gi_star.depths)]
    near = np.array([sums_near(window, gi_star.half_widths) for window in windows])
    events, share = x.sum(), gi_star.neighbours / np.count_nonzero(gi_star.inside)
    with np.errstate(invalid="ignore"):
        # As many or more of n with share s: the incomplete beta function of (x, n - x + 1) at s.
        more = np.where(near > 0, scipy.special.betainc(np.maximum(near, 1), events - near + 1, share), 1.0)
        fewer = np.where(near < events, scipy.special.betaincc(near + 1, np.maximum(events - near, 1), share), 1.0)
    return np.where(np.isnan(gi_star.z), np.nan, np.minimum(2 * np.minimum(more, fewer), 1.0))
