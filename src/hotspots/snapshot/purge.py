"""Removing a source from every snapshot of a folder, with a certificate of what was removed."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.errors import BuildError, UsageError
from hotspots.snapshot.folder import PURGING, locked, snapshots
from hotspots.snapshot.journal import entries
from hotspots.snapshot.opened import Build, open_snapshot
from hotspots.snapshot.sealed import seal
from hotspots.staging import staged, sync_tree

# What is made from each kind of source, and nothing else: layers, tables, and the measures inside shared tables.
_LAYERS = {
    "callouts": ("callouts-by-lsoa", "callouts-by-ward"),
    "needle_finds": (
        "needle-finds-by-ward",
        "needle-finds-by-lsoa",
        "needle-finds",
        "needle-density",
        "needle-hotspots",
        "needle-targets",
    ),
    "crimes": ("crimes-by-lsoa", "crimes", "crime-density", "crime-hotspots", "crime-targets"),
    "premises": ("premises-scores",),
    "incidents": ("premises-scores",),
    "population": (),
    "interventions": (),
    "ed_attendances": ("ed-attendances-by-ward", "ed-attendances-by-lsoa"),
}
_SCORES = ("premises_score_history", "premises_watchlist", "premises_incidents", "premises_reported")
_TABLES = {
    "needle_finds": ("needle_finds", "ward_mismatches"),
    "premises": ("premises", *_SCORES),
    "incidents": ("incidents", *_SCORES),
}
_MEASURES = {"needle_finds": ("instances", "volume"), "crimes": ("crimes", "asb")}


def purge(folder: Path, source_id: str, *, by: str, because: str) -> Path:
    """
    Remove a source from every snapshot and its rejects, and from the lists of changes; returns the certificate.

    Files that already left are not here to be removed: the certificate names those that the journal of exports knows.

    Raises
    ------
    UsageError
        No snapshot holds a source of that id, or the name or the reason is missing.
    BuildError
        A build is being published.
    """
    if not (by.strip() and because.strip()):
        raise UsageError("a purge needs a name (--by) and a reason (--because): both go into the certificate")
    if not folder.is_dir():
        raise BuildError(f"there is no published build in {folder.name}/; run `hotspots build` first")
    with locked(folder):
        return _purge_locked(folder, source_id, by=by, because=because)


def _purge_locked(folder: Path, source_id: str, *, by: str, because: str) -> Path:
    held = [open_snapshot(path) for path in snapshots(folder)]
    holding = [build for build in held if source_id in build.manifest["sources"]]
    if not holding:
        known = sorted({name for build in held for name in build.manifest["sources"]})
        raise UsageError(f"no build holds a source {source_id!r}; there are: {', '.join(known) or 'none'}")
    (folder / "purged").mkdir(exist_ok=True)  # before anything goes, for nothing may go without a certificate
    kind = holding[0].manifest["sources"][source_id]["kind"]
    layers = set().union(*(_layers_of(build.manifest, kind) for build in holding))
    removed = {build.id: _without(build, source_id) for build in holding}
    left = _purge_changes(folder, layers)
    certificate = {
        "source": source_id,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": by,
        "because": because,
        "removed": removed,
        "changed_lists": left,
        "left_before": _left_before(folder, layers),
    }
    target = folder / "purged" / f"{source_id}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    with staged(target) as stage:
        stage.write_text(json.dumps(certificate, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return target


def _without(build: Build, source_id: str) -> dict[str, str]:
    """Replace a snapshot by the same without the source; returns the removed files with their hashes."""
    manifest: dict[str, Any] = json.loads(json.dumps(build.manifest))
    kind = manifest["sources"].pop(source_id)["kind"]
    gone = _files_of(manifest, kind, source_id)
    stage = build.folder.with_name(f"{PURGING}{build.folder.name}")
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(build.folder, stage, ignore=_strange)
    removed = {name: manifest["files"].pop(name) for name in sorted(gone) if name in manifest["files"]}
    for name in removed:
        (stage / name).unlink()
    _cut_shared_tables(stage, kind, _forget(manifest, kind))
    manifest.setdefault("purged", []).append({"source": source_id, "kind": kind})
    sealed = seal(stage, manifest)
    open_snapshot(stage).verify()
    sync_tree(stage)
    old = build.folder.with_name(f".staging-old-{build.folder.name}")
    build.folder.replace(old)
    stage.replace(build.folder)
    shutil.rmtree(old)
    build.manifest = sealed
    return removed


def _strange(where: str, names: list[str]) -> list[str]:
    """What a snapshot of ours never holds: links, pipes, devices."""
    paths = (Path(where, name) for name in names)
    return [path.name for path in paths if path.is_symlink() or not (path.is_dir() or path.is_file())]


def _layers_of(manifest: dict[str, Any], kind: str) -> set[str]:
    """Layers made of a kind of source; counts by a ward set of another date end in its vintage."""
    own = _LAYERS[kind]
    return {*own, *(layer for layer in manifest["layers"] if layer.startswith(tuple(f"{name}-" for name in own)))}


def _files_of(manifest: dict[str, Any], kind: str, source_id: str) -> set[str]:
    made = _layers_of(manifest, kind)
    layers = {f"layers/{layer}.parquet" for layer in made}
    surfaces = {f"layers/{entry['file']}" for entry in manifest["surfaces"] if entry["layer"] in made}
    tables = {f"tables/{name}.parquet" for name in _TABLES.get(kind, (kind,))}
    return layers | surfaces | tables | {f"rejects/{source_id}.csv"}


def _forget(manifest: dict[str, Any], kind: str) -> set[str]:
    """Take the layers of a kind out of a manifest; returns them."""
    made = _layers_of(manifest, kind)
    for layer in made:
        manifest["layers"].pop(layer, None)
        manifest["cubes"].pop(layer, None)
    manifest["order"] = [layer for layer in manifest["order"] if layer in manifest["layers"]]
    manifest["surfaces"] = [entry for entry in manifest["surfaces"] if entry["layer"] in manifest["layers"]]
    if "hotspots" in manifest:
        manifest["hotspots"] = [found for found in manifest["hotspots"] if found["layer"] in manifest["layers"]]
        kept = manifest.get("hotspots_kept", {})
        manifest["hotspots_kept"] = {
            key: names for key, names in kept.items() if key.split("/")[0] in manifest["layers"]
        }
    for record in manifest.get("audit", {}).values():
        for layer in made if isinstance(record, dict) else ():
            record.pop(layer, None)
    seen = manifest.get("audit", {}).get("seen_before")
    if seen:
        manifest["audit"]["seen_before"] = [entry for entry in seen if entry["layer"] not in made]
    if kind in {"premises", "incidents"}:
        manifest["score"], manifest["score_days"], manifest["tables"] = {}, [], {}
    return made


def _cut_shared_tables(stage: Path, kind: str, layers: set[str]) -> None:
    """Tables that several sources share lose the rows of this one."""
    for name, column, values in (
        ("centre_counts", "measure", _MEASURES.get(kind, ())),
        ("masks", "layer", layers),
        ("hotspot_evaluation", "measure", _MEASURES.get(kind, ())),
    ):
        path = stage / "tables" / f"{name}.parquet"
        if not path.is_file() or not values:
            continue
        table = pd.read_parquet(path)
        table[~table[column].isin(values)].reset_index(drop=True).to_parquet(path, index=False)


def _purge_changes(folder: Path, layers: set[str]) -> list[str]:
    """Lists of changes lose the rows of the source's layers; one that cannot be read may hold them: it goes."""
    cut = []
    for path in sorted((folder / "changes").glob("*.csv")):
        try:
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
        except ValueError:
            table = pd.DataFrame()
        if "layer" not in table:
            path.unlink()
            cut.append(path.name)
            continue
        kept = table[~table["layer"].isin(layers)]
        if len(kept) < len(table):
            with staged(path) as stage:
                kept.to_csv(stage, index=False, lineterminator="\n")
            cut.append(path.name)
    return cut


def _left_before(folder: Path, layers: set[str]) -> list[dict[str, Any]]:
    """What left already; a line of the journal that cannot be read may be of this source, so it is listed too."""
    return [entry for entry in entries(folder) if entry.get("layer") in layers or "damaged_line" in entry]
