"""A supplier's file, looked at: proposals with reasons, what is sure, what only a person can say, nothing guessed."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from hotspots.areas import Reference
from hotspots.cli import application
from hotspots.errors import FileRefused, UsageError
from hotspots.settings import load_area
from hotspots.source_settings import (
    CalloutsSource,
    EdAttendancesSource,
    IncidentsSource,
    NeedleFindsSource,
    PopulationSource,
    PremisesSource,
)
from hotspots.sources.sniff import Proposal, sniff
from hotspots.sources.sniff.fields import KINDS

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "callouts": CalloutsSource, "ed_attendances": EdAttendancesSource, "incidents": IncidentsSource,
    "needle_finds": NeedleFindsSource, "population": PopulationSource, "premises": PremisesSource,
}  # fmt: skip
FINDS = "Ref No,Date Reported,Easting,Northing,No of needles,Location\n"


def look(folder: Path, content: str | bytes, name: str = "finds.csv", **options: object) -> Proposal:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return sniff(folder / name, **options)  # type: ignore[arg-type]


def how(made: Proposal) -> dict[str, str]:
    return {found.key: found.how for found in made.findings}


def options(made: Proposal, key: str) -> list[object]:
    return next(list(found.options) for found in made.findings if found.key == key)


def test_a_plain_file_has_its_columns_and_its_one_possible_date_format(tmp_path: Path) -> None:
    made = look(
        tmp_path, FINDS + "A1,23/04/2018,545420,258440,3,Jesus Green\nA2,01/05/2018,545430,258450,<5,Mill Road\n"
    )
    assert made.kind == "needle_finds"
    assert made.columns == {
        "find_id": "Ref No", "date": "Date Reported", "quantity": "No of needles", "easting": "Easting",
        "northing": "Northing", "location_text": "Location",
    }  # fmt: skip
    assert made.settings["date_format"] == "%d/%m/%Y"
    assert made.rows["date"].tolist() == ["2018-04-23", "2018-05-01"]


def test_a_day_that_could_be_a_month_is_for_somebody_to_decide(tmp_path: Path) -> None:
    made = look(tmp_path, FINDS + "A1,03/04/2018,545420,258440,3,x\nA2,05/06/2018,545430,258450,1,y\n")
    assert options(made, "date_format") == ["%d/%m/%Y", "%m/%d/%Y"]
    assert how(made)["date_format"] == "decide"
    assert "date_format" not in made.settings
    assert '# decide: date_format = "%d/%m/%Y" or "%m/%d/%Y"' in made.section
    assert made.rows["date"].tolist() == ["03/04/2018", "05/06/2018"]
    given = sniff(tmp_path / "finds.csv", given={"date_format": "%d/%m/%Y"})
    assert given.settings["date_format"] == "%d/%m/%Y"


def test_coverage_and_what_absent_means_are_never_taken_from_rows(tmp_path: Path) -> None:
    made = look(tmp_path, FINDS + "A1,23/04/2018,545420,258440,3,x\n")
    assert (how(made)["covers_from"], how(made)["absent"], how(made)["policy"]) == ("confirm", "decide", "decide")
    assert "\ncovers_from" not in made.section
    assert "# confirm: covers_from = 2018-04-23" in made.section


@pytest.mark.parametrize(
    ("content", "encoding", "certain"),
    [
        ("é".encode(), "utf-8", "sure"),
        ("é".encode("cp1252"), "cp1252", "confirm"),
        (b"\x81", "latin-1", "confirm"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(tmp_path: Path, content: bytes, encoding: str, certain: str) -> None:
    made = look(tmp_path, FINDS.encode() + b"A1,23/04/2018,545420,258440,3,Caf" + content + b"\n")
    assert (options(made, "encoding"), how(made)["encoding"]) == ([encoding], certain)


def test_a_byte_order_mark_is_not_part_of_the_first_heading(tmp_path: Path) -> None:
    made = look(tmp_path, b"\xef\xbb\xbf" + FINDS.encode() + b"A1,23/04/2018,545420,258440,3,x\n")
    assert made.columns["find_id"] == "Ref No"


def test_utf_16_of_a_spreadsheet_program_is_read(tmp_path: Path) -> None:
    made = look(tmp_path, (FINDS + "A1,23/04/2018,545420,258440,3,x\n").encode("utf-16"))
    assert options(made, "encoding") == ["utf-16"]
    assert made.kind == "needle_finds"


@pytest.mark.parametrize(("name", "sign"), [("semicolon", ";"), ("tab", "\t"), ("pipe", "|")])
def test_the_delimiter_is_the_sign_that_cuts_most_records_alike(tmp_path: Path, name: str, sign: str) -> None:
    text = (FINDS + "A1,23/04/2018,545420,258440,3,x\n").replace(",", sign)
    assert options(look(tmp_path, text), "delimiter") == [name]


def test_a_file_of_carriage_returns_alone_is_a_file_of_rows(tmp_path: Path) -> None:
    made = look(
        tmp_path, (FINDS + "A1,23/04/2018,545420,258440,3,x\nA2,24/04/2018,545420,258440,1,y\n").replace("\n", "\r")
    )
    assert len(made.rows) == 2


def test_a_file_without_headings_is_named_by_what_it_holds(tmp_path: Path) -> None:
    made = look(tmp_path, "23/04/2018,545420.5,258440.2,3\n24/04/2018,545421.5,258441.2,12\n")
    assert options(made, "headings") == [["date", "easting", "northing", "number"]]
    assert how(made)["headings"] == "confirm"
    assert made.kind == "needle_finds"
    assert len(made.rows) == 2


def test_counts_by_area_and_quarter_without_headings_are_told_though_the_first_is_hidden(tmp_path: Path) -> None:
    rows = [f"E0102932{at},2016/17 Q{quarter},<5" for at in (2, 4) for quarter in (1, 2, 3)]
    made = look(tmp_path, "\n".join(rows) + "\n", "calls.csv")
    assert (made.kind, options(made, "headings")) == ("callouts", [["area code", "period", "number"]])
    assert made.columns == {"area": "area code", "period": "period", "count": "number"}
    # A crosstab's own heading row holds periods too, and is one.
    crosstab = look(tmp_path, "LSOA,2015/16,2016/17\nE01029322,<5,7\nE01029324,6,<5\n", "crosstab.csv")
    assert "headings" not in how(crosstab)


def test_ages_across_the_top_are_headings_and_not_a_file_without_them(tmp_path: Path) -> None:
    made = look(tmp_path, "LSOA11CD,all_ages,0,1,2\nE01017943,1500,12,13,14\n", "population.csv")
    assert (made.kind, made.columns) == ("population", {"area": "LSOA11CD", "population": "all_ages"})
    assert "headings" not in how(made)


def test_a_crosstab_with_titles_merged_years_and_footnotes_is_told_from_a_long_file(tmp_path: Path) -> None:
    text = (
        "Assault callouts\n\n,,2016/17,,2017/18,\nLSOA code,Name,Q1,Q2,Q1,Q2\n"
        "E01017943,A,3,<5,4,*\nE01017944,B,1,2,3,4\n* provisional\n"
    )
    made = look(tmp_path, text, "callouts.csv")
    assert (made.kind, options(made, "layout"), made.columns) == ("callouts", ["crosstab"], {"area": "LSOA code"})
    assert options(made, "suppressed") == [{"*": (1, 4), "<5": (1, 4)}]
    assert how(made)["suppressed"] == "confirm"
    assert options(made, "calendar") == ["financial"]
    assert [str(day) for day in options(made, "covers_from") + options(made, "covers_to")] == [
        "2016-04-01",
        "2017-09-30",
    ]


def test_bare_quarters_of_bare_years_could_be_of_either_calendar(tmp_path: Path) -> None:
    made = look(tmp_path, "lsoa,period,count\nE01017943,2016 Q1,3\nE01017944,2016 Q2,5\n", "callouts.csv")
    assert (options(made, "calendar"), how(made)["calendar"]) == (["financial", "calendar"], "decide")


@pytest.mark.parametrize(
    ("months", "month_format"),
    [(("Apr-16", "May-16", "Jul-16"), "%b-%y"), (("01/04/2016", "01/05/2016", "01/07/2016"), "%d/%m/%Y"),
     (("04/2016", "05/2016", "07/2016"), "%m/%Y"), (("201604", "201605", "201607"), "%Y%m")],
)  # fmt: skip
@pytest.mark.parametrize("layout", ["long", "crosstab"])
def test_months_as_spreadsheets_write_them_are_proposed_with_their_format(
    tmp_path: Path, months: tuple[str, ...], month_format: str, layout: str
) -> None:
    across = f"LSOA,{','.join(months)}\nE01017943,3,0,5\nE01017944,1,2,3\n"
    down = "LSOA,Month,Count\n" + "".join(f"E01017943,{month},3\nE01017944,{month},0\n" for month in months)
    made = look(tmp_path, across if layout == "crosstab" else down, "callouts.csv")
    assert (made.kind, options(made, "layout"), options(made, "month_format")) == ("callouts", [layout], [month_format])
    assert how(made)["month_format"] == "confirm"
    ends = options(made, "covers_from") + options(made, "covers_to")
    assert [str(day) for day in ends] == ["2016-04-01", "2016-07-31"]


def test_headings_that_are_numbers_of_days_are_not_taken_for_months_of_other_millennia(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its columns are those of no kind of source"):
        look(tmp_path, "LSOA,42461,42491,42522\nE01017943,3,0,5\nE01017944,1,2,3\n", "callouts.csv")


def test_first_days_of_quarters_are_not_proposed_as_months(tmp_path: Path) -> None:
    rows = "".join(f"E01017943,01/{month}/2016,3\n" for month in ("04", "07", "10"))
    made = look(tmp_path, "LSOA,Period,Count\n" + rows, "callouts.csv", kind="callouts")
    assert "month_format" not in how(made)


def test_one_row_a_call_is_proposed_where_there_is_a_date_and_no_count(tmp_path: Path) -> None:
    made = look(
        tmp_path,
        "LSOA,Call date,Complaint\nE01017943,23/04/2018,4\nE01017944,24/04/2018,27\n",
        "calls.csv",
        kind="callouts",
    )
    assert options(made, "layout") == ["calls"]


def test_several_sheets_are_for_somebody_to_choose_from(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Read me"
    book.active.append(["This workbook has needle finds."])
    sheet = book.create_sheet("Finds")
    sheet.append(["Date reported", "Easting", "Northing", "Needles"])
    sheet.append(["23/04/2018", 545420, 258440, 3])
    book.save(tmp_path / "finds.xlsx")
    made = sniff(tmp_path / "finds.xlsx")
    assert (made.kind, options(made, "sheet"), how(made)["sheet"]) == ("needle_finds", ["Finds"], "confirm")
    again = book.create_sheet("More finds")
    for row in sheet.iter_rows(values_only=True):
        again.append(row)
    book.save(tmp_path / "finds.xlsx")
    with pytest.raises(UsageError, match=r"3 sheets .Read me, Finds, More finds; Finds, More finds.: give --set"):
        sniff(tmp_path / "finds.xlsx")
    assert sniff(tmp_path / "finds.xlsx", given={"sheet": "Finds"}).settings["sheet"] == "Finds"


def test_merged_cells_are_seen(tmp_path: Path) -> None:
    rows = "".join(f"{'23/04/2018' if at % 4 == 0 else ''},545420,258440,{at + 1},x\n" for at in range(12))
    made = look(tmp_path, "Date,Easting,Northing,Needles,Location\n" + rows)
    assert (options(made, "fill_down"), how(made)["fill_down"]) == ([["Date"]], "confirm")


def test_footnotes_inside_the_data_are_noted(tmp_path: Path) -> None:
    made = look(tmp_path, FINDS + "A1,23/04/2018,545420,258440,3,x\n* figures are provisional\n")
    assert any("1 row below the headings holds one cell" in note for note in made.notes)


def test_counts_that_are_blank_or_a_dash_are_noted_before_check_refuses_them(tmp_path: Path) -> None:
    rows = (
        "LSOA code,2016/17,2017/18,2018/19\nE01017943,3,-,4\nE01017944,1,2,\nE01017945,5,<5,0\n"
        + "E01017946,1,2,3\n" * 6
    )
    made = look(tmp_path, rows, "callouts.csv")
    assert [note for note in made.notes if "counts" in note] == [
        "2 counts are not given ('', '-'): none is taken for zero; ask the supplier, and declare what they stand for "
        'under suppressed ("-" = [0, 0] is none)'
    ]
    assert options(made, "suppressed") == [{"<5": (1, 4)}]


def test_a_column_of_counts_that_are_mostly_dashes_is_still_the_column_of_counts(tmp_path: Path) -> None:
    """In a small district most areas had no callout in most months, and some suppliers write a dash for that."""
    rows = "Month,LSOA,LSOA name,No. of calls\n" + "".join(
        f"{month},E0102034{at},Christchurch 001{'ABC'[at]},{' - ' if at else '<5'}\n"
        for month in ("Apr-16", "May-16")
        for at in range(3)
    )
    made = look(tmp_path, rows, "callouts.csv")
    assert (made.kind, made.columns) == (
        "callouts", {"area": "LSOA", "count": "No. of calls", "period": "Month"}
    )  # fmt: skip
    assert options(made, "suppressed") == [{"<5": (1, 4)}]
    assert [note for note in made.notes if note.startswith("4 counts are not given ('-')")]


def test_a_total_below_a_column_of_months_does_not_hide_how_the_months_are_written(tmp_path: Path) -> None:
    months = ("Apr-16", "May-16", "Jun-16", "Jul-16", "Aug-16", "Sep-16")
    rows = "Month,LSOA,Calls\n" + "".join(f"{month},E01020343,2\n" for month in months)
    made = look(tmp_path, rows + "Total,,12\n", "callouts.csv")
    assert options(made, "month_format") == ["%b-%y"]
    assert (options(made, "covers_from"), options(made, "covers_to")) == ([date(2016, 4, 1)], [date(2016, 9, 30)])


@pytest.mark.parametrize("heading", ["House clearance", "In property?", "Inside a dwelling", "Indoors (Y/N)"])
def test_finds_inside_homes_are_told_by_the_words_suppliers_use(tmp_path: Path, heading: str) -> None:
    """A column that is not read would let finds in homes be shown as points."""
    rows = f"Date Reported,Easting,Northing,No of needles,{heading}\n23/04/2018,545420,258440,3,Y\n"
    assert look(tmp_path, rows).columns["is_house_clearance"] == heading


def test_a_file_that_could_be_anything_is_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its columns are those of no kind of source; say which with --kind"):
        look(tmp_path, "a,b\nc,d\n")
    with pytest.raises(UsageError, match="there is no kind 'weather'"):
        look(tmp_path, FINDS + "A1,23/04/2018,1,2,3,x\n", kind="weather")
    with pytest.raises(FileRefused, match="it is a web page"):
        look(tmp_path, "<html>not found</html>")


def sniffed(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(application, ["sources", "sniff", *map(str, arguments)])
    assert done.exit_code == code or (code and done.exception), done.output
    return done.output + (str(done.exception) if code else "")


def test_the_command_shows_the_section_and_writes_it_only_when_nothing_is_open(tmp_path: Path) -> None:
    area = tmp_path / "hotspots.toml"
    area.write_text('[area]\nname = "Norwich"\n', encoding="utf-8")
    (tmp_path / "finds.csv").write_text(FINDS + "A1,03/04/2018,545420,258440,3,x\n", encoding="utf-8")
    said = sniffed(tmp_path / "finds.csv", "--area", area)
    assert '# decide: date_format = "%d/%m/%Y" or "%m/%d/%Y"' in said
    refused = sniffed(tmp_path / "finds.csv", "--area", area, "--write", "--confirm", code=2)
    assert "not written, for these are open: date_format" in refused
    assert area.read_text(encoding="utf-8") == '[area]\nname = "Norwich"\n'
    sniffed(
        tmp_path / "finds.csv", "--area", area, "--write", "--set", "date_format=%d/%m/%Y", "--set", "absent=zero",
        "--set", "policy=controlled", "--set", "covers_from=2018-04-01", "--set", "covers_to=2019-03-31",
    )  # fmt: skip
    source = load_area(area).source("needle_finds")
    assert (source.path, source.date_format, source.columns.quantity) == ("finds.csv", "%d/%m/%Y", "No of needles")


@pytest.mark.parametrize(
    ("dates", "how", "options"),
    [
        (["01/05/2018", "", "", "13/05/2018", ""], "confirm", (["Date"],)),
        (["01/05/2018", "", "13/05/2018", "14/05/2018", "15/05/2018"], "decide", (["Date"], [])),
        (["01/05/2018", *["13/05/2018"] * 18, ""], "none", ()),
    ],
)
def test_dates_blank_below_others_are_merged_cells_or_lacking_and_somebody_says_which(
    dates: list[str], how: str, options: tuple[list[str], ...], tmp_path: Path
) -> None:
    rows = "".join(f"{day},54500{at % 10},25840{at % 10},3,park\n" for at, day in enumerate(dates))
    made = look(tmp_path, "Date,Easting,Northing,Needles,Land\n" + rows, kind="needle_finds")
    found = [finding for finding in made.findings if finding.key == "fill_down"]
    assert [(finding.how, finding.options) for finding in found] == ([(how, options)] if options else [])


def test_the_first_rows_are_shown_whole_on_a_narrow_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten columns of eight characters each told nobody whether 2016-… is a day or a month."""
    monkeypatch.setattr("hotspots.cli.sources.console.width", 80, raising=False)
    heading = "find_id,date_reported,quantity,easting,northing,land_type,reported_by,is_house_clearance,is_batch"
    row = "NF0001,2016-04-01,12,545019,258430,public_highway [north side],officer_patrol,no,no"
    (tmp_path / "finds.csv").write_text(f"{heading}\n{row}\n", encoding="utf-8")
    said = sniffed(tmp_path / "finds.csv", "--area", tmp_path / "hotspots.toml")
    shown = said.partition("[[sources]]")[0]
    assert max(map(len, shown.splitlines())) <= 80
    cells = [cell.strip() for line in shown.splitlines() if "│" in line for cell in line.strip("│").split("│")]
    assert sorted(cells) == sorted(row.split(","))


def test_a_section_that_would_spoil_the_area_file_leaves_it_alone(tmp_path: Path) -> None:
    area = tmp_path / "hotspots.toml"
    area.write_text('[area]\nname = "Norwich"\n', encoding="utf-8")
    (tmp_path / "finds.csv").write_text(FINDS + "A1,23/04/2018,545420,258440,3,x\n", encoding="utf-8")
    given = ("absent=zero", "policy=secret", "covers_from=2018-04-01", "covers_to=2019-03-31")
    refused = sniffed(
        tmp_path / "finds.csv", "--area", area, "--write", *(x for g in given for x in ("--set", g)), code=1
    )
    assert "was not changed" in refused
    assert area.read_text(encoding="utf-8") == '[area]\nname = "Norwich"\n'


def test_the_section_of_an_emergency_department_is_one_that_the_area_file_takes(tmp_path: Path) -> None:
    area = tmp_path / "hotspots.toml"
    area.write_text('[area]\nname = "Norwich"\n', encoding="utf-8")
    rows = "16/06/2017 01:20,15/06/2017,fist,Prince of Wales Road\n30/06/2017 23:10,30/06/2017,glass,Tombland\n"
    headings = "Arrival date/time,Incident date,Assault weapon,Assault location\n"
    (tmp_path / "ed.csv").write_text(headings + rows, encoding="utf-8")
    made = sniff(tmp_path / "ed.csv")
    assert made.rows[["arrival", "incident_date"]].to_numpy().tolist() == [
        ["2017-06-16", "2017-06-15"], ["2017-06-30", "2017-06-30"]
    ]  # fmt: skip
    sniffed(
        tmp_path / "ed.csv", "--area", area, "--write", "--confirm", "--set", "absent=zero", "--set", "policy=health"
    )
    source = load_area(area).source("ed_attendances")
    assert (source.date_format, source.columns.incident_date) == ("%d/%m/%Y %H:%M", "Incident date")


@pytest.mark.parametrize("kind", [kind for kind, fields in KINDS.items() if fields])
def test_every_column_that_could_be_proposed_is_one_that_the_area_file_knows(kind: str) -> None:
    known = type(SETTINGS[kind].model_fields["columns"].default).model_fields
    assert [field.key for field in KINDS[kind] if field.key not in known] == []


@pytest.mark.parametrize("name", ["callouts", "needle_finds", "population", "premises", "incidents"])
def test_every_sample_file_is_told_for_what_it_is(name: str) -> None:
    from hotspots.boundaries import load_reference

    reference = load_reference(load_area(ROOT / "hotspots.toml"))
    made = sniff(ROOT / f"geo/sample/{name}.csv", reference=reference)
    assert made.kind == name
    declared = load_area(ROOT / "hotspots.toml").source(name)
    if "vintage" in made.settings:
        assert made.settings["vintage"] == declared.vintage
    if "date_format" in made.settings:
        assert made.settings["date_format"] == declared.date_format


def test_codes_that_change_vintage_are_told_with_the_last_day_of_the_first(tmp_path: Path) -> None:
    known = {
        ("lsoa", "2011"): frozenset({"E01000001", "E01000004"}),
        ("lsoa", "2021"): frozenset({"E01000001", "E01034003", "E01034004"}),
    }
    here = Reference(None, None, (), known)
    years = "lsoa_code,period,count\nE01000001,2016/17,9\nE01000004,2016/17,9\nE01034003,2017/18,3\n"
    made = look(tmp_path, years, reference=here)
    assert (options(made, "vintage"), options(made, "vintage_until")) == (["2011"], [date(2017, 3, 31)])
    assert (how(made)["vintage"], how(made)["vintage_until"]) == ("confirm", "confirm")
    # Both in one year: nothing to propose.
    made = look(tmp_path, years + "E01034003,2016/17,3\n", reference=here)
    assert (options(made, "vintage"), how(made)["vintage"]) == (["2011", "2021"], "decide")
    assert "vintage_until" not in how(made)


@pytest.mark.parametrize("headings", ["Area;LSOA code", "LSOA code;Area"])
def test_of_a_column_of_codes_and_one_of_names_the_codes_are_proposed(tmp_path: Path, headings: str) -> None:
    """A file of 21 places has both: by their names the vintage could not be told, and two places may share one."""
    known = {("lsoa", "2011"): frozenset({"E01029322"}), ("lsoa", "2021"): frozenset({"E01034003"})}
    cells = {"Area": "West Somerset 002A", "LSOA code": "E01029322"}
    row = ";".join(cells[heading] for heading in headings.split(";"))
    rows = "".join(f"{row};2016/17 Q{quarter};{quarter}\n" for quarter in (1, 2, 3))
    made = look(tmp_path, f"{headings};Quarter;Calls\n{rows}", "calls.csv", reference=Reference(None, None, (), known))
    assert made.columns == {"area": "LSOA code", "count": "Calls", "period": "Quarter"}
    assert made.settings["vintage"] == "2011"
    assert "area_by" not in how(made)


def test_a_text_that_looks_like_a_number_is_taken_as_text_where_text_was_proposed(tmp_path: Path) -> None:
    """`--set vintage=2011` answers `vintage = "2011" or "2021"`; a number there would spoil the area file."""
    rows = "Area,Quarter,Calls\nNorwich 001A,2016/17 Q1,3\n"
    made = look(tmp_path, rows, "calls.csv", given={"vintage": "2011", "covers_from": "2016-04-01"})
    assert (made.settings["vintage"], made.settings["covers_from"]) == ("2011", date(2016, 4, 1))
    assert '\nvintage = "2011"\n' in made.section
    book = Workbook()
    book.active.title = "2016"  # type: ignore[union-attr]
    for row in FINDS.strip().split(","), ("A1", "23/04/2018", 545420, 258440, 3, "x"):
        book.active.append(list(row))  # type: ignore[union-attr]
    book.create_sheet("2017").append(["Notes"])
    book.save(tmp_path / "finds.xlsx")
    made = sniff(tmp_path / "finds.xlsx", given={"sheet": "2016"})
    assert made.settings["sheet"] == "2016"


def test_one_row_is_said_to_be_one(tmp_path: Path) -> None:
    made = look(tmp_path, "Finds of 2018,,,,,\n" + FINDS + "A1,23/04/2018,545420,258440,3,x\n* estimated,,,,,\n")
    assert made.notes[:2] == (
        "1 row stands above the headings (line 2)",
        "1 row below the headings holds one cell: a note? It would be rejected and counted",
    )


def test_headings_that_somebody_gives_are_those_that_the_columns_are_told_by(tmp_path: Path) -> None:
    """Needles of 1 to 4 look like longitudes: named "quantity" by hand, they are read as that."""
    rows = "01/11/2016,237450,335210,2\r23/11/2016,237600,335050,1\r25/11/2016,256900,338600,4\r"
    given = {"headings": '["date", "easting", "northing", "quantity"]'}
    made = look(tmp_path, rows, kind="needle_finds", given=given)
    assert made.columns == {name: name for name in ("date", "quantity", "easting", "northing")}
