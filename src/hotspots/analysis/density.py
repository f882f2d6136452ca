"""Kernel density with a meaning: events per square kilometre, integrating to the number of events inside.

Definitions follow Silverman (1986, eq. 4.5) for the quartic kernel and Diggle (1985) with Jones (1993) for the edge
correction. Every kernel below integrates to one over the plane; a test integrates them, none is copied on trust.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import GridSpec, Layer, LayerMeta, Surface
from hotspots.tables import PointEvents

Kernel = Literal["quartic", "epanechnikov", "triweight", "uniform", "gaussian"]
Edge = Literal["none", "diggle"]
Progress = Callable[[float], None]
Floats = npt.NDArray[np.float64]

_SQUARE_METRES_PER_KM2 = 1e6
_GAUSSIAN_REACH = 7.0  # standard deviations: beyond them the kernel is below 3e-11 of its peak


@dataclass(frozen=True)
class DensitySpec:
    """
    How a density is made.

    ``bandwidth_m`` is the support radius of the kernel (for ``gaussian``, its standard deviation). ``edge="diggle"``
    divides each event by the share of its kernel that lies inside the border, so that the total is conserved.
    ``weight`` names the column that is summed (``quantity`` for needles); None counts events.
    """

    bandwidth_m: float
    kernel: Kernel = "quartic"
    edge: Edge = "diggle"
    weight: str | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.bandwidth_m) and self.bandwidth_m > 0):
            raise DataRefused(f"bandwidth must be a positive number of metres, got {self.bandwidth_m!r}")
        if self.kernel not in _KERNELS:
            raise DataRefused(f"there is no kernel {self.kernel!r}; choose one of {', '.join(_KERNELS)}")

    @property
    def reach_m(self) -> float:
        """Distance beyond which an event adds nothing, in metres."""
        return self.bandwidth_m * (_GAUSSIAN_REACH if self.kernel == "gaussian" else 1.0)


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
    the sum of the weights) that entered, up to float32. Events at the same place are added first.

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
    inside = _cells_inside(grid, border)
    places, weights, counts, caveats = _places(points, grid, spec, border)
    values = np.zeros((grid.rows, grid.columns))
    events = np.zeros((grid.rows, grid.columns), dtype=np.uint32)
    for number, ((easting, northing), weight, count) in enumerate(zip(places, weights, counts, strict=True)):
        window, shape, in_reach = _spread((easting, northing), grid, spec, inside)
        values[window] += weight * shape
        events[window] += np.uint32(count) * in_reach
        if progress is not None and number % 256 == 0:
            progress(number / len(places))
    per_km2 = np.where(inside, values * _SQUARE_METRES_PER_KM2, np.nan).astype(np.float32)
    surface = Surface(grid, per_km2, spec.bandwidth_m, spec.kernel, np.where(inside, events, 0).astype(np.uint32))
    return Layer(_described(points, grid, spec, measure, period, caveats), surface=surface)


def _described(
    points: PointEvents, grid: GridSpec, spec: DensitySpec, measure: str, period: str, caveats: tuple[str, ...]
) -> LayerMeta:
    width = "standard deviation" if spec.kernel == "gaussian" else "support radius"
    edge = "edge-corrected (Diggle)" if spec.edge == "diggle" else "no edge correction"
    if spec.bandwidth_m < grid.cell_m:
        caveats += (f"The bandwidth ({spec.bandwidth_m:g} m) is below the cell size ({grid.cell_m:g} m).",)
    return LayerMeta(
        id="density",
        title=f"Density of {points.meta.title}",
        measure=measure,
        unit=f"{measure} per km²",
        period=period,
        source=points.meta.title,
        method=f"{spec.kernel} kernel, {width} {spec.bandwidth_m:g} m, cells of {grid.cell_m:g} m, {edge}",
        policy=points.meta.policy,
        marking=points.meta.marking,
        synthetic=points.meta.synthetic,
        schematic=False,
        attribution=points.meta.attribution,
        caveats=(*points.meta.caveats, *caveats),
        settings={"bandwidth_m": spec.bandwidth_m, "kernel": spec.kernel, "cell_m": grid.cell_m, "edge": spec.edge},
    )


def _cells_inside(grid: GridSpec, border: Any) -> npt.NDArray[np.bool_]:
    if border is None:
        return np.ones((grid.rows, grid.columns), dtype=bool)
    eastings, northings = np.meshgrid(grid.centre_eastings, grid.centre_northings)
    shapely.prepare(border)
    return np.asarray(shapely.intersects_xy(border, eastings, northings))


def _places(
    points: PointEvents, grid: GridSpec, spec: DensitySpec, border: Any
) -> tuple[Floats, Floats, npt.NDArray[np.int64], tuple[str, ...]]:
    """Distinct places with the weight and the number of events at each, and what was left out, in words."""
    coordinates = points.coordinates
    weights = np.ones(len(points)) if spec.weight is None else _weights(points, spec.weight)
    vague = points.table["uncertainty_m"].to_numpy(dtype=np.float64) > spec.bandwidth_m
    outside = _outside(coordinates, grid, border)
    unknown = np.isnan(weights)
    keep = ~vague & ~outside & ~unknown
    caveats = tuple(
        f"{int(count):,} {reason}"
        for count, reason in (
            (outside.sum(), "events lie outside the area and are not in the density."),
            ((vague & ~outside).sum(), "events are too vaguely placed for this bandwidth and are not in the density."),
            ((unknown & ~vague & ~outside).sum(), f"events have an unknown {spec.weight} and add nothing."),
        )
        if count
    )
    places, which = np.unique(coordinates[keep], axis=0, return_inverse=True)
    which = which.reshape(-1)
    summed = np.bincount(which, weights=weights[keep], minlength=len(places))
    counts = np.bincount(which, minlength=len(places)).astype(np.int64)
    return np.asarray(places, np.float64), np.asarray(summed, np.float64), counts, caveats


def _weights(points: PointEvents, column: str) -> Floats:
    values = points.table[column].astype("Float64")
    weights: Floats = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if (weights < 0).any():
        raise DataRefused(f"{points.meta.id}: weights in {column!r} must not be negative")
    return weights


def _outside(coordinates: Floats, grid: GridSpec, border: Any) -> npt.NDArray[np.bool_]:
    easting, northing = coordinates[:, 0], coordinates[:, 1]
    off_grid = (easting < grid.west) | (easting > grid.east) | (northing < grid.south) | (northing > grid.north)
    if border is None:
        return off_grid
    return off_grid | ~np.asarray(shapely.intersects_xy(border, easting, northing))


def _spread(
    place: tuple[float, float], grid: GridSpec, spec: DensitySpec, inside: npt.NDArray[np.bool_]
) -> tuple[tuple[slice, slice], Floats, npt.NDArray[np.bool_]]:
    """Where one event of weight 1 spreads to: the window of cells, its density per m² there, and the cells in reach."""
    rows = _window(grid.north - place[1], spec.reach_m, grid.cell_m, grid.rows)
    columns = _window(place[0] - grid.west, spec.reach_m, grid.cell_m, grid.columns)
    east = grid.centre_eastings[columns] - place[0]
    north = grid.centre_northings[rows] - place[1]
    squared = (north[:, None] ** 2 + east[None, :] ** 2) / spec.bandwidth_m**2
    shape = _KERNELS[spec.kernel](squared) / spec.bandwidth_m**2
    if spec.edge == "none":
        return (rows, columns), shape, squared <= 1
    mass = (shape * inside[rows, columns]).sum() * grid.cell_m**2
    if mass > 0:
        return (rows, columns), shape / mass, squared <= 1
    # No cell centre inside is in reach (bandwidth below the cell): the nearest cell inside takes the event whole.
    row, column = _nearest_inside(place, grid, inside)
    return (slice(row, row + 1), slice(column, column + 1)), np.full((1, 1), grid.cell_m**-2), np.ones((1, 1), bool)


def _nearest_inside(place: tuple[float, float], grid: GridSpec, inside: npt.NDArray[np.bool_]) -> tuple[int, int]:
    rows, columns = np.nonzero(inside)
    if not len(rows):
        raise DataRefused("no cell centre lies inside the area: use a smaller cell or a larger area")
    squared = (grid.centre_eastings[columns] - place[0]) ** 2 + (grid.centre_northings[rows] - place[1]) ** 2
    nearest = int(squared.argmin())
    return int(rows[nearest]), int(columns[nearest])


def _window(offset_m: float, reach_m: float, cell_m: float, cells: int) -> slice:
    first = max(0, int(np.floor((offset_m - reach_m) / cell_m)))
    last = min(cells, int(np.ceil((offset_m + reach_m) / cell_m)) + 1)
    return slice(first, max(first, last))


# Each takes the squared distance in bandwidths and returns the density of a bandwidth of one; each integrates to one.
_KERNELS: dict[str, Callable[[Floats], Floats]] = {
    "quartic": lambda squared: 3 / np.pi * np.clip(1 - squared, 0, None) ** 2,
    "epanechnikov": lambda squared: 2 / np.pi * np.clip(1 - squared, 0, None),
    "triweight": lambda squared: 4 / np.pi * np.clip(1 - squared, 0, None) ** 3,
    "uniform": lambda squared: np.where(squared <= 1, 1 / np.pi, 0.0),
    "gaussian": lambda squared: np.exp(-squared / 2) / (2 * np.pi),
}
