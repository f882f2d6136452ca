"""What earlier builds of a folder published, for the audit: cells that are known, and areas that are here no more.

Wards of another time, and periods that are no longer reported, are in no layer of this build; whoever kept the old
files has them beside the new ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import shapely

from hotspots.analysis.counts import event_cube
from hotspots.areas import Areas
from hotspots.disclosure import audited_periods, masked
from hotspots.disclosure.system import CATEGORY, CELL, PublishedCube
from hotspots.joins import locate
from hotspots.measures import measure
from hotspots.periods import Period
from hotspots.pipeline.cubes import BY_POSITION, Cube
from hotspots.settings import DisclosureSection, PolicySection
from hotspots.snapshot import Build, BuildContent
from hotspots.tables import points_from_frame


@dataclass(frozen=True, eq=False)
class EarlierLayer:
    """Cells of a layer that an earlier build had and this one has not, with their areas; ``shown`` or ``hidden``."""

    published: PublishedCube
    areas: Areas
    shown: pd.DataFrame
    hidden: pd.DataFrame


def source_kind(cube: Cube) -> str:
    """The kind of source that a layer counts."""
    return measure(cube.rows["measure"].iloc[0]).source_kind


def days_covered(content: BuildContent, kind: str) -> tuple[date, date]:
    """The first and the last day that the source of a kind covers now."""
    held = next(source for source in content.manifest["sources"].values() if source["kind"] == kind)
    return date.fromisoformat(held["covers_from"]), date.fromisoformat(held["covers_to"])


def placed_events(content: BuildContent, kind: str) -> pd.DataFrame | None:
    """The events of a source that are counted by their position; None where counts come by code."""
    if kind not in BY_POSITION:
        return None
    table = content.tables[kind]
    return table[table["easting"].notna()].reset_index(drop=True)


def earlier_layers(
    content: BuildContent, cubes: Sequence[Cube], areas: Mapping[str, Areas], *, earlier: Sequence[Build]
) -> Iterator[EarlierLayer]:
    """
    What earlier builds had of a source and this one has not: cells of other areas, or of other periods.

    Their numbers are those of today's records, where these are counted by position and cover the period, and otherwise
    those that were printed then.

    Parameters
    ----------
    cubes, areas
        The layers of the source, and the areas of each.
    """
    kind = source_kind(cubes[0])
    own = {str(name) for cube in cubes for name in cube.rows["measure"].unique()}
    for build in earlier:
        for layer_id, record in build.manifest["cubes"].items():
            then = build.areas(record["kind"], record["areas"])
            if then is None or not own & set(record["measures"]):
                continue
            here = next((cube for cube in cubes if cube.layer_id == layer_id and _same(areas[layer_id], then)), None)
            held = {period.label for period in audited_periods(here.periods)} if here is not None else set()
            periods = audited_periods([build.period(label) for label in record["periods"]])
            gone = [period for period in periods if period.label not in held]
            if gone:
                name = f"{layer_id} of {build.id}"
                rows = pd.concat(_rows(content, build, layer_id, kind, then, gone), ignore_index=True)
                ground = layer_id if here is not None else ""
                cube = PublishedCube(name, record["kind"], rows, gone, rules_then(build, layer_id), ground)
                shown, hidden = (found.assign(layer=name) for found in _states(build, layer_id, gone))
                yield EarlierLayer(cube, then, shown, hidden)


def _same(first: Areas, second: Areas) -> bool:
    if list(first.table["code"]) != list(second.table["code"]):
        return False
    return bool(shapely.equals_exact(first.geometry, second.geometry, 0.01).all())


def _rows(
    content: BuildContent, build: Build, layer_id: str, kind: str, areas: Areas, periods: Sequence[Period]
) -> Iterator[pd.DataFrame]:
    first, last = days_covered(content, kind)
    events = placed_events(content, kind)
    counted = [period for period in periods if events is not None and first <= period.start and period.end <= last]
    if events is not None and counted:
        codes = locate(points_from_frame(events[["easting", "northing"]]), areas).codes
        everything = {CATEGORY: pd.Series(True, index=events.index)}
        located = events.assign(area_code=codes)
        yield event_cube(
            located, measures=BY_POSITION[kind], codes=sorted(areas.codes), periods=counted, categories=everything
        )
    rows = build.cube(layer_id)
    as_printed = {period.label for period in periods} - {period.label for period in counted}
    yield rows[(rows["category"] == CATEGORY) & rows["period"].isin(as_printed)]


def _states(build: Build, layer_id: str, periods: Sequence[Period]) -> Iterator[pd.DataFrame]:
    labels = [period.label for period in periods]
    for found in (shown_rows(build, layer_id), withheld_rows(build, layer_id)):
        yield found[found["period"].isin(labels)]


def withheld_rows(build: Build, layer_id: str) -> pd.DataFrame:
    """The cells of a layer that a build hid; a build without masks or layer hid none."""
    masks = build.table("masks")
    if not len(masks.columns):
        return pd.DataFrame(columns=CELL)
    return masks[(masks["layer"] == layer_id) & (masks["state"] != "shown")]


def shown_rows(build: Build, layer_id: str) -> pd.DataFrame:
    """What a build showed of a layer to partners; one without masks, all that could be asked for (do not change it)."""
    key = f"shown_rows/{layer_id}"
    if key not in build.memo:
        build.memo[key] = _shown_rows(build, layer_id)
    found: pd.DataFrame = build.memo[key]
    return found


def _shown_rows(build: Build, layer_id: str) -> pd.DataFrame:
    cube, record = build.cube(layer_id), build.manifest["cubes"][layer_id]
    masks = build.table("masks")
    if len(masks.columns) and build.meta(layer_id).policy != "open":
        chosen = masks[(masks["layer"] == layer_id) & (masks["audience"] == "partner")]
        cube = masked(cube, chosen)
        return cube[cube["status"] != "suppressed"]
    periods = [build.period(label) for label in record["periods"]]
    labels = [period.label for period in audited_periods(periods)]
    return cube[(cube["category"] == CATEGORY) & cube["period"].isin(labels)]


def rules_then(build: Build, layer_id: str) -> PolicySection:
    """The rules that a build printed a layer by: open layers exactly."""
    policy = build.meta(layer_id).policy
    return PolicySection() if policy == "open" else rules_of(build.settings.disclosure, policy)


def showed_exactly(build: Build, layer_id: str) -> bool:
    """Whether a build showed a layer to partners, its numbers not rounded."""
    return layer_id in build.manifest["cubes"] and rules_then(build, layer_id).method == "suppression"


def rules_of(section: DisclosureSection, policy: str) -> PolicySection:
    """The rules of a policy that is not open."""
    return section.health if policy == "health" else section.controlled


def cells_of(found: Sequence[pd.DataFrame]) -> pd.MultiIndex:
    """The cells of several tables, each once."""
    rows: Any = pd.concat([table[CELL] for table in found]) if found else pd.DataFrame(columns=CELL)
    return pd.MultiIndex.from_frame(rows.drop_duplicates())
