"""Gi* in space and time, and the classes of a cube: by hand, equal to esda on the same neighbours, every edge case."""

import math

import numpy as np
import pytest
from scipy import stats

from hotspots import emerging_hot_spots, space_time_gi_star
from hotspots.analysis.hotspots.correction import corrected_p
from hotspots.analysis.hotspots.gi_star import gi_star
from hotspots.errors import DataRefused


def esda_z(cube: np.ndarray, inside: np.ndarray, reach: float, shape: str, back: int) -> np.ndarray:
    """What esda makes of the same values with every neighbour of every cell and step written out."""
    import esda
    from libpysal.weights import W

    step, row, column = (np.repeat(np.arange(len(cube)), inside.sum()), *np.tile(np.nonzero(inside), len(cube)))
    neighbours = {}
    for cell in range(len(step)):
        down, across, before = abs(row - row[cell]), abs(column - column[cell]), step[cell] - step
        near = np.maximum(down, across) <= reach if shape == "queen" else down**2 + across**2 <= reach**2
        neighbours[cell] = [int(other) for other in np.flatnonzero(near & (before >= 0) & (before <= back))]
    weights = W(neighbours, silence_warnings=True)
    found = np.full(cube.shape, np.nan)
    found[:, inside] = np.reshape(
        esda.G_Local(cube[:, inside].ravel(), weights, star=None, transform="B", permutations=0).Zs, (len(cube), -1)
    )
    return found


@pytest.mark.parametrize(("reach", "shape"), [(1, "queen"), (2.3, "disc")])
@pytest.mark.parametrize("back", [0, 1, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_it_equals_esda_on_the_same_neighbours_in_space_and_time(
    reach: float, shape: str, back: int, masked: bool
) -> None:
    random = np.random.default_rng(2015)
    cube = random.poisson(0.8, (5, 7, 9)).astype(float)
    inside = random.random((7, 9)) < 0.8 if masked else np.ones((7, 9), dtype=bool)
    ours = space_time_gi_star(cube, inside=inside, reach_cells=reach, shape=shape, steps_back=back)  # type: ignore[arg-type]
    theirs = esda_z(cube, inside, reach, shape, back)
    defined = ours.inside & (ours.neighbours > 1)
    np.testing.assert_allclose(ours.z[defined], theirs[defined], rtol=0, atol=1e-9)
    assert np.isnan(ours.z[~defined]).all()


def test_one_event_in_the_middle_of_three_steps_by_hand() -> None:
    cube = np.zeros((3, 3, 3))
    cube[1, 1, 1] = 1
    found = space_time_gi_star(cube)
    # n = 27, mean 1/27, s = sqrt(26) / 27. The middle has 9 neighbours at the first step and 18 from the second on.
    s = math.sqrt(26) / 27
    assert found.neighbours[:, 1, 1].tolist() == [9, 18, 18]
    assert found.neighbours[:, 0, 0].tolist() == [4, 8, 8]
    first = (0 - 9 / 27) / (s * math.sqrt((27 * 9 - 81) / 26))
    later = (1 - 18 / 27) / (s * math.sqrt((27 * 18 - 18**2) / 26))
    np.testing.assert_allclose(found.z[:, 1, 1], [first, later, later], rtol=0, atol=1e-12)
    assert np.round(found.z[:, 1, 1], 4).tolist() == [-0.7071, 0.7071, 0.7071]


def test_a_cube_of_one_step_is_the_map_and_later_steps_are_never_looked_at() -> None:
    random = np.random.default_rng(8)
    values = random.poisson(2.0, (6, 8)).astype(float)
    np.testing.assert_array_equal(space_time_gi_star(values[None]).z[0], gi_star(values).z)
    cube = random.poisson(2.0, (4, 6, 8)).astype(float)
    moved = cube.copy()
    moved[3] = moved[3][::-1]  # the same values, so mean and variance stay
    np.testing.assert_allclose(space_time_gi_star(cube).z[:3], space_time_gi_star(moved).z[:3], atol=1e-12)


def test_values_far_from_nought_lose_nothing() -> None:
    cube = np.random.default_rng(9).poisson(2.0, (4, 6, 8)).astype(float)
    np.testing.assert_allclose(space_time_gi_star(cube + 1e8).z, space_time_gi_star(cube).z, atol=1e-6)


def test_any_number_of_threads_gives_the_same_bits() -> None:
    cube = np.random.default_rng(4).gamma(1.0, 2.0, (3, 61, 47))
    one = space_time_gi_star(cube, reach_cells=4.5, shape="disc", threads=1)
    np.testing.assert_array_equal(space_time_gi_star(cube, reach_cells=4.5, shape="disc", threads=3).z, one.z)


def test_a_cell_without_a_value_at_some_step_takes_no_part_at_any() -> None:
    cube = np.random.default_rng(5).poisson(1.0, (4, 6, 6)).astype(float)
    inside = np.ones((6, 6), dtype=bool)
    inside[2, 3] = False
    missing = cube.copy()
    missing[1, 2, 3] = np.nan
    found = emerging_hot_spots(missing)
    np.testing.assert_array_equal(found.gi_star.z, space_time_gi_star(cube, inside=inside).z)
    assert found.classes[2, 3] == "no pattern"
    with pytest.raises(DataRefused, match="finite value in every cell inside"):
        emerging_hot_spots(missing, inside=np.ones((6, 6), dtype=bool))


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_cube_of_equal_values_has_no_gi_star_no_hot_spot_and_no_pattern(value: float) -> None:
    found = emerging_hot_spots(np.full((5, 4, 4), value))
    assert np.isnan(found.gi_star.z).all()
    assert not (found.hot | found.cold).any()
    assert set(found.classes.ravel()) == {"no pattern"}
    assert list(found.gi_star.undefined) == ["all cells hold the same value"]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (np.zeros((3, 3)), {}, "steps, rows and columns"),
        (np.zeros((0, 3, 3)), {}, "steps, rows and columns"),
        (np.zeros((2, 3, 3)), {"steps_back": -1}, "0 or more steps"),
        (np.zeros((2, 3, 3)), {"inside": np.ones((2, 3, 3), dtype=bool)}, "same grid"),
    ],
)
def test_what_makes_no_sense_is_refused(values: np.ndarray, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        space_time_gi_star(values, **options)  # type: ignore[arg-type]


# A cell whose story is known, in a city of 20 x 20 cells with one event each at each of ten steps.
LEVEL = [30.0] * 10
STORIES = {
    "new hot spot": [1.0] * 9 + [30],
    "consecutive hot spot": [1.0] * 6 + [30] * 4,
    "intensifying hot spot": [30.0 + 3 * step for step in range(10)],
    "persistent hot spot": LEVEL,
    "diminishing hot spot": [60.0 - 3 * step for step in range(10)],
    "sporadic hot spot": [1.0, 30, 1, 1, 30, 30, 1, 1, 1, 30],
    "historical hot spot": [30.0] * 9 + [1],
    "no pattern": [1.0] * 4 + [30] * 3 + [1] * 3,
}


@pytest.mark.parametrize("expected", list(STORIES))
def test_a_story_of_counts_has_its_class(expected: str) -> None:
    cube = np.ones((10, 20, 20))
    cube[:, 10, 10] = STORIES[expected]
    found = emerging_hot_spots(cube, steps_back=0)
    assert found.classes[10, 10] == expected
    assert found.classes[0, 0] == "no pattern"


def test_a_cold_story_is_the_mirror_and_hot_with_cold_before_oscillates() -> None:
    cube = np.full((10, 20, 20), 50.0)
    cube[:, 10, 10] = 50.0 - 30
    assert emerging_hot_spots(cube, steps_back=0).classes[10, 10] == "persistent cold spot"
    cube[:, 10, 10] = [20, 80, 50, 50, 80, 50, 20, 50, 50, 80]
    assert emerging_hot_spots(cube, steps_back=0).classes[10, 10] == "oscillating hot spot"


def test_a_step_before_reaches_into_the_next_so_that_a_lone_step_is_no_new_hot_spot() -> None:
    # Hot in the ninth step only: with one step back its events count in the tenth as well.
    cube = np.ones((10, 20, 20))
    cube[8, 10, 10] = 60
    assert emerging_hot_spots(cube, steps_back=0).classes[10, 10] == "no pattern"
    assert emerging_hot_spots(cube, steps_back=1).classes[10, 10] == "consecutive hot spot"


def test_p_values_are_two_sided_and_corrected_over_all_cells_and_steps_together() -> None:
    cube = np.random.default_rng(6).poisson(1.0, (6, 9, 9)).astype(float)
    cube[:, 4, 4] += 9
    found = emerging_hot_spots(cube)
    np.testing.assert_allclose(found.p_corrected, corrected_p(found.gi_star.p))
    assert found.gi_star.p.size == 6 * 81
    assert (found.hot <= (found.p_corrected <= 0.05)).all()
    alone = emerging_hot_spots(cube, correction="none")
    assert found.hot.sum() < alone.hot.sum()


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_few_steps_are_no_error(steps: int) -> None:
    cube = np.ones((steps, 20, 20))
    cube[-1, 10, 10] = 40
    assert emerging_hot_spots(cube, steps_back=0).classes[10, 10] == "new hot spot"


def test_binomial_p_values_by_hand_and_as_scipy_has_them() -> None:
    cube = np.zeros((4, 5, 5))
    cube[1, 2, 2], cube[1, 1, 2], cube[3, 0, 0] = 3, 1, 2
    found = emerging_hot_spots(cube, steps_back=0, correction="none", test="binomial")
    # Six events in 100 cells and steps; four of them in the nine about the middle at the second step.
    assert math.isclose(found.p_corrected[1, 2, 2], 2 * stats.binom.sf(3, 6, 0.09), rel_tol=1e-12)
    assert math.isclose(found.p_corrected[0, 2, 2], min(1.0, 2 * stats.binom.cdf(0, 6, 0.09)), rel_tol=1e-12)
    assert math.isclose(found.p_corrected[3, 0, 0], 2 * stats.binom.sf(1, 6, 0.04), rel_tol=1e-12)
    np.testing.assert_array_equal(found.gi_star.z, emerging_hot_spots(cube, steps_back=0).gi_star.z)


def test_sparse_counts_without_clustering_are_rarely_hot_by_the_binomial_and_nearly_always_by_the_normal() -> None:
    random = np.random.default_rng(12)
    hot = {"normal": 0, "binomial": 0}
    for _ in range(40):
        cube = np.bincount(random.integers(0, 12 * 900, 120), minlength=12 * 900).reshape(12, 30, 30)
        for test in hot:
            hot[test] += bool(emerging_hot_spots(cube, reach_cells=2, shape="disc", test=test).hot.any())  # type: ignore[arg-type]
    assert hot["normal"] == 40
    assert hot["binomial"] <= 4


def test_a_binomial_test_of_no_counts_is_refused() -> None:
    cube = np.random.default_rng(1).random((4, 5, 5))
    with pytest.raises(DataRefused, match="is of counts"):
        emerging_hot_spots(cube, test="binomial")
