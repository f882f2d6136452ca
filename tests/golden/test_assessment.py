"""Published tables of recorded crime, made again from their counts: every mean, change, percentage and "No calc"."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.analysis.assessment import half_away, rates_by_year, recorded_crime_table
from hotspots.errors import DataRefused

BEFORE = ["2013/14", "2014/15", "2015/16", "2016/17", "2017/18"]
YEARS = [*BEFORE, "2018/19"]


def rows(**counts: list[int | None]) -> pd.DataFrame:
    made = pd.DataFrame.from_dict(counts, orient="index", columns=YEARS)
    return made.set_axis([name.replace("_", " ") for name in made.index])


def last_two(**counts: tuple[int, int]) -> pd.DataFrame:
    """Rows of which only the year before and the current one are published in our notes."""
    return rows(**{name: [None, None, None, None, *pair] for name, pair in counts.items()})


def test_domestic_abuse_of_appendix_a_has_its_mean_of_the_five_years_before_and_its_change() -> None:
    made = recorded_crime_table(rows(Domestic_abuse=[561, 690, 785, 1059, 1134, 1196]))
    assert made.table["mean"].tolist() == [845.8]
    assert made.printed.loc["Domestic abuse"].tolist() == [
        "561", "690", "785", "1,059", "1,134", "1,196", "845.8", "62", "5%",
    ]  # fmt: skip
    assert any("Domestic abuse" in note and "other rows" in note for note in made.notes)


def test_the_same_row_of_table_8_differs_by_two_and_is_not_mended() -> None:
    made = recorded_crime_table(rows(Domestic_abuse=[561, 690, 785, 1059, 1134, 1198]))
    assert made.printed.loc["Domestic abuse", ["Number change", "% change"]].tolist() == ["64", "6%"]


def test_all_crime_fell_by_515_which_is_4_per_cent() -> None:
    made = recorded_crime_table(last_two(All_crime=(14_660, 14_145)))
    assert made.printed.loc["All crime", ["2018/19", "Number change", "% change"]].tolist() == ["14,145", "-515", "-4%"]


def test_a_mean_of_four_years_on_a_half_is_rounded_away_from_zero_and_says_that_it_is_of_four() -> None:
    made = recorded_crime_table(rows(Cyber_crime=[None, 39, 62, 54, 74, 80]))
    assert made.table.loc["Cyber crime", ["mean", "mean_years"]].tolist() == [57.3, 4]
    assert "Mean of 4 years instead of 5: Cyber crime." in made.notes


@pytest.mark.parametrize(
    ("before", "after", "smallest", "printed"),
    [
        (4, 3, 3, "-25%"),  # homicides as Appendix A has them
        (4, 3, 5, "No calc"),  # the same homicides in Table 6
        (4, 3, 10, "No calc"),  # by our rule
        (2, 7, 3, "No calc"),  # modern slavery, in both
        (0, 2, 1, "No calc"),  # death by driving: a base of nothing never has a percentage
        (27, 15, 10, "-44%"),  # child sexual exploitation
        (169, 227, 10, "34%"),  # robbery
        (814, 828, 10, "2%"),  # violence with injury
        (2_995, 3_038, 10, "1%"),  # violence against the person
        (16, 18, 10, "13%"),  # 12.5: away from zero
        (16, 14, 10, "-13%"),
        (200, 201, 10, "1%"),  # 0.5
        (200, 200, 10, "0%"),
    ],
)
def test_a_percentage_is_of_the_year_before_or_no_calc(before: int, after: int, smallest: int, printed: str) -> None:
    made = recorded_crime_table(last_two(Type=(before, after)), smallest_base=smallest)
    assert made.printed["% change"].tolist() == [printed]
    assert made.printed["Number change"].tolist() == [f"{after - before}"]
    assert made.table["no_calc"].tolist() == [printed == "No calc"]


@pytest.mark.parametrize("known", [2, 3])
def test_too_few_years_have_no_mean(known: int) -> None:
    counts = [None] * (5 - known) + [49] * known + [50]
    made = recorded_crime_table(rows(CSA=counts))
    assert made.printed.loc["CSA", "Yearly average"] == ""
    assert made.table.loc["CSA", "mean_years"] == known


def test_a_year_before_that_is_missing_leaves_change_and_percentage_blank() -> None:
    made = recorded_crime_table(rows(Type=[100, 100, 100, 100, None, 120]))
    assert made.printed.loc["Type", ["Number change", "% change"]].tolist() == ["", ""]
    assert made.table["mean"].tolist() == [100.0]


def test_the_order_of_the_columns_and_later_years_do_not_matter() -> None:
    counts = rows(Type=[1, 2, 3, 4, 50, 60]).assign(**{"2019/20": [999]})
    whole = recorded_crime_table(counts[counts.columns[::-1]], current="2018/19")
    assert whole.years == tuple(YEARS)
    assert whole.printed.loc["Type"].tolist() == ["1", "2", "3", "4", "50", "60", "12.0", "10", "20%"]


def test_a_type_listed_twice_stays_twice_with_a_note() -> None:
    counts = pd.DataFrame([[1, 2], [10, 20], [10, 20]], ["A", "Sexual", "Sexual"], ["2017/18", "2018/19"])
    made = recorded_crime_table(counts)
    assert made.printed["% change"].tolist() == ["No calc", "100%", "100%"]
    assert "Listed more than once: Sexual." in made.notes
    assert "Rows overlap: they are never to be added up." in made.notes


def test_a_break_inside_the_years_is_noted_and_one_before_them_is_not() -> None:
    breaks = {date(2018, 5, 23): "Athena", date(2013, 4, 1): "older", date(2019, 4, 1): "later"}
    noted = [note for note in recorded_crime_table(rows(Type=[1] * 6), breaks=breaks).notes if "break" in note]
    assert len(noted) == 1
    assert noted[0].startswith("Series break on 2018-05-23: Athena;")


def test_calendar_years_are_years_too() -> None:
    counts = pd.DataFrame({year: [100 + year] for year in range(2013, 2020)}, index=["Type"])
    made = recorded_crime_table(counts, calendar="calendar")
    assert made.table.loc["Type", ["mean", "number_change", "percent_change"]].tolist() == [2116.0, 1, 0]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (pd.DataFrame({"2018/19": [-1]}), "negative"),
        (pd.DataFrame({"2018/19": [1.5]}), "whole numbers"),
        (pd.DataFrame({"2018/19": ["<5"]}), "whole numbers"),
        (pd.DataFrame({"2018/19": [1], "2018-19": [1]}), "one column for each year"),
        (pd.DataFrame({"2018/19 Q1": [1]}), "not one year"),
        (pd.DataFrame({"total": [1]}), "names no period"),
        (pd.DataFrame(), "one column for each year"),
    ],
)
def test_what_is_no_count_or_no_year_is_refused(counts: pd.DataFrame, said: str) -> None:
    with pytest.raises(DataRefused, match=said):
        recorded_crime_table(counts)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_percentage_is_the_nearest_whole_number_and_half_goes_away_from_zero(after: int, before: int) -> None:
    table = recorded_crime_table(last_two(Type=(before, after)), smallest_base=1).table
    percent = int(table["percent_change"].iloc[0])
    distance = abs(percent * before - 100 * (after - before)) * 2
    assert distance <= before
    assert distance < before or abs(percent) * before > abs(100 * (after - before))


def test_table_8_rates_are_of_the_years_own_population() -> None:
    counts = pd.DataFrame({"2017/18": [1895], "2018/19": [1987]}, index=["DA incidents"])
    made = rates_by_year(counts, pd.Series({"2017/18": 134_050, "2018/19": 134_300}))
    assert made.round(1).loc["DA incidents"].tolist() == [14.1, 14.8]


def test_an_area_with_few_residents_has_no_rate_and_other_areas_are_refused() -> None:
    counts = pd.DataFrame({"2018/19": [40, 3]}, index=["centre", "suburb"])
    made = rates_by_year(counts, pd.Series({"centre": 2, "suburb": 1500}), minimum_population=500)
    assert made["2018/19"].isna().tolist() == [True, False]
    with pytest.raises(DataRefused, match="population must be"):
        rates_by_year(counts, pd.Series({"elsewhere": 2}))
    with pytest.raises(DataRefused, match="same areas and years"):
        rates_by_year(counts, pd.DataFrame({"2017/18": [1, 2]}, index=["centre", "suburb"]))


def test_half_is_rounded_away_from_zero_on_both_sides() -> None:
    from fractions import Fraction

    assert [str(half_away(Fraction(tenths, 10), 0)) for tenths in (5, 15, 25, -5, -15, 4)] == [
        "1", "2", "3", "-1", "-2", "0",
    ]  # fmt: skip
