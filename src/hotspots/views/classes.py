"""Class edges of a map: one answer for the page, the file and the print."""

from dataclasses import replace

import numpy as np

from hotspots.snapshot import Build
from hotspots.style import Classes, classes_of, decimals_of, surface_classes
from hotspots.views.choices import choices
from hotspots.views.layers import all_periods_values, view
from hotspots.views.selection import Selection, Viewer


def map_classes(build: Build, selection: Selection, viewer: Viewer) -> Classes:
    """
    Classes over every period of the selected one's length and the whole city.

    A legend made from them does not rescale silently when the reader moves from year to year or from place to place.
    """
    most, whole = build.settings.map.classes, replace(selection, where="city")
    if selection.how != "density":
        return classes_of(all_periods_values(build, whole, viewer), decimals=decimals_of(selection.what), most=most)
    held = choices(build, viewer)
    length = held.period(selection.when or held.whens(selection.what, "density")[-1]).years
    whens = [when for when in held.whens(selection.what, "density") if abs(held.period(when).years - length) < 1e-6]
    surfaces = [view(build, replace(whole, when=when), viewer).surface for when in whens]
    values = [surface.values.ravel() for surface in surfaces if surface is not None]
    return surface_classes(np.concatenate(values) if values else [], most=most)
