"""The partners' files of a new area folder that are taken over: tables, and street files of the police."""

import codecs
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from hotspots.errors import DataRefused, FileRefused, UsageError
from hotspots.files import identify
from hotspots.limits import STANDARD, Limits
from hotspots.periods import month_end
from hotspots.sources.street_files import forces_held, missing_months, month_stated, street_files, street_name
from hotspots.staging import stage_in, sync, sync_tree

STREET_FILES = "*-street.csv"
_MONTH_CELL = re.compile(
    rb'(?:^|[,"\r\n])(20\d\d-(?:0[1-9]|1[0-2])(?:-01)?|[A-Z][a-z]{2}-\d\d|\d\d?/\d\d?/20\d\d)(?=[,"\r\n])'
)
_MONTH = re.compile(r"20\d\d-\d\d")
_LSOA_HEADING = re.compile(rb"lsoa.code", re.I)
_LSOA_CELL = re.compile(rb'(?:^|(?<=[,"\r\n]))[EW]01\d{6}(?=[,"\r\n])')
# Headings of the other files of data.police.uk, which have months and places too.
_OTHER_FILES = {b"outcome type": "outcomes of crimes", b"object of search": "stops and searches"}
_SIGNS = {b";": "semicolon", b"\t": "tab", b"|": "pipe"}
_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Months:
    """
    The months of street files that were taken over.

    ``path`` is where the area file finds them, ``codes`` are the LSOA codes that their rows name, and ``vintage``
    is theirs where it is not that of the boundaries; ``encoding`` is that of their text where it is not UTF-8, and
    ``delimiter`` what parts their cells where it is no comma.
    """

    months: tuple[str, ...]
    forces: tuple[str, ...]
    states_lsoas: bool = True
    codes: frozenset[str] = frozenset()
    vintage: str = ""
    path: str = f"police/{STREET_FILES}"
    encoding: str = ""
    delimiter: str = ""

    @property
    def covers(self) -> tuple[date, date]:
        """First and last day of the months held."""
        first, last = (date(int(month[:4]), int(month[5:]), 1) for month in (self.months[0], self.months[-1]))
        return first, month_end(last)

    @property
    def missing(self) -> tuple[str, ...]:
        """Months between the first and the last that are not held."""
        return missing_months(list(self.months))


def take_street_files(path: Path, *, folder: Path, forces: tuple[str, ...], limits: Limits = STANDARD) -> Months:
    """
    Copy the street files of a folder or an archive into ``folder`` and say which months they are.

    A CSV file is taken to be street files put together: its months are those that its cells name. Files there are kept
    if they are the same, and never overwritten by different ones.

    Raises
    ------
    UsageError
        Several forces are held and none is named: the months that one of them lacks would count as free of crime.
    DataRefused
        A file of the same name is there and differs.
    """
    if path.is_file() and identify(path, limits=limits) == "text":
        return _take_one_file(path, folder)
    held = forces_held(path, limits=limits)
    if not forces and len(held) > 1:
        raise UsageError(f"{path.name} holds {len(held)} forces: name yours with --force: {', '.join(held)}")
    months: dict[str, set[str]] = {}
    seen = _Seen()
    with _taken_together(folder) as stage:
        for file in street_files(path, forces=forces, limits=limits):
            _take(file.content, stage, folder / file.name)
            months.setdefault(file.force, set()).add(file.month)
            seen = seen.and_(_seen(file.name, file.content))
    # A month that one of the forces lacks is not covered.
    shared = tuple(sorted(set.intersection(*months.values())))
    return seen.of(shared, tuple(sorted(months)))


def _take_one_file(path: Path, folder: Path) -> Months:
    content = path.read_bytes()
    seen = _seen(path.name, content)
    if not seen.months:
        raise DataRefused(f"{path.name}: no cell of it is a month (such as 2023-04), so it is no file of street crime")
    with _taken_together(folder) as stage:
        _take(content, stage, folder / path.name)
    return replace(seen.of(tuple(sorted(seen.months)), (path.name,)), path=f"{folder.name}/{path.name}")


@dataclass(frozen=True)
class _Seen:
    """What the bytes of street files tell: how they are opened, the LSOAs that they state, and their months."""

    stating: bool = False
    codes: frozenset[bytes] = frozenset()
    months: frozenset[str] = frozenset()
    encoding: str = ""
    delimiter: str = ""
    wide: str = ""
    narrow: str = ""

    def and_(self, other: "_Seen") -> "_Seen":
        """
        The two together; the first file that is opened in another way than usual says how.

        Refused where one file (``wide``) is UTF-16 and another (``narrow``) is not: a source has one encoding.
        """
        wide, narrow = self.wide or other.wide, self.narrow or other.narrow
        if wide and narrow:
            raise DataRefused(
                f"{wide} is UTF-16 and {narrow} is not: the files of one source have one encoding; save them alike"
            )
        return _Seen(
            self.stating or other.stating,
            self.codes | other.codes,
            self.months | other.months,
            self.encoding or other.encoding,
            self.delimiter or other.delimiter,
            wide,
            narrow,
        )

    def of(self, months: tuple[str, ...], forces: tuple[str, ...]) -> Months:
        codes = frozenset(code.decode() for code in self.codes)
        return Months(months, forces, self.stating, codes, encoding=self.encoding, delimiter=self.delimiter)


def _seen(name: str, content: bytes) -> _Seen:
    encoding = _encoding(content)
    if encoding == "utf-16":
        content = content.decode(encoding, "replace").encode()
    head = content[:_HEAD_BYTES].lower()
    other = next((words for heading, words in _OTHER_FILES.items() if heading in head), "")
    if other:
        raise DataRefused(
            f"{name}: a file of {other}, which is no street crime; of a month's download take the file called "
            "YYYY-MM-force-street.csv"
        )
    sign = max((b",", *_SIGNS), key=head.replace(b"\r", b"\n").partition(b"\n")[0].count)
    content = content.replace(sign, b",") if sign != b"," else content
    cells = {month_stated(found.decode()) for found in _MONTH_CELL.findall(content)}
    months = frozenset(cell for cell in cells if _MONTH.fullmatch(cell))
    codes = frozenset(_LSOA_CELL.findall(content))
    # A file of headings alone states LSOAs if it has a column of them.
    stating = bool(codes) or (_LSOA_HEADING.search(content) is not None and not cells)
    wide, narrow = (name, "") if encoding == "utf-16" else ("", name)
    return _Seen(stating, codes, months, encoding, _SIGNS.get(sign, ""), wide, narrow)


@contextmanager
def _taken_together(folder: Path) -> Iterator[Path]:
    """A hidden folder whose files move into ``folder`` when the block ends well: all are refused where one is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with stage_in(folder) as stage:
            stage.mkdir()
            yield stage
            sync_tree(stage)
            for file in sorted(stage.iterdir()):
                file.replace(folder / file.name)
            sync(folder)
    except OSError as error:
        raise FileRefused(f"{folder.name} could not be written: {error.strerror or error}") from error


def _take(content: bytes, stage: Path, target: Path) -> None:
    if not os.path.lexists(target):
        (stage / target.name).write_bytes(content)
    elif not target.is_file() or target.read_bytes() != content:
        raise DataRefused(
            f"{target.parent.name}/{target.name} is there already and differs; remove it on purpose first"
        )


def months_held(folder: Path) -> Months | None:
    """The months of the street files in a folder; None where there are none."""
    held = {path: found for path in folder.glob("*-street.csv") if (found := street_name(path.name))}
    if not held:
        return None
    months = sorted({found["month"] for found in held.values()})
    forces = tuple(sorted({found["force"] for found in held.values()}))
    seen = _Seen()
    for path in held:
        seen = seen.and_(_seen(path.name, path.read_bytes()))
    return seen.of(tuple(months), forces)


def _encoding(content: bytes) -> str:
    """Nothing for UTF-8, as the police publish; a spreadsheet program saves UTF-16 with its mark, or Windows' page."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return ""


def write_table(table: pd.DataFrame, path: Path) -> None:
    """A table of codes as CSV, the same bytes for the same table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
