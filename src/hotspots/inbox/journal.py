"""The journal of what was handed in: one line each, accepted or refused, and nothing is ever taken out of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotspots.errors import DataRefused
from hotspots.staging import append_line

FILE = "uploads.jsonl"


def record_upload(folder: Path, **entry: Any) -> None:
    """Note what was handed in: source, file by name and hash, who by role, and what became of it; no row of it."""
    line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **entry}
    try:
        append_line(folder / FILE, json.dumps(line, ensure_ascii=True, sort_keys=True))
    except OSError as error:
        raise DataRefused(f"the upload could not be noted in {folder.name}/{FILE} ({error.strerror})") from error


def uploads(folder: Path) -> list[dict[str, Any]]:
    """Every line of the journal that can be read, oldest first."""
    journal = folder / FILE
    lines = journal.read_text(encoding="utf-8", errors="replace").splitlines() if journal.is_file() else []
    read = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            read.append(entry)
    return read
