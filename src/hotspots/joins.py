"""Joins: which area a point lies in, and which area a counted code is.

A point is counted in exactly one area. A count meets its area by code **and** vintage, never by name: Cambridge has two
sets of wards with the same fourteen names and different shapes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely

from hotspots.areas import AreaKind, Areas
from hotspots.errors import DataRefused, VintageError
from hotspots.tables import PointEvents, Tally

# Below this many points a search is over before compiled kernels are loaded and the grid is built.
_FEW = 250_000

_Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Located:
    """
    Where points lie: the area code of each event, and how many lie in no area.

    ``codes`` has the index of the events' table and is missing (NA) where a point lies in no area of the set.
    """

    codes: "pd.Series[str]"
    kind: AreaKind
    vintage: str
    code_vintage: str

    @property
    def located(self) -> int:
        """Number of points that lie in an area."""
        return int(self.codes.notna().sum())

    @property
    def unlocated(self) -> int:
        """Number of points that lie in no area of the set."""
        return len(self.codes) - self.located

    @property
    def tally(self) -> Tally:
        """``read = accepted + unlocated``: no point is lost or counted twice."""
        return Tally(len(self.codes), self.located, 0, {"unlocated": self.unlocated})


def locate(events: PointEvents, areas: Areas) -> Located:
    """
    The one area that each point lies in.

    A point on a shared edge or vertex goes to the smallest code, whatever the order of points or areas; a point on the
    outer edge is inside; a point in a hole, or outside every area, is *unlocated* and counted. Both are in EPSG:27700.

    Examples
    --------
    >>> from hotspots.tables import points_from_frame
    >>> squares = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    >>> table = pd.DataFrame({"code": ["A", "B"], "name": ["west", "east"], "geometry": squares})
    >>> areas = Areas("lsoa", "2011", "2011", False, "", table)
    >>> points = points_from_frame(pd.DataFrame({"easting": [5.0, 10.0, 15.0, 25.0], "northing": 5.0}))
    >>> found = locate(points, areas)
    >>> found.codes.tolist(), found.tally.sentence
    (['A', 'A', 'B', nan], '4 rows = 3 accepted + 0 rejected + 1 unlocated')
    """
    order = np.argsort(areas.table["code"].to_numpy(dtype=object), kind="stable")
    codes = pa.array(areas.table["code"].to_numpy(dtype=object)[order], type=pa.large_string())
    number = (
        _by_search(events.coordinates, areas, order) if len(events) < _FEW else _by_label_grid(events, areas, order)
    )
    named = codes.take(pa.array(number, mask=number < 0))
    text = pd.array(named, dtype=pd.StringDtype(na_value=np.nan))
    found = pd.Series(text, index=events.table.index, name="area_code")
    return Located(found, areas.kind, areas.vintage, areas.code_vintage)


def _by_search(coordinates: npt.NDArray[np.float64], areas: Areas, order: npt.NDArray[np.intp]) -> _Numbers:
    """The smallest area that shapely says each point intersects, by its place in ``order``; -1 for none."""
    # Asking each polygon for its points, not each point for its polygon: shapely prepares the polygons.
    tree = shapely.STRtree(np.asarray(shapely.points(coordinates), dtype=object))
    area, point = tree.query(areas.geometry[order], predicate="intersects")
    smallest = np.full(len(coordinates), len(order), dtype=np.int32)
    np.minimum.at(smallest, point, area.astype(np.int32))
    return np.where(smallest < len(order), smallest, np.int32(-1))


def _by_label_grid(events: PointEvents, areas: Areas, order: npt.NDArray[np.intp]) -> _Numbers:
    """The same from the label grid, which leaves to shapely the points that rounding could put on either side."""
    # Compiled code, which is not loaded for a few points.
    from hotspots.label_grid import label_grid
    from hotspots.label_kernels import UNSURE

    number = label_grid(areas).areas_at(events.table["easting"].to_numpy(), events.table["northing"].to_numpy())
    unsure = np.flatnonzero(number == UNSURE)
    if len(unsure):
        number[unsure] = _by_search(events.coordinates[unsure], areas, order)
    return number


def attach(counts: pd.DataFrame, areas: Areas, *, on: str = "area_code", vintage: str) -> pd.DataFrame:
    """
    The counts with the name and the polygon (EPSG:27700) of their area: many rows to one area, by code and vintage.

    No row is lost, made or moved. An area without a row does not appear: what absence means is for the source to say.

    Parameters
    ----------
    on
        The column of ``counts`` that holds area codes.
    vintage
        Vintage of those codes, as their source declares it.

    Raises
    ------
    VintageError
        The codes are of another vintage than the areas.
    DataRefused
        A code is missing or is not among the areas, or ``counts`` already has the columns that are attached.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["A"], "name": ["west"], "geometry": [shapely.box(0, 0, 10, 10)]})
    >>> areas = Areas("lsoa", "2011", "2011", False, "", table)
    >>> counts = pd.DataFrame({"area_code": ["A", "A"], "period": ["2016/17", "2017/18"], "value": [3, 4]})
    >>> attach(counts, areas, vintage="2011")[["value", "area_name"]].values.tolist()
    [[3, 'west'], [4, 'west']]
    """
    if vintage != areas.code_vintage:
        raise VintageError(
            f"counts by {areas.kind.upper()} {vintage} cannot be put on {areas.label}, which has {areas.code_vintage} "
            "codes; use boundaries of the counts' vintage, or convert with the official lookup first"
        )
    _check_codes(counts, areas, on=on)
    parts = areas.table[["code", "name", "geometry"]].rename(columns={"code": on, "name": "area_name"})
    joined = counts.merge(parts, on=on, how="left", validate="many_to_one")
    return joined.set_axis(counts.index, axis="index")


def _check_codes(counts: pd.DataFrame, areas: Areas, *, on: str) -> None:
    clash = sorted({"area_name", "geometry"} & set(counts.columns))
    if on not in counts.columns or clash:
        problem = f"have {', '.join(clash)} already" if clash else f"have no column {on!r}"
        raise DataRefused(f"the counts {problem}; they have {', '.join(map(str, counts.columns))}")
    codes: pd.Series[Any] = counts[on]
    if codes.isna().any():
        raise DataRefused(
            f"{int(codes.isna().sum())} of {len(codes)} rows have no area code; count unlocated events separately"
        )
    unknown = sorted(set(codes) - areas.codes)
    if unknown:
        raise DataRefused(
            f"{len(unknown)} codes are not in {areas.label} (such as {', '.join(map(str, unknown[:3]))}); "
            "check the vintage and the study area"
        )
