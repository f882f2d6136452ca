"""The premises score, reproduced from Figure 9: low at month 6, verging on high at month 9, low again at month 15."""

from datetime import date

import pandas as pd
import pytest

from hotspots.analysis.score import ScoreSpec, fall_caveat, premises_scores, score_history
from hotspots.errors import DataRefused, ResolutionError
from hotspots.periods import Coverage, month_end
from hotspots.tables import AreaCounts, SourceMeta

MONTHLY = [0, 1, 0, 1, 0, 0, 2, 3, 4, 1, 1, 0, 0, 1, 0, 0]
START = date(2018, 1, 1)
MONTH_ENDS = [month_end(START, ahead=number) for number in range(len(MONTHLY))]
COVERAGE = Coverage(START, MONTH_ENDS[-1], "zero")
EVER = Coverage(date(2000, 1, 1), date(2030, 12, 31), "zero")
REGISTER = pd.DataFrame(
    {"premises_id": ["PR001"], "name": ["The Example"], "easting": [544900.0], "northing": [258400.0]}
)


def incidents(days: list[date], kind: str = "violence", **columns: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "incident_id": [f"IN{number}" for number in range(len(days))],
            "premises_id": "PR001",
            "date": pd.to_datetime(days),
            "incident_type": kind,
        }
    )
    return table.assign(**columns)


def figure_nine() -> pd.DataFrame:
    return incidents(
        [end.replace(day=3 + extra) for end, count in zip(MONTH_ENDS, MONTHLY, strict=True) for extra in range(count)]
    )


def score_on(day: date, table: pd.DataFrame, spec: ScoreSpec | None = None) -> tuple[object, str, str]:
    row = premises_scores(REGISTER, table, spec or ScoreSpec(), as_of=day, coverage=COVERAGE).iloc[0]
    return (None if pd.isna(row["score"]) else int(row["score"]), row["state"], row["band"])


def number_on(day: date, table: pd.DataFrame, spec: ScoreSpec | None = None) -> float:
    return float(premises_scores(REGISTER, table, spec or ScoreSpec(), as_of=day, coverage=EVER)["score"].iloc[0])


def test_figure_nine_rises_from_low_to_verging_on_high_and_falls_back() -> None:
    before = Coverage(date(2017, 8, 1), MONTH_ENDS[-1], "zero")
    history = score_history(REGISTER, figure_nine(), ScoreSpec(), days=MONTH_ENDS, coverage=before)
    assert history["score"].tolist() == [0, 1, 1, 2, 2, 2, 4, 6, 10, 10, 11, 11, 9, 7, 3, 2]
    low, medium, verging = ["low"], ["medium"], ["verging on high"]
    assert history["band"].tolist() == low * 7 + medium + verging * 4 + medium * 2 + low * 2
    assert history["as_of"].tolist() == [day.isoformat() for day in MONTH_ENDS]


def test_the_first_five_months_of_a_source_are_incomplete_and_have_no_score_and_no_band() -> None:
    history = score_history(REGISTER, figure_nine(), ScoreSpec(), days=MONTH_ENDS, coverage=COVERAGE)
    assert history["state"].tolist() == ["incomplete"] * 5 + ["ok"] * 11
    assert history["score"].isna().tolist() == [True] * 5 + [False] * 11
    assert history["band"].tolist()[:6] == ["", "", "", "", "", "low"]


def test_a_window_before_or_past_the_coverage_is_incomplete_and_has_no_band() -> None:
    assert score_on(date(2018, 5, 31), figure_nine()) == (None, "incomplete", "")
    assert score_on(date(2019, 5, 31), figure_nine()) == (None, "incomplete", "")
    assert score_on(date(2018, 6, 30), figure_nine()) == (2, "ok", "low")


def test_a_window_of_which_nothing_is_covered_has_no_data() -> None:
    assert score_on(date(2017, 12, 31), figure_nine()) == (None, "no data", "")
    assert score_on(date(2019, 11, 30), figure_nine()) == (None, "no data", "")


def test_absent_means_unknown_where_the_source_says_so_and_then_silence_is_no_data() -> None:
    unknown = Coverage(COVERAGE.covers_from, COVERAGE.covers_to, "unknown")
    register = pd.concat([REGISTER, REGISTER.assign(premises_id="PR002")], ignore_index=True)
    theft = incidents([date(2018, 8, 1)], kind="theft")
    scores = premises_scores(register, theft, ScoreSpec(), as_of=date(2018, 8, 31), coverage=unknown)
    assert scores.set_index("premises_id")["state"].to_dict() == {"PR001": "ok", "PR002": "no data"}
    assert scores.set_index("premises_id")["score"].loc["PR001"] == 0


def test_the_window_is_open_at_its_beginning_and_closed_at_its_end() -> None:
    table = incidents([date(2018, 2, 15), date(2018, 2, 16), date(2018, 8, 15), date(2018, 8, 16)])
    assert score_on(date(2018, 8, 15), table)[0] == 2


@pytest.mark.parametrize(
    ("as_of", "outside", "first"),
    [
        (date(2019, 8, 31), date(2019, 2, 28), date(2019, 3, 1)),
        (date(2020, 8, 31), date(2020, 2, 29), date(2020, 3, 1)),
        (date(2020, 8, 29), date(2020, 2, 29), date(2020, 3, 1)),
        (date(2019, 8, 30), date(2019, 2, 28), date(2019, 3, 1)),
        (date(2019, 8, 28), date(2019, 2, 28), date(2019, 3, 1)),
        (date(2020, 2, 29), date(2019, 8, 31), date(2019, 9, 1)),
        (date(2019, 2, 28), date(2018, 8, 31), date(2018, 9, 1)),
        (date(2018, 6, 30), date(2017, 12, 31), date(2018, 1, 1)),
        (date(2018, 7, 10), date(2018, 1, 10), date(2018, 1, 11)),
    ],
)
def test_a_window_of_six_calendar_months_is_exact_on_any_day(as_of: date, outside: date, first: date) -> None:
    assert number_on(as_of, incidents([outside])) == 0
    assert number_on(as_of, incidents([first])) == 1
    assert number_on(as_of, incidents([as_of])) == 1
    row = premises_scores(REGISTER, incidents([first]), ScoreSpec(), as_of=as_of, coverage=EVER).iloc[0]
    assert (row["window_from"], row["window_to"]) == (first.isoformat(), as_of.isoformat())


def test_days_may_be_asked_in_any_order_and_of_any_month() -> None:
    days = [date(2018, 12, 31), date(2018, 9, 12), date(2018, 9, 30)]
    history = score_history(REGISTER, figure_nine(), ScoreSpec(), days=days, coverage=COVERAGE)
    assert history["as_of"].tolist() == ["2018-12-31", "2018-09-12", "2018-09-30"]
    assert history["score"].tolist() == [11, 10, 10]


def test_one_incident_with_several_rows_counts_once_and_other_types_do_not_count() -> None:
    table = incidents([date(2018, 8, 1), date(2018, 8, 1)]).assign(incident_id="IN0")
    assert score_on(date(2018, 8, 31), table)[0] == 1
    assert score_on(date(2018, 8, 31), table.assign(incident_type=["theft", "violence"]))[0] == 1
    assert score_on(date(2018, 8, 31), incidents([date(2018, 8, 1)], kind="theft"))[0] == 0


def test_an_incident_of_two_premises_counts_at_each_and_one_of_none_at_none() -> None:
    register = pd.concat([REGISTER, REGISTER.assign(premises_id="PR002")], ignore_index=True)
    table = incidents([date(2018, 8, 1)] * 3).assign(incident_id=["a", "a", "b"], premises_id=["PR001", "PR002", None])
    scores = premises_scores(register, table, ScoreSpec(), as_of=date(2018, 8, 31), coverage=COVERAGE)
    assert scores["score"].tolist() == [1, 1]


def test_closed_and_not_yet_open_premises_are_told_from_a_score_of_nought() -> None:
    register = pd.concat([REGISTER.assign(premises_id=name) for name in ("PR001", "PR002", "PR003")])
    register = register.assign(opened=[None, None, "2018-12-01"], closed=[None, "2018-07-31", None])
    scores = premises_scores(
        register, incidents([date(2018, 8, 1)]), ScoreSpec(), as_of=date(2018, 8, 31), coverage=COVERAGE
    )
    assert dict(zip(scores["premises_id"], scores["state"], strict=True)) == {
        "PR001": "ok",
        "PR002": "closed",
        "PR003": "not open",
    }
    assert scores["score"].isna().tolist() == [False, True, True]


def test_a_change_of_operator_begins_the_window_anew_until_it_is_six_months_long() -> None:
    register = REGISTER.assign(opened="2001-01-01", operator_since="2018-09-04")
    history = score_history(register, figure_nine(), ScoreSpec(), days=MONTH_ENDS[7:], coverage=COVERAGE)
    assert history["state"].tolist() == ["ok"] + ["new operator"] * 6 + ["ok"] * 2
    assert history["score"].tolist() == [6, 3, 4, 5, 5, 5, 6, 3, 2]
    assert history["band"].tolist() == ["medium", "", "", "", "", "", "", "low", "low"]
    assert history["window_from"].tolist()[:3] == ["2018-03-01", "2018-09-04", "2018-09-04"]


def test_the_first_operator_of_a_premises_is_no_change_of_operator() -> None:
    register = REGISTER.assign(opened="2018-07-01", operator_since="2018-07-01")
    row = premises_scores(register, figure_nine(), ScoreSpec(), as_of=date(2018, 9, 30), coverage=COVERAGE).iloc[0]
    assert (row["score"], row["state"]) == (10, "ok")


def test_without_agreed_thresholds_there_are_counts_and_no_bands() -> None:
    assert score_on(date(2018, 9, 30), figure_nine(), ScoreSpec(bands=False)) == (10, "ok", "")


def test_weighted_points_are_severity_times_attribution_times_mitigation() -> None:
    table = incidents(
        [date(2018, 8, day) for day in (1, 2, 3, 4, 5)],
        severity=[5, 2, 4, 3, 1],
        attribution=["inside", "immediate_vicinity_dispersal", "inside", "linked_elsewhere", "not_attributable"],
        mitigation=[None, None, "staff_acted_well_and_called_police", "staff_acted_well_and_called_police", "none"],
    )
    spec = ScoreSpec(profile="weighted")
    assert number_on(date(2018, 8, 31), table, spec) == 5 + 1 + 2 + 0.375 + 0
    assert (spec.band(9.99), spec.band(10), spec.band(20), spec.band(25)) == (
        "low",
        "medium",
        "verging on high",
        "high",
    )


def test_good_work_never_lowers_a_severe_incident_below_half() -> None:
    mitigation = {"none": 1.0, "exemplary": 0.1}
    spec = ScoreSpec(profile="weighted", mitigation=mitigation)
    severe = incidents([date(2018, 8, 1)], severity=4, attribution="inside", mitigation="exemplary")
    assert number_on(date(2018, 8, 31), severe, spec) == 2.0
    assert number_on(date(2018, 8, 31), severe.assign(severity=3), spec) == 0.3


def test_an_attribution_that_is_not_yet_known_is_in_no_score_of_either_profile() -> None:
    table = incidents([date(2018, 8, 1), date(2018, 8, 2)], severity=3, attribution=["unknown", "inside"])
    assert number_on(date(2018, 8, 31), table) == 1
    assert number_on(date(2018, 8, 31), table, ScoreSpec(profile="weighted")) == 3


def test_points_fade_evenly_or_by_half_lives_where_the_profile_says_so() -> None:
    day = date(2018, 8, 31)  # its window opens after 28 February: 184 days
    table = incidents([date(2018, 8, 31), date(2018, 5, 31), date(2018, 3, 1)])
    assert number_on(day, table, ScoreSpec(decay="linear")) == pytest.approx(1 + 92 / 184 + 1 / 184, abs=1e-6)
    spec = ScoreSpec(decay="exponential", half_life_days=92)
    assert number_on(day, table, spec) == pytest.approx(1 + 0.5 + 0.5 ** (183 / 92), abs=1e-6)


def test_a_score_for_each_100_of_capacity_stands_beside_and_bands_rest_on_it() -> None:
    register = pd.concat([REGISTER.assign(premises_id=name) for name in ("PR001", "PR002")], ignore_index=True)
    register["capacity"] = pd.array([50, None], dtype="Int64")
    spec = ScoreSpec(capacity="per_100_capacity")
    scores = premises_scores(register, figure_nine(), spec, as_of=date(2018, 9, 30), coverage=COVERAGE)
    assert scores["score"].tolist() == [10, 0]
    assert scores["per_100_capacity"].iloc[0] == 20
    assert scores["per_100_capacity"].isna().tolist() == [False, True]  # never 0 for want of a capacity
    assert scores["band"].tolist() == ["high", ""]


def test_ambulance_counts_can_never_enter_a_score() -> None:
    meta = SourceMeta("callouts", "callouts", "Callouts", "lsoa", COVERAGE, "health", "OFFICIAL", synthetic=True)
    counts = AreaCounts(pd.DataFrame(), meta, "lsoa", "2011")
    by_area = pd.DataFrame({"area_code": ["E01017991"], "period": ["2018/19"], "lower": [4], "upper": [4]})
    for callouts in (counts, by_area):
        for tables in ((REGISTER, callouts), (callouts, figure_nine())):
            with pytest.raises(ResolutionError, match="never be part of a premises score") as refusal:
                premises_scores(*tables, ScoreSpec(), as_of=date(2018, 8, 31), coverage=COVERAGE)  # type: ignore[arg-type]
            assert isinstance(refusal.value, TypeError)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"medium_from": 12, "high_from": 12}, "bands must rise: medium from 12, high from 12"),
        ({"window_months": 0}, "window_months is a number of calendar months from 1, not 0"),
        ({"verging_fraction": 1.5}, "verging_fraction is a share of high_from"),
        ({"profile": "cardiff"}, "profile 'cardiff' is not one of seed_count, weighted"),
        ({"decay": "fast"}, "decay 'fast' is not one of none, linear, exponential"),
        ({"capacity": "yes"}, "capacity 'yes' is not one of none, per_100_capacity"),
        ({"half_life_days": 0}, "half_life_days and rising_by must be above 0"),
        ({"scored_types": ()}, "name the incident types that count"),
        ({"severity": {1: -1.0}}, "severity: the factor of 1 must be a number from 0, not -1.0"),
        ({"attribution": {"unknown": 1.0}}, "'unknown' has no factor"),
        ({"mitigation": {"some": 0.5}}, "mitigation needs a factor for 'none'"),
        ({"severe_mitigation": 2}, "severe_mitigation is a share from 0 to 1"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(DataRefused, match=words):
        ScoreSpec(**settings)  # type: ignore[arg-type]


WEIGHTED = ScoreSpec(profile="weighted")
FULL = {"severity": 2, "attribution": "inside"}


@pytest.mark.parametrize(
    ("register", "table", "spec", "words"),
    [
        (REGISTER.drop(columns="premises_id"), figure_nine(), ScoreSpec(), "the premises lack the column premises_id"),
        (REGISTER, figure_nine().drop(columns="date"), ScoreSpec(), "the incidents lack the column date"),
        (REGISTER, incidents([None]), ScoreSpec(), "1 of 1 incidents have no date"),  # type: ignore[list-item]
        (REGISTER, incidents([START], premises_id="PR9"), ScoreSpec(), "the register does not hold .*'PR9'"),
        (pd.concat([REGISTER, REGISTER]), figure_nine(), ScoreSpec(), "'PR001' is there twice"),
        (REGISTER.assign(premises_id=None), incidents([]), ScoreSpec(), "identifier of its own; one has none"),
        (
            REGISTER,
            incidents([START, MONTH_ENDS[0]], incident_id="a"),
            ScoreSpec(),
            "incident a .* is given on two days",
        ),
        (REGISTER, incidents([START]), WEIGHTED, "needs the severity of incidents, and none has one"),
        (REGISTER, incidents([START], severity=2), WEIGHTED, "needs the attribution of incidents"),
        (
            REGISTER,
            incidents([START], **FULL | {"severity": 9}),
            WEIGHTED,
            "severity '9' of 1 incidents is not one of 1",
        ),
        (REGISTER, incidents([START], **FULL, mitigation="nice"), WEIGHTED, "mitigation 'nice' of 1 incidents"),
        (REGISTER, incidents([START], attribution="insde"), ScoreSpec(), "attribution 'insde' of 1 incidents"),
    ],
)
def test_what_cannot_be_scored_gets_one_clear_error(
    register: pd.DataFrame, table: pd.DataFrame, spec: ScoreSpec, words: str
) -> None:
    with pytest.raises(DataRefused, match=words):
        premises_scores(register, table, spec, as_of=date(2018, 8, 31), coverage=COVERAGE)


def test_a_day_has_to_be_a_day() -> None:
    with pytest.raises(DataRefused, match=r"'2018-08-31' is not a day; give a datetime\.date"):
        premises_scores(REGISTER, figure_nine(), ScoreSpec(), as_of="2018-08-31", coverage=COVERAGE)  # type: ignore[arg-type]


def test_no_incidents_and_no_premises_are_tables_like_others() -> None:
    assert (
        premises_scores(REGISTER, incidents([]), ScoreSpec(), as_of=MONTH_ENDS[8], coverage=EVER)["score"].item() == 0
    )
    assert premises_scores(REGISTER[:0], incidents([]), ScoreSpec(), as_of=MONTH_ENDS[8], coverage=EVER).empty
    assert score_history(REGISTER, figure_nine(), ScoreSpec(), days=[], coverage=EVER).empty


def test_the_caveat_beside_a_fall_knows_the_window() -> None:
    assert "exactly six months later whatever anyone does" in fall_caveat(ScoreSpec())
    assert "exactly 7 months later whatever anyone does" in fall_caveat(ScoreSpec(window_months=7))
    assert "Points fade with time and leave the window after three months" in fall_caveat(
        ScoreSpec(window_months=3, decay="linear")
    )
