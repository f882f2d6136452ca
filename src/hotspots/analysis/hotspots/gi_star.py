"""Gi* on a grid, in closed form: sums over neighbourhoods are differences of running sums along the rows.

Getis and Ord (1992), Ord and Getis (1995), the cell itself included, binary weights. With ``W`` the cells of a
neighbourhood and ``n`` all cells, ``z = (sum x - mean W) / (s sqrt((n W - W²) / (n - 1)))`` where ``s² = mean(x²) -
mean(x)²``. Equal to ``esda.G_Local(star=True, transform="B")`` on the same neighbours, which tests hold it to.

In space and time (a cube of steps x rows x columns) the neighbourhood of a cell at a step is its cells in space, at
that step and some steps before: values are first summed over those steps, then over space.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from math import floor, sqrt
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy

from hotspots.compiled import compiled, fused, in_blocks
from hotspots.errors import DataRefused

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Shape = Literal["queen", "disc"]

_AT_ONCE = (
    4  # rows whose running sums are made together: each sum waits for its last, and a processor adds four at once
)


@dataclass(frozen=True, eq=False)
class GiStar:
    """
    Gi* of every cell (rows x columns), or of every cell at every step (steps x rows x columns).

    Parameters
    ----------
    z
        Gi*; NaN outside and where undefined.
    inside
        The cells that take part, in the shape of ``z``.
    constant
        Whether all cells inside hold the same value, so that none has a Gi*.
    half_widths
        The neighbourhood in space: how many columns to either side belong to it, for each row of it.
    depths
        How many steps a neighbourhood holds, its own included, for each step; one for a single map.
    """

    z: Floats
    inside: Mask
    constant: bool
    half_widths: npt.NDArray[np.int64]
    depths: npt.NDArray[np.int64]

    @cached_property
    def neighbours(self) -> npt.NDArray[np.int32]:
        """How many cells (and steps of them) each Gi* sums, itself included; 0 outside."""
        plane = self.inside.reshape(-1, *self.z.shape[-2:])[0]
        near = np.where(plane, sums_near(plane, self.half_widths), 0)
        return np.asarray((self.depths[:, None, None] * near).reshape(self.z.shape), dtype=np.int32)

    @cached_property
    def p(self) -> Floats:
        """Two-sided p-values of the normal approximation, not corrected for the number of cells."""
        return np.asarray(scipy.special.erfc(np.abs(self.z) / sqrt(2)), dtype=np.float64)

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
    x = np.ascontiguousarray(values, dtype=np.float64)
    if x.ndim != 2 or not x.size:
        raise DataRefused(f"Gi* needs a grid of rows and columns, got an array of shape {x.shape}")
    found = _gi_star(x[None], inside, reach_cells, shape, 0, threads)
    return GiStar(found.z[0], found.inside[0], found.constant, found.half_widths, found.depths)


def space_time_gi_star(
    values: npt.ArrayLike,
    *,
    inside: npt.ArrayLike | None = None,
    reach_cells: float = 1,
    shape: Shape = "queen",
    steps_back: int = 1,
    threads: int | None = None,
) -> GiStar:
    """
    Gi* of each cell at each step of a cube (steps x rows x columns, oldest step first).

    The neighbours of a cell at a step are the cells about it in space, itself included, at that step and at the
    ``steps_back`` steps before it: what came later is never looked at, and the first steps have fewer neighbours. Mean
    and variance are those of the whole cube, so that a cell is compared with everywhere and always: that is what makes
    a rise over the steps visible, which Gi* of each step by itself takes away.

    Parameters
    ----------
    inside
        Cells that take part (rows x columns), at every step; without it, those that have a value at every step.
    reach_cells, shape
        The neighbourhood in space, as for :func:`gi_star`.
    steps_back
        How many steps before its own belong to the neighbourhood; 0 looks at each step by itself.

    Raises
    ------
    DataRefused
        As for :func:`gi_star`, or ``steps_back`` is negative.

    Examples
    --------
    >>> counts = np.zeros((4, 5, 5))
    >>> counts[2:, 2, 2] = 3  # from the third step on, in the middle
    >>> space_time_gi_star(counts).z[:, 2, 2].round(2).tolist()
    [-0.45, -0.67, 1.18, 3.03]
    """
    x = np.ascontiguousarray(values, dtype=np.float64)
    if x.ndim != 3 or not x.size:
        raise DataRefused(f"Gi* in space and time needs steps, rows and columns, got an array of shape {x.shape}")
    if steps_back < 0:
        raise DataRefused(f"steps_back must be 0 or more steps before a cell's own, got {steps_back!r}")
    return _gi_star(x, inside, reach_cells, shape, int(steps_back), threads)


def _gi_star(
    cube: Floats, inside: npt.ArrayLike | None, reach_cells: float, shape: Shape, back: int, threads: int | None
) -> GiStar:
    halves = _half_widths(reach_cells, shape)
    steps, rows, _ = cube.shape
    mask = _given_mask(inside, cube)
    cells, mean, deviation = _moments(cube, mask, threads)
    if not np.isfinite(mean + deviation):
        # Rare, so looked for only now: something is missing or infinite, inside or outside.
        mask = np.asarray(~np.isnan(cube).any(axis=0)) if inside is None else mask
        if not np.isfinite(cube[:, mask]).all():
            raise DataRefused("Gi* needs a finite value in every cell inside; leave the others out of the mask")
        cube = np.where(mask, cube, 0.0)
        cells, mean, deviation = _moments(cube, mask, threads)
    elif inside is not None:
        cube = np.where(mask, cube, 0.0)
    # With every value equal the sum of squares leaves only rounding.
    constant = bool(deviation <= 1e-12 * max(1.0, abs(mean)))
    depths = np.minimum(np.arange(steps), back) + 1
    z = np.empty(cube.shape)
    whole = cells == cube.size
    for step in range(steps):
        plane = cube[max(0, step - back) : step + 1].sum(axis=0) if back else cube[step]
        numbers = (float(cells), mean, np.inf if constant else deviation, float(depths[step]))

        in_blocks(rows, partial(_rows, plane, mask, whole, halves, numbers, z[step]), threads=threads)
    if constant:
        z[:] = np.nan
    return GiStar(z, np.broadcast_to(mask, cube.shape), constant, halves, depths)


def _given_mask(inside: npt.ArrayLike | None, cube: Floats) -> Mask:
    """The cells that take part; all of them for now where that is to be seen from the values."""
    if inside is None:
        return np.ones(cube.shape[1:], dtype=bool)
    mask = np.ascontiguousarray(inside, dtype=bool)
    if mask.shape != cube.shape[1:]:
        raise DataRefused(
            f"the mask has {mask.shape} cells and the values {cube.shape[1:]}: they must be the same grid"
        )
    return mask


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


def sums_near(values: npt.NDArray[Any], half_widths: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """
    Sum over the neighbourhood of each cell of a map, itself included; exact for whole numbers and for masks.

    Examples
    --------
    >>> sums_near(np.array([[1, 2, 3], [4, 5, 6]]), np.array([0, 1, 0])).tolist()
    [[7, 11, 11], [10, 17, 14]]
    """
    reach, wide, (rows, columns) = len(half_widths) // 2, int(half_widths.max()), values.shape
    held = np.pad(np.pad(values, wide).cumsum(axis=1), ((0, 0), (1, 0)))
    found = np.zeros(values.shape, dtype=held.dtype)
    for half, begin in zip(half_widths, range(wide - reach, wide + reach + 1), strict=True):
        lines = held[begin : begin + rows]
        found += lines[:, wide + half + 1 : wide + half + 1 + columns] - lines[:, wide - half : wide - half + columns]
    return found


def _moments(cube: Floats, mask: Mask, threads: int | None) -> tuple[int, float, float]:
    """
    How many values are inside, their mean and their standard deviation; NaN where one is missing, outside included.

    Row by row, and the rows put together (Chan, Golub and LeVeque 1983): each value is read once, and nothing is lost
    where the values are large beside their spread.
    """
    rows, columns = cube.shape[0] * cube.shape[1], cube.shape[2]
    lines = cube.reshape(rows, columns)
    inside = np.broadcast_to(mask, cube.shape).reshape(rows, columns)
    held, sums, squares = np.empty(rows), np.empty(rows), np.empty(rows)
    in_blocks(rows, lambda first, last: _row_moments(lines, inside, held, sums, squares, first, last), threads=threads)
    cells = int(held.sum())
    if not cells:
        return 0, 0.0, 0.0
    mean = float(sums.sum()) / cells
    with np.errstate(invalid="ignore"):  # an infinite value is refused by who asked
        between = held * (np.divide(sums, held, out=np.full(rows, mean), where=held > 0) - mean) ** 2
    return cells, mean, sqrt(float(squares.sum() + between.sum()) / cells)


@fused
def _row_moments(lines, inside, held, sums, squares, first, last):  # type: ignore[no-untyped-def]
    """Of each row how many values are inside, their sum, and the sum of their squared deviations from their mean."""
    for row in range(first, last):
        values, within = lines[row], inside[row]
        count, total, square = 0.0, 0.0, 0.0
        for column in range(values.size):
            count += within[column]
            total += values[column] * within[column]
        mean = total / count if count else 0.0
        for column in range(values.size):
            away = (values[column] - mean) * within[column]
            square += away * away
        held[row], sums[row], squares[row] = count, total, square


@compiled
def _enter(lines, begin, end, wide, running):  # type: ignore[no-untyped-def]
    """Running sums along up to four rows, into a ring of lines; the margins repeat the first and the last."""
    columns, many = lines.shape[1], running.shape[0]
    if end - begin == 4:
        one, two = running[begin % many, wide + 1 :], running[(begin + 1) % many, wide + 1 :]
        three, four = running[(begin + 2) % many, wide + 1 :], running[(begin + 3) % many, wide + 1 :]
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        for column in range(columns):
            a += lines[begin, column]
            b += lines[begin + 1, column]
            c += lines[begin + 2, column]
            d += lines[begin + 3, column]
            one[column], two[column], three[column], four[column] = a, b, c, d
    else:
        for row in range(begin, end):
            line, total = running[row % many, wide + 1 :], 0.0
            for column in range(columns):
                total += lines[row, column]
                line[column] = total
    for row in range(begin, end):
        line = running[row % many]
        line[wide + 1 + columns :] = line[wide + columns]


@compiled
def _add_up(running, halves, row, rows, wide, total):  # type: ignore[no-untyped-def]
    """Sum of the neighbourhood of each cell of a row, from the ring of running sums."""
    reach = halves.size // 2
    total[:] = 0.0
    for near in range(max(0, row - reach), min(rows, row + reach + 1)):
        half, line = halves[near - row + reach], running[near % running.shape[0]]
        right, left = line[wide + half + 1 :], line[wide - half :]
        for column in range(total.size):
            total[column] += right[column] - left[column]


@compiled
def _rows(x, mask, whole, halves, numbers, z, first, last):  # type: ignore[no-untyped-def]
    cells, mean, deviation, depth = numbers
    rows, columns = x.shape
    reach = halves.size // 2
    wide = halves[reach]
    ring = (halves.size + _AT_ONCE - 1, columns + 2 * wide + 1)
    sums, held = np.zeros(ring), np.zeros(ring)
    total, count, factor = np.empty(columns), np.empty(columns), np.empty(columns)
    if whole:  # every row holds the same cells
        held[:] = np.minimum(np.maximum(np.arange(ring[1]) - wide, 0), columns)
    known = False
    row = first
    for begin in range(max(0, first - reach), min(rows, last + reach), _AT_ONCE):
        end = min(begin + _AT_ONCE, rows, last + reach)
        _enter(x, begin, end, wide, sums)
        if not whole:
            _enter(mask, begin, end, wide, held)
        # Rows are done once everything below them in reach has entered.
        while row < last and min(row + reach, rows - 1) < end:
            # Without a mask, rows far from the top and the foot have the same neighbours: they are counted once.
            inner = whole and reach <= row < rows - reach
            if not (inner and known):
                _add_up(held, halves, row, rows, wide, count)
                for column in range(columns):
                    w = depth * count[column]
                    spread = w * (cells - w) / (cells - 1.0) if 1 < w < cells else np.nan
                    factor[column] = 1.0 / (deviation * sqrt(spread)) if mask[row, column] else np.nan
                    count[column] = mean * w
            known = inner
            _add_up(sums, halves, row, rows, wide, total)
            for column in range(columns):
                z[row, column] = (total[column] - count[column]) * factor[column]
            row += 1
