"""Why a score is what it is: the incidents behind it, what came and went, and what was not used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.analysis.score import fading, score_history
from hotspots.analysis.score_points import (
    EXCLUDED,
    MILLION,
    UNATTRIBUTED,
    incident_points,
    probable_duplicates,
    require_columns,
    why,
)
from hotspots.analysis.score_spec import ScoreSpec
from hotspots.errors import UsageError
from hotspots.periods import Coverage, months_before

BEFORE_OPERATOR = "before the change of operator"
_SHOWN = ["incident_id", "date", "time", "incident_type", "severity", "attribution", "mitigation", "points", "why"]


@dataclass(frozen=True, eq=False)
class ScoreExplanation:
    """
    One score, taken apart.

    ``counted`` has the incidents in the window with the ``points`` that each gave and ``why``, whether it is ``shared``
    with other premises, and its ``probable_duplicate`` (another at most an hour away: flagged, never deleted);
    the points add up to the score. ``entered`` and ``left`` are the incidents that the window gained and lost since the
    day ``since``. ``unused`` has those of the premises in the window that give no points, with the reason, and
    ``not_used`` how many there are for each reason, with those attributed to no premises anywhere.
    """

    premises_id: str
    as_of: date
    since: date
    profile: str
    state: str
    score: float | None
    score_since: float | None
    band: str
    window_from: date
    counted: pd.DataFrame
    entered: pd.DataFrame
    left: pd.DataFrame
    unused: pd.DataFrame
    not_used: Mapping[str, int]


def explain_score(
    premises: pd.DataFrame,
    incidents: pd.DataFrame,
    spec: ScoreSpec,
    *,
    premises_id: str,
    as_of: date,
    coverage: Coverage,
    since: date | None = None,
) -> ScoreExplanation:
    """
    The score of one premises on a day, incident by incident, and what changed since an earlier day.

    Parameters
    ----------
    since
        The day to compare with, such as that of the last meeting; a month earlier unless given.

    Raises
    ------
    UsageError
        The register holds no such premises, or ``since`` is after ``as_of``.
    DataRefused
        As :func:`hotspots.premises_scores` has it.

    Examples
    --------
    >>> register = pd.DataFrame({"premises_id": ["P1"], "name": ["The Example"]})
    >>> seen = pd.DataFrame({"incident_id": ["a", "b", "c"], "premises_id": "P1", "date": pd.to_datetime(
    ...     ["2018-03-05", "2018-09-04", "2018-09-05"]), "incident_type": ["violence", "violence", "theft"]})
    >>> covered = Coverage(date(2018, 1, 1), date(2018, 12, 31), "zero")
    >>> told = explain_score(register, seen, ScoreSpec(), premises_id="P1", as_of=date(2018, 9, 30), coverage=covered)
    >>> told.score, told.counted[["incident_id", "points", "why"]].to_numpy().tolist()
    (1.0, [['b', 1.0, '1 violence incident']])
    >>> told.entered["incident_id"].tolist(), told.left["incident_id"].tolist(), told.unused["incident_id"].tolist()
    (['b'], ['a'], ['c'])
    """
    require_columns(premises, ("premises_id",), what="premises")
    since = months_before(as_of, 1) if since is None else since
    if not (premises["premises_id"] == premises_id).any():
        raise UsageError(f"there is no premises {premises_id!r} in the register")
    if since > as_of:
        raise UsageError(f"since ({since}) is after the day of the score ({as_of})")
    now, then = (window_incidents(premises, incidents, spec, as_of=day) for day in (as_of, since))
    own, before = (rows[rows["premises_id"] == premises_id] for rows in (now, then))
    counted, counted_before = (rows[rows["unused"] == ""] for rows in (own, before))
    unused = own[own["unused"] != ""]
    history = score_history(premises, incidents, spec, days=[since, as_of], coverage=coverage)
    history = history[history["premises_id"] == premises_id]
    score_since, score = (None if pd.isna(number) else float(number) for number in history["score"])
    last = history.iloc[-1]
    return ScoreExplanation(
        premises_id=premises_id,
        as_of=as_of,
        since=since,
        profile=spec.label,
        state=str(last["state"]),
        score=score,
        score_since=score_since,
        band=str(last["band"]),
        window_from=date.fromisoformat(last["window_from"]),
        counted=_shown(counted),
        entered=_shown(counted[~counted["incident_id"].isin(counted_before["incident_id"])]),
        left=_shown(counted_before[~counted_before["incident_id"].isin(counted["incident_id"])]),
        unused=_shown(unused),
        not_used=_not_used(unused, unattributed=int(now["premises_id"].isna().sum())),
    )


def explained_incidents(incidents: pd.DataFrame, spec: ScoreSpec) -> pd.DataFrame:
    """
    Every incident with the points it gives on its day, and why.

    The columns are those of :func:`hotspots.analysis.score_points.incident_points`, and ``why``, ``shared`` (it counts
    at other premises too) and ``probable_duplicate``. Ordered by premises, date and identifier.
    """
    rows = incident_points(incidents, spec)
    counts = rows["unused"] == ""
    rows["why"] = ""
    rows.loc[counts, "why"] = why(rows[counts], spec)
    counted = rows.loc[counts, "incident_id"]
    rows["shared"] = counts & rows["incident_id"].isin(counted[counted.duplicated()])
    rows["probable_duplicate"] = probable_duplicates(rows.where(rows["unused"] != EXCLUDED))
    return rows.sort_values(["premises_id", "date", "incident_id"], ignore_index=True)


def window_incidents(premises: pd.DataFrame, incidents: pd.DataFrame, spec: ScoreSpec, *, as_of: date) -> pd.DataFrame:
    """
    Every incident whose date is in the window of a day, with its points on that day.

    As :func:`explained_incidents`, but that points are faded, and that ``unused`` also says what was before a change of
    operator.
    """
    rows = explained_incidents(incidents, spec)
    opens = pd.Timestamp(spec.opens(as_of))
    rows = rows[(rows["date"] > opens) & (rows["date"] <= pd.Timestamp(as_of))].reset_index(drop=True)
    broken = _before_operator(rows, premises, as_of=as_of)
    rows.loc[broken & (rows["unused"] == ""), "unused"] = BEFORE_OPERATOR
    counts = (rows["unused"] == "").to_numpy()
    day = rows["date"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    opened, closed = (np.full(len(rows), np.datetime64(edge, "D").astype(np.int64)) for edge in (opens.date(), as_of))
    share = fading(day, opened, closed, spec)
    rows["why"] = _faded(rows["why"].where(counts, rows["unused"]), np.where(counts, share, 1.0))
    rows["points"] = np.where(counts, np.rint(rows["points"] * MILLION * share) / MILLION, 0.0)
    return rows


def incidents_in_all(rows: pd.DataFrame) -> tuple[int, int]:
    """
    How many different incidents count in a window, each once, and how many of them at more than one premises.

    ``rows`` is what :func:`window_incidents` returns.
    """
    counted = rows[rows["unused"] == ""]
    return counted["incident_id"].nunique(), counted.loc[counted["shared"], "incident_id"].nunique()


def _before_operator(rows: pd.DataFrame, premises: pd.DataFrame, *, as_of: date) -> "pd.Series[bool]":
    """Whether each incident was before the change of operator that begins the window of its premises anew."""
    if "operator_since" not in premises:
        return pd.Series(False, index=rows.index)
    register = premises.set_index("premises_id")
    since = pd.to_datetime(register["operator_since"])
    if "opened" in register:
        opened = pd.to_datetime(register["opened"])
        since = since.where(opened.isna() | (since > opened))
    day = pd.to_datetime(rows["premises_id"].map(since))
    return (day <= pd.Timestamp(as_of)) & (rows["date"] < day)


def _faded(words: "pd.Series[str]", share: npt.NDArray[np.float64]) -> list[str]:
    return [
        text if part == 1 else f"{text}, faded to {100 * part:.0f} %" for text, part in zip(words, share, strict=True)
    ]


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[[*_SHOWN, "shared", "probable_duplicate"]].reset_index(drop=True)


def _not_used(unused: pd.DataFrame, *, unattributed: int) -> dict[str, int]:
    reasons = unused.groupby("unused")["incident_id"].nunique()
    return {UNATTRIBUTED: unattributed, EXCLUDED: 0} | {str(reason): int(count) for reason, count in reasons.items()}
