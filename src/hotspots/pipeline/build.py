"""Making a build: every layer from the inputs, then one publication."""

import platform
from dataclasses import asdict, replace
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

import hotspots
from hotspots.areas import COMMON_LAYER
from hotspots.city_centre import classify
from hotspots.crs import TRANSFORMATION
from hotspots.errors import DataRefused
from hotspots.layer import highest
from hotspots.limits import Limits, in_bytes
from hotspots.pipeline.common import add_common_areas, callouts_by_area
from hotspots.pipeline.cubes import (
    BY_POSITION,
    Cube,
    centre_table,
    crime_cube,
    describe,
    ed_cube,
    located_table,
    needle_cube,
    ward_mismatches,
)
from hotspots.pipeline.features import (
    NOT_POINTS,
    boundary_features,
    boundary_meta,
    centre_features,
    centre_meta,
    event_features,
    place_features,
    place_meta,
    visible_finds,
)
from hotspots.pipeline.hotspots import add_hotspots
from hotspots.pipeline.inputs import (
    Inputs,
    Progress,
    check_agreements,
    check_no_input,
    check_rejects,
    geography_paths,
    read_inputs,
    reject_files,
)
from hotspots.pipeline.masks import add_masks
from hotspots.pipeline.premises import add_premises, check_premises
from hotspots.pipeline.surfaces import crime_surfaces, needle_surfaces
from hotspots.pipeline.wards import add_ward_sets, located_cubes, lsoa_wards
from hotspots.settings import Area, load_area
from hotspots.snapshot import Build, BuildContent, SurfaceEntry, check_folder, publish
from hotspots.tables import Reading

_PINS = ("geopandas", "shapely", "numpy", "pandas", "pyarrow", "rasterio", "fiona", "convertbng")
_LAYER_ORDER = (
    "lsoas",
    COMMON_LAYER,
    "wards",
    "city-centre-area",
    "places",
    "callouts-by-lsoa",
    "callouts-by-ward",
    "needle-finds-by-ward",
    "needle-finds-by-lsoa",
    "needle-finds",
    "needle-density",
    "needle-hotspots",
    "needle-targets",
    "crimes-by-lsoa",
    "crimes",
    "crime-density",
    "crime-hotspots",
    "crime-targets",
    "premises-scores",
    "ed-attendances-by-ward",
    "ed-attendances-by-lsoa",
)


def check_area(
    area: Area, *, rejects: Path | None = None, today: date | None = None, progress: Progress = lambda _: None
) -> Inputs:
    """
    Read and check every input; write the rejects of each source to a folder if one is given.

    ``today`` is the day that agreements must still run on; without it they are not checked.
    """
    if today is not None:
        check_agreements(area, today=today)
    inputs = read_inputs(area, progress=progress)
    if rejects is not None:
        for source in area.file.sources:
            check_no_input(rejects / f"{source.id}.csv", area)
            check_no_input(rejects / f"{source.id}-unplaced.csv", area)
        reject_files(inputs.readings.values(), folder=rejects)
    check_rejects(inputs)
    check_premises(inputs)
    return inputs


def build_area(
    area_file: Path | str,
    build: Path | str = "build",
    *,
    today: date | None = None,
    progress: Progress = lambda _: None,
) -> Build:
    """
    Read an area file and publish its build into a folder.

    Nothing is published unless every input was accepted and every file was read back as it was written; the previous
    build stays readable throughout.

    Raises
    ------
    HotspotsError
        An input was refused or the build could not be published; nothing has changed.
    """
    area = load_area(area_file)
    check_folder(Path(build))
    geography = _geography_hashes(area)
    inputs = check_area(area, today=today, progress=progress)
    content = BuildContent(area.file, _manifest(inputs))
    _add_geography(content, inputs)
    cubes = _cubes(inputs, progress)
    for cube in cubes:
        content.cubes[cube.layer_id] = cube.rows
        content.metas[cube.layer_id] = cube.meta
        content.manifest["cubes"][cube.layer_id] = cube.record
        for period in cube.periods:
            content.manifest["periods"][period.label] = [period.start.isoformat(), period.end.isoformat()]
    _add_events(content, inputs, progress, folder=Path(build))
    add_premises(content, inputs, progress)
    _add_tables(content, inputs)
    progress("disclosure audit")
    add_masks(content, cubes, folder=Path(build))
    ordered = {name: content.metas[name] for name in _ordered(content) if name in content.metas}
    content.metas.clear()
    content.metas.update(ordered)
    _lower_marking(content)
    _add_caveat(content, inputs.reference.mixed_resolution)
    progress("publishing")
    if _geography_hashes(area) != geography:
        raise DataRefused("a boundary, lookup or place file changed while it was read; run this again")
    return publish(content, folder=Path(build), identity=_identity(content.manifest, area, geography))


def _ordered(content: BuildContent) -> list[str]:
    """The layers in the order they are listed to people; those of other wards stand after those of the wards in use."""
    others = [layer.removeprefix("wards") for layer in content.manifest["ward_sets"]]
    return [name for base in _LAYER_ORDER for name in (base, *(base + other for other in others if other))]


def _lower_marking(content: BuildContent) -> None:
    """Mark every layer as the area file says; who lowered it and why are in the settings that the build keeps."""
    lowered = content.settings.marking.lowered_to
    if lowered is None:
        return
    content.manifest["marking"] = lowered
    for layer_id, meta in content.metas.items():
        content.metas[layer_id] = replace(meta, marking=lowered)
    content.surfaces[:] = [
        SurfaceEntry(*entry.key, entry.layer.described(marking=lowered)) for entry in content.surfaces
    ]


def _add_caveat(content: BuildContent, caveat: str) -> None:
    """Say it of every layer, where there is something to say."""
    if not caveat:
        return
    for layer_id, meta in content.metas.items():
        content.metas[layer_id] = replace(meta, caveats=(*meta.caveats, caveat))
    content.surfaces[:] = [
        SurfaceEntry(*entry.key, entry.layer.described(caveats=(*entry.layer.meta.caveats, caveat)))
        for entry in content.surfaces
    ]


def _manifest(inputs: Inputs) -> dict[str, Any]:
    readings = inputs.readings
    return {
        "area": inputs.area.file.area.name,
        "transformation": TRANSFORMATION,
        "versions": {name: version(name) for name in _PINS} | {"hotspots": hotspots.__version__, "code": code_hash()},
        "python": ".".join(platform.python_version_tuple()[:2]),
        "vintages": {
            areas.kind: {
                "vintage": areas.vintage,
                "code_vintage": areas.code_vintage,
                "resolution": areas.resolution,
                "edge_m": round(areas.edge_m, 1),
            }
            for areas in inputs.reference.sets
        },
        "mixed_resolution": inputs.reference.mixed_resolution,
        "marking": highest(tuple(reading.meta.marking for reading in readings.values())),
        "sources": {reading.meta.id: _source_record(inputs, kind) for kind, reading in sorted(readings.items())},
        "city_centre": _centre_record(inputs),
        "cubes": {},
        "periods": {},
        "score_days": [],
        "score": {},
        "tables": {},
    }


def _source_record(inputs: Inputs, kind: str) -> dict[str, Any]:
    reading = inputs.readings[kind]
    return {
        "kind": kind,
        "title": reading.meta.title,
        "resolution": reading.meta.resolution,
        "policy": reading.meta.policy,
        "marking": reading.meta.marking,
        "synthetic": reading.meta.synthetic,
        "covers_from": reading.meta.coverage.covers_from.isoformat(),
        "covers_to": reading.meta.coverage.covers_to.isoformat(),
        "absent": reading.meta.coverage.absent,
        "missing": [period.label for period in reading.meta.coverage.missing],
        "attribution": reading.meta.attribution,
        **{name: getattr(inputs.source(kind), name) for name in ("owner", "agreement", "purpose", "retention_months")},
        "agreement_expires": str(inputs.source(kind).agreement_expires or ""),
        "tally": asdict(reading.tally) | {"set_aside": dict(reading.tally.set_aside)},
        "sentence": reading.tally.sentence,
        "notes": list(reading.notes),
        "files": [asdict(file) for file in reading.files],
    }


def _centre_record(inputs: Inputs) -> dict[str, str]:
    centre = inputs.centre
    if centre is None:
        return {}
    return {"name": centre.name, "version": centre.version, "option": centre.option, "label": centre.label}


def _identity(manifest: dict[str, Any], area: Area, geography: dict[str, str]) -> dict[str, Any]:
    """What determines a build: inputs, settings, code and pins; no clock, no paths."""
    return {
        "inputs": {name: source["files"] for name, source in manifest["sources"].items()},
        "geography": geography,
        "settings": area.file.model_dump(mode="json"),
        "versions": manifest["versions"],
        "python": manifest["python"],
        "hotspots_kept": manifest.get("hotspots_kept", {}),
        "seen_before": manifest.get("audit", {}).get("seen_before", []),
    }


def _geography_hashes(area: Area) -> dict[str, str]:
    """SHA-256 of every file of the reference geography, taken before it is read and again afterwards."""
    return {name: _folder_hash(area.folder / name, area.file.limits) for name in geography_paths(area)}


def _folder_hash(path: Path, limits: Limits) -> str:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = sha256()
    for file in files:
        if file.is_file() and file.stat().st_size <= in_bytes(limits.file_mb):  # others are refused where they are read
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def code_hash() -> str:
    """SHA-256 of the package's own modules: a build made by changed code is another build."""
    root = Path(hotspots.__file__).parent
    digest = sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _add_geography(content: BuildContent, inputs: Inputs) -> None:
    for areas in inputs.reference.sets:
        meta = boundary_meta(areas)
        content.metas[meta.id], content.features[meta.id] = meta, boundary_features(areas)
    add_common_areas(content, inputs.reference)
    add_ward_sets(content, inputs.reference)
    if inputs.places is not None:
        content.metas["places"], content.features["places"] = place_meta(), place_features(inputs.places)
    if inputs.reference.lsoas is not None and inputs.reference.wards is not None:
        content.tables["lsoa_wards"] = lsoa_wards(inputs.reference)
    centre = inputs.centre
    if centre is None:
        return
    meta = centre_meta(centre)
    content.metas[meta.id], content.features[meta.id] = meta, centre_features(centre)
    section = inputs.area.file.city_centre
    assert section is not None
    for kind, sets in inputs.reference.sets_by_kind.items():
        parts = [
            classify(centre, areas, inside_share=section.inside_share, outside_share=section.outside_share)
            for areas in sets
        ]
        content.tables[f"centre_{kind}"] = pd.concat(parts, ignore_index=True).drop_duplicates("code")


def _cubes(inputs: Inputs, progress: Progress) -> list[Cube]:
    cubes = []
    if (reading := inputs.reading("callouts")) is not None:
        progress("callouts by area")
        cubes.append(callouts_by_area(reading, inputs))
    if (reading := inputs.reading("needle_finds")) is not None:
        progress("needle finds by area")
        cubes += located_cubes(reading, inputs.reference, needle_cube)
    if (reading := inputs.reading("crimes")) is not None:
        progress("crimes by area")
        stated = inputs.source("crimes").lsoa_codes == "stated"
        cubes.append(crime_cube(reading, inputs.reference.areas("lsoa"), stated=stated))
    if (reading := inputs.reading("ed_attendances")) is not None and reading.table["easting"].notna().any():
        progress("emergency department attendances by area")
        cubes += located_cubes(reading, inputs.reference, ed_cube)
    return cubes


def _add_events(content: BuildContent, inputs: Inputs, progress: Progress, *, folder: Path) -> None:
    finds, crimes = inputs.reading("needle_finds"), inputs.reading("crimes")
    if finds is not None:
        progress("needle density")
        _add_needles(content, inputs, finds)
    if crimes is not None:
        progress("crime density")
        _add_crimes(content, inputs, crimes)
    visible = None if finds is None else visible_finds(finds.table, inputs.source("needle_finds"))
    add_hotspots(content, inputs, visible, folder=folder, progress=progress)


def _add_needles(content: BuildContent, inputs: Inputs, reading: Reading) -> None:
    visible = visible_finds(reading.table, inputs.source("needle_finds"))
    hidden = len(reading.table) - len(visible)
    words = (f"{hidden:,} finds ({NOT_POINTS}) are never shown as points.",)
    areas = inputs.reference.sets[-1]
    meta = describe(reading, areas, layer_id="needle-finds", measure="instances", method="", caveats=words)
    content.metas["needle-finds"] = meta
    columns = ["quantity", "context", "uncertainty_m"]
    content.features["needle-finds"] = event_features(visible, columns=columns, centre=inputs.centre)
    section, border = inputs.area.file.density, inputs.reference.study_area
    content.surfaces.extend(needle_surfaces(reading, visible, section, border=border, described=meta))
    # How many they are would limit from above what the areas hold beside the places and the density.
    _describe_density(content, "needle-density", (f"Finds {NOT_POINTS} are not drawn.",))


def _add_crimes(content: BuildContent, inputs: Inputs, reading: Reading) -> None:
    meta = describe(reading, inputs.reference.sets[-1], layer_id="crimes", measure="crimes", method="")
    content.metas["crimes"] = meta
    placed = reading.table[reading.table["easting"].notna()]
    columns = ["measure", "category", "uncertainty_m"]
    content.features["crimes"] = event_features(placed, columns=columns, centre=inputs.centre)
    section, border = inputs.area.file.density, inputs.reference.study_area
    content.surfaces.extend(crime_surfaces(reading, section, border=border, described=meta))
    _describe_density(content, "crime-density", ())


def _describe_density(content: BuildContent, layer_id: str, words: tuple[str, ...]) -> None:
    for number, entry in enumerate(content.surfaces):
        if entry.layer_id == layer_id and words:
            layer = entry.layer.described(caveats=(*entry.layer.meta.caveats, *words))
            content.surfaces[number] = SurfaceEntry(*entry.key, layer)
    entries = [entry for entry in content.surfaces if entry.layer_id == layer_id]
    usual = [entry for entry in entries if entry.category == "all" and entry.measure == entries[0].measure]
    content.metas[layer_id] = usual[-1].layer.meta


def _add_tables(content: BuildContent, inputs: Inputs) -> None:
    for kind, reading in inputs.readings.items():
        content.tables[kind] = reading.table
        content.rejects[reading.meta.id] = reading.rejects
    if inputs.breaks is not None:
        content.tables["series_breaks"] = inputs.breaks
    wards = inputs.reference.wards
    finds = inputs.reading("needle_finds")
    if finds is not None and wards is not None:
        content.tables["ward_mismatches"] = ward_mismatches(located_table(finds, wards)[0], wards)
    if inputs.centre is not None:
        wanted: list[tuple[str, dict[str, str | None]]] = [
            ("needle_finds", BY_POSITION["needle_finds"]),
            ("crimes", {"crimes": None, "asb": None}),
        ]
        parts = [
            centre_table(inputs.readings[kind], inputs.centre, measures=measures)
            for kind, measures in wanted
            if kind in inputs.readings
        ]
        if parts:
            content.tables["centre_counts"] = pd.concat(parts, ignore_index=True)
