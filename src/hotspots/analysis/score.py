"""The premises score: distinct violent incidents attributed to a premises in a rolling window.

A score is a way to decide whom to talk to first; it is not evidence in itself. Attribution is by identifier, never by
distance, and counts by area (ambulance callouts) have no way in: the function takes tables of premises and incidents.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from hotspots.errors import DataRefused, ResolutionError
from hotspots.periods import Coverage, months_before
from hotspots.tables import AreaCounts

SPIKE_CAVEAT = (
    "A window without decay drops a spike exactly six months later whatever anyone does: "
    "a score that falls is a reason to look at the counts, not proof that the work succeeded."
)


@dataclass(frozen=True)
class ScoreSpec:
    """The ``seed_count`` profile: which incidents count, over how many calendar months, and where the bands begin."""

    window_months: int = 6
    scored_types: tuple[str, ...] = ("violence", "sexual", "robbery", "weapon", "affray")
    medium_from: int = 5
    high_from: int = 12
    verging_fraction: float = 0.8
    bands: bool = True
    profile: str = "seed_count"
    version: str = "1"

    def __post_init__(self) -> None:
        if not 0 < self.medium_from < self.high_from:
            raise DataRefused(f"bands must rise: medium from {self.medium_from}, high from {self.high_from}")


def premises_scores(
    premises: pd.DataFrame, incidents: pd.DataFrame, spec: ScoreSpec, *, as_of: date, coverage: Coverage
) -> pd.DataFrame:
    """
    Score of every premises on a day.

    The window is half-open, ``(as_of - 6 calendar months, as_of]``; from a month-end it begins after a month-end. A
    window that is not wholly covered is *incomplete* and has no score and no band.

    Returns
    -------
    DataFrame
        ``premises_id, name, easting, northing, score`` (Int64, missing where there is none), ``state`` (``ok``,
        ``incomplete``, ``not open``, ``closed``), ``band`` (``low``, ``medium``, ``verging on high``, ``high``; empty
        without bands), ``window_from`` (first day counted) and ``window_to``, ordered by score, then identifier.

    Examples
    --------
    >>> register = pd.DataFrame({"premises_id": ["P1"], "name": ["The Example"], "easting": [1.0], "northing": [2.0],
    ...                          "opened": [pd.NaT], "closed": [pd.NaT]})
    >>> seen = pd.DataFrame({"incident_id": ["a", "a", "b"], "premises_id": ["P1"] * 3, "incident_type": "violence",
    ...                      "date": pd.to_datetime(["2018-03-31", "2018-03-31", "2018-09-30"])})
    >>> covered = Coverage(date(2018, 1, 1), date(2018, 12, 31), "zero")
    >>> scores = premises_scores(register, seen, ScoreSpec(), as_of=date(2018, 9, 30), coverage=covered)
    >>> scores[["score", "state", "band"]].to_numpy().tolist()  # 31 March is outside (31 March, 30 September]
    [[1, 'ok', 'low']]
    """
    if isinstance(incidents, AreaCounts) or isinstance(premises, AreaCounts):
        raise ResolutionError("counts by area can never be part of a premises score; use them for trends")
    window_from = months_before(as_of, spec.window_months) + timedelta(days=1)
    covered = coverage.covers_from <= window_from and as_of <= coverage.covers_to
    dates = pd.to_datetime(incidents["date"])
    counted = incidents[
        (dates >= pd.Timestamp(window_from))
        & (dates <= pd.Timestamp(as_of))
        & incidents["incident_type"].isin(spec.scored_types)
    ]
    scores = counted.groupby("premises_id")["incident_id"].nunique()
    table = premises[["premises_id", "name", "easting", "northing"]].reset_index(drop=True)
    table["state"] = _states(premises, as_of=as_of, covered=covered)
    table["score"] = table["premises_id"].map(scores).fillna(0).astype("Int64").where(table["state"] == "ok")
    table["band"] = ["" if pd.isna(score) else _band(int(score), spec) for score in table["score"]]
    table["window_from"], table["window_to"] = window_from.isoformat(), as_of.isoformat()
    return table.sort_values(["score", "premises_id"], ascending=[False, True], ignore_index=True)


def score_history(
    premises_id: str, incidents: pd.DataFrame, spec: ScoreSpec, *, month_ends: list[date], coverage: Coverage
) -> pd.DataFrame:
    """Score of one premises at each of several days: ``as_of, score, state, band``."""
    register = pd.DataFrame({"premises_id": [premises_id], "name": "", "easting": np.nan, "northing": np.nan})
    rows = [
        premises_scores(register, incidents, spec, as_of=day, coverage=coverage).assign(as_of=day.isoformat())
        for day in month_ends
    ]
    return pd.concat(rows, ignore_index=True)[["as_of", "score", "state", "band"]]


def _states(premises: pd.DataFrame, *, as_of: date, covered: bool) -> list[str]:
    def day(column: str) -> "pd.Series[pd.Timestamp]":
        if column not in premises:
            return pd.Series(pd.NaT, index=premises.index)
        return pd.to_datetime(premises[column])

    closed = day("closed") < pd.Timestamp(as_of)
    unopened = day("opened") > pd.Timestamp(as_of)
    return [
        "closed" if shut else "not open" if ahead else "ok" if covered else "incomplete"
        for shut, ahead in zip(closed, unopened, strict=True)
    ]


def _band(score: int, spec: ScoreSpec) -> str:
    if not spec.bands:
        return ""
    if score >= spec.high_from:
        return "high"
    if score >= spec.verging_fraction * spec.high_from:
        return "verging on high"
    return "medium" if score >= spec.medium_from else "low"
