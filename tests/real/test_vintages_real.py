"""Cambridge's own lookup: 69 LSOAs of 2011 on the 78 of 2021, and real crimes on them, to the last one."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from hotspots.areas import Lookup, Reference
from hotspots.boundaries import add_boundaries, load_reference
from hotspots.pipeline import build_area
from hotspots.settings import load_area
from hotspots.source_settings import CrimesSource
from hotspots.sources import read_source
from hotspots.views import Selection, Viewer, view
from hotspots.vintages import common_areas, convert_counts

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def official(real_data: Path) -> Lookup:
    rows = pd.read_csv(real_data / "lookups/cambridge_lsoa11_to_lsoa21.csv", dtype=str)
    table = rows.rename(columns={"LSOA11CD": "area_code", "LSOA21CD": "parent_code", "CHGIND": "change"})
    return Lookup("lsoa_2011_to_2021", "2011", "2021", table[["area_code", "parent_code", "change"]])


def stated(real_data: Path) -> pd.DataFrame:
    files = [pd.read_csv(path, dtype=str) for path in sorted((real_data / "police").glob("*.csv"))]
    rows = pd.concat(files)
    ours = pd.read_csv(real_data / "lookups/cambridge_lsoa11_to_ward17_bestfit.csv")["LSOA11CD"]
    rows = rows[rows["LSOA code"].isin(ours)]
    made = rows.groupby(["LSOA code", "Month"]).size().rename("crimes").reset_index()
    return made.rename(columns={"LSOA code": "area_code"})


def test_58_areas_are_unchanged_and_the_others_make_9_common_areas(official: Lookup) -> None:
    shared = common_areas(official)
    old = shared[shared["vintage"] == "2011"].drop_duplicates("common_code")["change"].value_counts().to_dict()
    assert (len(shared), old["unchanged"]) == (69 + 78, 58)
    assert shared["common_code"].nunique() == 58 + old["split"] + old["merged"]


def test_4040_real_crimes_are_4040_on_the_new_areas_month_by_month(official: Lookup, real_data: Path) -> None:
    counts = stated(real_data)
    weights = pd.Series(1, sorted(set(official.table["parent_code"])))
    made = convert_counts(
        counts, official, vintage="2011", to="2021", split="weights", weights=weights, weight_name="equal parts",
        by=["Month"], values=["crimes"],
    ).table  # fmt: skip
    assert (counts["crimes"].sum(), made["crimes"].sum()) == (4_040, 4_040)
    pd.testing.assert_series_equal(made.groupby("Month")["crimes"].sum(), counts.groupby("Month")["crimes"].sum())
    kinds = made.drop_duplicates("area_code")["conversion"].value_counts().to_dict()
    assert kinds["unchanged"] == 58


def test_real_police_files_of_2011_codes_are_read_on_2021_boundaries(real_data: Path, tmp_path: Path) -> None:
    reference = reference_2021(real_data, tmp_path)
    source = CrimesSource.model_validate(
        {"id": "crimes", "kind": "crimes", "path": str(real_data / "police/*.csv"), "vintage": "2011", "policy": "open",
         "covers_from": date(2018, 11, 1), "covers_to": date(2019, 1, 31), "absent": "zero", "conversion": {}}
    )  # fmt: skip
    reading = read_source(source, folder=tmp_path, reference=reference)
    assert len(reading.table) == 4_040
    assert set(reading.table["stated_code"]) <= reference.areas("lsoa").codes
    busiest = reading.table["stated_code"].value_counts()
    assert busiest.sum() == 4_040


def reference_2021(real_data: Path, folder: Path) -> Reference:
    add_boundaries(
        real_data / "boundaries/cambridge_lsoa_2021_bgc.geojson",
        folder=folder / "boundaries",
        kind="lsoa",
        vintage="2021",
    )
    (folder / "hotspots.toml").write_text(
        '[area]\nname = "Cambridge"\n[boundaries]\nlsoa = "lsoa-2021"\n[[boundaries.lookups]]\n'
        'kind = "lsoa_2011_to_2021"\nchild = "LSOA11CD"\nparent = "LSOA21CD"\nchange = "CHGIND"\n'
        'child_vintage = "2011"\nparent_vintage = "2021"\n'
        f'path = "{(real_data / "lookups/cambridge_lsoa11_to_lsoa21.csv").as_posix()}"\n',
        encoding="utf-8",
    )
    return load_reference(load_area(folder / "hotspots.toml"))


CALLOUTS = """
[[sources]]
id = "callouts"
kind = "callouts"
path = "callouts.csv"
vintage = "{vintage}"
calendar = "calendar"
covers_from = 2018-11-01
covers_to = 2019-01-31
absent = "zero"
policy = "controlled"

[sources.conversion]
split = "common"
"""


def test_cambridge_of_2011_and_of_2021_is_shown_on_the_same_common_areas(real_data: Path, tmp_path: Path) -> None:
    counts = stated(real_data)
    lookup = pd.read_csv(real_data / "lookups/cambridge_lsoa11_to_lsoa21.csv", dtype=str)
    newer = lookup.drop_duplicates("LSOA11CD").set_index("LSOA11CD")["LSOA21CD"]
    later = counts.assign(area_code=counts["area_code"].map(newer))
    later = later.groupby(["area_code", "Month"], as_index=False)["crimes"].sum()
    found = {}
    for vintage, table in (("2011", counts), ("2021", later)):
        folder = tmp_path / vintage
        folder.mkdir()
        reference_2021(real_data, folder)
        table.set_axis(["lsoa_code", "period", "count"], axis=1).to_csv(folder / "callouts.csv", index=False)
        path = folder / "hotspots.toml"
        path.write_text(path.read_text(encoding="utf-8") + CALLOUTS.format(vintage=vintage), encoding="utf-8")
        build = build_area(path, folder / "build")
        areas = build.areas("lsoa", "lsoas-common")
        assert areas is not None
        assert len(areas.table) == 58 + 2 + sum("+" in code for code in areas.codes)
        assert areas.area_km2.sum() == pytest.approx(build.areas("lsoa").area_km2.sum(), abs=1e-6)  # type: ignore[union-attr]
        layer = view(build, Selection("callouts"), Viewer("analyst"))
        assert layer.cube is not None
        found[vintage] = layer.cube.set_index("area_code")["value"]
        assert found[vintage].sum() == 4_040
    pd.testing.assert_series_equal(found["2011"], found["2021"])
