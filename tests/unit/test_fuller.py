"""Where much of a table is hidden, a longer period and wards are offered, with how much each of them hides."""

import pytest

from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, as_shown, fuller_selections, view

YEAR = Selection("instances", when="2018/19", how="lsoa")


@pytest.mark.parametrize("role", ["public", "officer"])
def test_31_of_69_hidden_in_a_year_are_offered_three_years_that_hide_fewer(role: str, example_build: Build) -> None:
    viewer = Viewer(role)  # type: ignore[arg-type]
    now = as_shown(view(example_build, YEAR, viewer), YEAR)
    assert (now.hidden, now.areas) == (31, 69)
    (longer,) = fuller_selections(example_build, YEAR, viewer)  # by ward, 9 of 14 are hidden: a larger share
    assert (longer.selection.when, longer.selection.how) == ("2016/17 to 2018/19", "lsoa")
    assert (longer.hidden, longer.areas) == (24, 69)


def test_nothing_is_offered_where_little_or_nothing_is_hidden(example_build: Build) -> None:
    assert fuller_selections(example_build, YEAR, Viewer("analyst")) == ()
    longest = Selection("callouts", when="2014/15 to 2018/19", how="lsoa")  # 11 of 69
    assert fuller_selections(example_build, longest, Viewer("public")) == ()
    assert fuller_selections(example_build, Selection("instances", how="density"), Viewer("public")) == ()


def test_what_is_offered_is_for_the_same_measure_and_place_and_hides_a_smaller_share(example_build: Build) -> None:
    viewer = Viewer("public")
    centre = Selection("callouts_per_year", when="2017/18", where="city-centre", how="lsoa")
    now = as_shown(view(example_build, centre, viewer), centre)
    for found in fuller_selections(example_build, centre, viewer):
        assert (found.selection.what, found.selection.where) == ("callouts_per_year", "city-centre")
        assert found.share < now.share
