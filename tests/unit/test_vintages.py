"""Counts between LSOA vintages: exact where they can be, an estimate by name where not, totals to the last unit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.areas import Lookup
from hotspots.errors import DataRefused, UsageError, VintageError
from hotspots.vintages import apportioned, common_areas, convert_counts

# A is unchanged; B and C were merged into X; D was split into Y and Z; E and F exchanged ground (P and Q).
LINKS = [("A", "A", "U"), ("B", "X", "M"), ("C", "X", "M"), ("D", "Y", "S"), ("D", "Z", "S"),
         ("E", "P", "X"), ("E", "Q", "X"), ("F", "Q", "X")]  # fmt: skip


def lookup(links: list[tuple[str, str, str]] = LINKS) -> Lookup:
    table = pd.DataFrame(links, columns=["area_code", "parent_code", "change"])
    return Lookup("lsoa_2011_to_2021", "2011", "2021", table)


def counts(**given: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame([(code, *ends) for code, ends in given.items()], columns=["area_code", "lower", "upper"])


def forward(table: pd.DataFrame, **options: object) -> pd.DataFrame:
    return convert_counts(table, lookup(), vintage="2011", to="2021", **options).table  # type: ignore[arg-type]


def test_unchanged_areas_keep_their_counts_and_merged_ones_are_added_as_intervals() -> None:
    made = forward(counts(A=(7, 7), B=(3, 3), C=(1, 4)))
    assert made.to_numpy().tolist() == [["A", 7, 7, "unchanged"], ["X", 4, 7, "merged"]]


def test_a_split_area_is_refused_until_somebody_says_how() -> None:
    with pytest.raises(VintageError, match=r"1 areas cannot be converted exactly: D lies in 2 areas of 2021 \(Y, Z\)"):
        forward(counts(A=(7, 7), D=(5, 5)))


def test_a_split_area_is_divided_by_a_named_weight_and_says_so() -> None:
    weights = pd.Series({"Y": 600, "Z": 400})
    made = forward(counts(D=(5, 9)), split="weights", weights=weights, weight_name="households 2021")
    assert made.to_numpy().tolist() == [
        ["Y", 3, 5, "split by households 2021"], ["Z", 2, 4, "split by households 2021"],
    ]  # fmt: skip


def test_a_split_area_is_grouped_to_the_area_that_both_vintages_share() -> None:
    made = forward(counts(A=(7, 7), D=(5, 9), E=(1, 1), F=(2, 2)), split="common")
    assert made.to_numpy().tolist() == [
        ["A", 7, 7, "unchanged"], ["P+Q", 3, 3, "grouped"], ["Y+Z", 5, 9, "grouped"],
    ]  # fmt: skip


def test_an_irregular_change_is_never_divided() -> None:
    weights = pd.Series({"P": 1, "Q": 1})
    with pytest.raises(VintageError, match=r"1 areas cannot be converted exactly: E changed irregularly \(P, Q\)"):
        forward(counts(E=(5, 5)), split="weights", weights=weights, weight_name="residents")
    with pytest.raises(VintageError, match="F changed irregularly"):
        forward(counts(F=(5, 5)))


def test_the_way_back_adds_what_was_split_and_divides_what_was_merged() -> None:
    back = {"vintage": "2021", "to": "2011"}
    made = convert_counts(counts(A=(1, 1), Y=(3, 3), Z=(2, 5)), lookup(), **back)  # type: ignore[arg-type]
    assert made.table.to_numpy().tolist() == [["A", 1, 1, "unchanged"], ["D", 5, 8, "merged"]]
    with pytest.raises(VintageError, match=r"X lies in 2 areas of 2011 \(B, C\)"):
        convert_counts(counts(X=(3, 3)), lookup(), **back)  # type: ignore[arg-type]


def test_both_vintages_meet_on_the_common_areas() -> None:
    old = convert_counts(counts(B=(1, 1), C=(2, 2), D=(5, 5)), lookup(), vintage="2011", to="common")
    new = convert_counts(counts(X=(3, 3), Y=(1, 1), Z=(4, 4)), lookup(), vintage="2021", to="common")
    assert set(old.table["conversion"]) == {"grouped"}
    assert old.table[["area_code", "lower"]].to_numpy().tolist() == [["X", 3], ["Y+Z", 5]]
    assert new.table[["area_code", "lower"]].to_numpy().tolist() == [["X", 3], ["Y+Z", 5]]


def test_the_common_areas_of_every_code() -> None:
    shared = common_areas(lookup())
    change = dict(zip(shared["area_code"] + "/" + shared["vintage"], shared["change"], strict=True))
    assert change["A/2011"] == "unchanged"
    assert (change["B/2011"], change["X/2021"]) == ("merged", "merged")
    assert (change["D/2011"], change["Z/2021"]) == ("split", "split")
    assert {change[f"{code}/2011"] for code in "EF"} == {"irregular"}


def test_a_small_part_gets_its_share_over_a_long_series_and_not_nothing() -> None:
    """One callout a quarter to parts of 80 and 20 households: twelve quarters are 10 and 2, not 12 and 0."""
    periods = pd.DataFrame({"area_code": "D", "period": [f"{at:02d}" for at in range(12)], "lower": 1, "upper": 1})
    made = forward(
        periods, split="weights", weights=pd.Series({"Y": 80, "Z": 20}), weight_name="households", by=["period"]
    )
    assert made.groupby("area_code")["lower"].sum().to_dict() == {"Y": 10, "Z": 2}
    assert made.groupby("period")["lower"].sum().tolist() == [1] * 12


def test_an_unknown_part_leaves_the_merged_area_out_and_a_zero_one_does_not() -> None:
    known = convert_counts(counts(B=(3, 3)), lookup(), vintage="2011", to="2021", absent="unknown")
    assert known.table.empty
    assert known.left_out["area_code"].tolist() == ["X"]
    zero = convert_counts(counts(B=(3, 3)), lookup(), vintage="2011", to="2021", absent="zero")
    assert zero.table["area_code"].tolist() == ["X"]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"split": "weights"}, UsageError, "needs the weights, and the name"),
        ({"split": "pro rata"}, UsageError, "there is no way 'pro rata'"),
        ({"split": "weights", "weights": pd.Series({"Y": 1}), "weight_name": "w"}, DataRefused, "Z has no weight"),
        ({"split": "weights", "weights": pd.Series({"Y": 0, "Z": 0}), "weight_name": "w"}, DataRefused, "all nothing"),
        ({"split": "weights", "weights": pd.Series({"Y": -1, "Z": 2}), "weight_name": "w"}, DataRefused, "Y has no"),
    ],
)
def test_a_weight_is_named_and_whole(options: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        forward(counts(D=(5, 5)), **options)


@pytest.mark.parametrize("value", [np.nan, -1, 1.5, "<5"])
def test_only_whole_counts_are_converted(value: object) -> None:
    with pytest.raises(DataRefused, match="only whole numbers"):
        forward(pd.DataFrame({"area_code": ["A"], "lower": [value], "upper": [value]}))


def test_other_vintages_unknown_codes_and_cut_lookups_are_refused() -> None:
    with pytest.raises(VintageError, match="relates 2011 and 2021, not 2001 and 2021"):
        convert_counts(counts(A=(1, 1)), lookup(), vintage="2001", to="2021")
    with pytest.raises(VintageError, match=r"1 codes \(such as N\) are not in the lookup as LSOA 2011"):
        forward(counts(N=(1, 1)))
    with pytest.raises(VintageError, match="D was split or merged, but holds one row of it"):
        common_areas(lookup([("D", "Y", "S")]))


links = st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.sampled_from("STUVWXYZ")), min_size=1, max_size=12)
ends = st.tuples(st.integers(0, 500), st.integers(0, 20))


@given(links, st.data())
def test_grouping_conserves_both_ends_of_every_total(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    relation = lookup([(old, new, "") for old, new in pairs])
    codes = sorted({old for old, _ in pairs})
    drawn = [data.draw(ends) for _ in codes]
    table = pd.DataFrame(
        {"area_code": codes, "lower": [low for low, _ in drawn], "upper": [sum(pair) for pair in drawn]}
    )
    made = convert_counts(table, relation, vintage="2011", to="2021", split="common").table
    assert made[["lower", "upper"]].sum().tolist() == table[["lower", "upper"]].sum().tolist()
    assert made["area_code"].is_unique


dated = st.lists(
    st.tuples(st.sampled_from(["p1", "p2", "p3"]), ends), min_size=1, max_size=3, unique_by=lambda row: row[0]
)


@given(dated, st.lists(st.integers(0, 900), min_size=2, max_size=5))
def test_dividing_conserves_every_period_and_keeps_the_ends_in_order(
    rows: list[tuple[str, tuple[int, int]]], weights: list[int]
) -> None:
    parts = [f"N{at}" for at in range(len(weights))]
    relation = lookup([("D", part, "S") for part in parts])
    table = pd.DataFrame([("D", period, low, low + more) for period, (low, more) in rows],
                         columns=["area_code", "period", "lower", "upper"])  # fmt: skip
    if sum(weights) == 0:
        weights[0] = 1
    made = convert_counts(
        table, relation, vintage="2011", to="2021", split="weights", by=["period"], weight_name="households",
        weights=pd.Series(weights, parts),
    ).table  # fmt: skip
    assert (made["lower"] <= made["upper"]).all()
    assert (made[["lower", "upper"]] >= 0).all(axis=None)
    sums = made.groupby("period")[["lower", "upper"]].sum()
    pd.testing.assert_frame_equal(sums, table.groupby("period")[["lower", "upper"]].sum())
    back = convert_counts(made.drop(columns="conversion"), relation, vintage="2021", to="2011", by=["period"]).table
    pd.testing.assert_frame_equal(back.drop(columns="conversion"), table.sort_values("period", ignore_index=True))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_shares_add_up_never_shrink_and_stay_near_the_exact_share(totals: list[int], weights: list[int]) -> None:
    weights = [*weights, 1]
    running = np.cumsum(totals)
    dealt = apportioned(running, weights)
    assert dealt.sum(axis=1).tolist() == running.tolist()
    assert (np.diff(dealt, axis=0) >= 0).all()
    exact = np.outer(running, np.array(weights) / sum(weights))
    assert (np.abs(dealt - exact) <= len(weights)).all()
    assert (dealt[:, np.array(weights) == 0] == 0).all()
