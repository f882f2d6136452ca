"""``(build, Selection, Viewer) -> Layer``: the only way a number reaches a map, sentence, table, file or page."""

from hotspots.views.choices import Choices, choices
from hotspots.views.clip import clipped
from hotspots.views.hotspots import Prediction, agendas, prediction
from hotspots.views.layers import all_periods_values, companion, named_layer, view
from hotspots.views.selection import HOWS, Selection, Viewer
from hotspots.views.trend import Trend, trend
from hotspots.views.words import ranked, sentence

__all__ = [
    "HOWS",
    "Choices",
    "Prediction",
    "Selection",
    "Trend",
    "Viewer",
    "agendas",
    "all_periods_values",
    "choices",
    "clipped",
    "companion",
    "named_layer",
    "prediction",
    "ranked",
    "sentence",
    "trend",
    "view",
]
