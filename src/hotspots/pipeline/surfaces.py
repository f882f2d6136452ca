"""The density surfaces: one for each measure, category and period that is published."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from hotspots.analysis.counts import reporting_periods
from hotspots.analysis.density import DensitySpec, density
from hotspots.layer import GridSpec, LayerMeta
from hotspots.measures import CATEGORIES, measure
from hotspots.periods import Period, months_in
from hotspots.settings import DensitySection
from hotspots.snapshot import SurfaceEntry
from hotspots.tables import PointEvents, Reading


def density_grid(border: object, section: DensitySection) -> GridSpec:
    """The grid on round lines over the study area."""
    west, south, east, north = (float(edge) for edge in border.bounds)  # type: ignore[attr-defined]
    return GridSpec.over((west, south, east, north), cell_m=section.cell_m)


def needle_surfaces(
    reading: Reading, visible: pd.DataFrame, section: DensitySection, *, border: object, described: LayerMeta
) -> Iterator[SurfaceEntry]:
    """Needle finds that may be points, by period: instances, and volume where the quantity is known."""
    for period in reporting_periods(reading.meta.coverage):
        chosen = _within(visible, period)
        for name, weight in (("instances", None), ("volume", "quantity")):
            yield _entry(
                PointEvents(chosen, reading.meta),
                section,
                border=border,
                described=described,
                key=("needle-density", name, "all", period.label),
                weight=weight,
            )


def crime_surfaces(
    reading: Reading, section: DensitySection, *, border: object, described: LayerMeta
) -> Iterator[SurfaceEntry]:
    """Recorded crime and ASB by period, and each type over the longest period."""
    located = reading.table[reading.table["easting"].notna()]
    coverage = reading.meta.coverage
    # A coverage with gaps may hold no whole year: then its months are what can be drawn.
    months = [month for month in months_in(coverage) if coverage.covers(month)]
    periods = reporting_periods(coverage) or months
    for name in ("crimes", "asb"):
        events = located[located["measure"] == name]
        types = sorted(events["category"].unique()) if events["category"].nunique() > 1 else []
        wanted = [("all", period) for period in periods] + [(kind, periods[-1]) for kind in types]
        for category, period in wanted:
            chosen = _within(events if category == "all" else events[events["category"] == category], period)
            key = ("crime-density", name, category, period.label)
            yield _entry(PointEvents(chosen, reading.meta), section, border=border, described=described, key=key)


def _entry(
    points: PointEvents,
    section: DensitySection,
    *,
    border: object,
    described: LayerMeta,
    key: tuple[str, str, str, str],
    weight: str | None = None,
) -> SurfaceEntry:
    layer_id, name, category, period = key
    spec = DensitySpec(section.bandwidth_m, section.kernel, weight=weight)
    made = density(
        points, density_grid(border, section), spec, border=border, measure=measure(name).unit, period=period
    )
    of = "" if category == "all" else f" ({CATEGORIES.get(category, category)})"
    meta = replace(
        made.meta,
        id=layer_id,
        title=f"Density of {measure(name).label.lower()}{of}",
        measure=name,
        schematic=described.schematic,
        vintage=described.vintage,
        coverage=described.coverage,
        attribution=described.attribution,
    )
    return SurfaceEntry(layer_id, name, category, period, replace(made, meta=meta))


def _within(events: pd.DataFrame, period: Period) -> pd.DataFrame:
    dates = pd.to_datetime(events["date"])
    chosen = (dates >= pd.Timestamp(period.start)) & (dates <= pd.Timestamp(period.end))
    return events[chosen].reset_index(drop=True)
