"""Everything that a partner is given, solved together: tables, totals, places, and the densities of all years.

The densities are taken apart for every small area that hides a number (a quarter of an hour): what an area can hold at
least and at most goes into the system of all tables and places.
"""

import math
from pathlib import Path

from attacker import Attack, broken, exported, printed_totals
from test_places import joined, published_areas, published_places
from test_surfaces import RUN, YEARS, everything, hidden_areas, points_in, shapes_of

from hotspots.snapshot import Build

LAYER = "needle-finds-by-lsoa"


def not_drawn(build: Build, period: str) -> int:
    """How many finds of a period are in dwellings or unplaced: printed nowhere, and yet the attacker is told."""
    first, last = build.manifest["periods"][period]
    days = [build.table("needle_finds")["date"].astype(str), build.features("needle-finds")["date"].astype(str)]
    held, drawn = (int(((own >= first) & (own <= last)).sum()) for own in days)
    return held - drawn


def test_a_partner_with_everything_recovers_no_hidden_count(example_build: Build, tmp_path: Path) -> None:
    numbers = exported(example_build, "partner", tmp_path)
    attack = Attack(numbers, printed_totals(example_build, "partner"))
    joined(attack, published_places(example_build, tmp_path), published_areas(example_build, tmp_path), rounding=5)
    surfaces, shapes = everything(example_build, tmp_path, thinned=3), shapes_of(example_build)
    asked = {code for period in [*YEARS, RUN] for code in hidden_areas(example_build, "partner", tmp_path, period)}
    assert len(asked) > 30
    for code in sorted(asked):
        for period, (fewest, most) in surfaces.events_in(shapes[code]).items():
            assert fewest - 0.5 < points_in(example_build, shapes[code], period) < most + 0.5, (code, period)
            cell = (LAYER, code, period, "instances")
            if numbers[cell] is None:
                attack.at_least[cell] = math.ceil(fewest - 0.5)
                if math.isfinite(most):
                    attack.at_most.append(({cell: 1.0}, math.floor(most + 0.5) + not_drawn(example_build, period)))
    intervals = attack.intervals()
    assert len(intervals) > 400
    assert broken(example_build, intervals) == {}
