"""Reads every file of a folder and gathers what each says of an area, a period and a measure, wherever it stands.

Nothing is known of our formats but their syntax: rows of CSV, properties of GeoJSON, tables of a GeoPackage. What a
number is of is read from the names about it: of its column, of the row's period, of its file.
"""

import csv
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

MEASURES = ("instances", "volume", "callouts")
_PERIOD = re.compile(r"(20\d\d)_(\d\d)(?:_to_20\d\d_(\d\d))?(?!\d)")
_TEXTS = {".txt", ".json", ".qml"}
Told = dict[tuple[str, str, str], set[tuple[str, str]]]  # area, period, measure: each number with the place it stands


def rows_of(path: Path) -> Iterator[Mapping[str, Any]]:
    """The records of a file; none of one that holds no records."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    elif path.suffix == ".geojson":
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            yield feature["properties"]
    elif path.suffix == ".gpkg":
        with closing(sqlite3.connect(path)) as database:
            database.row_factory = sqlite3.Row
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                yield from (dict(row) for row in database.execute(f'SELECT * FROM "{name}"'))


def told_in(folder: Path, codes: set[str]) -> Told:
    """Every number of a measure in a period that any record of an area holds."""
    found: Told = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        for row in rows_of(path):
            for code in codes.intersection(str(value) for value in row.values()):
                for column, value in row.items():
                    if column is not None and is_number(value):
                        for period, measure in labels(column, row, path):
                            found.setdefault((code, period, measure), set()).add((path.name, f"{column}={value}"))
    return found


def codes_in_texts(folder: Path, codes: set[str]) -> set[tuple[str, str]]:
    """The codes that a text without records holds, with its name."""
    texts = (path for path in folder.rglob("*") if path.suffix in _TEXTS)
    return {(path.name, code) for path in texts for code in codes if code in path.read_text(encoding="utf-8")}


def labels(column: str, row: Mapping[str, Any], path: Path) -> Iterator[tuple[str, str]]:
    """The periods and measures that a number is of, by the nearest names about it."""
    about = [column, f"{row.get('measure', '')} {row.get('period', '')}", path.stem]
    periods = next((found for text in about if (found := _periods(text))), [])
    measures = next((found for text in about if (found := [name for name in MEASURES if name in text.lower()])), [])
    yield from ((period, measure) for period in periods for measure in measures)


def _periods(text: str) -> list[str]:
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower())
    return [
        f"{first}/{end}" + (f" to {int(last) + 1999}/{last}" if last else "")
        for first, end, last in _PERIOD.findall(plain)
    ]


def is_number(value: object) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    try:
        float(str(value))
    except ValueError:
        return False
    return True
