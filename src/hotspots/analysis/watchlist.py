"""Whom to look at first, each with the reason, and whose band changed since a meeting."""

from datetime import date

import pandas as pd

from hotspots.analysis.score_spec import BANDS, ScoreSpec
from hotspots.periods import months_before

_COLUMNS = ["as_of", "premises_id", "score", "band", "reason"]


def watchlist(history: pd.DataFrame, spec: ScoreSpec) -> pd.DataFrame:
    """
    The premises to watch on each day of a history, with the reason of each entry.

    A premises is on the list if its band is *high* or *verging on high*, or if its score rose by at least
    ``spec.rising_by`` in ``spec.rising_months`` months. Rises are judged where the history also holds the earlier day,
    and on both days the whole window counts: not across a change of operator. Without agreed thresholds there are no
    bands, and only rises are listed.

    Parameters
    ----------
    history
        What :func:`hotspots.analysis.score.score_history` returned.

    Returns
    -------
    DataFrame
        ``as_of, premises_id, score, band, reason``, by day, the highest scores first.
    """
    number = "per_100_capacity" if "per_100_capacity" in history else "score"
    rows = history.assign(number=history[number].astype("Float64"), band=history["band"].astype("str"))
    for name in ("as_of", "premises_id", "state"):
        rows[name] = rows[name].astype("str")
    full = rows[rows["state"] == "ok"]
    days = {day: _earlier(day, spec) for day in rows["as_of"].unique()}
    earlier = full[["as_of", "premises_id", "number"]].rename(columns={"as_of": "earlier", "number": "was"})
    now = full.assign(earlier=full["as_of"].map(days)).merge(earlier, on=["earlier", "premises_id"], how="left")
    rose = (now["number"] - now["was"] >= spec.rising_by).fillna(False)
    listed = now[rose | now["band"].isin(BANDS[2:])]
    reasons = [
        "; ".join(_reasons(score, band, was if up else None, spec))
        for score, band, was, up in zip(
            listed["number"], listed["band"], listed["was"], rose[listed.index], strict=True
        )
    ]
    made = listed.assign(reason=pd.Series(reasons, index=listed.index, dtype="str"))
    made = made.sort_values(["as_of", "number", "premises_id"], ascending=[True, False, True], ignore_index=True)
    return made[_COLUMNS]


def band_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """
    Premises whose band or state is another than it was.

    Parameters
    ----------
    before, after
        Tables with ``premises_id, state, score, band``: the last meeting's and today's.

    Returns
    -------
    DataFrame
        ``premises_id, score_before, score_after, before, after`` (band, or the state where it is not ``ok``) and
        ``direction`` (``up``, ``down``, or empty where a state changed), upward first.
    """
    columns = ["premises_id", "state", "score", "band"]
    both = before[columns].merge(after[columns], on="premises_id", how="outer", suffixes=("_before", "_after"))
    for side in ("before", "after"):
        both[side] = [
            "not in the register" if pd.isna(state) else band or ("no band" if state == "ok" else state)
            for state, band in zip(both[f"state_{side}"], both[f"band_{side}"], strict=True)
        ]
    changed = both[both["before"] != both["after"]]
    ranks = {band: rank for rank, band in enumerate(BANDS)}
    steps = [
        ranks[after] - ranks[before] if {before, after} <= set(ranks) else 0
        for before, after in zip(changed["before"], changed["after"], strict=True)
    ]
    directions = ["up" if step > 0 else "down" if step < 0 else "" for step in steps]
    changed = changed.assign(step=steps, direction=directions)
    changed = changed.sort_values(["step", "premises_id"], ascending=[False, True], ignore_index=True)
    return changed[["premises_id", "score_before", "score_after", "before", "after", "direction"]]


def _earlier(day: str, spec: ScoreSpec) -> str:
    return months_before(date.fromisoformat(day), spec.rising_months).isoformat()


def _reasons(score: float, band: str, was: float | None, spec: ScoreSpec) -> list[str]:
    words = []
    if band == "high":
        words.append(f"high: {score:g}, from {spec.thresholds[1]:g}")
    if band == "verging on high":
        words.append(f"verging on high: {score:g} of {spec.thresholds[1]:g}")
    if was is not None:
        words.append(f"rising: from {was:g} to {score:g} in {spec.rising_months} months")
    return words
