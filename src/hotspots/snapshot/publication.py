"""Publishing: stage beside the target, reopen and verify, rename, then replace ``CURRENT``; keep the last three."""

import os
import shutil
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from hotspots.errors import BuildError
from hotspots.layer import LayerMeta
from hotspots.raster import write_cog
from hotspots.snapshot.changes import current_build, record_changes
from hotspots.snapshot.content import BuildContent, SurfaceEntry
from hotspots.snapshot.folder import locked, prune, switch
from hotspots.snapshot.opened import Build, open_snapshot
from hotspots.snapshot.sealed import as_json, seal
from hotspots.spreadsheet import defused_table
from hotspots.staging import discard, sync, sync_tree


def build_id(identity: dict[str, Any]) -> str:
    """
    Name of a build: 12 hex digits of the SHA-256 of what determines it (inputs, settings, code and pins; no clock).

    Examples
    --------
    >>> build_id({"inputs": {}}) == build_id({"inputs": {}}), len(build_id({"inputs": {}}))
    (True, 12)
    """
    return sha256(as_json(identity).encode()).hexdigest()[:12]


def publish(content: BuildContent, *, folder: Path, identity: dict[str, Any]) -> Build:
    """
    Write a build to ``folder/<id>/`` and make it the current one, or leave the published one as it was.

    Figures that were published and have changed are listed before the new ones can be seen.

    Raises
    ------
    BuildError
        Another build is being published, it could not be written, or what was written does not read back.
    UsageError
        The folder holds something else than builds.
    """
    name = build_id(identity)
    with locked(folder):
        previous = current_build(folder)
        if not _is_whole(folder / name):
            _make(content, folder, name)
        made = open_snapshot(folder / name)
        if previous is not None and previous.id != name:
            record_changes(previous, made, folder=folder)
        switch(folder, name)
        prune(folder, current=name)
        return made


def _is_whole(snapshot: Path) -> bool:
    """Whether the snapshot is there already, every byte of it: a damaged one is made again."""
    try:
        open_snapshot(snapshot).verify()
    except BuildError:
        return False
    return True


def _make(content: BuildContent, folder: Path, name: str) -> None:
    stage, aside = (folder / f".staging-{name}-{os.getpid()}{kind}" for kind in ("", "-damaged"))
    try:
        stage.mkdir()
        _write(content, stage, name)
        open_snapshot(stage).verify()
        sync_tree(stage)
        if os.path.lexists(folder / name):  # a link to nothing is in the way too
            (folder / name).replace(aside)
        stage.replace(folder / name)
        sync(folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        discard(aside)


def _write(content: BuildContent, stage: Path, name: str) -> None:
    for part in ("layers", "tables", "rejects"):
        (stage / part).mkdir()
    for layer_id, cube in content.cubes.items():
        cube.to_parquet(stage / "layers" / f"{layer_id}.parquet", index=False)
    for layer_id, features in content.features.items():
        features.to_parquet(stage / "layers" / f"{layer_id}.parquet", index=False)
    surfaces = [_write_surface(entry, stage / "layers", number) for number, entry in enumerate(content.surfaces)]
    for table_name, table in content.tables.items():
        table.to_parquet(stage / "tables" / f"{table_name}.parquet", index=False)
    for source_id, rejects in content.rejects.items():
        defused_table(rejects).to_csv(stage / "rejects" / f"{source_id}.csv", index=False, lineterminator="\n")
    (stage / "settings.json").write_text(content.settings.model_dump_json(indent=1) + "\n", encoding="utf-8")
    layers = {layer_id: _meta_record(meta) for layer_id, meta in content.metas.items()}
    manifest = {**content.manifest, "build": name, "layers": layers, "order": list(layers), "surfaces": surfaces}
    seal(stage, manifest)


def _write_surface(entry: SurfaceEntry, folder: Path, number: int) -> dict[str, Any]:
    surface = entry.layer.surface
    assert surface is not None
    file = f"{entry.layer_id}-{number:03d}.tif"
    write_cog(
        folder / file,
        np.stack([surface.values, surface.events.astype(np.float32)]),
        surface.grid,
        descriptions=(entry.layer.meta.title, "events within the bandwidth"),
        units=(entry.layer.meta.unit, "events"),
        tags={"bandwidth_m": f"{surface.bandwidth_m:g}", "kernel": surface.kernel, "unit": entry.layer.meta.unit},
    )
    return {
        "layer": entry.layer_id,
        "measure": entry.measure,
        "category": entry.category,
        "period": entry.period,
        "file": file,
        "meta": _meta_record(entry.layer.meta),
    }


def _meta_record(meta: LayerMeta) -> dict[str, Any]:
    record = asdict(meta)
    return {**record, "settings": dict(meta.settings)}
