"""Districts in files from outside: under which headings their codes stand, and by which codes one was known when."""

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

# LAD22CD, lad11cd; LADCD and LADCD_ACTIVE, where a file says its districts without a year, are those of its making.
_HEADING = re.compile(r"^lad(?P<year>\d\d)?cd(?:_active)?$", re.I)
# A district that was made of others, or whose code was changed when its edge was, and the codes on its ground before:
# Code History Database and register of geographic codes of the Office for National Statistics, 2012 to 2025.
_BEFORE = {
    "E06000057": ("E06000048",),
    "E06000058": ("E06000028", "E06000029", "E07000048"),
    "E06000059": ("E07000049", "E07000050", "E07000051", "E07000052", "E07000053"),
    "E06000060": ("E07000004", "E07000005", "E07000006", "E07000007"),
    "E06000061": ("E07000150", "E07000152", "E07000153", "E07000156"),
    "E06000062": ("E07000151", "E07000154", "E07000155"),
    "E06000063": ("E07000026", "E07000028", "E07000029"),
    "E06000064": ("E07000027", "E07000030", "E07000031"),
    "E06000065": (
        "E07000163", "E07000164", "E07000165", "E07000166", "E07000167", "E07000168", "E07000169",
    ),
    "E06000066": ("E07000187", "E07000188", "E07000189", "E07000246"),
    "E07000240": ("E07000100",),
    "E07000241": ("E07000104",),
    "E07000242": ("E07000097",),
    "E07000243": ("E07000101",),
    "E07000244": ("E07000205", "E07000206"),
    "E07000245": ("E07000201", "E07000204"),
    "E07000246": ("E07000190", "E07000191"),
    "E08000037": ("E08000020",),
    "E08000038": ("E08000016",),
    "E08000039": ("E08000019",),
}  # fmt: skip


def district_columns(columns: Iterable[str]) -> list[str]:
    """
    The headings that hold district codes.

    Examples
    --------
    >>> district_columns(["WD25CD", "LAD25CD", "LAD25NM", "lad22cd", "LADCD_ACTIVE"])
    ['LAD25CD', 'lad22cd', 'LADCD_ACTIVE']
    """
    return [name for name in columns if _HEADING.match(name)]


def newest_first(columns: Iterable[str]) -> list[str]:
    """
    Headings of district codes, those without a year first, then that of the latest year.

    Examples
    --------
    >>> newest_first(["LAD11CD", "lad22cd", "LADCD_ACTIVE"])
    ['LADCD_ACTIVE', 'lad22cd', 'LAD11CD']
    """
    years = {name: found["year"] for name in columns if (found := _HEADING.match(name))}
    return sorted(years, key=lambda name: years[name] or "99", reverse=True)


def codes_over_time(lad: str) -> tuple[frozenset[str], ...]:
    """
    The codes that together are the ground of a district: its own, and those of other years.

    Examples
    --------
    >>> [sorted(codes) for codes in codes_over_time("E07000246")]
    [['E07000246'], ['E07000190', 'E07000191']]
    >>> [sorted(codes) for codes in codes_over_time("E06000048")]
    [['E06000048'], ['E06000057']]
    """
    before = _BEFORE.get(lad, ())
    later = [code for code, codes in _BEFORE.items() if codes == (lad,)]
    found = [frozenset({lad}), *(frozenset({code}) for code in later)]
    if before:
        found.append(frozenset(before))
        oldest = frozenset(code for one in before for code in _BEFORE.get(one, (one,)))
        found += [oldest] if oldest != frozenset(before) else []
    return tuple(found)


def parts_of(lad: str) -> tuple[str, ...]:
    """
    The districts that one was made of, where they were several: a file of one of them is not the whole.

    Examples
    --------
    >>> parts_of("E07000246"), parts_of("E06000057"), parts_of("E07000148")
    (('E07000190', 'E07000191'), (), ())
    """
    before = _BEFORE.get(lad, ())
    return before if len(before) > 1 else ()


def in_district(column: "pd.Series[Any]", lad: str) -> "tuple[pd.Series[bool], str]":
    """
    Which rows are of a district, and the codes that say so, in words; no row is, where it is known by none.

    Codes of other years are taken where the file has all that its ground had, so that a part of a district never
    passes for the whole.

    Examples
    --------
    >>> in_district(pd.Series(["E08000020", "E08000021"]), "E08000037")[1]
    'E08000020 (E08000037 in other years)'
    >>> in_district(pd.Series(["E07000190"]), "E07000246")[0].tolist()
    [False]
    """
    held = column.astype(str).str.strip()
    there = set(held.unique())
    codes = next((codes for codes in codes_over_time(lad) if codes <= there), frozenset())
    named = ", ".join(sorted(codes))
    return held.isin(codes), named if codes <= {lad} else f"{named} ({lad} in other years)"
