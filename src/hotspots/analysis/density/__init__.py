"""Kernel density with a meaning: events per square kilometre, integrating to the number of events inside.

Definitions: ``kernels`` (what each is; every one integrates to one over the plane) and ``edges``. Algorithms:
``windows``, ``sweep`` and ``cells`` are exact and differ in speed only; ``moments`` approximates within a bound that it
states. ``docs/density.md`` says why each is there. Also: ``bandwidths`` (rules) and ``comparison`` (differences,
relative risk).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.analysis.density.comparison import density_difference, relative_risk
from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.density.kernels import KERNELS as _KERNELS
from hotspots.analysis.density.kernels import SQUARE_METRES_PER_KM2, Kernel
from hotspots.analysis.density.spec import EDGES, DensitySpec, Edge, Method
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface
from hotspots.tables import PointEvents
from hotspots.texts import so_many

__all__ = ["_KERNELS", "DensitySpec", "Edge", "Kernel", "Method", "density", "density_difference", "relative_risk"]

Progress = Callable[[float], None]
Floats = npt.NDArray[np.float64]

_FEWER = "Events within the bandwidth are counted by whole cells: never too many, and at least one where some may be."


def density(
    points: PointEvents,
    grid: GridSpec,
    spec: DensitySpec,
    *,
    border: Any = None,
    measure: str = "events",
    period: str = "",
    progress: Progress | None = None,
) -> Layer:
    """
    Density of events (or of a weight) per km² at the cell centres of a grid.

    Parameters
    ----------
    points
        Events with positions. Counts by area have none, and are refused by their type.
    border
        Polygon (EPSG:27700, holes allowed) that events and cells must lie in; a cell is inside when its centre is in
        it or on its edge. Without a border the whole grid is inside.
    measure, period
        What is counted and when, for the description.

    Notes
    -----
    Events outside the border, and events whose uncertainty exceeds the bandwidth, stay out and are counted in the
    layer's caveats. With ``edge="diggle"`` the sum of the values times the cell area equals the number of events (or
    the sum of the weights) that entered, up to float32. Events at the same place are added first. With
    ``method="bounded"`` the method text states the bound.

    Examples
    --------
    >>> import pandas as pd
    >>> from hotspots.tables import points_from_frame
    >>> one = points_from_frame(pd.DataFrame({"easting": [544525.0], "northing": [258425.0]}))
    >>> layer = density(one, GridSpec(544000, 258000, 50, 20, 20), DensitySpec(bandwidth_m=200))
    >>> surface = layer.surface
    >>> round(float(surface.values.sum()) * 0.05 * 0.05, 6), int(surface.values.argmax()) == 11 * 20 + 10
    (1.0, True)
    """
    inside = cells_inside(grid, border)
    keep, weights, caveats = _entering(points, grid, spec, border)
    values, events, exactness, more = _made(points, grid, spec, inside, keep, weights, progress)
    values *= SQUARE_METRES_PER_KM2
    if border is not None:
        values[~inside], events[~inside] = np.nan, 0
    surface = Surface(grid, values.astype(np.float32), spec.bandwidth_m, spec.kernel, events.astype(np.uint32))
    described = _described(points, grid, spec, measure, period, (*caveats, *more), exactness)
    return Layer(described, surface=surface)


def _made(
    points: PointEvents,
    grid: GridSpec,
    spec: DensitySpec,
    inside: npt.NDArray[np.bool_],
    keep: npt.NDArray[np.bool_] | None,
    weights: Floats | None,
    progress: Progress | None,
) -> tuple[Floats, Floats, str, tuple[str, ...]]:
    """Density per m², events within the bandwidth, and in words: how exact, and caveats of the method."""
    # Here and not above: the compiler that they need takes a third of a second to load, and not every command needs it.
    from hotspots.analysis.density.exact import density_of_events

    eastings, northings = _positions(points)
    if spec.method == "bounded":
        from hotspots.analysis.density.moments import DensityParts

        parts = DensityParts(grid, spec, inside=inside)
        parts.add(eastings, northings, weights=weights, keep=keep)
        made = parts.surface()
        if progress is not None:
            progress(1.0)
        return made.values, made.events, f", approximated: off by at most {made.bound:.1e} of the peak", (_FEWER,)
    values, events = density_of_events(
        eastings, northings, grid, spec, inside, weights=weights, keep=keep, progress=progress
    )
    return values, events, "", ()


def _described(
    points: PointEvents,
    grid: GridSpec,
    spec: DensitySpec,
    measure: str,
    period: str,
    caveats: tuple[str, ...],
    exactness: str,
) -> LayerMeta:
    width = "standard deviation" if spec.kernel == "gaussian" else "support radius"
    if spec.bandwidth_m < grid.cell_m:
        caveats += (f"The bandwidth ({spec.bandwidth_m:g} m) is below the cell size ({grid.cell_m:g} m).",)
    method = f"{spec.kernel} kernel, {width} {spec.bandwidth_m:g} m, cells of {grid.cell_m:g} m, {EDGES[spec.edge]}"
    return LayerMeta(
        id="density",
        title=f"Density of {points.meta.title}",
        measure=measure,
        unit=f"{measure} per km²",
        period=period,
        source=points.meta.title,
        method=method + exactness,
        policy=points.meta.policy,
        marking=points.meta.marking,
        synthetic=points.meta.synthetic,
        schematic=False,
        attribution=points.meta.attribution,
        caveats=(*points.meta.caveats, *caveats),
        settings={"bandwidth_m": spec.bandwidth_m, "kernel": spec.kernel, "cell_m": grid.cell_m, "edge": spec.edge},
    )


def _positions(points: PointEvents) -> tuple[Floats, Floats]:
    """Eastings and northings as the table holds them: no copy is made of ten million of them."""
    return tuple(points.table[name].to_numpy(dtype=np.float64) for name in ("easting", "northing"))  # type: ignore[return-value]


def _entering(
    points: PointEvents, grid: GridSpec, spec: DensitySpec, border: Any
) -> tuple[npt.NDArray[np.bool_] | None, Floats | None, tuple[str, ...]]:
    """Which events enter (None: all of them), with which weight (None: one each), and what is left out, in words."""
    weights = None if spec.weight is None else _weights(points, spec.weight)
    vague = points.table["uncertainty_m"].to_numpy(dtype=np.float64) > spec.bandwidth_m
    outside = _outside(*_positions(points), grid, border)
    unknown = np.zeros(1, dtype=bool) if weights is None else np.isnan(weights)
    caveats = tuple(
        so_many(int(count), f"event {one}", f"events {more}")
        for count, one, more in (
            (
                np.count_nonzero(outside),
                "lies outside the area and is not in the density.",
                "lie outside the area and are not in the density.",
            ),
            (
                np.count_nonzero(vague & ~outside),
                "is too vaguely placed for this bandwidth and is not in the density.",
                "are too vaguely placed for this bandwidth and are not in the density.",
            ),
            (
                np.count_nonzero(unknown & ~vague & ~outside),
                f"has an unknown {spec.weight} and adds nothing.",
                f"have an unknown {spec.weight} and add nothing.",
            ),
        )
        if count
    )
    return (~vague & ~outside & ~unknown if caveats else None), weights, caveats


def _weights(points: PointEvents, column: str) -> Floats:
    values = points.table[column].astype("Float64")
    weights: Floats = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if (weights < 0).any() or np.isinf(weights).any():
        raise DataRefused(f"{points.meta.id}: weights in {column!r} must be finite and not negative")
    return weights


def _outside(easting: Floats, northing: Floats, grid: GridSpec, border: Any) -> npt.NDArray[np.bool_]:
    off_grid = (easting < grid.west) | (easting > grid.east) | (northing < grid.south) | (northing > grid.north)
    if border is None:
        return off_grid
    return off_grid | ~np.asarray(shapely.intersects_xy(border, easting, northing))
