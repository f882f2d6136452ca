"""The parts of the Map page: the map with its legend, the ranked table, the downloads, the method."""

from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit_folium import st_folium

from hotspots.app import published
from hotspots.app.words import listed, paragraph, plain, ranked_table, trend_table
from hotspots.export import formats_for
from hotspots.layer import Layer
from hotspots.maps.assets import missing_assets
from hotspots.maps.base import Bounds, Drawn, base_map, feature_group, look_at, outlines_of
from hotspots.maps.legend import orientation_legend
from hotspots.measures import MEASURES
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, as_shown

MAP_HEIGHT = 520
# Measures that mislead alone: in one year finds rose by 8 % while the needles found fell by 65 %.
BESIDE = {"instances": ("instances", "volume"), "volume": ("volume", "instances")}
WAYS_ON = """
1. `hotspots init FOLDER --lad E07000148 --name Norwich` makes a folder for a district: boundaries, the area file, and
   templates for the partners' files. Boundaries are downloaded, or taken from files you have (`--lsoas`, `--wards`).
2. Name your files in its `hotspots.toml` (docs/configuration.md has every key).
3. Run `hotspots check`, `hotspots build` and `hotspots app` there.
"""


def map_panel(build: Build, viewer: Viewer, selection: Selection) -> None:
    """The map of a layer and the legend under it; without the browser assets, a plain message in their place."""
    if not _can_draw():
        return
    data, legend = published.drawing_for(build, viewer, selection)
    outline = published.outline_for(build, selection.where)
    lines = [] if selection.how == "ward" else list(published.wards_for(build, viewer, selection).values())
    if not lines and selection.how not in {"ward", "lsoa"}:
        lines = list(published.lines_for(build).values())
    if outline:
        lines.append(outline[0])
    view = outline[1] if outline else published.bounds_for(build)
    _draw(build, data.again(), outlines_of(lines), view=view)
    st.html(legend)
    reading_panel(build)


def boundaries_panel(build: Build) -> None:
    """The outlines of a build's areas, where it holds no counts (yet)."""
    if _can_draw():
        _draw(build, outlines_of(published.lines_for(build).values()), view=published.bounds_for(build))
        reading_panel(build)


def reading_panel(build: Build) -> None:
    """Under a map: what its lines and marks are, and whom to credit."""
    areas = "wards" if build.areas("ward") is not None else "small areas (LSOA)"
    st.html(orientation_legend(places=published.places_for(build) is not None, areas=areas))
    st.html(paragraph(" ".join(published.attributions(build)), size_rem=0.75))


def _can_draw() -> bool:
    missing = missing_assets()
    if missing:
        st.warning(
            f"The map cannot be drawn: {len(missing)} of its files are not installed ({missing[0]}). "
            "Run `python start.py setup`. The table has the same numbers."
        )
    return not missing


def _draw(build: Build, *drawn: Drawn, view: Bounds) -> None:
    bounds = published.bounds_for(build)
    drawing = base_map(bounds, place=build.area_name, attributions=published.attributions(build))
    places = published.places_for(build)
    group = feature_group(*drawn, *([places.again()] if places is not None else []), look_at(view))
    st_folium(
        drawing,
        key=f"map-{build.id}",
        height=MAP_HEIGHT,
        use_container_width=True,
        returned_objects=[],
        feature_group_to_add=group,
        pixelated=True,
        render=False,
    )


def table_panel(build: Build, viewer: Viewer, selection: Selection) -> None:
    """The highest areas with the numbers of the map; beside a density or points, the areas they lie in."""
    layer: Layer | None = published.layer_for(build, viewer, selection)
    own = selection.how in {"lsoa", "ward"} or selection.what == "premises_score"
    if not own:
        layer = published.beside_for(build, viewer, selection)
    table = published.table_for(build, viewer, selection, beside=not own)
    if layer is None or table.empty:
        st.html(paragraph("There are no areas to list here."))
        return
    caption = f"{layer.meta.title}, {layer.meta.period}, {layer.meta.area}"
    st.html(ranked_table(table, caption=caption, number=layer.meta.unit))


def trend_panel(build: Build, viewer: Viewer, selection: Selection) -> None:
    """Totals of the place from year to year, with bars; instances and volume of needle finds always stand together."""
    base = MEASURES[selection.what].base
    held = published.bases_for(build, viewer)
    both = [name for name in BESIDE.get(base, (base,)) if name in held]
    trends = {name: published.trend_for(build, viewer, replace(selection, what=name)) for name in both}
    shown = {name: found for name, found in trends.items() if found is not None and len(found.table) > 1}
    if not shown:
        return
    st.header("From year to year", anchor=False)
    for name, found in shown.items():
        st.html(trend_table(found.table, caption=f"{MEASURES[name].label}: {found.areas}", number=found.unit))
    st.html(paragraph("Whether a change is more than chance: see the page Did it work?", size_rem=0.9))


def downloads_panel(build: Build, viewer: Viewer, selection: Selection) -> None:
    """What is on screen as files, made when asked for."""
    layer = published.layer_for(build, viewer, selection)
    columns = st.columns(4)
    suffixes = [suffix for suffix in formats_for(layer.content) if suffix in published.FORMATS]
    for column, suffix in zip(columns, suffixes, strict=False):
        column.download_button(
            published.FORMATS[suffix],
            data=partial(published.file_of, build, viewer, selection, suffix),
            file_name=published.download_name(layer, suffix),
            mime="application/octet-stream",
            on_click="ignore",
            key=f"download{suffix}",
            width="stretch",
        )


def method_panel(layer: Layer) -> None:
    """How the numbers on screen were made, with everything that has to be known to read them."""
    meta = layer.meta
    with st.expander("How this was worked out"):
        told = MEASURES.get(meta.measure)
        facts = (
            ("Measure", f"{told.label}: {told.meaning}" if told else meta.title),
            ("Unit", meta.unit),
            ("Period", meta.period),
            ("Place", meta.area),
            ("Boundaries", meta.vintage),
            ("Source", meta.source),
            ("Coverage", meta.coverage),
            ("Method", meta.method),
            ("Settings", ", ".join(f"{key} {value}" for key, value in meta.settings.items() if "total" not in key)),
            ("May be read by", meta.sensitivity),
            ("Marking", meta.marking),
        )
        st.html(listed(f"{name}: {value}" for name, value in facts if value))


def notices_panel(layer: Layer) -> None:
    """What must not be overlooked, always in sight: the marking, invented records or shapes."""
    st.html(paragraph(layer.meta.marking, size_rem=0.85))
    if layer.meta.labels:
        st.warning(plain(". ".join(layer.meta.labels) + "."))
    if layer.meta.schematic:
        with st.expander("Use real boundaries and your own records"):
            st.markdown(WAYS_ON)


def fuller_panel(build: Build, viewer: Viewer, selection: Selection) -> None:
    """Where much is hidden: how much, and buttons to the longer period or the wards that show more."""
    found = published.fuller_for(build, viewer, selection)
    if not found:
        return
    now = as_shown(published.layer_for(build, viewer, selection), selection)
    offers = [
        (f"{other.selection.when} hides {other.hidden} of {other.areas}", "when", other.selection.when)
        if other.selection.when != selection.when
        else (f"wards hide {other.hidden} of {other.areas}", "how", other.selection.how)
        for other in found
    ]
    st.info(
        f"{now.hidden} of {now.areas} areas are hidden in {selection.when}, because counts are small or would reveal "
        f"small ones: {', '.join(words for words, _, _ in offers)}."
    )
    for column, (words, key, value) in zip(st.columns(len(offers)), offers, strict=True):
        label = f"Show {words.split(' hide')[0]}"
        column.button(label, key=f"fuller-{key}", on_click=_choose, args=(key, value))


def _choose(key: str, value: str) -> None:
    st.session_state[key] = value


def caveats_panel(layer: Layer) -> None:
    """What this map cannot tell."""
    if layer.meta.caveats:
        st.header("What this map cannot tell you", divider=False)
        st.html(listed(layer.meta.caveats))
