"""Where to go next: the surfaces that rank cells by what is expected there, from what was recorded there before."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hotspots.analysis.prediction.history import Floats, History
from hotspots.analysis.prediction.prior import CLOSE_M, NEAR_M, fitted_prior
from hotspots.errors import DataRefused


@dataclass(frozen=True)
class TargetingSpec:
    """
    How expected counts are made from a history.

    Parameters
    ----------
    kind
        ``fitted``: the cell's own count and a prior fitted to the months it is made from
        (:mod:`hotspots.analysis.prediction.prior`). ``counting``: the cell's own count. ``density``: a quartic density.
    bandwidth_m
        Support radius of the density in metres, for that kind only.

    Examples
    --------
    >>> COUNTING.label, DEFAULT.label, density_alone(300).label
    ('counting by cell', 'cell history with a fitted prior', 'density of 300 m')
    """

    kind: Literal["fitted", "counting", "density"] = "fitted"
    bandwidth_m: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("fitted", "counting", "density"):
            raise DataRefused(f"kind must be 'fitted', 'counting' or 'density', got {self.kind!r}")
        if (self.kind == "density") != (self.bandwidth_m is not None):
            raise DataRefused(f"a density has a bandwidth and nothing else has, got {self.bandwidth_m!r}")
        if self.bandwidth_m is not None and not (math.isfinite(self.bandwidth_m) and self.bandwidth_m > 0):
            raise DataRefused(f"bandwidth must be a positive number of metres, got {self.bandwidth_m!r}")

    @property
    def label(self) -> str:
        """The surface in words, before it has seen any events."""
        if self.kind == "density":
            return f"density of {self.bandwidth_m:g} m"
        return "counting by cell" if self.kind == "counting" else "cell history with a fitted prior"

    @property
    def bandwidths_m(self) -> tuple[float, ...]:
        """The densities that a history must hold for it."""
        if self.bandwidth_m is not None:
            return (self.bandwidth_m,)
        return (CLOSE_M, NEAR_M) if self.kind == "fitted" else ()


COUNTING = TargetingSpec("counting")
DEFAULT = TargetingSpec("fitted")


def density_alone(bandwidth_m: float) -> TargetingSpec:
    """The spec of a plain density."""
    return TargetingSpec("density", bandwidth_m)


@dataclass(frozen=True, eq=False)
class Surface:
    """Expected counts (up to a factor) by cell, with shape (rows, columns), and how they were made, in words."""

    expected: Floats
    label: str


def surface_of(history: History, spec: TargetingSpec) -> Surface:
    """
    The surface that all months of a history make.

    The events of all months count alike, unless a fitted prior says how they fade.
    """
    if spec.kind == "fitted":
        prior = fitted_prior(history)
        return Surface(prior.expected(history), prior.label)
    made_of = history.counts if spec.bandwidth_m is None else history.densities[spec.bandwidth_m]
    return Surface(np.asarray(made_of.sum(axis=0)), spec.label)
