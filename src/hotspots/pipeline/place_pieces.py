"""What builds print of places inside areas, for the audit: hotspots and places to target, now and in earlier builds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.areas import Areas
from hotspots.disclosure.pieces import Pieces, PrintedCount, pieces_of
from hotspots.disclosure.places import audited_places, printed_counts
from hotspots.periods import financial_year_of
from hotspots.pipeline.cubes import Cube
from hotspots.settings import PolicySection
from hotspots.snapshot import Build, BuildContent

_LAYERS = {"needle-finds": ("needle-hotspots", "needle-targets"), "crimes": ("crime-hotspots", "crime-targets")}


def place_pieces(
    content: BuildContent,
    cubes: Sequence[Cube],
    rules: PolicySection,
    *,
    earlier: Sequence[Build],
    areas: Mapping[str, Areas],
) -> Iterator[Pieces]:
    """
    The pieces of every measure of a source whose places are published, with the counts printed of them.

    ``areas`` are those of every layer of the source, in this build and in earlier ones.
    """
    measures = [str(name) for cube in cubes for name in cube.rows["measure"].unique()]
    for events_layer, layers in _LAYERS.items():
        published = [found for layer in layers for found in _published(content, earlier, layer)]
        for measure in dict.fromkeys(name for found in published for name in found["measure"]):
            counted = f"{measure}_located" if f"{measure}_located" in measures else measure
            if counted not in measures:
                continue
            outlines, counts = list[Any](), list[PrintedCount]()
            for found in published:
                own = found[found["measure"] == measure]
                counts += printed_counts(own, rules, first=len(outlines))
                outlines += list(own.geometry)
            yield pieces_of(counted, outlines, counts, areas=areas, events=_events(content, events_layer, measure))


def _published(content: BuildContent, earlier: Sequence[Build], layer: str) -> Iterator[gpd.GeoDataFrame]:
    """The places of a layer, in this build and in earlier ones."""
    if layer in content.features:
        yield audited_places(content.features[layer])
    yield from (audited_places(build.features(layer)) for build in earlier if layer in build.layers)


def areas_of(content: BuildContent, cube: Cube) -> Areas:
    """The areas that a layer counts by."""
    layer = str(cube.record["areas"])
    features = content.features[layer]
    table = pd.DataFrame({"code": features["code"], "name": features["name"], "geometry": features.geometry})
    meta = content.metas[layer]
    return Areas(cube.kind, cube.meta.vintage, cube.meta.vintage, meta.schematic, meta.attribution, table)


def _events(content: BuildContent, layer: str, measure: str) -> pd.DataFrame:
    """Where the events of a measure lie that places can hold, and the financial year of each."""
    events = content.features[layer]
    own = events[events["measure"] == measure] if "measure" in events else events
    dated = pd.to_datetime(own["date"])
    years = [financial_year_of(day.date()).label if pd.notna(day) else "" for day in dated]
    return pd.DataFrame({"easting": own.geometry.x, "northing": own.geometry.y, "year": years})
