"""The constant part of a map: white ground, our attributions, our few lines of script; data is added over it.

The base map has to stay the same from one rerun to the next, or the browser would throw the map away with the reader's
zoom: whatever changes with the controls belongs in the feature group that is laid over it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import folium
from branca.element import Element, MacroElement
from folium.plugins import Fullscreen
from folium.template import Template

from hotspots.maps.assets import VENDOR_LINK, localise
from hotspots.maps.escape import escape
from hotspots.style import HOTSPOT_COLOUR

Bounds = tuple[float, float, float, float]

MOST_ZOOM = 19

# The viewport folium writes forbids zooming (WCAG 2.2, 1.4.4); its component page has no language, label or title.
# `hotspots` holds what feature groups call: areas with class fills and stripes, points, outlines.
_SCRIPT = """
{% macro header(this, kwargs) %}
<style>
.leaflet-container { background: #ffffff; font-family: "Source Sans", "Segoe UI", Arial, sans-serif; }
.leaflet-tooltip { white-space: normal; width: max-content; max-width: 16rem; font-size: 0.9rem; }
.leaflet-control-attribution { font-size: 0.7rem; max-width: 60vw; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
.leaflet-control-attribution:hover { white-space: normal; }
.hotspots-rank { font-weight: 700; font-size: 0.75rem; line-height: 16px; text-align: center; color: #0b0c0c;
  box-sizing: border-box; background: {{ this.hot }}; border: 1px solid #0b0c0c; border-radius: 9px; }
.hotspots-rank.chosen { box-shadow: 0 0 0 2px #0b0c0c; }
.hotspots-place span { display: block; width: 7px; height: 7px; background: #ffffff; border: 1.5px solid #0b0c0c;
  transform: rotate(45deg); }
</style>
{% endmacro %}
{% macro script(this, kwargs) %}
(function (map) {
  document.documentElement.lang = 'en-GB';
  document.title = {{ this.label }};
  document.querySelectorAll('meta[name=viewport]').forEach(function (meta) {
    meta.content = 'width=device-width, initial-scale=1';
  });
  L.Icon.Default.imagePath = {{ this.images }};
  map.getContainer().setAttribute('role', 'region');
  map.getContainer().setAttribute('aria-label', {{ this.label }});
  map.attributionControl.setPrefix({{ this.attribution }});
  var wanted = {{ this.bounds }};
  var asked = JSON.stringify(wanted);
  var fitted = false;
  // The frame may have no width yet when this runs. Fit once it has, and again only when another place is asked for:
  // otherwise the view is the reader's.
  function fit() {
    if (fitted) { return; }
    map.invalidateSize();
    if (map.getSize().x > 50) { fitted = true; map.fitBounds(wanted, { animate: false, padding: [6, 6] }); }
  }
  fit();
  new ResizeObserver(fit).observe(map.getContainer());
  function stripes(fills) {
    var defs = Object.keys(fills).filter(function (key) { return fills[key].stripes; }).map(function (key) {
      var pair = fills[key].stripes;
      return '<pattern id="fill-' + key + '" width="8" height="8" patternUnits="userSpaceOnUse" ' +
        'patternTransform="rotate(' + (fills[key].turn || 45) + ')"><rect width="8" height="8" fill="' + pair[0] +
        '"></rect><rect width="4" height="8" fill="' + pair[1] + '"></rect></pattern>';
    });
    var old = document.getElementById('hotspots-stripes');
    if (old) { old.remove(); }
    var holder = document.createElement('div');
    holder.id = 'hotspots-stripes';
    holder.setAttribute('aria-hidden', 'true');
    holder.innerHTML = '<svg width="0" height="0" style="position:absolute"><defs>' + defs.join('') + '</defs></svg>';
    document.body.appendChild(holder);
  }
  window.hotspots = {
    look: function (group, bounds) {
      if (JSON.stringify(bounds) === asked) { return; }
      asked = JSON.stringify(bounds);
      wanted = bounds;
      fitted = false;
      fit();
    },
    areas: function (group, features, fills) {
      stripes(fills);
      L.geoJson(features, {
        style: function (feature) {
          var fill = fills[feature.properties.fill];
          return {
            fillColor: fill.stripes ? 'url(#fill-' + feature.properties.fill + ')' : fill.colour,
            fillOpacity: 1, color: feature.properties.chosen ? '#0b0c0c' : '#6b6b6b',
            weight: feature.properties.chosen ? 3 : 0.8, dashArray: fill.dashes || null
          };
        },
        onEachFeature: function (feature, layer) { layer.bindTooltip(feature.properties.text, { sticky: true }); }
      }).addTo(group);
    },
    points: function (group, features, colour) {
      L.geoJson(features, {
        pointToLayer: function (feature, position) {
          return L.circleMarker(position, {
            radius: 5, color: '#ffffff', weight: 1, fillColor: colour, fillOpacity: 0.8
          });
        },
        onEachFeature: function (feature, layer) {
          if (feature.properties.text) { layer.bindTooltip(feature.properties.text); }
        }
      }).addTo(group);
    },
    picture: function (group, url, bounds) {
      L.imageOverlay(url, bounds, { alt: 'Density surface; the table lists the areas' }).addTo(group);
    },
    places: function (group, features) {
      L.geoJson(features, {
        pointToLayer: function (feature, position) {
          // The mark turns inside its icon: Leaflet moves the icon itself by a transform.
          var mark = L.divIcon({ className: 'hotspots-place', iconSize: [10, 10], html: '<span></span>' });
          return L.marker(position, { icon: mark, keyboard: false, alt: '' });
        },
        onEachFeature: function (feature, layer) { layer.bindTooltip(feature.properties.text); }
      }).addTo(group);
    },
    ranks: function (group, features) {
      L.geoJson(features, {
        pointToLayer: function (feature, position) {
          var rank = String(feature.properties.rank);
          // A disc, so that a place of a few hectares is seen on the map of a whole district; the hottest on top.
          var name = feature.properties.chosen ? 'hotspots-rank chosen' : 'hotspots-rank';
          var mark = L.divIcon({ className: name, iconSize: [18, 18], html: rank });
          var above = feature.properties.chosen ? 0 : -1000 * feature.properties.rank;
          return L.marker(position, {
            icon: mark, keyboard: false, interactive: false, alt: '', zIndexOffset: above
          });
        }
      }).addTo(group);
    },
    outlines: function (group, features) {
      L.geoJson(features, {
        interactive: false, style: { fill: false, color: '#0b0c0c', weight: 1.6, opacity: 0.75 }
      }).addTo(group);
    }
  };
})({{ this._parent.get_name() }});
{% endmacro %}
"""


class _Text(Element):
    """Text that is written as it is. branca would compile it as a template once more: slow, and data could run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_: Any) -> str:
        """The text."""
        return self._text


class _Inert(MacroElement):
    """An element whose header and script are rendered once and never compiled again."""

    def render(self, **kwargs: Any) -> str:
        """Add header and script to the figure that the element is on."""
        figure: Any = self.get_root()
        macros = self._template.module.__dict__
        for part, place in (("header", figure.header), ("script", figure.script)):
            if part in macros:
                place.add_child(_Text(macros[part](self, kwargs)), name=self.get_name())
        return ""


class _Ground(_Inert):
    """Ground, labels and the functions that feature groups call."""

    _template = Template(_SCRIPT)

    def __init__(self, *, label: str, attribution: str, bounds: Bounds) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Ground"
        self.label = json.dumps(label)
        self.attribution = json.dumps(attribution)
        self.bounds = corners(bounds)
        self.images = json.dumps(f"{VENDOR_LINK}leaflet/images/")
        self.hot = HOTSPOT_COLOUR


class Drawn(_Inert):
    """
    One call of a drawing function of the base map, with data that is already JSON and already escaped.

    An element belongs to one map; ``again`` makes another of the same text, which may be kept between reruns.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "hotspots.{{ this.call }}({{ this._parent.get_name() }}, {{ this.arguments }});"
        "{% endmacro %}"
    )

    def __init__(self, call: str, *arguments: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Drawn"
        self.call = call
        self.arguments = ", ".join(arguments)

    def again(self) -> "Drawn":
        """The same drawing for another map."""
        return Drawn(self.call, self.arguments)


def base_map(bounds: Bounds, *, place: str, attributions: Sequence[str] = ()) -> folium.Map:
    """
    An empty map over ``west, south, east, north`` (WGS84 degrees): no tiles, and every link to a packaged file.

    Parameters
    ----------
    place
        Name of the place, for the label that assistive technology reads.
    attributions
        The words that the licences of boundaries and sources ask for: one line in the corner, that it covers no ground;
        pages print them whole under the map.
    """
    west, south, east, north = bounds
    drawing = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=12,
        tiles=None,
        control_scale=True,
        font_size="14px",
    )
    drawing.options["max_zoom"] = MOST_ZOOM
    drawing.options["zoom_snap"] = 0.25
    drawing.add_child(
        _Ground(
            label=_inert(f"Map of {place}; the same numbers are in the table beside it"),
            attribution=escape(" · ".join(text for text in attributions if text)),
            bounds=bounds,
        )
    )
    button = Fullscreen(title="Full screen", title_cancel="Leave full screen")  # type: ignore[no-untyped-call]
    drawing.add_child(button)
    return localise(drawing)  # type: ignore[no-any-return]


def corners(bounds: Bounds) -> str:
    """South-west and north-east corner, latitude first, as Leaflet takes them (JSON)."""
    west, south, east, north = bounds
    return json.dumps([[south, west], [north, east]])


def outlines_of(shapes: Iterable[str]) -> Drawn:
    """Shapes (GeoJSON geometry text) as lines over the data, for orientation."""
    features = [f'{{"type": "Feature", "properties": {{}}, "geometry": {shape}}}' for shape in shapes]
    return Drawn("outlines", feature_collection(features))


def places_of(names: Iterable[str], longitude: Iterable[float], latitude: Iterable[float]) -> Drawn:
    """Named places as small diamonds, for orientation; the name shows when they are pointed at."""
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"text": escape(name)},
                "geometry": {"type": "Point", "coordinates": [round(east, 5), round(north, 5)]},
            }
        )
        for name, east, north in zip(names, longitude, latitude, strict=True)
    ]
    return Drawn("places", feature_collection(features))


def look_at(bounds: Bounds) -> Drawn:
    """Move the reader's view to a place, once: when it is asked for and was not before."""
    return Drawn("look", corners(bounds))


def feature_group(*drawn: Drawn) -> folium.FeatureGroup:
    """The part of a map that changes with the controls, drawn in the order given."""
    group = folium.FeatureGroup(name="data", control=False)
    for element in drawn:
        group.add_child(element)
    return group


def feature_collection(features: Sequence[str]) -> str:
    """A GeoJSON feature collection of features that are already JSON text."""
    return f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}'


def _inert(text: str) -> str:
    """Text for an attribute or a title, where an entity would be read out as typed: the dangerous characters go."""
    return re.sub(r"[&<>\"'`${}\\%#\x00-\x1f\u2028\u2029]", " ", text)
