"""Everything that is published of one source, as a system of equations: what an attentive reader can work with.

An unknown is the number of one measure in one **cell** (a layer, an area and a period; all its measures are shown or
hidden together). The rows say what is known between cells: single years add up to runs of years, LSOAs to wards where
the counts bear it out, areas to the printed total of the city, and a number is never below the count of its events.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from hotspots.areas import AreaKind, parts_of
from hotspots.disclosure.fillings import covers, nested_pairs
from hotspots.disclosure.gate import audited_periods
from hotspots.disclosure.overlay import Overlay, missed
from hotspots.disclosure.pieces import Pieces, years_by_period
from hotspots.disclosure.suppress import Numbers, read_back
from hotspots.periods import Period
from hotspots.settings import PolicySection

Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

CATEGORY = "all"
CELL = ["layer", "area_code", "period"]
_CLOSE = 1e-6


@dataclass(frozen=True, eq=False)
class PublishedCube:
    """One area layer of a source, with the periods it is held for.

    ``rules`` are those of the earlier build that printed it, where one did, and ``ground`` is then the layer of this
    build that has the same areas, if any.
    """

    layer_id: str
    kind: AreaKind
    rows: pd.DataFrame
    periods: Sequence[Period]
    rules: PolicySection | None = None
    ground: str = ""

    @property
    def audited(self) -> pd.DataFrame:
        """The rows that may be asked for below the restricted audience."""
        labels = [period.label for period in audited_periods(self.periods)]
        chosen = (self.rows["category"] == CATEGORY) & self.rows["period"].isin(labels)
        return self.rows[chosen].assign(layer=self.layer_id)


@dataclass(frozen=True, eq=False)
class System:
    """
    The cells, their numbers, and what ties them together.

    ``values`` has a row for each family (an end of a measure: ``counted`` ones are counts of events themselves) and a
    column for each cell; missing where there is no number. A number that is shown is known to lie from ``shown_low`` to
    ``shown_high``: itself, or the range that its rounding leaves. ``matrix`` times the numbers, in the order of
    ``values.ravel()``, lies from ``row_low`` to ``row_high``. ``zeros_shown``: a hidden number is no zero, unless the
    audit had to hide one. ``given``: cells that an earlier build showed as they still are; hiding them hides nothing.
    After the cells' numbers come ``inner`` unknowns that are never printed (:mod:`hotspots.disclosure.pieces`, and what
    a period has besides a part of it that another build printed). ``guarded``: the small ones among the latter, to be
    guarded like hidden cells, and whether each is a count of events.
    """

    cells: pd.DataFrame
    events: Numbers
    values: Numbers
    counted: tuple[bool, ...]
    shown_low: Numbers
    shown_high: Numbers
    matrix: csr_array
    row_low: Numbers
    row_high: Numbers
    zeros_shown: bool
    given: Flags
    inner: int = 0
    guarded: Mapping[int, bool] = field(default_factory=dict)

    def counts(self, unknown: int) -> bool:
        """Whether an unknown that is hidden or guarded is a count of events itself."""
        return self.guarded[unknown] if unknown in self.guarded else self.counted[unknown // len(self.cells)]

    def with_inner(self, numbers: npt.NDArray[Any], fill: float) -> npt.NDArray[Any]:
        """A number for every unknown: those of the cells, and ``fill`` for each one that is never printed."""
        return np.append(numbers.ravel(), np.full(self.inner, fill, dtype=numbers.dtype))

    @cached_property
    def _groups(self) -> Places:
        return hanging_together(self.matrix)

    def tied_with(self, unknown: int) -> tuple[Places, Places]:
        """The unknowns that any chain of rows ties to this one (itself among them), and those rows."""
        tied = np.flatnonzero(self._groups == self._groups[unknown])
        return tied, np.flatnonzero(np.diff(self.matrix[:, tied].indptr))


def hanging_together(matrix: csr_array) -> Places:
    """For each column of a matrix the number of the group that its rows tie it to."""
    used = abs(matrix)
    return np.asarray(connected_components(used.T @ used, directed=False)[1], dtype=np.intp)


def published_system(
    cubes: Sequence[PublishedCube],
    section: PolicySection,
    *,
    parents: "pd.Series[str]",
    groups: Mapping[str, str],
    totals_printed: bool,
    given: pd.MultiIndex | None = None,
    pieces: Sequence[Pieces] = (),
    overlay: Overlay | None = None,
) -> System:
    """
    The system of one source.

    Parameters
    ----------
    cubes
        Every area layer of the source, whole.
    parents
        Ward of each LSOA. A ward is the sum of its LSOAs only in the periods in which its counts are.
    groups
        What LSOA codes of two vintages have in common: the group of each code. Layers of one group count the same.
    totals_printed
        Whether the city's totals are printed exactly (those of health sources are not).
    given
        Cells (layer, area code, period) that earlier builds showed with the number that they still have.
    pieces
        What is printed of places inside the areas, by measure.
    overlay
        How the areas of several layers cut each other.
    """
    rows = pd.concat([cube.audited for cube in cubes], ignore_index=True)
    cells = rows[CELL].drop_duplicates().sort_values(CELL, ignore_index=True)
    numbers, events, measures = _families(rows, cells)
    place = {cell: number for number, cell in enumerate(cells.itertuples(index=False, name=None))}
    cut = [] if overlay is None else overlay.sums([(cube.layer_id, cube.kind, cube.periods) for cube in cubes], place)
    of_cells = [whole for whole in cut if max(whole[1]) < len(cells)]
    over_space = [*_sums_over_space(cubes, place, parents), *_sums_over_groups(cubes, place, groups)]
    nested = _tied(numbers, dict.fromkeys([*over_space, *of_cells]))
    ties = [*nested, *_tied(numbers, _sums_over_time(cubes, place)), *_at_least_their_events(numbers, events)]
    if totals_printed:
        ties += _printed_totals(numbers, cubes, cells, nested={place for tie in nested for place in tie.parts})
    of_pieces = [whole for whole in cut if max(whole[1]) >= len(cells)]
    inner = len(numbers) * (max((max(parts) + 1 for _, parts in of_pieces), default=len(cells)) - len(cells))
    ties += _sums_of_pieces(numbers, of_pieces, each=inner // len(numbers))
    for own in pieces:
        ties += _held_by_places(
            own, cubes, place, numbers, family=measures.index(own.measure), first=numbers.size + inner
        )
        inner += len(own)
    counted = tuple(bool(np.array_equal(*pair)) for pair in zip(np.nan_to_num(numbers), events, strict=True))
    pairs = list(_nested_periods(cubes, place))
    besides = list(_besides(numbers, events, pairs, section, first=numbers.size + inner))
    ties += [tie for tie, _ in besides]
    inner += len(besides)
    guarded = {tie.parts[1]: counted[tie.parts[0] // len(cells)] for tie, small in besides if small}
    matrix, low, high = _matrix(ties, numbers.size + inner)
    shown_low, shown_high = np.empty_like(numbers), np.empty_like(numbers)
    for cube in cubes:
        at = np.flatnonzero(cells["layer"] == cube.layer_id)
        for family, counts in enumerate(counted):
            ends = read_back(numbers[family, at], cube.rules or section, counts=counts)
            shown_low[family, at], shown_high[family, at] = ends
    known = np.zeros(len(cells), dtype=bool) if given is None else pd.MultiIndex.from_frame(cells).isin(given)
    zeros = section.zero == "show"
    return System(
        cells, events[0], numbers, counted, shown_low, shown_high, matrix, low, high, zeros, known, inner, guarded
    )


@dataclass(frozen=True)
class _Tie:
    """``whole`` (an unknown) less the sum of ``parts`` lies from ``low`` to ``high``; no whole is a whole of nought."""

    whole: int | None
    parts: tuple[int, ...]
    low: float = 0.0
    high: float = 0.0


_Sum = tuple[int, tuple[int, ...]]


def _families(rows: pd.DataFrame, cells: pd.DataFrame) -> tuple[Numbers, Numbers, list[str]]:
    """Every measure's numbers by cell (lower ends, and upper ends where any differs), the events behind, its name."""
    index = pd.MultiIndex.from_frame(cells)
    numbers, events, names = [], [], list[str]()
    for name, own in rows.groupby("measure", sort=False):
        by_cell = own.set_index(CELL)[["lower", "upper", "events"]].reindex(index)
        ends = ["lower"] if by_cell["lower"].equals(by_cell["upper"]) else ["lower", "upper"]
        numbers += [by_cell[end].to_numpy(dtype=np.float64) for end in ends]
        events += [by_cell["events"].fillna(0).to_numpy(dtype=np.float64) for _ in ends]
        names += [str(name) for _ in ends]
    return np.stack(numbers), np.stack(events), names


def _sums_over_time(cubes: Sequence[PublishedCube], place: dict[tuple[str, ...], int]) -> Iterator[_Sum]:
    for cube in cubes:
        filled = [(whole.label, parts) for whole, parts in covers(audited_periods(cube.periods))]
        for code in sorted(cube.rows["area_code"].unique()):
            for whole, parts in filled:
                cell = place[cube.layer_id, code, whole]
                yield cell, tuple(place[cube.layer_id, code, part.label] for part in parts)


def _sums_over_space(
    cubes: Sequence[PublishedCube], place: dict[tuple[str, ...], int], parents: "pd.Series[str]"
) -> Iterator[_Sum]:
    by_ward = {str(ward): frozenset(own.index) for ward, own in parents.groupby(parents)}
    for wards in (cube for cube in cubes if cube.kind == "ward"):
        for lsoas in (cube for cube in cubes if cube.kind == "lsoa"):
            areas = {code: frozenset(parts_of(code)) for code in sorted(lsoas.rows["area_code"].unique())}
            for ward, held in by_ward.items():
                inside = [code for code, own in areas.items() if own <= held]
                if frozenset[str]().union(*(areas[code] for code in inside)) == held:
                    yield from _sums(place, (wards, [ward]), (lsoas, inside))


def _sums_over_groups(
    cubes: Sequence[PublishedCube], place: dict[tuple[str, ...], int], groups: Mapping[str, str]
) -> Iterator[_Sum]:
    """LSOAs of two layers on the same ground, whichever vintage each is of: what is one area in a layer is a sum."""
    lsoas = [cube for cube in cubes if cube.kind == "lsoa"]
    codes = {code for cube in lsoas for code in cube.rows["area_code"]}
    joined = {part: code for code in sorted(codes) for part in parts_of(code) if len(parts_of(code)) > 1}
    grouped = [dict[str, list[str]]() for _ in lsoas]
    for own, cube in zip(grouped, lsoas, strict=True):
        for code in sorted(cube.rows["area_code"].unique()):
            first = parts_of(code)[0]
            own.setdefault(groups.get(first, joined.get(first, first)), []).append(code)
    for later in range(1, len(lsoas)):
        for earlier in range(later):
            for group in sorted(grouped[later].keys() & grouped[earlier].keys()):
                sides = (lsoas[later], grouped[later][group]), (lsoas[earlier], grouped[earlier][group])
                # As the overlay has it: of two single areas, that of the later layer is the whole.
                whole, held = sides if len(sides[0][1]) == 1 else sides[::-1]
                if len(whole[1]) == 1:
                    yield from _sums(place, whole, held)


_Side = tuple[PublishedCube, list[str]]


def _sums(place: dict[tuple[str, ...], int], whole: _Side, held: _Side) -> Iterator[_Sum]:
    """One area of a layer as the sum of areas of another, in the periods that both are published for."""
    for period in audited_periods(whole[0].periods):
        cell = place.get((whole[0].layer_id, whole[1][0], period.label))
        found = [place.get((held[0].layer_id, code, period.label)) for code in held[1]]
        if cell is not None and found and None not in found:
            yield cell, tuple(part for part in found if part is not None)


def _sums_of_pieces(numbers: Numbers, sums: Sequence[_Sum], *, each: int) -> Iterator[_Tie]:
    """
    Areas as the sums of pieces, some of them unknowns of their own: so many in each family, after all cells.

    Counts that came by code may have changed since an earlier build printed them: what they miss by is let through.
    """
    width = numbers.shape[1]
    for family, own in enumerate(numbers):
        cells, pieces = family * width, numbers.size + family * each - width
        held = [one for one in sums if not np.isnan(own[[part for part in (one[0], *one[1]) if part < width]]).any()]
        for (whole, parts), miss in zip(held, missed(own, held, pieces=each), strict=True):
            both = tuple(part + (cells if part < width else pieces) for part in parts)
            yield _Tie(cells + whole, both, min(0.0, miss), max(0.0, miss))


def _tied(numbers: Numbers, sums: Iterable[_Sum]) -> list[_Tie]:
    """The sums that hold, in each family: one that does not is no equation."""
    width = numbers.shape[1]
    return [
        _Tie(family * width + whole, tuple(family * width + part for part in parts))
        for whole, parts in sums
        for family, own in enumerate(numbers)
        if abs(own[whole] - own[list(parts)].sum()) < _CLOSE
    ]


def _at_least_their_events(numbers: Numbers, events: Numbers) -> Iterator[_Tie]:
    """Needles are not fewer than finds, nor an upper end below its lower one: where that holds in every cell."""
    width = numbers.shape[1]
    for count, own in enumerate(numbers):
        if not np.array_equal(np.nan_to_num(own), events[count]):
            continue
        for other in range(len(numbers)):
            behind = other != count and np.array_equal(events[other], events[count])
            if behind and (np.nan_to_num(numbers[other]) >= np.nan_to_num(own)).all():
                known = np.flatnonzero(~np.isnan(own))
                yield from (_Tie(other * width + cell, (count * width + cell,), 0.0, np.inf) for cell in known)


def _nested_periods(cubes: Sequence[PublishedCube], place: dict[tuple[str, ...], int]) -> Iterator[tuple[int, int]]:
    """Cells of one area in two builds, the longer period before the shorter one inside it."""
    for whole, part in permutations(cubes, 2):
        if (whole.ground or whole.layer_id) == (part.ground or part.layer_id):
            codes = sorted(set(whole.rows["area_code"]) & set(part.rows["area_code"]))
            for longer, shorter in nested_pairs(audited_periods(whole.periods), audited_periods(part.periods)):
                for code in codes:
                    yield place[whole.layer_id, code, longer.label], place[part.layer_id, code, shorter.label]


def _besides(
    numbers: Numbers, events: Numbers, pairs: Sequence[tuple[int, int]], section: PolicySection, *, first: int
) -> Iterator[tuple[_Tie, bool]]:
    """
    A longer period is a part of it and what it has besides, an unknown of its own; and whether that is a small count.

    Where today's numbers bear it out: records that were taken back leave a year with less than its months had.
    """
    width = numbers.shape[1]
    for family, own in enumerate(numbers):
        for whole, part in pairs:
            if own[whole] >= own[part]:
                more = events[family, whole] - events[family, part]
                yield (
                    _Tie(family * width + whole, (family * width + part, first)),
                    bool(more < section.threshold and (more > 0 or section.zero == "hide")),
                )
                first += 1


def _printed_totals(
    numbers: Numbers, cubes: Sequence[PublishedCube], cells: pd.DataFrame, *, nested: set[int]
) -> list[_Tie]:
    """The city's totals, where the areas of a layer add up to them and their wards do not already say so."""
    width = numbers.shape[1]
    wards_first = sorted(cubes, key=lambda cube: cube.kind != "ward")
    ties = []
    for period in cells["period"].unique():
        of_period = cells["period"] == period
        # Wards by date have a layer each, with the periods in which they are in force.
        main = next(cube.layer_id for cube in wards_first if (of_period & (cells["layer"] == cube.layer_id)).any())
        printed = numbers[:, np.flatnonzero(of_period & (cells["layer"] == main))].sum(axis=1)
        for layer in cells["layer"].unique():
            parts = np.flatnonzero(of_period & (cells["layer"] == layer))
            for family, total in enumerate(printed):
                places = tuple(int(family * width + part) for part in parts)
                if abs(numbers[family, parts].sum() - total) < _CLOSE and not nested.issuperset(places):
                    ties.append(_Tie(None, places, -float(total), -float(total)))
    return ties


def _held_by_places(
    pieces: Pieces,
    cubes: Sequence[PublishedCube],
    place: dict[tuple[str, ...], int],
    numbers: Numbers,
    *,
    family: int,
    first: int,
) -> Iterator[_Tie]:
    """An area has at least the events of its pieces, where it has, and a place those that are printed of it."""
    before = family * len(place)
    first_day = min(period.start for cube in cubes for period in cube.periods)
    last_day = max(period.end for cube in cubes for period in cube.periods)
    for cube in cubes:
        codes = sorted(set(pieces.codes[cube.layer_id]) - {""})
        audited = audited_periods(cube.periods)
        for period, years in years_by_period(audited, pieces.years, first=first_day, last=last_day).items():
            for code in codes:
                inside, cell = pieces.of_area(cube.layer_id, code, years), place[cube.layer_id, code, period]
                if numbers[family, cell] >= pieces.events[inside].sum():
                    yield _Tie(before + cell, tuple(first + number for number in inside), 0.0, np.inf)
    for count in pieces.counts:
        parts = tuple(first + number for number in pieces.of_place(count.place, count.years))
        yield _Tie(None, parts, -count.high, -count.low)


def _matrix(ties: Sequence[_Tie], columns: int) -> tuple[csr_array, Numbers, Numbers]:
    row, column, factor = [], [], []
    for number, tie in enumerate(ties):
        wholes = [] if tie.whole is None else [tie.whole]
        row += [number] * (len(tie.parts) + len(wholes))
        column += [*tie.parts, *wholes]
        factor += [-1.0] * len(tie.parts) + [1.0] * len(wholes)
    matrix = csr_array((factor, (row, column)), shape=(len(ties), columns), dtype=np.float64)
    return matrix, np.array([tie.low for tie in ties]), np.array([tie.high for tie in ties])
