"""Hotspots: what must hold for any events, whatever the rule."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hotspots.analysis.hotspots.correction import corrected_p
from hotspots.analysis.hotspots.emerging import mann_kendall
from hotspots.analysis.hotspots.gi_star import gi_star
from hotspots.analysis.hotspots.rules import flagged_cells
from hotspots.analysis.hotspots.spec import CORRECTIONS, HotspotSpec
from hotspots.layer import GridSpec
from hotspots.tables import points_from_frame

GRID = GridSpec(544000, 257000, 100, 9, 7)
places = arrays.arrays(
    np.float64, st.tuples(st.integers(0, 40), st.just(2)), elements=st.integers(-2, 90).map(lambda tens: tens * 10.0)
)
rules = st.sampled_from(
    [HotspotSpec(rule, simulations=19) for rule in ("max_density", "gi_star", "top_share", "count")]
)


@given(places, rules)
def test_hot_cells_are_inside_and_have_a_value_and_the_order_of_events_does_not_matter(
    offsets: np.ndarray, spec: HotspotSpec
) -> None:
    coordinates = offsets + np.array([544000.0, 257000.0])
    frame = pd.DataFrame(coordinates, columns=["easting", "northing"])
    found = flagged_cells(points_from_frame(frame), GRID, spec)
    assert np.isfinite(found.value[found.hot]).all()
    assert (found.value[found.hot] > 0).all()
    assert found.inside.all()
    assert (found.one_in[found.hot] >= 20).all() or spec.rule != "max_density"
    turned = flagged_cells(points_from_frame(frame[::-1]), GRID, spec)
    np.testing.assert_array_equal(turned.hot, found.hot)
    np.testing.assert_allclose(turned.value, found.value, rtol=1e-9, atol=1e-9)


@given(
    arrays.arrays(np.float64, (6, 8), elements=st.integers(0, 9).map(float)),
    st.floats(0.1, 50),
    st.floats(-20, 20),
    st.sampled_from(["queen", "disc"]),
)
def test_gi_star_does_not_depend_on_unit_or_origin_and_turns_with_the_map(
    values: np.ndarray, unit: float, origin: float, shape: str
) -> None:
    z = gi_star(values, reach_cells=2, shape=shape).z  # type: ignore[arg-type]
    moved = gi_star(values * unit + origin, reach_cells=2, shape=shape).z  # type: ignore[arg-type]
    np.testing.assert_allclose(moved, z, rtol=0, atol=1e-7)
    turned = gi_star(np.rot90(values), reach_cells=2, shape=shape).z  # type: ignore[arg-type]
    np.testing.assert_allclose(np.rot90(turned, -1), z, rtol=0, atol=1e-9)


@given(arrays.arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)))
def test_corrections_never_lower_a_p_value_keep_the_order_and_are_nested(p: np.ndarray) -> None:
    made = {method: corrected_p(p, method=method) for method in CORRECTIONS}  # type: ignore[arg-type]
    for values in made.values():
        assert (values >= p - 1e-15).all()
        assert (values <= 1).all()
        assert (np.diff(values[np.argsort(p, kind="stable")]) >= -1e-15).all()
    assert (made["benjamini_hochberg"] <= made["holm"] + 1e-12).all()
    assert (made["holm"] <= made["bonferroni"] + 1e-12).all()
    assert (made["benjamini_hochberg"] <= made["benjamini_yekutieli"] + 1e-12).all()


@given(arrays.arrays(np.float64, st.integers(1, 15), elements=st.integers(-3, 3).map(float)))
def test_a_trend_turns_round_with_time_and_with_sign(series: np.ndarray) -> None:
    forward, backward, below = mann_kendall(series), mann_kendall(series[::-1]), mann_kendall(-series)
    assert float(forward.s) == -float(backward.s) == -float(below.s)
    assert float(forward.p) == float(backward.p) == float(below.p)
    assert 0 <= float(forward.p) <= 1
