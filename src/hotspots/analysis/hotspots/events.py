"""The events that enter a hotspot map: inside the area, placed well enough, of known weight; and where they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Events:
    """Coordinates (n, 2) in metres and the weight of each: one, unless a column is summed."""

    coordinates: Floats
    weights: Floats

    def __len__(self) -> int:
        return len(self.coordinates)


def entering(
    points: PointEvents, grid: GridSpec, *, border: Any = None, bandwidth_m: float, weight: str | None = None
) -> Events:
    """
    The events on the grid and in the border whose place is known to within the bandwidth, and whose weight is known.

    Examples
    --------
    >>> import pandas as pd
    >>> from hotspots.tables import points_from_frame
    >>> two = points_from_frame(pd.DataFrame({"easting": [5.0, 50.0], "northing": [5.0, 5.0]}))
    >>> entering(two, GridSpec(0, 0, 10, 2, 2), bandwidth_m=10).coordinates.tolist()
    [[5.0, 5.0]]
    """
    coordinates = points.coordinates
    keep = on_ground(coordinates, grid, border)
    keep &= ~(points.table["uncertainty_m"].to_numpy(dtype=np.float64) > bandwidth_m)
    weights = np.ones(len(points))
    if weight is not None:
        if weight not in points.table:
            raise DataRefused(f"{points.meta.id}: there is no column {weight!r} to sum")
        values = points.table[weight].astype("Float64")
        weights = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
        if (weights < 0).any():
            raise DataRefused(f"{points.meta.id}: weights in {weight!r} must not be negative")
        keep &= ~np.isnan(weights)
    return Events(coordinates[keep], weights[keep])


def on_ground(coordinates: Floats, grid: GridSpec, border: Any) -> npt.NDArray[np.bool_]:
    """Which coordinates lie on the grid and in the border (on its edge is in)."""
    easting, northing = coordinates[:, 0], coordinates[:, 1]
    on_grid = (easting >= grid.west) & (easting <= grid.east) & (northing >= grid.south) & (northing <= grid.north)
    return on_grid if border is None else on_grid & np.asarray(shapely.intersects_xy(border, easting, northing))


def distinct(coordinates: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The distinct places, sorted, and at which of them each event is."""
    places, place_of = np.unique(coordinates.reshape(-1, 2), axis=0, return_inverse=True)
    return places, place_of.reshape(-1).astype(np.int64)


def counts_by_cell(events: Events, grid: GridSpec) -> Floats:
    """
    Sum of the weights in each cell. A cell holds its west and south edges, and on the rim of the grid all its edges.

    Examples
    --------
    >>> on_edges = Events(np.array([[10.0, 10.0], [20.0, 0.0], [5.0, 20.0]]), np.ones(3))
    >>> counts_by_cell(on_edges, GridSpec(0, 0, 10, 2, 2)).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    column = np.floor((events.coordinates[:, 0] - grid.west) / grid.cell_m).astype(np.int64)
    row = grid.rows - 1 - np.floor((events.coordinates[:, 1] - grid.south) / grid.cell_m).astype(np.int64)
    column, row = column.clip(0, grid.columns - 1), row.clip(0, grid.rows - 1)
    summed = np.bincount(row * grid.columns + column, weights=events.weights, minlength=grid.rows * grid.columns)
    return np.asarray(summed, dtype=np.float64).reshape(grid.rows, grid.columns)
