"""What surrounds a command: its streams, the signals that end it, and how it says that it cannot go on."""

import errno
import io
import os
import signal
import sys
from types import FrameType

from hotspots.cli.console import console, problems
from hotspots.errors import HotspotsError

USAGE, REFUSED, OUR_FAULT = 2, 1, 3
# What the machine lacks or forbids, and no mistake of ours: a full disk, a closed folder, too many open files.
_REFUSALS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
    *(errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG),
}


class Ended(SystemExit):
    """A signal asked the process to end: what is half-written is taken away on the way out. 128 and its number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name


def settle() -> None:
    """Put in order what a shell, a service or a scheduled task may have left out: before anything else is done."""
    _open_streams()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # What was told to be ignored (nohup) stays so.
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    raise Ended(number)


def _open_streams() -> None:
    """A stream that was closed leads nowhere: else the next file would take its number, and messages its content."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.dup(number), "r" if name == "stdin" else "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a sign that the terminal has not is no reason to stop
            stream.reconfigure(errors="backslashreplace")


def close(code: int) -> int:
    """
    The exit code once everything is said: 1 in place of 0 where it could not be said.

    Whoever stopped reading (``| head``) is told nothing, for the work was done; a full disk behind ``>`` is.
    """
    for stream in (console, problems):
        stream.finish()
    if console.lost and code == 0:
        say(f"what was done could not be printed ({console.lost})")
        return REFUSED
    return code


def say(words: str) -> None:
    """A sentence on the error stream."""
    problems.print(words, markup=False, soft_wrap=True)


def told(error: Exception) -> int:
    """Say why a command could not go on, without a traceback, and return its exit code."""
    if isinstance(error, HotspotsError):
        say(str(error))
        return error.exit_code
    if isinstance(error, FileNotFoundError) and not _has_folder():
        say("the folder you work in is not there any more; go to another one (cd) and run this again")
        return USAGE
    if isinstance(error, OSError) and error.errno in _REFUSALS:
        name = os.path.basename(str(error.filename or "")) or "a file"  # noqa: PTH119 (may be no path at all)
        say(f"{name} could not be read or written ({error.strerror}); what was published stays as it was")
        return REFUSED
    if isinstance(error, MemoryError):
        say("there is not enough memory for this; what was published stays as it was")
        return REFUSED
    say(
        f"Something went wrong that is our fault ({type(error).__name__}: {error}). Nothing was published. "
        "Run again with HOTSPOTS_DEBUG=1 in the environment and send us what it prints."
    )
    return OUR_FAULT


def _has_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 (whether there is one is the question)
    except OSError:
        return False
    return True
