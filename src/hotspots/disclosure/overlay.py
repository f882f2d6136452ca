"""Areas that cut each other: what a reader of two layers, or of two sets of wards, can put together.

The borders of all layers of a source cut the place into **pieces**. Every area is the sum of its pieces, year by year,
whichever layer it belongs to: so a ward of today and one of another time, of this build or an earlier one, are held
against each other and against the small areas beneath both. A piece that is all there is of an area is that area's own
number; any other is an unknown that is never printed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from hotspots.areas import AreaKind, Areas
from hotspots.disclosure.gate import audited_periods
from hotspots.disclosure.pieces import years_by_period
from hotspots.joins import locate
from hotspots.periods import Period, financial_year, financial_year_of
from hotspots.tables import points_from_frame

# Less than this, and without any event, is where two drawings of one border miss each other.
_SLIVER_M2 = 10_000.0

Layered = tuple[str, AreaKind, Sequence[Period]]  # identifier of a layer, the kind of its areas, its periods


@dataclass(frozen=True, eq=False)
class Overlay:
    """
    The pieces of a source's areas: ``codes`` has the area of each piece by layer (empty where it is in none).

    ``counted`` are the first and the last day on which every event has its piece; None where nobody knows of a number
    for pieces that are no area's own.
    """

    codes: pd.DataFrame
    counted: tuple[date, date] | None = None

    def sums(
        self,
        layers: Sequence[Layered],
        place: Mapping[tuple[str, ...], int],
    ) -> list[tuple[int, tuple[int, ...]]]:
        """
        Cells and the parts that they are the sums of, by number.

        Parameters
        ----------
        place
            The number of each cell (layer, area code, period). Pieces of their own are numbered after them.
        """
        held = _years_of(layers)
        unknown: dict[tuple[int, str], int] = {}
        for key, number in self._own_numbers(layers, held, place):
            unknown.setdefault(key, number)
        before, found = len(place) - len(unknown), []
        for layer, label, years in held:
            known = self._known(years, layers)
            for code, own in self._pieces(layer):
                cell, keys = place.get((layer, code, label)), [(piece, year) for piece in own for year in years]
                if cell is None or not (known or unknown.keys() >= set(keys)):
                    continue
                parts = sorted(unknown.setdefault(key, before + len(unknown)) for key in keys)
                if parts != [cell]:
                    found.append((cell, tuple(parts)))
        return found

    def _own_numbers(
        self,
        layers: Sequence[Layered],
        held: Sequence[tuple[str, str, tuple[str, ...]]],
        place: Mapping[tuple[str, ...], int],
    ) -> Iterator[tuple[tuple[int, str], int]]:
        """The pieces, by year, that are all there is of an area, and its number: of several, the first one counts."""
        lsoas = {layer for layer, kind, _ in layers if kind == "lsoa"}
        for layer, label, years in sorted(held, key=lambda one: one[0] not in lsoas):  # wards are sums of small areas
            if len(years) == 1:
                alone = ((code, own[0]) for code, own in self._pieces(layer) if len(own) == 1)
                cells = ((piece, place.get((layer, code, label))) for code, piece in alone)
                yield from (((piece, years[0]), cell) for piece, cell in cells if cell is not None)

    def _pieces(self, layer: str) -> list[tuple[str, list[int]]]:
        codes = self.codes[layer]
        return [(str(code), list(own.index)) for code, own in codes[codes != ""].groupby(codes)]

    def _known(self, years: Sequence[str], layers: Sequence[Layered]) -> bool:
        if self.counted is None:
            return False
        first, last = _days(layers)
        parts = [(max(year.start, first), min(year.end, last)) for year in map(_year, years)]
        return all(self.counted[0] <= begins and ends <= self.counted[1] for begins, ends in parts)


def overlay_of(
    areas: Mapping[str, Areas], *, events: pd.DataFrame | None = None, counted: tuple[date, date] | None = None
) -> Overlay:
    """
    The pieces that the areas of each layer cut each other into.

    Parameters
    ----------
    areas
        The areas of each layer, EPSG:27700.
    events
        ``easting, northing`` of every event that is counted by its position.

    Examples
    --------
    >>> def wards(**boxes):
    ...     table = pd.DataFrame({"code": list(boxes), "name": list(boxes)})
    ...     return Areas("ward", "", "", True, "", table.assign(geometry=[shapely.box(*box) for box in boxes.values()]))
    >>> then = wards(A=(0, 0, 1000, 1000), B=(1000, 0, 3000, 1000))
    >>> now = wards(C=(0, 0, 2000, 1000), D=(2000, 0, 3000, 1000))
    >>> overlay_of({"then": then, "now": now}).codes.sort_values("then", ignore_index=True).to_numpy().tolist()
    [['A', 'C'], ['B', 'C'], ['B', 'D']]
    """
    lines = np.concatenate([shapely.boundary(own.geometry) for own in areas.values()])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    codes = _located(shapely.get_coordinates(shapely.point_on_surface(faces)), areas)
    size_m2 = codes.assign(size_m2=shapely.area(faces)).groupby(list(areas), sort=False)["size_m2"].sum()
    found = [size_m2[size_m2 >= _SLIVER_M2].reset_index()[list(areas)]]
    if events is not None:
        found.append(_located(events[["easting", "northing"]].to_numpy(dtype=np.float64), areas))
    pieces = pd.concat(found).drop_duplicates().sort_values(list(areas), ignore_index=True)
    return Overlay(pieces[(pieces != "").any(axis=1)].reset_index(drop=True), counted)


def missed(
    numbers: npt.NDArray[np.float64], sums: Sequence[tuple[int, tuple[int, ...]]], *, pieces: int
) -> npt.NDArray[np.float64]:
    """
    By how much each area misses the sum of its pieces, at the least in all: nought where numbers are of one time.

    Parameters
    ----------
    numbers
        The number of each cell.
    sums
        As :meth:`Overlay.sums` has them: pieces that are no cell, so many as ``pieces``, are numbered after the cells.

    Examples
    --------
    Two areas of 9 and 9, redrawn into two of 16 and 3, cut each other into four pieces: one record came late.

    >>> sums = [(0, (4, 5)), (1, (6, 7)), (2, (4, 6)), (3, (5, 7))]
    >>> float(np.abs(missed(np.array([9.0, 9.0, 16.0, 3.0]), sums, pieces=4)).sum())
    1.0
    """
    if not sums:
        return np.zeros(0)
    inner = [
        (row, part - len(numbers)) for row, (_, parts) in enumerate(sums) for part in parts if part >= len(numbers)
    ]
    known = [numbers[whole] - sum(numbers[part] for part in parts if part < len(numbers)) for whole, parts in sums]
    held = csr_array((np.ones(len(inner)), tuple(zip(*inner, strict=True))), shape=(len(sums), pieces))
    each = eye_array(len(sums))
    cost = np.r_[np.zeros(pieces), np.ones(2 * len(sums))]
    found = linprog(cost, A_eq=hstack([held, each, -each], format="csr"), b_eq=known)
    over, under = found.x[pieces:].reshape(2, -1)
    misses: npt.NDArray[np.float64] = np.round(over - under, 6)
    return misses


def _located(points: npt.NDArray[np.float64], areas: Mapping[str, Areas]) -> pd.DataFrame:
    located = points_from_frame(pd.DataFrame(points, columns=["easting", "northing"]))
    return pd.DataFrame({layer: locate(located, own).codes.fillna("") for layer, own in areas.items()})


def _years_of(layers: Sequence[Layered]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Layer, period and its years: of the periods that other periods of the layer do not already say."""
    first, last = _days(layers)
    years = range(financial_year_of(first).start.year, financial_year_of(last).start.year + 1)
    labels = [financial_year(year).label for year in years]
    return [
        (layer, label, within)
        for layer, _, periods in layers
        for label, within in years_by_period(audited_periods(periods), labels, first=first, last=last).items()
    ]


def _days(layers: Sequence[Layered]) -> tuple[date, date]:
    periods = [period for _, _, own in layers for period in own]
    return min(period.start for period in periods), max(period.end for period in periods)


def _year(label: str) -> Period:
    return financial_year(int(label[:4]))
