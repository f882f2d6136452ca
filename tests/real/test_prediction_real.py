"""Counting, densities and the default targeting surface on three real months of Cambridge, by crime type.

Made from November and December 2018, scored on January 2019, at one hundredth of the city's area in cells of 100 m.
Three months are too few to choose a surface by its results: the stated default is what is measured here.
"""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import shapely

from hotspots import GridSpec, evaluate_hotspots
from hotspots.analysis.prediction import Evaluation
from hotspots.areas import Areas, Reference
from hotspots.crs import geometry_to_bng
from hotspots.source_settings import CrimesSource
from hotspots.sources import read_source
from hotspots.tables import PointEvents, Reading

pytestmark = pytest.mark.real

# Events scored, then the share of what was possible (PEI): the default surface, counting, densities of 100, 150, 200,
# 300 and 500 m.
BY_TYPE = {
    "all": (1341, 0.86, 0.85, 0.74, 0.64, 0.55, 0.44, 0.41),
    "Anti-social behaviour": (240, 0.58, 0.54, 0.55, 0.43, 0.27, 0.27, 0.28),
    "Bicycle theft": (169, 0.61, 0.58, 0.57, 0.48, 0.38, 0.33, 0.28),
    "Burglary": (98, 0.14, 0.17, 0.19, 0.14, 0.12, 0.10, 0.05),
    "Criminal damage and arson": (104, 0.40, 0.27, 0.28, 0.25, 0.16, 0.10, 0.05),
    "Other theft": (105, 0.51, 0.48, 0.45, 0.42, 0.34, 0.23, 0.22),
    "Public order": (81, 0.50, 0.41, 0.40, 0.42, 0.26, 0.32, 0.32),
    "Shoplifting": (72, 0.84, 0.85, 0.78, 0.58, 0.43, 0.29, 0.25),
    "Vehicle crime": (125, 0.25, 0.25, 0.30, 0.28, 0.27, 0.17, 0.08),
    "Violence and sexual offences": (262, 0.58, 0.56, 0.52, 0.52, 0.48, 0.37, 0.39),
}


@pytest.fixture(scope="module")
def reading(real_data: Path) -> tuple[Reading, object]:
    content = json.loads((real_data / "boundaries/cambridge_lsoa_2011_bgc.geojson").read_text(encoding="utf-8"))
    table = pd.DataFrame(
        {
            "code": feature["properties"]["LSOA11CD"],
            "name": feature["properties"]["LSOA11NM"],
            "geometry": geometry_to_bng(shapely.from_geojson(json.dumps(feature["geometry"]))),
        }
        for feature in content["features"]
    )
    areas = Areas("lsoa", "2011", "2011", False, "", table.sort_values("code", ignore_index=True))
    source = CrimesSource(
        id="crimes",
        kind="crimes",
        path="police/*-street.csv",
        vintage="2011",
        covers_from=date(2018, 11, 1),
        covers_to=date(2019, 1, 31),
        policy="open",
    )
    reference = Reference(areas, None, (), {("lsoa", "2011"): areas.codes})
    return read_source(source, folder=real_data, reference=reference), reference.study_area


def evaluated(read: tuple[Reading, object], category: str) -> Evaluation:
    reading, border = read
    placed = reading.table[reading.table["easting"].notna()].reset_index(drop=True)
    chosen = placed if category == "all" else placed[placed["category"] == category].reset_index(drop=True)
    grid = GridSpec.over(border.bounds, cell_m=100)  # type: ignore[attr-defined]
    everything = PointEvents(placed, reading.meta)
    return evaluate_hotspots(PointEvents(chosen, reading.meta), grid, border=border, reference=everything)


@pytest.mark.parametrize("category", BY_TYPE)
def test_what_two_months_of_cambridge_say_about_the_third(reading: tuple[Reading, object], category: str) -> None:
    found = evaluated(reading, category)
    events, *shares = BY_TYPE[category]
    assert found.events == events
    assert found.table["pei"].iloc[:7].round(2).tolist() == shares


def test_the_default_is_behind_the_best_of_six_for_three_kinds_of_ten_by_three_events_each_at_most(
    reading: tuple[Reading, object],
) -> None:
    # Which of the six is best is known afterwards only. Six districts, forward and backward: benchmarks/PREDICTION.md.
    behind = {}
    for category in BY_TYPE:
        held = evaluated(reading, category).table["captured"].iloc[:7]
        if held.iloc[0] < held.iloc[1:].max():
            behind[category] = round(float(held.iloc[1:].max() - held.iloc[0]), 1)
    assert list(behind) == ["Burglary", "Shoplifting", "Vehicle crime"]
    assert max(behind.values()) <= 3.0


def test_three_months_are_too_few_to_choose_by_and_it_says_so(reading: tuple[Reading, object]) -> None:
    found = evaluated(reading, "all")
    assert found.total_area_km2 == pytest.approx(40.69, abs=0.01)
    assert "With 3 months it cannot be told which surface predicts best" in found.choice
