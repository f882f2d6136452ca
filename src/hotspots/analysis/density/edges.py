"""Edges: which cells are inside, and what share of a kernel lies inside.

The share is ``sum of K over the centres of the cells inside, times the cell's area``: what the surface itself will hold
of an event. With ``diggle`` (Diggle 1985; Jones 1993) each event is divided by the share about its own place, exactly
there and not at its cell; with ``uniform`` each cell is divided by the share about its centre.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import GridSpec

Mask = npt.NDArray[np.bool_]


@lru_cache(maxsize=8)
def cells_inside(grid: GridSpec, border: Any) -> Mask:
    """
    Cells whose centre is in the border or on its edge; all of them without a border. Not to be written to.

    The last few masks are kept: maps of one area are made many at a time.
    """
    if border is None:
        inside = np.ones((grid.rows, grid.columns), dtype=bool)
    else:
        eastings, northings = np.meshgrid(grid.centre_eastings, grid.centre_northings)
        shapely.prepare(border)
        inside = np.asarray(shapely.intersects_xy(border, eastings, northings))
    inside.flags.writeable = False
    return inside


def nearest_inside(place: tuple[float, float], grid: GridSpec, inside: Mask) -> tuple[int, int]:
    """Row and column of the cell inside whose centre is nearest to a place (metres east and down of the corner)."""
    rows, columns = np.nonzero(inside)
    if not len(rows):
        raise DataRefused("no cell centre lies inside the area: use a smaller cell or a larger area")
    squared = ((columns + 0.5) * grid.cell_m - place[0]) ** 2 + ((rows + 0.5) * grid.cell_m - place[1]) ** 2
    nearest = int(squared.argmin())
    return int(rows[nearest]), int(columns[nearest])
