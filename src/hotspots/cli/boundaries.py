"""``hotspots boundaries list | add | fetch``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from hotspots.cli.console import AreaOption, console, plain, progress
from hotspots.errors import UsageError

if TYPE_CHECKING:
    from hotspots.settings import Area

boundaries_application = typer.Typer(
    help="Boundary sets: list them, add one from a file, fetch one.", no_args_is_help=True
)


@boundaries_application.command("list")
def list_sets(area: AreaOption = Path("hotspots.toml")) -> None:
    """List the boundary sets of an area folder."""
    from hotspots.boundaries import list_boundaries

    table = Table()
    for heading in ("set", "vintage", "codes", "areas", "resolution", "licence", "schematic"):
        table.add_column(heading, no_wrap=heading == "set", overflow="fold")
    for found in list_boundaries(_folder_of(_loaded(area))):
        if "problem" in found:
            table.add_row(plain(found["set"]), plain(found["problem"]))
            continue
        cells = (
            found["set"],
            found["vintage"],
            found["code_vintage"],
            found["rows"],
            found["resolution"],
            found["licence"],
        )
        table.add_row(*map(plain, cells), "yes" if found["schematic"] else "no")
    console.print(table)


@boundaries_application.command("add")
def add_set(
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile (zipped, or its .shp), geodatabase (.gdb, zipped).")
    ],
    kind: Annotated[Literal["lsoa", "ward"], typer.Option(help="What the areas are.")],
    vintage: Annotated[str, typer.Option(help="Name of the vintage, such as 2011.")],
    lad: Annotated[str, typer.Option(help="Keep one district, such as E07000008.")] = "",
    codes: Annotated[Path | None, typer.Option(help="CSV with the codes to keep.")] = None,
    lookup: Annotated[Path | None, typer.Option(help="CSV that gives each code its district.")] = None,
    code_column: Annotated[str, typer.Option(help="Column of the codes, where it is not found by itself.")] = "",
    name_column: Annotated[str, typer.Option(help="Column of the names.")] = "",
    code_vintage: Annotated[str, typer.Option(help="Vintage of the codes, if it is not that of the shapes.")] = "",
    source: Annotated[str, typer.Option(help="Where the file is from.")] = "",
    licence: Annotated[str, typer.Option(help="Its licence.")] = "",
    attribution: Annotated[str, typer.Option(help="Words the licence asks for.")] = "",
    crs: Annotated[str, typer.Option(help="EPSG:27700 or EPSG:4326, of a file that states none.")] = "",
    resolution: Annotated[str, typer.Option(help="Its generalisation, such as BFC, BGC or BSC.")] = "",
    replace: Annotated[bool, typer.Option(help="Replace a different set of the same name.")] = False,
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Check a boundary file, cut it to one district, and add it to the area folder."""
    from hotspots.boundaries import add_boundaries

    loaded = _loaded(area)
    added = add_boundaries(
        file,
        folder=_folder_of(loaded),
        kind=kind,
        vintage=vintage,
        code_vintage=code_vintage or None,
        lad=lad or None,
        codes=codes,
        lookup=lookup,
        code_column=code_column or None,
        name_column=name_column or None,
        source=source,
        licence=licence,
        attribution=attribution,
        resolution=resolution,
        unstated=crs or None,
        replace=replace,
        tolerances=loaded.file.boundaries,
        limits=loaded.file.limits,
    )
    console.print(f"Added {added['kind']}-{added['vintage']}: {added['rows']} areas.", markup=False, soft_wrap=True)
    _say_repairs(added)


@boundaries_application.command("fetch")
def fetch_set(
    kind: Annotated[Literal["lsoa", "ward"], typer.Option(help="What the areas are.")],
    vintage: Annotated[str, typer.Option(help="Their year, such as 2021.")],
    lad: Annotated[str, typer.Option(help="Code of the district; that of the area file unless given.")] = "",
    resolution: Annotated[str, typer.Option(help="BFC, BGC or BSC; BGC where there is one.")] = "",
    origin: Annotated[str, typer.Option("--from", help="A mirror's address, or a folder of downloaded files.")] = "",
    replace: Annotated[bool, typer.Option(help="Replace a different set of the same name.")] = False,
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Fetch a district's boundaries from the Open Geography Portal, check them, and add them to the area folder."""
    from hotspots.boundaries import add_boundaries
    from hotspots.fetch import fetch_boundaries, origin_of

    loaded = _loaded(area)
    folder = _folder_of(loaded)
    district = lad or loaded.file.area.lad
    if not district:
        raise UsageError("name the district with --lad, or as [area] lad in the area file")
    # Answers are kept beside the sets until the whole is there: an interrupted fetch goes on where it stopped.
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f".fetched-{kind}-{vintage}.geojson"
    try:
        with progress() as told:
            fetched = fetch_boundaries(
                origin_of(origin, loaded.file.fetch, folder=loaded.folder, limits=loaded.file.limits),
                file,
                kind=kind,
                vintage=vintage,
                lad=district,
                resolution=resolution,
                progress=told,
            )
            added = add_boundaries(
                file,
                folder=folder,
                kind=kind,
                vintage=vintage,
                source=fetched.source,
                licence=fetched.licence,
                attribution=fetched.attribution,
                resolution=fetched.resolution,
                replace=replace,
                tolerances=loaded.file.boundaries,
                limits=loaded.file.limits,
            )
    finally:
        file.unlink(missing_ok=True)
    console.print(f"Fetched {kind}-{vintage} of {district}: {added['rows']} areas; {fetched.source}.", markup=False)
    _say_repairs(added)
    console.print(f"  {fetched.attribution}", markup=False, soft_wrap=True)


@boundaries_application.command("convert")
def convert(
    table: Annotated[Path, typer.Argument(help="CSV of counts by LSOA.")],
    into: Annotated[str, typer.Option(help="2011, 2021, or common: the smallest areas that both share.")],
    to: Annotated[Path, typer.Option(help="The new CSV.")],
    vintage: Annotated[str, typer.Option("--from", help="Vintage of the codes in the table: 2011 or 2021.")],
    lookup: Annotated[Path | None, typer.Option(help="Official lookup; else that of the area file.")] = None,
    area_column: Annotated[str, typer.Option(help="Heading of the codes, where it is not found by itself.")] = "",
    weights: Annotated[Path | None, typer.Option(help="CSV of a weight by new LSOA, to divide split ones by.")] = None,
    weight_name: Annotated[str, typer.Option(help="What the weights are, such as households 2021; printed.")] = "",
    absent: Annotated[Literal["zero", "unknown"], typer.Option(help="What an area without a row means.")] = "unknown",
    by: Annotated[
        str, typer.Option(help="Headings of what tells rows apart, if it looks like counts: Hour,Band.")
    ] = "",
    without: Annotated[str, typer.Option(help="Headings to leave behind, as they describe areas: Ward,rate.")] = "",
    suppressed: Annotated[list[str] | None, typer.Option(help="What a mark stands for: '*=1-4'; <5 is known.")] = None,
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Put a table of counts by LSOA on the LSOAs of another vintage, or on the areas that both share; totals stay."""
    from hotspots.export.csv_table import write_rows
    from hotspots.export.leaving import check_target
    from hotspots.pipeline.converting import Asked, convert_table, lookup_between
    from hotspots.pipeline.inputs import check_no_input
    from hotspots.settings import load_area

    check_target(to)
    if to.suffix.lower() != ".csv":
        raise UsageError(f"{to.name}: the table is written as CSV; name a file that ends in .csv")
    given = (table, *(path for path in (lookup, weights) if path is not None))
    check_no_input(to, load_area(area) if area.is_file() else None, *given)
    marks = {"<5": (1, 4)} | dict(map(_mark, suppressed or ()))
    asked = Asked(vintage, into, area_column, weights, weight_name, absent, _listed(by), _listed(without), marks)
    links = lookup_between(lookup, load_area(area) if lookup is None and area.is_file() else None)
    made = convert_table(table, asked, links)
    write_rows(made.table, to)
    counted = ", ".join(f"{number} {kind}" for kind, number in made.kinds.items())
    words = f"{made.read} rows of LSOA {vintage} became {len(made.table)}: areas {counted}."
    console.print(words, markup=False, soft_wrap=True)
    if made.left:
        words = f"Left behind, as they describe the old areas: {', '.join(made.left)}."
        console.print(words, markup=False, soft_wrap=True)
    for name, (before, after, lost) in made.totals.items():
        why = " (a part of their new area is not known)" if lost[1] else ""
        words = f"{name}: {_interval(before)} before = {_interval(after)} after + {_interval(lost)} left out{why}."
        console.print(words, markup=False, soft_wrap=True)


def _listed(headings: str) -> tuple[str, ...]:
    return tuple(heading.strip() for heading in headings.split(",") if heading.strip())


def _mark(text: str) -> tuple[str, tuple[int, int]]:
    """A suppression mark and what it stands for, as an option has them: ``*=1-4``."""
    mark, _, ends = text.rpartition("=")
    least, _, most = ends.partition("-")
    if not mark or not least.isdecimal() or not most.isdecimal() or int(least) > int(most) or mark.isdecimal():
        raise UsageError(
            f"{text!r}: write a mark and the least and most that it stands for, such as --suppressed '*=1-4'"
        )
    return mark, (int(least), int(most))


def _interval(ends: tuple[int, int]) -> str:
    return f"{ends[0]:,}" if ends[0] == ends[1] else f"{ends[0]:,} to {ends[1]:,}"


def _say_repairs(added: dict[str, Any]) -> None:
    from hotspots.boundaries import repair_words

    for words in repair_words(added["repairs"]):
        console.print(f"  {words}", markup=False, soft_wrap=True)


def _loaded(area: Path) -> "Area":
    from hotspots.settings import load_area

    if not area.is_file():
        raise UsageError(f"there is no area file {area.name} here; name one with --area")
    return load_area(area)


def _folder_of(area: "Area") -> Path:
    return area.folder / area.file.boundaries.folder
