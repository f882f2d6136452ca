"""The example's register of interventions: invented work, with the measure and target that were agreed beforehand."""

from hotspots.example.text import csv_text

HEADER = (
    "intervention_id", "what", "place", "comparison", "start", "end", "owner", "measure", "target", "review_date",
)  # fmt: skip

_MILL_ROAD_WEST = "polygon:POLYGON ((545900 257850, 546300 257850, 546300 258100, 545900 258100, 545900 257850))"
_ROWS = (
    (
        "IV001", "Sharps bins and morning patrols in Market ward", "ward:E05002709", "ward:E05002711", "2018-04-01",
        None, "Street scene team", "instances", "a fifth fewer finds in a year", "2019-04-30",
    ),
    (
        "IV002", "Lighting and patrols at the west end of Mill Road", _MILL_ROAD_WEST, None, "2018-07-01", "2019-01-31",
        "City centre working group", "instances", "a quarter fewer finds in six months", "2019-03-01",
    ),
    (
        "IV003", "Weekend taxi marshals in the city centre", "city-centre", None, "2017-04-01", None,
        "Community safety partnership", "callouts", "a tenth fewer callouts in a year", "2018-06-30",
    ),
    (
        "IV004", "Action plan with the operator", "premises:PR001", None, "2018-09-01", "2019-02-28", "Licensing",
        "incidents", "half as many incidents in six months", "2019-03-31",
    ),
)  # fmt: skip


def interventions_text() -> str:
    """The register, by start."""
    return csv_text(HEADER, _ROWS)
