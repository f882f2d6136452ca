"""The standard tables: every column declared once, with its unit, meaning and check.

The declarations drive the row rejects, the check of a published table and the data dictionary. Rows are conserved:
``read = accepted + rejected + set aside`` for every source, and a :class:`Tally` that does not add up cannot be made.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.crs import require_on_grid
from hotspots.errors import DataRefused, ResolutionError
from hotspots.periods import Coverage
from hotspots.texts import many_of, number_of

Resolution = Literal["point", "snapped_point", "lsoa", "ward"]
Policy = Literal["open", "controlled", "health"]
Marking = Literal["OFFICIAL", "OFFICIAL-SENSITIVE"]
Status = Literal["ok", "suppressed", "incomplete", "no_data"]

Check = Callable[["pd.Series[Any]"], "pd.Series[bool]"]

REJECT_COLUMNS = ("file", "line", "column", "value", "reason", "detail")


@dataclass(frozen=True)
class Column:
    """One column of a standard table; ``reason`` is the stable code of the reject when ``check`` fails."""

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    nullable: bool = False
    check: Check | None = None
    reason: str = "constraint-error"


@dataclass(frozen=True)
class Tally:
    """What became of the rows of a source: ``read = accepted + rejected + set aside``."""

    read: int
    accepted: int
    rejected: int
    set_aside: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        accounted = self.accepted + self.rejected + sum(self.set_aside.values())
        if self.read != accounted:
            raise DataRefused(f"rows went missing: {self.read} read, {accounted} accounted for ({self.sentence})")

    @property
    def sentence(self) -> str:
        """The tally in words, as it is printed for every source."""
        aside = "".join(f" + {count:,} {reason}" for reason, count in self.set_aside.items() if count)
        return f"{number_of(self.read, 'row', 'rows')} = {self.accepted:,} accepted + {self.rejected:,} rejected{aside}"


@dataclass(frozen=True)
class InputFile:
    """A file that was read: its name relative to the area file, its size and its SHA-256."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class SourceMeta:
    """What travels with every number of a source."""

    id: str
    kind: str
    title: str
    resolution: Resolution
    coverage: Coverage
    policy: Policy
    marking: Marking
    synthetic: bool
    attribution: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Reading:
    """
    The outcome of reading one source: the standard table, the tally, the rejects, and what was noticed.

    ``unplaced`` lists the texts that name no place of the gazetteer, for somebody to resolve; it stays out of builds.
    """

    meta: SourceMeta
    table: pd.DataFrame
    tally: Tally
    rejects: pd.DataFrame
    files: tuple[InputFile, ...]
    notes: tuple[str, ...] = ()
    unplaced: pd.DataFrame | None = None

    def many(self, count: int, one: str, more: str) -> str:
        """How many of the rows, in words; of a health source their share, for its exact total stays inside."""
        return many_of(count, self.tally.read, self.meta.policy, one=one, more=more)


@dataclass(frozen=True, eq=False)
class AreaCounts:
    """
    Counts by area and period, without geometry: there is no way to make points of them.

    ``table`` has ``area_code, period, period_start, period_end, category, lower, upper, status``; a suppressed input is
    the interval ``lower`` to ``upper``, an exact count has both equal.
    """

    table: pd.DataFrame
    meta: SourceMeta
    kind: Literal["lsoa", "ward"]
    vintage: str

    def __post_init__(self) -> None:
        if self.meta.resolution not in {"lsoa", "ward"}:
            raise ResolutionError(
                f"{self.meta.id}: counts by area need a source of resolution lsoa or ward, got {self.meta.resolution!r}"
            )


@dataclass(frozen=True, eq=False)
class PointEvents:
    """
    Events at points in EPSG:27700: the only input that a density surface accepts.

    ``table`` has at least ``event_id`` (unique), ``easting``, ``northing`` (metres, finite), ``date`` and
    ``uncertainty_m``. Only a source whose declared resolution is ``point`` or ``snapped_point`` can be points.

    Examples
    --------
    >>> import pandas as pd
    >>> points_from_frame(pd.DataFrame({"easting": [544880.0], "northing": [258440.0]})).table["event_id"].tolist()
    ['row-1']
    """

    table: pd.DataFrame
    meta: SourceMeta

    def __post_init__(self) -> None:
        if self.meta.resolution not in {"point", "snapped_point"}:
            raise ResolutionError(
                f"{self.meta.id}: a source of resolution {self.meta.resolution!r} has no positions and cannot become "
                "points, a density surface or part of a premises score; show it by area (choropleth) or as a trend"
            )
        if missing := {"event_id", "easting", "northing", "date", "uncertainty_m"} - set(self.table.columns):
            raise DataRefused(f"{self.meta.id}: points need the columns {', '.join(sorted(missing))}")
        if not np.isfinite(self.coordinates).all():
            raise DataRefused(f"{self.meta.id}: points need finite easting and northing; leave unlocated events out")
        require_on_grid(self.coordinates, what=self.meta.id)
        if self.table["event_id"].duplicated().any():
            raise DataRefused(f"{self.meta.id}: event_id must be unique")

    @property
    def coordinates(self) -> npt.NDArray[np.float64]:
        """Easting and northing in metres, one row an event, shape (n, 2)."""
        return self.table[["easting", "northing"]].to_numpy(dtype=np.float64)

    @property
    def snapped(self) -> bool:
        """Whether positions were moved to a published list of points, which makes false peaks."""
        return self.meta.resolution == "snapped_point"

    def __len__(self) -> int:
        return len(self.table)


def points_from_frame(
    frame: pd.DataFrame,
    *,
    easting: str = "easting",
    northing: str = "northing",
    weight: str | None = None,
    date: str | None = None,
    resolution: Resolution = "point",
    title: str = "points",
) -> PointEvents:
    """
    Points of any table with EPSG:27700 coordinates in metres, for the Python functions and ``hotspots density``.

    Parameters
    ----------
    easting, northing
        The columns that hold the coordinates, in metres.
    weight
        A column of non-negative weights, kept as ``weight``; without it each row is one event.
    date
        A column of dates, or of months such as 2018-11 (their first day); without it no event has one.
    resolution
        ``point``, or ``snapped_point`` where positions come from a published list (as data.police.uk's do).

    Raises
    ------
    ResolutionError
        ``resolution`` is that of an area source.
    DataRefused, CrsError
        A column is not there, a weight negative or missing, a date cannot be read, or a position is off the grid.

    Examples
    --------
    >>> crimes = pd.DataFrame({"easting": [544880.0], "northing": [258440.0], "Month": ["2018-11"]})
    >>> points_from_frame(crimes, date="Month").table["date"].dt.date.tolist()
    [datetime.date(2018, 11, 1)]
    """
    if absent := [name for name in (easting, northing, weight, date) if name is not None and name not in frame]:
        lacking, held = (", ".join(map(repr, names)) for names in (absent, frame.columns))
        raise DataRefused(f"{title}: no column {lacking} among {held}; positions are metres of EPSG:27700")
    table = pd.DataFrame({"easting": frame[easting], "northing": frame[northing]}, dtype=np.float64)
    table = table.reset_index(drop=True)
    table.insert(0, "event_id", [f"row-{number}" for number in range(1, len(table) + 1)])
    table["date"], table["uncertainty_m"] = pd.NaT if date is None else _dates(frame[date], title), 0.0
    if weight is not None:
        table["weight"] = frame[weight].to_numpy(dtype=np.float64)
        if not (np.isfinite(table["weight"]) & (table["weight"] >= 0)).all():
            raise DataRefused(f"{title}: weights in column {weight!r} must be finite and not negative")
    coverage = Coverage(datetime.date.min, datetime.date.max, None)
    return PointEvents(table, SourceMeta(title, "points", title, resolution, coverage, "open", "OFFICIAL", False))


def _dates(column: "pd.Series[Any]", title: str) -> npt.NDArray[Any]:
    dates = pd.to_datetime(column.reset_index(drop=True), errors="coerce")
    if dates.isna().any():
        row = int(dates.isna().to_numpy().argmax())
        what = f"row {row + 1} of {column.name!r} holds {column.iloc[row]!r}"
        raise DataRefused(f"{title}: {what}; expected a date (2018-11-30) or a month (2018-11)")
    return dates.to_numpy()


def empty_rejects() -> pd.DataFrame:
    """A rejects table without rows."""
    return pd.DataFrame({name: pd.Series(dtype="int64" if name == "line" else "str") for name in REJECT_COLUMNS})


def rejects_of(rows: pd.DataFrame, *, column: str, values: Iterable[Any], reason: str, detail: str) -> pd.DataFrame:
    """Rejects of rows that carry ``file`` and ``line``: one row each, with the value at fault (cut to 60 letters)."""
    shown = ["" if value is None or value is pd.NA else str(value)[:60] for value in values]
    return pd.DataFrame(
        {
            "file": rows["file"].astype(str).to_numpy(),
            "line": rows["line"].to_numpy(dtype=np.int64),
            "column": column,
            "value": shown,
            "reason": reason,
            "detail": detail,
        },
        columns=list(REJECT_COLUMNS),
    )


def check_columns(table: pd.DataFrame, columns: Iterable[Column]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    The rows that meet every declaration, and the rejects of those that do not (the first failing column of each row).

    ``table`` carries ``file`` and ``line`` beside the declared columns. A missing value in a column that is not
    nullable fails with the reason ``missing-cell``.
    """
    failed = np.zeros(len(table), dtype=bool)
    rejects = [empty_rejects()]
    for column in columns:
        if column.nullable and column.check is None:
            continue  # takes anything: most columns of most tables
        values = table[column.name]
        absent = values.isna().to_numpy(dtype=bool)
        bad = absent & (not column.nullable)
        if column.check is not None:
            bad |= ~absent & ~column.check(values.where(~absent)).fillna(False).to_numpy(dtype=bool)
        for reason, chosen in (("missing-cell", bad & absent), (column.reason, bad & ~absent)):
            new = chosen & ~failed
            if new.any():
                rejects.append(
                    rejects_of(table[new], column=column.name, values=values[new], reason=reason, detail=column.meaning)
                )
        failed |= bad
    return table[~failed], pd.concat(rejects, ignore_index=True)


def _positive(values: "pd.Series[Any]") -> "pd.Series[bool]":
    return values > 0


def _not_negative(values: "pd.Series[Any]") -> "pd.Series[bool]":
    return values >= 0


_PROVENANCE = (
    Column("file", "str", "supplier file the row was read from"),
    Column("line", "int64", "line of that file (1 is the first line; in a spreadsheet, the row)"),
)
_POSITION = (
    Column("easting", "float64", "National Grid easting", "m", nullable=True),
    Column("northing", "float64", "National Grid northing", "m", nullable=True),
    Column("uncertainty_m", "float64", "how far off the position may be", "m", nullable=True, check=_not_negative),
)

CALLOUTS = (
    Column("area_code", "str", "LSOA or ward code; of LSOAs that are shown together theirs, joined by +"),
    Column("period", "str", "period the count belongs to, such as 2016/17 Q1"),
    Column("period_start", "date", "first day of the period"),
    Column("period_end", "date", "last day of the period"),
    Column("category", "str", "callout category, 'all' where the source has none"),
    Column("lower", "int64", "smallest count the source allows", "callouts", check=_not_negative),
    Column("upper", "int64", "largest count the source allows", "callouts", check=_not_negative),
    Column("status", "str", "ok, or suppressed where the source hides the exact count"),
    Column("conversion", "str", "as supplied, or how the count came from another LSOA vintage"),
    *_PROVENANCE,
)
NEEDLE_FINDS = (
    Column("event_id", "str", "identifier of the find, minted from file hash and row where the source has none"),
    Column("date", "date", "day the find was reported"),
    *_POSITION,
    Column("quantity", "Int64", "needles found; missing where unknown", "needles", nullable=True, check=_positive),
    Column("context", "str", "public_realm, house_clearance, batch or unknown"),
    Column("is_house_clearance", "boolean", "whether found in clearing a dwelling", nullable=True),
    Column("is_batch", "boolean", "declared a batch, or of at least the batch threshold", nullable=True),
    Column("reported_by", "str", "how the find came to be known", nullable=True),
    Column("land_type", "str", "kind of land, as supplied", nullable=True),
    Column("ward_text", "str", "ward as supplied: compared with the ward by position, never used", nullable=True),
    *_PROVENANCE,
)
PREMISES = (
    Column("premises_id", "str", "the supplier's identifier"),
    Column("name", "str", "name of the premises: licensing and analysts only"),
    Column("kind", "str", "kind of premises", nullable=True),
    *_POSITION,
    Column("opened", "date", "first day of trading, where known", nullable=True),
    Column("closed", "date", "last day of trading, where closed", nullable=True),
    Column("operator", "str", "who holds the licence", nullable=True),
    Column("operator_since", "date", "since when", nullable=True),
    Column("capacity", "Int64", "licensed capacity", "people", nullable=True, check=_positive),
    *_PROVENANCE,
)
INCIDENTS = (
    Column("incident_id", "str", "the supplier's identifier"),
    Column("premises_id", "str", "premises it is attributed to; missing where not attributed", nullable=True),
    Column("date", "date", "day of the incident"),
    Column("time", "str", "local time, HH:MM", nullable=True),
    Column("incident_type", "str", "type as supplied"),
    Column("severity", "Int64", "severity 1 to 5, where the source has it", nullable=True),
    Column("attribution", "str", "how it belongs to the premises, where the source says", nullable=True),
    Column("mitigation", "str", "what the premises did, where the source says", nullable=True),
    *_PROVENANCE,
)
CRIMES = (
    Column("event_id", "str", "minted from file hash and row: the source's own is blank for anti-social behaviour"),
    Column("date", "date", "first day of the month recorded"),
    *_POSITION,
    Column("measure", "str", "crimes or asb"),
    Column("category", "str", "crime type as published"),
    Column("stated_code", "str", "LSOA that the record states"),
    Column("hour", "Int64", "local hour, where the source has it", "h", nullable=True),
    Column("street", "str", "street or kind of place nearest to the snap point, as published", nullable=True),
    *_PROVENANCE,
)
ED_ATTENDANCES = (
    Column("event_id", "str", "identifier of the attendance, minted from file hash and row where the source has none"),
    Column("date", "date", "day of arrival"),
    Column("incident_date", "date", "day of the incident, where supplied", nullable=True),
    *_POSITION,
    Column("weapon", "str", "group of weapons; 'other' where no word fits, 'unknown' where none is given"),
    *_PROVENANCE,
)
POPULATION = (
    Column("area_code", "str", "LSOA code of the declared vintage"),
    Column("population", "int64", "residents", "people", check=_not_negative),
    *_PROVENANCE,
)
INTERVENTIONS = (
    Column("intervention_id", "str", "identifier"),
    Column("what", "str", "what is done"),
    Column("place", "str", "where: city, city-centre, ward:CODE, premises:ID, hotspot:ID or polygon:WKT"),
    Column("comparison", "str", "comparison area agreed beforehand, written as a place", nullable=True),
    Column("start", "date", "first day"),
    Column("end", "date", "last day; missing while it runs", nullable=True),
    Column("owner", "str", "who answers for it"),
    Column("measure", "str", "count that was agreed beforehand to judge it by"),
    Column("target", "str", "what is hoped for, in words"),
    Column("review_date", "date", "day on which it is looked at again", nullable=True),
    *_PROVENANCE,
)

STANDARD_TABLES: dict[str, tuple[Column, ...]] = {
    "callouts": CALLOUTS,
    "needle_finds": NEEDLE_FINDS,
    "premises": PREMISES,
    "incidents": INCIDENTS,
    "crimes": CRIMES,
    "population": POPULATION,
    "ed_attendances": ED_ATTENDANCES,
    "interventions": INTERVENTIONS,
}
