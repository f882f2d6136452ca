"""Callouts: long, across, one row a call; totals checked, marks kept as intervals, gaps never filled."""

from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas, Reference
from hotspots.errors import DataRefused, SettingsRefused, VintageError
from hotspots.source_settings import CalloutsSource
from hotspots.sources import read_source
from hotspots.tables import CALLOUTS, Reading

NAMES = {"E01000001": "North", "E01000002": "South", "E01000003": "St Mary's"}
HEADING = "lsoa_code,period,count\n"
YEARS = ("2016/17", "2017/18")


def three_areas() -> Reference:
    squares = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(3)]
    table = pd.DataFrame({"code": list(NAMES), "name": list(NAMES.values()), "geometry": squares})
    lsoas = Areas("lsoa", "2011", "2011", False, "", table)
    return Reference(lsoas, None, (), {("lsoa", "2021"): frozenset({"E01000001", "E01099991", "E01099992"})})


def read(text: str, folder: Path, **changes: object) -> Reading:
    (folder / "callouts.csv").write_text(text, encoding="utf-8")
    return read_source(settings(**changes), folder=folder, reference=three_areas())


def settings(**changes: object) -> CalloutsSource:
    declared: dict[str, object] = {
        "id": "callouts", "kind": "callouts", "path": "callouts.csv", "vintage": "2011",
        "covers_from": date(2016, 4, 1), "covers_to": date(2018, 3, 31),
    }  # fmt: skip
    return CalloutsSource.model_validate(declared | changes)


def long_file(counts: dict[tuple[str, str], str] | None = None) -> str:
    """Every area and year with a count of 7, but for those in ``counts`` ("" as the whole row leaves it out)."""
    counts = counts or {}
    rows = [f"{code},{year},{counts.get((code, year), '7')}" for year in YEARS for code in NAMES]
    return HEADING + "".join(f"{row}\n" for row in rows)


def test_a_long_file_has_the_columns_declared_and_one_row_an_area_and_period(tmp_path: Path) -> None:
    reading = read(long_file(), tmp_path)
    assert reading.table.columns.tolist() == [column.name for column in CALLOUTS]
    assert reading.tally.sentence == "6 rows = 6 accepted + 0 rejected"
    first = reading.table.iloc[0]
    assert (first["area_code"], first["period"], first["lower"], first["upper"]) == ("E01000001", "2016/17", 7, 7)
    assert (first["period_start"], first["period_end"]) == (pd.Timestamp(2016, 4, 1), pd.Timestamp(2017, 3, 31))
    assert (first["category"], first["status"], first["file"], first["line"]) == ("all", "ok", "callouts.csv", 2)


def test_a_suppressed_count_is_the_interval_1_to_4(tmp_path: Path) -> None:
    reading = read(long_file({("E01000002", "2016/17"): "<5"}), tmp_path)
    hidden = reading.table[reading.table["status"] == "suppressed"]
    assert hidden[["area_code", "lower", "upper"]].to_numpy().tolist() == [["E01000002", 1, 4]]


def test_fault_005_a_thousands_separator_is_repaired_when_quoted_and_a_ragged_row_when_not(tmp_path: Path) -> None:
    quoted = read(long_file({("E01000002", "2016/17"): '"1,234"'}), tmp_path)
    assert quoted.table["lower"].max() == 1_234
    loose = read(long_file({("E01000002", "2016/17"): "1,234"}), tmp_path, absent="unknown")
    assert loose.rejects[["line", "reason", "value"]].to_numpy().tolist() == [[3, "ragged-row", "4 cells"]]
    assert loose.tally.sentence == "6 rows = 5 accepted + 1 rejected"


def test_a_dash_is_a_reject_that_names_the_cell(tmp_path: Path) -> None:
    reading = read(long_file({("E01000003", "2017/18"): "-"}), tmp_path)
    reject = reading.rejects.iloc[0]
    assert reject[["file", "line", "column", "value", "reason"]].tolist() == [
        "callouts.csv", 7, "count", "-", "missing-cell",
    ]  # fmt: skip
    assert reading.tally.sentence == "6 rows = 5 accepted + 1 rejected"


def test_a_count_that_cannot_be_read_is_refused_where_absent_means_zero(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r'line 7, E01000003 in 2017/18: \'-\'\), and absent = "zero" would make'):
        read(long_file({("E01000003", "2017/18"): "-"}), tmp_path, absent="zero")


def test_fault_010_a_repeated_area_and_period_is_refused_with_both_lines(tmp_path: Path) -> None:
    message = r"E01000001, 2016/17, all is given more than once: callouts.csv line 2 and callouts.csv line 8"
    with pytest.raises(DataRefused, match=message):
        read(long_file() + " e01000001,2016/17,3\n", tmp_path)


def test_an_unknown_code_is_a_reject(tmp_path: Path) -> None:
    reading = read(long_file() + "E01000009,2016/17,3\n", tmp_path)
    told = reading.rejects[["value", "reason", "detail"]].to_numpy().tolist()
    # A code of another district is a code of that year all the same.
    assert told == [["E01000009", "unknown-code", "not a code of the LSOA boundaries, 2011"]]


def test_more_than_half_unknown_codes_is_the_wrong_column(tmp_path: Path) -> None:
    rows = "".join(f"X{number},2016/17,3\n" for number in range(4))
    with pytest.raises(DataRefused, match=r"4 of 7 areas \(such as 'X0'\) are not LSOA codes"):
        read(long_file() + rows, tmp_path)


def test_codes_of_another_vintage_are_refused_by_its_name(tmp_path: Path) -> None:
    text = HEADING + "E01000001,2016/17,1\nE01099991,2016/17,1\nE01099992,2016/17,1\n"
    with pytest.raises(VintageError, match=r"2 codes \(such as E01099991\) belong to LSOA 2021"):
        read(text, tmp_path)


def test_a_declared_vintage_that_is_not_the_boundaries_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VintageError, match="declared LSOA vintage 2021, but the boundaries in use have 2011"):
        read(long_file(), tmp_path, vintage="2021")


def test_a_period_beyond_the_coverage_is_a_reject(tmp_path: Path) -> None:
    reading = read(long_file() + "E01000001,2018/19,3\n", tmp_path)
    assert reading.rejects[["column", "value", "reason"]].to_numpy().tolist() == [
        ["period", "2018/19", "outside-coverage"]
    ]


def test_a_missing_area_period_or_stretch_is_refused_until_absent_is_declared(tmp_path: Path) -> None:
    lines = long_file().splitlines(keepends=True)
    with pytest.raises(
        DataRefused, match=r"1 areas are absent from one of the periods \(such as E01000003 in 2017/18\)"
    ):
        read("".join(lines[:-1]), tmp_path)
    with pytest.raises(DataRefused, match=r"1 of 3 areas are absent \(such as E01000003\)"):
        read("".join(line for line in lines if "E01000003" not in line), tmp_path)
    with pytest.raises(DataRefused, match=r"nothing is given for part of the coverage \(such as 2017/18\)"):
        read("".join(line for line in lines if "2017/18" not in line), tmp_path)
    assert read("".join(lines[:-1]), tmp_path, absent="zero").tally.accepted == 5


def test_a_quarter_beside_its_year_would_be_counted_twice(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="2016/17 Q1 and 2016/17 overlap"):
        read(long_file() + "E01000001,2016/17 Q1,3\n", tmp_path)


def test_a_long_totals_row_is_checked_and_set_aside(tmp_path: Path) -> None:
    reading = read(long_file() + "total,2016/17,21\n", tmp_path)
    assert reading.tally.sentence == "7 rows = 6 accepted + 0 rejected + 1 totals"
    with pytest.raises(DataRefused, match=r"line 8: the total of 2016/17 is printed as 22, but the cells add up to 21"):
        read(long_file() + "Total,2016/17,22\n", tmp_path)


@pytest.mark.parametrize("word", ["Cyfanswm", "CYFANSWM:", "Cyfanswm / Total", "Total/Cyfanswm"])
def test_a_total_is_one_in_welsh_and_in_both_languages(tmp_path: Path, word: str) -> None:
    reading = read(long_file() + f"{word},2016/17,21\n", tmp_path)
    assert reading.tally.sentence == "7 rows = 6 accepted + 0 rejected + 1 totals"
    with pytest.raises(DataRefused, match=r"line 8: the total of 2016/17 is printed as 22, but the cells add up to 21"):
        read(long_file() + f"{word},2016/17,22\n", tmp_path)


def test_a_category_all_is_a_total_only_beside_other_categories(tmp_path: Path) -> None:
    columns = {"category": "category"}
    rows = [f"{code},{year},{kind},{count}" for code in NAMES for year in YEARS
            for kind, count in (("assault", 3), ("stabbing", 1), ("All", 4))]  # fmt: skip
    text = "lsoa_code,period,category,count\n" + "".join(f"{row}\n" for row in rows)
    reading = read(text, tmp_path, columns=columns)
    assert reading.tally.sentence == "18 rows = 12 accepted + 0 rejected + 6 totals"
    alone = "lsoa_code,period,category,count\n" + "".join(f"{code},{year},All,4\n" for code in NAMES for year in YEARS)
    assert read(alone, tmp_path, columns=columns).tally.accepted == 6


def test_names_are_accepted_only_through_the_declared_vintage(tmp_path: Path) -> None:
    rows = [
        f"{name},{year},2" for name in (" north", "South", "St Mary\N{RIGHT SINGLE QUOTATION MARK}s") for year in YEARS
    ]
    reading = read(HEADING + "\n".join([*rows, "East,2016/17,2"]), tmp_path, area_by="name")
    assert sorted(set(reading.table["area_code"])) == sorted(NAMES)
    assert reading.rejects[["value", "reason"]].to_numpy().tolist() == [["East", "unknown-name"]]


def test_calls_are_added_up_by_quarter_and_the_tally_counts_calls(tmp_path: Path) -> None:
    text = (
        "lsoa_code,date\n" + "E01000001,2016-04-01\nE01000001,2016-06-30\nE01000002,2016-07-01\nE01000001,2019-01-01\n"
    )
    reading = read(text, tmp_path, layout="calls", absent="zero")
    assert reading.table[["area_code", "period", "lower", "line"]].to_numpy().tolist() == [
        ["E01000001", "2016/17 Q1", 2, 2], ["E01000002", "2016/17 Q2", 1, 4],
    ]  # fmt: skip
    assert reading.tally.sentence == "4 rows = 3 accepted + 1 rejected"
    assert reading.rejects["reason"].tolist() == ["outside-coverage"]


def test_calls_of_a_quarter_that_is_partly_covered_are_named_by_what_is_covered(tmp_path: Path) -> None:
    text = "lsoa_code,date\nE01000001,2016-05-02\n"
    reading = read(text, tmp_path, layout="calls", absent="zero", covers_from=date(2016, 5, 1))
    assert reading.table["period"].tolist() == ["2016-05 to 2016-06"]


CROSSTAB = """Ambulance callouts,,,,,,
Assault 2016/17 to 2017/18,,,,,,
,,2016/17,,2017/18,,
LSOA,Name,Q1,Q2,Q1,Q2,Total
E01000001,North,1,2,3,4,10
E01000002,South,<5,0,0,5,6
E01000003,St Mary's,5,5,5,"1,005","1,020"
Total,,10,7,8,1014,1039

"Source: the ambulance trust; <5 is 1 to 4",,,,,,
"""


def test_quarters_under_merged_years_are_read_with_totals_and_notes_set_aside(tmp_path: Path) -> None:
    reading = read(CROSSTAB, tmp_path, layout="crosstab", absent="unknown")
    assert reading.table["period"].unique().tolist() == ["2016/17 Q1", "2016/17 Q2", "2017/18 Q1", "2017/18 Q2"]
    assert reading.tally.read == 12 + 8 + 1
    assert (reading.tally.accepted, dict(reading.tally.set_aside)) == (12, {"totals": 8, "notes": 1})
    assert (reading.table["lower"].sum(), reading.table["upper"].sum()) == (1_036, 1_039)
    assert reading.table.loc[reading.table["area_code"] == "E01000003", "line"].unique().tolist() == [7]


@pytest.mark.parametrize(
    ("given", "instead", "message"),
    [("Total,,10,", "Total,,11,",
      "line 8: the total of 2016/17 Q1 is printed as 11, but the cells add up to anything from 7 to 10"),
     ("Total,,10,", "Total,,6,", "the total of 2016/17 Q1 is printed as 6"),
     ("3,4,10", "3,4,12", "line 5: the row total of E01000001 is printed as 12, but the cells add up to 10"),
     ("1014,1039", "1014,99", "grand total is printed as 99")],
)  # fmt: skip
def test_a_printed_total_that_cannot_be_the_sum_is_refused(
    given: str, instead: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataRefused, match=message):
        read(CROSSTAB.replace(given, instead), tmp_path, layout="crosstab", absent="unknown")


def test_a_printed_total_below_cells_that_cannot_all_be_read_is_refused(tmp_path: Path) -> None:
    text = CROSSTAB.replace(",<5,", ",-,").replace("Total,,10,", "Total,,2,")
    with pytest.raises(DataRefused, match=r"printed as 2, but the cells add up to \d+ or more;"):
        read(text, tmp_path, layout="crosstab", absent="unknown")


def test_an_unknown_area_of_a_crosstab_is_a_reject_for_each_of_its_counts_with_the_period(tmp_path: Path) -> None:
    rows = "".join(f"{code},1,2\n" for code in (*NAMES, "E01000009"))
    reading = read("LSOA,2016/17,2017/18\n" + rows, tmp_path, layout="crosstab", columns={"area": "LSOA"})
    assert reading.rejects[["line", "value", "detail"]].to_numpy().tolist() == [
        [5, "E01000009", "not a code of the LSOA boundaries, 2011; its count of 2016/17"],
        [5, "E01000009", "not a code of the LSOA boundaries, 2011; its count of 2017/18"],
    ]


def test_a_dash_in_a_crosstab_names_its_row_and_period(tmp_path: Path) -> None:
    reading = read(CROSSTAB.replace(",<5,", ",-,"), tmp_path, layout="crosstab", absent="unknown")
    assert reading.rejects[["line", "column", "value", "reason"]].to_numpy().tolist() == [
        [6, "2016/17 Q1", "-", "missing-cell"]
    ]
    assert reading.tally.accepted == 11


def test_an_area_row_without_a_single_count_is_rejected_and_not_a_footnote(tmp_path: Path) -> None:
    text = "LSOA,2016/17,2017/18\nE01000001,1,2\nE01000002,,\nE01000003,3,4\nA note\n"
    reading = read(text, tmp_path, layout="crosstab")
    assert reading.rejects["reason"].tolist() == ["missing-cell", "missing-cell"]
    assert reading.tally.sentence == "7 rows = 4 accepted + 2 rejected + 1 notes"


def test_counts_without_an_area_are_rejected(tmp_path: Path) -> None:
    text = "LSOA,2016/17,2017/18\nE01000001,1,2\n,3,4\nE01000002,1,1\nE01000003,3,4\n"
    reading = read(text, tmp_path, layout="crosstab")
    assert reading.rejects[["line", "reason"]].to_numpy().tolist() == [[3, "missing-cell"], [3, "missing-cell"]]


def test_a_column_of_figures_that_names_no_period_is_refused_and_an_average_is_not_read(tmp_path: Path) -> None:
    rows = "E01000001,1,2,3\nE01000002,1,1,2\nE01000003,3,4,7\n"
    with pytest.raises(DataRefused, match=r"column 4 holds figures, but its heading '2018/19 \(p\)' names no period"):
        read("LSOA,2016/17,2017/18,2018/19 (p)\n" + rows, tmp_path, layout="crosstab")
    reading = read("LSOA,2016/17,2017/18,Average\n" + rows, tmp_path, layout="crosstab")
    assert reading.notes == ("columns worked out by the supplier were not read: Average",)


def test_two_columns_of_one_period_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="columns 2 and 3 both give 2016/17"):
        read("LSOA,2016/17,2016-17\nE01000001,1,2\n", tmp_path, layout="crosstab")


def test_bare_years_are_refused_under_financial_years_and_read_under_calendar_years(tmp_path: Path) -> None:
    text = "LSOA,2016,2017\nE01000001,1,2\nE01000002,1,1\nE01000003,3,4\n"
    with pytest.raises(DataRefused, match="no row of the first 50 names a period as financial years have them"):
        read(text, tmp_path, layout="crosstab")
    calendar = {"calendar": "calendar", "covers_from": date(2016, 1, 1), "covers_to": date(2017, 12, 31)}
    assert read(text, tmp_path, layout="crosstab", **calendar).tally.accepted == 6


def test_a_sheet_of_names_read_as_codes_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"no column before '2016/17' holds lsoa codes; set area_by"):
        read("Area,2016/17,2017/18\nNorth,1,2\n", tmp_path, layout="crosstab")


def test_a_workbook_with_typed_numbers_and_merged_years_is_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["Callouts"], [None, "2016/17", None, "2017/18", None], ["LSOA", "Q1", "Q2", "Q1", "Q2"],
                ["E01000001", 1, 2.0, 3, "*"], ["E01000002", 0, 0, 0, 0], ["E01000003", 1, 1, 1, 1],
                ["Total", 2, 3, 4, 4]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("B2:C2")
    workbook.save(tmp_path / "callouts.xlsx")
    source = settings(
        path="callouts.xlsx", format="xlsx", layout="crosstab", suppressed={"*": (1, 4)}, absent="unknown"
    )
    reading = read_source(source, folder=tmp_path, reference=three_areas())
    assert (reading.tally.accepted, reading.table["upper"].sum()) == (12, 14)
    assert reading.table.loc[0, "line"] == 4


def test_a_suppression_mark_must_stand_for_a_possible_interval() -> None:
    with pytest.raises(ValueError, match="smallest to largest"):
        settings(suppressed={"*": (4, 1)})


def test_filters_keep_rows_by_the_values_of_a_heading(tmp_path: Path) -> None:
    text = "lsoa_code,period,count,code\n" + "".join(
        f"{code},{year},2,{kind}\n" for code in NAMES for year in YEARS for kind in ("4", "31")
    )
    reading = read(text, tmp_path, filters={"Code": ("4",)})
    assert reading.tally.sentence == "12 rows = 6 accepted + 0 rejected + 6 filtered out"


def test_an_unknown_encoding_is_a_mistake_of_the_area_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="'klingon' does not decode"):
        read(long_file(), tmp_path, encoding="klingon")


def test_tidied_codes_are_counted_in_a_note(tmp_path: Path) -> None:
    text = long_file().replace("E01000002", " e01000002")
    assert read(text, tmp_path).notes == ("2 area codes were tidied (spaces, case or a trailing .0)",)


def test_a_mistyped_area_beside_one_without_rows_is_said_to_be_looked_at(tmp_path: Path) -> None:
    text = long_file().replace("E01000003,", "E01000009,")
    reading = read(text, tmp_path, absent="zero")
    assert set(reading.rejects["reason"]) == {"unknown-code"}
    assert reading.notes[-1].startswith(
        "2 counts are of unknown areas and were rejected, while 1 of our areas has no row"
    )


@pytest.mark.parametrize(
    ("month_format", "written"),
    [("%b-%y", ("Apr-16", "may-16")), ("%d/%m/%Y", ("01/04/2016", "01/05/2016")), ("%Y%m", ("201604", "201605"))],
)
@pytest.mark.parametrize("layout", ["long", "crosstab"])
def test_months_are_read_as_the_source_says_they_are_written(
    tmp_path: Path, month_format: str, written: tuple[str, str], layout: str
) -> None:
    down = HEADING + "".join(f"{code},{month},7\n" for month in written for code in NAMES)
    across = f"lsoa_code,{','.join(written)}\n" + "".join(f"{code},7,7\n" for code in NAMES)
    reading = read(
        down if layout == "long" else across, tmp_path, layout=layout, month_format=month_format,
        covers_to=date(2016, 5, 31),
    )  # fmt: skip
    assert reading.table["period"].value_counts().to_dict() == {"2016-04": 3, "2016-05": 3}
    assert reading.tally.sentence == "6 rows = 6 accepted + 0 rejected"


def test_a_day_in_the_middle_of_a_month_names_no_month(tmp_path: Path) -> None:
    text = HEADING + "E01000001,01/04/2016,7\nE01000001,15/05/2016,7\n"
    reading = read(text, tmp_path, month_format="%d/%m/%Y", absent="zero")
    assert reading.rejects["detail"].tolist() == [
        "'15/05/2016' is not the first of a month, by which months are written here"
    ]


def test_a_way_to_write_months_without_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="no way to write a date: it needs year, month and"):
        settings(month_format="%B")


def test_periods_that_nothing_could_be_read_of_are_named_before_the_areas_that_are_then_absent(tmp_path: Path) -> None:
    with pytest.raises(
        DataRefused, match=r"rows rejected: 1 \(the first: callouts.csv line 2, column period, 'Apr-16'"
    ):
        read(HEADING + "E01000001,Apr-16,7\n", tmp_path)


WHOLE_TRUST = "".join(f"E0100{1000 + at},{year},3\n" for at in range(5) for year in YEARS)


def test_a_file_of_a_larger_area_is_read_where_it_is_declared_to_be_one(tmp_path: Path) -> None:
    """A trust sends every LSOA that it serves: 5 of the 8 areas named are not ours."""
    with pytest.raises(DataRefused, match=r"5 of 8 areas .* elsewhere = true"):
        read(long_file() + WHOLE_TRUST, tmp_path)
    reading = read(long_file() + WHOLE_TRUST + "Total,2016/17,40\nE9900001,2016/17,4\n", tmp_path, elsewhere=True)
    assert reading.tally.sentence == "18 rows = 6 accepted + 1 rejected + 1 totals + 10 elsewhere"
    assert reading.rejects["value"].tolist() == ["E9900001"]
    assert reading.table["lower"].sum() == 42
    assert not any("elsewhere" in note for note in reading.notes)


def test_of_a_larger_area_it_is_said_when_one_of_ours_is_not_in_the_file(tmp_path: Path) -> None:
    lacking = "".join(line for line in long_file().splitlines(keepends=True) if "E01000002" not in line)
    reading = read(lacking + WHOLE_TRUST, tmp_path, elsewhere=True, absent="zero")
    assert reading.notes == (
        "5 areas of the file are elsewhere, and 1 of ours (such as E01000002) are not in it: are the codes of another "
        "vintage?",
    )


def test_codes_of_another_vintage_are_not_taken_for_codes_elsewhere(tmp_path: Path) -> None:
    later = long_file().replace("E01000002", "E01099991").replace("E01000003", "E01099992")
    with pytest.raises(VintageError, match=r"2 codes \(such as E01099991\) belong to LSOA 2021"):
        read(later + WHOLE_TRUST, tmp_path, elsewhere=True)


def test_single_calls_of_a_larger_area_are_set_aside_and_names_cannot_be(tmp_path: Path) -> None:
    calls = "lsoa_code,date\n" + "E01000001,2016-05-01\n" * 4 + "W01000009,2016-05-01\n" * 3
    columns = {"area": "lsoa_code", "date": "date"}
    reading = read(calls, tmp_path, layout="calls", columns=columns, elsewhere=True, absent="zero")
    assert reading.tally.sentence == "7 rows = 4 accepted + 0 rejected + 3 elsewhere"
    with pytest.raises(ValueError, match="elsewhere needs codes"):
        settings(elsewhere=True, area_by="name")
