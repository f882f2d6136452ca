"""The folder of builds: one writer at a time, what crashes leave behind, and the order of publications."""

import json
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hotspots.errors import BuildError, UsageError
from hotspots.snapshot.sealed import MANIFEST, as_json, read_sealed
from hotspots.staging import clear, discard, staged

KEEP_SNAPSHOTS = 3
KEEP_SECONDS = 24 * 3600
PURGING = ".staging-purge-"
_LOG, _HOLDER = "published.jsonl", ".lock-holder.json"
_NAME = re.compile(r"[0-9a-f]{12}")
_LARGEST_LOG_BYTES = 64 * 1024 * 1024  # half a million publications
_OURS = ("CURRENT", _LOG, ".lock")
_FILES = ("CURRENT", _LOG)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """
    The folder of builds for one writer; what an earlier one left half-done is cleared away first.

    The lock is the operating system's: it ends with the process that holds it, however that ends.

    Raises
    ------
    UsageError
        The folder holds something else than builds.
    BuildError
        Somebody else is writing, or the folder cannot be written.
    """
    try:
        check_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _give_way(folder / ".lock")
        with FileLock(folder / ".lock").acquire(timeout=0):
            try:
                _give_way(folder / _HOLDER)
                (folder / _HOLDER).write_text(as_json(_holder(), flat=True), encoding="utf-8")
                _clear(folder)
                yield
            finally:
                (folder / _HOLDER).unlink(missing_ok=True)
    except Timeout as error:
        raise BuildError(f"another build is being published ({_held_by(folder)}); try again when it is done") from error
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BuildError(f"the build could not be written ({reason}); what was published stays as it was") from error


def switch(folder: Path, name: str) -> None:
    """Make a snapshot the current one and note when; both files are written before either takes its name."""
    log = folder / _LOG
    before = log.read_bytes() if log.is_file() else b""
    gap = b"" if before.endswith(b"\n") or not before else b"\n"
    line = as_json({"build": name, "published": datetime.now(UTC).isoformat(timespec="seconds")}, flat=True)
    with staged(log) as new_log, staged(folder / "CURRENT") as current:
        new_log.write_bytes(before + gap + line.encode())
        current.write_text(name + "\n", encoding="utf-8", newline="\n")


def prune(folder: Path, *, current: str) -> None:
    """
    Keep the current snapshot, the last three published, and any younger than a day.

    What was last published is read from the log, for the clock may have been wrong: a jump of the clock never removes
    the current snapshot or one of the last three. One from the future counts as young.
    """
    published = [name for name in _publications(folder) if (folder / name).is_dir()]
    kept = {current, *published[-KEEP_SNAPSHOTS:]}
    for path in snapshots(folder):
        if path.name not in kept and time.time() - path.stat().st_mtime > KEEP_SECONDS:
            aside = path.with_name(f".staging-pruned-{path.name}")
            path.replace(aside)  # first by name, so that no snapshot is ever there in part
            shutil.rmtree(aside, ignore_errors=True)


def snapshots(folder: Path) -> list[Path]:
    """The folders of snapshots, and nothing else that may lie in a folder of builds."""
    return sorted(
        path
        for path in folder.iterdir()
        if _NAME.fullmatch(path.name) and not path.is_symlink() and (path / MANIFEST).is_file()
    )


def is_name(text: str) -> bool:
    """Whether a text can be the name of a build: 12 hex digits."""
    return _NAME.fullmatch(text) is not None


def _publications(folder: Path) -> list[str]:
    """Names of published builds by their last publication, oldest first; lines that cannot be read are passed over."""
    log = folder / _LOG
    names: dict[str, None] = {}
    for line in log.read_bytes().splitlines() if log.is_file() else []:
        try:
            name = json.loads(line)["build"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if not isinstance(name, str) or not is_name(name):
            continue
        names.pop(name, None)
        names[name] = None
    return list(names)


def check_folder(folder: Path) -> None:
    """
    Whether builds may be kept in a folder, which need not be there yet: asked before anything is read or made.

    Raises
    ------
    UsageError
        It holds something else than builds, for builds are pruned; or it is among boundaries, which others read.
    BuildError
        It is no folder.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise BuildError(f"the build could not be written: {folder.name} is there and is no folder; name another one")
    if "boundaries" in {above.name.lower() for above in (folder.absolute(), *folder.absolute().parents[:2])}:
        raise UsageError(f"{folder.name}/ would land among the boundaries; name another folder with --build")
    if not folder.is_dir() or any(os.path.lexists(folder / name) for name in _OURS):
        return
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if others:
        raise UsageError(
            f"{folder.name}/ is no folder of builds: it holds {', '.join(others[:5])}; name a new folder with --build"
        )


def _clear(folder: Path) -> None:
    """Remove what a crash left; under the lock nobody else is writing. A purge is finished rather than undone."""
    for left in sorted(folder.glob(f"{PURGING}*")):
        target = folder / left.name.removeprefix(PURGING)
        if is_name(target.name) and not target.exists() and _is_sealed(left):
            left.replace(target)
    for left in sorted(folder.glob(".staging-*")):
        discard(left)
    for inside in ("changes", "purged"):
        clear(folder / inside)
    for name in _FILES:
        _give_way(folder / name)


def _give_way(path: Path) -> None:
    """
    What has the name of a file of ours and is none makes room for it, so that a build needs no cleaning by hand.

    A folder, and a file larger than any of ours, is kept under another name: it may be somebody's. A link would have us
    write, and a pipe wait, somewhere else.
    """
    if not path.is_symlink() and (path.is_dir() or (path.is_file() and path.stat().st_size > _LARGEST_LOG_BYTES)):
        path.rename(path.with_name(f"{path.name.lstrip('.')}-set-aside-{uuid.uuid4().hex[:8]}"))
    elif os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        path.unlink()


def _is_sealed(folder: Path) -> bool:
    try:
        read_sealed(folder)
    except BuildError:
        return False
    return True


def _holder() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "start": datetime.now(UTC).isoformat(timespec="seconds")}


def _held_by(folder: Path) -> str:
    try:
        holder = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} since {holder['start']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "the holder of the lock is not known"
