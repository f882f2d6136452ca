"""Counts by area: local Moran's I and empirical-Bayes rates, esda's, with reasons where there is none."""

import math

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.hotspots.local_areas import empirical_bayes_rates, local_moran
from hotspots.areas import Areas
from hotspots.errors import DataRefused

CODES = [f"E0{number:02}" for number in range(37)]
SQUARES = [shapely.box(100 * c, 100 * r, 100 * c + 100, 100 * r + 100) for r in range(6) for c in range(6)]
AREAS = Areas(  # a block of six by six, and one far away
    "lsoa",
    "schematic",
    "schematic",
    True,
    "",
    pd.DataFrame({"code": CODES, "name": CODES, "geometry": [*SQUARES, shapely.box(5000, 5000, 5100, 5100)]}),
)
VALUES = pd.Series([*(10.0 if number % 6 < 2 else 1.0 for number in range(36)), 3.0], CODES)


def test_high_areas_beside_high_areas_are_found() -> None:
    found = local_moran(VALUES, AREAS)
    assert list(found.index) == CODES
    assert found["cluster"]["E012"] == "high among high"
    assert found["cluster"]["E015"] == "low among low"
    assert found["cluster"]["E014"] == ""  # low beside high, and not clearly
    assert (found["p_corrected"].dropna() >= found["p"].dropna()).all()
    assert (found.loc[found["cluster"] != "", "p_corrected"] <= 0.05).all()


def test_the_statistic_by_hand() -> None:
    # I = (n - 1) z_i mean of neighbours' z / sum z²: a corner of the block, whose three neighbours are 10, 10, 10.
    found = local_moran(VALUES, AREAS)
    z = VALUES.to_numpy() - VALUES.mean()
    assert math.isclose(found["moran"]["E000"], 36 * z[0] * z[[1, 6, 7]].mean() / (z**2).sum(), rel_tol=1e-12)


def test_areas_without_neighbours_or_values_say_why() -> None:
    found = local_moran(VALUES.drop("E035"), AREAS)
    assert found["reason"]["E036"] == "it has no neighbour"
    assert found["reason"]["E035"] == "it has no value"
    assert found.loc[["E035", "E036"], ["moran", "p"]].isna().all(axis=None)
    assert (found["reason"] == "").sum() == 35


def test_the_seed_decides() -> None:
    pd.testing.assert_frame_equal(local_moran(VALUES, AREAS, seed=3), local_moran(VALUES, AREAS, seed=3))
    assert not local_moran(VALUES, AREAS, seed=4)["p"].equals(local_moran(VALUES, AREAS, seed=3)["p"])


def test_equal_values_have_no_statistic_and_strangers_are_refused() -> None:
    flat = local_moran(pd.Series(2.0, CODES), AREAS)
    assert set(flat["reason"]) == {"all areas have the same value"}
    assert flat["moran"].isna().all()
    with pytest.raises(DataRefused, match=r"such as that of E999\) are of no area"):
        local_moran(pd.Series([1.0, 2.0, 3.0, 4.0], ["E000", "E001", "E002", "E999"]), AREAS)
    with pytest.raises(DataRefused, match="at least three areas"):
        local_moran(VALUES[:2], AREAS)


def test_rates_are_drawn_to_the_overall_rate_the_more_the_fewer_the_residents() -> None:
    counts = pd.Series([1, 40, 400, 90], list("ABCD"))
    residents = pd.Series([20, 1000, 20000, 1000], list("ABCD"))
    made = empirical_bayes_rates(counts, residents)
    overall = 531 / 22020 * 1000
    drawn = (made["rate_per_1000"] - made["steadied_per_1000"]) / (made["rate_per_1000"] - overall)
    assert made["rate_per_1000"].tolist() == [50.0, 40.0, 20.0, 90.0]
    assert drawn["A"] > drawn["B"] > drawn["C"] > 0
    assert ((made["steadied_per_1000"] - overall) * (made["rate_per_1000"] - overall) > 0).all()


def test_rates_that_vary_no_more_than_chance_are_all_the_overall_rate() -> None:
    made = empirical_bayes_rates(pd.Series([10, 11, 9], list("ABC")), pd.Series([1000, 1000, 1000], list("ABC")))
    np.testing.assert_allclose(made["steadied_per_1000"], 10.0)
    same = empirical_bayes_rates(pd.Series([10, 20], list("AB")), pd.Series([1000, 2000], list("AB")))
    assert same["standardised"].tolist() == [0.0, 0.0]


def test_an_area_without_residents_has_no_rate() -> None:
    made = empirical_bayes_rates(pd.Series([40, 3, 5], list("ABC")), pd.Series([0, 1500, 900], list("ABC")))
    assert made.loc["A"].isna().all()
    assert made.loc[["B", "C"]].notna().all(axis=None)
    with pytest.raises(DataRefused, match="same index"):
        empirical_bayes_rates(pd.Series([1], ["A"]), pd.Series([1], ["B"]))
