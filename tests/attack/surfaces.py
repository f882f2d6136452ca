"""Densities taken apart: each is a sum of known kernels, so linear programmes find how many events an area can hold.

The attacker looks for events on the points of a lattice. A printed cell is right to half a step; a hidden one rounds to
nought. Surfaces of several years and of all of them together are solved as one, with what the outlines, peaks and ranks
of hotspots and of places to target say.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
import shapely
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

LATTICE_M = 50.0
HOT_M = 150.0
TARGET_M = 100.0
OUTLINE, OF_CELLS = 3.0, 0.2  # slack: events lie between the points of the lattice, and move the density by so much
Rows = Iterator[tuple[csr_array, np.ndarray, float]]  # rows, what they are no more than, and how much slack they need


@dataclass(frozen=True, eq=False)
class Surface:
    """What a density file says: cells with their centres, the bandwidth, and what every number is a multiple of."""

    path: Path

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """The centre of every cell of the file, and its number (missing where it is hidden or outside)."""
        with rasterio.open(self.path) as file:
            values = file.read(1, masked=True).astype(float).filled(np.nan)
            east, north = file.xy(*np.indices(values.shape).reshape(2, -1))
        return np.column_stack([east, north]), values.ravel()

    @cached_property
    def bandwidth_m(self) -> float:
        with rasterio.open(self.path) as file:
            assert "quartic" in file.tags()["method"]
            return float(file.tags()["bandwidth_m"])

    @cached_property
    def step(self) -> float:
        """Read off the numbers themselves: the largest one that every number is a whole multiple of."""
        values = np.unique(self.grid[1][self.grid[1] > 0])
        step = float(np.diff(values, prepend=0.0).min())
        return step if np.allclose(values / step, np.round(values / step), atol=1e-3) else 0.0


@dataclass(frozen=True)
class Place:
    """A place as it is published: its outline, the middle of its peak's cell, and whether it is the core of more."""

    shape: shapely.Geometry
    peak: tuple[float, float]
    core: bool = False


@dataclass(frozen=True, eq=False)
class Attacked:
    """
    Surfaces by period, all of one grid, with the city they cover; ``whole`` names the period that holds the others.

    ``hotspots`` are ordered by rank: a peak is the densest cell of its place, and higher than those of the ranks after
    it. Cells are ``hot`` where a density of ``HOT_M`` is above ``level``, which whoever runs the same simulations knows
    (he is told them all, also those about a core, of which the size is printed and no more). ``targets`` are the cells
    of 100 m that come first by their own events and ``prior`` times the density there. ``most`` has what every place
    holds at most, by period.
    """

    surfaces: Mapping[str, Surface]
    city: shapely.Geometry
    whole: str = ""
    hotspots: Sequence[Place] = ()
    hot: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    targets: Sequence[Place] = ()
    prior: float = 0.0
    level: float = math.inf
    thinned: int = 1
    most: Mapping[str, list[tuple[shapely.Geometry, float]]] = field(default_factory=dict)

    @property
    def years(self) -> Sequence[str]:
        return [period for period in self.surfaces if period != self.whole]

    @property
    def reach_m(self) -> float:
        return next(iter(self.surfaces.values())).bandwidth_m

    @cached_property
    def inside(self) -> np.ndarray:
        return shapely.intersects_xy(self.city, *next(iter(self.surfaces.values())).grid[0].T)

    def events_in(self, area: shapely.Geometry) -> dict[str, tuple[float, float]]:
        """The fewest and the most events in an area, by period, that agree with everything about it."""
        west, south, east, north = area.bounds
        reach = 2 * self.reach_m
        ranges = (np.arange(west - reach, east + reach, LATTICE_M), np.arange(south - reach, north + reach, LATTICE_M))
        places = np.stack(np.meshgrid(*ranges), axis=-1).reshape(-1, 2)
        places = places[shapely.intersects_xy(self.city, *places.T)]
        rows, most, slack = zip(*self._rows(area, places), strict=True)
        loose = np.concatenate([np.full(matrix.shape[0], own) for matrix, own in zip(rows, slack, strict=True)])
        within = {
            "A_ub": hstack([vstack(rows), csr_array(-loose[:, None])]).tocsr(),
            "b_ub": np.concatenate(most),
            "method": "highs-ipm",
        }
        count = len(places) * len(self.years)
        # Events lie between the points of the lattice: the smallest misfit that any set of them has is allowed.
        least = linprog(np.append(np.zeros(count), 1.0), bounds=(0, None), **within)
        misfit = least.fun * 1.05 + 0.3 if self.surface_rounded else least.fun * 1.02 + 1e-6
        bounds = [*[(0, None)] * count, (misfit, misfit)]
        inside = shapely.intersects_xy(area, *places.T).astype(float)
        return {period: self._ends(period, inside, bounds, within) for period in self.surfaces}

    @property
    def surface_rounded(self) -> bool:
        return next(iter(self.surfaces.values())).step > 0

    def _ends(self, period: str, inside: np.ndarray, bounds: list, within: dict) -> tuple[float, float]:
        wanted = np.concatenate([inside * (period in {year, self.whole}) for year in self.years] + [[0.0]])
        ends = [linprog(sign * wanted, bounds=bounds, **within) for sign in (1.0, -1.0)]
        assert ends[0].status == 0
        return float(ends[0].fun), float(-ends[1].fun) if ends[1].status == 0 else math.inf

    def _rows(self, area: shapely.Geometry, places: np.ndarray) -> Rows:
        centres = next(iter(self.surfaces.values())).grid[0]
        near = self._near(area, self.reach_m) & self._of_every(self.thinned)
        kernel = csr_array(kernels(centres[near], places, self.reach_m) / self._held(places))
        for period, surface in self.surfaces.items():
            values, half = surface.grid[1][near], surface.step / 2
            shown, rows = np.isfinite(values), self._by_year(kernel, period)
            yield rows[shown], values[shown] + half, 1.0
            yield -rows[shown], half - values[shown], 1.0
            if half:
                yield rows[~shown], np.full((~shown).sum(), half), 1.0
            for place, most in self.most.get(period, []):
                held = csr_array(shapely.intersects_xy(place, *places.T).astype(float)[None, :])
                yield self._by_year(held, period), np.array([most]), 0.0
        yield from self._hot_or_not(area, places)
        yield from self._peaks(area, places)
        yield from self._targeted(area, places)

    def _hot_or_not(self, area: shapely.Geometry, places: np.ndarray) -> Rows:
        if not self.hotspots:
            return
        hot, rows = self.hot[self._near(area, HOT_M)], self._dense(self._cells(area), places)
        yield rows[~hot], np.full((~hot).sum(), self.level), OUTLINE
        yield -rows[hot], np.full(hot.sum(), -self.level), OUTLINE

    def _peaks(self, area: shapely.Geometry, places: np.ndarray) -> Rows:
        """No cell of a place, nor the next place's peak, is denser than its peak, nor ground about a core than it."""
        centres, peaks = self._cells(area), []
        for place in self.hotspots:
            inside = shapely.intersects_xy(place.shape, *centres.T)
            at = np.flatnonzero((np.abs(centres - place.peak) < 1).all(axis=1))
            if len(at):
                peaks.append(centres[at[0]])
                yield from self._denser(centres[at], centres[inside], places)
            if place.core and inside.any():
                ring = ~inside & shapely.intersects_xy(place.shape.buffer(LATTICE_M), *centres.T)
                others = shapely.union_all([other.shape for other in self.hotspots if other is not place])
                yield from self._lowest_above(
                    centres[inside], centres[ring & ~shapely.intersects_xy(others, *centres.T)], places
                )
        for first, second in pairwise(peaks):
            yield from self._denser(first[None, :], second[None, :], places)

    def _denser(self, first: np.ndarray, others: np.ndarray, places: np.ndarray) -> Rows:
        """The density at the others is no more than at the first."""
        rows = self._dense(others, places) - csr_array(np.ones((len(others), 1))) @ self._dense(first, places)
        yield rows, np.zeros(len(others)), OUTLINE

    def _lowest_above(self, inside: np.ndarray, outside: np.ndarray, places: np.ndarray) -> Rows:
        """Every cell inside is as dense as any that touches it outside: held pair by pair, of near ones."""
        for cell in outside:
            near = inside[np.hypot(*(inside - cell).T) < 1.5 * LATTICE_M]
            rows = csr_array(np.ones((len(near), 1))) @ self._dense(cell[None, :], places) - self._dense(near, places)
            yield rows, np.zeros(len(near)), OUTLINE

    def _targeted(self, area: shapely.Geometry, places: np.ndarray) -> Rows:
        """Cells that were chosen have more than those that were not; places of one cell, more than the ranks after."""
        if not self.targets:
            return
        cells = self._cells(area)
        corner = np.floor(cells / TARGET_M) * TARGET_M
        middles = np.unique(corner, axis=0) + TARGET_M / 2
        expected = self._expected(middles, places)
        chosen = shapely.intersects_xy(shapely.union_all([place.shape for place in self.targets]), *middles.T)
        for first in np.flatnonzero(chosen):
            count = int((~chosen).sum())
            ones = csr_array(np.ones((count, 1)))
            yield expected[~chosen] - ones @ expected[[first]], np.zeros(count), OF_CELLS
        lone = [place.peak for place in self.targets if place.shape.area < 1.5 * TARGET_M**2]
        at = [int(found[0]) for peak in lone if len(found := np.flatnonzero((np.abs(middles - peak) < 1).all(axis=1)))]
        if len(at) > 1:
            yield expected[at[1:]] - expected[at[:-1]], np.zeros(len(at) - 1), OF_CELLS

    def _expected(self, middles: np.ndarray, places: np.ndarray) -> csr_array:
        half = TARGET_M / 2
        away = np.abs(middles[:, None, :] - places[None, :, :])
        own = ((away < half).all(axis=-1)).astype(float)
        dense = kernels(middles, places, HOT_M) * (TARGET_M / 1000) ** 2
        return self._by_year(csr_array(own + self.prior * dense), self.whole)

    def _cells(self, area: shapely.Geometry) -> np.ndarray:
        return next(iter(self.surfaces.values())).grid[0][self._near(area, HOT_M)]

    def _dense(self, centres: np.ndarray, places: np.ndarray) -> csr_array:
        return self._by_year(csr_array(kernels(centres, places, HOT_M)), self.whole)

    def _near(self, area: shapely.Geometry, reach_m: float) -> np.ndarray:
        west, south, east, north = area.bounds
        box = shapely.box(west - reach_m, south - reach_m, east + reach_m, north + reach_m)
        return self.inside & shapely.intersects_xy(box, *next(iter(self.surfaces.values())).grid[0].T)

    def _of_every(self, cells: int) -> np.ndarray:
        """Every so many cells of every so many rows: those between tell hardly more, and cost as much."""
        place = np.round(next(iter(self.surfaces.values())).grid[0] / 50 - 0.5).astype(int)
        return (place % cells == 0).all(axis=1)

    def _by_year(self, rows: csr_array, period: str) -> csr_array:
        nothing = csr_array(rows.shape)
        return hstack([rows if period in {year, self.whole} else nothing for year in self.years]).tocsr()

    def _held(self, places: np.ndarray) -> np.ndarray:
        """The share of each event's kernel that lies in the city: by it the densities are corrected at the edge."""
        centres = next(iter(self.surfaces.values())).grid[0][self.inside]
        west, south, east, north = shapely.total_bounds(shapely.points(places))
        reach = self.reach_m
        close = shapely.intersects_xy(shapely.box(west - reach, south - reach, east + reach, north + reach), *centres.T)
        cell_km2 = 0.05**2
        return np.concatenate(
            [kernels(centres[close], part, reach).sum(axis=0) * cell_km2 for part in np.array_split(places, 20)]
        )


def kernels(centres: np.ndarray, places: np.ndarray, reach_m: float) -> np.ndarray:
    """Events per km² that an event at each place adds to each cell: the quartic kernel of the literature."""
    squared = ((centres[:, None, :] - places[None, :, :]) ** 2).sum(axis=-1) / reach_m**2
    return 3 / np.pi * np.clip(1 - squared, 0, None) ** 2 / (reach_m / 1000) ** 2
