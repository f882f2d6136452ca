"""Wards by date: which set of wards a period is reported by, and the layers and tables that need to know."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.counts import reporting_periods
from hotspots.areas import Areas, Reference
from hotspots.periods import Period
from hotspots.pipeline.cubes import Cube
from hotspots.pipeline.features import boundary_features, boundary_meta
from hotspots.snapshot import BuildContent
from hotspots.tables import Reading

_SLIVER = 0.01  # of an LSOA: less is where two sets of lines were drawn apart


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


def ward_tables(reference: Reference) -> dict[str, pd.DataFrame]:
    """
    How LSOAs and the wards of every set belong together: ``lsoa_wards`` and ``lsoas_astride``.

    The ward of an LSOA is that of the area file's lookup, otherwise the one that holds more than half its ground. An
    LSOA that no ward holds half of (in the City of London one lies in 18) belongs to none, and is astride all of them.
    """
    sets = [held.areas for held in reference.ward_sets] or [reference.areas("ward")]
    made = [_lsoa_wards(reference, wards) for wards in sets]
    wards, astride = (pd.concat(tables, ignore_index=True) for tables in zip(*made, strict=True))
    tables = {"lsoa_wards": wards.drop_duplicates(ignore_index=True)}
    return tables | ({"lsoas_astride": astride.drop_duplicates(ignore_index=True)} if len(astride) else {})


def _lsoa_wards(reference: Reference, wards: Areas) -> tuple[pd.DataFrame, pd.DataFrame]:
    lsoas, columns = reference.areas("lsoa"), ["area_code", "ward_code"]
    for lookup in reference.lookups:
        if lookup.kind == "lsoa_to_ward" and (lookup.child_vintage, lookup.parent_vintage) == (
            lsoas.code_vintage,
            wards.code_vintage,
        ):
            table = lookup.table.rename(columns={"parent_code": "ward_code"})[columns]
            return table, table.iloc[:0]
    shares = _shares(lsoas, wards)
    mostly = shares["share"] > 0.5
    astride = ~shares["area_code"].isin(shares.loc[mostly, "area_code"]) & (shares["share"] >= _SLIVER)
    return shares.loc[mostly, columns], shares.loc[astride, columns]


def _shares(lsoas: Areas, wards: Areas) -> pd.DataFrame:
    """The share of each LSOA's ground that each ward holds: ``area_code, ward_code, share``."""
    lsoa_at, ward_at = shapely.STRtree(wards.geometry).query(lsoas.geometry, predicate="intersects")
    own: Any = lsoas.geometry[lsoa_at]
    common = shapely.area(shapely.intersection(own, wards.geometry[ward_at]))
    codes = [np.array(areas.table["code"], dtype=object) for areas in (lsoas, wards)]
    columns = {"area_code": codes[0][lsoa_at], "ward_code": codes[1][ward_at], "share": common / shapely.area(own)}
    return pd.DataFrame(columns).sort_values(["area_code", "ward_code"], ignore_index=True)
