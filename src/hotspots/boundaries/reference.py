"""The reference geography of an area: boundary sets in use, lookups, and the codes of every vintage that is known."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast

import pandas as pd

from hotspots.areas import AreaKind, Areas, Lookup, Reference, WardsInForce
from hotspots.boundaries.check import checked_table
from hotspots.boundaries.code_table import column_of, read_code_table
from hotspots.boundaries.manifest import Manifest, open_set, read_manifest, set_folders
from hotspots.boundaries.read import PolygonFile
from hotspots.boundaries.together import check_together
from hotspots.boundary_settings import BoundariesSection, LookupSection
from hotspots.errors import DataRefused, SettingsRefused
from hotspots.files import fingerprint
from hotspots.settings import Area
from hotspots.tables import InputFile

_Sets = dict[str, tuple[Manifest, PolygonFile]]


def load_reference(area: Area) -> Reference:
    """
    The boundaries, lookups and known codes that an area file names under ``[boundaries]``.

    Every set in the folder is read for its codes, in use or not: that is how a sheet of another vintage is recognised.

    Raises
    ------
    SettingsRefused
        A set is named that the folder does not hold, or that is of another kind, or a lookup lacks a key.
    DataRefused
        A set is not what its manifest says, its geometry or a lookup is refused, or the sets are not of one place.
    """
    section = area.file.boundaries
    sets = {
        folder.name: open_set(folder, limits=area.file.limits) for folder in set_folders(area.folder / section.folder)
    }
    lsoas = _areas(sets, "lsoa", section)
    ward_sets = _ward_sets(sets, area)
    wards = _in_use(ward_sets, area) if ward_sets else _areas(sets, "ward", section)
    tables = [_lookup_table(area, lookup, index) for index, lookup in enumerate(section.lookups)]
    lookups = tuple(
        _lookup(lookup, table) for lookup, table in zip(section.lookups, tables, strict=True) if lookup.kind != "codes"
    )
    for lookup in lookups:
        _check_complete(lookup, lsoas)
    known = _known_codes(sets, zip(section.lookups, tables, strict=True))
    reference = Reference(lsoas, wards, lookups, known, ward_sets)
    check_together([areas for held in reference.sets_by_kind.values() for areas in held])
    return reference


def reference_files(area: Area) -> tuple[InputFile, ...]:
    """Name, size and SHA-256 of every file that :func:`load_reference` reads: sets, manifests and lookups."""
    section = area.file.boundaries
    folders = set_folders(area.folder / section.folder)
    paths = [path for folder in folders for path in (folder / "manifest.json", folder / read_manifest(folder).file)]
    paths += [area.folder / lookup.path for lookup in section.lookups]
    return tuple(fingerprint(path, root=area.folder) for path in paths)


def _ward_sets(sets: _Sets, area: Area) -> tuple[WardsInForce, ...]:
    """The wards by date, oldest first."""
    made = []
    for held in sorted(area.file.boundaries.ward_sets, key=lambda held: held.in_force_from):
        areas = _areas(sets, "ward", area.file.boundaries, name=held.set)
        assert areas is not None
        made.append(WardsInForce(areas, held.in_force_from, held.in_force_to))
    return tuple(made)


def _in_use(ward_sets: tuple[WardsInForce, ...], area: Area) -> Areas:
    """The wards in force on the last day that any source of events covers; the newest where there is no source."""
    covered = [source.covers_to for source in area.file.sources if source.kind != "population"]
    last = max(covered, default=None)
    found = [held.areas for held in ward_sets if last is None or held.first <= last]
    return (found or [ward_sets[0].areas])[-1]


def _areas(sets: _Sets, kind: AreaKind, section: BoundariesSection, *, name: str = "") -> Areas | None:
    name = name or (section.lsoa if kind == "lsoa" else section.ward)
    if not name:
        return None
    if name not in sets:
        raise SettingsRefused(
            f"boundaries.{kind}: there is no set {name!r} in {section.folder} (it holds {', '.join(sets) or 'none'}); "
            "add it with hotspots boundaries add"
        )
    manifest, polygons = sets[name]
    if manifest.kind != kind:
        raise SettingsRefused(f"boundaries.{kind}: the set {name!r} holds {manifest.kind} boundaries")
    table, _ = checked_table(polygons, tolerances=section)
    return Areas(
        kind,
        manifest.vintage,
        manifest.code_vintage,
        manifest.schematic,
        manifest.attribution,
        table,
        resolution=manifest.resolution,
    )


def _lookup_table(area: Area, lookup: LookupSection, index: int) -> pd.DataFrame:
    """A lookup's table as ``area_code``, ``parent_code`` and ``change``, those that the area file names."""
    if lookup.kind != "codes":
        for key in ("parent", "parent_vintage"):
            if not getattr(lookup, key):
                raise SettingsRefused(f"boundaries.lookups.{index}.{key}: missing, and a {lookup.kind} lookup needs it")
    path = area.folder / lookup.path
    table = read_code_table(path, limits=area.file.limits)
    named = {"area_code": lookup.child, "parent_code": lookup.parent, "change": lookup.change}
    columns = {name: column_of(table, heading, where=path.name) for name, heading in named.items() if heading}
    return pd.DataFrame(columns).drop_duplicates(ignore_index=True)


def _lookup(section: LookupSection, table: pd.DataFrame) -> Lookup:
    twice = table["area_code"][table["area_code"].duplicated()]
    if section.kind == "lsoa_to_ward" and len(twice):
        raise DataRefused(f"{Path(section.path).name}: {twice.iloc[0]} belongs to two wards; expected one row an LSOA")
    kind = cast(Literal["lsoa_to_ward", "lsoa_2011_to_2021"], section.kind)
    return Lookup(kind, section.child_vintage, section.parent_vintage, table)


def _check_complete(lookup: Lookup, lsoas: Areas | None) -> None:
    if lsoas is None or lookup.child_vintage != lsoas.code_vintage:
        return
    absent = sorted(lsoas.codes - set(lookup.table["area_code"]))
    if absent:
        raise DataRefused(
            f"the {lookup.kind} lookup has no row for {len(absent)} of the {len(lsoas.codes)} areas of {lsoas.label} "
            f"(such as {absent[0]}); it is of another vintage or incomplete"
        )


def _known_codes(
    sets: _Sets, lookups: Iterable[tuple[LookupSection, pd.DataFrame]]
) -> dict[tuple[str, str], frozenset[str]]:
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    for manifest, polygons in sets.values():
        known[manifest.kind, manifest.code_vintage].update(polygons.codes)
    for lookup, table in lookups:
        known[lookup.child_kind, lookup.child_vintage].update(table["area_code"])
        if lookup.kind != "codes":
            parent_kind = "ward" if lookup.kind == "lsoa_to_ward" else "lsoa"
            known[parent_kind, lookup.parent_vintage].update(table["parent_code"])
    return {key: frozenset(codes) for key, codes in known.items()}
