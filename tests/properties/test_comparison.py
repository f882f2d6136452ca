"""Whatever the counts: intervals hold their ratio, turn over with it, and never narrow when less is known."""

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from hotspots.analysis.comparison import compare, control_chart, wdd

_COUNTS = st.integers(0, 400)
_EXPOSURES = st.sampled_from([1.0, 6.0, 12.0, 30.5])
_OPPOSITE = {"Up": "Down", "Down": "Up"}


@given(_COUNTS, _COUNTS, _EXPOSURES, _EXPOSURES)
def test_the_interval_holds_the_ratio_and_exchanging_the_periods_turns_it_over(before, after, earlier, later) -> None:  # type: ignore[no-untyped-def]
    assume(before + after > 0)
    forth = compare(before, after, exposure_before=earlier, exposure_after=later)
    back = compare(after, before, exposure_before=later, exposure_after=earlier)
    assert forth.lower <= forth.ratio <= forth.upper
    assert 0 <= forth.p_value <= 1  # far enough out it is smaller than any number held
    assert math.isclose(forth.p_value, back.p_value, rel_tol=1e-6, abs_tol=1e-300)
    assert math.isclose(forth.lower, 1 / back.upper if back.upper else math.inf, rel_tol=1e-6)
    assert back.verdict == _OPPOSITE.get(str(forth.verdict), forth.verdict)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 40), st.integers(0, 40))
def test_hiding_a_count_never_narrows_the_interval_nor_makes_a_verdict(before, after, more, less) -> None:  # type: ignore[no-untyped-def]
    exact, hidden = compare(before, after), compare((max(before - less, 0), before + more), after)
    assert hidden.lower <= exact.lower
    assert exact.upper <= hidden.upper
    assert hidden.verdict in {exact.verdict, "Too few to say"}


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 200), st.integers(1, 200))
def test_a_wdd_without_buffers_is_the_difference_of_differences(t0, t1, c0, c1) -> None:  # type: ignore[no-untyped-def]
    found = wdd((t0, t1), (c0, c1))
    assert found.estimate == (t1 - t0) - (c1 - c0)
    assert math.isclose(found.standard_error**2, t0 + t1 + c0 + c1)
    beside = compare(t0, t1, comparison_before=c0, comparison_after=c1)
    assert beside.lower < beside.ratio < beside.upper
    assert beside.sentence


@given(st.lists(st.integers(0, 60), min_size=12, max_size=40))
def test_limits_hold_the_mean_and_every_point_outside_them_is_marked(values) -> None:  # type: ignore[no-untyped-def]
    chart = control_chart(values)
    assert chart.lower <= chart.mean <= chart.upper
    outside = [value < chart.lower or value > chart.upper for value in values]
    assert chart.points["outside"].tolist() == outside
