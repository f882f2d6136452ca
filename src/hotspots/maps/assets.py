"""Browser assets: every link of a map points at files that we serve ourselves.

folium and streamlit-folium name a dozen addresses on the internet; with the network cable out the map would be blank,
without a message. Links are set on each map object and its children, never on folium's classes, which other maps in the
process share.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from branca.colormap import ColorMap

# Relative to the page of the map component (<base>/component/<name>/index.html), so any base path will do.
VENDOR_LINK = "../../app/static/vendor/"
VENDOR_FOLDER = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"

_LOCAL = {
    "leaflet": "leaflet/leaflet.js",
    "leaflet_css": "leaflet/leaflet.css",
    "jquery": "jquery/jquery.min.js",
    "Control.Fullscreen.js": "leaflet.fullscreen/Control.FullScreen.js",
    "Control.FullScreen.css": "leaflet.fullscreen/Control.FullScreen.css",
}
_UNUSED = frozenset(
    {
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
        "awesome_markers_font_css",
        "awesome_rotate_css",
    }
)
_LINKS = ("default_js", "default_css")


def localise(drawing: Any) -> Any:
    """
    Point a map and everything on it at the packaged files; what we never use (Bootstrap, icon fonts) is dropped.

    Returns the map. Links without a packaged file stay as they are: :func:`outside_links` reports them.
    """
    for element in _elements(drawing):
        for attribute in _LINKS:
            links = getattr(element, attribute, None)
            if links:
                kept = [(name, _local(name, link)) for name, link in links if name not in _UNUSED]
                setattr(element, attribute, kept)
    return drawing


def outside_links(drawing: Any) -> tuple[str, ...]:
    """What of a map still points outside: a colour map (its scripts cannot be moved), or a link with an address."""
    found: list[str] = []
    for element in _elements(drawing):
        if isinstance(element, ColorMap):
            found.append(f"colour map {element.get_name()}")
        for attribute in _LINKS:
            links = getattr(element, attribute, None) or ()
            found.extend(link for _, link in links if not link.startswith(VENDOR_LINK))
    return tuple(found)


def missing_assets(folder: Path = VENDOR_FOLDER) -> tuple[str, ...]:
    """The packaged files that are not there: without them a page shows its table and says why there is no map."""
    return tuple(name for name in sorted(_LOCAL.values()) if not (folder / name).is_file())


def _local(name: str, link: str) -> str:
    return VENDOR_LINK + _LOCAL[name] if name in _LOCAL else link


def _elements(drawing: Any) -> Iterator[Any]:
    yield drawing
    for child in getattr(drawing, "_children", {}).values():
        yield from _elements(child)
