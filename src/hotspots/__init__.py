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
    from hotspots.analysis.density.comparison import density_difference, relative_risk
    from hotspots.analysis.hotspots import HotspotSpec, find_hotspots
    from hotspots.analysis.hotspots.correction import corrected_p
    from hotspots.analysis.hotspots.emerging import emerging_classes, mann_kendall
    from hotspots.analysis.hotspots.gi_star import gi_star, space_time_gi_star
    from hotspots.analysis.hotspots.local_areas import empirical_bayes_rates, local_moran
    from hotspots.analysis.hotspots.space_time import emerging_hot_spots
    from hotspots.analysis.prediction import evaluate_hotspots, hit_rate, pai, pei, rri
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
    "corrected_p",
    "counts_of_cube",
    "density",
    "density_difference",
    "detectable_change",
    "emerging_classes",
    "emerging_hot_spots",
    "empirical_bayes_rates",
    "evaluate_hotspots",
    "explain_score",
    "export_layer",
    "find_hotspots",
    "gi_star",
    "hit_rate",
    "load_area",
    "local_moran",
    "locate",
    "mann_kendall",
    "monthly_counts",
    "open_build",
    "pai",
    "pei",
    "points_from_frame",
    "premises_scores",
    "relative_risk",
    "rri",
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
    "corrected_p": "analysis.hotspots.correction",
    "counts_of_cube": "analysis.comparison",
    "density": "analysis.density",
    "density_difference": "analysis.density.comparison",
    "detectable_change": "analysis.comparison",
    "emerging_classes": "analysis.hotspots.emerging",
    "emerging_hot_spots": "analysis.hotspots.space_time",
    "empirical_bayes_rates": "analysis.hotspots.local_areas",
    "evaluate_hotspots": "analysis.prediction",
    "explain_score": "analysis.score_explained",
    "export_layer": "export",
    "find_hotspots": "analysis.hotspots",
    "gi_star": "analysis.hotspots.gi_star",
    "hit_rate": "analysis.prediction",
    "load_area": "settings",
    "local_moran": "analysis.hotspots.local_areas",
    "locate": "joins",
    "mann_kendall": "analysis.hotspots.emerging",
    "monthly_counts": "analysis.comparison",
    "open_build": "snapshot",
    "pai": "analysis.prediction",
    "pei": "analysis.prediction",
    "points_from_frame": "tables",
    "premises_scores": "analysis.score",
    "relative_risk": "analysis.density.comparison",
    "rri": "analysis.prediction",
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
