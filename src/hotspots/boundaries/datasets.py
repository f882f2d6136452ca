"""Features of GeoPackages, Shapefiles and geodatabases through fiona, with the driver forced and the count checked."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import fiona
import numpy as np
import numpy.typing as npt
from fiona._err import CPLE_BaseError
from fiona.errors import FionaError
from shapely.errors import ShapelyError
from shapely.geometry import shape

from hotspots.boundaries.features import (
    FeatureFile,
    Holds,
    System,
    Wanted,
    check_declared,
    check_features,
    check_size,
    likely_system,
    unshaped,
)
from hotspots.errors import CrsError, FileRefused
from hotspots.limits import Limits

# What a GeoPackage says where its maker said nothing: "Undefined Cartesian SRS".
_UNDEFINED = '"Undefined '
# With heights above sea (7405), the National Grid is the same; OSTN15 itself is defined from ETRS89 (4258).
_SYSTEMS: dict[int, System] = {
    27700: "EPSG:27700", 7405: "EPSG:27700", 4326: "OGC:CRS84", 4258: "OGC:CRS84", 3857: "EPSG:3857",
}  # fmt: skip
# Compiled parts of fiona answer a damaged file with errors of Python itself: SystemError, and NameError for a .prj that
# is half a system.
_UNREADABLE = (FionaError, CPLE_BaseError, ShapelyError, ValueError, SystemError, NameError)


def read_dataset(
    path: Path,
    *,
    name: str,
    driver: str,
    limits: Limits,
    layer: str | None = None,
    unstated: System | None = None,
    wanted: Wanted | None = None,
) -> FeatureFile:
    """
    The features of a file that is on disk and was checked to be one of ``driver``; ``name`` is for messages.

    ``unstated`` is the system of a file that states none. The geometry of features that are not ``wanted`` is not read:
    of a national file that takes most of the time.

    Raises
    ------
    FileRefused
        The driver cannot read it, or reads fewer features than the file says it has.
    CrsError
        The system is not stated, or is another than WGS84 and EPSG:27700.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd headings, which are refused where one is looked for
            features = _read(path.resolve(), name, driver, layer, limits, unstated, wanted)
    except _UNREADABLE as error:
        raise FileRefused(f"{name}: cannot be read as {driver}: {str(error)[:120]}".replace(str(path), name)) from error
    check_size(name, features.geometry, limits=limits)
    return features


def _read(
    path: Path,
    name: str,
    driver: str,
    layer: str | None,
    limits: Limits,
    unstated: System | None,
    wanted: Wanted | None,
) -> FeatureFile:
    opened = partial(fiona.open, path, driver=driver, enabled_drivers=[driver], layer=layer)
    with opened(ignore_geometry=wanted is not None) as collection:
        system = _system(name, collection, unstated)
        stated = len(collection)
        check_features(name, stated, limits=limits)
        ids, rows, shapes = _rows(collection)
    if len(rows) != stated:
        raise FileRefused(f"{name}: damaged: it says {stated:,} features and holds {len(rows):,}")
    features = unshaped(name, system, rows)
    if wanted is None:
        return replace(features, geometry=shapes)
    chosen = wanted(features)
    with opened() as collection:
        if isinstance(chosen, tuple):
            found, _, shapes = _rows(collection.filter(bbox=chosen))
            near = set(found)
            features = features.chosen(np.array([at in near for at in ids], dtype=np.bool_))
        else:
            features = features.chosen(chosen)
            _, _, shapes = _rows(collection.get(at) for at, is_ours in zip(ids, chosen, strict=True) if is_ours)
    if len(shapes) != len(features):
        raise FileRefused(f"{name}: damaged: {len(features):,} features are wanted, and {len(shapes):,} have a shape")
    return replace(features, geometry=shapes)


def only_layer(name: str, layers: "list[str]", holds: Holds | None, columns: Callable[[str], Iterable[str]]) -> str:
    """The only layer of a file; of several, the only one with a column that ``holds`` the codes wanted."""
    if len(layers) > 1 and holds is not None:
        fitting = [layer for layer in layers if any(map(holds, columns(layer)))]
        layers = fitting if len(fitting) == 1 else layers
    if len(layers) != 1:
        listed = ", ".join(layers[:8]) or "none"
        raise FileRefused(f"{name}: expected one layer of polygons, got {len(layers)} ({listed}); save it alone")
    return layers[0]


def _rows(collection: Iterable[Any]) -> "tuple[list[int], list[dict[str, Any]], npt.NDArray[np.object_]]":
    ids, rows, shapes = [], [], []
    for feature in collection:
        ids.append(int(feature.id))
        rows.append(dict(feature.properties))
        shapes.append(None if feature.geometry is None else shape(feature.geometry))
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return ids, rows, geometry


def _system(name: str, collection: Any, unstated: System | None) -> System:
    stated = collection.crs
    if not stated or _UNDEFINED in str(stated.to_wkt())[:30]:
        if unstated:
            check_declared(name, collection.bounds, unstated)
            return unstated
        raise CrsError(
            f"{name}: no coordinate system is stated{likely_system(collection.bounds)}; expected WGS84 or EPSG:27700: "
            "ask the supplier which it is, and declare it with --crs"
        )
    epsg, authority = stated.to_epsg(), stated.to_authority()
    if authority == ("OGC", "CRS84"):
        return "OGC:CRS84"
    if epsg in _SYSTEMS:
        return _SYSTEMS[epsg]
    got = f"EPSG:{epsg}" if epsg else str(stated.to_wkt())[:60]
    raise CrsError(
        f"{name}: coordinates are in {got}; expected WGS84 or EPSG:27700: save the file again as one of them"
    )
