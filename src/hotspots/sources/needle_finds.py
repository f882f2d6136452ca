"""Needle finds: a place, a day and a quantity. Instances and volume are two measures, never one."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import Reference
from hotspots.gazetteer import Gazetteer
from hotspots.limits import Limits
from hotspots.source_settings import NeedleFindsSource
from hotspots.sources._cells import (
    UNKNOWN_WORDS,
    Problem,
    parse_dates,
    parse_each,
    parse_whole,
    parse_yes_no,
    plain,
)
from hotspots.sources._headed import headed_rows
from hotspots.sources._ledger import Ledger
from hotspots.sources._positions import study_bounds, take_positions
from hotspots.sources._words import take_places
from hotspots.tables import NEEDLE_FINDS, Reading


def read_needle_finds(
    source: NeedleFindsSource, *, folder: Path, limits: Limits, reference: Reference, gazetteer: Gazetteer | None = None
) -> Reading:
    """
    Needle finds as points with a quantity and a context.

    A find of quantity 0 is set aside (``nothing found``); a blank quantity is an instance of unknown volume. Finds of
    a private dwelling are house clearances whatever their flag says, so that they never appear as points. The ward as
    supplied is kept beside the position and never used. Where places come in words, a find without coordinates is
    looked for in the gazetteer; one whose words name no place stays, without a position.

    Raises
    ------
    DataRefused
        Two rows have one identifier and different content.
    """
    columns = source.columns.model_dump()
    ledger = headed_rows(source, folder=folder, limits=limits, columns=columns)
    ledger.take("quantity", parse_each(ledger.text("quantity"), _parse_quantity, dtype="Int64"))
    ledger.set_aside(ledger.rows["quantity"].eq(0).fillna(False), "nothing found")
    ledger.take("date", parse_dates(ledger.text("date"), source.date_format, coverage=source.coverage))
    for flag in ("is_house_clearance", "is_batch"):
        ledger.take(flag, parse_each(ledger.text(flag), parse_yes_no, dtype="boolean"))
    worded, bounds = bool(source.columns.location_text), study_bounds(reference)
    take_positions(ledger, columns=columns, uncertainty_m=source.uncertainty_m, bounds=bounds, keep_blank=worded)
    unplaced = take_places(ledger, gazetteer)
    ledger.rows = ledger.rows.assign(reported_by=ledger.text("source"))
    for name in ("reported_by", "land_type", "ward_text"):
        ledger.take_optional(name)
    _take_context(ledger, source)
    _take_identifiers(ledger)
    return replace(ledger.reading(order=["date", "event_id"]), unplaced=unplaced)


def _parse_quantity(text: str) -> int | Problem | None:
    return parse_whole(text, missing=UNKNOWN_WORDS)


def _take_context(ledger: Ledger, source: NeedleFindsSource) -> None:
    """Batch by declaration or by quantity; then house clearance, batch, unknown and public realm, in that order."""
    rows = ledger.rows
    batch = rows["is_batch"] | (rows["quantity"] >= source.batch_threshold).astype("boolean")
    land = ledger.text("land_type").fillna("").map(_land_key)
    private = land.isin({_land_key(name) for name in source.private_land_types})
    context = pd.Series("public_realm", index=rows.index, dtype="str")
    context = context.mask(land.isin({_land_key(word) for word in UNKNOWN_WORDS}), "unknown")
    context = context.mask(batch.fillna(False).astype(bool), "batch")
    context = context.mask(rows["is_house_clearance"].fillna(False).astype(bool) | private, "house_clearance")
    ledger.rows = rows.assign(is_batch=batch, context=context)


def _land_key(text: str) -> str:
    """Kinds of land are compared whatever their case, spaces or hyphens: a private dwelling must not slip through."""
    return re.sub(r"[\s_-]+", "_", plain(text).casefold())


def _take_identifiers(ledger: Ledger) -> None:
    supplied = ledger.text("find_id").map(plain).astype("str")
    ledger.rows = ledger.rows.assign(event_id=supplied.where(supplied != "", minted(ledger)))
    ledger.set_duplicates_aside(["event_id"], columns=[column.name for column in NEEDLE_FINDS], what="the find")


def minted(ledger: Ledger) -> "pd.Series[Any]":
    """An identifier for every row: twelve digits of its file's SHA-256, and its line."""
    prefixes = {file.name: file.sha256[:12] for file in ledger.files}
    return ledger.rows["file"].map(prefixes).astype("str") + "-" + ledger.rows["line"].astype("str")
