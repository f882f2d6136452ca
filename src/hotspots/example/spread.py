"""Where synthetic points go: clusters inside the stated cores of a ward, in EPSG:27700 metres."""

import math
from collections.abc import Callable
from itertools import accumulate
from random import Random

from hotspots.example.facts import CORES, Core

SPOTS_PER_CORE = 5
_SPREAD_M = 38.0


def cores_of(ward_code: str) -> list[Core]:
    """The cores of a ward, in the order in which they are stated."""
    return [core for core in CORES if core.ward_code == ward_code]


def pick(rng: Random, weights: dict[str, int]) -> str:
    """
    One of the names, as often as its whole-number weight says; the same on every system.

    Examples
    --------
    >>> pick(Random(1), {"never": 0, "always": 3})
    'always'
    """
    drawn = rng.randrange(sum(weights.values()))
    reached = accumulate(weights.values())
    return next(name for name, below in zip(weights, reached, strict=True) if drawn < below)


def scatter(seed: int) -> Callable[[Random, Core], tuple[int, int]]:
    """
    A function that draws whole-metre positions in a core, most of them near one of its few spots.

    The spots (a doorway, a car park corner) belong to the seed and the core, so that draws cluster.
    """
    spots = {core: _spots(Random(f"{seed} {core.place}"), core) for core in CORES}

    def position(rng: Random, core: Core) -> tuple[int, int]:
        """A place about one of the spots of a core."""
        while True:
            # The first spots are the busiest: the smaller of two draws.
            spot = spots[core][min(rng.randrange(SPOTS_PER_CORE), rng.randrange(SPOTS_PER_CORE))]
            easting, northing = round(rng.gauss(spot[0], _SPREAD_M)), round(rng.gauss(spot[1], _SPREAD_M))
            if inside(core, easting, northing):
                return easting, northing

    return position


def inside(core: Core, easting: float, northing: float) -> bool:
    """Whether a position lies in the disc of a core, rim included."""
    return math.dist((core.easting, core.northing), (easting, northing)) <= core.radius_m


def _spots(rng: Random, core: Core) -> list[tuple[int, int]]:
    spots: list[tuple[int, int]] = []
    while len(spots) < SPOTS_PER_CORE:
        easting = core.easting + rng.randint(-core.radius_m, core.radius_m)
        northing = core.northing + rng.randint(-core.radius_m, core.radius_m)
        if inside(core, easting, northing):
            spots.append((easting, northing))
    return spots
