"""Did it work? on the shipped example: by role, by place, by source; refusals; and nothing beyond what may be seen."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from hotspots.errors import DataRefused, DisclosureRefused, HotspotsError, UsageError
from hotspots.snapshot import Build
from hotspots.views import (
    Question,
    Selection,
    Viewer,
    counts_of,
    detectable,
    evaluate,
    evaluate_wards,
    judged_measures,
    judged_places,
    question_of,
    registered,
    totals_over,
)

ANALYST, OFFICER, LICENSING = Viewer("analyst"), Viewer("officer"), Viewer("licensing")
MARKET, PETERSFIELD = "ward:E05002709", "ward:E05002711"
APRIL = date(2018, 4, 1)


def test_needle_finds_by_month_sum_to_table_7_and_callouts_by_quarter_to_the_year(example_build: Build) -> None:
    finds = counts_of(example_build, ANALYST, what="instances", place="city")
    assert (len(finds.periods), finds.months_each) == (36, 1)
    assert [finds.lower[at : at + 12].sum() for at in (0, 12, 24)] == [172, 304, 328]
    callouts = counts_of(example_build, ANALYST, what="callouts", place="city")
    assert (len(callouts.periods), callouts.months_each) == (20, 3)
    assert [callouts.lower[at : at + 4].sum() for at in range(0, 20, 4)] == [400, 372, 348, 336, 312]


def test_the_months_of_a_ward_sum_to_its_audited_year(example_build: Build) -> None:
    for ward in (MARKET, PETERSFIELD):
        months = counts_of(example_build, ANALYST, what="instances", place=ward)
        years = counts_of(example_build, OFFICER, what="instances", place=ward)
        assert years.months_each == 12
        assert [months.lower[at : at + 12].sum() for at in (0, 12, 24)] == years.lower.tolist()


def test_months_without_an_incident_are_not_known_where_the_source_says_that_absent_means_unknown(
    example_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They counted as nought, and a source that falls silent read as work that succeeded."""
    place = f"premises:{example_build.table('premises')['premises_id'].iloc[0]}"
    zero = counts_of(example_build, LICENSING, what="incidents", place=place).lower
    monkeypatch.setitem(example_build.manifest["score"], "absent", "unknown")
    known = counts_of(example_build, LICENSING, what="incidents", place=place).lower
    assert (zero == 0).sum() > 0
    told = ~np.isnan(known)
    assert told.any()
    assert not told[zero == 0].all()
    assert known[told].tolist() == zero[told].tolist()


def test_city_finds_of_2017_18_and_2018_19_are_1_08_and_not_clear_for_everybody(example_build: Build) -> None:
    for viewer in (ANALYST, OFFICER):
        answer = evaluate(example_build, Question("instances", "city", APRIL, 12), viewer)
        assert (answer.comparison.before, answer.comparison.after) == ((304, 304), (328, 328))
        assert answer.comparison.verdict == "No clear change"
        assert round(answer.comparison.ratio, 2) == 1.08
    officer = evaluate(example_build, Question("instances", "city", APRIL, 12), OFFICER).comparison
    assert (round(officer.lower, 2), round(officer.upper, 2)) == (0.92, 1.27)


def test_figure_9_from_10_to_3_is_carried_through_and_its_own_months_were_not_covered(example_build: Build) -> None:
    asked = question_of(example_build, LICENSING, "IV004", months=6)
    with pytest.raises(DataRefused, match="2017-09 to 2018-02 reaches past what is covered"):
        evaluate(example_build, asked, LICENSING)
    beside = question_of(example_build, LICENSING, "IV004", months=6, adjoining=True)
    found = evaluate(example_build, beside, LICENSING)
    assert (found.comparison.before, found.comparison.after) == ((10, 10), (3, 3))
    assert (round(found.comparison.ratio, 2), round(found.comparison.upper, 2)) == (0.30, 1.17)
    assert found.comparison.verdict is None
    assert any("drops a spike exactly six months later" in caveat for caveat in found.caveats)


def test_registered_work_asks_what_was_agreed(example_build: Build) -> None:
    asked = question_of(example_build, ANALYST, "IV001", months=12)
    assert (asked.what, asked.place, asked.comparison, asked.start) == ("instances", MARKET, PETERSFIELD, APRIL)
    answer = evaluate(example_build, asked, ANALYST)
    assert answer.table.to_numpy().tolist() == [["Market ward", "110", "119"], ["Petersfield ward", "62", "68"]]
    assert answer.comparison.wdd is not None
    assert answer.comparison.wdd.estimate == (119 - 110) - (68 - 62)
    with pytest.raises(UsageError, match="no intervention 'IV999'"):
        question_of(example_build, ANALYST, "IV999", months=12)


def test_a_polygon_counts_the_points_inside_and_everywhere_else_is_the_rest(example_build: Build) -> None:
    asked = question_of(example_build, ANALYST, "IV002", months=6, comparison="rest")
    inside = counts_of(example_build, ANALYST, what="instances", place=asked.place)
    answer = evaluate(example_build, asked, ANALYST)
    assert answer.beside is not None
    whole = counts_of(example_build, ANALYST, what="instances", place="city")
    np.testing.assert_array_equal(inside.lower + answer.beside.lower, whole.lower)
    assert 0 < inside.lower.sum() < 100


def test_a_series_break_stops_recorded_crime_and_not_its_months_after(example_build: Build) -> None:
    with pytest.raises(DataRefused, match="breaks on 2018-05-23"):
        evaluate(example_build, Question("crimes", "city", APRIL, 12), ANALYST)
    after = Question("crimes", "city", date(2018, 10, 1), 3, adjoining=True)
    assert evaluate(example_build, after, OFFICER).comparison.before[0] > 0


def test_overlapping_target_and_comparison_are_refused(example_build: Build) -> None:
    for comparison in (MARKET, "city"):
        with pytest.raises(DataRefused, match="overlap"):
            evaluate(example_build, Question("instances", "city-centre", APRIL, 12, comparison=comparison), ANALYST)
    with pytest.raises(DataRefused, match="overlap"):
        evaluate(example_build, Question("instances", MARKET, APRIL, 12, comparison=MARKET), ANALYST)
    with pytest.raises(DataRefused, match="nothing beside it"):
        evaluate(example_build, Question("instances", "city", APRIL, 12, comparison="rest"), ANALYST)


def test_zones_around_both_areas_enter_the_wdd_and_may_not_meet(example_build: Build) -> None:
    mill_road = "polygon:POLYGON ((545900 257850, 546300 257850, 546300 258100, 545900 258100, 545900 257850))"
    asked = Question("instances", mill_road, APRIL, 12, comparison="ward:E05002708")
    plain = evaluate(example_build, asked, ANALYST)
    ringed = evaluate(example_build, replace(asked, buffer_m=300), ANALYST)
    assert ringed.comparison.wdd is not None
    assert plain.comparison.wdd is not None
    assert ringed.comparison.wdd.standard_error > plain.comparison.wdd.standard_error
    assert "gain" in ringed.comparison.wdq_refused or ringed.comparison.wdq is not None
    with pytest.raises(DataRefused, match="make the zone"):
        evaluate(example_build, Question("instances", MARKET, APRIL, 12, comparison=PETERSFIELD, buffer_m=300), ANALYST)
    with pytest.raises(UsageError, match="outline of their own"):
        evaluate(example_build, Question("instances", MARKET, APRIL, 12, comparison="rest", buffer_m=300), ANALYST)


def test_premises_are_for_licensing_and_analysts_on_every_way_in(example_build: Build) -> None:
    for viewer in (OFFICER, Viewer("group"), Viewer("public")):
        assert "incidents" not in judged_measures(example_build, viewer)
        assert not registered(example_build, viewer)["place"].str.startswith("premises:").any()
        for call in (
            lambda viewer=viewer: counts_of(example_build, viewer, what="incidents", place="premises:PR001"),
            lambda viewer=viewer: question_of(example_build, viewer, "IV004", months=6),
            lambda viewer=viewer: judged_places(example_build, viewer, "incidents"),
        ):
            with pytest.raises((DisclosureRefused, UsageError)):
                call()
    with pytest.raises(UsageError, match="not in the register of premises"):
        counts_of(example_build, LICENSING, what="incidents", place="premises:PR999")


def test_below_restricted_only_audited_years_are_counted_and_no_place_of_ones_own(example_build: Build) -> None:
    for what in ("instances", "callouts"):
        for place in judged_places(example_build, OFFICER, what):
            counts = counts_of(example_build, OFFICER, what=what, place=place)
            assert {period.years for period in counts.periods} == {1.0}
    with pytest.raises(DisclosureRefused, match="single events"):
        evaluate(example_build, question_of(example_build, OFFICER, "IV002", months=12), OFFICER)
    with pytest.raises(UsageError, match="whole periods of 12 months"):
        evaluate(example_build, Question("instances", MARKET, APRIL, 6), OFFICER)


def test_every_number_that_an_officer_gets_is_on_the_map_already(example_build: Build) -> None:
    for what in ("instances", "callouts"):
        for place in judged_places(example_build, OFFICER, what):
            counts = counts_of(example_build, OFFICER, what=what, place=place)
            labels = [period.label for period in counts.periods]
            shown = totals_over(example_build, Selection(what, where=place), OFFICER, periods=labels).table
            width = 0 if what == "instances" else 69 * 2
            lower, upper = shown["lower"].to_numpy(dtype=float), shown["upper"].to_numpy(dtype=float)
            known = ~np.isnan(lower)
            assert (np.isnan(counts.lower) == ~known).all()
            assert (lower[known] - width <= counts.lower[known]).all()
            assert (counts.upper[known] <= upper[known] + width).all()
            if what == "instances":
                np.testing.assert_array_equal(counts.lower[known], lower[known])


def test_a_rounded_count_is_an_interval_and_no_false_precision(example_build: Build) -> None:
    # Market has two LSOAs, each rounded to five: the year may be four fewer or four more than is shown.
    counts = counts_of(example_build, OFFICER, what="callouts", place=MARKET)
    quarters = counts_of(example_build, ANALYST, what="callouts", place=MARKET)
    assert (counts.upper - counts.lower).tolist() == [8.0] * 5
    truth = np.array([quarters.lower[at : at + 4].sum() for at in range(0, 20, 4)])
    assert ((counts.lower <= truth) & (truth <= counts.upper)).all()
    with pytest.raises(DataRefused, match="is hidden or not known"):
        evaluate(example_build, Question("callouts", "city", APRIL, 12), OFFICER)


def test_what_counts_could_show_is_said_before_anything_is_agreed(example_build: Build) -> None:
    per_month, table = detectable(counts_of(example_build, ANALYST, what="instances", place=MARKET))
    assert per_month == pytest.approx(293 / 36, abs=1)
    assert table["detectable"].is_monotonic_decreasing


def test_every_question_gets_an_answer_or_one_of_our_errors(example_build: Build) -> None:
    answered = refused = 0
    for viewer in (ANALYST, OFFICER):
        for what in judged_measures(example_build, viewer):
            place = list(judged_places(example_build, viewer, what))[1]
            for start in (date(2014, 1, 1), APRIL):
                try:
                    answer = evaluate(example_build, Question(what, place, start, 12, comparison="rest"), viewer)
                except HotspotsError:
                    refused += 1
                else:
                    answered += 1
                    assert answer.sentence
                    assert isinstance(answer.table, pd.DataFrame)
    assert answered + refused == 18
    assert answered >= 1


def test_unknown_hotspots_and_places_are_refused(example_build: Build) -> None:
    with pytest.raises(DataRefused, match="holds no hotspot X9"):
        counts_of(example_build, ANALYST, what="instances", place="hotspot:X9")
    with pytest.raises(UsageError, match="'nowhere' is not a place"):
        counts_of(example_build, OFFICER, what="instances", place="nowhere")


def test_every_ward_at_once_says_how_many_would_differ_by_chance(example_build: Build) -> None:
    question = Question("instances", "city", APRIL, 12)
    found = evaluate_wards(example_build, question, ANALYST)
    assert len(found.table) == 14
    assert found.table.set_index("area_code").loc["Market", ["before", "after"]].tolist() == [110, 119]
    assert found.table["before"].sum() == 304
    assert "of 14 areas differ if each is looked at alone" in found.sentence
    officers = evaluate_wards(example_build, question, OFFICER).table.set_index("area_code")
    hidden = officers["before"].isna()
    assert hidden.any()
    assert (officers.loc[hidden, "verdict"] == "Too few to say").all()
    with pytest.raises(DataRefused, match="breaks on"):
        evaluate_wards(example_build, Question("asb", "city", APRIL, 12), ANALYST)
