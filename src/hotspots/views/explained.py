"""How the numbers of a build are made and what they do not say, in plain words for its readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotspots.disclosure import audience_of
from hotspots.measures import MEASURES
from hotspots.settings import PolicySection
from hotspots.snapshot import Build
from hotspots.views.hotspots import agendas
from hotspots.views.read import sources_read
from hotspots.views.selection import Viewer

_COUNTED = {held.source_kind for held in MEASURES.values() if held.statistic == "count"}
_Sources = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Explanation:
    """A heading and what stands under it, a paragraph a text."""

    title: str
    paragraphs: tuple[str, ...]


def explained(build: Build, viewer: Viewer) -> list[Explanation]:
    """
    What a reader of this build has to know, in the order in which it matters; what the build lacks is left out.

    Thresholds, bandwidths and numbers of simulations are those that the build was made with.
    """
    known = sources_read(build, viewer)
    found = [
        Explanation("Small numbers", _small_numbers(build, viewer, known)),
        Explanation("Where recorded crime stands", _snapped(known)),
        Explanation("What standing out beyond chance means", _significance(build, viewer)),
        Explanation("What these numbers cannot tell", _limits(build)),
    ]
    return [explanation for explanation in found if explanation.paragraphs]


def _small_numbers(build: Build, viewer: Viewer, known: _Sources) -> tuple[str, ...]:
    rules = build.settings.disclosure
    told = tuple(
        f"{_together(titles)}: {_rule(policy)}"
        for titles, policy in (
            (_titles(known, "controlled"), rules.controlled),
            (_titles(known, "health"), rules.health),
        )
        if titles
    )
    if not told:
        return ()
    if audience_of(viewer.role) == "restricted":
        return ("You read this as an analyst: your numbers are exact. Partners and the public get less.", *told)
    hidden = (
        "What is kept back is hatched grey on a map and “suppressed” in a table. It is not nought. More than the small "
        "numbers themselves is kept back where totals, years, wards or places would give them away."
    )
    return (*told, hidden)


def _rule(policy: PolicySection) -> str:
    few = f"counts from 1 to {policy.threshold - 1} are kept back"
    if policy.method == "rounding":
        return f"{few}, the others are rounded to multiples of {policy.rounding_base}."
    return f"{few}, the others are exact, but those of places (hotspots): multiples of {policy.rounding_base}."


def _snapped(known: _Sources) -> tuple[str, ...]:
    if not any(source["resolution"] == "snapped_point" for source in known):
        return ()
    return (
        "The police publish a crime at the nearest of a list of points (the middle of a street, a park, a car park), "
        "not where it happened, and by month, not by day. Many crimes on one point are many crimes about it.",
        "The comparison with chance moves its made-up events to the same points, so that a point is not called a "
        "hotspot only for being one. A crime near the border of an area can be published on its other side.",
    )


def _significance(build: Build, viewer: Viewer) -> tuple[str, ...]:
    if not agendas(build, viewer):
        return ()
    rule = build.settings.hotspots
    one_in = round(1 / (1 - rule.level))
    return (
        f"The same number of events is dealt out {rule.simulations:,} times without any clustering, and each of these "
        "maps is searched for the place that is busiest for what is expected there. A place of the real map is a "
        f"hotspot where it is busier than that on nearly all of them: without clustering, at most one map in {one_in} "
        "shows any hotspot at all. For types of recorded crime, what is expected follows all recorded crime, so that "
        "the map does not announce that the centre is busy.",
        "So a hotspot is unlikely to be chance. It does not say why, or that it will stay: the page Locations says how "
        "much of what came later such places held. And where there is no hotspot, numbers may be too small to tell.",
    )


def _limits(build: Build) -> tuple[str, ...]:
    synthetic = any(source["synthetic"] for source in build.manifest["sources"].values())
    return (
        *(("Records of this build are invented: nothing here may be acted on.",) if synthetic else ()),
        "The numbers are what was recorded. More is recorded where people report more and where somebody looks.",
        "Small numbers move by themselves: a place with eight events a month on average has anything from 3 to 14 in "
        "97 of 100 months although nothing changes. Whether a change is more than that: see the page Did it work?",
        "Rates are per resident. A centre has few residents and many visitors, and high rates for that reason alone.",
        "Areas on a map cannot be reached with a keyboard; the table beside each map holds the same numbers.",
    )


def _titles(known: _Sources, policy: str) -> list[str]:
    return [str(source["title"]) for source in known if source["policy"] == policy and source["kind"] in _COUNTED]


def _together(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
