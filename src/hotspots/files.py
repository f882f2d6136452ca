"""Files at the edge: what a file really is, and its fingerprint.

An extension says nothing (a GDAL virtual dataset saved as ``.geojson`` makes a driver read other files, or call out):
the first bytes decide, the driver is forced, and nothing from outside is ever opened by name alone.
"""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotspots.errors import FileRefused
from hotspots.limits import Limits, in_bytes, words
from hotspots.tables import InputFile

_HEAD_BYTES = 4096


def identify(path: Path, *, limits: Limits) -> str:
    """
    What the first bytes of a file say it is.

    One of ``empty, xlsx, zip, xls, sqlite, tiff, parquet, shapefile, html, vrt, xml, json, binary, text``. ``json`` is
    any text that begins with a brace or bracket; ``text`` may be a CSV.

    Raises
    ------
    FileRefused
        There is no such file, it is not a regular file, or it is larger than the limit.
    """
    head = _head(path, limits)
    stripped = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not stripped:
        return "empty"
    if head.startswith(b"PK\x03\x04"):
        return "xlsx" if b"[Content_Types].xml" in head or b"xl/" in head else "zip"
    found = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    return found or _kind_of_text(head, stripped)


def _kind_of_text(head: bytes, stripped: bytes) -> str:
    if b"<vrtdataset" in stripped or b"<ogrvrtdatasource" in stripped:
        return "vrt"
    if b"<html" in stripped[:512] or stripped.startswith(b"<!doctype html"):
        return "html"
    if stripped.startswith(b"<"):
        return "xml"
    if stripped.startswith((b"{", b"[", b"\x1e{")):
        return "json"
    return "binary" if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) else "text"


def is_there(path: Path) -> bool:
    """Whether there is anything at a path; nothing is at one that no system could hold (too long, with a NUL)."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


_MAGIC = (
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"PAR1", "parquet"),
    (b"\x00\x00\x27\x0a", "shapefile"),
)

_ADVICE = {
    "empty": "the file is empty",
    "xls": "it is an old Excel workbook (.xls) or one protected by a password: save it as .xlsx without a password",
    "html": "it is a web page, perhaps an error page saved in place of the data: download it again",
    "vrt": "it is a GDAL virtual dataset, which points at other files: supply the data itself",
    "xml": "it is XML, which is not accepted (KML and GML are XML)",
    "zip": "it is a zip archive",
    "json": "it is JSON",
    "xlsx": 'it is an Excel workbook: set format = "xlsx"',
    "text": "it is text",
    "shapefile": "it is the .shp of a Shapefile",
}


def require(path: Path, *accepted: str, expected: str, limits: Limits) -> str:
    """The identified kind of a file, or ``FileRefused`` saying what it looks like and what was ``expected``."""
    kind = identify(path, limits=limits)
    if kind not in accepted:
        raise FileRefused(f"{path.name}: not {expected}: {_ADVICE.get(kind, f'it looks like {kind}')}")
    return kind


def fingerprint(path: Path, *, root: Path) -> InputFile:
    """Name relative to ``root`` (or the bare name outside it), size, and SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    resolved = path.resolve()
    name = resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else path.name
    return InputFile(name, path.stat().st_size, digest.hexdigest())


@contextmanager
def unchanged(path: Path, *, root: Path) -> Iterator[InputFile]:
    """
    The fingerprint of a file that has to be the same when the block ends: what was read is what is named.

    Raises
    ------
    FileRefused
        The file was replaced or written to while it was read.
    """
    before = fingerprint(path, root=root)
    yield before
    if fingerprint(path, root=root) != before:
        raise FileRefused(f"{path.name}: changed while it was read; run this again when nobody is writing it")


def _head(path: Path, limits: Limits) -> bytes:
    try:
        status = path.stat()
    except OSError as error:
        raise FileRefused(f"there is no file {path.name} to read ({error.strerror})") from error
    except ValueError as error:  # a NUL inside the name
        raise FileRefused(f"there is no file {path.name[:60]!r} to read: this is no name of a file") from error
    if not stat.S_ISREG(status.st_mode):
        raise FileRefused(f"{path.name} is not a regular file")
    if status.st_size > in_bytes(limits.file_mb):
        raise FileRefused(
            f"{path.name} is {words(status.st_size / 2**20)}; the limit is {words(limits.file_mb)} (limits.file_mb)"
        )
    # What has no size is not opened: the system's own files (/proc) have none, and reading some of them waits for ever.
    if status.st_size == 0:
        return b""
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except OSError as error:
        raise FileRefused(f"{path.name} cannot be read ({error.strerror})") from error
