"""The parts of the Locations page: which agenda and where, the ranked places, one of them, and the evidence."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

from hotspots.analysis.hotspots.emerging import meaning
from hotspots.app import published
from hotspots.app.controls import asked_in_address, picked, unambiguous
from hotspots.app.panels import MAP_HEIGHT, reading_panel
from hotspots.app.words import listed, paragraph, plain, table_of
from hotspots.layer import Layer, rounded
from hotspots.maps.assets import missing_assets
from hotspots.maps.base import base_map, feature_group, look_at, outlines_of
from hotspots.snapshot import Build
from hotspots.views import How, Selection, Viewer

MOST_LISTED = 15
CENTRE = {"inside": "inside", "partly": "partly inside", "outside": "outside"}
WAYS: dict[How, str] = {"hotspots": "Standing out beyond chance", "targets": "Most expected next"}
ROLES = {
    "targeting": "in use for “Most expected next”",
    "counting": "for comparison",
    "density": "for comparison",
    "chance": "no knowledge",
}


def selection_of(build: Build, viewer: Viewer) -> Selection | None:
    """
    Draw the controls and return what is selected; None where this viewer may see no hotspots.

    The working group's own area comes first. Both controls are in the address of the page.
    """
    held = published.agendas_for(build, viewer)
    if not held:
        return None
    columns = st.columns([3, 3, 4])
    asked = asked_in_address(("agenda", "within", "by"))
    what, category = picked(columns[0], "Agenda", "agenda", list(held), held.__getitem__, asked)
    wheres = unambiguous(published.wheres_for(build, viewer))
    order = sorted(wheres, key=lambda place: place != "city-centre")
    where = picked(columns[1], "Within", "within", order, wheres.__getitem__, asked)
    how = picked(columns[2], "Chosen by", "by", list(WAYS), WAYS.__getitem__, asked)
    return Selection(what, category=category, where=where, how=how)


def map_panel(build: Build, viewer: Viewer, selection: Selection, chosen: str | None) -> None:
    """The map of the places with their ranks; without the browser assets, a plain message in its place."""
    missing = missing_assets()
    if missing:
        st.warning(f"The map cannot be drawn: {len(missing)} of its files are not installed. The table is complete.")
        return
    bounds = published.bounds_for(build)
    drawing = base_map(bounds, place=build.area_name, attributions=published.attributions(build))
    outline = published.outline_for(build, selection.where)
    lines = [*published.lines_for(build).values(), *([outline[0]] if outline else [])]
    shapes, ranks, legend = published.hotspots_for(build, viewer, selection, chosen)
    places = published.places_for(build)
    group = feature_group(
        outlines_of(lines),
        shapes.again(),
        *([places.again()] if places is not None else []),
        ranks.again(),
        look_at(published.view_for(build, viewer, selection)),
    )
    st_folium(
        drawing,
        key=f"places-{build.id}",
        height=MAP_HEIGHT,
        use_container_width=True,
        returned_objects=[],
        feature_group_to_add=group,
        pixelated=True,
        render=False,
    )
    st.html(legend)
    reading_panel(build)


def table_panel(layer: Layer) -> None:
    """The hottest places: rank, name, events, how much more than their share of the ground, where, and over time."""
    assert layer.features is not None
    places = layer.features.head(MOST_LISTED)
    table = pd.DataFrame(
        {
            "Rank": places["rank"].astype(str),
            "Place": places["name"],
            "Events (of all)": [
                f"{count:,} ({rounded(100 * share, decimals=1)}%)"
                for count, share in zip(places["events"], places["events_share"], strict=True)
            ],
            "Times its share of the ground": [rounded(index, decimals=0) for index in places["pai"]],
            "City-centre area": places["city_centre"].map(CENTRE).fillna(""),
            "Over the quarters": places["persistence"].str.removesuffix(" hot spot").fillna(""),
        }
    )
    table = table.loc[:, (table != "").any()]
    st.html(table_of(table, caption=f"{layer.meta.title}, {layer.meta.period}, {layer.meta.area}"))
    tested = places["one_in"].notna().any()
    by = "how far each stands out from what was to be expected there" if tested else "how much is expected next"
    st.html(paragraph(f"Ranked by {by}, not by the events so far.", size_rem=0.9))
    rest = len(layer.features) - len(places)
    if rest:
        st.html(paragraph(f"{rest:,} more are in the downloads.", size_rem=0.9))


def chosen_place(layer: Layer) -> str | None:
    """Let the reader choose a place by name and return its identity; the hottest unless told."""
    assert layer.features is not None
    # The name belongs to the choice: one identity has other names on other lists, and the control kept the old one.
    places = {place: place[1] for place in zip(layer.features["hotspot_id"], layer.features["name"], strict=True)}
    chosen: tuple[str, str] | None = st.selectbox(
        "One place", list(places), format_func=places.__getitem__, key="place", bind="query-params"
    )
    return chosen[0] if chosen else None


def place_panel(layer: Layer, chosen: str) -> None:
    """What is known of one place, one fact a line."""
    assert layer.features is not None
    place = layer.features.set_index("hotspot_id").loc[chosen]
    about = "About " if "rounded_to" in layer.meta.settings else ""
    facts = [
        f"{about}{place['events']:,} events on {rounded(place['area_ha'], decimals=1)} ha, grid reference {chosen}.",
        _core_of(place),
        place.get("chance"),
        f"By year: {place['by_year']}." if isinstance(place["by_year"], str) else "",
        _hours(place),
        _over_time(place),
    ]
    st.html(listed(fact for fact in facts if isinstance(fact, str) and fact))


def _core_of(place: "pd.Series[Any]") -> str:
    """What the place is the core of, where the hot ground about it is too large to send anybody to."""
    if pd.isna(place.get("core_of_ha")):
        return ""
    return f"The core of {rounded(place['core_of_ha'], decimals=1)} ha that are hot: the densest ground in it."


def evidence_panel(build: Build, viewer: Viewer, selection: Selection) -> None:
    """Whether places chosen from earlier months held what came later, against counting by cell and chance."""
    st.header("Does choosing places from the past predict?", anchor=False)
    found = published.prediction_for(build, viewer, selection)
    if found is None:
        st.html(paragraph("Too few months are held to tell: places made from earlier months need later ones."))
        return
    st.html(paragraph(found.sentence))
    if found.table.empty:  # too few events for whoever may not know how many
        return
    table = pd.DataFrame(
        {
            "How places are chosen": found.table["surface"],
            "Use": found.table["role"].map(ROLES),
            "Later events held": [_percent(share) for share in found.table["hit_rate"]],
            "Times chance (PAI)": [rounded(index, decimals=1) for index in found.table["pai"]],
            "Of what was possible (PEI)": [_percent(share) for share in found.table["pei"]],
        }
    )
    st.html(table_of(table, caption="Chosen from earlier months, scored on later ones"))


def _percent(share: float) -> str:
    return "not known" if pd.isna(share) else f"{share:.0%}"


def action_panel(build: Build, viewer: Viewer, selection: Selection) -> None:
    """The places on a page to print, and the action sheet to print and fill in."""
    left, right, _ = st.columns([2, 2, 3])
    name = f"{selection.how}-{selection.what}-{selection.category}"
    left.download_button(
        "Map and list to print (A4, PDF)",
        data=partial(published.hotspot_page, build, viewer, selection),
        file_name=f"{name}.pdf",
        mime="application/pdf",
        on_click="ignore",
        key="hotspot-page",
    )
    right.download_button(
        "Action sheet to print (A4)",
        data=partial(published.sheet_of, build, viewer, selection),
        file_name=f"action-sheet-{name}.html",
        mime="text/html",
        on_click="ignore",
        key="action-sheet",
    )


def empty_panel() -> None:
    """What to do where no place stands out."""
    st.info(
        plain(
            "No place stands out here. That is an answer. “Most expected next” still lists where to be first, and "
            "another agenda or the whole area may show more."
        )
    )


def _over_time(place: Any) -> str:
    if not isinstance(place.get("persistence"), str):
        return ""
    means = meaning(place["persistence"], step="quarter")
    return f"Over the quarters held: {place['persistence']}{f' ({means})' if means else ''}."


def _hours(place: Any) -> str:
    if pd.isna(place["with_hour"]) or pd.isna(place["at_night"]):
        return ""
    return f"Of {place['with_hour']} whose hour is known, {place['at_night']} fall from 18:00 to 05:59."
