"""What the pages read of a published build, kept between reruns by build, viewer and selection, bounded in number.

What one role was given is never served to another: the viewer is part of every key. Kept things are shared by all
readers and are not to be changed.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from hotspots import crs
from hotspots.areas import AreaKind
from hotspots.disclosure import may_see_premises
from hotspots.errors import BuildError
from hotspots.export.action_sheet import action_sheet
from hotspots.export.bundle import bundle, file_name
from hotspots.layer import Layer
from hotspots.maps.base import Bounds, Drawn, places_of
from hotspots.maps.choropleth import Shapes, bounds_of, choropleth, fills_of, prepare_shapes, shape_of
from hotspots.maps.hotspots import hotspots_group, ranks_group
from hotspots.maps.legend import hotspots_legend, legend_html, points_legend
from hotspots.maps.points import points_group
from hotspots.maps.surface import surface_overlay
from hotspots.pack.pages import hotspot_page_of
from hotspots.snapshot import Build, open_build, record_export
from hotspots.style import Classes
from hotspots.views import (
    Fuller,
    Prediction,
    Selection,
    Trend,
    Viewer,
    agendas,
    choices,
    companion,
    fuller_selections,
    map_classes,
    prediction,
    ranked,
    sentence,
    trend,
    view,
    ward_names,
)
from hotspots.views.layers import place_geometry

FORMATS = {".geojson": "GeoJSON", ".gpkg": "GeoPackage", ".csv": "CSV", ".tif": "GeoTIFF"}
IN_ARCHIVES = (".csv", ".tif")
# How the caches tell builds, viewers and selections apart.
BY_ID: dict[Any, Any] = {
    Build: lambda build: build.id,
    Viewer: lambda viewer: viewer.role,
    Selection: lambda asked: "\n".join((asked.what, asked.category, asked.when, asked.where, asked.how)),
}


def current_build() -> Build:
    """The build that is published now; ``BuildError`` where there is none. Looked for at most every five seconds."""
    return _first_opened(_looked_up(os.environ.get("HOTSPOTS_BUILD", "build")))


@st.cache_resource(ttl=5, max_entries=4, show_spinner=False)
def _looked_up(folder: str) -> Build:
    return open_build(Path(folder))


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=BY_ID)
def _first_opened(build: Build) -> Build:
    # The tables that a build has read stay with it: the one opened first is kept, not each new look at it.
    return build


def area_file() -> Path | None:
    """The area file whose register may be added to, where the service was started beside one."""
    path = Path(os.environ.get("HOTSPOTS_AREA", "hotspots.toml") or "-")
    return path if path.is_file() else None


def viewer_of(build: Build) -> Viewer:
    """Who reads on this machine, as the area file says."""
    return Viewer(build.settings.map.role)


def premises_listed() -> bool:
    """Whether the Premises page is in the menu: there is a build with premises, and this reader may see them."""
    try:
        build = current_build()
    except BuildError:
        return False
    return "premises-scores" in build.layers and may_see_premises(build.settings.map.role)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=BY_ID)
def layer_for(build: Build, viewer: Viewer, selection: Selection) -> Layer:
    """The layer of a selection, disclosed for the viewer; raises what ``view`` raises."""
    return view(build, selection, viewer)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=BY_ID)
def fuller_for(build: Build, viewer: Viewer, selection: Selection) -> tuple[Fuller, ...]:
    """Selections that show more, where much of the selected one is hidden."""
    return fuller_selections(build, selection, viewer)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_ID)
def beside_for(build: Build, viewer: Viewer, selection: Selection) -> Layer | None:
    """The area layer whose table stands beside a density or single events."""
    return companion(build, selection, viewer)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=BY_ID)
def classes_for(build: Build, viewer: Viewer, selection: Selection) -> Classes:
    """Class edges over every period of the measure and category, so that a legend does not rescale silently."""
    return map_classes(build, selection, viewer)


def table_for(build: Build, viewer: Viewer, selection: Selection, *, beside: bool) -> pd.DataFrame:
    """The ranked table of a selection's own layer, or of the one beside it: a copy, for what is kept is everybody's."""
    return _kept_table(build, viewer, selection, beside=beside).copy()


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=BY_ID)
def _kept_table(build: Build, viewer: Viewer, selection: Selection, *, beside: bool) -> pd.DataFrame:
    layer = beside_for(build, viewer, selection) if beside else layer_for(build, viewer, selection)
    return ranked(layer, wards=wards_beside(build)) if layer is not None else pd.DataFrame()


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_ID)
def sentence_for(build: Build, viewer: Viewer, selection: Selection) -> str:
    """One sentence that says what the map shows."""
    return sentence(layer_for(build, viewer, selection), selection, wards=wards_beside(build))


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=BY_ID)
def wards_beside(build: Build) -> dict[str, str]:
    """The name of each LSOA's ward."""
    return ward_names(build)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_ID)
def bases_for(build: Build, viewer: Viewer) -> list[str]:
    """The counts that the viewer may ask for."""
    return choices(build, viewer).bases()


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_ID)
def trend_for(build: Build, viewer: Viewer, selection: Selection) -> Trend | None:
    """Totals of the selected place from year to year."""
    return trend(build, selection, viewer)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_ID)
def drawing_for(build: Build, viewer: Viewer, selection: Selection) -> tuple[Drawn, str]:
    """What is laid over the base map (take ``.again()`` of it), and the legend as HTML."""
    layer = layer_for(build, viewer, selection)
    meta = layer.meta
    if layer.features is not None:
        most = build.settings.map.most_points
        note = f"the first {most:,} of {len(layer.features):,}" if len(layer.features) > most else "each one"
        return points_group(layer, most=most), points_legend(title=meta.title, note=note)
    classes = classes_for(build, viewer, selection)
    if layer.surface is not None:
        legend = legend_html(classes, title=meta.title, unit=meta.unit, note="no colour: outside the area, or hidden")
        return surface_overlay(layer, classes), legend
    kind: AreaKind = "ward" if selection.how == "ward" else "lsoa"
    drawn = choropleth(
        layer, classes, shapes_for(build, kind, build.manifest["cubes"][meta.id]["areas"]), wards=wards_beside(build)
    )
    return drawn, legend_html(classes, title=meta.title, unit=meta.unit, fills=fills_of(layer, classes))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_ID)
def agendas_for(build: Build, viewer: Viewer) -> dict[tuple[str, str], str]:
    """The agendas whose hotspots the viewer may see, with their labels."""
    return agendas(build, viewer)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_ID)
def wheres_for(build: Build, viewer: Viewer) -> dict[str, str]:
    """The places that may be asked about, with their names."""
    return choices(build, viewer).wheres()


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_ID)
def hotspots_for(build: Build, viewer: Viewer, selection: Selection, chosen: str | None) -> tuple[Drawn, Drawn, str]:
    """The hotspots of a selection and their ranks (take ``.again()`` of each), and the legend as HTML."""
    layer = layer_for(build, viewer, selection)
    return (
        hotspots_group(layer, selected=chosen),
        ranks_group(layer, selected=chosen),
        hotspots_legend(title=layer.meta.title),
    )


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_ID)
def prediction_for(build: Build, viewer: Viewer, selection: Selection) -> Prediction | None:
    """How well places chosen from the past have predicted, for the agenda of a selection."""
    return prediction(build, selection, viewer)


def sheet_of(build: Build, viewer: Viewer, selection: Selection) -> bytes:
    """The bytes of an action sheet, for the viewer's audience: made anew and noted at each call."""
    layer, found = layer_for(build, viewer, selection), prediction_for(build, viewer, selection)
    words = sentence_for(build, viewer, selection)
    text = action_sheet(
        layer, audience=viewer.audience, sentence=words, evidence="" if found is None else found.sentence
    )
    content = text.encode()
    files = {f"action-sheet-{selection.how}-{selection.what}-{selection.category}.html": content}
    record_export(build.folder.parent, build_id=build.id, meta=layer.meta, files=files, role=viewer.role)
    return content


def hotspot_page(build: Build, viewer: Viewer, selection: Selection) -> bytes:
    """The bytes of the page of a selection's places (PDF), for the viewer: made anew and noted at each call."""
    layer, content = hotspot_page_of(build, selection, viewer)
    files = {f"{selection.how}-{selection.what}-{selection.category}.pdf": content}
    record_export(build.folder.parent, build_id=build.id, meta=layer.meta, files=files, role=viewer.role)
    return content


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_ID)
def shapes_for(build: Build, kind: AreaKind, layer_id: str = "") -> Shapes:
    """Drawn shapes of the build's areas of a kind (of a layer), prepared once; none where it has no such areas."""
    areas = build.areas(kind, layer_id)
    return prepare_shapes(areas) if areas is not None else {}


def wards_for(build: Build, viewer: Viewer, selection: Selection) -> Shapes:
    """The wards that were in force at the end of the period of a selection."""
    by_period = selection.when in build.manifest["periods"]
    return shapes_for(build, "ward", choices(build, viewer).ward_layer(selection.when) if by_period else "")


def lines_for(build: Build) -> Shapes:
    """What a map without areas of its own is read by: the wards of a build, or its small areas where it has none."""
    return shapes_for(build, "ward") or shapes_for(build, "lsoa")


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_ID)
def outline_for(build: Build, where: str) -> tuple[str, Bounds] | None:
    """The outline of a place and the view it asks for; None for the whole area."""
    geometry = place_geometry(build, where)
    return None if geometry is None else (shape_of(geometry), bounds_of(np.array([geometry], dtype=object)))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_ID)
def view_for(build: Build, viewer: Viewer, selection: Selection) -> Bounds:
    """The view of a map of hotspots: the place chosen, and the whole of each hotspot that reaches over its border."""
    place, found = place_geometry(build, selection.where), layer_for(build, viewer, selection).features
    if place is None or found is None:
        return bounds_for(build)
    return bounds_of(np.array([place, *found.geometry], dtype=object))


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=BY_ID)
def places_for(build: Build) -> Drawn | None:
    """The named places of the build, for orientation; None where the area file names none."""
    if "places" not in build.layers:
        return None
    places = build.features("places")
    longitude, latitude = crs.to_wgs84(places.geometry.x, places.geometry.y)
    return places_of(places["name"], longitude.tolist(), latitude.tolist())


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=BY_ID)
def bounds_for(build: Build) -> Bounds:
    """West, south, east and north of the whole area, in degrees."""
    areas = build.areas("ward") or build.areas("lsoa")
    if areas is None:
        raise BuildError(f"build {build.id} holds no areas to draw a map of; name boundaries in the area file")
    return bounds_of(areas.geometry)


def attributions(build: Build) -> list[str]:
    """The words that the licences of boundaries and sources ask for, each once."""
    held = [areas.attribution for kind in ("lsoa", "ward") if (areas := build.areas(kind)) is not None]
    held += [str(source["attribution"]) for source in build.manifest["sources"].values()]
    return list(dict.fromkeys(words for words in held if words))


def file_of(build: Build, viewer: Viewer, selection: Selection, suffix: str) -> bytes:
    """The bytes of a selection's download, for the viewer's audience: made anew, checked and noted at each call."""
    layer = layer_for(build, viewer, selection)
    classes = None if layer.features is not None else classes_for(build, viewer, selection)
    content, name = bundle(layer, suffix, viewer.file_audience(layer.meta), classes=classes)
    folder = build.folder.parent
    record_export(folder, build_id=build.id, meta=layer.meta, files={name: content}, role=viewer.role)
    return content


def download_name(layer: Layer, suffix: str) -> str:
    """The name of a download before it is made: formats of several files come as one archive."""
    return file_name(layer, suffix) + (".zip" if suffix in IN_ARCHIVES else "")
