"""How well places chosen from earlier months held what came later: accuracy, ties, area inside the mask, the choice."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots import GridSpec, evaluate_hotspots, points_from_frame
from hotspots.analysis.prediction import COUNTING, TargetingSpec, chosen_shares, hit_rate, most_possible, pai, pei, rri
from hotspots.analysis.prediction.history import History, cell_areas_km2, history_of
from hotspots.analysis.prediction.prior import CLOSE_M, NEAR_M, PARTS, Prior, fitted_prior
from hotspots.analysis.prediction.targeting import DEFAULT, density_alone, surface_of
from hotspots.errors import DataRefused
from hotspots.tables import PointEvents
from hotspots.views import Selection, Viewer
from hotspots.views import hotspots as asked

GRID = GridSpec(544_000, 258_000, 100, 10, 10)


def events(rows: list[tuple[str, float, float, int]]) -> PointEvents:
    """Events of (month, easting, northing, how many) from the grid's south-west corner."""
    spread = [(month, east, north) for month, east, north, count in rows for _ in range(count)]
    table = pd.DataFrame(spread, columns=["month", "easting", "northing"])
    points = points_from_frame(table.assign(easting=table["easting"] + 544_000, northing=table["northing"] + 258_000))
    points.table["date"] = pd.to_datetime(table["month"] + "-01")
    return points


def months(first: int, last: int) -> list[str]:
    return [f"2018-{number:02d}" for number in range(first, last + 1)]


def two_places(first: int, last: int, *, here: int = 6, there: int = 2) -> PointEvents:
    return events([row for m in months(first, last) for row in ((m, 250.0, 250.0, here), (m, 750.0, 750.0, there))])


def test_the_published_definitions_hold_on_numbers_small_enough_to_check_by_hand() -> None:
    # A quarter of the events in a fiftieth of the area; the best places of that size would have held half.
    assert hit_rate(25, 100) == 0.25
    assert pai(25, 100, 0.8, 40.0) == pytest.approx(12.5)
    assert pei(25, 50) == 0.5
    # PEI is PAI over the best PAI of the same area (Hunt 2016).
    assert pei(25, 50) == pytest.approx(pai(25, 100, 0.8, 40.0) / pai(50, 100, 0.8, 40.0))
    # Half of all events earlier, 30 % later: six tenths recaptured (Levine 2008).
    assert rri(30, 100, 50, 100) == pytest.approx(0.6)


def test_without_events_or_area_there_is_no_number_rather_than_a_zero() -> None:
    assert np.isnan(hit_rate(0, 0))
    assert np.isnan(pai(0, 10, 0.0, 5.0))
    assert np.isnan(pei(0, 0))
    assert np.isnan(rri(5, 10, 0, 10))


@pytest.mark.parametrize(("captured", "total"), [(11, 10), (-1, 10)])
def test_more_captured_than_there_were_is_refused(captured: float, total: float) -> None:
    with pytest.raises(DataRefused, match="is not a part of a whole"):
        hit_rate(captured, total)


def test_chance_has_a_pai_of_one_and_captures_its_share_of_area() -> None:
    flat = np.ones((10, 10))
    shares = chosen_shares(flat, flat, area=7.0)
    assert shares.sum() == pytest.approx(7.0)
    assert pai(float(shares.sum()), 100, 7.0, 100.0) == pytest.approx(1.0)


def test_ties_are_shared_in_the_mean_of_all_draws_or_taken_not_at_all() -> None:
    scores, held = np.array([5.0, 2.0, 2.0, 2.0, 0.0]), np.array([10.0, 6.0, 3.0, 0.0, 9.0])
    # Two cells: the first, and one of the three of equal score, which hold 3 on average.
    shared = chosen_shares(scores, np.ones(5), area=2.0)
    assert (shared * held).sum() == pytest.approx(13.0)
    assert (chosen_shares(scores, np.ones(5), area=2.0, ties="pessimistic") * held).sum() == pytest.approx(10.0)


def test_the_worked_examples_of_ptools_come_out() -> None:
    # R package ptools, pai(): three places, ranked rightly. PAI 2, 1.5, 1 and PEI 1 for one, two and three of them.
    observed, predicted, one = np.array([6.0, 3.0, 0.0]), np.array([3.0, 2.0, 1.0]), np.ones(3)
    for area, expected in ((1.0, 2.0), (2.0, 1.5), (3.0, 1.0)):
        held = float((chosen_shares(predicted, one, area=area) * observed).sum())
        assert pai(held, 9, area, 3.0) == pytest.approx(expected)
        assert pei(held, most_possible(observed, one, area=area)) == pytest.approx(1.0)


def test_where_the_area_ends_among_equals_ptools_takes_the_worst_of_them_and_we_the_mean_or_none() -> None:
    # ptools' example of six places, two of them predicted at 4 with 7 and 3 observed: it takes the 3 first (9 of 19).
    observed, predicted = np.array([6.0, 7.0, 3.0, 2.0, 1.0, 0.0]), np.array([8.0, 4.0, 4.0, 2.0, 1.0, 0.0])
    held = {
        ties: float((chosen_shares(predicted, np.ones(6), area=2.0, ties=ties) * observed).sum())
        for ties in ("shared", "pessimistic")
    }
    assert held == {"shared": 11.0, "pessimistic": 6.0}
    # Before and after the equals nothing depends on the rule: 6 of 7 possible, then 16 of 16.
    for area, worth in ((1.0, 6 / 7), (3.0, 1.0)):
        held_there = float((chosen_shares(predicted, np.ones(6), area=area) * observed).sum())
        assert pei(held_there, most_possible(observed, np.ones(6), area=area)) == pytest.approx(worth)


@pytest.mark.parametrize(("share", "taken"), [(0.7, 4), (0.6, 3), (1.0, 6), (0.0, 0), (0.5, 3), (0.1, 0)])
def test_whole_cells_are_as_many_as_fit_which_is_the_floor_of_their_number_times_the_share(
    share: float, taken: int
) -> None:
    # PredictCode's test of its top slice: risks of 1 to 6, of which floor(6 x share) are taken, the highest first.
    scores = np.arange(1.0, 7.0)
    shares = chosen_shares(scores, np.full(6, 0.01), area=share * 0.06, ties="whole")
    assert shares.tolist() == [float(score > 6 - taken) for score in scores]


def test_of_equal_scores_whole_cells_go_to_the_north_then_the_west() -> None:
    shares = chosen_shares(np.array([[1.0, 2.0], [2.0, 2.0]]), np.ones((2, 2)), area=2.5, ties="whole")
    assert shares.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_with_whole_cells_the_indices_are_of_the_area_that_was_used() -> None:
    # 1.9 of a hundred cells is one cell: 12 of 16 events there, and no cell could have held more.
    found = evaluate_hotspots(two_places(1, 6), GRID, area_share=0.019, ties="whole")
    counting = found.row("counting")
    assert (found.area_km2, counting["captured"], counting["pei"]) == (pytest.approx(0.01), 12.0, 1.0)
    assert counting["pai"] == pytest.approx(75.0)
    assert found.row("chance")["captured"] == pytest.approx(0.16)
    # All of the area, the rest of it among equals: two cells hold all 16, this part of one and 0.9 of the next.
    shared = evaluate_hotspots(two_places(1, 6), GRID, area_share=0.019).row("counting")
    assert (shared["captured"], shared["pai"]) == (pytest.approx(12 + 0.9 * 4), pytest.approx(15.6 / 16 / 0.019))


def test_pai_and_pei_of_a_grid_of_cells_by_hand_as_white_hunt_and_green_define_them() -> None:
    # Twelve of twenty events in two of ten cells; the best two cells would have held sixteen.
    later, predicted = np.array([10.0, 2, 6, 1, 1, 0, 0, 0, 0, 0]), np.array([5.0, 4, 3, 2, 1, 0, 0, 0, 0, 0])
    held = float((chosen_shares(predicted, np.ones(10), area=2.0) * later).sum())
    possible = most_possible(later, np.ones(10), area=2.0)
    assert (held, possible) == (12.0, 16.0)
    assert (pai(held, 20, 2, 10), pei(held, possible)) == (pytest.approx(3.0), 0.75)
    assert pai(held, 20, 2, 10) / pai(possible, 20, 2, 10) == pytest.approx(0.75)


def test_area_is_what_lies_inside_the_mask() -> None:
    border = shapely.box(544_000, 258_000, 544_150, 258_100)
    areas = cell_areas_km2(GRID, border)
    assert areas.sum() == pytest.approx(0.015)
    assert np.count_nonzero(areas) == 2
    # The half cell is passed over when it is not among the highest, and counts half when it is.
    assert chosen_shares(np.array([1.0, 2.0]), np.array([0.01, 0.005]), area=0.01).tolist() == [0.5, 1.0]


def test_most_possible_takes_the_densest_cells_first() -> None:
    assert most_possible(np.array([4.0, 3.0]), np.array([1.0, 0.5]), area=0.5) == pytest.approx(3.0)


def test_places_that_stay_where_they_were_are_found_again() -> None:
    found = evaluate_hotspots(two_places(1, 6), GRID, area_share=0.01)
    counting, chance = found.row("counting"), found.row("chance")
    assert found.trained == tuple(date(2018, m, 1) for m in (1, 2, 3, 4))
    assert found.scored == (date(2018, 5, 1), date(2018, 6, 1))
    # One cell of a hundred: 12 of the 16 later events.
    assert (counting["captured"], counting["hit_rate"], counting["pei"]) == (12.0, 0.75, 1.0)
    assert counting["pai"] == pytest.approx(75.0)
    assert (chance["captured"], chance["pai"]) == (pytest.approx(0.16), pytest.approx(1.0))
    assert found.events == 16
    assert "75%" in found.sentence


def test_where_nothing_beats_counting_the_choice_says_so_and_counts() -> None:
    found = evaluate_hotspots(two_places(1, 6), GRID, area_share=0.01)
    assert found.targeting == COUNTING
    assert "nothing held more than counting by cell" in found.choice
    assert found.row("targeting")["captured"] == found.row("counting")["captured"]


def test_with_three_months_it_says_that_it_cannot_tell_and_uses_the_stated_default() -> None:
    found = evaluate_hotspots(two_places(1, 3), GRID)
    assert "it cannot be told which surface predicts best (4 are needed)" in found.choice
    assert found.targeting == DEFAULT


def test_the_months_scored_have_no_part_in_the_choice() -> None:
    earlier = two_places(1, 4)
    moved = events([("2018-05", 950.0, 50.0, 40), ("2018-06", 950.0, 50.0, 40)])
    stayed = two_places(5, 6)
    choices = []
    for later in (moved, stayed):
        table = pd.concat([earlier.table, later.table], ignore_index=True)
        table["event_id"] = [f"e{number}" for number in range(len(table))]
        choices.append(evaluate_hotspots(PointEvents(table, earlier.meta), GRID, scored_months=2).targeting)
    assert choices[0] == choices[1]


def test_a_density_predicts_better_where_events_scatter_about_a_place_and_it_is_chosen() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (m, float(np.clip(rng.normal(500, 90), 1, 999)), float(np.clip(rng.normal(500, 90), 1, 999)), 1)
        for m in months(1, 9)
        for _ in range(30)
    ]
    fine = GridSpec(544_000, 258_000, 25, 40, 40)
    found = evaluate_hotspots(events(rows), fine, area_share=0.05, scored_months=3)
    assert found.targeting != COUNTING
    assert found.row("targeting")["captured"] > found.row("counting")["captured"]


def test_events_outside_the_border_take_no_part() -> None:
    points = two_places(1, 6)
    found = evaluate_hotspots(points, GRID, border=shapely.box(544_000, 258_000, 544_500, 258_500), area_share=0.04)
    assert found.events == 12
    assert found.total_area_km2 == pytest.approx(0.25)
    assert found.row("counting")["hit_rate"] == 1.0


def test_a_month_without_events_is_a_month_all_the_same() -> None:
    points = events([("2018-01", 250.0, 250.0, 6), ("2018-04", 250.0, 250.0, 6)])
    assert len(history_of(points, GRID).months) == 4
    held = tuple(date(2018, m, 1) for m in range(1, 7))
    assert evaluate_hotspots(points, GRID, months=held).scored == held[4:]


def test_of_a_handful_of_later_events_the_sentence_says_that_they_are_too_few() -> None:
    few = evaluate_hotspots(events([("2018-01", 250.0, 250.0, 40), ("2018-02", 250.0, 250.0, 29)]), GRID)
    many = evaluate_hotspots(events([("2018-01", 250.0, 250.0, 40), ("2018-02", 250.0, 250.0, 30)]), GRID)
    for found, told in ((few, True), (many, False)):
        for said in (found.sentence, found.sentence_without_count):
            assert ("fewer than 30 events, too few to tell" in said) is told


def test_of_a_handful_of_later_events_no_share_is_told_to_whoever_may_not_know_how_many_they_are() -> None:
    few = evaluate_hotspots(events([("2018-01", 250.0, 250.0, 40), ("2018-02", 250.0, 250.0, 14)]), GRID)
    assert few.few
    assert "held 100% of the 14 events of 2018-02" in few.sentence
    assert few.sentence_without_count.endswith(
        "were held against what was recorded in 2018-02: fewer than 30 events, too few to tell."
    )
    assert "held 1" not in few.sentence_without_count
    held = tuple(date(2018, number, 1) for number in range(1, 7))
    none = evaluate_hotspots(two_places(1, 3), GRID, months=held, scored_months=2)
    assert not none.few
    assert none.sentence_without_count.endswith("what was chosen before cannot be scored.")


@pytest.mark.parametrize(("role", "rows"), [("officer", 0), ("analyst", 2)])
def test_the_table_of_few_later_events_is_for_whoever_may_see_them(monkeypatch, role: str, rows: int) -> None:
    table = pd.DataFrame({"kind": "needles", "measure": "instances", "category": "all", "captured": [9.0, 6.0],
                          "hit_rate": [0.6429, 0.4286], "pai": [64.3, 42.9], "pei": [0.64, 0.43]})  # fmt: skip
    record = {"kind": "needles", "measure": "instances", "category": "all", "how": "hotspots", "evaluation": "exact",
              "evaluation_without_count": "few", "evaluation_of_few": True}  # fmt: skip
    build = SimpleNamespace(table=lambda name: table, manifest={"hotspots": [record]})
    layer = SimpleNamespace(meta=SimpleNamespace(policy="controlled"))
    monkeypatch.setattr(asked, "chosen_hotspots", lambda *given: layer)
    found = asked.prediction(build, Selection("instances", how="hotspots"), Viewer(role))  # type: ignore[arg-type]
    assert found is not None
    assert (len(found.table), found.sentence) == (rows, "exact" if rows else "few")


def test_fault_022_where_nothing_came_later_no_share_of_nothing_is_told() -> None:
    held = tuple(date(2018, number, 1) for number in range(1, 7))
    found = evaluate_hotspots(two_places(1, 3), GRID, months=held, scored_months=2)
    assert found.events == 0
    assert found.sentence.startswith(
        "There is no event of 2018-05 to 2018-06: what was chosen before cannot be scored."
    )
    assert "nan" not in found.sentence


def history(points: PointEvents, reference: PointEvents | None = None) -> History:
    return history_of(points, GRID, reference=reference, bandwidths_m=(CLOSE_M, NEAR_M))


def prior_of(worth: float, part: str, *, half_life_months: float | None = None) -> Prior:
    """A prior of one part alone."""
    return Prior(tuple(worth if name == part else 0.0 for name in PARTS), half_life_months)


def test_older_events_fade_by_half_in_the_stated_months() -> None:
    points = events([("2018-01", 250.0, 250.0, 8), ("2018-03", 750.0, 750.0, 3)])
    faded = prior_of(0.0, "an even spread", half_life_months=1.0).expected(history(points))
    assert sorted(faded[faded > 0].tolist()) == [2.0, 3.0]


def test_a_prior_adds_its_worth_to_what_was_counted() -> None:
    # 24 events counted; 50 more are spread evenly over a hundred cells.
    even = prior_of(50.0, "an even spread").expected(history(two_places(1, 3)))
    assert even.sum() == pytest.approx(74.0)
    assert sorted(np.unique(even.round(9)).tolist()) == [0.5, 6.5, 18.5]


def test_the_events_of_ones_own_kind_are_no_other_events() -> None:
    own = two_places(1, 3)
    everything = events([(m, east, 250.0, 6) for m in months(1, 3) for east in (250.0, 550.0)])
    held = history(own, everything)
    # The six at 250 are those of the kind itself; the place at 750 is not in the reference, and no negative number.
    assert held.others.sum() == 18.0
    assert prior_of(10.0, "all other events").expected(held)[7, 5] == pytest.approx(10.0)


def test_scattered_events_send_more_of_what_is_expected_to_cells_without_any_than_events_that_come_back() -> None:
    rng = np.random.default_rng(8)
    scattered = events([(m, *rng.uniform(1, 999, 2), 1) for m in months(1, 6) for _ in range(8)])
    elsewhere = []
    for held in (history(two_places(1, 6)), history(scattered)):
        expected = fitted_prior(held).expected(held)
        elsewhere.append(expected[held.counts.sum(axis=0) == 0].sum() / expected.sum())
    assert elsewhere[0] < 0.2
    assert elsewhere[1] > 0.5


def test_a_prior_follows_other_events_where_events_do_and_not_where_they_do_not() -> None:
    rng = np.random.default_rng(9)
    places, elsewhere = rng.uniform(1, 999, (12, 2)), rng.uniform(1, 999, (12, 2))
    own = [(m, *places[rng.integers(12)], 1) for m in months(1, 6) for _ in range(6)]
    worth = []
    for others in (places, elsewhere):
        reference = events([*own, *((m, *place, 5) for m in months(1, 6) for place in others)])
        fitted = fitted_prior(history(events(own), reference))
        worth.append(sum(fitted.events[:2]) / sum(fitted.events))
    assert worth[0] > 2 * worth[1]


def test_one_month_cannot_be_fitted_and_every_part_is_worth_the_same() -> None:
    one = fitted_prior(history(two_places(1, 1)))
    assert set(one.events) == {0.0, 200.0}  # nothing is known of other events
    assert one.half_life_months is None


def test_events_that_moved_are_forgotten_and_those_that_stayed_are_not() -> None:
    moved = events([(m, 250.0 if number < 8 else 750.0, 250.0, 9) for number, m in enumerate(months(1, 12))])
    assert fitted_prior(history(moved)).half_life_months == 4.0
    assert fitted_prior(history(two_places(1, 12))).half_life_months is None


def test_the_surface_says_what_it_was_made_of() -> None:
    held = history(two_places(1, 4))
    assert surface_of(held, COUNTING).label == "counting by cell"
    assert surface_of(held, density_alone(500.0)).label == "density of 500 m"
    assert surface_of(held, DEFAULT).label.startswith("cell history with a prior worth")
    assert surface_of(held, COUNTING).expected.sum() == 32.0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "guessing"}, "kind must be"),
        ({"kind": "density"}, "a density has a bandwidth and nothing else has"),
        ({"kind": "counting", "bandwidth_m": 150.0}, "a density has a bandwidth and nothing else has"),
        ({"kind": "density", "bandwidth_m": -1.0}, "bandwidth must be a positive number"),
    ],
)
def test_a_surface_that_cannot_be_is_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(DataRefused, match=words):
        TargetingSpec(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"area_share": 0.0}, "area_share must lie between 0 and 1"),
        ({"scored_months": 6}, "scored_months must lie between 1 and 5"),
        ({"border": shapely.box(544_900, 258_900, 545_000, 259_000)}, "no event lies inside the study area"),
        ({"border": shapely.box(0, 0, 10, 10)}, "lies off the grid"),
        ({"border": shapely.box(0, 0, 10, 10).bounds}, "border must be one Polygon or MultiPolygon"),
        ({"border": shapely.Polygon()}, "border is an empty polygon"),
        ({"reference": pd.DataFrame()}, "reference must be PointEvents, got DataFrame"),
        ({"ties": "first"}, "no rule 'first' for ties; choose one of shared, pessimistic, whole"),
        ({"candidates": ()}, "candidates holds no surface"),
        ({"months": ("2018-01", "2018-02")}, "months must be dates"),
        ({"months": (date(2018, 2, 1), date(2018, 1, 1))}, "oldest first"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_with_the_reason(settings: dict[str, object], words: str) -> None:
    with pytest.raises(DataRefused, match=words):
        evaluate_hotspots(two_places(1, 6), GRID, **settings)  # type: ignore[arg-type]


def test_events_without_dates_are_refused_with_how_to_give_them() -> None:
    undated = points_from_frame(pd.DataFrame({"easting": [544_250.0], "northing": [258_250.0]}))
    with pytest.raises(DataRefused, match=r"every event needs a date .* points_from_frame\(frame, date='...'\)"):
        evaluate_hotspots(undated, GRID)


def test_a_frame_with_months_as_data_police_uk_writes_them_is_evaluated_by_the_public_functions_alone() -> None:
    rows = [(544_250.0, 258_250.0, month) for month in months(1, 6) for _ in range(6)]
    frame = pd.DataFrame(rows, columns=["easting", "northing", "Month"])
    found = evaluate_hotspots(points_from_frame(frame, date="Month"), GRID)
    assert (found.events, found.row("targeting")["pei"]) == (12, 1.0)
    with pytest.raises(DataRefused, match="row 2 of 'Month' holds 'soon'"):
        points_from_frame(frame.assign(Month=["2018-01", "soon", *["2018-01"] * 34]), date="Month")


def test_months_scored_without_events_judge_nothing() -> None:
    held = tuple(date(2018, m, 1) for m in range(1, 7))
    found = evaluate_hotspots(two_places(1, 2), GRID, months=held)
    assert found.sentence.startswith(
        "There is no event of 2018-05 to 2018-06: what was chosen before cannot be scored."
    )
