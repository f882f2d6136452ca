"""Supplier files that are not what they should be: one clear error or a rejects row, and nothing changed."""

import io
import os
import random
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas, Reference
from hotspots.errors import DataRefused, FileRefused, HotspotsError
from hotspots.source_settings import CalloutsSource, CrimesSource
from hotspots.sources import read_source
from hotspots.sources._open import _may_hold_formulas
from hotspots.tables import Reading

CODES = ("E01000001", "E01000002", "E01000003")
CLEAN = "lsoa_code,period,count\n" + "".join(f"{code},2016/17,{at}\n" for at, code in enumerate(CODES))


def three_areas() -> Reference:
    squares = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(3)]
    names = ["<script>alert(1)</script>", "`{{7*7}}`", "${1}"]
    table = pd.DataFrame({"code": list(CODES), "name": names, "geometry": squares})
    return Reference(Areas("lsoa", "2011", "2011", False, "", table), None)


def settings(**changes: object) -> CalloutsSource:
    declared: dict[str, object] = {
        "id": "callouts", "kind": "callouts", "path": "callouts.csv", "vintage": "2011",
        "covers_from": date(2016, 4, 1), "covers_to": date(2017, 3, 31),
    }  # fmt: skip
    return CalloutsSource.model_validate(declared | changes)


def read(folder: Path, content: bytes | str, **changes: object) -> Reading:
    source = settings(**changes)
    (folder / source.path).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_source(source, folder=folder, reference=three_areas())


def workbook(rows: list[list[object]], *, sheets: tuple[str, ...] = ("Data",)) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


CLEAN_ROWS: list[list[object]] = [["lsoa_code", "period", "count"], *([code, "2016/17", 3] for code in CODES)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<!DOCTYPE html><html><body>404</body></html>", "not a CSV file .*: it is a web page"),
        ("<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>", "it is a GDAL virtual dataset"),
        ('{"error": "no such layer"}', "it is JSON"),
        ("<?xml version='1.0'?><rows/>", "it is XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook .* protected by a password"),
        (b"PK\x03\x04" + bytes(100), "it is a zip archive"),
        (b"lsoa_code,period\x00count\n", "it looks like binary"),
        ("", "the file is empty"),
        ("\n\n ,, \n", "no rows"),
        ("lsoa_code,period,count\n", "no rows under the headings"),
        ("E01000001,2016/17,3\n", "no heading 'lsoa_code'; the headings found are 'E01000001', '2016/17', '3'"),
        ("lsoa_code;period;count\nE01000001;2016/17;3\n", "no heading 'lsoa_code'"),
        ("Callouts of 2016/17,,\n,,\nlsoa_code,period,calls\nE01000001,2016/17,3\n",
         "line 3: no heading 'count'; the headings found are 'lsoa_code', 'period', 'calls'; name"),
        ("lsoa_code,period,Count,count\nE01000001,2016/17,3,4\n", "the heading 'count' is there twice"),
        ('lsoa_code,period,count\nE01000001,"2016/17,3\n', "line 2: not a well-formed CSV row"),
        ("lsoa_code,period,count\n" + "x" * 200_000 + ",2016/17,3\n", "line 2: not a well-formed CSV row"),
        (CLEAN.encode() + "caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode("cp1252") + b",2016/17,3\n",
         "line 5: byte 0xe9 at offset 86 is not utf-8"),
        (CLEAN.encode("utf-16"), "line 1: byte 0xff at offset 0 is not utf-8"),
    ],
)  # fmt: skip
def test_fault_004_what_is_not_the_declared_csv_is_refused(content: bytes | str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=message) as caught:
        read(tmp_path, content)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "changes"),
    [(b"\xef\xbb\xbf" + CLEAN.encode(), {}), (CLEAN.replace("\n", "\r\n"), {}), (CLEAN.rstrip("\n"), {}),
     (CLEAN.encode("utf-16"), {"encoding": "utf-16"}), (CLEAN.encode("cp1252"), {"encoding": "cp1252"}),
     (CLEAN.replace("lsoa_code,", " LSOA_Code\u00a0,"), {}), (CLEAN.replace("\n", ",,\n"), {}),
     (CLEAN.replace("E01000001", " e01000001.0\u200b "), {}), ("A title\n\n" + CLEAN, {}),
     ("\n".join([CLEAN.splitlines()[0], *reversed(CLEAN.splitlines()[1:])]), {})],
)  # fmt: skip
def test_fault_001_007_016_harmless_differences_give_the_same_table(
    content: bytes | str, changes: dict[str, str], tmp_path: Path
) -> None:
    expected = read(tmp_path, CLEAN).table.drop(columns=["file", "line"])
    pd.testing.assert_frame_equal(read(tmp_path, content, **changes).table.drop(columns=["file", "line"]), expected)


def test_line_numbers_are_those_of_the_file_in_spite_of_quoted_line_breaks(tmp_path: Path) -> None:
    rows = ('E01000001,2016/17,3,"two\nlines"', "", "E01000002,2016/17,-,x", "E01000003,2016/17,3,y")
    text = "\n".join(("lsoa_code,period,count,note", *rows))
    reading = read(tmp_path, text)
    assert reading.rejects["line"].tolist() == [5]
    assert reading.table["line"].tolist() == [2, 6]


@pytest.mark.parametrize(
    "path",
    ["https://example.org/a.csv", "/vsicurl/http://example.org/a.csv", "/vsizip/a.zip", "s3://bucket/a.csv",
     "PG:dbname=x", "file:///etc/passwd", "\\\\host\\share\\a.csv", "//host/a.csv", "<html></html>", '{"type": 1}', "",
     "a\nb.csv"],
)  # fmt: skip
def test_fault_086_an_address_or_content_is_not_a_path(path: str, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="is not a file; expected a file or a glob"):
        read_source(settings(path=path), folder=tmp_path, reference=three_areas())


def test_a_missing_file_a_folder_a_pipe_and_an_empty_glob_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    made = [("absent.csv", "there is no file absent.csv"), ("folder.csv", "not a regular file"),
            ("*.txt", r"no file matches '\*\.txt'")]  # fmt: skip
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        made += [("pipe.csv", "not a regular file"), ("/dev/zero", "not a regular file")]
    for path, message in made:
        with pytest.raises(FileRefused, match=message):
            read_source(settings(path=path), folder=tmp_path, reference=three_areas())


def test_a_glob_is_read_in_the_order_of_names_and_one_file_twice_is_refused(tmp_path: Path) -> None:
    header, *rows = CLEAN.splitlines(keepends=True)
    for name, row in zip(("b.csv", "a.csv", "c.csv"), rows, strict=True):
        (tmp_path / name).write_text(header + row, encoding="utf-8")
    reading = read_source(settings(path="*.csv"), folder=tmp_path, reference=three_areas())
    assert [file.name for file in reading.files] == ["a.csv", "b.csv", "c.csv"]
    (tmp_path / "a copy.csv").write_bytes((tmp_path / "a.csv").read_bytes())
    with pytest.raises(DataRefused, match=r"a copy\.csv and a\.csv are the same file"):
        read_source(settings(path="*.csv"), folder=tmp_path, reference=three_areas())


def test_a_workbook_is_not_a_csv_nor_a_csv_a_workbook(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match='set format = "xlsx"'):
        read(tmp_path, workbook(CLEAN_ROWS))
    with pytest.raises(FileRefused, match=r"not an Excel workbook .*: it is text"):
        read(tmp_path, CLEAN, format="xlsx", path="callouts.xlsx")


def test_a_sheet_is_named_where_there_are_several(tmp_path: Path) -> None:
    content = workbook(CLEAN_ROWS, sheets=("Notes", "Data"))
    with pytest.raises(DataRefused, match=r"2 sheets \(Notes, Data\); say which one"):
        read(tmp_path, content, format="xlsx")
    with pytest.raises(DataRefused, match="no sheet 'Figures'; the sheets are: Notes, Data"):
        read(tmp_path, content, format="xlsx", sheet="Figures")
    assert read(tmp_path, content, format="xlsx", sheet="Data").tally.accepted == 3


def test_formulas_are_never_worked_out(tmp_path: Path) -> None:
    rows = [CLEAN_ROWS[0], ["E01000001", "2016/17", "=1+1"], *CLEAN_ROWS[2:]]
    with pytest.raises(FileRefused, match="cell C2 of the sheet 'Data' is a formula whose result was never computed"):
        read(tmp_path, workbook(rows), format="xlsx")


@pytest.mark.parametrize("sheet", [b"<c><f>1+1</f></c>", b"<x:c><x:f t='array'/></x:c>", b"<" + b"n" * 80 + b":f/>"])
@pytest.mark.parametrize("before", [0, 2**20 - 3, 2**20 - 61, 3 * 2**20])
def test_no_formula_is_passed_over_when_a_sheet_is_searched_for_one(sheet: bytes, before: int) -> None:
    plain = b"<c r='A1' t='s'><v>7</v></c>".ljust(before)[:before] if before else b""
    assert _may_hold_formulas(io.BytesIO(plain + sheet))
    assert _may_hold_formulas(io.BytesIO((plain + sheet).decode().encode("utf-16")))
    assert not _may_hold_formulas(io.BytesIO(plain + b"<c r='B2'><v>8</v><is><t>if f/a</t></is></c></row>"))


def archive(members: list[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return stream.getvalue()


def test_bombs_and_archives_that_are_no_workbooks_are_refused(tmp_path: Path) -> None:
    types = ("[Content_Types].xml", b"<Types/>")
    bomb = archive([types, ("xl/workbook.xml", b"<workbook/>"), ("xl/a.xml", bytes(40 * 2**20))])
    entity = archive([types, ("xl/workbook.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>")])
    for content, message in (
        (bomb, r"unpack to 40 MB; the limits are 256 MB .* and 200 to 1"),
        (entity, "not built as Excel builds them"),
        (archive([types, ("word/document.xml", b"<w/>")]), "a zip archive but not an .xlsx workbook"),
        (archive([types, ("xl/workbook.xml", b"<workbook/>")]), "the workbook is damaged"),
        (workbook(CLEAN_ROWS)[:-40], "damaged or encrypted"),
    ):
        with pytest.raises(FileRefused, match=message):
            read(tmp_path, content, format="xlsx")


def test_names_that_look_like_code_stay_text(tmp_path: Path) -> None:
    text = "lsoa_code,period,count\n<script>alert(1)</script>,2016/17,1\n`{{7*7}}`,2016/17,2\n${1},2016/17,3\n"
    assert read(tmp_path, text, area_by="name").table["area_code"].tolist() == list(CODES)


def test_a_file_whose_every_row_is_rejected_is_refused_with_the_first(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"every one of the 3 rows was rejected; the first: callouts\.csv line 2"):
        read(tmp_path, CLEAN.replace("2016/17", "2017/18"), absent="unknown")


def test_columns_of_the_street_format_are_checked(tmp_path: Path) -> None:
    (tmp_path / "outcomes.csv").write_text("Crime ID,Month,Longitude,Latitude,LSOA code,Outcome type\na,b,c,d,e,f\n")
    source = CrimesSource(
        id="crimes", kind="crimes", path="outcomes.csv", vintage="2011",
        covers_from=date(2018, 11, 1), covers_to=date(2018, 11, 30),
    )  # fmt: skip
    with pytest.raises(DataRefused, match="no heading 'Crime type'"):
        read_source(source, folder=tmp_path, reference=three_areas())


def _flip(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]


def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _splice(content: bytes, chance: random.Random) -> bytes:
    first, second = (chance.randrange(len(content)) for _ in range(2))
    return content[:first] + content[second:]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("mutate", [_flip, _truncate, _splice])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    format_: str, mutate: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    clean = CLEAN.encode() if format_ == "csv" else workbook(CLEAN_ROWS)
    chance = random.Random(f"{format_} {mutate.__name__}")
    for _ in range(60):
        try:
            reading = read(tmp_path, mutate(clean, chance), format=format_, absent="unknown")
        except HotspotsError:
            continue
        assert reading.tally.read == reading.tally.accepted + reading.tally.rejected
