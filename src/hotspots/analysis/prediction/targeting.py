"""Where to go next: the surfaces that rank cells by what is expected there, from what was recorded there before.

The history of a cell is its count. A short history is noisy, so it is shrunk towards what a cell of its surroundings
would have (empirical Bayes, gamma-Poisson): with a prior worth ``strength`` times the record itself, the expected count
is ``(count + strength x prior) / (1 + strength)``. A strength of 0 is counting; an infinite one is the prior alone.
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TargetingSpec:
    """
    How expected counts are made from a history.

    Parameters
    ----------
    strength
        Weight of the prior against the record: 0 counts, infinity forgets the cell's own record.
    bandwidth_m
        Support radius of the quartic density of the same kind of events, which makes (part of) the prior, in metres.
    reference_share
        Part of the prior that follows all events of the reference, cell by cell, in place of the density.
    half_life_months
        After how many months an event counts half; None forgets nothing.

    Examples
    --------
    >>> COUNTING.label, DEFAULT.label
    ('counting by cell', 'cell history with a prior (weight 0.6: 25% density of 500 m, 75% all events)')
    """

    strength: float = 0.6
    bandwidth_m: float = 500.0
    reference_share: float = 0.75
    half_life_months: float | None = None

    def __post_init__(self) -> None:
        if math.isnan(self.strength) or self.strength < 0:
            raise DataRefused(f"strength must be 0 or more, got {self.strength!r}")
        if not (math.isfinite(self.bandwidth_m) and self.bandwidth_m > 0):
            raise DataRefused(f"bandwidth must be a positive number of metres, got {self.bandwidth_m!r}")
        if not 0 <= self.reference_share <= 1:
            raise DataRefused(f"reference_share must lie between 0 and 1, got {self.reference_share!r}")
        if self.half_life_months is not None and not self.half_life_months > 0:
            raise DataRefused(f"half_life_months must be positive, got {self.half_life_months!r}")

    @property
    def label(self) -> str:
        """The surface in words."""
        fading = "" if self.half_life_months is None else f", fading by half in {self.half_life_months:g} months"
        if self.strength == 0:
            return f"counting by cell{fading}"
        if math.isinf(self.strength) and self.reference_share == 0:
            return f"density of {self.bandwidth_m:g} m{fading}"
        own = f"{1 - self.reference_share:.0%} density of {self.bandwidth_m:g} m" if self.reference_share < 1 else ""
        base = f"{self.reference_share:.0%} all events" if self.reference_share > 0 else ""
        prior = ", ".join(part for part in (own, base) if part)
        return f"cell history with a prior (weight {self.strength:g}: {prior}){fading}"


COUNTING = TargetingSpec(strength=0.0)
# Stated defaults, for when the held months cannot choose: what did well over five districts and every crime type of
# three months (docs/hotspots.md). Most of the prior follows all recorded events, which know where there are addresses.
DEFAULT = TargetingSpec()
WITHOUT_REFERENCE = TargetingSpec(strength=0.2, reference_share=0.0)


def density_alone(bandwidth_m: float) -> TargetingSpec:
    """The spec of a plain density: the prior alone."""
    return TargetingSpec(strength=math.inf, bandwidth_m=bandwidth_m, reference_share=0.0)


@dataclass(frozen=True, eq=False)
class History:
    """
    Events by month and cell: what every surface is made from.

    ``months`` are first days, oldest first, without gaps; ``counts`` and ``reference`` have shape (months, rows,
    columns), ``densities`` the same for each bandwidth (quartic, sums to the events of the month). ``areas_km2`` is the
    part of each cell inside the study area.
    """

    months: tuple[date, ...]
    counts: Floats
    reference: Floats
    densities: dict[float, Floats]
    areas_km2: Floats

    def expected(self, spec: TargetingSpec, months: slice) -> Floats:
        """Expected counts (up to a factor) from the given months; the last of them is not faded."""
        weights = self._weights(spec, months)
        own = np.tensordot(weights, self.counts[months], axes=1)
        if spec.strength == 0:
            return own
        prior = self._prior(spec, months, weights)
        return prior if math.isinf(spec.strength) else own + spec.strength * own.sum() * prior

    def _prior(self, spec: TargetingSpec, months: slice, weights: Floats) -> Floats:
        """Where a cell's surroundings, and all events, would put the same number of events; sums to one."""
        prior = np.zeros(self.areas_km2.shape)
        if spec.reference_share < 1:
            near = np.tensordot(weights, self.densities[spec.bandwidth_m][months], axes=1)
            prior += (1 - spec.reference_share) * _shares(near)
        if spec.reference_share > 0:
            prior += spec.reference_share * _shares(np.tensordot(weights, self.reference[months], axes=1))
        return prior

    def _weights(self, spec: TargetingSpec, months: slice) -> Floats:
        ages = np.arange(len(self.months[months]))[::-1]
        return np.ones(len(ages)) if spec.half_life_months is None else 0.5 ** (ages / spec.half_life_months)


def history_of(
    points: PointEvents,
    grid: GridSpec,
    *,
    border: Any = None,
    reference: PointEvents | None = None,
    bandwidths_m: tuple[float, ...] = (500.0,),
    months: tuple[date, ...] | None = None,
) -> History:
    """
    Count events by month and cell, and lay a density of each bandwidth over each month.

    A cell holds its west and south edges. Events outside the border (or the grid) stay out. ``months`` are those held;
    without them, from the month of the first event to that of the last: a month without events is a month all the same.
    """
    if points.table["date"].isna().any():
        raise DataRefused(f"{points.meta.title}: every event needs a date to be counted by month")
    held = _months(points.table["date"]) if months is None else months
    areas = cell_areas_km2(grid, border)
    counts = _counted(points, grid, border, held)
    base = counts if reference is None else _counted(reference, grid, border, held)
    densities = {
        bandwidth: np.stack([_density(points, grid, bandwidth, border, areas, month) for month in held])
        for bandwidth in bandwidths_m
    }
    return History(held, counts, base, densities, areas)


def cell_areas_km2(grid: GridSpec, border: Any) -> Floats:
    """
    The part of each cell inside the border, in km².

    Examples
    --------
    >>> cell_areas_km2(GridSpec(0, 0, 100, 2, 1), shapely.box(0, 0, 150, 100)).round(4).tolist()
    [[0.01, 0.005]]
    """
    whole = np.full((grid.rows, grid.columns), grid.cell_m**2 / 1e6)
    if border is None:
        return whole
    west, north = np.meshgrid(grid.centre_eastings - grid.cell_m / 2, grid.centre_northings + grid.cell_m / 2)
    cells = shapely.box(west, north - grid.cell_m, west + grid.cell_m, north)
    shapely.prepare(border)
    crossing = shapely.intersects(border, cells) & ~shapely.covers(border, cells)
    areas = np.where(shapely.covers(border, cells), whole, 0.0)
    areas[crossing] = shapely.area(shapely.intersection(cells[crossing], border)) / 1e6
    return areas


def events_by_cell(easting: Floats, northing: Floats, grid: GridSpec) -> npt.NDArray[np.int64]:
    """
    How many events each cell holds; a cell holds its west and south edges, and events off the grid are left out.

    Examples
    --------
    >>> events_by_cell(np.array([0.0, 100.0, 199.0]), np.array([0.0, 50.0, 100.0]), GridSpec(0, 0, 100, 2, 2)).tolist()
    [[0, 1], [1, 1]]
    """
    column = np.floor((easting - grid.west) / grid.cell_m)
    row = grid.rows - 1 - np.floor((northing - grid.south) / grid.cell_m)
    on = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    flat = (row[on] * grid.columns + column[on]).astype(np.int64)
    return np.bincount(flat, minlength=grid.rows * grid.columns).reshape(grid.rows, grid.columns)


def _shares(values: Floats) -> Floats:
    total = values.sum()
    return values / total if total > 0 else values


def _months(dates: "pd.Series[Any]") -> tuple[date, ...]:
    periods = pd.PeriodIndex(pd.to_datetime(dates), freq="M")
    if not len(periods):
        return ()
    return tuple(month.start_time.date() for month in pd.period_range(periods.min(), periods.max(), freq="M"))


def _inside(points: PointEvents, border: Any) -> Bools:
    if border is None:
        return np.ones(len(points), dtype=np.bool_)
    shapely.prepare(border)
    return np.asarray(shapely.intersects_xy(border, *points.coordinates.T), dtype=np.bool_)


def _counted(points: PointEvents, grid: GridSpec, border: Any, months: tuple[date, ...]) -> Floats:
    month_of = pd.PeriodIndex(pd.to_datetime(points.table["date"]), freq="M")
    inside = _inside(points, border)
    found = np.zeros((len(months), grid.rows, grid.columns))
    for number, month in enumerate(months):
        chosen = inside & np.asarray(month_of == pd.Period(month, freq="M"))
        easting, northing = points.coordinates[chosen].T
        found[number] = events_by_cell(easting, northing, grid)
    return found


def _density(
    points: PointEvents, grid: GridSpec, bandwidth_m: float, border: Any, areas: Floats, month: date
) -> Floats:
    # Imported here: the compiler that the density needs is slow to load.
    from hotspots.analysis.density.exact import exact_density
    from hotspots.analysis.density.places import sorted_places
    from hotspots.analysis.density.spec import DensitySpec

    month_of = pd.PeriodIndex(pd.to_datetime(points.table["date"]), freq="M")
    chosen = _inside(points, border) & np.asarray(month_of == pd.Period(month, freq="M"))
    if not chosen.any():
        return np.zeros((grid.rows, grid.columns))
    easting, northing = points.coordinates[chosen].T
    places = sorted_places(np.ascontiguousarray(easting), np.ascontiguousarray(northing), grid, weights=None, keep=None)
    values, _ = exact_density(places, DensitySpec(bandwidth_m), areas > 0)
    return values * areas * 1e6
