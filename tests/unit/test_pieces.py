"""Pieces: what places and areas cut each other into, and what is told of them."""

import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas
from hotspots.disclosure.pieces import Pieces, PrintedCount, pieces_of
from hotspots.disclosure.places import printed_counts
from hotspots.settings import PolicySection

SQUARES = {"A": shapely.box(0, 0, 100, 100), "B": shapely.box(100, 0, 200, 100)}
TABLE = pd.DataFrame({"code": list(SQUARES), "name": list(SQUARES), "geometry": list(SQUARES.values())})
AREAS = {"by-lsoa": Areas("lsoa", "2011", "2011", False, "", TABLE)}
PLACES = [shapely.box(50, 0, 150, 50), shapely.box(50, 0, 100, 100)]


def made(points: list[tuple[float, float, str]], counts: list[PrintedCount]) -> Pieces:
    events = pd.DataFrame(points, columns=["easting", "northing", "year"])
    return pieces_of("instances", PLACES, counts, areas=AREAS, events=events)


def test_two_places_over_two_areas_make_three_pieces_with_their_events() -> None:
    pieces = made([(60, 10, "2016/17"), (60, 90, "2016/17"), (120, 10, "2017/18"), (10, 10, "2016/17")],
                  [PrintedCount(0, ("2016/17", "2017/18"), 2, 2)])  # fmt: skip
    assert sorted(pieces.held.sum(axis=1).tolist()) == [1, 1, 2]
    both = ("2016/17", "2017/18")
    assert pieces.events[pieces.of_place(0, both)].sum() == 2
    assert pieces.events[pieces.of_place(1, both)].sum() == 2
    assert pieces.events[pieces.of_area("by-lsoa", "A", ("2016/17",))].sum() == 2
    assert pieces.events[pieces.of_area("by-lsoa", "B", both)].sum() == 1
    assert len(pieces) == 6


def test_an_event_on_a_shared_edge_is_where_areas_and_cells_count_it() -> None:
    # On easting 100 the area is A, the smaller code, and the cell the one to the east: no piece of the plane is both.
    pieces = made([(100, 10, "2016/17")], [PrintedCount(0, ("2016/17",), 1, 1)])
    assert pieces.events[pieces.of_place(0, ("2016/17",))].sum() == 1
    assert pieces.events[pieces.of_place(1, ("2016/17",))].sum() == 0
    assert pieces.events[pieces.of_area("by-lsoa", "A", ("2016/17",))].sum() == 1


def test_a_count_that_no_longer_holds_is_widened_until_it_does() -> None:
    (count,) = made([(60, 10, "2016/17")], [PrintedCount(0, ("2016/17",), 3, 7)]).counts
    assert (count.low, count.high) == (1.0, 7.0)


@pytest.mark.parametrize(
    ("events", "by_year", "told"),
    [
        (74, "2016/17: 14, 2017/18: 32, 2018/19: 28", [(73, 77), (13, 17), (28, 32), (28, 32)]),
        (5, "2016/17: 0, 2017/18: 5, 2018/19: 0", [(5, 7), (0, 0), (5, 7), (0, 0)]),
        (9, "2016/17: 0, 2017/18: 5, 2018/19: 4", [(8, 12)]),
        (4, "2016/17: 0, 2017/18: 4, 2018/19: 0", []),
        (40, "2016/17 (5 months): 9, 2017/18: 31", [(38, 42), (8, 12), (28, 32)]),
    ],
)
def test_what_is_told_of_a_place_is_the_range_of_its_rounded_counts(events, by_year, told) -> None:
    place = {"events": events, "events_share": events / 789, "area_share": 0.001, "by_year": by_year}
    places = pd.DataFrame([place | {"with_hour": pd.NA, "at_night": pd.NA}])
    counts = list(printed_counts(places.astype({"with_hour": "Int64", "at_night": "Int64"}), PolicySection(), first=0))
    assert [(count.low, count.high) for count in counts] == told
