"""What can be worked out about a hidden number from everything that is shown: the smallest and largest it can be.

Each question is a small linear programme (HiGHS), asked of the unknowns that hang together. Only whole numbers count:
a bound is taken from a solution in whole numbers, so that what is reported as possible is possible.
"""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from hotspots.disclosure.suppress import Numbers
from hotspots.disclosure.system import Flags, Places, System, hanging_together

_WHOLE = 1e-6
_STRIDES = (1, 2, 3, 5, 8, 10**9)  # how often the corners that are looked at first change direction
_MOST_KEPT = 60  # solutions carried from one round of the search to the next
_NEVER = 1e5  # price of hiding a zero: only where nothing else is left


@dataclass(eq=False)
class Recovery:
    """
    What a reader can work out while the ``hidden`` cells are hidden; unknowns are numbered as ``values.ravel()``.

    ``start``: solutions found while fewer cells were hidden, which are solutions still (:meth:`solutions`).
    """

    system: System
    hidden: Flags
    start: list[Numbers] = field(default_factory=list)
    _parts: dict[int, "_Part"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.low, self.high = _known(self.system, self.hidden)
        free = self.low < self.high
        touching = abs(self.system.matrix) @ free.astype(np.float64) > 0
        self._rows = np.flatnonzero(touching)
        self._label = np.full(free.size, -1)
        self._label[free] = hanging_together(self.system.matrix[self._rows][:, np.flatnonzero(free)])

    @cached_property
    def _corners(self) -> list[Numbers]:
        """Solutions of everything at once: they show straight away how far most unknowns reach."""
        if self.start:
            return self.start
        free = np.flatnonzero(self._label >= 0)
        everything = _Part.of(self, free, self._rows)
        found = np.zeros((2 * len(_STRIDES), self.low.size))
        found[:, free] = everything.corners()
        return list(found)

    def solutions(self) -> list[Numbers]:
        """Solutions of everything, put together from those found for each group: a start for when more is hidden."""
        parts = [
            self._part(int(first)) for first in np.unique(self._label, return_index=True)[1] if self._label[first] >= 0
        ]
        found = [part.solutions or [part.any_solution()] for part in parts]
        most = max((len(own) for own in found), default=0)
        whole = np.tile(self.low, (min(most, _MOST_KEPT), 1))
        for part, own in zip(parts, found, strict=True):
            places = np.fromiter(part.place, dtype=np.intp)
            for number, row in enumerate(whole):
                row[places] = own[number % len(own)]
        return list(whole)

    def part_of(self, unknown: int) -> int:
        """Number of the group of unknowns that hang together with this one."""
        return int(self._label[unknown])

    def interval(self, unknown: int) -> tuple[float, float]:
        """The smallest and the largest whole number that an unknown can be."""
        part = self._part(unknown)
        place = part.place[unknown]
        return part.extreme(place, 1.0), part.extreme(place, -1.0)

    def seen(self, unknown: int) -> tuple[float, float]:
        """The smallest and the largest whole number that an unknown was in any solution found so far."""
        part = self._part(unknown)
        found = [float(solution[part.place[unknown]]) for solution in part.solutions]
        return (min(found), max(found)) if found else (np.inf, -np.inf)

    def possible(self, unknown: int, *, wanted: int) -> int:
        """How many whole numbers an unknown that has been seen can be, counted until there are ``wanted``."""
        part = self._part(unknown)
        return part.count(part.place[unknown], wanted=wanted)

    def _part(self, unknown: int) -> "_Part":
        label = self.part_of(unknown)
        if label not in self._parts:
            unknowns = np.flatnonzero(self._label == label)
            self._parts[label] = part = _Part.of(self, unknowns, self._rows)
            for corner in self._corners:
                part.keep(corner[unknowns])
        return self._parts[label]


@dataclass(eq=False)
class _Part:
    """Unknowns that hang together, with the solutions in whole numbers found so far."""

    place: dict[int, int]
    low: Numbers
    high: Numbers
    rows: LinearConstraint | None
    solutions: list[Numbers] = field(default_factory=list)

    @classmethod
    def of(cls, recovery: Recovery, unknowns: Places, rows: Places) -> "_Part":
        """The part of a system that these unknowns and rows are."""
        system = recovery.system
        own = system.matrix[rows][:, unknowns]
        touched = np.flatnonzero(np.diff(own.indptr))
        chosen = rows[touched]
        fixed = np.where(recovery.low < recovery.high, 0.0, recovery.low)
        settled = system.matrix[chosen] @ fixed
        constraint = LinearConstraint(own[touched], system.row_low[chosen] - settled, system.row_high[chosen] - settled)
        place = {int(unknown): number for number, unknown in enumerate(unknowns)}
        return cls(place, recovery.low[unknowns], recovery.high[unknowns], constraint if len(chosen) else None)

    def corners(self) -> list[Numbers]:
        """A few solutions far apart, not always in whole numbers."""
        found = []
        for stride in _STRIDES:
            aim = np.where(np.arange(len(self.low)) // stride % 2, 1.0, -1.0)
            for sign in (1.0, -1.0):
                found.append(milp(sign * aim, bounds=Bounds(self.low, self.high), constraints=self.rows).x)
        return found

    def keep(self, solution: Numbers) -> bool:
        """Whether a solution is in whole numbers, and then remembered."""
        whole = np.round(solution)
        if (np.abs(solution - whole) < _WHOLE).all():
            self.solutions.append(whole)
            return True
        return False

    def extreme(self, place: int, sign: float) -> float:
        """The smallest (``sign`` 1) or largest (-1) whole number at a place."""
        bound = self.low[place] if sign > 0 else self.high[place]
        if any(solution[place] == bound for solution in self.solutions):
            return float(bound)
        aim = np.zeros(len(self.low))
        aim[place] = sign
        solution = self._solved(aim, self.low, self.high)
        assert solution is not None  # the true numbers are one
        return float(solution[place])

    def any_solution(self) -> Numbers:
        """One solution in whole numbers."""
        found = self._solved(np.zeros(len(self.low)), self.low, self.high)
        assert found is not None  # the true numbers are one
        return found

    def count(self, place: int, *, wanted: int) -> int:
        """Distinct whole numbers at a place, up to ``wanted``; call it after both extremes were asked for."""
        found = {float(solution[place]) for solution in self.solutions}
        lowest, highest = (pick(self.solutions, key=lambda one: one[place]) for pick in (min, max))
        for first, second in product((lowest, highest), self.solutions):
            if len(found) >= wanted:
                break
            # Every point between two solutions solves too; it is whole in steps of the common divisor.
            steps = int(np.gcd.reduce(np.abs(second - first).astype(np.int64)))
            if steps:
                found |= set(np.linspace(first[place], second[place], steps + 1).tolist())
        for value in np.arange(lowest[place], highest[place] + 1):
            if len(found) >= wanted:
                break
            if value not in found and self._with(place, value):
                found.add(float(value))
        return min(len(found), wanted)

    def _with(self, place: int, value: float) -> bool:
        low, high = self.low.copy(), self.high.copy()
        low[place] = high[place] = value
        return self._solved(np.zeros(len(low)), low, high) is not None

    def _solved(self, aim: Numbers, low: Numbers, high: Numbers) -> Numbers | None:
        for whole in (0, 1):  # mostly the corners are whole already, and the quick way does
            found = milp(aim, integrality=np.full(len(aim), whole), bounds=Bounds(low, high), constraints=self.rows)
            if found.x is None:
                return None
            if self.keep(found.x):
                return self.solutions[-1]
        return None


def cells_to_hide(
    system: System, hidden: Flags, unknown: int, target: float, *, whole: bool, zeros: bool
) -> Flags | None:
    """
    The cells to hide besides so that ``unknown`` could be ``target``, smallest counts first; None if none do.

    ``whole`` asks for whole numbers. ``zeros`` lets any hidden number be zero, for which a zero has to be among the
    hidden: one that could be something else, if there is such a one.
    """
    if not zeros or may_be_zero(system, hidden):
        return _moved(system, hidden, unknown, target, whole=whole, zeros=zeros)
    found = _moved(system, hidden, unknown, target, whole=whole, zeros=True, first_zero=True)
    return found if found is not None else _with_any_zero(system, hidden, unknown, target, whole=whole)


def _with_any_zero(system: System, hidden: Flags, unknown: int, target: float, *, whole: bool) -> Flags | None:
    """The same where the unknown can be its target only while every zero stays one: one goes that need not be."""
    found = _moved(system, hidden, unknown, target, whole=whole, zeros=True)
    if found is not None and not may_be_zero(system, hidden | found):
        zeros = [(family, cell) for family in np.flatnonzero(system.counted) for cell in np.flatnonzero(_zeros(system))]
        places = [int(family * len(system.cells) + cell) for family, cell in zeros]
        if not places:
            return None
        open_ones = (place for place in places if farthest(system, place, -1.0) > 0)
        found[next(open_ones, places[0]) % len(system.cells)] = True
    return found


def _moved(
    system: System, hidden: Flags, unknown: int, target: float, *, whole: bool, zeros: bool, first_zero: bool = False
) -> Flags | None:
    """The cheapest shown cells to move so that ``unknown`` is ``target``; ``first_zero`` wants a zero among them."""
    tied, rows = system.tied_with(unknown)
    low, high = _least(system, zeros_hidden=zeros)[tied], np.full(len(tied), _roof(system))
    shown_low, shown_high = system.with_inner(system.shown_low, 0), system.with_inner(system.shown_high, _roof(system))
    low[tied == unknown] = high[tied == unknown] = target
    unit, own = eye_array(len(tied), format="csr"), system.matrix[rows][:, tied]
    # Each number is within what is shown of it, give or take what it moves by; moving a shown cell means hiding it.
    raised = _in_each_family(system, _zeros(system))[tied].astype(np.float64)
    moves = vstack(
        [
            hstack([own, csr_array((len(rows), 2 * len(tied)))]),
            hstack([unit, -unit, unit]),
            csr_array(np.concatenate([raised, np.zeros(2 * len(tied))])[None, :]),
        ]
    ).tocsr()
    price = np.where(system.events > 0, 1 + system.events, _NEVER) + np.arange(len(system.events)) * 1e-6
    price = _in_each_family(system, np.where(hidden, 0.0, price))[tied]
    given = _in_each_family(system, system.given)[tied]
    nothing, anything = np.zeros(2 * len(tied)), np.where(np.tile(given, 2), 0.0, np.inf)
    found = milp(
        np.concatenate([np.zeros(len(tied)), price, price]),
        integrality=np.concatenate([np.full(len(tied), int(whole)), nothing]),
        bounds=Bounds(np.concatenate([low, nothing]), np.concatenate([high, anything])),
        constraints=LinearConstraint(
            moves,
            np.concatenate([system.row_low[rows], shown_low[tied], [float(first_zero)]]),
            np.concatenate([system.row_high[rows], shown_high[tied], [np.inf]]),
        ),
    )
    if found.x is None:
        return None
    moved = np.zeros(system.values.size + system.inner, dtype=bool)
    moved[tied] = found.x[len(tied) : 2 * len(tied)] + found.x[2 * len(tied) :] > _WHOLE
    return np.asarray(moved[: system.values.size].reshape(system.values.shape).any(axis=0) & ~hidden)


def _in_each_family(system: System, cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What holds of the cells for every unknown; of those that are never printed, nothing."""
    return system.with_inner(np.tile(cells, len(system.values)), 0)


def farthest(system: System, unknown: int, sign: float) -> float:
    """The smallest (``sign`` 1) or largest (-1) number that an unknown could be if every cell were hidden."""
    tied, rows = system.tied_with(unknown)
    low, high = _known(system, np.ones_like(system.given))
    bounds = Bounds(low[tied], high[tied])
    constraint = LinearConstraint(system.matrix[rows][:, tied], system.row_low[rows], system.row_high[rows])
    found = milp(sign * (tied == unknown), bounds=bounds, constraints=constraint if len(rows) else None)
    return float(sign * np.ceil(found.fun - _WHOLE))


def may_be_zero(system: System, hidden: Flags) -> bool:
    """Whether a hidden number may be zero: where zeros are never shown, and where one is among the hidden."""
    return not system.zeros_shown or bool((hidden & ~system.given & _zeros(system)).any())


def _zeros(system: System) -> Flags:
    """The cells with a count of nought."""
    counts = system.values[np.array(system.counted, dtype=bool)]
    return np.asarray((counts == 0).any(axis=0))


def _known(system: System, hidden: Flags) -> tuple[Numbers, Numbers]:
    """Smallest and largest number of every unknown before any equation: a hidden one may be anything."""
    away = (hidden & ~system.given & ~np.isnan(system.values)).ravel()
    least = _least(system, zeros_hidden=may_be_zero(system, hidden))
    away, roof = system.with_inner(away, True), _roof(system)
    low = np.where(away, least, system.with_inner(system.shown_low, 0))
    return low, np.where(away, roof, system.with_inner(system.shown_high, roof))


def _least(system: System, *, zeros_hidden: bool) -> Numbers:
    """A hidden number is at least 1, for zeros are shown: unless one of its family is not."""
    values = np.nan_to_num(system.values)
    return system.with_inner(np.where((values > 0) & (not zeros_hidden), 1.0, 0.0), 0)


def _roof(system: System) -> float:
    """A number larger than any that is published: nothing hidden is taken to be beyond it."""
    return 2 * float(np.nanmax(system.values, initial=0)) + 1000
