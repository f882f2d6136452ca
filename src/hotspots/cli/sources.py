"""``hotspots sources``: what a supplier's file is."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from hotspots.cli.console import AreaOption, console, plain

if TYPE_CHECKING:
    import pandas as pd

_WIDEST = 40  # characters of a cell; more goes on in the next line
_FRAME = 3  # what a table draws about a column

sources_application = typer.Typer(help="Supplier files: see what one is.", no_args_is_help=True)


@sources_application.callback()
def about_sources() -> None:
    """Supplier files: see what one is."""


@sources_application.command("sniff")
def sniff_file(
    file: Annotated[Path, typer.Argument(help="CSV file or Excel workbook.")],
    kind: Annotated[str, typer.Option(help="Kind of source, where the columns do not tell it.")] = "",
    source_id: Annotated[str, typer.Option("--id", help="Id of the source; else of the file's name.")] = "",
    decided: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE that you have decided.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="The proposals marked `confirm` are right.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Add the section to the area file.")] = False,
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Propose the section of the area file for a supplier's file: nothing is guessed silently."""
    from hotspots.pipeline.sniffing import add_section, sniffed

    proposal = sniffed(file, area=area, kind=kind, source_id=source_id, decided=decided or [], confirm=confirm)
    console.print(f"{proposal.file}: {proposal.kind}, first rows", markup=False, soft_wrap=True)
    for table in _tables(proposal.rows):
        console.print(table)
    for note in proposal.notes:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)
    console.print(proposal.section, markup=False, soft_wrap=True, highlight=False)
    if write:
        add_section(proposal, area)
        console.print(f"Added to {area}; run `hotspots check`.", markup=False, soft_wrap=True)


def _tables(rows: "pd.DataFrame") -> Iterator[Table]:
    """The rows in tables below each other, each of as many columns as this screen holds without cutting a cell."""
    blocks, used = [list[str]()], 0
    for name in map(str, rows.columns):
        width = min(max(map(len, map(str, (name, *rows[name])))), _WIDEST) + _FRAME
        if used and used + width > console.width - 1:
            blocks.append([])
            used = 0
        blocks[-1].append(name)
        used += width
    for block in blocks:
        table = Table()
        for name in block:
            table.add_column(plain(name), max_width=_WIDEST, overflow="fold")
        for row in rows[block].itertuples(index=False):
            table.add_row(*map(plain, row))
        yield table
