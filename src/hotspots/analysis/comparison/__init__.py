"""Did it work? Before and after, with intervals, verdicts and plain words that never claim more than the counts do."""

from hotspots.analysis.comparison.charts import ControlChart, control_chart, poisson_limits
from hotspots.analysis.comparison.compared import Comparison, compare
from hotspots.analysis.comparison.displacement import Difference, Quotient, wdd, wdq
from hotspots.analysis.comparison.many import AreaComparisons, compare_areas
from hotspots.analysis.comparison.power import detectable_change, power, power_table
from hotspots.analysis.comparison.ratios import Estimate, Verdict
from hotspots.analysis.comparison.series import PeriodCounts, counts_of_cube, monthly_counts, with_gaps
from hotspots.analysis.comparison.windows import (
    SeriesBreak,
    Windows,
    check_windows,
    compare_windows,
    windows_around,
)
from hotspots.analysis.comparison.words import CONFOUNDED, in_words
from hotspots.analysis.comparison.zones import check_apart, displacement_zone, displacement_zones

__all__ = [
    "CONFOUNDED",
    "AreaComparisons",
    "Comparison",
    "ControlChart",
    "Difference",
    "Estimate",
    "PeriodCounts",
    "Quotient",
    "SeriesBreak",
    "Verdict",
    "Windows",
    "check_apart",
    "check_windows",
    "compare",
    "compare_areas",
    "compare_windows",
    "control_chart",
    "counts_of_cube",
    "detectable_change",
    "displacement_zone",
    "displacement_zones",
    "in_words",
    "monthly_counts",
    "poisson_limits",
    "power",
    "power_table",
    "wdd",
    "wdq",
    "windows_around",
    "with_gaps",
]
