"""The legend: our own HTML from code and escaped text, readable aloud and printable."""

from collections.abc import Iterable

from hotspots.maps.escape import escape
from hotspots.style import FILL_LABELS, GREYS, HOTSPOT_COLOUR, POINT_COLOUR, Classes, Fill, fills_used

_SWATCH = (
    "display:inline-block;width:1.5em;height:1em;margin-right:.5em;vertical-align:-.1em;border:1px solid #6b6b6b;"
    "print-color-adjust:exact;-webkit-print-color-adjust:exact;"
)
_LIST = "list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.25em 1.25em;"


def legend_html(classes: Classes, *, title: str, unit: str, fills: Iterable[Fill] = (), note: str = "") -> str:
    """
    A legend as HTML: the measure and unit, each class with its printed edges, and only the greys that are on the map.

    Parameters
    ----------
    title, unit
        From the registry of measures or a layer; escaped here.
    fills
        How the areas are painted (:func:`hotspots.maps.choropleth.fills_of`); none for a surface.
    note
        A last line, such as what has no colour.
    """
    entries = [
        _entry(f"background:{colour};", label) for colour, label in zip(classes.colours, classes.labels, strict=True)
    ]
    entries += [_entry(_background(kind), FILL_LABELS[kind]) for kind in fills_used(fills) if kind in FILL_LABELS]
    if note:
        entries.append(f'<li style="margin:0">{escape(note)}</li>')
    if not entries:
        entries = ["<li>No numbers to colour by.</li>"]
    return (
        f'<div><p style="margin:0 0 .25em 0"><strong>{escape(title)}</strong>, {escape(unit)}</p>'
        f'<ul style="{_LIST}">{"".join(entries)}</ul></div>'
    )


def points_legend(*, title: str, note: str) -> str:
    """The legend of single events: what a dot is."""
    dot = f"{_SWATCH}width:1em;border-radius:50%;background:{POINT_COLOUR};"
    return (
        f'<p style="margin:0"><span style="{dot}" aria-hidden="true"></span>'
        f"<strong>{escape(title)}</strong>, {escape(note)}</p>"
    )


def hotspots_legend(*, title: str) -> str:
    """The legend of hotspots: what a filled area and its number are."""
    return (
        f'<p style="margin:0"><span style="{_SWATCH}background:{HOTSPOT_COLOUR};" aria-hidden="true"></span>'
        f"<strong>{escape(title)}</strong>, numbered by rank; the chosen place has a thick outline</p>"
    )


def orientation_legend(*, places: bool, areas: str = "wards") -> str:
    """What the lines of a map are (those of ``areas``), and its diamonds where it has any."""
    marks = [
        (
            "display:inline-block;width:1.5em;border-top:2px solid #0b0c0c;margin-right:.5em;vertical-align:.3em",
            f"{areas}, or the place chosen",
        )
    ]
    if places:
        diamond = "display:inline-block;width:.5em;height:.5em;border:1.5px solid #0b0c0c;margin:0 .7em .1em .3em"
        marks.append((f"{diamond};transform:rotate(45deg)", "named place (point at it to read)"))
    entries = [
        f'<li style="margin:0"><span style="{style}" aria-hidden="true"></span>{words}</li>' for style, words in marks
    ]
    return f'<ul style="{_LIST}font-size:.85rem">{"".join(entries)}</ul>'


def _entry(background: str, label: str) -> str:
    style = f"{_SWATCH}{background}"
    return f'<li style="margin:0"><span style="{style}" aria-hidden="true"></span>{escape(label)}</li>'


def _background(kind: str) -> str:
    if kind == "no_data":
        return f"background:{GREYS['no_data']};"
    if kind == "spans":
        return _stripes("#a1dab4", "#2c7fb8", 45)
    return _stripes("#ffffff", GREYS[kind], 45 if kind == "suppressed" else 135)  # type: ignore[index]


def _stripes(first: str, second: str, degrees: int) -> str:
    return f"background:repeating-linear-gradient({degrees}deg,{first} 0 3px,{second} 3px 6px);"
