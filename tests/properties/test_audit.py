"""After the audit, an enumeration of every solution in whole numbers finds enough values for each hidden cell."""

import itertools

import numpy as np
import pandas as pd
from hypothesis import given
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


def possible(truth: Cells, shown: set[tuple[str, str]], totals: tuple[int, int]) -> dict[tuple[str, str], set[int]]:
    """The values that each hidden cell takes among all whole numbers that agree with what is shown."""
    hidden = set(truth) - shown
    zeros_hidden = any(truth[cell] == 0 for cell in hidden)
    first, second = (solutions(total, 0) for total in totals)
    pairs = [array.reshape(-1, 3) for array in np.broadcast_arrays(first[:, None, :], second[None, :, :])]
    tables = everything_of(*pairs)
    fits = np.ones(len(pairs[0]), dtype=bool)
    for cell, values in tables.items():
        fits &= values == truth[cell] if cell in shown else values >= (0 if zeros_hidden else 1)
    return {cell: set(tables[cell][fits].tolist()) for cell in hidden}


def everything_of(first: np.ndarray, second: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    found = {}
    for label, counts in ((YEARS[0].label, first), (YEARS[1].label, second), (RUN.label, first + second)):
        values = [*counts.T, counts[:, 0] + counts[:, 1], counts[:, 2]]
        found |= {(code, label): value for code, value in zip([*LSOAS, *WARDS], values, strict=True)}
    return found


def audited(truth: Cells, section: PolicySection, *, factor: int = 0) -> Audited:
    parts = [
        cube(layer, kind, {cell: count for cell, count in truth.items() if cell[0] in codes}, factor=factor)
        for layer, kind, codes in (("by-ward", "ward", WARDS), ("by-lsoa", "lsoa", LSOAS))
    ]
    return audit_source(parts, section, parents=PARENTS, totals_printed=True)


counts_of_a_year = st.lists(st.integers(0, 9), min_size=3, max_size=3).map(np.array)


@given(counts_of_a_year, counts_of_a_year, st.integers(2, 5))
def test_every_hidden_cell_can_be_as_many_numbers_as_the_width_or_nothing_makes_it_wider(
    first: np.ndarray, second: np.ndarray, threshold: int
) -> None:
    truth = everything(first, second)
    totals = (int(first.sum()), int(second.sum()))
    result = audited(truth, PolicySection(threshold=threshold))
    visible = result.mask[result.mask["state"] == "shown"]
    shown = set(visible[["area_code", "period"]].itertuples(index=False, name=None))
    for cell, count in truth.items():
        assert not (1 <= count < threshold and cell in shown)
    values = possible(truth, shown, totals)
    widest = possible(truth, set(), totals)
    for cell, found in values.items():
        assert truth[cell] in found
        assert len(found) > 1 or len(widest[cell]) < threshold, (cell, found)
        exposed = ((result.exposed["area_code"] == cell[0]) & (result.exposed["period"] == cell[1])).any()
        assert len(found) >= threshold or exposed
    assert audited(truth, PolicySection(threshold=threshold)).mask.equals(result.mask)
