"""What places are called: by the street that their events state, and the nearest place of a gazetteer."""

import math

import numpy as np
import pandas as pd

from hotspots.crs import to_grid_reference

NEAR_M = 100.0  # a place without a stated radius is simply called by its name this far from its point
FAR_M = 1500.0  # beyond this a grid reference says more than "1,600 m north of"
_DIRECTIONS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


def place_names(table: pd.DataFrame, streets: list[str | None], places: pd.DataFrame | None) -> list[str]:
    """
    A name for each row of ``easting, northing``: street and place where both are known, else the one that is.

    ``places`` has ``name, easting, northing`` and optionally ``radius_m``.

    Examples
    --------
    >>> peaks = pd.DataFrame({"easting": [544_900.0, 545_300.0], "northing": [258_450.0, 258_440.0]})
    >>> market = pd.DataFrame({"name": ["Market Square"], "easting": [544_880.0], "northing": [258_440.0]})
    >>> place_names(peaks, [None, "Emmanuel Street"], market)
    ['Market Square', 'Emmanuel Street (420 m east of Market Square)']
    """
    names = []
    for easting, northing, street in zip(table["easting"], table["northing"], streets, strict=True):
        place = beside(easting, northing, places)
        if street and place:
            names.append(f"{street} ({place})")
        else:
            names.append(street or place or to_grid_reference(easting, northing))
    return names


def beside(easting: float, northing: float, places: pd.DataFrame | None) -> str | None:
    """
    Where a position is by the nearest place: its name, or how far off and in which direction; None far from any.

    Nearest is measured to the edge of a place's radius.
    """
    if places is None or not len(places):
        return None
    radius = places["radius_m"].fillna(NEAR_M).to_numpy() if "radius_m" in places else np.full(len(places), NEAR_M)
    east, north = easting - places["easting"].to_numpy(), northing - places["northing"].to_numpy()
    distance = np.hypot(east, north)
    # Of places that a position lies in, the one whose middle is nearest for its size.
    nearest = int((distance / radius if (distance <= radius).any() else distance - radius).argmin())
    name, away = str(places["name"].iloc[nearest]), float(distance[nearest])
    if away <= float(radius[nearest]):
        return name
    if away > FAR_M:
        return None
    return f"{round(away, -1):.0f} m {_direction(float(east[nearest]), float(north[nearest]))} of {name}"


def _direction(east: float, north: float) -> str:
    return _DIRECTIONS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
