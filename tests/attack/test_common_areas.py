"""Areas that two vintages share, beside what other builds of the folder printed on other areas: nothing hidden follows.

The attacker knows the official lookup, and that years add up to their runs. His unknowns are what each pair of an old
and a new LSOA that share ground had in each year; every area of every layer is a sum of them.
"""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from attacker import ROLES, THRESHOLD, printed_totals
from common_town import (
    EAST,
    KEPT,
    MERGED,
    NORTH,
    ONE,
    ROBIN,
    ROUND,
    SOUTH,
    TWO,
    WEST,
    WHOLE,
    copied,
    links,
    town,
)
from scipy.optimize import linprog
from test_ward_sets import base_of, between

from hotspots.export import export_layer
from hotspots.pipeline import build_area
from hotspots.snapshot import Build
from hotspots.views import Viewer, named_layer

COPIES, YEARS = 4, ("2017/18", "2018/19")
LINKS = [(old, new) for old, new, _ in links(COPIES)]
Cell = tuple[str, str]
COMMON, WEIGHTS = 'split = "common"', 'split = "weights"\nweights = "homes.csv"\nweight_name = "homes"'
# Boundaries, and what becomes of the areas that were split: the counts are of 2011, or of the boundaries' own vintage.
ON_2021 = {"vintage": "2021", "conversion": COMMON}
BY_WEIGHT = {"vintage": "2021", "conversion": WEIGHTS}
ON_2011 = {"vintage": "2011", "conversion": "", "of": "2011"}
SHARED_2011 = {"vintage": "2011", "conversion": COMMON, "of": "2011"}
# Codes of 2011 in the first year, and of 2021 in the second.
CHANGED = {"of": '2011"\nvintage_until = "2018-03-31'}
NEWER = {ONE: (MERGED,), TWO: (MERGED,), WHOLE: (WEST, EAST), ROUND: (NORTH,), ROBIN: (SOUTH,)}


def built(folder: Path, name: str, way: dict[str, str], seed: int, *, into: str = "build") -> Build:
    """A town of no, few or many callouts a year; none where borders were redrawn, if those would be refused."""
    random = np.random.default_rng(seed)
    numbers = random.choice([0, 1, 2, 3, 6, 9], p=[0.15, 0.15, 0.15, 0.15, 0.2, 0.2], size=(COPIES, 6, 2))
    counts = {
        (copied(code, copy), year): int(numbers[copy, at, which])
        for copy in range(COPIES)
        for at, code in enumerate((KEPT, ONE, TWO, WHOLE, ROUND, ROBIN))
        for which, year in enumerate(YEARS)
        if not (seed % 2 == 0 and code in {ROUND, ROBIN})
    }
    if "vintage_until" in way.get("of", ""):
        counts = newer(counts)
    path = town(folder / name, counts, copies=COPIES, **way)  # type: ignore[arg-type]
    homes = "".join(f"{copied(code, copy)},{size}\n" for copy in range(COPIES) for code, size in ((WEST, 3), (EAST, 2)))
    (folder / name / "homes.csv").write_text(f"area_code,weight\n{homes}", encoding="utf-8")
    return build_area(path, folder / into)


def newer(counts: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """The same events, those of the second year by the codes of 2021: of a split area half and half."""
    by_code = {copied(old, copy): [copied(new, copy) for new in parts]
               for copy in range(COPIES) for old, parts in NEWER.items()}  # fmt: skip
    found: dict[tuple[str, str], int] = {}
    for (code, year), count in counts.items():
        parts = by_code.get(code, [code]) if year == YEARS[1] else [code]
        for at, part in enumerate(parts):
            found[part, year] = found.get((part, year), 0) + (count + at) // len(parts)
    return found


def printed(build: Build, audience: str, folder: Path) -> dict[Cell, float | None]:
    layer = named_layer(build, "callouts-by-lsoa", Viewer(ROLES[audience]))  # type: ignore[arg-type]
    export_layer(layer, folder / "callouts.csv", audience=audience)  # type: ignore[arg-type]
    with (folder / "callouts-long.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "callouts"]
    return {
        (row["area_code"], row["period"]): None if row["status"] == "suppressed" else float(row["value"])
        for row in rows
    }


def within(code: str, period: str) -> np.ndarray:
    """The unknowns that an area is the sum of, in a period: by codes of either vintage, alone or joined."""
    codes = set(code.split("+"))
    first, last = period.split(" to ") if " to " in period else (period, period)
    held = [code == "" or old in codes or new in codes for old, new in LINKS]
    return np.array([[here and first <= year <= last for here in held] for year in YEARS], dtype=float).ravel()


def told(builds: Sequence[Build], folder: Path) -> list[Cell]:
    """The hidden counts that all files of a partner leave fewer than five numbers, or give away as small."""
    prints = [printed(build, "partner", folder) for build in builds]
    truth = {cell: number for build in builds for cell, number in printed(build, "restricted", folder).items()}
    read = [
        (cell, *between(number, base_of(build)))
        for build, own in zip(builds, prints, strict=True)
        for cell, number in own.items()
        if number is not None
    ]
    shown = [(within(*cell), low) for cell, low, high in read if low == high]
    ranges = [(sign * within(*cell), sign * end) for cell, *ends in read if ends[0] < ends[1]
              for sign, end in zip((-1, 1), ends, strict=True)]  # fmt: skip
    totals = {when: total for build in builds for (_, when), total in printed_totals(build, "partner").items()}
    policies = {source["policy"] for build in builds for source in build.manifest["sources"].values()}
    assert policies == {"health"} or set(totals) >= set(YEARS)
    hidden = sorted({cell for own in prints for cell, number in own.items() if number is None})
    least = min(1.0, *(float(truth[cell] or 0) for cell in hidden)) if hidden else 1.0
    programme = {
        "A_eq": np.array([*(row for row, _ in shown), *(within("", when) for when in totals)]),
        "b_eq": [*(number for _, number in shown), *totals.values()],
        "A_ub": np.array([*(-within(*cell) for cell in hidden), *(row for row, _ in ranges)]),
        "b_ub": [*(-least for _ in hidden), *(end for _, end in ranges)],
    }
    found = []
    for cell in hidden:
        ends = [linprog(sign * within(*cell), **programme) for sign in (1.0, -1.0)]
        low = math.ceil(ends[0].fun - 1e-6)
        high = math.floor(-ends[1].fun + 1e-6) if ends[1].status == 0 else math.inf
        number = truth[cell]
        assert number is not None
        assert low <= number <= high, cell
        if number > 0 and (high - low + 1 < THRESHOLD or (number < THRESHOLD and high < THRESHOLD)):
            found.append(cell)
    assert hidden
    return found


@pytest.mark.parametrize("rules", [{"method": "rounding"}, {"policy": "health"}], ids=["rounded", "health"])
def test_rounded_counts_and_those_of_health_on_common_areas_give_no_hidden_count_away(
    rules: dict[str, str], tmp_path: Path
) -> None:
    """In one build, and after one on the areas of 2011."""
    builds = [built(tmp_path, "then", ON_2011 | rules, 1), built(tmp_path, "now", ON_2021 | rules, 1)]
    assert told(builds[1:], tmp_path) == []
    assert told(builds, tmp_path) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_one_build_on_common_areas_gives_no_hidden_count_away(seed: int, tmp_path: Path) -> None:
    assert told([built(tmp_path, "now", ON_2021, seed)], tmp_path) == []


@pytest.mark.parametrize(
    ("first", "second", "seed"),
    [
        (BY_WEIGHT, ON_2021, 2),
        (ON_2021, BY_WEIGHT, 4),
        (ON_2011, ON_2021, 1),
        (ON_2021, ON_2011, 3),
        (SHARED_2011, ON_2021, 5),
        (ON_2011, ON_2021 | CHANGED, 1),
        (BY_WEIGHT | CHANGED, ON_2021 | CHANGED, 2),
        (ON_2021 | CHANGED, BY_WEIGHT | CHANGED, 4),
    ],
    ids=[
        "weights-common",
        "common-weights",
        "2011-common",
        "common-2011",
        "common-of-2011-common",
        "2011-changed",
        "changed-weights-common",
        "changed-common-weights",
    ],
)
def test_the_next_build_on_other_areas_gives_no_hidden_count_away(
    first: dict[str, str], second: dict[str, str], seed: int, tmp_path: Path
) -> None:
    builds = [built(tmp_path, "then", first, seed), built(tmp_path, "now", second, seed)]
    exposed = builds[-1].manifest["audit"]["partner"]["callouts-by-lsoa"]["exposed"]
    assert len(told(builds, tmp_path)) <= exposed


def test_a_build_that_knows_nothing_of_the_other_would_have_given_counts_away(tmp_path: Path) -> None:
    builds = [built(tmp_path, "then", ON_2011, 1), built(tmp_path, "now", ON_2021, 1, into="elsewhere")]
    assert told(builds, tmp_path) != []
