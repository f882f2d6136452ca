"""``(build, Selection, Viewer) -> Layer``: the only way a number reaches a map, sentence, table, file or page."""

from hotspots.view.choices import Choices, choices
from hotspots.view.clip import clipped
from hotspots.view.layers import all_periods_values, companion, named_layer, view
from hotspots.view.selection import HOWS, Selection, Viewer
from hotspots.view.words import ranked, sentence

__all__ = [
    "HOWS",
    "Choices",
    "Selection",
    "Viewer",
    "all_periods_values",
    "choices",
    "clipped",
    "companion",
    "named_layer",
    "ranked",
    "sentence",
    "view",
]
