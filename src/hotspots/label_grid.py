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
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.areas import Areas
from hotspots.compiled import compiled

NOWHERE = -1
UNSURE = -2

# A finer raster leaves fewer points to ask the polygons about, and takes longer to make: measured in benchmarks/.
_CELLS_PER_AREA = 256
_CELLS_PER_EDGE = 8
_MOST_CELLS = 2**25
# Cells stay this much larger than the rounding of coordinates, and borders are thickened by this share of a cell.
_SMALLEST_CELL = 1e-9
_THICKER = 1e-3
_POINTS_AT_A_TIME = 1_000_000
# Twice the bound of Shewchuk (1997) on the rounding of an orientation, and what underflow could hide.
_ROUNDING = 6.7e-16
_UNDERFLOW = 1e-290


class Frame(NamedTuple):
    """The raster: its south-western corner and cell side in metres, and how many rows and columns it has."""

    west: float
    south: float
    cell_m: float
    rows: int
    columns: int


class Borders(NamedTuple):
    """Vertices of all rings (easting, northing), and the area that the edge to the next vertex belongs to, or -1."""

    vertices: Any
    owner: Any


class Strips(NamedTuple):
    """
    Edges by row of cells and area: strip ``s`` belongs to ``area[s]`` and has ``edges[start[s] : start[s + 1]]``.

    ``row_start`` gives the first strip of each row. ``west`` and ``east`` are the columns that each edge crosses in that
    row, and ``odd`` tells whether it crosses the middle line of the row.
    """

    row_start: Any
    area: Any
    start: Any
    edges: Any
    west: Any
    east: Any
    odd: Any


class Raster(NamedTuple):
    """
    What a point is looked up in.

    ``labels`` of a cell: an area, ``NOWHERE``, or ``-2 - k`` for the candidates from ``entries[entry_start[row] + k]``
    on. A candidate is a strip, doubled, plus one if it is the last; or ``-1 - area`` for an area that holds the whole
    cell, which is always the last.
    """

    labels: Any
    entry_start: Any
    entries: Any
    strip_area: Any
    strip_start: Any
    edges: Any


@dataclass(frozen=True, eq=False)
class LabelGrid:
    """The raster of a boundary set. Areas are numbered by the order of their codes."""

    frame: Frame
    raster: Raster

    def areas_at(self, easting: npt.NDArray[np.float64], northing: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """
        Number of the first area that holds each point (EPSG:27700, metres; borders belong to the areas they bound).

        ``NOWHERE`` for a point in no area; ``UNSURE`` where only an exact predicate can tell.
        """
        found = np.empty(len(easting), dtype=np.int32)
        easting, northing = _read_only(easting), _read_only(northing)
        blocks = [*range(0, len(easting), _POINTS_AT_A_TIME), len(easting)]

        def look_up(block: tuple[int, int]) -> None:
            part = slice(*block)
            _look_up(easting[part], northing[part], self.frame, self.raster, found[part])

        _in_threads(look_up, blocks)
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
    blocks = [frame.rows * number // 16 for number in range(17)]
    strips = _strips(borders, frame, blocks)
    labels = np.empty((frame.rows, frame.columns), dtype=np.int32)
    entry_start = np.zeros(frame.rows, dtype=np.int64)
    parts = _in_threads(lambda block: _rasterise(strips, *block, labels, entry_start), blocks)
    before = 0
    for (first, last), part in zip(pairwise(blocks), parts, strict=True):
        entry_start[first:last] += before
        before += len(part)
    entries = np.concatenate(parts)
    return LabelGrid(
        frame, Raster(labels, entry_start, entries, strips.area, strips.start, strips.edges)
    )


def _in_threads(work: Callable[[tuple[int, int]], Any], blocks: list[int]) -> list[Any]:
    with ThreadPoolExecutor(cpu_count() or 1) as pool:
        return list(pool.map(work, pairwise(blocks)))


def _read_only(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Contiguous and not writable, as a column of a table may be: one compiled kernel serves all callers."""
    view = np.ascontiguousarray(values, dtype=np.float64).view()
    view.flags.writeable = False
    return view


def _borders(polygons: npt.NDArray[np.object_]) -> Borders:
    parts, area_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    owner = area_of_part[part_of_ring[ring]].astype(np.int32)
    if len(ring):
        owner[np.append(ring[1:] != ring[:-1], True)] = -1
    return Borders(vertices, owner)


def _frame(borders: Borders, areas: int) -> Frame:
    if not len(borders.vertices):
        return Frame(0.0, 0.0, 1.0, 1, 1)
    west, south = (float(value) for value in borders.vertices.min(axis=0))
    east, north = (float(value) for value in borders.vertices.max(axis=0))
    wanted = min(_CELLS_PER_AREA * areas + _CELLS_PER_EDGE * len(borders.owner), _MOST_CELLS)
    cell_m = max(
        np.sqrt((east - west) * (north - south) / wanted),
        max(east - west, north - south) / wanted,
        _SMALLEST_CELL * max(map(abs, (west, south, east, north))),
    )
    # A margin of one cell takes the points that lie outside.
    rows, columns = int((north - south) / cell_m) + 3, int((east - west) / cell_m) + 3
    return Frame(float(west - cell_m), float(south - cell_m), float(cell_m), rows, columns)


def _strips(borders: Borders, frame: Frame, blocks: list[int]) -> Strips:
    edges_in, strips_in = (np.zeros(frame.rows + 1, dtype=np.int64) for _ in range(2))
    _in_threads(lambda block: _count(borders, frame, *block, edges_in[1:], strips_in[1:]), blocks)
    edge_start, row_start = np.cumsum(edges_in), np.cumsum(strips_in)
    edges = int(edge_start[-1])
    strips = Strips(
        row_start,
        np.empty(row_start[-1], dtype=np.int32),
        np.empty(row_start[-1] + 1, dtype=np.int32),
        np.empty((edges, 4)),
        *(np.empty(edges, dtype=np.int32) for _ in range(2)),
        np.empty(edges, dtype=np.bool_),
    )
    strips.start[-1] = edges
    _in_threads(lambda block: _fill(borders, frame, *block, edge_start, strips), blocks)
    return strips


@compiled
def _row(northing: float, frame: Frame) -> int:
    return int(min(max((northing - frame.south) / frame.cell_m, 0.0), frame.rows - 1.0))


@compiled
def _column(easting: float, frame: Frame) -> int:
    return int(min(max((easting - frame.west) / frame.cell_m, 0.0), frame.columns - 1.0))


@compiled
def _count(borders: Borders, frame: Frame, first: int, last: int, edges_in: Any, strips_in: Any) -> None:
    """Count the edges, and the areas that have any, of each row from ``first`` to before ``last``."""
    area_before = np.full(last - first, -1, np.int32)
    for edge in range(len(borders.owner) - 1):
        area = borders.owner[edge]
        if area < 0:
            continue
        one, other = _row(borders.vertices[edge, 1], frame), _row(borders.vertices[edge + 1, 1], frame)
        for row in range(max(min(one, other), first), min(max(one, other) + 1, last)):
            edges_in[row] += 1
            if area_before[row - first] != area:
                area_before[row - first] = area
                strips_in[row] += 1


@compiled
def _fill(borders: Borders, frame: Frame, first: int, last: int, edge_start: Any, strips: Strips) -> None:
    """Write the edges of each row, by area, with the columns they cross there."""
    area_before = np.full(last - first, -1, np.int32)
    next_edge, next_strip = edge_start[first:last].copy(), strips.row_start[first:last].copy()
    for edge in range(len(borders.owner) - 1):
        area = borders.owner[edge]
        if area < 0:
            continue
        east_a, north_a = borders.vertices[edge, 0], borders.vertices[edge, 1]
        east_b, north_b = borders.vertices[edge + 1, 0], borders.vertices[edge + 1, 1]
        one, other = _row(north_a, frame), _row(north_b, frame)
        for row in range(max(min(one, other), first), min(max(one, other) + 1, last)):
            at = next_edge[row - first]
            next_edge[row - first] += 1
            if area_before[row - first] != area:
                area_before[row - first] = area
                strips.area[next_strip[row - first]] = area
                strips.start[next_strip[row - first]] = at
                next_strip[row - first] += 1
            strips.edges[at, 0], strips.edges[at, 1] = east_a, north_a
            strips.edges[at, 2], strips.edges[at, 3] = east_b, north_b
            middle = frame.south + (row + 0.5) * frame.cell_m
            strips.odd[at] = (north_a > middle) != (north_b > middle)
            west, east = _extent_in_row(east_a, north_a, east_b, north_b, row, frame)
            strips.west[at], strips.east[at] = _column(west, frame), _column(east, frame)


@compiled
def _extent_in_row(
    east_a: float, north_a: float, east_b: float, north_b: float, row: int, frame: Frame
) -> tuple[float, float]:
    """Eastings between which an edge stays within a row of cells, thickened beyond any rounding."""
    thicker = _THICKER * frame.cell_m
    west, east = min(east_a, east_b), max(east_a, east_b)
    if north_a != north_b:
        slope = (east_b - east_a) / (north_b - north_a)
        south = frame.south + row * frame.cell_m - thicker
        north = frame.south + (row + 1) * frame.cell_m + thicker
        enters = min(max(south, min(north_a, north_b)), max(north_a, north_b))
        leaves = min(max(north, min(north_a, north_b)), max(north_a, north_b))
        one, other = east_a + (enters - north_a) * slope, east_a + (leaves - north_a) * slope
        west, east = max(west, min(one, other)), min(east, max(one, other))
    return west - thicker, east + thicker


@compiled
def _rasterise(strips: Strips, first: int, last: int, labels: Any, entry_start: Any) -> Any:
    """Label the cells of some rows; the candidates of the cells that borders cross are returned."""
    columns = labels.shape[1]
    crossing, turning = np.zeros(columns + 1, np.int32), np.zeros(columns + 1, np.int32)
    waiting, slot = np.zeros(columns, np.int32), np.full(columns, -1, np.int32)
    pair_column, pair_strip = np.empty(1024, np.int32), np.empty(1024, np.int32)
    entries = np.empty(1024, np.int32)
    used = 0
    for row in range(first, last):
        labels[row, :] = NOWHERE
        pairs = 0
        for strip in range(strips.row_start[row], strips.row_start[row + 1]):
            west, east = _mark(strips, strip, crossing, turning)
            if pairs + east - west >= len(pair_column):
                pair_column, pair_strip = (
                    _longer(pair_column, pairs + east - west),
                    _longer(pair_strip, pairs + east - west),
                )
            pairs = _sweep(strips, strip, west, east, crossing, turning, labels[row], pair_column, pair_strip, pairs)
        if used + 2 * pairs > len(entries):
            entries = _longer(entries, used + 2 * pairs)
        entry_start[row] = used
        taken = _candidates(strips, pair_column[:pairs], pair_strip, labels[row], waiting, slot, entries[used:])
        used += taken
    return entries[:used].copy()


@compiled
def _longer(values: Any, needed: int) -> Any:
    longer = np.empty(2 * max(needed, len(values)), values.dtype)
    longer[: len(values)] = values
    return longer


@compiled
def _mark(strips: Strips, strip: int, crossing: Any, turning: Any) -> tuple[int, int]:
    """Where the edges of a strip begin and end, and behind which columns inside and outside change places."""
    west, east = len(crossing), -1
    for at in range(strips.start[strip], strips.start[strip + 1]):
        crossing[strips.west[at]] += 1
        crossing[strips.east[at] + 1] -= 1
        turning[strips.east[at] + 1] ^= strips.odd[at]
        west, east = min(west, strips.west[at]), max(east, strips.east[at])
    return west, east


@compiled
def _sweep(
    strips: Strips,
    strip: int,
    west: int,
    east: int,
    crossing: Any,
    turning: Any,
    labels: Any,
    pair_column: Any,
    pair_strip: Any,
    pairs: int,
) -> int:
    """Give the cells inside to the area, unless a smaller one has them, and note the cells that its border crosses."""
    crossed, inside = 0, 0
    for column in range(west, east + 1):
        crossed += crossing[column]
        inside ^= turning[column]
        crossing[column] = 0
        turning[column] = 0
        if crossed > 0:
            pair_column[pairs], pair_strip[pairs] = column, strip
            pairs += 1
        elif inside and labels[column] == NOWHERE:
            labels[column] = strips.area[strip]
    crossing[east + 1] = 0
    turning[east + 1] = 0
    return pairs


@compiled
def _candidates(
    strips: Strips, pair_column: Any, pair_strip: Any, labels: Any, waiting: Any, slot: Any, entries: Any
) -> int:
    """Turn the notes of one row into lists by cell, smallest area first, ending with an area that holds the cell."""
    for pair in range(len(pair_column)):
        column = pair_column[pair]
        if labels[column] != NOWHERE and labels[column] < strips.area[pair_strip[pair]]:
            pair_column[pair] = -1  # the whole cell lies in a smaller area
        else:
            waiting[column] += 1
    used = 0
    for pair in range(len(pair_column) - 1, -1, -1):
        column = pair_column[pair]
        if column < 0:
            continue
        is_last = False
        if slot[column] < 0:
            slot[column] = used
            used += waiting[column]
            is_last = labels[column] == NOWHERE
            if not is_last:
                entries[used] = -1 - labels[column]
                used += 1
        waiting[column] -= 1
        entries[slot[column] + waiting[column]] = 2 * pair_strip[pair] + is_last
        if waiting[column] == 0:
            labels[column] = -2 - slot[column]
            slot[column] = -1
    return used


@compiled
def _look_up(easting: Any, northing: Any, frame: Frame, raster: Raster, found: Any) -> None:
    """Read the label of each point's cell, then ask the candidates of the cells that borders cross, row by row."""
    labels, entry_start, entries, strip_area, strip_start, edges = raster
    # Nothing but reading here: the processor then waits for the labels of many points at once.
    for point in range(len(found)):
        found[point] = labels[_row(northing[point], frame), _column(easting[point], frame)]
    # Points of one row meet the same few edges, which stay near the processor.
    in_row = np.zeros(frame.rows + 1, np.int32)
    for point in range(len(found)):
        if found[point] < NOWHERE:
            in_row[_row(northing[point], frame) + 1] += 1
    in_row = np.cumsum(in_row)
    asking = np.empty(in_row[-1], np.int32)
    for point in range(len(found)):
        if found[point] < NOWHERE:
            row = _row(northing[point], frame)
            asking[in_row[row]] = point
            in_row[row] += 1
    for number in range(len(asking)):
        point, held, area = asking[number], 0, NOWHERE
        candidate = entry_start[_row(northing[point], frame)] - 2 - found[point]
        while held == 0:
            entry = entries[candidate]
            candidate += 1
            if entry < 0:
                held, area = 1, -1 - entry
            else:
                first, last = strip_start[entry >> 1], strip_start[(entry >> 1) + 1]
                held = _holds(easting[point], northing[point], edges, first, last)
                if held > 0:
                    area = strip_area[entry >> 1]
                elif held < 0:
                    area = UNSURE
                elif entry & 1:
                    break
        found[point] = area


@compiled
def _holds(easting: float, northing: float, edges: Any, first: int, last: int) -> int:
    """1 for a point inside or on an edge, 0 outside, -1 unsure: by the edges that a ray to the east crosses."""
    crossed = 0
    for at in range(first, last):
        # From the point to the ends of the edge.
        east_a, north_a = edges[at, 0] - easting, edges[at, 1] - northing
        east_b, north_b = edges[at, 2] - easting, edges[at, 3] - northing
        if east_a < 0 and east_b < 0:
            continue
        if north_b == 0 and (east_b == 0 or (north_a == 0 and (east_a <= 0 or east_b <= 0))):
            return 1
        if (north_a > 0) == (north_b > 0):
            continue
        if east_a > 0 and east_b > 0:
            crossed ^= 1
            continue
        one, other = east_a * north_b, north_a * east_b
        if abs(one - other) <= _ROUNDING * (abs(one) + abs(other)) + _UNDERFLOW:
            return 1 if east_a == 0 and east_b == 0 else -1
        crossed ^= (one > other) == (north_b > north_a)
    return crossed
