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
    mean, deviation = _spread(x[mask] if cells < x.size else x)
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
    if not np.isfinite(x).all():
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


def _spread(x: Floats) -> tuple[float, float]:
    return (float(x.mean()), float(x.std())) if x.size else (0.0, 0.0)


@compiled
def _rows(x, mask, halves, numbers, z, neighbours, first, last):  # type: ignore[no-untyped-def]
    cells, mean, deviation = numbers
    rows, columns = x.shape
    reach = halves.size // 2
    wide = halves[reach]
    # Running sums of the rows in reach, as a ring; the margins repeat the first and the last sum.
    sums, held = np.zeros((halves.size, columns + 2 * wide + 1)), np.zeros((halves.size, columns + 2 * wide + 1))
    total, count = np.empty(columns), np.empty(columns)
    for entering in range(max(0, first - reach), min(rows, last + reach)):
        running, there = 0.0, 0.0
        of_sums, of_held = sums[entering % halves.size], held[entering % halves.size]
        for column in range(columns):
            if mask[entering, column]:
                running += x[entering, column]
                there += 1.0
            of_sums[wide + 1 + column], of_held[wide + 1 + column] = running, there
        of_sums[wide + 1 + columns :], of_held[wide + 1 + columns :] = running, there
        # Rows are done once everything below them in reach has entered: several at once at the foot of the grid.
        begin = entering - reach
        end = begin + 1 if entering < rows - 1 else last
        for row in range(max(first, begin), min(last, end)):
            total[:], count[:] = 0.0, 0.0
            for near in range(max(0, row - reach), min(rows, row + reach + 1)):
                half = halves[near - row + reach]
                right, left = sums[near % halves.size, wide + half + 1 :], sums[near % halves.size, wide - half :]
                more, less = held[near % halves.size, wide + half + 1 :], held[near % halves.size, wide - half :]
                for column in range(columns):
                    total[column] += right[column] - left[column]
                    count[column] += more[column] - less[column]
            for column in range(columns):
                w = count[column]
                spread = w * (cells - w) / (cells - 1.0) if 1 < w < cells else np.nan
                inside = mask[row, column]
                z[row, column] = (total[column] - mean * w) / (deviation * sqrt(spread)) if inside else np.nan
                neighbours[row, column] = np.int32(w) if inside else 0
