"""The manifest of a boundary set: what it is, where it came from, under which licence, and its fingerprint.

A set is a folder ``<kind>-<vintage>`` with ``manifest.json`` and one polygon file. ``sha256`` is of the file's bytes,
so that any change is seen; ``content_sha256`` is of codes, names and shapes, so that the same boundaries written by
another version of GDAL are still known to be the same.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import shapely
from pydantic import Field, ValidationError

from hotspots.areas import AreaKind
from hotspots.boundaries.read import PolygonFile, read_polygons
from hotspots.errors import DataRefused, HotspotsError
from hotspots.files import fingerprint
from hotspots.limits import STANDARD, Limits
from hotspots.source_settings import Frozen

MANIFEST = "manifest.json"
VINTAGE = r"^[a-z0-9][a-z0-9-]{0,30}$"
_LARGEST_MANIFEST_BYTES = 4_000_000


class Manifest(Frozen):
    """What a boundary set is; every key is required but the hash of the content."""

    kind: AreaKind = Field(description="lsoa or ward.")
    vintage: str = Field(pattern=VINTAGE, description="Name of the shapes.")
    code_vintage: str = Field(pattern=VINTAGE, description="Name of the codes on them.")
    schematic: bool = Field(description="Whether the shapes are invented.")
    file: str = Field(pattern=r"^[A-Za-z0-9_-]+\.(gpkg|geojson)$", description="Polygon file in the same folder.")
    crs: Literal["EPSG:27700", "OGC:CRS84"] = Field(description="Coordinate system of the file.")
    rows: int = Field(ge=1, description="Number of areas.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file.")
    source: str = Field(min_length=1, description="Where the boundaries came from.")
    licence: str = Field(min_length=1, description="Licence they are under.")
    attribution: str = Field(description="Words the licence asks for on every map.")
    resolution: str = Field(description="Generalisation of the lines, such as BGC (20 m).")
    repairs: tuple[dict[str, Any], ...] = Field(description="Polygons that were made valid, with the change of area.")
    content_sha256: str = Field(default="", description="SHA-256 of codes, names and shapes.")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a set's folder; ``DataRefused`` lists every key that is missing, unknown or wrong."""
    path = folder / MANIFEST
    where = f"{folder.name}/{MANIFEST}"
    try:
        if path.stat().st_size > _LARGEST_MANIFEST_BYTES:
            raise DataRefused(f"{where}: larger than {_LARGEST_MANIFEST_BYTES:,} bytes: not a manifest")
        return Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise DataRefused(f"{where} cannot be used: {problems}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataRefused(f"{where} cannot be read: {type(error).__name__}; add the boundaries again") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``, the same bytes for the same manifest."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def open_set(folder: Path, *, limits: Limits = STANDARD) -> tuple[Manifest, PolygonFile]:
    """
    The manifest and the polygons of a set, after checking hash, coordinate system and number of rows.

    Raises
    ------
    DataRefused
        The file is not the one that the manifest describes.
    """
    manifest = read_manifest(folder)
    path = folder / manifest.file
    if not path.is_file():
        raise DataRefused(f"{folder.name}: {manifest.file} is missing; add the boundaries again")
    if fingerprint(path, root=folder).sha256 != manifest.sha256:
        raise DataRefused(
            f"{folder.name}/{manifest.file} was changed since its manifest was written; add the boundaries again"
        )
    polygons = read_polygons(path, code_column="code", name_column="name", limits=limits)
    if polygons.features.system != manifest.crs:
        raise DataRefused(
            f"{folder.name}/{manifest.file} is in {polygons.features.system}, the manifest says {manifest.crs}"
        )
    if len(polygons) != manifest.rows:
        raise DataRefused(
            f"{folder.name}/{manifest.file} holds {len(polygons)} areas, the manifest says {manifest.rows}"
        )
    named = replace(polygons.features, name=f"{folder.name}/{manifest.file}")
    return manifest, replace(polygons, features=named)


def set_folders(folder: Path) -> list[Path]:
    """The folders of all boundary sets, sorted by name; half-written ones are hidden and not among them."""
    if not folder.is_dir():
        return []
    inside = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in inside if (path / MANIFEST).is_file())


def list_boundaries(folder: Path | str) -> list[dict[str, Any]]:
    """
    What boundary sets a folder holds: each one's manifest, with ``set`` (its name in the area file).

    A set whose manifest cannot be used has only ``set`` and ``problem``.
    """
    listed = []
    for path in set_folders(Path(folder)):
        try:
            listed.append({"set": path.name, **read_manifest(path).model_dump(mode="json")})
        except HotspotsError as error:
            listed.append({"set": path.name, "problem": str(error)})
    return listed


def content_sha256(table: pd.DataFrame) -> str:
    """SHA-256 of ``code, name, geometry`` (normalised, little-endian WKB), whatever file they are kept in."""
    digest = hashlib.sha256()
    shapes = shapely.to_wkb(shapely.normalize(table["geometry"].to_numpy()), byte_order=1)
    for code, name, shape in zip(table["code"], table["name"], shapes, strict=True):
        digest.update(json.dumps([code, name]).encode())
        digest.update(shape)
    return digest.hexdigest()
