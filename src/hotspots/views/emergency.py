"""Emergency department attendances: the trend by month and the share by weapon, of all of them, located or not.

Months and weapons go through the disclosure gate as if they were areas: small ones are hidden, and a lone hidden one
takes another with it, so that no year gives it away.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from hotspots.areas import Areas
from hotspots.disclosure import disclose
from hotspots.layer import Layer, LayerMeta, rounded
from hotspots.periods import Coverage, financial_year_of, financial_years_in, months_in
from hotspots.snapshot import Build
from hotspots.views.report import ReportTable, cell_of
from hotspots.views.selection import Viewer

_KIND = "ed_attendances"
_NOTE = "Attendances at the department, wherever the assault happened: the share of the area is not known."


def ed_tables(build: Build, viewer: Viewer) -> Iterator[ReportTable]:
    """The monthly trend and the share by weapon; nothing where the build holds no attendances."""
    source = next((held for held in build.manifest["sources"].values() if held["kind"] == _KIND), None)
    table = build.table(_KIND)
    if source is None or table.empty:
        return
    meta = _meta(build, source, viewer)
    coverage = Coverage(_day(source["covers_from"]), _day(source["covers_to"]), source["absent"])
    for made in (_months(build, table, meta, coverage, viewer), _weapons(build, table, meta, coverage, viewer)):
        if len(made.table):
            yield made


def _months(build: Build, table: pd.DataFrame, meta: LayerMeta, coverage: Coverage, viewer: Viewer) -> ReportTable:
    """A row a month that is covered in full; months without attendances are zero."""
    months = [month for month in months_in(coverage) if coverage.covers(month)]
    counts = table["date"].dt.strftime("%Y-%m").value_counts()
    years = [financial_year_of(month.start).label for month in months]
    labels = [month.label for month in months]
    shown = _disclosed(build, meta, labels, years, [int(counts.get(label, 0)) for label in labels], viewer)
    made = pd.DataFrame({"month": labels, "financial year": years, "attendances": shown}, dtype=object)
    title = "Emergency department attendances after assault, by month"
    return ReportTable(replace(meta, id="ed-attendances-by-month", title=title), made, (_NOTE,))


def _weapons(build: Build, table: pd.DataFrame, meta: LayerMeta, coverage: Coverage, viewer: Viewer) -> ReportTable:
    """A row a group of weapons and a whole financial year, with its share of the numbers that are shown."""
    whole = [year for year in financial_years_in(coverage) if coverage.covers(year)]
    years = [financial_year_of(day.date()).label for day in table["date"]]
    counts = pd.Series(list(zip(table["weapon"], years, strict=True))).value_counts()
    pairs = [(str(group), year.label) for year in whole for group in sorted(table["weapon"].unique())]
    numbers = [int(counts.get(pair, 0)) for pair in pairs]
    shown = _disclosed(build, meta, [group for group, _ in pairs], [year for _, year in pairs], numbers, viewer)
    made = pd.DataFrame(pairs, columns=["weapon", "financial year"]).assign(attendances=pd.Series(shown, dtype=object))
    made["share_percent"] = _shares(made)
    title = "Emergency department attendances after assault, by weapon and financial year"
    notes = (_NOTE, "Shares are given for years in which no group is hidden, of the numbers as they are shown.")
    return ReportTable(replace(meta, id="ed-attendances-by-weapon", title=title), made, notes)


def _shares(made: pd.DataFrame) -> list[float | None]:
    """Per cent of the year's shown total; None for a year that hides a group, or has none."""
    numbers = pd.to_numeric(made["attendances"], errors="coerce")
    totals = numbers.groupby(made["financial year"]).transform(lambda group: group.sum(skipna=False))
    shares = 100 * numbers / totals.where(totals > 0)
    return [None if pd.isna(share) else float(rounded(share, decimals=1)) for share in shares]


def _disclosed(
    build: Build, meta: LayerMeta, names: list[str], periods: list[str], counts: list[int], viewer: Viewer
) -> list[Any]:
    """Counts as this viewer may have them, in the order given."""
    numbers = pd.Series(counts, dtype="float64")
    cube = pd.DataFrame({"area_code": names, "period": periods}).assign(
        measure=_KIND, category="all", value=numbers, lower=numbers, upper=numbers, status="ok", events=numbers
    )
    groups = pd.DataFrame({"code": sorted(set(names)), "name": sorted(set(names)), "geometry": None})
    layer = Layer(meta, cube=cube, areas=Areas("ward", "none", "none", meta.schematic, "", groups))
    safe = disclose(layer, build.settings.disclosure, audience=viewer.audience).cube
    assert safe is not None
    columns = (safe[name] for name in ("value", "lower", "upper", "status"))
    return [cell_of(*numbers_of, decimals=0) for numbers_of in zip(*columns, strict=True)]


def _meta(build: Build, source: dict[str, Any], viewer: Viewer) -> LayerMeta:
    return LayerMeta(
        id=_KIND,
        title=source["title"],
        measure=_KIND,
        unit="attendances",
        period=f"{source['covers_from']} to {source['covers_to']}",
        source=source["title"],
        method="counted by day of arrival",
        policy=source["policy"],
        marking=build.settings.marking.lowered_to or source["marking"],
        synthetic=source["synthetic"],
        schematic=False,
        coverage=f"{source['covers_from']} to {source['covers_to']}",
        area=build.area_name,
        attribution=source["attribution"],
        sensitivity=viewer.audience,
    )


def _day(text: str) -> Any:
    return pd.Timestamp(text).date()
