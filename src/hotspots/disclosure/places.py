"""Hotspots of sources that are not open: what a partner may read of a place, and that the public may not.

The polygons of places lie across areas and across each other, and are made anew with every build, so there is no small
cell beside which another could be hidden: their counts are rounded, whatever the method of the policy. What is printed
takes part in the audit of the areas (:mod:`hotspots.disclosure.pieces`).
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hotspots.analysis.hotspots.places import chance_sentence
from hotspots.disclosure.pieces import PrintedCount
from hotspots.errors import DisclosureRefused
from hotspots.layer import Audience, Layer, LayerMeta
from hotspots.settings import PolicySection


def is_hotspots(layer: Layer) -> bool:
    """Whether the features of a layer are hotspots."""
    return layer.features is not None and "hotspot_id" in layer.features


def hotspots_for(layer: Layer, section: PolicySection, *, audience: Audience) -> Layer:
    """
    Hotspots as partners may have them: places of enough events, with rounded counts.

    Places of fewer than ``minimum_events`` are left out. Events, years and hours are rounded to ``rounding_base``, and
    share and PAI are made from the rounded count. Years and hours of a place are given whole or not at all: not where
    one part counts from 1 to below the threshold. The density of the peak and the pattern over the quarters are numbers
    about few events, or about periods that are not audited, and stay; how rarely chance reaches a place is told as the
    level that all of them were held to.

    Raises
    ------
    DisclosureRefused
        The public: hotspots of controlled records are for the partnership. Partners: hotspots of one category, whose
        counts are not audited.
    """
    assert layer.features is not None
    title, policy = layer.meta.title, layer.meta.policy
    if audience == "public":
        raise DisclosureRefused(
            f"{title}: hotspots of {policy} records are for the partnership, not for the public; "
            "choose counts by ward or small area instead"
        )
    places = audited_places(layer.features)
    if len(layer.features) and places.empty:
        raise DisclosureRefused(
            f"{title}: hotspots of one category of {policy} records are not audited; choose those of all of them"
        )
    safe = rounded_places(places, section).drop(columns="peak_per_km2").reset_index(drop=True)
    safe = safe.assign(persistence=pd.Series(pd.NA, index=safe.index, dtype="str"), **_level(safe, layer.meta))
    words = (
        f"Counts of places are rounded to the nearest {section.rounding_base}. Places of fewer than "
        f"{section.minimum_events} events are not shown, nor years or hours of which one part has from 1 to "
        f"{section.threshold - 1}."
    )
    described = layer.described(caveats=(*layer.meta.caveats, words))
    settings = {**layer.meta.settings, "rounded_to": section.rounding_base}
    return replace(described, features=safe).described(settings=settings)


def _level(places: pd.DataFrame, meta: LayerMeta) -> dict[str, Any]:
    """How rarely chance reaches any of the places, which depends on the level of the test and on no event."""
    level = meta.settings.get("level")
    if not isinstance(level, float):
        return {}
    one_in = float(round(1 / (1 - level)))
    return {"one_in": one_in, "chance": pd.Series(chance_sentence(one_in), index=places.index, dtype="str")}


def audited_places(features: pd.DataFrame) -> pd.DataFrame:
    """The places whose counts take part in the audit: those of all events, not of one category."""
    return features[features["category"] == "all"] if "category" in features else features


def rounded_places(places: pd.DataFrame, section: PolicySection) -> pd.DataFrame:
    """The places of enough events with everything that is counted rounded; rows keep their labels."""
    found = places[places["events"] >= section.minimum_events]
    events = _rounded(found["events"], section.rounding_base)
    # The exact total of the events with a position would tell, beside the city's, how many finds were in dwellings.
    share = events / _rounded(found["events"] / found["events_share"], section.rounding_base)
    at_night, with_hour = found["at_night"].fillna(0), found["with_hour"].fillna(0)
    small_hours = pd.Series(False, index=found.index)
    for part in (at_night, with_hour - at_night, found["events"] - with_hour):
        small_hours |= ((part > 0) & (part < section.threshold)).astype(bool)
    return found.assign(
        events=events,
        events_share=share,
        pai=share / found["area_share"],
        by_year=found["by_year"].map(lambda words: _years_in_words(_years(words), section)).astype(object),
        with_hour=_rounded(found["with_hour"], section.rounding_base).mask(small_hours),
        at_night=_rounded(found["at_night"], section.rounding_base).mask(small_hours),
    )


def printed_counts(places: pd.DataFrame, section: PolicySection, *, first: int) -> Iterator[PrintedCount]:
    """
    What a reader of places knows of them, numbered from ``first``: the ranges of the rounded totals and years.

    ``places`` are as they were found, not rounded yet; those of too few events, or without dates, tell nothing.
    """
    printed, base = rounded_places(places, section).reindex(places.index), section.rounding_base
    told = zip(places["by_year"].map(_years), printed["events"], printed["by_year"].map(_years), strict=True)
    for number, (held, events, years) in enumerate(told, start=first):
        if pd.notna(events) and held:
            held_years = tuple(_year(words) for words in held)
            yield PrintedCount(number, held_years, *_range(int(events), base, least=section.minimum_events))
            for words, count in (years or {}).items():
                yield PrintedCount(number, (_year(words),), *_range(count, base, least=section.threshold))


def _rounded(counts: pd.Series, base: int) -> pd.Series:
    return (counts.astype("Float64") / base + 0.5).map(np.floor, na_action="ignore").mul(base).astype("Int64")


def _range(printed: int, base: int, *, least: int) -> tuple[float, float]:
    """
    The counts that print as a number, where those from 1 to below ``least`` are not printed at all.

    Examples
    --------
    >>> _range(10, 5, least=5), _range(5, 5, least=5), _range(0, 5, least=5)
    ((8.0, 12.0), (5.0, 7.0), (0.0, 0.0))
    """
    low, high = float(np.ceil(printed - base / 2)), float(np.ceil(printed + base / 2) - 1)
    if printed == 0:
        return 0.0, high if high >= least else 0.0
    return max(low, float(least)), high


def _years(by_year: object) -> dict[str, int] | None:
    """Events by financial year, read back from the words of the layer: a year may say how many months are held."""
    if not isinstance(by_year, str):
        return None
    parts = [part.rsplit(": ", 1) for part in by_year.split(", ")]
    return {year: int(count) for year, count in parts}


def _year(words: str) -> str:
    """The label alone of a year of which a part is held: ``2016/17`` of ``2016/17 (5 months)``."""
    return words.partition(" ")[0]


def _years_in_words(years: dict[str, int] | None, section: PolicySection) -> str | None:
    """The years rounded, or None where one of them is small."""
    if years is None or any(0 < count < section.threshold for count in years.values()):
        return None
    base = section.rounding_base
    return ", ".join(f"{year}: {math.floor(count / base + 0.5) * base}" for year, count in years.items())
