"""Maps: each event adds a quartic kernel with a peak of one to the cells about it.

Observed and simulated maps are made by the same loops, so that they differ in nothing but where the events are.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspots.compiled import compiled
from hotspots.layer import GridSpec

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """A grid, the reach of the kernel on it, and a margin of cells about it, so that no kernel is cut."""

    grid: GridSpec
    bandwidth_m: float

    @property
    def margin(self) -> int:
        """Cells about the grid that the kernel of an event on the grid may reach."""
        return int(self.bandwidth_m / self.grid.cell_m) + 2

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns with the margin."""
        return self.grid.rows + 2 * self.margin, self.grid.columns + 2 * self.margin

    @property
    def numbers(self) -> tuple[float, float, int]:
        """What the compiled loops take: cell, bandwidth, margin."""
        return float(self.grid.cell_m), float(self.bandwidth_m), self.margin

    def from_corner(self, coordinates: Floats) -> tuple[Floats, Floats]:
        """Metres east and down of the grid's north-west corner, for coordinates of shape (n, 2)."""
        east = np.ascontiguousarray(coordinates[:, 0] - self.grid.west)
        return east, np.ascontiguousarray(self.grid.north - coordinates[:, 1])

    def inner(self, values: Floats) -> Floats:
        """A map without its margin."""
        return values[self.margin : -self.margin, self.margin : -self.margin]


@compiled
def stamp_all(frame, east, down, weight, values):  # type: ignore[no-untyped-def]
    """Add events to the cells in their reach: ``weight (1 - u²)²`` at the cell's centre."""
    cell_m, bandwidth_m, margin = frame
    reach, step = bandwidth_m / cell_m, cell_m / bandwidth_m
    for event in range(east.size):
        if weight[event] == 0:
            continue
        across, along = east[event] / cell_m + margin, down[event] / cell_m + margin
        left, right = int(across - reach + 0.5), int(across + reach + 0.5)
        first = (left + 0.5 - across) * step
        for row in range(int(along - reach + 0.5), int(along + reach + 0.5)):
            off = (row + 0.5 - along) * step
            of_row = 1.0 - off * off
            line = values[row, left:right]
            for column in range(line.size):
                aside = first + column * step
                rest = max(of_row - aside * aside, 0.0)
                line[column] += weight[event] * (rest * rest)


@compiled
def stamp_squares(frame, east, down, weight, values):  # type: ignore[no-untyped-def]
    """As :func:`stamp_all`, with the square of the kernel."""
    cell_m, bandwidth_m, margin = frame
    reach, step = bandwidth_m / cell_m, cell_m / bandwidth_m
    for event in range(east.size):
        across, along = east[event] / cell_m + margin, down[event] / cell_m + margin
        for row in range(int(along - reach + 0.5), int(along + reach + 0.5)):
            off = (row + 0.5 - along) * step
            for column in range(int(across - reach + 0.5), int(across + reach + 0.5)):
                aside = (column + 0.5 - across) * step
                rest = max(1.0 - off * off - aside * aside, 0.0)
                values[row, column] += weight[event] * (rest * rest) * (rest * rest)


def kernel_sums(frame: Frame, east: Floats, down: Floats, weights: Floats, *, squared: bool = False) -> Floats:
    """
    Sum of the kernel (or of its square) over weighted places, at every cell centre, with the margin.

    Examples
    --------
    >>> frame = Frame(GridSpec(0, 0, 50, 3, 3), bandwidth_m=100)
    >>> frame.inner(kernel_sums(frame, np.array([75.0]), np.array([75.0]), np.array([2.0]))).tolist()
    [[0.5, 1.125, 0.5], [1.125, 2.0, 1.125], [0.5, 1.125, 0.5]]
    """
    values = np.zeros(frame.shape)
    stamp = stamp_squares if squared else stamp_all
    stamp(frame.numbers, east, down, np.asarray(weights, dtype=np.float64), values)
    return values
