"""The wide and the long form of a cube."""

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas
from hotspots.errors import DataRefused, UsageError, VintageError
from hotspots.export import long, metadata, wide
from hotspots.layer import Layer, LayerMeta

NAN = float("nan")


def three_squares() -> Areas:
    """Squares of 1 km side by side, codes E01000001 to E01000003."""
    table = pd.DataFrame(
        {
            "code": ["E01000001", "E01000002", "E01000003"],
            "name": ["Market", "Castle", "Romsey"],
            "geometry": [shapely.box(544000 + east, 257000, 545000 + east, 258000) for east in (0, 1000, 2000)],
        }
    )
    return Areas("lsoa", "schematic", "2011", True, "Source: our own shapes", table)


def cell(code, period, value, *, measure="instances", category="all", lower=None, upper=None, status="ok"):
    lower = value if lower is None else lower
    upper = value if upper is None else upper
    return (code, period, measure, category, value, lower, upper, status, 7)


def layer_of(*cells, **meta) -> Layer:
    columns = ["area_code", "period", "measure", "category", "value", "lower", "upper", "status", "events"]
    description = {
        "id": "needle-finds-by-lsoa",
        "title": "Needle finds",
        "measure": "instances",
        "unit": "finds",
        "period": "2016/17",
        "source": "council",
        "method": "counted",
        "policy": "controlled",
        "marking": "OFFICIAL",
        "synthetic": True,
        "schematic": True,
    } | meta
    return Layer(LayerMeta(**description), cube=pd.DataFrame(cells, columns=columns), areas=three_squares())


def test_one_row_per_area_and_a_column_per_measure_and_period():
    layer = layer_of(
        cell("E01000002", "2016/17", 4.0),
        cell("E01000001", "2016/17", 9.0),
        cell("E01000001", "2017/18", 3.0),
        cell("E01000002", "2017/18", 0.0),
    )
    table = wide(layer)
    assert list(table.columns) == [
        *("area_code", "area_name", "vintage", "instances_2016_17", "instances_2017_18", "geometry")
    ]
    assert table["area_code"].tolist() == ["E01000001", "E01000002"]
    assert table["area_name"].tolist() == ["Market", "Castle"]
    assert table["vintage"].tolist() == ["schematic", "schematic"]
    assert table["instances_2016_17"].tolist() == [9, 4]
    assert table["instances_2017_18"].tolist() == [3, 0]
    assert table.crs.to_epsg() == 27700
    assert table.geometry.iloc[1].bounds == (545000, 257000, 546000, 258000)


def test_the_annual_average_of_callouts_is_named_by_its_three_years_and_stays_a_number():
    layer = layer_of(cell("E01000001", "2015/16 to 2017/18", 117.333, measure="callouts_per_year"))
    assert wide(layer)["callouts_per_year_2015_16_to_2017_18"].tolist() == [117.333]


def test_counts_are_whole_numbers_and_a_missing_one_stays_missing():
    layer = layer_of(
        cell("E01000001", "2016/17", 9.0), cell("E01000002", "2016/17", NAN, lower=NAN, upper=NAN, status="no_data")
    )
    column = wide(layer)["instances_2016_17"]
    assert str(column.dtype) == "Int64"
    assert column.tolist() == [9, pd.NA]


def test_companions_are_there_only_for_the_columns_that_need_them():
    layer = layer_of(
        cell("E01000001", "2016/17", 9.0),
        cell("E01000002", "2016/17", 2.0),
        cell("E01000001", "2017/18", NAN, lower=1.0, upper=4.0, status="suppressed"),
        cell("E01000002", "2017/18", 5.0),
    )
    table = wide(layer).drop(columns="geometry")
    assert list(table.columns)[3:] == [
        *("instances_2016_17", "instances_2017_18"),
        *("instances_2017_18_lower", "instances_2017_18_upper", "instances_2017_18_status"),
    ]
    assert table.iloc[0].tolist()[4:] == [pd.NA, 1, 4, "suppressed"]
    assert table.iloc[1].tolist()[4:] == [5, 5, 5, "ok"]


def test_fault_146_a_suppressed_value_is_missing_even_where_the_cube_still_holds_it():
    layer = layer_of(cell("E01000001", "2016/17", 3.0, lower=1.0, upper=4.0, status="suppressed"))
    assert wide(layer)["instances_2016_17"].tolist() == [pd.NA]
    assert np.isnan(long(layer)["value"].iloc[0])


def test_an_interval_without_a_value_is_shown_by_its_companions_whatever_its_status():
    table = wide(layer_of(cell("E01000001", "2015/16", NAN, measure="callouts_per_year", lower=37.0, upper=38.0)))
    assert table["callouts_per_year_2015_16_lower"].tolist() == [37.0]
    assert table["callouts_per_year_2015_16_upper"].tolist() == [38.0]


def test_fault_071_an_infinite_number_never_leaves():
    table = wide(layer_of(cell("E01000001", "2015/16", float("inf"), measure="callouts_per_1000")))
    assert table["callouts_per_1000_2015_16"].isna().tolist() == [True]


def test_a_cell_that_the_cube_does_not_hold_has_no_data():
    layer = layer_of(
        cell("E01000001", "2016/17", 9.0), cell("E01000002", "2017/18", 4.0), cell("E01000001", "2017/18", 1.0)
    )
    table = wide(layer)
    assert table["instances_2016_17"].tolist() == [9, pd.NA]
    assert table["instances_2016_17_status"].tolist() == ["ok", "no_data"]


def test_columns_follow_the_measures_then_the_periods_as_the_cube_first_names_them():
    layer = layer_of(
        cell("E01000001", "2016/17", 90.0, measure="volume"),
        cell("E01000001", "2015/16", 80.0, measure="volume"),
        cell("E01000001", "2015/16", 8.0),
        cell("E01000001", "2015/16", 6.0, category="without_batches"),
    )
    assert list(wide(layer).columns)[3:-1] == [
        *("instances_2015_16", "instances_without_batches_2015_16", "volume_2016_17", "volume_2015_16")
    ]


def test_crime_types_are_in_the_long_form_only():
    layer = layer_of(
        cell("E01000001", "2018-11", 12.0, measure="crimes"),
        cell("E01000001", "2018-11", 3.0, measure="crimes", category="Burglary"),
    )
    assert list(wide(layer).columns)[3:-1] == ["crimes_2018_11"]
    assert long(layer)["category"].tolist() == ["all", "Burglary"]


def test_the_long_form_has_a_row_per_number_with_its_unit_and_no_events():
    layer = layer_of(cell("E01000002", "2016/17", 4.0), cell("E01000001", "2016/17", 20.0, measure="volume"))
    table = long(layer)
    assert list(table.columns) == [
        *("area_code", "area_name", "vintage", "period", "measure", "unit", "category"),
        *("value", "lower", "upper", "status"),
    ]
    assert table.iloc[0].tolist() == [
        *("E01000001", "Market", "schematic", "2016/17", "volume", "needles", "all", 20.0, 20.0, 20.0, "ok")
    ]
    assert table["unit"].tolist() == ["needles", "finds"]


def test_shuffled_rows_make_the_same_tables():
    cells = [
        cell(f"E0100000{area}", "2016/17", float(area), measure=name)
        for area in (1, 2, 3)
        for name in ("asb", "crimes")
    ]
    layer, shuffled = layer_of(*cells), layer_of(*cells[::-1])
    pd.testing.assert_frame_equal(pd.DataFrame(wide(layer)), pd.DataFrame(wide(shuffled)))
    pd.testing.assert_frame_equal(long(layer), long(shuffled))


def test_two_periods_with_one_column_name_are_refused():
    layer = layer_of(cell("E01000001", "2016/17", 1.0), cell("E01000001", "2016-17", 2.0))
    with pytest.raises(DataRefused, match="would both be the column 'instances_2016_17'"):
        wide(layer)


def test_a_period_that_looks_like_a_companion_is_refused():
    layer = layer_of(
        cell("E01000001", "2016/17", NAN, lower=1.0, upper=4.0, status="suppressed"),
        cell("E01000001", "2016/17 lower", 2.0),
    )
    with pytest.raises(DataRefused, match="two columns of the wide form would be called 'instances_2016_17_lower'"):
        wide(layer)


def test_two_values_for_one_number_are_refused():
    layer = layer_of(cell("E01000001", "2016/17", 1.0), cell("E01000001", "2016/17", 1.0))
    with pytest.raises(DataRefused, match="two values for"):
        wide(layer)


def test_codes_that_the_boundaries_do_not_have_are_refused():
    layer = layer_of(cell("E01099999", "2016/17", 1.0))
    with pytest.raises(VintageError, match=r"1 area codes \(such as E01099999\) are not among the LSOA boundaries"):
        wide(layer)


def test_an_unknown_measure_is_refused():
    with pytest.raises(UsageError, match="there is no measure 'happiness'"):
        wide(layer_of(cell("E01000001", "2016/17", 1.0, measure="happiness")))


def test_an_empty_cube_makes_empty_tables():
    assert len(wide(layer_of())) == 0
    assert len(long(layer_of())) == 0
    assert wide(layer_of()).crs.to_epsg() == 27700


def test_the_description_says_what_each_column_is_and_credits_the_boundaries():
    layer = layer_of(
        cell("E01000001", "2016/17", 20.0, measure="volume", category="without_batches"),
        attribution="Source: Cambridge City Council",
        settings={"threshold": np.int64(5), "bandwidth_m": float("inf")},
        caveats=("one large find can move it",),
    )
    about = metadata(layer)
    assert about["columns"] == [
        {
            "name": "volume_without_batches_2016_17",
            "label": "Needles found (volume)",
            "measure": "volume",
            "unit": "needles",
            "category": "without batches",
            "period": "2016/17",
        }
    ]
    assert about["attribution"] == "Source: Cambridge City Council\nSource: our own shapes"
    assert about["labels"] == ["Synthetic records: not real events", "Schematic boundaries: invented shapes"]
    assert about["settings"] == {"bandwidth_m": None, "threshold": 5}
    assert about["caveats"] == ["one large find can move it"]
    assert list(about)[:3] == ["id", "title", "measure"]
