"""``hotspots init``: an area folder for a district, whole or not at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.area_folder.area_file import Contents, LookupEntry, area_file_text
from hotspots.area_folder.lookups import HeldWards, take_lookup
from hotspots.area_folder.records import Months, take_street_files
from hotspots.area_folder.residents import describe_population, take_residents
from hotspots.area_folder.sets import Columns, Reading, add_lsoas, add_wards, codes_of_set, study_area
from hotspots.area_folder.templates import write_geography, write_readme, write_templates
from hotspots.areas import Lookup, require_district
from hotspots.boundaries import repair_words
from hotspots.boundaries.code_table import read_code_table
from hotspots.errors import StatedElsewhere
from hotspots.fetch import Fetched
from hotspots.staging import free_folder, staged_folder
from hotspots.texts import number_of

Progress = Callable[[str], None]
Check = Callable[[Path], Any]

__all__ = ["AreaPlan", "Columns", "Made", "Reading", "make_area_folder"]


@dataclass(frozen=True)
class AreaPlan:
    """
    What an area folder is made from.

    ``lad`` is the code of the district, ``name`` what it is called (in the names of its LSOAs too; without it, what
    most of them are named after); the files are those of :func:`make_area_folder`. ``whole_files`` says that the LSOA
    file holds this district and nothing else; ``reading`` how boundary files are read, and ``fetched`` where those
    files are from that were fetched for it.
    """

    lad: str
    name: str
    lsoas: Path
    wards: Path | None = None
    lookups: tuple[Path, ...] = ()
    population: Path | None = None
    population_date: date | None = None
    population_columns: tuple[str | None, str | None] = (None, None)
    crimes: Path | None = None
    forces: tuple[str, ...] = ()
    lsoa_columns: Columns = field(default_factory=Columns)
    ward_columns: Columns = field(default_factory=Columns)
    whole_files: bool = False
    reading: Reading = field(default_factory=Reading)
    fetched: Mapping[Path, Fetched] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_district(self.lad)


@dataclass(frozen=True)
class Made:
    """The folder, and in sentences what was found and chosen."""

    folder: Path
    notes: tuple[str, ...]


def make_area_folder(
    plan: AreaPlan,
    folder: Path | str,
    *,
    progress: Progress = lambda _: None,
    check: Check = lambda _: None,
) -> Made:
    """
    Write an area folder: ``hotspots.toml``, boundaries, lookups, what records there are, templates and a README.

    Every choice that was made is a sentence of the result and of the README. The folder appears whole or not at all.

    Parameters
    ----------
    plan
        The district and the files: LSOAs and wards (GeoJSON, GeoPackage, zipped Shapefile), lookups and residents
        (CSV), street files of the police (folder or zip archive).
    folder
        A new or empty folder.
    check
        Called with the area file before the folder appears; what it raises is raised, and nothing is left behind.

    Raises
    ------
    UsageError
        The folder is not empty.
    DataRefused
        A file is refused; the message says why.
    """
    target = Path(folder)
    free_folder(target).parent.mkdir(parents=True, exist_ok=True)
    with staged_folder(target) as stage:
        notes = _fill(stage, plan, progress, check)
    return Made(target, notes)


def _fill(stage: Path, plan: AreaPlan, progress: Progress, check: Check) -> tuple[str, ...]:
    sets = stage / "boundaries"
    progress("LSOAs")
    lsoas, how = add_lsoas(
        plan.lsoas,
        folder=sets,
        lad=plan.lad,
        place=plan.name,
        columns=plan.lsoa_columns,
        lookups=plan.lookups,
        whole=plan.whole_files,
        reading=plan.reading,
        about=plan.fetched.get(plan.lsoas),
    )
    many = number_of(lsoas["rows"], "LSOA", "LSOAs")
    notes = [f"{many} of vintage {lsoas['vintage']} from {plan.lsoas.name}, {how}."]
    notes += repair_words(lsoas["repairs"])
    lsoa_set = f"lsoa-{lsoas['vintage']}"
    codes, district, place = study_area(sets, lsoa_set)
    name = plan.name or place or plan.lad
    ward_set, held = "", HeldWards()
    if plan.wards is not None:
        progress("wards")
        wards, how = add_wards(
            plan.wards,
            folder=sets,
            lad=plan.lad,
            columns=plan.ward_columns,
            lsoas=district,
            lookups=plan.lookups,
            reading=plan.reading,
            about=plan.fetched.get(plan.wards),
        )
        ward_set = f"ward-{wards['vintage']}"
        held = HeldWards(wards["code_vintage"], codes_of_set(sets, ward_set))
        many = number_of(wards["rows"], "ward", "wards")
        notes.append(f"{many} of vintage {wards['vintage']} from {plan.wards.name}, {how}.")
        notes += repair_words(wards["repairs"])
    entries = _lookups(stage, plan, codes, held, notes)
    contents = Contents(
        name,
        plan.lad,
        lsoa_set,
        lsoas["code_vintage"],
        ward_set,
        entries,
        _population(stage, plan, codes, _between(stage, entries), lsoas["code_vintage"], notes),
        _crimes(stage, plan, entries, lsoas["code_vintage"], notes, progress),
        plan.reading.tolerances,
    )
    progress("checking")
    _write_checked(stage / "hotspots.toml", contents, check, notes)
    (stage / "sources").mkdir()
    middle = district.representative_point()
    write_templates(stage / "templates", lsoa=min(codes), easting=round(middle.x), northing=round(middle.y))
    write_geography(stage / "geo")
    told = tuple(notes)
    vintage = lsoas["code_vintage"]
    write_readme(stage / "README.md", name=name, lad=plan.lad, vintage=vintage, lsoa=min(codes), notes=told)
    return told


def _write_checked(area_file: Path, contents: Contents, check: Check, notes: list[str]) -> None:
    """Write and check the area file; where crimes state LSOAs that nothing here knows, their points count instead."""
    area_file.write_text(area_file_text(contents), encoding="utf-8", newline="\n")
    try:
        check(area_file)
    except StatedElsewhere:
        if contents.crimes is None or contents.crimes.vintage:
            raise
        notes.append(
            "Crimes whose points lie in these LSOAs state others, which no lookup knows (of another vintage than "
            f"{contents.lsoa_vintage}, or across a border that is drawn coarsely): each crime is counted where its "
            'point lies (lsoa_codes = "located").'
        )
        located = replace(contents, crimes=replace(contents.crimes, states_lsoas=False))
        _write_checked(area_file, located, check, notes)


def _lookups(
    stage: Path, plan: AreaPlan, codes: frozenset[str], wards: HeldWards, notes: list[str]
) -> tuple[LookupEntry, ...]:
    entries = []
    for path in plan.lookups:
        entry, told = take_lookup(path, stage=stage, lad=plan.lad, lsoas=codes, wards=wards)
        notes += told
        entries += [entry] if entry is not None else []
    return tuple(entries)


def _between(stage: Path, entries: tuple[LookupEntry, ...]) -> Lookup | None:
    """The lookup between the LSOAs of 2011 and 2021 that was given, if one was."""
    entry = next((entry for entry in entries if entry.kind == "lsoa_2011_to_2021"), None)
    if entry is None:
        return None
    table = read_code_table(stage / entry.path)
    links = {"area_code": table[entry.child], "parent_code": table[entry.parent]}
    change = {"change": table[entry.change]} if entry.change else {}
    return Lookup("lsoa_2011_to_2021", entry.child_vintage, entry.parent_vintage, pd.DataFrame(links | change))


def _population(
    stage: Path, plan: AreaPlan, codes: frozenset[str], lookup: Lookup | None, in_use: str, notes: list[str]
) -> Any:
    if plan.population is None:
        return None
    found = describe_population(
        plan.population,
        vintage=in_use,
        on=plan.population_date,
        columns=plan.population_columns,
        limits=plan.reading.limits,
    )
    target = stage / "population" / f"residents-{found.on.isoformat()}.csv"
    kept, became = take_residents(
        plan.population,
        found,
        lsoas=codes,
        lookup=lookup,
        in_use=in_use,
        target=target,
        limits=plan.reading.limits,
    )
    notes.append(
        f"Residents on {found.on} from {plan.population.name}: codes under {found.area}, residents under "
        f"{found.population}{_opened_words(found.opened)}; {became}."
    )
    return target.relative_to(stage).as_posix(), kept


def _opened_words(how: dict[str, Any]) -> str:
    told = ", ".join(f"{key} {value}" for key, value in how.items() if key != "headings")
    return ("; no headings, columns by number" if "headings" in how else "") + (f"; {told}" if told else "")


def _crimes(
    stage: Path,
    plan: AreaPlan,
    entries: tuple[LookupEntry, ...],
    in_use: str,
    notes: list[str],
    progress: Progress,
) -> Any:
    if plan.crimes is None:
        return None
    progress("street files of the police")
    months = take_street_files(plan.crimes, folder=stage / "police", forces=plan.forces, limits=plan.reading.limits)
    missing = f"; missing in between: {', '.join(months.missing)}" if months.missing else ""
    missing += f"; their text is {months.encoding}, not UTF-8" if months.encoding else ""
    missing += f"; their cells are parted by a {months.delimiter}" if months.delimiter else ""
    first, last = months.months[0], months.months[-1]
    held = f"one month, {first}" if first == last else f"{len(months.months)} months from {first} to {last}"
    notes.append(
        f"Street files of {', '.join(months.forces)}: {held}{missing}. "
        "That is what hotspots.toml says they cover: check it."
    )
    return _of_their_vintage(months, stage, entries, in_use, notes)


def _of_their_vintage(
    months: Months, stage: Path, entries: tuple[LookupEntry, ...], in_use: str, notes: list[str]
) -> Months:
    """The months with the vintage of their LSOA codes, as far as a lookup tells it: the codes that one alone has."""
    lookup = _between(stage, entries)
    if lookup is None or in_use not in {lookup.child_vintage, lookup.parent_vintage}:
        return months
    held = {
        lookup.child_vintage: set(lookup.table["area_code"]),
        lookup.parent_vintage: set(lookup.table["parent_code"]),
    }
    other = next(vintage for vintage in held if vintage != in_use)
    theirs, ours = months.codes & (held[other] - held[in_use]), months.codes & (held[in_use] - held[other])
    if theirs and ours:
        notes.append(
            f"The street files state LSOAs of {other} and of {in_use}: each crime is counted where its point lies "
            '(lsoa_codes = "located").'
        )
        return replace(months, states_lsoas=False)
    if theirs:
        notes.append(f"The street files state LSOAs of {other}: they are converted to {in_use} by the lookup.")
        return replace(months, vintage=other)
    return months
