"""What is asked for, and who asks."""

from dataclasses import dataclass
from typing import Literal

from hotspots.disclosure import audience_of, may_see_premises
from hotspots.layer import Audience, LayerMeta
from hotspots.settings import Role

How = Literal["ward", "lsoa", "density", "points", "hotspots", "targets"]
HOWS: dict[str, str] = {
    "ward": "Wards, coloured",
    "lsoa": "Small areas (LSOA), coloured",
    "density": "Density",
    "points": "Single events",
    "hotspots": "Hotspots",
    "targets": "Places to target",
}

# The one layer that holds the single events, and the one that holds the densities, of each count.
POINT_LAYERS = {
    "instances": "needle-finds",
    "volume": "needle-finds",
    "crimes": "crimes",
    "asb": "crimes",
    "premises_score": "premises-scores",
}
DENSITY_LAYERS = {
    "instances": "needle-density",
    "volume": "needle-density",
    "crimes": "crime-density",
    "asb": "crime-density",
}
EVENTS_BEHIND: dict[str, str] = {"volume": "instances"}  # the count of the events whose quantities are summed


@dataclass(frozen=True)
class Selection:
    """
    A question to a build: what (a measure), which category, when (a period), where (a place) and how (drawn).

    Hotspots and targets are asked for by agenda: a count with ``all``, or the name of a preset such as ``retail``.
    ``where`` is ``city``, ``city-centre`` or ``ward:<code>``. A named layer is a saved selection.
    """

    what: str
    category: str = "all"
    when: str = ""
    where: str = "city"
    how: How = "lsoa"


@dataclass(frozen=True)
class Viewer:
    """Who is asking. Officers and the working group are ``partner``, analysts ``restricted``."""

    role: Role

    @property
    def audience(self) -> Audience:
        """The audience that this role belongs to."""
        return audience_of(self.role)

    def file_audience(self, meta: LayerMeta) -> Audience:
        """
        Whom a file is for that this viewer takes away: their audience; of what only their role may see, ``restricted``.

        Licensing reads what partners read, and premises besides: a file of premises is not one for partners.
        """
        only_theirs = meta.sensitivity == "restricted" and may_see_premises(self.role)
        return "restricted" if only_theirs else self.audience
