"""Emerging hot spots: every class and its traps, and Mann and Kendall's trend with ties."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from hotspots.analysis.hotspots.emerging import PATTERNS, emerging_classes, mann_kendall, meaning
from hotspots.errors import DataRefused

FLAT = {"H": 3.0, ".": 0.0, "C": -3.0}


def pattern(steps: str, series: list[float] | None = None) -> str:
    """The class of a place written as steps: H hot, C cold, a point neither."""
    hot, cold = np.array([step == "H" for step in steps]), np.array([step == "C" for step in steps])
    values = [FLAT[step] for step in steps] if series is None else series
    return str(emerging_classes(hot, cold=cold, series=values))


LEVEL = [3.0] * 10
RISING = [3.0 + 0.1 * step for step in range(10)]
FALLING = RISING[::-1]


@pytest.mark.parametrize(
    ("steps", "series", "expected"),
    [
        (".........H", None, "new hot spot"),
        ("........HH", None, "consecutive hot spot"),
        ("..HHHHHHHH", None, "consecutive hot spot"),
        (".HHHHHHHHH", LEVEL, "persistent hot spot"),  # 9 of 10 is often: no consecutive one
        ("HHHHHHHHHH", LEVEL, "persistent hot spot"),
        ("HHHHHHHHHH", RISING, "intensifying hot spot"),
        ("HHHHHHHHHH", FALLING, "diminishing hot spot"),
        ("HHHH.HHHHH", RISING, "intensifying hot spot"),
        ("HHHHHHHHH.", RISING, "historical hot spot"),  # the last step must be hot
        ("HHHHHHHHH.", LEVEL, "historical hot spot"),
        ("HHHHHHHHHC", None, "historical hot spot"),
        ("HHHHHHHH..", None, "no pattern"),  # 8 of 10, and not in the last step
        ("H.H.H.H.HH", None, "sporadic hot spot"),
        ("H........H", None, "sporadic hot spot"),
        (".HHH....HH", None, "sporadic hot spot"),  # a run to the end, but hot before it
        ("H.H.H.H.H.", None, "no pattern"),  # sporadic needs the last step hot
        ("C.H.....HH", None, "oscillating hot spot"),
        ("CCH......H", None, "oscillating hot spot"),
        ("C..H...HH.", None, "no pattern"),
        ("C........H", None, "new hot spot"),  # never hot before
        ("..........", None, "no pattern"),
        (".........C", None, "new cold spot"),
        ("........CC", None, "consecutive cold spot"),
        ("CCCCCCCCCC", LEVEL, "persistent cold spot"),
        ("CCCCCCCCCC", FALLING, "intensifying cold spot"),  # colder is lower
        ("CCCCCCCCCC", RISING, "diminishing cold spot"),
        ("H.C.....CC", None, "oscillating cold spot"),
        ("C.C......C", None, "sporadic cold spot"),
        ("CCCCCCCCC.", None, "historical cold spot"),
    ],
)
def test_the_classes_and_their_traps(steps: str, series: list[float] | None, expected: str) -> None:
    assert pattern(steps, series) == expected


def test_what_other_tools_class_otherwise() -> None:
    # sfdep follows Esri's older text: a lone hot last step after a cold one is consecutive there, a place that is not
    # hot in the last step may be sporadic, and one nine times in ten above nought is historical however weakly.
    assert pattern("........CH") == "new hot spot"
    assert pattern("H.H.H.H...") == "no pattern"
    assert pattern("..........", [2.0] * 9 + [-1.0]) == "no pattern"
    # sfdep counts cold steps as hot ones in intensifying: five cold and five hot are no nine hot in ten.
    assert pattern("CCCCCHHHHH", RISING) == "consecutive hot spot"
    # sfhotspot: hot in at least 80 % is persistent, whether or not the last step is.
    assert pattern("HHHHHHHH..") == "no pattern"
    assert pattern("HHHHHHHHHH", LEVEL) == "persistent hot spot"


@pytest.mark.parametrize(("steps", "expected"), [("H", "new hot spot"), (".", "no pattern"), ("C", "new cold spot")])
def test_one_step_is_new_or_nothing(steps: str, expected: str) -> None:
    assert pattern(steps) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [("HH", "persistent hot spot"), ("HHH", "persistent hot spot"), (".HH", "consecutive hot spot")],
)
def test_under_four_steps_no_rise_is_significant(steps: str, expected: str) -> None:
    assert pattern(steps, [float(step) for step in range(len(steps))]) == expected


def test_a_step_without_a_value_leaves_the_trend_unknown_and_the_rest_as_it_is() -> None:
    assert pattern(".HHHHHHHHH", [float("nan"), *RISING[1:]]) == "persistent hot spot"
    assert pattern(".HHHHHHHHH", RISING) == "intensifying hot spot"
    assert pattern(".........H", [float("nan")] * 9 + [3.0]) == "new hot spot"


def test_every_class_has_its_meaning_in_words() -> None:
    assert meaning("new hot spot", step="quarter") == "hot for the first time in the last quarter"
    assert meaning("diminishing cold spot") == "cold in nine steps of ten or more, and less and less so"
    assert meaning("no pattern") == ""
    assert all(meaning(f"{name} {kind} spot") for name in PATTERNS for kind in ("hot", "cold"))


def test_ninety_per_cent_is_counted_exactly() -> None:
    assert pattern("HHHHHHHHH.HHHHHHHHH.", None) == "historical hot spot"  # 18 of 20
    assert pattern("HHHHHHHHH.HHHHHHHH..", None) == "no pattern"  # 17 of 20
    assert pattern("." * 3 + "H" * 27, [3.0] * 30) == "persistent hot spot"  # 27 of 30, where 0.9 x 30 is no float


def test_every_history_has_one_class_and_cold_is_the_mirror_of_hot() -> None:
    histories = np.array(list(product((-1, 0, 1), repeat=7))).T
    found = emerging_classes(histories > 0, cold=histories < 0, series=histories * 3.0)
    mirrored = emerging_classes(histories < 0, cold=histories > 0, series=histories * -3.0)
    assert found.shape == (3**7,)
    allowed = {"no pattern", *(f"{name} {kind} spot" for name in PATTERNS for kind in ("hot", "cold"))}
    assert set(found) <= allowed
    swapped = np.char.replace(np.char.replace(np.char.replace(mirrored, "hot", "?"), "cold", "hot"), "?", "cold")
    np.testing.assert_array_equal(swapped, found)  # seven steps: no history is often hot and often cold


def test_a_map_of_places_is_classed_place_by_place() -> None:
    hot = np.zeros((4, 2, 2), dtype=bool)
    hot[3, 0, 0] = hot[:, 1, 1] = True
    found = emerging_classes(hot, series=np.where(hot, 3.0, 0.0))
    assert found.tolist() == [["new hot spot", "no pattern"], ["no pattern", "persistent hot spot"]]


def test_shapes_that_differ_and_hot_with_cold_are_refused() -> None:
    with pytest.raises(DataRefused, match="of one shape"):
        emerging_classes([True, False], series=[1.0, 2.0, 3.0])
    with pytest.raises(DataRefused, match="hot and cold in the same step"):
        emerging_classes([True], cold=[True], series=[1.0])


def test_mann_kendall_without_ties_by_hand() -> None:
    # 1 3 2 4: signs + + + - + + = 4; 4 x 3 x 13 / 18; (4 - 1) / sqrt(8.6667).
    trend = mann_kendall([1, 3, 2, 4])
    assert (float(trend.s), round(float(trend.variance), 4)) == (4.0, 8.6667)
    assert math.isclose(float(trend.z), 3 / math.sqrt(4 * 3 * 13 / 18), abs_tol=1e-12)


def test_mann_kendall_with_ties_by_hand() -> None:
    # Two groups of ties (2 twice, 3 three times) among seven: 7 x 6 x 19 - 2 x 1 x 9 - 3 x 2 x 11 = 714.
    trend = mann_kendall([2, 1, 3, 2, 3, 3, 5])
    assert float(trend.variance) == 714 / 18
    assert float(trend.s) == 13.0
    assert math.isclose(float(trend.p), 2 * stats.norm.sf(12 / math.sqrt(714 / 18)), abs_tol=1e-12)


def test_the_sign_and_the_statistic_agree_with_kendalls_tau() -> None:
    random = np.random.default_rng(1945)
    for _ in range(20):
        series = random.integers(0, 6, 12)
        s = float(mann_kendall(series).s)
        pairs = sum(np.sign(series[j] - series[i]) for i in range(12) for j in range(i + 1, 12))
        tau = stats.kendalltau(np.arange(12), series).statistic
        assert s == pairs
        assert np.sign(s) == np.sign(np.nan_to_num(tau))


def test_a_constant_series_has_no_trend_and_a_missing_value_makes_it_unknown() -> None:
    constant = mann_kendall([4.0, 4.0, 4.0, 4.0])
    assert (float(constant.s), float(constant.z), float(constant.p)) == (0.0, 0.0, 1.0)
    assert float(mann_kendall([7.0]).z) == 0.0
    assert np.isnan(mann_kendall([1.0, np.nan, 3.0]).z)
    with pytest.raises(DataRefused, match="order of time"):
        mann_kendall([])
