"""A label grid: which area a point lies in, looked up in a raster of the areas instead of searched for.

The extent of a boundary set is cut into square cells. A cell that no border crosses carries the number of its area (or
none); a cell that borders cross carries the areas to ask, in order. Asking is cheap because every area keeps its edges
by row of cells: a ray that runs along a row meets only edges of that row.

Signs are taken only where rounding cannot change them. A point so close to a border that it could is reported as
``UNSURE``, for the caller to ask an exact predicate, so the grid never decides differently from the polygons.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from os import cpu_count
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.areas import Areas
from hotspots.label_kernels import Borders, Frame, Raster, Strips, count, fill, look_up, rasterise

# A finer raster leaves fewer points to ask the polygons about, and takes longer to make: measured in benchmarks/.
_CELLS_PER_AREA = 256
_CELLS_PER_EDGE = 4
_MOST_CELLS = 2**25
# Cells stay this much larger than the rounding of coordinates.
_SMALLEST_CELL = 1e-9
_POINTS_AT_A_TIME = 2_000_000


@dataclass(frozen=True, eq=False)
class LabelGrid:
    """The raster of a boundary set. Areas are numbered by the order of their codes."""

    frame: Frame
    raster: Raster

    def areas_at(self, easting: npt.NDArray[np.float64], northing: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """
        Number of the first area that holds each point (finite, EPSG:27700, metres); borders belong to what they bound.

        ``NOWHERE`` for a point in no area; ``UNSURE`` where only an exact predicate can tell.
        """
        found = np.empty(len(easting), dtype=np.int32)
        easting, northing = _read_only(easting), _read_only(northing)
        blocks = _blocks(len(easting), _POINTS_AT_A_TIME)

        def find(block: tuple[int, int]) -> None:
            part = slice(*block)
            look_up(easting[part], northing[part], self.frame, self.raster, found[part])

        _in_threads(find, blocks)
        return found


_grids: "WeakKeyDictionary[Areas, LabelGrid]" = WeakKeyDictionary()
_one_at_a_time = Lock()


def label_grid(areas: Areas) -> LabelGrid:
    """The label grid of a boundary set: built at the first call, kept for as long as the set is."""
    with _one_at_a_time:
        if areas not in _grids:
            in_order = np.argsort(areas.table["code"].to_numpy(dtype=object), kind="stable")
            _grids[areas] = build_label_grid(areas.geometry[in_order])
        return _grids[areas]


def build_label_grid(polygons: npt.NDArray[np.object_]) -> LabelGrid:
    """The raster of polygons and multipolygons (valid, EPSG:27700), which are numbered in the order given."""
    borders = _borders(polygons)
    frame = _frame(borders, len(polygons))
    strips = _strips(borders, frame)
    blocks = _blocks(frame.rows, frame.rows // 16)
    labels = np.empty((frame.rows, frame.columns), dtype=np.int32)
    entry_start = np.zeros(frame.rows, dtype=np.int64)
    parts = _in_threads(lambda block: rasterise(strips, *block, labels, entry_start), blocks)
    before = 0
    for (first, last), part in zip(pairwise(blocks), parts, strict=True):
        entry_start[first:last] += before
        before += len(part)
    entries = np.concatenate(parts)
    return LabelGrid(frame, Raster(labels, entry_start, entries, strips.area, strips.start, strips.edges))


def _blocks(length: int, most: int) -> list[int]:
    """Ends of equal blocks, at least one for each processor, and none much longer than ``most``."""
    number = max(cpu_count() or 1, -(-length // max(most, 1)))
    return [length * block // number for block in range(number + 1)]


def _in_threads(work: Callable[[tuple[int, int]], Any], blocks: list[int]) -> list[Any]:
    with ThreadPoolExecutor(cpu_count() or 1) as pool:
        return list(pool.map(work, pairwise(blocks)))


def _read_only(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Contiguous and not writable, as a column of a table may be: one compiled kernel serves all callers."""
    view = np.ascontiguousarray(values, dtype=np.float64).view()
    view.flags.writeable = False
    return view


def _borders(polygons: npt.NDArray[np.object_]) -> Borders:
    if not len(polygons):
        return Borders(np.empty((0, 2)), np.empty(0, dtype=np.int32))
    _, vertices, (ring_ends, *outer_ends) = shapely.to_ragged_array(polygons, include_z=False)
    vertex_ends = ring_ends
    for ends in outer_ends:
        vertex_ends = vertex_ends[ends]
    owner = np.repeat(np.arange(len(polygons), dtype=np.int32), np.diff(vertex_ends))
    owner[ring_ends[1:] - 1] = -1
    return Borders(vertices, owner)


def _frame(borders: Borders, areas: int) -> Frame:
    if not len(borders.vertices):
        return Frame(0.0, 0.0, 1.0, 1, 1)
    west, south = (float(value) for value in borders.vertices.min(axis=0))
    east, north = (float(value) for value in borders.vertices.max(axis=0))
    wanted = min(_CELLS_PER_AREA * areas + _CELLS_PER_EDGE * len(borders.owner), _MOST_CELLS)
    cell_m = max(
        np.sqrt((east - west) * (north - south) / wanted),
        4 * max(east - west, north - south) / wanted,
        _SMALLEST_CELL * max(map(abs, (west, south, east, north))),
    )
    # A margin of one cell takes the points that lie outside.
    rows, columns = int((north - south) / cell_m) + 3, int((east - west) / cell_m) + 3
    return Frame(float(west - cell_m), float(south - cell_m), float(cell_m), rows, columns)


def _strips(borders: Borders, frame: Frame) -> Strips:
    blocks = _blocks(frame.rows, frame.rows)  # each reads all edges
    edges_in, strips_in = (np.zeros(frame.rows + 1, dtype=np.int64) for _ in range(2))
    _in_threads(lambda block: count(borders, frame, *block, edges_in[1:], strips_in[1:]), blocks)
    edge_start, row_start = np.cumsum(edges_in), np.cumsum(strips_in)
    edges = int(edge_start[-1])
    strips = Strips(
        row_start,
        np.empty(row_start[-1], dtype=np.int32),
        np.empty(row_start[-1] + 1, dtype=np.int32),
        np.empty((edges, 4)),
        np.empty(edges, dtype=np.int32),
        np.empty(edges, dtype=np.int32),
        np.empty(edges, dtype=np.bool_),
    )
    strips.start[-1] = edges
    _in_threads(lambda block: fill(borders, frame, *block, edge_start, strips), blocks)
    return strips
