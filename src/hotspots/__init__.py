"""Geospatial hotspot analysis for community safety partnerships.

The public functions and types are importable from here; everything else is private. Nothing is loaded until it is used,
and importing this package changes nothing in the process.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotspots.analysis.comparison import (
        Comparison,
        compare,
        compare_areas,
        compare_windows,
        control_chart,
        counts_of_cube,
        detectable_change,
        monthly_counts,
        wdd,
        wdq,
        windows_around,
    )
    from hotspots.analysis.density import DensitySpec, density
    from hotspots.analysis.hotspots import HotspotSpec, find_hotspots
    from hotspots.analysis.hotspots.emerging import emerging_classes
    from hotspots.analysis.hotspots.gi_star import gi_star, space_time_gi_star
    from hotspots.analysis.hotspots.space_time import emerging_hot_spots
    from hotspots.analysis.prediction import evaluate_hotspots
    from hotspots.analysis.score import ScoreSpec, premises_scores, score_history
    from hotspots.analysis.score_explained import explain_score
    from hotspots.export import export_layer
    from hotspots.joins import attach, locate
    from hotspots.layer import GridSpec, Layer
    from hotspots.pipeline import build_area as build
    from hotspots.settings import load_area
    from hotspots.snapshot import open_build
    from hotspots.tables import points_from_frame
    from hotspots.views import Selection, Viewer, view

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "DensitySpec",
    "GridSpec",
    "HotspotSpec",
    "Layer",
    "ScoreSpec",
    "Selection",
    "Viewer",
    "attach",
    "build",
    "compare",
    "compare_areas",
    "compare_windows",
    "control_chart",
    "counts_of_cube",
    "density",
    "detectable_change",
    "emerging_classes",
    "emerging_hot_spots",
    "evaluate_hotspots",
    "explain_score",
    "export_layer",
    "find_hotspots",
    "gi_star",
    "load_area",
    "locate",
    "monthly_counts",
    "open_build",
    "points_from_frame",
    "premises_scores",
    "score_history",
    "space_time_gi_star",
    "view",
    "wdd",
    "wdq",
    "windows_around",
]

_HOMES = {
    "Comparison": "analysis.comparison",
    "DensitySpec": "analysis.density",
    "GridSpec": "layer",
    "HotspotSpec": "analysis.hotspots",
    "Layer": "layer",
    "ScoreSpec": "analysis.score",
    "Selection": "views",
    "Viewer": "views",
    "attach": "joins",
    "build": "pipeline",
    "compare": "analysis.comparison",
    "compare_areas": "analysis.comparison",
    "compare_windows": "analysis.comparison",
    "control_chart": "analysis.comparison",
    "counts_of_cube": "analysis.comparison",
    "density": "analysis.density",
    "detectable_change": "analysis.comparison",
    "emerging_classes": "analysis.hotspots.emerging",
    "emerging_hot_spots": "analysis.hotspots.space_time",
    "evaluate_hotspots": "analysis.prediction",
    "explain_score": "analysis.score_explained",
    "export_layer": "export",
    "find_hotspots": "analysis.hotspots",
    "gi_star": "analysis.hotspots.gi_star",
    "load_area": "settings",
    "locate": "joins",
    "monthly_counts": "analysis.comparison",
    "open_build": "snapshot",
    "points_from_frame": "tables",
    "premises_scores": "analysis.score",
    "score_history": "analysis.score",
    "space_time_gi_star": "analysis.hotspots.gi_star",
    "view": "views",
    "wdd": "analysis.comparison",
    "wdq": "analysis.comparison",
    "windows_around": "analysis.comparison",
}
_NAMES = {"build": "build_area"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hotspots' has no attribute {name!r}")
    return getattr(import_module(f"hotspots.{_HOMES[name]}"), _NAMES.get(name, name))
