"""Shapefiles, zipped or not: only the parts of the one Shapefile are taken, under our names; an archive is checked.

Unpacking the parts ourselves (instead of giving GDAL a path into the archive) leaves one reader of the archive, so that
what was checked is what is read, and no name from the archive becomes part of a path.
"""

import codecs
import re
import struct
import zipfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from hotspots.boundaries.archive import checked_archive, unpacked
from hotspots.boundaries.datasets import read_dataset
from hotspots.boundaries.features import FeatureFile, System, Wanted, likely_system
from hotspots.errors import CrsError, FileRefused
from hotspots.limits import Limits, in_bytes, words
from hotspots.staging import scratch

_NEEDED = (".shp", ".shx", ".dbf")
_SUFFIXES = (*_NEEDED, ".prj", ".cpg")
_READ_ALONE = (".shp", ".gpkg", ".geojson", ".json", ".geojsonl")
_HEADER_BYTES = 100
_BOUNDS_AT = slice(36, 68)  # in the head of a .shp: west, south, east, north
_LANGUAGE_AT = 29  # in the head of a .dbf: a code of the text's encoding, 0 where it is not stated


def read_shapefile(
    path: Path, *, limits: Limits, unstated: System | None = None, wanted: Wanted | None = None
) -> FeatureFile:
    """
    The features of a Shapefile that is not zipped: its ``.shp``, with its other parts beside it.

    Raises
    ------
    FileRefused, CrsError
        As :func:`read_zipped_shapefile`.
    """
    beside = {file.name.lower(): file for file in path.parent.iterdir() if file.stem.lower() == path.stem.lower()}
    held = {suffix: beside[path.stem.lower() + suffix] for suffix in _SUFFIXES if path.stem.lower() + suffix in beside}
    _check_parts(path.name, held)
    largest = max(file.stat().st_size for file in held.values())
    if largest > in_bytes(limits.shapefile_mb):
        raise FileRefused(
            f"{path.name}: {words(largest / 2**20)}; the limit is {words(limits.shapefile_mb)} (limits.shapefile_mb)"
        )
    content = {suffix: file.read_bytes() for suffix, file in held.items()}
    return _read_parts(path.name, content, unstated, limits, wanted)


def read_zipped_shapefile(
    path: Path, *, limits: Limits, unstated: System | None = None, wanted: Wanted | None = None
) -> FeatureFile:
    """
    The features of the one Shapefile in a zip archive; ``unstated`` is its system where there is no ``.prj``.

    Raises
    ------
    FileRefused
        The archive is damaged, encrypted, beyond the limits, holds unsafe names or links, or does not hold exactly one
        whole Shapefile (``.shp``, ``.shx``, ``.dbf``).
    CrsError
        The ``.prj`` is missing, or states another system than WGS84 and EPSG:27700.
    """
    with checked_archive(path, members=limits.shapefile_members, setting="shapefile_members", limits=limits) as archive:
        held = _parts(path.name, archive)
        _check_parts(path.name, held)
        content = {suffix: unpacked(archive, member) for suffix, member in held.items()}
    return _read_parts(path.name, content, unstated, limits, wanted)


def _read_parts(
    name: str, content: dict[str, bytes], unstated: System | None, limits: Limits, wanted: Wanted | None
) -> FeatureFile:
    with scratch() as folder:
        areas = folder / "areas.shp"
        for suffix, part in content.items():
            areas.with_suffix(suffix).write_bytes(part)
        _check_whole(name, areas)
        _check_stated(name, areas, unstated)
        _check_text(name, areas.with_suffix(".dbf"))
        return read_dataset(areas, name=name, driver="ESRI Shapefile", limits=limits, unstated=unstated, wanted=wanted)


def _parts(name: str, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members of the only Shapefile, by suffix; what macOS adds beside it (``__MACOSX``) is passed over."""
    members = {
        member.filename.lower(): member
        for member in archive.infolist()
        if not member.filename.startswith("__MACOSX/") and not PurePosixPath(member.filename).name.startswith("._")
    }
    shapes = sorted(member for member in members if member.endswith(".shp"))
    if len(shapes) != 1:
        other = next((member for member in sorted(members) if member.endswith(_READ_ALONE)), "")
        advice = f"; unpack it, and name {members[other].filename[:60]!r}" if other else ""
        if any(member.endswith(".kml") for member in members):
            advice = "; it holds KML, which is not accepted: save the layer as GeoPackage in QGIS or ArcGIS"
        raise FileRefused(f"{name}: expected one Shapefile (.shp) in the archive, got {len(shapes)}{advice}")
    stem = shapes[0].removesuffix(".shp")
    return {suffix: members[stem + suffix] for suffix in _SUFFIXES if stem + suffix in members}


def _check_parts(name: str, held: Collection[str]) -> None:
    missing = [suffix for suffix in _NEEDED if suffix not in held]
    if missing:
        raise FileRefused(f"{name}: the Shapefile lacks {', '.join(missing)}")


def _check_stated(name: str, areas: Path, unstated: System | None) -> None:
    if areas.with_suffix(".prj").exists() or unstated is not None:
        return
    likely = likely_system(struct.unpack("<4d", areas.read_bytes()[_BOUNDS_AT]))
    raise CrsError(
        f"{name}: no .prj beside the .shp, so its coordinate system is not stated{likely}; ask the supplier for it, or "
        "declare the system with --crs"
    )


def _check_whole(name: str, shp: Path) -> None:
    """A Shapefile cut short opens happily with fewer rows: the sizes that its headers state are checked."""
    index_bytes, records = _stated_bytes(name, shp.with_suffix(".shx")), shp.with_suffix(".dbf").read_bytes()[4:8]
    in_index = (index_bytes - _HEADER_BYTES) // 8
    in_table = struct.unpack("<I", records)[0] if len(records) == 4 else 0
    if _stated_bytes(name, shp) != shp.stat().st_size or index_bytes != shp.with_suffix(".shx").stat().st_size:
        raise FileRefused(f"{name}: the Shapefile is cut short; ask for it again")
    if in_index != in_table:
        raise FileRefused(f"{name}: damaged: {in_index:,} shapes but {in_table:,} rows of attributes")


def _check_text(name: str, dbf: Path) -> None:
    """
    The text of the attributes is in the encoding that is stated, in the .cpg or in the table itself; never guessed.

    Text beyond ASCII that is UTF-8 as a whole is UTF-8: where nothing is stated, that is written beside it for GDAL,
    which would take it for Latin-1.
    """
    table, cpg = dbf.read_bytes(), dbf.with_suffix(".cpg")
    text = table[int.from_bytes(table[8:10], "little") :]
    if text.isascii():
        return
    stated = cpg.read_bytes()[:200].decode("ascii", "replace").split("\n")[0].strip() if cpg.exists() else ""
    if _decodes(text, "utf-8"):
        if stated and _codec(stated) != "utf-8":
            raise FileRefused(f"{name}: its .cpg says {stated[:40]!r}, but the text is UTF-8; correct the .cpg")
        cpg.write_text("UTF-8", encoding="ascii")
        return
    if stated and not _decodes(text, _codec(stated)):
        raise FileRefused(f"{name}: its .cpg says {stated[:40]!r}, in which its text cannot be read; correct the .cpg")
    if not stated and table[_LANGUAGE_AT] == 0:
        raise FileRefused(f"{name}: the encoding of its text is not stated; add a .cpg, such as 1252")


def _codec(stated: str) -> str:
    """Python's name of the encoding that a .cpg states, nothing where it is none (``88591`` is Latin-1)."""
    name = re.sub(r"^(ansi|oem)?[ _]*(?=\d{3,4}$)", "cp", stated.lower())
    try:
        return codecs.lookup(re.sub(r"^8859-?(\d+)$", r"iso8859-\1", name)).name
    except (LookupError, ValueError):
        return ""


def _decodes(text: bytes, codec: str) -> bool:
    try:
        return bool(codec) and bool(text.decode(codec))
    except (LookupError, ValueError):
        return False


def _stated_bytes(name: str, path: Path) -> int:
    head = path.read_bytes()[:_HEADER_BYTES]
    if len(head) < _HEADER_BYTES or struct.unpack(">i", head[:4])[0] != 9994:
        raise FileRefused(f"{name}: its {path.suffix} is not part of a Shapefile")
    return int(struct.unpack(">i", head[24:28])[0]) * 2
