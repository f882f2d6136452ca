"""Every error that a person can meet, in one file.

A message answers five questions: what, where, got, expected, what to do. The command line and the pages show the
message and never a traceback; ``exit_code`` is what a command returns.
"""


class HotspotsError(Exception):
    """Base of all our errors: the message is written for the person who can mend the cause."""

    exit_code = 1


class DataRefused(HotspotsError):
    """An input cannot be used as it is; nothing was built or changed."""


class FileRefused(DataRefused):
    """A file is not what it is declared to be, or is outside the limits for files from outside."""


class SettingsRefused(HotspotsError):
    """The area file holds an unknown key, a wrong type, or names something that is not there."""


class UsageError(HotspotsError):
    """A command or a function was asked for something that does not exist or makes no sense."""

    exit_code = 2


class CrsError(DataRefused):
    """Coordinates are in the wrong reference system, or in none that is stated."""


class ResolutionError(DataRefused, TypeError):
    """Data of one resolution was put to a use that needs another (an LSOA count asked to become points)."""


class VintageError(DataRefused):
    """Codes or shapes of one boundary vintage met those of another."""


class StatedElsewhere(VintageError):
    """Records lie in our areas and state areas that are none of ours: they can be counted where they lie."""


class DisclosureRefused(HotspotsError):
    """This audience may not be given that layer; the message says why and what they can have instead."""


class BuildError(HotspotsError):
    """A published build is missing, damaged, or being written by somebody else."""


class FetchError(HotspotsError):
    """A service on the network refused, failed, or answered with what cannot be right; nothing was changed."""

    def __init__(self, message: str, *, status: int = 0, transient: bool = False, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.status, self.transient, self.wait_s = status, transient, wait_s


class AnswerError(FetchError):
    """What a service sent cannot be right, or contradicts itself: nothing of it is kept."""


class UnreachableError(FetchError):
    """Nothing answers at an address: no network, a proxy that is not set up, or a certificate that is not trusted."""
