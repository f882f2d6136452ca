"""The labelled list of places in words, on the real landmarks and streets: what the committed table says holds."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def measured() -> Callable[..., dict[str, float]]:
    spec = importlib.util.spec_from_file_location("places", ROOT / "benchmarks/places.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., dict[str, float]] = module.measured
    return found


def test_nearly_every_position_is_right_and_nine_texts_in_ten_that_mean_a_place_get_one(
    real_data: Path, measured: Callable[..., dict[str, float]]
) -> None:
    found = measured(real_data, threshold=90)
    assert found["precision"] >= 0.98
    assert found["matched"] >= 0.92


def test_a_lower_threshold_places_more_and_errs_more(
    real_data: Path, measured: Callable[..., dict[str, float]]
) -> None:
    low, high = measured(real_data, threshold=75), measured(real_data, threshold=90)
    assert low["placed"] > high["placed"]
    assert low["wrong"] > high["wrong"]


def test_phrasings_that_the_rules_were_not_made_with_fare_worse_and_still_mostly_right(
    real_data: Path, measured: Callable[..., dict[str, float]]
) -> None:
    found = measured(real_data, threshold=90, labelled=ROOT / "benchmarks/place_words_held_out.csv")
    assert found["precision"] >= 0.95
    assert found["named"] >= 0.9
