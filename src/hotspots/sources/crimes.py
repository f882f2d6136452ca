"""Recorded crime in the data.police.uk street format: snapped points that state their LSOA."""

import re
from pathlib import Path

import pandas as pd

from hotspots.areas import Reference
from hotspots.limits import Limits
from hotspots.periods import months_in
from hotspots.source_settings import CrimesSource
from hotspots.sources._cells import Problem, clean_code, parse_dates, parse_each, parse_required, parse_whole, plain
from hotspots.sources._codes import check_stated_vintage
from hotspots.sources._headed import headed_rows
from hotspots.sources._ledger import Ledger
from hotspots.sources._positions import study_bounds, take_positions
from hotspots.sources.needle_finds import minted
from hotspots.tables import Reading

STREET_COLUMNS = {
    "month": "Month",
    "longitude": "Longitude",
    "latitude": "Latitude",
    "stated": "LSOA code",
    "type": "Crime type",
}

# The headings of a street file in their order, as every force publishes them.
PUBLISHED = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name",
    "Crime type", "Last outcome category", "Context",
)  # fmt: skip


def read_crimes(source: CrimesSource, *, folder: Path, limits: Limits, reference: Reference) -> Reading:
    """
    Crimes and anti-social behaviour of our area, at snap points.

    Rows without coordinates are set aside (they may be in the area), and rows that state an LSOA which is not ours are
    set aside as elsewhere. Nothing is dropped for being repeated: anti-social behaviour has no identifier, so exact
    repeats are separate incidents.

    Raises
    ------
    VintageError
        A file states LSOA codes of another vintage.
    DataRefused
        No row states an LSOA of ours.
    """
    columns = STREET_COLUMNS | {"hour": source.hour_column, "street": source.street_column}
    ledger = headed_rows(
        source, folder=folder, limits=limits, columns=columns, published=() if source.hour_column else PUBLISHED
    )
    _note_empty_months(ledger, source)
    _set_others_aside(ledger, source, reference)
    ledger.take("date", parse_dates(ledger.text("month"), "%Y-%m", coverage=None), column="Month")
    _reject_uncovered(ledger, source)
    ledger.take("category", parse_each(ledger.text("type"), parse_required, dtype="str"), column="Crime type")
    ledger.take("street", parse_each(ledger.text("street"), _parse_street, dtype="str"))
    ledger.take("hour", parse_each(ledger.text("hour"), _parse_hour, dtype="Int64"))
    bounds = study_bounds(reference)
    take_positions(ledger, columns=STREET_COLUMNS, uncertainty_m=source.uncertainty_m, bounds=bounds)
    asb = ledger.rows["category"].isin(source.asb_types)
    measure = pd.Series("crimes", index=asb.index, dtype="str").mask(asb, "asb")
    ledger.rows = ledger.rows.assign(measure=measure, event_id=minted(ledger))
    return ledger.reading(order=["date"])


def _set_others_aside(ledger: Ledger, source: CrimesSource, reference: Reference) -> None:
    located = (ledger.text("longitude").map(plain) != "") | (ledger.text("latitude").map(plain) != "")
    ledger.set_aside(~located, "without location (may be in the area)")
    stated = parse_each(ledger.text("stated"), clean_code, dtype="str").values
    check_stated_vintage(stated, ledger.text("file"), vintage=source.vintage, reference=reference, source_id=source.id)
    ledger.rows = ledger.rows.assign(stated_code=stated)
    ledger.set_aside(~stated.isin(reference.areas("lsoa").codes), "elsewhere")


def _reject_uncovered(ledger: Ledger, source: CrimesSource) -> None:
    """A month is inside the coverage from its first day to its last."""
    months = ledger.rows["date"]
    ends = months + pd.offsets.MonthEnd(0)
    coverage = source.coverage
    ledger.reject_where(
        (months < pd.Timestamp(coverage.covers_from)) | (ends > pd.Timestamp(coverage.covers_to)),
        values=ledger.text("month"),
        column="Month",
        reason="outside-coverage",
        detail=f"the source covers {coverage.covers_from} to {coverage.covers_to}",
    )
    ledger.reject_where(
        ledger.text("month").map(plain).isin(source.missing_months),
        values=ledger.text("month"),
        column="Month",
        reason="outside-coverage",
        detail="the area file says that this month was never supplied (missing_months)",
    )


def _note_empty_months(ledger: Ledger, source: CrimesSource) -> None:
    """Say which months no row is of: a file that was never supplied would read as a month without crime."""
    held = set(ledger.text("month").map(plain))
    coverage = source.coverage
    empty = [month.label for month in months_in(coverage) if coverage.covers(month) and month.label not in held]
    if empty:
        ledger.notes.append(
            f"no row of any place is of {', '.join(empty)}: these months count as zero; where their files were never "
            "supplied, name them under missing_months"
        )


def _parse_street(text: str) -> str | None:
    """
    The street, without the words that every such record begins with, and its capitals as people write them.

    Examples
    --------
    >>> _parse_street("On or near Mill Road"), _parse_street("On or near "), _parse_street("No Location")
    ('Mill Road', None, None)
    >>> _parse_street("On or near St John'S Street")
    "St John's Street"
    """
    street = plain(text).removeprefix("On or near").strip()
    # Published names are title-cased after every apostrophe: O'Brien keeps its B, John'S does not its S.
    street = re.sub(r"(?<=['’])(S|T|Ll|Re|Ve|M|D)\b", lambda found: found[0].lower(), street)
    return street if street and street != "No Location" else None


def _parse_hour(text: str) -> int | Problem | None:
    hour = parse_whole(text)
    return Problem("constraint-error", "an hour is 0 to 23") if isinstance(hour, int) and hour > 23 else hour
