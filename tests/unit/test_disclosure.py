"""The gate: small counts, and what would give them away, do not leave."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hotspots.disclosure import audience_of, disclose, may_see_points, may_see_premises, round_to, suppress
from hotspots.errors import DisclosureRefused
from hotspots.layer import CUBE_COLUMNS, GridSpec, Layer, LayerMeta, Surface
from hotspots.settings import DisclosureSection, PolicySection
from hotspots.tables import Policy


def cube(counts: dict[str, list[float]], periods: list[str]) -> pd.DataFrame:
    rows = [
        (code, period, "crimes", "all", count, count, count, "ok", count)
        for code, values in counts.items()
        for period, count in zip(periods, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(CUBE_COLUMNS))


def hidden(table: pd.DataFrame) -> list[tuple[str, str]]:
    chosen = table[table["status"] == "suppressed"]
    return list(zip(chosen["area_code"], chosen["period"], strict=True))


def test_fault_137_counts_of_one_to_four_are_hidden_five_and_nought_are_shown() -> None:
    safe = suppress(cube({"A": [1.0], "B": [4.0], "C": [5.0], "D": [0.0]}, ["2018/19"]), threshold=5)
    assert hidden(safe) == [("A", "2018/19"), ("B", "2018/19")]
    assert safe["value"].tolist()[2:] == [5.0, 0.0]
    assert safe.loc[0, ["value", "lower", "upper"]].isna().all()


def test_fault_019_a_lone_hidden_area_takes_the_next_smallest_with_it_and_not_a_nought() -> None:
    safe = suppress(cube({"A": [3.0], "B": [0.0], "C": [9.0], "D": [30.0]}, ["2018/19"]), threshold=5)
    assert hidden(safe) == [("A", "2018/19"), ("C", "2018/19")]


def test_a_lone_hidden_year_takes_another_year_of_its_area_with_it() -> None:
    years = ["2016/17", "2017/18", "2018/19"]
    safe = suppress(cube({"A": [3.0, 9.0, 8.0], "B": [3.0, 9.0, 8.0], "C": [50.0, 60.0, 70.0]}, years), threshold=5)
    for code in ("A", "B"):
        assert len([pair for pair in hidden(safe) if pair[0] == code]) >= 2


def test_the_threshold_tests_the_count_behind_the_number_not_the_number() -> None:
    table = cube({"A": [400.0], "B": [500.0], "C": [600.0]}, ["2018/19"])
    table.loc[0, "events"] = 2.0  # 400 needles in two finds
    assert ("A", "2018/19") in hidden(suppress(table, threshold=5))


def test_an_interval_whose_lower_end_is_small_is_hidden() -> None:
    table = cube({"A": [3.0], "B": [50.0], "C": [60.0]}, ["2018/19"])
    table.loc[0, ["value", "lower", "upper", "events"]] = [np.nan, 3.0, 7.0, 3.0]
    assert ("A", "2018/19") in hidden(suppress(table, threshold=5))


def test_rounding_rounds_halves_away_from_nought_and_hides_small_counts() -> None:
    safe = round_to(cube({"A": [3.0], "B": [7.5], "C": [12.0], "D": [0.0]}, ["2018/19"]), threshold=5, base=5)
    assert safe["status"].tolist() == ["suppressed", "ok", "ok", "ok"]
    assert safe["value"].tolist()[1:] == [10.0, 10.0, 0.0]


def test_nought_is_hidden_where_the_area_file_says_so() -> None:
    safe = suppress(cube({"A": [0.0], "B": [0.0], "C": [9.0]}, ["2018/19"]), threshold=5, hide_zero=True)
    assert hidden(safe) == [("A", "2018/19"), ("B", "2018/19")]


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=9), st.integers(2, 10))
def test_no_small_count_is_ever_shown_and_none_is_the_only_hidden_one_of_its_period(
    counts: list[list[int]], threshold: int
) -> None:
    years = ["2016/17", "2017/18", "2018/19"]
    table = cube({f"A{n}": [float(count) for count in row] for n, row in enumerate(counts)}, years)
    safe = suppress(table, threshold=threshold)
    small = table["events"].between(1, threshold - 1)
    assert (safe.loc[small, "status"] == "suppressed").all()
    assert safe.loc[safe["status"] == "suppressed", ["value", "lower", "upper"]].isna().all(axis=None)
    for _, group in safe.groupby("period"):
        assert (group["status"] == "suppressed").sum() != 1 or len(group) == 1
    shown = safe["status"] == "ok"
    assert (safe.loc[shown, "value"] == table.loc[shown, "value"]).all()


def meta(policy: Policy) -> LayerMeta:
    return LayerMeta(
        id="x",
        title="X",
        measure="crimes",
        unit="crimes per km²",
        period="2018/19",
        source="s",
        method="m",
        policy=policy,
        marking="OFFICIAL",
        synthetic=False,
        schematic=False,
    )


def surface_layer(policy: Policy, bandwidth_m: float = 300, cell_m: float = 50) -> Layer:
    values = np.array([[1.0, 2.0, 30.0]], dtype=np.float32)
    events = np.array([[0, 4, 50]], dtype=np.uint32)
    return Layer(meta(policy), surface=Surface(GridSpec(0, 0, cell_m, 3, 1), values, bandwidth_m, "quartic", events))


def test_cells_of_fewer_than_five_events_are_hidden_from_partners_and_shown_to_analysts() -> None:
    safe = disclose(surface_layer("controlled"), DisclosureSection(), audience="partner").surface
    assert safe is not None
    assert np.isnan(safe.values).tolist() == [[True, True, False]]  # an empty cell tells where the few are not
    exact = disclose(surface_layer("controlled"), DisclosureSection(), audience="restricted").surface
    assert exact is not None
    assert not np.isnan(exact.values).any()


def test_densities_are_rounded_so_that_fewer_than_five_events_alone_make_no_number() -> None:
    peak = 3 / np.pi / 0.3**2  # of one event, per km², quartic of 300 m
    grid, events = GridSpec(0, 0, 50, 4, 1), np.array([[5, 9, 20, 0]], dtype=np.uint32)
    spread = 1 / np.pi / 0.3**2  # what an event adds over its circle on average
    values = np.array([[4 * peak, 5.3 * peak, 34 * spread - 9.3 * peak, 0]], dtype=np.float32)
    layer = Layer(meta("controlled"), surface=Surface(grid, values, 300.0, "quartic", events))
    safe = disclose(layer, DisclosureSection(), audience="public")
    assert safe.surface is not None
    # A nought would say that five events are within the bandwidth, where the next cell says that four are.
    assert np.isnan(safe.surface.values[0]).tolist() == [True, False, True, True]
    assert safe.surface.values[0, 1] == 110.0
    assert "rounded to multiples of 110" in safe.meta.caveats[-1]


def test_a_density_of_quantities_is_shown_where_that_of_its_events_is_and_nowhere_else() -> None:
    grid, events = GridSpec(0, 0, 50, 4, 1), np.array([[40, 9, 4, 40]], dtype=np.uint32)
    count = Surface(grid, np.array([[60.0, 20, 90, 70]], dtype=np.float32), 300.0, "quartic", events)
    volume = replace(count, values=np.array([[300.0, 5000, 5000, 100]], dtype=np.float32))
    rules = DisclosureSection()
    layer = Layer(meta("controlled"), surface=volume)
    safe = disclose(layer, rules, audience="partner", counted=count).surface
    shown = disclose(Layer(meta("controlled"), surface=count), rules, audience="partner").surface
    assert safe is not None
    assert shown is not None
    assert np.isnan(safe.values).tolist() == np.isnan(shown.values).tolist()
    assert safe.values[0, [0, 3]].tolist() == [0.0, 0.0]  # fewer needles than half a step, about events that are shown
    assert np.isnan(safe.values[0, 1:3]).all()


@pytest.mark.parametrize(("bandwidth_m", "cell_m"), [(199, 50), (300, 49)])
def test_a_density_finer_than_the_policy_allows_is_refused_below_restricted(bandwidth_m: float, cell_m: float) -> None:
    with pytest.raises(DisclosureRefused, match="at least 200 m and cells of at least 50 m"):
        disclose(surface_layer("controlled", bandwidth_m, cell_m), DisclosureSection(), audience="public")


def test_open_sources_stay_exact_for_everybody() -> None:
    layer = disclose(surface_layer("open", 100, 10), DisclosureSection(), audience="public")
    assert layer.surface is not None
    assert not np.isnan(layer.surface.values).any()
    assert layer.meta.sensitivity == "public"


def test_who_may_see_points_and_premises() -> None:
    assert may_see_points("open", "public")
    assert not may_see_points("controlled", "partner")
    assert may_see_points("controlled", "restricted")
    assert [role for role in ("public", "officer", "group", "licensing", "analyst") if may_see_premises(role)] == [  # type: ignore[arg-type]
        "licensing",
        "analyst",
    ]
    assert audience_of("licensing") == "partner"


def test_health_rounds_and_controlled_suppresses_unless_the_area_file_says_otherwise() -> None:
    assert DisclosureSection().health.method == "rounding"
    assert DisclosureSection(health=PolicySection()).health.method == "suppression"


def test_a_rounding_base_that_would_print_a_shown_count_as_nought_is_refused() -> None:
    assert PolicySection(method="rounding", threshold=5, rounding_base=10).rounding_base == 10
    with pytest.raises(ValidationError, match="rounding_base is 11, more than twice the threshold"):
        PolicySection(method="rounding", threshold=5, rounding_base=11)
