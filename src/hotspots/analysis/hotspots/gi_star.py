"""Gi* on a grid, in closed form: sums over neighbourhoods are differences of running sums along the rows.

Getis and Ord (1992), Ord and Getis (1995), the cell itself included, binary weights. With ``W`` the cells of a
neighbourhood and ``n`` all cells, ``z = (sum x - mean W) / (s sqrt((n W - W²) / (n - 1)))`` where ``s² = mean(x²) -
mean(x)²``. Equal to ``esda.G_Local(star=True, transform="B")`` on the same neighbours, which tests hold it to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import floor, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from hotspots.compiled import compiled, in_blocks
from hotspots.errors import DataRefused

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Shape = Literal["queen", "disc"]


@dataclass(frozen=True, eq=False)
class GiStar:
    """
    Gi* of every cell: ``z`` (NaN outside and where undefined) and ``neighbours``, the cells it sums, itself included.
    """

    z: Floats
    neighbours: npt.NDArray[np.int32]
    inside: Mask
    constant: bool

    @cached_property
    def p(self) -> Floats:
        """Two-sided p-values of the normal approximation, not corrected for the number of cells."""
        return np.asarray(special.erfc(np.abs(self.z) / sqrt(2)), dtype=np.float64)

    @cached_property
    def undefined(self) -> Mapping[str, Mask]:
        """The cells inside that have no Gi*, by reason; a reason that no cell has is left out."""
        if self.constant:
            return {"all cells hold the same value": self.inside}
        alone = self.inside & (self.neighbours == 1)
        everything = self.inside & (self.neighbours == np.count_nonzero(self.inside)) & ~alone
        reasons = {"it has no neighbour in the area": alone, "every cell of the area is its neighbour": everything}
        return {reason: cells for reason, cells in reasons.items() if cells.any()}


def gi_star(
    values: npt.ArrayLike,
    *,
    inside: npt.ArrayLike | None = None,
    reach_cells: float = 1,
    shape: Shape = "queen",
    threads: int | None = None,
) -> GiStar:
    """
    Gi* of the values of a grid (rows x columns).

    Parameters
    ----------
    inside
        Cells that take part, as neighbours and in the mean; without it, those whose value is not NaN.
    reach_cells, shape
        The neighbourhood, by grid indices: ``queen`` is the square of cells up to ``reach_cells`` rows and columns away
        (1: the eight about each cell), ``disc`` the cells whose centres are up to ``reach_cells`` cells away.

    Raises
    ------
    DataRefused
        A value inside is not finite, the shapes differ, or the reach is not a positive number.

    Examples
    --------
    >>> corner = np.zeros((4, 4))
    >>> corner[0, 0] = 1
    >>> gi_star(corner).z[:2, :2].round(4).tolist()
    [[1.7321, 1.291], [1.291, 0.8819]]
    """
    x, mask = _checked(values, inside)
    halves = _half_widths(reach_cells, shape)
    cells = int(np.count_nonzero(mask))
    mean, deviation = _mean_and_deviation(x, mask, cells, threads)
    # With every value equal the sum of squares leaves only rounding.
    constant = deviation <= 1e-12 * max(1.0, abs(mean))
    z, neighbours = np.empty(x.shape), np.empty(x.shape, dtype=np.int32)
    numbers = (cells, mean, np.inf if constant else deviation)

    def rows(first: int, last: int) -> None:
        _rows(x, mask, halves, numbers, z, neighbours, first, last)

    in_blocks(len(x), rows, threads=threads)
    if constant:
        z[:] = np.nan
    return GiStar(z, neighbours, mask, constant)


def _checked(values: npt.ArrayLike, inside: npt.ArrayLike | None) -> tuple[Floats, Mask]:
    x = np.ascontiguousarray(values, dtype=np.float64)
    if x.ndim != 2 or not x.size:
        raise DataRefused(f"Gi* needs a grid of rows and columns, got an array of shape {x.shape}")
    if inside is None:
        mask = ~np.isnan(x)
    else:
        mask = np.ascontiguousarray(inside, dtype=bool)
        if mask.shape != x.shape:
            raise DataRefused(f"the mask has {mask.shape} cells and the values {x.shape}: they must be the same grid")
    if not np.isfinite(x.sum()):
        if not np.isfinite(x[mask]).all():
            raise DataRefused("Gi* needs a finite value in every cell inside; leave the others out of the mask")
        x = np.where(mask, x, 0.0)
    return x, mask


def _half_widths(reach_cells: float, shape: Shape) -> npt.NDArray[np.int64]:
    """How many columns to either side belong to the neighbourhood, for each row of it."""
    if not (np.isfinite(reach_cells) and reach_cells > 0):
        raise DataRefused(f"neighbours must be within a positive number of cells, got {reach_cells!r}")
    reach = floor(reach_cells * (1 + 1e-9))
    rows = np.arange(-reach, reach + 1)
    if shape == "queen":
        return np.full(len(rows), reach)
    if shape == "disc":
        return np.asarray(np.sqrt((reach_cells * (1 + 1e-9)) ** 2 - rows**2), dtype=np.int64)
    raise DataRefused(f"there is no neighbourhood {shape!r}; choose queen or disc")


def _mean_and_deviation(x: Floats, mask: Mask, cells: int, threads: int | None) -> tuple[float, float]:
    """Of the cells inside: in two passes, so that nothing is lost where the values are large beside their spread."""
    if not cells:
        return 0.0, 0.0
    mean = float(x.sum() if cells == x.size else x[mask].sum()) / cells
    squares = np.empty(len(x))
    in_blocks(len(x), lambda first, last: _squares_by_row(x, mask, mean, squares, first, last), threads=threads)
    return mean, sqrt(float(squares.sum()) / cells)


@compiled
def _squares_by_row(x, mask, mean, squares, first, last):  # type: ignore[no-untyped-def]
    """The sum of each row's squared deviations inside; eight sums at a time, which a processor does at once."""
    columns = x.shape[1]
    lanes = np.empty(8)
    for row in range(first, last):
        lanes[:] = 0.0
        for begin in range(0, columns - 7, 8):
            for lane in range(8):
                away = (x[row, begin + lane] - mean) * mask[row, begin + lane]
                lanes[lane] += away * away
        for column in range(columns - columns % 8, columns):
            away = (x[row, column] - mean) * mask[row, column]
            lanes[0] += away * away
        squares[row] = lanes.sum()


@compiled
def _enter(x, mask, row, wide, sums, held):  # type: ignore[no-untyped-def]
    """Running sums along a row of values and of cells inside; the margins repeat the first and the last."""
    columns = x.shape[1]
    running, there = 0.0, 0.0
    for column in range(columns):
        if mask[row, column]:
            running += x[row, column]
            there += 1.0
        sums[wide + 1 + column], held[wide + 1 + column] = running, there
    sums[wide + 1 + columns :], held[wide + 1 + columns :] = running, there


@compiled
def _add_up(running, halves, row, rows, wide, total):  # type: ignore[no-untyped-def]
    """Sum of the neighbourhood of each cell of a row, from the ring of running sums."""
    reach = halves.size // 2
    total[:] = 0.0
    for near in range(max(0, row - reach), min(rows, row + reach + 1)):
        half = halves[near - row + reach]
        right, left = running[near % halves.size, wide + half + 1 :], running[near % halves.size, wide - half :]
        for column in range(total.size):
            total[column] += right[column] - left[column]


@compiled
def _rows(x, mask, halves, numbers, z, neighbours, first, last):  # type: ignore[no-untyped-def]
    cells, mean, deviation = numbers
    rows, columns = x.shape
    reach = halves.size // 2
    wide = halves[reach]
    sums, held = np.zeros((halves.size, columns + 2 * wide + 1)), np.zeros((halves.size, columns + 2 * wide + 1))
    total, count, factor = np.empty(columns), np.empty(columns), np.empty(columns)
    whole = cells == rows * columns
    known = False
    for entering in range(max(0, first - reach), min(rows, last + reach)):
        _enter(x, mask, entering, wide, sums[entering % halves.size], held[entering % halves.size])
        # Rows are done once everything below them in reach has entered: several at once at the foot of the grid.
        begin = entering - reach
        end = begin + 1 if entering < rows - 1 else last
        for row in range(max(first, begin), min(last, end)):
            # Without a mask, rows far from the top and the foot have the same neighbours: they are counted once.
            inner = whole and reach <= row < rows - reach
            if not (inner and known):
                _add_up(held, halves, row, rows, wide, count)
                for column in range(columns):
                    w = count[column]
                    spread = w * (cells - w) / (cells - 1.0) if 1 < w < cells else np.nan
                    factor[column] = 1.0 / (deviation * sqrt(spread)) if mask[row, column] else np.nan
            known = inner
            _add_up(sums, halves, row, rows, wide, total)
            for column in range(columns):
                z[row, column] = (total[column] - mean * count[column]) * factor[column]
                neighbours[row, column] = np.int32(count[column] * mask[row, column])
