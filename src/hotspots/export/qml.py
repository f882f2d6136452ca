"""Styles that QGIS opens a file with (QML): the classes, colours and words of the web map, as XML.

Text goes in through ``xml.etree``, which escapes it, and column names through :func:`quoted`; the same layer makes the
same bytes.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hotspots.style import GREYS, POINT_COLOUR, Classes, Fill, FillKind

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
# The oldest QGIS that is tried with these files; a newer one reads them as it does its own old projects.
_VERSION = "3.22.0"
_EDGE = "#6b6b6b"
_OUTLINE = "#1a1a1a"
_GEOMETRY_NUMBERS = {"marker": "0", "line": "1", "fill": "2"}
_GEOMETRIES = {"Point": "marker", "MultiPoint": "marker", "MultiLineString": "line", "MultiPolygon": "fill"}

Coat = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Range:
    """One line of a legend: closed ends (numbers of the field, or of the expression in its place), words and coats."""

    lower: float
    upper: float
    label: str
    coats: tuple[Coat, ...]


def graduated(field: str, ranges: Sequence[Range]) -> str:
    """
    A graduated style of polygons: ``field`` is the name of a column, or an expression.

    Each coat of a range is painted over the one before it.
    """
    root = _root(categories="Symbology")
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        {"type": "graduatedSymbol", "attr": field, "graduatedMethod": "GraduatedColor", "symbollevels": "0"},
        enableorderby="0",
        forceraster="0",
    )
    listed = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    for number, one in enumerate(ranges):
        ends = {"lower": repr(float(one.lower)), "upper": repr(float(one.upper))}
        ET.SubElement(listed, "range", {**ends, "symbol": str(number), "label": one.label, "render": "true"})
        _symbol(symbols, "fill", number, one.coats)
    ET.SubElement(root, "layerGeometryType").text = _GEOMETRY_NUMBERS["fill"]
    return _text(root)


def simple(geometry_type: str) -> str | None:
    """
    One symbol for features: dots in the colour of the map, or outlines that hide nothing; None for mixed shapes.

    Examples
    --------
    >>> simple("Unknown") is None, 'class="SimpleMarker"' in simple("Point")
    (True, True)
    """
    kind = _GEOMETRIES.get(geometry_type)
    if kind is None:
        return None
    coats: dict[str, Coat] = {
        "marker": ("SimpleMarker", {"name": "circle", "color": _rgba(POINT_COLOUR), "size": "2"} | _stroke("#ffffff")),
        "line": ("SimpleLine", {"line_color": _rgba(_OUTLINE), "line_width": "0.5", "line_style": "solid"}),
        "fill": ("SimpleFill", {"color": "0,0,0,0", "style": "no"} | _stroke(_OUTLINE, width_mm=0.5)),
    }
    root = _root(categories="Symbology")
    renderer = ET.SubElement(
        root, "renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0", forceraster="0"
    )
    _symbol(ET.SubElement(renderer, "symbols"), kind, 0, (coats[kind],))
    ET.SubElement(root, "layerGeometryType").text = _GEOMETRY_NUMBERS[kind]
    return _text(root)


def pseudocolour(classes: Classes) -> str:
    """A style of a surface's one band: a colour a class, as the web map paints its cells; no data is not painted."""
    root = _root(categories="Symbology")
    renderer = ET.SubElement(ET.SubElement(root, "pipe"), "rasterrenderer", _band(classes))
    ET.SubElement(renderer, "rasterTransparency")
    ends = {
        "minimumValue": renderer.get("classificationMin", ""),
        "maximumValue": renderer.get("classificationMax", ""),
    }
    ramp = {"colorRampType": "DISCRETE", "clip": "0", "classificationMode": "1"} | ends
    shader = ET.SubElement(ET.SubElement(renderer, "rastershader"), "colorrampshader", ramp)
    # A discrete shader paints what is at most an item's number; a class ends below halfway to the next printed one.
    half = 0.5 * 10.0**-classes.decimals
    tops = [*(float(np.nextafter(upper + half, -np.inf)) for upper in classes.uppers[:-1]), float("inf")]
    for top, label, colour in zip(tops, classes.labels, classes.colours, strict=False):
        ET.SubElement(shader, "item", value=repr(top), label=label, color=colour, alpha="255")
    return _text(root)


def class_coats(colour: str) -> tuple[Coat, ...]:
    """The coats of an area of one class."""
    return (_solid(colour),)


def grey_coats(kind: FillKind) -> tuple[Coat, ...]:
    """The coats of an area without a number: grey for no data, hatched grey for what is hidden or incomplete."""
    if kind == "no_data":
        return (_solid(GREYS[kind]),)
    return (_solid("#ffffff"), _hatched(GREYS[kind], "b_diagonal" if kind == "suppressed" else "f_diagonal"))


def span_coats(fill: Fill, classes: Classes) -> tuple[Coat, ...]:
    """The coats of an area whose interval spans classes: stripes of the colours of both its ends."""
    return (_solid(classes.colours[fill.first]), _hatched(classes.colours[fill.last], "b_diagonal"))


def quoted(name: str) -> str:
    """
    A column name in a QGIS expression.

    Examples
    --------
    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def _root(*, categories: str) -> ET.Element:
    return ET.Element("qgis", version=_VERSION, styleCategories=categories)


def _text(root: ET.Element) -> str:
    ET.indent(root, " ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _band(classes: Classes) -> dict[str, str]:
    ends = (classes.edges[0], classes.edges[-1]) if classes.uppers else (0.0, 0.0)
    names = ("classificationMin", "classificationMax")
    fixed = {"type": "singlebandpseudocolor", "band": "1", "alphaBand": "-1", "opacity": "1", "nodataColor": ""}
    return fixed | {name: repr(float(end)) for name, end in zip(names, ends, strict=True)}


def _symbol(symbols: ET.Element, kind: str, number: int, coats: Iterable[Coat]) -> None:
    symbol = ET.SubElement(symbols, "symbol", type=kind, name=str(number), alpha="1", clip_to_extent="1", force_rhr="0")
    for name, options in coats:
        layer = ET.SubElement(symbol, "layer", {"class": name, "enabled": "1", "locked": "0", "pass": "0"})
        listed = ET.SubElement(layer, "Option", type="Map")
        for key, value in sorted(options.items()):
            ET.SubElement(listed, "Option", type="QString", name=key, value=value)
        for key, value in sorted(options.items()):  # how QGIS before 3.18 reads the same
            ET.SubElement(layer, "prop", k=key, v=value)


def _solid(colour: str) -> Coat:
    return "SimpleFill", {"color": _rgba(colour), "style": "solid"} | _stroke(_EDGE)


def _hatched(colour: str, style: str) -> Coat:
    return "SimpleFill", {"color": _rgba(colour), "style": style} | _stroke(_EDGE)


def _stroke(colour: str, *, width_mm: float = 0.2) -> dict[str, str]:
    return {"outline_color": _rgba(colour), "outline_style": "solid", "outline_width": f"{width_mm:g}"}


def _rgba(colour: str) -> str:
    """
    A colour as QGIS writes it.

    Examples
    --------
    >>> _rgba("#2c7fb8")
    '44,127,184,255'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},255"
