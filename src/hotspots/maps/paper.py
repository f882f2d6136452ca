"""A page of A4 that is printed: the parts that every kind of page has, and how it becomes the bytes of a PDF.

The same content makes the same bytes; text from data is set as typed (matplotlib would read ``$`` as mathematics).
"""

import io
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from hotspots.layer import Layer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN, _HEIGHT_IN = 8.27, 11.69  # A4
LEFT, RIGHT = 0.07, 0.93
LINE = 0.0135  # of the page, for text of 8.5 points
_BASE_LINE = 0.045
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


def printed_page(title: str, draw: "Callable[[Figure], None]") -> bytes:
    """The bytes of a PDF of one page, drawn on a figure of A4."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    with rc_context(_SETTINGS):
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN))
        draw(figure)
        for text in figure.findobj(Text):
            text.set_fontfeatures(("-liga",))  # each font would be embedded twice, the second time for "fi" alone
        stream = io.BytesIO()
        about = {"Title": typed(title), "CreationDate": None, "Producer": None, "Creator": "hotspots"}
        figure.savefig(stream, format="pdf", metadata=about)
    return stream.getvalue()


def header(figure: "Figure", layer: Layer) -> None:
    """Marking, title, what is shown, and what it is made of (synthetic, schematic)."""
    meta = layer.meta
    write(figure, 0.5, 0.965, meta.marking, size=9, align="center", weight="bold")
    lines = textwrap.wrap(typed(meta.title), 58)[:2]
    for number, line in enumerate(lines):
        write(figure, LEFT, 0.935 - 0.022 * number, line, size=15, weight="bold")
    below = 0.935 - 0.022 * len(lines)
    write(figure, LEFT, below, f"{meta.period} · {meta.area} · {meta.unit}", size=10)
    if meta.labels:
        write(figure, LEFT, below - 0.018, ". ".join(meta.labels) + ".", size=9, weight="bold", colour="#942514")


def draw_places(axes: "Axes", places: pd.DataFrame | None, bounds: tuple[float, float, float, float]) -> None:
    """Named places within the bounds, each with a mark and its name."""
    if places is None:
        return
    from matplotlib.patheffects import withStroke

    west, south, east, north = bounds
    for name, easting, northing in zip(places["name"], places["easting"], places["northing"], strict=True):
        if not (west <= easting <= east and south <= northing <= north):
            continue
        axes.plot([easting], [northing], marker="D", markersize=2.6, color="#ffffff", markeredgecolor="#0b0c0c")
        label = axes.annotate(
            typed(name)[:40], (easting, northing), xytext=(3, 2), textcoords="offset points", fontsize=4.6,
            parse_math=False,
        )  # fmt: skip
        label.set_clip_on(True)
        label.set_path_effects([withStroke(linewidth=1.2, foreground="#ffffff")])


def draw_scale(axes: "Axes", bounds: tuple[float, float, float, float]) -> None:
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


def footer_lines(figure: "Figure", layer: Layer, footer: Iterable[str]) -> None:
    """Source, boundaries, who to credit, the last lines of the caller, and the marking again."""
    meta = layer.meta
    own = layer.areas.attribution if layer.areas is not None else ""
    attribution = meta.attribution if own in meta.attribution else f"{meta.attribution} {own}"
    texts = [f"Source: {meta.source}. Boundaries: {meta.vintage or 'none'}. {attribution}".strip(), *footer]
    lines = [line for text in texts for line in textwrap.wrap(typed(text), 135)][:5]
    for number, line in enumerate(reversed(lines)):
        write(figure, LEFT, _BASE_LINE + number * 0.011, line, size=6.5, colour="#383f43")
    write(figure, 0.5, 0.02, meta.marking, size=9, align="center", weight="bold")


def patch_of(geometry: Any, **style: Any) -> Any:
    """A polygon, or several, with their holes, as one patch."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    rings = [
        Path(shapely.get_coordinates(ring), closed=True)
        for polygon in shapely.get_parts(shapely.orient_polygons(geometry))
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return PathPatch(Path.make_compound_path(*rings), **style)


def write(
    figure: "Figure", across: float, up: float, text: object, *, size: float, align: Any = "left",
    weight: str = "normal", colour: str = "#0b0c0c",
) -> None:  # fmt: skip
    """Text at a part of the page from the left and from the foot, as it is typed."""
    figure.text(across, up, typed(text), fontsize=size, ha=align, weight=weight, color=colour, parse_math=False)


def typed(text: object) -> str:
    """Text from data as it is typed, on one line."""
    return " ".join(str(text).translate(_CONTROLS).split())
