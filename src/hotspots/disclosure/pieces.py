"""Places inside areas: what the printed counts of hotspots tell about the areas that they lie in.

The outlines of places and areas cut each other into **pieces**. The events of each piece and year are an unknown of
their own, never printed: a place is the sum of its pieces, and an area holds at least those that lie in it (house
clearances and finds without a position are in no place). So a count that is printed for a polygon, whole or in years,
takes part in the audit of the areas beneath it, and two places that overlap are held against each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.areas import Areas
from hotspots.joins import locate
from hotspots.periods import Period, financial_year
from hotspots.tables import points_from_frame

Flags = npt.NDArray[np.bool_]

_SLIVER_M2 = 1.0  # less is where two outlines that were meant to be one miss each other
_NUDGE_M = 1e-6  # a cell holds its west and south edges: a hair north-east of the point the polygon agrees


@dataclass(frozen=True)
class PrintedCount:
    """A count that is printed of a place, over the financial years named, known to lie from ``low`` to ``high``."""

    place: int
    years: tuple[str, ...]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Pieces:
    """
    The pieces of a source: ``codes`` has the area of each piece by layer (empty: none), ``held`` the places it is in.

    Their unknowns are numbered by piece, and within a piece by year; ``events`` are the true numbers.
    """

    measure: str
    years: tuple[str, ...]
    codes: pd.DataFrame
    held: Flags
    events: npt.NDArray[np.float64]
    counts: tuple[PrintedCount, ...]

    def of_place(self, place: int, years: Sequence[str]) -> list[int]:
        """The unknowns of a place in some years."""
        return self._numbers(np.flatnonzero(self.held[:, place]), years)

    def of_area(self, layer: str, code: str, years: Sequence[str]) -> list[int]:
        """The unknowns that lie in an area, in some years."""
        return self._numbers(np.flatnonzero((self.codes[layer] == code).to_numpy()), years)

    def __len__(self) -> int:
        return len(self.codes) * len(self.years)

    def _numbers(self, pieces: npt.NDArray[np.intp], years: Sequence[str]) -> list[int]:
        wanted = [place for place, year in enumerate(self.years) if year in years]
        return [int(piece) * len(self.years) + place for piece in pieces for place in wanted]


def pieces_of(
    measure: str,
    outlines: Sequence[shapely.Geometry],
    counts: Sequence[PrintedCount],
    *,
    areas: Mapping[str, Areas],
    events: pd.DataFrame,
) -> Pieces:
    """
    The pieces of places and areas, with the counts that are printed of the places.

    A printed count that does not hold of the events as they are now, of an earlier build or with undated events, is
    widened until it does: a reader who takes it at its word may be wrong, and the audit must not be.

    Parameters
    ----------
    outlines
        Polygon of each place, EPSG:27700 metres.
    areas
        The areas of each layer.
    events
        ``easting, northing, year`` (label of the financial year) of every event that a place can hold.
    """
    places, names = np.array(outlines, dtype=object), [*range(len(outlines)), *areas]
    inside = _events(places, areas, events)
    signatures = pd.concat([_faces(places, areas), inside.drop(columns="year")]).drop_duplicates(ignore_index=True)
    held, codes = signatures[list(range(len(places)))].to_numpy(dtype=bool), signatures[list(areas)]
    years = tuple(sorted({year for count in counts for year in count.years}))
    piece = inside[["year", *names]].merge(signatures.assign(piece=signatures.index), on=names, validate="many_to_one")
    wanted = pd.MultiIndex.from_product([signatures.index, years])
    numbers = np.asarray(piece.value_counts(["piece", "year"]).reindex(wanted, fill_value=0), dtype=np.float64)
    exact = Pieces(measure, years, codes, held, numbers, tuple(counts))
    return replace(exact, counts=tuple(_widened(exact, count) for count in counts))


def _widened(pieces: Pieces, count: PrintedCount) -> PrintedCount:
    number = float(pieces.events[pieces.of_place(count.place, count.years)].sum())
    return replace(count, low=min(count.low, number), high=max(count.high, number))


def years_by_period(
    periods: Sequence[Period], years: Sequence[str], *, first: date, last: date
) -> dict[str, tuple[str, ...]]:
    """
    The years whose held part lies in each period: single years, and longer periods where single ones are not there.

    Events are held from the day ``first`` to ``last``.

    Examples
    --------
    >>> from hotspots.periods import span
    >>> first, second = financial_year(2016), financial_year(2017)
    >>> held = {"first": first.start, "last": second.end}
    >>> years_by_period([first, second, span(first.start, second.end)], ["2016/17", "2017/18"], **held)
    {'2016/17': ('2016/17',), '2017/18': ('2017/18',)}
    >>> years_by_period([second], ["2016/17", "2017/18"], **held)
    {'2017/18': ('2017/18',)}
    """
    found = dict[str, tuple[str, ...]]()
    for period in sorted(periods, key=lambda period: period.years):
        within = []
        for label in years:
            year = financial_year(int(label[:4]))
            begins, ends = max(year.start, first), min(year.end, last)
            if period.start <= begins <= ends <= period.end:
                within.append(label)
        if within and not {year for own in found.values() for year in own}.issuperset(within):
            found[period.label] = tuple(within)
    return found


def _faces(places: npt.NDArray[np.object_], areas: Mapping[str, Areas]) -> pd.DataFrame:
    """The pieces that the outlines cut each other into: in which places each is, and in which area of each layer."""
    covered = shapely.union_all(places)
    borders = [shapely.boundary(own.table["geometry"].to_numpy(dtype=object)) for own in areas.values()]
    lines = [shapely.boundary(places), *(shapely.intersection(border, covered) for border in borders)]
    cut = shapely.polygonize(shapely.get_parts(shapely.union_all(np.concatenate(lines))))
    faces = shapely.get_parts(cut)
    faces = faces[shapely.area(faces) >= _SLIVER_M2]
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return _within(points, _memberships(places, points), areas)


def _events(places: npt.NDArray[np.object_], areas: Mapping[str, Areas], events: pd.DataFrame) -> pd.DataFrame:
    """The events inside places, as the places and the areas count them."""
    points = events[["easting", "northing"]].to_numpy(dtype=np.float64)
    held = _memberships(places, points + _NUDGE_M)
    return _within(points, held, areas).join(events["year"].reset_index(drop=True))


def _within(points: npt.NDArray[np.float64], held: pd.DataFrame, areas: Mapping[str, Areas]) -> pd.DataFrame:
    """The points that are held by a place, with the area of each layer (empty where there is none)."""
    located = points_from_frame(pd.DataFrame(points, columns=["easting", "northing"]))
    codes = {layer: locate(located, own).codes.fillna("") for layer, own in areas.items()}
    return held.assign(**codes)[held.any(axis=1)]


def _memberships(places: npt.NDArray[np.object_], points: npt.NDArray[np.float64]) -> pd.DataFrame:
    shapely.prepare(places)
    return pd.DataFrame({place: shapely.contains_xy(shape, *points.T) for place, shape in enumerate(places)})
