"""The density command: one surface of a file of points, or of a source of the area file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.analysis.density import DensitySpec, Kernel, density
from hotspots.areas import Reference
from hotspots.boundaries import load_reference
from hotspots.city_centre import CityCentre
from hotspots.errors import DataRefused, UsageError
from hotspots.layer import GridSpec, Layer
from hotspots.pipeline.features import visible_finds
from hotspots.settings import Area, DensitySection
from hotspots.sources import read_source
from hotspots.sources.points import read_points, study_bounds
from hotspots.tables import PointEvents


@dataclass(frozen=True, eq=False)
class DensityChoice:
    """What was given on the command line; what was not comes from the area file, or from its defaults."""

    border: CityCentre | None = None
    bandwidth_m: float | None = None
    cell_m: float | None = None
    kernel: Kernel | None = None


def density_of_file(
    points: str,
    area: Area | None,
    choice: DensityChoice,
) -> Layer:
    """Density of a CSV with ``easting,northing`` or ``longitude,latitude`` and, optionally, ``weight``."""
    if area is None:
        read = read_points(Path(points))
    else:
        read = read_points(Path(points), bounds=study_bounds(load_reference(area)), limits=area.file.limits)
    if len(read.rejects):
        first = read.rejects.iloc[0]
        raise DataRefused(
            f"{Path(points).name}: {len(read.rejects)} of {read.tally.read} rows cannot be placed, the first on line "
            f"{first['line']} ({first['column']} {first['value']!r}: {first['detail']}); correct or remove them"
        )
    events = PointEvents(read.table, read.meta)
    section = area.file.density if area is not None else DensitySection()
    weighted = "weight" if (read.table["weight"] != 1).any() else None
    return _made(events, section, choice, border=choice.border, weight=weighted)


def density_of_source(
    points: str,
    area: Area | None,
    choice: DensityChoice,
) -> Layer:
    """Density of the events of a source that has positions; a source of counts by area is refused, with the reason."""
    if area is None:
        raise UsageError(f"{points!r} is not a .csv file, and there is no area file to find a source of that id in")
    source = next((source for source in area.file.sources if source.id == points), None)
    if source is None:
        known = ", ".join(source.id for source in area.file.sources)
        raise UsageError(f"{points!r} is neither a .csv file nor a source of the area file; there are: {known}")
    reference: Reference = load_reference(area)
    reading = read_source(source, folder=area.folder, reference=reference, limits=area.file.limits)
    table = reading.table
    if source.kind == "needle_finds":
        table = visible_finds(table, source)
    elif "easting" in table:
        table = table[table["easting"].notna()]
    events = PointEvents(table.reset_index(drop=True), reading.meta)
    whole = choice.border or CityCentre("study-area", area.file.area.name, "", "", reference.study_area, "")
    return _made(events, area.file.density, choice, border=whole)


def _made(
    events: PointEvents,
    section: DensitySection,
    choice: DensityChoice,
    *,
    border: CityCentre | None,
    weight: str | None = None,
) -> Layer:
    if not len(events):
        raise DataRefused(f"{events.meta.title}: there are no events with a position")
    bandwidth_m = section.bandwidth_m if choice.bandwidth_m is None else choice.bandwidth_m
    cell = section.cell_m if choice.cell_m is None else choice.cell_m
    spec = DensitySpec(bandwidth_m, choice.kernel or section.kernel, weight=weight)
    geometry: Any = None if border is None else border.geometry
    grid = GridSpec.over(_bounds(events.table, spec.reach_m) if geometry is None else geometry.bounds, cell_m=cell)
    period = events.meta.coverage.whole.label if events.meta.kind != "points" else ""
    made = density(events, grid, spec, border=geometry, measure=weight or "events", period=period)
    if border is None:
        return made
    named = border.label if border.version else border.name
    attribution = " ".join(text for text in (made.meta.attribution, border.attribution) if text)
    return replace(made, meta=replace(made.meta, area=named, attribution=attribution))


def _bounds(table: pd.DataFrame, reach_m: float) -> tuple[float, float, float, float]:
    """The extent of the events with room for the kernel, so that nothing is lost at the edge of the grid."""
    east, north = table["easting"], table["northing"]
    return (east.min() - reach_m, north.min() - reach_m, east.max() + reach_m, north.max() + reach_m)
