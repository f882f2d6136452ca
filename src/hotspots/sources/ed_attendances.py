"""Emergency department attendances after assault (ISTV): a trend for all, a position for those whose words name one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from hotspots.areas import Reference
from hotspots.gazetteer import Gazetteer
from hotspots.limits import Limits
from hotspots.source_settings import EdAttendancesSource
from hotspots.sources._cells import UNKNOWN_WORDS, parse_dates, plain
from hotspots.sources._headed import headed_rows
from hotspots.sources._positions import note_outside, study_bounds, take_positions
from hotspots.sources._words import take_places
from hotspots.sources.needle_finds import minted
from hotspots.tables import ED_ATTENDANCES, Reading


def read_ed_attendances(
    source: EdAttendancesSource,
    *,
    folder: Path,
    limits: Limits,
    reference: Reference,
    gazetteer: Gazetteer | None = None,
) -> Reading:
    """
    Attendances by day of arrival, with the group of the weapon and, where it can be told, a position.

    The words that say where it happened are never kept. A record without a position is in every trend and in no area.

    Raises
    ------
    DataRefused
        Two rows have one identifier and different content.
    """
    columns = source.columns.model_dump()
    ledger = headed_rows(source, folder=folder, limits=limits, columns=columns)
    if not source.columns.attendance_id:
        ledger.refuse_copies()
    ledger.take("date", parse_dates(ledger.text("arrival"), source.date_format, coverage=source.coverage))
    incident = parse_dates(ledger.text("incident_date"), source.date_format, optional=True)
    ledger.take("incident_date", incident)
    bounds = study_bounds(reference)
    take_positions(ledger, columns=columns, uncertainty_m=source.uncertainty_m, bounds=bounds, keep_blank=True)
    unplaced = take_places(ledger, gazetteer)
    groups = {text: weapon_group(text, source.weapons) for text in ledger.text("weapon").unique()}
    supplied = ledger.text("attendance_id").map(plain).astype("str")
    ledger.rows = ledger.rows.assign(
        weapon=ledger.text("weapon").map(groups).astype("str"),
        event_id=supplied.where(supplied != "", minted(ledger)),
    )
    ledger.set_duplicates_aside(["event_id"], columns=[column.name for column in ED_ATTENDANCES], what="the attendance")
    located = int(pd.notna(ledger.rows["easting"]).sum())
    ledger.notes.append(f"{located:,} of {len(ledger.rows):,} attendances have a position; all are in the trend")
    note_outside(ledger, reference, one="attendance lies", more="attendances lie")
    return replace(ledger.reading(order=["date", "event_id"]), unplaced=unplaced)


def weapon_group(text: str, weapons: Mapping[str, Sequence[str]]) -> str:
    """
    The group of a weapon or body part: the first with a word that the text holds.

    Examples
    --------
    >>> groups = {"glass": ["glass", "bottle"], "sharp": ["knife"], "body part": ["fist", "feet"]}
    >>> [weapon_group(text, groups) for text in ("Broken bottle", "KNIFE", "Fists/feet", "Unknown", "chair")]
    ['glass', 'sharp', 'body part', 'unknown', 'other']
    """
    words = plain(text).casefold()
    if words in UNKNOWN_WORDS:
        return "unknown"
    return next((group for group, held in weapons.items() if any(word.casefold() in words for word in held)), "other")
