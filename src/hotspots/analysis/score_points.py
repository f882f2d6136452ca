"""What each attributed incident gives to a premises score, or why it gives nothing.

One row for each premises and incident, however many rows (victims, offences) the source has of it. Points are kept to a
millionth, as whole numbers of millionths: sums are then exact and do not depend on the order of the incidents.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.analysis.score_spec import UNKNOWN, ScoreSpec
from hotspots.errors import DataRefused, ResolutionError
from hotspots.tables import AreaCounts

MILLION = 1_000_000
DUPLICATE_MINUTES = 60
OPTIONAL = ("time", "severity", "attribution", "mitigation")
UNATTRIBUTED = "attributed to no premises"
EXCLUDED = "not of a scored type"
NOT_ATTRIBUTABLE = "looked into, and not attributable"
NOT_YET = "attribution not yet known"
NO_SEVERITY = "no severity"
_NEEDED = {"incident_id", "premises_id", "date", "incident_type"}


def incident_points(incidents: pd.DataFrame, spec: ScoreSpec) -> pd.DataFrame:
    """
    The incidents with the points that each gives to the score of its premises, before any decay.

    Returns
    -------
    DataFrame
        ``premises_id`` (missing where attributed to none), ``incident_id``, ``date``, ``time``, ``incident_type``,
        ``severity``, ``attribution``, ``mitigation``, ``points`` and ``unused`` (why it gives none; empty where it
        counts), one row for each premises and incident: of several, the one with the most points.

    Raises
    ------
    ResolutionError
        Counts by area were given: they have no way into a score.
    DataRefused
        A column or a date is missing, one incident of a premises has two dates, or a severity, attribution or
        mitigation is not among those of the profile.
    """
    rows = _checked(incidents)
    rows["unused"] = _unused(rows, spec)
    rows["points"] = np.where(rows["unused"] == "", _points(rows, spec), 0.0)
    return _once(rows)


def probable_duplicates(incidents: pd.DataFrame, *, minutes: int = DUPLICATE_MINUTES) -> "pd.Series[str]":
    """
    For each incident, another at the same premises at most an hour away: probably the same event, reported twice.

    They are flagged and never deleted. Incidents without a time are not compared.

    Examples
    --------
    >>> seen = pd.DataFrame({"incident_id": ["a", "b", "c"], "premises_id": "P1", "time": ["23:50", "00:30", "03:00"],
    ...                      "date": pd.to_datetime(["2018-08-04", "2018-08-05", "2018-08-05"])})
    >>> probable_duplicates(seen).tolist()
    ['b', 'a', '']
    """
    moments = pd.to_datetime(incidents["date"]) + pd.to_timedelta(
        incidents["time"].astype("str") + ":00", errors="coerce"
    )
    timed = incidents.assign(moment=moments)[moments.notna() & incidents["premises_id"].notna()]
    timed = timed.sort_values(["premises_id", "moment", "incident_id"])
    beside = pd.Series("", index=incidents.index, dtype="object")
    for step in (1, -1):
        other = timed.groupby("premises_id")[["moment", "incident_id"]].shift(step)
        near = (timed["moment"] - other["moment"]).abs() <= pd.Timedelta(minutes=minutes)
        beside.loc[near.index[near]] = other["incident_id"][near]
    return beside


def why(rows: pd.DataFrame, spec: ScoreSpec) -> list[str]:
    """In words, what the points of each counted incident are made of, before any decay."""
    if spec.profile == "seed_count":
        return [f"1 {kind} incident" for kind in rows["incident_type"]]
    return [
        f"severity {severity} ({spec.severity[int(severity)]:g}) x {attribution} ({spec.attribution[attribution]:g})"
        f" x {mitigation} ({_eased(mitigation, int(severity), spec):g})"
        for severity, attribution, mitigation in zip(
            rows["severity"], rows["attribution"], rows["mitigation"].fillna("none"), strict=True
        )
    ]


def refuse_areas(*tables: object) -> None:
    """Raise ``ResolutionError`` for counts by area: ambulance callouts are for trends, and never part of a score."""
    for table in tables:
        by_area = isinstance(table, pd.DataFrame) and {"area_code", "lsoa_code"} & set(table.columns)
        if isinstance(table, AreaCounts) or by_area:
            raise ResolutionError("counts by area can never be part of a premises score; use them for trends")


def require_columns(table: pd.DataFrame, needed: Iterable[str], *, what: str) -> None:
    """Raise ``DataRefused`` naming the columns that a table lacks."""
    if missing := sorted(set(needed) - set(table.columns)):
        raise DataRefused(f"the {what} lack the column {', '.join(missing)}; there are {', '.join(table.columns)}")


def _checked(incidents: pd.DataFrame) -> pd.DataFrame:
    refuse_areas(incidents)
    require_columns(incidents, _NEEDED, what="incidents")
    rows = incidents[[*sorted(_NEEDED), *(name for name in OPTIONAL if name in incidents)]].reset_index(drop=True)
    for name in OPTIONAL:
        if name not in rows:
            rows[name] = pd.NA
    rows["date"] = pd.to_datetime(rows["date"]).dt.normalize()
    for name in ("date", "incident_id", "incident_type"):
        if absent := int(rows[name].isna().sum()):
            raise DataRefused(f"{absent} of {len(rows)} incidents have no {name}; give it or leave them out")
    blank = rows["premises_id"].isna() | (rows["premises_id"] == "")
    rows["premises_id"] = rows["premises_id"].astype("object").where(~blank, None)
    return rows


def _unused(rows: pd.DataFrame, spec: ScoreSpec) -> npt.NDArray[np.object_]:
    """Why each row gives no points: the first reason that holds."""
    attribution = rows["attribution"].fillna("")
    factors = spec.attribution
    known = {*factors, UNKNOWN, ""}
    _refuse_unknown(rows["attribution"], known, what="attribution")
    weighted = spec.profile == "weighted"
    reasons = {
        UNATTRIBUTED: rows["premises_id"].isna(),
        EXCLUDED: ~rows["incident_type"].isin(spec.scored_types),
        NOT_YET: (attribution == UNKNOWN) | (weighted & (attribution == "")),
        NOT_ATTRIBUTABLE: attribution.isin([name for name, factor in factors.items() if factor == 0]),
        NO_SEVERITY: weighted & rows["severity"].isna(),
    }
    holds = [condition.to_numpy(dtype=bool) for condition in reasons.values()]
    return np.select(holds, [np.array(reason, dtype=object) for reason in reasons], default="").astype(object)


def _points(rows: pd.DataFrame, spec: ScoreSpec) -> npt.NDArray[np.float64]:
    if spec.profile == "seed_count":
        return np.ones(len(rows))
    for name in ("severity", "attribution"):
        if len(rows) and rows[name].isna().all():
            raise DataRefused(
                f"the weighted profile needs the {name} of incidents, and none has one: name its column under "
                "[sources.columns], or use the profile seed_count"
            )
    _refuse_unknown(rows["severity"], set(spec.severity), what="severity")
    _refuse_unknown(rows["mitigation"], set(spec.mitigation), what="mitigation")
    severity = rows["severity"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    eased = rows["mitigation"].fillna("none").map(spec.mitigation).to_numpy(dtype=np.float64)
    eased = np.where(severity >= spec.severe_from, np.maximum(eased, spec.severe_mitigation), eased)
    worth = rows["severity"].map(spec.severity).to_numpy(dtype=np.float64, na_value=np.nan)
    share = rows["attribution"].map(spec.attribution).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.rint(worth * share * eased * MILLION) / MILLION


def _eased(mitigation: str, severity: int, spec: ScoreSpec) -> float:
    factor = spec.mitigation[mitigation]
    return max(factor, spec.severe_mitigation) if severity >= spec.severe_from else factor


def _refuse_unknown(values: "pd.Series[Any]", known: set[Any], *, what: str) -> None:
    given = values.dropna()
    strange = given[~given.isin(known)]
    if len(strange):
        allowed = ", ".join(str(value) for value in sorted(known, key=str) if value != "")
        raise DataRefused(f"{what} {str(strange.iloc[0])!r} of {len(strange)} incidents is not one of {allowed}")


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each premises and incident: the one with the most points; its date must be the same in all."""
    places, _ = pd.factorize(rows["premises_id"])
    incidents, _ = pd.factorize(rows["incident_id"])
    key = pd.Series((places.astype(np.int64) + 1) * (len(rows) + 1) + incidents)
    repeated = key.duplicated(keep=False).to_numpy()
    if not repeated.any():
        return rows
    several = rows[repeated].assign(key=key[repeated])
    if (several.groupby("key")["date"].nunique() > 1).any():
        first = several[several.groupby("key")["date"].transform("nunique") > 1].iloc[0]
        raise DataRefused(f"incident {first['incident_id']} of one premises is given on two days; correct one")
    best = several.sort_values(["points", "unused", "incident_type"], ascending=[False, True, True], kind="stable")
    most = best.drop_duplicates("key").index
    return rows[~repeated | rows.index.isin(most)].reset_index(drop=True)
