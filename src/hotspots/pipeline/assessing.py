"""The assessment command: the table of recorded crime by type and year, of counts that stand in somebody's file."""

from dataclasses import dataclass
from pathlib import Path

from hotspots.analysis.assessment import recorded_crime_table
from hotspots.layer import LayerMeta
from hotspots.periods import Calendar
from hotspots.sources.year_counts import YearCounts, read_year_counts
from hotspots.views import ReportTable
from hotspots.views.tables import crime_cells


@dataclass(frozen=True)
class TableRules:
    """What published tables differ in; without a current year it is the latest."""

    current: str = ""
    smallest_base: int = 10
    mean_of: int = 5
    least_years: int = 4
    calendar: Calendar = "financial"


def assessment_of_file(path: Path, rules: TableRules, *, sheet: str = "") -> tuple[ReportTable, YearCounts]:
    """
    The table of a file of counts, ready to be written, and what was read.

    It is for whoever holds the counts (``restricted``): nothing in it is hidden.

    Raises
    ------
    DataRefused
        The file is refused, or has no column of the current year.
    """
    read = read_year_counts(path, calendar=rules.calendar, sheet=sheet)
    made = recorded_crime_table(
        read.counts,
        current=rules.current or None,
        smallest_base=rules.smallest_base,
        mean_of=rules.mean_of,
        least_years=rules.least_years,
        calendar=rules.calendar,
    )
    meta = LayerMeta(
        id="recorded-crime-by-type",
        title="Recorded crime by type and year",
        measure="crimes",
        unit="crimes",
        period=f"{made.years[0]} to {made.years[-1]}",
        source=path.name,
        method=f"mean of the {rules.mean_of} years before; No calc below {rules.smallest_base}; half away from zero",
        policy="controlled",
        marking="OFFICIAL-SENSITIVE",
        synthetic=False,
        schematic=False,
        sensitivity="restricted",
    )
    return ReportTable(meta, crime_cells(made), (*made.notes, *read.notes)), read
