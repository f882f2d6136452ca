"""Callouts by the LSOAs of two censuses, in builds after each other: what both print gives no hidden count away.

The attacker is that of the wards of two times. LSOAs of the town were merged, split in halves, or stayed as they were.
"""

from pathlib import Path

import numpy as np
import pytest
import shapely
from test_ward_sets import MIDDLES, SHAPES, YEARS, boundaries, printed, told  # noqa: F401 (a fixture)

from hotspots.pipeline import build_area

AREA = """
[area]
name = "Town"
lad = "W06000002"

[boundaries]
lsoa = "lsoa-{vintage}"

[[sources]]
id = "callouts"
kind = "callouts"
path = "callouts.csv"
vintage = "{vintage}"
covers_from = 2019-04-01
covers_to = 2022-03-31
absent = "zero"
policy = "controlled"
"""


def town(folder: Path, boundaries: Path, *, vintage: str, seed: int) -> Path:  # noqa: F811
    """None to six callouts a year on every half square kilometre, counted by the LSOAs of a census."""
    folder.mkdir()
    (folder / "boundaries").symlink_to(boundaries)
    counts = np.random.default_rng(seed).choice([0, 0, 0, 1, 1, 2, 3, 6], size=(len(YEARS), len(MIDDLES)))
    lines = ["lsoa_code,period,count"]
    for code, shape in SHAPES[f"lsoa-{vintage}"].items():
        here = [bool(shapely.contains_xy(shape, *middle)) for middle in MIDDLES]
        lines += [f"{code},{year} Q1,{own[here].sum()}" for year, own in zip(YEARS, counts, strict=True)]
    (folder / "callouts.csv").write_text("\n".join(lines))
    path = folder / "hotspots.toml"
    path.write_text(AREA.format(vintage=vintage))
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
