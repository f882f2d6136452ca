"""Sources of another LSOA vintage than the boundaries: read as they were supplied, then converted, and marked so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import Areas, Lookup, Reference, parts_of
from hotspots.boundaries.code_table import column_of, read_code_table
from hotspots.common_ground import conversions, groups, lookup_in_use
from hotspots.errors import SettingsRefused, VintageError
from hotspots.files import fingerprint
from hotspots.limits import Limits
from hotspots.source_settings import CalloutsSource, CrimesSource, PopulationSource, Source
from hotspots.sources._cells import parse_number
from hotspots.tables import InputFile, Reading
from hotspots.vintages import COMMON, Conversion, convert_counts

Convertible = CalloutsSource | PopulationSource | CrimesSource
Kind = TypeVar("Kind", bound=Convertible)


@dataclass(frozen=True, eq=False)
class Stretch:
    """A part of what a source covers in which its codes are of one vintage: as it would be declared, and its areas."""

    source: CalloutsSource
    reference: Reference


def stretches(source: CalloutsSource, lookup: Lookup, reference: Reference) -> tuple[Stretch, ...]:
    """The stretches of a source, in the order of time: one, or where its codes change vintage on a day, two."""
    return tuple(Stretch(part, as_supplied(reference, part, lookup)) for part in _by_vintage(source, lookup))


def _by_vintage(source: Kind, lookup: Lookup) -> "tuple[Kind, ...]":
    """The source as it would be declared for each vintage of its codes, in the order of time."""
    until = getattr(source, "vintage_until", None)
    if until is None:
        return (source,)
    later = lookup.parent_vintage if source.vintage == lookup.child_vintage else lookup.child_vintage
    parts: Any = (
        source.model_copy(update={"covers_to": until, "vintage_until": None}),
        source.model_copy(update={"covers_from": until + timedelta(days=1), "vintage": later, "vintage_until": None}),
    )
    return tuple(parts)


def to_convert(source: Source, reference: Reference) -> Lookup | None:
    """The lookup that a source is converted by; None where it declares no conversion, or needs none."""
    until = source.vintage_until if isinstance(source, CalloutsSource) else None
    if until is not None:
        _check_change(source, until)
    if not isinstance(source, CalloutsSource | PopulationSource | CrimesSource) or source.conversion is None:
        return None
    if source.resolution == "ward":
        raise SettingsRefused(
            f"{source.id}: only LSOA counts are converted; wards of two dates have no official lookup"
        )
    in_use = reference.areas("lsoa").code_vintage
    if source.vintage == in_use:
        return lookup_in_use(reference) if until is not None or source.conversion.split == COMMON else None
    for lookup in reference.lookups:
        wanted = {source.vintage, in_use} == {lookup.child_vintage, lookup.parent_vintage}
        if lookup.kind == "lsoa_2011_to_2021" and wanted:
            return lookup
    raise VintageError(
        f"{source.id}: declared LSOA vintage {source.vintage}, the boundaries in use have {in_use} codes, and no "
        "lookup between the two is named under [[boundaries.lookups]]"
    )


def _check_change(source: Source, until: date) -> None:
    if getattr(source, "conversion", None) is None:
        raise SettingsRefused(
            f"{source.id}: vintage_until says that the codes change after {until}; say under [sources.conversion] how "
            'both come together, such as split = "common" (the areas that both share)'
        )
    if not source.covers_from <= until < source.covers_to:
        raise SettingsRefused(
            f"{source.id}: vintage_until is {until}, and the source covers {source.covers_from} to {source.covers_to}: "
            "it is the last day of the first vintage, with days of the other after it"
        )


def as_supplied(reference: Reference, source: Convertible, lookup: Lookup) -> Reference:
    """The reference geography with the LSOAs of the source's vintage: their codes, on the ground of ours."""
    lsoas = reference.areas("lsoa")
    if source.vintage == lsoas.code_vintage:
        return reference
    links = _links(lookup, source.vintage)
    touching = links[links["to"].isin(lsoas.codes)]
    outside = sorted(set(links[links["from"].isin(touching["from"])]["to"]) - lsoas.codes)
    if outside:
        raise VintageError(
            f"{source.id}: an LSOA of {source.vintage} lies in ours and in {outside[0]}, which is not ours: counts of "
            "it cannot be converted here; use boundaries that hold both"
        )
    ground = dict(zip(lsoas.table["code"], lsoas.geometry, strict=True))
    rows = [
        (code, code, shapely.union_all(np.array([ground[new] for new in parts["to"]], dtype=object)))
        for code, parts in touching.groupby("from", sort=True)
    ]
    table = pd.DataFrame(rows, columns=["code", "name", "geometry"])
    older = Areas("lsoa", source.vintage, source.vintage, lsoas.schematic, lsoas.attribution, table)
    return replace(reference, lsoas=older)


def converted(
    reading: Reading, source: Convertible, lookup: Lookup, *, folder: Path, limits: Limits, reference: Reference
) -> Reading:
    """A reading on the areas in use: every number says how it came there, and so does every layer made of it."""
    if isinstance(source, CrimesSource):
        return _crimes(reading, source, lookup, reference)
    conversion = source.conversion
    assert conversion is not None
    weights, files = _weights(source, folder, limits)
    table = reading.table.drop(columns="conversion", errors="ignore")
    parts: tuple[Convertible, ...] = _by_vintage(source, lookup)
    ours = [_within(table, part) if len(parts) > 1 else table for part in parts]
    counted = [
        _counted(rows, part, lookup, weights, reference) for rows, part in zip(ours, parts, strict=True) if len(rows)
    ]
    made = Conversion(*(pd.concat(tables, ignore_index=True) for tables in zip(*counted, strict=True)))
    words = _words(made, conversion_kinds(source, lookup, reference), _opening(source, lookup, reference))
    columns = list(reading.table.columns)
    return replace(
        reading,
        table=made.table.sort_values([name for name in ("area_code", "period_start", "category") if name in columns])[
            columns
        ].reset_index(drop=True),
        meta=replace(reading.meta, caveats=(*reading.meta.caveats, *words)),
        files=(*reading.files, *files),
        notes=(*reading.notes, *words),
    )


def _within(table: pd.DataFrame, source: Convertible) -> pd.DataFrame:
    days = table["period_start"]
    return table[(days >= pd.Timestamp(source.covers_from)) & (days <= pd.Timestamp(source.covers_to))]


def _counted(
    table: pd.DataFrame,
    source: Convertible,
    lookup: Lookup,
    weights: "pd.Series[Any] | None",
    reference: Reference,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts of one vintage on the areas in use, or those that both share, and what was left out."""
    conversion, in_use = source.conversion, reference.areas("lsoa").code_vintage
    assert conversion is not None
    if source.vintage == in_use and conversion.split != COMMON:  # the stretch that is as it is to be
        supplied = table.assign(conversion="as supplied")
        return supplied, supplied.iloc[:0]
    callouts = isinstance(source, CalloutsSource)
    try:
        made = convert_counts(
            table,
            lookup,
            vintage=source.vintage,
            to=in_use if source.vintage != in_use else COMMON,
            split=conversion.split,
            weights=weights,
            weight_name=conversion.weight_name,
            by=["period_start", "period_end", "period", "category"] if callouts else [],
            values=["lower", "upper"] if callouts else ["population"],
            absent=source.absent or "unknown",
        )
    except VintageError as error:
        raise VintageError(f"{source.id}: {error} (split under [sources.conversion])") from error
    made = _grouped(made, lookup, source.vintage, in_use) if conversion.split == COMMON else made
    return made.table, made.left_out


def _opening(source: Convertible, lookup: Lookup, reference: Reference) -> str:
    """What happens to the counts, in words; codes that change vintage are said to."""
    in_use = reference.areas("lsoa").code_vintage
    until = source.vintage_until if isinstance(source, CalloutsSource) else None
    if until is not None:
        first, later = (part.vintage for part in _by_vintage(source, lookup))
        shared = source.conversion is not None and source.conversion.split == COMMON
        onto = "the areas that both share" if shared else f"LSOA {in_use}"
        return f"Codes are of LSOA {first} until {until} and of {later} after; all are counted on {onto}"
    if source.vintage == in_use:
        return f"Counted on the areas that LSOA {lookup.child_vintage} and {lookup.parent_vintage} share"
    return f"Converted from LSOA {source.vintage} to {in_use}"


def _links(lookup: Lookup, vintage: str) -> pd.DataFrame:
    forward = vintage == lookup.child_vintage
    names = ("area_code", "parent_code") if forward else ("parent_code", "area_code")
    return pd.DataFrame({"from": lookup.table[names[0]], "to": lookup.table[names[1]]}).drop_duplicates()


def _weights(
    source: Convertible, folder: Path, limits: Limits
) -> "tuple[pd.Series[Any] | None, tuple[InputFile, ...]]":
    conversion = source.conversion
    assert conversion is not None
    if conversion.split != "weights":
        return None, ()
    if not conversion.weights or not conversion.weight_name:
        raise SettingsRefused(
            f"{source.id}: conversion by weights needs weights (a file) and weight_name (what they are)"
        )
    path = folder / conversion.weights
    table = read_code_table(path, limits=limits)
    codes = column_of(table, conversion.area, where=path.name)
    numbers = [parse_number(text) for text in column_of(table, conversion.weight, where=path.name)]
    bad = next((at for at, number in enumerate(numbers) if not isinstance(number, float)), None)
    if bad is not None or codes.duplicated().any():
        where = f"row {bad + 2}" if bad is not None else f"{codes[codes.duplicated()].iloc[0]} twice"
        raise VintageError(f"{path.name}: {where}: expected one plain number for each area code")
    return pd.Series(numbers, index=codes.tolist(), dtype="float64"), (fingerprint(path, root=folder),)


def conversion_kinds(source: Convertible, lookup: Lookup, reference: Reference) -> "pd.Series[str]":
    """How the numbers of each area of ours come about: from the lookup alone, whatever the source holds."""
    conversion, lsoas = source.conversion, reference.areas("lsoa")
    assert conversion is not None
    parts = _by_vintage(source, lookup)
    moved = next((part for part in parts if part.vintage != lsoas.code_vintage), source)
    kinds = conversions(
        lookup,
        vintage=moved.vintage,
        to=lsoas.code_vintage,
        split=conversion.split,
        weight_name=conversion.weight_name,
    )
    if len(parts) > 1:  # what was as it is to be from the start, or is so now, is said to be
        when = f" until {moved.covers_to}" if moved is parts[0] else f" from {moved.covers_from}"
        kinds = kinds.mask(~kinds.isin(["unchanged", "grouped"]), kinds + when)
    return kinds[[set(parts_of(str(code))) <= lsoas.codes for code in kinds.index]]


def _grouped(made: Conversion, lookup: Lookup, vintage: str, in_use: str) -> Conversion:
    """The same numbers under the codes that groups have in this build: those of their LSOAs in use."""
    named = groups(lookup, vintage=in_use)
    tables = []
    for table in (made.table, made.left_out):
        codes = table["area_code"].map(lambda code: named[parts_of(code)[0]]).astype("str")
        # Of the vintage in use, an LSOA that is a group by itself is what was supplied.
        as_it_was = (vintage == in_use) & ~codes.str.contains("+", regex=False)
        tables.append(table.assign(area_code=codes, conversion=table["conversion"].mask(as_it_was, "as supplied")))
    return Conversion(*tables)


def _words(made: Conversion, kinds: "pd.Series[str]", opening: str) -> tuple[str, ...]:
    counted = ", ".join(f"{len(codes)} {kind}" for kind, codes in kinds.groupby(kinds, sort=True))
    words = [f"{opening} by the official lookup: {counted}."]
    for kind, codes in kinds.groupby(kinds, sort=True):
        if str(kind).startswith("split by"):
            words.append(f"Estimates, {kind}: {', '.join(codes.index)}.")
        if kind == "grouped":
            held = sum(len(parts_of(str(code))) for code in codes.index)
            words.append(
                f"LSOAs that changed otherwise are shown together, without any estimate: {held} of them as the "
                f"{len(codes)} smallest areas that both vintages share (codes joined by +)."
            )
    if len(made.left_out):
        words.append(f"{len(made.left_out)} counts were left out: a part of their new area is unknown.")
    return tuple(words)


def _crimes(reading: Reading, source: CrimesSource, lookup: Lookup, reference: Reference) -> Reading:
    """Records state one LSOA each: of a split one, the part that holds the position (or is nearest to it)."""
    lsoas = reference.areas("lsoa")
    ground = dict(zip(lsoas.table["code"], lsoas.geometry, strict=True))
    parts = {str(code): sorted(rows["to"]) for code, rows in _links(lookup, source.vintage).groupby("from")}
    stated = reading.table["stated_code"]
    several = stated.map(lambda code: len(parts[code]) > 1).to_numpy(dtype=bool)
    rows = reading.table[several]
    points: Any = shapely.points(rows["easting"].to_numpy(dtype=float), rows["northing"].to_numpy(dtype=float))
    held = (_nearest(parts[code], ground, point) for code, point in zip(rows["stated_code"], points, strict=True))
    new = [next(held) if divided else parts[code][0] for code, divided in zip(stated, several, strict=True)]
    words = (
        f"Stated LSOAs converted from {source.vintage} to {lsoas.code_vintage} by the official lookup; of "
        f"{int(several.sum()):,} records in LSOAs that were split, the part that holds their position is taken.",
    )
    return replace(
        reading,
        table=reading.table.assign(stated_code=pd.array(new, dtype="str")),
        meta=replace(reading.meta, caveats=(*reading.meta.caveats, *words)),
        notes=(*reading.notes, *words),
    )


def _nearest(codes: Sequence[str], ground: Mapping[str, Any], point: Any) -> str:
    """The code whose ground holds the point or is nearest to it; on a shared edge, the smallest."""
    return min(codes, key=lambda code: (float(shapely.distance(ground[code], point)), code))
