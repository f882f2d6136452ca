"""Patches: hot cells that belong together, large ones divided at their saddles, as polygons.

A patch is a set of hot cells joined by their edges. One that is too large to send anybody to is divided: the surface is
flooded from its peaks down, and where two basins meet they stay apart if the lower peak stands out far enough above the
saddle between them (its prominence, as of a mountain) and already holds enough events; otherwise they are one. What is
still too large is cut down to its cores: the ground about its peaks, as far down as its size allows.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.layer import GridSpec

Labels = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Cell = tuple[int, int]

SQUARE_METRES_PER_HA = 10_000.0


def patches(
    hot: Bools,
    height: Floats,
    events: npt.NDArray[np.int64],
    *,
    cell_m: float,
    largest_ha: float,
    prominence: float,
    min_events: int,
) -> Labels:
    """
    Number the patches of hot cells from 1; 0 is no patch.

    Parameters
    ----------
    height
        What saddles are looked for on (density, per cell).
    events
        Events in each cell.
    largest_ha
        Patches above this size, in hectares, are divided where their surface has a saddle.
    prominence
        Share of a lower peak's height by which it must stand above the saddle to be a place of its own.
    min_events
        Events that the lower part must hold above the saddle.

    Examples
    --------
    >>> height, events = np.array([[9.0, 3.0, 8.0]]), np.array([[5, 0, 5]])
    >>> settings = {"cell_m": 100, "prominence": 0.3, "min_events": 5}
    >>> patches(height > 1, height, events, largest_ha=2, **settings).tolist()
    [[1, 1, 2]]
    >>> patches(height > 1, height, events, largest_ha=3, **settings).tolist()
    [[1, 1, 1]]
    """
    # Imported here: scipy's image functions are slow to load and few commands need them.
    from scipy.ndimage import find_objects, label

    whole, _ = label(hot)
    found = np.zeros(hot.shape, dtype=np.int32)
    for number, window in enumerate(find_objects(whole), start=1):
        own = whole[window] == number
        if np.count_nonzero(own) * cell_m**2 > largest_ha * SQUARE_METRES_PER_HA:
            parts = _flooded(own, height[window], events[window], prominence=prominence, min_events=min_events)
        else:
            parts = own.astype(np.int32)
        found[window] = np.where(own, parts + found.max(), found[window])
    return found


def cores(
    labels: Labels,
    height: Floats,
    events: npt.NDArray[np.int64],
    *,
    most_cells: float,
    min_events: int,
) -> tuple[Labels, npt.NDArray[np.int64]]:
    """
    Cut patches of more than ``most_cells`` down to their cores; the others stay as they are.

    The level is raised inside such a patch until what is above it breaks into parts of so many cells at most (one at
    least). A part is a core if it holds ``min_events`` and has no larger part about it that is small enough; a patch
    without any stays whole, as no part of it says where the events are. Of equal heights the more northern, then the
    more western cell is above.

    Returns
    -------
    The new numbers, from 1, and for each of them (0 included) the number of the patch that it is from.

    Examples
    --------
    >>> height, events = np.array([[6.0, 8.0, 7.0, 2.0, 4.0, 1.0]]), np.array([[4, 5, 5, 1, 5, 0]])
    >>> whole = np.ones((1, 6), dtype=np.int32)
    >>> found, patch_of = cores(whole, height, events, most_cells=3, min_events=5)
    >>> found.tolist(), patch_of.tolist()
    ([[1, 1, 1, 0, 2, 0]], [0, 1, 1])
    """
    from scipy.ndimage import find_objects

    most = max(1, int(most_cells + 1e-9))
    found, patch_of = np.zeros_like(labels), [0]
    for number, window in enumerate(find_objects(labels), start=1):
        own = labels[window] == number
        parts = [own]
        if np.count_nonzero(own) > most:
            parts = _small_enough(own, height[window], events[window], most=most, min_events=min_events) or parts
        for part in parts:
            found[window][part] = len(patch_of)
            patch_of.append(number)
    return found, np.array(patch_of)


def polygons(labels: Labels, grid: GridSpec) -> list[Any]:
    """The outline of each patch, in the order of its number: cells joined by their edges, in EPSG:27700 metres."""
    # rasterio.features polygonises arrays; no dataset is opened here (a test of the house sees to it).
    from rasterio.features import shapes
    from rasterio.transform import Affine

    parts: dict[int, list[Any]] = {}
    for shape, number in shapes(labels, mask=labels > 0, connectivity=4, transform=Affine(*grid.transform)):
        parts.setdefault(int(number), []).append(shapely.geometry.shape(shape))
    return [shapely.union_all(parts[number]) for number in sorted(parts)]


def _flooded(
    own: Bools, height: Floats, events: npt.NDArray[np.int64], *, prominence: float, min_events: int
) -> Labels:
    """Basins of one patch, numbered from 1 in the order of their peaks, highest first."""
    basins = _Basins()
    for place in _downwards(own, height):
        level = float(height[place])
        near = [cell for cell in _neighbours(place) if cell in basins.basin_of]
        meeting = sorted({basins.root(cell) for cell in near}, key=lambda root: (-basins.peak[root], root))
        for lower in meeting[1:]:
            stands_out = basins.peak[lower] - level >= prominence * basins.peak[lower]
            if not (stands_out and basins.held[lower] >= min_events):
                basins.join(lower, meeting[0])
        steepest = max(near, key=lambda cell: (height[cell], cell), default=None)
        basins.add(place, level, int(events[place]), beside=steepest)
    order = {root: number for number, root in enumerate(basins.roots(), start=1)}
    labels = np.zeros(own.shape, dtype=np.int32)
    for cell in basins.basin_of:
        labels[cell] = order[basins.root(cell)]
    return labels


def _small_enough(
    own: Bools, height: Floats, events: npt.NDArray[np.int64], *, most: int, min_events: int
) -> list[Bools]:
    """The largest parts above some level of at most ``most`` cells that hold enough events, highest peak first."""
    part_of: dict[Cell, list[Cell] | None] = {}  # None: in a part that has become too large
    kept = []
    for cell in _downwards(own, height):
        touching = [part_of[near] for near in _neighbours(cell) if near in part_of]
        parts = list({id(part): part for part in touching if part is not None}.values())
        joined = [*chain.from_iterable(parts), cell]
        if len(joined) <= most and None not in touching:
            part_of.update(dict.fromkeys(joined, joined))
        else:
            kept += [part for part in parts if sum(int(events[held]) for held in part) >= min_events]
            part_of.update(dict.fromkeys(joined))
    return [_mask(part, own.shape) for part in sorted(kept, key=lambda part: -max(height[cell] for cell in part))]


def _downwards(own: Bools, height: Floats) -> list[Cell]:
    """The cells of a patch, highest first; of equal ones the more northern, then the more western."""
    cells = np.argwhere(own)
    order = np.lexsort((cells[:, 1], cells[:, 0], -height[own]))
    return [(row, column) for row, column in cells[order].tolist()]


def _mask(cells: list[Cell], shape: tuple[int, ...]) -> Bools:
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(np.transpose(cells))] = True
    return mask


class _Basins:
    """Basins of a flood, joined by union-find: each is known by its peak, and by the events that it holds so far."""

    def __init__(self) -> None:
        self.basin_of: dict[Cell, int] = {}
        self.peak: list[float] = []
        self.held: list[int] = []
        self._into: list[int] = []

    def add(self, cell: Cell, level: float, events: int, *, beside: Cell | None) -> None:
        """A cell joins the basin of the cell beside it, or is the peak of a new one."""
        if beside is None:
            self.peak.append(level)
            self.held.append(0)
            self._into.append(len(self._into))
        basin = len(self._into) - 1 if beside is None else self.root(beside)
        self.basin_of[cell] = basin
        self.held[basin] += events

    def root(self, cell: Cell) -> int:
        """The basin that a cell is in by now."""
        basin = self.basin_of[cell]
        while self._into[basin] != basin:
            basin = self._into[basin]
        return basin

    def join(self, lower: int, higher: int) -> None:
        """The lower basin becomes part of the higher one."""
        self._into[lower] = higher
        self.held[higher] += self.held[lower]

    def roots(self) -> list[int]:
        """The basins that were not joined to another, in the order in which they were found: highest peak first."""
        return [basin for basin, into in enumerate(self._into) if basin == into]


def _neighbours(cell: Cell) -> Iterator[Cell]:
    row, column = cell
    yield from ((row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column))
