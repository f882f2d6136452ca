"""What the commands share: where they print, how they show progress, and the option that names the area file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

AreaOption = Annotated[Path, typer.Option("--area", help="The area file.")]


class Plain(Console):
    """
    A console on which text from data steers nothing: control characters stand as the sign for what is no letter.

    What cannot be printed ends no work: ``lost`` says why, and is empty where the reader has just gone (``| head``).
    """

    lost = ""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as the console does; line breaks of our own texts stay."""
        with self._unstopped():
            super().print(*(_printable(one, keep="\n") if isinstance(one, str) else one for one in objects), **options)

    def on_broken_pipe(self) -> None:
        """Go on in silence."""
        self._hush()

    def finish(self) -> None:
        """Have everything out, so that nothing is left to fail when the process ends."""
        with self._unstopped():
            self.file.flush()

    @contextmanager
    def _unstopped(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.lost = "" if isinstance(error, BrokenPipeError) else error.strerror or str(error)
            self._hush()

    def _hush(self) -> None:
        self.quiet = True
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def _printable(text: str, *, keep: str = "") -> str:
    return "".join(letter if letter.isprintable() or letter in keep else "\ufffd" for letter in text)


console = Plain(highlight=False)
problems = Plain(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Any]:
    """A line on the terminal that says what is being done, as a function of text; it goes when the block ends."""
    with problems.status("starting") as status:
        yield status.update


def plain(text: object) -> str:
    """Text from data for a table of `rich`: its brackets are no markup."""
    from rich.markup import escape

    return escape(_printable(str(text)))
