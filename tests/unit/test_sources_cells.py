"""Cells: every text is a value or a problem with a reason, and nothing is guessed."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from hotspots.periods import Coverage
from hotspots.sources._cells import (
    Problem,
    clean_code,
    parse_count,
    parse_covered_period,
    parse_date,
    parse_dates,
    parse_each,
    parse_number,
    parse_time,
    parse_whole,
    parse_yes_no,
    plain,
)

MARKS = {"<5": (1, 4), "*": (1, 4)}
YEAR = Coverage(date(2018, 4, 1), date(2019, 3, 31), None)


@pytest.mark.parametrize(
    ("text", "interval"),
    [("0", (0, 0)), (" 12 ", (12, 12)), ("1,234", (1_234, 1_234)), ("10.0", (10, 10)), ("<5", (1, 4)), ("< 5", (1, 4)),
     ("*", (1, 4)), ("12,345,678", (12_345_678, 12_345_678)), ("1000000000", (1_000_000_000, 1_000_000_000))],
)  # fmt: skip
def test_a_count_is_read_as_an_interval(text: str, interval: tuple[int, int]) -> None:
    assert parse_count(text, MARKS) == interval


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "missing-cell"), ("-", "missing-cell"), ("\N{EN DASH}", "missing-cell"), ("NA", "missing-cell"),
     ("n/a", "missing-cell"), ("nan", "missing-cell"), ("-3", "constraint-error"),
     ("\N{MINUS SIGN}3", "constraint-error"),
     ("1000000001", "constraint-error"), ("1" * 400, "constraint-error"), ("2.5", "type-error"), ("1e3", "type-error"),
     ("inf", "type-error"), ("1,23", "type-error"), ("1 234", "type-error"), ("\u0661\u0662", "type-error"),
     ("=1+1", "type-error"), ("ten", "type-error"), ("<10", "undeclared-mark"), ("c", "undeclared-mark"),
     ("[c]", "undeclared-mark"), ("..", "undeclared-mark")],
)  # fmt: skip
def test_fault_011_what_is_no_count_has_a_reason(text: str, reason: str) -> None:
    problem = parse_count(text, MARKS)
    assert isinstance(problem, Problem)
    assert problem.reason == reason


def test_a_mark_that_is_not_declared_is_never_zero() -> None:
    problem = parse_count("*", {"<5": (1, 4)})
    assert isinstance(problem, Problem)
    assert problem.reason == "undeclared-mark"


@pytest.mark.parametrize(
    "text",
    [" E01017990 ", "e01017990", "E01017990.0", "E0101\u200b7990", "\ufeffE01017990", "E01017990\u00a0", "E0101 7990"],
)
def test_fault_008_a_code_is_repaired_in_form_only(text: str) -> None:
    assert clean_code(text) == "E01017990"


def test_headings_lose_invisible_characters_and_double_spaces() -> None:
    assert plain("\ufeff LSOA\u00a0\u00a0code\u200b ") == "LSOA code"


@pytest.mark.parametrize(
    ("text", "date_format", "day"),
    [("2017-02-01", "%Y-%m-%d", date(2017, 2, 1)), ("01/02/2017", "%d/%m/%Y", date(2017, 2, 1)),
     ("05/15/2015 02:40:00 PM", "%m/%d/%Y %I:%M:%S %p", date(2015, 5, 15))],
)  # fmt: skip
def test_a_date_is_read_by_the_declared_format(text: str, date_format: str, day: date) -> None:
    assert parse_date(text, date_format, None) == day


@pytest.mark.parametrize(
    "text",
    ["01/02/2017", "2017-02-30", "2019-02-29", "42767", "17-01-01", "2017-01-01T00:00:00+01:00", "yesterday",
     "\u0662\u0660\u0661\u0667-01-01"],
)  # fmt: skip
def test_fault_013_other_formats_and_impossible_days_are_type_errors(text: str) -> None:
    problem = parse_date(text, "%Y-%m-%d", None)
    assert isinstance(problem, Problem)
    assert (problem.reason, problem.detail) == ("type-error", "not a date written as %Y-%m-%d")


@pytest.mark.parametrize(("text", "fits"), [("2018-04-01", True), ("2019-03-31", True), ("2018-03-31", False)])
def test_fault_014_a_date_lies_inside_the_coverage_its_ends_included(text: str, fits: bool) -> None:
    outcome = parse_date(text, "%Y-%m-%d", YEAR)
    assert isinstance(outcome, date) is fits


def test_a_period_must_lie_wholly_inside_the_coverage() -> None:
    inside = parse_covered_period("2018/19 Q1", "financial", YEAR)
    beyond = parse_covered_period("2019/20 Q1", "financial", YEAR)
    other = parse_covered_period("2018", "financial", YEAR)
    assert not isinstance(inside, Problem)
    assert isinstance(beyond, Problem)
    assert isinstance(other, Problem)
    assert (beyond.reason, other.reason) == ("outside-coverage", "type-error")


@pytest.mark.parametrize("text", ["1e308", "NaN", "inf", "-inf", "0x10", "", "52.2 N", "1_000", "\u0661"])
def test_a_coordinate_is_written_in_plain_digits(text: str) -> None:
    assert isinstance(parse_number(text), Problem)


@pytest.mark.parametrize(
    ("text", "number"), [("0.126436", 0.126436), ("-.5", -0.5), ("545,420", 545_420.0), ("+3.", 3.0)]
)
def test_plain_numbers_are_read(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "value"), [("Yes", True), ("y", True), ("0", False), ("FALSE", False), ("", None), ("Not known", None)]
)
def test_yes_no_and_unknown_are_three_values(text: str, value: bool | None) -> None:
    assert parse_yes_no(text) is value


@pytest.mark.parametrize("text", ["maybe", "yes!", "2"])
def test_another_word_is_neither_yes_nor_no(text: str) -> None:
    assert isinstance(parse_yes_no(text), Problem)


@pytest.mark.parametrize(("text", "time"), [("23:59", "23:59"), ("0:05", "00:05"), ("", None)])
def test_a_time_is_hours_and_minutes(text: str, time: str | None) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize("text", ["24:00", "12", "12.30", "noon"])
def test_what_is_no_time_is_a_problem(text: str) -> None:
    assert isinstance(parse_time(text), Problem)


def test_a_blank_whole_number_is_missing_and_a_mark_is_a_problem() -> None:
    assert parse_whole(" ") is None
    assert isinstance(parse_whole("<5"), Problem)


def test_a_column_keeps_its_index_and_names_the_rows_that_fail() -> None:
    text = pd.Series(["2018-05-01", "no", "2018-05-01", ""], index=[7, 3, 9, 1], dtype="str")
    parsed = parse_dates(text, "%Y-%m-%d", coverage=YEAR)
    assert parsed.values.dtype == np.dtype("datetime64[s]")
    assert parsed.values.isna().tolist() == [False, True, False, True]
    assert parsed.problems["reason"].to_dict() == {3: "type-error", 1: "missing-cell"}


def test_a_column_without_rows_is_a_column_without_rows() -> None:
    parsed = parse_each(pd.Series([], dtype="str"), parse_whole, dtype="Int64")
    assert (len(parsed.values), len(parsed.problems), str(parsed.values.dtype)) == (0, 0, "Int64")
