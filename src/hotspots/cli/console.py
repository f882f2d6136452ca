"""What the commands share: where they print, how they show progress, and the option that names the area file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

AreaOption = Annotated[Path, typer.Option("--area", help="The area file.")]


class Plain(Console):
    """A console on which text from data steers nothing: control characters stand as the sign for what is no letter."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as the console does; line breaks of our own texts stay."""
        super().print(*(_printable(one, keep="\n") if isinstance(one, str) else one for one in objects), **options)


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
