"""From a selection to a layer that has passed the disclosure gate."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.analysis.rates import derive, totals
from hotspots.areas import AreaKind, Areas, parts_of
from hotspots.city_centre import mask_surface
from hotspots.disclosure import disclose, may_see_points, may_see_premises
from hotspots.errors import DisclosureRefused, UsageError
from hotspots.layer import Layer, LayerMeta, Surface
from hotspots.measures import CATEGORIES, Measure, measure
from hotspots.snapshot import Build
from hotspots.views.choices import Choices, choices
from hotspots.views.hotspots import chosen_hotspots
from hotspots.views.scores import score_layer
from hotspots.views.selection import DENSITY_LAYERS, EVENTS_BEHIND, POINT_LAYERS, Selection, Viewer
from hotspots.views.straddling import IN_OTHERS_TOO, placed_words, split_by_ward

RESIDENTS = "Rates are per resident: where few live and many work or visit, they are high for that reason alone."
ROUNDED = "Averages are printed to one decimal: parts as printed need not add up to a total as printed."
PART_OF_A_YEAR = "Per year, from less than a year: {} is taken as if the whole year were like it."


def view(build: Build, selection: Selection, viewer: Viewer) -> Layer:
    """
    The layer that answers a selection, as this viewer may have it.

    Raises
    ------
    UsageError
        The selection names something that this build does not hold for this viewer; the message names what there is.
    DisclosureRefused
        This viewer's audience may not have it.
    """
    held = choices(build, viewer)
    if selection.how in {"hotspots", "targets"}:
        return _hotspots(held, selection)
    selection = _checked(held, selection)
    if selection.what == "premises_score":
        meta = _placed_meta(build, build.meta("premises-scores"), selection.where)
        return score_layer(build, meta, when=selection.when, within=place_geometry(build, selection.where))
    if selection.how == "density":
        return _density(build, selection, viewer)
    if selection.how == "points":
        return _points(build, selection, viewer)
    return _areas(held, selection, viewer)


def named_layer(build: Build, layer_id: str, viewer: Viewer) -> Layer:
    """
    A published layer by its stable identifier, whole: every period and category that the viewer may see.

    A cube carries the annual average of every run of years beside its counts.
    """
    meta = build.meta(layer_id)
    if layer_id == "premises-scores":
        return view(build, Selection("premises_score", how="points"), viewer)
    if layer_id in DENSITY_LAYERS.values():
        base = next(base for base, name in DENSITY_LAYERS.items() if name == layer_id)
        return view(build, Selection(base, how="density"), viewer)
    if layer_id not in build.manifest["cubes"]:
        return disclose(
            Layer(meta, features=build.features(layer_id)), build.settings.disclosure, audience=viewer.audience
        )
    held = choices(build, viewer)
    layer = _disclosed_cube(build, layer_id, viewer)
    base = build.manifest["cubes"][layer_id]["measures"][0]
    allowed = layer.cube[layer.cube["period"].isin(held.whens(base, layer.areas.kind))]  # type: ignore[index,union-attr]
    allowed = allowed[allowed["category"].isin(held.categories(base, layer.areas.kind))]  # type: ignore[union-attr]
    return replace(layer, cube=_with_averages(held, allowed))


def companion(build: Build, selection: Selection, viewer: Viewer) -> Layer | None:
    """The area layer whose numbers stand beside a density or single events: wards if held, else LSOAs."""
    held = choices(build, viewer)
    kinds = [kind for kind in held.hows(selection.what) if kind in {"ward", "lsoa"}]
    if not kinds or selection.what == "premises_score":
        return None
    kind: Any = kinds[0]
    return view(build, replace(selection, how=kind), viewer)


def all_periods_values(build: Build, selection: Selection, viewer: Viewer) -> npt.NDArray[np.float64]:
    """
    Values of a measure and category over every held period of the selected one's length.

    Class edges made from them stay the same when the reader moves from year to year.
    """
    held = choices(build, viewer)
    selection = _checked(held, selection)
    length = round(held.period(selection.when).years, 6)
    labels = [
        label for label in held.whens(selection.what, selection.how) if round(held.period(label).years, 6) == length
    ]
    layers = [view(build, replace(selection, when=label, where="city"), viewer) for label in labels]
    cubes = [layer.cube for layer in layers if layer.cube is not None]
    if not cubes:
        return np.empty(0, dtype=np.float64)
    return np.concatenate([cube[end].to_numpy(dtype=np.float64) for cube in cubes for end in ("lower", "upper")])


def _checked(held: Choices, selection: Selection) -> Selection:
    """The selection with its period filled in, after every part was checked against what is held."""
    if selection.what == "premises_score" and not may_see_premises(held.viewer.role):
        raise DisclosureRefused("premises and their scores are for licensing and analysts only")
    _among(selection.what, held.whats(), "measure")
    _among(selection.how, held.hows(selection.what), f"way to draw {selection.what}")
    _among(selection.category, held.categories(selection.what, selection.how), f"category of {selection.what}")
    _among(selection.where, list(held.wheres()), "place")
    whens = held.whens(selection.what, selection.how)
    when = selection.when or whens[-1]
    if selection.what == "premises_score":
        _check_day(when)
    else:
        _among(when, whens, f"period of {selection.what}")
    return replace(selection, when=when)


def _among(given: str, allowed: list[str], what: str) -> None:
    if given not in allowed:
        shown = ", ".join(allowed[:30]) or "none that you may see"
        raise UsageError(f"{given!r} is not a {what} in this build for this reader; there are: {shown}")


def _check_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a day; write it as 2018-08-31") from error


def _disclosed_cube(build: Build, layer_id: str, viewer: Viewer) -> Layer:
    """The whole cube through the gate at once: what is hidden does not depend on what is asked."""
    key = f"disclosed/{layer_id}/{viewer.audience}"
    if key not in build.memo:
        kind: AreaKind = build.manifest["cubes"][layer_id]["kind"]
        areas = build.areas(kind, build.manifest["cubes"][layer_id].get("areas", ""))
        layer = Layer(build.meta(layer_id), cube=build.cube(layer_id), areas=areas)
        masks = build.table("masks")
        mask = (
            masks[(masks["layer"] == layer_id) & (masks["audience"] == viewer.audience)] if len(masks.columns) else None
        )
        build.memo[key] = disclose(layer, build.settings.disclosure, audience=viewer.audience, mask=mask)
    found: Layer = build.memo[key]
    return found


def _areas(held: Choices, selection: Selection, viewer: Viewer) -> Layer:
    build, asked = held.build, measure(selection.what)
    layer_id = str(held.cube_of(asked.base, selection.how, selection.when))
    layer = _disclosed_cube(build, layer_id, viewer)
    assert layer.cube is not None
    assert layer.areas is not None
    rows = layer.cube[
        (layer.cube["measure"] == asked.base)
        & (layer.cube["period"] == selection.when)
        & (layer.cube["category"] == selection.category)
    ]
    rows = derive(
        rows.set_index("area_code", drop=False),
        asked,
        years=held.period(selection.when).years,
        population=_population(build, layer.areas) if asked.statistic == "rate_per_1000" else None,
        area_km2=layer.areas.area_km2,
        minimum_population=build.settings.rates.minimum_population,
    ).reset_index(drop=True)
    rows, caveats, known = _placed(build, rows, selection)
    if asked.statistic == "rate_per_1000":
        caveats = (*caveats, RESIDENTS)
    if asked.statistic == "annual_average":
        caveats = (*caveats, ROUNDED)
    elif asked.statistic != "count" and held.period(selection.when).years < 1:
        caveats = (*caveats, PART_OF_A_YEAR.format(selection.when))
    meta = _titled(held, layer.meta, selection, asked, extra=caveats)
    return replace(layer, cube=rows, meta=replace(meta, settings={**meta.settings, **known}))


def _placed(
    build: Build, rows: pd.DataFrame, selection: Selection
) -> tuple[pd.DataFrame, tuple[str, ...], dict[str, int]]:
    """The rows of the areas that belong to a place, and how they belong; area counts are never cut by area."""
    if selection.where == "city":
        return rows, (), {}
    if selection.where.startswith("ward:"):
        code = selection.where.removeprefix("ward:")
        if selection.how == "ward":
            return _of_ward(build, rows, code, selection.when), (), {}
        within, straddling = split_by_ward(build, rows["area_code"], code)
        known = {IN_OTHERS_TOO: len(straddling)} if straddling else {}
        return rows[rows["area_code"].isin(within | straddling)], placed_words(straddling), known
    membership = build.table(f"centre_{selection.how}").set_index("code")["membership"]
    belongs = rows["area_code"].map(membership)
    inside, touching = rows[belongs == "inside"], rows[belongs != "outside"]
    words = (
        f"{len(inside)} areas lie inside the {build.manifest['city_centre']['name']} and "
        f"{len(touching) - len(inside)} straddle its edge: the inside ones alone sum to {_summed(inside)}, "
        f"with the straddling ones to {_summed(touching)}. Counts by area are never cut."
    )
    return touching, (words,), {}


def _of_ward(build: Build, rows: pd.DataFrame, code: str, when: str) -> pd.DataFrame:
    """The row of a ward; one of wards that were not in force then has none, and the message says so."""
    chosen = rows[rows["area_code"] == code]
    if chosen.empty:
        raise UsageError(
            f"{_place_label(build, f'ward:{code}')} was not in force in {when}: choose a ward of that time"
        )
    return chosen


def _summed(rows: pd.DataFrame) -> str:
    if rows["lower"].isna().any():
        return "a number that is not shown, because some areas are hidden or unknown"
    lower, upper = rows["lower"].sum(), rows["upper"].sum()
    return f"{lower:,.0f}" if lower == upper else f"{lower:,.0f} to {upper:,.0f}"


def _titled(
    held: Choices, meta: LayerMeta, selection: Selection, asked: Measure, *, extra: tuple[str, ...]
) -> LayerMeta:
    build = held.build
    category = "" if selection.category == "all" else f" ({CATEGORIES.get(selection.category, selection.category)})"
    return replace(
        _placed_meta(build, meta, selection.where),
        title=f"{asked.label}{category}",
        measure=asked.id,
        unit=asked.unit,
        period=selection.when,
        caveats=(*meta.caveats, *extra),
        settings={**meta.settings, **_total(held, selection, asked)},
    )


def _total(held: Choices, selection: Selection, asked: Measure) -> dict[str, str | float | int]:
    """
    The total that the sentence prints: of the city, or of what lies inside the city-centre area.

    City totals of open and controlled counts stay exact for everybody (assessments print them). Counts of points
    inside the city-centre area are exact too, for whoever may see points.
    """
    build = held.build
    if asked.statistic != "count" or selection.how == "points":
        return {}
    layer_id = str(choices(build, Viewer("analyst")).any_cube(asked.base, selection.when))
    policy = build.meta(layer_id).policy
    if selection.where == "city" and policy != "health":
        rows = _totals(build, layer_id)
    elif selection.where == "city-centre" and may_see_points(policy, held.viewer.audience):
        rows = build.table("centre_counts").query("area_code == 'inside'")
    else:
        return {}
    chosen = rows[
        (rows["measure"] == asked.base) & (rows["category"] == selection.category) & (rows["period"] == selection.when)
    ]
    if chosen.empty:
        return {}
    ends = {"total_lower": float(chosen["lower"].iloc[0]), "total_upper": float(chosen["upper"].iloc[0])}
    return {**ends, "total_of": selection.where}


def _totals(build: Build, layer_id: str) -> pd.DataFrame:
    """The totals of a cube, added up once: every view of the city prints one of them."""
    key = f"totals/{layer_id}"
    if key not in build.memo:
        build.memo[key] = totals(build.cube(layer_id))
    found: pd.DataFrame = build.memo[key]
    return found


def _placed_meta(build: Build, meta: LayerMeta, where: str) -> LayerMeta:
    """The description with the name (and version) of the place, and the attribution of a mask."""
    attribution = meta.attribution
    if where == "city-centre":
        attribution = " ".join(text for text in (attribution, build.meta("city-centre-area").attribution) if text)
    return replace(meta, area=_place_label(build, where), attribution=attribution)


def _place_label(build: Build, where: str) -> str:
    if where == "city":
        return build.area_name
    if where == "city-centre":
        return str(build.manifest["city_centre"]["label"])
    code = where.removeprefix("ward:")
    return f"{_wards_with(build, code).names[code]} ward"


def _wards_with(build: Build, code: str) -> Areas:
    """The wards that hold a code: those in use, or those of another time."""
    sets = [build.areas("ward"), *(build.areas("ward", layer_id) for layer_id in build.ward_sets)]
    return next(areas for areas in sets if areas is not None and code in areas.codes)


def _population(build: Build, areas: Areas) -> "pd.Series[float] | None":
    """Residents of each area; of LSOAs that are shown together the sum, where all of them are known."""
    table = build.table("population")
    if not len(table):
        return None
    known = table.set_index("area_code")["population"].astype(float)
    sums = {code: known.reindex(parts_of(code)).sum(skipna=False) for code in sorted(areas.codes - set(known.index))}
    return pd.concat([known, pd.Series(sums, dtype="float64")])


def place_geometry(build: Build, where: str) -> Any:
    """Polygon of a place in EPSG:27700, or None for the whole area."""
    if where == "city":
        return None
    if where == "city-centre":
        return build.features("city-centre-area").geometry.iloc[0]
    code = where.removeprefix("ward:")
    return _wards_with(build, code).table.set_index("code")["geometry"][code]


def _density(build: Build, selection: Selection, viewer: Viewer) -> Layer:
    asked = measure(selection.what)
    key = (DENSITY_LAYERS[asked.base], asked.base, selection.category, selection.when)
    if key not in build.surfaces:
        raise UsageError(f"no density of {asked.label.lower()}, {selection.category}, {selection.when} is held")
    layer = disclose(
        build.surface(key), build.settings.disclosure, audience=viewer.audience, counted=_counted(build, key)
    )
    geometry = place_geometry(build, selection.where)
    if geometry is not None and layer.surface is not None:
        layer = replace(layer, surface=mask_surface(layer.surface, geometry))
    return replace(layer, meta=_placed_meta(build, layer.meta, selection.where))


def _counted(build: Build, key: tuple[str, str, str, str]) -> Surface | None:
    """The density of the events behind a density of quantities; None where it counts events itself."""
    behind = (key[0], EVENTS_BEHIND.get(key[1], ""), key[2], key[3])
    return build.surface(behind).surface if behind in build.surfaces else None


def _hotspots(held: Choices, selection: Selection) -> Layer:
    """Hotspots inside a place or reaching into it, ranked among themselves; none is cut at the edge."""
    _among(selection.where, list(held.wheres()), "place")
    layer = chosen_hotspots(held.build, selection, held.viewer)
    assert layer.features is not None
    features = layer.features.sort_values("rank", kind="stable")
    geometry = place_geometry(held.build, selection.where)
    if geometry is not None:
        features = features[shapely.area(shapely.intersection(features.geometry.to_numpy(), geometry)) > 0]
    features = features.assign(rank=range(1, len(features) + 1)).reset_index(drop=True)
    return replace(layer, features=features, meta=_placed_meta(held.build, layer.meta, selection.where))


def _points(build: Build, selection: Selection, viewer: Viewer) -> Layer:
    asked = measure(selection.what)
    layer_id = POINT_LAYERS[asked.base]
    features = build.features(layer_id)
    period = choices(build, viewer).period(selection.when)
    dates = pd.to_datetime(features["date"])
    chosen = (dates >= pd.Timestamp(period.start)) & (dates <= pd.Timestamp(period.end))
    if "measure" in features:
        chosen &= features["measure"] == asked.base
    if selection.category != "all":
        chosen &= features["category"] == selection.category
    geometry = place_geometry(build, selection.where)
    if geometry is not None:
        chosen &= shapely.intersects(geometry, features.geometry.to_numpy())
    meta = _titled(choices(build, viewer), build.meta(layer_id), selection, asked, extra=())
    layer = Layer(meta, features=features[chosen].reset_index(drop=True))
    return disclose(layer, build.settings.disclosure, audience=viewer.audience)


def _with_averages(held: Choices, cube: pd.DataFrame) -> pd.DataFrame:
    parts = [cube]
    for (base, period), rows in cube.groupby(["measure", "period"], sort=False):
        years = held.period(str(period)).years
        if years > 1:
            parts.append(derive(rows, measure(f"{base}_per_year"), years=years))
    return pd.concat(parts, ignore_index=True)
