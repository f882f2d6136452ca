"""The ground that LSOAs of two vintages share: a build's own set of areas, on which neither needs an estimate.

An area that was split is one group with what it was split into, and so are areas whose borders were redrawn. A group
is known by the codes of its LSOAs **in use**, joined by ``+``: whatever else the build holds can be added up to it.
"""

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import COMMON, Areas, Lookup, Reference, joint, parts_of
from hotspots.errors import VintageError
from hotspots.vintages import Split, common_areas


def lookup_in_use(reference: Reference) -> Lookup:
    """The lookup between the LSOAs in use and those of another vintage; ``VintageError`` where there is none."""
    in_use = reference.areas("lsoa").code_vintage
    for lookup in reference.lookups:
        if lookup.kind == "lsoa_2011_to_2021" and in_use in {lookup.child_vintage, lookup.parent_vintage}:
            return lookup
    raise VintageError(
        f"no lookup between LSOA {in_use}, which the boundaries in use have, and another vintage is named under "
        "[[boundaries.lookups]]: without it nobody knows which areas both share"
    )


def groups(lookup: Lookup, *, vintage: str) -> "pd.Series[str]":
    """
    The group of each code of either vintage: the codes of ``vintage`` (the one in use) on that ground, joined by ``+``.

    Examples
    --------
    >>> links = pd.DataFrame({"area_code": ["B", "C", "D", "D"], "parent_code": ["X", "X", "Y", "Z"]})
    >>> lookup = Lookup("lsoa_2011_to_2021", "2011", "2021", links)
    >>> groups(lookup, vintage="2021").to_dict()
    {'B': 'X', 'C': 'X', 'D': 'Y+Z', 'X': 'X', 'Y': 'Y+Z', 'Z': 'Y+Z'}
    >>> groups(lookup, vintage="2011").to_dict()
    {'B': 'B+C', 'C': 'B+C', 'D': 'D', 'X': 'B+C', 'Y': 'D', 'Z': 'D'}
    """
    shared = common_areas(lookup)
    own = shared[shared["vintage"] == vintage]
    named = own.groupby("common_code")["area_code"].agg(joint)
    found = shared.assign(group=shared["common_code"].map(named))[["area_code", "group"]].drop_duplicates()
    return found.set_index("area_code")["group"].astype("str")


def common_set(lsoas: Areas, lookup: Lookup) -> Areas:
    """
    The areas that the LSOAs in use share with those of the lookup's other vintage, dissolved, in EPSG:27700.

    Every LSOA is in exactly one of them, most of them alone.

    Raises
    ------
    VintageError
        The lookup does not hold an LSOA, or a group reaches beyond the LSOAs in use.

    Examples
    --------
    >>> links = pd.DataFrame({"area_code": ["A", "D", "D"], "parent_code": ["A", "Y", "Z"]})
    >>> table = pd.DataFrame({"code": ["A", "Y", "Z"], "name": ["Town 1A", "Town 1B", "Town 1C"],
    ...                       "geometry": [shapely.box(at, 0, at + 1, 1) for at in range(3)]})
    >>> found = common_set(Areas("lsoa", "2021", "2021", False, "", table),
    ...                    Lookup("lsoa_2011_to_2021", "2011", "2021", links))
    >>> found.table[["code", "name"]].to_numpy().tolist(), found.label
    ([['A', 'Town 1A'], ['Y+Z', 'Town 1B and 1C']], 'LSOA boundaries, 2011 and 2021 in common')
    """
    group = groups(lookup, vintage=lsoas.code_vintage)
    absent = sorted(lsoas.codes - set(group.index))
    if absent:
        raise VintageError(f"the lookup between LSOA vintages has no row for {len(absent)} areas (such as {absent[0]})")
    table = lsoas.table.assign(group=lsoas.table["code"].map(group))
    beyond = sorted({part for code in set(table["group"]) for part in parts_of(code)} - lsoas.codes)
    if beyond:
        inside = next(
            code for code, own in zip(table["code"], table["group"], strict=True) if beyond[0] in parts_of(own)
        )
        raise VintageError(
            f"{inside} shares its ground in another vintage with {beyond[0]}, which is not among {lsoas.label}: both "
            "can only be shown together; use boundaries that hold both"
        )
    rows = [
        (str(code), joined_name(own["name"]), shapely.union_all(own["geometry"].to_numpy(dtype=object)))
        for code, own in table.groupby("group", sort=True)
    ]
    return Areas(
        "lsoa",
        f"{lookup.child_vintage} and {lookup.parent_vintage} in common",
        COMMON,
        lsoas.schematic,
        lsoas.attribution,
        pd.DataFrame(rows, columns=["code", "name", "geometry"]),
        resolution=lsoas.resolution,
    )


def joined_name(names: "pd.Series[str]") -> str:
    """
    The name of areas that are shown together; what all of theirs begin with is said once.

    Examples
    --------
    >>> joined_name(pd.Series(["Cambridge 004F", "Cambridge 004A"])), joined_name(pd.Series(["Isle", "Town 1"]))
    ('Cambridge 004A and 004F', 'Isle and Town 1')
    """
    words = [name.split() for name in sorted(names)]
    same = 0
    while all(len(own) > same + 1 and own[same] == words[0][same] for own in words):
        same += 1
    ends = [" ".join(own[same:]) for own in words]
    listed = " and ".join([", ".join(ends[:-1]), ends[-1]] if len(ends) > 1 else ends)
    return " ".join([*words[0][:same], listed])


def conversions(
    lookup: Lookup, *, vintage: str, to: str, split: Split = "refuse", weight_name: str = ""
) -> "pd.Series[str]":
    """
    How the counts of each area come from those of another vintage, whether there are any or not.

    ``vintage`` is that of the counts and ``to`` the one in use; with ``split = "common"`` the areas are groups.

    Examples
    --------
    >>> links = pd.DataFrame({"area_code": ["B", "C", "D", "D"], "parent_code": ["X", "X", "Y", "Z"]})
    >>> lookup = Lookup("lsoa_2011_to_2021", "2011", "2021", links)
    >>> conversions(lookup, vintage="2011", to="2021", split="common").to_dict()
    {'X': 'merged', 'Y+Z': 'grouped'}
    >>> conversions(lookup, vintage="2021", to="2021", split="common").to_dict()
    {'X': 'as supplied', 'Y+Z': 'grouped'}
    """
    shared = common_areas(lookup)
    own = shared[shared["vintage"] == to]
    exact = "merged" if vintage == lookup.child_vintage else "split"
    divided = {"common": "grouped", "weights": f"split by {weight_name}"}.get(split)
    kinds = own["change"].map(
        lambda change: "unchanged" if change == "unchanged" else "merged" if change == exact else divided or change
    )
    codes = own["area_code"]
    if split == COMMON:
        codes = codes.map(groups(lookup, vintage=to))
    if vintage == to:
        alone = np.array([len(parts_of(code)) == 1 for code in codes], dtype=bool)
        kinds = pd.Series(np.where(alone, "as supplied", "grouped"), index=own.index)
    found = pd.DataFrame({"code": codes.to_numpy(), "kind": kinds.to_numpy()}).drop_duplicates("code")
    return found.sort_values("code").set_index("code")["kind"].astype("str")
