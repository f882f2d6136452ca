"""Emergency department attendances after assault (ISTV): a trend for all, a position for those whose words name one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import Reference
from hotspots.gazetteer import Gazetteer
from hotspots.limits import Limits
from hotspots.source_settings import EdAttendancesSource
from hotspots.sources._cells import UNKNOWN_WORDS, Parsed, Problem, parse_date, parse_dates, parse_each, plain
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
    arrived = parse_dates(ledger.text("arrival"), source.date_format, coverage=source.coverage)
    ledger.take("date", arrived, column=source.columns.arrival)
    ledger.take("incident_date", _incident_days(ledger.text("incident_date"), source.date_format))
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


def with_or_without_time(date_format: str) -> tuple[str, ...]:
    """
    A format of dates, then the same day without its time or with one: often the arrival has it, the incident not.

    Examples
    --------
    >>> with_or_without_time("%d/%m/%Y %H:%M")
    ('%d/%m/%Y %H:%M', '%d/%m/%Y', '%d/%m/%Y %H:%M:%S')
    """
    day = re.split(r"[ T]*%[HI]", date_format)[0]
    return tuple(dict.fromkeys((date_format, day, f"{day} %H:%M", f"{day} %H:%M:%S")))


def _incident_days(text: "pd.Series[Any]", date_format: str) -> Parsed:
    forms = with_or_without_time(date_format)

    def parse(cell: str) -> date | Problem | None:
        read = [parse_date(cell, form, None) for form in forms] if plain(cell) else [None]
        return next((day for day in read if not isinstance(day, Problem)), read[0])

    return parse_each(text, parse, dtype="datetime64[s]")


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
