"""Readers of supplier files: each turns a file, or a glob of them, into a standard table, a tally and its rejects."""

from pathlib import Path

from hotspots.areas import Reference
from hotspots.errors import DataRefused
from hotspots.source_settings import (
    CalloutsSource,
    CrimesSource,
    IncidentsSource,
    InterventionsSource,
    NeedleFindsSource,
    PremisesSource,
    Source,
)
from hotspots.sources.breaks import read_series_breaks
from hotspots.sources.callouts import read_callouts
from hotspots.sources.crimes import read_crimes
from hotspots.sources.interventions import read_interventions
from hotspots.sources.needle_finds import read_needle_finds
from hotspots.sources.points import read_points
from hotspots.sources.population import read_population
from hotspots.sources.premises import read_incidents, read_premises
from hotspots.tables import Reading

__all__ = ["read_points", "read_series_breaks", "read_source"]


def read_source(  # noqa: PLR0911 (one for each kind)
    source: Source, *, folder: Path, reference: Reference, premises: Reading | None = None
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
    if isinstance(source, CalloutsSource):
        return read_callouts(source, folder=folder, reference=reference)
    if isinstance(source, NeedleFindsSource):
        return read_needle_finds(source, folder=folder, reference=reference)
    if isinstance(source, PremisesSource):
        return read_premises(source, folder=folder, reference=reference)
    if isinstance(source, IncidentsSource):
        return read_incidents(source, folder=folder, premises=premises)
    if isinstance(source, InterventionsSource):
        return read_interventions(source, folder=folder, reference=reference, premises=premises)
    if isinstance(source, CrimesSource):
        return read_crimes(source, folder=folder, reference=reference)
    return read_population(source, folder=folder, reference=reference)
