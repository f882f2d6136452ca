"""Bulk files of data.police.uk: which months of which force a folder or a zip archive holds, and taking them over.

The download for one force is an archive of ``YYYY-MM/YYYY-MM-<force>-street.csv`` (beside outcomes and stop-and-search
files, which are not read). A month is held if its file is there, however few rows it has.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotspots.errors import DataRefused, FileRefused
from hotspots.files import identify
from hotspots.limits import STANDARD, Limits, in_bytes, words
from hotspots.periods import parse_period
from hotspots.sources._cells import plain

# An archive that unpacks to less is let through however well it packs: it can do no harm.
_SMALL_BYTES = 1024 * 1024

_FIRST_DAY = re.compile(r"(20\d\d-\d\d)-01(?: 00:00:00)?")
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/(20\d\d)(?: 00:00(?::00)?)?")
_NAMED = re.compile(r"([A-Za-z]{3,9})(?:-(?:20)?| 20)(\d\d)")  # Jan 23 may be a day
STREET_NAME = re.compile(r"^(?P<month>20\d\d-(?:0[1-9]|1[0-2]))-(?P<force>[a-z0-9][a-z0-9-]{0,40})-street\.csv$", re.I)
_OTHER = re.compile(r"-(outcomes|stop-and-search)\.csv$", re.I)
_KEPT = re.compile(r"-street\.csv$|-outcomes\.csv$|-stop-and-search\.csv$|\.zip$", re.I)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True)
class StreetFile:
    """One month of one force."""

    name: str
    month: str
    force: str
    content: bytes


def street_name(name: str) -> "re.Match[str] | None":
    """
    The month and force in the name of a street file; None for any other file.

    Examples
    --------
    >>> street_name("2018-11-cambridgeshire-street.csv")["force"], street_name("2018-11-btp-outcomes.csv")
    ('cambridgeshire', None)
    """
    return STREET_NAME.match(name.lower())


def month_stated(text: str) -> str:
    """
    The month in a cell as it is published; a spreadsheet program makes a day of it, or shows its name.

    Examples
    --------
    >>> [month_stated(text) for text in ("2018-11", " 2018-11-01 ", "Nov-18", "November 2018", "Nov 18")]
    ['2018-11', '2018-11', '2018-11', '2018-11', 'Nov 18']

    It makes the first day of it, which says in which order day and month are written:

    >>> [month_stated(text) for text in ("01/11/2018", "11/1/2018", "01/01/2018", "02/11/2018", "01/13/2018")]
    ['2018-11', '2018-11', '2018-01', '02/11/2018', '01/13/2018']
    """
    text = plain(text)
    if found := _FIRST_DAY.fullmatch(text):
        return found[1]
    if found := _SLASHED.fullmatch(text):
        one, two = int(found[1]), int(found[2])
        month = two if one == 1 else one
        return f"{found[3]}-{month:02d}" if 1 in (one, two) and 1 <= month <= 12 else text
    named = _NAMED.fullmatch(text)
    try:
        return parse_period(f"{named[1]} 20{named[2]}", calendar="calendar").label if named else text
    except DataRefused:
        return text


def street_files(path: Path, *, forces: tuple[str, ...] = (), limits: Limits = STANDARD) -> Iterator[StreetFile]:
    """
    The street files in a folder (however deep) or a zip archive, sorted by name, one at a time.

    Parameters
    ----------
    path
        Folder, or zip archive as downloaded.
    forces
        Names of forces, as in the file names (``north-yorkshire``) or as people write them; all where none is given.

    Raises
    ------
    FileRefused
        There is no street file of these forces, or the archive is damaged, encrypted, or beyond the limits.
    DataRefused
        Two files of one name differ.
    """
    wanted = tuple(re.sub(r"[^a-z0-9]+", "-", force.lower()).strip("-") for force in forces)
    with _opened(path, limits) as members:
        chosen: dict[str, list[str]] = {}
        for inside in sorted(members.names):
            found = street_name(PurePosixPath(inside).name)
            if found and (not wanted or found["force"] in wanted):
                chosen.setdefault(found.group(), []).append(inside)
        if not chosen:
            held = ", ".join(sorted(_forces_of(members.names))) or "none"
            named = f" of {', '.join(forces)}" if forces else ""
            packed = next((inside for inside in sorted(members.names) if inside.lower().endswith(".zip")), "")
            if packed:
                raise FileRefused(f"{path.name}: holds another archive, {packed[:60]!r}: unpack it, and name that one")
            other = next((found[1].lower() for inside in members.names if (found := _OTHER.search(inside))), "")
            if other and held == "none":
                raise FileRefused(
                    f"{path.name}: no street file (YYYY-MM-force-street.csv) is in it, but files of {other}, which are "
                    "no street crime; take the street files of the same download"
                )
            raise FileRefused(
                f"{path.name}: no street file{named} (YYYY-MM-force-street.csv) is in it; forces held: {held}; "
                "files that were put together in one CSV are named themselves"
            )
        members.check(chosen)
        for name, places in sorted(chosen.items()):
            content = members.read(places[0])
            if any(members.read(other) != content for other in places[1:]):
                raise DataRefused(f"{path.name}: two files are called {name} and differ; keep the right one")
            found = street_name(name)
            assert found is not None
            yield StreetFile(name, found["month"], found["force"], content)


def forces_held(path: Path, *, limits: Limits = STANDARD) -> tuple[str, ...]:
    """The forces whose street files a folder or an archive holds."""
    with _opened(path, limits) as members:
        return tuple(sorted(_forces_of(members.names)))


def _forces_of(names: list[str]) -> set[str]:
    found = (street_name(PurePosixPath(name).name) for name in names)
    return {match["force"] for match in found if match}


def missing_months(months: list[str]) -> tuple[str, ...]:
    """
    The months between the first and the last of these that are not among them.

    Examples
    --------
    >>> missing_months(["2018-11", "2019-02", "2019-01"])
    ('2018-12',)
    """
    numbers = {int(month[:4]) * 12 + int(month[5:]) - 1 for month in months}
    absent = sorted(set(range(min(numbers), max(numbers) + 1)) - numbers)
    return tuple(f"{number // 12}-{number % 12 + 1:02d}" for number in absent)


class _Folder:
    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        held = (file for file in path.rglob("*") if _KEPT.search(file.name))
        found = [file for file in held if file.is_file() and not file.is_symlink()]
        street = sum(street_name(file.name) is not None for file in found)
        if street > limits.street_files:
            raise FileRefused(
                f"{path.name}: {street:,} street files; the limit is {limits.street_files:,} (limits.street_files)"
            )
        self.names = [file.relative_to(path).as_posix() for file in found]

    def check(self, chosen: dict[str, list[str]]) -> None:
        """Files of a folder are weighed one by one."""

    def read(self, name: str) -> bytes:
        file = self._path / name
        if file.stat().st_size > in_bytes(self._limits.street_file_mb):
            raise FileRefused(f"{file.name}: {_too_large(self._limits)}")
        return file.read_bytes()


class _Archive:
    def __init__(self, path: Path, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._path, self._archive, self._limits = path, archive, limits
        self._members = {member.filename: member for member in archive.infolist()}
        if len(archive.infolist()) > limits.street_members or len(self._members) != len(archive.infolist()):
            raise FileRefused(
                f"{path.name}: {len(archive.infolist()):,} files, or two of one name; the limit is "
                f"{limits.street_members:,} (limits.street_members)"
            )
        self.names = list(self._members)

    def check(self, chosen: dict[str, list[str]]) -> None:
        """Weigh what will be unpacked before any of it is; what is not chosen is never unpacked."""
        members = [self._members[name] for names in chosen.values() for name in names]
        for member in members:
            if member.flag_bits & 1 or stat.S_ISLNK(member.external_attr >> 16):
                raise FileRefused(f"{self._path.name}: {member.filename[:60]!r} is a link or needs a password")
            if member.file_size > in_bytes(self._limits.street_file_mb):
                raise FileRefused(f"{self._path.name}: {member.filename[:60]!r} is {_too_large(self._limits)}")
        unpacked, packed = (sum(getattr(m, size) for m in members) for size in ("file_size", "compress_size"))
        limits = self._limits
        too_well_packed = unpacked > _SMALL_BYTES and unpacked > limits.packed_ratio * packed
        if unpacked > in_bytes(limits.street_mb) or too_well_packed:
            raise FileRefused(
                f"{self._path.name}: unpacks to {words(unpacked / 2**20)}; the limits are {words(limits.street_mb)} "
                f"(limits.street_mb) and {limits.packed_ratio} to 1 (limits.packed_ratio); name one force"
            )

    def read(self, name: str) -> bytes:
        member = self._members[name]
        with self._archive.open(member) as stream:
            return stream.read(member.file_size)


def _too_large(limits: Limits) -> str:
    return f"larger than {words(limits.street_file_mb)} (limits.street_file_mb): too large for a month of one force"


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[_Folder | _Archive]:
    if path.is_dir():
        yield _Folder(path, limits)
        return
    kind = identify(path, limits=limits)
    if kind != "zip":
        raise FileRefused(f"{path.name}: expected a folder or a zip archive of street files, it looks like {kind}")
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Archive(path, archive, limits)
    except _DAMAGED as error:
        raise FileRefused(f"{path.name}: the archive is damaged ({str(error)[:80]}); download it again") from error
