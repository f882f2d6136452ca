"""A layer in words and as a ranked table: the same numbers as the map, for people who read rather than look."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from hotspots.areas import COMMON_LAYER, parts_of
from hotspots.layer import Layer, printed, rounded
from hotspots.measures import measure
from hotspots.snapshot import Build
from hotspots.texts import IN_NO_AREA, number_of
from hotspots.views.selection import Selection
from hotspots.views.straddling import IN_OTHERS_TOO

_KINDS = {"ward": ("wards", "ward"), "lsoa": ("small areas (LSOA)", "small area (LSOA)")}
_COLUMNS = ["rank", "name", "code", "ward", "shown", "value", "lower", "upper", "status"]
_UNNAMED: Mapping[str, str] = MappingProxyType({})


def ward_names(build: Build) -> dict[str, str]:
    """
    The name of the ward that holds most of each LSOA, of the wards in use: what people call that part of town.

    LSOAs that are shown together have one where they are all in the same ward.
    """
    wards = build.areas("ward")
    if wards is None:
        return {}
    held = build.table("lsoa_wards")
    named = held.assign(ward=held["ward_code"].map(wards.names)).dropna(subset="ward")
    known = dict(zip(named["area_code"], named["ward"], strict=True))
    common = build.areas("lsoa", COMMON_LAYER)
    for code in common.codes if common is not None else ():
        if len(found := {known.get(part, "") for part in parts_of(code)}) == 1:
            known[code] = found.pop()
    return {code: ward for code, ward in known.items() if ward}


def ranked(layer: Layer, limit: int | None = None, *, wards: Mapping[str, str] = _UNNAMED) -> pd.DataFrame:
    """
    The areas of a cube (one measure and period), or the premises, from highest to lowest.

    Areas rank by the middle of their interval; equal ones share the better rank and stand in the order of their code.
    Hidden and unknown areas come last without a rank. A density has no rows: see
    :func:`hotspots.views.companion`. The column ``ward`` says which ward an LSOA is in, where ``wards`` does
    (:func:`ward_names`).
    """
    if layer.cube is not None and layer.areas is not None:
        rows = layer.cube.rename(columns={"area_code": "code"})
        rows = rows.assign(
            name=rows["code"].map(layer.areas.names), ward=[wards.get(code, "") for code in rows["code"]]
        )
        decimals = measure(layer.meta.measure).decimals
    elif layer.features is not None and "score" in layer.features:
        rows = _score_rows(layer.features)
        decimals = 0
    elif layer.features is not None and "hotspot_id" in layer.features:
        return _hotspot_rows(layer.features, limit)
    else:
        return pd.DataFrame({column: [] for column in _COLUMNS})
    rows = rows.assign(middle=(rows["lower"] + rows["upper"]) / 2)
    rows = rows.sort_values(["middle", "code"], ascending=[False, True], na_position="last", ignore_index=True)
    rows["rank"] = rows["middle"].rank(method="min", ascending=False).astype("Int64")
    rows["shown"] = [
        printed(value, lower, upper, status, decimals=decimals)
        for value, lower, upper, status in zip(rows["value"], rows["lower"], rows["upper"], rows["status"], strict=True)
    ]
    if "band" in rows:
        rows["shown"] = [
            f"{shown}, {band}" if band else shown for shown, band in zip(rows["shown"], rows["band"], strict=True)
        ]
    return rows[_COLUMNS].head(limit) if limit else rows[_COLUMNS]


def _score_rows(features: pd.DataFrame) -> pd.DataFrame:
    numbers = features["score"].astype("Float64").to_numpy(dtype=float, na_value=math.nan)
    return pd.DataFrame(
        {
            "name": features["name"],
            "code": features["premises_id"],
            "ward": "",
            "value": numbers,
            "lower": numbers,
            "upper": numbers,
            "status": features["state"],
            "band": features["band"],
        }
    )


def _hotspot_rows(features: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    """Hotspots in their own order, hottest first: the number is the count of events, the rank is not by it."""
    rows = features.rename(columns={"hotspot_id": "code", "events": "value"}).assign(status="ok", ward="")
    rows = rows.assign(lower=rows["value"], upper=rows["value"], shown=[f"{count:,}" for count in rows["value"]])
    return pd.DataFrame(rows[_COLUMNS]).head(limit) if limit else pd.DataFrame(rows[_COLUMNS])


def sentence(layer: Layer, selection: Selection, *, wards: Mapping[str, str] = _UNNAMED) -> str:
    """One sentence that says what the map shows, with the measure named, the period, the place and the highest."""
    meta = layer.meta
    opening = f"{meta.title}, {meta.period}, {meta.area}"
    if layer.surface is not None:
        peak = float(pd.Series(layer.surface.values.ravel()).max())
        top = (
            "nothing is shown here"
            if math.isnan(peak)
            else f"the highest cell has {rounded(peak, decimals=0)} {meta.unit}"
        )
        return f"{opening}: {top} (bandwidth {layer.surface.bandwidth_m:g} m)."
    table = ranked(layer, wards=wards)
    if layer.features is not None and "hotspot_id" in layer.features:
        return f"{opening}: {_hotspot_words(layer, tested=selection.how == 'hotspots')}"
    if layer.features is not None and table.empty:
        return f"{opening}: {len(layer.features):,} single events."
    shown = table[table["rank"].notna()]
    if shown.empty:
        return f"{opening}: nothing can be shown; a longer period or larger areas may help."
    first = shown.iloc[0]
    kind = "premises" if layer.features is not None else _KINDS[selection.how][len(table) == 1]
    hidden = len(table) - len(shown)
    why = "have no score" if layer.features is not None else "are hidden or unknown"
    rest = f"; {hidden} of {len(table)} {why}" if hidden else ""
    ward = f" in {first['ward']} ward" if first["ward"] else ""
    number = f"({first['shown']} {meta.unit})"
    also = _in_others_too(layer, len(table))
    if len(table) == 1:  # of one there is no highest
        return f"{opening}: {_total(layer, selection)}1 {kind}, {first['name']}{ward}{also} {number}."
    # What is hidden may be more than the highest of what is shown.
    most = "highest that is shown" if hidden and layer.features is None else "highest"
    others = int(((shown["rank"] == first["rank"]) & (shown["shown"] == first["shown"])).sum()) - 1
    if others:  # of equal ones the first stands there by its code alone
        ward = f"{ward} and {number_of(others, 'other', 'others')}"
        number = f"({first['shown']} {meta.unit} each)"
    highest = f"{most}: {first['name']}{ward} {number}"
    return f"{opening}: {_total(layer, selection)}{len(table)} {kind}{also}; {highest}{rest}."


def _in_others_too(layer: Layer, areas: int) -> str:
    """That the number of an area is not only that of the ward, where the area lies in other wards too."""
    others = layer.meta.settings.get(IN_OTHERS_TOO, 0)
    if not others:
        return ""
    return ", which lies in other wards too" if areas == 1 else f", {others} of them in other wards too"


def _total(layer: Layer, selection: Selection) -> str:
    lower, upper = layer.meta.settings.get("total_lower"), layer.meta.settings.get("total_upper")
    if not isinstance(lower, float) or not isinstance(upper, float) or math.isnan(lower):
        return ""
    number = printed(lower if lower == upper else math.nan, lower, upper, "ok", decimals=0)
    inside = " inside the area by position" if selection.where == "city-centre" else " in all"
    if any(caveat.endswith(IN_NO_AREA) for caveat in layer.meta.caveats):
        inside += ", besides those without a position"
    return f"{number} {layer.meta.unit}{inside}; "


def _hotspot_words(layer: Layer, *, tested: bool) -> str:
    features, about = layer.features, "about " if "rounded_to" in layer.meta.settings else ""
    assert features is not None
    if features.empty:
        return f"no place {'stands out beyond what chance would give' if tested else 'is among those to target'} here."
    first, share = features.iloc[0], features["events_share"].sum()
    count = "1 place" if len(features) == 1 else f"{len(features)} places"
    return (
        f"{count} with {about}{features['events'].sum():,} events ({share:.0%} of those of the whole area) on "
        f"{_small_share(features['area_share'].sum())} of its ground; first: {first['name']} "
        f"({about}{first['events']:,} events)."
    )


def _small_share(share: float) -> str:
    """
    A share of the ground, which for one street of a rural district is no nought.

    Examples
    --------
    >>> _small_share(0.0132), _small_share(0.0002)
    ('1.3%', 'less than 0.1%')
    """
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
