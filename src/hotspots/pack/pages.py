"""The pages of a pack: which maps and which lists of places, and each as a page to print."""

from collections.abc import Iterator

import pandas as pd

from hotspots.layer import Layer
from hotspots.maps.hotspot_page import hotspot_page_pdf
from hotspots.maps.page import page_pdf
from hotspots.maps.paper import Orientation
from hotspots.measures import MEASURES, statistic_of
from hotspots.snapshot import Build
from hotspots.views import (
    Choices,
    How,
    Selection,
    Viewer,
    agendas,
    choices,
    companion,
    map_classes,
    prediction,
    ranked,
    sentence,
    view,
    ward_names,
)
from hotspots.views.layers import place_geometry

_DRAWN = ("ward", "lsoa", "density")
_YEARS = 3
_LISTS: tuple[How, ...] = ("hotspots", "targets")


def map_selections(build: Build, viewer: Viewer) -> Iterator[Selection]:
    """
    A map for each count and way of drawing it that the viewer may have, over the last three financial years.

    Areas show the average a year, as assessments print it; where three years are not held, the longest period there
    is. Second measures by position are left out: the layers have them.
    """
    held = choices(build, viewer)
    for base in held.bases():
        if MEASURES[base].statistic != "count" or base.endswith("_located"):
            continue
        for how in held.hows(base):
            if how not in _DRAWN:
                continue
            when = _period(held, base, how)
            averaged = how != "density" and held.period(when).years > 1
            what = statistic_of(base, "annual_average").id if averaged else base
            yield Selection(what, when=when, how=how)  # type: ignore[arg-type]


def hotspot_selections(build: Build, viewer: Viewer) -> Iterator[Selection]:
    """Hotspots and places to target of every agenda that the viewer may have, over the whole area."""
    for what, category in agendas(build, viewer):
        for how in _LISTS:
            yield Selection(what, category=category, how=how)


def hotspot_page_of(build: Build, selection: Selection, viewer: Viewer) -> tuple[Layer, bytes]:
    """The hotspots of a selection and their page (PDF)."""
    layer = view(build, selection, viewer)
    known = prediction(build, selection, viewer)
    page = hotspot_page_pdf(
        layer,
        ranked=ranked(layer),
        orientation=_orientation(build),
        centre=place_geometry(build, "city-centre") if "city-centre" in choices(build, viewer).wheres() else None,
        sentence=sentence(layer, selection),
        evidence="" if known is None else known.sentence,
        footer=_footer(build, layer),
    )
    return layer, page


def page_of(build: Build, selection: Selection, viewer: Viewer) -> tuple[Layer, bytes]:
    """The layer of a selection and its page (PDF)."""
    layer = view(build, selection, viewer)
    beside = layer if layer.surface is None else companion(build, selection, viewer)
    table = pd.DataFrame({"rank": [], "name": [], "shown": []})
    if beside is not None:
        table = ranked(beside, wards=ward_names(build))
        table["name"] += [f" ({ward})" if ward else "" for ward in table["ward"]]
    page = page_pdf(
        layer,
        map_classes(build, selection, viewer),
        ranked=table,
        orientation=_orientation(build),
        footer=_footer(build, layer),
    )
    return layer, page


def _footer(build: Build, layer: Layer) -> tuple[str, ...]:
    return (f"Build {build.id}. May be read by: {layer.meta.sensitivity}.",)


def _period(held: Choices, base: str, how: str) -> str:
    labels = held.whens(base, how)
    runs = [label for label in labels if held.period(label).years == _YEARS]
    return max(runs or labels, key=lambda label: (held.period(label).end, held.period(label).years))


def _orientation(build: Build) -> Orientation:
    areas = build.areas("ward") or build.areas("lsoa")
    outlines = list(areas.geometry) if areas is not None else []
    if "places" not in build.layers:
        return Orientation(outlines)
    places = build.features("places")
    named = pd.DataFrame({"name": places["name"], "easting": places.geometry.x, "northing": places.geometry.y})
    return Orientation(outlines, named)
