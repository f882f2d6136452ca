"""Windows of the same months, coverage, series breaks, dispersion, counts of events and of cubes; control charts."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shapely.geometry import box  # type: ignore[import-untyped]

from hotspots.analysis.comparison import (
    PeriodCounts,
    SeriesBreak,
    Windows,
    compare_windows,
    control_chart,
    counts_of_cube,
    monthly_counts,
    poisson_limits,
    windows_around,
)
from hotspots.errors import DataRefused, UsageError
from hotspots.periods import Coverage, financial_year, month, months_in, quarter, span
from hotspots.tables import PointEvents, SourceMeta

FIGURE_9 = (0, 1, 0, 1, 0, 0, 2, 3, 4, 1, 1, 0, 0, 1, 0, 0)


def monthly(start: date, counts: list[float], kind: str = "crimes") -> PeriodCounts:
    first = start.year * 12 + start.month - 1
    months = tuple(month(n // 12, n % 12 + 1) for n in range(first, first + len(counts)))
    values = np.array(counts, dtype=float)
    return PeriodCounts(months, values, values, kind)


@pytest.mark.parametrize(
    ("start", "months", "gap", "before", "after"),
    [
        (date(2018, 4, 1), 6, 0, "2017-04 to 2017-09", "2018-04 to 2018-09"),
        (date(2018, 4, 1), 6, 1, "2017-05 to 2017-10", "2018-05 to 2018-10"),
        (date(2018, 4, 2), 6, 0, "2017-05 to 2017-10", "2018-05 to 2018-10"),  # begins in the first whole month
        (date(2018, 4, 1), 11, 3, "2016-07 to 2017-05", "2018-07 to 2019-05"),  # a year back would run into the work
        (date(2018, 4, 1), 12, 2, "2017/18", "2018-06 to 2019-05"),
        (date(2018, 4, 15), 12, 0, "2017/18", "2018-05 to 2019-04"),
        (date(2018, 1, 1), 24, 0, "2016 to 2017", "2018 to 2019"),
    ],
)
def test_windows_have_the_same_months_and_lie_clear_of_the_start(start, months, gap, before, after) -> None:  # type: ignore[no-untyped-def]
    found = windows_around(start, months=months, gap_months=gap)
    assert (found.before.label, found.after.label) == (before, after)
    assert found.alike
    assert found.before.end < start <= found.after.start


def test_windows_of_quarters_and_financial_years_begin_with_one() -> None:
    found = windows_around(date(2018, 5, 10), months=6, gap_months=0, period_months=3)
    assert (found.before.label, found.after.label) == ("2017-07 to 2017-12", "2018-07 to 2018-12")
    found = windows_around(date(2018, 5, 10), months=12, period_months=3)
    assert (found.before.label, found.after.label) == ("2017/18", "2018-07 to 2019-06")
    found = windows_around(date(2017, 4, 1), months=12, period_months=12)
    assert (found.before.label, found.after.label) == ("2016/17", "2017/18")
    found = windows_around(date(2017, 9, 1), months=12, period_months=12)
    assert (found.before.label, found.after.label) == ("2016/17", "2018/19")


def test_an_end_before_the_start_and_windows_that_are_no_periods_are_refused() -> None:
    with pytest.raises(DataRefused, match=r"ends \(2018-01-01\) before it starts \(2018-04-01\)"):
        windows_around(date(2018, 4, 1), end=date(2018, 1, 1), months=6)
    with pytest.raises(UsageError, match="whole periods of 3 months"):
        windows_around(date(2018, 4, 1), months=4, period_months=3)
    with pytest.raises(UsageError, match="at least one"):
        windows_around(date(2018, 4, 1), months=0)


def test_unlike_months_are_refused_unless_confirmed_and_then_have_no_verdict() -> None:
    counts = monthly(date(2018, 1, 1), list(FIGURE_9))
    windows = Windows(span(date(2018, 4, 1), date(2018, 9, 30)), span(date(2018, 10, 1), date(2019, 3, 31)))
    with pytest.raises(DataRefused, match="same calendar months"):
        compare_windows(counts, windows)
    found = compare_windows(counts, windows, unlike_months_confirmed=True)
    assert (found.before, found.after) == ((10, 10), (3, 3))
    assert (round(found.ratio, 2), round(found.change.upper, 2)) == (0.30, found.change.upper.__round__(2))
    assert found.verdict is None
    assert "no verdict" in found.sentence
    for word in ("chance alone", "larger than chance"):
        assert word not in found.sentence


def test_a_window_past_the_coverage_is_incomplete_and_gets_no_verdict() -> None:
    counts = monthly(date(2017, 4, 1), [9] * 20)
    with pytest.raises(DataRefused, match=r"reaches past what is covered \(2017-04-01 to 2018-11-30\)"):
        compare_windows(counts, windows_around(date(2018, 4, 1), months=12))
    with pytest.raises(DataRefused, match="overlap"):
        compare_windows(counts, (month(2018, 4), month(2017, 4)))
    with pytest.raises(DataRefused, match="not made of whole periods"):
        counts.over(span(date(2018, 4, 2), date(2018, 4, 20)))


def test_a_series_break_of_the_same_source_stops_the_comparison_with_the_reason() -> None:
    athena = SeriesBreak("crimes", date(2018, 5, 23), "Athena", "Entered in different systems.")
    counts = monthly(date(2017, 4, 1), [9] * 24)
    windows = windows_around(date(2018, 4, 1), months=12)
    with pytest.raises(DataRefused, match=r"breaks on 2018-05-23 \(Athena\).*different systems"):
        compare_windows(counts, windows, breaks=[athena])
    other = monthly(date(2017, 4, 1), [9] * 24, kind="needle_finds")
    assert compare_windows(other, windows, breaks=[athena]).verdict == "No clear change"
    early = windows_around(date(2017, 10, 1), months=1, gap_months=0)
    assert early.after.end < athena.day


def test_months_that_vary_more_than_chance_widen_the_interval_and_say_so() -> None:
    steady = monthly(date(2017, 4, 1), [10, 11, 9, 10, 10, 10, 12, 8, 10, 10, 9, 11] * 2)
    wild = monthly(date(2017, 4, 1), [0, 40, 0, 0, 30, 0, 25, 0, 0, 25, 0, 0, 30, 0, 0, 40, 0, 25, 0, 0, 0, 0, 25, 0])
    windows = windows_around(date(2018, 4, 1), months=12)
    plain, wide = compare_windows(steady, windows), compare_windows(wild, windows)
    assert plain.ratio == wide.ratio == 1
    assert plain.notes == ()
    assert wide.dispersion > 10
    assert wide.lower < plain.lower
    assert "vary" in wide.sentence


def test_a_season_that_comes_every_year_is_no_reason_to_doubt_the_year() -> None:
    season = [2, 3, 8, 30, 40, 38, 30, 12, 5, 3, 2, 1]
    windows = windows_around(date(2018, 4, 1), months=12, gap_months=2)
    found = compare_windows(monthly(date(2017, 4, 1), [*season, *season, *season[:2]]), windows)
    assert found.before == (174, 174)
    assert found.dispersion == 1
    assert found.notes == ()


def test_dispersion_is_pearson_s_statistic_over_its_degrees_of_freedom() -> None:
    rng = np.random.default_rng(3)
    counts = rng.negative_binomial(5, 0.25, 24).astype(float) + 1
    found = compare_windows(monthly(date(2017, 4, 1), counts.tolist()), windows_around(date(2018, 4, 1), months=12))
    chi2 = stats.chi2_contingency(counts.reshape(2, 12), correction=False)
    assert found.dispersion == pytest.approx(chi2.statistic / chi2.dof)


def test_a_hidden_or_unknown_count_is_carried_or_named() -> None:
    quarters = tuple(quarter(2016 + n // 4, n % 4 + 1) for n in range(8))
    lower, upper = np.array([1, 9, 9, 9, 9, 9, 9, 9.0]), np.array([4, 9, 9, 9, 9, 9, 9, 9.0])
    found = compare_windows(PeriodCounts(quarters, lower, upper), (financial_year(2016), financial_year(2017)))
    assert found.before == (28.0, 31.0)
    lower[5] = upper[5] = np.nan
    with pytest.raises(DataRefused, match="2017/18 Q2 is hidden or not known"):
        compare_windows(PeriodCounts(quarters, lower, upper), (financial_year(2016), financial_year(2017)))
    with pytest.raises(DataRefused, match="do not follow each other"):
        PeriodCounts((quarters[0], quarters[2]), lower[:2], upper[:2])


def test_point_events_are_counted_by_whole_covered_month_and_inside_a_polygon() -> None:
    table = pd.DataFrame(
        {
            "event_id": ["a", "b", "c", "d"],
            "easting": [0.0, 10.0, 50.0, 0.0],
            "northing": [0.0, 0.0, 0.0, 0.0],
            "date": pd.to_datetime(["2018-04-01", "2018-04-30", "2018-05-01", "2018-06-02"]),
            "uncertainty_m": 1.0,
        }
    )
    coverage = Coverage(date(2018, 4, 1), date(2018, 6, 10), "zero")
    meta = SourceMeta("finds", "needle_finds", "Finds", "point", coverage, "open", "OFFICIAL", True)
    counts = monthly_counts(PointEvents(table, meta))
    assert [period.label for period in counts.periods] == ["2018-04", "2018-05"]
    assert counts.lower.tolist() == [2, 1]
    assert counts.source_kind == "needle_finds"
    assert monthly_counts(PointEvents(table, meta), within=box(0, -1, 20, 1)).lower.tolist() == [2, 0]
    with pytest.raises(UsageError, match="never inferred"):
        monthly_counts(table)
    with pytest.raises(DataRefused, match="have no date"):
        monthly_counts(table.assign(date=pd.NaT), covers_from=date(2018, 4, 1), covers_to=date(2018, 4, 30))
    with pytest.raises(DataRefused, match="before it starts"):
        monthly_counts(table, covers_from=date(2018, 4, 1), covers_to=date(2017, 4, 30))


def test_the_finest_counts_of_a_cube_are_summed_over_areas_by_interval() -> None:
    cube = pd.DataFrame(
        [
            (code, label, "callouts", "all", low, high)
            for label, low, high in (("2016/17 Q1", 1, 4), ("2016/17 Q2", 6, 6), ("2016/17", 7, 10))
            for code in ("A", "B")
        ],
        columns=["area_code", "period", "measure", "category", "lower", "upper"],
    )
    counts = counts_of_cube(cube, measure="callouts")
    assert [period.label for period in counts.periods] == ["2016/17 Q1", "2016/17 Q2"]
    assert (counts.lower.tolist(), counts.upper.tolist()) == ([2, 12], [8, 12])
    assert counts_of_cube(cube, measure="callouts", areas=["A"]).upper.tolist() == [4, 6]
    with pytest.raises(DataRefused, match="no area Z"):
        counts_of_cube(cube, measure="callouts", areas=["Z"])
    with pytest.raises(DataRefused, match="holds no crimes"):
        counts_of_cube(cube, measure="crimes")


# Control charts


def test_an_xmr_chart_has_its_mean_and_2_66_mean_moving_ranges() -> None:
    values = [8, 6, 9, 7, 10, 8, 5, 9, 8, 7, 30, 8]
    chart = control_chart(values)
    ranges = np.abs(np.diff(values)).mean()
    assert chart.mean == pytest.approx(115 / 12)
    assert chart.upper == pytest.approx(115 / 12 + 2.66 * ranges)
    assert chart.lower == 0  # never below nought
    assert chart.signals == {"outside": ["11"]}


def test_each_of_the_four_rules_marks_its_points() -> None:
    base = [10, 12] * 6
    run = control_chart([*base, 13, 12, 13, 12, 13, 12, 13], kind="xmr")
    assert run.points["run"].sum() == 8  # the last point of the base lies above the mean too
    trend = control_chart([*base, 8, 9, 10, 11, 12, 13, 14], kind="xmr")
    assert trend.points["trend"].tolist()[-7:] == [True] * 7
    near = control_chart([*[10, 11] * 15, 13, 11, 13], kind="xmr")
    assert near.points["near_limit"].tolist()[-3:] == [True, False, True]
    assert "outside" not in near.signals


def test_small_counts_get_exact_poisson_limits() -> None:
    assert poisson_limits(8, level=0.95) == (3, 14)
    assert poisson_limits(8) == (1, 18)
    chart = control_chart([1, 0, 2, 1, 0, 1, 3, 0, 1, 1, 9, 1])
    assert chart.kind == "poisson"
    assert chart.signals["outside"] == ["11"]
    assert control_chart([0] * 12).signals == {}


def test_a_chart_needs_twelve_exact_points() -> None:
    with pytest.raises(DataRefused, match="at least 12 points, got 11"):
        control_chart([5.0] * 11)
    with pytest.raises(DataRefused, match="exact counts"):
        control_chart([5.0] * 11 + [float("nan")])
    with pytest.raises(UsageError, match="cannot have 2 labels"):
        control_chart([5.0] * 12, labels=["a", "b"])


def test_charts_of_unchanged_months_raise_alarms_at_the_stated_rates() -> None:
    # At eight a month over two years: 8 % of charts have a point outside, 10 % a run of seven.
    rng = np.random.default_rng(24)
    charts = [control_chart(rng.poisson(8, 24).astype(float), kind="xmr") for _ in range(1500)]
    outside = np.mean([chart.points["outside"].any() for chart in charts])
    run = np.mean([chart.points["run"].any() for chart in charts])
    assert outside == pytest.approx(0.08, abs=0.025)
    assert run == pytest.approx(0.10, abs=0.025)


def test_counts_of_a_coverage_without_a_whole_month_are_refused() -> None:
    coverage = Coverage(date(2018, 4, 2), date(2018, 4, 20), "zero")
    assert len(months_in(coverage)) == 1
    counts = monthly_counts(
        pd.DataFrame({"date": pd.to_datetime(["2018-04-03"])}),
        covers_from=coverage.covers_from,
        covers_to=coverage.covers_to,
    )
    with pytest.raises(DataRefused, match="no whole months"):
        compare_windows(counts, (month(2018, 3), month(2018, 4)), unlike_months_confirmed=True)
