"""A source that began this year: each build has some months more, and none less another gives a small count away.

What was counted of the first months is printed while they are all there is; when the year is full, it is the year that
is printed. The attacker has both, and knows that the last months were not fewer than none.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from attacker import THRESHOLD, printed_totals
from scipy.optimize import linprog
from test_lsoa_sets import SHAPES, town
from test_ward_sets import boundaries, printed  # noqa: F401 (a fixture)

from hotspots.pipeline import build_area
from hotspots.snapshot import Build

CODES = list(SHAPES["lsoa-2011"])
# The first and the last quarter of each period that a build prints, of the quarters of 2019/20 and 2020/21.
QUARTERS = {
    "2019-04 to 2019-06": (0, 1), "2019-04 to 2019-09": (0, 2), "2019-04 to 2019-12": (0, 3), "2019/20": (0, 4),
    "2020/21": (4, 8), "2019/20 to 2020/21": (0, 8),
}  # fmt: skip
LAST_DAYS = {1: "2019-06-30", 2: "2019-09-30", 3: "2019-12-31", 4: "2020-03-31", 8: "2021-03-31"}


def build_of(folder: Path, boundaries: Path, counts: np.ndarray, *, quarters: int, policy: str = "controlled") -> Build:  # noqa: F811
    """A build of the first quarters of the counts (area by quarter), after those that are in the folder."""
    area = folder / f"area-{quarters}"
    path = town(area, boundaries, vintage="2011", policy=policy)
    lines = [
        f"{code},{2019 + quarter // 4}/{20 + quarter // 4} Q{quarter % 4 + 1},{count}"
        for code, own in zip(CODES, counts, strict=True)
        for quarter, count in enumerate(own[:quarters])
    ]
    (area / "callouts.csv").write_text("\n".join(["lsoa_code,period,count", *lines]))
    path.write_text(path.read_text().replace("2022-03-31", LAST_DAYS[quarters]))
    return build_area(path, folder / "build")


def told(builds: Sequence[Build], folder: Path, counts: np.ndarray) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Small counts of areas in a period, or in what one has besides another: number, smallest and largest it can be."""
    prints = [printed(build, "partner", folder, "callouts") for build in builds]
    periods = {period: QUARTERS[period] for own in prints for _, period in own}
    totals = {when: number for build in builds for (_, when), number in printed_totals(build, "partner").items()}
    shown = {cell: number for own in prints for cell, number in own.items() if number is not None}
    equal, number = [], []
    for (code, period), value in shown.items():
        equal.append(of(code, *periods[period]))
        number.append(value)
    for period in totals.keys() & periods.keys():
        equal.append(sum(of(code, *periods[period]) for code in CODES))
        number.append(totals[period])
    found = {}
    for name, (first, last) in {**periods, **dict(besides(list(periods.items())))}.items():
        for at, code in enumerate(CODES):
            true = int(counts[at, first:last].sum())
            if 0 < true < THRESHOLD:
                asked = of(code, first, last)
                ends = [linprog(sign * asked, A_eq=np.array(equal), b_eq=number) for sign in (1.0, -1.0)]
                assert ends[0].status == 0
                low = math.ceil(ends[0].fun - 1e-6)
                high = math.floor(-ends[1].fun + 1e-6) if ends[1].status == 0 else 10**6
                assert low <= true <= high
                if high - low + 1 < THRESHOLD:
                    found[code, name] = (true, low, high)
    return found


def of(code: str, first: int, last: int) -> np.ndarray:
    """One of every unknown (area by quarter) that is counted."""
    chosen = np.zeros((len(CODES), 8))
    chosen[CODES.index(code), first:last] = 1
    return chosen.ravel()


def besides(periods: Sequence[tuple[str, tuple[int, int]]]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The quarters that one period has after another of the same beginning."""
    for longer, (first, last) in periods:
        for shorter, (begin, end) in periods:
            if first == begin and end < last:
                yield f"{longer} less {shorter}", (end, last)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("steps", [(3, 4), (2, 3), (2, 3, 4), (3, 8), (4, 3)], ids=str)
def test_a_year_that_fills_from_build_to_build_gives_no_small_count_away(
    steps: tuple[int, ...], seed: int, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    counts = np.random.default_rng(seed).choice([0, 0, 1, 1, 2, 3, 6, 9], size=(len(CODES), 8))
    builds = [build_of(tmp_path, boundaries, counts, quarters=quarters) for quarters in steps]
    assert told(builds, tmp_path, counts) == {}
