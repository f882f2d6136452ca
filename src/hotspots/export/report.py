"""Tables of an assessment as CSV, each with its description beside it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from hotspots.export.csv_table import cell, metadata_path, verify
from hotspots.export.leaving import check_audience, check_target
from hotspots.layer import Audience
from hotspots.spreadsheet import defused
from hotspots.staging import staged_together
from hotspots.views import ReportTable

_ABOUT = (
    *("id", "title", "measure", "unit", "period", "area", "vintage", "coverage", "source", "method", "policy"),
    *("sensitivity", "marking", "attribution"),
)


def export_table(report: ReportTable, path: Path, *, audience: Audience) -> tuple[Path, ...]:
    """
    Write ``FILE.csv`` and its description ``FILE.csv-metadata.json``, both or neither.

    Raises
    ------
    UsageError
        The file would land among boundaries or inside a published build.
    DisclosureRefused
        The table was made for a narrower audience.
    FileRefused
        The file could not be written, or did not read back as written; nothing was changed.
    """
    check_audience(report.meta, audience)
    check_target(path)
    sidecar = metadata_path(path)
    header, rows = _cells(report)
    with staged_together(path, sidecar) as (stage, described):
        stage.write_bytes(table_bytes(report))
        verify(stage, header, rows, name=path.name)
        described.write_text(
            json.dumps(table_metadata(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
        )
    return path, sidecar


def table_bytes(report: ReportTable) -> bytes:
    """The table as the bytes of a CSV (UTF-8, line feeds): numbers stay numbers, no text becomes a formula."""
    header, rows = _cells(report)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def table_metadata(report: ReportTable) -> dict[str, Any]:
    """What a table says about itself: title, measure, period, source, sensitivity, who to credit, and its notes."""
    meta = report.meta
    about: dict[str, Any] = {name: getattr(meta, name) for name in _ABOUT}
    flags = {"synthetic": bool(meta.synthetic), "schematic": bool(meta.schematic)}
    return about | flags | {"labels": list(meta.labels), "notes": list(report.notes)}


def _cells(report: ReportTable) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = tuple(defused(str(name)) for name in report.table.columns)
    return header, [tuple(cell(value) for value in row) for row in report.table.itertuples(index=False)]
