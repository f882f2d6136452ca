"""One printable page (A4, PDF) of hotspots: the map with numbered outlines, the ranked list, and what to know."""

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import Layer, rounded
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
from hotspots.style import HOTSPOT_COLOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LISTED = 15
_MAP_BOTTOM, _MAP_TOP = 0.475, 0.83
_CHANCE = "“1 map in N”: fewer than 1 map in N without clustering would reach a peak this high anywhere."
_LEAST_M = 1500.0  # a map of less shows nothing by which to find the way
# Heading, where it stands across the page, and to which side.
_COLUMNS = (
    ("", 0.095, "right"),
    ("Place", 0.105, "left"),
    ("Grid ref.", 0.475, "left"),
    ("Events", 0.625, "right"),
    ("Share", 0.68, "right"),
    ("Centre", 0.695, "left"),
    ("1 map in", 0.825, "right"),
    ("Over time", 0.84, "left"),
)


def hotspot_page_pdf(
    layer: Layer,
    *,
    ranked: pd.DataFrame,
    orientation: Orientation,
    centre: Any = None,
    sentence: str = "",
    evidence: str = "",
    footer: Iterable[str] = (),
) -> bytes:
    """
    The page of the hotspots or targets of one agenda, as the bytes of a PDF.

    Parameters
    ----------
    layer
        It has passed the disclosure gate; marking, labels, method and attribution are printed from its description.
    ranked
        What :func:`hotspots.views.ranked` made of the layer: the numbers as they are shown.
    centre
        The city-centre area (EPSG:27700), drawn as a broken line.
    sentence, evidence
        What the list says in words, and what is known of how well such lists predict.
    footer
        Last lines, such as the build.

    Raises
    ------
    DataRefused
        The layer holds no hotspots.
    """
    if layer.features is None or "hotspot_id" not in layer.features:
        raise DataRefused(f"layer {layer.meta.id!r} holds no hotspots to print")

    def draw(figure: "Figure") -> None:
        """Everything on the page, from its head down."""
        header(figure, layer)
        _said(figure, sentence)
        _map(figure, layer, orientation, centre)
        bottom = _table(figure, layer, ranked)
        _words(figure, layer, evidence, top=bottom)
        footer_lines(figure, layer, footer)

    return printed_page(layer.meta.title, draw)


def _said(figure: "Figure", sentence: str) -> None:
    for number, line in enumerate(textwrap.wrap(typed(sentence), 108)[:3]):
        write(figure, LEFT, 0.868 - number * LINE, line, size=8.5)


def _map(figure: "Figure", layer: Layer, orientation: Orientation, centre: Any) -> None:
    assert layer.features is not None
    axes = figure.add_axes((LEFT, _MAP_BOTTOM, RIGHT - LEFT, _MAP_TOP - _MAP_BOTTOM))
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    bounds = _bounds(layer, orientation)
    for outline in orientation.outlines:
        axes.add_patch(patch_of(outline, facecolor="none", edgecolor="#8a8f94", linewidth=0.6))
    if centre is not None:
        axes.add_patch(patch_of(centre, facecolor="none", edgecolor="#1d4f91", linewidth=1.4, linestyle=(0, (4, 2))))
    for shape in layer.features.geometry:
        axes.add_patch(patch_of(shape, facecolor=HOTSPOT_COLOUR, alpha=0.45, edgecolor="none"))
        axes.add_patch(patch_of(shape, facecolor="none", edgecolor="#0b0c0c", linewidth=0.8))
    draw_places(axes, orientation.places, bounds)
    _draw_ranks(axes, layer)
    west, south, east, north = bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    inset = 0.02 * (north - south)
    draw_scale(axes, (west + inset, south + inset, east - inset, north - inset))
    key = "Numbered by rank." + ("" if centre is None else "  Broken blue line: the city-centre area.")
    write(figure, LEFT, _MAP_BOTTOM - 0.013, key, size=7.5)


def _bounds(layer: Layer, orientation: Orientation) -> tuple[float, float, float, float]:
    """The places with room about them, in the shape of the map; the whole area where there are none."""
    assert layer.features is not None
    shapes = layer.features.geometry.to_numpy() if len(layer.features) else np.array(orientation.outlines, dtype=object)
    west, south, east, north = shapely.total_bounds(shapes)
    middle, height = ((west + east) / 2, (south + north) / 2), (_MAP_TOP - _MAP_BOTTOM) * 11.69
    shape = (RIGHT - LEFT) * 8.27 / height  # how much wider than high the map is on paper
    tall = max(1.12 * (north - south), 1.12 * (east - west) / shape, _LEAST_M)
    half = tall * shape / 2
    return middle[0] - half, middle[1] - tall / 2, middle[0] + half, middle[1] + tall / 2


def _draw_ranks(axes: "Axes", layer: Layer) -> None:
    from matplotlib.patheffects import withStroke

    assert layer.features is not None
    middles = shapely.point_on_surface(layer.features.geometry.to_numpy())
    # The hottest last, so that no lower rank covers it.
    for rank, middle in sorted(
        zip(layer.features["rank"], middles, strict=True), reverse=True, key=lambda pair: pair[0]
    ):
        label = axes.annotate(
            f"{rank}", (middle.x, middle.y), ha="center", va="center", fontsize=8, weight="bold", clip_on=True
        )
        label.set_path_effects([withStroke(linewidth=2.2, foreground="#ffffff")])


def _table(figure: "Figure", layer: Layer, ranked: pd.DataFrame) -> float:
    """The list, hottest first; returns where the next part begins."""
    assert layer.features is not None
    top = _MAP_BOTTOM - 0.034
    if layer.features.empty:
        write(figure, LEFT, top, "No place is listed here. That is an answer.", size=9, weight="bold")
        return top - 2 * LINE
    shown = ranked.set_index("code")["shown"]
    listed = layer.features.sort_values("rank").head(MOST_LISTED)
    rows = [_cells(place._asdict(), str(shown[place.hotspot_id])) for place in listed.itertuples(index=False)]
    for (heading, across, side), cells in zip(_COLUMNS, zip(*rows, strict=True), strict=True):
        if any(cells):  # a column of which nothing is known has no heading
            write(figure, across, top, heading, size=8, weight="bold", align=side)
        for number, cell in enumerate(cells, start=1):
            write(figure, across, top - number * LINE, cell, size=7.5, align=side)
    bottom = top - (len(listed) + 1) * LINE
    rest = len(layer.features) - len(listed)
    if rest:
        write(figure, LEFT, bottom, f"{rest} more are in the layers.", size=7.5)
        bottom -= LINE
    return bottom - 0.5 * LINE


def _cells(place: dict[str, Any], events: str) -> tuple[str, ...]:
    """One place of the list, in the order of the columns."""
    one_in = place.get("one_in")
    return (
        f"{place['rank']}",
        textwrap.shorten(typed(place["name"]), 52, placeholder="…"),
        typed(place["hotspot_id"]),
        events,
        f"{rounded(100 * place['events_share'], decimals=1)}%" if "events_share" in place else "",
        _text_of(place.get("city_centre")),
        f"{int(one_in):,}" if isinstance(one_in, float) and np.isfinite(one_in) else "",
        _text_of(place.get("persistence")).removesuffix(" hot spot"),
    )


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def _words(figure: "Figure", layer: Layer, evidence: str, *, top: float) -> None:
    """What is known of prediction, the caveats and the method; what has no room is said to be in the README."""
    meta = layer.meta
    texts = [_CHANCE if _tested(layer) else "", *meta.caveats, evidence, f"How: {meta.method}"]
    lines = [line for text in texts if text for line in textwrap.wrap(typed(text), 150, subsequent_indent="  ")]
    room = max(1, int((top - 0.1) / (0.85 * LINE)))
    if len(lines) > room:
        lines = [*lines[: room - 1], "More is in README.txt."]
    write(figure, LEFT, top, "What this page cannot tell you, and how it was made", size=8.5, weight="bold")
    for number, line in enumerate(lines, start=1):
        write(figure, LEFT, top - number * 0.85 * LINE, line, size=6.5)


def _tested(layer: Layer) -> bool:
    return layer.features is not None and "one_in" in layer.features and bool(layer.features["one_in"].notna().any())
