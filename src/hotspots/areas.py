"""Areas: valid polygons of one kind and one vintage, and the codes of all vintages that are known.

A code alone does not say which boundaries it belongs to (58 of Cambridge's 69 LSOA codes are in both the 2011 and the
2021 set), so the vintage is declared, carried, and checked wherever two tables meet.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import DataRefused, UsageError, VintageError

AreaKind = Literal["lsoa", "ward"]

COMMON = "common"  # the code vintage of areas that two vintages of LSOAs share
COMMON_LAYER = "lsoas-common"  # the layer of a build that holds them
_JOINT = "+"

# The statistics office's codes: full, generalised to 20 m, super to 200 m, ultra to 500 m.
_GENERALISED = re.compile(r"\s*B([FGSU])[CE]\b", re.I)
# Wards and LSOAs of one resolution have edges within a factor of 2 of each other (measured: 1.5 to 1.7).
_SAME_LINES = 4.0


@dataclass(frozen=True, eq=False)
class Areas:
    """
    Polygons of one kind and vintage in EPSG:27700.

    ``table`` has ``code``, ``name`` and ``geometry`` (shapely Polygon or MultiPolygon, metres), sorted by code, codes
    unique. ``vintage`` names the shapes (``schematic``, ``2011``), ``code_vintage`` the codes on them,
    ``resolution`` how far the lines are generalised (``BGC``), as whoever added them stated it. Neither the table nor
    what is derived from it is to be changed: pages share both.
    """

    kind: AreaKind
    vintage: str
    code_vintage: str
    schematic: bool
    attribution: str
    table: pd.DataFrame
    resolution: str = ""

    def __post_init__(self) -> None:
        if self.table["code"].duplicated().any():
            twice = sorted(self.table.loc[self.table["code"].duplicated(), "code"])
            raise DataRefused(f"{self.label}: area codes must be unique; these are there twice: {', '.join(twice[:5])}")

    @property
    def label(self) -> str:
        """Kind and vintage in words, as printed on every output."""
        return f"{'LSOA' if self.kind == 'lsoa' else 'ward'} boundaries, {self.vintage}"

    @property
    def edge_m(self) -> float:
        """Median length of the edges of the polygons, in metres: 5 to 10 at full resolution, 80 to 140 at 20 m."""
        rings = shapely.get_rings(shapely.get_parts(self.geometry))  # of a multipolygon itself there are none
        coordinates, ring = shapely.get_coordinates(rings, return_index=True)
        lengths = np.hypot(*np.diff(coordinates, axis=0).T)[np.diff(ring) == 0]
        return float(np.median(lengths))

    @cached_property
    def codes(self) -> frozenset[str]:
        """All codes."""
        return frozenset(self.table["code"])

    @property
    def geometry(self) -> Any:
        """The polygons as an object array, in the order of the table."""
        return self.table["geometry"].to_numpy()

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each code."""
        return dict(zip(self.table["code"], self.table["name"], strict=True))

    @cached_property
    def area_km2(self) -> "pd.Series[float]":
        """Area of each code in square kilometres."""
        square_metres = shapely.area(self.geometry).astype(np.float64)
        return pd.Series(square_metres / 1e6, index=self.table["code"].tolist(), name="area_km2")


def extent(geometry: Any) -> str:
    """
    Where a geometry, or an array of them, lies, in words (EPSG:27700).

    Examples
    --------
    >>> extent(shapely.box(544_000, 257_000, 545_000, 258_000))
    'easting 544,000 to 545,000, northing 257,000 to 258,000'
    """
    west, south, east, north = shapely.total_bounds(geometry)
    return f"easting {west:,.0f} to {east:,.0f}, northing {south:,.0f} to {north:,.0f}"


def require_district(code: str) -> None:
    """
    Raise ``UsageError`` unless this is the code of a district (local authority) in England or Wales.

    Examples
    --------
    >>> require_district("E07000148")
    >>> require_district("S12000033")
    Traceback (most recent call last):
        ...
    hotspots.errors.UsageError: 'S12000033' is not the code of a district in England or Wales, such as E07000148
    """
    if not re.fullmatch(r"[EW]0[6-9][0-9]{6}", code):
        raise UsageError(f"{code[:40]!r} is not the code of a district in England or Wales, such as E07000148")


def parts_of(code: str) -> tuple[str, ...]:
    """
    The codes of the areas that are shown together under a code: of most areas, its own.

    Examples
    --------
    >>> parts_of("E01034003+E01034004"), parts_of("E01000001")
    (('E01034003', 'E01034004'), ('E01000001',))
    """
    return tuple(code.split(_JOINT))


def joint(codes: Iterable[str]) -> str:
    """
    The code of areas that are shown together: theirs in order, joined by ``+``.

    Examples
    --------
    >>> joint(["E01034004", "E01034003"])
    'E01034003+E01034004'
    """
    return _JOINT.join(sorted(codes))


@dataclass(frozen=True, eq=False)
class WardsInForce:
    """A set of wards and its days: first and last included, no last day where it is still in force."""

    areas: Areas
    first: date
    last: date | None

    def on(self, day: date) -> bool:
        """Whether these wards are in force on a day."""
        return self.first <= day and (self.last is None or day <= self.last)

    @property
    def words(self) -> str:
        """The days in words, as printed."""
        return f"in force from {self.first.isoformat()}" + (f" to {self.last.isoformat()}" if self.last else "")


@dataclass(frozen=True, eq=False)
class Lookup:
    """A table of which area belongs to which: columns ``area_code, parent_code`` and, where published, ``change``."""

    kind: Literal["lsoa_to_ward", "lsoa_2011_to_2021"]
    child_vintage: str
    parent_vintage: str
    table: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Reference:
    """
    The reference geography of an area: its boundaries, lookups, and every code vintage that can be recognised.

    ``known_codes`` maps (kind, code vintage) to codes, so that a sheet of another vintage is refused by its name.
    ``ward_sets`` are the wards by date, oldest first; ``wards`` is the one of them that is in use. ``common`` are the
    areas that the LSOAs in use share with those of another vintage, where a source is counted by them.
    """

    lsoas: Areas | None
    wards: Areas | None
    lookups: tuple[Lookup, ...] = ()
    known_codes: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    ward_sets: tuple[WardsInForce, ...] = ()
    common: Areas | None = None

    def areas(self, kind: AreaKind) -> Areas:
        """The boundaries of a kind; ``DataRefused`` where the area file names none."""
        found = self.lsoas if kind == "lsoa" else self.wards
        if found is None:
            raise DataRefused(f"the area file names no {kind} boundaries; add {kind} = ... under [boundaries]")
        return found

    def wards_on(self, day: date) -> Areas:
        """
        The wards in force on a day; where the area file gives no dates, the wards there are.

        Raises
        ------
        DataRefused
            No set is in force on that day.
        """
        if not self.ward_sets:
            return self.areas("ward")
        found = next((held.areas for held in self.ward_sets if held.on(day)), None)
        if found is None:
            listed = "; ".join(f"{held.areas.label} {held.words}" for held in self.ward_sets)
            raise DataRefused(f"no wards are in force on {day}: {listed}; correct the days under boundaries.ward_sets")
        return found

    @property
    def sets(self) -> tuple[Areas, ...]:
        """The boundary sets there are, LSOAs first."""
        return tuple(areas for areas in (self.lsoas, self.wards) if areas is not None)

    @property
    def sets_by_kind(self) -> dict[AreaKind, list[Areas]]:
        """Every boundary set by its kind: the LSOAs, those two vintages share, and all the wards by date."""
        held: dict[AreaKind, list[Areas]] = {areas.kind: [areas] for areas in self.sets}
        if self.common is not None:
            held["lsoa"].append(self.common)
        if self.ward_sets:
            held["ward"] = [ward_set.areas for ward_set in self.ward_sets]
        return held

    @property
    def mixed_resolution(self) -> str:
        """
        What is wrong where boundaries in use are of different resolution, in words; empty where they are of one.

        They are where the codes that were stated differ (``BFC``, ``BGC``), or where the edges of one are so much
        shorter that the lines cannot be the same. Points near a border can then be in a ward and outside its LSOAs.
        """
        sets = [areas for held in self.sets_by_kind.values() for areas in held if areas is not self.common]
        held = [areas for areas in sets if len(areas.table)]
        stated = {found[1].upper() for areas in held if (found := _GENERALISED.match(areas.resolution))}
        edges = [areas.edge_m for areas in held]
        if len(stated) < 2 and (len(held) < 2 or max(edges) <= _SAME_LINES * min(edges)):
            return ""
        named = "; ".join(
            f"{areas.label}: {areas.resolution or 'not stated'}, median edge {edge_m:.0f} m"
            for areas, edge_m in zip(held, edges, strict=True)
        )
        return f"Boundaries of different resolution in one build: {named}. Numbers near borders may not agree."

    @property
    def schematic(self) -> bool:
        """Whether any boundary in use is an invented shape."""
        return any(areas.schematic for areas in self.sets)

    @property
    def study_area(self) -> Any:
        """The union of the wards, or of the LSOAs where there are no wards (one geometry, EPSG:27700)."""
        if not self.sets:
            raise DataRefused("the area file names no boundaries; add lsoa = ... or ward = ... under [boundaries]")
        return shapely.union_all(self.sets[-1].geometry)

    def check_codes(self, codes: Iterable[str], *, kind: AreaKind, vintage: str, where: str) -> frozenset[str]:
        """
        The codes that are not of the declared vintage's set, after refusing a sheet that belongs to another vintage.

        Raises
        ------
        VintageError
            The declared vintage is not that of the boundaries in use, or unknown codes are of another vintage of the
            kind, or all of them of another kind: the message names it.
        """
        areas = self.areas(kind)
        if vintage != areas.code_vintage:
            raise VintageError(
                f"{where}: declared {kind.upper()} vintage {vintage}, but the boundaries in use have "
                f"{areas.code_vintage} codes; never mixed without the lookup"
            )
        codes = frozenset(codes)
        unknown = codes - areas.codes
        known = self.known_codes.get((kind, vintage), frozenset())
        for (other_kind, other_vintage), others in sorted(self.known_codes.items()):
            if (other_kind, other_vintage) == (kind, vintage):
                continue
            foreign = unknown & others if unknown <= others else unknown & others - known if other_kind == kind else ()
            if foreign:
                advice = "declare the right vintage, or convert with the official lookup first"
                if kind == other_kind == "lsoa" and codes & areas.codes - others:
                    advice = (
                        f"others are of {vintage} alone: where they change on a day, declare the last one before "
                        "(vintage_until)"
                    )
                raise VintageError(
                    f"{where}: {len(foreign)} codes (such as {min(foreign)}) belong to {other_kind.upper()} "
                    f"{other_vintage}, but the source declares {kind.upper()} {vintage}; {advice}"
                )
        return unknown
