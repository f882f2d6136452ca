"""The hotspot layers: named places by agenda, what became of them since the last build, and whether they predict."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.hotspots import HotspotSpec, find_hotspots
from hotspots.analysis.hotspots.identity import kept_identities, renamed
from hotspots.analysis.hotspots.persistence import emerging_over, with_persistence
from hotspots.analysis.hotspots.places import hotspot_layer
from hotspots.analysis.hotspots.targets import target_cells
from hotspots.analysis.prediction import DEFAULT, Evaluation, evaluate_hotspots
from hotspots.errors import BuildError, DataRefused
from hotspots.layer import GridSpec, Layer, LayerMeta
from hotspots.periods import financial_years_in, months_in, quarter
from hotspots.pipeline.features import NOT_POINTS
from hotspots.pipeline.inputs import Inputs, Progress
from hotspots.settings import HotspotPreset, HotspotsSection
from hotspots.snapshot import Build, BuildContent, open_build
from hotspots.tables import PointEvents, Reading

if TYPE_CHECKING:
    from hotspots.analysis.hotspots.space_time import EmergingHotSpots

NEEDLES, CRIMES = "needle", "crime"
EVALUATION = "hotspot_evaluation"
TITLES = {"hotspots": "Hotspots", "targets": "Places to target"}
_EVENLY = (
    "A map without clustering spreads events evenly over the whole area, also where nobody goes: that there are "
    "hotspots at all is no surprise, where they are may be."
)
_AGAINST_ALL = "Compared with all recorded crime and ASB: a hotspot has more of this than the rest of what is recorded."


@dataclass(frozen=True, eq=False)
class Agenda:
    """One question: which events, what they are compared with, and what has to be known to read the answer."""

    kind: str
    measure: str
    category: str
    title: str
    points: PointEvents
    reference: PointEvents | None
    compared: str
    notes: tuple[str, ...] = ()

    @property
    def caveats(self) -> tuple[str, ...]:
        """What has to be known to read its hotspots."""
        return (self.compared, *self.notes)


def add_hotspots(
    content: BuildContent, inputs: Inputs, visible: pd.DataFrame | None, *, folder: Path, progress: Progress
) -> None:
    """
    Find, name and evaluate the hotspots of every agenda: layers, the evaluation table, and their record.

    A place keeps the identity that it has in the build now published in ``folder``; the identities taken over are part
    of what determines a build.
    """
    section, previous = inputs.area.file.hotspots, _published(folder)
    found: dict[str, list[gpd.GeoDataFrame]] = {}
    evaluations, records, kept = [], [], dict[str, dict[str, str]]()
    for agenda in _agendas(inputs, section, visible):
        progress(f"hotspots: {agenda.title}")
        evaluation, steps = _evaluated(agenda, inputs, section), _came_and_went(agenda, inputs, section)
        for how, layer in (
            ("hotspots", _found(agenda, inputs, section)),
            ("targets", _targets(agenda, inputs, section, evaluation)),
        ):
            grid = GridSpec.over(inputs.reference.study_area.bounds, cell_m=section.cell_m)
            layer_id, features = f"{agenda.kind}-{how}", with_persistence(layer, steps, grid).features
            assert features is not None
            key = f"{layer_id}/{agenda.measure}/{agenda.category}"
            kept[key] = kept_identities(features, _earlier(previous, agenda, layer_id))
            features = renamed(features, kept[key])
            features.insert(0, "category", agenda.category)
            features.insert(0, "measure", agenda.measure)
            found.setdefault(layer_id, []).append(features)
            records.append(_record(agenda, layer.meta, evaluation, how=how))
        if evaluation is not None:
            identity = {"kind": agenda.kind, "measure": agenda.measure, "category": agenda.category}
            evaluations.append(evaluation.table.assign(**identity))
    content.manifest["hotspots"] = records
    for layer_id, parts in found.items():
        content.features[layer_id] = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)
        content.metas[layer_id] = _meta(content, layer_id)
    if evaluations:
        content.tables[EVALUATION] = pd.concat(evaluations, ignore_index=True)
    content.manifest["hotspots_kept"] = {key: names for key, names in kept.items() if names}


def _agendas(inputs: Inputs, section: HotspotsSection, visible: pd.DataFrame | None) -> Iterator[Agenda]:
    finds, crimes = inputs.reading("needle_finds"), inputs.reading("crimes")
    if finds is not None and visible is not None and len(visible):
        left_out = f"Finds {NOT_POINTS} are not among the events, nor in what they are a share of."
        meta = replace(finds.meta, caveats=(*finds.meta.caveats, left_out))
        events = PointEvents(visible.reset_index(drop=True), meta)
        yield Agenda(NEEDLES, "instances", "all", "Needle finds", events, None, _EVENLY)
    if crimes is None:
        return
    placed = crimes.table[crimes.table["easting"].notna()]
    everything = _points(placed, crimes)
    for name, title in (("crimes", "Recorded crime"), ("asb", "Anti-social behaviour")):
        own = placed[placed["measure"] == name]
        compared = name != "crimes" and _others_held(own, placed, inputs.reference.study_area)
        reference, words = (everything, _AGAINST_ALL) if compared else (None, _EVENLY)
        if len(own):
            yield Agenda(CRIMES, name, "all", title, _points(own, crimes), reference, words)
    for preset in section.presets:
        own, notes = preset_events(placed, preset)
        if len(own):
            compared = _others_held(own, placed, inputs.reference.study_area)
            reference, words = (everything, _AGAINST_ALL) if compared else (None, _EVENLY)
            points = _points(own, crimes)
            yield Agenda(CRIMES, "crimes", preset.name, preset.title, points, reference, words, notes)


def _others_held(own: pd.DataFrame, everything: pd.DataFrame, border: Any) -> bool:
    """Whether there are other events in the area to compare these with: a small place may hold crime of one kind."""
    others = everything.drop(index=own.index)
    inside = shapely.intersects_xy(border, others["easting"].to_numpy(), others["northing"].to_numpy())
    return bool(np.any(inside))


def preset_events(events: pd.DataFrame, preset: HotspotPreset) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """
    The events of a preset, and what has to be known to read them.

    Where the source holds hours, only events of the stated hours are taken and those without one are left out; where it
    holds none, all of them are taken, and that is said.
    """
    own = events[events["category"].isin(preset.categories)]
    words = (preset.note,) if preset.note else ()
    if preset.from_hour is None or preset.to_hour is None or own.empty:
        return own, words
    hours = f"{preset.from_hour:02d}:00 to {preset.to_hour:02d}:59"
    if own["hour"].isna().all():
        return own, (*words, f"The hours of these records are not held: this is the whole day, not {hours}.")
    hour = own["hour"]
    through = preset.from_hour > preset.to_hour
    after, before = hour >= preset.from_hour, hour <= preset.to_hour
    chosen = ((after | before) if through else (after & before)).fillna(False).astype(bool)
    left = int(hour.isna().sum())
    return own[chosen], (*words, f"From {hours}; {left:,} records without an hour are left out.")


def _points(table: pd.DataFrame, reading: Reading) -> PointEvents:
    return PointEvents(table.reset_index(drop=True), reading.meta)


def _spec(section: HotspotsSection) -> HotspotSpec:
    return HotspotSpec(
        bandwidth_m=section.bandwidth_m,
        simulations=section.simulations,
        level=section.level,
        seed=section.seed,
        min_events=section.min_events,
        largest_ha=section.largest_ha,
        prominence=section.prominence,
    )


def _found(agenda: Agenda, inputs: Inputs, section: HotspotsSection) -> Layer:
    border, crimes = inputs.reference.study_area, inputs.reading("crimes")
    snaps = None
    if agenda.points.snapped and crimes is not None:
        # Every point that the source is known to move events to: simulated events are moved to the same ones.
        snaps = crimes.table[["easting", "northing"]].dropna().drop_duplicates().to_numpy(dtype=np.float64)
    return find_hotspots(
        agenda.points,
        GridSpec.over(border.bounds, cell_m=section.cell_m),
        _spec(section),
        border=border,
        reference=agenda.reference,
        snap_points=snaps,
        places=_named(inputs),
        city_centre=inputs.centre,
    )


def _targets(agenda: Agenda, inputs: Inputs, section: HotspotsSection, evaluation: Evaluation | None) -> Layer:
    """The places where most is expected next, by the surface that the evaluation chose (else the stated default)."""
    border = inputs.reference.study_area
    cells = target_cells(
        agenda.points,
        GridSpec.over(border.bounds, cell_m=section.evaluation_cell_m),
        DEFAULT if evaluation is None else evaluation.targeting,
        border=border,
        reference=_everything(agenda, inputs),
        months=_months(agenda),
        area_share=section.area_share,
    )
    return hotspot_layer(
        cells, agenda.points, _spec(section), border=border, places=_named(inputs), city_centre=inputs.centre
    )


def _named(inputs: Inputs) -> pd.DataFrame | None:
    return inputs.gazetteer if inputs.gazetteer is not None else inputs.places


def _months(agenda: Agenda) -> tuple[date, ...]:
    coverage = agenda.points.meta.coverage
    return tuple(month.start for month in months_in(coverage) if coverage.covers(month))


def _everything(agenda: Agenda, inputs: Inputs) -> PointEvents:
    """All events of the agenda's own record: all recorded crime and ASB, or the finds themselves."""
    crimes = inputs.reading("crimes")
    if agenda.kind == NEEDLES or crimes is None:
        return agenda.points
    return _points(crimes.table[crimes.table["easting"].notna()], crimes)


def _came_and_went(agenda: Agenda, inputs: Inputs, section: HotspotsSection) -> "EmergingHotSpots | None":
    """Gi* in space and time over the quarters that are wholly covered; None where they are too few."""
    border, coverage = inputs.reference.study_area, agenda.points.meta.coverage
    grid = GridSpec.over(border.bounds, cell_m=section.cell_m)
    quarters = [quarter(year.start.year, number) for year in financial_years_in(coverage) for number in (1, 2, 3, 4)]
    held = [period for period in quarters if coverage.covers(period)]
    return emerging_over(agenda.points, grid, held, border=border, reach_m=section.bandwidth_m)


def _evaluated(agenda: Agenda, inputs: Inputs, section: HotspotsSection) -> Evaluation | None:
    """The evaluation over the months that the source covers; None where it covers too few to score any."""
    border = inputs.reference.study_area
    try:
        return evaluate_hotspots(
            agenda.points,
            GridSpec.over(border.bounds, cell_m=section.evaluation_cell_m),
            border=border,
            reference=_everything(agenda, inputs),
            area_share=section.area_share,
            months=_months(agenda),
        )
    except DataRefused:
        return None


def _published(folder: Path) -> Build | None:
    """The build that is published now; None where there is none, or none whole: the next build mends that one."""
    try:
        build = open_build(folder)
        build.verify()
    except BuildError:
        return None
    return build


def _earlier(previous: Build | None, agenda: Agenda, layer_id: str) -> gpd.GeoDataFrame:
    columns = ["hotspot_id", "easting", "northing", "geometry"]
    if previous is None or layer_id not in previous.layers:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry")
    features = previous.features(layer_id)
    own = (features["measure"] == agenda.measure) & (features["category"] == agenda.category)
    return features.loc[own, columns]


def _record(agenda: Agenda, meta: LayerMeta, evaluation: Evaluation | None, *, how: str) -> dict[str, Any]:
    """What the layer of one agenda says about itself, beside what it shares with the others."""
    return {
        "layer": f"{agenda.kind}-{how}",
        "kind": agenda.kind,
        "how": how,
        "measure": agenda.measure,
        "category": agenda.category,
        "title": f"{TITLES[how]}: {agenda.title.lower()}",
        "label": agenda.title,
        "period": agenda.points.meta.coverage.whole.label,
        "method": meta.method,
        "caveats": [*meta.caveats, *(agenda.caveats if how == "hotspots" else agenda.notes)],
        "settings": dict(meta.settings),
        "evaluation": "" if evaluation is None else evaluation.sentence,
        "evaluation_without_count": "" if evaluation is None else evaluation.sentence_without_count,
        "evaluation_of_few": evaluation is not None and evaluation.few,
    }


def _meta(content: BuildContent, layer_id: str) -> LayerMeta:
    """The description of a whole layer: that of its events, with the method of its first agenda."""
    first = next(record for record in content.manifest["hotspots"] if record["layer"] == layer_id)
    needles = first["kind"] == NEEDLES
    events = content.metas["needle-finds" if needles else "crimes"]
    return replace(
        events,
        id=layer_id,
        title=f"{TITLES[first['how']]}: {'needle finds' if needles else 'recorded crime and ASB'}",
        measure=first["measure"],
        unit="events",
        period=first["period"],
        method=first["method"],
        caveats=tuple(first["caveats"]),
        settings=first["settings"],
    )
