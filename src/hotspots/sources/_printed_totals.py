"""Totals that a supplier printed beside the counts: each must be a sum that the counts can have."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hotspots.errors import DataRefused
from hotspots.source_settings import CalloutsSource
from hotspots.sources._cells import parse_interval, plain
from hotspots.sources._crosstab import Printed


def printed_totals(totals: pd.DataFrame, detail: pd.DataFrame, *, keys: list[str]) -> Iterable[Printed]:
    """Printed totals of a long file, each with the rows that agree with it in the ``keys`` that the file has."""
    keys = [key for key in keys if key in detail]
    if totals.empty:
        return
    words = {name: detail[name].map(plain) for name in keys}
    members = {key: tuple(rows.index) for key, rows in detail.groupby(list(words.values()))}
    for _, row in totals.iterrows():
        key = tuple(plain(str(row[name])) for name in keys)
        found = members.get(key)
        if found is None:  # a total that leaves a cell blank is of everything there
            stated = [words[name] == word for name, word in zip(keys, key, strict=True) if word]
            found = tuple(detail.index[np.logical_and.reduce(stated)])
        of = [word for word in key[1:] if word]
        what = " ".join(("total of", *of)) if of else "total"
        yield Printed(what, str(row["count"]), str(row["file"]), int(row["line"]), (found,))


def check_totals(
    totals: tuple[Printed, ...], lower: "pd.Series[Any]", upper: "pd.Series[Any]", source: CalloutsSource
) -> None:
    """A printed total must be a possible sum of the cells; where one is unreadable, only the lower bound holds."""
    least, most = lower.to_dict(), upper.to_dict()
    for total in totals:
        printed = parse_interval(total.text, source.suppressed)
        if not isinstance(printed, tuple):
            continue
        sums = []
        for members in total.members:
            low = sum(least[at] for at in members if not pd.isna(least[at]))
            unread = any(pd.isna(most[at]) for at in members)
            sums.append((low, None if unread else sum(most[at] for at in members)))
        if not any(low <= printed[1] and (high is None or printed[0] <= high) for low, high in sums):
            computed = " or ".join(_bounded(low, high) for low, high in sums)
            raise DataRefused(
                f"{total.file} line {total.line}: the {total.what} is printed as {plain(total.text)}, but the cells "
                f"add up to {computed}; correct the file, or ask the supplier which is right"
            )


def _bounded(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more"
    return f"{low}" if low == high else f"anything from {low} to {high}"
