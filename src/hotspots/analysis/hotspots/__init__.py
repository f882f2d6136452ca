"""Hotspots: the cells that a rule calls hot, and the named places they make.

``rules`` holds the rules (points, a grid and a spec in, :class:`Flagged` cells out), ``places`` makes ranked, named
places of them. ``docs/hotspots.md`` says in plain words what each rule means.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

from hotspots.analysis.given import check_border, check_points
from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.analysis.hotspots.spec import HotspotSpec
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec, Layer
from hotspots.tables import PointEvents

__all__ = ["Flagged", "HotspotSpec", "find_hotspots"]

Progress = Callable[[float], None]
DEFAULT = HotspotSpec()


def find_hotspots(
    points: PointEvents,
    grid: GridSpec,
    spec: HotspotSpec = DEFAULT,
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
    spec
        The rule and its numbers; without it the default rule at 150 m, against the null that fits what is given.
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
    progress
        Called with the share that is done, up to 1, while maps are simulated.

    Notes
    -----
    Events outside the border, those whose uncertainty exceeds the bandwidth, and those of unknown weight stay out. The
    same points, spec and seed give the same hotspots, however many processors there are. A cell that no event of the
    null reaches has no expected number and is never hot.

    Raises
    ------
    DataRefused
        The null needs something that was not given (a reference set, populations, the points that snapped positions
        were moved to), a weight is combined with another null than ``labels``, the border is no polygon, or no cell
        lies inside it.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.tables import points_from_frame
    >>> spread = np.stack(np.meshgrid(np.arange(50, 2000, 200.0), np.arange(50, 2000, 200.0)), -1).reshape(-1, 2)
    >>> together = np.full((12, 2), 1010.0) + np.arange(24).reshape(12, 2)
    >>> frame = pd.DataFrame(np.concatenate([spread, together]), columns=["easting", "northing"])
    >>> found = find_hotspots(points_from_frame(frame), GridSpec(0, 0, 50, 40, 40), HotspotSpec(seed=3)).features
    >>> len(found), int(found["events"].iloc[0]) >= 12, float(found["one_in"].iloc[0])
    (1, True, 1000.0)
    """
    from hotspots.analysis.hotspots.places import hotspot_layer
    from hotspots.analysis.hotspots.rules import flagged_cells

    check_points(points)
    check_border(border, grid)
    if reference is not None:
        check_points(reference, what="reference")
    if not isinstance(spec, HotspotSpec):
        raise DataRefused(f"spec must be a HotspotSpec, got {spec!r}; give HotspotSpec(rule='gi_star') or another rule")
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
