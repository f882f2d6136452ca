"""The premises register, and the incidents attributed to premises: by identifier, never by distance."""

from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import Reference
from hotspots.errors import DataRefused
from hotspots.limits import Limits
from hotspots.source_settings import IncidentsSource, PremisesSource
from hotspots.sources._cells import Problem, in_words_of, parse_dates, parse_each, parse_time, parse_whole
from hotspots.sources._headed import headed_rows
from hotspots.sources._ledger import Ledger
from hotspots.sources._positions import study_bounds, take_positions
from hotspots.tables import INCIDENTS, Reading
from hotspots.texts import number_of

_NAMED = 8


def read_premises(source: PremisesSource, *, folder: Path, limits: Limits, reference: Reference) -> Reading:
    """
    The register of premises, one row an identifier.

    A premises without a position stays (its incidents are attributed by identifier); one with an impossible position is
    rejected. How far off a position may be is not supplied, and so missing.

    Raises
    ------
    DataRefused
        Two rows have one identifier.
    """
    columns = source.columns.model_dump()
    ledger = headed_rows(source, folder=folder, limits=limits, columns=columns)
    ledger.take_required("premises_id")
    ledger.take_required("name")
    for name in ("kind", "operator"):
        ledger.take_optional(name)
    for name in ("opened", "closed", "operator_since"):
        ledger.take(name, parse_dates(ledger.text(name), source.date_format, optional=True))
    ledger.take("capacity", parse_each(ledger.text("capacity"), parse_whole, dtype="Int64"))
    ledger.reject_where(
        ledger.rows["closed"] < ledger.rows["opened"],
        values=ledger.rows["closed"].dt.strftime("%Y-%m-%d"),
        column=ledger.headings.get("closed", "closed"),
        reason="constraint-error",
        detail="closed before it opened",
    )
    bounds = study_bounds(reference)
    take_positions(ledger, columns=columns, uncertainty_m=float("nan"), bounds=bounds, keep_blank=True)
    _note(ledger, ledger.rows["easting"].isna(), "premises has no position", "premises have no position")
    ledger.refuse_duplicates(["premises_id"], what="the premises", advice="an identifier names one premises")
    return ledger.reading(order=["premises_id"])


def read_incidents(source: IncidentsSource, *, folder: Path, limits: Limits, premises: Reading | None) -> Reading:
    """
    Dated incidents, each attributed to a premises of the register or to none.

    An identifier that the register does not hold is rejected (``unknown-premises``); a blank one is an incident that
    is not attributed, kept and counted. An incident attributed to two premises is kept for both. Incidents before the
    opening or after the closing of their premises are kept and noted.

    Raises
    ------
    DataRefused
        There is no register, or one incident of one premises is given twice with different content.
    """
    if premises is None:
        raise DataRefused(f"{source.id}: incidents need the register of premises; add a source of kind premises")
    ledger = headed_rows(source, folder=folder, limits=limits, columns=source.columns.model_dump())
    ledger.take_required("incident_id")
    ledger.take("date", parse_dates(ledger.text("date"), source.date_format, coverage=source.coverage))
    ledger.take("time", parse_each(ledger.text("time"), parse_time, dtype="str"))
    ledger.take(
        "incident_type", parse_each(ledger.text("incident_type"), in_words_of(source.scored_types), dtype="str")
    )
    ledger.take("severity", parse_each(ledger.text("severity"), _parse_severity, dtype="Int64"))
    for name in ("attribution", "mitigation", "premises_id"):
        ledger.take_optional(name)
    _reject_unknown_premises(ledger, premises.table)
    _set_repeats_aside(ledger)
    _note_dates(ledger, premises.table)
    _note_types(ledger, source)
    return ledger.reading(order=["date", "incident_id", "premises_id"])


def _parse_severity(text: str) -> int | Problem | None:
    severity = parse_whole(text)
    if isinstance(severity, int) and not 1 <= severity <= 5:
        return Problem("constraint-error", "severity is 1 to 5")
    return severity


def _reject_unknown_premises(ledger: Ledger, register: pd.DataFrame) -> None:
    stated = ledger.rows["premises_id"]
    ledger.reject_where(
        stated.notna() & ~stated.isin(register["premises_id"]),
        values=stated,
        column=ledger.headings["premises_id"],
        reason="unknown-premises",
        detail="not in the register of premises (or rejected there)",
    )
    _note(
        ledger,
        ledger.rows["premises_id"].isna(),
        "incident is attributed to no premises",
        "incidents are attributed to no premises",
    )


def _set_repeats_aside(ledger: Ledger) -> None:
    stated = ledger.rows["premises_id"].fillna("no premises")
    ledger.rows = ledger.rows.assign(attributed_to=stated)
    names = [column.name for column in INCIDENTS]
    ledger.set_duplicates_aside(["incident_id", "attributed_to"], columns=names, what="the incident")
    shared = ledger.rows["incident_id"].duplicated(keep=False)
    more = "of incidents attributed to more than one premises"
    _note(ledger, shared, f"row is {more}", f"rows are {more}")


def _note_dates(ledger: Ledger, register: pd.DataFrame) -> None:
    dates = ledger.rows.merge(
        register[["premises_id", "opened", "closed"]], on="premises_id", how="left", validate="m:1"
    )
    early, late = dates["date"] < dates["opened"], dates["date"] > dates["closed"]
    _note(
        ledger,
        early,
        "incident is dated before its premises opened",
        "incidents are dated before their premises opened",
    )
    _note(
        ledger, late, "incident is dated after its premises closed", "incidents are dated after their premises closed"
    )


def _note_types(ledger: Ledger, source: IncidentsSource) -> None:
    """Name the types that do not score: one that is written in other words than the area file's would be among them."""
    others = ledger.rows.loc[~ledger.rows["incident_type"].isin(source.scored_types), "incident_type"].value_counts()
    if len(others):
        named = ", ".join(f"{kind} ({count:,})" for kind, count in others.head(_NAMED).items())
        ledger.notes.append(
            f"{number_of(int(others.sum()), 'incident is of a type', 'incidents are of types')} that "
            f"{'does' if others.sum() == 1 else 'do'} not score: {named}"
            + (", and more" if len(others) > _NAMED else "")
        )


def _note(ledger: Ledger, chosen: "pd.Series[Any]", one: str, more: str) -> None:
    if chosen.any():
        ledger.notes.append(number_of(int(chosen.sum()), one, more))
