"""Corrections for many tests: published examples and independent implementations."""

import numpy as np
import pytest
from scipy import stats

from hotspots.analysis.hotspots.correction import corrected_p
from hotspots.analysis.hotspots.spec import Correction
from hotspots.errors import DataRefused

# The fifteen p-values of Benjamini and Hochberg (1995, section 3.2): Bonferroni and Holm find three and three at 0.05,
# their procedure finds four.
BENJAMINI_HOCHBERG_1995 = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "found"),
    [("none", 9), ("bonferroni", 3), ("holm", 3), ("benjamini_hochberg", 4), ("benjamini_yekutieli", 3)],
)
def test_the_example_of_benjamini_and_hochberg(method: Correction, found: int) -> None:
    assert int((corrected_p(BENJAMINI_HOCHBERG_1995, method=method) <= 0.05).sum()) == found


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("bonferroni", [0.05, 0.2, 0.15, 0.04, 1.0]),
        ("holm", [0.04, 0.09, 0.09, 0.04, 0.9]),  # 0.01 x 4, 0.03 x 3, 0.04 x 2 held up to 0.09, 0.008 x 5, 0.9
        ("benjamini_hochberg", [0.025, 0.05, 0.05, 0.025, 0.9]),
        ("benjamini_yekutieli", [0.0570833, 0.1141667, 0.1141667, 0.0570833, 1.0]),  # times 1 + 1/2 + ... + 1/5
    ],
)
def test_five_values_by_hand(method: Correction, expected: list[float]) -> None:
    np.testing.assert_allclose(corrected_p([0.01, 0.04, 0.03, 0.008, 0.9], method=method), expected, atol=1e-7)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("bonferroni", [0.2, 0.12, 0.04, 1.0]),
        ("holm", [0.1, 0.09, 0.04, 0.5]),
        ("benjamini_hochberg", [0.0666667, 0.06, 0.04, 0.5]),
        ("benjamini_yekutieli", [0.138889, 0.125, 0.0833333, 1.0]),
    ],
)
def test_the_example_in_the_documentation_of_pvalueadjust(method: Correction, expected: list[float]) -> None:
    # dirkschumacher/PValueAdjust.jl, README: the adjustments of R's p.adjust.
    np.testing.assert_allclose(corrected_p([0.05, 0.03, 0.01, 0.5], method=method), expected, atol=5e-7)


def test_missing_values_are_no_tests() -> None:
    with_missing = corrected_p([0.01, np.nan, 0.04, 0.03, np.nan], method="bonferroni")
    np.testing.assert_allclose(with_missing, [0.03, np.nan, 0.12, 0.09, np.nan])
    assert corrected_p([np.nan, np.nan]).shape == (2,)
    assert corrected_p([]).tolist() == []


def test_the_shape_of_a_grid_is_kept() -> None:
    p = np.random.default_rng(5).random((7, 11))
    made = corrected_p(p)
    assert made.shape == (7, 11)
    np.testing.assert_allclose(made.ravel(), stats.false_discovery_control(p.ravel()))


@pytest.mark.parametrize(("method", "theirs"), [("benjamini_hochberg", "bh"), ("benjamini_yekutieli", "by")])
@pytest.mark.parametrize("many", [1, 2, 1000])
def test_false_discovery_rates_are_those_of_scipy_to_the_bit(method: Correction, theirs: str, many: int) -> None:
    p = np.random.default_rng(7).random(many).round(3)  # with ties
    assert corrected_p(p, method=method).tolist() == stats.false_discovery_control(p, method=theirs).tolist()


def test_a_method_or_a_value_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DataRefused, match="choose one of benjamini_hochberg"):
        corrected_p([0.1], method="fdr")  # type: ignore[arg-type]
    with pytest.raises(DataRefused, match="between 0 and 1"):
        corrected_p([1.2])
