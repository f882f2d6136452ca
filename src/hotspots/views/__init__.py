"""``(build, Selection, Viewer) -> Layer``: the only way a number reaches a map, sentence, table, file or page."""

from hotspots.views.choices import Choices, choices
from hotspots.views.clip import clipped
from hotspots.views.layers import all_periods_values, companion, named_layer, view
from hotspots.views.report import ReportTable
from hotspots.views.selection import HOWS, Selection, Viewer
from hotspots.views.tables import report_tables
from hotspots.views.trend import Trend, trend
from hotspots.views.words import ranked, sentence

__all__ = [
    "HOWS",
    "Choices",
    "ReportTable",
    "Selection",
    "Trend",
    "Viewer",
    "all_periods_values",
    "choices",
    "clipped",
    "companion",
    "named_layer",
    "ranked",
    "report_tables",
    "sentence",
    "trend",
    "view",
]
