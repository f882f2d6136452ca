"""How places came and went: the class of each hotspot over the steps of time that are held."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.hotspots.emerging import emerging_classes
from hotspots.analysis.hotspots.events import counts_by_cell, entering
from hotspots.layer import GridSpec, Layer
from hotspots.periods import Period
from hotspots.tables import PointEvents

if TYPE_CHECKING:
    from hotspots.analysis.hotspots.space_time import EmergingHotSpots

FEWEST_STEPS = 4


def emerging_over(
    points: PointEvents, grid: GridSpec, periods: Sequence[Period], *, border: Any = None, reach_m: float
) -> "EmergingHotSpots | None":
    """
    Emerging hot spots of the events of each period, oldest first; None with fewer than four: they make any pattern.

    Neighbours in space are the cells whose centres are within ``reach_m``, in time the period before. P-values are
    binomial: in most neighbourhoods less than one event is expected, and there the normal ones call any two events hot.
    """
    if len(periods) < FEWEST_STEPS:
        return None
    # Here and not above: the compiler that it needs takes a third of a second to load.
    from hotspots.analysis.hotspots.space_time import emerging_hot_spots

    dates = pd.to_datetime(points.table["date"])
    counts = []
    for period in periods:
        chosen = (dates >= pd.Timestamp(period.start)) & (dates <= pd.Timestamp(period.end))
        events = PointEvents(points.table[chosen].reset_index(drop=True), points.meta)
        counts.append(counts_by_cell(entering(events, grid, border=border, bandwidth_m=reach_m), grid))
    reach_cells = max(reach_m / grid.cell_m, 1.0)
    return emerging_hot_spots(
        np.array(counts), inside=cells_inside(grid, border), reach_cells=reach_cells, shape="disc"
    )


def with_persistence(layer: Layer, found: "EmergingHotSpots | None", grid: GridSpec) -> Layer:
    """
    The layer with the class of each place over the steps (:func:`emerging_classes`), such as *persistent hot spot*.

    A place is hot in a step when any of its cells is, cold when all of them are; its trend is that of the highest Gi*
    among its cells. Without steps nothing is said.

    Parameters
    ----------
    found, grid
        Emerging hot spots and the grid of their cells; None where too few steps are held.
    """
    assert layer.features is not None
    if found is None or layer.features.empty:
        return layer
    hot, cold, height = [], [], []
    for place in layer.features.geometry:
        rows, columns = _centres_within(place, grid)
        hot.append(found.hot[:, rows, columns].any(axis=1))
        cold.append(found.cold[:, rows, columns].all(axis=1) & (rows.size > 0))
        height.append(np.nanmax(found.gi_star.z[:, rows, columns], axis=1, initial=-np.inf))
    classes = emerging_classes(np.array(hot).T, cold=np.array(cold).T, series=np.array(height).T)
    features = layer.features.assign(persistence=pd.array([str(name) for name in classes], dtype="str"))
    return Layer(layer.meta, features=features)


def _centres_within(place: Any, grid: GridSpec) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows and columns of the cells whose centres a place contains; only those about it are looked at, not the map."""
    west, south, east, north = place.bounds
    eastings, northings = grid.centre_eastings, grid.centre_northings
    columns = np.flatnonzero((eastings >= west) & (eastings <= east))
    rows = np.flatnonzero((northings >= south) & (northings <= north))
    inside = shapely.contains_xy(place, *np.meshgrid(eastings[columns], northings[rows]))
    row, column = np.nonzero(inside)
    return rows[row], columns[column]
