"""Coordinates: the one place that converts them.

Inside, everything is British National Grid (EPSG:27700) in metres, named ``easting`` and ``northing``. WGS84 longitude
and latitude appear only in GeoJSON and on web maps. Conversion is Ordnance Survey's definitive OSTN15 transformation
(by ``convertbng``), not PROJ: the wheels of pyproj, rasterio and fiona carry no OSTN15 grid and are 1 to 5 m off.
"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from convertbng.cutil import convert_bng, convert_lonlat

from hotspots.errors import CrsError, DataRefused

BNG = "EPSG:27700"
WGS84 = "OGC:CRS84"
WEB_MERCATOR = "EPSG:3857"
TRANSFORMATION = "OSTN15 (convertbng)"

Floats = npt.NDArray[np.float64]

# West, south, east and north of the National Grid's lettered squares, in metres.
GRID = (0.0, 0.0, 700_000.0, 1_300_000.0)

_GRID_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_GRID_REFERENCE = re.compile(r"^([A-HJ-Z]{2})((?:\d\d){1,5})$")
_WEB_MERCATOR_RADIUS_M = 6378137.0
# convertbng refuses what lies south of 49.96 degrees; the Isles of Scilly reach down to 49.86.
_NOT_SOUTH_OF, _SOUTHERNMOST = 49.96, 49.8
_METRES_A_DEGREE = 111_240.0
_STEP_M, _NEWTON_STEPS = 200.0, 6


def to_bng(longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> tuple[Floats, Floats]:
    """
    Easting and northing in metres (EPSG:27700) of WGS84 positions, by OSTN15.

    Positions off the OSTN15 grid (outside Great Britain, swapped, not finite) come back as NaN in both arrays: the
    caller makes a reject of them.

    Examples
    --------
    >>> easting, northing = to_bng([0.126436], [52.200169])
    >>> easting.round(3).tolist(), northing.round(3).tolist()
    ([545420.028], [257900.101])
    """
    east, north = _flat(longitude), _flat(latitude)
    easting, northing = convert_bng(east, north)
    south = np.isnan(easting) & (north >= _SOUTHERNMOST) & (north < _NOT_SOUTH_OF) & (east > -7.5) & (east < 1.7)
    if south.any():
        easting[south], northing[south] = _south_of_the_lizard(east[south], north[south])
    return easting, northing


def _south_of_the_lizard(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """
    Easting and northing of the Isles of Scilly and of Lizard Point, which ``convertbng`` takes to be off its grid.

    OSTN15 holds them, and the way back is open: it is turned round by Newton's method, to a tenth of a millimetre.
    """
    easting, northing = convert_bng(longitude, np.full_like(latitude, _NOT_SOUTH_OF + 1e-4))
    northing = northing + (latitude - _NOT_SOUTH_OF) * _METRES_A_DEGREE
    for _ in range(_NEWTON_STEPS):
        here = np.array(convert_lonlat(easting, northing))
        along = (np.array(convert_lonlat(easting + _STEP_M, northing)) - here) / _STEP_M
        up = (np.array(convert_lonlat(easting, northing + _STEP_M)) - here) / _STEP_M
        left = np.array([longitude, latitude]) - here
        determinant = along[0] * up[1] - up[0] * along[1]
        easting = easting + (left[0] * up[1] - up[0] * left[1]) / determinant
        northing = northing + (along[0] * left[1] - left[0] * along[1]) / determinant
    return easting, northing


def to_wgs84(easting: npt.ArrayLike, northing: npt.ArrayLike) -> tuple[Floats, Floats]:
    """
    WGS84 longitude and latitude in degrees of National Grid positions in metres, by OSTN15; NaN off the grid.

    Examples
    --------
    >>> longitude, latitude = to_wgs84([545420.0], [257900.0])
    >>> longitude.round(6).tolist(), latitude.round(6).tolist()
    ([0.126436], [52.200168])
    """
    return convert_lonlat(_flat(easting), _flat(northing))


def geometry_to_bng(geometry: Any) -> Any:
    """WGS84 geometries (array or one) in EPSG:27700; raises ``CrsError`` when a vertex is off the National Grid."""
    return shapely.transform(geometry, lambda vertices: _pairs(to_bng, vertices, "longitude and latitude"))


def geometry_to_wgs84(geometry: Any) -> Any:
    """EPSG:27700 geometries (array or one) in WGS84 longitude, latitude; raises ``CrsError`` off the National Grid."""
    return shapely.transform(geometry, vertices_to_wgs84)


def web_mercator_geometry_to_bng(geometry: Any) -> Any:
    """Web Mercator geometries (array or one) in EPSG:27700; raises ``CrsError`` off the National Grid."""
    return geometry_to_bng(
        shapely.transform(
            geometry, lambda vertices: np.column_stack(web_mercator_to_wgs84(vertices[:, 0], vertices[:, 1]))
        )
    )


def vertices_to_wgs84(vertices: Floats) -> Floats:
    """EPSG:27700 positions, a row each, as longitude and latitude; raises ``CrsError`` off the National Grid."""
    return _pairs(to_wgs84, vertices, "easting and northing")


def web_mercator(longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> tuple[Floats, Floats]:
    """
    Spherical Web Mercator (EPSG:3857) metres of WGS84 positions: the grid on which a web map draws.

    Examples
    --------
    >>> [round(float(value[0])) for value in web_mercator([0.0], [0.0])]
    [0, 0]
    """
    radians = np.radians(_flat(latitude))
    return (
        _WEB_MERCATOR_RADIUS_M * np.radians(_flat(longitude)),
        _WEB_MERCATOR_RADIUS_M * np.log(np.tan(np.pi / 4 + radians / 2)),
    )


def web_mercator_to_wgs84(mercator_x: npt.ArrayLike, mercator_y: npt.ArrayLike) -> tuple[Floats, Floats]:
    """WGS84 longitude and latitude of spherical Web Mercator metres, the inverse of :func:`web_mercator`."""
    return (
        np.degrees(_flat(mercator_x) / _WEB_MERCATOR_RADIUS_M),
        np.degrees(2 * np.arctan(np.exp(_flat(mercator_y) / _WEB_MERCATOR_RADIUS_M)) - np.pi / 2),
    )


def from_grid_reference(text: str) -> tuple[float, float, float]:
    """
    Centre of an Ordnance Survey grid reference's square: easting, northing, and the uncertainty in metres.

    ``TL4558`` names a square of 1 km; its centre is taken and half its diagonal kept as the uncertainty, so that a
    coarse reference never passes for a precise one.

    Examples
    --------
    >>> from_grid_reference("TL 45 58")
    (545500.0, 258500.0, 707.1)
    >>> from_grid_reference("TL 4488 5844")
    (544885.0, 258445.0, 7.1)
    """
    found = _GRID_REFERENCE.match(re.sub(r"\s+", "", text).upper())
    if not found:
        raise DataRefused(f"{text!r} is not an Ordnance Survey grid reference such as TL 4488 5844")
    letters, digits = found.groups()
    first, second = (_GRID_LETTERS.index(letter) for letter in letters)
    west = ((first - 2) % 5) * 500_000 + (second % 5) * 100_000
    south = (19 - (first // 5) * 5 - second // 5) * 100_000
    if not (0 <= west < 700_000 and 0 <= south < 1_300_000):
        raise DataRefused(f"{text!r} is not on the National Grid: there is no square {letters}")
    half = len(digits) // 2
    side = 10.0 ** (5 - half)
    easting = west + int(digits[:half]) * side + side / 2
    northing = south + int(digits[half:]) * side + side / 2
    return easting, northing, round(side / 2 * 2**0.5, 1)


def to_grid_reference(easting: float, northing: float, *, side_m: int = 100) -> str:
    """
    Ordnance Survey grid reference of the square of ``side_m`` metres (10, 100, 1000) that holds a position.

    A square holds its west and south edges. The reference is cut, never rounded: it names a square, not a point.

    Examples
    --------
    >>> to_grid_reference(544_885.0, 258_445.0)
    'TL 448 584'
    >>> to_grid_reference(651_409.9, 313_177.3, side_m=10)
    'TG 5140 1317'
    """
    if not (0 <= easting < 700_000 and 0 <= northing < 1_300_000):
        raise CrsError(f"easting {easting:,.0f}, northing {northing:,.0f} is not on the National Grid")
    column, row = int(easting // 100_000), 19 - int(northing // 100_000)
    letters = _GRID_LETTERS[row // 5 * 5 + column // 5 + 2] + _GRID_LETTERS[row % 5 * 5 + column % 5]
    digits = 5 - round(np.log10(side_m))
    parts = (f"{int(value % 100_000) // side_m:0{digits}d}" for value in (easting, northing))
    return " ".join((letters, *parts))


def require_bng(crs: Any, *, what: str) -> None:
    """Raise ``CrsError`` unless ``crs`` (anything with ``to_epsg``) is EPSG:27700; ``what`` names the data."""
    code = None if crs is None else crs.to_epsg()
    if code != 27700:
        got = "no stated reference system" if crs is None else f"EPSG:{code}"
        raise CrsError(f"{what}: coordinates must be in EPSG:27700 (metres), got {got}")


def require_on_grid(coordinates: Floats, *, what: str) -> None:
    """
    Raise ``CrsError`` unless every position (easting and northing in metres, a row each) is on the National Grid.

    Examples
    --------
    >>> require_on_grid(np.array([[545_420.0, 257_900.0]]), what="layer 'finds'")
    >>> require_on_grid(np.array([[9e6, 257_900.0]]), what="layer 'finds'")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    hotspots.errors.CrsError: layer 'finds': easting 9,000,000, northing 257,900 is off the National Grid (...
    """
    west, south, east, north = GRID
    on = (coordinates >= (west, south)).all(axis=1) & (coordinates <= (east, north)).all(axis=1)
    if not on.all():
        easting, northing = coordinates[~on][0]
        raise CrsError(
            f"{what}: easting {easting:,.0f}, northing {northing:,.0f} is off the National Grid (easting {west:,.0f} "
            f"to {east:,.0f}, northing {south:,.0f} to {north:,.0f} metres); is a digit or the coordinate system wrong?"
        )


def _flat(values: npt.ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


def _pairs(convert: Any, vertices: Floats, names: str) -> Floats:
    first, second = convert(vertices[:, 0], vertices[:, 1])
    outside = ~np.isfinite(first)
    if outside.any():
        where = vertices[outside][0].tolist()
        raise CrsError(f"a vertex at {where} is off the National Grid; expected {names} in Great Britain")
    return np.column_stack([first, second])
