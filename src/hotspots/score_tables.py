"""What a build makes of premises and their incidents, column by column: for licensing and analysts only."""

from hotspots.tables import Column

SCORE_TABLES: dict[str, tuple[Column, ...]] = {
    "premises_score_history": (
        Column("premises_id", "str", "the premises"),
        Column("as_of", "str", "day of the score: each month-end covered"),
        Column("state", "str", "ok, incomplete, no data, new operator, not open or closed"),
        Column("score", "Float64", "the score", "points", nullable=True),
        Column("band", "str", "low, medium, verging on high or high; empty without agreed thresholds"),
        Column("window_from", "str", "first day counted"),
    ),
    "premises_watchlist": (
        Column("as_of", "str", "day of the list: each month-end covered"),
        Column("premises_id", "str", "the premises"),
        Column("score", "Float64", "the score", "points"),
        Column("band", "str", "its band"),
        Column("reason", "str", "why it is on the list"),
    ),
    "premises_incidents": (
        Column("premises_id", "str", "premises the incident is attributed to", nullable=True),
        Column("incident_id", "str", "the incident, once for each premises"),
        Column("date", "date", "its day"),
        Column("incident_type", "str", "its type"),
        Column("points", "float64", "points it gives on its day", "points"),
        Column("unused", "str", "why it gives none; empty where it counts"),
        Column("why", "str", "what its points are made of"),
        Column("shared", "bool", "whether it counts at other premises too"),
        Column("probable_duplicate", "str", "another incident at the premises at most 60 minutes away"),
    ),
    "premises_reported": (
        Column("as_of", "str", "day of the frozen score"),
        Column("profile", "str", "profile it was made with"),
        Column("version", "str", "version of the profile"),
        Column("premises_id", "str", "the premises; missing for incidents attributed to none", nullable=True),
        Column("state", "str", "its state then", nullable=True),
        Column("score", "Float64", "its score then", "points", nullable=True),
        Column("band", "str", "its band then", nullable=True),
        Column("incident_id", "str", "an incident known then; missing where there was none", nullable=True),
        Column("date", "str", "its day", nullable=True),
        Column("points", "Float64", "points it gave; 0 where it did not count", "points", nullable=True),
    ),
}
