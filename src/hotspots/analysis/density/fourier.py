"""Sums over all pairs of cells of a grid, by Fourier transforms: cells times a kernel of their offsets."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.analysis.density.kernels import Floats
from hotspots.compiled import processors

Complexes = npt.NDArray[np.complex128]


def offsets(reach_cells: int) -> tuple[Floats, Floats]:
    """East and down offset, in cells, of every cell of a square about one: two arrays of ``2 reach + 1`` squared."""
    along = np.arange(-reach_cells, reach_cells + 1, dtype=np.float64)
    east, down = np.meshgrid(along, along)
    return east, down


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The transform of a kernel that is the same (``odd``: but for the sign) seen from the opposite side.

    It is real, or imaginary where odd: half the memory is enough.
    """

    part: Floats
    odd: bool

    @property
    def turned(self) -> "Spectrum":
        """That of the kernel turned by half a circle."""
        return Spectrum(-self.part, True) if self.odd else self


class Convolution:
    """
    Sums of cells about each cell, with zeros beyond the grid.

    The sum over planes of ``plane[v] * kernel[u - v]`` at each cell ``u``. Its error is a few 1e-16 of the largest
    possible sum. Each transform runs in one thread, several at once, and they are added in order: the same bits
    whatever the number of threads.
    """

    def __init__(self, rows: int, columns: int, reach_cells: int) -> None:
        self.rows, self.columns, self.reach_cells = rows, columns, reach_cells
        self.shape = tuple(int(scipy.fft.next_fast_len(size + reach_cells, real=True)) for size in (rows, columns))

    def spectrum(self, kernel: Floats, *, odd: bool = False) -> Spectrum:
        """Of a kernel of offsets (``2 reach + 1`` squared) that turning by half a circle leaves, or negates."""
        whole = scipy.fft.rfft2(self._wrapped(kernel))
        return Spectrum(np.ascontiguousarray(whole.imag if odd else whole.real), odd)

    def summed(self, planes: Sequence[Floats], spectra: Sequence[Spectrum]) -> Floats:
        """The sum over planes and kernels, in pairs."""

        def product(at: int) -> Complexes:
            """The transform of one plane, times that of its kernel (but for the imaginary unit)."""
            found = self._transformed(planes[at])
            found *= spectra[at].part
            return found

        totals: dict[bool, Complexes] = {}
        for spectrum, part in zip(spectra, _few_at_once(product, len(planes)), strict=True):
            held = totals.get(spectrum.odd)
            totals[spectrum.odd] = part if held is None else np.add(held, part, out=part)
        total = totals[False]
        if True in totals:
            total += 1j * totals[True]
        return self._back(total)

    def each(self, plane: Floats, spectra: Sequence[Spectrum]) -> Iterator[Floats]:
        """The sums of one plane with each of several kernels."""
        transformed = self._transformed(plane)

        def one(at: int) -> Floats:
            """The sum with one kernel."""
            product = transformed * spectra[at].part
            return self._back(1j * product if spectra[at].odd else product)

        return _few_at_once(one, len(spectra))

    def _transformed(self, plane: Floats) -> Complexes:
        found: Complexes = scipy.fft.rfft2(plane, s=self.shape)
        return found

    def _back(self, spectrum: Complexes) -> Floats:
        whole: Floats = scipy.fft.irfft2(spectrum, s=self.shape, overwrite_x=True)
        return np.ascontiguousarray(whole[: self.rows, : self.columns])

    def _wrapped(self, kernel: Floats) -> Floats:
        held = np.zeros(self.shape)
        reach = self.reach_cells
        size = 2 * reach + 1
        at = [np.arange(-reach, reach + 1) % length for length in self.shape]
        if min(self.shape) >= size:
            held[np.ix_(*at)] = kernel
        else:  # a kernel wider than the padded grid: offsets that no pair of cells has are left out below
            rows = np.abs(np.arange(-reach, reach + 1)) < self.rows
            columns = np.abs(np.arange(-reach, reach + 1)) < self.columns
            held[np.ix_(at[0][rows], at[1][columns])] = kernel[np.ix_(rows, columns)]
        return held


def _few_at_once(work: Callable[[int], Any], size: int) -> Iterator[Any]:
    """What ``work`` makes of each number, in order; no more at once in memory than threads that make them."""
    threads = min(processors(), size)
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, size, threads):
            yield from pool.map(work, range(first, min(first + threads, size)))
