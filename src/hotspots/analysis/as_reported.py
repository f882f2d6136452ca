"""Scores as a meeting saw them, frozen, beside the same scores computed again from what is known now.

A later build knows more: incidents come late, are corrected, attributed elsewhere or taken out. The frozen score is
never changed; both are shown, and the incidents that make the difference are named.
"""

from datetime import date

import pandas as pd

from hotspots.analysis.score import premises_scores
from hotspots.analysis.score_explained import window_incidents
from hotspots.analysis.score_spec import ScoreSpec
from hotspots.periods import Coverage

_KEY = ["as_of", "premises_id", "incident_id"]
_DIFFERENCES = [*_KEY, "date", "points_as_reported", "points_recomputed", "change"]


def freeze_scores(
    premises: pd.DataFrame, incidents: pd.DataFrame, spec: ScoreSpec, *, as_of: date, coverage: Coverage
) -> pd.DataFrame:
    """
    The scores of a day with every incident that was known in their windows, to be kept as they are.

    Returns
    -------
    DataFrame
        ``as_of, profile, version, premises_id, state, score, band, incident_id, date, points``: a row for each premises
        and incident (points of 0: known and not counted), one without an incident for a premises that has none, and
        incidents attributed to no premises without one. Days are ISO text.
    """
    scores = premises_scores(premises, incidents, spec, as_of=as_of, coverage=coverage)
    rows = window_incidents(premises, incidents, spec, as_of=as_of)[["premises_id", "incident_id", "date", "points"]]
    rows["date"] = rows["date"].dt.strftime("%Y-%m-%d")
    frozen = scores[["premises_id", "state", "score", "band"]].merge(rows, on="premises_id", how="outer")
    frozen["score"] = frozen["score"].astype("Float64")
    named = frozen.assign(as_of=as_of.isoformat(), profile=spec.profile, version=spec.version)
    columns = ["as_of", "profile", "version", "premises_id", "state", "score", "band", "incident_id", "date", "points"]
    return named.sort_values(["premises_id", "date", "incident_id"], ignore_index=True)[columns]


def reported_beside(
    reported: pd.DataFrame, premises: pd.DataFrame, incidents: pd.DataFrame, spec: ScoreSpec, *, coverage: Coverage
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    What was reported beside what is computed now, and the incidents that make the difference.

    Parameters
    ----------
    reported
        Frozen scores of one or more days, as :func:`freeze_scores` made them.
    spec
        The profile of today: where it is not the one that was used then, both are named.

    Returns
    -------
    tuple of DataFrame
        The scores (``as_of, premises_id``, and ``profile, state, score, band`` each ``_as_reported`` and
        ``_recomputed``), and the incidents whose points differ (``as_of, premises_id, incident_id, date,
        points_as_reported, points_recomputed, change``). A change is *late* (not known then), *changed* (known then,
        counted otherwise) or *removed* (counted then, not known now).
    """
    scores, incidents_changed = [], []
    for day, frozen in reported.groupby("as_of", sort=True):
        now = freeze_scores(premises, incidents, spec, as_of=date.fromisoformat(str(day)), coverage=coverage)
        scores.append(_scores(frozen).merge(_scores(now), on=["as_of", "premises_id"], how="left", suffixes=_SIDES))
        incidents_changed.append(_differences(frozen, now))
    if not scores:
        return pd.DataFrame(columns=["as_of", "premises_id"]), pd.DataFrame(columns=_DIFFERENCES)
    return pd.concat(scores, ignore_index=True), pd.concat(incidents_changed, ignore_index=True)


_SIDES = ("_as_reported", "_recomputed")


def _scores(frozen: pd.DataFrame) -> pd.DataFrame:
    table = frozen[frozen["premises_id"].notna()].drop_duplicates("premises_id")
    table = table.assign(profile=table["profile"] + " version " + table["version"].astype("str"))
    return table[["as_of", "premises_id", "profile", "state", "score", "band"]]


def _differences(frozen: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Incidents that give a premises other points than they did, with what became of them."""
    then, today = (side[side["incident_id"].notna()] for side in (frozen, now))
    both = then[then["premises_id"].notna()].merge(
        today[today["premises_id"].notna()], on=_KEY, how="outer", suffixes=_SIDES
    )
    old, new = both["points_as_reported"].fillna(0.0), both["points_recomputed"].fillna(0.0)
    both = both.assign(points_as_reported=old, points_recomputed=new)[(old - new).abs() > 5e-7]
    known_then, known_now = set(then["incident_id"]), set(today["incident_id"])
    both["change"] = [
        "late" if name not in known_then else "changed" if name in known_now else "removed"
        for name in both["incident_id"]
    ]
    both["date"] = both["date_recomputed"].fillna(both["date_as_reported"])
    return both[_DIFFERENCES]
