"""Which LSOAs are in a ward: those that it holds most of; and those that lie in several, in no total of any."""

from collections.abc import Iterable

from hotspots.areas import parts_of
from hotspots.snapshot import Build


def split_by_ward(build: Build, codes: Iterable[str], ward: str) -> tuple[set[str], set[str]]:
    """
    The areas that belong to a ward, and those of which only a part does.

    The latter are LSOAs that no ward holds half of, and LSOAs shown together of which some belong to other wards.
    """
    table, astride = build.table("lsoa_wards"), build.table("lsoas_astride")
    held = set(table.loc[table["ward_code"] == ward, "area_code"])
    shared = set(astride.loc[astride["ward_code"] == ward, "area_code"]) if len(astride) else set[str]()
    own = {code: set(parts_of(code)) for code in codes}
    inside = {code for code, within in own.items() if within <= held}
    return inside, {code for code, within in own.items() if within & (held | shared)} - inside


def belonging_words(straddling: set[str]) -> tuple[str, ...]:
    """How the LSOAs that are shown belong to the ward."""
    most = "LSOAs are given to the ward that holds most of them."
    if not straddling:
        return (most,)
    names = ", ".join(sorted(straddling))
    together = any(len(parts_of(code)) > 1 for code in straddling)
    never = (
        "A count of LSOAs that are shown together is never cut; by a weight (conversion.split) it would be an estimate."
        if together
        else "A count by LSOA is never cut: the number is that of the whole LSOA."
    )
    return most, f"Lying in another ward too, and in no total of this one: {names}. {never}"
