"""Polygon files from outside: what kind of file it is, and which of its columns hold the codes and the names."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.areas import AreaKind
from hotspots.boundaries.features import Box, FeatureFile, Holds, System, Wanted
from hotspots.boundaries.geodatabase import is_geodatabase, read_geodatabase
from hotspots.boundaries.geojson import read_geojson
from hotspots.boundaries.geopackage import read_geopackage
from hotspots.boundaries.shapefile import read_shapefile, read_zipped_shapefile
from hotspots.errors import DataRefused, FileRefused, UsageError
from hotspots.files import require
from hotspots.limits import STANDARD, Limits

# Official headings: LSOA11CD, wd25cd, LAD22NM. WD13NMW is the Welsh name, WD13CDO the old code: neither is taken.
CODE_COLUMN = re.compile(r"^(?P<kind>lsoa|wd|lad)(?P<year>\d\d)cd$", re.I)
_CODE = re.compile(r"^[A-Za-z0-9_-]{1,20}$")
_PREFIX: dict[AreaKind, str] = {"lsoa": "lsoa", "ward": "wd"}
_OPTIONS = {
    "lsoa": "--lsoa-columns of init, --code-column of boundaries add",
    "ward": "--ward-columns of init, --code-column of boundaries add",
    None: "code_column",
}
_LONGEST_NAME = 120
_READERS: dict[str, Callable[..., FeatureFile]] = {
    "json": read_geojson,
    "zip": read_zipped_shapefile,
    "shapefile": read_shapefile,
}
_EXPECTED = (
    "a GeoJSON, GeoPackage, zipped Shapefile or file geodatabase of boundaries (download one of them, or save the "
    "layer as GeoPackage in QGIS or ArcGIS)"
)
# What --crs says: a short list, as longitude and latitude are what everybody calls EPSG:4326.
_DECLARED: dict[str, System] = {"EPSG:27700": "EPSG:27700", "EPSG:4326": "OGC:CRS84", "OGC:CRS84": "OGC:CRS84"}


@dataclass(frozen=True, eq=False)
class PolygonFile:
    """The features of a polygon file, and the columns that hold their codes and names."""

    features: FeatureFile
    code_column: str
    name_column: str

    def __len__(self) -> int:
        return len(self.features)

    @property
    def codes(self) -> "pd.Series[str]":
        """The codes as text, without surrounding spaces; ``DataRefused`` for one that is missing or no code."""
        column = self.features.attributes[self.code_column]
        codes = ["" if pd.isna(value) else str(value).strip() for value in column]
        for row, code in enumerate(codes, start=1):
            if not _CODE.match(code):
                raise DataRefused(
                    f"{self.features.name} feature {row}: {self.code_column} is {code[:40]!r}, which is no area code "
                    "(1 to 20 letters, digits, hyphens)"
                )
        return pd.Series(codes, dtype="str", name="code")

    @property
    def names(self) -> "pd.Series[str]":
        """The names as text, without what cannot be printed; the code where the file has no name."""
        column = self.features.attributes[self.name_column]
        names = ["" if pd.isna(value) else printable(str(value))[:_LONGEST_NAME] for value in column]
        return pd.Series(names, dtype="str", name="name").where(lambda name: name != "", self.codes)

    def chosen(self, keep: npt.NDArray[np.bool_]) -> "PolygonFile":
        """Only the features marked true."""
        return replace(self, features=self.features.chosen(keep))


def printable(text: str) -> str:
    """
    A name without what cannot be printed, its white space single and trimmed.

    Examples
    --------
    >>> printable("The \\x1b Bell\\u202e\\n")
    'The Bell'
    """
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())


def read_features(
    path: Path | str,
    *,
    unstated: str | None = None,
    holds: Holds | None = None,
    wanted: Wanted | None = None,
    limits: Limits = STANDARD,
) -> FeatureFile:
    """
    The features of a GeoJSON, GeoPackage, Shapefile (zipped, or its ``.shp``) or geodatabase (``.gdb``, or zipped).

    What it is, its first bytes say. The path has to be a file on this machine (a geodatabase is a folder): addresses,
    driver strings and virtual datasets are never followed.

    Parameters
    ----------
    unstated
        System of a file that states none: ``EPSG:27700`` or ``EPSG:4326``. A file that states one keeps it, and so
        does GeoJSON in degrees, which are what GeoJSON without a ``crs`` member has.
    holds
        Whether a heading is that of the codes wanted, to choose among the layers of a GeoPackage or geodatabase.
    wanted
        Which of the features are read, told from their attributes; all of them without it.

    Raises
    ------
    FileRefused
        It is no such file, or another kind of file, or damaged, or beyond the limits.
    CrsError
        Its coordinate system is not stated, or is neither WGS84 nor EPSG:27700.
    """
    path = Path(path)
    if unstated is not None and unstated.upper() not in _DECLARED:
        raise UsageError(f"there is no coordinate system {unstated!r} here; declare EPSG:27700 or EPSG:4326")
    system = _DECLARED[unstated.upper()] if unstated else None
    if os.path.isdir(path):  # noqa: PTH112 (a name that is too long is no folder)
        if is_geodatabase(path):
            return read_geodatabase(path, limits=limits, unstated=system, holds=holds, wanted=wanted)
        path = _only_shapefile(path)
    kind = require(path, "sqlite", *_READERS, expected=_EXPECTED, limits=limits)
    if kind == "sqlite":
        return read_geopackage(path, limits=limits, unstated=system, holds=holds, wanted=wanted)
    if kind == "zip" and is_geodatabase(path):
        return read_geodatabase(path, limits=limits, unstated=system, holds=holds, wanted=wanted)
    return _READERS[kind](path, limits=limits, unstated=system, wanted=wanted)


def _only_shapefile(folder: Path) -> Path:
    """The one Shapefile of a folder, as an archive of one is unpacked."""
    held = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".shp")
    if len(held) != 1:
        raise FileRefused(
            f"{folder.name} is a folder, not a regular file; name the file in it that holds the boundaries"
        )
    return held[0]


def read_polygons(
    path: Path | str,
    *,
    kind: AreaKind | None = None,
    code_column: str | None = None,
    name_column: str | None = None,
    unstated: str | None = None,
    wanted: Callable[[PolygonFile], npt.NDArray[np.bool_] | Box] | None = None,
    limits: Limits = STANDARD,
) -> PolygonFile:
    """
    A file of coded polygons: GeoJSON, GeoPackage, Shapefile or file geodatabase, in WGS84 or EPSG:27700.

    Parameters
    ----------
    kind
        ``lsoa`` or ``ward``: which official heading to look for; without it, the one the file has.
    code_column, name_column
        Headings of the code and the name, where they are not official ones (``LSOA11CD``, ``wd25nm``) or not unique.
    unstated
        As :func:`read_features` has it.
    wanted
        Which of the polygons are read: called with all of them before their geometry is read, it gives a mask, or a box
        (west, south, east, north, in the system of the file). The rest of a national file is passed over.
    limits
        How large the file may be.

    Raises
    ------
    DataRefused
        No heading, or more than one, could hold the codes: the message lists the file's headings.
    FileRefused, CrsError
        As :func:`read_features`.
    """

    def holds(heading: str) -> bool:
        if code_column is not None:
            return heading.lower() == code_column.lower()
        found = CODE_COLUMN.match(heading)
        return found is not None and (kind is None or found["kind"].lower() == _PREFIX[kind])

    def coded(features: FeatureFile) -> PolygonFile:
        code = _given(features, code_column) or _code_column(features, kind)
        return PolygonFile(features, code, _given(features, name_column) or _name_column(features, code))

    chosen = (lambda features: wanted(coded(features))) if wanted is not None else None
    return coded(read_features(path, unstated=unstated, holds=holds, wanted=chosen, limits=limits))


def headings(features: FeatureFile) -> list[str]:
    """The headings of the file's attributes."""
    return [str(heading) for heading in features.attributes.columns]


def _given(features: FeatureFile, column: str | None) -> str | None:
    if column is None:
        return None
    matching = [heading for heading in headings(features) if heading.lower() == column.lower()]
    if len(matching) != 1 and column not in matching:
        raise DataRefused(f"{features.name}: there is no column {column!r}; it has {_listed(features)}")
    return column if column in matching else matching[0]


def _code_column(features: FeatureFile, kind: AreaKind | None) -> str:
    official = {heading: found for heading in headings(features) if (found := CODE_COLUMN.match(heading))}
    wanted = {_PREFIX[kind]} if kind else {"lsoa", "wd"}
    finest = [heading for heading, found in official.items() if found["kind"].lower() in wanted]
    # A ward file states the district beside the ward: only a file without wards or LSOAs is one of districts.
    others = [] if kind else list(official)
    candidates = finest or others or [heading for heading in headings(features) if heading.lower() == "code"]
    if len(candidates) != 1:
        problem = f"{', '.join(candidates)} could all be" if candidates else "none of its columns looks like"
        raise DataRefused(
            f"{features.name}: {problem} the area code; it has {_listed(features)}; name the right one "
            f"({_OPTIONS[kind]})"
        )
    return candidates[0]


def _name_column(features: FeatureFile, code_column: str) -> str:
    wanted = re.sub(r"cdo?$", "nm", code_column.lower())
    matching = [heading for heading in headings(features) if heading.lower() == wanted]
    if len(matching) == 1 and matching[0] != code_column:
        return matching[0]
    return next((heading for heading in headings(features) if heading.lower() == "name"), code_column)


def _listed(features: FeatureFile) -> str:
    return ", ".join(headings(features)[:30]) or "no columns"
