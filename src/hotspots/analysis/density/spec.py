"""How a density is made: the choices that its description states."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hotspots.analysis.density.kernels import KERNELS, Kernel, reach
from hotspots.errors import DataRefused

Edge = Literal["none", "uniform", "diggle"]
Method = Literal["exact", "bounded"]

EDGES: dict[str, str] = {
    "none": "no edge correction",
    "uniform": "edge-corrected (uniform)",
    "diggle": "edge-corrected (Diggle)",
}

# Beyond these nothing is shown of any place, and squares of distances leave what numbers can hold.
_SMALLEST_M, _LARGEST_M = 0.1, 1_000_000.0


@dataclass(frozen=True)
class DensitySpec:
    """
    How a density is made.

    ``bandwidth_m`` is the support radius of the kernel (for ``gaussian``, its standard deviation). ``edge="diggle"``
    divides each event by the share of its kernel that lies inside the border, so that the total is conserved;
    ``"uniform"`` divides each cell by the share of a kernel about its centre, which does not conserve it.
    ``weight`` names the column that is summed (``quantity`` for needles); None counts events. ``method="bounded"``
    approximates, within a bound that the layer states: for ten million events and more.
    """

    bandwidth_m: float
    kernel: Kernel = "quartic"
    edge: Edge = "diggle"
    weight: str | None = None
    method: Method = "exact"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.bandwidth_m) and self.bandwidth_m > 0):
            raise DataRefused(f"bandwidth must be a positive number of metres, got {self.bandwidth_m!r}")
        if not _SMALLEST_M <= self.bandwidth_m <= _LARGEST_M:
            raise DataRefused(
                f"a bandwidth is {_SMALLEST_M:g} to {_LARGEST_M:,.0f} metres, got {self.bandwidth_m:g}; the usual ones "
                "are 150 to 1,000"
            )
        if self.kernel not in KERNELS:
            raise DataRefused(f"there is no kernel {self.kernel!r}; choose one of {', '.join(KERNELS)}")
        if self.edge not in EDGES:
            raise DataRefused(f"there is no edge correction {self.edge!r}; choose one of {', '.join(EDGES)}")
        if self.method not in ("exact", "bounded"):
            raise DataRefused(f"there is no method {self.method!r}; choose exact or bounded")
        if self.method == "bounded" and self.kernel == "uniform":
            raise DataRefused("the uniform kernel jumps at its edge and has no useful bound; use method='exact'")

    @property
    def reach_m(self) -> float:
        """Distance beyond which an event adds nothing, in metres."""
        return self.bandwidth_m * reach(self.kernel)
