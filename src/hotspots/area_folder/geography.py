"""The boundaries and lookups of a new area folder from the portal, in place of files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hotspots.area_folder.make import AreaPlan
from hotspots.fetch import Origin, fetch_boundaries, fetch_lookup

Progress = Callable[[str], None]

# The newest that the catalogue has at the usual resolution.
LSOA_VINTAGE, WARD_VINTAGE = "2021", "2024"


def fetch_geography(plan: AreaPlan, origin: Origin, folder: Path, *, progress: Progress = lambda _: None) -> AreaPlan:
    """
    Fetch LSOAs, wards and the lookups between them into ``folder``, and name them in the plan.

    Vintages are those of the plan's columns, or LSOAs of 2021 and wards of 2024. Wards and lookups that the plan names
    as files are not fetched. What an interrupted fetch left in ``folder`` is used when it is run again.

    Raises
    ------
    FetchError, DataRefused
        As :func:`hotspots.fetch.fetch_boundaries`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    years = (plan.lsoa_columns.vintage or LSOA_VINTAGE, plan.ward_columns.vintage or WARD_VINTAGE)
    lsoas = fetch_boundaries(
        origin, folder / "lsoas.geojson", kind="lsoa", vintage=years[0], lad=plan.lad, progress=progress
    )
    fetched = {lsoas.path: lsoas}
    if plan.wards is None:
        wards = fetch_boundaries(
            origin, folder / "wards.geojson", kind="ward", vintage=years[1], lad=plan.lad, progress=progress
        )
        fetched[wards.path] = wards
        plan = replace(plan, wards=wards.path)
    lookups = plan.lookups
    if not lookups:
        names = [entry.id for entry in origin.catalogue.tables]
        wanted = [name for name in ("lsoa-2011-to-2021", f"lsoa-{years[0]}-to-ward-{years[1]}") if name in names]
        for name in wanted:
            fetch_lookup(origin, name, folder / f"{name}.csv", lad=plan.lad, progress=progress)
        lookups = tuple(folder / f"{name}.csv" for name in wanted)
    return replace(plan, lsoas=lsoas.path, lookups=lookups, whole_files=True, fetched=fetched)
