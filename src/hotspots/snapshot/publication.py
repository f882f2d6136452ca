"""Publishing: stage beside the target, reopen and verify, rename, then replace ``CURRENT``; keep the last three."""

import json
import os
import shutil
import socket
import time
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from hotspots.errors import BuildError
from hotspots.files import staged
from hotspots.layer import LayerMeta
from hotspots.raster import write_cog
from hotspots.snapshot.content import BuildContent, SurfaceEntry
from hotspots.snapshot.opened import Build, open_snapshot

KEEP_SNAPSHOTS = 3
KEEP_SECONDS = 24 * 3600


def build_id(identity: dict[str, Any]) -> str:
    """
    Name of a build: 12 hex digits of the SHA-256 of what determines it (inputs, settings, code and pins; no clock).

    Examples
    --------
    >>> build_id({"inputs": {}}) == build_id({"inputs": {}}), len(build_id({"inputs": {}}))
    (True, 12)
    """
    return sha256(_json(identity).encode()).hexdigest()[:12]


def publish(content: BuildContent, *, folder: Path, identity: dict[str, Any]) -> Build:
    """
    Write a build to ``folder/<id>/`` and make it the current one, or leave everything as it was.

    Raises
    ------
    BuildError
        Another build is being published, or what was written does not read back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = build_id(identity)
    lock = FileLock(folder / ".lock")
    try:
        with lock.acquire(timeout=0):
            (folder / ".lock-holder.json").write_text(_json(_holder()), encoding="utf-8")
            return _publish_locked(content, folder=folder, name=name)
    except Timeout as error:
        raise BuildError(f"another build is being published ({_held_by(folder)}); try again when it is done") from error


def _publish_locked(content: BuildContent, *, folder: Path, name: str) -> Build:
    for left in folder.glob(".staging-*"):  # under the lock nobody else is writing: these are from a crash
        shutil.rmtree(left)
    if not (folder / name).is_dir():
        stage = folder / f".staging-{name}-{os.getpid()}"
        try:
            _write(content, stage, name)
            open_snapshot(stage).verify()
            stage.replace(folder / name)
        except OSError as error:
            raise BuildError(
                f"the build could not be written ({error.strerror or error}); nothing was changed"
            ) from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    with staged(folder / "CURRENT") as current:
        current.write_text(name + "\n", encoding="utf-8")
    with (folder / "published.jsonl").open("a", encoding="utf-8") as log:
        log.write(_json({"build": name, "published": datetime.now(UTC).isoformat(timespec="seconds")}, flat=True))
    _prune(folder, current=name)
    return open_snapshot(folder / name)


def _write(content: BuildContent, stage: Path, name: str) -> None:
    for part in ("layers", "tables", "rejects"):
        (stage / part).mkdir(parents=True)
    for layer_id, cube in content.cubes.items():
        cube.to_parquet(stage / "layers" / f"{layer_id}.parquet", index=False)
    for layer_id, features in content.features.items():
        features.to_parquet(stage / "layers" / f"{layer_id}.parquet", index=False)
    surfaces = [_write_surface(entry, stage / "layers", number) for number, entry in enumerate(content.surfaces)]
    for table_name, table in content.tables.items():
        table.to_parquet(stage / "tables" / f"{table_name}.parquet", index=False)
    for source_id, rejects in content.rejects.items():
        rejects.to_csv(stage / "rejects" / f"{source_id}.csv", index=False, lineterminator="\n")
    (stage / "settings.json").write_text(content.settings.model_dump_json(indent=1) + "\n", encoding="utf-8")
    layers = {layer_id: _meta_record(meta) for layer_id, meta in content.metas.items()}
    manifest = {**content.manifest, "build": name, "layers": layers, "order": list(layers), "surfaces": surfaces}
    manifest["files"] = {
        path.relative_to(stage).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(stage.rglob("*"))
        if path.is_file()
    }
    (stage / "manifest.json").write_text(_json(manifest), encoding="utf-8")


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


def _prune(folder: Path, *, current: str) -> None:
    """Keep the last three snapshots, the current one, and any younger than a day."""
    snapshots = sorted(
        (path for path in folder.iterdir() if (path / "manifest.json").is_file()),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in snapshots[KEEP_SNAPSHOTS:]:
        if path.name != current and time.time() - path.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(path)


def _holder() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "start": datetime.now(UTC).isoformat(timespec="seconds")}


def _held_by(folder: Path) -> str:
    try:
        holder = json.loads((folder / ".lock-holder.json").read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} since {holder['start']}"
    except (OSError, ValueError, KeyError):
        return "the holder of the lock is not known"


def _json(value: Any, *, flat: bool = False) -> str:
    text = json.dumps(value, indent=None if flat else 1, sort_keys=True, ensure_ascii=False, default=_plain)
    return text + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp | datetime) or hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
