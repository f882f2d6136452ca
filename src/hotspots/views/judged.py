"""Counts of a place by month, quarter or year as a viewer may have them: what "Did it work?" is answered from.

Analysts, and everybody for open sources, get months (callouts: quarters). For the others only whole years that were
audited at build time exist, so every number derived from them follows the suppression.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.comparison import PeriodCounts, SeriesBreak, monthly_counts, with_gaps
from hotspots.disclosure import may_see_points, may_see_premises
from hotspots.errors import DataRefused, DisclosureRefused, UsageError
from hotspots.joins import locate
from hotspots.layer import LayerMeta
from hotspots.measures import INCIDENTS_MEASURE, JUDGED_MEASURES, MEASURES
from hotspots.periods import Coverage, Period, months_in, parse_period
from hotspots.snapshot import Build
from hotspots.sources.interventions import place_polygon
from hotspots.tables import PointEvents, SourceMeta
from hotspots.views.choices import choices
from hotspots.views.layers import place_geometry
from hotspots.views.scores import coverage_of, spec_of
from hotspots.views.selection import POINT_LAYERS, Selection, Viewer
from hotspots.views.trend import totals_over

REST = "rest"
_BREAK_COLUMNS = ("source_kind", "date", "title", "detail")
_BY_POSITION = {"instances": "needle_finds", "crimes": "crimes", "asb": "crimes"}
_HOTSPOT_LAYERS = {"instances": "needle-hotspots", "crimes": "crime-hotspots", "asb": "crime-hotspots"}


def judged_measures(build: Build, viewer: Viewer) -> dict[str, str]:
    """The counts that this viewer may judge work by, with their labels."""
    held = set(choices(build, viewer).bases())
    found = {name: label for name, label in JUDGED_MEASURES.items() if name in held}
    if may_see_premises(viewer.role) and len(build.table("incidents")):
        found[INCIDENTS_MEASURE] = JUDGED_MEASURES[INCIDENTS_MEASURE]
    return found


def judged_places(build: Build, viewer: Viewer, what: str) -> dict[str, str]:
    """The places that a count may be judged in: the wheres of the map, or for incidents the premises."""
    if what != INCIDENTS_MEASURE:
        return choices(build, viewer).wheres()
    _check_premises(viewer)
    names = build.table("premises").sort_values("name")
    return {f"premises:{code}": name for code, name in zip(names["premises_id"], names["name"], strict=True)}


def registered(build: Build, viewer: Viewer) -> pd.DataFrame:
    """The register of interventions; those at premises only for whoever may see premises."""
    table = build.table("interventions")
    if table.empty or may_see_premises(viewer.role):
        return table
    named = table["place"].str.startswith("premises:") | table["comparison"].fillna("").str.startswith("premises:")
    return table[~named].reset_index(drop=True)


def series_breaks(build: Build) -> list[SeriesBreak]:
    """The breaks in series of the build."""
    table = build.table("series_breaks")
    return (
        [
            SeriesBreak(str(kind), pd.Timestamp(day).date(), str(title), "" if pd.isna(detail) else str(detail))
            for kind, day, title, detail in zip(*(table[name] for name in _BREAK_COLUMNS), strict=True)
        ]
        if len(table)
        else []
    )


def place_label(build: Build, viewer: Viewer, place: str) -> str:
    """A place in words."""
    if place == REST:
        return "everywhere else"
    kind, _, name = place.partition(":")
    if kind == "premises":
        _check_premises(viewer)
        names = build.table("premises").set_index("premises_id")["name"]
        return str(names.get(name, name))
    if kind == "polygon":
        return "a place of its own (a polygon)"
    if kind == "hotspot":
        return f"hotspot {name}"
    label = choices(build, viewer).wheres().get(place, place)
    return f"{label} ward" if kind == "ward" else label


def place_shape(build: Build, place: str, *, what: str) -> Any:
    """Polygon of a place in EPSG:27700; None for the whole area and for premises, which have none."""
    kind, _, name = place.partition(":")
    if kind == "polygon":
        return place_polygon(place)
    if kind == "premises":
        return None
    if kind != "hotspot":
        return place_geometry(build, place)
    layer = _HOTSPOT_LAYERS.get(what, "")
    features = build.features(layer) if layer in build.layers else None
    found = features[features["hotspot_id"] == name] if features is not None else None
    if found is not None and "measure" in found:
        found = found[found["measure"] == what]
    if found is None or found.empty:
        raise DataRefused(f"this build holds no hotspot {name} of {JUDGED_MEASURES[what].lower()}")
    return found.geometry.iloc[0]


def counts_of(build: Build, viewer: Viewer, *, what: str, place: str, zone: Any = None) -> PeriodCounts:
    """
    Counts of a place by the finest periods that this viewer may have.

    Parameters
    ----------
    zone
        A polygon to count in instead of the place itself: the ring around it.

    Raises
    ------
    DisclosureRefused
        This viewer may not have them.
    UsageError
        The build holds no such count or place for this viewer.
    """
    if what not in judged_measures(build, viewer):
        raise UsageError(f"{what!r} cannot be judged here; there are: {', '.join(judged_measures(build, viewer))}")
    if what == INCIDENTS_MEASURE:
        return _incidents(build, viewer, place)
    layer = POINT_LAYERS.get(what, "")
    points = layer in build.layers and may_see_points(build.meta(layer).policy, viewer.audience)
    kind = place.partition(":")[0]
    own = zone is not None or kind in {"polygon", "hotspot"}
    if own and not points:
        raise DisclosureRefused(
            f"{JUDGED_MEASURES[what]} inside a polygon can be had by whoever may see single events; choose the city "
            "centre or a ward"
        )
    stated = what in {"crimes", "asb"} and kind in {"city", "ward"} and not own  # by the code that the record states
    if not points or stated:
        return _by_area(build, viewer, what, place)
    shape = zone if zone is not None else place_shape(build, place, what=what)
    return _by_position(build, what, place, shape)


def rest_of(build: Build, viewer: Viewer, *, what: str, place: str) -> PeriodCounts:
    """Counts of everywhere but a place: the whole less the place, end by end where counts are hidden."""
    if place == "city":
        raise DataRefused("the whole area has nothing beside it to compare with")
    whole = "premises" if what == INCIDENTS_MEASURE else "city"
    total = counts_of(build, viewer, what=what, place=whole)
    own = counts_of(build, viewer, what=what, place=place)
    return replace(total, lower=np.maximum(total.lower - own.upper, 0), upper=total.upper - own.lower)


def described(build: Build, what: str) -> LayerMeta:
    """The description that goes with a count: source, marking, caveats, labels."""
    if what == INCIDENTS_MEASURE:
        return build.meta("premises-scores")
    return build.meta(next(name for name, cube in build.manifest["cubes"].items() if what in cube["measures"]))


def _check_premises(viewer: Viewer) -> None:
    if not may_see_premises(viewer.role):
        raise DisclosureRefused("premises are for licensing and analysts only")


def _by_area(build: Build, viewer: Viewer, what: str, place: str) -> PeriodCounts:
    held = choices(build, viewer)
    if place not in held.wheres():
        raise UsageError(f"{place!r} is not a place in this build; there are: {', '.join(held.wheres())}")
    kinds = [kind for kind in held.hows(what) if kind in {"ward", "lsoa"}]
    labels = held.whens(what, kinds[0])
    finest = min(held.period(label).years for label in labels)
    periods = sorted(held.period(label) for label in labels if abs(held.period(label).years - finest) < 1e-6)
    found = totals_over(build, Selection(what, where=place), viewer, periods=[period.label for period in periods])
    if not found.summed:
        raise DataRefused(
            f"{JUDGED_MEASURES[what]}: held by small area (LSOA), none of which lies wholly in "
            f"{place_label(build, viewer, place)}; work there cannot be judged by it"
        )
    ends = found.table[["lower", "upper"]].to_numpy(dtype=np.float64)
    held_periods = [held.period(label) for label in found.table["period"]]
    below, above = _rounded_away(build, viewer, what, summed=found.summed)
    lower, upper = np.maximum(ends[:, 0] - below, 0), ends[:, 1] + above
    return with_gaps(held_periods, lower, upper, source_kind=MEASURES[what].source_kind, areas=found.areas)


def _rounded_away(build: Build, viewer: Viewer, what: str, *, summed: int) -> tuple[float, float]:
    """How far a sum of rounded numbers may be from what was counted, downwards and upwards: rounded is not exact."""
    policy = described(build, what).policy
    if viewer.audience == "restricted" or policy == "open":
        return 0.0, 0.0
    rules = build.settings.disclosure.health if policy == "health" else build.settings.disclosure.controlled
    base = rules.rounding_base if rules.method == "rounding" else 1
    return summed * float(base // 2), summed * float((base - 1) // 2)


def _by_position(build: Build, what: str, place: str, shape: Any) -> PeriodCounts:
    kind = _BY_POSITION[what]
    meta = _source_meta(build, kind)
    table = build.table(kind)
    if "measure" in table:
        table = table[table["measure"] == what]
    if (place == "city" or place.startswith("ward:")) and table["easting"].notna().any():
        # As the map counts: a record without a position is in no area, and not in everywhere else either.
        placed = table[table["easting"].notna()].reset_index(drop=True)
        wards = build.areas("ward")
        areas = wards if wards is not None else build.areas("lsoa")
        assert areas is not None
        codes = locate(PointEvents(placed, meta), areas).codes
        table = placed[codes.notna() if place == "city" else codes == place.removeprefix("ward:")]
    elif shape is not None:
        placed = table[table["easting"].notna()]
        table = placed[shapely.intersects_xy(shape, placed["easting"].to_numpy(), placed["northing"].to_numpy())]
    covered = meta.coverage
    return monthly_counts(
        table,
        covers_from=covered.covers_from,
        covers_to=covered.covers_to,
        missing=covered.missing,
        source_kind=kind,
    )


def _incidents(build: Build, viewer: Viewer, place: str) -> PeriodCounts:
    """Distinct incidents of a scored type attributed to a premises (``premises``: to any), by month."""
    _check_premises(viewer)
    name, covered = place.removeprefix("premises:"), coverage_of(build)
    table = build.table("incidents")
    if place != "premises" and name not in set(build.table("premises")["premises_id"]):
        raise UsageError(f"{name!r} is not in the register of premises")
    chosen = table["premises_id"].notna() if place == "premises" else table["premises_id"] == name
    scored = table[chosen & table["incident_type"].isin(spec_of(build).scored_types)].drop_duplicates("incident_id")
    return monthly_counts(
        scored,
        covers_from=covered.covers_from,
        covers_to=covered.covers_to,
        missing=_silent_months(table[chosen], covered),
        source_kind="incidents",
    )


def _silent_months(rows: pd.DataFrame, covered: Coverage) -> list[Period]:
    """The months without any row where the source says that absent means unknown: their counts are not known."""
    if covered.absent != "unknown":
        return []
    told = set(pd.to_datetime(rows["date"]).dt.strftime("%Y-%m"))
    return [month for month in months_in(covered) if month.label not in told]


def _source_meta(build: Build, kind: str) -> SourceMeta:
    name, source = next((n, s) for n, s in build.manifest["sources"].items() if s["kind"] == kind)
    first, last = (date.fromisoformat(source[end]) for end in ("covers_from", "covers_to"))
    missing = tuple(parse_period(label, calendar="calendar") for label in source.get("missing", ()))
    coverage = Coverage(first, last, source["absent"], missing)
    shown = (source["resolution"], coverage, source["policy"], source["marking"], source["synthetic"])
    return SourceMeta(name, kind, source["title"], *shown)


def period_of(counts: PeriodCounts, label: str) -> Period:
    """The period of a label; ``UsageError`` names the ends of what is held."""
    for period in counts.periods:
        if period.label == label:
            return period
    raise UsageError(f"{label!r} is not held; there are {counts.periods[0].label} to {counts.periods[-1].label}")
