"""Scores frozen as meetings saw them: our own record, kept in the area folder and only ever added to."""

from datetime import date
from pathlib import Path

import pandas as pd

from hotspots.errors import DataRefused
from hotspots.limits import STANDARD, Limits
from hotspots.score_tables import SCORE_TABLES
from hotspots.source_settings import IncidentsSource
from hotspots.sources._open import Sheet, open_sheets

COLUMNS = [column.name for column in SCORE_TABLES["premises_reported"]]
_NUMBERS = [column.name for column in SCORE_TABLES["premises_reported"] if column.dtype == "Float64"]
_OF_A_SCORE = ["profile", "version", "state", "score", "band"]


def read_reported(path: str, *, folder: Path, limits: Limits = STANDARD) -> pd.DataFrame:
    """
    The frozen scores of a CSV (its path relative to the area folder) as ``hotspots freeze`` wrote them.

    Where none is named (an empty path), or it is not there yet, there are no rows. Nothing is repaired: a record that
    was changed by hand is no record.

    Raises
    ------
    DataRefused
        A row cannot be read, or one premises has two scores on one day.
    """
    if not path or not (folder / path).exists():
        return _typed(pd.DataFrame(columns=COLUMNS, dtype="str"))
    # The one door opens sources; of these settings only the name and the format matter here.
    source = IncidentsSource(
        id="reported-scores", kind="incidents", path=path, covers_from=date.min, covers_to=date.max
    )
    (sheet,) = open_sheets(source, folder=folder, limits=limits)
    _check_shape(sheet)
    table = pd.DataFrame(sheet.rows[1:], columns=COLUMNS, dtype="str")
    for line, day in zip(sheet.lines[1:], table["as_of"], strict=True):
        _check(_is_day(day), sheet, line, f"as_of {day[:20]!r} is not a day")
    typed = _typed(table)
    for name in _NUMBERS:
        lost = (typed[name].isna() & (table[name] != "")) | (typed[name].abs() == float("inf")).fillna(False)
        if lost.any():
            at = int(lost.to_numpy().argmax())
            _check(False, sheet, sheet.lines[at + 1], f"{name} {table[name][at][:20]!r} is not a number")
    scores = typed[typed["premises_id"].notna()].drop_duplicates(["as_of", "premises_id", *_OF_A_SCORE])
    twice = scores[scores.duplicated(["as_of", "premises_id"])]
    if len(twice):
        at = int(twice.index[0])
        _check(False, sheet, sheet.lines[at + 1], "one premises has two scores on one day")
    return typed


def _check_shape(sheet: Sheet) -> None:
    _check(sheet.rows[0] == COLUMNS, sheet, sheet.lines[0], f"the headings must be {','.join(COLUMNS)}")
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        _check(len(row) == len(COLUMNS), sheet, line, f"{len(row)} cells under {len(COLUMNS)} headings")


def _check(holds: bool, sheet: Sheet, line: int, what: str) -> None:
    if not holds:
        raise DataRefused(
            f"{sheet.file.name} line {line}: {what}; reported scores are never edited: put the file back as "
            "`hotspots freeze` wrote it"
        )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Words with blanks missing, numbers as numbers; an empty band is a band like the others."""
    words = [name for name in COLUMNS if name not in _NUMBERS]
    made = table.assign(**{name: table[name].where(table[name] != "") for name in words if name != "band"})
    return made.assign(**{name: pd.to_numeric(table[name], errors="coerce").astype("Float64") for name in _NUMBERS})
