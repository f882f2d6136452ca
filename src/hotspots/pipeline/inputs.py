"""Everything that a build is made from, read and checked."""

import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import Reference
from hotspots.boundaries import load_reference
from hotspots.city_centre import CityCentre, check_meets, check_places, load_city_centre, load_places
from hotspots.common_ground import common_set, lookup_in_use
from hotspots.errors import DataRefused, FileRefused, UsageError
from hotspots.settings import Area
from hotspots.sources import load_gazetteer, read_series_breaks, read_source
from hotspots.sources.gazetteer_files import gazetteer_paths, resolve_template
from hotspots.spreadsheet import defused_table
from hotspots.staging import staged
from hotspots.tables import Reading

Progress = Callable[[str], None]

_FEW_REJECTS = 10

_ORDER = (
    *("population", "callouts", "needle_finds", "crimes", "premises", "incidents", "interventions", "ed_attendances"),
)


@dataclass(frozen=True, eq=False)
class Inputs:
    """Settings, reference geography, city-centre area, breaks in series, and one reading for each kind of source."""

    area: Area
    reference: Reference
    centre: CityCentre | None
    places: pd.DataFrame | None
    readings: dict[str, Reading]
    breaks: pd.DataFrame | None = None
    gazetteer: pd.DataFrame | None = None

    def reading(self, kind: str) -> Reading | None:
        """The reading of a kind of source, or None."""
        return self.readings.get(kind)

    def source(self, kind: str) -> Any:
        """The settings of a kind of source."""
        return self.area.source(kind)


def read_inputs(area: Area, *, progress: Progress = lambda _: None) -> Inputs:
    """
    Read and check every input that the area file names.

    Raises
    ------
    HotspotsError
        An input is refused; the message says which, why, and what to do. Nothing has been written.
    """
    progress("boundaries")
    reference = _with_common_areas(load_reference(area), area)
    centre = load_city_centre(area)
    if centre is not None:
        check_meets(centre, reference)
    places = _places(area, centre)
    breaks = _breaks(area)
    words = load_gazetteer(area, reference)
    readings: dict[str, Reading] = {}
    for source in sorted(area.file.sources, key=lambda source: _ORDER.index(source.kind)):
        progress(f"source {source.id}")
        readings[source.kind] = read_source(
            source,
            folder=area.folder,
            reference=reference,
            premises=readings.get("premises"),
            gazetteer=words,
            limits=area.file.limits,
        )
    named = area.file.hotspots.gazetteer
    gazetteer = load_places(area.folder / named, limits=area.file.limits) if named else None
    return Inputs(area, reference, centre, places, readings, breaks, gazetteer)


def check_agreements(area: Area, *, today: date) -> None:
    """
    Refuse a source whose sharing agreement has ended, or that claims to cover days that have not come.

    The data of an agreement that has ended may not be used, however good they are.

    Raises
    ------
    DataRefused
        Names every such source, with the day.
    """
    ended = [
        f"{source.id} (agreement {source.agreement or 'without a reference'}, ended {source.agreement_expires})"
        for source in area.file.sources
        if source.agreement_expires is not None and source.agreement_expires < today
    ]
    to_come = [source for source in area.file.sources if source.covers_to > today]
    if to_come:
        named = "; ".join(f"{source.id} until {source.covers_to}" for source in to_come)
        raise DataRefused(
            f"no source covers days that have not come ({named}; today is {today}): they would count as days on which "
            "nothing happened; set covers_to to the last day that was supplied"
        )
    if ended:
        raise DataRefused(
            f"the sharing agreement of {'; '.join(ended)} has ended: renew it and state agreement_expires, or take the "
            "source out of the area file and run `hotspots purge`"
        )


def check_rejects(inputs: Inputs) -> None:
    """
    Refuse sources of which too many rows were rejected: what is left would be shown as if it were all of them.

    Raises
    ------
    DataRefused
        Names every such source, how many of its rows were rejected, and the first.
    """
    refused = []
    for kind, reading in inputs.readings.items():
        tally, share = reading.tally, inputs.source(kind).most_rejected
        if tally.rejected >= _FEW_REJECTS and tally.rejected > share * tally.read:
            first = reading.rejects.iloc[0]
            refused.append(
                f"{reading.meta.id}: {tally.rejected:,} of {tally.read:,} rows were rejected, over the {share:.0%} "
                f"that may be (the first: {first['file']} line {first['line']}, {first['column']} {first['value']!r}: "
                f"{first['detail']})"
            )
    if refused:
        raise DataRefused(
            f"{'; '.join(refused)}; `hotspots check` writes them all out: correct them, or raise most_rejected of the "
            "source"
        )


def geography_paths(area: Area) -> list[str]:
    """The files and folders of the reference geography, relative to the area file."""
    return [*_geography(area), *gazetteer_paths(area)]


def _geography(area: Area) -> list[str]:
    file = area.file
    sets = [file.boundaries.lsoa, file.boundaries.ward, *(held.set for held in file.boundaries.ward_sets)]
    named = [f"{file.boundaries.folder}/{name}" for name in sets if name]
    named += [lookup.path for lookup in file.boundaries.lookups]
    named += [file.city_centre.path] if file.city_centre is not None else []
    further = (file.map.places, file.map.series_breaks, file.hotspots.gazetteer, file.premises_score.reported)
    return [*named, *(path for path in further if path)]


def check_no_input(target: Path, area: Area | None, *given: Path) -> None:
    """
    Refuse to write where something is read from: the files ``given``, and all that an area file names.

    Raises
    ------
    UsageError
        The file is an input.
    """
    patterns = [os.path.realpath(path) for path in (*given, *(_named(area) if area is not None else ()))]
    real = os.path.realpath(target)
    if any(real == pattern or fnmatch.fnmatchcase(real, pattern) for pattern in patterns):
        raise UsageError(f"{target.name} is read from, and would be replaced by what is made of it; name another file")


def _named(area: Area) -> list[Path]:
    """Everything that an area file names, patterns as they are: whether it is there does not matter here."""
    section = area.file.gazetteer
    names = [*_geography(area), *(source.path for source in area.file.sources), section.open_names, section.resolved]
    return [area.folder / name for name in names if name]


def reject_files(readings: Iterable[Reading], *, folder: Path) -> list[Path]:
    """Write the rejects of each source that has any, and the texts that name no place; returns the files written."""
    written = []
    for reading in readings:
        if len(reading.rejects):
            written.append(folder / f"{reading.meta.id}.csv")
            with _staged_in(folder, written[-1]) as stage:
                defused_table(reading.rejects).to_csv(stage, index=False, lineterminator="\n")
        if reading.unplaced is not None and len(reading.unplaced):
            written.append(folder / f"{reading.meta.id}-unplaced.csv")
            with _staged_in(folder, written[-1]) as stage:
                resolve_template(stage, reading.unplaced)
    return written


@contextmanager
def _staged_in(folder: Path, target: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileRefused(f"there is no folder {folder.name} to write rejects in: {error.strerror}") from error
    with staged(target) as stage:
        yield stage


def _with_common_areas(reference: Reference, area: Area) -> Reference:
    """The geography with the areas that two vintages share, where a source is counted by them."""
    if not any(on_common_areas(source) for source in area.file.sources):
        return reference
    return replace(reference, common=common_set(reference.areas("lsoa"), lookup_in_use(reference)))


def on_common_areas(source: Any) -> bool:
    """Whether a source is counted by the areas that two vintages share."""
    conversion = getattr(source, "conversion", None)
    return conversion is not None and conversion.split == "common"


def _places(area: Area, centre: CityCentre | None) -> pd.DataFrame | None:
    if not area.file.map.places:
        return None
    places = load_places(area.folder / area.file.map.places, limits=area.file.limits)
    if centre is not None:
        problems = check_places(centre, places)
        if problems:
            raise DataRefused(f"{centre.label} does not fit its places: {'; '.join(problems)}")
    return places


def _breaks(area: Area) -> pd.DataFrame | None:
    path = area.file.map.series_breaks
    return read_series_breaks(path, folder=area.folder, limits=area.file.limits) if path else None
