"""One printable page (A4, PDF) of a map: the title, the map with its legend, the highest areas, and what to know.

Drawn in National Grid metres, so nothing is warped.
"""

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import Layer, hidden_words
from hotspots.maps.paper import (
    LEFT,
    LINE,
    RIGHT,
    Orientation,
    draw_places,
    draw_scale,
    footer_lines,
    header,
    patch_of,
    printed_page,
    typed,
    write,
)
from hotspots.style import FILL_LABELS, GREYS, Classes, Fill, fills_used

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAP_BOTTOM, _MAP_TOP = 0.36, 0.845
_LONGEST_NAME = 37  # letters: "West Somerset 001C (Minehead Central)", and the numbers beside it
_HATCHES = {"suppressed": "////", "incomplete": "\\\\\\\\", "spans": "...."}
# Paper has one colour an area: a range is dotted there, and the words of the screen ("striped") would not be true.
_LABELS = {**FILL_LABELS, "spans": "dotted: a range, in the colour of its lower end"}


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

    def draw(figure: "Figure") -> None:
        """Everything on the page, from its head down."""
        header(figure, layer)
        _map(figure, layer, classes, orientation)
        bottom = _legend(figure, layer, classes)
        _table(figure, ranked, layer, top=bottom)
        _words(figure, layer, top=bottom)
        footer_lines(figure, layer, footer)

    return printed_page(layer.meta.title, draw)


def _map(figure: "Figure", layer: Layer, classes: Classes, orientation: Orientation) -> None:
    axes = figure.add_axes((LEFT, _MAP_BOTTOM, RIGHT - LEFT, _MAP_TOP - _MAP_BOTTOM))
    axes.set_aspect("equal")
    axes.set_axis_off()
    if layer.surface is not None:
        _draw_surface(axes, layer, classes)
    else:
        _draw_areas(axes, layer, classes)
    for outline in orientation.outlines:
        axes.add_patch(patch_of(outline, facecolor="none", edgecolor="#0b0c0c", linewidth=0.9))
    bounds = _bounds(layer, orientation)
    west, south, east, north = bounds
    margin = 0.02 * max(east - west, north - south)
    axes.set_xlim(west - margin, east + margin)
    axes.set_ylim(south - margin, north + margin)
    draw_places(axes, orientation.places, bounds)
    draw_scale(axes, bounds)


def _draw_areas(axes: "Axes", layer: Layer, classes: Classes) -> None:
    assert layer.cube is not None
    assert layer.areas is not None
    shapes = dict(zip(layer.areas.table["code"], layer.areas.geometry, strict=True))
    for code, fill in zip(layer.cube["area_code"], _fills(layer, classes), strict=True):
        if code in shapes:
            axes.add_patch(patch_of(shapes[code], edgecolor="#6b6b6b", linewidth=0.4, **_paint(fill, classes)))


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


def _legend(figure: "Figure", layer: Layer, classes: Classes) -> float:
    """The classes, and only the greys that are on the map, in rows of three; returns where the next part begins."""
    from matplotlib.patches import Rectangle

    entries: list[tuple[dict[str, Any], str]] = [
        ({"facecolor": colour}, label) for colour, label in zip(classes.colours, classes.labels, strict=True)
    ]
    if layer.surface is not None:
        entries.append(({"facecolor": "#ffffff"}, "outside the area, or hidden"))
    else:
        used = fills_used(_fills(layer, classes))
        entries += [(_paint(Fill(kind), classes), _LABELS[kind]) for kind in used if kind in _LABELS]
    write(figure, LEFT, _MAP_BOTTOM - 0.015, f"{layer.meta.unit}:", size=8.5, weight="bold")
    across = 3
    for number, (paint, label) in enumerate(entries):
        row, column = divmod(number, across)
        west = LEFT + column * (RIGHT - LEFT) / across
        south = _MAP_BOTTOM - 0.034 - row * 0.016
        box = Rectangle((west, south), 0.022, 0.010, transform=figure.transFigure, edgecolor="#6b6b6b", **paint)
        figure.add_artist(box)
        write(figure, west + 0.028, south + 0.002, label, size=7.5)
    rows = (len(entries) + across - 1) // across
    return _MAP_BOTTOM - 0.034 - rows * 0.016 - 0.008


def _table(figure: "Figure", ranked: pd.DataFrame, layer: Layer, *, top: float) -> None:
    rows = ranked.head(10)
    kind = "Highest areas" if layer.surface is None else "Highest areas (counts beside the density)"
    write(figure, LEFT, top, kind, size=9, weight="bold")
    for number, row in enumerate(rows.itertuples(index=False), start=1):
        rank = "" if pd.isna(row.rank) else f"{int(row.rank)}"  # type: ignore[arg-type]
        line = top - number * LINE
        write(figure, LEFT + 0.02, line, rank, size=8, align="right")
        write(figure, LEFT + 0.03, line, textwrap.shorten(typed(row.name), _LONGEST_NAME, placeholder="…"), size=8)
        write(figure, LEFT + 0.42, line, row.shown, size=8, align="right")
    write(figure, LEFT + 0.03, top - (len(rows) + 1) * LINE, hidden_words(ranked), size=7)


def _words(figure: "Figure", layer: Layer, *, top: float) -> None:
    """Method and caveats beside the table; those that have no room are said to be in the README."""
    meta = layer.meta
    texts = [*meta.caveats, f"How: {meta.method}." if meta.method else "", f"Covers {meta.coverage}."]
    lines = [line for text in texts if text for line in textwrap.wrap(typed(text), 52, subsequent_indent="  ")]
    room = max(1, int((top - 0.125) / LINE))
    if len(lines) > room:
        lines = [*lines[: room - 1], "More is in README.txt."]
    write(figure, 0.53, top, "What this map cannot tell you", size=9, weight="bold")
    for number, line in enumerate(lines, start=1):
        write(figure, 0.53, top - number * LINE, line, size=7)


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
