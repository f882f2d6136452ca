"""Single events as circle markers: one layer, allow-listed columns only."""

import json

import numpy as np
import pandas as pd

from hotspots import crs
from hotspots.errors import DataRefused
from hotspots.layer import Layer
from hotspots.maps.base import Drawn, feature_collection
from hotspots.maps.escape import escape
from hotspots.style import POINT_COLOUR

# A column that is not here never reaches a browser: hidden columns are published columns.
POINT_COLUMNS = {
    "date": "Date",
    "category": "Type",
    "quantity": "Needles",
    "context": "Context",
    "uncertainty_m": "Position good to, m",
}
# Premises have names, and only readers who may see premises are ever given such a layer.
PREMISES_COLUMNS = {"name": "Premises", "score": "Score", "band": "Band", "state": "State"}


def points_group(layer: Layer, *, most: int = 5000) -> Drawn:
    """
    The points of a layer (EPSG:27700, already disclosed), at most ``most`` of them in the order of the table.

    The tooltip shows the allowed columns that the layer has; no other column is sent.
    """
    if layer.features is None:
        raise DataRefused(f"layer {layer.meta.id!r} holds no points to draw")
    kept = layer.features.iloc[:most]
    longitude, latitude = crs.to_wgs84(kept.geometry.x, kept.geometry.y) if len(kept) else (np.empty(0), np.empty(0))
    texts = _texts(kept, layer.meta.measure)
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"text": text},
                "geometry": {"type": "Point", "coordinates": [round(east, 5), round(north, 5)]},
            }
        )
        for text, east, north in zip(texts, longitude.tolist(), latitude.tolist(), strict=True)
        if np.isfinite(east)
    ]
    return Drawn("points", feature_collection(features), json.dumps(POINT_COLOUR))


def _texts(table: pd.DataFrame, measure: str) -> list[str]:
    allowed = PREMISES_COLUMNS if measure == "premises_score" else POINT_COLUMNS
    shown = [(heading, table[name].tolist()) for name, heading in allowed.items() if name in table.columns]
    return [
        "<br>".join(f"{heading}: {escape(_written(values[row]))}" for heading, values in shown)
        for row in range(len(table))
    ]


def _written(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return "unknown" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
