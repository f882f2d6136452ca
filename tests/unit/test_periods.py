"""Periods: what a heading names, which day a window begins on, and what a coverage covers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import DataRefused
from hotspots.periods import (
    Coverage,
    Period,
    financial_year,
    financial_year_of,
    month_end,
    months_before,
    months_in,
    parse_period,
    quarter,
    span,
)


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2016/17", date(2016, 4, 1), date(2017, 3, 31), "2016/17"),
        ("2016-17", date(2016, 4, 1), date(2017, 3, 31), "2016/17"),
        ("2016/17 Q1", date(2016, 4, 1), date(2016, 6, 30), "2016/17 Q1"),
        ("Q4 2016/17", date(2017, 1, 1), date(2017, 3, 31), "2016/17 Q4"),
        ("Quarter 4, 2016/17", date(2017, 1, 1), date(2017, 3, 31), "2016/17 Q4"),
        ("2018-11", date(2018, 11, 1), date(2018, 11, 30), "2018-11"),
        ("Feb 2020", date(2020, 2, 1), date(2020, 2, 29), "2020-02"),
        ("2015/16 to 2017/18", date(2015, 4, 1), date(2018, 3, 31), "2015/16 to 2017/18"),
    ],
)
def test_a_heading_names_a_period_of_the_financial_calendar(text: str, start: date, end: date, label: str) -> None:
    assert parse_period(text, calendar="financial") == Period(start, end, label)


def test_the_first_quarter_of_2016_is_april_to_june_or_january_to_march_as_declared() -> None:
    assert parse_period("2016 Q1", calendar="financial").start == date(2016, 4, 1)
    assert parse_period("2016 Q1", calendar="calendar").start == date(2016, 1, 1)
    assert parse_period("2016 Q1", calendar="financial").label == "2016/17 Q1"
    assert parse_period("2016 Q1", calendar="calendar").label == "2016 Q1"


@pytest.mark.parametrize("text", ["2016/18", "Q5 2016/17", "quarterly", "01/02/2017", "", "2016-13"])
def test_a_text_that_names_no_period_is_refused_by_name(text: str) -> None:
    with pytest.raises(DataRefused, match=r"names no period|not a financial year"):
        parse_period(text, calendar="financial")


def test_a_bare_year_is_refused_where_the_source_declares_financial_years() -> None:
    with pytest.raises(DataRefused, match="declares financial years"):
        parse_period("2016", calendar="financial")
    assert parse_period("2009 to 2011", calendar="calendar").label == "2009 to 2011"


def test_a_quarter_of_a_financial_year_is_refused_where_the_source_declares_calendar_years() -> None:
    with pytest.raises(DataRefused, match="declares calendar years"):
        parse_period("2016/17 Q1", calendar="calendar")


def test_three_years_are_three_years_long_and_a_quarter_a_quarter() -> None:
    assert span(date(2015, 4, 1), date(2018, 3, 31)).years == 3
    assert quarter(2016, 1).years == 0.25
    assert parse_period("2009 to 2011", calendar="calendar").years == 3


def test_a_label_becomes_a_column_name() -> None:
    assert quarter(2016, 1).slug == "2016_17_q1"
    assert span(date(2015, 4, 1), date(2018, 3, 31)).slug == "2015_16_to_2017_18"


def test_a_window_past_the_coverage_is_not_covered() -> None:
    coverage = Coverage(date(2018, 11, 1), date(2019, 1, 31), "zero")
    assert not coverage.covers(financial_year(2018))
    assert coverage.touches(financial_year(2018))
    assert [month.label for month in months_in(coverage)] == ["2018-11", "2018-12", "2019-01"]
    assert coverage.whole.label == "2018-11 to 2019-01"


def test_the_default_as_of_date_is_the_last_month_end_covered() -> None:
    assert Coverage(date(2018, 1, 1), date(2019, 2, 28), None).last_month_end == date(2019, 2, 28)
    assert Coverage(date(2018, 1, 1), date(2019, 3, 15), None).last_month_end == date(2019, 2, 28)


@pytest.mark.parametrize(
    ("day", "six_months_before"),
    [
        (date(2018, 8, 31), date(2018, 2, 28)),
        (date(2020, 8, 31), date(2020, 2, 29)),
        (date(2018, 6, 30), date(2017, 12, 31)),
        (date(2019, 2, 28), date(2018, 8, 31)),
        (date(2018, 8, 15), date(2018, 2, 15)),
        (date(2018, 8, 29), date(2018, 2, 28)),
    ],
)
def test_six_months_before_a_month_end_is_a_month_end(day: date, six_months_before: date) -> None:
    assert months_before(day, 6) == six_months_before


days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(days)
def test_every_day_is_in_exactly_one_financial_year(day: date) -> None:
    year = financial_year_of(day)
    assert year.start <= day <= year.end
    assert financial_year_of(year.end + timedelta(days=1)) != year


@given(days, st.integers(1, 24))
def test_consecutive_month_end_windows_leave_no_day_out_and_take_none_twice(day: date, months: int) -> None:
    end = month_end(day)
    assert months_before(months_before(end, months), months) == months_before(end, 2 * months)


@given(st.integers(1990, 2080), st.integers(1, 4))
def test_what_a_period_is_called_reads_back_as_the_same_period(year: int, number: int) -> None:
    assert parse_period(quarter(year, number).label, calendar="financial") == quarter(year, number)
