"""The audit: what is hidden so that nothing hidden can be worked out from everything that is shown."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.disclosure import disclose
from hotspots.disclosure.audit import Audited, audit_source
from hotspots.disclosure.system import PublishedCube
from hotspots.errors import UsageError
from hotspots.layer import CUBE_COLUMNS, Layer
from hotspots.periods import financial_year, quarter, span
from hotspots.pipeline import build_area
from hotspots.settings import PolicySection
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, view

ROOT = Path(__file__).resolve().parents[2]
YEARS = [financial_year(year) for year in (2016, 2017, 2018)]
RUN = span(YEARS[0].start, YEARS[2].end)
NOWHERE = pd.Series(dtype="str")


def published(counts: dict[str, list[int]], *, volume: dict[str, list[int]] | None = None) -> PublishedCube:
    rows = []
    for code, years in counts.items():
        needles = (volume or {}).get(code, years)
        periods = [*YEARS, RUN]
        for period, count, needle in zip(periods, [*years, sum(years)], [*needles, sum(needles)], strict=True):
            rows.append((code, period.label, "instances", "all", count, count, count, "ok", count))
            if volume:
                rows.append((code, period.label, "volume", "all", needle, needle, needle, "ok", count))
    frame = pd.DataFrame(rows, columns=list(CUBE_COLUMNS)).astype(dict.fromkeys(("value", "lower", "upper"), float))
    return PublishedCube("finds", "ward", frame.astype({"events": float}), [*YEARS, RUN])


def states(cube: PublishedCube, section: PolicySection | None = None, *, totals: bool = True) -> dict[str, list[str]]:
    audited = audit_source([cube], section or PolicySection(), parents=NOWHERE, totals_printed=totals)
    order = [period.label for period in cube.periods]
    by_area = audited.mask.set_index(["area_code", "period"])["state"]
    return {code: [by_area[code, label] for label in order] for code in cube.rows["area_code"].unique()}


def test_a_lone_small_count_takes_a_rectangle_of_the_smallest_cells_with_it() -> None:
    found = states(published({"A": [3, 20, 30], "B": [12, 11, 40], "C": [90, 80, 70]}))
    assert found["A"][0] == "primary"
    hidden = {(code, n) for code, row in found.items() for n, state in enumerate(row) if state != "shown"}
    assert len({code for code, _ in hidden}) == 2
    assert found["C"] == ["shown"] * 4


def test_two_hidden_cells_of_a_row_are_not_enough_when_they_sum_to_two() -> None:
    # 1 + 1 = 2 under a printed total leaves one value each: the simple rule of a second cell would be content.
    found = states(published({"A": [1, 40, 40], "B": [1, 40, 40], "C": [30, 60, 50], "D": [80, 90, 95]}))
    assert [found[code][0] for code in "ABCD"] == ["primary", "primary", "secondary", "shown"]


def test_a_zero_is_hidden_only_where_nothing_else_is_left() -> None:
    found = states(published({"A": [3, 20, 30], "B": [0, 15, 30], "C": [12, 16, 30]}))
    assert found["B"][0] == "shown"


def test_needles_and_finds_share_one_mask_and_a_tight_number_of_needles_hides_more() -> None:
    counts = {"A": [3, 20, 20], "B": [6, 20, 20], "C": [50, 60, 70]}
    cube = published(counts, volume={"A": [3, 60, 60], "B": [6, 60, 60], "C": [500, 600, 700]})
    audited = audit_source([cube], PolicySection(), parents=NOWHERE, totals_printed=True)
    assert set(audited.mask["measure"]) == {"shared"}
    assert len(audited.exposed) == 0
    assert (audited.intervals["high"] - audited.intervals["low"] + 1 >= 5).all()


def test_rounding_alone_gives_1_away_where_17_prints_as_15_and_the_audit_hides_more() -> None:
    # 1 + 8 + 8 = 17, printed as ? + 10 + 10 = 15: the hidden year is at most 17 - 8 - 8 = 1.
    section = PolicySection(method="rounding")
    found = states(published({"A": [1, 8, 8], "B": [10, 20, 30]}), section, totals=False)
    assert found["A"][0] == "primary"
    assert "secondary" in found["A"]
    assert found["B"] == ["shown"] * 4
    # 2 + 8 + 8 = 18 prints as 20: 2 to 22 less 16 to 24 leaves 1 to 6.
    assert states(published({"A": [2, 8, 8], "B": [10, 20, 30]}), section, totals=False)["A"].count("secondary") == 0


def test_a_total_that_leaves_no_room_is_reported_and_not_passed_over() -> None:
    audited = audit_source([published({"A": [3, 0, 0]})], PolicySection(), parents=NOWHERE, totals_printed=True)
    assert len(audited.exposed) > 0


def one_year(counts: dict[str, int], **earlier: pd.MultiIndex) -> Audited:
    cube = published({code: [count, 0, 0] for code, count in counts.items()})
    year = PublishedCube(cube.layer_id, cube.kind, cube.rows[cube.rows["period"] == YEARS[0].label], YEARS[:1])
    return audit_source([year], PolicySection(), parents=NOWHERE, totals_printed=True, **earlier)


def hidden_in(audited: Audited) -> set[str]:
    return set(audited.mask.loc[audited.mask["state"] != "shown", "area_code"])


def cells_of(codes: str) -> pd.MultiIndex:
    rows = [("finds", code, YEARS[0].label) for code in codes]
    return pd.MultiIndex.from_tuples(rows, names=["layer", "area_code", "period"])


def test_fault_140_two_builds_together_tell_no_more_than_each_alone() -> None:
    # Late records make B 14: alone, the second build hides A and C, of which the first showed C, still 12.
    before = {"A": 3, "B": 6, "C": 12, "D": 30}
    after = before | {"B": 14}
    assert hidden_in(one_year(before)) == {"A", "B"}
    assert hidden_in(one_year(after)) == {"A", "C"}
    assert hidden_in(one_year(after, given=cells_of("CD"), withheld=cells_of("AB"))) == {"A", "B"}


def test_fault_140_a_number_that_was_shown_and_still_holds_protects_no_other() -> None:
    audited = one_year({"A": 3, "B": 14, "C": 12, "D": 30}, given=cells_of("BCD"))
    assert audited.exposed["area_code"].tolist() == ["A"]
    assert audited.exposed[["low", "high"]].to_numpy().tolist() == [[3.0, 3.0]]


def test_fault_140_a_number_that_was_shown_and_has_changed_protects_no_other_either() -> None:
    # B fell from 6 to 2, which leaves A and B a sum of 5; C moved from 12 to 13: whoever kept the 12 knows it nearly.
    after = {"A": 3, "B": 2, "C": 13, "D": 30, "E": 40}
    earlier = {"given": cells_of("D"), "withheld": cells_of("AB")}
    assert hidden_in(one_year(after, **earlier)) == {"A", "B", "C"}
    audited = one_year(after, changed=cells_of("C"), **earlier)
    assert hidden_in(audited) == {"A", "B", "C", "E"}
    assert audited.exposed.empty
    lost = one_year(after, changed=cells_of("CE"), **earlier)
    assert lost.exposed["area_code"].tolist() == ["A", "B"]


def test_a_wider_interval_can_be_asked_for() -> None:
    cube = published({"A": [3, 20, 30], "B": [12, 11, 40], "C": [90, 80, 70], "D": [95, 85, 75]})
    audited = audit_source([cube], PolicySection(interval_width=20), parents=NOWHERE, totals_printed=True)
    assert (audited.intervals["high"] - audited.intervals["low"] + 1 >= 20).all()


def test_quarters_are_not_audited_and_a_cell_that_was_not_audited_is_hidden(example_build: Build) -> None:
    layer_id = "callouts-by-lsoa"
    masks = example_build.table("masks")
    mask = masks[(masks["layer"] == layer_id) & (masks["audience"] == "partner")]
    assert not mask["period"].str.contains("Q").any()
    layer = Layer(example_build.meta(layer_id), cube=example_build.cube(layer_id), areas=example_build.areas("lsoa"))
    safe = disclose(layer, example_build.settings.disclosure, audience="partner", mask=mask).cube
    assert safe is not None
    assert (safe.loc[safe["period"].str.contains("Q"), "status"] == "suppressed").all()
    assert quarter(2016, 1).label in set(safe["period"])


@pytest.mark.parametrize("role", ["public", "officer", "group", "licensing"])
@pytest.mark.parametrize(
    "selection",
    [
        Selection("callouts", when="2018/19 Q1"),
        Selection("instances", category="without_batches", when="2018/19", how="ward"),
        Selection("instances_per_year", category="without_house_clearances", when="2018/19"),
    ],
)
def test_below_restricted_only_audited_cells_can_be_selected(
    role: str, selection: Selection, example_build: Build
) -> None:
    with pytest.raises(UsageError):
        view(example_build, selection, Viewer(role))  # type: ignore[arg-type]


def test_the_manifest_records_the_audit_of_every_guarded_layer(example_build: Build) -> None:
    record = example_build.manifest["audit"]
    assert record["seen_before"] == []
    assert record["public"] == record["partner"]
    assert set(record["partner"]) == {"callouts-by-lsoa", "needle-finds-by-ward", "needle-finds-by-lsoa"}
    for layer in record["partner"].values():
        assert layer["smallest_interval"] >= 5
        assert layer["exposed"] == 0
        assert layer["primary"] > 0


def test_a_cell_that_an_earlier_build_showed_is_reported_and_stays_hidden(tmp_path: Path) -> None:
    import shutil

    for name in ("boundaries", "geo"):
        shutil.copytree(ROOT / name, tmp_path / name)
    head, *sources = (ROOT / "hotspots.toml").read_text(encoding="utf-8").split("[[sources]]")
    needles = next(source for source in sources if 'kind = "needle_finds"' in source)
    text = f"{head}[[sources]]{needles}"
    area, folder = tmp_path / "hotspots.toml", tmp_path / "build"
    area.write_text(text + "\n[disclosure.controlled]\nthreshold = 2\n", encoding="utf-8")
    lenient = build_area(area, folder)
    area.write_text(text, encoding="utf-8")
    strict = build_area(area, folder)
    seen = strict.manifest["audit"]["seen_before"]
    assert {entry["build"] for entry in seen} == {lenient.id}
    assert {entry["why"] for entry in seen} == {"hidden now, shown then"}
    masks = strict.table("masks")
    state = masks[masks["audience"] == "partner"].set_index(["layer", "area_code", "period"])["state"]
    assert all(state[entry["layer"], entry["area_code"], entry["period"]] != "shown" for entry in seen)
    assert json.dumps(seen)
    assert np.unique([entry["layer"] for entry in seen]).tolist() == ["needle-finds-by-lsoa", "needle-finds-by-ward"]
