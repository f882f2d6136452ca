"""The signed root deviance: how surprising a cell is, on a scale on which cells can be compared.

The events about a cell, weighted by the kernel, are like a count of ``x`` events where ``e`` are expected, in units of
the weight of one event (their variance over their mean: a scaled Poisson count). The deviance of a Poisson count is
``2 (x log(x / e) - (x - e))``; its square root, with the sign of ``x - e``, is about normal, also where few events are
expected. (The plain standardised excess ``(x - e) / sqrt(e)`` is not: one event where a hundredth was expected would
outdo every true cluster.) Half the largest squared value of a map is the statistic of Kulldorff's scan (1997) with the
kernel as its window.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import numpy.typing as npt

from hotspots.compiled import compiled

Floats = npt.NDArray[np.float64]

# Variance over mean of the quartic kernel of an event that falls anywhere in reach: (1/5) / (1/3).
KERNEL_WEIGHT = 0.6


@dataclass(frozen=True, eq=False)
class Expectation:
    """
    What maps without clustering hold at each cell, on one shape: the yardstick of observed and simulated maps alike.

    ``scale`` is the weight that counts as one event, ``expected`` the events expected; both are 1 where ``defined`` is
    not, and there no map has a value.
    """

    scale: Floats
    expected: Floats
    defined: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, mean: Floats, variance: Floats, *, dispersion: float, within: npt.NDArray[np.bool_]) -> "Expectation":
        """
        From the mean and the variance of maps without clustering, at the cells ``within``.

        ``dispersion`` is the variance of what one event carries over its mean (1 for counts). The weight that counts as
        one event is never below that of an event anywhere in reach: at the rim of the kernel of a lone place each event
        weighs next to nothing, and the whole disc about it would be as hot as the place itself.
        """
        least = 1e-9 * mean.max(initial=0.0)
        defined = within & (mean > least) & (variance > 1e-12 * mean.max(initial=0.0) * dispersion)
        safe = np.where(defined, mean, 1.0)
        scale = np.maximum(np.where(defined, variance, 1.0) / safe, KERNEL_WEIGHT * dispersion)
        return cls(np.where(defined, scale, 1.0), np.where(defined, safe / scale, 1.0), defined)

    def deviance(self, values: Floats) -> Floats:
        """
        The signed root deviance of a map; NaN where it is not defined.

        Examples
        --------
        >>> one = np.ones((1, 2))
        >>> places = Expectation(one, 2 * one, np.array([[True, False]]))
        >>> places.deviance(np.array([[6.0, 6.0]])).round(4).tolist()
        [[2.2767, nan]]
        """
        x = values / self.scale
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(x > 0, x * np.log(x / self.expected), 0.0)
        deviance = np.sqrt(np.maximum(2 * (terms - x + self.expected), 0))
        return np.where(self.defined, np.where(x < self.expected, -deviance, deviance), np.nan)

    @property
    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """What :func:`peak` takes: scale, expected, and the slope and level of the standardised excess."""
        root = np.sqrt(self.expected)
        slope = np.where(self.defined, 1 / (self.scale * root), 0.0)
        return self.scale, self.expected, slope, np.where(self.defined, root, 0.0)


@compiled
def peak(values, yardstick):  # type: ignore[no-untyped-def]
    """
    The largest signed root deviance of a map, 0 where no cell has more than expected; the map is cleared.

    A deviance is never above the standardised excess, which costs no logarithm: only cells whose excess is above the
    highest peak so far are looked at.
    """
    scale, expected, slope, level = yardstick
    highest = 0.0
    for row in range(values.shape[0]):
        line, slopes, levels = values[row], slope[row], level[row]
        above = 0
        for column in range(line.size):
            above += line[column] * slopes[column] - levels[column] > highest
        if above:
            for column in range(line.size):
                if line[column] * slopes[column] - levels[column] > highest:
                    x, e = line[column] / scale[row, column], expected[row, column]
                    highest = max(highest, sqrt(max(2.0 * (x * log(x / e) - x + e), 0.0)))
        line[:] = 0.0
    return highest
