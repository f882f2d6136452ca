"""What places are called: by the street that their events state, and the nearest place of a gazetteer."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.crs import to_grid_reference
from hotspots.gazetteer import is_kind_of_place

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


def stated_streets(
    stated: "pd.Series[Any]", place_of: npt.NDArray[np.int32], coordinates: npt.NDArray[np.float64], *, count: int
) -> list[str | None]:
    """
    What the events of each place state as their street: the commonest one, of equal ones the first by name.

    Police data also name kinds of place, of which a city has many: such a place is told by the commonest street of its
    events, or else the nearest street that any event states.

    Parameters
    ----------
    stated
        Street of every event, missing where none is stated.
    place_of
        Number of the place that each event is in, from 1 to ``count``; 0 is none.
    coordinates
        Easting and northing of every event, shape (events, 2), in metres.

    Examples
    --------
    >>> stated = pd.Series(["Nightclub", "Nightclub", "Market Passage", "Hobson Street"])
    >>> stated_streets(stated, np.array([1, 1, 0, 0]), np.array([[0.0, 0], [0, 0], [40, 0], [90, 0]]), count=1)
    ['Nightclub near Market Passage']
    """
    names = []
    kinds = {name for name in stated.dropna().unique() if is_kind_of_place(name)}
    streets = stated.where(~stated.isin(kinds))
    for number in range(1, count + 1):
        name = _commonest(stated[place_of == number])
        if name in kinds:
            near = _commonest(streets[place_of == number])
            near = near or _nearest(
                streets, coordinates, coordinates[(stated == name).to_numpy() & (place_of == number)]
            )
            name = f"{name} near {near}" if near else name
        names.append(name)
    return names


def _commonest(stated: "pd.Series[Any]") -> str | None:
    counts = stated.value_counts(sort=False).sort_index()
    return None if counts.empty else str(counts.idxmax())


def _nearest(
    streets: "pd.Series[Any]", coordinates: npt.NDArray[np.float64], own: npt.NDArray[np.float64]
) -> str | None:
    known = streets.notna().to_numpy()
    if not known.any():
        return None
    away = np.hypot(*(coordinates[known] - own.mean(axis=0)).T)
    return str(streets[known].iloc[int(away.argmin())])


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
