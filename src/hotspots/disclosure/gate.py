"""The gate itself: a layer in, the same layer made safe for an audience out."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.disclosure.places import hotspots_for, is_hotspots
from hotspots.disclosure.suppress import masked, round_to, suppress
from hotspots.errors import DisclosureRefused
from hotspots.layer import Audience, Layer, Surface
from hotspots.periods import Period
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


PREMISES_READERS: tuple[Role, ...] = ("licensing", "analyst")


def may_see_premises(role: Role) -> bool:
    """Whether premises names and scores may be shown: to licensing and to analysts, to nobody else."""
    return role in PREMISES_READERS


def audited_periods(periods: Sequence[Period]) -> list[Period]:
    """
    The periods that may be asked for below the restricted audience: years, runs of them, else the longest held.

    They are financial years where a source has any, so that no two of them differ by less than a year: two years and a
    quarter, less the two years, would be the count of that quarter.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.periods import financial_year, quarter, span
    >>> held = [quarter(2016, 1), financial_year(2016), span(date(2016, 4, 1), date(2017, 6, 30))]
    >>> [period.label for period in audited_periods(held)]
    ['2016/17']
    """
    financial = [period for period in periods if (period.start.month, period.start.day) == (4, 1) and _is_years(period)]
    return financial or [period for period in periods if _is_years(period)] or list(periods[-1:])


def _is_years(period: Period) -> bool:
    return period.years >= 1 and period.years.is_integer()


def disclose(
    layer: Layer,
    rules: DisclosureSection,
    *,
    audience: Audience,
    mask: pd.DataFrame | None = None,
    counted: Surface | None = None,
) -> Layer:
    """
    The layer as ``audience`` may have it.

    Parameters
    ----------
    mask
        What the audit of the build decided for this layer and audience: a cell that it does not show is hidden. A lone
        layer without one is guarded by itself (:func:`hotspots.disclosure.suppress`), which knows of no other layer.
    counted
        Of a density of quantities, the density of the same events counted: its cells are shown where that one's are.

    Raises
    ------
    DisclosureRefused
        The audience may not have this layer at all: the message says why, and what it can have instead.
    """
    policy = layer.meta.policy
    if audience == "restricted" or policy == "open":
        return layer.described(sensitivity=audience)
    section = rules.health if policy == "health" else rules.controlled
    if layer.features is not None and is_hotspots(layer):
        return hotspots_for(layer, section, audience=audience).described(sensitivity=audience)
    if layer.features is not None:
        raise DisclosureRefused(
            f"{layer.meta.title}: single events of a {policy} source are for the restricted audience only; "
            "choose areas or the density instead"
        )
    if layer.surface is not None:
        return _surface(layer, layer.surface, section, counted or layer.surface).described(sensitivity=audience)
    return _cube(layer, section, mask).described(sensitivity=audience)


def _cube(layer: Layer, section: PolicySection, mask: pd.DataFrame | None) -> Layer:
    assert layer.cube is not None
    hide_zero, rounds = section.zero == "hide", section.method == "rounding"
    hidden = f"Counts from 1 to {section.threshold - 1}, and counts that would reveal them, are hidden"
    words = f"{hidden}; others are rounded to {section.rounding_base}." if rounds else f"{hidden}."
    if mask is not None:
        safe = masked(layer.cube, mask, base=section.rounding_base if rounds else None)
    elif rounds:
        safe = round_to(layer.cube, threshold=section.threshold, base=section.rounding_base, hide_zero=hide_zero)
    else:
        safe = suppress(layer.cube, threshold=section.threshold, hide_zero=hide_zero)
    return replace(layer, cube=safe).described(caveats=(*layer.meta.caveats, words))


def _surface(layer: Layer, surface: Surface, section: PolicySection, counted: Surface) -> Layer:
    if surface.bandwidth_m < section.smallest_bandwidth_m or surface.grid.cell_m < section.smallest_cell_m:
        raise DisclosureRefused(
            f"{layer.meta.title}: a density of {layer.meta.policy} records may leave with a bandwidth of at least "
            f"{section.smallest_bandwidth_m:g} m and cells of at least {section.smallest_cell_m:g} m, this one has "
            f"{surface.bandwidth_m:g} m and {surface.grid.cell_m:g} m; set them under [density] and build again"
        )
    step, rounded = _rounded(surface, section)
    few = (surface.events < section.minimum_events) | (counted.events < section.minimum_events)
    # A nought in a shown cell would draw the line between four events and five within the bandwidth.
    hidden = few | ~(_rounded(counted, section)[1] > 0)
    safe = replace(surface, values=np.where(hidden, np.nan, rounded).astype(np.float32))
    words = (
        f"Densities are rounded to multiples of {step:g}. Cells where the events round to nought, or with fewer than "
        f"{section.minimum_events} events within the bandwidth, are hidden, empty ones too."
    )
    return replace(layer, surface=safe).described(caveats=(*layer.meta.caveats, words))


def _rounded(surface: Surface, section: PolicySection) -> tuple[float, npt.NDArray[np.float32]]:
    step = density_step(surface, width=section.width)
    return step, np.floor(surface.values / step + 0.5) * step


def density_step(surface: Surface, *, width: int) -> float:
    """
    What densities are rounded to below restricted: twice the peak of ``width`` average events in one place.

    A density in full digits gives its events away: it is a sum of known kernels, which linear programmes take apart.
    Rounded so, fewer events than ``width`` never make a printed number by themselves, and what can be worked out for an
    area is open by as many upwards and downwards. To two digits, upwards.

    Examples
    --------
    >>> from hotspots.layer import GridSpec
    >>> surface = Surface(GridSpec(0, 0, 100, 1, 1), np.array([[70.7]], np.float32), 300.0, "quartic",
    ...     np.array([[20]], np.uint32))
    >>> density_step(surface, width=5)  # the peak of one event is 3 / (pi 0.3^2), 10.6 events per km²
    110.0
    """
    from hotspots.analysis.density.kernels import peak

    known = np.isfinite(surface.values)
    events = float(surface.events[known].sum())
    spread = float(np.abs(surface.values[known]).sum()) / events if events else 0.0  # an event over its whole circle
    step = 2 * width * spread * math.pi * peak(surface.kernel)  # type: ignore[arg-type]
    if step == 0:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(step)) - 1)
    return float(f"{math.ceil(step / unit - 1e-9) * unit:.6g}")
