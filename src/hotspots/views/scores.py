"""Premises scores as a layer, under the profile of the area file: only for viewers who may see premises."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import shapely

from hotspots.analysis.score import STANDING, fall_caveat, premises_scores
from hotspots.analysis.score_spec import ScoreSpec
from hotspots.layer import Layer, LayerMeta
from hotspots.periods import Coverage
from hotspots.settings import ScoreSection
from hotspots.snapshot import Build


def score_spec(section: ScoreSection, record: Mapping[str, Any]) -> ScoreSpec:
    """
    The profile of the area file; real premises get bands only once thresholds were agreed by somebody, on a day.

    ``record`` is what a build notes of its scores: whether the records are synthetic, and which types score.
    """
    return ScoreSpec(
        window_months=section.window_months,
        scored_types=tuple(record["scored_types"]),
        medium_from=section.medium_from,
        high_from=section.high_from,
        verging_fraction=section.verging_fraction,
        bands=bool(record["synthetic"]) or section.thresholds_agreed,
        profile=section.profile,
        version=section.version,
        severity=section.weighted.severity,
        attribution=section.weighted.attribution,
        mitigation=section.weighted.mitigation,
        severe_from=section.weighted.severe_from,
        severe_mitigation=section.weighted.severe_mitigation,
        decay=section.decay,
        half_life_days=section.half_life_days,
        capacity=section.capacity,
        rising_months=section.rising_months,
        rising_by=section.rising_by,
    )


def spec_of(build: Build) -> ScoreSpec:
    """The profile that a build was made with."""
    return score_spec(build.settings.premises_score, build.manifest["score"])


def coverage_of(build: Build) -> Coverage:
    """What the incidents of a build cover."""
    record = build.manifest["score"]
    covers_from, covers_to = (date.fromisoformat(record[end]) for end in ("covers_from", "covers_to"))
    return Coverage(covers_from, covers_to, record["absent"])


def score_layer(build: Build, meta: LayerMeta, *, when: str, within: Any) -> Layer:
    """The scores of a day as points, all of them or those ``within`` a polygon; the caller has checked the viewer."""
    spec = spec_of(build)
    scores = premises_scores(
        build.table("premises"),
        build.table("incidents"),
        spec,
        as_of=date.fromisoformat(when),
        coverage=coverage_of(build),
    )
    features = gpd.GeoDataFrame(
        scores, geometry=gpd.points_from_xy(scores["easting"], scores["northing"]), crs="EPSG:27700"
    )
    if within is not None:
        features = features[shapely.intersects(within, features.geometry.to_numpy())].reset_index(drop=True)
    window = f"{features['window_from'].min()} to {when}" if len(features) else f"to {when}"
    described = replace(
        meta,
        title=f"Premises violence score, profile {spec.label}",
        measure="premises_score",
        unit="attributed incidents" if spec.whole else "points",
        period=window,
        sensitivity="restricted",
        caveats=(*meta.caveats, STANDING, fall_caveat(spec)),
    )
    return Layer(described, features=features)
