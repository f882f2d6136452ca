"""Area counts: intervals add, absence means what is declared, nothing is computed beyond the coverage."""

from datetime import date

import pandas as pd
import pytest

from hotspots.analysis.counts import area_cube, native_periods, reporting_periods
from hotspots.analysis.rates import derive, rate_per_1000, totals
from hotspots.errors import DataRefused
from hotspots.measures import measure
from hotspots.periods import Coverage, financial_year, quarter, span

THREE_YEARS = Coverage(date(2015, 4, 1), date(2018, 3, 31), "zero")


def quarters(counts: list[tuple[int, int]], code: str = "E01032797") -> pd.DataFrame:
    periods = [quarter(2015 + number // 4, number % 4 + 1) for number in range(len(counts))]
    return pd.DataFrame(
        {
            "area_code": code,
            "period": [period.label for period in periods],
            "period_start": pd.to_datetime([period.start for period in periods]),
            "period_end": pd.to_datetime([period.end for period in periods]),
            "category": "all",
            "lower": [lower for lower, _ in counts],
            "upper": [upper for _, upper in counts],
        }
    )


def test_ten_in_eleven_quarters_and_one_to_four_in_one_average_37_to_38_a_year() -> None:
    period = span(date(2015, 4, 1), date(2018, 3, 31))
    cube = area_cube(
        quarters([(10, 10)] * 11 + [(1, 4)]),
        measure="callouts",
        codes=["E01032797"],
        coverage=THREE_YEARS,
        periods=[period],
    )
    row = derive(cube, measure("callouts_per_year"), years=period.years).iloc[0]
    assert (row["lower"], row["upper"], row["status"]) == (37.0, 38.0, "suppressed")
    assert pd.isna(row["value"])
    assert row["events"] == 111


def test_an_exact_count_has_both_ends_equal_and_the_status_ok() -> None:
    cube = area_cube(
        quarters([(2, 2)] * 4),
        measure="callouts",
        codes=["E01032797"],
        coverage=THREE_YEARS,
        periods=[financial_year(2015)],
    )
    assert cube[["value", "lower", "upper", "status"]].to_numpy().tolist() == [[8.0, 8.0, 8.0, "ok"]]


def test_an_absent_area_is_zero_where_that_is_declared_and_unknown_otherwise() -> None:
    def absent_area(absent: str) -> list[object]:
        coverage = Coverage(THREE_YEARS.covers_from, THREE_YEARS.covers_to, absent)  # type: ignore[arg-type]
        cube = area_cube(
            quarters([(2, 2)] * 4),
            measure="callouts",
            codes=["E01032797", "E01017943"],
            coverage=coverage,
            periods=[financial_year(2015)],
        )
        return cube.loc[cube["area_code"] == "E01017943", ["value", "status"]].iloc[0].tolist()

    assert absent_area("zero") == [0.0, "ok"]
    unknown = absent_area("unknown")
    assert pd.isna(unknown[0])
    assert unknown[1] == "no_data"


def test_fault_067_a_year_with_one_quarter_missing_is_unknown_unless_absent_means_zero() -> None:
    coverage = Coverage(THREE_YEARS.covers_from, THREE_YEARS.covers_to, "unknown")
    cube = area_cube(
        quarters([(2, 2)] * 3),
        measure="callouts",
        codes=["E01032797"],
        coverage=coverage,
        periods=[financial_year(2015)],
    )
    assert cube["status"].tolist() == ["no_data"]


def test_quarters_and_their_year_in_one_sheet_are_refused() -> None:
    table = quarters([(2, 2)] * 4)
    year = table.head(1).assign(period="2015/16", period_end=pd.Timestamp(2016, 3, 31))
    with pytest.raises(DataRefused, match="overlap"):
        native_periods(pd.concat([table, year]))


def test_a_year_that_is_covered_in_part_is_not_reported() -> None:
    coverage = Coverage(date(2018, 11, 1), date(2019, 1, 31), "zero")
    assert [period.label for period in reporting_periods(coverage)] == ["2018-11 to 2019-01"]


def test_areas_without_residents_or_with_too_few_have_no_rate() -> None:
    rates = rate_per_1000(pd.Series([3, 40], ["A", "B"]), pd.Series([1500, 0], ["A", "B"]))
    assert rates.tolist()[0] == 2.0
    assert pd.isna(rates.tolist()[1])
    cube = area_cube(
        quarters([(2, 2)] * 4),
        measure="callouts",
        codes=["E01032797"],
        coverage=THREE_YEARS,
        periods=[financial_year(2015)],
    )
    few = derive(cube, measure("callouts_per_1000"), years=1, population=pd.Series({"E01032797": 420.0}))
    assert few[["status"]].to_numpy().tolist() == [["no_data"]]
    enough = derive(cube, measure("callouts_per_1000"), years=1, population=pd.Series({"E01032797": 500.0}))
    assert enough["value"].tolist() == [16.0]


def test_a_total_with_an_unknown_area_is_unknown_and_intervals_add() -> None:
    both = pd.concat([quarters([(2, 2)] * 4, "A"), quarters([(1, 4)] * 4, "B")])
    cube = area_cube(both, measure="callouts", codes=["A", "B"], coverage=THREE_YEARS, periods=[financial_year(2015)])
    assert totals(cube)[["lower", "upper"]].to_numpy().tolist() == [[12.0, 24.0]]
    coverage = Coverage(THREE_YEARS.covers_from, THREE_YEARS.covers_to, "unknown")
    cube = area_cube(both, measure="callouts", codes=["A", "B", "C"], coverage=coverage, periods=[financial_year(2015)])
    assert totals(cube)["upper"].isna().tolist() == [True]
