"""Features of a file from outside: attributes and geometry as the file has them, and the system they are in.

Nothing is converted on reading, because a national file holds areas off the National Grid (Northern Ireland): the rows
that are wanted are chosen first and converted by :meth:`FeatureFile.in_bng` afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots import crs
from hotspots.errors import CrsError, FileRefused
from hotspots.limits import Limits

System = Literal["EPSG:27700", "OGC:CRS84", "EPSG:3857"]
Holds = Callable[[str], bool]
Box = tuple[float, float, float, float]

_LARGEST_DEGREES = 360.0
_LARGEST_KILOMETRES = crs.GRID[3] / 1000
_BRITAIN = (-9.0, 49.0, 3.0, 61.5)  # degrees


@dataclass(frozen=True, eq=False)
class FeatureFile:
    """
    The features of one file: ``attributes`` (one row a feature), ``geometry`` (shapely, as stored) and their system.

    ``geometry`` is None where the file has none. ``name`` is the bare file name, for messages. ``closed`` says whose
    rings did not end where they began, and were closed on reading; None where there are none.
    """

    name: str
    system: System
    attributes: pd.DataFrame
    geometry: npt.NDArray[np.object_]
    closed: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.attributes)

    def chosen(self, keep: npt.NDArray[np.bool_]) -> "FeatureFile":
        """Only the features marked true, in the order of the file."""
        attributes = self.attributes[keep].reset_index(drop=True)
        closed = None if self.closed is None else self.closed[keep]
        return replace(self, attributes=attributes, geometry=self.geometry[keep], closed=closed)

    def near(self, box: Box) -> npt.NDArray[np.bool_]:
        """Which features' bounds meet a box (west, south, east, north, in the file's system)."""
        west, south, east, north = box
        left, below, right, above = shapely.bounds(self.geometry).T
        met: npt.NDArray[np.bool_] = (left <= east) & (right >= west) & (below <= north) & (above >= south)
        return met

    def in_bng(self) -> Any:
        """
        The geometry in EPSG:27700 (metres, two dimensions), converted by OSTN15 where the file has degrees (or Web
        Mercator, which is degrees by a formula).

        Raises
        ------
        CrsError
            Coordinates are not in the system that the file states: degrees given as metres, metres as degrees,
            latitude before longitude, or a place off the National Grid.
        """
        flat = shapely.force_2d(self.geometry)
        coordinates = shapely.get_coordinates(flat)
        if not np.isfinite(coordinates).all():
            raise CrsError(f"{self.name}: a coordinate is not a finite number")
        if self.system == crs.BNG:
            _check_metres(self.name, coordinates)
            return flat
        if self.system == crs.WEB_MERCATOR:
            _check_unit(self.name, coordinates, system=self.system)
            return crs.web_mercator_geometry_to_bng(flat)
        _check_degrees(self.name, coordinates)
        try:
            return crs.geometry_to_bng(flat)
        except CrsError as error:
            raise CrsError(f"{self.name}: {error}; is latitude given before longitude?") from error


# One --crs serves all files of a command that state no system, and they may be in two.
_SEVERAL = "; --crs is for all files that state none: save one in another system as GeoPackage, which states its own"

# Which features of a file are wanted, told from their attributes alone (their geometry is not read yet): those marked
# true, or those whose bounds meet a box.
Wanted = Callable[[FeatureFile], "npt.NDArray[np.bool_] | Box"]


def unshaped(name: str, system: System, rows: "list[dict[str, Any]]") -> FeatureFile:
    """A file's attributes, before its geometry is read."""
    attributes = pd.DataFrame.from_records(rows, index=range(len(rows))).astype(object)
    return FeatureFile(name, system, attributes, np.full(len(rows), None, dtype=object))


def check_size(name: str, geometry: npt.NDArray[np.object_], *, limits: Limits) -> None:
    """Raise ``FileRefused`` for more vertices than the limit."""
    vertices = int(shapely.get_num_coordinates(geometry).sum())
    if vertices > limits.vertices:
        raise FileRefused(
            f"{name}: {vertices:,} vertices are more than the limit of {limits.vertices:,} (limits.vertices); use the "
            "generalised edition"
        )


def check_features(name: str, features: int, *, limits: Limits) -> None:
    """Raise ``FileRefused`` for a file without features, or with more than the limit."""
    if features == 0:
        raise FileRefused(f"{name}: the file holds no features")
    if features > limits.features:
        raise FileRefused(
            f"{name}: {features:,} features are more than the limit of {limits.features:,} (limits.features)"
        )


def likely_system(bounds: "tuple[float, float, float, float]") -> str:
    """
    What the coordinates of a file that states no system look like, in words; whoever knows declares it.

    Examples
    --------
    >>> likely_system((250_000.0, 340_000.0, 254_200.0, 343_000.0))
    ' (they look like metres of the National Grid: --crs EPSG:27700)'
    >>> likely_system((-4.2, 52.9, -4.1, 53.0)), likely_system((0.0, 0.0, 1.0, 1.0))
    (' (they look like longitude and latitude: --crs EPSG:4326)', '')
    """
    west, south, east, north = bounds
    if (
        west >= crs.GRID[0]
        and south >= crs.GRID[1]
        and _LARGEST_KILOMETRES < east <= crs.GRID[2]
        and north <= crs.GRID[3]
    ):
        return " (they look like metres of the National Grid: --crs EPSG:27700)"
    if _BRITAIN[0] <= west <= east <= _BRITAIN[2] and _BRITAIN[1] <= south <= north <= _BRITAIN[3]:
        return " (they look like longitude and latitude: --crs EPSG:4326)"
    return ""


def check_declared(name: str, bounds: "tuple[float, float, float, float]", system: System) -> None:
    """
    Refuse degrees declared to be metres before the features near a place are looked for: none of them would be near.

    Raises
    ------
    CrsError
        The file's own bounds are degrees.
    """
    if system == crs.BNG and 0 < max(map(abs, bounds)) <= _LARGEST_DEGREES:
        corner = [round(value, 6) for value in bounds[:2]]
        raise CrsError(
            f"{name}: declared {system} (metres) with --crs, but its coordinates begin at {corner}: these are degrees; "
            f"declare EPSG:4326{_SEVERAL}"
        )


def _check_metres(name: str, coordinates: npt.NDArray[np.float64]) -> None:
    _check_unit(name, coordinates, system=crs.BNG)
    crs.require_on_grid(coordinates, what=name)


def _check_unit(name: str, coordinates: npt.NDArray[np.float64], *, system: str) -> None:
    largest = np.abs(coordinates).max(initial=np.inf if len(coordinates) == 0 else 0)
    if largest <= _LARGEST_KILOMETRES:
        are = "degrees" if largest <= _LARGEST_DEGREES else "kilometres"
        raise CrsError(
            f"{name}: declared {system} (metres), but a vertex is at {coordinates[0].tolist()}: these are {are}; "
            f"correct the stated coordinate system{_SEVERAL}"
        )


def _check_degrees(name: str, coordinates: npt.NDArray[np.float64]) -> None:
    if len(coordinates) and np.abs(coordinates).max() > _LARGEST_DEGREES:
        far = coordinates[np.abs(coordinates).max(axis=1) > _LARGEST_DEGREES][0]
        raise CrsError(
            f"{name}: a vertex at {far.tolist()} cannot be longitude and latitude; National Grid metres have to be "
            f"stated in the file (EPSG:27700), or declared with --crs EPSG:27700{_SEVERAL}"
        )
