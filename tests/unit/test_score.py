"""The premises score, reproduced from Figure 9: low at month 6, verging on high at month 9, low again at month 15."""

from datetime import date

import pandas as pd
import pytest

from hotspots.analysis.score import ScoreSpec, premises_scores, score_history
from hotspots.errors import DataRefused, ResolutionError
from hotspots.periods import Coverage, month_end
from hotspots.source_settings import SourceMeta
from hotspots.tables import AreaCounts

MONTHLY = [0, 1, 0, 1, 0, 0, 2, 3, 4, 1, 1, 0, 0, 1, 0, 0]
START = date(2018, 1, 1)
COVERAGE = Coverage(START, month_end(START, ahead=len(MONTHLY) - 1), "zero")
REGISTER = pd.DataFrame(
    {"premises_id": ["PR001"], "name": ["The Example"], "easting": [544900.0], "northing": [258400.0]}
)


def incidents(days: list[date], kind: str = "violence") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "incident_id": [f"IN{number}" for number in range(len(days))],
            "premises_id": "PR001",
            "date": pd.to_datetime(days),
            "incident_type": kind,
        }
    )


def figure_nine() -> pd.DataFrame:
    return incidents(
        [
            month_end(START, ahead=number).replace(day=3 + extra)
            for number, count in enumerate(MONTHLY)
            for extra in range(count)
        ]
    )


def score_on(day: date, table: pd.DataFrame, spec: ScoreSpec | None = None) -> tuple[object, str, str]:
    row = premises_scores(REGISTER, table, spec or ScoreSpec(), as_of=day, coverage=COVERAGE).iloc[0]
    return (None if pd.isna(row["score"]) else int(row["score"]), row["state"], row["band"])


def test_figure_nine_rises_from_low_to_verging_on_high_and_falls_back() -> None:
    month_ends = [month_end(START, ahead=number) for number in range(len(MONTHLY))]
    history = score_history("PR001", figure_nine(), ScoreSpec(), month_ends=month_ends, coverage=COVERAGE)
    assert history["score"].tolist()[5:] == [2, 4, 6, 10, 10, 11, 11, 9, 7, 3, 2]
    assert history["state"].tolist()[:5] == ["incomplete"] * 5
    assert history["band"].tolist()[5] == "low"
    assert history["band"].tolist()[8:12] == ["verging on high"] * 4
    assert history["band"].tolist()[14] == "low"


def test_a_window_before_or_past_the_coverage_is_incomplete_and_has_no_band() -> None:
    assert score_on(date(2018, 5, 31), figure_nine()) == (None, "incomplete", "")
    assert score_on(date(2019, 5, 31), figure_nine()) == (None, "incomplete", "")
    assert score_on(date(2018, 6, 30), figure_nine()) == (2, "ok", "low")


def test_the_window_is_open_at_its_beginning_and_closed_at_its_end() -> None:
    table = incidents([date(2018, 2, 15), date(2018, 2, 16), date(2018, 8, 15), date(2018, 8, 16)])
    assert score_on(date(2018, 8, 15), table)[0] == 2


def test_one_incident_with_several_rows_counts_once_and_other_types_do_not_count() -> None:
    table = incidents([date(2018, 8, 1), date(2018, 8, 1)]).assign(incident_id="IN0")
    assert score_on(date(2018, 8, 31), table)[0] == 1
    assert score_on(date(2018, 8, 31), incidents([date(2018, 8, 1)], kind="theft"))[0] == 0


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


def test_without_agreed_thresholds_there_are_counts_and_no_bands() -> None:
    assert score_on(date(2018, 9, 30), figure_nine(), ScoreSpec(bands=False)) == (10, "ok", "")


def test_ambulance_counts_can_never_enter_a_score() -> None:
    meta = SourceMeta("callouts", "callouts", "Callouts", "lsoa", COVERAGE, "health", "OFFICIAL", synthetic=True)
    counts = AreaCounts(pd.DataFrame(), meta, "lsoa", "2011")
    with pytest.raises(ResolutionError, match="never be part of a premises score"):
        premises_scores(REGISTER, counts, ScoreSpec(), as_of=date(2018, 8, 31), coverage=COVERAGE)  # type: ignore[arg-type]


def test_bands_that_do_not_rise_are_refused() -> None:
    with pytest.raises(DataRefused, match="bands must rise"):
        ScoreSpec(medium_from=12, high_from=12)
