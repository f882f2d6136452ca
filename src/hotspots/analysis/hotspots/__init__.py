"""Hotspots: the cells that a rule calls hot, and the named places they make.

``rules`` holds the rules (points, a grid and a spec in, :class:`Flagged` cells out), ``places`` makes ranked, named
places of them. ``docs/hotspots.md`` says in plain words what each rule means.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.analysis.hotspots.spec import HotspotSpec
from hotspots.layer import GridSpec, Layer
from hotspots.tables import PointEvents

__all__ = ["Flagged", "HotspotSpec", "find_hotspots"]

Progress = Callable[[float], None]


def find_hotspots(
    points: PointEvents,
    grid: GridSpec,
    spec: HotspotSpec,
    *,
    border: Any = None,
    reference: PointEvents | None = None,
    population: pd.DataFrame | None = None,
    snap_points: Any = None,
    places: pd.DataFrame | None = None,
    city_centre: Any = None,
    progress: Progress | None = None,
) -> Layer:
    """
    Hotspots of events as ranked places: polygons with what is in them and how rarely chance alone makes such a peak.

    Parameters
    ----------
    points
        Events with positions. Counts by area have none, and are refused by their type.
    border
        Polygon (EPSG:27700) that events and cells must lie in, as for :func:`hotspots.density`.
    reference
        All the events that these are compared with (for police data: all recorded crime), for the null ``reference``.
    population
        One row an area, with ``geometry`` and ``population``, for the null ``population``.
    snap_points
        The published points that the source moves its events to (shape (n, 2), metres, or points): all distinct ones
        of the longest run held. Needed for snapped events under the nulls ``uniform`` and ``population``.
    places, city_centre
        Named places and the city-centre area, to say where each hotspot is.
    """
    from hotspots.analysis.hotspots.places import hotspot_layer
    from hotspots.analysis.hotspots.rules import flagged_cells

    flagged = flagged_cells(
        points,
        grid,
        spec,
        border=border,
        reference=reference,
        population=population,
        snap_points=snap_points,
        progress=progress,
    )
    return hotspot_layer(flagged, points, spec, border=border, places=places, city_centre=city_centre)
