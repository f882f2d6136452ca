"""Taking in a file for a source: staged, read apart, kept beside what was there before, noted whatever became of it."""

import fnmatch
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout

from hotspots.errors import DataRefused, DisclosureRefused, UsageError
from hotspots.inbox.journal import record_upload
from hotspots.limits import in_bytes, words
from hotspots.settings import Area, Role, load_area
from hotspots.staging import stage_in, staged

FOLDER = "inbox"
LOCKED_OUT_AFTER_SECONDS = 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")


@dataclass(frozen=True)
class Received:
    """
    What became of a file that was accepted: its name among the inputs, the tally in words, the name under which what it
    replaced is kept, and the identifier of a row that was added.
    """

    name: str
    sentence: str
    kept: str
    identifier: str = ""


def may_register(role: Role) -> bool:
    """Whether a role may add to the register of interventions: the working group, licensing and analysts."""
    return role in {"group", "licensing", "analyst"}


def may_upload(role: Role) -> bool:
    """Whether a role may hand in records of a source: analysts."""
    return role == "analyst"


def receive(
    area_file: Path, source_id: str, content: bytes, *, name: str, role: Role, all_rows: bool = False
) -> Received:
    """
    Take in a file for a source of the area file.

    The bytes are staged, read by the source's own reader in a process of its own, and only then take their place; what
    was there is kept in ``inbox/kept``. A source whose path is a glob gets one file more. The journal
    ``inbox/uploads.jsonl`` has a line for every file, accepted or refused. A build has to be made to see them.

    Parameters
    ----------
    name
        The name that the file was handed in with: it must fit the source's path.
    all_rows
        Whether a single rejected row refuses the file.

    Raises
    ------
    DisclosureRefused
        The role may not hand in files.
    UsageError
        There is no such source.
    DataRefused
        The file is too large, has another name than the source's, or its reader refuses it.
    """
    area = load_area(area_file)
    source = next((source for source in area.file.sources if source.id == source_id), None)
    if source is None:
        known = ", ".join(source.id for source in area.file.sources) or "none"
        raise UsageError(f"there is no source {source_id!r} in the area file; there are: {known}")
    if not (may_upload(role) or (source.kind == "interventions" and may_register(role))):
        raise DisclosureRefused(f"files of {source_id} are handed in by analysts; ask one of yours")
    with one_at_a_time(area):
        return take_in(area_file, area, source, content, name=name, role=role, all_rows=all_rows)


@contextmanager
def one_at_a_time(area: Area) -> Iterator[None]:
    """Whoever holds this may change what was handed in; the others wait a moment, and are then refused."""
    inbox = area.folder / FOLDER
    try:
        inbox.mkdir(exist_ok=True)
        with FileLock(inbox / ".lock").acquire(timeout=LOCKED_OUT_AFTER_SECONDS):
            yield
    except Timeout as error:
        raise DataRefused("somebody else is handing in a file; try again in a moment") from error
    except OSError as error:
        raise DataRefused(
            f"nothing can be handed in: {FOLDER} cannot be written ({error.strerror or error})"
        ) from error


def take_in(
    area_file: Path, area: Area, source: Any, content: bytes, *, name: str, role: Role, all_rows: bool
) -> Received:
    """Read the bytes apart and put them in their place; whoever calls holds :func:`one_at_a_time`."""
    target, inbox = _target(area, source, name), area.folder / FOLDER
    entry = {
        "source": source.id,
        "file": target.name,
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
        "role": role,
    }
    try:
        found = _read_apart(area_file, area, source.id, content, target=target, all_rows=all_rows)
    except DataRefused as error:
        record_upload(inbox, **entry, outcome="refused", reason=str(error)[:300])
        raise
    kept = _keep(target, inbox)
    with staged(target) as stage:
        stage.write_bytes(content)
    record_upload(inbox, **entry, outcome="accepted", tally=found["sentence"], kept=kept)
    return Received(target.name, found["sentence"], kept)


def _target(area: Area, source: Any, name: str) -> Path:
    """Where the file goes: the source's own path, or for a glob a file of that pattern."""
    pattern = PurePosixPath(source.path)
    literal = not any(sign in source.path for sign in "*?[")
    fits = name == pattern.name if literal else fnmatch.fnmatchcase(name, pattern.name)
    if not (_NAME.fullmatch(name) and fits):
        raise DataRefused(f"a file of {source.id} is called {pattern.name!r}, got {name[:60]!r}; rename it")
    folder = (area.folder / pattern.parent).resolve()
    if not folder.is_relative_to(area.folder) or not folder.is_dir():
        raise DataRefused(f"{source.id}: files are taken in inside the area folder only, not in {pattern.parent}")
    return folder / name


def _read_apart(
    area_file: Path, area: Area, source_id: str, content: bytes, *, target: Path, all_rows: bool
) -> dict[str, Any]:
    limits = area.file.limits
    if len(content) > in_bytes(limits.upload_mb):
        raise DataRefused(
            f"{target.name}: more than {words(limits.upload_mb)} (limits.upload_mb); put it into the folder instead"
        )
    with stage_in(area.folder / FOLDER) as stage:
        stage.mkdir()
        (stage / target.name).write_bytes(content)
        found = _child(area_file, source_id, f"{FOLDER}/{stage.name}/{target.name}", within_s=limits.upload_read_s)
    if "refused" in found:
        raise DataRefused(str(found["refused"]))
    if found["rejected"] and all_rows:
        first = found["rejects"][0]
        raise DataRefused(
            f"{target.name} line {first['line']}, {first['column']}: {first['value']!r} ({first['reason']}: "
            f"{first['detail']})"
        )
    return found


def _child(area_file: Path, source_id: str, path: str, *, within_s: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "hotspots.inbox.apart", str(area_file.resolve()), source_id, path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=within_s, check=False, env=dict(os.environ))
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise DataRefused(
            f"the file was not read within {within_s:g} s (limits.upload_read_s); hand in a smaller one"
        ) from error
    except ValueError as error:
        raise DataRefused("the file brought its reader down; it was not taken in") from error
    return dict(found)


def _keep(target: Path, inbox: Path) -> str:
    """Keep what is about to be replaced, by its hash; returns the name it is kept under, or nothing."""
    if not target.is_file():
        return ""
    before = target.read_bytes()
    kept = inbox / "kept" / f"{sha256(before).hexdigest()[:12]}-{target.name}"
    kept.parent.mkdir(exist_ok=True)
    if not kept.exists():
        with staged(kept) as stage:
            stage.write_bytes(before)
    return kept.name
