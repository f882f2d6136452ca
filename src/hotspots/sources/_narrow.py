"""The beginning of a workbook: its sheets cut to the rows and columns wanted, before the reader of workbooks sees them.

A national workbook of residents has seven million cells, of which two columns are wanted; the reader makes an object of
every cell, and reads a sheet that does not state its size to the end to find it.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_SHEET = re.compile(r"^xl/worksheets/[^/]+\.xml$")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})[0-9]+"')
_ROW_END = b"</row>"
_BLOCK_BYTES = 1 << 20
_REST = b"</sheetData></worksheet>"


def narrowed(path: Path, *, rows: int | None, columns: int | None) -> IO[bytes]:
    """
    A workbook with the first ``rows`` and ``columns`` of each of its sheets; the file itself where all are wanted.

    Cells of a row are in the order of their columns, and rows in theirs (ECMA-376, 18.3.1.73). What is written in
    another way than spreadsheet programs write it (prefixes, UTF-16) is left as it is.
    """
    if rows is None and columns is None:
        return path.open("rb")
    made = io.BytesIO()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(made, "w") as cut:
        for member in whole.infolist():
            with whole.open(member) as stream, cut.open(member.filename, "w", force_zip64=True) as to:
                if _SHEET.match(member.filename):
                    to.writelines(_cut(stream, rows, columns))
                else:
                    to.write(stream.read())
    made.seek(0)
    return made


def _cut(stream: IO[bytes], rows: int | None, columns: int | None) -> Iterator[bytes]:
    number = 0
    for row in _rows(stream):
        if row.endswith(_ROW_END):
            number += 1
            yield row if columns is None else _first_cells(row, columns)
        else:
            yield row
        if number == rows:
            yield _REST
            return


def _rows(stream: IO[bytes]) -> Iterator[bytes]:
    """The parts of a sheet that end with a row, and what follows the last of them."""
    kept = bytearray()
    while block := stream.read(_BLOCK_BYTES):
        seen = max(0, len(kept) - len(_ROW_END) + 1)  # looked through already: a sheet may be one row of 200 MB
        kept += block
        begin = 0
        while (end := kept.find(_ROW_END, max(begin, seen))) >= 0:
            yield bytes(kept[begin : end + len(_ROW_END)])
            begin = end + len(_ROW_END)
        del kept[:begin]
    yield bytes(kept)


def _first_cells(row: bytes, columns: int) -> bytes:
    for found in _CELL.finditer(row):
        if _number(found[1]) > columns:
            return row[: found.start()] + _ROW_END
    return row


def _number(letters: bytes) -> int:
    """The number of a column, A being 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
