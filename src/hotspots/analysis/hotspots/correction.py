"""Corrections for testing many cells at once: p-values in, p-values out that may be compared with the level.

Family-wise (no false finding at all): Bonferroni, and Holm (1979), which is never weaker. False discovery rate (the
share of findings that are false): Benjamini and Hochberg (1995), right for independent and positively dependent tests,
as overlapping neighbourhoods are; Benjamini and Yekutieli (2001), right under any dependence and stricter.
"""

import numpy as np
import numpy.typing as npt

from hotspots.analysis.hotspots.spec import CORRECTIONS, Correction
from hotspots.errors import DataRefused

Floats = npt.NDArray[np.float64]


def corrected_p(p: npt.ArrayLike, *, method: Correction = "benjamini_hochberg") -> Floats:
    """
    P-values corrected for how many there are, in the same shape: at 5 %, those of at most 0.05 are findings.

    Missing values (NaN) are no tests: they stay missing and are not counted.

    Raises
    ------
    DataRefused
        A value is not between 0 and 1, or there is no such method.

    Examples
    --------
    >>> corrected_p([0.01, 0.02, 0.04, np.nan]).round(4).tolist()
    [0.03, 0.03, 0.04, nan]
    >>> corrected_p([0.01, 0.02, 0.04], method="holm").tolist(), corrected_p([0.01, 0.4], method="bonferroni").tolist()
    ([0.03, 0.04, 0.04], [0.02, 0.8])
    """
    if method not in CORRECTIONS:
        raise DataRefused(f"there is no correction {method!r}; choose one of {', '.join(CORRECTIONS)}")
    given = np.asarray(p, dtype=np.float64)
    tested = ~np.isnan(given)
    values = given[tested]
    if ((values < 0) | (values > 1)).any():
        raise DataRefused("p-values must lie between 0 and 1")
    result = np.full(given.shape, np.nan)
    result[tested] = _corrected(values, method)
    return result


def _corrected(values: Floats, method: Correction) -> Floats:
    if method == "none" or not len(values):
        return values
    if method == "bonferroni":
        return np.minimum(values * len(values), 1.0)
    if method == "holm":
        order = np.argsort(values, kind="stable")
        stepped = values[order] * np.arange(len(values), 0, -1)
        result = np.empty_like(values)
        result[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
        return result
    return _false_discovery(values, dependent=method == "benjamini_yekutieli")


def _false_discovery(values: Floats, *, dependent: bool) -> Floats:
    """As ``scipy.stats.false_discovery_control``, to the bit: loading that takes half a second of every build."""
    order = np.argsort(values)
    place = np.arange(1, len(values) + 1, dtype=np.float64)
    stepped = values[order] * (len(values) / place) * (np.sum(1 / place) if dependent else 1.0)
    result = np.empty_like(values)
    result[order] = np.clip(np.minimum.accumulate(stepped[::-1])[::-1], 0.0, 1.0)
    return result
