"""``boundaries add``: a file from outside becomes a checked set in the boundaries folder."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from hotspots import crs
from hotspots.areas import AreaKind
from hotspots.boundaries.check import checked_table
from hotspots.boundaries.cut import Codes, chosen_codes, cut_to_district
from hotspots.boundaries.manifest import (
    MANIFEST,
    VINTAGE,
    Manifest,
    content_sha256,
    open_set,
    read_manifest,
    write_manifest,
)
from hotspots.boundaries.read import CODE_COLUMN, PolygonFile, read_polygons
from hotspots.boundary_settings import BoundariesSection
from hotspots.errors import DataRefused, FileRefused, UsageError, VintageError
from hotspots.files import fingerprint
from hotspots.limits import STANDARD, Limits
from hotspots.staging import held, move_folder, stage_in, sync, sync_tree

FILE = "areas.gpkg"
LAYER = "areas"
NOT_STATED = "not stated"
_GENERALISED = re.compile(r"(?<![a-z])(B[FGSU][CE])(?![a-z])", re.I)
_ALL_OF_THE_EARTH_M2 = 1e15  # what was added has been checked: no overlap of it is looked at again
_GSS = re.compile(r"[EW](\d\d)\d{6}$")
# Kinds of areas that could pass for each other, by the two digits after the letter of the country.
_CODED = {"00": "output areas", "01": "LSOAs", "02": "MSOAs", "05": "wards"}
# The time that GeoPackage keeps would make every file another; boundaries have a vintage instead.
_FIXED_DATE = "2000-01-01T00:00:00.000Z"


def add_boundaries(
    path: Path | str,
    *,
    folder: Path | str,
    kind: AreaKind,
    vintage: str,
    code_vintage: str | None = None,
    lad: str | None = None,
    codes: Codes | None = None,
    lookup: Path | str | None = None,
    code_column: str | None = None,
    name_column: str | None = None,
    source: str = "",
    licence: str = "",
    attribution: str = "",
    resolution: str = "",
    unstated: str | None = None,
    schematic: bool = False,
    replace: bool = False,
    tolerances: BoundariesSection | None = None,
    limits: Limits = STANDARD,
) -> dict[str, Any]:
    """
    Read, cut, check and keep a file of boundaries as the set ``<folder>/<kind>-<vintage>``; its manifest is returned.

    The set is a GeoPackage in EPSG:27700 with the columns ``code`` and ``name``, and a manifest. It appears whole or
    not at all. The same boundaries added again change nothing.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage or Shapefile (zipped or not), in WGS84 or EPSG:27700.
    kind, vintage, code_vintage
        What the areas are, the name of the shapes, and of the codes on them (the same unless given).
    lad, codes, lookup
        Which part of a national file to keep: see :func:`hotspots.boundaries.cut.cut_to_district`.
    unstated
        System of a file that states none, as :func:`hotspots.boundaries.read_features` has it.
    tolerances
        Tolerances of the geometry check (those of the area file's ``[boundaries]``).
    limits
        How large the files may be (the area file's ``[limits]``).

    Raises
    ------
    DataRefused
        The file or its geometry is refused, or the folder holds a different set of that name (unless ``replace``).
    VintageError
        The file's code column is of another year than the vintage declared.
    """
    path = Path(path)
    _check_names(kind=kind, vintage=vintage, code_vintage=code_vintage)

    def ours(held: PolygonFile) -> npt.NDArray[np.bool_]:
        return chosen_codes(held, cut_to_district(held, lad=lad, codes=codes, lookup=lookup, limits=limits).codes)

    polygons = read_polygons(
        path,
        kind=kind,
        code_column=code_column,
        name_column=name_column,
        unstated=unstated,
        wanted=ours,
        limits=limits,
    )
    return add_polygons(
        polygons,
        folder=folder,
        kind=kind,
        vintage=vintage,
        code_vintage=code_vintage,
        source=source or path.name,
        licence=licence,
        attribution=attribution,
        resolution=resolution,
        schematic=schematic,
        replace=replace,
        tolerances=tolerances,
    )


def add_polygons(
    polygons: PolygonFile,
    *,
    folder: Path | str,
    kind: AreaKind,
    vintage: str,
    code_vintage: str | None = None,
    source: str,
    licence: str = "",
    attribution: str = "",
    resolution: str = "",
    schematic: bool = False,
    replace: bool = False,
    tolerances: BoundariesSection | None = None,
) -> dict[str, Any]:
    """
    Check and keep polygons that were read and cut already, as :func:`add_boundaries` does.

    Raises
    ------
    DataRefused, VintageError
        As :func:`add_boundaries`.
    """
    _check_names(kind=kind, vintage=vintage, code_vintage=code_vintage)
    _check_vintage(polygons, kind=kind, vintage=vintage, code_vintage=code_vintage)
    _check_codes(polygons, kind=kind)
    table, repairs = checked_table(polygons, tolerances=tolerances or BoundariesSection())
    described = {
        "kind": kind,
        "vintage": vintage,
        "code_vintage": code_vintage or vintage,
        "schematic": schematic,
        "source": source,
        "licence": licence or NOT_STATED,
        "attribution": attribution,
        "resolution": resolution or _resolution_named(polygons.features.name),
        "repairs": tuple(asdict(repair) for repair in repairs),
        "content_sha256": content_sha256(table),
    }
    target = Path(folder) / f"{kind}-{vintage}"
    if target.exists() and not replace:
        return _same_as_before(target, described).model_dump(mode="json")
    return _publish(table, described, target).model_dump(mode="json")


def _resolution_named(file: str) -> str:
    """How far the lines are generalised, where the name of a file says it as the statistics office does (``BGC``)."""
    found = _GENERALISED.search(file)
    return found[1].upper() if found else NOT_STATED


def _check_names(*, kind: str, vintage: str, code_vintage: str | None) -> None:
    if kind not in {"lsoa", "ward"}:
        raise UsageError(f"kind of boundaries is {kind!r}; expected lsoa or ward")
    for name in (vintage, code_vintage):
        if name is not None and not re.match(VINTAGE, name):
            raise UsageError(f"vintage {name!r}: expected a short name such as 2011 (small letters, digits, hyphens)")


def _check_vintage(polygons: PolygonFile, *, kind: AreaKind, vintage: str, code_vintage: str | None) -> None:
    """The year in the code column's heading must be that of the codes; ward codes outlive their year, if so stated."""
    found = CODE_COLUMN.match(polygons.code_column)
    declared = re.match(r"^20\d\d", code_vintage or vintage)
    if not found or not declared or declared[0][2:] == found["year"]:
        return
    if kind == "ward" and code_vintage is not None:
        return
    raise VintageError(
        f"{polygons.features.name}: its codes are {polygons.code_column}, that is of 20{found['year']}, but vintage "
        f"{code_vintage or vintage} was declared; declare the right vintage"
        + (" (or say which codes these shapes carry: code_vintage)" if kind == "ward" else "")
    )


def _check_codes(polygons: PolygonFile, *, kind: AreaKind) -> None:
    """Codes say what they are of: output areas have headings like those of LSOAs, and nothing else would tell."""
    own = "LSOAs" if kind == "lsoa" else "wards"
    for code in polygons.codes:
        found = _GSS.match(str(code))
        what = _CODED.get(found[1], own) if found else own
        if what != own:
            raise DataRefused(f"{polygons.features.name}: its codes, such as {code}, are those of {what}, not of {own}")


def _same_as_before(target: Path, described: dict[str, Any]) -> Manifest:
    held = read_manifest(target).model_dump()
    changed = sorted(key for key, value in described.items() if held[key] != value)
    if changed:
        raise DataRefused(
            f"{target.name} is there already and differs ({', '.join(changed)}); choose another vintage name, "
            "or replace it on purpose (replace)"
        )
    return open_set(target)[0]


def _publish(table: pd.DataFrame, described: dict[str, Any], target: Path) -> Manifest:
    """Write the set in a hidden folder beside its place, open and compare it, and have it take its place as a whole."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with held(target.with_name(f".{target.name}-lock")), stage_in(target.parent) as stage:
            stage.mkdir()
            manifest = _written(table, described, stage, replaces=target.exists(), name=target.name)
            if target.exists():
                _replace(stage, target, manifest)
            else:
                move_folder(stage, target)
    except (OSError, DataSourceError, DataLayerError, FeatureError) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}; is the disk full?"
        raise FileRefused(f"{target.name} could not be written ({reason}); nothing was changed") from error
    return manifest


def _written(table: pd.DataFrame, described: dict[str, Any], stage: Path, *, replaces: bool, name: str) -> Manifest:
    file = f"areas-{described['content_sha256'][:12]}.gpkg" if replaces else FILE
    _write_geopackage(table, stage / file)
    written = fingerprint(stage / file, root=stage).sha256
    manifest = Manifest(**described, file=file, crs="EPSG:27700", rows=len(table), sha256=written)
    write_manifest(stage, manifest)
    unlimited = BoundariesSection(overlap_tolerance_m2=_ALL_OF_THE_EARTH_M2)
    reopened, _ = checked_table(open_set(stage)[1], tolerances=unlimited)
    if content_sha256(reopened) != manifest.content_sha256:
        raise FileRefused(f"{name}: what was written does not read back the same; nothing was changed")
    return manifest


def _replace(stage: Path, target: Path, manifest: Manifest) -> None:
    """No folder takes another's place in one step; a manifest does: it names the file of the shapes."""
    sync_tree(stage)
    before = {path for path in target.iterdir() if path.suffix in {".gpkg", ".geojson"}}
    (stage / manifest.file).replace(target / manifest.file)
    (stage / MANIFEST).replace(target / MANIFEST)
    sync(target)
    for file in before - {target / manifest.file}:
        file.unlink()


def _write_geopackage(table: pd.DataFrame, path: Path) -> None:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        frame = gpd.GeoDataFrame(table, geometry="geometry", crs=crs.BNG)
        pyogrio.write_dataframe(frame, path, driver="GPKG", layer=LAYER, promote_to_multi=True)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
