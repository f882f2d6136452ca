"""After the audit, an enumeration of every solution in whole numbers finds enough values for each hidden cell."""

import itertools

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from hotspots.disclosure.audit import Audited, audit_source
from hotspots.disclosure.system import PublishedCube
from hotspots.layer import CUBE_COLUMNS
from hotspots.periods import Period, financial_year, span
from hotspots.settings import PolicySection

YEARS = [financial_year(2016), financial_year(2017)]
RUN = span(YEARS[0].start, YEARS[1].end)
PARENTS = pd.Series({"L1": "W1", "L2": "W1", "L3": "W2"})
LSOAS, WARDS = ["L1", "L2", "L3"], ["W1", "W2"]
Cells = dict[tuple[str, str], int]


def cube(layer_id: str, kind: str, counts: Cells, *, factor: int = 0) -> PublishedCube:
    periods: list[Period] = [*YEARS, RUN]
    rows = []
    for (code, period), count in counts.items():
        rows.append((code, period, "instances", "all", count, count, count, "ok", count))
        if factor:
            rows.append((code, period, "volume", "all", *[count * factor] * 3, "ok", count))
    frame = pd.DataFrame(rows, columns=list(CUBE_COLUMNS)).astype(dict.fromkeys(("value", "lower", "upper"), float))
    return PublishedCube(layer_id, kind, frame.astype({"events": float}), periods)  # type: ignore[arg-type]


def everything(first: np.ndarray, second: np.ndarray) -> Cells:
    """Counts by area and period, from those of three LSOAs in two years."""
    found: Cells = {}
    for label, counts in ((YEARS[0].label, first), (YEARS[1].label, second), (RUN.label, first + second)):
        values = [*counts, counts[0] + counts[1], counts[2]]
        found |= {(code, label): int(value) for code, value in zip([*LSOAS, *WARDS], values, strict=True)}
    return found


def solutions(total: int, least: int) -> np.ndarray:
    ways = [
        (one, two, total - one - two)
        for one, two in itertools.product(range(least, total + 1), repeat=2)
        if total - one - two >= least
    ]
    return np.array(ways)


def possible(
    truth: Cells, shown: set[tuple[str, str]], totals: tuple[int, int], *, zero: str
) -> dict[tuple[str, str], set[int]]:
    """The values that each hidden cell takes among all whole numbers that agree with what is shown."""
    hidden = set(truth) - shown
    least = 0 if zero == "hide" or any(truth[cell] == 0 for cell in hidden) else 1
    first, second = (solutions(total, 0) for total in totals)
    pairs = [array.reshape(-1, 3) for array in np.broadcast_arrays(first[:, None, :], second[None, :, :])]
    tables = everything_of(*pairs)
    fits = np.ones(len(pairs[0]), dtype=bool)
    for cell, values in tables.items():
        fits &= values == truth[cell] if cell in shown else values >= least
    return {cell: set(tables[cell][fits].tolist()) for cell in hidden}


def everything_of(first: np.ndarray, second: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    found = {}
    for label, counts in ((YEARS[0].label, first), (YEARS[1].label, second), (RUN.label, first + second)):
        values = [*counts.T, counts[:, 0] + counts[:, 1], counts[:, 2]]
        found |= {(code, label): value for code, value in zip([*LSOAS, *WARDS], values, strict=True)}
    return found


def audited(truth: Cells, section: PolicySection, *, factor: int = 0, **earlier: pd.MultiIndex) -> Audited:
    parts = [
        cube(layer, kind, {cell: count for cell, count in truth.items() if cell[0] in codes}, factor=factor)
        for layer, kind, codes in (("by-ward", "ward", WARDS), ("by-lsoa", "lsoa", LSOAS))
    ]
    return audit_source(parts, section, parents=PARENTS, totals_printed=True, **earlier)


def shown_cells(result: Audited) -> set[tuple[str, str]]:
    visible = result.mask[result.mask["state"] == "shown"]
    return set(visible[["area_code", "period"]].itertuples(index=False, name=None))


def listed(table: pd.DataFrame) -> set[tuple[str, str]]:
    return set(table[["area_code", "period"]].itertuples(index=False, name=None))


counts_of_a_year = st.lists(st.integers(0, 9), min_size=3, max_size=3).map(np.array)


@example(np.array([0, 0, 0]), np.array([0, 1, 1]), 2, "show")  # two ones of a total of two: only a zero besides helps
@given(counts_of_a_year, counts_of_a_year, st.integers(2, 5), st.sampled_from(["show", "hide"]))
def test_every_hidden_cell_is_as_wide_as_the_threshold_or_as_hiding_everything_would_make_it(
    first: np.ndarray, second: np.ndarray, threshold: int, zero: str
) -> None:
    truth = everything(first, second)
    totals = (int(first.sum()), int(second.sum()))
    result = audited(truth, PolicySection(threshold=threshold, zero=zero))
    shown = shown_cells(result)
    for cell, count in truth.items():
        assert cell not in shown or count >= threshold or (count == 0 and zero == "show")
    values = possible(truth, shown, totals, zero=zero)
    widest = possible(truth, set(), totals, zero=zero)
    exposed = listed(result.exposed)
    for cell, found in values.items():
        assert truth[cell] in found
        assert len(found) >= min(threshold, len(widest[cell])), (cell, found)
        assert (cell in exposed) == (len(found) < threshold), (cell, found)
    assert exposed <= set(values)
    assert audited(truth, PolicySection(threshold=threshold, zero=zero)).mask.equals(result.mask)


def cells_of(cells: set[tuple[str, str]]) -> pd.MultiIndex:
    rows = [("by-ward" if code in WARDS else "by-lsoa", code, period) for code, period in sorted(cells)]
    return (
        pd.MultiIndex.from_tuples(rows, names=["layer", "area_code", "period"])
        if rows
        else pd.MultiIndex.from_arrays([[], [], []], names=["layer", "area_code", "period"])
    )


@given(counts_of_a_year, counts_of_a_year, st.lists(st.integers(-3, 4), min_size=3, max_size=3), st.integers(2, 5))
def test_fault_140_two_builds_with_late_records_between_them_give_no_hidden_number_away(
    first: np.ndarray, second: np.ndarray, late: list[int], threshold: int
) -> None:
    # The reader kept the first build and knows, of every cell that it showed, exactly how far it has moved since.
    section = PolicySection(threshold=threshold)
    before = everything(first, second)
    kept = shown_cells(audited(before, section))
    after = np.maximum(second + late, 0)
    truth, totals = everything(first, after), (int(first.sum()), int(after.sum()))
    still = {cell for cell in kept if before[cell] == truth[cell]}
    result = audited(
        truth,
        section,
        given=cells_of(still),
        changed=cells_of(kept - still),
        withheld=cells_of(set(before) - kept),
    )
    shown = shown_cells(result)
    assert not shown & (set(before) - kept)
    assert all(truth[cell] >= threshold or truth[cell] == 0 for cell in shown)
    for known in (kept, still):  # who reckons with how little changed, and who does not
        found = possible(truth, shown | known, totals, zero="show")
        widest = possible(truth, known, totals, zero="show")
        for cell, numbers in found.items():
            assert truth[cell] in numbers
            assert len(numbers) >= min(threshold, len(widest[cell])), (cell, numbers)


def test_a_zero_is_hidden_only_where_nothing_else_is_left() -> None:
    truth = everything(np.array([0, 9, 9]), np.array([0, 9, 9]))
    assert shown_cells(audited(truth, PolicySection(threshold=2))) == set(truth)
    never = audited(truth, PolicySection(threshold=2, zero="hide"))
    assert not [cell for cell in shown_cells(never) if truth[cell] == 0]
    lone = everything(np.array([0, 0, 0]), np.array([0, 1, 1]))
    result = audited(lone, PolicySection(threshold=2))
    zeros = {cell for cell in lone if lone[cell] == 0 and cell not in shown_cells(result)}
    assert zeros == {("L1", "2017/18"), ("L1", RUN.label)}
    assert result.exposed.empty


MOST = 14  # an unknown is counted up to here, far beyond what is asked of it
PAIR = pd.Series({"L1": "W1", "L2": "W1"})


def rounded_table(numbers: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """Counts by area and period of one ward of two LSOAs in two years, from four numbers each."""
    found = {}
    parts = ((YEARS[0].label, numbers[:, :2]), (YEARS[1].label, numbers[:, 2:]))
    for label, counts in (*parts, (RUN.label, numbers[:, :2] + numbers[:, 2:])):
        columns = (*counts.T, counts.sum(axis=1))
        found |= {(code, label): column for code, column in zip(("L1", "L2", "W1"), columns, strict=True)}
    return found


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.integers(3, 5), st.sampled_from(["show", "hide"]))
def test_a_hidden_number_among_rounded_ones_is_as_wide_as_it_can_be(counts: list[int], threshold: int, zero: str):
    truth = {cell: int(number[0]) for cell, number in rounded_table(np.array([counts])).items()}
    layers = (("by-ward", "ward", ["W1"]), ("by-lsoa", "lsoa", ["L1", "L2"]))
    parts = [
        cube(layer, kind, {cell: count for cell, count in truth.items() if cell[0] in codes})
        for layer, kind, codes in layers
    ]
    section = PolicySection(method="rounding", threshold=threshold, zero=zero)
    result = audit_source(parts, section, parents=PAIR, totals_printed=False)
    shown = shown_cells(result)
    tables = rounded_table(np.array(list(itertools.product(range(MOST + 1), repeat=4))))

    def values(visible: set[tuple[str, str]]) -> dict[tuple[str, str], set[int]]:
        least = 0 if zero == "hide" or any(truth[cell] == 0 for cell in set(truth) - visible) else 1
        fits = np.ones((MOST + 1) ** 4, dtype=bool)
        for cell, numbers in tables.items():
            if cell in visible:
                rounded = (numbers + 2) // 5 == (truth[cell] + 2) // 5
                fits &= rounded & ((numbers >= threshold) | ((numbers == 0) & (zero == "show")))
            else:
                fits &= numbers >= least
        return {cell: set(tables[cell][fits].tolist()) for cell in set(truth) - visible}

    found, widest = values(shown), values(set())
    for cell, numbers in found.items():
        assert truth[cell] in numbers
        assert len(numbers) >= min(threshold, len(widest[cell])), (cell, numbers)
    for cell, count in truth.items():
        assert cell not in shown or count >= threshold or (count == 0 and zero == "show")
