"""A place keeps its identity from build to build while it lasts, though its peak wanders a little."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

SAME_PLACE_M = 150.0  # peaks this near are one place; further off, polygons must overlap
SAME_PLACE_OVERLAP = 0.5  # share of the smaller polygon


def kept_identities(now: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> dict[str, str]:
    """
    The identities that places take over from an earlier build, by the one that they would have by themselves.

    Both frames have ``hotspot_id, easting, northing`` and polygons. A place is the earlier one that overlaps it most
    (at least half of the smaller polygon), or whose peak is nearest within 150 m; each identity is taken over once, by
    the best match. Places that match none keep their own grid reference, and one that an earlier place uses elsewhere
    is left to it.

    Examples
    --------
    >>> def frame(names, west):
    ...     boxes = [shapely.box(edge, 0, edge + 100, 100) for edge in west]
    ...     table = {"hotspot_id": names, "easting": [edge + 50.0 for edge in west], "northing": 50.0}
    ...     return gpd.GeoDataFrame(table, geometry=boxes)
    >>> kept_identities(frame(["B", "C"], [40, 900]), frame(["A"], [0]))
    {'B': 'A'}
    """
    kept: dict[str, str] = {}
    given = set[str]()
    for _, _, own, earlier in sorted(_matches(now, before)):
        if own not in kept and earlier not in given:
            kept[own] = earlier
            given.add(earlier)
    return {own: earlier for own, earlier in kept.items() if own != earlier}


def _matches(now: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> list[tuple[float, float, str, str]]:
    """Every two that may be one place: less their overlap, how far apart their peaks are, and both identities."""
    new, old = _near(now, before)
    shapes = now.geometry.to_numpy()[new], before.geometry.to_numpy()[old]
    smaller = np.minimum(*(shapely.area(shape) for shape in shapes))
    overlap = shapely.area(shapely.intersection(*shapes)) / smaller
    east, north = (now[name].to_numpy()[new] - before[name].to_numpy()[old] for name in ("easting", "northing"))
    apart = np.hypot(east, north)
    one = (overlap >= SAME_PLACE_OVERLAP) | (apart <= SAME_PLACE_M)
    names = now["hotspot_id"].to_numpy()[new[one]], before["hotspot_id"].to_numpy()[old[one]]
    return list(zip((-overlap[one]).tolist(), apart[one].tolist(), *(map(str, own) for own in names), strict=True))


def _near(now: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The pairs (a row of each) of which shapes or peaks are close enough to be looked at."""
    peaks = [shapely.points(places["easting"], places["northing"]) for places in (now, before)]
    touching = shapely.STRtree(before.geometry.to_numpy()).query(now.geometry.to_numpy(), predicate="intersects")
    close = shapely.STRtree(peaks[1]).query(peaks[0], predicate="dwithin", distance=SAME_PLACE_M + 1)
    new, old = np.unique(np.concatenate([touching, close], axis=1), axis=1)
    return new, old


def renamed(features: gpd.GeoDataFrame, kept: Mapping[str, str]) -> gpd.GeoDataFrame:
    """
    The features under the identities that they take over.

    An own identity that has just been given to another place gets a letter, so that no two places share one. A place
    that is called by its grid reference alone is called by the one that it has from now on.
    """
    taken, own = set(kept.values()), features["hotspot_id"]
    named = pd.Series([kept.get(one, f"{one} b" if one in taken else one) for one in own], own.index, dtype="str")
    return features.assign(hotspot_id=named, name=features["name"].mask(features["name"] == own, named))
