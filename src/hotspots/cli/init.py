"""``hotspots init``: an area folder for a district, from files or from what the offices publish."""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hotspots.cli.console import console, progress

if TYPE_CHECKING:
    from hotspots.area_folder import AreaPlan
    from hotspots.limits import Limits


def init(
    folder: Annotated[Path, typer.Argument(help="The new area folder.")],
    lad: Annotated[str, typer.Option(help="Code of the district, such as E07000148.")],
    name: Annotated[str, typer.Option(help="Its name; without it, that in the names of its LSOAs.")] = "",
    lsoas: Annotated[
        Path | None, typer.Option(help="LSOA boundaries: GeoJSON, GeoPackage, Shapefile, geodatabase.")
    ] = None,
    wards: Annotated[Path | None, typer.Option(help="Ward boundaries.")] = None,
    lookup: Annotated[list[Path] | None, typer.Option(help="CSV of which LSOA is in which ward or district.")] = None,
    populations: Annotated[Path | None, typer.Option(help="Residents by LSOA: CSV or workbook.")] = None,
    population_date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its reference day.")] = None,
    population_columns: Annotated[str, typer.Option(help="Headings CODE,RESIDENTS, where they cannot be told.")] = "",
    crimes: Annotated[
        Path | None, typer.Option(help="Street files of the police: folder, zip archive, or one CSV of them.")
    ] = None,
    force: Annotated[list[str] | None, typer.Option(help="Force as in the file names, such as norfolk.")] = None,
    lsoa_columns: Annotated[str, typer.Option(help="Headings CODE,NAME, where they are not official ones.")] = "",
    ward_columns: Annotated[str, typer.Option(help="Headings CODE,NAME, where they are not official ones.")] = "",
    lsoa_vintage: Annotated[str, typer.Option(help="Vintage of the LSOAs, where the heading does not say it.")] = "",
    ward_vintage: Annotated[str, typer.Option(help="Vintage of the wards, where the heading does not say it.")] = "",
    origin: Annotated[
        str, typer.Option("--from", help="Where boundaries are fetched from: a mirror's address, or a folder of files.")
    ] = "",
    crs: Annotated[str, typer.Option(help="EPSG:27700 or EPSG:4326, of boundary files that state none.")] = "",
    repair_share: Annotated[
        float | None, typer.Option(min=0, help="Largest share of its area that the repair of a polygon may change.")
    ] = None,
    overlap_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Largest overlap, of the smaller area, that is cut away.")
    ] = None,
    limit: Annotated[
        list[str] | None, typer.Option(help="A limit of file sizes for this once: NAME=NUMBER, as in \\[limits].")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="The LSOA file holds this district only.")] = False,
) -> None:
    """
    Make an area folder for a district; check, build and app work in it at once.

    With --lsoas everything comes from the files named. Without it, LSOAs, wards and lookups are fetched from the Open
    Geography Portal, or from where --from says.
    """
    from hotspots.area_folder import AreaPlan, Columns, Reading, make_area_folder
    from hotspots.boundary_settings import BoundariesSection
    from hotspots.staging import free_folder

    stated = {"repair_tolerance": repair_share, "overlap_share": overlap_share}
    tolerances = BoundariesSection.model_validate({name: share for name, share in stated.items() if share is not None})

    plan = AreaPlan(
        lad=lad,
        name=name,
        lsoas=lsoas or Path(),
        wards=wards,
        lookups=tuple(lookup or ()),
        population=populations,
        population_date=population_date.date() if population_date else None,
        population_columns=_headings(population_columns),
        crimes=crimes,
        forces=tuple(force or ()),
        lsoa_columns=Columns(*_headings(lsoa_columns), vintage=lsoa_vintage or None),
        ward_columns=Columns(*_headings(ward_columns), vintage=ward_vintage or None),
        whole_files=whole,
        reading=Reading(crs or None, tolerances, _limits(limit or [])),
    )
    with progress() as told:
        if lsoas is None:
            free_folder(folder)  # asked before anything is fetched for it
            plan = _fetched(plan, origin, folder, told)
        made = make_area_folder(plan, folder, progress=told, check=_check)
    shutil.rmtree(folder.absolute().with_name(f".fetched-{folder.name}"), ignore_errors=True)
    for note in made.notes:
        console.print(note, markup=False, soft_wrap=True)
    console.print(
        f"Made {made.folder}/. Next: cd there, then `hotspots check`, `hotspots build`, `hotspots app`. Its README.md "
        "says how to add files.",
        markup=False,
        soft_wrap=True,
    )


def _fetched(plan: "AreaPlan", origin: str, folder: Path, told: Any) -> "AreaPlan":
    """The plan with boundaries and lookups from the portal; what came is kept until the folder is made."""
    from hotspots.area_folder import fetch_geography
    from hotspots.fetch import origin_of
    from hotspots.fetch_settings import FetchSection

    kept = folder.absolute().with_name(f".fetched-{folder.name}")
    return fetch_geography(plan, origin_of(origin, FetchSection()), kept, progress=told)


def _limits(given: list[str]) -> "Limits":
    from hotspots.errors import UsageError
    from hotspots.limits import Limits

    stated = dict(pair.split("=", 1) for pair in given if "=" in pair)
    try:
        if len(stated) == len(given):
            return Limits.model_validate(stated)
    except ValueError:
        pass
    raise UsageError(
        f"--limit {' '.join(given)}: expected NAME=NUMBER, such as geojson_mb=1024; the names are "
        f"{', '.join(Limits.model_fields)}"
    )


def _headings(text: str) -> tuple[str | None, str | None]:
    code, _, name = (part.strip() for part in text.partition(","))
    return code or None, name or None


def _check(area_file: Path) -> Any:
    """Read everything once before the folder appears: what `hotspots check` would refuse is refused now."""
    from hotspots.pipeline import check_area
    from hotspots.settings import load_area

    return check_area(load_area(area_file), today=date.today())
