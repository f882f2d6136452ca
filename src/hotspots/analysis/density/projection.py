"""The kernel seen from a cell, as a polynomial in the position within the cell, and how wrong that can be.

For each offset between two cells the kernel, as a function of where in its cell an event lies, is fitted by the
polynomials of a total degree, by least squares that are weighted again by the error that was left (Lawson 1961): that
makes the largest error smaller, and the largest error is what we state. ``worst`` bounds it over the whole cell. It is
the largest error on a lattice of positions plus what can be between them. Where the kernel has bounded second
derivatives (quartic 8, triweight 6, Gaussian 1, for a peak and a bandwidth of one) the error is flat at its maximum,
within the cell or along an edge of it, so that a lattice point a distance ``r`` away is below it by ``r²/2`` times the
bound of its second derivatives at most. The Epanechnikov kernel has a crease: its slope (2) times ``r`` is taken
instead.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev

from hotspots.analysis.density.kernels import KERNELS, Floats, Kernel, peak, reach

_CURVATURE = {"quartic": 8.0, "triweight": 6.0, "gaussian": 1.0}
_EPANECHNIKOV_SLOPE = 2.0
_NODES = 24
_LAWSON = 4  # rounds: they bring the error of the quartic on 25 m cells from 1.3e-4 to 0.9e-4; four more, to 0.8e-4
_LATTICE_STEPS = 1600  # lattice steps in a bandwidth, within limits


@dataclass(frozen=True, eq=False)
class Projection:
    """Kernels of cell offsets, a peak of one: one for each monomial, and the worst error for an event of weight one."""

    reach_cells: int
    kernels: list[Floats]
    worst: Floats


def monomials(degree: int) -> list[tuple[int, int]]:
    """
    Powers of ``x`` (east) and ``y`` (down), which run from -1 to 1 across a cell, in the order of all moments.

    Examples
    --------
    >>> monomials(2)
    [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (0, 2)]
    """
    return [(across, along) for along in range(degree + 1) for across in range(degree + 1 - along)]


@lru_cache(maxsize=8)
def projection_of(kernel: Kernel, cell: float, degree: int) -> Projection:
    """On cells of this size in bandwidths; one quarter of the offsets is worked out, the others mirror it."""
    reach_cells = int(reach(kernel) / cell + 0.5) + 1
    powers = monomials(degree)
    lattice = np.linspace(-1, 1, int(np.clip(np.ceil(_LATTICE_STEPS * cell), 8, 128)) + 1)
    east = np.arange(reach_cells + 1, dtype=np.float64)
    quarters = [np.zeros((reach_cells + 1, reach_cells + 1)) for _ in powers]
    worst = np.zeros((reach_cells + 1, reach_cells + 1))
    for row in range(reach_cells + 1):
        near = np.hypot(np.maximum(east - 0.5, 0), max(row - 0.5, 0)) * cell <= reach(kernel)
        size = int(near.sum())
        if not size:
            continue
        fitted = _fitted(kernel, east[:size], row, cell, degree)
        for part, coefficients in zip(quarters, fitted.T, strict=True):
            part[row, :size] = coefficients
        error = np.abs(_values(fitted, lattice, degree) - _shape(kernel, east[:size], row, lattice, cell))
        worst[row, :size] = error.max(axis=(1, 2)) + _between(kernel, fitted, degree, cell, lattice[1] - lattice[0])
    kernels = [_mirrored(part, *power) for part, power in zip(quarters, powers, strict=True)]
    return Projection(reach_cells, kernels, _mirrored(worst, 0, 0))


def _fitted(kernel: Kernel, east: Floats, down: float, cell: float, degree: int) -> Floats:
    """Coefficients of the monomials (columns) at each offset (rows)."""
    nodes = np.cos((np.arange(_NODES) + 0.5) * np.pi / _NODES)
    powers = monomials(degree)
    held = chebyshev.chebvander(nodes, degree)
    basis = np.stack([np.outer(held[:, along], held[:, across]).ravel() for across, along in powers], axis=1)
    shape = _shape(kernel, east, down, nodes, cell).reshape(len(east), -1)
    found = shape @ np.linalg.pinv(basis).T
    if kernel != "gaussian":  # which is smooth: at its degrees nothing is left to be weighted
        pairs = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
        weight = np.ones_like(shape)
        for _ in range(_LAWSON):
            left = np.abs(found @ basis.T - shape)
            weight *= left + 1e-3 * left.max(axis=1, keepdims=True) + 1e-18
            weight /= weight.sum(axis=1, keepdims=True)
            normal = (weight @ pairs).reshape(-1, len(powers), len(powers))
            found = np.linalg.solve(normal, ((weight * shape) @ basis)[:, :, None])[:, :, 0]
    return np.asarray(found @ _from_chebyshev(degree))


def _from_chebyshev(degree: int) -> Floats:
    """What each product of two Chebyshev polynomials (rows) is in monomials (columns)."""
    plain = np.zeros((degree + 1, degree + 1))
    for order in range(degree + 1):
        plain[order, : order + 1] = chebyshev.cheb2poly([0] * order + [1])
    powers = monomials(degree)
    return np.array([[plain[i, across] * plain[j, along] for across, along in powers] for i, j in powers])


def _values(coefficients: Floats, places: Floats, degree: int) -> Floats:
    """Polynomials (rows of coefficients) at every pair of places: offsets, y, x."""
    square = np.zeros((len(coefficients), degree + 1, degree + 1))
    for column, (across, along) in zip(coefficients.T, monomials(degree), strict=True):
        square[:, along, across] = column
    held = np.vander(places, degree + 1, increasing=True)
    return np.asarray(held @ square @ held.T)


def _mirrored(quarter: Floats, across: int, along: int) -> Floats:
    """The whole square of offsets: an odd power changes its sign with the direction."""
    right = np.hstack([(-1) ** across * quarter[:, :0:-1], quarter])
    return np.ascontiguousarray(np.vstack([(-1) ** along * right[:0:-1], right]))


def _shape(kernel: Kernel, east: Floats, down: float, places: Floats, cell: float) -> Floats:
    """The kernel, with a peak of one, from each place of a cell to the cells at these offsets: offsets, y, x."""
    across = (east[:, None] - places / 2) * cell
    along = (down - places / 2) * cell
    squared = along[:, None] ** 2 + across[:, None, :] ** 2
    return np.asarray(KERNELS[kernel](squared) / peak(kernel))


def _between(kernel: Kernel, fitted: Floats, degree: int, cell: float, step: float) -> Floats:
    """How much larger the error can be between the places of the lattice, which are ``step`` apart."""
    size = np.abs(fitted)
    if kernel in _CURVATURE:
        bends = [l * (l - 1) + k * (k - 1) + l * k for l, k in monomials(degree)]  # noqa: E741
        truncated = 3e-11 if kernel == "gaussian" else 0.0
        return np.asarray((_CURVATURE[kernel] * (cell / 2) ** 2 + size @ bends) * step**2 / 4 + truncated)
    slopes = [l + k for l, k in monomials(degree)]  # noqa: E741
    return np.asarray((_EPANECHNIKOV_SLOPE * cell / 2 + size @ slopes) * step / np.sqrt(2))
