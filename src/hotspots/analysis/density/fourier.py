"""Sums over all pairs of cells of a grid, by Fourier transforms: cells times a kernel of their offsets."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import scipy.fft

from hotspots.analysis.density.kernels import Floats
from hotspots.compiled import processors

Complexes = npt.NDArray[np.complex128]


def offsets(reach_cells: int) -> tuple[Floats, Floats]:
    """East and down offset, in cells, of every cell of a square about one: two arrays of ``2 reach + 1`` squared."""
    along = np.arange(-reach_cells, reach_cells + 1, dtype=np.float64)
    east, down = np.meshgrid(along, along)
    return east, down


class Convolution:
    """
    Sums of cells about each cell, with zeros beyond the grid.

    ``summed(planes, kernels)`` is the sum over the planes of ``plane[v] * kernel[u - v]`` at each cell ``u``. Its error
    is a few 1e-16 of the largest possible sum. Each transform runs in one thread, several at once, and they are added
    in order: the same bits whatever the number of threads.
    """

    def __init__(self, rows: int, columns: int, reach_cells: int) -> None:
        self.rows, self.columns, self.reach_cells = rows, columns, reach_cells
        self.shape = tuple(int(scipy.fft.next_fast_len(size + reach_cells, real=True)) for size in (rows, columns))

    def summed(self, planes: Sequence[Floats], kernels: Sequence[Floats]) -> Floats:
        """The sum over planes and kernels, in pairs."""
        return self._back(self._spectrum(lambda at: (planes[at], kernels[at]), len(planes)))

    def _spectrum(self, pair: Callable[[int], tuple[Floats, Floats]], pairs: int) -> Complexes:
        def product(at: int) -> Complexes:
            plane, kernel = pair(at)
            spectrum: Complexes = scipy.fft.rfft2(plane, s=self.shape)
            spectrum *= scipy.fft.rfft2(self._wrapped(kernel))
            return spectrum

        total = None
        with ThreadPoolExecutor(processors()) as pool:
            for part in pool.map(product, range(pairs)):
                total = part if total is None else total + part
        assert total is not None
        return total

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

    def _back(self, spectrum: Complexes) -> Floats:
        whole: Floats = scipy.fft.irfft2(spectrum, s=self.shape, overwrite_x=True)
        return np.ascontiguousarray(whole[: self.rows, : self.columns])
