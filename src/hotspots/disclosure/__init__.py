"""The disclosure gate: every number, point and surface passes it on the way to a map, table, sentence, file or page.

Policy is per source: ``open`` sources are already published and stay exact; ``controlled`` and ``health`` sources hide
counts from 1 to below a threshold, tested on the count *behind* the number (twelve quarters' total, not the average).
Each of the two chooses **either** rounding (then no second cell need be hidden) **or** suppression (then a lone hidden
cell takes its smallest visible neighbour with it, or the printed total would give it away), never both.
"""

from hotspots.disclosure.gate import audience_of, disclose, may_see_points, may_see_premises
from hotspots.disclosure.suppress import hide_small, round_to, suppress

__all__ = [
    "audience_of",
    "disclose",
    "hide_small",
    "may_see_points",
    "may_see_premises",
    "round_to",
    "suppress",
]
