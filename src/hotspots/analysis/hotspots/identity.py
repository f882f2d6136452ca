"""A place keeps its identity from build to build while it lasts, though its peak wanders a little."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
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
    matches = []
    for new in now.itertuples(index=False):
        for old in before.itertuples(index=False):
            shared = shapely.area(shapely.intersection(new.geometry, old.geometry))
            overlap = shared / min(new.geometry.area, old.geometry.area)
            apart = float(np.hypot(new.easting - old.easting, new.northing - old.northing))
            if overlap >= SAME_PLACE_OVERLAP or apart <= SAME_PLACE_M:
                matches.append((-overlap, apart, str(new.hotspot_id), str(old.hotspot_id)))
    kept: dict[str, str] = {}
    for _, _, own, earlier in sorted(matches):
        if own not in kept and earlier not in kept.values():
            kept[own] = earlier
    return {own: earlier for own, earlier in kept.items() if own != earlier}


def renamed(features: gpd.GeoDataFrame, kept: Mapping[str, str]) -> gpd.GeoDataFrame:
    """
    The features under the identities that they take over.

    An own identity that has just been given to another place gets a letter, so that no two places share one.
    """
    taken = set(kept.values())
    named = [kept.get(own, f"{own} b" if own in taken else own) for own in features["hotspot_id"]]
    return features.assign(hotspot_id=named)
