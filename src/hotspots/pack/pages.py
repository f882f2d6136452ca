"""The maps of a pack: which ones, and each as a page to print."""

from collections.abc import Iterator

import pandas as pd

from hotspots.layer import Layer
from hotspots.maps.page import Orientation, page_pdf
from hotspots.measures import MEASURES, statistic_of
from hotspots.snapshot import Build
from hotspots.views import Choices, Selection, Viewer, choices, companion, map_classes, ranked, view

_DRAWN = ("ward", "lsoa", "density")
_YEARS = 3


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


def page_of(build: Build, selection: Selection, viewer: Viewer) -> tuple[Layer, bytes]:
    """The layer of a selection and its page (PDF)."""
    layer = view(build, selection, viewer)
    beside = layer if layer.surface is None else companion(build, selection, viewer)
    table = ranked(beside) if beside is not None else pd.DataFrame({"rank": [], "name": [], "shown": []})
    page = page_pdf(
        layer,
        map_classes(build, selection, viewer),
        ranked=table,
        orientation=_orientation(build),
        footer=(f"Build {build.id}. May be read by: {layer.meta.sensitivity}.",),
    )
    return layer, page


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
