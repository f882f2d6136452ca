"""Places: the events of a density sorted by cell (few of them: by row), those at the same place added first."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.kernels import Floats
from hotspots.compiled import compiled, each_of, in_blocks, processors
from hotspots.layer import GridSpec

# Places of one cell that are compared with each other. A cell with more of them keeps its events apart, which changes
# the time and not the result.
_COMPARED = 16
_FEW = 16  # cells for each event, from which rows are buckets enough
_ONE_THREAD = 100_000


@dataclass(frozen=True, eq=False)
class Places:
    """
    Distinct places in the order of the buckets that hold them, north to south and west to east.

    A bucket is a cell, or a whole row of cells where events are few (``per_row`` is the number of columns, or 1).
    ``east`` and ``down`` are metres from the grid's north-west corner. ``starts[bucket]`` is the first place of a
    bucket, and has one entry more than there are buckets. Where ``counted`` is 0, ``count`` has one entry, which holds
    for all places: one event. Where ``weighted`` is 0, ``weight`` likewise.
    """

    grid: GridSpec
    per_row: int
    starts: npt.NDArray[np.int32]
    east: Floats
    down: Floats
    count: Floats
    counted: int
    weight: Floats
    weighted: int

    def __len__(self) -> int:
        return len(self.east)

    def reweighted(self, weight: Floats) -> "Places":
        """The same places with another weight at each."""
        return replace(self, weight=weight, weighted=1)

    @property
    def by_cell(self) -> tuple[Any, ...]:
        """What the compiled loops over cells take; of places that are sorted by cell."""
        if self.per_row != self.grid.columns:
            raise ValueError("these places are sorted by row: sort them with by_cell=True")
        return self._arrays

    @property
    def _arrays(self) -> tuple[Any, ...]:
        return self.starts, self.east, self.down, self.weight, self.weighted, self.count, self.counted

    @property
    def by_row(self) -> tuple[Any, ...]:
        """What the compiled loops over rows take: the first place of each row instead of each cell."""
        return np.ascontiguousarray(self.starts[:: self.per_row]), *self._arrays[1:]

    @property
    def weights(self) -> Floats:
        """The weight at each place."""
        return self.weight if self.weighted else np.full(len(self), self.weight[0])


@compiled
def _bucket(easting, northing, corner, grid):  # type: ignore[no-untyped-def]
    west, north = corner
    cell_m, rows, columns, per_row = grid
    row = min(max(int((north - northing) / cell_m), 0), rows - 1)
    if per_row == 1:
        return row
    return row * columns + min(max(int((easting - west) / cell_m), 0), columns - 1)


@compiled
def _count(eastings, northings, keep, corner, grid, counts):  # type: ignore[no-untyped-def]
    everything = keep.size == 0
    for event in range(eastings.size):
        if everything or keep[event]:
            counts[_bucket(eastings[event], northings[event], corner, grid)] += 1


@compiled
def _begin(counts, starts):  # type: ignore[no-untyped-def]
    """Where each bucket begins, and within it the events of each part: the counts become places to write to."""
    at = 0
    for bucket in range(starts.size - 1):
        starts[bucket] = at
        for part in range(counts.shape[0]):
            size = counts[part, bucket]
            counts[part, bucket] = at
            at += size
    starts[starts.size - 1] = at


@compiled
def _write(eastings, northings, weights, keep, corner, grid, free, places):  # type: ignore[no-untyped-def]
    east, down, weight, weighted = places
    west, north = corner
    everything = keep.size == 0
    for event in range(eastings.size):
        if everything or keep[event]:
            bucket = _bucket(eastings[event], northings[event], corner, grid)
            at = free[bucket]
            free[bucket] += 1
            east[at] = eastings[event] - west
            down[at] = north - northings[event]
            if weighted:
                weight[at] = weights[event]


@compiled
def _distinct(starts, east, down, found, first, last):  # type: ignore[no-untyped-def]
    """How many places each cell has: all its events where there are too many to compare."""
    seen = np.empty(_COMPARED, np.int64)
    for cell in range(first, last):
        places = 0
        for event in range(starts[cell], starts[cell + 1]):
            known = False
            for other in range(places):
                if east[seen[other]] == east[event] and down[seen[other]] == down[event]:
                    known = True
                    break
            if not known:
                if places == _COMPARED:
                    places = starts[cell + 1] - starts[cell]
                    break
                seen[places] = event
                places += 1
        found[cell] = places


@compiled
def _merge(starts, east, down, weight, weighted, count, found):  # type: ignore[no-untyped-def]
    """Add the events of a place to the first of them, and close up: no array is copied."""
    out = 0
    for cell in range(starts.size - 1):
        begin, end = starts[cell], starts[cell + 1]
        starts[cell] = out
        merged = found[cell] < end - begin
        for event in range(begin, end):
            at = out
            if merged:
                at = starts[cell]
                while at < out and not (east[at] == east[event] and down[at] == down[event]):
                    at += 1
            w = weight[event * weighted]
            if at == out:
                east[at], down[at], count[at] = east[event], down[event], 1.0
                if weighted:
                    weight[at] = w
                out += 1
            else:
                count[at] += 1.0
                if weighted:
                    weight[at] += w
    starts[starts.size - 1] = out
    return out


def sorted_places(
    eastings: Floats,
    northings: Floats,
    grid: GridSpec,
    *,
    weights: Floats | None = None,
    keep: npt.NDArray[np.bool_] | None = None,
    by_cell: bool = False,
) -> Places:
    """
    The events that are kept, sorted by the cell that holds them and added up where they share a place.

    Parameters
    ----------
    eastings, northings
        EPSG:27700 metres, within the grid. An event on the east or south edge belongs to the last cell.
    weights
        A weight for each event; without them each counts one.
    keep
        Which events enter; without it all do.
    by_cell
        Sort few events by cell too, where by row would do for the algorithms that few events take.
    """
    kept = len(eastings) if keep is None else int(np.count_nonzero(keep))
    per_row = 1 if kept * _FEW < grid.rows * grid.columns and not by_cell else grid.columns
    one = np.ones(1)
    weight = one if weights is None else np.empty(kept)
    weighted = int(weights is not None)
    east, down = np.empty(kept), np.empty(kept)
    starts = _sort(eastings, northings, weights, keep, grid, per_row, (east, down, weight, weighted))
    found = np.empty(len(starts) - 1, dtype=np.int32)
    in_blocks(
        len(found),
        lambda first, last: _distinct(starts, east, down, found, first, last),
        threads=None if kept > _ONE_THREAD else 1,
    )
    if int(found.sum(dtype=np.int64)) == kept:
        return Places(grid, per_row, starts, east, down, one, 0, weight, weighted)
    count = np.empty(kept)
    size = _merge(starts, east, down, weight, weighted, count, found)
    count = count[:size]
    weight = weight[:size] if weighted else count
    return Places(grid, per_row, starts, east[:size], down[:size], count, 1, weight, 1)


def _sort(
    eastings: Floats,
    northings: Floats,
    weights: Floats | None,
    keep: npt.NDArray[np.bool_] | None,
    grid: GridSpec,
    per_row: int,
    places: tuple[Floats, Floats, Floats, int],
) -> npt.NDArray[np.int32]:
    """Write the events to their buckets, in their own order within each, whatever the number of threads."""
    starts = np.empty(grid.rows * per_row + 1, dtype=np.int32)
    parts = processors() if len(eastings) > _ONE_THREAD else 1
    free = np.zeros((parts, len(starts) - 1), dtype=np.int32)
    corner, cells = (float(grid.west), grid.north), (float(grid.cell_m), grid.rows, grid.columns, per_row)
    none = np.empty(0)
    columns = (
        np.ascontiguousarray(eastings),
        np.ascontiguousarray(northings),
        none if weights is None else np.ascontiguousarray(weights),
        np.empty(0, dtype=np.bool_) if keep is None else keep,
    )

    def part(number: int) -> tuple[Any, ...]:
        cut = slice(len(eastings) * number // parts, len(eastings) * (number + 1) // parts)
        return tuple(column[cut] for column in columns)

    def count(number: int) -> None:
        east, north, _weights, kept = part(number)
        _count(east, north, kept, corner, cells, free[number])

    def write(number: int) -> None:
        _write(*part(number), corner, cells, free[number], places)

    each_of(parts, count)
    _begin(free, starts)
    each_of(parts, write)
    return starts
