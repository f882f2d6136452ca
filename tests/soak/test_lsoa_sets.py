"""LSOAs of two censuses in many towns: policies, rounding, quarters, audiences, lookups, wards (some ten minutes)."""

from pathlib import Path
from typing import Any

import pytest
from test_lsoa_sets import town
from test_ward_sets import LSOAS, ONE_SET, area_in, boundaries, told  # noqa: F401 (a fixture)

from hotspots.pipeline import build_area
from hotspots.snapshot import Build

WAYS: dict[str, dict[str, Any]] = {
    "quarters": {"quarters": 4},
    "lookup": {"lookup": True},
    "rounded": {"method": "rounding"},
    "health": {"policy": "health", "method": "rounding"},
    "health-suppressed": {"policy": "health"},
    "health-lookup": {"policy": "health", "lookup": True, "quarters": 4},
}


def check(builds: list[Build], folder: Path, *, measure: str, audience: str) -> None:
    """Nothing is told but what no build can take back, and that is counted as exposed."""
    found = told(builds, folder, measure=measure, at_least=0, audience=audience)
    records = builds[-1].manifest["audit"][audience].values()
    assert len(found) <= sum(record["exposed"] for record in records)
    if found:
        before = told(builds, folder, measure=measure, at_least=0, audience=audience, nothing_of_the_last=True)
        assert found.items() <= before.items()


@pytest.mark.parametrize("audience", ["partner", "public"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("first", "second"), [("2011", "2021"), ("2021", "2011")])
@pytest.mark.parametrize("way", WAYS)
def test_lsoas_of_another_census_give_no_hidden_count_away(
    way: str, first: str, second: str, seed: int, audience: str, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    areas = [town(tmp_path / name, boundaries, vintage=name, seed=seed, **WAYS[way]) for name in (first, second)]
    builds = [build_area(area, tmp_path / "build") for area in areas]
    check(builds, tmp_path, measure="callouts", audience=audience)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("change", [("method", "suppression", "rounding"), ("method", "rounding", "suppression"),
                                    ("policy", "controlled", "health"), ("policy", "health", "controlled"),
                                    ("residents", True, False)], ids=str)  # fmt: skip
def test_rules_that_changed_with_the_census_give_no_hidden_count_away(
    change: tuple[str, Any, Any], seed: int, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    setting, then, now = change
    builds = [
        build_area(town(tmp_path / name, boundaries, vintage=name, seed=seed, **{setting: value}), tmp_path / "build")
        for name, value in (("2011", then), ("2021", now))
    ]
    check(builds, tmp_path, measure="callouts", audience="partner")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("wards", [2013, 2020, 2022])
def test_finds_by_wards_beside_lsoas_of_another_census_give_no_hidden_count_away(
    wards: int, seed: int, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    sets = [LSOAS.replace("2011", vintage) + ONE_SET.format(vintage=wards) for vintage in ("2011", "2021")]
    areas = [area_in(tmp_path / str(at), boundaries, sets=own, seed=seed) for at, own in enumerate(sets)]
    check([build_area(area, tmp_path / "build") for area in areas], tmp_path, measure="instances", audience="partner")
