"""What callers gave: whether a function can take it at all, and what to give instead."""

from typing import Any

import shapely

from hotspots.errors import DataRefused, ResolutionError
from hotspots.layer import GridSpec
from hotspots.tables import AreaCounts, PointEvents


def check_points(given: object, *, what: str = "points") -> None:
    """
    Refuse what are no points; counts by area have no positions, and never become points.

    Examples
    --------
    >>> check_points([(544880, 258440)])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    hotspots.errors.DataRefused: points must be PointEvents, got list: make them with ...
    """
    if isinstance(given, AreaCounts):
        raise ResolutionError(
            f"{what}: {given.meta.title} are counts by {given.kind} and have no positions; show them by area instead"
        )
    if not isinstance(given, PointEvents):
        raise DataRefused(
            f"{what} must be PointEvents, got {type(given).__name__}: make them with hotspots.points_from_frame(frame) "
            "from columns easting and northing (EPSG:27700)"
        )


def check_border(given: Any, grid: GridSpec) -> None:
    """
    Refuse a study area that is no polygon, or that the grid holds nothing of; None is the whole grid.

    Examples
    --------
    >>> degrees = shapely.box(0.1, 52.1, 0.2, 52.3)
    >>> check_border(degrees, GridSpec(544_000, 257_000, 100, 10, 10))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    hotspots.errors.DataRefused: border (0, 52 to 0, 52) lies off the grid (544000, 257000 to 545000, 258000): ...
    """
    if given is None:
        return
    kind = str(getattr(given, "geom_type", "")) if isinstance(given, shapely.Geometry) else type(given).__name__
    if kind not in ("Polygon", "MultiPolygon"):
        raise DataRefused(
            f"border must be one Polygon or MultiPolygon in EPSG:27700 metres, got {kind}; of several areas give "
            "areas.union_all(), of bounds shapely.box(west, south, east, north)"
        )
    if given.is_empty:
        raise DataRefused("border is an empty polygon: no cell and no event lies inside it")
    if not given.is_valid:
        reason = shapely.is_valid_reason(given)
        raise DataRefused(f"border is no valid polygon ({reason}); give shapely.make_valid(border)")
    extent = (grid.west, grid.south, grid.east, grid.north)
    if not shapely.box(*extent).intersects(given):
        raise DataRefused(
            f"border ({_corners(given.bounds)}) lies off the grid ({_corners(extent)}): both must be in metres "
            "of EPSG:27700"
        )


def _corners(bounds: tuple[float, ...]) -> str:
    return "{:.0f}, {:.0f} to {:.0f}, {:.0f}".format(*bounds)
