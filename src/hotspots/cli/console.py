"""What the commands share: where they print, how they show progress, and the option that names the area file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

AreaOption = Annotated[Path, typer.Option("--area", help="The area file.")]

console = Console(highlight=False)
problems = Console(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Any]:
    """A line on the terminal that says what is being done, as a function of text; it goes when the block ends."""
    with problems.status("starting") as status:
        yield status.update


def plain(text: object) -> str:
    """Text from data for a table of `rich`: its brackets are no markup."""
    from rich.markup import escape

    return escape(str(text))
