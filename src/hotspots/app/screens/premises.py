"""The Premises page, for licensing and analysts: whom to see first, why, and what is behind each score."""

import streamlit as st

from hotspots.app import premises_panels as panels
from hotspots.app import published
from hotspots.app.words import plain
from hotspots.disclosure import may_see_premises
from hotspots.errors import HotspotsError
from hotspots.views.premises import ONLY_FOR, Premises


def page() -> None:
    """Refuse whoever may not see premises; else the list of a day, then one premises and all that is behind it."""
    st.title("Premises", anchor=False)
    build = published.current_build()
    viewer = published.viewer_of(build)
    if not may_see_premises(viewer.role):
        st.info(ONLY_FOR)
        return
    premises = Premises(build, viewer)
    panels.notices_panel(premises)
    day = panels.day_control(premises)
    if day is None:
        st.info("No month-end is covered yet, so there are no scores to show.")
        return
    panels.summary_panel(premises, day)
    left, right = st.columns([2, 3], gap="large")
    with left:
        panels.watchlist_panel(premises, day)
        panels.meeting_panel(premises, day)
        panels.list_panel(premises, day)
    with right:
        st.header("One premises", anchor=False)
        chosen = panels.premises_control(premises, day)
        panels.score_panel(premises, chosen, day)
        panels.history_panel(premises, chosen, interventions=premises.interventions(chosen))
        panels.incidents_panel(premises, chosen, day)
        panels.reported_panel(premises, chosen)
    panels.method_panel(premises)


try:
    page()
except HotspotsError as error:
    st.error(plain(error))
