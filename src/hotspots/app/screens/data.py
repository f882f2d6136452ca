"""The Data & export page: what was read, the tables of the assessment, and every layer in every format."""

from functools import partial

import pandas as pd
import streamlit as st

from hotspots.app import exports, published
from hotspots.app.words import listed, paragraph, plain, table_of
from hotspots.errors import HotspotsError
from hotspots.snapshot import Build
from hotspots.texts import number_of
from hotspots.views import Viewer, sources_read

_SHOWN_ROWS = 20


def page() -> None:
    """Tallies, tables and layers of the build, each as this reader may have it."""
    st.title("Data & export", anchor=False)
    build = published.current_build()
    viewer = published.viewer_of(build)
    st.html(paragraph(f"{build.area_name}, build {build.id}; what may be read here: {viewer.audience}."))
    st.header("What was read", anchor=False)
    st.html(
        table_of(exports.tallies(build, viewer), caption="Rows of each source: read = accepted + rejected + set aside")
    )
    _notes(build, viewer)
    st.header("Tables", anchor=False)
    _tables(build, viewer)
    st.header("Layers", anchor=False)
    _layers(build, viewer)


def _notes(build: Build, viewer: Viewer) -> None:
    with st.expander("What was noticed while reading"):
        notes = [f"{source['title']}: {note}" for source in sources_read(build, viewer) for note in source["notes"]]
        st.html(listed(notes or ["Nothing."]))


def _tables(build: Build, viewer: Viewer) -> None:
    reports = {report.meta.id: report for report in exports.reports_for(build, viewer)}
    if not reports:
        st.html(paragraph("This build holds no counts by year that may be shown here."))
        return
    chosen = st.selectbox("Table", list(reports), format_func=lambda key: reports[key].meta.title, key="table")
    report = reports[chosen]
    st.html(paragraph(report.meta.marking, size_rem=0.85))
    if report.meta.labels:
        st.warning(plain(". ".join(report.meta.labels) + "."))
    shown = exports.printed_table(report.table.head(_SHOWN_ROWS))
    st.html(table_of(shown, caption=f"{report.meta.title}, {report.meta.period}"))
    if len(report.table) > _SHOWN_ROWS:
        left = number_of(len(report.table) - _SHOWN_ROWS, "more row is", "more rows are")
        st.html(paragraph(f"{left} in the file.", size_rem=0.9))
    st.html(listed(report.notes))
    st.download_button(
        "This table as CSV",
        data=partial(exports.table_file, build, viewer, report),
        file_name=f"{report.meta.id}_{viewer.audience}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"table-{chosen}",
    )


def _layers(build: Build, viewer: Viewer) -> None:
    chosen = st.selectbox("Layer", build.layers, format_func=lambda key: exports.layer_words(build, key), key="layer")
    try:
        layer = exports.named_for(build, viewer, chosen)
    except HotspotsError as refusal:
        st.info(plain(refusal))
        return
    meta = layer.meta
    facts = pd.DataFrame(
        [("Title", meta.title), ("Period", meta.period), ("Source", meta.source), ("Boundaries", meta.vintage),
         ("Coverage", meta.coverage), ("Policy", meta.policy), ("Marking", meta.marking)],
        columns=["What", "This layer"],
    )  # fmt: skip
    st.html(table_of(facts[facts["This layer"] != ""], caption=meta.id))
    suffixes = exports.suffixes_of(layer)
    for column, suffix in zip(st.columns(4), suffixes, strict=False):
        column.download_button(
            published.FORMATS[suffix],
            data=partial(exports.layer_file, build, viewer, chosen, suffix),
            file_name=published.download_name(layer, suffix),
            mime="application/octet-stream",
            on_click="ignore",
            key=f"layer{suffix}",
            width="stretch",
        )
    if meta.caveats:
        st.html(listed(meta.caveats))


try:
    page()
except HotspotsError as error:
    st.error(plain(error))
