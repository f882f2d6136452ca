"""Where a comparison looks: a target, a comparison area apart from it, and the zone that events may move to."""

from typing import Any

import shapely

from hotspots.errors import DataRefused, UsageError

USUAL_BUFFER_M = 300.0
_TOUCHING_M2 = 1.0


def check_apart(target: Any, comparison: Any, *, tolerance_m2: float = _TOUCHING_M2) -> None:
    """
    Refuse a comparison area that shares ground with the target: events there would be counted on both sides.

    Edges may touch; ``tolerance_m2`` allows for boundaries that were drawn apart.
    """
    shared = float(shapely.area(shapely.intersection(target, comparison)))
    if shared > tolerance_m2:
        raise DataRefused(
            f"the target and the comparison area overlap by {shared / 1e4:,.2f} ha: what happens there would count on "
            "both sides; choose a comparison area apart from the target"
        )


def displacement_zones(target: Any, comparison: Any, *, buffer_m: float = USUAL_BUFFER_M) -> tuple[Any, Any]:
    """
    The rings of ``buffer_m`` metres around a target and around its comparison area, which share no ground.

    Raises
    ------
    DataRefused
        The two areas overlap, or lie so close that the rings would meet: the message says how wide they may be.
    """
    around = displacement_zone(target, buffer_m=buffer_m, comparison=comparison)
    beside = displacement_zone(comparison, buffer_m=buffer_m, comparison=target)
    if float(shapely.area(shapely.intersection(around, beside))) > _TOUCHING_M2:
        apart = float(shapely.distance(target, comparison))
        raise DataRefused(
            f"the zones of {buffer_m:g} m around the target and the comparison area meet, for the two are {apart:,.0f} "
            f"m apart; make the zones at most {apart / 2:,.0f} m wide or choose an area farther off"
        )
    return around, beside


def displacement_zone(target: Any, *, buffer_m: float = USUAL_BUFFER_M, comparison: Any = None) -> Any:
    """
    The ring of ``buffer_m`` metres around a target (EPSG:27700) that events may have moved to.

    Raises
    ------
    DataRefused
        The target and the comparison area overlap, or the ring reaches into the comparison area: the message says how
        wide it may be.
    """
    if not buffer_m > 0:
        raise UsageError(f"buffer_m must be a positive number of metres, got {buffer_m!r}")
    if comparison is not None:
        check_apart(target, comparison)
        apart = float(shapely.distance(target, comparison))
        if apart < buffer_m:
            raise DataRefused(
                f"the zone of {buffer_m:g} m around the target reaches into the comparison area, which is {apart:,.0f} "
                "m away: what moved there would count as comparison; make the zone narrower or choose an area farther "
                "off"
            )
    return shapely.difference(shapely.buffer(target, buffer_m), target)
