"""A layer: a number that says what it is.

``Layer`` joins a description (:class:`LayerMeta`) to exactly one content: a **cube** of values by area, **features**
with geometry of their own, or a **surface** on a grid. Every map, table, sentence, file and page is made from one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.areas import Areas
from hotspots.errors import DataRefused
from hotspots.tables import Marking, Policy
from hotspots.texts import number_of

Audience = Literal["public", "partner", "restricted"]
Content = Literal["cube", "features", "surface"]

CUBE_COLUMNS = ("area_code", "period", "measure", "category", "value", "lower", "upper", "status", "events")
_STRICTEST: tuple[Policy, ...] = ("open", "controlled", "health")
_HIGHEST: tuple[Marking, ...] = ("OFFICIAL", "OFFICIAL-SENSITIVE")
MOST_CELLS = 4_000_000


@dataclass(frozen=True)
class LayerMeta:
    """
    What a layer is: measure, unit, period, area set, source, method and sensitivity travel with every number.

    ``policy`` and ``marking`` are the strictest of the inputs; ``sensitivity`` is the widest audience the content has
    been made safe for (``restricted`` until :func:`hotspots.disclosure.disclose` lowers it).
    """

    id: str
    title: str
    measure: str
    unit: str
    period: str
    source: str
    method: str
    policy: Policy
    marking: Marking
    synthetic: bool
    schematic: bool
    vintage: str = ""
    coverage: str = ""
    area: str = ""
    attribution: str = ""
    sensitivity: Audience = "restricted"
    caveats: tuple[str, ...] = ()
    settings: Mapping[str, str | float | int] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """The warnings that every map, page and file shows: synthetic records, schematic shapes."""
        return tuple(
            text
            for text, holds in (
                ("Synthetic records: not real events", self.synthetic),
                ("Schematic boundaries: invented shapes", self.schematic),
            )
            if holds
        )


@dataclass(frozen=True)
class GridSpec:
    """
    A grid of square cells on round National Grid lines: west and south edge, cell size, columns and rows.

    Examples
    --------
    >>> grid = GridSpec.over((544012.0, 257030.0, 544180.0, 257240.0), cell_m=50)
    >>> grid.west, grid.south, grid.columns, grid.rows
    (544000.0, 257000.0, 4, 5)
    """

    west: float
    south: float
    cell_m: float
    columns: int
    rows: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cell_m) and self.cell_m > 0):
            raise DataRefused(f"cell size must be a positive number of metres, got {self.cell_m!r}")
        if self.columns < 1 or self.rows < 1:
            raise DataRefused(f"a grid needs at least one cell, got {self.columns} columns and {self.rows} rows")
        if self.columns * self.rows > MOST_CELLS:
            raise DataRefused(
                f"{self.columns} x {self.rows} cells of {self.cell_m:g} m are more than {MOST_CELLS:,}; "
                "use a larger cell or a smaller area"
            )

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], *, cell_m: float) -> "GridSpec":
        """The smallest grid on round lines (multiples of the cell) that holds ``west, south, east, north``."""
        if not (math.isfinite(cell_m) and cell_m > 0):
            raise DataRefused(f"cell size must be a positive number of metres, got {cell_m!r}")
        if not all(math.isfinite(edge) for edge in bounds):
            raise DataRefused(f"a grid needs finite bounds in metres, got {bounds}")
        west = float(math.floor(bounds[0] / cell_m) * cell_m)
        south = float(math.floor(bounds[1] / cell_m) * cell_m)
        columns = max(1, math.ceil((bounds[2] - west) / cell_m))
        rows = max(1, math.ceil((bounds[3] - south) / cell_m))
        return cls(west, south, cell_m, columns, rows)

    @property
    def east(self) -> float:
        """Easting of the right edge, in metres."""
        return self.west + self.columns * self.cell_m

    @property
    def north(self) -> float:
        """Northing of the top edge, in metres."""
        return self.south + self.rows * self.cell_m

    @property
    def centre_eastings(self) -> npt.NDArray[np.float64]:
        """Eastings of the cell centres, west to east."""
        return np.asarray(self.west + (np.arange(self.columns) + 0.5) * self.cell_m, dtype=np.float64)

    @property
    def centre_northings(self) -> npt.NDArray[np.float64]:
        """Northings of the cell centres, **north to south**: row 0 of a surface is its top."""
        return np.asarray(self.north - (np.arange(self.rows) + 0.5) * self.cell_m, dtype=np.float64)

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """The six coefficients of the affine transformation, in rasterio's order."""
        return (self.cell_m, 0.0, self.west, 0.0, -self.cell_m, self.north)


@dataclass(frozen=True, eq=False)
class Surface:
    """
    Values per cell, north up: NaN is nodata (outside the area, or hidden).

    ``events`` counts the events within the bandwidth of each cell's centre: the count behind the number, which the
    disclosure gate tests and which never leaves.
    """

    grid: GridSpec
    values: npt.NDArray[np.float32]
    bandwidth_m: float
    kernel: str
    events: npt.NDArray[np.uint32]

    def __post_init__(self) -> None:
        expected = (self.grid.rows, self.grid.columns)
        if self.values.shape != expected or self.events.shape != expected:
            raise DataRefused(f"a surface of {expected} cells cannot hold {self.values.shape} values")


@dataclass(frozen=True, eq=False)
class Layer:
    """A description and exactly one content; ``areas`` is the geometry that a cube is joined to on the way out."""

    meta: LayerMeta
    cube: pd.DataFrame | None = None
    areas: Areas | None = None
    features: gpd.GeoDataFrame | None = None
    surface: Surface | None = None

    def __post_init__(self) -> None:
        held = [content for content in (self.cube, self.features, self.surface) if content is not None]
        if len(held) != 1:
            raise DataRefused(
                f"layer {self.meta.id!r} must hold a cube, features or a surface, got {len(held)} of them"
            )
        if self.cube is not None:
            missing = set(CUBE_COLUMNS) - set(self.cube.columns)
            if missing or self.areas is None:
                raise DataRefused(f"layer {self.meta.id!r}: a cube needs its areas and {', '.join(sorted(missing))}")

    @property
    def content(self) -> Content:
        """Which of the three contents this layer holds."""
        if self.cube is not None:
            return "cube"
        return "features" if self.features is not None else "surface"

    def described(self, **changes: object) -> "Layer":
        """The same content with a changed description."""
        return replace(self, meta=replace(self.meta, **changes))  # type: ignore[arg-type]


def strictest(policies: tuple[Policy, ...]) -> Policy:
    """The strictest of several policies: open < controlled < health."""
    return max(policies, key=_STRICTEST.index, default="open")


def highest(markings: tuple[Marking, ...]) -> Marking:
    """The highest of several markings: OFFICIAL < OFFICIAL-SENSITIVE."""
    return max(markings, key=_HIGHEST.index, default="OFFICIAL")


def printed(value: float, lower: float, upper: float, status: str, *, decimals: int) -> str:
    """
    A number as every map, table and sentence prints it: exact, an interval, or the word for why there is none.

    Examples
    --------
    >>> printed(37.0, 37.0, 37.0, "ok", decimals=1)
    '37.0'
    >>> printed(float("nan"), 37.0, 38.0, "suppressed", decimals=1)
    '37.0 to 38.0'
    >>> printed(float("nan"), 35.0, 35.0, "interval", decimals=0)  # 33 to 36, both rounded to 5
    '35'
    >>> printed(float("nan"), float("nan"), float("nan"), "no_data", decimals=1)
    'no data'
    """
    if not math.isnan(value):
        return rounded(value, decimals=decimals)
    if not (math.isnan(lower) or math.isnan(upper)):
        low, high = rounded(lower, decimals=decimals), rounded(upper, decimals=decimals)
        return low if low == high else f"{low} to {high}"
    return status.replace("_", " ")


def rounded(value: float, *, decimals: int) -> str:
    """
    A number rounded half away from zero, as the published tables do, with thousands separated; *not known* for none.

    Examples
    --------
    >>> rounded(57.25, decimals=1), rounded(10324, decimals=0), rounded(-0.04, decimals=1), rounded(0, decimals=8)
    ('57.3', '10,324', '0.0', '0.00000000')
    """
    from decimal import ROUND_HALF_UP, Decimal

    if not math.isfinite(value):
        return "not known"
    # The shortest decimal that reads back as this float is what a person would have typed: 57.25, not 57.249999.
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{exact if exact else abs(exact):,f}"


def hidden_words(ranked: pd.DataFrame) -> str:
    """
    What is said below a ranked table of the areas in it that are hidden; nothing where none is.

    An area of which an interval is shown (an input hid some of its count) has a rank and is not meant.

    Examples
    --------
    >>> hidden_words(pd.DataFrame({"rank": [1, 2, None], "status": ["ok", "suppressed", "suppressed"]}))
    '1 hidden area has no rank, and may have more.'
    """
    hidden = int(((ranked["status"] == "suppressed") & ranked["rank"].isna()).sum())
    words = number_of(
        hidden, "hidden area has no rank, and may have more.", "hidden areas have no rank, and may have more."
    )
    return words if hidden else ""
