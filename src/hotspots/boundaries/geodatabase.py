"""File geodatabases, as ArcGIS has them: a folder whose name ends with ``.gdb``, or a zip archive of one.

Only files that a geodatabase is made of are taken, copied under their own checked names into a folder of ours, so that
the driver finds nothing else there.
"""

import re
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath

import fiona
from fiona.errors import FionaError

from hotspots.boundaries.archive import checked_archive, unpacked
from hotspots.boundaries.datasets import only_layer, read_dataset
from hotspots.boundaries.features import FeatureFile, Holds, System, Wanted
from hotspots.errors import FileRefused
from hotspots.limits import Limits, in_bytes, words
from hotspots.staging import scratch

_DRIVER = "OpenFileGDB"
# Tables, their indexes and what stands beside them; locks of a program that has it open are passed over.
_PART = re.compile(
    r"^(?:a[0-9a-f]{8}\.(?:gdbtable|gdbtablx|gdbindexes|freelist|horizon|[a-z0-9_]{1,60}\.(?:atx|spx)|spx|atx)"
    r"|gdb|timestamps)$",
    re.I,
)
_LOCK = re.compile(r"\.lock$", re.I)


def is_geodatabase(path: Path) -> bool:
    """Whether a path is a folder that is called like a geodatabase, or an archive that holds the tables of one."""
    if path.is_dir():
        return path.suffix.lower() == ".gdb"
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(".gdbtable") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return False


def read_geodatabase(
    path: Path,
    *,
    limits: Limits,
    unstated: System | None = None,
    holds: Holds | None = None,
    wanted: Wanted | None = None,
) -> FeatureFile:
    """
    The features of a geodatabase's only layer; of several, the only one with a column that ``holds`` the codes wanted.

    Raises
    ------
    FileRefused
        The archive is refused, it holds other files than a geodatabase has, or no or several layers.
    CrsError
        The layer is in no stated system, or in another than WGS84 and EPSG:27700.
    """
    with scratch() as folder:
        inside = folder / "areas.gdb"
        inside.mkdir()
        (_copy_folder if path.is_dir() else _unpack)(path, inside, limits)
        layer = _only_layer(inside, path.name, holds)
        return read_dataset(
            inside, name=path.name, driver=_DRIVER, limits=limits, layer=layer, unstated=unstated, wanted=wanted
        )


def _copy_folder(path: Path, inside: Path, limits: Limits) -> None:
    files = sorted(path.iterdir())
    if len(files) > limits.geodatabase_members:
        raise FileRefused(
            f"{path.name}: {len(files):,} files; the limit is {limits.geodatabase_members} (limits.geodatabase_members)"
        )
    if any(file.is_symlink() or not file.is_file() for file in files):
        raise FileRefused(f"{path.name}: holds a link or a folder, which no geodatabase does")
    size = sum(file.stat().st_size for file in files)
    if size > in_bytes(limits.shapefile_mb):
        raise FileRefused(
            f"{path.name}: {words(size / 2**20)}; the limit is {words(limits.shapefile_mb)} (limits.shapefile_mb)"
        )
    _take({file.name: file.read_bytes for file in files}, path.name, inside)


def _unpack(path: Path, inside: Path, limits: Limits) -> None:
    with checked_archive(
        path, members=limits.geodatabase_members, setting="geodatabase_members", limits=limits
    ) as archive:
        members = {PurePosixPath(member.filename): member for member in archive.infolist() if not member.is_dir()}
        tables = {name.parent for name in members if name.suffix.lower() == ".gdbtable"}
        if len(tables) != 1:
            raise FileRefused(f"{path.name}: expected one geodatabase (.gdb) in the archive, got {len(tables)}")
        held = {name.name: member for name, member in members.items() if name.parent in tables}
        _take({name: partial(unpacked, archive, member) for name, member in held.items()}, path.name, inside)


def _take(files: dict[str, Callable[[], bytes]], name: str, inside: Path) -> None:
    for file, content in files.items():
        if _LOCK.search(file):
            continue
        if not _PART.match(file):
            raise FileRefused(f"{name}: {file[:60]!r} is no part of a geodatabase; save its layer as GeoPackage")
        (inside / file.lower()).write_bytes(content())


def _only_layer(inside: Path, name: str, holds: Holds | None) -> str:
    try:
        with warnings.catch_warnings(action="ignore"):
            layers = [str(layer) for layer in fiona.listlayers(inside) if _is_polygons(inside, layer)]
            return only_layer(name, layers, holds, partial(_columns, inside))
    except (FionaError, ValueError, SystemError) as error:
        raise FileRefused(f"{name}: a damaged geodatabase ({str(error)[:80]})".replace(str(inside), name)) from error


def _is_polygons(inside: Path, layer: str) -> bool:
    with fiona.open(inside, driver=_DRIVER, enabled_drivers=[_DRIVER], layer=layer) as collection:
        return "Polygon" in str(collection.schema["geometry"])


def _columns(inside: Path, layer: str) -> list[str]:
    with fiona.open(inside, driver=_DRIVER, enabled_drivers=[_DRIVER], layer=layer) as collection:
        return list(collection.schema["properties"])
