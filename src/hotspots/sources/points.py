"""A bare file of points for one density: ``easting,northing`` or ``longitude,latitude``, and perhaps ``weight``."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.errors import DataRefused
from hotspots.limits import STANDARD, Limits
from hotspots.periods import Coverage
from hotspots.source_settings import NeedleColumns, NeedleFindsSource
from hotspots.sources._cells import parse_each, parse_number, plain
from hotspots.sources._headed import rows_of
from hotspots.sources._open import Sheet, open_sheets
from hotspots.sources._positions import Bounds, study_bounds, take_positions
from hotspots.sources.needle_finds import minted
from hotspots.tables import Column, Reading, SourceMeta

__all__ = ["read_points", "study_bounds"]

_POINTS = (
    Column("event_id", "str", "minted from file hash and row"),
    Column("date", "date", "not known", nullable=True),
    Column("easting", "float64", "National Grid easting", "m"),
    Column("northing", "float64", "National Grid northing", "m"),
    Column("uncertainty_m", "float64", "not known: nought", "m"),
    Column("weight", "float64", "weight of the point", check=lambda values: values >= 0, reason="negative-weight"),
    Column("file", "str", "file"),
    Column("line", "int64", "line"),
)
_PAIRS = (("easting", "northing"), ("longitude", "latitude"))


# The south-western corner of the grid is sea: metres there are degrees that were given as metres.
_LAND: Bounds = (1_000.0, 1_000.0, 700_000.0, 1_300_000.0)


def read_points(path: Path, *, bounds: Bounds | None = None, limits: Limits = STANDARD) -> Reading:
    """
    Points of a CSV whose headings are ``easting,northing`` (EPSG:27700, metres) or ``longitude,latitude`` (WGS84).

    Points outside ``bounds`` (west, south, east, north in metres; without them, Great Britain) are rejected. A heading
    ``weight`` is summed in place of counting; without it every point weighs 1. What the points are, and when,
    is not known: the marking is OFFICIAL-SENSITIVE and the policy controlled until somebody says otherwise.

    Raises
    ------
    DataRefused
        The file has neither pair of headings, or every row is rejected.
    """
    source = _as_source(path, NeedleColumns())
    sheets = tuple(open_sheets(source, folder=path.parent, limits=limits))
    columns = _columns(sheets[0])
    source = _as_source(path, NeedleColumns(**{name: name for name in columns if name != "weight"}))
    ledger = rows_of(sheets, source=source, columns={name: name for name in columns})
    take_positions(ledger, columns=columns, uncertainty_m=0, bounds=bounds or _LAND)
    if "weight" in columns:
        ledger.take("weight", parse_each(ledger.text("weight"), parse_number, dtype="float64"))
    else:
        ledger.rows = ledger.rows.assign(weight=1.0)
    ledger.rows = ledger.rows.assign(event_id=minted(ledger), date=pd.Series(pd.NaT, index=ledger.rows.index))
    return ledger.reading(order=["event_id"], columns=_POINTS, meta=_meta(path))


def _columns(sheet: Sheet) -> dict[str, str]:
    found = {plain(cell).casefold() for cell in sheet.rows[0]}
    for pair in _PAIRS:
        if set(pair) <= found:
            return {name: name for name in (*pair, *({"weight"} & found))}
    raise DataRefused(
        f"{sheet.file.name}: expected the headings easting,northing or longitude,latitude (and, if you like, weight), "
        f"found {', '.join(repr(plain(cell)[:40]) for cell in sheet.rows[0][:20])}"
    )


def _as_source(path: Path, columns: Any) -> NeedleFindsSource:
    """The settings under which the one door opens the file; of them only the name and the format matter here."""
    return NeedleFindsSource(
        id="points",
        kind="needle_finds",
        path=path.name,
        covers_from=date.min,
        covers_to=date.max,
        columns=columns,
    )


def _meta(path: Path) -> SourceMeta:
    coverage = Coverage(date.min, date.max, None)
    return SourceMeta(
        "points", "points", path.name, "point", coverage, "controlled", "OFFICIAL-SENSITIVE", synthetic=False
    )
