"""The disclosure gate: every number, point and surface passes it on the way to a map, table, sentence, file or page.

Policy is per source: ``open`` sources are already published and stay exact; ``controlled`` and ``health`` sources hide
counts from 1 to below a threshold, tested on the count *behind* the number (twelve quarters' total, not the average).
Each of the two chooses **either** rounding **or** suppression, never both. Which cells are hidden is decided once, when
a build is made: :mod:`hotspots.disclosure.audit` takes all that is published of a source together and hides more until
no hidden count can be worked out (it needs scipy, so it is imported where it is used). A lone layer without a build
falls back on a simpler rule: a lone hidden cell takes its smallest visible neighbour with it.
"""

from hotspots.disclosure.gate import (
    PREMISES_READERS,
    audience_of,
    audited_periods,
    disclose,
    may_see_points,
    may_see_premises,
)
from hotspots.disclosure.suppress import hide_small, masked, round_to, suppress

__all__ = [
    "PREMISES_READERS",
    "audience_of",
    "audited_periods",
    "disclose",
    "hide_small",
    "masked",
    "may_see_points",
    "may_see_premises",
    "round_to",
    "suppress",
]
