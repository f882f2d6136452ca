"""Sources that began this year in many towns: no build less an earlier one gives a small count away (some minutes)."""

from pathlib import Path

import numpy as np
import pytest
from test_growing_source import CODES, build_of, build_of_finds, told
from test_ward_sets import boundaries  # noqa: F401 (a fixture)


@pytest.mark.parametrize("policy", ["controlled", "health"])
@pytest.mark.parametrize("seed", range(1, 13))
@pytest.mark.parametrize("steps", [(3, 4), (2, 3), (2, 3, 4), (1, 2, 3, 4), (3, 8), (2, 4, 8), (4, 3), (8, 3)], ids=str)
def test_a_year_that_fills_from_build_to_build_gives_no_small_count_away(
    steps: tuple[int, ...], seed: int, policy: str, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    counts = np.random.default_rng(seed).choice([0, 0, 1, 1, 2, 3, 6, 9], size=(len(CODES), 8))
    builds = [build_of(tmp_path, boundaries, counts, quarters=quarters, policy=policy) for quarters in steps]
    assert told(builds, tmp_path, counts) == {}


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("steps", [(3, 4), (2, 3, 4), (1, 2), (2, 8), (4, 3)], ids=str)
def test_finds_of_a_year_that_fills_give_no_small_count_of_a_ward_or_small_area_away(
    steps: tuple[int, ...], seed: int, boundaries: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    counts = np.random.default_rng(seed).choice([0, 0, 1, 1, 2, 3, 6, 9], size=(len(CODES), 8))
    builds = [build_of_finds(tmp_path, boundaries, counts, quarters=quarters) for quarters in steps]
    assert told(builds, tmp_path, counts, measure="instances") == {}
