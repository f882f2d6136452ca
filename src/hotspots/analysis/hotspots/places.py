"""Places: hot cells as ranked, named places with what is in them, for people who have to go there."""

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.analysis.hotspots.events import on_ground
from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.analysis.hotspots.naming import place_names, stated_streets
from hotspots.analysis.hotspots.patches import SQUARE_METRES_PER_HA, Labels, cores, patches, polygons
from hotspots.analysis.hotspots.spec import HotspotSpec
from hotspots.analysis.prediction.accuracy import pai
from hotspots.analysis.prediction.history import events_by_cell
from hotspots.crs import BNG, to_grid_reference
from hotspots.layer import GridSpec, Layer, LayerMeta
from hotspots.periods import Coverage, Period, financial_year, financial_year_of, months_in
from hotspots.tables import Column, PointEvents
from hotspots.texts import number_of

NIGHT = (18, 6)  # from six in the evening to before six in the morning
# Of the size from which places are divided: one address alone makes up to 7 ha hot at 150 m, which is no reason to cut.
CORE_SIZES = 2
_WHOLLY = 0.99  # share of ground from which a place is inside the city-centre area, but for slivers

HOTSPOT_COLUMNS = (
    Column("hotspot_id", "str", "grid reference (100 m) of the peak; kept from build to build while the place lasts"),
    Column("rank", "int64", "1 is the hottest: what the rule ranks by, then events"),
    Column("name", "str", "nearest named place or street"),
    Column("events", "int64", "events inside", "events"),
    Column("events_share", "float64", "share of all events of the area", "share"),
    Column("area_ha", "float64", "size inside the study area", "ha"),
    Column("area_share", "float64", "share of the study area", "share"),
    Column("core_of_ha", "float64", "size of the hot ground that it is the core of, if of any", "ha", nullable=True),
    Column("pai", "float64", "share of events over share of area, on the events it was made from"),
    Column("peak_per_km2", "float64", "highest density inside", "events per km²"),
    Column("by_year", "str", "events in each financial year, with the months held of a part", "events", nullable=True),
    Column("city_centre", "str", "inside, partly or outside the city-centre area", nullable=True),
    Column("with_hour", "Int64", "events whose hour is known", "events", nullable=True),
    Column("at_night", "Int64", "of these, from 18:00 to 05:59", "events", nullable=True),
    Column("persistence", "str", "how it came and went over the periods held", nullable=True),
    Column(
        "one_in", "float64", "fewer than 1 map in so many without clustering would reach this", "maps", nullable=True
    ),
    Column("chance", "str", "the same in words", nullable=True),
    Column("easting", "float64", "middle of the peak's cell", "m"),
    Column("northing", "float64", "middle of the peak's cell", "m"),
)


def hotspot_layer(
    flagged: Flagged,
    points: PointEvents,
    spec: HotspotSpec,
    *,
    border: Any = None,
    places: pd.DataFrame | None = None,
    city_centre: Any = None,
) -> Layer:
    """
    Hot cells as a layer of places with the columns ``HOTSPOT_COLUMNS``, hottest first.

    Patches of hot cells are divided at their saddles and, where a test found them, cut down to their cores if they are
    still too large (:mod:`hotspots.analysis.hotspots.patches`). They are cut to the border, and listed from
    ``spec.min_events`` events on. How many patches have fewer, and how much hot ground is about the cores, is said in
    the caveats. An event is in the place whose cell holds it (a cell holds its west and south edges). Area is measured
    inside the border, and all that is said of a core is of the core alone.

    Parameters
    ----------
    places
        ``name, easting, northing`` and optionally ``radius_m``, within which a place is simply called by that name.
    city_centre
        The city-centre area (or its polygon).
    """
    listed = _listed(flagged, points, spec, border)
    labels = listed.labels
    table = _facts(labels, flagged, points, border)
    geometry = [_within(shape, border) for shape in polygons(labels, flagged.grid)]
    table = _measured(table, geometry, border, flagged.grid).assign(core_of_ha=listed.core_of_ha)
    table["city_centre"] = _membership(geometry, getattr(city_centre, "geometry", city_centre))
    table["hotspot_id"] = _references(table)
    table["name"] = place_names(table, _streets(points, labels, flagged.grid), places)
    order = table.sort_values(["value", "events", "hotspot_id"], ascending=[False, False, True]).index
    table = table.loc[order].reset_index(drop=True).assign(rank=range(1, len(table) + 1))
    table["name"] = _told_apart(table["name"], table["hotspot_id"])
    dtypes = {column.name: column.dtype for column in HOTSPOT_COLUMNS}
    features = gpd.GeoDataFrame(
        table[list(dtypes)].astype(dtypes), geometry=[geometry[place] for place in order], crs=BNG
    )
    return Layer(
        _described(
            flagged, points, spec, (*_nowhere(points, flagged.grid, border), *_left_out(listed, features, spec))
        ),
        features=features,
    )


@dataclass(frozen=True, eq=False)
class _Listed:
    """
    Patches that hold enough events, numbered from 1, and how many do not.

    ``core_of_ha`` is the size of the hot ground that each is the core of, NaN for those that are whole; ``hot_ha`` is
    all such ground together.
    """

    labels: Labels
    few: int
    core_of_ha: npt.NDArray[np.float64]
    hot_ha: float


def _listed(flagged: Flagged, points: PointEvents, spec: HotspotSpec, border: Any) -> _Listed:
    events = events_by_cell(*_inside(points, border), flagged.grid)
    height = np.nan_to_num(flagged.density)
    labels = whole = patches(
        flagged.hot,
        height,
        events,
        cell_m=flagged.grid.cell_m,
        largest_ha=spec.largest_ha,
        prominence=spec.prominence,
        min_events=spec.min_events,
    )
    patch_of = np.arange(whole.max() + 1)
    if flagged.tested:  # a rule that takes a share of the area keeps what it took: by that share it is judged
        most = CORE_SIZES * spec.largest_ha * SQUARE_METRES_PER_HA / flagged.grid.cell_m**2
        labels, patch_of = cores(whole, height, events, most_cells=most, min_events=spec.min_events)
    held = np.bincount(labels.ravel(), weights=events.ravel(), minlength=len(patch_of))
    enough = held >= spec.min_events
    enough[0] = False
    renumbered = np.where(enough, np.cumsum(enough), 0).astype(np.int32)
    hot_ha = _cut_ha(whole, labels, flagged.grid, border)
    core_of_ha = np.array([hot_ha.get(int(patch), math.nan) for patch in patch_of[enough]])
    return _Listed(renumbered[labels], int((~enough[1:]).sum()), core_of_ha, sum(hot_ha.values()))


def _cut_ha(whole: Labels, labels: Labels, grid: GridSpec, border: Any) -> dict[int, float]:
    """The size inside the border of each patch of which some cells are in no core, by its number."""
    cut = np.unique(whole[(whole > 0) & (labels == 0)])
    shapes = polygons(np.where(np.isin(whole, cut), whole, 0).astype(np.int32), grid)
    return {
        int(number): _within(shape, border).area / SQUARE_METRES_PER_HA
        for number, shape in zip(cut, shapes, strict=True)
    }


def _nowhere(points: PointEvents, grid: GridSpec, border: Any) -> tuple[str, ...]:
    """That no event lies in the area, in words: coordinates in degrees, or those of another place, look like peace."""
    if not len(points) or on_ground(points.coordinates, grid, border).any():
        return ()
    return (
        f"None of the {len(points):,} events lies in the area: are they in metres of EPSG:27700, and of this place?",
    )


def _left_out(listed: _Listed, features: gpd.GeoDataFrame, spec: HotspotSpec) -> tuple[str, ...]:
    """What is hot and in no place, in words."""
    found = []
    if listed.few:
        few = f"with fewer than {spec.min_events} events"
        found.append(number_of(listed.few, f"hot patch {few} is not listed.", f"hot patches {few} are not listed."))
    of_more = features["core_of_ha"].notna()
    if many := int(of_more.sum()):
        about = listed.hot_ha - float(features.loc[of_more, "area_ha"].sum())
        found.append(
            number_of(many, "of these places is the core", "of these places are the cores")
            + f" of hot ground above {CORE_SIZES * spec.largest_ha:g} ha; the {about:,.0f} ha about "
            + f"{'it' if many == 1 else 'them'} are hot too, and in no place."
        )
    return tuple(found)


def _facts(labels: Labels, flagged: Flagged, points: PointEvents, border: Any) -> pd.DataFrame:
    """What each patch holds: its events by year and hour, its peak, and how rarely chance reaches it."""
    # Imported here: scipy's image functions are slow to load and few commands need them.
    from scipy.ndimage import find_objects

    easting, northing = _inside(points, border)
    table = points.table[_kept(points, border)]
    patch_of = _patch_of(easting, northing, labels, flagged.grid)
    windows = find_objects(labels)
    rows = []
    for number, window in enumerate(windows, start=1):
        cells = labels[window] == number  # looked at where it is: a map has thousands of patches
        row, column = _peak(cells, flagged.density[window])
        row, column = row + window[0].start, column + window[1].start
        one_in = _highest(flagged.one_in[window][cells])
        rows.append(
            {
                "peak_per_km2": float(flagged.density[row, column]),
                "persistence": None,
                "value": _highest(flagged.value[window][cells]),
                "one_in": one_in,
                "chance": chance_sentence(one_in),
                "easting": flagged.grid.centre_eastings[column],
                "northing": flagged.grid.centre_northings[row],
            }
        )
    names = ["peak_per_km2", "persistence", "value", "one_in", "chance", "easting", "northing"]
    facts = pd.DataFrame(rows, columns=names)
    held = np.bincount(patch_of, minlength=len(windows) + 1)[1:]
    facts = facts.assign(events=held, events_share=held / max(len(table), 1), total_events=len(table))
    years = _by_year(table, patch_of, len(windows), points.meta.coverage)
    return pd.concat([facts, years, _hours(table, patch_of, len(windows))], axis=1)


def chance_sentence(one_in: float) -> str | None:
    """
    How rarely chance alone reaches a peak this high, in words; None where no maps were simulated.

    Examples
    --------
    >>> chance_sentence(1000.0)
    'Fewer than 1 map in 1,000 without clustering would reach this.'
    """
    if not math.isfinite(one_in):
        return None
    return f"Fewer than 1 map in {math.floor(one_in):,} without clustering would reach this."


def _kept(points: PointEvents, border: Any) -> npt.NDArray[np.bool_]:
    if border is None:
        return np.ones(len(points), dtype=np.bool_)
    shapely.prepare(border)
    return np.asarray(shapely.intersects_xy(border, *points.coordinates.T), dtype=np.bool_)


def _inside(points: PointEvents, border: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    coordinates = points.coordinates[_kept(points, border)]
    return coordinates[:, 0], coordinates[:, 1]


def _patch_of(
    easting: npt.NDArray[np.float64], northing: npt.NDArray[np.float64], labels: Labels, grid: GridSpec
) -> Labels:
    column = np.floor((easting - grid.west) / grid.cell_m).astype(int)
    row = grid.rows - 1 - np.floor((northing - grid.south) / grid.cell_m).astype(int)
    on = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    return np.where(on, labels[np.where(on, row, 0), np.where(on, column, 0)], 0).astype(np.int32)


def _peak(cells: npt.NDArray[np.bool_], density: npt.NDArray[np.float64]) -> tuple[int, int]:
    """The densest cell; of equal ones the most northern, then the most western."""
    place = int(np.where(cells, np.nan_to_num(density, nan=-1.0), -2.0).argmax())
    row, column = divmod(place, cells.shape[1])
    return row, column


def _highest(values: npt.NDArray[np.float64]) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan


def _by_year(table: pd.DataFrame, patch_of: Labels, patches_held: int, coverage: Coverage) -> "pd.Series[Any]":
    """
    Events of each patch in each financial year, from the first that any event is in to the last.

    A year of which only a part is held says so: five months beside a whole year look like a rise. None where dates are
    not held.
    """
    known = table["date"].notna().to_numpy()
    if not known.any():
        return pd.Series([None] * patches_held, name="by_year", dtype="object")
    dates = pd.DatetimeIndex(table["date"][known])
    first, last = (financial_year_of(date.date()).start.year for date in (dates.min(), dates.max()))
    # A financial year is known by the calendar year in which its April lies.
    year_of = dates.year.to_numpy() - (dates.month.to_numpy() < 4)
    counts = np.zeros((patches_held + 1, last - first + 1), dtype=np.int64)
    np.add.at(counts, (patch_of[known], year_of - first), 1)
    years = [_year_held(financial_year(year), coverage) for year in range(first, last + 1)]
    words = [", ".join(f"{year}: {count}" for year, count in zip(years, own, strict=True)) for own in counts[1:]]
    return pd.Series(words, name="by_year", dtype="object")


def _year_held(year: Period, coverage: Coverage) -> str:
    """
    A year's label, with the whole months held where they are not all.

    Examples
    --------
    >>> from datetime import date
    >>> _year_held(financial_year(2016), Coverage(date(2016, 11, 1), date(2018, 3, 31), absent="zero"))
    '2016/17 (5 months)'
    """
    if coverage.covers(year):
        return year.label
    held = sum(coverage.covers(month) for month in months_in(Coverage(year.start, year.end, absent=None)))
    return f"{year.label} ({number_of(held, 'month', 'months')})"


def _hours(table: pd.DataFrame, patch_of: Labels, patches_held: int) -> pd.DataFrame:
    """Events of each patch whose hour is known, and those of the night; missing where no hour of the patch is known."""
    hours = table["hour"] if "hour" in table else pd.Series(pd.NA, index=table.index, dtype="Int64")
    known = hours.notna().to_numpy()
    hour, patch_of = hours[known].to_numpy(dtype=np.int64), patch_of[known]
    with_hour, at_night = (
        pd.Series(np.bincount(chosen, minlength=patches_held + 1)[1:], dtype="Int64")
        for chosen in (patch_of, patch_of[(hour >= NIGHT[0]) | (hour < NIGHT[1])])
    )
    return pd.DataFrame({"with_hour": with_hour, "at_night": at_night}).where(with_hour > 0)


def _within(shape: Any, border: Any) -> Any:
    """The part of a polygon inside the border, without the lines and points where they only touch."""
    if border is None:
        return shape
    found = shapely.intersection(shape, border)
    parts = [part for part in shapely.get_parts(found) if part.geom_type == "Polygon"]
    return shapely.union_all(parts) if len(parts) != 1 else parts[0]


def _measured(table: pd.DataFrame, geometry: list[Any], border: Any, grid: GridSpec) -> pd.DataFrame:
    total = float(border.area) if border is not None else grid.rows * grid.columns * grid.cell_m**2
    area = np.array([shape.area for shape in geometry], dtype=np.float64)
    index = [
        pai(events, total_events, own, total)
        for events, total_events, own in zip(table["events"], table["total_events"], area, strict=True)
    ]
    return table.assign(area_ha=area / SQUARE_METRES_PER_HA, area_share=area / total, pai=index)


def _membership(geometry: list[Any], centre: Any) -> list[str | None]:
    if centre is None:
        return [None] * len(geometry)
    shares = [shapely.area(shapely.intersection(shape, centre)) / shape.area for shape in geometry]
    return ["inside" if share >= _WHOLLY else "outside" if share <= 1 - _WHOLLY else "partly" for share in shares]


def _references(table: pd.DataFrame) -> list[str]:
    """The 100 m grid square of each peak; where two peaks share it, of 10 m."""
    places = list(zip(table["easting"], table["northing"], strict=True))
    coarse = [to_grid_reference(*place) for place in places]
    return [
        reference if coarse.count(reference) == 1 else to_grid_reference(*place, side_m=10)
        for reference, place in zip(coarse, places, strict=True)
    ]


def _streets(points: PointEvents, labels: Labels, grid: GridSpec) -> list[str | None]:
    count = int(labels.max(initial=0))
    if "street" not in points.table:
        return [None] * count
    patch_of = _patch_of(points.coordinates[:, 0], points.coordinates[:, 1], labels, grid)
    return stated_streets(points.table["street"], patch_of, points.coordinates, count=count)


def _told_apart(names: "pd.Series[str]", references: "pd.Series[str]") -> list[str]:
    """Names of which no two are the same: the grid reference is added to all but the hottest of a name."""
    repeated = names.duplicated()
    return [
        f"{name} ({reference})" if again else name
        for name, reference, again in zip(names, references, repeated, strict=True)
    ]


def _described(flagged: Flagged, points: PointEvents, spec: HotspotSpec, left_out: tuple[str, ...]) -> LayerMeta:
    divided = (
        f"Patches above {spec.largest_ha:g} ha are divided where a peak stands at least {spec.prominence:.0%} of its "
        f"height above the saddle and holds {spec.min_events} events."
    )
    if flagged.tested:
        largest_ha = CORE_SIZES * spec.largest_ha
        divided += f" What is still above {largest_ha:g} ha is cut down to its core: its densest ground, that large."
    settings: dict[str, str | float | int] = {
        "rule": flagged.rule,
        "bandwidth_m": spec.bandwidth_m,
        "cell_m": flagged.grid.cell_m,
        "min_events": spec.min_events,
        **({"null": flagged.null} if flagged.null is not None else {}),
        # What every place was held to, where maps without clustering were made to compare with.
        **({"seed": flagged.seed, "level": spec.level} if flagged.seed is not None else {}),
    }
    return LayerMeta(
        id="hotspots",
        title=f"Hotspots of {points.meta.title}",
        measure="events",
        unit="events",
        period="",
        source=points.meta.title,
        method=f"{flagged.statement} {divided}",
        policy=points.meta.policy,
        marking=points.meta.marking,
        synthetic=points.meta.synthetic,
        schematic=False,
        attribution=points.meta.attribution,
        caveats=(
            *points.meta.caveats,
            *left_out,
            "More is recorded in a hotspot, which is not to say that more happens there.",
        ),
        settings=settings,
    )
