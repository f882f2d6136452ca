"""What a purge finds in a folder of builds, and the certificate of what it removed: begun first, finished last."""

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hotspots.errors import BuildError
from hotspots.snapshot.folder import is_name
from hotspots.snapshot.opened import Build, open_snapshot
from hotspots.snapshot.sealed import as_json
from hotspots.staging import discard, staged

FOLDER = "purged"
_LARGEST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Snapshots:
    """The snapshots of a folder: those that are whole, byte for byte; damaged ones with the reason; links."""

    whole: list[Build] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)


def told_apart(folder: Path) -> Snapshots:
    """Everything that has the name of a snapshot: one whose manifest is gone still holds its tables."""
    found = Snapshots()
    for path in sorted(path for path in folder.iterdir() if is_name(path.name)):
        if path.is_symlink():
            found.links.append(path.name)
            continue
        try:
            build = open_snapshot(path)
            if build.id != path.name:
                raise BuildError(f"it holds build {build.id[:12]}")
            build.verify()
        except BuildError as error:
            found.damaged[path.name] = str(error).removesuffix("; run `hotspots build` again")
            continue
        found.whole.append(build)
    return found


def damaged_record(folder: Path, name: str, why: str) -> dict[str, Any]:
    """What is known of a damaged snapshot: what is wrong, whether it was published, its files and their sizes."""
    path, current = folder / name, folder / "CURRENT"
    files = [Path(where, one) for where, _, names in os.walk(path) for one in names] if path.is_dir() else [path]
    return {
        "why": why,
        "was_published": current.is_file() and current.read_bytes()[:64].strip() == name.encode(),
        "bytes": {file.relative_to(folder).as_posix(): file.lstat().st_size for file in sorted(files)},
    }


def remove_snapshot(folder: Path, name: str) -> None:
    """Remove a snapshot, first by its name, so that it is never there in part; nothing is published any more by it."""
    current = folder / "CURRENT"
    if current.is_file() and current.read_bytes()[:64].strip() == name.encode():
        current.unlink()
    aside = folder / f".staging-purged-{name}"
    (folder / name).replace(aside)
    discard(aside)


def unfinished(folder: Path, source_id: str) -> Path | None:
    """The certificate that a purge of a source began and did not finish, if there is one."""
    for path in sorted((folder / FOLDER).glob(f"{source_id}-*.json")):
        held = _read(path)
        if held.get("source") == source_id and held.get("finished") is False:
            return path
    return None


def begin(folder: Path, certificate: dict[str, Any], target: Path | None) -> tuple[Path, dict[str, Any]]:
    """
    Write a certificate before anything goes, for nothing may go without one; returns where, and what is in it.

    What an earlier purge began is gone on with: what it had listed stays listed. No certificate is ever replaced by
    another, whatever the clock says.
    """
    if target is not None:
        before = _read(target)
        joined = {key: {**before.get(key, {}), **certificate[key]} for key in ("removed", "removed_damaged")}
        certificate = {**certificate, **before, **joined}
    else:
        (folder / FOLDER).mkdir(exist_ok=True)
        moment = datetime.fromisoformat(certificate["time"])
        name = f"{certificate['source']}-{moment:%Y%m%dT%H%M%SZ}"
        names = (f"{name}{more}.json" for more in ("", *(f"-{number}" for number in range(2, 1000))))
        target = next(path for one in names if not os.path.lexists(path := folder / FOLDER / one))
    certificate = {**certificate, "finished": False}
    _write(target, certificate)
    return target, certificate


def finish(target: Path, certificate: dict[str, Any]) -> None:
    """Write that everything in a certificate is done."""
    _write(target, {**certificate, "finished": True})


def _write(target: Path, certificate: dict[str, Any]) -> None:
    with staged(target) as stage:
        stage.write_text(as_json(certificate), encoding="utf-8", newline="\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_bytes()) if path.stat().st_size <= _LARGEST_BYTES else None
    except (OSError, ValueError, RecursionError):
        held = None
    return held if isinstance(held, dict) else {}
