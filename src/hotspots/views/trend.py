"""Totals of a place from year to year: the same areas throughout, intervals where inputs were hidden, no verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from hotspots.analysis.rates import totals
from hotspots.layer import printed
from hotspots.measures import measure
from hotspots.snapshot import Build
from hotspots.views.choices import choices
from hotspots.views.layers import view
from hotspots.views.selection import Selection, Viewer
from hotspots.views.straddling import split_by_ward


@dataclass(frozen=True, eq=False)
class Trend:
    """
    ``table`` has ``period, lower, upper, shown``; ``areas`` says which areas were added up, by name where few, and
    ``summed`` how many.
    """

    table: pd.DataFrame
    areas: str
    unit: str
    summed: int


def trend(build: Build, selection: Selection, viewer: Viewer) -> Trend | None:
    """
    Totals of the selected count and place over the single years that are held.

    None where there is no such count, or no area of it that lies wholly in the place.

    Counts by area are added over a fixed, named set of areas: all of the city, those of a ward, or those that lie
    inside the city-centre area (straddling ones, also of a ward, are left out, and none is cut). City totals of open
    and controlled sources are exact for everybody; elsewhere a total with a hidden area in it is not shown.
    """
    asked = measure(selection.what)
    held = choices(build, viewer)
    kinds = [kind for kind in held.hows(asked.base) if kind in {"lsoa", "ward"}]
    if asked.statistic == "score" or not kinds:
        return None
    kind = kinds[-1] if selection.where == "city-centre" else kinds[0]
    years = [label for label in held.whens(asked.base, kind) if held.period(label).years == 1]
    found = totals_over(build, replace(selection, what=asked.base), viewer, periods=years)
    return found if found.summed else None


def totals_over(build: Build, selection: Selection, viewer: Viewer, *, periods: Sequence[str]) -> Trend:
    """Totals of the selected count and place over each of some periods that the viewer may ask for."""
    held = choices(build, viewer)
    kinds = [kind for kind in held.hows(selection.what) if kind in {"lsoa", "ward"}]
    kind: Any = kinds[-1] if selection.where == "city-centre" else kinds[0]
    category = selection.category if selection.category in held.categories(selection.what, kind) else "all"
    names, summed, rows, left_out = "", 0, [], set[str]()
    # A ward has no count in periods that are reported by other wards.
    for label in (label for label in periods if kind != "ward" or held.in_force(selection.where, label)):
        layer = view(build, Selection(selection.what, category, label, selection.where, kind), viewer)
        assert layer.cube is not None
        assert layer.areas is not None
        cube = layer.cube
        if selection.where == "city-centre":
            inside = build.table(f"centre_{kind}").query("membership == 'inside'")["code"]
            cube = cube[cube["area_code"].isin(inside)]
        elif kind == "lsoa" and selection.where.startswith("ward:"):
            within, left_out = split_by_ward(build, cube["area_code"], selection.where.removeprefix("ward:"))
            cube = cube[cube["area_code"].isin(within)]
        summed = len(cube)
        names = _named([layer.areas.names[code] for code in cube["area_code"]])
        if left_out:
            names += f" (without {_named([layer.areas.names[code] for code in left_out])}: in another ward too)"
        rows.append((label, *_total(cube, layer.meta.settings)))
    table = pd.DataFrame(rows, columns=["period", "lower", "upper", "status"])
    table["shown"] = [
        printed(lower if lower == upper else float("nan"), lower, upper, status, decimals=0)
        for lower, upper, status in zip(table["lower"], table["upper"], table["status"], strict=True)
    ]
    return Trend(table.drop(columns="status"), names, measure(selection.what).unit, summed)


def _total(cube: pd.DataFrame, settings: object) -> tuple[float, float, str]:
    assert isinstance(settings, dict)
    if "total_lower" in settings and settings.get("total_of") == "city":
        return float(settings["total_lower"]), float(settings["total_upper"]), "ok"
    sums = totals(cube)
    hidden = bool((cube["status"] == "suppressed").any())
    if sums.empty:
        return math.nan, math.nan, "no_data"  # no area lies in the place: that is no count of nought
    return float(sums["lower"].iloc[0]), float(sums["upper"].iloc[0]), "suppressed" if hidden else "no_data"


def _named(names: list[str]) -> str:
    few = sorted(names)
    return f"{len(few)} areas" if len(few) > 8 else ", ".join(few)
