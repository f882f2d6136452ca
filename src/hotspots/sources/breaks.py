"""Breaks in series: days on which a source changed what it counts, from the file that the area file names."""

from datetime import date
from pathlib import Path

import pandas as pd

from hotspots.errors import DataRefused
from hotspots.limits import STANDARD, Limits
from hotspots.source_settings import PopulationSource
from hotspots.sources._cells import parse_dates
from hotspots.sources._headed import headed_rows
from hotspots.tables import STANDARD_TABLES, Column

BREAKS = (
    Column("source_kind", "str", "kind of source whose series breaks"),
    Column("date", "date", "first day that does not compare with the days before"),
    Column("title", "str", "what changed"),
    Column("detail", "str", "why counts before and after do not compare", nullable=True),
    Column("reference", "str", "where that is written", nullable=True),
    Column("file", "str", "file"),
    Column("line", "int64", "line"),
)


def read_series_breaks(path: str, *, folder: Path, limits: Limits = STANDARD) -> pd.DataFrame:
    """
    The breaks of a CSV with the headings ``source_kind, date, title, detail, reference``; days are written 2018-05-23.

    Raises
    ------
    DataRefused
        A row cannot be read: a break that is overlooked would let counts be compared that do not compare.
    """
    # Settings under which the one door opens the file: of them only the name and the format matter here.
    source = PopulationSource(
        id="series-breaks", kind="population", path=path, vintage="", covers_from=date.min, covers_to=date.max
    )
    columns = {name: name for name in ("source_kind", "date", "title", "detail", "reference")}
    ledger = headed_rows(source, folder=folder, limits=limits, columns=columns)
    ledger.take_required("source_kind")
    ledger.take_required("title")
    ledger.take_optional("detail")
    ledger.take_optional("reference")
    ledger.take("date", parse_dates(ledger.text("date"), source.date_format))
    ledger.reject_where(
        ~ledger.rows["source_kind"].isin(STANDARD_TABLES),
        values=ledger.rows["source_kind"],
        column="source_kind",
        reason="constraint-error",
        detail=f"not a kind of source: {', '.join(STANDARD_TABLES)}",
    )
    reading = ledger.reading(order=["date", "source_kind"], columns=BREAKS)
    if len(reading.rejects):
        first = reading.rejects.iloc[0]
        raise DataRefused(
            f"{path} line {first['line']}, column {first['column']}: {first['value']!r}: {first['reason']} "
            f"({first['detail']}); correct it, for a break that is overlooked is not seen again"
        )
    return reading.table
