"""Wards of two times in many towns: by date in one build, and in two builds after each other (some ten minutes)."""

from pathlib import Path

import pytest
from test_ward_sets import BY_DATE, LSOAS, ONE_SET, area_in, boundaries, told  # noqa: F401 (a fixture)

from hotspots.pipeline import build_area

PAIRS = [(2013, 2020), (2020, 2013), (2018, 2022), (2020, 2022)]


@pytest.mark.parametrize("seed", range(10, 16))
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_wards_by_date_give_no_hidden_count_away(
    old: int,
    new: int,
    seed: int,
    boundaries: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    sets = (LSOAS if seed % 2 else "") + BY_DATE.format(old=old, new=new)
    build = build_area(area_in(tmp_path / "area", boundaries, sets=sets, seed=seed), tmp_path / "build")
    assert told([build], tmp_path, at_least=0) == {}


@pytest.mark.parametrize("seed", range(20, 24))
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_wards_of_another_time_in_the_next_build_give_no_hidden_count_away(
    old: int,
    new: int,
    seed: int,
    boundaries: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    builds = []
    for vintage in (old, new):
        sets = (LSOAS if seed % 2 else "") + ONE_SET.format(vintage=vintage)
        area = area_in(tmp_path / str(vintage), boundaries, sets=sets, seed=seed)
        builds.append(build_area(area, tmp_path / "build"))
    assert told(builds, tmp_path, at_least=0) == {}
