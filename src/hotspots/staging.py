"""Writing without ever being half-written: beside the target first, then into its place by one rename.

What is being written has a name of its own (``.staging-`` and twelve hex digits) and a lock of the operating system,
which ends with the process that holds it, however that ends. So whoever writes in a folder next can tell what a crash
left there from what somebody is writing now, and clears it away.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from hotspots.errors import FileRefused, UsageError

_LOCK = re.compile(r"(\.staging-[0-9a-f]{12})-lock")
_WAIT_SECONDS = 10


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """
    A path beside ``target`` to write to; it replaces ``target`` when the block ends well and vanishes otherwise.

    The caller reopens and checks what it wrote before leaving the block, so a reader sees the old file or the new one.
    A target that is a link stays one: the file that it names is replaced.
    """
    with staged_together(target) as (stage,):
        yield stage


@contextmanager
def staged_together(target: Path, *beside: Path) -> Iterator[tuple[Path, ...]]:
    """
    Paths to write to, the file first, then those beside it; all are moved into place when the block ends well.

    The file itself is moved last. Where that fails (it is open in Excel on Windows), those beside it get their old
    content back, so that no reader finds a new companion beside an old file.

    Raises
    ------
    FileRefused
        The folder is not there, something that is no file has one of the names, or the disk is full.
    """
    try:
        targets = tuple(real_target(path) for path in (target, *beside))
        _check_folder(targets[0])
        with ExitStack() as stack:
            # The suffix is kept: drivers choose their behaviour by it.
            stages = tuple(stack.enter_context(stage_in(path.parent, suffix=path.suffix)) for path in targets)
            yield stages
            move_together(stages, targets)
    except OSError as error:
        raise FileRefused(f"{target.name} could not be written: {error.strerror or error}") from error


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """
    An empty folder beside ``target``, which becomes it when the block ends well and vanishes otherwise.

    Raises
    ------
    UsageError
        The target is there and not empty, or is the folder that the process works in.
    FileRefused
        It could not be written.
    """
    target = free_folder(target)
    try:
        _check_folder(target)
        with stage_in(target.parent) as stage:
            stage.mkdir()
            yield stage
            move_folder(stage, target)
    except OSError as error:
        raise FileRefused(f"{target.name} could not be written: {error.strerror or error}; nothing was left") from error


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of the system's for what nobody keeps, readable to us only; those that crashes left are cleared away."""
    try:
        with stage_in(Path(tempfile.gettempdir())) as folder:
            folder.mkdir(mode=0o700)
            yield folder
    except OSError as error:
        raise FileRefused(f"there is no room for temporary files (TMPDIR): {error.strerror or error}") from error


@contextmanager
def stage_in(folder: Path, *, suffix: str = "") -> Iterator[Path]:
    """
    A free path in a folder; whatever is there when the block ends, or the process, is removed.

    What earlier processes left in the folder is removed first. Errors of the system are the caller's to name.
    """
    clear(folder)
    stage = folder / f".staging-{uuid.uuid4().hex[:12]}"
    lock = _acquired(stage.with_name(f"{stage.name}-lock"))
    try:
        yield stage.with_name(f"{stage.name}{suffix}")
    finally:
        _remove(stage.name, folder)  # if this is cut short, the name of the lock stays, for the next run to go on by
        _let_go(lock)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """A lock by its name, which is there only while somebody holds it; ``FileRefused`` where that takes too long."""
    lock = _acquired(path)
    try:
        yield
    finally:
        _let_go(lock)


def _acquired(path: Path) -> BaseFileLock:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=_WAIT_SECONDS)
    except Timeout as error:
        raise FileRefused(f"somebody else is writing in {path.parent.name}; try again when they are done") from error
    except NotImplementedError as error:
        raise FileRefused(f"{path.parent.name} is on a disk that has no locks: write on another one") from error
    return lock


def _let_go(lock: BaseFileLock) -> None:
    lock.release()
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove what processes that have ended left half-written in a folder, and nothing else."""
    for lock in sorted(folder.glob(".staging-*-lock")):
        name = _LOCK.fullmatch(lock.name)
        if name is None or not _is_ours(lock):
            continue
        with contextlib.suppress(OSError, NotImplementedError), FileLock(lock).acquire(timeout=0):
            _remove(name[1], folder)
            lock.unlink(missing_ok=True)


def _is_ours(lock: Path) -> bool:
    """Whether a lock is a file of this user: in a folder that many share, what others left is theirs to clear."""
    try:
        status = lock.lstat()
    except FileNotFoundError:  # whoever held it has finished since the folder was listed
        return False
    return stat.S_ISREG(status.st_mode) and (not hasattr(os, "geteuid") or status.st_uid == os.geteuid())


def _remove(name: str, folder: Path) -> None:
    for left in folder.glob(".staging-*"):  # one pattern for all: each new one is compiled
        if left.name.startswith(name) and left.name != f"{name}-lock":
            discard(left)


def real_target(path: Path) -> Path:
    """
    The file that is written where a path is named: of a link what it names, which may not be there yet.

    Raises
    ------
    FileRefused
        A folder, a pipe, a device, or a link to itself has that name, or no file can have it.
    """
    try:
        status = path.stat()  # of what a link names: the pipe behind /dev/stdout has no path
    except ValueError as error:  # a NUL inside the name
        raise FileRefused(f"{path.name[:60]!r} could not be written: this is no name of a file") from error
    except OSError as error:
        if error.errno in {errno.ENAMETOOLONG, errno.ELOOP}:
            raise FileRefused(f"{path.name[:60]} could not be written: {error.strerror}") from error
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
        raise FileRefused(f"{path.name} could not be written: it is {kind}; name a file")
    return Path(os.path.realpath(path))


def _check_folder(target: Path) -> None:
    if not target.parent.is_dir():
        raise FileRefused(f"there is no folder {target.parent.name or target.parent} to write {target.name} in")


def free_folder(path: Path) -> Path:
    """Where a new folder goes that may be there already if it is empty; ``UsageError`` where it may not."""
    real = Path(os.path.realpath(path))
    try:
        empty = not os.path.lexists(real) or (real.is_dir() and not any(real.iterdir()))
    except OSError as error:
        raise FileRefused(f"{path.name} cannot be written: {error.strerror}") from error
    if not empty:
        raise UsageError(f"{path.name} is there already and is not empty; name a new folder")
    if real == Path(os.path.realpath(os.curdir)):
        raise UsageError("this is the folder you work in, which cannot be replaced; name a new folder in it")
    return real


def move_folder(stage: Path, target: Path) -> None:
    """Have a folder on the disk, then under its name; an empty one of that name makes room."""
    sync_tree(stage)
    if target.exists():
        target.rmdir()
    stage.replace(target)
    sync(target.parent)


def sync_tree(folder: Path) -> None:
    """Have every file of a folder, and the folder itself, on the disk before a name points at them."""
    for path in (*sorted(folder.rglob("*")), folder):
        sync(path)


def sync(path: Path) -> None:
    """Have a file or a folder on the disk, where the system can be asked for that; a missing one is passed over."""
    try:
        # Windows flushes only what may be written, and no folders.
        handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno in {errno.EIO, errno.ENOSPC, errno.EDQUOT}:
            raise
    finally:
        os.close(handle)


def append_line(path: Path, line: str) -> None:
    """Add a line to a journal, which is never written in any other way; one that a crash cut short spoils no other."""
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise OSError(errno.EEXIST, "something that is no file has its name")
    with path.open("a+b") as journal:
        cut_short = False
        if journal.seek(0, os.SEEK_END) > 0:
            journal.seek(-1, os.SEEK_END)
            cut_short = journal.read(1) != b"\n"
        journal.write((b"\n" if cut_short else b"") + line.encode() + b"\n")


def discard(path: Path) -> None:
    """Remove whatever is at a path, if anything: of a link the link, and never what it names."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def move_together(stages: tuple[Path, ...], targets: tuple[Path, ...]) -> None:
    """
    Move files into their places, the first of them last; all or none of them, unless the process is killed just then.

    What is there keeps its permissions.
    """
    for stage, target in zip(stages, targets, strict=True):
        if target.is_file():
            shutil.copymode(target, stage)
        sync(stage)
    beside = list(zip(stages[1:], targets[1:], strict=True))
    old = {target: _copied(target, stage) for stage, target in beside}
    try:
        for stage, target in (*beside, (stages[0], targets[0])):
            stage.replace(target)
    finally:
        if stages[0].exists():
            for stage, target in beside:
                if not stage.exists():
                    _put_back(old[target], target)
    sync(targets[0].parent)


def _copied(target: Path, stage: Path) -> Path | None:
    """A copy of what is there, so that it can be put back by a rename, which needs no room."""
    if not target.exists():
        return None
    return Path(shutil.copy2(target, stage.with_name(f"{stage.name}-old")))


def _put_back(old: Path | None, target: Path) -> None:
    with contextlib.suppress(OSError):
        if old is None:
            target.unlink(missing_ok=True)
        else:
            old.replace(target)
