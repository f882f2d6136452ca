"""Callouts by the LSOAs of two censuses, in builds after each other: what both print gives no hidden count away.

The attacker is that of the wards of two times. LSOAs of the town were merged, split in halves, redrawn (an irregular
change), or stayed as they were. `make soak` makes many more towns (`tests/soak/test_lsoa_sets.py`).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from common_town import LOOKUP
from test_ward_sets import MIDDLES, SHAPES, YEARS, boundaries, printed, told  # noqa: F401 (a fixture)

from hotspots.pipeline import build_area

AREA = """
[area]
name = "Town"
lad = "W06000002"

[boundaries]
lsoa = "lsoa-{vintage}"
{lookup}
[disclosure.{policy}]
method = "{method}"

[[sources]]
id = "callouts"
kind = "callouts"
path = "callouts.csv"
vintage = "{vintage}"
covers_from = 2019-04-01
covers_to = 2022-03-31
absent = "zero"
policy = "{policy}"
"""
RESIDENTS = """
[[sources]]
id = "residents"
kind = "population"
path = "residents.csv"
vintage = "{vintage}"
covers_from = 2021-03-21
covers_to = 2021-03-21
policy = "open"
"""


def changes() -> list[str]:
    """The official lookup: what shares ground, and how it changed."""
    rows = []
    for old, before in SHAPES["lsoa-2011"].items():
        for new, after in SHAPES["lsoa-2021"].items():
            if shapely.area(shapely.intersection(before, after)):
                how = {"W0190000": "M", "W0190010": "S", "W0190200": "X"}.get(new[:8], "U")
                rows.append(f"{old},{new},{how}")
    return rows


def town(
    folder: Path,
    boundaries: Path,  # noqa: F811
    *,
    vintage: str,
    seed: int = 0,
    counts: np.ndarray | None = None,
    policy: str = "controlled",
    method: str = "suppression",
    quarters: int = 1,
    lookup: bool = False,
    residents: bool = False,
) -> Path:
    """Up to six callouts a year on every half square kilometre, in so many quarters, by the LSOAs of a census."""
    folder.mkdir()
    (folder / "boundaries").symlink_to(boundaries)
    random = np.random.default_rng(seed)
    if counts is None:
        counts = random.choice([0, 0, 0, 1, 1, 2, 3, 6], size=(len(YEARS), len(MIDDLES)))
    parts = np.stack([random.multinomial(count, [1 / quarters] * quarters) for count in counts.ravel()], axis=-1)
    by_quarter = parts.reshape(quarters, *counts.shape)
    lines = ["lsoa_code,period,count"]
    for code, shape in SHAPES[f"lsoa-{vintage}"].items():
        here = [bool(shapely.contains_xy(shape, *middle)) for middle in MIDDLES]
        lines += [
            f"{code},{year} Q{quarter},{own[here].sum()}"
            for quarter, years in enumerate(by_quarter, start=1)
            for year, own in zip(YEARS, years, strict=True)
        ]
    (folder / "callouts.csv").write_text("\n".join(lines))
    (folder / "lookup.csv").write_text("\n".join(["LSOA11CD,LSOA21CD,CHGIND", *changes()]))
    path = folder / "hotspots.toml"
    text = AREA.format(vintage=vintage, policy=policy, method=method, lookup=LOOKUP if lookup else "")
    people = "\n".join(f"{code},1500" for code in SHAPES[f"lsoa-{vintage}"])
    (folder / "residents.csv").write_text(f"lsoa_code,population\n{people}")
    path.write_text(text + (RESIDENTS.format(vintage=vintage) if residents else ""))
    return path


@pytest.mark.parametrize(("first", "second", "seed"), [("2011", "2021", 0), ("2021", "2011", 2)])
def test_lsoas_of_another_census_in_the_next_build_give_no_hidden_count_away(
    first: str, second: str, seed: int, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    areas = [town(tmp_path / vintage, boundaries, vintage=vintage, seed=seed) for vintage in (first, second)]
    builds = [build_area(area, tmp_path / "build") for area in areas]
    assert told(builds, tmp_path, measure="callouts", at_least=50) == {}
    knows_nothing_of_it = build_area(areas[1], tmp_path / "elsewhere")
    assert len(told([builds[0], knows_nothing_of_it], tmp_path, measure="callouts")) > 4


def test_a_quarter_that_follows_the_last_whole_year_does_not_follow_from_what_is_printed(
    boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    """Two years and a quarter were printed beside the two years: 35 less 32 are the 3 callouts of that quarter."""
    path = town(tmp_path / "area", boundaries, vintage="2011", seed=0)
    with (tmp_path / "area/callouts.csv").open("a") as file:
        file.writelines(f"\n{code},2022/23 Q1,{at % 5}" for at, code in enumerate(SHAPES["lsoa-2011"]))
    path.write_text(path.read_text().replace("2022-03-31", "2022-06-30"))
    build = build_area(path, tmp_path / "build")
    periods = {period for _, period in printed(build, "partner", tmp_path, "callouts")}
    assert periods == {*YEARS, "2019/20 to 2021/22"}
    assert "2019-04 to 2022-06" in build.manifest["cubes"]["callouts-by-lsoa"]["periods"]


@pytest.mark.parametrize(
    "now",
    [{"residents": True}, {"method": "rounding"}, {"policy": "health"}],
    ids=["a-source-more", "rounded", "health"],
)
def test_an_area_file_that_changed_between_two_builds_gives_no_hidden_count_away(
    now: dict[str, Any], boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    """What was printed before a source was added, or the rules changed, was forgotten: 28 of 60 counts followed."""
    then = build_area(town(tmp_path / "then", boundaries, vintage="2011", seed=0), tmp_path / "build")
    built = build_area(town(tmp_path / "now", boundaries, vintage="2021", seed=0, **now), tmp_path / "build")
    assert told([then, built], tmp_path, measure="callouts") == {}


@pytest.mark.parametrize(("policy", "lookup"), [("controlled", False), ("health", False), ("health", True)])
def test_two_areas_that_were_redrawn_into_two_give_no_small_count_away(
    policy: str, lookup: bool, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    """9 and 9 were printed of both, and 16 now of the one: the other, hidden, was 2."""
    areas = [
        town(tmp_path / vintage, boundaries, vintage=vintage, counts=redrawn(), policy=policy, lookup=lookup)
        for vintage in ("2011", "2021")
    ]
    builds = [build_area(area, tmp_path / "build") for area in areas]
    assert told(builds, tmp_path, measure="callouts", at_least=2) == {}


@pytest.mark.parametrize("late", [1, 3])
def test_records_that_came_late_in_areas_that_were_redrawn_stop_no_build_and_give_nothing_away(
    late: int, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    """No piece could be as the old counts and the new ones have it, and the audit failed in the middle."""
    counts = redrawn()
    first = town(tmp_path / "then", boundaries, vintage="2011", counts=counts)
    build_area(first, tmp_path / "build")
    counts[0, len(MIDDLES) - 8] += late
    second = build_area(town(tmp_path / "now", boundaries, vintage="2021", counts=counts), tmp_path / "build")
    shown = printed(second, "partner", tmp_path, "callouts")
    assert [shown[code, YEARS[0]] for code in ("W01902000", "W01902001", "W01902003")] == [None, None, 13.0]


def redrawn() -> np.ndarray:
    """Counts of each year with 2 in what was cut from one area and added to its neighbour, and 8 or more elsewhere."""
    by_column = np.array([[5, 4, 7, 2, 5, 4, 7, 2] if row == 2 else [8] * 8 for row in range(3)]).ravel()
    return np.stack([by_column] * len(YEARS))
