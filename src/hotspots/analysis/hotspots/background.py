"""The background: what maps without clustering are made from, and the null that follows from it.

A null needs what it draws from. What is missing is asked for, and nothing is assumed in silence: snapped positions
tested against events that were not snapped make a hotspot of every busy address.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.analysis.hotspots.events import Events, distinct, on_ground
from hotspots.analysis.hotspots.ground import (
    Regions,
    cell_tiles,
    even_ground,
    populated_ground,
    shares,
    snapping_tiles,
    triangles,
)
from hotspots.analysis.hotspots.maps import Frame
from hotspots.analysis.hotspots.nulls import AtPlaces, Labels, Null, OnGround
from hotspots.analysis.hotspots.spec import HotspotSpec
from hotspots.analysis.hotspots.spec import Null as NullName
from hotspots.errors import DataRefused

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Background:
    """
    What the events are compared with: where they could have been.

    ``reference`` and ``snap_points`` are coordinates of shape (n, 2); ``population`` has ``geometry`` and
    ``population``; ``snapped`` says that the source moves its events to published points.
    """

    border: Any = None
    reference: Floats | None = None
    population: pd.DataFrame | None = None
    snap_points: Floats | None = None
    snapped: bool = False

    def null_name(self, spec: HotspotSpec) -> NullName:
        """The null that is asked for, or the one that fits what was given."""
        name: NullName = "uniform"
        if spec.null is not None:
            name = spec.null
        elif spec.weight is not None:
            name = "labels"
        elif self.reference is not None:
            name = "reference"
        elif self.population is not None:
            name = "population"
        if (spec.weight is not None) != (name == "labels"):
            raise DataRefused(
                f"weights are tested by dealing them out among the events, and only they are: weight={spec.weight!r} "
                f"does not go with null={name!r}; use weight='...' and null='labels' together, or neither"
            )
        return name

    def null(self, events: Events, spec: HotspotSpec, frame: Frame) -> tuple[Null, str]:
        """The null, and in words what its maps are."""
        name = self.null_name(spec)
        if name == "labels":
            places, place_of = distinct(events.coordinates)
            words = f"the same places with their {spec.weight} dealt out among them at random"
            return Labels(events.weights, place_of, *frame.from_corner(places)), words
        if name == "reference":
            return self._among_reference(events, frame)
        if name == "uniform":
            return self._on(even_ground(frame.grid, self.border), events, frame, "the area")
        if self.population is None:
            raise DataRefused("null='population' needs population=: one row an area, with geometry and population")
        return self._on(populated_ground(self.population, frame.grid, self.border), events, frame, "the residents")

    def _among_reference(self, events: Events, frame: Frame) -> tuple[Null, str]:
        """Which of the reference events are these: dealt out among them, or among both where these are none of them."""
        if self.reference is None:
            raise DataRefused("null='reference' needs reference=: all the events that these are compared with")
        reference = self.reference[on_ground(self.reference, frame.grid, self.border)]
        places, place_of = distinct(np.concatenate([events.coordinates, reference]))
        these, those = place_of[: len(events)], place_of[len(events) :]
        spare = np.bincount(those, minlength=len(places)) - np.bincount(these, minlength=len(places))
        pool, of = (those, "") if (spare >= 0).all() else (place_of, " and these together")
        if len(pool) == len(events):
            raise DataRefused("the reference set holds no other events than these: give all recorded crime")
        words = f"as many events drawn at random from the {len(reference):,} reference events{of}"
        return Labels(np.ones(len(events)), pool, *frame.from_corner(places)), words

    def _on(self, regions: Regions, events: Events, frame: Frame, over: str) -> tuple[Null, str]:
        """Events spread evenly over regions and, for a snapped source, moved to the nearest published point."""
        words = f"as many events spread evenly over {over}"
        if self.snap_points is None:
            if self.snapped:
                raise DataRefused(
                    "these positions were moved to published points: give snap_points= (all distinct points of the "
                    "longest run held) or compare with a reference set; without, every busy address is a hotspot"
                )
            return self._on_ground(regions, len(events), frame), words
        places, _ = distinct(np.concatenate([self.snap_points, events.coordinates]))
        received = shares(snapping_tiles(places, regions), regions)
        received[~on_ground(places, frame.grid, self.border)] = 0
        held = received > 0
        words += f", each moved to the nearest of {np.count_nonzero(held):,} published points"
        return AtPlaces(len(events), received[held], *frame.from_corner(places[held])), words

    @staticmethod
    def _on_ground(regions: Regions, number: int, frame: Frame) -> Null:
        grid = frame.grid
        if len(regions[0]) == 1 and shapely.area(regions[0][0]) == (grid.east - grid.west) * (grid.north - grid.south):
            received = np.ones(grid.rows * grid.columns)  # the whole grid: no cell is cut
        else:
            received = shares(cell_tiles(grid), regions)
        cells = np.flatnonzero(received)
        row, column = np.divmod(cells, grid.columns)
        corners, held = triangles(regions)
        corners = np.stack(frame.from_corner(corners.reshape(-1, 2)), axis=-1).reshape(-1, 3, 2)
        return OnGround(number, held, corners, (received[cells], column * float(grid.cell_m), row * float(grid.cell_m)))
