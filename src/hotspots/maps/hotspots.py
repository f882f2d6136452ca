"""Hotspots as outlined areas with their rank: allow-listed columns only."""

import json

import shapely

from hotspots import crs
from hotspots.errors import DataRefused
from hotspots.layer import Layer
from hotspots.maps.base import Drawn, feature_collection
from hotspots.maps.escape import escape
from hotspots.style import HOTSPOT_COLOUR

DECIMALS = 5  # degrees: about a metre, under a fiftieth of a cell


def hotspots_group(layer: Layer, *, selected: str | None = None) -> Drawn:
    """
    The hotspots of a layer (EPSG:27700, already disclosed), each with rank, name and count in its tooltip.

    Parameters
    ----------
    selected
        Identity of the hotspot to outline; it is drawn last.
    """
    if layer.features is None or "hotspot_id" not in layer.features:
        raise DataRefused(f"layer {layer.meta.id!r} holds no hotspots to draw")
    features = []
    rows = layer.features.assign(chosen=layer.features["hotspot_id"] == selected).sort_values("chosen", kind="stable")
    for row in rows.itertuples(index=False):
        shape = shapely.set_precision(crs.geometry_to_wgs84(row.geometry), 10.0**-DECIMALS)
        text = f"<b>{escape(f'{row.rank}. {row.name}')}</b><br>{escape(f'{row.events:,} {layer.meta.unit}')}"
        properties = {"fill": "hot", "text": text} | ({"chosen": 1} if row.chosen else {})
        features.append(
            f'{{"type": "Feature", "properties": {json.dumps(properties)}, "geometry": {shapely.to_geojson(shape)}}}'
        )
    return Drawn("areas", feature_collection(features), json.dumps({"hot": {"colour": HOTSPOT_COLOUR}}))


def ranks_group(layer: Layer, *, selected: str | None = None) -> Drawn:
    """The rank of each hotspot as a number on a disc at its middle, seen at every zoom; the selected one stands out."""
    if layer.features is None or "hotspot_id" not in layer.features:
        raise DataRefused(f"layer {layer.meta.id!r} holds no hotspots to number")
    middles = shapely.point_on_surface(layer.features.geometry.to_numpy())
    longitude, latitude = crs.to_wgs84(shapely.get_x(middles), shapely.get_y(middles))
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"rank": int(rank)} | ({"chosen": 1} if identity == selected else {}),
                "geometry": {"type": "Point", "coordinates": [round(east, DECIMALS), round(north, DECIMALS)]},
            }
        )
        for rank, identity, east, north in zip(
            layer.features["rank"], layer.features["hotspot_id"], longitude.tolist(), latitude.tolist(), strict=True
        )
    ]
    return Drawn("ranks", feature_collection(features))
