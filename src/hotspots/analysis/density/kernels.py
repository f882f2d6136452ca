"""Kernels: what each one is, and how its width is told.

Every kernel is a function of the squared distance in bandwidths and integrates to one over the plane (a test integrates
them; none is copied on trust). Four of the five are ``(m + 1)/π (1 − u²)^m`` within the support, with the power ``m`` 0
(uniform), 1 (Epanechnikov), 2 (quartic; Silverman 1986, eq. 4.5) or 3 (triweight). The bandwidth is their radius; for
the Gaussian it is the standard deviation.
"""

from collections.abc import Callable
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from hotspots.errors import DataRefused

Kernel = Literal["quartic", "epanechnikov", "triweight", "uniform", "gaussian"]
Floats = npt.NDArray[np.float64]

SQUARE_METRES_PER_KM2 = 1e6
GAUSSIAN_REACH = 7.0  # standard deviations: beyond them the kernel is below 3e-11 of its peak

POWERS: dict[str, int] = {"uniform": 0, "epanechnikov": 1, "quartic": 2, "triweight": 3}

KERNELS: dict[str, Callable[[Floats], Floats]] = {
    "quartic": lambda squared: 3 / np.pi * np.clip(1 - squared, 0, None) ** 2,
    "epanechnikov": lambda squared: 2 / np.pi * np.clip(1 - squared, 0, None),
    "triweight": lambda squared: 4 / np.pi * np.clip(1 - squared, 0, None) ** 3,
    "uniform": lambda squared: np.where(squared <= 1, 1 / np.pi, 0.0),
    "gaussian": lambda squared: np.exp(-squared / 2) / (2 * np.pi),
}

# Variance along one axis of a kernel of bandwidth one: h²/4, h²/6, h²/8, h²/10, and s² itself.
_VARIANCE: dict[str, float] = {
    "uniform": 1 / 4,
    "epanechnikov": 1 / 6,
    "quartic": 1 / 8,
    "triweight": 1 / 10,
    "gaussian": 1.0,
}


def peak(kernel: Kernel) -> float:
    """Density at its centre of a kernel of bandwidth one and weight one."""
    return float(KERNELS[kernel](np.zeros(1))[0])


def reach(kernel: Kernel) -> float:
    """Bandwidths beyond which an event adds nothing: 1, and 7 for the Gaussian."""
    return GAUSSIAN_REACH if kernel == "gaussian" else 1.0


def standard_deviation_m(bandwidth_m: float, kernel: Kernel) -> float:
    """
    Standard deviation along one axis of a kernel, in metres: what spatstat calls ``sigma``.

    Examples
    --------
    >>> round(standard_deviation_m(300, "quartic"), 3)
    106.066
    """
    return bandwidth_m * sqrt(_variance(kernel))


def bandwidth_of_deviation_m(deviation_m: float, kernel: Kernel) -> float:
    """
    Bandwidth of a kernel with this standard deviation along one axis, in metres: the way back.

    Two kernels of the same standard deviation make maps that look alike; of the same radius they do not.

    Examples
    --------
    >>> round(bandwidth_of_deviation_m(100, "quartic"), 3), bandwidth_of_deviation_m(100, "uniform")
    (282.843, 200.0)
    """
    return deviation_m / sqrt(_variance(kernel))


def _variance(kernel: str) -> float:
    if kernel not in _VARIANCE:
        raise DataRefused(f"there is no kernel {kernel!r}; choose one of {', '.join(KERNELS)}")
    return _VARIANCE[kernel]
