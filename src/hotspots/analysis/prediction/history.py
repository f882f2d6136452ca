"""Events by month and cell: what every targeting surface is made from."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
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


@dataclass(frozen=True, eq=False)
class History:
    """
    Events by month and cell.

    ``months`` are first days, oldest first, without gaps; ``counts`` has shape (months, rows, columns), ``others`` the
    same for the other events of the record, and ``densities`` the same for each bandwidth (quartic, in events: sums to
    the events of the month but for what the area's edge cuts off). ``areas_km2`` is the part of each cell inside the
    study area.
    """

    months: tuple[date, ...]
    counts: Floats
    others: Floats
    densities: dict[float, Floats]
    areas_km2: Floats

    @property
    def total_km2(self) -> float:
        """The study area."""
        return float(self.areas_km2.sum())

    def before(self, month: int) -> "History":
        """The history as it was when the first ``month`` months were held."""
        cut = slice(0, month)
        densities = {bandwidth: values[cut] for bandwidth, values in self.densities.items()}
        return History(self.months[cut], self.counts[cut], self.others[cut], densities, self.areas_km2)


def history_of(
    points: PointEvents,
    grid: GridSpec,
    *,
    border: Any = None,
    reference: PointEvents | None = None,
    bandwidths_m: tuple[float, ...] = (),
    months: tuple[date, ...] | None = None,
) -> History:
    """
    Count events by month and cell, and lay a density of each bandwidth over each month.

    A cell holds its west and south edges. Events outside the border (or the grid) stay out. ``reference`` holds all
    events of the record, ``points`` among them. ``months`` are those held; without them, from the month of the first
    event to that of the last: a month without events is a month all the same.
    """
    if points.table["date"].isna().any():
        raise DataRefused(
            f"{points.meta.title}: every event needs a date to be counted by month; name its column to "
            "points_from_frame(frame, date='...')"
        )
    held = _months(points.table["date"]) if months is None else _checked(months)
    areas = cell_areas_km2(grid, border)
    places = _by_month(points, border, held)
    counts = _counted(places, grid)
    others = np.zeros_like(counts)
    if reference is not None:
        others = np.maximum(_counted(_by_month(reference, border, held), grid) - counts, 0.0)
    densities = {
        bandwidth: np.array([_density(month, grid, bandwidth, areas) for month in places]).reshape(counts.shape)
        for bandwidth in bandwidths_m
    }
    return History(held, counts, others, densities, areas)


@lru_cache(maxsize=8)
def cell_areas_km2(grid: GridSpec, border: Any) -> Floats:
    """
    The part of each cell inside the border, in km². Not to be written to: the last few are kept, as maps of one area
    are made many at a time.

    Examples
    --------
    >>> cell_areas_km2(GridSpec(0, 0, 100, 2, 1), shapely.box(0, 0, 150, 100)).round(4).tolist()
    [[0.01, 0.005]]
    """
    areas = np.full((grid.rows, grid.columns), grid.cell_m**2 / 1e6)
    if border is not None:
        areas = _cut_areas_km2(grid, border)
    areas.flags.writeable = False
    return areas


def _cut_areas_km2(grid: GridSpec, border: Any) -> Floats:
    west, north = np.meshgrid(grid.centre_eastings - grid.cell_m / 2, grid.centre_northings + grid.cell_m / 2)
    cells = shapely.box(west, north - grid.cell_m, west + grid.cell_m, north)
    shapely.prepare(border)
    covered = shapely.covers(border, cells)
    crossing = shapely.intersects(border, cells) & ~covered
    areas = np.where(covered, grid.cell_m**2 / 1e6, 0.0)
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


def _months(dates: "pd.Series[Any]") -> tuple[date, ...]:
    periods = pd.PeriodIndex(pd.to_datetime(dates), freq="M")
    if not len(periods):
        return ()
    return tuple(month.start_time.date() for month in pd.period_range(periods.min(), periods.max(), freq="M"))


def _checked(months: tuple[date, ...]) -> tuple[date, ...]:
    if not all(isinstance(month, date) for month in months) or list(months) != sorted(set(months)):
        raise DataRefused(
            f"months must be dates, each the first day of one, oldest first and none twice; got {months!r}"
        )
    return months


def _by_month(points: PointEvents, border: Any, months: tuple[date, ...]) -> list[Floats]:
    """The places of the events inside the border, month by month, with shape (events, 2)."""
    places = points.coordinates
    if border is not None:
        shapely.prepare(border)
        inside: Bools = shapely.intersects_xy(border, *places.T)
    else:
        inside = np.ones(len(points), dtype=np.bool_)
    month_of = pd.PeriodIndex(pd.to_datetime(points.table["date"]), freq="M")
    return [places[inside & np.asarray(month_of == pd.Period(month, freq="M"))] for month in months]


def _counted(places: list[Floats], grid: GridSpec) -> Floats:
    counts = np.zeros((len(places), grid.rows, grid.columns))
    for number, month in enumerate(places):
        counts[number] = events_by_cell(month[:, 0], month[:, 1], grid)
    return counts


def _density(places: Floats, grid: GridSpec, bandwidth_m: float, areas: Floats) -> Floats:
    # Imported here: the compiler that the density needs is slow to load.
    from hotspots.analysis.density.exact import exact_density
    from hotspots.analysis.density.places import sorted_places
    from hotspots.analysis.density.spec import DensitySpec

    if not len(places):
        return np.zeros((grid.rows, grid.columns))
    easting, northing = np.ascontiguousarray(places.T)
    found = sorted_places(easting, northing, grid, weights=None, keep=None)
    values, _ = exact_density(found, DensitySpec(bandwidth_m), areas > 0)
    return values * areas * 1e6
