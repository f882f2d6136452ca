"""The area layers: counts of every source by the areas and periods it can be reported for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hotspots.analysis.counts import area_cube, event_cube, native_periods, reporting_periods
from hotspots.areas import AreaKind, Areas
from hotspots.city_centre import CityCentre, inside
from hotspots.joins import attach, locate
from hotspots.layer import LayerMeta, strictest
from hotspots.periods import Coverage, Period, months_in
from hotspots.tables import AreaCounts, PointEvents, Reading, SourceMeta
from hotspots.texts import IN_NO_AREA, number_of

# What is counted by position, by kind of source: its measures, with the column that each one sums (None counts rows).
BY_POSITION: dict[str, dict[str, str | None]] = {
    "needle_finds": {"instances": None, "volume": "quantity"},
    "ed_attendances": {"ed_attendances": None},
}


@dataclass(frozen=True, eq=False)
class Cube:
    """The rows of an area layer with what is needed to list and describe them."""

    layer_id: str
    kind: AreaKind
    rows: pd.DataFrame
    periods: list[Period]
    meta: LayerMeta
    areas_layer: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """What the manifest says of this cube."""
        by_measure = self.rows[["measure", "category"]].drop_duplicates().groupby("measure", sort=False)["category"]
        return {
            "kind": self.kind,
            "areas": self.areas_layer or ("lsoas" if self.kind == "lsoa" else "wards"),
            "measures": list(self.rows["measure"].drop_duplicates()),
            "categories": {str(measure): list(categories) for measure, categories in by_measure},
            "periods": [period.label for period in self.periods],
        }


def callout_cube(
    reading: Reading, areas: Areas, *, vintage: str, conversions: "pd.Series[str] | None" = None, areas_layer: str = ""
) -> Cube:
    """
    Callouts by area: they come as counts, are joined by code and vintage, and stay counts.

    ``conversions`` says for each area how its counts come from another vintage, where they do.
    """
    kind = areas.kind
    counts = AreaCounts(reading.table, reading.meta, kind, vintage)
    attach(counts.table, areas, on="area_code", vintage=counts.vintage)
    native = native_periods(counts.table)
    periods = _composed(reporting_periods(reading.meta.coverage, native), native)
    rows = area_cube(
        counts.table, measure="callouts", codes=sorted(areas.codes), coverage=reading.meta.coverage, periods=periods
    )
    if conversions is not None:
        rows = rows.assign(conversion=rows["area_code"].map(conversions))
    meta = describe(reading, areas, layer_id=f"callouts-by-{kind}", measure="callouts", method=_STATED)
    return Cube(meta.id, kind, rows, periods, meta, areas_layer)


def needle_cube(
    reading: Reading, areas: Areas, *, periods: Sequence[Period] | None = None, areas_layer: str = ""
) -> Cube:
    """
    Needle finds by area: instances and volume, with and without batches and house clearances.

    ``periods`` are those that these areas are used for (all that are reported unless given), and ``areas_layer`` the
    layer that holds them, where it is another than that of the areas in use.
    """
    finds, unlocated = located_table(reading, areas)
    batch = finds["is_batch"].fillna(False).astype(bool)
    clearance = finds["context"] == "house_clearance"
    everything = pd.Series(True, index=finds.index)
    periods = list(periods or reporting_periods(reading.meta.coverage))
    rows = event_cube(
        finds,
        measures=BY_POSITION["needle_finds"],
        codes=sorted(areas.codes),
        periods=periods,
        categories={
            "all": everything,
            "without_batches": ~batch,
            "without_house_clearances": ~clearance,
            "without_batches_or_house_clearances": ~batch & ~clearance,
        },
    )
    unknown = int(finds["quantity"].isna().sum())
    caveats = (
        *_unlocated_words(unlocated, reading),
        *_outside_words(finds, reading),
        *_unknown_quantity_words(unknown, reading),
        "More finds reported may mean more needles or more reporting.",
    )
    layer_id = f"needle-finds-by-{areas.kind}{areas_layer.removeprefix('wards')}"
    meta = describe(reading, areas, layer_id=layer_id, measure="instances", method=_LOCATED, caveats=caveats)
    return Cube(layer_id, areas.kind, rows, periods, meta, areas_layer)


def crime_cube(reading: Reading, areas: Areas, *, stated: bool = True) -> Cube:
    """
    Recorded crime and ASB by LSOA: by the code the record states, and beside it by position.

    ``stated`` is false where the records state none, and theirs was located when they were fetched.
    """
    events, unlocated = located_table(reading, areas)
    periods = reporting_periods(reading.meta.coverage, months_in(reading.meta.coverage))
    parts = []
    for name in ("crimes", "asb"):
        chosen = events["measure"] == name
        types = sorted(events.loc[chosen, "category"].unique())
        categories = {"all": chosen} | (
            {kind: chosen & (events["category"] == kind) for kind in types} if len(types) > 1 else {}
        )
        for measure, column in ((name, "stated_code"), (f"{name}_located", "area_code")):
            given = events.assign(area_code=events[column])
            parts.append(
                event_cube(
                    given, measures={measure: None}, codes=sorted(areas.codes), periods=periods, categories=categories
                )
            )
    agree = int((events["area_code"] == events["stated_code"]).sum())
    nowhere = int(events["area_code"].isna().sum())
    caveats = (
        f"{agree:,} of {len(events):,} records lie in the LSOA they state, "
        f"{len(events) - agree - nowhere:,} in another and {nowhere:,} in none."
        if stated
        else "The records state no LSOA: theirs is the one that holds the snap point.",
        *_unlocated_words(unlocated, reading),
        *_set_aside_words(reading),
    )
    method = _STATED if stated else _LOCATED
    meta = describe(reading, areas, layer_id="crimes-by-lsoa", measure="crimes", method=method, caveats=caveats)
    return Cube("crimes-by-lsoa", areas.kind, pd.concat(parts, ignore_index=True), periods, meta)


def ed_cube(reading: Reading, areas: Areas, *, periods: Sequence[Period] | None = None, areas_layer: str = "") -> Cube:
    """
    Emergency department attendances by area: those with a position, by group of weapon.

    ``periods`` and ``areas_layer`` are those of :func:`needle_cube`.
    """
    events, unlocated = located_table(reading, areas)
    everything = pd.Series(True, index=events.index)
    groups = {str(group): events["weapon"] == group for group in sorted(events["weapon"].unique())}
    periods = list(periods or reporting_periods(reading.meta.coverage))
    rows = event_cube(
        events,
        measures=BY_POSITION["ed_attendances"],
        codes=sorted(areas.codes),
        periods=periods,
        categories={"all": everything} | (groups if len(groups) > 1 else {}),
    )
    caveats = (
        reading.many(
            unlocated,
            "attendance has no position: it is in the trend alone.",
            "attendances have no position: they are in the trend alone.",
        ),
        *_outside_words(events, reading),
        "Positions come from words; how far off each may be is stated with it.",
    )
    layer_id = f"ed-attendances-by-{areas.kind}{areas_layer.removeprefix('wards')}"
    meta = describe(reading, areas, layer_id=layer_id, measure="ed_attendances", method=_LOCATED, caveats=caveats)
    return Cube(layer_id, areas.kind, rows, periods, meta, areas_layer)


def centre_table(reading: Reading, centre: CityCentre, *, measures: dict[str, str | None]) -> pd.DataFrame:
    """Exact counts of point events inside and outside the city-centre area: cube rows of two pseudo-areas."""
    table = reading.table[reading.table["easting"].notna()]
    within = inside(centre, table[["easting", "northing"]].to_numpy(dtype=np.float64))
    events = table.assign(area_code=np.where(within, "inside", "outside"))
    groups = events["measure"] if "measure" in events else pd.Series("", index=events.index)
    periods = reporting_periods(reading.meta.coverage)
    parts = []
    for name, column in measures.items():
        chosen = (groups == name) | (groups == "")
        parts.append(
            event_cube(
                events,
                measures={name: column},
                codes=["inside", "outside"],
                periods=periods,
                categories={"all": chosen},
            )
        )
    return pd.concat(parts, ignore_index=True)


def located_table(reading: Reading, areas: Areas) -> tuple[pd.DataFrame, int]:
    """The table with ``area_code`` by position (missing where in none), and how many rows have no position."""
    table = reading.table.reset_index(drop=True)
    placed = table["easting"].notna()
    events = PointEvents(table[placed].reset_index(drop=True), reading.meta)
    codes = pd.Series(pd.NA, index=table.index, dtype="str")
    codes[placed] = np.asarray(locate(events, areas).codes, dtype=object)
    return table.assign(area_code=codes), int((~placed).sum())


def ward_mismatches(finds: pd.DataFrame, wards: Areas) -> pd.DataFrame:
    """Finds whose supplied ward text is not the ward that holds their position: supplied, by position, count."""
    named = finds[finds["ward_text"].notna() & finds["area_code"].notna()]
    by_position = named["area_code"].map(wards.names)
    differs = named["ward_text"].str.strip().str.casefold() != by_position.str.casefold()
    pairs = pd.DataFrame({"ward_text": named["ward_text"], "ward_by_position": by_position})[differs]
    return pairs.value_counts(sort=False).rename("finds").reset_index().astype({"finds": "int64"})


def describe(
    reading: Reading,
    areas: Areas | None,
    *,
    layer_id: str,
    measure: str,
    method: str,
    unit: str = "",
    caveats: tuple[str, ...] = (),
) -> LayerMeta:
    """The description of a layer made from one source and, where there are any, one set of boundaries."""
    meta: SourceMeta = reading.meta
    attributions = (meta.attribution, areas.attribution if areas is not None else "")
    return LayerMeta(
        id=layer_id,
        title=meta.title,
        measure=measure,
        unit=unit,
        period=meta.coverage.whole.label,
        source=meta.title,
        method=method,
        policy=strictest((meta.policy,)),
        marking=meta.marking,
        synthetic=meta.synthetic,
        schematic=areas is not None and areas.schematic,
        vintage=areas.label if areas is not None else "",
        coverage=_coverage_words(meta.coverage),
        attribution=" ".join(text for text in attributions if text),
        caveats=(*meta.caveats, *caveats),
    )


_STATED = "counted by the area code that the record states"
_LOCATED = "counted in the one area that holds the position (on a shared edge: the smallest code)"


def _coverage_words(coverage: Coverage) -> str:
    meaning = {"zero": "; absent means zero", "unknown": "; absent means unknown"}.get(str(coverage.absent), "")
    return f"{coverage.covers_from.isoformat()} to {coverage.covers_to.isoformat()}{meaning}"


def _unlocated_words(unlocated: int, reading: Reading) -> tuple[str, ...]:
    return (reading.many(unlocated, *IN_NO_AREA),) if unlocated else ()


def _outside_words(located: pd.DataFrame, reading: Reading) -> tuple[str, ...]:
    """Of records whose position is in none of the areas: read and accepted, they are in no number of the layer."""
    outside = int((located["easting"].notna() & located["area_code"].isna()).sum())
    words = (
        "record lies in none of the areas and is not counted.",
        "records lie in none of the areas and are not counted.",
    )
    return (reading.many(outside, *words),) if outside else ()


def _unknown_quantity_words(unknown: int, reading: Reading) -> tuple[str, ...]:
    one = "find of unknown quantity counts as an instance and adds nothing to volume."
    more = "finds of unknown quantity count as instances and add nothing to volume."
    return (reading.many(unknown, one, more),) if unknown else ()


def _set_aside_words(reading: Reading) -> tuple[str, ...]:
    return tuple(
        f"{number_of(count, 'row', 'rows')} set aside: {reason}."
        for reason, count in reading.tally.set_aside.items()
        if count
    )


def _composed(periods: list[Period], native: list[Period]) -> list[Period]:
    """The reporting periods that are whole native periods put together: a three-year total has no single year."""
    return [
        period
        for period in periods
        if not any(own.start <= period.end and period.start <= own.end and not period.holds(own) for own in native)
    ]
