"""The kernel seen from a cell, as a quadratic in the position within the cell, and how wrong that can be.

For each offset between two cells the kernel, as a function of where in its cell an event lies, is projected on the six
Legendre products of degree two or less. ``worst`` bounds the difference over the whole cell. It is the largest
difference on a lattice of positions plus what can be between them. Where the kernel has bounded second derivatives
(quartic 8, triweight 6, Gaussian 1, for a peak and a bandwidth of one) the difference is flat at its maximum, within
the cell or along an edge of it, so that a lattice point a distance ``r`` away is below it by ``r²/2`` times the bound
of its second derivatives at most. The Epanechnikov kernel has a crease: its slope (2) times ``r`` is taken instead.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hotspots.analysis.density.kernels import GAUSSIAN_REACH, KERNELS, Floats, Kernel, peak, reach
from hotspots.analysis.density.spec import DensitySpec
from hotspots.layer import GridSpec

DEGREES = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))

_CURVATURE = {"quartic": 8.0, "triweight": 6.0, "gaussian": 1.0}
_EPANECHNIKOV_SLOPE = 2.0
_NODES = 16
_LATTICE_STEPS = 400  # lattice steps in a bandwidth, at least


@dataclass(frozen=True, eq=False)
class Projection:
    """Six kernels of cell offsets, a peak of one, and the worst error at each offset for an event of weight one."""

    reach_cells: int
    kernels: list[Floats]
    worst: Floats


def projection_of(grid: GridSpec, spec: DensitySpec) -> Projection:
    """The projection of a kernel on the cells of a grid."""
    return _projection(grid.cell_m / spec.bandwidth_m, spec.kernel)


@lru_cache(maxsize=8)
def _projection(cell: float, kernel: Kernel) -> Projection:
    """Of cells of this size in bandwidths; one quarter of the offsets is worked out, the others mirror it."""
    reach_cells = int(reach(kernel) / cell + 0.5) + 1
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    basis = _basis(nodes)
    steps = int(np.clip(np.ceil(_LATTICE_STEPS * cell), 4, 64))
    lattice = np.linspace(-1, 1, steps + 1)
    held = _basis(lattice)
    east = np.arange(reach_cells + 1, dtype=np.float64)
    kernels = [np.zeros((reach_cells + 1, reach_cells + 1)) for _ in DEGREES]
    worst = np.zeros((reach_cells + 1, reach_cells + 1))
    for row in range(reach_cells + 1):
        near = np.hypot(np.maximum(east - 0.5, 0), max(row - 0.5, 0)) * cell <= reach(kernel)
        size = int(near.sum())
        here = _shape(kernel, east[:size], row, nodes, cell)
        fitted = np.zeros((size, steps + 1, steps + 1))
        for part, (across, along) in zip(kernels, DEGREES, strict=True):
            share = (2 * across + 1) * (2 * along + 1) / 4
            part[row, :size] = share * ((here @ (weights * basis[across])) @ (weights * basis[along]))
            fitted += part[row, :size, None, None] * (held[along][:, None] * held[across])
        fitted -= _shape(kernel, east[:size], row, lattice, cell)
        between = _between(kernel, [part[row, :size] for part in kernels], cell, cell / steps)
        worst[row, :size] = np.abs(fitted).max(axis=(1, 2), initial=0) + between
    mirrored = [_mirrored(part, across, along) for part, (across, along) in zip(kernels, DEGREES, strict=True)]
    return Projection(reach_cells, mirrored, _mirrored(worst, 0, 0))


def _mirrored(quarter: Floats, across: int, along: int) -> Floats:
    """The whole square of offsets: an odd degree changes its sign with the direction."""
    right = np.hstack([(-1) ** across * quarter[:, :0:-1], quarter])
    return np.ascontiguousarray(np.vstack([(-1) ** along * right[:0:-1], right]))


def _basis(places: Floats) -> list[Floats]:
    return [np.ones_like(places), places, (3 * places**2 - 1) / 2]


def _shape(kernel: Kernel, east: Floats, down: float, places: Floats, cell: float) -> Floats:
    """The kernel, with a peak of one, from each place of a cell to the cells at these offsets."""
    across = (east[:, None] - places / 2) * cell
    along = (down - places / 2) * cell
    squared = along[:, None] ** 2 + across[:, None, :] ** 2
    shape: Floats = KERNELS[kernel](squared) / peak(kernel)
    return np.where(squared <= GAUSSIAN_REACH**2, shape, 0.0) if kernel == "gaussian" else shape


def _between(kernel: Kernel, fitted: list[Floats], cell: float, step: float) -> Floats:
    """How much larger the error can be between the places of the lattice, which are ``step`` apart."""
    _, east, down, east2, both, down2 = (np.abs(part) for part in fitted)
    if kernel in _CURVATURE:
        curvature = _CURVATURE[kernel] + (12 * east2 + 12 * down2 + 4 * both) / cell**2
        truncated = 3e-11 if kernel == "gaussian" else 0.0
        return np.asarray(curvature * step**2 / 4 + truncated)
    slope = _EPANECHNIKOV_SLOPE + 2 * (east + down + 3 * east2 + 3 * down2 + 2 * both) / cell
    return np.asarray(slope * step / np.sqrt(2))
