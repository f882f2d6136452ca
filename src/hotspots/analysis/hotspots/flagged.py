"""Flagged cells: what every rule answers, before hot cells become named places."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspots.errors import DataRefused
from hotspots.layer import GridSpec

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

TESTS = ("max_density", "gi_star")


@dataclass(frozen=True, eq=False)
class Flagged:
    """
    The cells that a rule calls hot, on a grid (arrays of rows x columns, north up).

    Parameters
    ----------
    hot
        The hot cells: a subset of ``inside``.
    value
        What cells are ranked by, larger is hotter; NaN outside the area and where the rule has no answer.
    density
        Events (or weight) per km², edge-corrected; NaN outside the area.
    inside
        Cells whose centre is in the area.
    one_in
        ``N`` of "fewer than 1 map in N without clustering would reach this", at each cell; NaN where the rule makes no
        simulations or has no answer.
    rule, statement
        Which rule, and in words what being hot means under it, with its numbers and units.
    seed, null
        Seed of the simulations and the kind of map without clustering; None where the rule has none.
    """

    grid: GridSpec
    hot: Mask
    value: Floats
    density: Floats
    inside: Mask
    one_in: Floats
    rule: str
    statement: str
    seed: int | None
    null: str | None

    @property
    def tested(self) -> bool:
        """Whether hot cells passed a test; the other rules take a share of the area, whatever is in it."""
        return self.rule in TESTS

    def __post_init__(self) -> None:
        expected = (self.grid.rows, self.grid.columns)
        for name in ("hot", "value", "density", "inside", "one_in"):
            if getattr(self, name).shape != expected:
                raise DataRefused(f"{name} must hold {expected} cells, got {getattr(self, name).shape}")
        if (self.hot & ~self.inside).any():
            raise DataRefused("a cell outside the area cannot be hot")
