"""What the Data & export page takes from a build: layers by name, tables, tallies, and their files."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.app.published import BY_ID, FORMATS
from hotspots.export import bundle, formats_for, named_classes, table_bytes
from hotspots.export.leaving import check_audience
from hotspots.layer import Layer
from hotspots.snapshot import Build, record_export
from hotspots.views import ReportTable, Viewer, named_layer, report_tables, sources_read

_HEADINGS = {
    "mean": "Mean of the years before",
    "mean_years": "Years in the mean",
    "number_change": "Number change",
    "percent_change": "% change",
    "share_percent": "Share, %",
}


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_ID)
def named_for(build: Build, viewer: Viewer, layer_id: str) -> Layer:
    """A published layer, whole, as this viewer may have it; raises what ``named_layer`` raises."""
    return named_layer(build, layer_id, viewer)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_ID)
def reports_for(build: Build, viewer: Viewer) -> list[ReportTable]:
    """The tables of the assessment that this viewer may have."""
    return report_tables(build, viewer)


def tallies(build: Build, viewer: Viewer) -> pd.DataFrame:
    """What became of the rows of each source; one whose numbers of rows are not this viewer's says so."""
    rows = []
    for source in sources_read(build, viewer):
        tally = source["tally"]
        if tally:
            aside = ", ".join(f"{count:,} {why}" for why, count in tally["set_aside"].items() if count)
            shown = {name: f"{tally[name.lower()]:,}" for name in ("Read", "Accepted", "Rejected")}
            shown["Set aside"] = aside or "0"
        else:
            shown = {"Read": source["sentence"], "Accepted": "", "Rejected": "", "Set aside": ""}
        rows.append({"Source": source["title"], **shown, "Policy": source["policy"]})
    return pd.DataFrame(rows)


def layer_words(build: Build, layer_id: str) -> str:
    """A layer in the picker: its name and title."""
    return f"{layer_id}: {build.meta(layer_id).title}"


def suffixes_of(layer: Layer) -> list[str]:
    """The formats that a layer can be had in."""
    return [suffix for suffix in formats_for(layer.content) if suffix in FORMATS]


def printed_table(table: pd.DataFrame) -> pd.DataFrame:
    """
    A table for the screen: headings in words, thousands separated, nothing where nothing is known.

    Columns in which nothing is known are left out, and with the mean the number of its years.
    """
    shown = table.map(_printed)
    blank = [name for name in shown if (shown[name] == "").all()]
    if "mean" in blank:
        blank.append("mean_years")
    return shown.drop(columns=blank, errors="ignore").rename(columns=_heading)


def layer_file(build: Build, viewer: Viewer, layer_id: str, suffix: str) -> bytes:
    """The bytes of a layer's download, made anew, checked and noted in the journal."""
    layer = named_for(build, viewer, layer_id)
    content, name = bundle(layer, suffix, viewer.audience, classes=named_classes(build, layer, viewer))
    record_export(build.folder.parent, build_id=build.id, meta=layer.meta, files={name: content}, role=viewer.role)
    return content


def table_file(build: Build, viewer: Viewer, report: ReportTable) -> bytes:
    """The bytes of a table's CSV, noted in the journal."""
    check_audience(report.meta, viewer.audience)
    content = table_bytes(report)
    meta = replace(report.meta, sensitivity=viewer.audience)
    record_export(
        build.folder.parent, build_id=build.id, meta=meta, files={f"{meta.id}.csv": content}, role=viewer.role
    )
    return content


def _heading(name: str) -> str:
    return _HEADINGS.get(name, name[:1].upper() + name[1:])


def _printed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)
