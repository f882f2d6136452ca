"""What a build holds before it is written."""

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.layer import Layer, LayerMeta
from hotspots.settings import AreaFile


@dataclass(frozen=True, eq=False)
class SurfaceEntry:
    """A density surface together with what it is of."""

    layer_id: str
    measure: str
    category: str
    period: str
    layer: Layer

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Layer, measure, category and period: what a selection asks for."""
        return (self.layer_id, self.measure, self.category, self.period)


@dataclass(frozen=True, eq=False)
class BuildContent:
    """
    Everything that is published: cubes and features by layer, surfaces, the standard tables, rejects, and the manifest.

    ``manifest`` holds inputs with SHA-256 and tallies, settings, versions, vintages, coverage, attribution, marking.
    """

    settings: AreaFile
    manifest: dict[str, Any]
    metas: dict[str, LayerMeta] = field(default_factory=dict)
    cubes: dict[str, pd.DataFrame] = field(default_factory=dict)
    features: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    surfaces: list[SurfaceEntry] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    rejects: dict[str, pd.DataFrame] = field(default_factory=dict)
