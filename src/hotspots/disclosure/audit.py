"""The audit of a build: what is hidden below the restricted audience, until nothing hidden can be worked out.

For every source that is not open, all that is published of it together is one system of equations
(:mod:`hotspots.disclosure.system`). A hidden count is safe when it may still be ``interval_width`` different whole
numbers, some below the threshold and some not; until every one is, the cells with the smallest counts are hidden too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from hotspots.disclosure.overlay import Overlay
from hotspots.disclosure.pieces import Pieces
from hotspots.disclosure.recover import Recovery, cells_to_hide, farthest, may_be_zero
from hotspots.disclosure.suppress import Numbers, hide_small
from hotspots.disclosure.system import CATEGORY, Flags, PublishedCube, System, published_system
from hotspots.settings import PolicySection

MASK_COLUMNS = ("layer", "area_code", "period", "category", "measure", "state")
_NO_GROUPS: Mapping[str, str] = MappingProxyType({})
SHARED = "shared"  # one mask for every measure of a cell, so that needles never reveal finds


@dataclass(frozen=True, eq=False)
class Audited:
    """
    The mask of a source and what the audit found.

    ``mask`` has a row for every cell that may be asked for: ``state`` is ``shown``, ``primary`` (small) or
    ``secondary`` (it would reveal a small one). ``intervals`` has the hidden unknowns with their smallest and largest
    number, at least; ``exposed`` those that stay narrower than they should, because nothing is left to hide.
    """

    mask: pd.DataFrame
    intervals: pd.DataFrame
    exposed: pd.DataFrame


def audit_source(
    cubes: Sequence[PublishedCube],
    section: PolicySection,
    *,
    parents: "pd.Series[str]",
    totals_printed: bool,
    groups: Mapping[str, str] = _NO_GROUPS,
    given: pd.MultiIndex | None = None,
    changed: pd.MultiIndex | None = None,
    withheld: pd.MultiIndex | None = None,
    pieces: Sequence[Pieces] = (),
    overlay: Overlay | None = None,
) -> Audited:
    """
    Which cells of one source are hidden, so that none can be worked out from all the others.

    Parameters
    ----------
    cubes
        Every area layer of the source, whole; only what may be asked for below restricted is audited.
    section
        The rules of the source's policy.
    parents
        Ward of each LSOA code.
    groups
        The group of each LSOA code, of whichever vintage, where layers of two vintages are published.
    totals_printed
        Whether the city's totals are printed exactly.
    given
        Cells (layer, area code, period) that an earlier build showed with the number they still have: whoever kept it
        knows them, so hiding them protects nothing.
    changed
        Cells that an earlier build showed with another number. Whoever kept it may know how little they changed: they
        are guarded like any other, and then no other is guarded by them.
    withheld
        Cells that an earlier build hid: they stay hidden, or the two builds together would tell what each one hides.
    pieces
        What is printed of places inside the areas.
    overlay
        How the areas of several layers cut each other.
    """
    system = published_system(
        cubes,
        section,
        parents=parents,
        groups=groups,
        totals_printed=totals_printed,
        given=given,
        pieces=pieces,
        overlay=overlay,
    )
    primary = _primary(cubes, section, system.cells)
    search = _Search(system, section, primary | _among(system, withheld))
    search.run()
    moved = _among(system, changed)
    if (moved & (search.hidden | (section.method == "rounding"))).any():
        search = search.again(known=moved)
    state = np.where(primary, "primary", np.where(search.hidden, "secondary", "shown"))
    mask = system.cells.assign(category=CATEGORY, measure=SHARED, state=state)
    return Audited(mask[list(MASK_COLUMNS)], _described(system, search.safe), _described(system, search.exposed))


def _among(system: System, cells: pd.MultiIndex | None) -> Flags:
    if cells is None:
        return np.zeros(len(system.cells), dtype=bool)
    return np.asarray(pd.MultiIndex.from_frame(system.cells).isin(cells))


def _primary(cubes: Sequence[PublishedCube], section: PolicySection, cells: pd.DataFrame) -> Flags:
    """Cells with a small count behind any of their measures."""
    rows = pd.concat([cube.audited for cube in cubes], ignore_index=True)
    small = hide_small(rows, threshold=section.threshold, hide_zero=section.zero == "hide")
    found = rows.assign(small=small).groupby(list(cells.columns))["small"].any()
    return found.reindex(pd.MultiIndex.from_frame(cells)).to_numpy(dtype=bool)


_Interval = tuple[float, float]


@dataclass(eq=False)
class _Search:
    """The search for cells to hide; hiding more never narrows an interval, so what was found safe stays safe."""

    system: System
    section: PolicySection
    hidden: Flags
    safe: dict[int, _Interval] = field(default_factory=dict)
    exposed: dict[int, _Interval] = field(default_factory=dict)

    def run(self) -> None:
        """Hide more until every hidden number is wide enough, or nothing can make it so."""
        waiting, start = [*self._unknowns(self.hidden), *self.system.guarded], list[Numbers]()
        while waiting:
            recovery, more, later = Recovery(self.system, self.hidden, start), np.zeros_like(self.hidden), list[int]()
            changed: set[int] = set()
            for unknown in waiting:
                if recovery.part_of(unknown) in changed:
                    later.append(unknown)  # its group is about to grow: asked again when it has
                elif not self._is_safe(recovery, unknown):
                    found = self._widen(recovery, unknown, self.hidden | more)
                    if found is None:
                        self._accept(unknown, recovery.interval(unknown))
                    else:
                        more |= found
                        changed.add(recovery.part_of(unknown))
                        later.append(unknown)
            self.hidden = self.hidden | more
            waiting = later + self._unknowns(more)
            start = recovery.solutions() if waiting else []

    def again(self, *, known: Flags) -> "_Search":
        """The search gone on with for a reader who knows some cells besides: none is guarded by them any more."""
        numbers = np.nan_to_num(self.system.values)
        system = replace(
            self.system,
            given=self.system.given | known,
            shown_low=np.where(known, numbers, self.system.shown_low),
            shown_high=np.where(known, numbers, self.system.shown_high),
        )
        search = _Search(system, self.section, self.hidden.copy())
        search.run()
        for before, after in ((self.safe, search.safe), (self.exposed, search.exposed)):
            cells = {unknown: ends for unknown, ends in before.items() if unknown < system.values.size}
            after.update({unknown: ends for unknown, ends in cells.items() if known[unknown % len(known)]})
        return search

    def _accept(self, unknown: int, interval: _Interval) -> None:
        """Nothing makes this interval wider: it will do if only the other side of the threshold is out of reach."""
        low, high = interval
        enough = high - low + 1 >= self.section.width
        (self.safe if enough else self.exposed)[unknown] = interval

    def _unknowns(self, cells: Flags) -> list[int]:
        return [
            int(place) for place in np.flatnonzero((cells & ~self.system.given & ~np.isnan(self.system.values)).ravel())
        ]

    def _is_safe(self, recovery: Recovery, unknown: int) -> bool:
        for ends in (recovery.seen, recovery.interval):  # the second costs two programmes; the first mostly suffices
            low, high = ends(unknown)
            if not self._is_wide(unknown, low, high):
                continue
            if recovery.possible(unknown, wanted=self.section.width) >= self.section.width:
                self.safe[unknown] = (low, high)
                return True
        return False

    def _is_wide(self, unknown: int, low: float, high: float) -> bool:
        counts = self.system.counts(unknown)
        straddles = not counts or low < self.section.threshold <= high
        return straddles and high - low + 1 >= self.section.width

    def _widen(self, recovery: Recovery, unknown: int, hidden: Flags) -> Flags | None:
        """
        The cells to hide besides, or None where nothing makes this interval any wider.

        None besides is an answer while cells that were found for others in this round are still to be hidden.
        """
        waits = bool((hidden & ~self.hidden).any())
        low, high = recovery.interval(unknown)
        narrow = high - low + 1 < self.section.width  # only then is a zero worth hiding
        for reached in self._reachable(unknown, low, high):
            for whole, zeros in self._ways(hidden, zeros=narrow):
                found = cells_to_hide(self.system, hidden, unknown, reached, whole=whole, zeros=zeros)
                if found is not None and (waits or found.any()):
                    return found
        return None

    def _ways(self, hidden: Flags, *, zeros: bool) -> list[tuple[bool, bool]]:
        """Whether to ask for whole numbers, and to let hidden ones be zero: the quick and the cheap way first."""
        if may_be_zero(self.system, hidden):
            return [(False, True), (True, True)]
        return [(False, False), (True, False), *([(True, True)] if zeros else [])]

    def _reachable(self, unknown: int, low: float, high: float) -> list[float]:
        """The numbers outside the interval to try for: the targets as far as they can be reached, then nearer ones."""
        found = []
        for target in self._targets(unknown, low, high):
            end = farthest(self.system, unknown, 1.0 if target < low else -1.0)
            nearest = low - 1 if target < low else high + 1
            reached = max(target, end) if target < low else min(target, end)
            if not low <= reached <= high:
                step = 1.0 if target < low else -1.0
                found.append(np.arange(reached, nearest + step, step))
        firsts = [values[:1] for values in found]
        return np.concatenate([*firsts, *(values[1:] for values in found)]).tolist() if found else []

    def _targets(self, unknown: int, low: float, high: float) -> list[float]:
        """Numbers that the unknown should be able to be and is not, the most wanted first."""
        threshold, width = self.section.threshold, self.section.width
        counts = self.system.counts(unknown)
        upward = max(low + width - 1, threshold if counts else 0)
        downward = min(high - width + 1, threshold - 1 if counts else high)
        wanted = [downward, upward] if counts and low >= threshold else [upward, downward]
        return [target for target in wanted if target < low or target > high]


def _described(system: System, found: dict[int, _Interval]) -> pd.DataFrame:
    cells = len(system.cells)
    intervals = {unknown: ends for unknown, ends in found.items() if unknown < system.values.size}
    rows = system.cells.iloc[[unknown % cells for unknown in intervals]].reset_index(drop=True)
    low = np.array([low for low, _ in intervals.values()], dtype=np.float64)
    high = np.array([high for _, high in intervals.values()], dtype=np.float64)
    return rows.assign(family=[unknown // cells for unknown in intervals], low=low, high=high)
