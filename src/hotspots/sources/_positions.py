"""Positions of supplier records: National Grid metres out, and a hint where they are plainly wrong."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.areas import Reference
from hotspots.crs import GRID, from_grid_reference, to_bng
from hotspots.errors import DataRefused, SettingsRefused
from hotspots.sources._cells import Problem, each_as, parse_each, parse_number, plain
from hotspots.sources._ledger import Ledger
from hotspots.texts import number_of

Bounds = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]

MARGIN_M = 5_000.0  # round the study area: a record just outside is a record, one far outside is a mistake

_SCHEMES = (("easting", "northing"), ("longitude", "latitude"), ("grid_reference",))


def study_bounds(reference: Reference) -> Bounds | None:
    """West, south, east and north of the study area with a margin of 5 km, in metres; None without boundaries."""
    if not reference.sets:
        return None
    west, south, east, north = shapely.total_bounds(reference.sets[-1].geometry).tolist()
    return west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M


def take_positions(
    ledger: Ledger, *, columns: Mapping[str, str], uncertainty_m: float, bounds: Bounds | None, keep_blank: bool = False
) -> None:
    """
    Give the rows ``easting``, ``northing`` and ``uncertainty_m`` (metres, EPSG:27700), rejecting impossible ones.

    Coordinates come from whichever of easting and northing, longitude and latitude, or grid reference is mapped; where
    none is, every row stays, unlocated. A blank position is rejected unless ``keep_blank``.
    """
    scheme = _scheme(ledger, columns)
    if not scheme:
        ledger.rows = ledger.rows.assign(easting=np.nan, northing=np.nan, uncertainty_m=np.nan)
        return
    heading = ", ".join(columns[name] for name in scheme)
    text = ledger.rows[scheme[0]]
    for name in scheme[1:]:
        text = text + ", " + ledger.rows[name]
    empty = pd.DataFrame({name: each_as(ledger.rows[name], plain) == "" for name in scheme})
    held = empty.all(axis=1) & keep_blank
    blank = ledger.rows[held]
    ledger.reject_where(
        empty.any(axis=1) & ~held, values=text, column=heading, reason="blank-position", detail="no position"
    )
    # Blank rows that may stay are held back while the others are read, and join them again without a position.
    ledger.rows = ledger.rows.drop(index=blank.index)
    if scheme == ("grid_reference",):
        _take_grid_references(ledger, heading)
    else:
        _take_pairs(ledger, scheme, columns, uncertainty_m)
    _reject_outside(ledger, scheme, text, heading, bounds)
    if keep_blank and len(blank):
        ledger.rows = pd.concat([ledger.rows, blank.assign(easting=np.nan, northing=np.nan, uncertainty_m=np.nan)])


def note_outside(ledger: Ledger, reference: Reference, *, one: str, more: str) -> None:
    """Say how many rows have a position in none of our LSOAs: they are accepted, and in no number by area."""
    if reference.lsoas is None:
        return
    placed = ledger.rows[ledger.rows["easting"].notna()]
    points: Any = shapely.points(placed["easting"].to_numpy(np.float64), placed["northing"].to_numpy(np.float64))
    held, _ = shapely.STRtree(reference.lsoas.geometry).query(points, predicate="intersects")
    outside = len(placed) - len(np.unique(held))
    if outside:
        ledger.notes.append(f"{number_of(outside, one, more)} in none of the LSOAs, and in no number by area")


def _scheme(ledger: Ledger, columns: Mapping[str, str]) -> tuple[str, ...]:
    given = [scheme for scheme in _SCHEMES if any(columns.get(name) for name in scheme)]
    if len(given) > 1:
        names = ", ".join(name for scheme in given for name in scheme if columns.get(name))
        raise SettingsRefused(f"{ledger.source.id}: columns map several kinds of position ({names}); choose one")
    if given and not all(columns.get(name) for name in given[0]):
        raise SettingsRefused(f"{ledger.source.id}: columns must map both {' and '.join(given[0])}")
    return given[0] if given else ()


def _take_pairs(ledger: Ledger, scheme: tuple[str, ...], columns: Mapping[str, str], uncertainty_m: float) -> None:
    for name in scheme:
        ledger.take(
            f"parsed {name}", parse_each(ledger.rows[name], parse_number, dtype="float64"), column=columns[name]
        )
    first, second = _given(ledger, scheme)
    easting, northing = _converted(scheme, first, second)
    ledger.rows = ledger.rows.assign(easting=easting, northing=northing, uncertainty_m=uncertainty_m)


def _take_grid_references(ledger: Ledger, heading: str) -> None:
    def parse(cell: str) -> tuple[float, float, float] | Problem:
        try:
            return from_grid_reference(plain(cell))
        except DataRefused as error:
            return Problem("type-error", str(error))

    ledger.take("square", parse_each(ledger.rows["grid_reference"], parse, dtype="object"), column=heading)
    squares = np.array(ledger.rows["square"].tolist(), dtype=np.float64).reshape(-1, 3)
    ledger.rows = ledger.rows.assign(easting=squares[:, 0], northing=squares[:, 1], uncertainty_m=squares[:, 2])


def _given(ledger: Ledger, scheme: tuple[str, ...]) -> tuple[Floats, Floats]:
    """The coordinates as given, or the centre of the square of a grid reference."""
    names = [f"parsed {name}" for name in scheme] if len(scheme) == 2 else ["easting", "northing"]
    first, second = (ledger.rows[name].to_numpy(dtype=np.float64) for name in names)
    return first, second


def _converted(scheme: tuple[str, ...], first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Metres of coordinates as given; NaN where they are not degrees of Great Britain."""
    if scheme != ("longitude", "latitude"):
        return first, second
    if not len(first):
        return first, second
    degrees = (np.abs(first) <= 180) & (np.abs(second) <= 90)
    return to_bng(np.where(degrees, first, np.nan), np.where(degrees, second, np.nan))


def _reject_outside(
    ledger: Ledger, scheme: tuple[str, ...], text: "pd.Series[Any]", heading: str, bounds: Bounds | None
) -> None:
    easting, northing = (ledger.rows[name].to_numpy(dtype=np.float64) for name in ("easting", "northing"))
    first, second = _given(ledger, scheme)
    zero = (first == 0) & (second == 0)
    off_grid = ~_within(GRID, easting, northing)
    bad = zero | off_grid | ~_within(bounds or GRID, easting, northing)
    if not bad.any():
        return
    reason = np.select([zero, off_grid], ["zero-position", "outside-national-grid"], "outside-study-area")[bad]
    limits = {
        "zero-position": "0, 0 is what a form leaves, not a place",
        "outside-national-grid": "not a place in Great Britain",
        "outside-study-area": _limits(bounds or GRID),
    }
    hints = _hints(scheme, first[bad], second[bad], bounds or GRID)
    detail = [limits[why] + ("" if why == "zero-position" else hint) for why, hint in zip(reason, hints, strict=True)]
    problems = pd.DataFrame({"reason": reason, "detail": detail}, index=ledger.rows.index[bad])
    ledger.reject(problems, values=text, column=heading)


def _hints(scheme: tuple[str, ...], first: Floats, second: Floats, bounds: Bounds) -> Any:
    """What probably went wrong with each position, as the end of a sentence."""

    def reads(as_scheme: tuple[str, ...], one: Floats, two: Floats) -> npt.NDArray[np.bool_]:
        return _within(bounds, *_converted(as_scheme, one, two))

    metres, degrees = _SCHEMES[0], _SCHEMES[1]
    if scheme == degrees:
        tried = [
            (reads(degrees, second, first), "; longitude and latitude swapped?"),
            (reads(degrees, -first, second), "; the sign of the longitude?"),
            (reads(metres, first, second) | reads(metres, second, first), "; metres given as degrees?"),
        ]
    else:
        too_many = reads(metres, first / 10, second) | reads(metres, first, second / 10)
        too_few = reads(metres, first * 10, second) | reads(metres, first, second * 10)
        tried = [
            (reads(metres, second, first), "; easting and northing swapped?"),
            (reads(degrees, first, second) | reads(degrees, second, first), "; degrees given as metres?"),
            (too_many | reads(metres, first / 10, second / 10), "; a digit too many?"),
            (too_few, "; a digit missing?"),
        ]
    return np.select([guess for guess, _ in tried], [hint for _, hint in tried], "")


def _limits(bounds: Bounds) -> str:
    west, south, east, north = (round(value) for value in bounds)
    return f"outside the study area (easting {west} to {east}, northing {south} to {north})"


def _within(bounds: Bounds, easting: Floats, northing: Floats) -> npt.NDArray[np.bool_]:
    west, south, east, north = bounds
    inside: npt.NDArray[np.bool_] = (
        (west <= easting) & (easting <= east) & (south <= northing) & (northing <= north)  # NaN is never inside
    )
    return inside
