"""Selections that show more: what a page offers where much of a table is hidden because its counts are small."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hotspots.layer import Layer
from hotspots.snapshot import Build
from hotspots.views.choices import choices
from hotspots.views.layers import view
from hotspots.views.selection import Selection, Viewer

MUCH = 1 / 3  # share of areas hidden from which something fuller is offered


@dataclass(frozen=True)
class Fuller:
    """A selection with the number of its areas that are hidden, and of all its areas."""

    selection: Selection
    hidden: int
    areas: int

    @property
    def share(self) -> float:
        """Share of the areas that are hidden."""
        return self.hidden / self.areas if self.areas else 0.0


def as_shown(layer: Layer, selection: Selection) -> Fuller:
    """How much of a layer is hidden; nothing where it is no table of areas."""
    if layer.cube is None:
        return Fuller(selection, 0, 0)
    return Fuller(selection, int((layer.cube["status"] == "suppressed").sum()), len(layer.cube))


def fuller_selections(build: Build, selection: Selection, viewer: Viewer) -> tuple[Fuller, ...]:
    """
    The longer period about the selected one that hides least, and wards for small areas, if they show more.

    The longer period about the selected one that hides least, and wards for small areas, if either shows more.
    """
    layer = view(build, selection, viewer)
    selection = replace(selection, when=layer.meta.period)
    now = as_shown(layer, selection)
    if now.share <= MUCH:
        return ()
    longer = [as_shown(view(build, other, viewer), other) for other in _longer(build, selection, viewer)]
    best = sorted(longer, key=lambda found: found.share)[:1]  # the shortest of equal ones
    wards = [as_shown(view(build, other, viewer), other) for other in _by_ward(build, selection, viewer)]
    return tuple(found for found in (*best, *wards) if found.share < now.share)


def _longer(build: Build, selection: Selection, viewer: Viewer) -> Iterator[Selection]:
    held = choices(build, viewer)
    own = held.period(selection.when)
    periods = [held.period(label) for label in held.whens(selection.what, selection.how)]
    for period in sorted(periods, key=lambda period: period.years):
        if period.years > own.years and period.holds(own) and held.in_force(selection.where, period.label):
            yield replace(selection, when=period.label)


def _by_ward(build: Build, selection: Selection, viewer: Viewer) -> Iterator[Selection]:
    held = choices(build, viewer)
    by_ward = selection.how == "lsoa" and "ward" in held.hows(selection.what)
    if by_ward and selection.when in held.whens(selection.what, "ward"):
        yield replace(selection, how="ward")
