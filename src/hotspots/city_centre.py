"""The city-centre area: a versioned mask for points, polygons and surfaces, and its own list of places as its test.

Whatever is cut by it prints the area's name and version. Points on its edge are in. LSOA counts are never cut by it:
areas are *inside*, *straddling* or *outside* by share, and a total over them is a range.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.areas import Areas, Reference, extent
from hotspots.boundaries.check import repaired
from hotspots.boundaries.features import FeatureFile
from hotspots.boundaries.read import printable, read_features
from hotspots.boundary_settings import BoundariesSection
from hotspots.errors import DataRefused, SettingsRefused, UsageError
from hotspots.files import fingerprint, is_there
from hotspots.layer import Surface
from hotspots.limits import STANDARD, Limits
from hotspots.settings import Area
from hotspots.tables import PointEvents

WHOLE = "full"
TO_RAILWAY = "to_railway"
_EXPECTED = ("include", "exclude")


@dataclass(frozen=True, eq=False)
class CityCentre:
    """A mask with a name and a version; ``geometry`` is a polygon in EPSG:27700."""

    id: str
    name: str
    version: str
    option: str
    geometry: Any
    attribution: str

    @property
    def label(self) -> str:
        """Name, version and option in words, as every masked output prints them."""
        option = f", option {self.option}" if self.option else ""
        return f"{self.name}, version {self.version}{option}"


def load_city_centre(area: Area) -> CityCentre | None:
    """
    The city-centre area of an area file, in the option that it names; None where it has none.

    Raises
    ------
    SettingsRefused
        The file has no such option: the message lists those it has.
    DataRefused
        The file is missing, holds no area, or a broken one.
    """
    section = area.file.city_centre
    return (
        None
        if section is None
        else read_city_centre(area.folder / section.path, option=section.option, limits=area.file.limits)
    )


def read_city_centre(path: Path, *, option: str = WHOLE, limits: Limits = STANDARD) -> CityCentre:
    """The area of one option in a GeoJSON file whose features of kind ``area`` say id, option, name and version."""
    features = read_features(path, limits=limits)
    held = features.chosen(_kind_is_area(features))
    if not len(held):
        raise DataRefused(f"{path.name}: no feature has the property kind = area")
    options = [str(value) for value in _property(held, "option", WHOLE)]
    if options.count(option) != 1:
        raise SettingsRefused(
            f"city_centre.option: {path.name} has {options.count(option)} areas of option {option!r}; "
            f"it has {', '.join(sorted(set(options)))}"
        )
    chosen = held.chosen(np.array([value == option for value in options]))
    return CityCentre(
        id=str(_property(chosen, "id", "city-centre")[0]),
        name=str(_property(chosen, "name", path.stem)[0]),
        version=str(_property(chosen, "version", "not stated")[0]),
        option=option,
        geometry=_mask(chosen),
        attribution=str(_property(chosen, "attribution", "")[0]),
    )


def load_clip(name_or_path: str | Path, area: Area | None) -> CityCentre:
    """
    A mask by its name (``city-centre``, from the area file) or from a polygon file, all polygons taken together.

    A file's version is the beginning of its SHA-256, so that an output says exactly what it was cut by.

    Raises
    ------
    UsageError
        It is neither the name of a mask nor a file.
    DataRefused
        The file is refused, or holds something else than polygons.
    """
    named = load_city_centre(area) if area is not None else None
    limits = area.file.limits if area is not None else STANDARD
    if named is not None and str(name_or_path) == named.id:
        return named
    path = Path(name_or_path)
    if not is_there(path):
        known = f"the name {named.id}" if named is not None else "no name (the area file has no [city_centre])"
        raise UsageError(f"--clip {str(name_or_path)[:60]!r}: expected {known} or a polygon file")
    features = read_features(path, limits=limits)
    if _kind_is_area(features).any():
        return read_city_centre(path, limits=limits)
    slug = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "clip"
    version = fingerprint(path, root=path.parent).sha256[:12]
    return CityCentre(slug, path.name, version, "", _mask(features), "")


def inside(centre: CityCentre, points: PointEvents | npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """
    Whether each point lies in the area; a point on its edge does.

    ``points`` are events, or an array of easting and northing in metres, one row a point. NaN is not inside.

    Examples
    --------
    >>> square = CityCentre("square", "Square", "1", "full", shapely.box(0, 0, 10, 10), "")
    >>> inside(square, np.array([[5.0, 5.0], [10.0, 5.0], [10.1, 5.0]])).tolist()
    [True, True, False]
    """
    coordinates = points.coordinates if isinstance(points, PointEvents) else points
    shapely.prepare(centre.geometry)
    return np.asarray(shapely.intersects_xy(centre.geometry, coordinates[:, 0], coordinates[:, 1]), dtype=np.bool_)


def classify(
    centre: CityCentre, areas: Areas, *, inside_share: float = 0.9, outside_share: float = 0.1
) -> pd.DataFrame:
    """
    How much of each polygon lies in the area: ``code, share`` (0 to 1 of its ground) and ``membership``.

    ``inside`` from ``inside_share`` on, ``outside`` up to ``outside_share``, else ``straddling``. Shares are of ground,
    not of people or events: a count is never multiplied by one.

    Examples
    --------
    >>> centre = CityCentre("square", "Square", "1", "full", shapely.box(0, 0, 15, 10), "")
    >>> squares = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(20, 0, 30, 10)]
    >>> table = pd.DataFrame({"code": ["A", "B", "C"], "name": ["a", "b", "c"], "geometry": squares})
    >>> classify(centre, Areas("lsoa", "2011", "2011", False, "", table)).values.tolist()
    [['A', 1.0, 'inside'], ['B', 0.5, 'straddling'], ['C', 0.0, 'outside']]
    """
    shared = shapely.area(shapely.intersection(areas.geometry, centre.geometry))
    # Rounded so that a share of exactly nine tenths is not lost to the last bit.
    share = np.round(shared / shapely.area(areas.geometry), 9)
    membership = np.select([share >= inside_share, share <= outside_share], ["inside", "outside"], "straddling")
    return pd.DataFrame({"code": areas.table["code"].to_numpy(), "share": share, "membership": membership})


def mask_surface(surface: Surface, geometry: Any) -> Surface:
    """
    The surface with nodata (NaN, no events) in every cell whose centre lies outside ``geometry`` (EPSG:27700).

    Raises
    ------
    DataRefused
        No cell's centre lies in the geometry: it is somewhere else, or smaller than a cell.
    """
    # Imported here: rasterio is slow to load and most commands do not need it.
    from rasterio.features import geometry_mask
    from rasterio.transform import Affine

    grid = surface.grid
    outside = np.ones((grid.rows, grid.columns), dtype=np.bool_)
    if shapely.box(grid.west, grid.south, grid.east, grid.north).intersects(geometry):
        outside = geometry_mask([geometry], out_shape=outside.shape, transform=Affine(*grid.transform))
    if outside.all():
        raise DataRefused(
            f"no cell of the surface lies in the mask: the surface covers easting {grid.west:,.0f} to {grid.east:,.0f} "
            f"and northing {grid.south:,.0f} to {grid.north:,.0f}, the mask {extent(geometry)}"
        )
    values = np.where(outside, np.float32(np.nan), surface.values)
    return replace(surface, values=values, events=np.where(outside, np.uint32(0), surface.events))


def load_places(path: Path, *, limits: Limits = STANDARD) -> pd.DataFrame:
    """
    Named places as ``name, expected, easting, northing`` and the file's other properties (metres, EPSG:27700).

    ``expected`` is ``include``, ``exclude``, or missing for a place that is only for orientation. Features of kind
    ``area`` are passed over.
    """
    features = read_features(path, limits=limits)
    features = features.chosen(~_kind_is_area(features))
    if not len(features) or any(shape is None or shape.geom_type != "Point" for shape in features.geometry):
        raise DataRefused(f"{path.name}: expected named places, every one a point")
    coordinates = shapely.get_coordinates(features.in_bng())
    names = [printable(name) if isinstance(name, str) else "" for name in _property(features, "name", None)]
    if not all(names):
        raise DataRefused(f"{path.name}: every place needs a name")
    expected = _property(features, "expected", None)
    wrong = sorted({str(value) for value in expected if value is not None and value not in _EXPECTED})
    if wrong:
        raise DataRefused(f"{path.name}: expected is {wrong[0]!r}; allowed are include and exclude")
    places = pd.DataFrame({"name": names, "expected": expected})
    places["easting"], places["northing"] = coordinates[:, 0], coordinates[:, 1]
    others = [column for column in features.attributes.columns if column not in places.columns]
    return pd.concat([places, features.attributes[others]], axis="columns")


def check_meets(centre: CityCentre, reference: Reference) -> None:
    """Refuse a city-centre area of another place, as one with easting and northing the wrong way round is."""
    shapes = reference.sets[-1].geometry if reference.sets else []
    if len(shapes) and not shapely.intersects(shapes, centre.geometry).any():
        raise DataRefused(
            f"city_centre: {centre.label} lies at {extent(centre.geometry)} and meets none of the areas in use "
            f"({extent(shapes)}); are easting and northing, or longitude and latitude, the wrong way round in its file?"
        )


def check_places(centre: CityCentre, places: pd.DataFrame) -> list[str]:
    """
    The places that lie on the wrong side of the area's edge, each as a sentence; none when the area is right.

    For the option ``to_railway``, a place whose ``include_when_to_railway`` is false is expected outside.
    """
    stated = places[places["expected"].isin(_EXPECTED)]
    expected = (stated["expected"] == "include").to_numpy(dtype=bool)
    if centre.option == TO_RAILWAY and "include_when_to_railway" in stated:
        expected = expected & ~stated["include_when_to_railway"].isin([False]).to_numpy(dtype=bool)
    found = inside(centre, stated[["easting", "northing"]].to_numpy(dtype=np.float64))
    words = {True: "inside", False: "outside"}
    return [
        f"{name} should be {words[bool(wanted)]} {centre.label}, but it is {words[bool(got)]}"
        for name, wanted, got in zip(stated["name"], expected, found, strict=True)
        if wanted != got
    ]


def _kind_is_area(features: FeatureFile) -> npt.NDArray[np.bool_]:
    return np.array([value == "area" for value in _property(features, "kind", "")], dtype=np.bool_)


def _property(features: FeatureFile, name: str, default: Any) -> list[Any]:
    if name not in features.attributes:
        return [default] * len(features)
    return [default if pd.isna(value) else value for value in features.attributes[name]]


def _mask(features: FeatureFile) -> Any:
    labels = [f"feature {number}" for number in range(1, len(features) + 1)]
    tolerance = BoundariesSection().repair_tolerance
    polygons, _ = repaired(features.in_bng(), labels, tolerance=tolerance, where=features.name)
    return cast(Any, shapely.union_all(polygons)) if len(polygons) > 1 else polygons[0]
