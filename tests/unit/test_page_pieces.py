"""The pieces that pages are made of: tables whose digits line up, and charts whose labels do not touch."""

import re
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest

from hotspots.analysis.comparison import PeriodCounts
from hotspots.app.drawings import counts_chart
from hotspots.app.exports import printed_table
from hotspots.app.words import ranked_table, table_of
from hotspots.periods import month, quarter


def _cells(table):
    return re.findall(r'<td style="[^"]*text-align:(left|right)', table_of(table, caption="x"))


@pytest.mark.parametrize(
    ("column", "side"),
    [
        (["1,363", "-17", "2.5"], "right"),
        (["12%", "38 %", "100 %"], "right"),
        (["74 (9.4%)", "5 (0.6%)"], "right"),
        (["7", "", "–", "No calc", "suppressed"], "right"),
        (["The Kite", "7"], "left"),
        (["2018-08-31", "2018-09-30"], "left"),
        (["37 to 38"], "left"),
        (["", "–"], "left"),
    ],
)
def test_columns_of_numbers_stand_right_and_all_others_left(column, side):
    assert set(_cells(pd.DataFrame({"x": column}))) == {side}


def test_a_column_in_which_nothing_is_known_is_left_out_and_years_in_the_mean_with_the_mean():
    table = pd.DataFrame({"type": ["Drugs"], "2018/19": [54], "mean": [None], "mean_years": [1], "number_change": [-4]})
    assert list(printed_table(table)) == ["Type", "2018/19", "Number change"]
    table["mean"] = [55.5]
    assert list(printed_table(table)) == [
        "Type",
        "2018/19",
        "Mean of the years before",
        "Years in the mean",
        "Number change",
    ]


def test_a_table_of_the_highest_says_that_a_hidden_area_may_have_more():
    texts = {key: ["x", "y"] for key in ["name", "code", "ward", "shown"]}
    table = pd.DataFrame({"rank": [1, None], **texts, "status": ["ok", "suppressed"]})
    assert "<p>1 hidden area has no rank, and may have more.</p>" in ranked_table(table, caption="x", number="finds")
    assert "hidden" not in ranked_table(table.assign(rank=[1, 2]), caption="x", number="finds")  # an interval is shown
    table["status"] = ["ok", "no_data"]
    assert "hidden" not in ranked_table(table, caption="x", number="finds")


def _drawn(counts):
    page = counts_chart(counts, chart=None, windows=None, start=None, breaks=[], title="x")
    return b64decode(re.search(r"base64,([^\"]+)", page)[1]).decode()


def test_of_a_hidden_count_the_bar_ends_at_the_lowest_and_a_pale_one_at_the_highest_that_it_can_be():
    """Quarters of 66 to 96 and of 50: a bar of one colour up to 96 said that there were 96."""
    counts = PeriodCounts((quarter(2015, 1), quarter(2015, 2)), np.array([66.0, 50.0]), np.array([96.0, 50.0]))
    bars = re.findall(r"<rect [^>]*/>", _drawn(counts))
    assert ["fill-opacity" in bar for bar in bars] == [False, True, False]
    heights = [float(height) for bar in bars for height in re.findall(r' height="([\d.]+)"', bar)]
    assert heights[1] / heights[0] == pytest.approx(30 / 66, abs=0.01)
    assert heights[2] / heights[0] == pytest.approx(50 / 66, abs=0.01)


def _labels(periods):
    drawn = _drawn(PeriodCounts(tuple(periods), np.full(len(periods), 3.0), np.full(len(periods), 3.0)))
    return re.findall(r'<text x="([\d.]+)"[^>]* font-size="10"[^>]*>([^<]+)<', drawn)


@pytest.mark.parametrize(
    ("periods", "labels"),
    [
        ([quarter(2014 + q // 4, q % 4 + 1) for q in range(20)], 5),
        ([quarter(2018, q + 1) for q in range(4)], 4),
        ([month(2018 + m // 12, m % 12 + 1) for m in range(36)], 9),
        ([month(2010 + m // 12, m % 12 + 1) for m in range(120)], 10),
    ],
)
def test_labels_of_a_chart_stand_at_the_same_time_of_each_year_and_none_touches_the_next(periods, labels):
    drawn = _labels(periods)
    assert len(drawn) == labels
    places = [float(x) for x, _ in drawn]
    assert min(np.diff(places)) > len(drawn[0][1]) * 10 * 0.62
