"""Records as people really write them: read as they are meant, or refused in a sentence; never a wrong number."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import shapely

from hotspots.analysis.counts import area_cube
from hotspots.areas import Areas, Reference
from hotspots.errors import DataRefused, FileRefused
from hotspots.periods import Coverage, financial_year
from hotspots.source_settings import CalloutsSource, CrimesSource, IncidentsSource, NeedleFindsSource, PremisesSource
from hotspots.sources import read_source
from hotspots.tables import Reading

CODES = ("E01000001", "E01000002", "E01000003")
FINDS = "date,e,n,quantity,who,land,house"
COLUMNS = {"date": "date", "easting": "e", "northing": "n", "source": "who", "land_type": "land",
           "is_house_clearance": "house"}  # fmt: skip
TWO_YEARS = {"covers_from": date(2016, 4, 1), "covers_to": date(2018, 3, 31)}


def reference() -> Reference:
    squares = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(3)]
    table = pd.DataFrame({"code": CODES, "name": ["North", "South", "East"], "geometry": squares})
    return Reference(Areas("lsoa", "2011", "2011", False, "", table), None, (), {})


def read(model: Any, folder: Path, files: dict[str, str | bytes], **settings: Any) -> Reading:
    """A source of one kind that is read from files by their names; the path is their pattern."""
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    kind = model.model_fields["kind"].annotation.__args__[0]
    path = next(iter(files)) if len(files) == 1 else f"*{Path(next(iter(files))).suffix}"
    declared = {"id": "records", "kind": kind, "path": path, **TWO_YEARS, **settings}
    return read_source(model.model_validate(declared), folder=folder, reference=reference())


def finds(folder: Path, *rows: str, **settings: Any) -> Reading:
    return read(NeedleFindsSource, folder, {"finds.csv": "\n".join((FINDS, *rows))}, columns=COLUMNS, **settings)


def callouts(folder: Path, *rows: str, heading: str = "lsoa_code,period,count", **settings: Any) -> Reading:
    settings = {"vintage": "2011"} | settings
    return read(CalloutsSource, folder, {"callouts.csv": "\n".join((heading, *rows))}, **settings)


def workbook(folder: Path, rows: list[list[Any]], **cells: Any) -> bytes:
    book = openpyxl.Workbook()
    book.calculation.fullCalcOnLoad = bool(cells.pop("request", False))
    for row in rows:
        book.active.append(row)
    for at, value in cells.items():
        book.active[at] = value
    book.save(folder / "made")
    content = (folder / "made").read_bytes()
    (folder / "made").unlink()
    return content


@pytest.mark.parametrize("quantity", ["1.000", "12.000", '"0,125"', '"0,5"', "1 234", "1\u2009234", "12%", "(5)", "½"])
def test_fault_011_a_number_that_may_be_another_one_is_a_reject(tmp_path: Path, quantity: str) -> None:
    reading = finds(tmp_path, f"2016-05-01,545500,258500,{quantity},,park,no", "2016-05-02,545500,258500,7,,park,no")
    assert (len(reading.table), reading.rejects["reason"].tolist()) == (1, ["type-error"])


def test_fault_011_whole_numbers_are_read_however_a_database_writes_them(tmp_path: Path) -> None:
    rows = [f"2016-05-0{at},545500,258500,{text},,park,no" for at, text in enumerate(('"1,234"', "12.0", "007"), 1)]
    assert finds(tmp_path, *rows).table["quantity"].tolist() == [1234, 12, 7]


@pytest.mark.parametrize(
    ("land", "context"),
    [("Private Dwelling.", "house_clearance"), ("private dwellings", "house_clearance"),
     ("private\u2010dwelling", "house_clearance"), ("private dwelling (garden)", "house_clearance"),
     ("'private_dwelling", "house_clearance"), ("Private residence", "house_clearance"), ("#N/A", "unknown"),
     ("#REF!", "unknown"), ("N/A", "unknown"), ("-", "unknown"), ("?", "unknown"), ("null", "unknown"),
     ("not recorded", "unknown"), ("car_park", "public_realm")],
)  # fmt: skip
def test_fault_143_land_of_homes_or_of_nobody_knows_what_is_never_taken_for_public(
    tmp_path: Path, land: str, context: str
) -> None:
    assert finds(tmp_path, f"2016-05-01,545500,258500,7,,{land},no").table["context"].tolist() == [context]


def test_fault_143_who_cleared_a_house_makes_a_house_clearance_and_a_hundred_needles_no_public_place(
    tmp_path: Path,
) -> None:
    reading = finds(tmp_path, "2016-05-01,545500,258500,7,Housing-clearance,other,", "2016-05-02,545500,258500,400,,,")
    assert reading.table["context"].tolist() == ["house_clearance", "unknown"]
    assert reading.table["is_batch"].fillna(False).tolist() == [False, True]


def test_fault_143_the_kinds_of_land_that_are_taken_for_public_are_named(tmp_path: Path) -> None:
    rows = [f"2016-05-0{at},545500,258500,7,,{land},no" for at, land in enumerate(("Flat 3", "park", "dwelling"), 1)]
    (note,) = finds(tmp_path, *rows).notes
    assert note.startswith("kinds of land taken for public places, where single finds may be points: Flat 3, park;")


@pytest.mark.parametrize(
    ("text", "date_format", "day"),
    [("2016-06-30T23:30:00Z", "%Y-%m-%dT%H:%M:%SZ", "2016-07-01"),
     ("2016-06-30T23:30:00+0000", "%Y-%m-%dT%H:%M:%S%z", "2016-07-01"),
     ("2016-12-31T23:30:00Z", "%Y-%m-%dT%H:%M:%SZ", "2016-12-31"),
     ("2017-06-30T00:30:00+02:00", "%Y-%m-%dT%H:%M:%S%z", "2017-06-29"),
     ("2016-06-30 23:30", "%Y-%m-%d %H:%M", "2016-06-30")],
)  # fmt: skip
def test_fault_013_a_moment_has_the_day_that_it_was_in_london(
    tmp_path: Path, text: str, date_format: str, day: str
) -> None:
    reading = finds(tmp_path, f"{text},545500,258500,7,,park,no", date_format=date_format)
    assert reading.table["date"].dt.strftime("%Y-%m-%d").tolist() == [day]


@pytest.mark.parametrize("text", ["2016-06-30 24:00", "2017-02-29 10:00", "0001-01-01 00:00+0900", "2016-13-01 00:00"])
def test_fault_013_a_moment_that_never_was_is_a_reject(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataRefused, match=r"type-error|outside-coverage"):
        finds(tmp_path, f"{text},545500,258500,7,,park,no", date_format="%Y-%m-%d %H:%M" + "%z" * ("+" in text))


def test_fault_002_utf_8_that_is_declared_to_be_of_one_byte_a_letter_is_refused(tmp_path: Path) -> None:
    row = "2016-05-01,545500,258500,7,Café,park,no"
    with pytest.raises(FileRefused, match="accented letters are UTF-8, but cp1252 is declared"):
        finds(tmp_path, row, encoding="cp1252")
    found = read(NeedleFindsSource, tmp_path, {"finds.csv": f"{FINDS}\n{row}".encode("cp1252")}, encoding="cp1252",
                 columns=COLUMNS)  # fmt: skip
    assert found.table["reported_by"].tolist() == ["Café"]


HEADING = FINDS.split(",")
FIND = [datetime(2016, 5, 1), 545_500, 258_500, 7, "", "park", "no"]


@pytest.mark.parametrize("cells", [{"D2": "=3+4"}, {"G2": '=IF(1,"yes","no")'}, {"D2": "=3+4", "request": True}])
def test_fault_011_a_formula_that_nobody_computed_is_refused_and_never_unknown(
    tmp_path: Path, cells: dict[str, Any]
) -> None:
    book = {"finds.xlsx": workbook(tmp_path, [HEADING, FIND], **cells)}
    with pytest.raises(FileRefused, match=r"cell [DG]2 of the sheet 'Sheet' is a formula whose result was never"):
        read(NeedleFindsSource, tmp_path, book, format="xlsx", columns=COLUMNS)


def test_fault_011_what_a_spreadsheet_program_computed_is_read(tmp_path: Path) -> None:
    import io
    import zipfile

    made, stored = workbook(tmp_path, [HEADING, FIND], D2="=3+4", E2='=""'), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            text = old.read(name).replace(b"<f>3+4</f><v />", b"<f>3+4</f><v>7</v>").replace(b"<f>3+4</f><v/>",
                b"<f>3+4</f><v>7</v>")  # fmt: skip
            text = text.replace(b'<c r="E2"><f>""</f>', b'<c r="E2" t="str"><f>""</f>')
            new.writestr(name, text)
    reading = read(NeedleFindsSource, tmp_path, {"f.xlsx": stored.getvalue()}, format="xlsx", columns=COLUMNS)
    assert reading.table["quantity"].tolist() == [7]


def test_fault_026_a_longitude_beside_the_meridian_is_a_number(tmp_path: Path) -> None:
    rows = [["date", "lon", "lat", "quantity"], [datetime(2016, 5, 1), 0.00005, 51.478, 7]]
    with pytest.raises(DataRefused, match=r"0\.00005, 51\.478': outside-study-area"):
        read(NeedleFindsSource, tmp_path, {"f.xlsx": workbook(tmp_path, rows)}, format="xlsx",
             columns={"date": "date", "longitude": "lon", "latitude": "lat"})  # fmt: skip


def test_fault_034_a_file_that_was_saved_anew_is_not_counted_twice(tmp_path: Path) -> None:
    rows = [f"2016-05-{day:02d},545500,258500,7,,park,no" for day in range(1, 31)]
    first, again = "\n".join((FINDS, *rows)), "\r\n".join((FINDS, *rows[:-3], "2016-06-01,545600,258500,7,,park,no"))
    with pytest.raises(DataRefused, match=r"27 rows of a\.csv are in b\.csv too, word for word"):
        read(NeedleFindsSource, tmp_path, {"a.csv": first, "b.csv": "\ufeff" + again}, columns=COLUMNS)
    (tmp_path / "b.csv").write_text("\n".join((FINDS, *rows[:3], "2016-06-01,545600,258500,7,,park,no")))
    assert len(read(NeedleFindsSource, tmp_path, {"a.csv": first, "c.csv": FINDS + "\n" + rows[0].replace("7", "8")},
                    columns=COLUMNS).table) == 35  # fmt: skip


def test_fault_034_a_month_of_street_files_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    heading = "Month,Longitude,Latitude,LSOA code,Crime type"
    rows = [f"2016-05,0.13{at:02d},52.2,E01000001,Burglary" for at in range(12)]
    text = "\n".join((heading, *rows))
    with pytest.raises(DataRefused, match=r"12 rows of .* word for word"):
        read(CrimesSource, tmp_path, {"a.csv": text, "b.csv": text + "\n"}, vintage="2011")


def test_fault_005_a_grand_total_that_leaves_the_period_blank_is_checked_against_everything(tmp_path: Path) -> None:
    rows = [f"{code},{year},7" for year in ("2016/17", "2017/18") for code in CODES]
    assert callouts(tmp_path, *rows, "Total,,42").tally.sentence == "7 rows = 6 accepted + 0 rejected + 1 totals"
    with pytest.raises(DataRefused, match="the total is printed as 43, but the cells add up to 42"):
        callouts(tmp_path, *rows, "Total,,43")


def test_fault_007_a_total_that_is_headed_over_two_rows_is_a_total(tmp_path: Path) -> None:
    rows = [
        ["LSOA", "2016/17", None, None, None, "2017/18", None, None, None, "Total"],
        ["", *("Q1", "Q2", "Q3", "Q4") * 2],
    ]
    rows += [[code, *[2] * 8, 16] for code in CODES]
    book = {"c.xlsx": workbook(tmp_path, rows)}
    reading = read(CalloutsSource, tmp_path, book, vintage="2011", layout="crosstab", format="xlsx")
    assert reading.tally.sentence == "27 rows = 24 accepted + 0 rejected + 3 totals"
    book = {"c.xlsx": workbook(tmp_path, rows, B3=3)}
    with pytest.raises(DataRefused, match="row total of E01000001 is printed as 16, but the cells add up to 17"):
        read(CalloutsSource, tmp_path, book, vintage="2011", layout="crosstab", format="xlsx")


def test_fault_010_a_category_is_one_whatever_its_capitals(tmp_path: Path) -> None:
    rows = [f"{code},2016/17,Assault,7" for code in CODES] + [f"{code},2017/18,assault,7" for code in CODES[:2]]
    reading = callouts(tmp_path, *rows, "E01000003,2017/18,ASSAULT,7", heading="lsoa_code,period,kind,count",
                       columns={"category": "kind"})  # fmt: skip
    assert set(reading.table["category"]) == {"Assault"}
    assert reading.notes == ("categories that differ in their capitals only were read as one: Assault",)


def test_fault_067_a_sum_of_categories_is_unknown_where_one_of_them_is(tmp_path: Path) -> None:
    rows = [f"{code},{year},{kind},7" for year in ("2016/17", "2017/18") for code in CODES for kind in ("a", "b")]
    settings: dict[str, Any] = {"heading": "lsoa_code,period,kind,count", "columns": {"category": "kind"}}
    with pytest.raises(DataRefused, match=r"1 areas are absent .*E01000001 in 2016/17 \(b\)"):
        callouts(tmp_path, *rows[:1], *rows[2:], **settings)
    table = callouts(tmp_path, *rows[:1], *rows[2:], absent="unknown", **settings).table
    cube = area_cube(table, measure="callouts", codes=CODES, periods=[financial_year(2016)],
                     coverage=Coverage(*TWO_YEARS.values(), "unknown"))  # fmt: skip
    whole = cube[cube["category"] == "all"].set_index("area_code")
    assert whole["status"].tolist() == ["no_data", "ok", "ok"]
    assert whole["value"].tolist()[1:] == [14.0, 14.0]


def test_fault_038_an_incident_scores_whatever_the_capitals_of_its_type_and_the_others_are_named(
    tmp_path: Path,
) -> None:
    register = read(PremisesSource, tmp_path, {"premises.csv": "premises_id,name\nP1,Bell"})
    rows = ["I1,P1,2016-05-01,Violence", "I2,P1,2016-05-02,VIOLENCE", "I3,P1,2016-05-03,Assault"]
    (tmp_path / "incidents.csv").write_text("\n".join(("incident_id,premises_id,date,incident_type", *rows)))
    source = IncidentsSource.model_validate({"id": "i", "kind": "incidents", "path": "incidents.csv", **TWO_YEARS})
    reading = read_source(source, folder=tmp_path, reference=reference(), premises=register)
    assert reading.table["incident_type"].tolist() == ["violence", "violence", "Assault"]
    assert reading.notes == ("1 incident is of a type that does not score: Assault (1)",)


def test_fault_005_a_filter_that_keeps_nothing_is_a_mistake_and_not_a_nought(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"filter of 'who' keeps none of 1 rows \(there are 'patrol'\)"):
        finds(tmp_path, "2016-05-01,545500,258500,7,patrol,park,no", filters={"who": ["Patrols"]})
