"""The Locations page: ranked, named places for those who target them, what is known of each, and the evidence."""

import streamlit as st

from hotspots.app import location_panels, panels, published
from hotspots.app.words import paragraph, plain
from hotspots.errors import HotspotsError


def page() -> None:
    """Read the controls, ask for one layer of places, draw it, say how far it can be trusted."""
    st.title("Which places to target?", anchor=False)
    build = published.current_build()
    viewer = published.viewer_of(build)
    selection = location_panels.selection_of(build, viewer)
    if selection is None:
        st.info("This build holds no hotspots that may be shown on this machine.")
        return
    layer = published.layer_for(build, viewer, selection)
    assert layer.features is not None
    panels.notices_panel(layer)
    st.html(paragraph(published.sentence_for(build, viewer, selection), size_rem=1.15))
    if layer.features.empty:
        location_panels.empty_panel()
    else:
        left, right = st.columns([3, 3], gap="medium")
        with right:
            st.header("Ranked places", anchor=False)
            location_panels.table_panel(layer)
            chosen = location_panels.chosen_place(layer)
            if chosen is not None:
                location_panels.place_panel(layer, chosen)
        with left:
            st.header("Map", anchor=False)
            location_panels.map_panel(build, viewer, selection, chosen)
        with st.container(key="not-on-paper"):
            location_panels.action_panel(build, viewer, selection)
            panels.downloads_panel(build, viewer, selection)
    location_panels.evidence_panel(build, viewer, selection)
    panels.caveats_panel(layer)
    panels.method_panel(layer)


try:
    page()
except HotspotsError as error:
    st.error(plain(error))
