"""The parts of the Premises page. Everything in them comes from ``Premises``, which only licensing and analysts get."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.analysis.score import STANDING, fall_caveat
from hotspots.analysis.score_explained import ScoreExplanation
from hotspots.analysis.score_points import EXCLUDED, UNATTRIBUTED
from hotspots.app.controls import asked_in_address, picked
from hotspots.app.words import listed, paragraph, plain, table_of, trend_table
from hotspots.layer import rounded
from hotspots.views.premises import Premises

MOST_MONTHS = 24


def notices_panel(premises: Premises) -> None:
    """What must not be overlooked: the marking, what scores are for, invented records, bands that nobody agreed."""
    st.html(paragraph(premises.meta.marking, size_rem=0.85))
    st.html(paragraph(STANDING, size_rem=1.15))
    if premises.meta.labels:
        st.warning(plain(". ".join(premises.meta.labels) + "."))
    if not premises.spec.bands:
        st.info(
            "Counts only: there are no bands until the area file says who agreed the thresholds, and when "
            "(`thresholds_agreed_by` and `thresholds_agreed_on` under `[premises_score]`)."
        )


def day_control(premises: Premises) -> str | None:
    """The day of the scores: the last month-end covered unless another is chosen. It may be in the address."""
    if not premises.days:
        return None
    chosen: str = picked(st, "Scores on", "day", premises.days, str, asked_in_address(("day",)))
    return chosen


def premises_control(premises: Premises, day: str) -> str:
    """
    One premises, the highest of the day unless another is chosen.

    The choice is never in the address: addresses are kept in logs and histories.
    """
    names = list(premises.names.values())
    words = {
        identifier: name if names.count(name) == 1 else f"{name} ({identifier})"
        for identifier, name in premises.names.items()
    }
    first = premises.scores(day)["premises_id"].iloc[0]
    identifiers = list(words)
    chosen: str = st.selectbox(
        "Premises", identifiers, index=identifiers.index(first), format_func=lambda held: words[held], key="one"
    )
    return chosen


def summary_panel(premises: Premises, day: str) -> None:
    """How many premises are in which band or state, and how many incidents that is, each counted once."""
    scores = premises.scores(day)
    counts = _standing(scores).value_counts()
    totals = premises.totals(day)
    words = ", ".join(f"{count} {standing}" for standing, count in counts.items())
    st.html(paragraph(f"{len(scores)} premises on {day}: {words}.", size_rem=1.15))
    st.html(
        paragraph(
            f"{totals['counted']:,} different incidents count in the window, {totals['shared']:,} of them at more than "
            f"one premises (each is counted once here). {totals[UNATTRIBUTED]:,} incidents in the window are not "
            "attributed to any premises and are in no score."
        )
    )


def watchlist_panel(premises: Premises, day: str) -> None:
    """Who is to be watched, each with the reason."""
    st.header("To watch", anchor=False)
    listed_now = premises.watchlist(day)
    if listed_now.empty:
        st.html(paragraph(f"Nobody: no score is high, verging on high or rising on {day}."))
        return
    table = pd.DataFrame(
        {
            "Premises": listed_now["premises_id"].map(premises.names),
            "Score": listed_now["score"].map(_number),
            "Why": listed_now["reason"],
        }
    )
    st.html(table_of(table, caption=f"Premises to watch on {day}, and why"))


def meeting_panel(premises: Premises, day: str) -> None:
    """Bands that are others than the last meeting was told; beside any fall, what a fall may be."""
    meeting = premises.last_meeting(day)
    st.header("Since the last meeting", anchor=False)
    if meeting is None:
        st.html(paragraph(f"No scores before {day} were frozen for a meeting (hotspots freeze does that)."))
        return
    changes = premises.changes_since_meeting(day)
    if changes.empty:
        st.html(paragraph(f"No band has changed since the scores of {meeting} were reported."))
        return
    table = pd.DataFrame(
        {
            "Premises": changes["premises_id"].map(premises.names).fillna(changes["premises_id"]),
            f"Reported for {meeting}": _with_score(changes["before"], changes["score_before"]),
            day: _with_score(changes["after"], changes["score_after"]),
        }
    )
    st.html(table_of(table, caption=f"Bands that have changed since the scores of {meeting} were reported"))
    if (changes["direction"] == "down").any():
        st.html(paragraph(fall_caveat(premises.spec)))


def list_panel(premises: Premises, day: str) -> None:
    """Every premises with its score, band or state; scores that were frozen for the day beside those of now."""
    st.header("All premises", anchor=False)
    scores = premises.scores(day)
    # The reasons for watching a premises name its band, where it is for the band that it is watched.
    bands = [
        reason if reason.startswith(band) and reason else "; ".join(filter(None, (band, reason)))
        for band, reason in zip(_standing(scores), scores["reason"], strict=True)
    ]
    columns = {"Premises": scores["name"], "Score": scores["score"].map(_number), "Band, and why watched": bands}
    if "per_100_capacity" in scores:
        columns["For each 100 of capacity"] = scores["per_100_capacity"].map(_number)
    if scores["score_as_reported"].notna().any():
        columns["As reported"] = scores["score_as_reported"].map(_number)
    st.html(table_of(pd.DataFrame(columns), caption=f"Scores on {day}, {premises.spec.label}, highest first"))


def score_panel(premises: Premises, told: ScoreExplanation) -> None:
    """The score of one premises in a sentence, what changed it, and the caveat that belongs beside a fall."""
    standing = told.band or _WITHOUT_BAND.get(told.state, told.state)
    score = "no score" if told.score is None else f"score {_number(told.score)}"
    name, day = premises.names[told.premises_id], told.as_of
    words = f"{name} on {day}: {score}, {standing}, from incidents of {told.window_from} to {day}."
    if told.state == "new operator":
        words += f" The operator changed on {told.window_from}: the window begins anew there, and there is no band yet."
    st.html(paragraph(words, size_rem=1.15))
    if told.score is not None and told.score_since is not None and told.score < told.score_since:
        change = f"The score was {_number(told.score_since)} on {told.since}. "
        st.html(paragraph(change + fall_caveat(premises.spec)))


def history_panel(premises: Premises, chosen: str, *, interventions: Mapping[str, str] | None = None) -> None:
    """
    The score of one premises from month to month, as bars.

    ``interventions`` are marks by day (ISO) that are shown in their month beside those of the premises itself.
    """
    history = premises.history(chosen).tail(MOST_MONTHS)
    marks = [*premises.marks(chosen).items(), *(interventions or {}).items()]
    numbers = history["score"].astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
    days = history["as_of"].astype("str").tolist()
    table = pd.DataFrame({"period": days, "upper": numbers, "shown": history["score"].map(_number)})
    table["note"] = [
        "; ".join([standing, *_reported_words(number, frozen), *_marked(marks, day)])
        for standing, number, frozen, day in zip(
            _standing(history), history["score"], history["score_as_reported"], days, strict=True
        )
    ]
    spec = premises.spec
    caption = (
        f"{premises.names[chosen]}, {spec.label}: each bar is the score of the {spec.window_months} months up to that "
        f"day{'' if len(history) < MOST_MONTHS else f' (the last {MOST_MONTHS} month-ends)'}"
    )
    st.html(trend_table(table, caption=caption, number="Score"))
    if (pd.Series(numbers).diff() < 0).any():
        st.html(paragraph(fall_caveat(spec), size_rem=0.9))


def incidents_panel(told: ScoreExplanation) -> None:
    """The incidents behind a score with their points, what entered and left the window, and what was not used."""
    st.header("Incidents behind the score", anchor=False)
    if told.counted.empty:
        st.html(paragraph(f"None between {told.window_from} and {told.as_of}."))
    else:
        caption = f"Incidents from {told.window_from} to {told.as_of}: the points add up to the score"
        st.html(table_of(_incident_rows(told.counted, extra=True), caption=caption))
    for rows, words in ((told.entered, "Entered"), (told.left, "Left")):
        if rows.empty:
            st.html(paragraph(f"{words} the window since {told.since}: none."))
        else:
            st.html(table_of(_incident_rows(rows), caption=f"{words} the window since {told.since}"))
    st.header("Not used", anchor=False)
    reasons = [f"{count:,} {reason}" for reason, count in told.not_used.items() if reason not in (UNATTRIBUTED,)]
    flagged = int((told.counted["probable_duplicate"] != "").sum())
    st.html(
        listed(
            [
                *(f"{words} (at these premises, in the window)" for words in reasons),
                f"{told.not_used[UNATTRIBUTED]:,} {UNATTRIBUTED} (in the whole area, in the window)",
                f"{flagged:,} counted incidents are probably reported twice: another at the same premises is at most "
                "60 minutes away. They are flagged here and never deleted.",
            ]
        )
    )
    if len(told.unused):
        st.html(table_of(_incident_rows(told.unused), caption=f"Incidents that give no points, such as {EXCLUDED}"))


def reported_panel(premises: Premises, chosen: str) -> None:
    """Scores as meetings saw them beside the same scores computed now, with the incidents that make the difference."""
    scores, incidents = premises.recomputed()
    st.header("As reported, and computed again", anchor=False)
    own = scores[scores["premises_id"] == chosen] if len(scores) else scores
    if own.empty:
        st.html(paragraph("No score of these premises was frozen for a meeting."))
        return
    named = {
        "Scores of": own["as_of"],
        "As reported": _with_score(_side(own, "as_reported"), own["score_as_reported"]),
        "Computed again": _with_score(_side(own, "recomputed"), own["score_recomputed"]),
    }
    if (own["profile_as_reported"] != own["profile_recomputed"]).any():
        named |= {"Profile then": own["profile_as_reported"], "Profile now": own["profile_recomputed"]}
    st.html(
        table_of(pd.DataFrame(named), caption="What was reported is never changed; what is known now stands beside")
    )
    changed = incidents[incidents["premises_id"] == chosen]
    if len(changed):
        rows = pd.DataFrame(
            {
                "Scores of": changed["as_of"],
                "Incident": changed["incident_id"],
                "Day": changed["date"],
                "Points then": changed["points_as_reported"].map(_number),
                "Points now": changed["points_recomputed"].map(_number),
                "What happened": changed["change"].map(_CHANGES),
            }
        )
        st.html(table_of(rows, caption="Incidents that make the difference"))


def method_panel(premises: Premises) -> None:
    """How the scores are made."""
    spec, section = premises.spec, premises.build.settings.premises_score
    medium, high = spec.thresholds
    agreed = f"agreed by {section.thresholds_agreed_by} on {section.thresholds_agreed_on}"
    bands = f"medium from {medium:g}, high from {high:g}, verging on high from {spec.verging_from:g}"
    with st.expander("How this was worked out"):
        st.html(
            listed(
                [
                    f"Profile: {spec.label}; no police force's own matrix",
                    f"Window: {spec.window_months} calendar months, open at its beginning and closed at its end",
                    f"Types that score: {', '.join(spec.scored_types)}",
                    f"Decay: {spec.decay}; adjustment for capacity: {spec.capacity.replace('_', ' ')}",
                    "Bands: "
                    + (
                        f"{bands} ({agreed if section.thresholds_agreed else 'of the example'})"
                        if spec.bands
                        else "none"
                    ),
                    f"Watched: high, verging on high, or up by {spec.rising_by:g} in {spec.rising_months} months",
                    "Attribution is by identifier, never by distance. Ambulance callouts are counted by area and can "
                    "be no part of a score.",
                    f"Coverage: {premises.meta.coverage}",
                    f"Source: {premises.meta.source}",
                ]
            )
        )


_WITHOUT_BAND = {"ok": "no band", "incomplete": "incomplete window"}
_CHANGES = {
    "late": "late: not known then",
    "changed": "changed: known then, counted otherwise now",
    "removed": "removed: counted then, not known now",
}


def _standing(scores: pd.DataFrame) -> "pd.Series[str]":
    """The band of each row, or why it has none."""
    words = [
        band or _WITHOUT_BAND.get(state, state)
        for state, band in zip(scores["state"].astype("str"), scores["band"].astype("str"), strict=True)
    ]
    return pd.Series(words, index=scores.index, dtype="str")


def _side(rows: pd.DataFrame, side: str) -> "pd.Series[str]":
    return _standing(pd.DataFrame({"state": rows[f"state_{side}"], "band": rows[f"band_{side}"]}).fillna(""))


def _with_score(standing: "pd.Series[Any]", score: "pd.Series[Any]") -> list[str]:
    return [
        words if pd.isna(number) else f"{_number(number)}, {words}"
        for words, number in zip(standing, score, strict=True)
    ]


def _number(value: Any) -> str:
    """A score as it is printed: whole where it is, else with one decimal; a dash where there is none."""
    if value is None or pd.isna(value):
        return "\N{EN DASH}"
    return rounded(float(value), decimals=0 if float(value).is_integer() else 1)


def _reported_words(number: Any, frozen: Any) -> list[str]:
    if pd.isna(frozen):
        return []
    return (
        ["as reported"]
        if not pd.isna(number) and float(number) == float(frozen)
        else [f"reported as {_number(frozen)}"]
    )


def _marked(marks: Sequence[tuple[str, str]], day: str) -> list[str]:
    """The marks of the month that ends on a day."""
    return [f"{when}: {words}" for when, words in sorted(marks) if when[:7] == day[:7]]


def _incident_rows(rows: pd.DataFrame, *, extra: bool = False) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "Incident": rows["incident_id"],
            "Day": rows["date"].dt.strftime("%Y-%m-%d"),
            "Time": rows["time"].astype("object").where(rows["time"].notna(), ""),
            "Type": rows["incident_type"],
            "Points": rows["points"].map(_number),
            "Why": rows["why"],
        }
    )
    if extra:
        table["Note"] = [
            "; ".join(
                [
                    *(["shared with other premises"] if shared else []),
                    *([f"probably the same as {other}"] if other else []),
                ]
            )
            for shared, other in zip(rows["shared"], rows["probable_duplicate"], strict=True)
        ]
    return table
