"""A file of points on its own, for ``hotspots density``: no area file, no coverage, no study area."""

from datetime import date
from pathlib import Path

from hotspots.errors import DataRefused
from hotspots.periods import Coverage
from hotspots.source_settings import NeedleFindsSource
from hotspots.sources._cells import Problem, parse_each, parse_number, plain
from hotspots.sources._headed import rows_of
from hotspots.sources._ledger import Ledger
from hotspots.sources._open import Sheet, open_sheets
from hotspots.sources._positions import take_positions
from hotspots.sources.needle_finds import minted
from hotspots.tables import Column, Reading, SourceMeta

_PAIRS = (("easting", "northing"), ("longitude", "latitude"))
_COLUMNS = (
    Column("event_id", "str", "minted from file hash and row"),
    Column("date", "date", "not supplied", nullable=True),
    Column("easting", "float64", "National Grid easting", "m"),
    Column("northing", "float64", "National Grid northing", "m"),
    Column("uncertainty_m", "float64", "how far off the position may be", "m"),
    Column("file", "str", "file the row was read from"),
    Column("line", "int64", "line of that file"),
)
_WEIGHT = Column("weight", "float64", "weight of the event")


def read_points(path: Path) -> Reading:
    """
    Points of a CSV with ``easting,northing`` (metres) or ``longitude,latitude`` (degrees) and, optionally, ``weight``.

    Positions off the National Grid, and weights that are missing or negative, are rejected.

    Raises
    ------
    DataRefused
        The file is not a CSV, or has neither pair of headings.
    """
    # The door wants a source's settings; those of a plain CSV are enough, and nothing else of them is used.
    source = NeedleFindsSource(
        id="points", kind="needle_finds", path=path.name, covers_from=date.min, covers_to=date.max
    )
    sheets = open_sheets(source, folder=path.parent)
    headings = {plain(cell).casefold() for cell in sheets[0].rows[0]}
    pair = _pair(headings, sheets[0])
    weighted = "weight" in headings
    names = [*pair, "weight"] if weighted else [*pair]
    ledger = rows_of(sheets, source=source, columns={name: name for name in names})
    take_positions(ledger, columns={name: name for name in pair}, uncertainty_m=0.0, bounds=None)
    if weighted:
        _take_weights(ledger)
    ledger.rows = ledger.rows.assign(event_id=minted(ledger), date=None)
    coverage = Coverage(date.min, date.max, None)
    meta = SourceMeta(path.stem, "points", path.stem, "point", coverage, "open", "OFFICIAL", False)
    return ledger.reading(order=[], columns=(*_COLUMNS, *([_WEIGHT] if weighted else [])), meta=meta)


def _pair(headings: set[str], sheet: Sheet) -> tuple[str, str]:
    found = [pair for pair in _PAIRS if headings.issuperset(pair)]
    if len(found) != 1:
        wanted = "either easting,northing (metres) or longitude,latitude (degrees)"
        shown = ", ".join(sorted(headings)[:20])
        raise DataRefused(f"{sheet.file.name}: expected the headings {wanted}, got {shown}")
    return found[0]


def _take_weights(ledger: Ledger) -> None:
    def parse(cell: str) -> float | Problem:
        weight = parse_number(cell)
        return (
            Problem("constraint-error", "a weight is not negative")
            if isinstance(weight, float) and weight < 0
            else weight
        )

    ledger.take("weight", parse_each(ledger.text("weight"), parse, dtype="float64"))
