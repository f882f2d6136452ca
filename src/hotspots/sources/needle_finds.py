"""Needle finds: a place, a day and a quantity. Instances and volume are two measures, never one."""

from collections.abc import Callable, Iterable
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
    word_key,
)
from hotspots.sources._headed import headed_rows
from hotspots.sources._ledger import Ledger
from hotspots.sources._positions import note_outside, study_bounds, take_positions
from hotspots.sources._words import take_places
from hotspots.tables import NEEDLE_FINDS, Reading

_NAMED = 12
_UNSTATED = frozenset(map(word_key, UNKNOWN_WORDS)) | {
    "n a", "na", "nan", "nil", "none", "null", "not recorded", "not stated", "not specified", "not given", "tbc",
}  # fmt: skip


def read_needle_finds(
    source: NeedleFindsSource, *, folder: Path, limits: Limits, reference: Reference, gazetteer: Gazetteer | None = None
) -> Reading:
    """
    Needle finds as points with a quantity and a context.

    A find of quantity 0 is set aside (``nothing found``); a blank quantity is an instance of unknown volume. Finds of
    a private dwelling, or that came out of a clearance, are house clearances whatever their flag says, so that they
    never appear as points; finds on land of an unknown kind are not taken for batches in public. The ward as
    supplied is kept beside the position and never used. Where places come in words, a find without coordinates is
    looked for in the gazetteer; one whose words name no place stays, without a position.

    Raises
    ------
    DataRefused
        Two rows have one identifier and different content.
    """
    columns = source.columns.model_dump()
    ledger = headed_rows(source, folder=folder, limits=limits, columns=columns)
    if not source.columns.find_id:
        ledger.refuse_copies()
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
    note_outside(ledger, reference, one="find lies", more="finds lie")
    return replace(ledger.reading(order=["date", "event_id"]), unplaced=unplaced)


def _parse_quantity(text: str) -> int | Problem | None:
    return parse_whole(text, missing=UNKNOWN_WORDS)


def _take_context(ledger: Ledger, source: NeedleFindsSource) -> None:
    """Batch by declaration or by quantity; then house clearance, unknown, batch and public realm, in that order."""
    rows = ledger.rows
    batch = rows["is_batch"] | (rows["quantity"] >= source.batch_threshold).astype("boolean")
    land = ledger.text("land_type").fillna("")
    is_private = _reader_of_private(source.private_land_types)
    private = land.map(is_private).astype(bool) | rows["reported_by"].fillna("").map(is_private).astype(bool)
    context = pd.Series("public_realm", index=rows.index, dtype="str")
    context = context.mask(batch.fillna(False).astype(bool), "batch")
    # A hundred needles on land that nobody named may be those of a home: unknown comes before batch.
    context = context.mask(~land.map(_is_stated).astype(bool), "unknown")
    context = context.mask(rows["is_house_clearance"].fillna(False).astype(bool) | private, "house_clearance")
    ledger.rows = rows.assign(is_batch=batch, context=context)
    _note_public(ledger, land[context == "public_realm"])


def _reader_of_private(private: Iterable[str]) -> Callable[[str], bool]:
    """Whether a kind of land, or who reported it, is of homes: however spelled, and whatever is said beside."""
    words = [word_key(word) for word in private]

    def is_private(land: str) -> bool:
        return any(word and word in word_key(land) for word in words)

    return is_private


def _is_stated(land: str) -> bool:
    """Whether a cell says what kind of land it is; a sign, or the error of a formula, does not."""
    return not land.startswith("#") and word_key(land) not in _UNSTATED


def _note_public(ledger: Ledger, land: "pd.Series[Any]") -> None:
    """Name the kinds of land that were taken for public: one of homes among them would be shown as points."""
    kinds = sorted(set(land.map(plain)))
    if kinds:
        more = f", and {len(kinds) - _NAMED} more" if len(kinds) > _NAMED else ""
        ledger.notes.append(
            f"kinds of land taken for public places, where single finds may be points: "
            f"{', '.join(kinds[:_NAMED])}{more}; name those of homes under private_land_types"
        )


def _take_identifiers(ledger: Ledger) -> None:
    supplied = ledger.text("find_id").map(plain).astype("str")
    ledger.rows = ledger.rows.assign(event_id=supplied.where(supplied != "", minted(ledger)))
    ledger.set_duplicates_aside(["event_id"], columns=[column.name for column in NEEDLE_FINDS], what="the find")


def minted(ledger: Ledger) -> "pd.Series[Any]":
    """An identifier for every row: twelve digits of its file's SHA-256, and its line."""
    prefixes = {file.name: file.sha256[:12] for file in ledger.files}
    return ledger.rows["file"].map(prefixes).astype("str") + "-" + ledger.rows["line"].astype("str")
