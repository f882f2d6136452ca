"""Targets: the cells where most is expected next, as flagged cells, so that they become named places like hotspots."""

from datetime import date
from typing import Any

import numpy as np

from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.analysis.prediction.accuracy import chosen_shares
from hotspots.analysis.prediction.history import history_of
from hotspots.analysis.prediction.targeting import TargetingSpec, surface_of
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents


def target_cells(
    points: PointEvents,
    grid: GridSpec,
    spec: TargetingSpec,
    *,
    border: Any = None,
    reference: PointEvents | None = None,
    months: tuple[date, ...] | None = None,
    area_share: float = 0.01,
) -> Flagged:
    """
    The cells where a targeting surface made from all months expects most, up to a share of the area.

    Cells of equal expectation at the end of the list are left out together. This is a choice and no test: some cells
    always come first, so there is no ``one_in``.
    """
    history = history_of(
        points, grid, border=border, reference=reference, bandwidths_m=spec.bandwidths_m, months=months
    )
    areas, surface = history.areas_km2, surface_of(history, spec)
    expected = surface.expected
    shares = chosen_shares(expected, areas, area=area_share * float(areas.sum()), ties="pessimistic")
    inside = areas > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(inside, history.counts.sum(axis=0) / areas, np.nan)
    return Flagged(
        grid=grid,
        hot=(shares == 1) & (expected > 0),
        value=np.where(inside, expected, np.nan),
        density=density,
        inside=inside,
        one_in=np.full(inside.shape, np.nan),
        rule="targeting",
        statement=f"Chosen: the cells of {grid.cell_m:g} m where most is expected next, up to {area_share:.1%} of the "
        f"area, by {surface.label}. No test: some places always come first.",
        seed=None,
        null=None,
    )
