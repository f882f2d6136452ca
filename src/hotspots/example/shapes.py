"""Invented shapes: a plausible city of 69 LSOAs that nest exactly in 14 wards.

Each LSOA is the ground nearest to its approximate centre, larger areas reaching further (a power diagram), cut to an
invented outline. Straight edges are then bent at random, both neighbours along the same vertices, and vertices lie on
whole metres, so that the shapes stay a coverage: no gap, no overlap, before and after conversion. A ward is the union
of its LSOAs. All in EPSG:27700 metres.
"""

import math
from functools import cache
from random import Random

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from hotspots.errors import DataRefused
from hotspots.example.facts import LSOAS, WARDS, Lsoa

Vertex = tuple[int, int]
Position = tuple[float, float]

SEED = 2019
# How much a larger area pushes its edges out: at 0 an edge is half-way, above 1 small areas are swallowed.
_REACH = 0.8
_BEND = 0.13  # sideways shift of the middle of an edge, as a share of its length, at most
_STRAIGHT_M = 110.0  # an edge shorter than this is left straight

# Discs about the centres run together, smoothed and put on a grid of 50 m: a city's size, and nobody's boundary.
_OUTLINE: tuple[Vertex, ...] = (
    (542_050, 258_400), (542_400, 259_300), (542_350, 260_050), (542_750, 260_500), (543_550, 260_600),
    (544_200, 261_200), (544_800, 261_150), (545_300, 261_700), (545_850, 261_700), (546_450, 261_400),
    (547_050, 261_900), (547_600, 261_850), (547_950, 261_350), (547_700, 260_700), (547_700, 260_450),
    (548_650, 259_650), (548_550, 259_150), (548_900, 258_550), (548_850, 257_950), (549_350, 257_100),
    (549_050, 256_400), (549_500, 255_700), (549_450, 255_150), (548_950, 254_800), (548_100, 254_850),
    (547_650, 254_350), (547_250, 254_150), (546_850, 254_150), (546_350, 254_500), (546_050, 254_500),
    (545_450, 253_650), (545_000, 253_500), (544_650, 253_600), (544_350, 253_900), (544_200, 254_450),
    (543_700, 255_150), (543_700, 255_550), (544_000, 256_100), (544_100, 257_100), (543_750, 257_550),
    (542_900, 257_450), (542_300, 257_750),
)  # fmt: skip
_FRAME: tuple[Position, ...] = ((535_000, 247_000), (556_000, 247_000), (556_000, 268_000), (535_000, 268_000))


@cache
def lsoa_shapes() -> dict[str, Polygon]:
    """Invented polygon of each LSOA code, sorted by code, on whole metres; raises ``DataRefused`` unless a coverage."""
    outline = Polygon(_OUTLINE)
    straight = {lsoa.code: _whole_metres(Polygon(_nearest_ground(lsoa)).intersection(outline)) for lsoa in LSOAS}
    shapes = {code: normalised(Polygon(_bent_ring(straight[code]))) for code in sorted(straight)}
    _check_coverage(shapes)
    return shapes


@cache
def ward_shapes() -> dict[str, Polygon]:
    """Polygon of each ward code, sorted by code: exactly the union of its LSOAs, vertex by vertex."""
    lsoas = lsoa_shapes()
    parts = {ward.code: [lsoas[lsoa.code] for lsoa in LSOAS if lsoa.ward_code == ward.code] for ward in WARDS}
    shapes = {code: normalised(shapely.coverage_union_all(parts[code])) for code in sorted(parts)}
    _check_coverage(shapes)
    return shapes


def normalised(polygon: BaseGeometry) -> Polygon:
    """
    The same polygon with a right-hand outer ring that starts at its smallest vertex: one shape, one spelling.

    Examples
    --------
    >>> list(normalised(Polygon([(1, 1), (1, 0), (0, 0), (0, 1)])).exterior.coords)
    [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    """
    if not isinstance(polygon, Polygon) or polygon.interiors:
        raise DataRefused(f"the example's shapes: expected one polygon without holes, got {polygon.geom_type}")
    ring = list(shapely.orient_polygons(polygon).exterior.coords)[:-1]
    first = ring.index(min(ring))
    return Polygon(ring[first:] + ring[:first])


def _nearest_ground(lsoa: Lsoa) -> list[Position]:
    """The cell of one centre in the power diagram of all centres: the frame cut by one half-plane for each other."""
    ring = list(_FRAME)
    for other in LSOAS:
        if other.code != lsoa.code:
            across, up = other.easting - lsoa.easting, other.northing - lsoa.northing
            ring = _cut(ring, across, up, (_power(other) - _power(lsoa)) / 2)
    return ring


def _power(lsoa: Lsoa) -> float:
    return lsoa.easting**2 + lsoa.northing**2 - _REACH * lsoa.area_km2 * 1e6 / math.pi


def _cut(ring: list[Position], across: float, up: float, limit: float) -> list[Position]:
    """The part of a convex ring where ``across * easting + up * northing <= limit``."""
    excess = [across * easting + up * northing - limit for easting, northing in ring]
    kept = []
    for index, start in enumerate(ring):
        end, here, there = ring[index - len(ring) + 1], excess[index], excess[index - len(ring) + 1]
        if here <= 0:
            kept.append(start)
        if here * there < 0:
            share = here / (here - there)
            kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    return kept


def _whole_metres(polygon: BaseGeometry) -> list[Vertex]:
    """Vertices of a ring without its closing one; a corner shared by three cells rounds to the same metre in each."""
    if not isinstance(polygon, Polygon):
        raise DataRefused(f"the example's shapes: a cell must be one piece, got {polygon.geom_type}")
    vertices = [(round(easting), round(northing)) for easting, northing in polygon.exterior.coords[:-1]]
    return [vertex for index, vertex in enumerate(vertices) if vertex != vertices[index - 1]]


def _bent_ring(ring: list[Vertex]) -> list[Vertex]:
    bent: list[Vertex] = []
    for index, start in enumerate(ring):
        bent.extend(_bent_edge(start, ring[index - len(ring) + 1])[:-1])
    return bent


def _bent_edge(start: Vertex, end: Vertex) -> list[Vertex]:
    """A wandering line between two corners; whichever neighbour asks, and in either direction, it is the same line."""
    if end < start:
        return _bent_edge(end, start)[::-1]
    return [start, *_wander(start, end, Random(f"{SEED} {start} {end}")), end]


def _wander(start: Vertex, end: Vertex, rng: Random) -> list[Vertex]:
    across, up = end[0] - start[0], end[1] - start[1]
    if math.hypot(across, up) < _STRAIGHT_M:
        return []
    shift = rng.uniform(-_BEND, _BEND)
    middle = (round(start[0] + across / 2 - shift * up), round(start[1] + up / 2 + shift * across))
    return [*_wander(start, middle, rng), middle, *_wander(middle, end, rng)]


def _check_coverage(shapes: dict[str, Polygon]) -> None:
    invalid = [code for code, shape in shapes.items() if not shape.is_valid]
    if invalid or not shapely.coverage_is_valid(list(shapes.values())):
        raise DataRefused(f"the example's shapes overlap or cross themselves ({invalid}): choose another SEED or _BEND")
