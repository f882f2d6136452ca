"""Zip archives of boundaries: weighed before anything is unpacked, and no name in one becomes a path."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from hotspots.errors import FileRefused
from hotspots.limits import Limits, in_bytes, words

# An archive that unpacks to less is let through however well it packs: it can do no harm.
_RATIO_APPLIES_FROM_BYTES = 1024 * 1024
# What zipfile raises on damaged archives, besides its own error.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


@contextmanager
def checked_archive(path: Path, *, members: int, setting: str, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """
    An open archive of at most so many ``members`` (the limit called ``setting``), all of them of safe names and sizes.

    Raises
    ------
    FileRefused
        The archive is damaged, encrypted, beyond the limits, or holds unsafe names or links.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive, members, setting, limits)
            yield archive
    except _DAMAGED as error:
        raise FileRefused(f"{path.name}: the archive is damaged or of an unknown kind ({str(error)[:80]})") from error


def unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The bytes of a member; never more than the archive declares, which was checked against the limits."""
    with archive.open(member) as stream:
        return stream.read(member.file_size)


def _check_members(path: Path, archive: zipfile.ZipFile, most: int, setting: str, limits: Limits) -> None:
    members = archive.infolist()
    if len(members) > most:
        raise FileRefused(f"{path.name}: {len(members):,} files in the archive; the limit is {most} (limits.{setting})")
    seen = [member.filename.lower() for member in members]
    if len(set(seen)) != len(seen):
        raise FileRefused(f"{path.name}: two files in the archive have the same name")
    for member in members:
        _check_name(path.name, member)
    unpacked = sum(member.file_size for member in members)
    if unpacked > in_bytes(limits.shapefile_mb):
        raise FileRefused(
            f"{path.name}: unpacks to {words(unpacked / 2**20)}; the limit is {words(limits.shapefile_mb)} "
            "(limits.shapefile_mb)"
        )
    if unpacked > max(_RATIO_APPLIES_FROM_BYTES, limits.packed_ratio * path.stat().st_size):
        raise FileRefused(
            f"{path.name}: unpacks to more than {limits.packed_ratio} times its size (limits.packed_ratio)"
        )


def _check_name(name: str, member: zipfile.ZipInfo) -> None:
    inside = PurePosixPath(member.filename)
    unsafe = inside.is_absolute() or ".." in inside.parts or "\\" in member.filename or ":" in member.filename
    if unsafe or not member.filename.isprintable():
        raise FileRefused(f"{name}: the archive holds an unsafe name, {member.filename[:60]!r}")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise FileRefused(f"{name}: the archive holds a link, {member.filename[:60]!r}")
    if member.flag_bits & 1:
        raise FileRefused(f"{name}: the archive is protected by a password; supply it without one")
