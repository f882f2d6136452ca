"""Removing a source from every snapshot of a folder, with a certificate of what was removed."""

import json
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.errors import BuildError, UsageError
from hotspots.snapshot.certificate import (
    Snapshots,
    begin,
    damaged_record,
    finish,
    remove_snapshot,
    told_apart,
    unfinished,
)
from hotspots.snapshot.folder import PURGING, locked
from hotspots.snapshot.journal import entries
from hotspots.snapshot.opened import Build, open_snapshot
from hotspots.snapshot.sealed import seal
from hotspots.staging import staged, sync_tree

_LARGEST_LIST_BYTES = 256 * 1024 * 1024
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


def purge(folder: Path, source_id: str, *, by: str, because: str, remove_damaged: bool = False) -> Path:
    """
    Remove a source from every snapshot and its rejects, and from the lists of changes; returns the certificate.

    The certificate is begun before anything goes and finished at the end: one that a crash cut short is finished by the
    next call for that source. Files that already left are not here to be removed: the certificate names those that the
    journal of exports knows.

    Parameters
    ----------
    remove_damaged
        Whether snapshots that cannot be read are removed whole, as they may hold the source. The certificate names
        them, what was wrong with them and every file that they held.

    Raises
    ------
    UsageError
        No snapshot holds a source of that id, or the name or the reason is missing.
    BuildError
        A build is being published, or a snapshot is damaged and was not given up: nothing was removed.
    """
    if not (by.strip() and because.strip()):
        raise UsageError("a purge needs a name (--by) and a reason (--because): both go into the certificate")
    if not folder.is_dir():
        raise BuildError(f"there is no published build in {folder.name}/; run `hotspots build` first")
    with locked(folder):
        found = told_apart(folder)
        if found.damaged and not remove_damaged:
            raise BuildError(_give_up_words(found, source_id))
        return _purge_locked(folder, source_id, found, begun={"by": by, "because": because})


def _give_up_words(found: Snapshots, source_id: str) -> str:
    named = "; ".join(f"{name} ({why})" for name, why in found.damaged.items())
    return (
        f"damaged builds may hold {source_id}, and nothing was removed: {named}. `hotspots build` makes that of the "
        "inputs as they are whole again; --remove-damaged removes damaged ones, and the certificate names them"
    )


def _purge_locked(folder: Path, source_id: str, found: Snapshots, *, begun: dict[str, str]) -> Path:
    holding = [build for build in found.whole if source_id in build.manifest["sources"]]
    target = unfinished(folder, source_id)
    if not (holding or found.damaged or target):
        known = sorted({name for build in found.whole for name in build.manifest["sources"]})
        raise UsageError(f"no build holds a source {source_id!r}; there are: {', '.join(known) or 'none'}")
    layers = _layers_that_held(holding, source_id)
    certificate: dict[str, Any] = {
        "source": source_id,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        **begun,
        "layers": sorted(layers),
        "removed": {build.id: _files_to_go(build, source_id) for build in holding},
        "removed_damaged": {name: damaged_record(folder, name, why) for name, why in found.damaged.items()},
        "links_not_followed": found.links,
        "left_before": _left_before(folder, layers),
    }
    target, certificate = begin(folder, certificate, target)
    for build in holding:
        _without(build, source_id)
    for name in found.damaged:
        remove_snapshot(folder, name)
    finish(target, certificate | {"changed_lists": _purge_changes(folder, set(certificate["layers"]))})
    return target


def _layers_that_held(holding: list[Build], source_id: str) -> set[str]:
    """The layers made of a source; of one that no whole snapshot knows any more, all that there are."""
    if not holding:
        return set().union(*_LAYERS.values())
    kind = holding[0].manifest["sources"][source_id]["kind"]
    return set().union(*(_layers_of(build.manifest, kind) for build in holding))


def _files_to_go(build: Build, source_id: str) -> dict[str, str]:
    gone = _files_of(build.manifest, build.manifest["sources"][source_id]["kind"], source_id)
    return {name: build.manifest["files"][name] for name in sorted(gone) if name in build.manifest["files"]}


def _without(build: Build, source_id: str) -> None:
    """Replace a snapshot by the same without the source."""
    manifest: dict[str, Any] = json.loads(json.dumps(build.manifest))
    gone = _files_to_go(build, source_id)
    kind = manifest["sources"].pop(source_id)["kind"]
    stage = build.folder.with_name(f"{PURGING}{build.folder.name}")
    shutil.rmtree(stage, ignore_errors=True)
    with ExitStack() as unless_whole:
        unless_whole.callback(shutil.rmtree, stage, ignore_errors=True)
        shutil.copytree(build.folder, stage, ignore=_strange)
        for name in gone:
            (stage / name).unlink()
        _cut_shared_tables(stage, kind, _forget(manifest, kind))
        manifest.setdefault("purged", []).append({"source": source_id, "kind": kind})
        seal(stage, manifest)
        open_snapshot(stage).verify()
        sync_tree(stage)
        unless_whole.pop_all()
    old = build.folder.with_name(f".staging-old-{build.folder.name}")
    build.folder.replace(old)
    stage.replace(build.folder)
    shutil.rmtree(old)


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
            if path.stat().st_size > _LARGEST_LIST_BYTES:
                raise ValueError("larger than any list of ours")
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
