"""The loops behind the label grid, compiled: edges by rows of cells, cells by area, and points by cell.

Arrays are taken out of their tuples before a loop and handed on one by one: compiled code counts references to the
arrays of a tuple each time it is passed, and threads that count the same references wait for each other.
"""

from typing import Any, NamedTuple

import numpy as np

from hotspots.compiled import compiled

NOWHERE = -1
UNSURE = -2

# Borders are thickened by this share of a cell, far more than coordinates are rounded.
THICKER = 1e-3
# Twice the bound of Shewchuk (1997) on the rounding of an orientation, and what underflow could hide.
ROUNDING = 6.7e-16
UNDERFLOW = 1e-290


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
    Edges by row of cells and area: strip ``s`` belongs to ``area[s]`` and has ``edges[start[s] : start[s + 1]]``,
    easting and northing of both ends.

    ``row_start`` gives the first strip of each row. ``west`` and ``east`` are the first and last column that each edge
    touches in that row, and ``odd`` tells whether it crosses the middle line of the row.
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


@compiled
def _row(northing: float, frame: Frame) -> int:
    return int(min(max((northing - frame.south) / frame.cell_m, 0.0), frame.rows - 1.0))


@compiled
def _column(easting: float, frame: Frame) -> int:
    return int(min(max((easting - frame.west) / frame.cell_m, 0.0), frame.columns - 1.0))


@compiled
def count(borders: Borders, frame: Frame, first: int, last: int, edges_in: Any, strips_in: Any) -> None:
    """Count the edges, and the areas that have any, of each row from ``first`` to before ``last``."""
    vertices, owner = borders
    area_before = np.full(last - first, -1, np.int32)
    for edge in range(len(owner) - 1):
        area = owner[edge]
        if area < 0:
            continue
        one, other = _row(vertices[edge, 1], frame), _row(vertices[edge + 1, 1], frame)
        for row in range(max(min(one, other), first), min(max(one, other) + 1, last)):
            edges_in[row] += 1
            if area_before[row - first] != area:
                area_before[row - first] = area
                strips_in[row] += 1


@compiled
def fill(borders: Borders, frame: Frame, first: int, last: int, edge_start: Any, strips: Strips) -> None:
    """Write the edges of each row, by area, with the columns they cross there."""
    vertices, owner = borders
    row_start, strip_area, strip_start, edges, strip_west, strip_east, odd = strips
    area_before = np.full(last - first, -1, np.int32)
    next_edge, next_strip = edge_start[first:last].copy(), row_start[first:last].copy()
    for edge in range(len(owner) - 1):
        area = owner[edge]
        if area < 0:
            continue
        east_a, north_a = vertices[edge, 0], vertices[edge, 1]
        east_b, north_b = vertices[edge + 1, 0], vertices[edge + 1, 1]
        one, other = _row(north_a, frame), _row(north_b, frame)
        for row in range(max(min(one, other), first), min(max(one, other) + 1, last)):
            at = next_edge[row - first]
            next_edge[row - first] += 1
            if area_before[row - first] != area:
                area_before[row - first] = area
                strip_area[next_strip[row - first]] = area
                strip_start[next_strip[row - first]] = at
                next_strip[row - first] += 1
            edges[at, 0], edges[at, 1] = east_a, north_a
            edges[at, 2], edges[at, 3] = east_b, north_b
            middle = frame.south + (row + 0.5) * frame.cell_m
            odd[at] = (north_a > middle) != (north_b > middle)
            west, east = _extent_in_row(east_a, north_a, east_b, north_b, row, frame)
            strip_west[at], strip_east[at] = _column(west, frame), _column(east, frame)


@compiled
def _extent_in_row(
    east_a: float, north_a: float, east_b: float, north_b: float, row: int, frame: Frame
) -> tuple[float, float]:
    """Eastings between which an edge stays within a row of cells, thickened beyond any rounding."""
    thicker = THICKER * frame.cell_m
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
def rasterise(strips: Strips, first: int, last: int, labels: Any, entry_start: Any) -> Any:
    """
    Label the cells of some rows, and return the candidates of the cells that borders cross.

    A cell inside belongs to the area unless a smaller one has it; what borders cross is noted and listed row by row.
    """
    row_start, strip_area, strip_start, _, strip_west, strip_east, odd = strips
    columns = labels.shape[1]
    crossing, turning = np.zeros(columns + 1, np.int32), np.zeros(columns + 1, np.int32)
    waiting, slot = np.zeros(columns, np.int32), np.full(columns, -1, np.int32)
    pair_column, pair_strip = np.empty(1024, np.int32), np.empty(1024, np.int32)
    entries = np.empty(1024, np.int32)
    used = 0
    for row in range(first, last):
        labels[row, :] = NOWHERE
        pairs = 0
        for strip in range(row_start[row], row_start[row + 1]):
            begin, end = strip_start[strip], strip_start[strip + 1]
            west, east = _mark(strip_west[begin:end], strip_east[begin:end], odd[begin:end], crossing, turning)
            if pairs + east - west >= len(pair_column):
                pair_column = _longer(pair_column, pairs + east - west + 1)
                pair_strip = _longer(pair_strip, pairs + east - west + 1)
            for column in range(west, east + 1):
                crossing[column + 1] += crossing[column]
                turning[column + 1] ^= turning[column]
                if crossing[column] > 0:
                    pair_column[pairs], pair_strip[pairs] = column, strip
                    pairs += 1
                elif turning[column] and labels[row, column] == NOWHERE:
                    labels[row, column] = strip_area[strip]
            crossing[west : east + 2] = 0
            turning[west : east + 2] = 0
        if used + 2 * pairs > len(entries):
            entries = _longer(entries, used + 2 * pairs)
        entry_start[row] = used
        used += _candidates(strip_area, pair_column[:pairs], pair_strip, labels[row], waiting, slot, entries[used:])
    return entries[:used].copy()


@compiled
def _longer(values: Any, needed: int) -> Any:
    longer = np.empty(2 * max(needed, len(values)), values.dtype)
    longer[: len(values)] = values
    return longer


@compiled
def _mark(strip_west: Any, strip_east: Any, odd: Any, crossing: Any, turning: Any) -> tuple[int, int]:
    """Where the edges of a strip begin and end, and behind which columns inside and outside change places."""
    west, east = len(crossing), -1
    for at in range(len(odd)):
        crossing[strip_west[at]] += 1
        crossing[strip_east[at] + 1] -= 1
        turning[strip_east[at] + 1] ^= odd[at]
        west, east = min(west, strip_west[at]), max(east, strip_east[at])
    return west, east


@compiled
def _candidates(
    strip_area: Any, pair_column: Any, pair_strip: Any, labels: Any, waiting: Any, slot: Any, entries: Any
) -> int:
    """Turn the notes of one row into lists by cell, smallest area first, ending with an area that holds the cell."""
    for pair in range(len(pair_column)):
        column = pair_column[pair]
        if labels[column] != NOWHERE and labels[column] < strip_area[pair_strip[pair]]:
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
def look_up(easting: Any, northing: Any, frame: Frame, raster: Raster, found: Any) -> None:
    """Read the label of each point's cell, then ask the candidates of the cells that borders cross, row by row."""
    labels, entry_start, entries, strip_area, strip_start, edges = raster
    # Nothing but reading here: the processor then waits for the labels of many points at once.
    for point in range(len(found)):
        found[point] = labels[_row(northing[point], frame), _column(easting[point], frame)]
    # Points of one row meet the same few edges, which stay near the processor.
    in_row = np.zeros(frame.rows + 1, np.int64)
    for point in range(len(found)):
        if found[point] < NOWHERE:
            in_row[_row(northing[point], frame) + 1] += 1
    in_row = np.cumsum(in_row)
    asking, places = np.empty((in_row[-1], 2), np.int64), np.empty((in_row[-1], 2))
    for point in range(len(found)):
        if found[point] < NOWHERE:
            row = _row(northing[point], frame)
            place = in_row[row]
            asking[place, 0], asking[place, 1] = point, entry_start[row] - 2 - found[point]
            places[place, 0], places[place, 1] = easting[point], northing[point]
            in_row[row] += 1
    for number in range(len(asking)):
        candidate, held, area = asking[number, 1], 0, NOWHERE
        while held == 0:
            entry = entries[candidate]
            candidate += 1
            if entry < 0:
                held, area = 1, -1 - entry
            else:
                first, last = strip_start[entry >> 1], strip_start[(entry >> 1) + 1]
                held = _holds(places[number, 0], places[number, 1], edges, first, last)
                if held > 0:
                    area = strip_area[entry >> 1]
                elif held < 0:
                    area = UNSURE
                elif entry & 1:
                    break
        found[asking[number, 0]] = area


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
        if abs(one - other) <= ROUNDING * (abs(one) + abs(other)) + UNDERFLOW:
            return 1 if east_a == 0 and east_b == 0 else -1
        crossed ^= (one > other) == (north_b > north_a)
    return crossed
