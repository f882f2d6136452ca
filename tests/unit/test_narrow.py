"""The beginning of a workbook is what the reader of workbooks finds there, without its rest."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hotspots.sources import _narrow
from hotspots.sources._narrow import narrowed


def workbook(path: Path, *, dimension: bool = True) -> Path:
    """Forty rows of thirty cells, of which some rows and cells are missing, and a sheet before it."""
    book = openpyxl.Workbook()
    book.active.append(["Cover"])
    page = book.create_sheet("Table")
    for row in range(1, 41):
        for column in range(1, 31):
            if row % 7 and (row + column) % 5:
                page.cell(row, column, f"é{row}<{column}" if column % 2 else row * column)
    book.save(path)
    if not dimension:
        changed(path, lambda text: text.replace(b'<dimension ref="A1:AD40" />', b""))
    return path


def changed(path: Path, change: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {member.filename: archive.read(member) for member in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, change(part) if name.startswith("xl/worksheets/") else part)


def cells(stream: Any, rows: int | None, columns: int | None) -> list[list[Any]]:
    page = openpyxl.load_workbook(stream, read_only=True)["Table"]
    page.reset_dimensions()
    return [[cell.value for cell in row] for row in page.iter_rows(max_row=rows, max_col=columns)]


@pytest.mark.parametrize("dimension", [True, False])
@pytest.mark.parametrize(("rows", "columns"), [(None, None), (3, None), (None, 2), (8, 27), (100, 100), (40, 1)])
def test_the_first_rows_and_columns_are_the_same_as_in_the_whole(
    tmp_path: Path, dimension: bool, rows: int | None, columns: int | None
) -> None:
    path = workbook(tmp_path / "a.xlsx", dimension=dimension)
    with path.open("rb") as whole, narrowed(path, rows=rows, columns=columns) as cut:
        assert cells(cut, rows, columns) == cells(whole, rows, columns)


@pytest.mark.parametrize("block_bytes", [1, 7, 61])
def test_a_row_may_end_in_two_blocks_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    path = workbook(tmp_path / "a.xlsx")
    monkeypatch.setattr(_narrow, "_BLOCK_BYTES", block_bytes)
    with path.open("rb") as whole, narrowed(path, rows=39, columns=8) as cut:
        assert cells(cut, 39, 8) == cells(whole, 39, 8)


def test_a_sheet_with_prefixes_is_left_as_it_is(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx")
    before = zipfile.ZipFile(path).read("xl/worksheets/sheet2.xml")
    prefixed = before.replace(b"<", b"<x:").replace(b"<x:/", b"</x:")
    changed(path, lambda part: prefixed if part == before else part)
    with narrowed(path, rows=3, columns=1) as cut, zipfile.ZipFile(cut) as archive:
        assert archive.read("xl/worksheets/sheet2.xml") == prefixed


def test_what_is_beyond_the_window_is_not_there(tmp_path: Path) -> None:
    with narrowed(workbook(tmp_path / "a.xlsx"), rows=3, columns=2) as cut, zipfile.ZipFile(cut) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml")
    assert sheet.count(b"</row>") == 3
    assert b'r="C' not in sheet
