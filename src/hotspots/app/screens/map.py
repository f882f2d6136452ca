"""The Map page: controls, one sentence, the map with its legend, the same numbers ranked, and the files."""

import streamlit as st

from hotspots.app import panels, published
from hotspots.app.controls import selection_of
from hotspots.app.words import paragraph, plain
from hotspots.errors import HotspotsError
from hotspots.views import choices


def page() -> None:
    """Read the controls, ask for one layer, draw it, say how it was made."""
    st.title("Where is it happening?", anchor=False)
    build = published.current_build()
    viewer = published.viewer_of(build)
    selection = selection_of(choices(build, viewer))
    if selection is None:
        st.info("This build holds no counts that may be shown on this machine: the map has boundaries only.")
        panels.boundaries_panel(build)
        return
    try:
        layer = published.layer_for(build, viewer, selection)
    except HotspotsError as error:
        st.info(plain(error))
        return
    panels.notices_panel(layer)
    panels.fuller_panel(build, viewer, selection)
    st.html(paragraph(published.sentence_for(build, viewer, selection), size_rem=1.15))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.header("Map", anchor=False)
        panels.map_panel(build, viewer, selection)
        panels.trend_panel(build, viewer, selection)
    with right:
        st.header("Highest areas", anchor=False)
        panels.table_panel(build, viewer, selection)
    with st.container(key="not-on-paper"):
        st.header("Take it away", anchor=False)
        panels.downloads_panel(build, viewer, selection)
    panels.caveats_panel(layer)
    panels.method_panel(layer)


try:
    page()
except HotspotsError as error:
    st.error(plain(error))
