"""Of which vintage the LSOA or ward codes of a file are, and on which day they change to another."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from hotspots.periods import Period
from hotspots.sources.sniff.proposal import Finding

_EITHER = ("2011", "2021")


def vintage_findings(
    rows: Sequence[tuple[str, Period | None]], known: Mapping[tuple[str, str], frozenset[str]]
) -> Iterable[Finding]:
    """
    The vintage of the codes of rows, each beside its period (None where it is not known).

    Codes that only one vintage has tell it. Where LSOAs of two vintages have such codes, one after the other, the day
    of the change is proposed; where both are in the same periods, there is nothing to propose.

    Examples
    --------
    >>> known = {("lsoa", "2011"): frozenset({"A", "B"}), ("lsoa", "2021"): frozenset({"A", "C", "D"})}
    >>> [(found.key, found.options, found.how) for found in vintage_findings([("A", None), ("C", None)], known)]
    [('vintage', ('2021',), 'sure')]
    """
    distinct = {code for code, _ in rows}
    lsoas = {vintage: theirs for (kind, vintage), theirs in known.items() if kind == "lsoa"}
    own = {
        vintage: frozenset(distinct & theirs).difference(*(other for name, other in lsoas.items() if name != vintage))
        for vintage, theirs in sorted(lsoas.items())
    }
    mixed = {vintage: found for vintage, found in own.items() if found}
    if len(mixed) > 1:
        yield from _change(rows, mixed)
        return
    fits = {vintage: len(distinct & theirs) for (_, vintage), theirs in sorted(known.items()) if distinct & theirs}
    most = max(fits.values(), default=0)
    vintages = tuple(vintage for vintage, count in fits.items() if count == most) or _EITHER
    why = ", ".join(f"{count} of {len(distinct)} codes are of {vintage}" for vintage, count in fits.items())
    sure = len(vintages) == 1 and all(count < most for vintage, count in fits.items() if vintage != vintages[0])
    yield Finding("vintage", vintages, why or "no known codes to tell it by", "sure" if sure else "decide")


def elsewhere_findings(codes: Iterable[str], known: Mapping[tuple[str, str], frozenset[str]]) -> Iterable[Finding]:
    """
    That the file is one of a larger area, where some of its codes are ours and most are of no area known here.

    Examples
    --------
    >>> known = {("lsoa", "2011"): frozenset({"E01000001"})}
    >>> [found.key for found in elsewhere_findings({"E01000001", "E01000007", "E01000008"}, known)]
    ['elsewhere']
    >>> list(elsewhere_findings({"E01000007", "E01000008"}, known))
    []
    """
    distinct = set(codes)
    others = distinct.difference(*known.values())
    if len(others) < len(distinct) < 2 * len(others):
        why = f"{len(others)} of {len(distinct)} codes are of no area known here: a file of a larger area?"
        yield Finding("elsewhere", (True,), why, "confirm")


def _change(rows: Sequence[tuple[str, Period | None]], own: Mapping[str, frozenset[str]]) -> Iterable[Finding]:
    said = ", ".join(f"{len(found)} codes are of {vintage} alone" for vintage, found in own.items())
    days: list[tuple[date, date, str]] = []  # first and last day of the codes of each vintage
    for vintage, found in own.items():
        held = [of for code, of in rows if code in found and of is not None]
        if held:
            days.append((min(of.start for of in held), max(of.end for of in held), vintage))
    days.sort()
    if len(days) == 2 and len(own) == 2 and days[0][1] < days[1][0]:
        why = f"{said}: the codes change; [sources.conversion] says how both come together"
        yield Finding("vintage", (days[0][2],), why, "confirm")
        yield Finding("vintage_until", (days[0][1],), "the last day with codes of that vintage alone", "confirm")
        return
    where = " in the same periods" if len(days) == len(own) else ""
    yield Finding("vintage", tuple(own), f"{said}{where}: a file, or a part of it, is of one vintage", "decide")
