"""What a pack holds: its parts with the files of each, what was left out and why, and who reads it."""

from dataclasses import dataclass, field

from hotspots.layer import Audience, LayerMeta, highest
from hotspots.settings import Role
from hotspots.views import Viewer

ROLES: dict[Audience, Role] = {"public": "public", "partner": "officer", "restricted": "analyst"}


@dataclass(frozen=True, eq=False)
class Part:
    """One thing in a pack: what it is, and the files that hold it (relative to the pack)."""

    meta: LayerMeta
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Contents:
    """Everything in a pack, and what this audience may not have with the reason."""

    audience: Audience
    layers: list[Part] = field(default_factory=list)
    tables: list[Part] = field(default_factory=list)
    maps: list[Part] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> list[Part]:
        """Layers, tables and maps."""
        return [*self.layers, *self.tables, *self.maps]

    @property
    def viewer(self) -> Viewer:
        """Who reads it."""
        return Viewer(ROLES[self.audience])

    @property
    def marking(self) -> str:
        """The highest marking of what is in the pack."""
        return highest(tuple(part.meta.marking for part in self.parts))
