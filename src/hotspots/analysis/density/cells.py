"""Cell moments: where events outnumber the cells, the events of a cell are treated together, and exactly.

To a cell centre that *every* point of a cell reaches, a kernel is a polynomial of the event's position in its cell. The
sums of that polynomial's terms over the events of a cell (its moments: nine numbers for the quartic) hold all that the
cell adds there, and one Fourier convolution serves all such pairs of cells. Only the ring (``ring``) is evaluated event
by event. The Gaussian has no ring, and a polynomial fits it to 1e-10 of its peak everywhere. Turned round, the same
convolution of a mask gives the coefficients of the mass of a kernel at each place of a cell.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import comb, factorial
from typing import Any

import numpy as np

from hotspots.analysis.density import ring
from hotspots.analysis.density.edges import Mask
from hotspots.analysis.density.fourier import Convolution, Spectrum, offsets
from hotspots.analysis.density.kernels import Floats
from hotspots.analysis.density.places import Places
from hotspots.analysis.density.projection import monomials, projection_of
from hotspots.compiled import fused, in_blocks
from hotspots.layer import GridSpec

_KEPT_CELLS = 300_000  # grids up to this size keep their spectra for the next density: some 8 MB each
_GAUSSIAN_DEGREES = (4, 6, 8, 10, 12)
_GAUSSIAN_ERROR = 1e-10


@dataclass(frozen=True, eq=False)
class Expansion:
    """
    A kernel as a sum of terms: a polynomial of the event's place in its cell, times a kernel of the cells' offset.

    ``terms`` has a row for each, of factors of the monomials of the degree; ``spectra`` are those of the kernels.
    """

    degree: int
    terms: Floats
    spectra: tuple[Spectrum, ...]
    wholly: Spectrum
    convolution: Convolution


def _polynomial(power: int, half: float) -> dict[tuple[int, int, int], list[tuple[int, int, int, float]]]:
    """
    Moments that ``(1 - u²)^power`` needs, each with its coefficients.

    With the offset ``o`` from the cell's centre to a cell and ``p`` to an event, in bandwidths,
    ``1 − |o − p|² = (1 − |o|²) − |p|² + 2 o·p``. A key ``(j, l, k)`` is the moment of ``|p|^2j px^l py^k``; its terms
    ``(i, l, k, factor)`` mean ``factor (1 − |o|²)^i ox^l oy^k``. A power of ``|p|²`` is written out as ``px² + py²``
    wherever the moments so needed are there anyway. ``half`` is half a cell in bandwidths, the unit of the moments.
    """
    found: dict[tuple[int, int, int], list[tuple[int, int, int, float]]] = {}

    def add(j: int, l: int, k: int, term: tuple[int, int, int, float]) -> None:  # noqa: E741
        """A term of the moment of ``|p|^2j px^l py^k``, or of those that it is written out as."""
        if j >= 1 and (j - 1) + (l + k + 2) <= power:
            add(j - 1, l + 2, k, term)
            add(j - 1, l, k + 2, term)
        else:
            found.setdefault((j, l, k), []).append(term)

    for i in range(power + 1):
        for j in range(power + 1 - i):
            both = power - i - j
            ways = factorial(power) / (factorial(i) * factorial(j) * factorial(both)) * (-1) ** j * 2**both
            for l in range(both + 1):  # noqa: E741
                add(j, l, both - l, (i, l, both - l, ways * comb(both, l) * half ** (2 * j + both)))
    return found


def _expansion(grid: GridSpec, power: int, bandwidth_m: float) -> Expansion:
    """Of the cells that a cell reaches wholly."""
    make = _kept if grid.rows * grid.columns <= _KEPT_CELLS else _made
    return make(grid.rows, grid.columns, grid.cell_m / bandwidth_m, power)


def _made(rows: int, columns: int, cell: float, power: int) -> Expansion:
    stencil = ring.stencil_of(cell, 1.0)
    convolution = Convolution(rows, columns, stencil.reach_cells)
    across, along = (offset * cell for offset in offsets(stencil.reach_cells))
    rest = 1 - across**2 - along**2
    order = {key: at for at, key in enumerate(monomials(2 * power))}
    moments = _polynomial(power, cell / 2)
    terms = np.zeros((len(moments), len(order)))
    spectra = []
    for row, ((j, l, k), parts) in zip(terms, moments.items(), strict=True):  # noqa: E741
        for first in range(j + 1):
            row[order[l + 2 * first, k + 2 * (j - first)]] += comb(j, first)
        kernel = np.zeros_like(rest)
        for i, right, down, factor in parts:
            kernel += factor * rest**i * across**right * along**down
        spectra.append(convolution.spectrum(kernel * stencil.wholly, odd=bool((l + k) % 2)))
    wholly = convolution.spectrum(stencil.wholly.astype(np.float64))
    return Expansion(2 * power, terms, tuple(spectra), wholly, convolution)


_kept = lru_cache(maxsize=4)(_made)


@lru_cache(maxsize=2)
def _gaussian_expansion(rows: int, columns: int, cell: float, degree: int) -> Expansion:
    projected = projection_of("gaussian", cell, degree)
    convolution = Convolution(rows, columns, projected.reach_cells)
    powers = monomials(degree)
    spectra = [
        convolution.spectrum(kernel, odd=bool(sum(power) % 2))
        for kernel, power in zip(projected.kernels, powers, strict=True)
    ]
    return Expansion(degree, np.eye(len(powers)), tuple(spectra), spectra[0], convolution)


def gaussian_degree(cell: float) -> int | None:
    """The degree that fits a Gaussian on cells of this size in deviations; None where the cells are too large."""
    for degree in _GAUSSIAN_DEGREES:
        # What a Chebyshev series leaves of a Gaussian: it falls with the degree as the next term of its Taylor series.
        if (cell / 2) ** (degree + 1) / (2**degree * factorial(degree + 1) ** 0.5) * (degree + 2) < _GAUSSIAN_ERROR:
            return degree
    return None


def _momenter(degree: int) -> Any:
    """The compiled moments of one degree: a loop for each, which the compiler writes out."""
    size = (degree + 1) * (degree + 2) // 2

    @fused
    def moments_of(cell_m, places, planes, held, first, last):  # type: ignore[no-untyped-def]
        """Moments of the cells of some rows, and how many events each holds."""
        starts, east, down, weight, weighted, count, counted = places
        columns = planes.shape[2]
        sums = np.empty(size)
        per = 2 / cell_m
        for row in range(first, last):
            for column in range(columns):
                cell = row * columns + column
                if starts[cell] == starts[cell + 1]:
                    continue
                sums[:] = 0.0
                events = 0.0
                for event in range(starts[cell], starts[cell + 1]):
                    x = (east[event] - (column + 0.5) * cell_m) * per
                    y = (down[event] - (row + 0.5) * cell_m) * per
                    line = weight[event * weighted]
                    at = 0
                    for along in range(degree + 1):
                        term = line
                        for _ in range(degree + 1 - along):
                            sums[at] += term
                            term *= x
                            at += 1
                        line *= y
                    events += count[event * counted]
                planes[:, row, column] = sums
                held[row, column] = events

    return moments_of


def _evaluator(degree: int) -> Any:
    """The compiled polynomials of one degree."""

    @fused
    def values_of(cell_m, places, planes, found, first, last):  # type: ignore[no-untyped-def]
        """At the events of some rows, the polynomial that each cell's coefficients make."""
        starts, east, down = places[0], places[1], places[2]
        columns = planes.shape[2]
        per = 2 / cell_m
        for row in range(first, last):
            for column in range(columns):
                cell = row * columns + column
                for event in range(starts[cell], starts[cell + 1]):
                    x = (east[event] - (column + 0.5) * cell_m) * per
                    y = (down[event] - (row + 0.5) * cell_m) * per
                    total, line, at = 0.0, 1.0, 0
                    for along in range(degree + 1):
                        term = line
                        for _ in range(degree + 1 - along):
                            total += term * planes[at, row, column]
                            term *= x
                            at += 1
                        line *= y
                    found[event] += total

    return values_of


_MOMENTS = {degree: _momenter(degree) for degree in {0, 2, *_GAUSSIAN_DEGREES}}
_VALUES = {degree: _evaluator(degree) for degree in {0, 2, *_GAUSSIAN_DEGREES}}


def spread(places: Places, power: int, bandwidth_m: float, *, threads: int | None = None) -> tuple[Floats, Floats]:
    """Sum over places of ``weight (1 - u²)^power`` at every cell centre, and the events within the bandwidth."""
    grid = places.grid
    stencil = ring.stencil_of(grid.cell_m, bandwidth_m)
    values, events = ring.spread(places, stencil, power, bandwidth_m, threads=threads)
    if stencil.wholly.any():
        expansion = _expansion(grid, power, bandwidth_m)
        planes, held = _moments(places, expansion.degree, threads)
        values += expansion.convolution.summed(_combined(expansion.terms, planes), expansion.spectra)
        (counts,) = expansion.convolution.each(held, [expansion.wholly])
        events += np.rint(counts)
    # What transforms leave where nothing is in reach is rounding; a count is a whole number.
    values[(events == 0) | (values < 0)] = 0.0
    return values, events


def gaussian(places: Places, deviation_m: float, degree: int, *, threads: int | None = None) -> Floats:
    """Sum over places of ``weight exp(-d²/2s²)`` at every cell centre."""
    grid = places.grid
    expansion = _gaussian_expansion(grid.rows, grid.columns, grid.cell_m / deviation_m, degree)
    planes, _ = _moments(places, degree, threads)
    return np.maximum(expansion.convolution.summed(list(planes), expansion.spectra), 0.0)


def masses(places: Places, inside: Mask, power: int, bandwidth_m: float, *, threads: int | None = None) -> Floats:
    """Sum over the cells inside of ``(1 - u²)^power`` about each place: its mass, but for the constant and the cell."""
    grid = places.grid
    stencil = ring.stencil_of(grid.cell_m, bandwidth_m)
    mass = ring.masses(places, inside, stencil, power, bandwidth_m, threads=threads)
    if stencil.wholly.any():
        _add_polynomials(mass, places, inside, _expansion(grid, power, bandwidth_m), threads)
    return mass


def gaussian_masses(
    places: Places, inside: Mask, deviation_m: float, degree: int, *, threads: int | None = None
) -> Floats:
    """Sum over the cells inside of ``exp(-d²/2s²)`` about each place."""
    grid = places.grid
    mass = np.zeros(len(places))
    expansion = _gaussian_expansion(grid.rows, grid.columns, grid.cell_m / deviation_m, degree)
    _add_polynomials(mass, places, inside, expansion, threads)
    return mass


def _moments(places: Places, degree: int, threads: int | None) -> tuple[Floats, Floats]:
    """The moments of every cell (moment, row, column), and how many events it holds."""
    grid = places.grid
    planes = np.zeros(((degree + 1) * (degree + 2) // 2, grid.rows, grid.columns))
    held = np.zeros((grid.rows, grid.columns))

    def work(first: int, last: int) -> None:
        """The moments of some rows."""
        _MOMENTS[degree](float(grid.cell_m), places.by_cell, planes, held, first, last)

    in_blocks(grid.rows, work, threads=threads)
    return planes, held


def _combined(terms: Floats, planes: Floats) -> list[Floats]:
    """Planes of the terms; those of one monomial are that plane itself."""
    made = []
    for row in terms:
        used = np.flatnonzero(row)
        first = planes[used[0]] if row[used[0]] == 1 else row[used[0]] * planes[used[0]]
        made.append(first if len(used) == 1 else sum((row[at] * planes[at] for at in used[1:]), first))
    return made


def _add_polynomials(mass: Floats, places: Places, inside: Mask, expansion: Expansion, threads: int | None) -> None:
    grid = places.grid
    turned = [spectrum.turned for spectrum in expansion.spectra]
    abouts = expansion.convolution.each(inside.astype(np.float64), turned)
    planes = np.zeros((expansion.terms.shape[1], grid.rows, grid.columns))
    for row, about in zip(expansion.terms, abouts, strict=True):
        for at in np.flatnonzero(row):
            planes[at] += row[at] * about

    def work(first: int, last: int) -> None:
        """The masses of the events of some rows."""
        _VALUES[expansion.degree](float(grid.cell_m), places.by_cell, planes, mass, first, last)

    in_blocks(grid.rows, work, threads=threads)
