"""Common areas of any lookup: a partition, with every count on it to the last unit, ends of intervals too."""

import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.areas import Areas, Lookup, parts_of
from hotspots.common_ground import common_set, conversions, groups
from hotspots.vintages import convert_counts

# Any pairs of six old and six new areas; the codes of both vintages are told apart as the official ones are.
PAIRS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=14, unique=True)


def lookup(pairs: list[tuple[int, int]]) -> Lookup:
    rows = [(f"E0100000{old}", f"E0103400{new}") for old, new in pairs]
    return Lookup("lsoa_2011_to_2021", "2011", "2021", pd.DataFrame(rows, columns=["area_code", "parent_code"]))


@given(PAIRS, st.sampled_from(["2011", "2021"]), st.sampled_from(["2011", "2021"]), st.data())
def test_totals_are_conserved_on_the_groups_of_any_lookup(
    pairs: list[tuple[int, int]], of: str, in_use: str, data: st.DataObject
) -> None:
    links = lookup(pairs)
    named = groups(links, vintage=in_use)
    codes = sorted(set(links.table["area_code" if of == "2011" else "parent_code"]))
    ends = [sorted(data.draw(st.tuples(st.integers(0, 50), st.integers(0, 50)))) for _ in codes]
    counts = pd.DataFrame(ends, columns=["lower", "upper"]).assign(area_code=codes)
    made = convert_counts(counts, links, vintage=of, to="common").table
    by_group = made.groupby(made["area_code"].map(lambda code: named[parts_of(code)[0]]))[["lower", "upper"]].sum()
    expected = counts.groupby(counts["area_code"].map(named))[["lower", "upper"]].sum()
    pd.testing.assert_frame_equal(by_group, expected, check_names=False)
    assert by_group.sum().tolist() == counts[["lower", "upper"]].sum().tolist()
    kinds = conversions(links, vintage=of, to=in_use, split="common")
    assert set(kinds.index) == set(named)


@given(PAIRS, st.sampled_from(["2011", "2021"]))
def test_every_lsoa_is_in_exactly_one_common_area_and_the_ground_is_all_there(
    pairs: list[tuple[int, int]], in_use: str
) -> None:
    links = lookup(pairs)
    codes = sorted(set(links.table["area_code" if in_use == "2011" else "parent_code"]))
    squares = [shapely.box(at, 0, at + 1, 1) for at in range(len(codes))]
    table = pd.DataFrame({"code": codes, "name": [f"Town {code}" for code in codes], "geometry": squares})
    common = common_set(Areas("lsoa", in_use, in_use, False, "", table), links)
    assert sorted(part for code in common.codes for part in parts_of(code)) == codes
    assert shapely.area(common.geometry).sum() == len(codes)
