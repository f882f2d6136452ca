"""Giving records a position by the words that say where they happened; what names no place is counted and listed."""

import numpy as np
import pandas as pd

from hotspots.errors import DataRefused
from hotspots.gazetteer import Gazetteer, match_places
from hotspots.sources._ledger import Ledger
from hotspots.texts import number_of

_PLACED = ("matched", "resolved")


def take_places(ledger: Ledger, gazetteer: Gazetteer | None) -> pd.DataFrame | None:
    """
    Place the rows that have no position by their ``location_text``, and list the texts that name no place.

    Returns ``text, records, status, candidates``, most frequent first; None where the source has no words.
    """
    if "location_text" not in ledger.headings:
        return None
    if gazetteer is None:
        raise DataRefused(f"{ledger.source.id}: a place in words needs a gazetteer")
    bare = ledger.rows["easting"].isna()
    found = match_places(ledger.text("location_text")[bare], gazetteer).set_axis(ledger.rows.index[bare])
    for name in ("easting", "northing", "uncertainty_m"):
        values = ledger.rows[name].astype(np.float64)
        values[bare] = found[name].astype(np.float64)
        ledger.rows = ledger.rows.assign(**{name: values})
    if bare.any():
        counts = found["status"].value_counts()
        said = ", ".join(f"{counts[status]:,} {status}" for status in sorted(counts.index))
        bare_ones = ("record without coordinates was", "records without coordinates were")
        ledger.notes.append(
            f"{number_of(int(bare.sum()), *bare_ones)} looked for by words (names from a score of "
            f"{gazetteer.threshold:g}): {said}; only matched and resolved ones have a position"
        )
    left = found[~found["status"].isin([*_PLACED, "blank"])]
    listed = left.groupby("text", sort=True).agg(
        records=("text", "size"), status=("status", "first"), candidates=("candidates", "first")
    )
    return listed.reset_index().sort_values(["records", "text"], ascending=[False, True], ignore_index=True)
