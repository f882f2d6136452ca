"""Hotspots on three real months of Cambridge: what snapping does to the test, and what each null finds."""

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree

from hotspots import GridSpec, HotspotSpec
from hotspots.analysis.hotspots.flagged import Flagged
from hotspots.analysis.hotspots.places import hotspot_layer
from hotspots.analysis.hotspots.rules import flagged_cells
from hotspots.areas import Areas, Reference
from hotspots.crs import geometry_to_bng
from hotspots.errors import DataRefused
from hotspots.source_settings import CrimesSource
from hotspots.sources import read_source
from hotspots.tables import PointEvents, points_from_frame

pytestmark = pytest.mark.real
MAPS = 50


class City:
    """The area, its grid of 50 m, all recorded crime and ASB inside it, and the published points that these hold."""

    def __init__(self, folder: Path) -> None:
        content = json.loads((folder / "boundaries/cambridge_lsoa_2011_bgc.geojson").read_text(encoding="utf-8"))
        rows = [
            (
                feature["properties"]["LSOA11CD"],
                feature["properties"]["LSOA11NM"],
                geometry_to_bng(shapely.from_geojson(json.dumps(feature["geometry"]))),
            )
            for feature in content["features"]
        ]
        table = pd.DataFrame(rows, columns=["code", "name", "geometry"]).sort_values("code", ignore_index=True)
        areas = Areas("lsoa", "2011", "2011", False, "", table)
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
        reading = read_source(source, folder=folder, reference=reference)
        self.border = reference.study_area
        self.grid = GridSpec.over(self.border.bounds, cell_m=50)
        placed = reading.table[reading.table["easting"].notna()].reset_index(drop=True)
        within = shapely.intersects_xy(self.border, placed[["easting", "northing"]].to_numpy())
        self.events = PointEvents(placed[within].reset_index(drop=True), reading.meta)
        self.snap = np.unique(self.events.coordinates, axis=0)

    def of(self, category: str) -> PointEvents:
        table = self.events.table
        return PointEvents(table[table["category"] == category].reset_index(drop=True), self.events.meta)

    def unclustered(self, many: int, random: np.random.Generator) -> PointEvents:
        """Events spread evenly over the city and moved to the nearest published point."""
        west, south, east, north = self.border.bounds
        places = random.uniform((west, south), (east, north), (3 * many, 2))
        places = places[shapely.intersects_xy(self.border, places)][:many]
        moved = self.snap[cKDTree(self.snap).query(places)[1]]
        return points_from_frame(pd.DataFrame(moved, columns=["easting", "northing"]))

    def maps_with_a_hotspot(self, many: int, *, told: bool) -> int:
        """How many of fifty maps of unclustered, snapped events show one."""
        random = np.random.default_rng((2018, many))
        found = 0
        for _ in range(MAPS):
            given = self.unclustered(many, random)
            snap = self.snap if told else None
            found += bool(self.flagged(given, HotspotSpec(null="uniform"), snap_points=snap).hot.any())
        return found

    def flagged(self, given: PointEvents, spec: HotspotSpec, **options: object) -> Flagged:
        return flagged_cells(given, self.grid, spec, border=self.border, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def city(real_data: Path) -> City:
    return City(real_data)


def test_the_three_months_hold_about_nine_hundred_published_points(city: City) -> None:
    assert (len(city.events), len(city.snap)) == (4037, 912)


# As many events as the violence of the three months take half a minute: in `make soak`.
SNAPPED = [(79, 45, 2), *([(796, 50, 2)] if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else [])]


@pytest.mark.parametrize(("many", "untold", "told"), SNAPPED)
def test_snapping_makes_false_hotspots_and_the_same_snapping_of_the_simulations_takes_them_away(
    city: City, many: int, untold: int, told: int
) -> None:
    assert city.maps_with_a_hotspot(many, told=False) == untold  # of fifty
    assert city.maps_with_a_hotspot(many, told=True) == told


@pytest.mark.parametrize(
    ("category", "events", "uniform", "reference"),
    [
        ("Violence and sexual offences", 795, 137, 11),
        ("Shoplifting", 225, 196, 100),
        ("Bicycle theft", 500, 250, 40),
        ("Anti-social behaviour", 807, 250, 34),
        ("Drugs", 79, 48, 23),
    ],
)
def test_hot_cells_beside_an_even_spread_and_beside_all_recorded_crime(
    city: City, category: str, events: int, uniform: int, reference: int
) -> None:
    given = city.of(category)
    beside_even = city.flagged(given, HotspotSpec(null="uniform"), snap_points=city.snap)
    beside_all = city.flagged(given, HotspotSpec(), reference=city.events)
    assert len(given) == events
    assert (int(beside_even.hot.sum()), int(beside_all.hot.sum())) == (uniform, reference)
    assert beside_all.null == "reference"
    assert "4,037 reference events" in beside_all.statement
    assert "912 published points" in beside_even.statement


@pytest.mark.parametrize(
    ("category", "whole", "core", "before", "after"),
    [
        ("Bicycle theft", (19.5, 77), (8.0, 58), (0.40, 0.0152), (0.36, 0.0122)),
        ("Violence and sexual offences", (12.0, 76), (8.0, 76), (0.22, 0.0080), (0.22, 0.0071)),
        ("Anti-social behaviour", (10.5, 57), (8.0, 57), (0.35, 0.0149), (0.35, 0.0142)),
    ],
)
def test_places_too_large_to_go_to_become_their_cores_and_keep_most_of_their_events(
    city: City,
    category: str,
    whole: tuple[float, int],
    core: tuple[float, int],
    before: tuple[float, float],
    after: tuple[float, float],
) -> None:
    given, spec = city.of(category), HotspotSpec(null="uniform")
    cells = city.flagged(given, spec, snap_points=city.snap)
    # A rule that takes a share of the area keeps patches whole: what the places were without their cores.
    for flagged, largest, together in ((replace(cells, rule="count"), whole, before), (cells, core, after)):
        places = hotspot_layer(flagged, given, spec, border=city.border).features
        assert places is not None
        first = places.sort_values("events", ascending=False).iloc[0]
        assert (round(first["area_ha"], 1), first["events"]) == largest
        shares = places[["events_share", "area_share"]].sum()
        assert (round(shares["events_share"], 2), round(shares["area_share"], 4)) == together
    assert (places["area_ha"] <= 8 + 1e-6).all()


def test_police_positions_without_their_points_are_refused(city: City) -> None:
    with pytest.raises(DataRefused, match="moved to published points"):
        city.flagged(city.of("Drugs"), HotspotSpec())
