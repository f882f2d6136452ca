"""Cambridge's own lookup: 69 LSOAs of 2011 on the 78 of 2021, and real crimes on them, to the last one."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from hotspots.areas import Lookup, Reference
from hotspots.boundaries import add_boundaries, load_reference
from hotspots.settings import load_area
from hotspots.source_settings import CrimesSource
from hotspots.sources import read_source
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
