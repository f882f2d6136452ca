"""Wards by date: which set of wards a period is reported by, and the layers and tables that need to know."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import shapely

from hotspots.analysis.counts import reporting_periods
from hotspots.areas import Areas, Reference
from hotspots.periods import Period
from hotspots.pipeline.cubes import Cube
from hotspots.pipeline.features import boundary_features, boundary_meta
from hotspots.snapshot import BuildContent
from hotspots.tables import Reading


def ward_layer(reference: Reference, areas: Areas) -> str:
    """Layer of a set of wards: ``wards`` for the set in use, ``wards-2013`` for the one in force at another time."""
    return "wards" if areas is reference.wards else f"wards-{areas.vintage}"


def located_cubes(reading: Reading, reference: Reference, make: Callable[..., Cube]) -> list[Cube]:
    """
    Records counted by position: by LSOA, and by each set of wards over the periods that end while it is in force.

    ``make`` is :func:`needle_cube` or :func:`ed_cube`. Without dates in the area file there is one set of wards, for
    every period.
    """
    cubes = []
    if reference.wards is not None:
        for areas, periods in _by_set(reading, reference):
            layer = ward_layer(reference, areas)
            cubes.append(make(reading, areas, periods=periods, areas_layer=layer))
    if reference.lsoas is not None:
        cubes.append(make(reading, reference.lsoas))
    return cubes


def _by_set(reading: Reading, reference: Reference) -> list[tuple[Areas, list[Period]]]:
    found: dict[int, tuple[Areas, list[Period]]] = {}
    for period in reporting_periods(reading.meta.coverage):
        areas = reference.wards_on(period.end)
        found.setdefault(id(areas), (areas, []))[1].append(period)
    return list(found.values())


def add_ward_sets(content: BuildContent, reference: Reference) -> None:
    """The layers of the sets of wards that are not in use now, and the record of when each is in force."""
    for held in reference.ward_sets:
        layer = ward_layer(reference, held.areas)
        if layer != "wards":
            content.metas[layer] = boundary_meta(held.areas, layer_id=layer, in_force=held.words)
            content.features[layer] = boundary_features(held.areas)
    content.manifest["ward_sets"] = {
        ward_layer(reference, held.areas): {
            "vintage": held.areas.vintage,
            "code_vintage": held.areas.code_vintage,
            "first": held.first.isoformat(),
            "last": "" if held.last is None else held.last.isoformat(),
            "words": held.words,
        }
        for held in reference.ward_sets
    }


def lsoa_wards(reference: Reference) -> pd.DataFrame:
    """
    Ward of each LSOA in every set of wards: by the lookup of the area file, otherwise the one with most of its ground.

    An LSOA of which no ward has more than half (the Isles of Scilly are one, in five wards) is in none of them.
    """
    sets = [held.areas for held in reference.ward_sets] or [reference.areas("ward")]
    tables = [_lsoa_wards(reference, wards) for wards in sets]
    return pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True)


def _lsoa_wards(reference: Reference, wards: Areas) -> pd.DataFrame:
    lsoas = reference.areas("lsoa")
    for lookup in reference.lookups:
        if lookup.kind == "lsoa_to_ward" and (lookup.child_vintage, lookup.parent_vintage) == (
            lsoas.code_vintage,
            wards.code_vintage,
        ):
            return lookup.table.rename(columns={"parent_code": "ward_code"})[["area_code", "ward_code"]]
    found = pd.DataFrame({"area_code": sorted(lsoas.codes), "ward_code": _ward_of_most(lsoas, wards)})
    return found.astype("str")  # a column of nothing but missing codes is one of texts all the same


def _ward_of_most(lsoas: Areas, wards: Areas) -> list[Any]:
    """By code of the LSOA: the ward with more than half of its ground that is in wards; missing where none has."""
    ours, theirs = (areas.table.sort_values("code", ignore_index=True) for areas in (lsoas, wards))
    shapes, grounds = ours["geometry"].to_numpy(), theirs["geometry"].to_numpy()
    own, ward = shapely.STRtree(grounds).query(shapes, predicate="intersects")
    shared = pd.DataFrame({"own": own, "ward": theirs["code"].to_numpy()[ward]})
    shared["ground"] = shapely.area(shapely.intersection(shapes[own], grounds[ward]))
    most = shared[shared["ground"] > shared.groupby("own")["ground"].transform("sum") / 2]
    return most.set_index("own")["ward"].reindex(range(len(ours))).tolist()
