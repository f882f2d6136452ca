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

# Every force and month of the whole archive: 45 x 36 x 3 files.
MOST_MEMBERS = 20_000
MOST_FILES = 2_000
# The Metropolitan Police's month has 100,000 rows, 30 MB.
MOST_MEMBER_BYTES = 128 * 1024 * 1024
MOST_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024
# Street files pack about 10 to 1, an archive bomb 1,000 to 1.
MOST_PACKED_RATIO = 200
_SMALL_BYTES = 1024 * 1024

STREET_NAME = re.compile(r"^(?P<month>20\d\d-(?:0[1-9]|1[0-2]))-(?P<force>[a-z0-9][a-z0-9-]{0,40})-street\.csv$", re.I)
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


def street_files(path: Path, *, forces: tuple[str, ...] = ()) -> Iterator[StreetFile]:
    """
    The street files in a folder (however deep) or a zip archive, sorted by name, one at a time.

    Parameters
    ----------
    path
        Folder, or zip archive as downloaded.
    forces
        Names of forces as in the file names, such as ``norfolk``; all of them where none is given.

    Raises
    ------
    FileRefused
        There is no street file of these forces, or the archive is damaged, encrypted, or beyond the limits.
    DataRefused
        Two files of one name differ.
    """
    with _opened(path) as members:
        chosen: dict[str, list[str]] = {}
        for inside in sorted(members.names):
            found = street_name(PurePosixPath(inside).name)
            if found and (not forces or found["force"] in forces):
                chosen.setdefault(found.group(), []).append(inside)
        if not chosen:
            held = ", ".join(sorted(_forces_of(members.names))) or "none"
            wanted = f" of {', '.join(forces)}" if forces else ""
            raise FileRefused(
                f"{path.name}: no street file{wanted} (YYYY-MM-force-street.csv) is in it; forces held: {held}; "
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


def forces_held(path: Path) -> tuple[str, ...]:
    """The forces whose street files a folder or an archive holds."""
    with _opened(path) as members:
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
    def __init__(self, path: Path) -> None:
        self._path = path
        held = (file for file in path.rglob("*") if street_name(file.name))
        found = [file for file in held if file.is_file() and not file.is_symlink()]
        if len(found) > MOST_FILES:
            raise FileRefused(f"{path.name}: {len(found):,} street files; the limit is {MOST_FILES:,}")
        self.names = [file.relative_to(path).as_posix() for file in found]

    def check(self, chosen: dict[str, list[str]]) -> None:
        """Files of a folder are weighed one by one."""

    def read(self, name: str) -> bytes:
        file = self._path / name
        if file.stat().st_size > MOST_MEMBER_BYTES:
            raise FileRefused(f"{file.name}: larger than {MOST_MEMBER_BYTES // 2**20} MB; not a month of one force")
        return file.read_bytes()


class _Archive:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._members = {member.filename: member for member in archive.infolist()}
        if len(archive.infolist()) > MOST_MEMBERS or len(self._members) != len(archive.infolist()):
            raise FileRefused(
                f"{path.name}: {len(archive.infolist()):,} files, or two of one name; the limit is {MOST_MEMBERS:,}"
            )
        self.names = list(self._members)

    def check(self, chosen: dict[str, list[str]]) -> None:
        """Weigh what will be unpacked before any of it is; what is not chosen is never unpacked."""
        members = [self._members[name] for names in chosen.values() for name in names]
        for member in members:
            if member.flag_bits & 1 or stat.S_ISLNK(member.external_attr >> 16):
                raise FileRefused(f"{self._path.name}: {member.filename[:60]!r} is a link or needs a password")
            if member.file_size > MOST_MEMBER_BYTES:
                raise FileRefused(f"{self._path.name}: {member.filename[:60]!r} is too large for a month of one force")
        unpacked, packed = (sum(getattr(m, size) for m in members) for size in ("file_size", "compress_size"))
        if unpacked > MOST_UNPACKED_BYTES or (unpacked > _SMALL_BYTES and unpacked > MOST_PACKED_RATIO * packed):
            raise FileRefused(
                f"{self._path.name}: unpacks to {unpacked / 2**20:,.0f} MB; the limits are "
                f"{MOST_UNPACKED_BYTES // 2**20:,} MB and {MOST_PACKED_RATIO} to 1; name one force"
            )

    def read(self, name: str) -> bytes:
        member = self._members[name]
        with self._archive.open(member) as stream:
            return stream.read(member.file_size)


@contextmanager
def _opened(path: Path) -> Iterator[_Folder | _Archive]:
    if path.is_dir():
        yield _Folder(path)
        return
    kind = identify(path)
    if kind != "zip":
        raise FileRefused(f"{path.name}: expected a folder or a zip archive of street files, it looks like {kind}")
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Archive(path, archive)
    except _DAMAGED as error:
        raise FileRefused(f"{path.name}: the archive is damaged ({str(error)[:80]}); download it again") from error
