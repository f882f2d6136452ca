"""The rules: points, a grid and a spec in, flagged cells out, with what being hot means in words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.analysis.density import DensitySpec, density
from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.hotspots.events import Events, counts_by_cell, entering
from hotspots.analysis.hotspots.flagged import Flagged, Floats, Mask
from hotspots.analysis.hotspots.spec import HotspotSpec
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents

Progress = Callable[[float], None]
# Which cells are hot, what cells are ranked by, how rare it is (None: no simulations), and in words what that means.
Answer = tuple[Mask, Floats, Floats | None, str]

_CORRECTIONS = {
    "benjamini_hochberg": "Benjamini and Hochberg's false discovery rate",
    "benjamini_yekutieli": "Benjamini and Yekutieli's false discovery rate",
    "holm": "Holm's correction",
    "bonferroni": "Bonferroni's correction",
    "none": "no correction for the number of cells",
}


def flagged_cells(
    points: PointEvents,
    grid: GridSpec,
    spec: HotspotSpec,
    *,
    border: Any = None,
    reference: PointEvents | None = None,
    population: pd.DataFrame | None = None,
    snap_points: PointEvents | npt.ArrayLike | None = None,
    progress: Progress | None = None,
) -> Flagged:
    """
    The cells that the rule of ``spec`` calls hot; the parameters are those of :func:`hotspots.find_hotspots`.

    Examples
    --------
    >>> from hotspots.tables import points_from_frame
    >>> row = points_from_frame(pd.DataFrame({"easting": [5.0, 6.0, 25.0], "northing": [5.0, 5.0, 5.0]}))
    >>> flagged = flagged_cells(row, GridSpec(0, 0, 10, 3, 1), HotspotSpec("count", share=0.4))
    >>> flagged.hot.tolist(), flagged.value.tolist()
    ([[True, False, False]], [[2.0, 0.0, 1.0]])
    """
    inside = cells_inside(grid, border)
    if not inside.any():
        raise DataRefused("no cell centre lies inside the area: use a smaller cell or a larger area")
    events = entering(points, grid, border=border, bandwidth_m=spec.bandwidth_m, weight=spec.weight)
    surface = density(points, grid, DensitySpec(spec.bandwidth_m, weight=spec.weight), border=border).surface
    assert surface is not None
    per_km2 = surface.values.astype(np.float64)
    in_the_cell = f"{spec.weight or 'events'} in the cell"
    null = None
    if spec.rule == "max_density":
        # Here and not above: the compiler that it needs takes a third of a second to load.
        from hotspots.analysis.hotspots.background import Background

        background = Background(
            border,
            None if reference is None else reference.coordinates,
            population,
            _coordinates(snap_points),
            points.snapped,
        )
        null = background.null_name(spec)
        answer = _above_the_maximum(events, grid, spec, inside, background, progress)
    elif spec.rule == "gi_star":
        answer = _high_gi_star(counts_by_cell(events, grid), grid, spec, inside)
    elif spec.rule == "top_share":
        words = f"density with a bandwidth of {spec.bandwidth_m:g} m", in_the_cell
        answer = _top_share(per_km2, counts_by_cell(events, grid), spec, inside, words)
    else:
        words = in_the_cell, f"density with a bandwidth of {spec.bandwidth_m:g} m"
        answer = _top_share(counts_by_cell(events, grid), per_km2, spec, inside, words)
    hot, value, rarity, statement = answer
    return Flagged(
        grid=grid,
        hot=hot & inside,
        value=np.where(inside, value, np.nan),
        density=per_km2,
        inside=inside,
        one_in=np.full(inside.shape, np.nan) if rarity is None else np.where(inside, rarity, np.nan),
        rule=spec.rule,
        statement=statement,
        seed=None if null is None else spec.seed,
        null=null,
    )


def _coordinates(snap_points: PointEvents | npt.ArrayLike | None) -> Floats | None:
    if snap_points is None:
        return None
    if isinstance(snap_points, PointEvents):
        return snap_points.coordinates
    given = np.asarray(snap_points, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != 2 or not len(given) or not np.isfinite(given).all():
        raise DataRefused(f"snap_points must be finite eastings and northings, shape (n, 2); got shape {given.shape}")
    return given


def _above_the_maximum(
    events: Events, grid: GridSpec, spec: HotspotSpec, inside: Mask, background: Any, progress: Progress | None
) -> Answer:
    from hotspots.analysis.hotspots.maps import Frame
    from hotspots.analysis.hotspots.significance import excess, may_reach, one_in

    allowed = may_reach(spec.simulations, spec.level)
    if not events.weights.sum():
        nothing = np.full(inside.shape, np.nan)
        return np.zeros_like(inside), nothing, nothing, f"No {spec.weight or 'events'} in the area: nothing is hot."
    frame = Frame(grid, spec.bandwidth_m)
    null, words = background.null(events, spec, frame)
    made = excess(events, null, frame, inside=inside, simulations=spec.simulations, seed=spec.seed, progress=progress)
    defined = ~np.isnan(made.deviance)
    hot = defined & (made.deviance > 0) & (made.reached <= allowed)
    statement = (
        f"Hot: more events within {spec.bandwidth_m:g} m (nearer ones weigh more) than the busiest place of a map "
        f"without clustering. Such maps hold {words}; of {spec.simulations:,} of them (seed {spec.seed}) at most "
        f"{allowed} have a place as busy for what is expected there, so that no more than {1 - spec.level:.0%} of maps "
        "without clustering show any hotspot."
    )
    if spec.bandwidth_m < grid.cell_m:
        statement += (
            f" The bandwidth ({spec.bandwidth_m:g} m) is below the cell size ({grid.cell_m:g} m): events between the "
            "centres of cells count nowhere."
        )
    return hot, made.deviance, np.where(defined, one_in(made.reached, spec.simulations), np.nan), statement


def _high_gi_star(counts: Floats, grid: GridSpec, spec: HotspotSpec, inside: Mask) -> Answer:
    from hotspots.analysis.hotspots.correction import corrected_p
    from hotspots.analysis.hotspots.gi_star import gi_star

    if spec.neighbours_m is None:
        found, near = gi_star(counts, inside=inside), "the eight about it"
    else:
        reach = spec.neighbours_m / grid.cell_m
        found, near = (
            gi_star(counts, inside=inside, reach_cells=reach, shape="disc"),
            f"those within {spec.neighbours_m:g} m",
        )
    p = corrected_p(found.p, method=spec.correction)
    hot = (found.z > 0) & (np.nan_to_num(p, nan=1.0) <= 1 - spec.level)
    undefined = "".join(
        f" {int(cells.sum()):,} cells have no Gi*: {reason}." for reason, cells in found.undefined.items()
    )
    statement = (
        f"Hot: Gi* of the events in the cell and {near} (cells of {grid.cell_m:g} m) is high at the level of "
        f"{1 - spec.level:.0%}, two-sided, with {_CORRECTIONS[spec.correction]}.{undefined}"
    )
    return hot, found.z, None, statement


def _top_share(value: Floats, tie: Floats, spec: HotspotSpec, inside: Mask, words: tuple[str, str]) -> Answer:
    """The first cells in order of value, up to a share of the area; a cell without any is never among them."""
    rows, columns = np.nonzero(inside)
    most = int(spec.share * len(rows) + 1e-9)
    order = np.lexsort((columns, rows, -tie[rows, columns], -value[rows, columns]))[:most]
    order = order[value[rows[order], columns[order]] > 0]
    hot = np.zeros_like(inside)
    hot[rows[order], columns[order]] = True
    statement = (
        f"Hot: the {len(order):,} cells with the highest {words[0]}, up to {spec.share:.1%} of the area; ties go to "
        f"the higher {words[1]}, then to the north, then to the west. No test: some cells are always the highest."
    )
    return hot, value, None, statement
