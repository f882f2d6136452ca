"""One printable page (A4, PDF) of a map: the title, the map with its legend, the highest areas, and what to know.

Drawn in National Grid metres, so nothing is warped. The same layer makes the same bytes; text from data is set as
typed (matplotlib would read ``$`` as mathematics).
"""

import io
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import Layer
from hotspots.style import FILL_LABELS, GREYS, Classes, Fill, fills_used

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN, _HEIGHT_IN = 8.27, 11.69  # A4
_LEFT, _RIGHT = 0.07, 0.93
_LINE = 0.0135  # of the page, for text of 8.5 points
_MAP_BOTTOM, _MAP_TOP = 0.36, 0.845
_BASE_LINE = 0.045
_HATCHES = {"suppressed": "////", "incomplete": "\\\\\\\\", "spans": "...."}
_CONTROLS = dict.fromkeys((*range(32), 127, 0x2028, 0x2029), " ")
_SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "pdf.fonttype": 42,
    "hatch.linewidth": 0.4,
    "text.usetex": False,
    "text.parse_math": False,
}


@dataclass(frozen=True, eq=False)
class Orientation:
    """What is drawn for orientation: outlines (EPSG:27700), and places as ``name, easting, northing``."""

    outlines: Sequence[Any] = ()
    places: pd.DataFrame | None = None


def page_pdf(
    layer: Layer, classes: Classes, *, ranked: pd.DataFrame, orientation: Orientation, footer: Iterable[str] = ()
) -> bytes:
    """
    The page of a cube (one measure, period and category) or of a surface, as the bytes of a PDF.

    Parameters
    ----------
    layer
        It has passed the disclosure gate; marking, labels, method and attribution are printed from its description.
    classes
        The classes of the map, as the screen has them.
    ranked
        What :func:`hotspots.views.ranked` made of the layer, or of the areas beside a surface; the first ten stand
        on the page.
    footer
        Last lines, such as the build.

    Raises
    ------
    DataRefused
        The layer holds single events, which are not printed.
    """
    if layer.features is not None:
        raise DataRefused(f"layer {layer.meta.id!r}: single events are not printed; print areas or a density")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN))
        _header(figure, layer)
        _map(figure, layer, classes, orientation)
        bottom = _legend(figure, layer, classes)
        _table(figure, ranked, layer, top=bottom)
        _words(figure, layer, top=bottom)
        _footer(figure, layer, footer)
        stream = io.BytesIO()
        about = {"Title": _typed(layer.meta.title), "CreationDate": None, "Producer": None, "Creator": "hotspots"}
        figure.savefig(stream, format="pdf", metadata=about)
    return stream.getvalue()


def _header(figure: "Figure", layer: Layer) -> None:
    meta = layer.meta
    _text(figure, 0.5, 0.965, meta.marking, size=9, align="center", weight="bold")
    lines = textwrap.wrap(_typed(meta.title), 58)[:2]
    for number, line in enumerate(lines):
        _text(figure, _LEFT, 0.935 - 0.022 * number, line, size=15, weight="bold")
    below = 0.935 - 0.022 * len(lines)
    _text(figure, _LEFT, below, f"{meta.period} · {meta.area} · {meta.unit}", size=10)
    if meta.labels:
        _text(figure, _LEFT, below - 0.018, ". ".join(meta.labels) + ".", size=9, weight="bold", colour="#942514")


def _map(figure: "Figure", layer: Layer, classes: Classes, orientation: Orientation) -> None:
    axes = figure.add_axes((_LEFT, _MAP_BOTTOM, _RIGHT - _LEFT, _MAP_TOP - _MAP_BOTTOM))
    axes.set_aspect("equal")
    axes.set_axis_off()
    if layer.surface is not None:
        _draw_surface(axes, layer, classes)
    else:
        _draw_areas(axes, layer, classes)
    for outline in orientation.outlines:
        axes.add_patch(_patch(outline, facecolor="none", edgecolor="#0b0c0c", linewidth=0.9))
    bounds = _bounds(layer, orientation)
    west, south, east, north = bounds
    margin = 0.02 * max(east - west, north - south)
    axes.set_xlim(west - margin, east + margin)
    axes.set_ylim(south - margin, north + margin)
    _draw_places(axes, orientation.places, bounds)
    _draw_scale(axes, bounds)


def _draw_areas(axes: "Axes", layer: Layer, classes: Classes) -> None:
    assert layer.cube is not None
    assert layer.areas is not None
    shapes = dict(zip(layer.areas.table["code"], layer.areas.geometry, strict=True))
    for code, fill in zip(layer.cube["area_code"], _fills(layer, classes), strict=True):
        if code in shapes:
            axes.add_patch(_patch(shapes[code], edgecolor="#6b6b6b", linewidth=0.4, **_paint(fill, classes)))


def _draw_surface(axes: "Axes", layer: Layer, classes: Classes) -> None:
    from matplotlib.colors import ListedColormap

    surface = layer.surface
    assert surface is not None
    painted = np.ma.masked_less(classes.indices(surface.values).astype(np.int16), 0)
    grid = surface.grid
    axes.imshow(
        painted,
        extent=(grid.west, grid.east, grid.south, grid.north),
        cmap=ListedColormap(list(classes.colours) or ["#ffffff"]),
        vmin=-0.5,
        vmax=max(len(classes.colours), 1) - 0.5,
        interpolation="nearest",
    )


def _draw_places(axes: "Axes", places: pd.DataFrame | None, bounds: tuple[float, float, float, float]) -> None:
    if places is None:
        return
    from matplotlib.patheffects import withStroke

    west, south, east, north = bounds
    for name, easting, northing in zip(places["name"], places["easting"], places["northing"], strict=True):
        if not (west <= easting <= east and south <= northing <= north):
            continue
        axes.plot([easting], [northing], marker="D", markersize=2.6, color="#ffffff", markeredgecolor="#0b0c0c")
        label = axes.annotate(
            _typed(name)[:40], (easting, northing), xytext=(3, 2), textcoords="offset points", fontsize=4.6,
            parse_math=False,
        )  # fmt: skip
        label.set_clip_on(True)
        label.set_path_effects([withStroke(linewidth=1.2, foreground="#ffffff")])


def _draw_scale(axes: "Axes", bounds: tuple[float, float, float, float]) -> None:
    """A bar of a round length, and an arrow to grid north."""
    west, south, east, north = bounds
    lengths = [step * 10**power for power in range(2, 6) for step in (1, 2, 5)]
    length = max((metres for metres in lengths if metres <= (east - west) / 4), default=100)
    axes.plot([east - length, east], [south, south], color="#0b0c0c", linewidth=2, solid_capstyle="butt")
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length} m"
    axes.annotate(words, (east, south), xytext=(0, 4), textcoords="offset points", ha="right", fontsize=7)
    axes.annotate(
        "N", (east, north), xytext=(0, -22), textcoords="offset points", ha="center", fontsize=8,
        arrowprops={"arrowstyle": "->", "linewidth": 0.9},
    )  # fmt: skip


def _legend(figure: "Figure", layer: Layer, classes: Classes) -> float:
    """The classes, and only the greys that are on the map, in rows of four; returns where the next part begins."""
    from matplotlib.patches import Rectangle

    entries: list[tuple[dict[str, Any], str]] = [
        ({"facecolor": colour}, label) for colour, label in zip(classes.colours, classes.labels, strict=True)
    ]
    if layer.surface is not None:
        entries.append(({"facecolor": "#ffffff"}, "outside the area, or hidden"))
    else:
        used = fills_used(_fills(layer, classes))
        entries += [(_paint(Fill(kind), classes), FILL_LABELS[kind]) for kind in used if kind in FILL_LABELS]
    _text(figure, _LEFT, _MAP_BOTTOM - 0.015, f"{layer.meta.unit}:", size=8.5, weight="bold")
    across = 3
    for number, (paint, label) in enumerate(entries):
        row, column = divmod(number, across)
        west = _LEFT + column * (_RIGHT - _LEFT) / across
        south = _MAP_BOTTOM - 0.034 - row * 0.016
        box = Rectangle((west, south), 0.022, 0.010, transform=figure.transFigure, edgecolor="#6b6b6b", **paint)
        figure.add_artist(box)
        _text(figure, west + 0.028, south + 0.002, label, size=7.5)
    rows = (len(entries) + across - 1) // across
    return _MAP_BOTTOM - 0.034 - rows * 0.016 - 0.008


def _table(figure: "Figure", ranked: pd.DataFrame, layer: Layer, *, top: float) -> None:
    rows = ranked.head(10)
    kind = "Highest areas" if layer.surface is None else "Highest areas (counts beside the density)"
    _text(figure, _LEFT, top, kind, size=9, weight="bold")
    for number, row in enumerate(rows.itertuples(index=False), start=1):
        rank = "" if pd.isna(row.rank) else f"{int(row.rank)}"  # type: ignore[arg-type]
        line = top - number * _LINE
        _text(figure, _LEFT + 0.02, line, rank, size=8, align="right")
        _text(figure, _LEFT + 0.03, line, textwrap.shorten(_typed(row.name), 34, placeholder="…"), size=8)
        _text(figure, _LEFT + 0.42, line, row.shown, size=8, align="right")


def _words(figure: "Figure", layer: Layer, *, top: float) -> None:
    """Method and caveats beside the table; those that have no room are said to be in the README."""
    meta = layer.meta
    texts = [*meta.caveats, f"How: {meta.method}." if meta.method else "", f"Covers {meta.coverage}."]
    lines = [line for text in texts if text for line in textwrap.wrap(_typed(text), 52, subsequent_indent="  ")]
    room = max(1, int((top - 0.125) / _LINE))
    if len(lines) > room:
        lines = [*lines[: room - 1], "More is in README.txt."]
    _text(figure, 0.53, top, "What this map cannot tell you", size=9, weight="bold")
    for number, line in enumerate(lines, start=1):
        _text(figure, 0.53, top - number * _LINE, line, size=7)


def _footer(figure: "Figure", layer: Layer, footer: Iterable[str]) -> None:
    meta = layer.meta
    own = _area_attribution(layer)
    attribution = meta.attribution if own in meta.attribution else f"{meta.attribution} {own}"
    texts = [f"Source: {meta.source}. Boundaries: {meta.vintage or 'none'}. {attribution}".strip(), *footer]
    lines = [line for text in texts for line in textwrap.wrap(_typed(text), 135)][:5]
    for number, line in enumerate(reversed(lines)):
        _text(figure, _LEFT, _BASE_LINE + number * 0.011, line, size=6.5, colour="#383f43")
    _text(figure, 0.5, 0.02, meta.marking, size=9, align="center", weight="bold")


def _area_attribution(layer: Layer) -> str:
    return layer.areas.attribution if layer.areas is not None else ""


def _fills(layer: Layer, classes: Classes) -> list[Fill]:
    assert layer.cube is not None
    columns = (layer.cube[name] for name in ("value", "lower", "upper", "status"))
    return [classes.fill(*numbers) for numbers in zip(*columns, strict=True)]


def _paint(fill: Fill, classes: Classes) -> dict[str, Any]:
    if fill.kind == "class":
        return {"facecolor": classes.colours[fill.first]}
    if fill.kind == "spans":
        return {"facecolor": classes.colours[fill.first], "hatch": _HATCHES["spans"]}
    return (
        {"facecolor": "#ffffff", "hatch": _HATCHES[fill.kind]}
        if fill.kind in _HATCHES
        else {"facecolor": GREYS["no_data"]}
    )


def _patch(geometry: Any, **style: Any) -> Any:
    """A polygon, or several, with their holes, as one patch."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    rings = [
        Path(shapely.get_coordinates(ring), closed=True)
        for polygon in shapely.get_parts(shapely.orient_polygons(geometry))
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return PathPatch(Path.make_compound_path(*rings), **style)


def _bounds(layer: Layer, orientation: Orientation) -> tuple[float, float, float, float]:
    if layer.areas is not None:
        west, south, east, north = shapely.total_bounds(layer.areas.geometry)
    elif len(orientation.outlines):
        west, south, east, north = shapely.total_bounds(np.array(orientation.outlines, dtype=object))
    else:
        assert layer.surface is not None
        grid = layer.surface.grid
        west, south, east, north = grid.west, grid.south, grid.east, grid.north
    return float(west), float(south), float(east), float(north)


def _text(
    figure: "Figure", across: float, up: float, text: object, *, size: float, align: Any = "left",
    weight: str = "normal", colour: str = "#0b0c0c",
) -> None:  # fmt: skip
    figure.text(across, up, _typed(text), fontsize=size, ha=align, weight=weight, color=colour, parse_math=False)


def _typed(text: object) -> str:
    """Text from data as it is typed, on one line."""
    return " ".join(str(text).translate(_CONTROLS).split())
