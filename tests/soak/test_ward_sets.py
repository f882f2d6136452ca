"""Wards of two times in many towns: by date in one build, and in two builds after each other (some ten minutes)."""

from pathlib import Path

import pytest
from test_ward_sets import BY_DATE, LSOAS, ONE_SET, area_in, boundaries, told  # noqa: F401 (a fixture)

from hotspots.pipeline import build_area


@pytest.mark.parametrize("seed", range(10, 15))
@pytest.mark.parametrize(("old", "new"), [(2013, 2020), (2020, 2013), (2018, 2022), (2020, 2022)])
@pytest.mark.parametrize("builds", [1, 2])
def test_wards_of_two_times_give_no_hidden_count_away(
    builds: int, old: int, new: int, seed: int, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    by_date = [BY_DATE.format(old=old, new=new)]
    sets = by_date if builds == 1 else [ONE_SET.format(vintage=vintage) for vintage in (old, new)]
    lsoas = LSOAS if seed % 2 else ""
    areas = [area_in(tmp_path / str(at), boundaries, sets=lsoas + own, seed=seed) for at, own in enumerate(sets)]
    made = [build_area(area, tmp_path / "build") for area in areas]
    found = told(made, tmp_path, at_least=0)
    # A ward of five that the first build printed is two wards of one to four, whatever the second hides. Then it says
    # so (and counts their needles besides, where these are told too).
    assert len(found) <= made[-1].manifest["audit"]["partner"]["needle-finds-by-ward"]["exposed"]
    assert found.items() <= told(made, tmp_path, at_least=0, nothing_of_the_last=True).items()
    assert not (found and builds == 1)
