"""Shapes in degrees by OSTN15, as GeoJSON has them: to seven decimals, valid, exterior rings anticlockwise.

Shapes of one kind are held as the whole ten-millionths of a degree of their positions, which are exact and need no
object a shape; only what is rare (collections) stays a shape.
"""

from collections.abc import Callable, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.crs import geometry_to_wgs84, vertices_to_wgs84
from hotspots.errors import DataRefused

DIGITS = 7  # about a centimetre
UNITS = 10**DIGITS
POINT, POLYGON, MULTIPOINT, MULTIPOLYGON = 0, 3, 4, 6
KINDS = {POINT: "Point", 1: "LineString", POLYGON: "Polygon"}
KINDS |= {MULTIPOINT: "MultiPoint", 5: "MultiLineString", MULTIPOLYGON: "MultiPolygon"}

Shapes = npt.NDArray[np.object_]
Places = npt.NDArray[np.intp]
_Units = npt.NDArray[np.int64]
_Offsets = npt.NDArray[np.int64]
_NOWHERE: Places = np.empty(0, dtype=np.intp)


class Positions(NamedTuple):
    """
    Shapes of one kind (a key of ``KINDS``), at the places ``rows`` among all.

    ``units`` has a longitude and latitude a row, in ten-millionths of a degree. ``levels``, from the innermost
    outwards, say where each ring begins among the positions, each polygon among the rings, each shape among the
    polygons, as far as the kind has them; each ends with the number of what it counts in.
    """

    kind: int
    rows: Places
    units: _Units
    levels: tuple[_Offsets, ...]

    @property
    def name(self) -> str:
        """The kind as GeoJSON names it."""
        return KINDS[self.kind]

    def shapes(self) -> Shapes:
        """The shapes themselves, in degrees."""
        kind = shapely.GeometryType(self.kind)
        return np.asarray(shapely.from_ragged_array(kind, self.units / UNITS, self.levels or None), dtype=object)


class Degrees(NamedTuple):
    """``length`` shapes in degrees: by kind, ``others`` (collections) at the places ``other_rows``, or none at all."""

    length: int
    kinds: tuple[Positions, ...]
    other_rows: Places
    others: Shapes

    @property
    def rows(self) -> Places:
        """The places of those that are there: kind by kind, and the others."""
        return np.concatenate([*(held.rows for held in self.kinds), self.other_rows])


def in_degrees(geometry: Shapes, *, ids: Sequence[object]) -> Degrees:
    """
    EPSG:27700 shapes in degrees, the same as those of :func:`degrees`, and many times faster.

    Raises
    ------
    CrsError
        A vertex lies off the National Grid.
    DataRefused
        A polygon or a line is too small for seven decimals.

    Examples
    --------
    >>> found = in_degrees(np.array([None, shapely.Point(545420, 257900)]), ids=("a", "b"))
    >>> found.kinds[0].rows.tolist(), found.kinds[0].units.tolist()
    ([1], [[1264355, 522001681]])
    """
    held = _by_kind(geometry, lambda metres: _in_units(vertices_to_wgs84(metres)))
    turned = [_turned(one) for one in held.kinds]
    thin = np.concatenate([_NOWHERE, *(rows for _, rows in turned)])
    if not len(thin) and not len(held.other_rows):
        return held._replace(kinds=tuple(one for one, _ in turned))
    # What rounding spoils, and collections, go one by one; the others are done again without them.
    odd = np.zeros(len(geometry), dtype=np.bool_)
    odd[[*thin, *held.other_rows]] = True
    parts = (
        (np.flatnonzero(~odd), in_degrees(geometry[~odd], ids=_where(~odd, ids))),
        (np.flatnonzero(odd), grouped(degrees(geometry[odd], ids=_where(odd, ids)))),
    )
    kinds = tuple(one._replace(rows=places[one.rows]) for places, part in parts for one in part.kinds)
    places, shapes = parts[1]
    return Degrees(len(geometry), kinds, places[shapes.other_rows], shapes.others)


def grouped(shapes: Shapes) -> Degrees:
    """Shapes that are in degrees of seven decimals already, by kind."""
    return _by_kind(shapes, _in_units)


def degrees(geometry: Shapes, *, ids: Sequence[object]) -> Shapes:
    """EPSG:27700 shapes in WGS84 by OSTN15, rounded to seven decimals, valid, exterior rings anticlockwise."""
    shapes = np.asarray(shapely.transform(geometry_to_wgs84(geometry), _rounded), dtype=object)
    # Rounding by a centimetre can make a thin neck touch itself: those few are snapped to the grid of digits instead.
    for place in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)):
        snapped = shapely.set_precision(geometry_to_wgs84(geometry[place]), 10.0**-DIGITS)
        shapes[place] = shapely.transform(snapped, _rounded)
        if snapped.is_empty or not shapes[place].is_valid:
            raise DataRefused(f"the shape of {ids[int(place)]!r} is too thin for the {DIGITS} decimals of GeoJSON")
    if (shapely.get_dimensions(shapes) < 2).all():
        return shapes
    oriented: Shapes = shapely.orient_polygons(shapes, exterior_cw=False)
    return oriented


def _where(chosen: npt.NDArray[np.bool_], ids: Sequence[object]) -> list[object]:
    return list(compress(ids, chosen))


def _rounded(vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.round(vertices, DIGITS) + 0.0  # + 0.0: no minus zero at Greenwich


def _in_units(degrees: npt.NDArray[np.float64]) -> _Units:
    units: _Units = np.rint(degrees * UNITS).astype(np.int64)
    return units


def _by_kind(shapes: Shapes, units: Callable[[npt.NDArray[np.float64]], _Units]) -> Degrees:
    kinds = np.where(shapely.is_empty(shapes), -2, shapely.get_type_id(shapes))
    kinds[shapely.is_missing(shapes)] = -1
    parts = []
    for kind in np.intersect1d(kinds, list(KINDS)).tolist():
        rows = np.flatnonzero(kinds == kind)
        vertices, levels = _ragged(kind, shapes[rows])
        parts.append(Positions(kind, rows, units(vertices), levels))
    others = np.flatnonzero(~np.isin(kinds, [-1, *KINDS]))
    return Degrees(len(shapes), tuple(parts), others, shapes[others])


def _ragged(kind: int, shapes: Shapes) -> tuple[npt.NDArray[np.float64], tuple[_Offsets, ...]]:
    """Vertices, a row each, and the levels of :class:`Positions`."""
    if kind == POINT:
        return shapely.get_coordinates(shapes), ()
    _, vertices, levels = shapely.to_ragged_array(shapes)
    return vertices, tuple(np.asarray(level, dtype=np.int64) for level in levels)


def _turned(held: Positions) -> tuple[Positions, Places]:
    """Shapes with their rings turned as RFC 7946 has them, and the rows of those that rounding made invalid."""
    if held.kind in {POINT, MULTIPOINT}:
        return held, _NOWHERE
    if held.kind not in {POLYGON, MULTIPOLYGON}:
        return held, held.rows[~shapely.is_valid(held.shapes())]
    rings, polygons = held.levels[:2]
    area, convex = _survey(held.units, rings)
    # A convex ring alone is valid; all else is asked of GEOS.
    firsts = polygons if held.kind == POLYGON else polygons[held.levels[2]]
    unsure = np.flatnonzero((np.diff(firsts) > 1) | ~convex[firsts[:-1]])
    thin = held.rows[unsure[~shapely.is_valid(held.shapes()[unsure])]] if len(unsure) else _NOWHERE
    exterior = np.zeros(len(area), dtype=np.bool_)
    exterior[polygons[:-1]] = True
    return held._replace(units=_reversed(held.units, rings, (area > 0) != exterior)), thin


def _reversed(units: _Units, rings: _Offsets, wrong: npt.NDArray[np.bool_]) -> _Units:
    """The positions with the ``wrong`` rings the other way round."""
    if not wrong.any():
        return units
    places = np.arange(len(units))
    long = np.diff(rings)
    ends = np.repeat(rings[:-1] + rings[1:] - 1, long)
    backwards: _Units = units[np.where(np.repeat(wrong, long), ends - places, places)]
    return backwards


def _survey(units: _Units, rings: _Offsets) -> tuple[_Units, npt.NDArray[np.bool_]]:
    """Twice the signed area of each closed ring, and whether it turns to one side at each vertex, and once round."""
    starts = rings[:-1] - np.arange(len(rings) - 1)  # of the edges: a ring has one less than positions
    long = np.diff(rings) - 1
    is_corner = np.ones(len(units), dtype=np.bool_)
    is_corner[rings[1:] - 1] = False  # the first corner again
    corners = units[is_corner]
    along = np.diff(units, axis=0)[is_corner[:-1]]
    following = np.arange(1, len(along) + 1)
    following[starts + long - 1] = starts
    # Whole numbers are exact: twice the area of Great Britain in these units has room in 64 bits.
    area = np.add.reduceat(_cross(corners - np.repeat(corners[starts], long, axis=0), along), starts)
    turns = np.sign(_cross(along, along[following]))
    one_side = np.abs(np.add.reduceat(turns, starts)) == long
    # Once round passes once from the southern to the northern half of all directions.
    north = (along[:, 1] > 0) | ((along[:, 1] == 0) & (along[:, 0] > 0))
    once_round = np.add.reduceat((north[following] & ~north).astype(np.int64), starts) == 1
    return area, one_side & once_round


def _cross(first: _Units, second: _Units) -> _Units:
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
