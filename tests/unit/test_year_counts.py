"""Counts by type and year out of somebody's spreadsheet, and the published table made of them."""

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from hotspots.analysis.assessment import recorded_crime_table
from hotspots.cli import application
from hotspots.errors import DataRefused, UsageError
from hotspots.sources.year_counts import read_year_counts

WIDE = """Table 1: Police recorded crime,,,,,,,,
,,,,,,,,
Type of crime,2013/14,2014/15,2015/16,2016/17,2017/18,2018/19,5yr mean,% change
Victim-based crime,,,,,,,,
All crime,"11,420","11,633","11,201","12,012","13,476","14,203","11,948.4",5%
Homicide,-,1,0,2,3,1,,No Calc
Robbery,97,88,90,102,110,105,97.4,-5%
Business robbery,20,10,12,14,40,41,,
Robbery,97,88,90,102,110,105,97.4,-5%
Stalking,..,,10,20,8,13,,
Source: CADET,,,,,,,,
"""


def read(folder: Path, text: str, name: str = "counts.csv", **options: str) -> pd.DataFrame:
    (folder / name).write_text(text, encoding="utf-8")
    return read_year_counts(folder / name, **options).counts  # type: ignore[arg-type]


def test_a_published_table_is_made_again_from_its_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(WIDE, encoding="utf-8-sig")
    done = CliRunner().invoke(
        application, ["assessment", str(tmp_path / "counts.csv"), "--to", str(tmp_path / "table.csv")]
    )
    assert done.exit_code == 0, done.output
    assert "8 rows = 6 types + 2 without numbers." in done.output
    assert "Columns that name no year: 5yr mean, % change." in done.output
    assert "Listed more than once: Robbery." in done.output
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["type"]: row for row in csv.DictReader(stream)}
    shown = {name: (row["mean"], row["number_change"], row["percent_change"]) for name, row in rows.items()}
    assert shown == {
        "All crime": ("11948.4", "727", "5"),
        "Homicide": ("1.5", "-2", "No calc"),  # the mean of four years: the first is not known
        "Robbery": ("97.4", "-5", "-5"),
        "Business robbery": ("19.2", "1", "3"),  # 2.5 % is printed 3 %
        "Stalking": ("", "5", "No calc"),  # three of five years are no mean
    }
    assert (tmp_path / "table.csv-metadata.json").is_file()


def test_the_smallest_base_and_the_current_year_are_the_readers_to_choose(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(WIDE, encoding="utf-8")
    command = ["assessment", str(tmp_path / "counts.csv"), "--to", str(tmp_path / "t.csv"), "--smallest-base", "3"]
    assert CliRunner().invoke(application, [*command, "--current", "2017/18", "--least-years", "2"]).exit_code == 0
    table = pd.read_csv(tmp_path / "t.csv", index_col="type", dtype=str)
    assert "2018/19" not in table.columns
    assert table.loc["Homicide", ["mean", "number_change", "percent_change"]].tolist() == ["1", "1", "No calc"]
    assert table.loc["Stalking", ["mean", "percent_change"]].tolist() == ["15", "-60"]


@pytest.mark.parametrize(
    "headings",
    [
        "2017/18,2018/19", "2017-18,2018-19", "2017/2018,2018/2019", "17/18,18/19", "FY 2017/18,FY 2018/19",
        "Apr 17 - Mar 18,Apr 18 - Mar 19", "April 2017 to March 2018,April 2018 to March 2019",
        "Year to March 2018,Year ending March 2019", "2017\N{EN DASH}18,2018\N{EN DASH}19",
        "2017/18 offences,2018/19 offences",
    ],
)  # fmt: skip
def test_years_are_read_as_people_write_them(tmp_path: Path, headings: str) -> None:
    counts = read(tmp_path, f"Type,{headings}\nDrugs,10,20\n")
    assert (list(counts.columns), counts.loc["Drugs"].tolist()) == (["2017/18", "2018/19"], [10, 20])


def test_calendar_years_are_read_where_they_are_declared(tmp_path: Path) -> None:
    text = "Type,2017,2018\nDrugs,10,20\n"
    assert list(read(tmp_path, text, calendar="calendar").columns) == ["2017", "2018"]
    with pytest.raises(DataRefused, match="names two years or more"):
        read(tmp_path, text)


def test_a_row_for_each_type_and_year_makes_the_same_table(tmp_path: Path) -> None:
    text = "Crime type,Financial year,Number of offences\nDrugs,2018/19,20\nDrugs,2017/18,10\nArson,2018/19,-\n"
    counts = read(tmp_path, text)
    assert counts.loc["Drugs"].tolist() == [10, 20]
    assert counts.loc["Arson"].isna().all()
    with pytest.raises(DataRefused, match=r"line 5: Drugs in 2018/19 is there twice"):
        read(tmp_path, text + "Drugs,2018/19,20\n")
    with pytest.raises(DataRefused, match=r"line 5: 'soon' is no year"):
        read(tmp_path, text + "Drugs,soon,20\n")


@pytest.mark.parametrize("cell", ["<5", "12.5", "-3", "about 4"])
def test_a_cell_that_is_no_count_is_refused_by_its_line(tmp_path: Path, cell: str) -> None:
    with pytest.raises(DataRefused, match=r"counts.csv line 3, 2018/19: "):
        read(tmp_path, f"Type,2017/18,2018/19\nDrugs,1,2\nArson,3,{cell}\n")


def test_a_year_that_is_there_twice_and_a_sheet_that_is_not_named_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="two columns are of 2018/19"):
        read(tmp_path, "Type,2018/19,2018-19\nDrugs,1,2\n")
    book = openpyxl.Workbook()
    book.active.append(["Type", "2017/18", "2018/19"])
    book.active.append(["Drugs", 1200, 1344])
    book.active.title = "CSP"
    book.create_sheet("Notes").append(["x"])
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(UsageError, match="which sheet\\? CSP, Notes"):
        read_year_counts(tmp_path / "b.xlsx")
    assert read_year_counts(tmp_path / "b.xlsx", sheet="CSP").counts.loc["Drugs"].tolist() == [1200, 1344]


@pytest.mark.parametrize(
    ("before", "now", "percent"),
    [(200, 201, 1), (200, 199, -1), (1000, 1005, 1), (1000, 995, -1), (400, 398, -1), (1000, 1004, 0), (40, 0, -100)],
)
def test_halves_are_rounded_away_from_nought_in_both_directions(before: int, now: int, percent: int) -> None:
    counts = pd.DataFrame({"2017/18": [before], "2018/19": [now]}, index=["x"])
    assert recorded_crime_table(counts).table["percent_change"].tolist() == [percent]


def test_a_base_of_nought_has_no_percentage_and_blank_years_no_change() -> None:
    counts = pd.DataFrame({"2017/18": [0, None, 50], "2018/19": [4, 7, None]}, index=["new", "unknown", "gone"])
    printed = recorded_crime_table(counts.astype("Int64"), smallest_base=0).printed
    assert printed[["Number change", "% change"]].to_numpy().tolist() == [["4", "No calc"], ["", ""], ["", ""]]
