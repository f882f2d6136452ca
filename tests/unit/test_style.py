import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hotspots.style import Classes, Fill, _fisher_jenks, as_printed, classes_of, fills_used, surface_classes

NAN = float("nan")


def test_five_classes_hold_every_number_once_and_their_printed_edges_never_touch():
    values = [1, 2, 3, 9, 10, 11, 29, 30, 31, 60, 61, 100]
    classes = classes_of(values, decimals=0, most=5)
    assert classes.labels == ("1 to 3", "4 to 11", "12 to 31", "32 to 61", "62 to 100")
    assert [classes.index(value) for value in values] == sorted(classes.index(value) for value in values)
    assert all(upper < lower for upper, lower in zip(classes.uppers, classes.lowers[1:], strict=False))


@given(
    values=st.lists(st.integers(0, 60) | st.floats(0, 1e6, width=32).map(lambda value: round(value, 1)), min_size=2),
    count=st.integers(2, 7),
)
def test_natural_breaks_are_those_of_mapclassify(values, count):
    from mapclassify import FisherJenks

    ordered = np.sort(np.array(values, dtype=np.float64))
    count = min(count, len(np.unique(ordered)))
    assume(count > 1)
    assert _fisher_jenks(ordered, count) == FisherJenks(ordered, k=count).bins.tolist()


def test_zero_has_a_white_class_of_its_own_and_counts_among_the_most():
    classes = classes_of([0, 0, 1, 5, 9, 20, 40], decimals=0, most=4)
    assert classes.labels[0] == "0"
    assert classes.colours[0] == "#ffffff"
    assert len(classes.labels) == 4
    assert classes.index(0) == 0
    assert classes.index(1) == 1


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([], ()),
        ([NAN, NAN], ()),
        ([math.inf, 3], ("3",)),
        ([7, 7, 7, 7], ("7",)),
        ([0, 0, 0], ("0",)),
        ([0, 5], ("0", "1 to 5")),
        ([1, 2], ("1", "2")),
        ([NAN, 4, NAN], ("4",)),
    ],
)
def test_fault_064_constant_few_or_mostly_unknown_data_give_fewer_classes(values, labels):
    assert classes_of(values, decimals=0).labels == labels


def test_edges_are_rounded_as_the_table_prints_them():
    classes = classes_of([0.04, 1.25, 1.26, 7.349, 7.351], decimals=1, most=3)
    assert classes.labels == ("0.0", "0.1 to 1.3", "1.4 to 7.4")
    assert classes.index(1.25) == classes.index(1.3)


def test_one_class_is_allowed_and_eight_are_cut_to_seven():
    assert classes_of([1, 2, 3], decimals=0, most=1).labels == ("1 to 3",)
    assert len(classes_of(range(1, 100), decimals=0, most=8).labels) == 7


def test_edges_of_all_periods_do_not_move_when_one_period_is_shown():
    quiet_year, busy_year = [1, 2, 3], [10, 20, 40]
    both = classes_of([*quiet_year, *busy_year], decimals=0, most=3)
    assert both.labels == ("1 to 10", "11 to 20", "21 to 40")
    assert [both.index(value) for value in quiet_year] == [0, 0, 0]
    assert classes_of(quiet_year, decimals=0, most=3).labels == ("1", "2", "3")
    assert both.index(41) == 2


def test_an_interval_within_one_class_has_its_colour_and_one_across_two_is_striped():
    classes = Classes((1.0, 5.0), (4.0, 9.0), ("#edf8b1", "#2c7fb8"), 0)
    assert classes.fill(NAN, 1, 4, "suppressed") == Fill("class", 0, 0)
    assert classes.fill(NAN, 4, 5, "suppressed") == Fill("spans", 0, 1)
    assert classes.fill(6, 6, 6, "ok") == Fill("class", 1, 1)


@pytest.mark.parametrize("status", ["suppressed", "incomplete", "no_data"])
def test_a_number_that_is_not_known_is_grey_with_its_reason(status):
    classes = classes_of([1, 2, 3], decimals=0)
    assert classes.fill(NAN, NAN, NAN, status).kind == status
    assert classes_of([], decimals=0).fill(NAN, 1, 4, status).kind == status


def test_an_unheard_of_status_is_no_data_and_never_an_exception():
    assert classes_of([1], decimals=0).fill(NAN, NAN, NAN, "lost").kind == "no_data"


def test_the_legend_lists_only_the_greys_that_are_on_the_map():
    assert fills_used([Fill("class", 1, 1), Fill("no_data"), Fill("spans", 0, 1)]) == ("spans", "no_data")


def test_cells_are_painted_by_what_would_be_printed_of_them():
    classes = Classes((0.0, 1.0, 6.0), (0.0, 5.0, 9.0), ("#ffffff", "#fee838", "#00224e"), 0)
    values = np.array([[0.49, 0.5, 5.49], [5.5, 100.0, NAN]], dtype=np.float32)
    assert classes.indices(values).tolist() == [[0, 1, 1], [2, 2, -1]]


def test_a_surface_without_a_finite_cell_has_no_classes():
    classes = surface_classes(np.full((3, 3), NAN))
    assert classes.labels == ()
    assert classes.indices(np.full((2, 2), NAN)).tolist() == [[-1, -1], [-1, -1]]


@given(
    st.lists(st.floats(min_value=0, max_value=1e6) | st.just(NAN), max_size=60), st.integers(0, 2), st.integers(1, 7)
)
def test_any_values_have_classes_and_each_finite_one_lies_in_the_range_its_label_states(values, decimals, most):
    classes = classes_of(values, decimals=decimals, most=most)
    assert len(classes.labels) == len(classes.colours) <= max(most, 1) + (most == 1)
    assert len(set(classes.labels)) == len(classes.labels)
    for value in values:
        if math.isfinite(value):
            at = classes.index(value)
            assert classes.lowers[at] - 1e-9 <= as_printed(value, decimals) <= classes.uppers[at] + 1e-9
