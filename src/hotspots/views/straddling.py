"""Small areas and wards: which lie in a ward, and which lie in others too, so that their counts are of all of them."""

from collections.abc import Iterable
from typing import Any

import shapely

from hotspots.areas import parts_of
from hotspots.snapshot import Build

# Setting of a layer that is cut to a ward: how many of its areas lie in other wards too.
IN_OTHERS_TOO = "in_other_wards_too"

# Lines that were generalised one by one overlap by less of a ward than this.
_A_SLIVER = 0.01


def split_by_ward(build: Build, codes: Iterable[str], ward: str) -> tuple[set[str], set[str]]:
    """
    The areas that lie in a ward, and those that lie in another ward too.

    These are areas shown together of which only some are in it, and areas of which no ward holds most: the Isles of
    Scilly are one LSOA in five wards.
    """
    table = build.table("lsoa_wards")
    held = set(table.loc[table["ward_code"] == ward, "area_code"])
    own = {code: set(parts_of(code)) for code in codes}
    inside = {code for code, within in own.items() if within <= held}
    partly = {code for code, within in own.items() if within & held} - inside
    return inside, partly | _in_no_ward_alone(build, set(own) - inside - partly, ward)


def _in_no_ward_alone(build: Build, codes: set[str], ward: str) -> set[str]:
    """Those of the areas that no ward of the set holds most of, and that share ground with this one."""
    wards = next(
        areas
        for layer in ("wards", *build.ward_sets)
        if (areas := build.areas("ward", layer)) is not None and ward in areas.codes
    )
    table = build.table("lsoa_wards")
    given = set(table.loc[table["ward_code"].isin(wards.codes), "area_code"])
    lsoas = build.areas("lsoa")
    free = sorted(code for code in codes - given if lsoas is not None and code in lsoas.codes)
    if not free or lsoas is None:
        return set()
    ground: Any = wards.table.set_index("code").loc[ward, "geometry"]
    shapes = lsoas.table.set_index("code").loc[free, "geometry"].to_numpy()
    shared = shapely.area(shapely.intersection(shapes, ground)) > _A_SLIVER * shapely.area(ground)
    return {code for code, touches in zip(free, shared, strict=True) if touches}


def placed_words(straddling: set[str]) -> tuple[str, ...]:
    """How small areas belong to a ward, and which of them lie in another one too, in words."""
    given = "LSOAs are given to the ward that holds most of them."
    if not straddling:
        return (given,)
    together = any(len(parts_of(code)) > 1 for code in straddling)
    return (
        given,
        f"Lying in another ward too, and in no total of this one: {', '.join(sorted(straddling))}. "
        + (
            "A count of LSOAs that are shown together is never cut; by a weight (conversion.split) it would be an "
            "estimate."
            if together
            else "The number is of the whole LSOA: a count by area is never cut."
        ),
    )
