"""What places are called: by the street that their events state, and the nearest place of a gazetteer."""

import math
from itertools import pairwise
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
    code_of, names = pd.factorize(stated, sort=True)
    # Nothing stated has the code -1, so what is said last of all is said of it.
    of_a_kind = np.array([*(is_kind_of_place(name) for name in names), True])
    street_of = np.where(of_a_kind[code_of], -1, code_of)
    held = np.argsort(place_of, kind="stable")  # the events of each place, side by side
    found: list[str | None] = []
    for first, last in pairwise(np.searchsorted(place_of[held], np.arange(1, count + 2))):
        own = held[first:last]
        code = _commonest(code_of[own])
        if code >= 0 and of_a_kind[code]:
            near = _commonest(street_of[own])
            near = near if near >= 0 else _nearest(street_of, coordinates, coordinates[own[code_of[own] == code]])
            found.append(f"{names[code]} near {names[near]}" if near >= 0 else str(names[code]))
        else:
            found.append(None if code < 0 else str(names[code]))
    return found


def _commonest(codes: npt.NDArray[np.intp]) -> int:
    """The commonest code, of equal ones the first; -1 where there is none."""
    counts = np.bincount(codes[codes >= 0])
    return int(counts.argmax()) if counts.size else -1


def _nearest(
    street_of: npt.NDArray[np.intp], coordinates: npt.NDArray[np.float64], own: npt.NDArray[np.float64]
) -> int:
    """The street of the event that is nearest to the middle of these; -1 where no event states one."""
    known = np.flatnonzero(street_of >= 0)
    if not known.size:
        return -1
    away = np.hypot(*(coordinates[known] - own.mean(axis=0)).T)
    return int(street_of[known[away.argmin()]])


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
