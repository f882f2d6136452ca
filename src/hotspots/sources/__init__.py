"""Readers of supplier files: each turns a file, or a glob of them, into a standard table, a tally and its rejects."""

from pathlib import Path

from hotspots.areas import Reference
from hotspots.errors import DataRefused
from hotspots.gazetteer import Gazetteer
from hotspots.limits import STANDARD, Limits
from hotspots.source_settings import (
    CalloutsSource,
    CrimesSource,
    EdAttendancesSource,
    IncidentsSource,
    InterventionsSource,
    NeedleFindsSource,
    PremisesSource,
    Source,
)
from hotspots.sources._vintage import (
    Convertible,
    Stretch,
    as_supplied,
    conversion_kinds,
    converted,
    stretches,
    to_convert,
)
from hotspots.sources.breaks import read_series_breaks
from hotspots.sources.callouts import read_callouts
from hotspots.sources.crimes import read_crimes
from hotspots.sources.ed_attendances import read_ed_attendances
from hotspots.sources.gazetteer_files import load_gazetteer
from hotspots.sources.interventions import read_interventions
from hotspots.sources.needle_finds import read_needle_finds
from hotspots.sources.points import read_points
from hotspots.sources.population import read_population
from hotspots.sources.premises import read_incidents, read_premises
from hotspots.tables import Reading

__all__ = [
    "conversion_kinds",
    "load_gazetteer",
    "read_points",
    "read_series_breaks",
    "read_source",
    "to_convert",
]


def read_source(
    source: Source,
    *,
    folder: Path,
    reference: Reference,
    premises: Reading | None = None,
    gazetteer: Gazetteer | None = None,
    limits: Limits = STANDARD,
) -> Reading:
    """
    Read and check one source as its settings declare it.

    Rows are conserved (read = accepted + rejected + set aside), dates are ``datetime64[s]``, positions are EPSG:27700
    metres, and the table has exactly the columns of ``tables.STANDARD_TABLES``, sorted.

    Parameters
    ----------
    source
        The source's settings.
    folder
        The folder of the area file, to which the source's path is relative.
    reference
        Boundaries and known codes; without boundary sets, positions are only checked against the National Grid.
    premises
        The reading of the premises register, which incidents and interventions at premises need.
    gazetteer
        The places that a source with places in words is placed by (:func:`load_gazetteer`).
    limits
        How large its files may be.

    Raises
    ------
    DataRefused
        The source cannot be used as it is; nothing was changed.
    """
    if reference.schematic and not source.synthetic:
        raise DataRefused(
            f"{source.id}: these shapes are invented: run `hotspots boundaries add` to use real records (or "
            "declare synthetic = true where the records are invented too)"
        )
    lookup = to_convert(source, reference)
    if lookup is not None and isinstance(source, Convertible):
        if isinstance(source, CalloutsSource):
            parts = stretches(source, lookup, reference)
            supplied = read_callouts(source, folder=folder, limits=limits, stretches=parts)
        else:
            older = as_supplied(reference, source, lookup)
            supplied = _read(
                source, folder=folder, limits=limits, reference=older, premises=premises, gazetteer=gazetteer
            )
        return converted(supplied, source, lookup, folder=folder, limits=limits, reference=reference)
    return _read(source, folder=folder, limits=limits, reference=reference, premises=premises, gazetteer=gazetteer)


def _read(  # noqa: PLR0911 (one for each kind)
    source: Source,
    *,
    folder: Path,
    limits: Limits,
    reference: Reference,
    premises: Reading | None,
    gazetteer: Gazetteer | None,
) -> Reading:
    if isinstance(source, CalloutsSource):
        return read_callouts(source, folder=folder, limits=limits, stretches=(Stretch(source, reference),))
    if isinstance(source, NeedleFindsSource):
        return read_needle_finds(source, folder=folder, limits=limits, reference=reference, gazetteer=gazetteer)
    if isinstance(source, EdAttendancesSource):
        return read_ed_attendances(source, folder=folder, limits=limits, reference=reference, gazetteer=gazetteer)
    if isinstance(source, PremisesSource):
        return read_premises(source, folder=folder, limits=limits, reference=reference)
    if isinstance(source, IncidentsSource):
        return read_incidents(source, folder=folder, limits=limits, premises=premises)
    if isinstance(source, InterventionsSource):
        return read_interventions(source, folder=folder, limits=limits, reference=reference, premises=premises)
    if isinstance(source, CrimesSource):
        return read_crimes(source, folder=folder, limits=limits, reference=reference)
    return read_population(source, folder=folder, limits=limits, reference=reference)
