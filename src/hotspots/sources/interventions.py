"""The register of interventions: what was done, where, from when to when, and what was agreed to judge it by."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import Reference
from hotspots.crs import GRID
from hotspots.errors import DataRefused
from hotspots.limits import Limits
from hotspots.measures import INCIDENTS_MEASURE, JUDGED_MEASURES
from hotspots.source_settings import InterventionsSource
from hotspots.sources._cells import Problem, parse_dates, parse_each, plain
from hotspots.sources._headed import headed_rows
from hotspots.sources._ledger import Ledger
from hotspots.sources._positions import study_bounds
from hotspots.tables import Reading

_FORMS = "city, city-centre, ward:CODE, premises:ID, hotspot:ID, or polygon:WKT in National Grid metres"
_PLAIN_PLACES = ("city", "city-centre")
_KINDS = (*_PLAIN_PLACES, "ward", "premises", "hotspot")
_LONGEST_POLYGON = 20_000


def read_interventions(
    source: InterventionsSource, *, folder: Path, limits: Limits, reference: Reference, premises: Reading | None
) -> Reading:
    """
    The register, one row an intervention.

    ``place`` (and ``comparison``, where one was agreed) is ``city``, ``city-centre``, ``ward:CODE``, ``premises:ID``,
    ``hotspot:ID`` or ``polygon:`` with a polygon as well-known text in National Grid metres. An unknown premises or
    ward, a polygon outside the study area, an end before the start, a measure that the place cannot be judged by: the
    row is rejected with its reason.

    Raises
    ------
    DataRefused
        Two rows have one identifier, or every row was rejected.
    """
    ledger = headed_rows(source, folder=folder, limits=limits, columns=source.columns.model_dump())
    for name in ("intervention_id", "what", "owner", "target"):
        ledger.take_required(name)
    known = None if premises is None else frozenset(premises.table["premises_id"])
    place = _place_parser(reference, known)
    ledger.take("place", parse_each(ledger.text("place"), place, dtype="str"))
    ledger.take("comparison", parse_each(ledger.text("comparison"), _optional(place), dtype="str"))
    ledger.take("measure", parse_each(ledger.text("measure"), _parse_measure, dtype="str"))
    ledger.take("start", parse_dates(ledger.text("start"), source.date_format))
    for name in ("end", "review_date"):
        ledger.take(name, parse_dates(ledger.text(name), source.date_format, optional=True))
        _reject_before_start(ledger, name)
    _reject_unjudged(ledger)
    ledger.refuse_duplicates(["intervention_id"], what="the intervention", advice="each needs an identifier of its own")
    return ledger.reading(order=["start", "intervention_id"])


def place_polygon(place: str) -> Any:
    """
    The polygon of a ``polygon:`` place, in EPSG:27700; ``DataRefused`` where it is none.

    Examples
    --------
    >>> place_polygon("polygon:POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))").area
    10000.0
    """
    text = place.removeprefix("polygon:").strip()
    if len(text) > _LONGEST_POLYGON:
        raise DataRefused(f"the polygon is longer than {_LONGEST_POLYGON:,} characters; draw it with fewer vertices")
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a coordinate too long for a number becomes infinite
            found = shapely.from_wkt(text)
    except shapely.errors.GEOSException as error:
        raise DataRefused("not a polygon as well-known text, such as POLYGON ((544700 258960, ...))") from error
    if found is None or found.geom_type not in {"Polygon", "MultiPolygon"} or found.is_empty:
        raise DataRefused("not a polygon as well-known text, such as POLYGON ((544700 258960, ...))")
    if not (np.isfinite(found.bounds).all() and shapely.is_valid(found) and found.area > 0):
        raise DataRefused(f"the polygon is not valid ({shapely.is_valid_reason(found)})")
    return found


def _place_parser(reference: Reference, known_premises: frozenset[str] | None) -> Any:
    wards = reference.wards.codes if reference.wards is not None else frozenset[str]()
    bounds = study_bounds(reference)

    def parse(cell: str) -> str | Problem:
        """The place as the register keeps it."""
        kind, _, name = (part.strip() for part in plain(cell).partition(":"))
        kind = kind.casefold()
        if not kind:
            return Problem("missing-cell", f"no place; expected {_FORMS}")
        if kind == "polygon":
            return _parse_polygon(name, bounds)
        if kind == "ward" and name not in wards:
            return Problem("unknown-code", "not a ward of the boundaries in use")
        if kind == "premises" and name not in (known_premises or ()):
            return Problem("unknown-premises", "not in the register of premises")
        if bool(name) == (kind in _PLAIN_PLACES) or kind not in _KINDS:
            return Problem("type-error", f"not a place; expected {_FORMS}")
        return f"{kind}:{name}" if name else kind

    return parse


def _parse_polygon(name: str, bounds: Any) -> str | Problem:
    try:
        found = place_polygon(name)
    except DataRefused as error:
        return Problem("type-error", str(error))
    if not shapely.intersects(found, shapely.box(*(bounds or GRID))):
        return Problem("outside-study-area", "the polygon lies outside the study area; is it in National Grid metres?")
    return f"polygon:{name}"


def _optional(parse: Any) -> Any:
    return lambda cell: None if not plain(cell) else parse(cell)


def _parse_measure(cell: str) -> str | Problem:
    name = plain(cell).casefold()
    if not name:
        return Problem("missing-cell", "no measure; it is agreed beforehand")
    if name not in JUDGED_MEASURES:
        return Problem("constraint-error", f"not a count that can be judged: {', '.join(JUDGED_MEASURES)}")
    return name


def _reject_before_start(ledger: Ledger, name: str) -> None:
    ledger.reject_where(
        ledger.rows[name] < ledger.rows["start"],
        values=ledger.rows[name].dt.strftime("%Y-%m-%d"),
        column=ledger.headings.get(name, name),
        reason="constraint-error",
        detail=f"{name.replace('_', ' ')} before the start",
    )


def _reject_unjudged(ledger: Ledger) -> None:
    """Incidents are of premises and of nothing else; callouts come by area and are never cut to a polygon."""
    kinds = ledger.rows["place"].str.split(":").str[0]
    at_premises, incidents = kinds == "premises", ledger.rows["measure"] == INCIDENTS_MEASURE
    callouts = (ledger.rows["measure"] == "callouts") & kinds.isin(["polygon", "hotspot"])
    ledger.reject_where(
        (at_premises != incidents) | callouts,
        values=ledger.rows["measure"],
        column=ledger.headings["measure"],
        reason="constraint-error",
        detail=f"premises are judged by {INCIDENTS_MEASURE}, which are of premises alone; callouts come by area",
    )


def as_rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """A register as texts, day as 2018-04-01 and a missing cell blank: what is written, and shown in an editor."""
    shown = table.drop(columns=["file", "line"], errors="ignore")
    for name in ("start", "end", "review_date"):
        shown[name] = pd.to_datetime(shown[name]).dt.strftime("%Y-%m-%d")
    texts = shown.astype(object).where(shown.notna(), "")
    return [{str(name): str(value) for name, value in row.items()} for row in texts.to_dict("records")]
