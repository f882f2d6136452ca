"""A table that leaves: what it is, and what stands in its cells."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hotspots.layer import LayerMeta, printed


@dataclass(frozen=True, eq=False)
class ReportTable:
    """
    A table with its description and notes; ``meta`` is that of a layer, with the audience it was made for.

    A cell is a number, a text where the number may not be shown or is an interval, or None where nothing is known.
    """

    meta: LayerMeta
    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def cell_of(value: float, lower: float, upper: float, status: str, *, decimals: int) -> Any:
    """
    A number rounded as it is printed, or the words for it where it is an interval or is not shown.

    Examples
    --------
    >>> nan = float("nan")
    >>> cell_of(57.25, 57.25, 57.25, "ok", decimals=1), cell_of(nan, 3, 6, "suppressed", decimals=0)
    (57.3, '3 to 6')
    """
    text = printed(value, lower, upper, status, decimals=decimals)
    if pd.isna(value):
        return text
    return float(text.replace(",", "")) if decimals else int(text.replace(",", ""))
