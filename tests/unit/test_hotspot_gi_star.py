"""Gi* on the grid: Ord and Getis's formula, equal to esda on the same neighbours, undefined with a reason."""

import math

import numpy as np
import pytest

from hotspots.analysis.hotspots.gi_star import gi_star
from hotspots.errors import DataRefused


def esda_z(values: np.ndarray, inside: np.ndarray, reach: float, shape: str) -> np.ndarray:
    """What esda makes of the same cells and the same neighbours, cell by cell."""
    import esda
    from libpysal.weights import W

    rows, columns = np.nonzero(inside)
    neighbours = {}
    for cell, (row, column) in enumerate(zip(rows, columns, strict=True)):
        down, across = abs(rows - row), abs(columns - column)
        near = np.maximum(down, across) <= reach if shape == "queen" else down**2 + across**2 <= reach**2
        neighbours[cell] = [int(other) for other in np.flatnonzero(near)]  # itself among them
    weights = W(neighbours, silence_warnings=True)
    return np.asarray(esda.G_Local(values[inside], weights, star=None, transform="B", permutations=0).Zs)


@pytest.mark.parametrize(("reach", "shape"), [(1, "queen"), (3, "queen"), (2, "disc"), (3.2, "disc"), (1, "disc")])
@pytest.mark.parametrize("masked", [False, True])
def test_it_equals_esda_on_the_same_neighbours(reach: float, shape: str, masked: bool) -> None:
    random = np.random.default_rng(1995)
    values = random.gamma(0.7, 3.0, (17, 23))
    inside = random.random(values.shape) < 0.7 if masked else np.ones(values.shape, dtype=bool)
    ours = gi_star(values, inside=inside, reach_cells=reach, shape=shape)  # type: ignore[arg-type]
    theirs = esda_z(values, inside, reach, shape)
    defined = ours.neighbours[inside] > 1
    np.testing.assert_allclose(ours.z[inside][defined], theirs[defined], rtol=0, atol=1e-9)
    assert np.isnan(ours.z[~inside]).all()


def test_a_single_event_in_the_corner_by_hand() -> None:
    values = np.zeros((4, 4))
    values[0, 0] = 1
    # n = 16, mean 1/16, s = sqrt(1/16 - 1/256); the corner has W = 4: (1 - 4/16) / (s sqrt((64 - 16) / 15)).
    s = math.sqrt(15 / 256)
    expected = (1 - 4 / 16) / (s * math.sqrt((16 * 4 - 16) / 15))
    found = gi_star(values)
    assert math.isclose(found.z[0, 0], expected, abs_tol=1e-12)
    assert round(found.z[0, 0], 4) == 1.7321
    assert found.neighbours[:2, :2].tolist() == [[4, 6], [6, 9]]
    assert math.isclose(found.z[3, 3], (0 - 4 / 16) / (s * math.sqrt(48 / 15)), abs_tol=1e-12)


def test_the_six_points_of_the_literature() -> None:
    # Six places with a value each, neighbours within 15: the example that PySAL documents for Gi*, with its published
    # standard deviates. In cells of 5, fifteen is three cells.
    six = {(10, 10): 2.0, (20, 10): 3.0, (40, 10): 3.2, (15, 20): 5.0, (30, 20): 8.0, (30, 30): 7.0}
    values = np.full((7, 9), np.nan)
    for (x, y), value in six.items():
        values[y // 5, x // 5] = value
    found = gi_star(values, reach_cells=3, shape="disc")
    z = [float(found.z[y // 5, x // 5]) for x, y in six]
    published = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    np.testing.assert_allclose(z, published, rtol=0, atol=1e-8)
    assert [int(found.neighbours[y // 5, x // 5]) for x, y in six] == [3, 4, 2, 4, 5, 2]


def test_the_remote_sensing_example_of_getis_and_ord_as_spdep_makes_it() -> None:
    # Getis and Ord (1996), 16 x 16 cells of 30 m, the first row in the south: the data and the five distances of the
    # example of spdep's localG, with its Gi* (the cell itself included) of the cell that they print, 1.45078 at 30 m,
    # of the first and of the last cell, and the sum over all cells without their signs.
    values = np.array([row.split() for row in GETIS_ORD_1996.split("\n")], dtype=np.float64)
    for distance_m, of_cells, all_cells in (
        (30, (1.45077981, -2.22970956, 0.42914727), 447.030665),
        (60, (1.90055888, -3.05142479, 1.03307046), 676.264408),
        (90, (2.09693875, -4.12355890, 1.59561863), 933.689914),
        (120, (1.98190685, -5.15130467, 2.66075288), 1132.766241),
        (150, (1.30669844, -6.18579087, 4.80837147), 1331.158396),
    ):
        z = gi_star(values, reach_cells=distance_m / 30, shape="disc").z
        np.testing.assert_allclose((z[7, 7], z[0, 0], z[15, 15]), of_cells, rtol=0, atol=5e-9)
        assert math.isclose(np.abs(z).sum(), all_cells, abs_tol=5e-7)


GETIS_ORD_1996 = """\
40 41 42 43 49 54 47 44 42 44 43 46 52 56 56 61
40 42 41 40 43 49 46 42 42 43 43 49 59 62 53 62
43 42 40 42 42 42 41 42 42 43 42 53 66 61 51 62
44 41 39 42 44 43 42 42 42 43 43 49 56 53 53 61
42 43 44 43 42 41 42 44 43 43 44 47 58 59 55 61
52 59 61 56 41 40 43 44 46 48 50 52 68 69 60 61
62 62 86 85 55 59 64 72 75 70 70 62 66 61 55 57
65 62 68 72 102 94 90 83 74 81 96 69 52 50 51 54
62 59 55 61 99 97 93 80 65 87 107 80 59 60 67 66
62 55 56 56 80 90 99 88 64 91 112 94 76 91 100 85
63 57 58 58 77 92 82 71 59 90 105 92 79 98 110 83
59 58 60 64 88 99 82 81 71 80 89 89 89 102 104 75
55 54 53 61 82 102 88 93 96 94 110 114 109 103 92 68
55 55 56 60 91 95 86 98 115 105 110 107 101 89 85 68
62 63 64 59 85 88 95 106 110 99 89 82 79 84 97 79
55 56 54 58 65 75 82 77 74 74 69 61 62 71 73 63"""


def test_the_p_value_is_two_sided() -> None:
    values = np.zeros((4, 4))
    values[0, 0] = 1
    found = gi_star(values)
    assert math.isclose(found.p[0, 0], math.erfc(found.z[0, 0] / math.sqrt(2)), abs_tol=1e-15)
    assert round(found.p[0, 0], 4) == 0.0833


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1])
def test_cells_that_all_hold_the_same_have_no_gi_star_and_say_why(value: float) -> None:
    found = gi_star(np.full((5, 5), value))
    assert np.isnan(found.z).all()
    assert np.isnan(found.p).all()
    assert {reason: int(cells.sum()) for reason, cells in found.undefined.items()} == {
        "all cells hold the same value": 25
    }


def test_an_island_has_no_gi_star_and_says_why_and_the_others_have_one() -> None:
    inside = np.zeros((6, 6), dtype=bool)
    inside[:3, :3] = inside[5, 5] = True
    found = gi_star(np.arange(36.0).reshape(6, 6), inside=inside)
    assert np.isnan(found.z[5, 5])
    assert next((reason, cells.sum()) for reason, cells in found.undefined.items()) == (
        "it has no neighbour in the area",
        1,
    )
    assert np.isfinite(found.z[:3, :3]).all()


def test_a_cell_whose_neighbourhood_is_everything_has_no_gi_star() -> None:
    found = gi_star(np.arange(9.0).reshape(3, 3))
    assert np.isnan(found.z[1, 1])
    assert found.undefined["every cell of the area is its neighbour"].sum() == 1
    assert np.isfinite(found.z[0, 0])


def test_missing_values_are_outside_unless_the_mask_says_inside() -> None:
    values = np.random.default_rng(3).poisson(2.0, (8, 8)).astype(float)
    values[2, 3] = np.nan
    inside = ~np.isnan(values)
    np.testing.assert_array_equal(gi_star(values).z, gi_star(values, inside=inside).z)
    with pytest.raises(DataRefused, match="finite value in every cell inside"):
        gi_star(values, inside=np.ones((8, 8), dtype=bool))


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (np.zeros(4), {}, "rows and columns"),
        (np.zeros((0, 4)), {}, "rows and columns"),
        (np.zeros((3, 3)), {"inside": np.ones((3, 4), dtype=bool)}, "same grid"),
        (np.zeros((3, 3)), {"reach_cells": 0}, "positive number of cells"),
        (np.zeros((3, 3)), {"shape": "rook"}, "choose queen or disc"),
    ],
)
def test_what_makes_no_sense_is_refused(values: np.ndarray, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        gi_star(values, **options)  # type: ignore[arg-type]


def test_any_number_of_threads_gives_the_same_bits() -> None:
    values = np.random.default_rng(4).gamma(1.0, 2.0, (61, 47))
    one = gi_star(values, reach_cells=4.5, shape="disc", threads=1)
    np.testing.assert_array_equal(gi_star(values, reach_cells=4.5, shape="disc", threads=3).z, one.z)


def test_a_reach_beyond_the_grid_is_no_error() -> None:
    found = gi_star(np.arange(12.0).reshape(3, 4), reach_cells=10)
    assert (found.neighbours == 12).all()
    assert np.isnan(found.z).all()
