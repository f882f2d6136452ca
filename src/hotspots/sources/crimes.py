"""Recorded crime in the data.police.uk street format: snapped points that state their LSOA."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import Reference
from hotspots.crs import to_bng, to_wgs84
from hotspots.errors import DataRefused, StatedElsewhere
from hotspots.limits import Limits
from hotspots.periods import months_in
from hotspots.source_settings import CrimesSource
from hotspots.sources._cells import (
    Problem,
    clean_code,
    each_as,
    in_words_of,
    parse_dates,
    parse_each,
    parse_number,
    parse_whole,
    plain,
)
from hotspots.sources._codes import check_stated_vintage
from hotspots.sources._headed import headed_rows
from hotspots.sources._ledger import Ledger
from hotspots.sources._positions import study_bounds, take_positions
from hotspots.sources.needle_finds import minted
from hotspots.sources.street_files import month_stated
from hotspots.tables import Reading
from hotspots.texts import number_of

STREET_COLUMNS = {
    "month": "Month",
    "longitude": "Longitude",
    "latitude": "Latitude",
    "stated": "LSOA code",
    "type": "Crime type",
}
# The street files of 2010 to 2012 had metres, and no LSOA.
_OLDER = {"easting": "Easting", "northing": "Northing"}
_NOWHERE = frozenset({"", "na", "n/a", "nan", "null", "none"})
_ZERO = frozenset({"0", "0.0"})
# Of an LSOA at the border a few points may lie in ours; of one that our boundaries do not know, nearly all of them.
_ENOUGH, _ALL_OF_THEM, _OF_OURS = 20, 0.9, 0.01

# The headings of a street file in their order, as every force publishes them, and as they did until 2012.
PUBLISHED = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name",
    "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_PUBLISHED_TO_2012 = (
    "Month", "Reported by", "Falls within", "Easting", "Northing", "Location", "Crime type", "Context",
)  # fmt: skip


def read_crimes(source: CrimesSource, *, folder: Path, limits: Limits, reference: Reference) -> Reading:
    """
    Crimes and anti-social behaviour of our area, at snap points.

    Rows without coordinates are set aside (they may be in the area), and rows that state an LSOA which is not ours are
    set aside as elsewhere. A row with coordinates that states none has the LSOA that holds its point, and a note says
    how many there are. Nothing is dropped for being repeated: anti-social behaviour has no identifier, so exact
    repeats are separate incidents.

    Raises
    ------
    VintageError
        A file states LSOA codes of another vintage.
    DataRefused
        No row states an LSOA of ours.
    """
    columns = STREET_COLUMNS | _OLDER | {"hour": source.hour_column, "street": source.street_column}
    ledger = headed_rows(
        source,
        folder=folder,
        limits=limits,
        columns=columns,
        published=() if source.hour_column else (PUBLISHED, _PUBLISHED_TO_2012),
        optional=("stated", *_OLDER, "longitude", "latitude"),
    )
    ledger.refuse_copies()
    ledger.rows = ledger.rows.assign(month=each_as(ledger.text("month"), month_stated))
    _note_empty_months(ledger, source)
    _take_metres(ledger)
    _set_others_aside(ledger, source, reference)
    ledger.take("date", parse_dates(ledger.text("month"), "%Y-%m", coverage=None), column="Month")
    _reject_uncovered(ledger, source)
    ledger.take(
        "category", parse_each(ledger.text("type"), in_words_of(source.asb_types), dtype="str"), column="Crime type"
    )
    ledger.take("street", parse_each(ledger.text("street"), _parse_street, dtype="str"))
    ledger.take("hour", parse_each(ledger.text("hour"), _parse_hour, dtype="Int64"))
    bounds = study_bounds(reference)
    take_positions(ledger, columns=STREET_COLUMNS, uncertainty_m=source.uncertainty_m, bounds=bounds)
    asb = ledger.rows["category"].isin(source.asb_types)
    measure = pd.Series("crimes", index=asb.index, dtype="str").mask(asb, "asb")
    ledger.rows = ledger.rows.assign(measure=measure, event_id=minted(ledger))
    if ledger.rows.empty and ledger.rejected:
        raise DataRefused(f"{source.id}: every row of the area was rejected; {ledger.first_reject}")
    return ledger.reading(order=["date"])


def _take_metres(ledger: Ledger) -> None:
    """Degrees of the rows that have metres instead; what is no number stays, for the check of positions to reject."""
    east, north, longitude, latitude = (
        each_as(ledger.text(name), plain) for name in (*_OLDER, "longitude", "latitude")
    )
    bare = (longitude == "") & (latitude == "") & (east != "")
    if not bare.any():
        return
    numbers = [[parse_number(text) for text in column[bare]] for column in (east, north)]
    first, second = (np.array([at if isinstance(at, float) else np.nan for at in column]) for column in numbers)
    degrees = to_wgs84(first, second)
    known = np.isfinite(degrees[0])
    for name, values, given in zip(("longitude", "latitude"), degrees, (east[bare], north[bare]), strict=True):
        column = ledger.text(name).copy()
        column[bare] = [
            f"{value:.9f}" if there else text for value, there, text in zip(values, known, given, strict=True)
        ]
        ledger.rows = ledger.rows.assign(**{name: column})


def _set_others_aside(ledger: Ledger, source: CrimesSource, reference: Reference) -> None:
    pair = [each_as(ledger.text(name), lambda text: plain(text).casefold()) for name in ("longitude", "latitude")]
    nowhere = pair[0].isin(_NOWHERE) & pair[1].isin(_NOWHERE) | pair[0].isin(_ZERO) & pair[1].isin(_ZERO)
    ledger.set_aside(nowhere, "without location (may be in the area)")
    stated = parse_each(ledger.text("stated"), clean_code, dtype="str").values
    ignored = source.lsoa_codes == "located"
    stated = stated.mask(stated.str.casefold().isin(_NOWHERE) | ignored, "")
    stated = _located(ledger, stated, source, reference)
    check_stated_vintage(
        stated,
        ledger.text("file"),
        vintage=source.vintage,
        reference=reference,
        source_id=source.id,
        advice='for files of both count each record where it lies (lsoa_codes = "located")',
    )
    _check_others_lie_elsewhere(ledger, stated, source, reference)
    ledger.rows = ledger.rows.assign(stated_code=stated)
    ledger.set_aside(~stated.isin(reference.areas("lsoa").codes), "elsewhere")


def _located(ledger: Ledger, stated: "pd.Series[Any]", source: CrimesSource, reference: Reference) -> "pd.Series[Any]":
    """The stated codes, and of a row that states none the code of the LSOA that holds its point."""
    bare = (stated == "").to_numpy(dtype=bool)
    if not bare.any():
        return stated
    if bare.all() and source.lsoa_codes == "stated":
        raise DataRefused(
            f"{source.id}: no row states an LSOA (under 'LSOA code'); if the files have none, say so in the area file: "
            'lsoa_codes = "located", and each is counted where its point lies'
        )
    held = _lsoas_of_points(ledger, bare, reference)
    found = stated.astype(object)
    found.iloc[np.flatnonzero(bare)] = held
    held = held[held != ""]
    one, more = "states no LSOA", "state no LSOA"
    if source.lsoa_codes == "located":
        one, more = "has the LSOA of its point, whatever it states", "have the LSOA of their point, whatever they state"
    lying = number_of(
        len(held), "lies in one of ours, and is counted in it", "lie in one of ours, and are counted in it"
    )
    ledger.notes.append(f"{number_of(int(bare.sum()), f'record {one}', f'records {more}')}: {lying}")
    return found.astype("str")


def _lsoas_of_points(ledger: Ledger, chosen: Any, reference: Reference) -> Any:
    """The LSOA of ours that holds the point of each chosen row, the smallest code on a shared edge; blank for none."""
    lsoas = reference.areas("lsoa")
    texts = pd.DataFrame({name: ledger.text(name)[chosen] for name in ("longitude", "latitude")})
    distinct = texts.drop_duplicates()
    numbers = [[parse_number(text) for text in distinct[name]] for name in distinct]
    degrees = [np.array([at if isinstance(at, float) else np.nan for at in column]) for column in numbers]
    points: Any = shapely.points(*to_bng(*degrees))
    rows, areas = shapely.STRtree(lsoas.geometry).query(points, predicate="intersects")
    held = pd.Series(np.array(lsoas.table["code"], dtype=object)[areas], index=rows).groupby(level=0).min()
    codes = distinct.assign(code=held.reindex(range(len(points)), fill_value="").to_numpy())
    return texts.merge(codes, how="left", on=["longitude", "latitude"], validate="m:1")["code"].to_numpy()


def _check_others_lie_elsewhere(
    ledger: Ledger, stated: "pd.Series[Any]", source: CrimesSource, reference: Reference
) -> None:
    """
    Refuse a source whose records lie in our area and state LSOAs that are not ours: those of another vintage.

    A record or two at the edge may; of an LSOA that we do not have, all of them. Without a lookup that knows its code
    they would be set aside as elsewhere, and a part of the area would read as free of crime.
    """
    foreign = ~stated.isin(reference.areas("lsoa").codes) & (stated != "")
    if not foreign.any():
        return
    inside = pd.Series(_lsoas_of_points(ledger, foreign.to_numpy(dtype=bool), reference) != "")
    by_code = inside.groupby(stated[foreign].to_numpy()).agg(["size", "mean"])
    within = by_code[by_code["mean"] >= _ALL_OF_THEM]
    ours = int(stated.isin(reference.areas("lsoa").codes).sum())
    # A small place has few records in each LSOA: of them all together, more than strays at its border.
    many = within["size"].sum() >= max(_ENOUGH, _OF_OURS * ours)
    lost = within if many else within[within["size"] >= _ENOUGH]
    if len(within) and not len(lost):
        ledger.notes.append(
            f"{int(within['size'].sum()):,} records state {len(within)} LSOAs that are none of ours (such as "
            f"{within['size'].idxmax()}) and lie in ours: set aside as elsewhere"
        )
    if len(lost):
        worst = str(lost["size"].idxmax())
        raise StatedElsewhere(
            f"{source.id}: {len(lost)} LSOAs that are stated are none of ours, and yet their points lie in ours "
            f"(such as {worst}, {int(lost['size'].max()):,} records): another vintage than {source.vintage}? Name the "
            "lookup between the vintages and declare the right one, or count each record where its point lies: "
            'lsoa_codes = "located"'
        )


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
        each_as(ledger.text("month"), plain).isin(source.missing_months),
        values=ledger.text("month"),
        column="Month",
        reason="outside-coverage",
        detail="the area file says that this month was never supplied (missing_months)",
    )


def _note_empty_months(ledger: Ledger, source: CrimesSource) -> None:
    """Say which months no row is of: a file that was never supplied would read as a month without crime."""
    held = {plain(text) for text in ledger.text("month").unique()}
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
