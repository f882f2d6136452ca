"""The README of a pack: what is in it, what is not and why, and how it may be used, in plain words."""

import textwrap
from collections.abc import Iterable

from hotspots.pack.contents import Contents, Part
from hotspots.snapshot import Build
from hotspots.views import sources_read

_WIDTH = 100
_WHO = {
    "public": "anybody: open and safely aggregated numbers only",
    "partner": "partners under the sharing agreement: do not pass it on",
    "restricted": "analysts only: it holds single events and small counts",
}


def readme(build: Build, contents: Contents) -> str:
    """The text of ``README.txt``."""
    labels = dict.fromkeys(label for part in contents.parts for label in part.meta.labels)
    lines = [
        contents.marking,
        "",
        f"{build.area_name}: maps, tables and layers of build {build.id}",
        f"For {_WHO[contents.audience]}.",
        *(f"{label}." for label in labels),
        "",
        *_section("Maps to print (maps/, A4)", contents.maps),
        *_section("Tables (tables/, CSV)", contents.tables),
        *_section("Layers (layers/: GeoPackage for QGIS and ArcGIS, GeoJSON, CSV, GeoTIFF)", contents.layers),
        *_left_out(contents),
        "How to read it",
        *_items(
            [
                "A hotspot is where more was recorded, not where more happens.",
                "Sources overlap and are never to be added up.",
                "A cell that says 'suppressed' hides a small number, or one that would reveal it; it is not zero.",
                "Counts by area are whole areas: none is cut at a boundary.",
                "Financial years run from April to March.",
            ]
        ),
        "Where the numbers come from",
        *_items(
            f"{source['title']}: {source['covers_from']} to {source['covers_to']}; {source['sentence']}"
            for source in sources_read(build, contents.viewer)
        ),
        *_attributions(contents),
        contents.marking,
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, parts: list[Part]) -> list[str]:
    lines = [title]
    for part in parts:
        meta = part.meta
        said = ". ".join(words for words in (meta.title, meta.period, meta.marking) if words)  # shapes have no period
        about = f"{said}. Files: {', '.join(part.files)}"
        lines += _wrapped(about, "  - ", "    ")
        lines += [line for note in part.notes for line in _wrapped(note, "      ", "      ")]
    return [*lines, *(["  none that this audience may have", ""] if not parts else [""])]


def _left_out(contents: Contents) -> list[str]:
    if not contents.left_out:
        return []
    return ["Left out, and why", *_items(f"{name}: {why}" for name, why in contents.left_out.items())]


def _attributions(contents: Contents) -> list[str]:
    words = dict.fromkeys(
        line for part in contents.parts for line in part.meta.attribution.splitlines() if line.strip()
    )
    return ["Who to credit", *_items(words)] if words else []


def _items(texts: Iterable[str]) -> list[str]:
    return [*(line for text in texts for line in _wrapped(text, "  - ", "    ")), ""]


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    # Text from data stays on its own line whatever it holds: no line of it can pass for one of ours.
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return textwrap.wrap(
        " ".join(printable.split()), _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
