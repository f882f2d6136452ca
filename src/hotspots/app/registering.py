"""The form that adds work to the register: what is agreed beforehand is written down before any count is seen."""

from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from hotspots.app.words import plain
from hotspots.disclosure import may_see_premises
from hotspots.errors import HotspotsError
from hotspots.inbox import add_intervention, may_register
from hotspots.measures import INCIDENTS_MEASURE
from hotspots.snapshot import Build
from hotspots.views import Viewer, choices, judged_measures, judged_places

_POLYGON = "polygon"


def register_panel(build: Build, viewer: Viewer, area_file: Path | None) -> None:
    """The form, for whoever may register work, where the service was started beside an area file."""
    if area_file is None or not may_register(viewer.role):
        return
    with st.expander("Register work before it begins"):
        row = _form(build, viewer)
        if row is None:
            return
        try:
            received = add_intervention(area_file, row, role=viewer.role)
        except HotspotsError as error:
            st.error(plain(error))
            return
        st.success(
            plain(
                f"{received.identifier} is in the register ({received.sentence}). It can be chosen above after the "
                "next `hotspots build`."
            )
        )


def _form(build: Build, viewer: Viewer) -> dict[str, str] | None:
    """The row that was handed in, or None while nothing was."""
    places = _places(build, viewer)
    measures = judged_measures(build, viewer)
    with st.form("register", border=False):
        what = st.text_input("What is done", max_chars=200, key="new-what")
        place = st.selectbox("Where it is done", list(places), format_func=places.__getitem__, key="new-place")
        polygon = st.text_input("Its outline, for a place of its own (well-known text, National Grid metres)",
                                key="new-polygon")  # fmt: skip
        others = {"": "None"} | {key: label for key, label in places.items() if key not in {_POLYGON, "city"}}
        comparison = st.selectbox(
            "Comparison area, agreed now", list(others), format_func=others.__getitem__, key="new-comparison"
        )
        days = st.columns(3)
        start, end, review = (
            _day(column, label, key)
            for column, label, key in zip(
                days, ("First day", "Last day, if known", "Day of review"), ("new-start", "new-end", "new-review"),
                strict=True,
            )
        )  # fmt: skip
        owner = st.text_input("Who answers for it", max_chars=100, key="new-owner")
        measure = st.selectbox("Judged by", list(measures), format_func=measures.__getitem__, key="new-measure")
        target = st.text_input("What is hoped for", max_chars=200, key="new-target")
        if not st.form_submit_button("Add to the register"):
            return None
    return {
        "what": what,
        "place": f"polygon:{polygon}" if place == _POLYGON else str(place),
        "comparison": str(comparison),
        "start": start,
        "end": end,
        "owner": owner,
        "measure": str(measure),
        "target": target,
        "review_date": review,
    }


def _places(build: Build, viewer: Viewer) -> dict[str, str]:
    places = choices(build, viewer).wheres() | {_POLYGON: "A place of its own (outline below)"}
    if may_see_premises(viewer.role) and INCIDENTS_MEASURE in judged_measures(build, viewer):
        places |= judged_places(build, viewer, INCIDENTS_MEASURE)
    return places


def _day(column: Any, label: str, key: str) -> str:
    chosen = column.date_input(label, value=None, key=key, min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
    return chosen.isoformat() if isinstance(chosen, date) else ""
