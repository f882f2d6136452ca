"""Places: the events of a density sorted by cell, those at the same place added first."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.analysis.density.kernels import Floats
from hotspots.compiled import compiled, in_blocks
from hotspots.layer import GridSpec

# Places of one cell that are compared with each other. A cell with more of them keeps its events apart, which changes
# the time and not the result.
_COMPARED = 16


@dataclass(frozen=True, eq=False)
class Places:
    """
    Distinct places in the order of the cells that hold them, north to south and west to east.

    ``east`` and ``down`` are metres from the grid's north-west corner. ``starts[cell]`` is the first place of a cell,
    and has one entry more than there are cells. Where ``counted`` is 0, ``count`` has one entry, which holds for all
    places: one event. Where ``weighted`` is 0, ``weight`` likewise.
    """

    grid: GridSpec
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
        return Places(self.grid, self.starts, self.east, self.down, self.count, self.counted, weight, 1)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What the compiled loops take."""
        return self.starts, self.east, self.down, self.weight, self.weighted, self.count, self.counted

    @property
    def weights(self) -> Floats:
        """The weight at each place."""
        return self.weight if self.weighted else np.full(len(self), self.weight[0])


@compiled
def _cell(easting, northing, west, north, cell_m, rows, columns):  # type: ignore[no-untyped-def]
    column = min(max(int((easting - west) / cell_m), 0), columns - 1)
    row = min(max(int((north - northing) / cell_m), 0), rows - 1)
    return row * columns + column


@compiled
def _sort(eastings, northings, weights, keep, corner, grid, places):  # type: ignore[no-untyped-def]
    west, north = corner
    cell_m, rows, columns = grid
    starts, east, down, weight, weighted = places
    everything = keep.size == 0
    for event in range(eastings.size):
        if everything or keep[event]:
            starts[_cell(eastings[event], northings[event], west, north, cell_m, rows, columns) + 1] += 1
    for cell in range(rows * columns):
        starts[cell + 1] += starts[cell]
    for event in range(eastings.size):
        if everything or keep[event]:
            cell = _cell(eastings[event], northings[event], west, north, cell_m, rows, columns)
            at = starts[cell]
            starts[cell] += 1
            east[at] = eastings[event] - west
            down[at] = north - northings[event]
            if weighted:
                weight[at] = weights[event]
    for cell in range(rows * columns, 0, -1):
        starts[cell] = starts[cell - 1]
    starts[0] = 0


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
    """
    kept = len(eastings) if keep is None else int(np.count_nonzero(keep))
    starts = np.zeros(grid.rows * grid.columns + 1, dtype=np.int32)
    east, down = np.empty(kept), np.empty(kept)
    one = np.ones(1)
    weight = one if weights is None else np.empty(kept)
    weighted = int(weights is not None)
    chosen = np.empty(0, dtype=np.bool_) if keep is None else keep
    given = one if weights is None else np.ascontiguousarray(weights)
    _sort(
        np.ascontiguousarray(eastings),
        np.ascontiguousarray(northings),
        given,
        chosen,
        (float(grid.west), grid.north),
        (float(grid.cell_m), grid.rows, grid.columns),
        (starts, east, down, weight, weighted),
    )
    found = np.empty(grid.rows * grid.columns, dtype=np.int32)
    in_blocks(
        len(found),
        lambda first, last: _distinct(starts, east, down, found, first, last),
        threads=None if kept > 100_000 else 1,
    )
    if int(found.sum(dtype=np.int64)) == kept:
        return Places(grid, starts, east, down, one, 0, weight, weighted)
    count = np.empty(kept)
    size = _merge(starts, east, down, weight, weighted, count, found)
    count = count[:size]
    weight = weight[:size] if weighted else count
    return Places(grid, starts, east[:size], down[:size], count, 1, weight, 1)
