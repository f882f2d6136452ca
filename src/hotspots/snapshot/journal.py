"""The journal of a folder of builds: one line for each file that left, and nothing is ever taken out of it."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from hotspots.errors import BuildError
from hotspots.layer import LayerMeta
from hotspots.staging import append_line

FILE = "exports.jsonl"
_LONGEST_LINE_BYTES = 1024 * 1024


def record_export(folder: Path, *, build_id: str, meta: LayerMeta, files: Mapping[str, bytes], role: str) -> None:
    """
    Note that files left: when, which layer of which build, for whom, marked how, and the SHA-256 of each file.

    ``files`` maps the name of each file to its bytes.

    The journal holds no number of the layer and no path: a file is known by its name and hash.
    """
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "build": build_id,
        "layer": meta.id,
        "measure": meta.measure,
        "period": meta.period,
        "area": meta.area,
        "audience": meta.sensitivity,
        "role": role,
        "marking": meta.marking,
        "files": {name: sha256(content).hexdigest() for name, content in files.items()},
    }
    try:
        append_line(folder / FILE, json.dumps(entry, ensure_ascii=True, sort_keys=True))
    except OSError as error:
        raise BuildError(f"the export could not be noted in {folder.name}/{FILE} ({error.strerror})") from error


def _lines(journal: Path) -> Iterator[bytes]:
    """The lines of the journal, of each no more than any of ours has: one that was blown up fills no memory."""
    if not journal.is_file():
        return
    with journal.open("rb") as stream:
        while line := stream.readline(_LONGEST_LINE_BYTES):
            yield line
            while line and not line.endswith(b"\n"):
                line = stream.readline(_LONGEST_LINE_BYTES)


def entries(folder: Path) -> list[dict[str, Any]]:
    """Every line of the journal; one that a crash cut short has only ``damaged_line``, its number."""
    read = []
    for number, line in enumerate(_lines(folder / FILE), start=1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if line.strip():
            whole = isinstance(entry, dict) and isinstance(entry.get("layer"), str)
            read.append(entry if whole else {"damaged_line": number})
    return read
