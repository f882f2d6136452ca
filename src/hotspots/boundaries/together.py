"""Whether boundary sets lie in one place: coordinates the wrong way round can still be somewhere in Great Britain."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from hotspots.areas import Areas, extent
from hotspots.errors import DataRefused

_HALF = 0.5


def check_together(sets: Sequence[Areas]) -> None:
    """
    Refuse boundary sets that are not of one place.

    Two sets are of one place where at least half of the areas of either have a point inside an area of the other: wards
    of a district lie in its LSOAs, and a district lies in a county.

    Raises
    ------
    DataRefused
        Two sets lie elsewhere: where each is, and whether exchanging easting and northing would bring them together.

    Examples
    --------
    >>> import pandas as pd
    >>> def square(kind, west):
    ...     shapes = [shapely.box(west, 0, west + 9, 9)]
    ...     table = pd.DataFrame({"code": ["A"], "name": ["a"], "geometry": shapes})
    ...     return Areas(kind, "2021", "2021", False, "", table)
    >>> check_together([square("lsoa", 0), square("ward", 2)])
    """
    held = [areas for areas in sets if len(areas.table)]
    for other in held[1:]:
        ours, theirs = held[0].geometry, other.geometry
        shares = _share_inside(ours, theirs), _share_inside(theirs, ours)
        if max(shares) < _HALF:
            raise DataRefused(
                f"boundaries: {held[0].label} ({extent(ours)}) and {other.label} ({extent(theirs)}) are not of one "
                f"place: {shares[0]:.0%} and {shares[1]:.0%} of their areas lie in an area of the other, expected at "
                f"least half; {_advice(ours, theirs)}; add the right file again (hotspots boundaries add --replace), "
                "or name another set under [boundaries]"
            )


def _share_inside(shapes: Any, others: Any) -> float:
    """The share of the shapes of which a point inside lies in one of the others."""
    points = shapely.point_on_surface(shapes)
    inside, _ = shapely.STRtree(others).query(points, predicate="intersects")
    return len(np.unique(inside)) / len(points)


def _advice(ours: Any, theirs: Any) -> str:
    """What is probably wrong."""
    turned = shapely.transform(shapely.box(*shapely.total_bounds(theirs)), lambda pairs: pairs[:, ::-1])
    if shapely.intersects(turned, shapely.box(*shapely.total_bounds(ours))):
        return "one of them has easting and northing the wrong way round: they lie together where these are exchanged"
    return "one of them is of another place, or its coordinates or their stated system are wrong"
