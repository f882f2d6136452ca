"""An attacker with every exported file, sentence and printed total of an audience recovers no hidden cell.

The attacker himself is in ``attacker.py``.
"""

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from attacker import GUARDED, ROLES, Attack, broken, exported, printed_totals
from walker import told_in

from hotspots.export import export_layer
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, ranked, view


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_every_hidden_number_of_the_example_may_still_be_five_different_ones(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    attack = Attack(exported(example_build, audience, tmp_path), printed_totals(example_build, audience))
    assert attack.totals["instances", "2016/17"] == 172
    intervals = attack.intervals()
    assert len(intervals) > 400
    assert broken(example_build, intervals) == {}


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_the_table_seven_totals_still_print_172_304_and_328(audience: str, example_build: Build) -> None:
    totals = printed_totals(example_build, audience)
    assert [totals["instances", year] for year in ("2016/17", "2017/18", "2018/19")] == [172, 304, 328]
    assert [totals["volume", year] for year in ("2016/17", "2017/18", "2018/19")] == [6842, 10324, 3579]
    assert not any(what == "callouts" for what, _ in totals)


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_no_file_holds_a_number_that_another_of_the_same_layer_hides(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    numbers = exported(example_build, audience, tmp_path)
    viewer = Viewer(ROLES[audience])  # type: ignore[arg-type]
    for layer_id in GUARDED:
        path = tmp_path / f"{layer_id}.geojson"
        for to in (path, path.with_suffix(".gpkg")):
            export_layer(named_layer(example_build, layer_id, viewer), to, audience=audience)  # type: ignore[arg-type]
        with (tmp_path / f"{layer_id}.csv").open(encoding="utf-8-sig", newline="") as file:
            wide = {row["area_code"]: row for row in csv.DictReader(file)}
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        properties = {feature["properties"]["area_code"]: feature["properties"] for feature in features}
        hidden = [cell for cell, number in numbers.items() if number is None and cell[0] == layer_id]
        assert hidden
        for _, area, period, measure in hidden:
            column = "_".join((measure, re.sub(r"[^a-z0-9]+", "_", period.lower())))
            for name in (column, f"{column}_lower", f"{column}_upper"):
                assert wide[area][name] == ""
                assert properties[area][name] is None
            assert properties[area][f"{column}_status"] == wide[area][f"{column}_status"] == "suppressed"
    told = told_in(tmp_path, {area for _, area, _, _ in numbers})  # whatever stands in a row of an area, by its names
    for (_, area, period, measure), number in numbers.items():
        assert ((area, period, measure.removesuffix("_per_year")) in told) == (number is not None)


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_tables_averages_and_rates_hide_what_the_counts_hide(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    numbers = exported(example_build, audience, tmp_path)
    viewer = Viewer(ROLES[audience])  # type: ignore[arg-type]
    held = choices(example_build, viewer)
    for what in held.whats():
        base = next((name for name in ("instances", "volume", "callouts") if what.startswith(name)), None)
        for how in held.hows(what) if base else []:
            layer_id = held.cube_of(str(base), how)
            for when in held.whens(what, how) if layer_id else []:
                selection = Selection(what, when=when, how=how)  # type: ignore[arg-type]
                table = ranked(view(example_build, selection, viewer)).set_index("code")
                for code, row in table.iterrows():
                    if numbers[str(layer_id), str(code), when, str(base)] is None:
                        assert row["shown"] in {"suppressed", "no data"}
                        assert pd.isna(row["rank"])
                        assert row[["value", "lower", "upper"]].isna().all()
