"""Synthetic street-level crime in the layout of data.police.uk, plus an ``Hour`` column: nothing in it happened.

Positions are snapped to invented points inside the schematic city. What makes real files awkward is kept: anti-social
behaviour has no identifier and some of it repeats exactly, about 3 % of rows have no place, a few rows lie in the next
district, and a few state another LSOA than the one that holds their point.
"""

import hashlib
import math
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import NamedTuple

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from hotspots.example.facts import CITY_CENTRE_LSOA, EAST_OF_CENTRE_LSOA, LSOA_NAMES, LSOAS, WARD_NAMES, Lsoa
from hotspots.example.shapes import lsoa_shapes
from hotspots.example.spread import pick
from hotspots.example.text import csv_text, degrees

SEED = 4_040
HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name",
    "Crime type", "Last outcome category", "Context", "Hour",
)  # fmt: skip
MONTHS = tuple(f"{2017 + (3 + step) // 12}-{(3 + step) % 12 + 1:02d}" for step in range(24))
FORCE = "Synthetic sample"
ASB = "Anti-social behaviour"
STATED_ELSEWHERE = 12  # rows, one in every second month, whose stated LSOA is not the one that holds their point

_MARGIN_M = 15.0  # a snap point keeps this far from the edge of its LSOA
_POINTS = {CITY_CENTRE_LSOA: 24, EAST_OF_CENTRE_LSOA: 10}
_POINTS_BY_WARD = {"Cherry Hinton": 4, "Newnham": 4, "Queen Edith's": 4, "Trumpington": 4}
_POINTS_OTHERWISE = 5
# Weight of the busiest point of an LSOA; each next one is quieter, so that counts pile up on a few, as in real files.
_BUSY_BY_WARD = {
    "Market": 350, "Petersfield": 220, "Abbey": 150, "King's Hedges": 140, "Romsey": 130, "West Chesterton": 110,
    "Arbury": 110, "Coleridge": 110, "East Chesterton": 100, "Cherry Hinton": 90, "Trumpington": 90, "Castle": 80,
    "Queen Edith's": 60, "Newnham": 60,
}  # fmt: skip
_CENTRE_BUSY = 600
_NEXT_DISTRICT = (
    (549_950, 258_450, "On or near Sluice Way", "E01018230", "South Cambridgeshire 005B"),
    (544_300, 262_700, "On or near Beet Row", "E01018236", "South Cambridgeshire 007A"),
)
_FIRST_WORDS = (
    "Thimble", "Lantern", "Quill", "Copper", "Saffron", "Inkwell", "Bellows", "Pewter", "Wicker", "Tallow", "Juniper",
    "Gimlet", "Parchment", "Spindle", "Bramble", "Cobbler", "Hazelnut", "Marmalade", "Bobbin", "Harrow",
)  # fmt: skip
_LAST_WORDS = ("Street", "Road", "Close", "Lane", "Way", "Row", "Court", "Avenue", "Walk")
_KINDS = {"street": 74, "Shopping Area": 5, "Supermarket": 4, "Parking Area": 6, "Park/Open Space": 6, "Pub": 5}
_CENTRE_KINDS = {"street": 50, "Shopping Area": 20, "Nightclub": 14, "Parking Area": 8, "Park/Open Space": 8}

_TYPE_WEIGHTS = {
    "street": {
        ASB: 22, "Violence and sexual offences": 23, "Criminal damage and arson": 10, "Burglary": 9,
        "Vehicle crime": 10, "Bicycle theft": 9, "Other theft": 6, "Public order": 4, "Drugs": 3, "Other crime": 2,
        "Possession of weapons": 1, "Robbery": 1,
    },
    "shop": {
        "Shoplifting": 46, ASB: 16, "Bicycle theft": 12, "Other theft": 10, "Violence and sexual offences": 7,
        "Theft from the person": 4, "Public order": 3, "Criminal damage and arson": 2,
    },
    "night": {
        "Violence and sexual offences": 42, ASB: 22, "Public order": 14, "Theft from the person": 9, "Drugs": 5,
        "Robbery": 4, "Other theft": 3, "Possession of weapons": 1,
    },
}  # fmt: skip
_PROFILES = {"Shopping Area": "shop", "Supermarket": "shop", "Nightclub": "night", "Pub": "night"}
_OUTCOMES = {
    "Investigation complete; no suspect identified": 46, "Unable to prosecute suspect": 32,
    "Status update unavailable": 8, "Court result unavailable": 6, "Local resolution": 4, "Offender given a caution": 4,
}  # fmt: skip
_HOURS = {
    "night": {"0": 9, "1": 9, "2": 8, "3": 4, "17": 3, "18": 4, "19": 5, "20": 6, "21": 7, "22": 8, "23": 9, "12": 2},
    "day": {"9": 3, "10": 5, "11": 6, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8, "17": 7, "18": 4, "19": 2},
}
_NIGHT_TYPES = frozenset({ASB, "Violence and sexual offences", "Public order", "Robbery", "Criminal damage and arson"})


class SnapPoint(NamedTuple):
    """One invented anonymous point: many incidents, one position (EPSG:27700 metres)."""

    easting: int
    northing: int
    kind: str
    location: str
    lsoa_code: str
    weight: int


Row = tuple[object, ...]


def street_files() -> dict[str, str]:
    """Text of 24 monthly files by file name, April 2017 to March 2019."""
    return {f"{month}-sample-street.csv": csv_text(HEADER, _rows_of_month(month)) for month in MONTHS}


@cache
def snap_points() -> tuple[SnapPoint, ...]:
    """The 350 invented points to which every located row is snapped, some much busier than others."""
    rng = Random(SEED)
    return tuple(point for lsoa in LSOAS for point in _points_of(rng, lsoa))


def _points_of(rng: Random, lsoa: Lsoa) -> Iterator[SnapPoint]:
    ward = WARD_NAMES[lsoa.ward_code]
    within = lsoa_shapes()[lsoa.code].buffer(-_MARGIN_M)
    kinds = _CENTRE_KINDS if ward == "Market" else _KINDS
    for rank in range(_POINTS.get(lsoa.code, _POINTS_BY_WARD.get(ward, _POINTS_OTHERWISE))):
        easting, northing = _position(rng, lsoa, within)
        kind = pick(rng, kinds)
        street = f"{_FIRST_WORDS[rng.randrange(20)]} {_LAST_WORDS[rng.randrange(9)]}"
        weight = _CENTRE_BUSY // (rank // 3 + 1) if lsoa.code == CITY_CENTRE_LSOA else _BUSY_BY_WARD[ward] // (rank + 1)
        location = f"On or near {street if kind == 'street' else kind}"
        yield SnapPoint(easting, northing, kind, location, lsoa.code, weight)


def _position(rng: Random, lsoa: Lsoa, within: BaseGeometry) -> tuple[int, int]:
    reach = round(1.6 * math.sqrt(lsoa.area_km2 * 1e6 / math.pi))
    while True:
        easting = lsoa.easting + rng.randint(-reach, reach)
        northing = lsoa.northing + rng.randint(-reach, reach)
        if Point(easting, northing).within(within):
            return easting, northing


def _rows_of_month(month: str) -> list[Row]:
    rng = Random(f"{SEED} {month}")
    points = {str(number): point.weight for number, point in enumerate(snap_points())}
    located = [_crime(rng, month, snap_points()[int(pick(rng, points))]) for _ in range(rng.randint(136, 150))]
    if MONTHS.index(month) % 2:
        located[0] = _stated_in_the_next_lsoa(located[0])
    rows = located + [_unlocated(rng, month) for _ in range(rng.randint(3, 6))]
    rows += [_in_the_next_district(rng, month, place) for place in _NEXT_DISTRICT]
    repeated = [row for row in rows[1:] if row[9] == ASB and row[4] is not None][:: rng.randint(6, 9)]
    return sorted(rows + repeated, key=lambda row: tuple(str(cell) for cell in (row[7], *row)))


def _crime(rng: Random, month: str, point: SnapPoint) -> Row:
    longitude, latitude = degrees(point.easting, point.northing, digits=6)
    profile = _PROFILES.get(point.kind, "street")
    lsoa = (point.lsoa_code, LSOA_NAMES[point.lsoa_code])
    return _row(rng, month, profile, longitude, latitude, point.location, *lsoa)


def _unlocated(rng: Random, month: str) -> Row:
    return _row(rng, month, "street", None, None, "No Location", None, None)


def _in_the_next_district(rng: Random, month: str, place: tuple[int, int, str, str, str]) -> Row:
    easting, northing, *named = place
    return _row(rng, month, "street", *degrees(easting, northing, digits=6), *named)


def _row(rng: Random, month: str, profile: str, *place: object) -> Row:
    """A row of the file: ``place`` is longitude, latitude, location, LSOA code and LSOA name."""
    crime_type = pick(rng, _TYPE_WEIGHTS[profile])
    hour = pick(rng, _HOURS["night" if crime_type in _NIGHT_TYPES else "day"]) if rng.randrange(2) else None
    serial = rng.getrandbits(64)
    if crime_type == ASB:
        return (None, month, FORCE, FORCE, *place, ASB, None, None, hour)
    crime_id = hashlib.sha256(f"synthetic {month} {serial}".encode()).hexdigest()
    return (crime_id, month, FORCE, FORCE, *place, crime_type, pick(rng, _OUTCOMES), None, hour)


def _stated_in_the_next_lsoa(row: Row) -> Row:
    """The same row, stating the LSOA whose centre is nearest to the centre of the one that holds its point."""
    here = next(lsoa for lsoa in LSOAS if lsoa.code == row[7])
    others = [lsoa for lsoa in LSOAS if lsoa.code != here.code]
    near = min(
        others, key=lambda lsoa: (math.dist((here.easting, here.northing), (lsoa.easting, lsoa.northing)), lsoa.code)
    )
    return (*row[:7], near.code, near.name, *row[9:])
