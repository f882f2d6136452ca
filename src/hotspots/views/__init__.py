"""``(build, Selection, Viewer) -> Layer``: the only way a number reaches a map, sentence, table, file or page."""

from hotspots.views.choices import Choices, choices
from hotspots.views.classes import map_classes
from hotspots.views.clip import clipped
from hotspots.views.evaluation import (
    Answer,
    Question,
    chart_of,
    comparable,
    detectable,
    evaluate,
    evaluate_wards,
    question_of,
)
from hotspots.views.explained import Explanation, explained
from hotspots.views.fuller import Fuller, as_shown, fuller_selections
from hotspots.views.hotspots import Prediction, agendas, prediction
from hotspots.views.judged import counts_of, judged_measures, judged_places, registered
from hotspots.views.layers import all_periods_values, companion, named_layer, view
from hotspots.views.read import sources_read
from hotspots.views.report import ReportTable
from hotspots.views.selection import HOWS, How, Selection, Viewer
from hotspots.views.tables import report_tables
from hotspots.views.trend import Trend, totals_over, trend
from hotspots.views.words import ranked, sentence, ward_names

__all__ = [
    "HOWS",
    "Answer",
    "Choices",
    "Explanation",
    "Fuller",
    "How",
    "Prediction",
    "Question",
    "ReportTable",
    "Selection",
    "Trend",
    "Viewer",
    "agendas",
    "all_periods_values",
    "as_shown",
    "chart_of",
    "choices",
    "clipped",
    "companion",
    "comparable",
    "counts_of",
    "detectable",
    "evaluate",
    "evaluate_wards",
    "explained",
    "fuller_selections",
    "judged_measures",
    "judged_places",
    "map_classes",
    "named_layer",
    "prediction",
    "question_of",
    "ranked",
    "registered",
    "report_tables",
    "sentence",
    "sources_read",
    "totals_over",
    "trend",
    "view",
    "ward_names",
]
