"""Every score taken apart: the incidents behind it, what entered and left, what was not used, what was reported."""

from datetime import date

import pandas as pd
import pytest

from hotspots.analysis.as_reported import freeze_scores, reported_beside
from hotspots.analysis.score import ScoreSpec, premises_scores, score_history
from hotspots.analysis.score_explained import ScoreExplanation, explain_score, incidents_in_all, window_incidents
from hotspots.analysis.score_points import EXCLUDED, NOT_YET, UNATTRIBUTED
from hotspots.analysis.watchlist import band_changes, watchlist
from hotspots.errors import UsageError
from hotspots.periods import Coverage, month_end

MONTHLY = [0, 1, 0, 1, 0, 0, 2, 3, 4, 1, 1, 0, 0, 1, 0, 0]
MONTH_ENDS = [month_end(date(2018, 1, 1), ahead=number) for number in range(len(MONTHLY))]
MONTH_9 = MONTH_ENDS[8]
COVERAGE = Coverage(date(2017, 7, 1), MONTH_ENDS[-1], "zero")
SPEC = ScoreSpec()


def register(*names: str, **columns: object) -> pd.DataFrame:
    places = names or ("PR001",)
    table = pd.DataFrame({"premises_id": places, "name": [f"The {name}" for name in places]})
    return table.assign(easting=544900.0, northing=258400.0, **columns)


def incident(name: str, day: date, premises: str | None = "PR001", **columns: object) -> dict[str, object]:
    return {"incident_id": name, "premises_id": premises, "date": day, "incident_type": "violence"} | columns


def table(*rows: dict[str, object]) -> pd.DataFrame:
    made = pd.DataFrame(list(rows))
    return made.assign(date=pd.to_datetime(made["date"]))


def figure_nine() -> pd.DataFrame:
    return table(
        *(
            incident(f"M{number}-{extra}", end.replace(day=3 + extra))
            for number, (end, count) in enumerate(zip(MONTH_ENDS, MONTHLY, strict=True), 1)
            for extra in range(count)
        )
    )


def explained(incidents: pd.DataFrame, spec: ScoreSpec = SPEC, **asked: object) -> ScoreExplanation:
    settings = {"premises_id": "PR001", "as_of": MONTH_9, "coverage": COVERAGE} | asked
    return explain_score(register("PR001", "PR002"), incidents, spec, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("day", MONTH_ENDS)
def test_the_points_of_the_incidents_add_up_to_the_score_in_every_month_of_figure_nine(day: date) -> None:
    told = explained(figure_nine(), as_of=day)
    assert told.counted["points"].sum() == told.score
    before = explained(figure_nine(), as_of=told.since)
    change = len(told.entered) - len(told.left)
    assert told.score_since == before.score
    assert told.score == before.score + change if before.score is not None else told.score is not None


def test_the_fall_of_month_13_is_the_spike_leaving_the_window() -> None:
    told = explained(figure_nine(), as_of=MONTH_ENDS[12])
    assert (told.score_since, told.score, told.since) == (11, 9, MONTH_ENDS[11])
    assert told.entered.empty
    assert told.left["incident_id"].tolist() == ["M7-0", "M7-1"]


def test_what_entered_and_left_is_counted_from_the_day_asked_for() -> None:
    told = explained(figure_nine(), since=MONTH_ENDS[5])
    assert len(told.entered) == 9
    assert told.left["incident_id"].tolist() == ["M2-0"]
    assert (told.score_since, told.score) == (2, 10)


def test_what_was_not_used_is_counted_and_listed_with_the_reason() -> None:
    incidents = table(
        incident("a", MONTH_9, attribution="inside"),
        incident("b", MONTH_9, incident_type="theft"),
        incident("c", MONTH_9, attribution="unknown"),
        incident("d", MONTH_9, None),
        incident("e", MONTH_9, None),
        incident("f", date(2018, 1, 5), None),
        incident("g", MONTH_9, "PR002", incident_type="theft"),
    )
    told = explained(incidents)
    assert told.score == 1
    assert told.not_used == {UNATTRIBUTED: 2, EXCLUDED: 1, NOT_YET: 1}
    assert told.unused[["incident_id", "why"]].to_numpy().tolist() == [["b", EXCLUDED], ["c", NOT_YET]]


def test_two_incidents_within_60_minutes_are_flagged_across_midnight_and_both_count() -> None:
    incidents = table(
        incident("a", date(2018, 9, 1), time="23:40"),
        incident("b", date(2018, 9, 2), time="00:40"),
        incident("c", date(2018, 9, 2), time="01:41"),
        incident("d", date(2018, 9, 1), "PR002", time="23:41"),
        incident("e", date(2018, 9, 1), time=None),
    )
    counted = explained(incidents).counted.set_index("incident_id")
    assert counted["probable_duplicate"].to_dict() == {"a": "b", "b": "a", "c": "", "e": ""}
    assert counted["points"].tolist() == [1, 1, 1, 1]


def test_a_shared_incident_counts_at_each_premises_and_once_in_all() -> None:
    incidents = table(incident("a", MONTH_9), incident("a", MONTH_9, "PR002"), incident("b", MONTH_9))
    assert explained(incidents).counted.set_index("incident_id")["shared"].to_dict() == {"a": True, "b": False}
    assert explained(incidents, premises_id="PR002").score == 1
    rows = window_incidents(register("PR001", "PR002"), incidents, SPEC, as_of=MONTH_9)
    assert incidents_in_all(rows) == (2, 1)


def test_the_points_of_the_weighted_profile_say_what_they_are_made_of() -> None:
    spec = ScoreSpec(profile="weighted", decay="linear")
    good = "staff_acted_well_and_called_police"
    incidents = table(incident("a", date(2018, 7, 1), severity=4, attribution="inside", mitigation=good))
    told = explained(incidents, spec)
    assert told.counted["why"].tolist() == [f"severity 4 (4) x inside (1) x {good} (0.5), faded to 50 %"]
    assert told.counted["points"].tolist() == [told.score]
    assert told.score == pytest.approx(2 * (1 - 91 / 183), abs=1e-6)


def test_incidents_before_a_change_of_operator_are_listed_and_not_counted() -> None:
    changed = register("PR001", opened="2001-01-01", operator_since="2018-09-04")
    told = explain_score(
        changed, figure_nine(), SPEC, premises_id="PR001", as_of=MONTH_9, coverage=COVERAGE, since=MONTH_ENDS[7]
    )
    assert (told.state, told.score, told.band, told.window_from) == ("new operator", 3, "", date(2018, 9, 4))
    assert told.not_used["before the change of operator"] == 7
    assert len(told.left) == 6


def test_a_premises_that_is_not_there_and_a_day_after_the_score_get_one_clear_error() -> None:
    with pytest.raises(UsageError, match="there is no premises 'PR009' in the register"):
        explained(figure_nine(), premises_id="PR009")
    with pytest.raises(UsageError, match=r"since \(2018-10-01\) is after the day of the score \(2018-09-30\)"):
        explained(figure_nine(), since=date(2018, 10, 1))


def frozen(incidents: pd.DataFrame, day: date = MONTH_9) -> pd.DataFrame:
    return freeze_scores(register("PR001", "PR002"), incidents, SPEC, as_of=day, coverage=COVERAGE)


def test_a_late_incident_of_month_9_gives_11_recomputed_beside_10_as_reported_and_is_named() -> None:
    late = pd.concat([figure_nine(), table(incident("LATE", date(2018, 9, 29)))], ignore_index=True)
    scores, incidents = reported_beside(
        frozen(figure_nine()), register("PR001", "PR002"), late, SPEC, coverage=COVERAGE
    )
    row = scores.set_index("premises_id").loc["PR001"]
    assert (row["score_as_reported"], row["score_recomputed"]) == (10, 11)
    assert (row["band_as_reported"], row["band_recomputed"]) == ("verging on high", "verging on high")
    assert incidents[["incident_id", "change"]].to_numpy().tolist() == [["LATE", "late"]]
    assert scores.set_index("premises_id").loc["PR002", ["score_as_reported", "score_recomputed"]].tolist() == [0, 0]


def test_incidents_that_were_changed_moved_attributed_or_removed_since_are_named_as_such() -> None:
    then = table(
        incident("kept", MONTH_9),
        incident("retyped", MONTH_9),
        incident("moved", MONTH_9),
        incident("gone", MONTH_9),
        incident("nobody's", MONTH_9, None),
        incident("redated", MONTH_9),
    )
    now = table(
        incident("kept", MONTH_9),
        incident("retyped", MONTH_9, incident_type="theft"),
        incident("moved", MONTH_9, "PR002"),
        incident("nobody's", MONTH_9),
        incident("redated", date(2018, 1, 5)),
    )
    scores, incidents = reported_beside(frozen(then), register("PR001", "PR002"), now, SPEC, coverage=COVERAGE)
    changes = incidents.set_index(["premises_id", "incident_id"])["change"].to_dict()
    assert changes == {
        ("PR001", "retyped"): "changed",
        ("PR001", "moved"): "changed",
        ("PR002", "moved"): "changed",
        ("PR001", "gone"): "removed",
        ("PR001", "nobody's"): "changed",
        ("PR001", "redated"): "removed",
    }
    assert scores.set_index("premises_id")["score_recomputed"].to_dict() == {"PR001": 2, "PR002": 1}


def test_a_new_profile_never_rewrites_what_was_reported_and_both_are_named() -> None:
    doubled = ScoreSpec(version="2", scored_types=("theft",))
    scores, _ = reported_beside(
        frozen(figure_nine()), register("PR001", "PR002"), figure_nine(), doubled, coverage=COVERAGE
    )
    row = scores.set_index("premises_id").loc["PR001"]
    assert (row["profile_as_reported"], row["score_as_reported"]) == ("seed_count version 1", 10)
    assert (row["profile_recomputed"], row["score_recomputed"]) == ("seed_count version 2", 0)


def test_without_anything_reported_there_is_nothing_to_stand_beside() -> None:
    scores, incidents = reported_beside(frozen(figure_nine())[:0], register(), figure_nine(), SPEC, coverage=COVERAGE)
    assert scores.empty
    assert incidents.empty


def test_figure_nine_is_on_the_watchlist_from_month_9_to_12_with_the_reasons() -> None:
    history = score_history(register("PR001", "PR002"), figure_nine(), SPEC, days=MONTH_ENDS, coverage=COVERAGE)
    assert watchlist(history, SPEC)[["as_of", "premises_id", "reason"]].to_numpy().tolist() == [
        ["2018-08-31", "PR001", "rising: from 2 to 6 in 3 months"],
        ["2018-09-30", "PR001", "verging on high: 10 of 12; rising: from 2 to 10 in 3 months"],
        ["2018-10-31", "PR001", "verging on high: 10 of 12; rising: from 4 to 10 in 3 months"],
        ["2018-11-30", "PR001", "verging on high: 11 of 12; rising: from 6 to 11 in 3 months"],
        ["2018-12-31", "PR001", "verging on high: 11 of 12"],
    ]


def test_without_bands_only_rises_are_watched_and_a_new_operator_does_not_rise() -> None:
    spec = ScoreSpec(bands=False)
    history = score_history(register(), figure_nine(), spec, days=MONTH_ENDS, coverage=COVERAGE)
    assert watchlist(history, spec)["reason"].str.startswith("rising").tolist() == [True] * 4
    changed = register(opened="2001-01-01", operator_since="2018-07-01")
    history = score_history(changed, figure_nine(), spec, days=MONTH_ENDS, coverage=COVERAGE)
    assert watchlist(history, spec).empty


def test_a_score_from_the_threshold_of_high_is_watched_as_high() -> None:
    spec = ScoreSpec(medium_from=5, high_from=10)
    history = score_history(register(), figure_nine(), spec, days=[MONTH_9], coverage=COVERAGE)
    assert watchlist(history, spec)["reason"].tolist() == ["high: 10, from 10"]


def test_band_changes_say_which_way_and_state_changes_have_none() -> None:
    premises = register("PR001", "PR002", "PR003", closed=[pd.NaT, pd.NaT, pd.Timestamp("2018-12-01")])
    before, after = (
        premises_scores(premises, figure_nine(), SPEC, as_of=day, coverage=COVERAGE)
        for day in (MONTH_ENDS[8], MONTH_ENDS[14])
    )
    changes = band_changes(before, after)
    assert changes[["premises_id", "before", "after", "direction"]].to_numpy().tolist() == [
        ["PR003", "low", "closed", ""],
        ["PR001", "verging on high", "low", "down"],
    ]
    assert band_changes(after, before)["direction"].tolist() == ["up", ""]
    assert band_changes(before, before).empty
