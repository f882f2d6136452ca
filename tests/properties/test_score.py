"""What holds for every score, whatever the incidents."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.analysis.score import ScoreSpec, premises_scores, score_history
from hotspots.analysis.score_explained import explain_score
from hotspots.periods import Coverage

FIRST = date(2019, 6, 1)
EVER = Coverage(date(2010, 1, 1), date(2030, 1, 1), "zero")
REGISTER = pd.DataFrame(
    {
        "premises_id": ["A", "B", "C"],
        "name": ["a", "b", "c"],
        "easting": 0.0,
        "northing": 0.0,
        "opened": pd.to_datetime(["2001-01-01", "2019-09-30", None]),
        "operator_since": pd.to_datetime(["2001-01-01", None, "2020-02-29"]),
        "capacity": pd.array([120, None, 80], dtype="Int64"),
    }
)
DAYS = st.integers(0, 700).map(lambda number: FIRST + timedelta(days=number))
INCIDENT = st.tuples(
    st.integers(0, 40),
    st.sampled_from(["A", "B", "C", None]),
    st.sampled_from(["violence", "weapon", "theft"]),
    st.integers(1, 5),
    st.sampled_from(["inside", "linked_elsewhere", "not_attributable", "unknown", None]),
    st.sampled_from(["none", "staff_acted_well_and_called_police", None]),
)
INCIDENTS = st.lists(INCIDENT, min_size=1, max_size=40)
SPECS = st.builds(
    ScoreSpec,
    profile=st.sampled_from(["seed_count", "weighted"]),
    decay=st.sampled_from(["none", "linear", "exponential"]),
    window_months=st.integers(1, 12),
    capacity=st.sampled_from(["none", "per_100_capacity"]),
)
UNDECAYED = st.builds(ScoreSpec, profile=st.sampled_from(["seed_count", "weighted"]), window_months=st.integers(1, 12))


def table(rows: list[tuple]) -> pd.DataFrame:
    """Incidents whose day follows from their number, so that one incident never has two days."""
    columns = ["number", "premises_id", "incident_type", "severity", "attribution", "mitigation"]
    anchor = (999, "A", "violence", 1, "inside", "none")  # the weighted profile needs a severity and an attribution
    made = pd.DataFrame([*rows, anchor], columns=columns)
    days = [FIRST + timedelta(days=int(number) * 17 % 700) for number in made["number"]]
    return made.assign(incident_id=[f"IN{number}" for number in made["number"]], date=pd.to_datetime(days))


def scores(incidents: pd.DataFrame, spec: ScoreSpec, day: date) -> pd.Series:
    made = premises_scores(REGISTER, incidents, spec, as_of=day, coverage=EVER).set_index("premises_id")
    return made["score"].astype("Float64").sort_index()


@given(INCIDENTS, SPECS, DAYS, st.randoms(use_true_random=False))
def test_permuting_incidents_and_premises_changes_nothing(rows, spec, day, rng) -> None:
    incidents = table(rows)
    order, places = list(range(len(incidents))), [0, 1, 2]
    rng.shuffle(order)
    rng.shuffle(places)
    one = premises_scores(REGISTER, incidents, spec, as_of=day, coverage=EVER)
    other = premises_scores(REGISTER.iloc[places], incidents.iloc[order], spec, as_of=day, coverage=EVER)
    pd.testing.assert_frame_equal(one, other)


@given(INCIDENTS, INCIDENT, UNDECAYED, DAYS)
def test_adding_an_incident_never_lowers_an_undecayed_score(rows, added, spec, day) -> None:
    before, after = scores(table(rows), spec, day), scores(table([*rows, added]), spec, day)
    assert (after.fillna(0) >= before.fillna(0)).all()
    assert before.isna().equals(after.isna())


@given(INCIDENTS, UNDECAYED, DAYS, st.sampled_from(["A", "B", "C"]))
def test_a_window_slid_by_a_day_changes_only_by_what_entered_and_left(rows, spec, day, premises_id) -> None:
    told = explain_score(
        REGISTER,
        table(rows),
        spec,
        premises_id=premises_id,
        as_of=day + timedelta(days=1),
        coverage=EVER,
        since=day,
    )
    if told.score is None or told.score_since is None:
        return
    change = told.entered["points"].sum() - told.left["points"].sum()
    assert told.score - told.score_since == pytest.approx(change, abs=1e-9)
    assert (told.entered["date"].dt.date == day + timedelta(days=1)).all()


@given(INCIDENTS, SPECS, DAYS, st.sampled_from(["A", "B", "C"]))
def test_the_points_of_the_explanation_add_up_to_the_score(rows, spec, day, premises_id) -> None:
    told = explain_score(REGISTER, table(rows), spec, premises_id=premises_id, as_of=day, coverage=EVER)
    if told.score is not None:
        assert told.score == pytest.approx(told.counted["points"].sum(), abs=1e-9)
    assert set(told.counted["incident_id"]).isdisjoint(told.unused["incident_id"])


@given(INCIDENTS, SPECS, st.lists(DAYS, min_size=1, max_size=8))
def test_many_days_in_one_pass_are_each_day_by_itself(rows, spec, days) -> None:
    incidents = table(rows)
    history = score_history(REGISTER, incidents, spec, days=days, coverage=EVER)
    for place, day in enumerate(days):
        alone = score_history(REGISTER, incidents, spec, days=[day], coverage=EVER)
        together = history.iloc[place :: len(days)].reset_index(drop=True)
        for name in alone:
            assert (
                alone[name].astype("object").fillna(-1).tolist() == together[name].astype("object").fillna(-1).tolist()
            )


@given(INCIDENTS, DAYS, st.integers(1, 12))
def test_a_count_is_the_number_of_distinct_incidents_between_two_days(rows, day, months) -> None:
    """Counted anew without our windows: pandas' own calendar arithmetic for days that are no month-end."""
    incidents = table(rows)
    spec = ScoreSpec(window_months=months)
    moment = pd.Timestamp(day)
    opens = moment - pd.DateOffset(months=months)
    if moment.is_month_end:
        opens += pd.offsets.MonthEnd(0)
    inside = incidents[(incidents["date"] > opens) & (incidents["date"] <= moment) & (incidents["premises_id"] == "A")]
    known = ~inside["attribution"].isin(["unknown", "not_attributable"])
    expected = inside[inside["incident_type"].isin(["violence", "weapon"]) & known]["incident_id"].nunique()
    found = scores(incidents, spec, day)["A"]
    assert np.array_equal(found, expected)
