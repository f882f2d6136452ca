"""Counts of one LSOA vintage on the areas of another, by the official lookup; totals are conserved to the last unit.

Unchanged areas keep their counts and merged ones are added, exactly. An area that was split has no exact counts for its
parts: it is refused, reported for the smallest area that both vintages share, or divided by a named weight, and says
so. Irregular changes (parts exchanged between areas) are never divided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from hotspots.areas import Lookup
from hotspots.errors import DataRefused, UsageError, VintageError
from hotspots.periods import Absent

Split = Literal["refuse", "common", "weights"]
COMMON = "common"
IRREGULAR = "X"  # the change indicator of the published lookup; U, S and M follow from the links themselves


@dataclass(frozen=True, eq=False)
class Conversion:
    """
    Counts on other areas.

    ``table`` has the columns of what was given, on areas of the new vintage (or common areas, whose codes are those of
    the later vintage joined by ``+``), and ``conversion``: ``unchanged``, ``merged``, ``grouped`` (a common area) or
    ``split by <weight>``, which is an estimate. ``left_out`` has the rows that could not be placed because a part of
    their new area is unknown.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame

    @property
    def areas(self) -> dict[str, list[str]]:
        """The codes of each kind of conversion."""
        found = self.table[["conversion", "area_code"]].drop_duplicates().sort_values("area_code")
        return {str(kind): list(rows["area_code"]) for kind, rows in found.groupby("conversion", sort=True)}


def common_areas(lookup: Lookup) -> pd.DataFrame:
    """
    The smallest areas that two vintages share: the connected parts of the lookup.

    Returns ``vintage, area_code, common_code, change``, a row for each code of each vintage; ``change`` is
    ``unchanged``, ``merged``, ``split`` (both in the order of time) or ``irregular``.

    Raises
    ------
    VintageError
        The lookup names no vintages, or says that an area was split or merged and does not hold the other parts.

    Examples
    --------
    >>> links = pd.DataFrame({"area_code": ["A", "B", "C", "D"], "parent_code": ["A", "X", "X", "Y"]})
    >>> links.loc[4] = ["D", "Z"]
    >>> shared = common_areas(Lookup("lsoa_2011_to_2021", "2011", "2021", links))
    >>> shared[["area_code", "common_code"]].to_numpy().tolist()
    [['A', 'A'], ['B', 'X'], ['C', 'X'], ['D', 'Y+Z'], ['A', 'A'], ['X', 'X'], ['Y', 'Y+Z'], ['Z', 'Y+Z']]
    """
    links = _links(lookup)
    older, newer = links["area_code"].astype(str), links["parent_code"].astype(str)
    component = _components(older, newer)
    parts = []
    for name, rows in links.assign(component=component).groupby("component", sort=True):
        froms, tos = sorted(set(rows["area_code"])), sorted(set(rows["parent_code"]))
        change = _change(rows, froms, tos)
        for vintage, codes in ((lookup.child_vintage, froms), (lookup.parent_vintage, tos)):
            parts += [(vintage, code, "+".join(tos), change, name) for code in codes]
    table = pd.DataFrame(parts, columns=["vintage", "area_code", "common_code", "change", "component"])
    order = {lookup.child_vintage: 0, lookup.parent_vintage: 1}
    table = table.assign(order=table["vintage"].map(order)).sort_values(["order", "area_code"], ignore_index=True)
    return table[["vintage", "area_code", "common_code", "change"]]


def convert_counts(
    counts: pd.DataFrame,
    lookup: Lookup,
    *,
    vintage: str,
    to: str,
    split: Split = "refuse",
    weights: "pd.Series[Any] | None" = None,
    weight_name: str = "",
    by: Sequence[str] = (),
    values: Sequence[str] = ("lower", "upper"),
    absent: Absent = "zero",
) -> Conversion:
    """
    Counts by area of one vintage as counts by area of another.

    Parameters
    ----------
    counts
        ``area_code``, the columns ``by`` that tell apart the rows of an area (such as the period), and ``values``.
        Other columns keep the value of the first row that goes into a new one.
    lookup
        Which area of the earlier vintage shares ground with which of the later one; it serves in both directions.
    vintage, to
        The vintage of the counts, and the one they are wanted in: those of the lookup, in either order. ``common``
        puts counts of either vintage on the areas that both share, where series of both can be compared.
    split
        What becomes of an area whose ground is in several areas of the new vintage: ``refuse``, ``common`` (one number
        for the smallest area that both vintages share) or ``weights``.
    weights, weight_name
        A weight for each area of the new vintage (households, residents), and what it is called, for ``weights``. Unit
        by unit, the next one goes to the part that is furthest below its share of all units so far, in the order of
        the rows: what is divided stays whole, and long series keep the proportion.
    values
        Whole numbers, the lower end of an interval before its upper end; ends stay ends.
    absent
        What an area means that has no row: ``zero``, or ``unknown`` (then a new area is left out unless all of its
        parts are there).

    Raises
    ------
    VintageError
        The lookup is of other vintages, does not hold a code, or an area can only be divided by what was not given.
    DataRefused
        A value is missing, negative or not whole, or a weight is missing or nothing in all parts of an area.

    Examples
    --------
    >>> links = pd.DataFrame({"area_code": ["B", "C", "D", "D"], "parent_code": ["X", "X", "Y", "Z"]})
    >>> lookup = Lookup("lsoa_2011_to_2021", "2011", "2021", links)
    >>> counts = pd.DataFrame({"area_code": ["B", "C", "D"], "lower": [3, 1, 5], "upper": [3, 4, 5]})
    >>> made = convert_counts(counts, lookup, vintage="2011", to="2021", split="weights",
    ...                       weights=pd.Series({"Y": 200, "Z": 100}), weight_name="households 2021")
    >>> made.table.to_numpy().tolist()
    [['X', 4, 7, 'merged'], ['Y', 3, 3, 'split by households 2021'], ['Z', 2, 2, 'split by households 2021']]
    """
    targets = _targets(lookup, vintage=vintage, to=to)
    _check_codes(counts["area_code"], targets, lookup, vintage)
    rows = counts.assign(**{name: _whole(counts[name], name) for name in values})
    divided = [code for code in sorted(set(rows["area_code"])) if targets[code].kind in {"split", "irregular"}]
    _check_split(divided, targets, split, weights, weight_name, to)
    shares = _shares(divided, targets, weights) if split == "weights" and weights is not None else {}
    pieces = [_placed(rows, targets, divided, split), *_divided(rows, divided, shares, weight_name, by, values)]
    return _added(pd.concat(pieces, ignore_index=True), counts, targets, by=list(by), values=values, absent=absent)


@dataclass(frozen=True)
class _Target:
    """Where an area of the old vintage goes: its areas of the new one, and the area that both vintages share."""

    codes: tuple[str, ...]
    common: str
    kind: str


def _links(lookup: Lookup) -> pd.DataFrame:
    links = lookup.table
    if not {"area_code", "parent_code"} <= set(links.columns) or links.empty:
        raise VintageError("a lookup needs the columns area_code and parent_code, and rows")
    if not lookup.child_vintage or not lookup.parent_vintage or lookup.child_vintage == lookup.parent_vintage:
        raise VintageError(f"a lookup relates two vintages; got {lookup.child_vintage!r} and {lookup.parent_vintage!r}")
    return links.drop_duplicates(["area_code", "parent_code"])


def _components(older: "pd.Series[str]", newer: "pd.Series[str]") -> Any:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first, froms = pd.factorize(older)
    second, tos = pd.factorize(newer)
    size = len(froms) + len(tos)
    graph = coo_array((np.ones(len(first)), (first, second + len(froms))), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    return labels[first]


def _change(rows: pd.DataFrame, froms: list[str], tos: list[str]) -> str:
    stated = set(rows["change"].astype(str).str.strip().str.upper()) if "change" in rows else set()
    alone = len(froms) == len(tos) == 1
    if alone and stated & {"S", "M"}:
        raise VintageError(
            f"the lookup says that {froms[0]} was split or merged, but holds one row of it: use one that is not cut"
        )
    if IRREGULAR in stated or (len(froms) > 1 and len(tos) > 1):
        return "irregular"
    return "unchanged" if alone else "merged" if len(froms) > 1 else "split"


def _targets(lookup: Lookup, *, vintage: str, to: str) -> dict[str, _Target]:
    vintages = {lookup.child_vintage, lookup.parent_vintage}
    if vintage not in vintages or to not in (vintages - {vintage}) | {COMMON}:
        raise VintageError(
            f"the lookup relates {lookup.child_vintage} and {lookup.parent_vintage}, not {vintage} and {to}"
        )
    forward = vintage == lookup.child_vintage
    links = _links(lookup)
    source, target = ("area_code", "parent_code") if forward else ("parent_code", "area_code")
    reached: dict[str, set[str]] = {}
    for code, new in zip(links[source], links[target], strict=True):
        reached.setdefault(str(code), set()).add(str(new))
    shared = common_areas(lookup)
    shared = shared[shared["vintage"] == vintage]
    merges = "merged" if forward else "split"
    found = {}
    for code, common, change in zip(shared["area_code"], shared["common_code"], shared["change"], strict=True):
        if to == COMMON:
            kind = "unchanged" if change == "unchanged" else "grouped"
            found[str(code)] = _Target((str(common),), str(common), kind)
            continue
        kind = change if change in {"unchanged", "irregular"} else "merged" if change == merges else "split"
        found[str(code)] = _Target(tuple(sorted(reached[code])), str(common), str(kind))
    return found


def _check_codes(codes: "pd.Series[Any]", targets: dict[str, _Target], lookup: Lookup, vintage: str) -> None:
    unknown = sorted(set(codes.astype(str)) - set(targets))
    forward = vintage == lookup.child_vintage
    other, column = (lookup.parent_vintage, "parent_code") if forward else (lookup.child_vintage, "area_code")
    theirs = set(lookup.table[column].astype(str))
    foreign = sorted(set(unknown) & theirs)
    if foreign:
        mixed = bool((set(codes.astype(str)) & set(targets)) - theirs)
        raise VintageError(
            f"{len(foreign)} codes (such as {foreign[0]}) are of LSOA {other}, not {vintage}"
            + (f", and others of {vintage} alone: convert the rows of each apart" if mixed else "")
        )
    if unknown:
        raise VintageError(
            f"{len(unknown)} codes (such as {unknown[0]}) are not in the lookup as LSOA {vintage}; of which vintage?"
        )


def _whole(column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    if numbers.isna().any() or (numbers < 0).any() or (numbers % 1 != 0).any():
        raise DataRefused(f"{name}: only whole numbers that are not negative can be converted without losing any")
    return numbers.astype("int64")


def _check_split(
    divided: list[str],
    targets: dict[str, _Target],
    split: Split,
    weights: "pd.Series[Any] | None",
    weight_name: str,
    to: str,
) -> None:
    if split not in {"refuse", "common", "weights"}:
        raise UsageError(f"there is no way {split!r} to convert a split area; choose refuse, common or weights")
    if split == "weights" and (weights is None or not weight_name):
        raise UsageError("split by weights needs the weights, and the name of what they are")
    if split == "common" or not divided:
        return
    irregular = [code for code in divided if targets[code].kind == "irregular"]
    if irregular or split == "refuse":
        first = (irregular or divided)[0]
        what = "changed irregularly" if irregular else f"lies in {len(targets[first].codes)} areas of {to}"
        raise VintageError(
            f"{len(irregular or divided)} areas cannot be converted exactly: {first} {what} "
            f"({', '.join(targets[first].codes[:4])}); group them to the areas that both vintages share"
            + ("" if irregular else ", or name a weight to divide them by")
        )


def _shares(
    divided: list[str], targets: dict[str, _Target], weights: "pd.Series[Any]"
) -> dict[str, list[tuple[str, float]]]:
    known = {str(code): float(weight) for code, weight in weights.items()}
    shares = {}
    for code in divided:
        parts = targets[code].codes
        missing = [part for part in parts if not known.get(part, -1.0) >= 0.0 or known[part] == np.inf]
        if missing:
            raise DataRefused(f"{code} is divided among {', '.join(parts)}, but {missing[0]} has no weight")
        if sum(known[part] for part in parts) <= 0:
            raise DataRefused(f"{code} is divided among {', '.join(parts)}, and their weights are all nothing")
        shares[code] = [(part, known[part]) for part in parts]
    return shares


def _placed(rows: pd.DataFrame, targets: dict[str, _Target], divided: list[str], split: Split) -> pd.DataFrame:
    """The rows that move whole: to their one new area, or to the common area of a divided one."""
    whole = rows if split == "common" else rows[~rows["area_code"].isin(divided)]
    kinds = whole["area_code"].map(lambda code: targets[code].kind)
    single = ~kinds.isin(["split", "irregular"])
    new = (
        whole["area_code"]
        .map(lambda code: targets[code].codes[0])
        .where(single, whole["area_code"].map(lambda code: targets[code].common))
    )
    return whole.assign(was=whole["area_code"], area_code=new, conversion=kinds.where(single, "grouped"))


def _divided(
    rows: pd.DataFrame,
    divided: list[str],
    shares: dict[str, list[tuple[str, float]]],
    weight_name: str,
    by: Sequence[str],
    values: Sequence[str],
) -> "list[pd.DataFrame]":
    """The rows of areas that are divided by weight: each stretch between two ends of an interval goes unit by unit."""
    made = []
    for code in divided if shares else []:
        own = (
            rows[rows["area_code"] == code].sort_values(list(by), kind="stable")
            if by
            else rows[rows["area_code"] == code]
        )
        parts = [own.assign(was=code, area_code=part, conversion=f"split by {weight_name}") for part, _ in shares[code]]
        below = np.zeros(len(own), dtype=np.int64)
        reached = [np.zeros(len(own), dtype=np.int64) for _ in parts]
        for name in values:
            steps = own[name].to_numpy(dtype=np.int64) - below
            if (steps < 0).any():
                raise DataRefused(f"{code}: {name} is below the value before it; give lower ends before upper ones")
            below = own[name].to_numpy(dtype=np.int64)
            dealt = apportioned(np.cumsum(steps), [weight for _, weight in shares[code]])
            for at, part in enumerate(parts):
                reached[at] = reached[at] + np.diff(dealt[:, at], prepend=0)
                part[name] = reached[at]
        made += parts
    return made


def apportioned(totals: Any, weights: Sequence[float]) -> Any:
    """
    Whole numbers in proportion to weights that add up to each total (Webster's method; ties to the earlier part).

    A larger total never gives a part less, so the parts of a running total are running totals themselves.

    Parameters
    ----------
    totals
        Whole numbers, shape (n,).
    weights
        Not negative, one at least above zero.

    Returns
    -------
    numpy.ndarray
        Shape (n, number of weights), rows adding up to ``totals``.

    Examples
    --------
    >>> apportioned([1, 2, 3, 10], [3, 2]).tolist()
    [[1, 0], [1, 1], [2, 1], [6, 4]]
    """
    totals = np.asarray(totals, dtype=np.int64)
    share = np.asarray(weights, dtype=np.float64) / float(np.sum(weights))
    distinct, where = np.unique(totals, return_inverse=True)
    dealt = np.zeros((len(distinct), len(share)), dtype=np.int64)
    for row, total in enumerate(distinct):
        # Webster's method stays within a few units of the exact share: start below it, deal out the rest one by one.
        start = np.maximum(np.floor(share * total).astype(np.int64) - len(share), 0)
        for _ in range(int(total - start.sum())):
            start[int(np.argmax(share / (2 * start + 1)))] += 1
        dealt[row] = start
    return dealt[where]


def _added(
    pieces: pd.DataFrame,
    counts: pd.DataFrame,
    targets: dict[str, _Target],
    *,
    by: list[str],
    values: Sequence[str],
    absent: Absent,
) -> Conversion:
    keys = ["area_code", *by]
    others = [name for name in counts.columns if name not in {*keys, *values}]
    how = dict.fromkeys(values, "sum") | dict.fromkeys([*others, "conversion"], "first") | {"was": "nunique"}
    table = pieces.groupby(keys, sort=True, as_index=False).agg(how)
    if absent == "unknown":
        feeding: dict[str, set[str]] = {}
        for code, target in targets.items():
            for new in (*target.codes, target.common):
                feeding.setdefault(new, set()).add(code)
        needed = table["area_code"].map(lambda code: len(feeding[code]))
        whole = (table["was"] >= needed).to_numpy(dtype=bool)
    else:
        whole = np.ones(len(table), dtype=bool)
    columns = [*counts.columns, "conversion"]
    if "status" in table and list(values) == ["lower", "upper"]:
        table["status"] = np.where(table["lower"] == table["upper"], "ok", "suppressed")
    return Conversion(
        table.loc[whole, columns].reset_index(drop=True), table.loc[~whole, columns].reset_index(drop=True)
    )
