"""Hotspots of sources that are not open: what a partner may read of a place, and that the public may not."""

from dataclasses import replace

import pandas as pd

from hotspots.errors import DisclosureRefused
from hotspots.layer import Audience, Layer
from hotspots.settings import PolicySection


def is_hotspots(layer: Layer) -> bool:
    """Whether the features of a layer are hotspots."""
    return layer.features is not None and "hotspot_id" in layer.features


def hotspots_for(layer: Layer, section: PolicySection, *, audience: Audience) -> Layer:
    """
    Hotspots as partners may have them: places of enough events, without the height of their peak or small parts.

    Places of fewer than ``minimum_events`` are left out. Years and hours of a place are shown whole or not at all: not
    where one part counts from 1 to below the threshold. The density at the peak is a number about very few events.

    Raises
    ------
    DisclosureRefused
        The public: hotspots of controlled records are for the partnership.
    """
    assert layer.features is not None
    if audience == "public":
        raise DisclosureRefused(
            f"{layer.meta.title}: hotspots of {layer.meta.policy} records are for the partnership, not for the public; "
            "choose counts by ward or small area instead"
        )
    places = layer.features[layer.features["events"] >= section.minimum_events].reset_index(drop=True)
    small_year = places["by_year"].map(lambda text: _has_small_part(text, section.threshold)).astype(bool)
    at_night, with_hour = places["at_night"].fillna(0), places["with_hour"].fillna(0)
    parts = (at_night, with_hour - at_night, places["events"] - with_hour)
    small_hours = pd.Series(False, index=places.index)
    for part in parts:
        small_hours |= ((part > 0) & (part < section.threshold)).astype(bool)
    safe = places.assign(
        by_year=places["by_year"].mask(small_year),
        with_hour=places["with_hour"].mask(small_hours),
        at_night=places["at_night"].mask(small_hours),
    ).drop(columns="peak_per_km2")
    words = (
        f"Places of fewer than {section.minimum_events} events are not shown, nor years or hours of which one part has "
        f"from 1 to {section.threshold - 1}."
    )
    return replace(layer, features=safe).described(caveats=(*layer.meta.caveats, words))


def _has_small_part(by_year: object, threshold: int) -> bool:
    if not isinstance(by_year, str):
        return False
    counts = [int(part.rsplit(": ", 1)[1]) for part in by_year.split(", ")]
    return any(0 < count < threshold for count in counts)
