"""The command line: ``hotspots check, build, layers, export, pack, app, density, freeze, purge, boundaries, sources``.

Exit codes: 0 done, 1 data refused, 2 wrong usage, 3 our fault, 128 and the number of the signal that ended it. Nothing
heavy is imported until a command needs it, so that ``hotspots --help`` answers at once.
"""

import os
import sys
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

# Before any GDAL is loaded, and for every process we start: drivers that open other files or the network are left out.
os.environ.setdefault("GDAL_SKIP", "VRT,OGR_VRT")
# Nor has linear algebra threads: our matrices are small, and threads that wait for each other took half the time that a
# build takes of the processors. The numbers are the same.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import typer
from rich.table import Table

from hotspots import __version__
from hotspots.cli.boundaries import boundaries_application
from hotspots.cli.console import AreaOption, console, plain, progress
from hotspots.cli.crimes import crimes_application
from hotspots.cli.init import init
from hotspots.cli.process import Ended, close, say, settle, told
from hotspots.cli.sources import sources_application
from hotspots.periods import Calendar

if TYPE_CHECKING:
    from hotspots.layer import Layer
    from hotspots.pipeline import Inputs
    from hotspots.snapshot import Build

application = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        console.print(__version__, markup=False)
        raise typer.Exit


@application.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Geospatial hotspot analysis for community safety partnerships."""


application.command()(init)
application.add_typer(boundaries_application, name="boundaries")
application.add_typer(sources_application, name="sources")
application.add_typer(crimes_application, name="crimes")

Audience = Literal["public", "partner", "restricted"]
Kernel = Literal["quartic", "epanechnikov", "triweight", "uniform", "gaussian"]
BuildOption = Annotated[Path, typer.Option("--build", help="The folder of published builds.")]
ClipOption = Annotated[str, typer.Option("--clip", help="Mask: `city-centre` or a boundary file.")]


@application.command()
def check(
    area: AreaOption = Path("hotspots.toml"),
    rejects: Annotated[Path, typer.Option(help="Folder for the rejected rows.")] = Path("rejects"),
) -> None:
    """Read and check every input, print the tally, write the rejects."""
    from hotspots.pipeline import check_area
    from hotspots.settings import load_area

    with progress() as told:
        inputs = check_area(load_area(area), rejects=rejects, today=date.today(), progress=told)
    _print_tallies(inputs)
    if any(len(reading.rejects) for reading in inputs.readings.values()):
        console.print(f"Rejected rows were written to {rejects}/.", markup=False, soft_wrap=True)
    if any(reading.unplaced is not None and len(reading.unplaced) for reading in inputs.readings.values()):
        console.print(
            f"Texts that name no place are in {rejects}/, to be resolved by hand.", markup=False, soft_wrap=True
        )


@application.command()
def build(area: AreaOption = Path("hotspots.toml"), build: BuildOption = Path("build")) -> None:
    """Make and publish all layers; the previous build stays readable until this one is whole."""
    from hotspots.pipeline import build_area

    with progress() as told:
        published = build_area(area, build, today=date.today(), progress=told)
    for source in published.manifest["sources"].values():
        console.print(f"{source['title']}: {source['sentence']}", markup=False, soft_wrap=True)
        for note in source["notes"]:
            console.print(f"  {note}", markup=False, soft_wrap=True)
    _say_published(published, build)


@application.command()
def layers(build: BuildOption = Path("build")) -> None:
    """List what is published."""
    from hotspots.snapshot import open_build

    opened = open_build(build)
    table = Table(title=plain(f"{opened.area_name}, build {opened.id}"), title_justify="left")
    table.add_column("layer", no_wrap=True)
    for heading in ("title", "period", "policy"):
        table.add_column(heading)
    metas = [opened.meta(layer_id) for layer_id in opened.layers]
    for meta in metas:
        table.add_row(meta.id, plain(meta.title), meta.period, meta.policy)
    console.print(table)
    for label in dict.fromkeys(label for meta in metas for label in meta.labels):
        console.print(label, markup=False, soft_wrap=True)


@application.command()
def export(
    layer: Annotated[str, typer.Argument(help="Identifier of the layer: see `hotspots layers`.")],
    to: Annotated[Path, typer.Option(help="The new file; its suffix chooses the format.")],
    audience: Annotated[Audience, typer.Option(help="Who will have the file.")],
    build: BuildOption = Path("build"),
    clip: ClipOption = "",
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Write a layer as GeoJSON, GeoPackage, CSV or GeoTIFF for an audience."""
    from hotspots.export import export_noted, named_classes
    from hotspots.snapshot import open_build, record_export
    from hotspots.views import Viewer, clipped, named_layer

    _check_free(to, area)
    role: Any = {"public": "public", "partner": "officer", "restricted": "analyst"}[audience]
    opened = open_build(build)
    made = named_layer(opened, layer, Viewer(role))
    classes = named_classes(opened, made, Viewer(role))
    if clip:
        made = clipped(made, _clip(clip, area))
    note = partial(record_export, build, build_id=opened.id, meta=made.meta, role=role)
    _say_files(made, export_noted(made, to, audience=audience, classes=classes, note=note))


@application.command()
def pack(
    audience: Annotated[Audience, typer.Option(help="Who will have the folder.")],
    to: Annotated[Path, typer.Option(help="The new folder.")],
    build: BuildOption = Path("build"),
) -> None:
    """Write what officers and meetings receive: layers, tables and maps to print, for an audience."""
    from hotspots.pack import write_pack
    from hotspots.snapshot import open_build

    with progress() as told:
        made = write_pack(open_build(build), to, audience=audience, progress=told)
    for name, why in made.left_out.items():
        console.print(f"Left out: {name}: {why}", markup=False, soft_wrap=True)
    console.print(
        f"{made.marking}: in {to} (layers: {len(made.layers)}, tables: {len(made.tables)}, maps: {len(made.maps)}); "
        "README.txt says what they are.",
        markup=False,
        soft_wrap=True,
    )


@application.command()
def app(
    build: BuildOption = Path("build"),
    area: AreaOption = Path("hotspots.toml"),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    base_path: Annotated[str, typer.Option(help="Path below which a proxy serves us.")] = "",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Start the map service on this machine."""
    from hotspots.app.server import serve
    from hotspots.snapshot import open_build

    opened = open_build(build)
    console.print(
        f"{opened.area_name}, build {opened.id}: http://{host}:{port}/{base_path.strip('/')}",
        markup=False,
        soft_wrap=True,
    )
    held = area if area.is_file() else None
    serve(build=build, area=held, host=host, port=port, base_path=base_path, open_browser=browser)


@application.command()
def density(
    points: Annotated[str, typer.Argument(help="A CSV of points, or the id of a source in the area file.")],
    to: Annotated[Path, typer.Option(help="The new GeoTIFF.")],
    bandwidth_m: Annotated[float | None, typer.Option(help="Support radius in metres (Gaussian: s.d.).")] = None,
    cell_m: Annotated[float | None, typer.Option(help="Cell size in metres.")] = None,
    kernel: Annotated[Kernel | None, typer.Option(help="Kernel.")] = None,
    clip: ClipOption = "",
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Make a density surface of points: events per km², as a cloud-optimised GeoTIFF."""
    from hotspots.export import export_layer
    from hotspots.pipeline.command import DensityChoice, density_of_file, density_of_source
    from hotspots.settings import load_area

    _check_free(to, area)
    loaded = load_area(area) if area.is_file() else None
    choice = DensityChoice(_clip(clip, area) if clip else None, bandwidth_m, cell_m, kernel)
    make = density_of_file if points.lower().endswith(".csv") else density_of_source
    made = make(points, loaded, choice)
    console.print(f"{made.meta.method}; {made.meta.area or 'no border'}", markup=False, soft_wrap=True)
    _say_files(made, export_layer(made, to, audience="restricted"))


@application.command()
def assessment(
    counts: Annotated[Path, typer.Argument(help="Counts by type and year: CSV or workbook.")],
    to: Annotated[Path, typer.Option(help="The new CSV.")],
    current: Annotated[str, typer.Option(help="Current year, such as 2018/19; without it, the latest.")] = "",
    smallest_base: Annotated[int, typer.Option(min=0, help="Year before under which there is No calc.")] = 10,
    mean_of: Annotated[int, typer.Option(min=1, help="Years before the current one in the mean.")] = 5,
    least_years: Annotated[int, typer.Option(min=1, help="Fewest of them that a mean is given for.")] = 4,
    calendar: Annotated[Calendar, typer.Option(help="What the columns are years of.")] = "financial",
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook.")] = "",
) -> None:
    """Make the assessment's table of recorded crime, with means, changes and No calc, of a file of counts."""
    from hotspots.export import export_table
    from hotspots.pipeline.assessing import TableRules, assessment_of_file

    _check_free(to, Path("hotspots.toml"), counts)
    rules = TableRules(current, smallest_base, mean_of, least_years, calendar)
    made, read = assessment_of_file(counts, rules, sheet=sheet)
    files = export_table(made, to, audience="restricted")
    said = len(read.without_numbers)
    console.print(f"{read.read} rows = {len(made.table)} types + {said} without numbers.", markup=False)
    if read.passed_over:
        console.print(f"Columns that name no year: {', '.join(read.passed_over)}.", markup=False, soft_wrap=True)
    for note in made.notes:
        console.print(note, markup=False, soft_wrap=True)
    console.print(f"Wrote {', '.join(path.name for path in files)}.", markup=False, soft_wrap=True)


@application.command()
def freeze(
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the scores, such as 2018-08-31.")],
    area: AreaOption = Path("hotspots.toml"),
) -> None:
    """Freeze the premises scores of a day as a meeting sees them; a later build shows both."""
    from hotspots.pipeline.premises import freeze as freeze_day
    from hotspots.settings import load_area

    with progress() as told:
        record = freeze_day(load_area(area), as_of=as_of.date(), today=date.today(), progress=told)
    console.print(f"The scores of {as_of:%Y-%m-%d} are frozen in {record}.", markup=False, soft_wrap=True)
    console.print("It names premises: keep it as their register is kept. The next build shows it.", markup=False)


@application.command()
def purge(
    source: Annotated[str, typer.Argument(help="Id of the source.")],
    by: Annotated[str, typer.Option(help="Who decided: goes into the certificate.")],
    because: Annotated[str, typer.Option(help="Why: goes into the certificate.")],
    remove_damaged: Annotated[
        bool, typer.Option("--remove-damaged", help="Remove builds whole that are damaged: they may hold the source.")
    ] = False,
    build: BuildOption = Path("build"),
) -> None:
    """Remove a source from every build and reject here, and write a certificate."""
    from hotspots.snapshot import purge as purge_source

    certificate = purge_source(build, source, by=by, because=because, remove_damaged=remove_damaged)
    console.print(f"{source} was removed from every build; the certificate is {certificate}", markup=False)
    console.print("The supplier's file and files that left are not ours to remove: see the certificate.", markup=False)


def main() -> None:
    """Run a command; every refusal is a sentence and an exit code, never a traceback."""
    settle()
    try:
        application(standalone_mode=True)
    except Ended as ended:
        say(f"Ended by {ended.name}. What was being written is wholly as it was, or wholly new.")
        code = ended.code
    except SystemExit as done:
        code = done.code
    except Exception as error:
        if os.environ.get("HOTSPOTS_DEBUG"):
            raise
        code = told(error)
    sys.exit(close(code if isinstance(code, int) else 0))


def _check_free(to: Path, area: Path, *given: Path) -> None:
    """Before anything is read or made: whether a file may be written there at all."""
    from hotspots.errors import SettingsRefused
    from hotspots.export.leaving import check_target
    from hotspots.pipeline.inputs import check_no_input
    from hotspots.settings import load_area

    check_target(to)
    held = None
    with suppress(SettingsRefused):  # one that cannot be read names nothing; who needs it will say so
        held = load_area(area)
    check_no_input(to, held, *given)


def _clip(name: str, area: Path) -> Any:
    from hotspots.city_centre import load_clip
    from hotspots.settings import load_area

    return load_clip(name, load_area(area) if area.is_file() else None)


def _say_published(published: "Build", folder: Path) -> None:
    rejected = sum(source["tally"]["rejected"] for source in published.manifest["sources"].values())
    if rejected:
        console.print(
            f"{rejected:,} rejected rows are in {folder}/{published.id}/rejects/.", markup=False, soft_wrap=True
        )
    changes = sorted((folder / "changes").glob(f"*-{published.id}.csv"))
    if changes:
        console.print(f"Published figures changed: {changes[-1]} has old and new.", markup=False, soft_wrap=True)
    if published.manifest.get("mixed_resolution"):
        console.print(published.manifest["mixed_resolution"], markup=False, soft_wrap=True)
    words = f"Build {published.id}: {len(published.layers)} layers published in {folder}/."
    console.print(words, markup=False, soft_wrap=True)


def _print_tallies(inputs: "Inputs") -> None:
    if inputs.reference.mixed_resolution:
        console.print(inputs.reference.mixed_resolution, markup=False, soft_wrap=True)
    for reading in inputs.readings.values():
        console.print(f"{reading.meta.title}: {reading.tally.sentence}", markup=False, soft_wrap=True)
        for note in reading.notes:
            console.print(f"  {note}", markup=False, soft_wrap=True)


def _say_files(layer: "Layer", files: tuple[Path, ...]) -> None:
    for caveat in (*layer.meta.labels, *layer.meta.caveats):
        console.print(f"  {caveat}", markup=False, soft_wrap=True)
    for file in files:
        console.print(f"Wrote {file}", markup=False, soft_wrap=True)
