"""The only door for supplier files: what is declared is checked against what is there, and text comes out.

A path is resolved inside the area folder, never as an address; the first bytes decide what a file is; archives are
weighed before they are opened; text is decoded strictly. Nothing here knows what a cell means.
"""

import codecs
import csv
import glob
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError, iterparse

import numpy as np

from hotspots.errors import DataRefused, FileRefused, SettingsRefused
from hotspots.files import is_there, require, unchanged
from hotspots.limits import Limits, in_bytes, words
from hotspots.source_settings import Source
from hotspots.sources._narrow import narrowed
from hotspots.tables import InputFile

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
# A workbook that unpacks to less is let through however well it packs: it can do no harm.
_SMALL_BYTES = 16 * 1024 * 1024

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_BOM = b"\xef\xbb\xbf"
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ONE_BYTE = re.compile(r"iso8859|cp125|mac-")
# The tag of a formula in a sheet's XML, or one with a prefix or a long name, which is left to the parser.
_FORMULA_TAG = re.compile(rb"<(?:f[\s/>]|[^\s<>/!?:]{1,40}:|[^\s<>/!?:]{41})")
_BLOCK_BYTES, _LONGEST_TAG_BYTES = 1 << 20, 64
# What a number format says beside the date: a colour or a language in brackets, words in quotes.
_BESIDE_DATE = re.compile(r"\[[^\]]*\]|\"[^\"]*\"|\\.")
# openpyxl raises whatever its parser meets in a damaged workbook.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError,
    NotImplementedError, OverflowError, OSError,
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    """How much of a file is read: its first rows, and of a workbook its first columns; None is all of them."""

    rows: int | None = None
    columns: int | None = None


ALL = Window()


@dataclass(frozen=True, eq=False)
class Sheet:
    """
    One supplier file as text: the rows that have anything in them, each with its true line number.

    A quoted cell may hold line breaks: the line is the one its row begins on. In a spreadsheet it is the row number.
    ``pads_rows`` says that short rows are normal (a spreadsheet does not store the empty cells at a row's end).
    """

    file: InputFile
    lines: list[int]
    rows: list[list[str]]
    pads_rows: bool


def open_sheets(source: Source, *, folder: Path, limits: Limits, window: Window = ALL) -> Iterator[Sheet]:
    """
    Every file of a source as text, in the order of their names, one at a time: a force has millions of rows.

    Raises
    ------
    FileRefused
        The path is an address, nothing matches it, or a file is not what it is declared to be, is damaged, is outside
        the limits, or does not decode.
    DataRefused
        A file has no rows, or two files are the same.
    """
    folder = folder.resolve()
    seen: dict[str, str] = {}
    for path in source_paths(source, folder=folder, limits=limits):
        sheet = _open_sheet(path, source, folder, limits, window)
        other = seen.setdefault(sheet.file.sha256, sheet.file.name)
        if other != sheet.file.name:
            raise DataRefused(
                f"{source.id}: {other} and {sheet.file.name} are the same file, which would count it twice; remove one"
            )
        yield sheet


def source_paths(source: Source, *, folder: Path, limits: Limits) -> tuple[Path, ...]:
    """The files that a source's path or glob names, sorted by name; refused where it is an address or names none."""
    _check_path(source)
    literal = folder / source.path
    if is_there(literal) or not glob.has_magic(source.path):
        return (literal,)
    # Path.glob refuses absolute patterns, which an area file may hold.
    found = sorted(folder / name for name in glob.glob(source.path, root_dir=folder))  # noqa: PTH207
    if not found:
        raise FileRefused(f"{source.id}: no file matches {source.path!r} (relative to the area file)")
    if len(found) > limits.source_files:
        raise FileRefused(
            f"{source.id}: {source.path!r} matches {len(found):,} files; the limit is {limits.source_files:,} "
            "(limits.source_files)"
        )
    return tuple(found)


def _check_path(source: Source) -> None:
    path = source.path.strip()
    local = path[2:] if _DRIVE.match(path) else path
    control = any(ord(letter) < 32 for letter in path)
    if not path or control or ":" in local or path.lower().startswith(("/vsi", "\\\\", "//", "<", "{")):
        raise FileRefused(
            f"{source.id}: path {source.path[:60]!r} is not a file; expected a file or a glob of files relative to "
            "the area file, never an address or the content itself"
        )


def _open_sheet(path: Path, source: Source, folder: Path, limits: Limits, window: Window) -> Sheet:
    workbook = source.format == "xlsx"
    if workbook:
        require(path, "xlsx", "zip", expected='an Excel workbook (format = "xlsx")', limits=limits)
    else:
        # Every other byte of UTF-16 is a NUL: without a mark it looks like no text, and only its declaration says so.
        wide = ("binary",) if _is_wide(source.encoding) else ()
        require(path, "text", *wide, expected='a CSV file (format = "csv")', limits=limits)
    with unchanged(path, root=folder) as file:
        numbered = _workbook_rows(path, source, limits, window) if workbook else _csv_rows(path, source)
        lines, rows = _kept(islice(numbered, window.rows), file.name, limits)
    if not rows:
        raise DataRefused(f"{file.name}: no rows; the file is blank")
    return Sheet(file, lines, rows, pads_rows=workbook)


def _kept(numbered: Iterable[tuple[int, list[str]]], name: str, limits: Limits) -> tuple[list[int], list[list[str]]]:
    """The rows that have anything in them, with their line numbers, within the limits of rows and cells."""
    lines: list[int] = []
    rows: list[list[str]] = []
    cells = 0
    for line, row in numbered:
        if any(cell and not cell.isspace() for cell in row):
            lines.append(line)
            rows.append(row)
            cells += len(row)
        if len(rows) > limits.rows:
            raise FileRefused(f"{name}: more than {limits.rows:,} rows (limits.rows); give it in several files")
        if cells > limits.cells:
            raise FileRefused(
                f"{name}: more than {limits.cells:,} cells (limits.cells); leave out columns that are not used"
            )
    return lines, rows


def _csv_rows(path: Path, source: Source) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(_decoded(path, source), newline=""), delimiter=DELIMITERS[source.delimiter], strict=True
    )
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused(
                f"{path.name} line {line}: not a well-formed CSV row ({error}); is a quotation mark left open?"
            ) from error
        yield line, row
        line = reader.line_num + 1


def _is_wide(encoding: str) -> bool:
    return re.sub("[^a-z0-9]", "", encoding.lower()).startswith(("utf16", "utf32"))


def _decoded(path: Path, source: Source) -> str:
    content = path.read_bytes()
    try:
        encoding = codecs.lookup(source.encoding).name
        if content.startswith(_BOM) and encoding != "utf-8":
            raise FileRefused(f'{path.name}: begins with the UTF-8 mark but is declared {encoding}; set "utf-8"')
        if encoding == "utf-16" and not content.startswith(_WIDE_MARKS) and b"\0" not in content:
            raise FileRefused(
                f"{path.name}: not of UTF-16, which is declared; the files of one source have one encoding"
            )
        if _ONE_BYTE.match(encoding) and _is_utf8(content):
            raise FileRefused(f'{path.name}: its accented letters are UTF-8, but {encoding} is declared; set "utf-8"')
        text = content.removeprefix(_BOM).decode(encoding)
    except UnicodeDecodeError as error:
        start = error.start + (len(_BOM) if content.startswith(_BOM) else 0)
        line = content.count(b"\n", 0, start) + 1
        likely = "utf-16" if content.startswith(_WIDE_MARKS) else "cp1252"
        raise FileRefused(
            f"{path.name} line {line}: byte 0x{content[start]:02x} at offset {start} is not {source.encoding}; "
            f'declare the encoding the supplier used, such as encoding = "{likely}"'
        ) from error
    except (LookupError, ValueError) as error:
        raise SettingsRefused(
            f"{source.id}: {source.encoding[:40]!r} does not decode {path.name}; try utf-8 or cp1252"
        ) from error
    if "\0" in text or (encoding != "utf-8" and _SURROGATE.search(text)):
        raise FileRefused(f"{path.name}: holds NUL or half characters: a binary file, or not {source.encoding}")
    return text


def _is_utf8(content: bytes) -> bool:
    """Whether bytes that are not all ASCII read as UTF-8, which no text of one byte a letter does by chance."""
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _workbook_rows(path: Path, source: Source, limits: Limits, window: Window) -> Iterable[tuple[int, list[str]]]:
    from openpyxl import load_workbook  # slow to import, and most sources are CSV

    _check_archive(path, limits)
    try:
        with warnings.catch_warnings(), narrowed(path, rows=window.rows, columns=window.columns) as stream:
            warnings.simplefilter("ignore")  # openpyxl warns of styles and validations that it drops: not our concern
            workbook = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            worksheet = _worksheet(workbook, path.name, source)
            _check_computed(path, workbook, worksheet)
            worksheet.reset_dimensions()  # a false dimension record would pad every row to 16,384 cells
            return [
                (line, [_cell_text(cell, source.date_format) for cell in row])
                for line, row in zip(
                    range(1, (window.rows or limits.rows + 1) + 1),
                    worksheet.iter_rows(max_col=window.columns),
                    strict=False,
                )
            ]
    except _DAMAGED as error:
        raise FileRefused(
            f"{path.name}: the workbook is damaged ({type(error).__name__}); open it, and save it again as .xlsx"
        ) from error


def _check_computed(path: Path, workbook: Any, worksheet: Any) -> None:
    """
    Refuse a sheet with a formula whose result was never computed: it would read as an empty cell, or as nought.

    Spreadsheet programs store results. Programs that only write workbooks store none, or a nought and the request to
    compute everything when the workbook is opened.
    """
    unreliable = bool(workbook.calculation and workbook.calculation.fullCalcOnLoad)
    part = worksheet._worksheet_path.lstrip("/")
    with zipfile.ZipFile(path) as archive:
        with archive.open(part) as stream:
            if not _may_hold_formulas(stream):
                return
        with archive.open(part) as stream:
            _refuse_uncomputed(stream, path.name, worksheet.title, unreliable=unreliable)


def _may_hold_formulas(stream: IO[bytes]) -> bool:
    """Whether a sheet's XML has the tag of a formula: a national table without any is not parsed to find none."""
    kept = b""
    while block := stream.read(_BLOCK_BYTES):
        # In UTF-16 every other byte is a NUL, and no tag is found by its letters.
        if b"\0" in block or _FORMULA_TAG.search(kept + block):
            return True
        kept = (kept + block)[-_LONGEST_TAG_BYTES:]
    return False


def _refuse_uncomputed(stream: IO[bytes], name: str, title: str, *, unreliable: bool) -> None:
    rows = None
    for event, element in iterparse(stream, ("start", "end")):
        kind = element.tag.rpartition("}")[2]
        if event == "start" and kind == "sheetData":
            rows = element
        elif event == "end" and kind == "c" and _is_uncomputed(element, unreliable=unreliable):
            raise FileRefused(
                f"{name}: cell {element.get('r')} of the sheet {title!r} is a formula whose result "
                "was never computed; open the workbook in Excel or LibreOffice, and save it again"
            )
        elif event == "end" and kind == "row" and rows is not None:
            rows.clear()  # a million rows are not kept


def _is_uncomputed(cell: Any, *, unreliable: bool) -> bool:
    held = {child.tag.rpartition("}")[2]: child.text for child in cell}
    # A formula may have computed to an empty text, which is stored as one.
    return "f" in held and (unreliable or not (held.get("v") or cell.get("t") == "str"))


def _worksheet(workbook: Any, name: str, source: Source) -> Any:
    titles = [worksheet.title for worksheet in workbook.worksheets]
    if source.sheet and source.sheet not in titles:
        raise DataRefused(f"{name}: no sheet {source.sheet!r}; the sheets are: {', '.join(titles)}")
    if not source.sheet and len(titles) != 1:
        raise DataRefused(f"{name}: {len(titles)} sheets ({', '.join(titles)}); say which one: sheet = ...")
    return workbook[source.sheet or titles[0]]


def _check_archive(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            marked = any(_declares_entities(archive, member) for member in members)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise FileRefused(f"{path.name}: the workbook is damaged or encrypted; save it again as .xlsx") from error
    unpacked = sum(member.file_size for member in members)
    packed = max(path.stat().st_size, 1)
    if "xl/workbook.xml" not in names:
        held = next((name for name in sorted(names) if name.lower().endswith((".csv", ".xlsx"))), "")
        what = f"unpack it, and name the file in it, such as {held[:60]!r}" if held else "save it as .xlsx"
        raise FileRefused(f"{path.name}: a zip archive but not an .xlsx workbook; {what}")
    if len(members) > limits.workbook_members:
        raise FileRefused(
            f"{path.name}: {len(members):,} parts in the workbook; the limit is {limits.workbook_members:,} "
            "(limits.workbook_members)"
        )
    if len(names) != len(members) or marked:
        raise FileRefused(f"{path.name}: the workbook is not built as Excel builds them; save it again as .xlsx")
    too_well_packed = unpacked > _SMALL_BYTES and unpacked > limits.packed_ratio * packed
    if unpacked > in_bytes(limits.workbook_mb) or too_well_packed:
        raise FileRefused(
            f"{path.name}: {packed / 2**20:.1f} MB unpack to {words(unpacked / 2**20)}; the limits are "
            f"{words(limits.workbook_mb)} (limits.workbook_mb) and {limits.packed_ratio} to 1 (limits.packed_ratio)"
        )


def _declares_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether an XML part declares entities, which no spreadsheet program writes and which can expand without end."""
    with archive.open(member) as stream:
        return b"<!DOCTYPE" in stream.read(1024)


def _cell_text(cell: Any, date_format: str) -> str:
    """
    The text of a spreadsheet cell: whole numbers without ``.0``, dates in the declared format, empty cells as "".

    A typed date is written in the source's own format because it is not ambiguous; one that is shown without its day
    (``Nov-18``) is a month.
    """
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else np.format_float_positional(value, trim="0")
    if isinstance(value, datetime | date):
        shown = _BESIDE_DATE.sub("", str(cell.number_format).lower())
        return value.strftime(date_format if "d" in shown or "y" not in shown else "%Y-%m")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return str(value)
