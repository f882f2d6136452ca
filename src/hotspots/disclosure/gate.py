"""The gate itself: a layer in, the same layer made safe for an audience out."""

from dataclasses import replace

import numpy as np

from hotspots.disclosure.suppress import round_to, suppress
from hotspots.errors import DisclosureRefused
from hotspots.layer import Audience, Layer, Surface
from hotspots.settings import DisclosureSection, PolicySection, Role
from hotspots.tables import Policy

_AUDIENCES: dict[Role, Audience] = {
    "public": "public",
    "officer": "partner",
    "group": "partner",
    "licensing": "partner",
    "analyst": "restricted",
}


def audience_of(role: Role) -> Audience:
    """
    Which audience a role belongs to: what the role may see is what that audience may be given.

    Examples
    --------
    >>> audience_of("officer"), audience_of("analyst")
    ('partner', 'restricted')
    """
    return _AUDIENCES[role]


def may_see_points(policy: Policy, audience: Audience) -> bool:
    """Whether single events of a source may be shown: open ones to anybody, the others to the restricted audience."""
    return policy == "open" or audience == "restricted"


def may_see_premises(role: Role) -> bool:
    """Whether premises names and scores may be shown: to licensing and to analysts, to nobody else."""
    return role in {"licensing", "analyst"}


def disclose(layer: Layer, rules: DisclosureSection, *, audience: Audience) -> Layer:
    """
    The layer as ``audience`` may have it.

    Raises
    ------
    DisclosureRefused
        The audience may not have this layer at all: the message says why, and what it can have instead.
    """
    policy = layer.meta.policy
    if audience == "restricted" or policy == "open":
        return layer.described(sensitivity=audience)
    section = rules.health if policy == "health" else rules.controlled
    if layer.features is not None:
        raise DisclosureRefused(
            f"{layer.meta.title}: single events of a {policy} source are for the restricted audience only; "
            "choose areas or the density instead"
        )
    if layer.surface is not None:
        return _surface(layer, layer.surface, section).described(sensitivity=audience)
    return _cube(layer, section).described(sensitivity=audience)


def _cube(layer: Layer, section: PolicySection) -> Layer:
    assert layer.cube is not None
    hide_zero = section.zero == "hide"
    if section.method == "rounding":
        safe = round_to(layer.cube, threshold=section.threshold, base=section.rounding_base, hide_zero=hide_zero)
        words = f"Counts from 1 to {section.threshold - 1} are hidden; others are rounded to {section.rounding_base}."
    else:
        safe = suppress(layer.cube, threshold=section.threshold, hide_zero=hide_zero)
        words = f"Counts from 1 to {section.threshold - 1}, and counts that would reveal them, are hidden."
    disclosed = replace(layer, cube=safe)
    return disclosed.described(caveats=(*layer.meta.caveats, words))


def _surface(layer: Layer, surface: Surface, section: PolicySection) -> Layer:
    if surface.bandwidth_m < section.smallest_bandwidth_m or surface.grid.cell_m < section.smallest_cell_m:
        raise DisclosureRefused(
            f"{layer.meta.title}: a density of {layer.meta.policy} records may leave with a bandwidth of at least "
            f"{section.smallest_bandwidth_m:g} m and cells of at least {section.smallest_cell_m:g} m, this one has "
            f"{surface.bandwidth_m:g} m and {surface.grid.cell_m:g} m; set them under [density] and build again"
        )
    few = (surface.events > 0) & (surface.events < section.minimum_events)
    safe = replace(surface, values=np.where(few, np.float32(np.nan), surface.values))
    words = f"Cells with fewer than {section.minimum_events} events within the bandwidth are hidden."
    return replace(layer, surface=safe).described(caveats=(*layer.meta.caveats, words))
