"""Tables as forces and councils publish them, made again from their files; every answer was worked out by hand."""

import csv
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from hotspots.cli import application
from hotspots.errors import DataRefused
from hotspots.sources.year_counts import read_year_counts

# Marks and signs as the statistics office writes them; the answers are in the last three columns.
MARKED = """\
Table A3: Police recorded crime by offence group [note 1],,,,,,,
Offence,2019/20,2020/21,2021/22,2022/23 r,2023/24,2024/25 [p],Change
Violence against the person,"8,412","7,903","9,118","9,640 r","9,402","9,087 p",x
Homicide,3,1,-,2,4,4 p,x
Residential burglary,"1,204",811,802,"880[note 3]",864,"760 (p)",x
Vehicle offences,"1 310","1 102","1 188","1 250","1 200","1 194",x
Bicycle theft,402,[x],310,296,200,199 p,x
Theft from the person,160,48,96,150,200,201 p,x
Fraud,..,..,..,..,..,..,x
Modern slavery,0,0,2,3,0,5 p,x
Sexual offences,610,*,[c],700,720 b,828 p,x
Drug offences,500,480,470,460,450,,x
r: revised; p: provisional,,,,,,,
"""
# Means by hand: 44475/5 = 8,895.0; 10/4 = 2.5; 4561/5 = 912.2; 6050/5 = 1,210.0; 1208/4 = 302.0; 654/5 = 130.8;
# 5/5 = 1.0; 2030/3 is of three years; 2360/5 = 472.0.
ANSWERS = {
    "Violence against the person": ("8895", "-315", "-3"),  # -3.35
    "Homicide": ("2.5", "0", "No calc"),  # of four years
    "Residential burglary": ("912.2", "-104", "-12"),  # -12.04
    "Vehicle offences": ("1210", "-6", "-1"),  # -0.5: away from nought
    "Bicycle theft": ("302", "-1", "-1"),  # -0.5 again, of four years
    "Theft from the person": ("130.8", "1", "1"),  # 0.5
    "Modern slavery": ("1", "5", "No calc"),  # a base of nought
    "Sexual offences": ("", "108", "15"),  # 15.0 exactly; three of five years are no mean
    "Drug offences": ("472", "", ""),  # the current year is not known
    "Fraud": ("", "", ""),  # a type of which nothing is known
}


def made(folder: Path, file: Path, *options: str) -> tuple[dict[str, tuple[str, str, str]], str]:
    done = CliRunner().invoke(application, ["assessment", str(file), "--to", str(folder / "table.csv"), *options])
    assert done.exit_code == 0, (done.output, done.exception)
    with (folder / "table.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["type"]: row for row in csv.DictReader(stream)}
    shown = {name: (row["mean"], row["number_change"], row["percent_change"]) for name, row in rows.items()}
    return shown, done.output


def test_marks_of_the_publisher_are_taken_off_and_told_and_every_answer_is_the_one_worked_by_hand(
    tmp_path: Path,
) -> None:
    (tmp_path / "a3.csv").write_text(MARKED, encoding="utf-8-sig")
    shown, said = made(tmp_path, tmp_path / "a3.csv")
    assert shown == ANSWERS
    assert "11 rows = 10 types + 1 without numbers." in said
    assert "Columns that name no year: Change." in said
    assert "Provisional, and may still change: 2024/25." in said
    assert "Revised by the publisher: counts of 2022/23." in said
    assert "Marked as a break in the series: 2023/24" in said
    assert "Counts of 2022/23 carry footnotes in the file: read them." in said
    assert "Mean of 4 years instead of 5: Homicide, Bicycle theft." in said


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_same_table_in_long_form_and_as_a_workbook_has_the_same_answers(tmp_path: Path, kind: str) -> None:
    lines = list(csv.reader(MARKED.splitlines()))
    years = lines[1][1:7]
    rows = [[row[0], year, cell] for row in lines[2:12] for year, cell in zip(years, row[1:7], strict=True)]
    table = [["Recorded crime"], [], ["Crime type", "Financial year", "Number of offences"], *rows]
    file = tmp_path / f"long.{kind}"
    if kind == "csv":
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(table)
    else:
        book = openpyxl.Workbook()
        for row in table:
            # A workbook has numbers where nothing stands beside them.
            book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
        book.save(file)
    shown, said = made(tmp_path, file)
    assert shown == ANSWERS
    assert "Provisional, and may still change: 2024/25." in said


# A second table, of another force: a part of a year, a year that is not there, and the base just above and below.
PARTIAL = """\
Crime type;2019-20;2020-21;2022-23;2023-24;2024-25 (Apr-Dec)
Robbery;45;31;9;10;12
Arson;10;10;10;9;1
Shoplifting;1.250;1.000;800;1.000;1
"""


def test_a_part_of_a_year_is_never_compared_with_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(PARTIAL.replace("1.250", "1250").replace("1.000", "1000"), encoding="utf-8")
    shown, said = made(tmp_path, tmp_path / "b.csv")
    # Of the five years before 2023/24 three are there: no mean. 9 is below the base of 10, and 10 is not.
    assert shown == {
        "Robbery": ("", "1", "No calc"),
        "Arson": ("", "-1", "-10"),
        "Shoplifting": ("", "200", "25"),
    }
    assert "Columns that name no year: 2024-25 (Apr-Dec)." in said
    shown, _ = made(tmp_path, tmp_path / "b.csv", "--least-years", "3", "--smallest-base", "9")
    # 85/3 = 28.33, 30/3 = 10, 3050/3 = 1016.67
    assert shown["Robbery"] == ("28.3", "1", "11")
    assert (shown["Arson"][0], shown["Shoplifting"][0]) == ("10", "1016.7")


def test_the_year_before_that_is_not_in_the_file_leaves_no_change(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(PARTIAL.replace("1.250", "1250").replace("1.000", "1000"), encoding="utf-8")
    shown, _ = made(tmp_path, tmp_path / "b.csv", "--current", "2022/23")
    assert {answer[1:] for answer in shown.values()} == {("", "")}


@pytest.mark.parametrize("cell", ["<5", "12.5", "1.250,0", "about 4", "(5)", "12 x", "r"])
def test_what_is_no_count_with_a_mark_stays_refused(tmp_path: Path, cell: str) -> None:
    (tmp_path / "c.csv").write_text(f'Type,2017/18,2018/19\nDrugs,1,"{cell}"\n', encoding="utf-8")
    with pytest.raises(DataRefused, match=r"line 2, 2018/19: .* is no count"):
        read_year_counts(tmp_path / "c.csv")
