"""The density at each place that is made by all the others: what cross-validation scores."""

from math import exp

import numpy as np

from hotspots.analysis.density.kernels import POWERS, Floats
from hotspots.analysis.density.places import Places
from hotspots.analysis.density.spec import DensitySpec
from hotspots.compiled import compiled, in_blocks


@compiled
def _others(power, bandwidth_m, reach_m, grid, places, found, first, last):  # type: ignore[no-untyped-def]
    cell_m, rows, columns = grid
    starts, east, down, weight, weighted = places[0], places[1], places[2], places[3], places[4]
    for place in range(first, last):
        top = max(0, int((down[place] - reach_m) / cell_m))
        bottom = min(rows - 1, int((down[place] + reach_m) / cell_m))
        left = max(0, int((east[place] - reach_m) / cell_m))
        right = min(columns - 1, int((east[place] + reach_m) / cell_m))
        for row in range(top, bottom + 1):
            for other in range(starts[row * columns + left], starts[row * columns + right + 1]):
                aside, off = east[other] - east[place], down[other] - down[place]
                squared = (aside * aside + off * off) / (bandwidth_m * bandwidth_m)
                if squared == 0.0:
                    continue
                if power < 0:
                    found[place] += weight[other * weighted] * exp(-0.5 * squared)
                elif squared <= 1.0:
                    found[place] += weight[other * weighted] * (1.0 - squared) ** power


def others_at_places(places: Places, spec: DensitySpec) -> Floats:
    """At each place the sum over the events of all other places of the kernel, with a peak of one."""
    found = np.zeros(len(places))
    grid = (float(places.grid.cell_m), places.grid.rows, places.grid.columns)
    power = POWERS.get(spec.kernel, -1)

    def work(first: int, last: int) -> None:
        _others(power, spec.bandwidth_m, spec.reach_m, grid, places.by_cell, found, first, last)

    in_blocks(len(places), work)
    return found
