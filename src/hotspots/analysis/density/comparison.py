"""Two densities on one grid: their difference, and the risk of cases relative to controls."""

from dataclasses import replace

import numpy as np

from hotspots.errors import DataRefused
from hotspots.layer import Layer, Surface


def density_difference(a: Layer, b: Layer) -> Layer:
    """
    ``a`` minus ``b``, in the unit of both: where there is more in ``a``, and where less.

    Both must be densities of the same unit on the same grid with the same bandwidth and kernel; otherwise the map
    would show the difference of the methods. The count behind each cell is the smaller of the two, which is what a
    disclosure threshold must test: where one of two maps may be seen, a difference gives the other away. A cell that
    only one side has events for counts one.

    Raises
    ------
    DataRefused
        The layers differ in grid, bandwidth, kernel or unit, or one is not a surface.
    """
    first, second = _comparable(a, b)
    if a.meta.unit != b.meta.unit:
        raise DataRefused(f"a difference needs one unit, got {a.meta.unit!r} and {b.meta.unit!r}")
    surface = replace(first, values=first.values - second.values, events=_behind(first, second))
    return _described(a, b, surface, title=f"{a.meta.title}: difference", unit=a.meta.unit, words="difference of")


def relative_risk(cases: Layer, controls: Layer, *, smallest_share: float = 0.01) -> Layer:
    """
    Density of cases over density of controls, each divided by its own mean inside: 1 is the average risk.

    With the same bandwidth and kernel for both the edge effects cancel (Kelsall and Diggle 1995). Where the controls
    are below ``smallest_share`` of their peak, a ratio would be the rounding of nothing: such cells are nodata.

    Raises
    ------
    DataRefused
        The layers differ in grid, bandwidth or kernel, one is not a surface or empty, or the share is not in (0, 1).
    """
    if not 0 < smallest_share < 1:
        raise DataRefused(f"the smallest share of the peak must lie between 0 and 1, got {smallest_share!r}")
    above, below = _comparable(cases, controls)
    over, under = above.values.astype(np.float64), below.values.astype(np.float64)
    known = ~np.isnan(over) & ~np.isnan(under)
    if not (known.any() and over[known].sum() > 0 and under[known].sum() > 0):
        raise DataRefused("a relative risk needs cases and controls, got none of one of them")
    guarded = known & (under >= smallest_share * under[known].max())
    ratio = np.full(over.shape, np.nan)
    ratio[guarded] = (over[guarded] / under[guarded]) * (under[known].sum() / over[known].sum())
    surface = replace(above, values=ratio.astype(np.float32), events=_behind(above, below))
    caveat = f"Cells where the controls are below {smallest_share:.0%} of their peak have no ratio."
    layer = _described(
        cases,
        controls,
        surface,
        title=f"Relative risk of {cases.meta.source}",
        unit="times the average",
        words="ratio of",
    )
    return layer.described(caveats=(*layer.meta.caveats, caveat))


def _comparable(a: Layer, b: Layer) -> tuple[Surface, Surface]:
    if a.surface is None or b.surface is None:
        raise DataRefused(f"only two surfaces can be compared, got {a.content} and {b.content}")
    for what in ("grid", "bandwidth_m", "kernel"):
        mine, other = getattr(a.surface, what), getattr(b.surface, what)
        if mine != other:
            raise DataRefused(f"two densities can be compared only with the same {what}, got {mine} and {other}")
    return a.surface, b.surface


def _behind(a: Surface, b: Surface) -> np.ndarray:
    fewer = np.minimum(a.events, b.events)
    return np.where((fewer == 0) & (np.maximum(a.events, b.events) > 0), np.uint32(1), fewer).astype(np.uint32)


def _described(a: Layer, b: Layer, surface: Surface, *, title: str, unit: str, words: str) -> Layer:
    """The stricter of both descriptions: what is true of either source is true of the comparison."""
    period = a.meta.period if a.meta.period == b.meta.period else f"{a.meta.period} and {b.meta.period}"
    strictest = ("open", "controlled", "health")
    markings = ("OFFICIAL", "OFFICIAL-SENSITIVE")
    audiences = ("public", "partner", "restricted")
    meta = replace(
        a.meta,
        title=title,
        unit=unit,
        period=period,
        method=f"{words} two densities on one grid: {a.meta.method}",
        source=" and ".join(dict.fromkeys((a.meta.source, b.meta.source))),
        policy=max(a.meta.policy, b.meta.policy, key=strictest.index),
        marking=max(a.meta.marking, b.meta.marking, key=markings.index),
        sensitivity=max(a.meta.sensitivity, b.meta.sensitivity, key=audiences.index),
        synthetic=a.meta.synthetic or b.meta.synthetic,
        schematic=a.meta.schematic or b.meta.schematic,
        attribution=" ".join(text for text in dict.fromkeys((a.meta.attribution, b.meta.attribution)) if text),
        caveats=tuple(dict.fromkeys((*a.meta.caveats, *b.meta.caveats))),
    )
    return Layer(meta, surface=surface)
