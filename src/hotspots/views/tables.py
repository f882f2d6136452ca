"""The tables of an assessment from a build: recorded crime by type, areas by year, areas by indicator.

Every number comes through :func:`hotspots.views.view`, so that a table holds what the map shows this reader, and no
more: where that is an interval or nothing, the cell says so in words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from hotspots.analysis.assessment import NO_CALC, CrimeTable, recorded_crime_table
from hotspots.errors import HotspotsError
from hotspots.layer import Layer, LayerMeta, highest, strictest
from hotspots.measures import MEASURES, measure, statistic_of
from hotspots.snapshot import Build
from hotspots.views.choices import Choices, choices
from hotspots.views.emergency import ed_tables
from hotspots.views.layers import view
from hotspots.views.report import ReportTable, cell_of
from hotspots.views.selection import Selection, Viewer

_KINDS = {"ward": "ward", "lsoa": "small area (LSOA)"}


def report_tables(build: Build, viewer: Viewer) -> list[ReportTable]:
    """Every table that this viewer may have of a build, those of a kind together."""
    held = choices(build, viewer)
    made = [recorded_crime(held), *ed_tables(build, viewer), *areas_by_year(held)]
    made += [indicators(held, kind) for kind in _KINDS]
    return [table for table in made if table is not None and len(table.table)]


def recorded_crime(held: Choices) -> ReportTable | None:
    """
    Recorded crime of the whole area by type and financial year; None where this build holds none.

    ASB incidents stand in the last row: they are not crimes and are in no total of them.
    """
    bases = [base for base in ("crimes", "asb") if base in held.bases()]
    if not bases:
        return None
    counts = pd.DataFrame.from_dict(dict(_city_totals(held, bases)), orient="index")
    if counts.empty:
        return None
    made = recorded_crime_table(counts.astype("Int64"), breaks=_breaks(held.build, "crimes"))
    caveats = held.build.meta(held.any_cube(bases[0])).caveats
    notes = (*made.notes, *(("ASB incidents are not crimes.",) if "asb" in bases else ()), *caveats)
    period = f"{made.years[0]} to {made.years[-1]}"
    meta = _meta(held, bases, "recorded-crime-by-type", "Recorded crime by type and financial year", period)
    return ReportTable(meta, crime_cells(made), notes)


def crime_cells(made: CrimeTable) -> pd.DataFrame:
    """The cells of a table of recorded crime: numbers as they are printed, ``No calc``, None where nothing is known."""
    table = made.table.drop(columns="no_calc").astype(object)
    table["percent_change"] = table["percent_change"].mask(made.table["no_calc"], NO_CALC)
    return _known(table.reset_index(names="type"))


def areas_by_year(held: Choices) -> Iterator[ReportTable]:
    """For each count and kind of area: a row an area, a column a year, and rates where residents are known."""
    for base in _bases(held):
        for kind in _kinds(held, base):
            years = _years(held, base, kind)
            if not years:
                continue
            columns: dict[str, Any] = {}
            layers: list[Layer] = []
            for what, suffix in _ways(held, base, kind):
                for year in years:
                    layers.append(_layer(held, what, year, kind))
                    columns[f"{year}{suffix}"] = _cells(layers[-1])
            title = f"{MEASURES[base].label} by {_KINDS[kind]} and financial year"
            period = f"{years[0]} to {years[-1]}" if len(years) > 1 else years[0]
            meta = _meta(held, [base], f"{base.replace('_', '-')}-by-{kind}-and-year", title, period)
            yield ReportTable(meta, _by_area(layers, columns), _notes(layers))


def indicators(held: Choices, kind: str) -> ReportTable | None:
    """The matrix of areas by indicator: each count in its latest whole year, and its rate where there is one."""
    columns: dict[str, Any] = {}
    layers: list[Layer] = []
    bases = [base for base in _bases(held) if kind in _kinds(held, base) and _years(held, base, kind)]
    for base in bases:
        year = _years(held, base, kind)[-1]
        for what, suffix in _ways(held, base, kind):
            layers.append(_layer(held, what, year, kind))
            columns[f"{MEASURES[base].label}, {year}{suffix}"] = _cells(layers[-1])
    if not layers:
        return None
    title = f"Indicators by {_KINDS[kind]}, each in its latest financial year"
    years = sorted({_years(held, base, kind)[-1] for base in bases})
    meta = _meta(held, bases, f"indicators-by-{kind}", title, " and ".join(years))
    warning = "The indicators come from different sources and overlap: they are not to be added up."
    return ReportTable(meta, _by_area(layers, columns), (warning, *_notes(layers)))


def _bases(held: Choices) -> list[str]:
    """Counts by area; those by position are second measures of the same events, and in the layers."""
    return [base for base in held.bases() if MEASURES[base].statistic == "count" and not base.endswith("_located")]


def _kinds(held: Choices, base: str) -> list[str]:
    return [kind for kind in _KINDS if held.cube_of(base, kind) is not None]


def _years(held: Choices, base: str, kind: str) -> list[str]:
    labels = [label for label in held.whens(base, kind) if held.period(label).years == 1]
    held_here = held.build.manifest["cubes"][held.cube_of(base, kind)]["periods"]
    return sorted((label for label in labels if label in held_here), key=held.period)


def _ways(held: Choices, base: str, kind: str) -> list[tuple[str, str]]:
    """The count itself and, for LSOAs with known residents, its rate: measure and the end of the column's name."""
    ways = [(base, "")]
    if kind == "lsoa" and "rate_per_1000" in held.statistics(base):
        ways.append((statistic_of(base, "rate_per_1000").id, " per 1,000 residents"))
    return ways


def _layer(held: Choices, what: str, year: str, kind: str) -> Layer:
    return view(held.build, Selection(what, when=year, how=kind), held.viewer)  # type: ignore[arg-type]


def _city_totals(held: Choices, bases: Iterable[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """Totals of the whole area by type, ``all`` last of its measure, as the sentences of the map print them."""
    for base in bases:
        kind = _kinds(held, base)[0]
        categories = held.categories(base, kind)
        for category in [*categories[1:], categories[0]]:
            name = category if category != "all" else f"All: {MEASURES[base].label}"
            asked = Selection(base, category=category, how=kind)  # type: ignore[arg-type]
            found = {year: _total(held, replace(asked, when=year)) for year in _years(held, base, kind)}
            yield name, {year: total for year, total in found.items() if total is not None}


def _total(held: Choices, selection: Selection) -> float | None:
    """The total that the map prints for everybody; None where it is hidden, unknown or an interval."""
    try:
        settings = view(held.build, selection, held.viewer).meta.settings
    except HotspotsError:
        return None
    lower, upper = settings.get("total_lower"), settings.get("total_upper")
    return float(lower) if isinstance(lower, float) and lower == upper else None


def _breaks(build: Build, kind: str) -> dict[date, str]:
    table = build.table("series_breaks")
    if table.empty:
        return {}
    rows = table[table["source_kind"] == kind]
    return {pd.Timestamp(day).date(): str(title) for day, title in zip(rows["date"], rows["title"], strict=True)}


def _cells(layer: Layer) -> "pd.Series[Any]":
    """Numbers rounded as they are printed; in words where it is an interval or is not shown."""
    assert layer.cube is not None
    decimals = measure(layer.meta.measure).decimals
    columns = (layer.cube[name] for name in ("value", "lower", "upper", "status"))
    cells = [cell_of(*numbers, decimals=decimals) for numbers in zip(*columns, strict=True)]
    return pd.Series(cells, index=layer.cube["area_code"].tolist(), dtype=object)


def _by_area(layers: Iterable[Layer], columns: dict[str, Any]) -> pd.DataFrame:
    """A row for each area that any of the layers counts by: a count by others leaves its cell empty."""
    named = {code: name for layer in layers if layer.areas is not None for code, name in layer.areas.names.items()}
    codes = sorted(named)
    names = [named[code] for code in codes]
    held = {name: cells.reindex(codes).tolist() for name, cells in columns.items()}
    return pd.DataFrame({"code": codes, "name": names, **held}, dtype=object)


def _notes(layers: Iterable[Layer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(caveat for layer in layers for caveat in layer.meta.caveats))


def _known(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(object).where(table.notna(), None)


def _meta(held: Choices, bases: Sequence[str], table_id: str, title: str, period: str) -> LayerMeta:
    """The description of a table: the strictest and highest of the layers that its numbers come from."""
    metas = [held.build.meta(held.any_cube(base)) for base in bases]
    return replace(
        metas[0],
        id=table_id,
        title=title,
        period=period,
        area=held.build.area_name,
        source="; ".join(dict.fromkeys(meta.source for meta in metas)),
        attribution="\n".join(dict.fromkeys(line for meta in metas for line in meta.attribution.splitlines() if line)),
        policy=strictest(tuple(meta.policy for meta in metas)),
        marking=highest(tuple(meta.marking for meta in metas)),
        synthetic=any(meta.synthetic for meta in metas),
        schematic=any(meta.schematic for meta in metas),
        sensitivity=held.viewer.audience,
        measure=bases[0] if len(bases) == 1 else "",
        caveats=(),
        settings={},
    )
