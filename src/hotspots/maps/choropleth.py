"""Areas painted by class: from shapes that were prepared once, in a few milliseconds."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots import crs
from hotspots.areas import Areas
from hotspots.errors import DataRefused
from hotspots.layer import Layer
from hotspots.maps.base import Bounds, Drawn, feature_collection
from hotspots.maps.escape import escape
from hotspots.style import GREYS, Classes, Fill, shown

SIMPLIFIED_M = 8.0
_STEP_DEGREES = 1e-5

Shapes = dict[str, str]


def prepare_shapes(areas: Areas, *, tolerance_m: float = SIMPLIFIED_M) -> Shapes:
    """
    The GeoJSON geometry (text, WGS84, 5 decimals: 1 m) of each code, simplified for the screen; to be kept.

    Shared edges are simplified once, so that neighbours still touch. Never exported and never counted with.
    """
    geometry = areas.geometry
    if len(geometry) == 0:
        return {}
    simple = shapely.coverage_simplify(geometry, tolerance_m)
    drawn = shapely.set_precision(crs.geometry_to_wgs84(simple), _STEP_DEGREES, mode="pointwise")
    return dict(zip(areas.table["code"].tolist(), shapely.to_geojson(drawn).tolist(), strict=True))


def shape_of(geometry: Any, *, tolerance_m: float = SIMPLIFIED_M) -> str:
    """The GeoJSON geometry (text, WGS84) of one EPSG:27700 geometry, simplified for the screen."""
    simple = shapely.simplify(geometry, tolerance_m)
    return str(shapely.to_geojson(shapely.set_precision(crs.geometry_to_wgs84(simple), _STEP_DEGREES)))


def bounds_of(geometry: npt.NDArray[Any]) -> Bounds:
    """West, south, east and north in WGS84 degrees of EPSG:27700 geometries: what a map first shows."""
    if len(geometry) == 0:
        raise DataRefused("there are no areas to draw a map of")
    west, south, east, north = shapely.total_bounds(geometry)
    longitude, latitude = crs.to_wgs84([west, west, east, east], [south, north, south, north])
    return (
        float(np.nanmin(longitude)),
        float(np.nanmin(latitude)),
        float(np.nanmax(longitude)),
        float(np.nanmax(latitude)),
    )


def choropleth(
    layer: Layer,
    classes: Classes,
    shapes: Shapes,
    *,
    selected: str | None = None,
    wards: Mapping[str, str] | None = None,
) -> Drawn:
    """
    The areas of a layer, each with its class's fill and a tooltip of name, code, ward, printed number and unit.

    Parameters
    ----------
    layer
        A cube of one measure, period and category: one row an area. It has passed the disclosure gate.
    classes
        The classes that the legend prints.
    shapes
        What :func:`prepare_shapes` made of the layer's areas.
    selected
        Code of the area to outline.
    wards
        Name of the ward of each LSOA.
    """
    if layer.cube is None or layer.areas is None:
        raise DataRefused(f"layer {layer.meta.id!r} holds no areas to paint")
    names, cube = layer.areas.names, layer.cube
    conversions = dict(zip(cube["area_code"], cube["conversion"], strict=True)) if "conversion" in cube else {}
    features: list[str] = []
    used: dict[str, Fill] = {}
    for code, number, fill in _painted(layer.cube, classes, layer.meta.measure):
        if code not in shapes:
            continue
        used[fill.key] = fill
        where = f"{code}, {wards[code]} ward" if wards and code in wards else code
        where += _came(conversions.get(code, ""))
        text = f"<b>{escape(names.get(code, code))}</b><br>{escape(where)}<br>{escape(number)}"
        if fill.kind in {"class", "spans"}:
            text += f" {escape(layer.meta.unit)}"
        properties = {"fill": fill.key, "text": text} | ({"chosen": 1} if code == selected else {})
        # The chosen area is drawn last, or its neighbours would hide half of its outline.
        at = len(features) if code == selected else 0
        features.insert(at, _feature(properties, shapes[code]))
    fills = {key: _paint(fill, classes) for key, fill in used.items()}
    return Drawn("areas", feature_collection(features), json.dumps(fills))


def _came(conversion: str) -> str:
    """How a number came from another vintage of areas, where it did and is not what it was."""
    return "" if conversion in {"", "unchanged", "as supplied"} else f", {conversion}"


def fills_of(layer: Layer, classes: Classes) -> tuple[Fill, ...]:
    """How each area of a cube is painted, in the order of the cube: what the legend has to explain."""
    if layer.cube is None:
        return ()
    return tuple(fill for _, _, fill in _painted(layer.cube, classes, layer.meta.measure))


def _painted(cube: pd.DataFrame, classes: Classes, measure: str) -> list[tuple[str, str, Fill]]:
    columns = (cube[name].tolist() for name in ("area_code", "value", "lower", "upper", "status"))
    return [
        (code, shown(value, lower, upper, status, measure=measure), classes.fill(value, lower, upper, status))
        for code, value, lower, upper, status in zip(*columns, strict=True)
    ]


def _paint(fill: Fill, classes: Classes) -> dict[str, Any]:
    if fill.kind == "class":
        return {"colour": classes.colours[fill.first]}
    if fill.kind == "spans":
        return {"stripes": [classes.colours[fill.first], classes.colours[fill.last]], "dashes": "4 3"}
    if fill.kind == "no_data":
        return {"colour": GREYS["no_data"]}
    return {"stripes": ["#ffffff", GREYS[fill.kind]], "turn": 45 if fill.kind == "suppressed" else 135}


def _feature(properties: Mapping[str, object], geometry: str) -> str:
    return f'{{"type": "Feature", "properties": {json.dumps(properties)}, "geometry": {geometry}}}'
