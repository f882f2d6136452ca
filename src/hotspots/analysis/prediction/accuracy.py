"""How well places chosen beforehand held what came after: hit rate, PAI, PEI and RRI, with ties and area stated.

Definitions: Chainey, Tompson and Uhlig (2008) for the prediction accuracy index, Hunt (2016) for the prediction
efficiency index, Levine (2008) for the recapture rate index. Area is always the part of a cell inside the study area.
"""

import math
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from hotspots.errors import DataRefused

Floats = npt.NDArray[np.float64]
Ties = Literal["shared", "pessimistic", "whole"]

_SAME = 1 + 1e-9  # sums of cell areas are off in the last bits: what fits but for those is whole


def hit_rate(captured: float, events: float) -> float:
    """
    Share of the later events that fell in the chosen places; NaN where there were no events.

    Examples
    --------
    >>> hit_rate(25, 100)
    0.25
    """
    _check_part(captured, events, "events")
    return captured / events if events else math.nan


def pai(captured: float, events: float, area: float, total_area: float) -> float:
    """
    Prediction accuracy index: share of events captured over share of area chosen; chance gives 1.

    ``area`` and ``total_area`` are in the same unit, and both inside the study area. NaN without events or area.

    Examples
    --------
    >>> pai(25, 100, 1.0, 50.0)
    12.5
    """
    _check_part(area, total_area, "area")
    share = area / total_area if total_area else 0.0
    return hit_rate(captured, events) / share if share else math.nan


def pei(captured: float, possible: float) -> float:
    """
    Prediction efficiency index: events captured over the most that any places of the same area could have held.

    NaN where nothing could be captured.

    Examples
    --------
    >>> pei(25, 50)
    0.5
    """
    _check_part(captured, possible, "possible events")
    return captured / possible if possible else math.nan


def rri(captured_later: float, events_later: float, captured_earlier: float, events_earlier: float) -> float:
    """
    Recapture rate index (Levine 2008): the hotspots' share of events later over their share earlier; 1 is unchanged.

    NaN where either period had no events, or the hotspots held none earlier.

    Examples
    --------
    >>> rri(20, 100, 50, 200)
    0.8
    """
    earlier = hit_rate(captured_earlier, events_earlier)
    later = hit_rate(captured_later, events_later)
    return later / earlier if earlier else math.nan


def chosen_shares(scores: Floats, areas: Floats, *, area: float, ties: Ties = "shared") -> Floats:
    """
    What share of each cell is chosen when the highest scores are taken until ``area`` is used up.

    Parameters
    ----------
    scores
        One number for each cell; the highest are taken first. NaN is never chosen.
    areas
        Area of each cell inside the study area; cells without any are never chosen.
    area
        How much to choose, in the unit of ``areas``.
    ties
        ``shared``: cells of the score at which the area runs out are all taken in the same part, which is what a draw
        among them gives on average, and uses exactly ``area``. ``pessimistic``: none of them is taken. ``whole``: cells
        are taken whole, of equal scores the more northern, then the more western first (in the order of the array),
        until the next one does not fit: of N equal cells exactly ``floor(N f)`` for a share f of the area.

    Examples
    --------
    >>> chosen_shares(np.array([9.0, 4.0, 4.0, 1.0]), np.ones(4), area=2.0).tolist()
    [1.0, 0.5, 0.5, 0.0]
    >>> chosen_shares(np.array([9.0, 4.0, 4.0, 1.0]), np.ones(4), area=2.0, ties="pessimistic").tolist()
    [1.0, 0.0, 0.0, 0.0]
    >>> chosen_shares(np.array([9.0, 4.0, 4.0, 1.0]), np.ones(4), area=2.9, ties="whole").tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    if ties not in get_args(Ties):
        raise DataRefused(f"there is no rule {ties!r} for ties; choose one of {', '.join(get_args(Ties))}")
    if scores.shape != areas.shape:
        raise DataRefused(f"{scores.shape} scores do not fit {areas.shape} areas: one of each for every cell")
    if not (math.isfinite(area) and area >= 0):
        raise DataRefused(f"the area to choose must be a number from 0 on, got {area!r}")
    usable = (areas > 0) & ~np.isnan(scores)
    shares = np.zeros(scores.shape)
    if ties == "whole":
        order = np.argsort(-scores[usable], kind="stable")
        fits = np.empty(len(order))
        fits[order] = np.cumsum(areas[usable][order]) <= area * _SAME
        shares[usable] = fits
        return shares
    levels, level_of = np.unique(-scores[usable], return_inverse=True)
    level_areas = np.bincount(level_of, weights=areas[usable], minlength=len(levels))
    before = np.concatenate([[0.0], np.cumsum(level_areas)[:-1]])
    left = np.clip((area - before) / level_areas, 0.0, 1.0)
    left[left * _SAME >= 1] = 1.0
    shares[usable] = (np.floor(left) if ties == "pessimistic" else left)[level_of]
    return shares


def most_possible(events: Floats, areas: Floats, *, area: float) -> float:
    """
    The most events that cells of this area could have held, taking a part of the last one.

    Examples
    --------
    >>> most_possible(np.array([5.0, 1.0, 3.0]), np.ones(3), area=1.5)
    6.5
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        densest = np.where(areas > 0, events / areas, np.nan)
    return float((events * chosen_shares(densest, areas, area=area)).sum())


def _check_part(part: float, whole: float, what: str) -> None:
    # Shares of cells are sums of floats: a part may exceed its whole by their rounding, and by no more.
    if not (0 <= part <= whole * (1 + 1e-9)):
        raise DataRefused(f"{part:g} of {whole:g} {what} is not a part of a whole: expected from 0 to {whole:g}")
