"""A source that began this year: each build has some months more, and none less another gives a small count away.

What was counted of the first months is printed while they are all there is; when the year is full, it is the year that
is printed. The attacker has both, and knows that the last months were not fewer than none. `make soak` makes many more
towns (`tests/soak/test_growing_source.py`).
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import shapely
from attacker import THRESHOLD, printed_totals
from scipy.optimize import linprog
from test_lsoa_sets import SHAPES, town
from test_ward_sets import LSOAS, ONE_SET, area_in, boundaries, printed  # noqa: F401 (a fixture)

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


def build_of_finds(folder: Path, boundaries: Path, counts: np.ndarray, *, quarters: int) -> Build:  # noqa: F811
    """As :func:`build_of`, of needle finds: by position, so by wards as well as by small areas."""
    area = folder / f"area-{quarters}"
    path = area_in(area, boundaries, sets=LSOAS + ONE_SET.format(vintage=2018), seed=0)
    lines = ["date_reported,easting,northing,quantity,land"]
    for code, own in zip(CODES, counts, strict=True):
        middle = shapely.centroid(SHAPES["lsoa-2011"][code])
        for quarter, count in enumerate(own[:quarters]):
            day = f"{2019 + (quarter + 1) // 4}-{(4 + 3 * quarter - 1) % 12 + 1:02d}-15"
            lines += [f"{day},{middle.x + 40 * at:.0f},{middle.y + 30 * quarter:.0f},1,park" for at in range(count)]
    (area / "finds.csv").write_text("\n".join(lines))
    path.write_text(path.read_text().replace("2022-03-31", LAST_DAYS[quarters]))
    return build_area(path, folder / "build")


def told(
    builds: Sequence[Build], folder: Path, counts: np.ndarray, *, measure: str = "callouts"
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Small counts of areas in a period, or in what one has besides another: number, smallest and largest it can be."""
    prints = [printed(build, "partner", folder, measure) for build in builds]
    areas = {code for own in prints for code, _ in own}
    periods = {period: QUARTERS[period] for own in prints for _, period in own}
    shown = {cell: number for own in prints for cell, number in own.items() if number is not None}
    known = [(of(code, *periods[period]), number) for (code, period), number in shown.items()]
    for build in builds:
        totals = {when: number for (what, when), number in printed_totals(build, "partner").items() if what == measure}
        known += [(of("", *periods[period]), totals[period]) for period in totals.keys() & periods.keys()]
    found = {}
    for name, (first, last) in {**periods, **dict(besides(list(periods.items())))}.items():
        for code in sorted(areas):
            asked = of(code, first, last)
            true = int(asked @ counts.ravel())
            if 0 < true < THRESHOLD:
                equal = {"A_eq": np.array([row for row, _ in known]), "b_eq": [number for _, number in known]}
                ends = [linprog(sign * asked, **equal) for sign in (1.0, -1.0)]
                assert ends[0].status == 0
                low = math.ceil(ends[0].fun - 1e-6)
                high = math.floor(-ends[1].fun + 1e-6) if ends[1].status == 0 else 10**6
                assert low <= true <= high
                if high - low + 1 < THRESHOLD:
                    found[code, name] = (true, low, high)
    return found


def of(code: str, first: int, last: int) -> np.ndarray:
    """One of every unknown (small area by quarter) that is counted in an area; in the whole town if in none."""
    shapes = SHAPES["lsoa-2011"] | SHAPES["ward-2018"]
    chosen = np.zeros((len(CODES), 8))
    for at, small in enumerate(CODES):
        if not code or shapely.covers(shapes[code], shapes[small]):
            chosen[at, first:last] = 1
    return chosen.ravel()


def besides(periods: Sequence[tuple[str, tuple[int, int]]]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The quarters that one period has after another of the same beginning."""
    for longer, (first, last) in periods:
        for shorter, (begin, end) in periods:
            if first == begin and end < last:
                yield f"{longer} less {shorter}", (end, last)


@pytest.mark.parametrize("steps", [(3, 4), (2, 3), (2, 3, 4), (3, 8), (4, 3)], ids=str)
def test_a_year_that_fills_from_build_to_build_gives_no_small_count_away(
    steps: tuple[int, ...], boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    counts = np.random.default_rng(0).choice([0, 0, 1, 1, 2, 3, 6, 9], size=(len(CODES), 8))
    builds = [build_of(tmp_path, boundaries, counts, quarters=quarters) for quarters in steps]
    assert told(builds, tmp_path, counts) == {}


def test_finds_of_a_year_that_fills_give_no_small_count_of_a_ward_or_small_area_away(
    boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    counts = np.random.default_rng(0).choice([0, 0, 1, 1, 2, 3, 6, 9], size=(len(CODES), 8))
    builds = [build_of_finds(tmp_path, boundaries, counts, quarters=quarters) for quarters in (3, 4)]
    assert told(builds, tmp_path, counts, measure="instances") == {}
