"""``hotspots crimes add | fetch``."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hotspots.cli.console import AreaOption, console, progress
from hotspots.errors import UsageError

if TYPE_CHECKING:
    from hotspots.area_folder.records import Months

crimes_application = typer.Typer(help="Street files of the police: add bulk files, fetch months.", no_args_is_help=True)

ToOption = Annotated[Path, typer.Option("--to", help="Folder of the street files, relative to the area file.")]
_MONTH = re.compile(r"^20\d\d-(0[1-9]|1[0-2])$")


@crimes_application.command("add")
def add_files(
    given: Annotated[Path, typer.Argument(metavar="PATH", help="Folder or zip archive of street files, or one CSV.")],
    force: Annotated[list[str] | None, typer.Option(help="Force as in the file names, such as norfolk.")] = None,
    to: ToOption = Path("police"),
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Take the street files of a download into the area folder; a different file of the same name is never replaced."""
    from hotspots.area_folder.records import months_held, take_street_files
    from hotspots.settings import load_area
    from hotspots.texts import number_of

    loaded = load_area(area)
    folder = loaded.folder / to
    with progress():
        taken = take_street_files(given, folder=folder, forces=tuple(force or ()), limits=loaded.file.limits)
    held = number_of(len(taken.months), "month", "months")
    console.print(f"Taken into {to}/: {held} of {', '.join(taken.forces)}.", markup=False)
    one_file = "*" not in taken.path
    _say_section(area, taken if one_file else months_held(folder), to / Path(taken.path).name)


@crimes_application.command("fetch")
def fetch_months(
    from_month: Annotated[str, typer.Option(help="First month, such as 2023-04.")],
    to_month: Annotated[str, typer.Option(help="Last month.")],
    origin: Annotated[str, typer.Option("--from", help="Address of an API like that of the police.")] = "",
    replace: Annotated[bool, typer.Option(help="Ask again for months that are there.")] = False,
    to: ToOption = Path("police"),
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Fetch the crimes of the area from the police data API, month by month, as street files."""
    from hotspots.area_folder.records import STREET_FILES, months_held
    from hotspots.boundaries import load_reference
    from hotspots.fetch.client import checked_base
    from hotspots.fetch.origin import client_of
    from hotspots.fetch.police import fetch_street_crimes
    from hotspots.settings import load_area

    months = _months(from_month, to_month)
    loaded = load_area(area)
    section = loaded.file.fetch
    with progress() as told:
        made, missing = fetch_street_crimes(
            client_of(section, loaded.file.limits),
            checked_base(origin or section.police_url),
            lsoas=load_reference(loaded).areas("lsoa"),
            months=months,
            folder=loaded.folder / to,
            replace=replace,
            progress=told,
        )
    for month in made:
        words = f"{month.month}: {month.written:,} crimes, {month.outside:,} of them outside the LSOAs"
        console.print(f"{words} ({month.received:,} received, {month.repeated:,} twice, in {month.pieces} pieces).")
    if missing:
        doubt = " None of them is: is its address right ([fetch] police_url)?" if len(missing) == len(months) else ""
        console.print(f"Not held by the API: {', '.join(missing)}.{doubt}", markup=False)
    _say_section(area, months_held(loaded.folder / to), to / STREET_FILES)


def _months(first: str, last: str) -> list[str]:
    for text in (first, last):
        if not _MONTH.match(text):
            raise UsageError(f"{text!r} is not a month; it is written 2023-04")
    numbers = [int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last)]
    if numbers[1] < numbers[0]:
        raise UsageError(f"the last month ({last}) is before the first ({first})")
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(numbers[0], numbers[1] + 1)]


def _say_section(area: Path, held: "Months | None", path: Path) -> None:
    """What the area file has to say of the files that are there now; it is never changed by us."""
    from hotspots.area_folder.area_file import crimes_section
    from hotspots.boundaries import load_reference
    from hotspots.settings import load_area

    if held is None:
        return
    loaded = load_area(area)
    source = loaded.source("crimes")
    vintage = source.vintage if source is not None else load_reference(loaded).areas("lsoa").code_vintage
    section = crimes_section(held, vintage, path=path.as_posix())
    console.print(f"\n{area.name} has to say of them:\n\n{section}", markup=False, soft_wrap=True)
