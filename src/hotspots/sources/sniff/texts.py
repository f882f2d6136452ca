"""The outside of a supplier's file: format, encoding, delimiter and sheet, found without guessing."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

from hotspots.errors import DataRefused, FileRefused
from hotspots.files import identify, require
from hotspots.limits import STANDARD, Limits
from hotspots.source_settings import NeedleFindsSource
from hotspots.sources._open import ALL, DELIMITERS, Sheet, Window, open_sheets
from hotspots.sources.sniff.proposal import Finding

_SAMPLE = 200  # records
_ENCODINGS = ("utf-8", "cp1252")


def outside(path: Path, given: dict[str, Any], limits: Limits = STANDARD) -> list[Finding]:
    """
    How the file is opened.

    Raises
    ------
    FileRefused
        It is neither text nor a workbook, or decodes as nothing that suppliers use.
    """
    if identify(path, limits=limits) in {"xlsx", "zip"}:
        return [Finding("format", ("xlsx",), "the first bytes are a workbook's", "sure"), *_sheets(path, given, limits)]
    require(path, "text", "json", expected="a CSV file or an Excel workbook (.xlsx)", limits=limits)
    encoding, text = _decoded(path)
    return [Finding("format", ("csv",), "the file is text", "sure"), encoding, _delimiter(text)]


def opened(path: Path, settings: dict[str, Any], window: Window = ALL, limits: Limits = STANDARD) -> Sheet:
    """The sheet that the settings open, by the one door, or its beginning."""
    names = ("format", "encoding", "delimiter", "sheet")
    source = NeedleFindsSource.model_validate(
        {
            "id": "sniffed",
            "kind": "needle_finds",
            "path": path.name,
            "covers_from": date.min,
            "covers_to": date.max,
            **{name: settings[name] for name in names if settings.get(name)},
        }
    )
    return next(open_sheets(source, folder=path.parent, limits=limits, window=window))


def _sheets(path: Path, given: dict[str, Any], limits: Limits) -> list[Finding]:
    if "sheet" in given:
        return [Finding("sheet", (given["sheet"],), "given", "sure")]
    try:
        opened(path, {"format": "xlsx"}, Window(rows=1_000), limits)
    except FileRefused:
        raise
    except DataRefused as error:
        if "sheets (" not in str(error):
            raise
        names = str(error).split("sheets (", 1)[1].rsplit("); say", 1)[0].split(", ")
        return [Finding("sheet", tuple(names), f"the workbook has {len(names)} sheets", "decide")]
    return []


def _decoded(path: Path) -> tuple[Finding, str]:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Finding("encoding", ("utf-16",), "the byte order mark says so", "sure"), content.decode(
            "utf-16", "replace"
        )
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8":
            return Finding("encoding", ("utf-8",), "every byte is UTF-8", "sure"), text.removeprefix("\ufeff")
        unusual = next(letter for letter in text if ord(letter) > 127)
        why = f"not UTF-8; Windows' Western code page reads it (such as {unusual!r})"
        return Finding("encoding", (encoding,), why, "confirm"), text
    return Finding("encoding", ("latin-1",), "neither UTF-8 nor Windows' Western code page", "confirm"), content.decode(
        "latin-1"
    )


def _delimiter(text: str) -> Finding:
    """The sign that cuts most records into the same number of cells, more than one."""
    scores: dict[str, tuple[int, int]] = {}
    for name, sign in DELIMITERS.items():
        widths = _widths(text, sign)
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        if usual > 1:
            scores[name] = (widths.count(usual), usual)
    if not scores:
        return Finding("delimiter", ("comma",), "one column", "sure")
    best = max(scores, key=lambda name: scores[name])
    records, width = scores[best]
    rivals = [name for name in scores if name != best and scores[name] == scores[best]]
    why = f"{records} of the first records have {width} cells"
    return Finding("delimiter", (best, *rivals), why, "decide" if rivals else "sure")


def _widths(text: str, sign: str) -> list[int]:
    widths = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                widths.append(len(row))
            if len(widths) >= _SAMPLE:
                break
    except csv.Error:
        return []
    return widths
