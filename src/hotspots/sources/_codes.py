"""Area codes and names of supplier files, checked against the declared vintage and no other."""

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from hotspots.areas import AreaKind, Reference
from hotspots.errors import DataRefused, VintageError
from hotspots.sources._cells import Parsed, Problem, clean_code, parse_each, plain

GSS_CODE = re.compile(r"[EWSN][0-9]{8}")
_CHANGED = 3  # codes that stop, and others that start: fewer are slips of the pen


def parse_codes(
    text: "pd.Series[Any]", *, by: str, kind: AreaKind, vintage: str, reference: Reference, where: str
) -> Parsed:
    """
    A column of area codes, from codes or from names of the declared vintage.

    Codes are repaired in form only. What the vintage does not hold is a problem of its row (``unknown-code``,
    ``unknown-name``, ``ambiguous-name``).

    Raises
    ------
    VintageError
        The unknown codes belong to another vintage, which the message names.
    DataRefused
        More than half of the areas named are unknown: the wrong column, or the wrong place.
    """
    known = _known(by, kind, reference)
    tidy = clean_code if by == "code" else _name_key
    named = {tidy(value) for value in text.unique()} - {""}
    reference.check_codes(named if by == "code" else (), kind=kind, vintage=vintage, where=where)
    unknown = named - set(known)
    if len(unknown) * 2 > len(named):
        raise DataRefused(
            f"{where}: {len(unknown)} of {len(named)} areas (such as {min(unknown)[:40]!r}) are not {kind.upper()} "
            f"{by}s of {reference.areas(kind).label}; is that the right column, vintage and place?"
        )

    def parse(cell: str) -> str | Problem:
        found = known.get(tidy(cell))
        if found is None:
            word = plain(cell)
            return (
                Problem(f"unknown-{by}", f"not a {by} of our areas of {vintage}")
                if word
                else Problem("missing-cell", "no area")
            )
        return found or Problem("ambiguous-name", "two areas have this name; give their codes")

    return parse_each(text, parse, dtype="str")


def _known(by: str, kind: AreaKind, reference: Reference) -> dict[str, str]:
    """Code by cleaned code or name; a name that two areas share has the empty code."""
    areas = reference.areas(kind)
    if by == "code":
        return {code: code for code in areas.codes}
    known: dict[str, str] = {}
    for code, name in areas.names.items():
        known[_name_key(name)] = "" if _name_key(name) in known else code
    return known


def looks_like_areas(cells: Iterable[str], *, by: str, kind: AreaKind, reference: Reference) -> bool:
    """Whether any of the cells is an area code (of whatever vintage), or a name of the declared kind."""
    known = _known(by, kind, reference)
    if by == "name":
        return any(_name_key(cell) in known for cell in cells)
    return any(clean_code(cell) in known or GSS_CODE.fullmatch(clean_code(cell)) for cell in cells)


def _name_key(name: str) -> str:
    return plain(name).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()


def change_words(codes: "pd.Series[Any]", days: "pd.Series[Any]", unknown: "pd.Index[Any]") -> list[str]:
    """
    What is said where codes that nobody knows stop as others of ours start, or the reverse; otherwise nothing.

    It is the sign of a change of vintage where no lookup tells the codes of the other, and areas would pass for empty.

    Examples
    --------
    >>> codes = pd.Series([f"E0100000{at}" for at in range(6)])
    >>> days = pd.to_datetime(pd.Series(["2022-04-01"] * 3 + ["2023-04-01"] * 3))
    >>> change_words(codes, days, codes.index[:3])[0][:96]
    '3 codes that are not known (such as E01000000) are stated until 2022-04-01 only, and 3 of ours o'
    >>> change_words(codes, days, codes.index[:1]), change_words(codes, days.where(days > days[0]), codes.index[:3])
    ([], [])
    """
    theirs = codes.loc[unknown][lambda held: held.str.fullmatch(GSS_CODE) & days.loc[unknown].notna()]
    if theirs.nunique() < _CHANGED:
        return []
    first, last = days.loc[theirs.index].min(), days.loc[theirs.index].max()
    ours = days.drop(unknown).groupby(codes.drop(unknown)).agg(["min", "max"])
    after, before = ours["min"] > last, ours["max"] < first
    until = (after, f"until {last:%Y-%m-%d} only, and {{}} of ours only after")
    since = (before, f"from {first:%Y-%m-%d} only, and {{}} of ours only before")
    for others, words in (until, since):
        if others.sum() >= _CHANGED:
            return [
                f"{theirs.nunique()} codes that are not known (such as {theirs.min()}) are stated "
                f"{words.format(int(others.sum()))}: another LSOA vintage? Name the lookup of 2011 to 2021 under "
                "[[boundaries.lookups]], and the last day of the first vintage (vintage_until)"
            ]
    return []


def check_stated_vintage(
    codes: "pd.Series[Any]",
    files: "pd.Series[Any]",
    *,
    vintage: str,
    reference: Reference,
    source_id: str,
    advice: str = "use files of that one",
) -> None:
    """
    Refuse a file that states LSOA codes of another vintage, among codes of places that are not ours.

    A whole force's file names thousands of LSOAs elsewhere, and most codes live through a change of vintage. The sign
    of the other vintage is that codes found only there are stated, and codes that it retired are not.

    Raises
    ------
    VintageError
        The declared vintage is not that of the boundaries, or a file is of another one.
    DataRefused
        No code of the source is one of ours.
    """
    reference.check_codes((), kind="lsoa", vintage=vintage, where=source_id)
    ours = reference.areas("lsoa").codes
    distinct = pd.DataFrame({"file": files, "code": codes}).drop_duplicates()
    for file, own in distinct.groupby("file", sort=False)["code"]:
        stated = set(own) - {""}
        for (kind, other), theirs in sorted(reference.known_codes.items()):
            foreign = stated & (theirs - ours - reference.known_codes.get(("lsoa", vintage), frozenset()))
            if kind == "lsoa" and other != vintage and foreign and not stated & (ours - theirs):
                raise VintageError(
                    f"{file}: {len(foreign)} codes (such as {min(foreign)}) belong to LSOA {other}, but {source_id} "
                    f"declares LSOA {vintage}; declare the right vintage, or {advice}"
                )
    if not set(distinct["code"]) & ours:
        raise DataRefused(
            f"{source_id}: no row states one of the {len(ours)} LSOAs of {reference.areas('lsoa').label}; is that the "
            "right file and vintage?"
        )
