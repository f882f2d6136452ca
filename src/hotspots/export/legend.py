"""The classes that a published layer leaves in: those of the map that shows its leading column."""

from hotspots.export.styling import leading_column
from hotspots.layer import Layer
from hotspots.snapshot import Build
from hotspots.style import Classes
from hotspots.views import Selection, Viewer, choices, map_classes


def named_classes(build: Build, layer: Layer, viewer: Viewer) -> Classes | None:
    """
    The classes of a layer from :func:`hotspots.views.named_layer`, as the Map page has them; None where no map does.

    A file from the command line, the Data & export page and the pack is coloured like the page's own download.
    """
    held = choices(build, viewer)
    if layer.surface is not None and layer.meta.measure in held.whats():
        return map_classes(build, Selection(layer.meta.measure, how="density"), viewer)
    column = leading_column(layer) if layer.cube is not None else None
    if column is None or layer.areas is None or column.measure not in held.whats():
        return None
    asked = Selection(column.measure, category=column.category, when=column.period, how=layer.areas.kind)
    known = column.period in held.whens(asked.what, asked.how)
    return map_classes(build, asked, viewer) if known else None
