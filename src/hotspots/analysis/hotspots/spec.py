"""How hotspots are found: the choices that their description states."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from hotspots.errors import DataRefused

Rule = Literal["max_density", "gi_star", "top_share", "count"]
Null = Literal["uniform", "population", "reference", "labels"]
Correction = Literal["benjamini_hochberg", "benjamini_yekutieli", "holm", "bonferroni", "none"]

CORRECTIONS: tuple[str, ...] = get_args(Correction)
FEWEST_SIMULATIONS = 19


@dataclass(frozen=True)
class HotspotSpec:
    """
    How hotspots are found.

    ``rule`` says which cells are hot:

    - ``max_density``: more events about the cell than the *maximum* of a map without clustering reaches;
    - ``gi_star``: Gi* of the counts by cell and their neighbours, corrected for the number of cells;
    - ``top_share``: the densest cells, up to ``share`` of the area;
    - ``count``: the cells with the most events, up to ``share`` of the area.

    ``null`` names the kind of map without clustering that ``max_density`` compares with. Without it, it is what was
    given: ``reference`` with a reference set, ``population`` with populations, ``labels`` with a weight, otherwise
    ``uniform``. ``level`` is the share of such maps that may show no hotspot at all (0.95: at most one in twenty does),
    and the level of ``gi_star``. ``bandwidth_m`` is the support radius of the quartic kernel. ``weight`` names a column
    that is summed instead of counting events. ``neighbours_m`` is the reach of ``gi_star`` between cell centres; None
    takes the eight cells about each. A hotspot needs ``min_events`` events; one
    above ``largest_ha`` hectares is divided where a peak stands out above its saddle by the share ``prominence`` of its
    height; where a test found it and it is still above twice that size, it is cut down to its core of that.
    """

    rule: Rule = "max_density"
    null: Null | None = None
    bandwidth_m: float = 150.0
    simulations: int = 999
    level: float = 0.95
    seed: int = 1
    weight: str | None = None
    share: float = 0.01
    neighbours_m: float | None = None
    correction: Correction = "benjamini_hochberg"
    min_events: int = 5
    largest_ha: float = 4.0
    prominence: float = 0.1

    def __post_init__(self) -> None:
        for name, kinds in (("rule", Rule), ("correction", Correction)):
            _check_choice(name, getattr(self, name), get_args(kinds))
        if self.null is not None:
            _check_choice("null", self.null, get_args(Null))
        if not (np.isfinite(self.bandwidth_m) and self.bandwidth_m > 0):
            raise DataRefused(f"bandwidth must be a positive number of metres, got {self.bandwidth_m!r}")
        if self.neighbours_m is not None and not (np.isfinite(self.neighbours_m) and self.neighbours_m > 0):
            raise DataRefused(f"neighbours must be within a positive number of metres, got {self.neighbours_m!r}")
        for name in ("level", "share"):
            if not 0 < getattr(self, name) < 1:
                raise DataRefused(f"{name} must lie between 0 and 1, got {getattr(self, name)!r}")
        if self.simulations < FEWEST_SIMULATIONS:
            raise DataRefused(f"at least {FEWEST_SIMULATIONS} simulations are needed, got {self.simulations!r}")
        if not 0 <= self.seed < 2**63:
            raise DataRefused(f"the seed must be a whole number from 0, got {self.seed!r}")
        if not self.largest_ha > 0:
            raise DataRefused(f"largest_ha must be a positive number of hectares, got {self.largest_ha!r}")
        if not 0 <= self.prominence <= 1:
            raise DataRefused(f"prominence must lie between 0 and 1, got {self.prominence!r}")
        if self.min_events < 1:
            raise DataRefused(f"a hotspot needs at least one event, got min_events={self.min_events!r}")


def _check_choice(what: str, chosen: str, allowed: tuple[str, ...]) -> None:
    if chosen not in allowed:
        raise DataRefused(f"there is no {what} {chosen!r}; choose one of {', '.join(allowed)}")
