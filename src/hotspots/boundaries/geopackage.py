"""GeoPackage: a database from outside, so it is looked at before a driver follows what it says."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from hotspots.boundaries.datasets import only_layer, read_dataset
from hotspots.boundaries.features import FeatureFile, Holds, System, Wanted
from hotspots.errors import FileRefused
from hotspots.limits import Limits

_CORE_TABLES = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")


def read_geopackage(
    path: Path,
    *,
    limits: Limits,
    unstated: System | None = None,
    holds: Holds | None = None,
    wanted: Wanted | None = None,
) -> FeatureFile:
    """
    The features of a GeoPackage's only layer; of several, the only one with a column that ``holds`` the codes wanted.

    A layer that is a view or a virtual table is refused: reading it would run what its author wrote.

    Raises
    ------
    FileRefused
        It is a damaged or another kind of database, or holds no or several layers.
    CrsError
        The layer is in no stated system, or in another than WGS84 and EPSG:27700.
    """
    try:
        layer = _only_layer(path, holds)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise FileRefused(f"{path.name}: a damaged GeoPackage or another kind of database ({error})") from error
    return read_dataset(
        path, name=path.name, driver="GPKG", limits=limits, layer=layer, unstated=unstated, wanted=wanted
    )


def _only_layer(path: Path, holds: Holds | None) -> str:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        objects = {
            str(name): (str(kind), str(statement or ""))
            for name, kind, statement in database.execute("SELECT name, type, sql FROM sqlite_master")
        }
        for table in _CORE_TABLES:
            _check_plain(path.name, table, objects)
        named = database.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchall()
        layers = sorted(str(row[0]) for row in named)
        layer = only_layer(path.name, layers, holds, partial(_columns, database))
    _check_plain(path.name, layer, objects)
    return layer


def _columns(database: sqlite3.Connection, layer: str) -> list[str]:
    """The columns of a table, without running anything that it holds."""
    return [str(row[0]) for row in database.execute("SELECT name FROM pragma_table_info(?)", (layer,))]


def _check_plain(name: str, table: str, objects: dict[str, tuple[str, str]]) -> None:
    kind, statement = objects.get(table, ("missing", ""))
    if kind != "table" or "virtual" in statement[:30].lower():
        raise FileRefused(f"{name}: {table!r} must be a plain table of a GeoPackage, got {kind}")
