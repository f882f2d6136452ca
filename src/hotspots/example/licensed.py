"""Synthetic licensed premises and the incidents attributed to them: invented names, one following Figure 9.

Premises PR001 is the score that rises and falls: its months, December 2017 to March 2019, are those of the worked
example of the rolling six-month score. Positions are EPSG:27700 metres in cores of the city centre.
"""

from datetime import date, time
from io import StringIO
from random import Random

import pandas as pd

from hotspots.analysis.as_reported import freeze_scores
from hotspots.analysis.score_spec import ScoreSpec
from hotspots.example.facts import CORES
from hotspots.example.spread import pick, scatter
from hotspots.example.text import csv_text
from hotspots.periods import Coverage

SEED = 9
PREMISES_HEADER = (
    "premises_id", "name", "kind", "easting", "northing", "opened", "closed", "operator", "operator_since", "capacity",
)  # fmt: skip
INCIDENTS_HEADER = ("incident_id", "premises_id", "date", "time", "incident_type", "severity")

# Incidents a month from December 2017 (the month in which the source's coverage starts).
FIGURE_9 = (0, 1, 0, 1, 0, 0, 2, 3, 4, 1, 1, 0, 0, 1, 0, 0)
MEETINGS = ("2018-08-31", "2018-12-31")
VIOLENT = ("violence", "sexual", "robbery", "weapon", "affray")

# Name, kind, core, opened, closed, operator, operator since, capacity (None: not known).
_PREMISES = (
    ("The Brass Heron", "nightclub", "Downing Street", 2009, None, "Sample Leisure", 2015, 850),
    ("The Ninth Bellfounder", "pub", "Market Square", 1988, None, "Example Inns", 2011, 160),
    ("Velvet Abacus", "bar", "Market Square", 2012, None, "Sample Leisure", 2012, 220),
    ("The Paper Otter", "pub", "Bus station", 1995, None, "Example Inns", 2016, 140),
    ("Copper Newt", "bar", "Bus station", 2014, None, "Newt Trading", 2014, 180),
    ("Studio Marzipan", "nightclub", "Bus station", 2006, None, "Newt Trading", 2017, 600),
    ("The Quiet Trombone", "pub", "The Kite", 1979, None, "Example Inns", 2004, 110),
    ("Saffron & Slate", "restaurant", "The Kite", 2013, None, "Slate Tables", 2013, 80),
    ("The Clockwork Pike", "pub", "The Kite", 1991, None, "Quill Taverns", 2010, 120),
    ("Tin Lantern Takeaway", "takeaway", "The Kite", 2010, None, "Tin Lantern", 2010, None),
    ("Sample Screens", "cinema", "Grafton Centre", 1995, None, "Sample Leisure", 2008, 900),
    ("The Walnut Ferret", "pub", "Grafton Centre", 2001, None, "Quill Taverns", 2013, 130),
    ("Ladle & Loom", "restaurant", "Grafton Centre", 2015, None, "Slate Tables", 2015, 90),
    ("The Idle Semaphore", "pub", "Maid's Causeway", 1984, None, "Quill Taverns", 2009, 100),
    ("Riverbank Example Rooms", "bar", "Jesus Green", 2011, None, "Example Rooms", 2011, 200),
    ("The Patient Newtonian", "pub", "Thompson's Lane", 1976, None, "Example Inns", 2002, 90),
    ("Plum Anvil", "bar", "Parkside", 2008, "2018-09-30", "Anvil Bars", 2014, 240),
    ("The Borrowed Umbrella", "pub", "Parkside", 1998, None, "Quill Taverns", 2012, 150),
    ("Turnstile Social", "bar", "Mill Road west", 2016, None, "Turnstile", 2016, 170),
    ("The Mended Kettle", "pub", "Mill Road west", 1990, None, "Quill Taverns", 2007, 110),
    ("Pepper & Thread", "restaurant", "Mill Road west", 2012, None, "Slate Tables", 2014, 60),
    ("Halfpenny Fryer", "takeaway", "Mill Road west", 2007, None, "Halfpenny", 2007, None),
    ("The Lamp Trimmer", "pub", "Parkside", 1982, None, "Example Inns", 2013, 100),
    ("Silver Ratchet", "bar", "Downing Street", 2013, None, "Newt Trading", 2013, 190),
)

_CHANGED_HANDS = {"Turnstile Social": "2018-08-01"}  # inside the months of the incidents: the window begins anew

# Months from December 2017 with an incident of a counted type, by premises; every window of six months stays under 5.
_LOW_MONTHS = {
    "PR002": (0, 3, 7, 12), "PR003": (1, 4, 6, 9, 13), "PR004": (5, 11), "PR005": (2, 7, 8, 14), "PR007": (6,),
    "PR006": (0, 2, 5, 7, 9, 10, 13, 15), "PR009": (4, 12), "PR011": (8,), "PR012": (3, 10), "PR014": (13,),
    "PR015": (6, 7), "PR017": (1, 4, 8), "PR018": (11,), "PR019": (5, 9, 14), "PR020": (2,), "PR024": (0, 6, 12, 15),
}  # fmt: skip
_NOT_COUNTED = (("PR005", 3), ("PR006", 8), ("PR008", 5), ("PR011", 2), ("PR012", 7), ("PR019", 12), ("PR010", 9),
                ("PR003", 10))  # fmt: skip
_UNATTRIBUTED_MONTHS = (1, 5, 8, 11, 14)
_DUPLICATE = ("PR013", 6, 17, ("23:20", "23:55"))  # premises, month, day, times: probably one event reported twice

_TYPES = {"violence": 60, "affray": 14, "sexual": 9, "robbery": 9, "weapon": 8}
_SEVERITIES = {"1": 18, "2": 34, "3": 30, "4": 14, "5": 4}
_HOURS = {"0": 9, "1": 9, "2": 8, "3": 3, "18": 2, "19": 3, "20": 4, "21": 6, "22": 8, "23": 10}

_Incident = tuple[date, str, str | None, str, int]


def premises_text() -> str:
    """The register: 24 invented premises in the city centre, one of them closed."""
    rng, position = Random(SEED), scatter(SEED)
    cores = {core.place: core for core in CORES}
    rows = []
    for number, (name, kind, place, opened, closed, operator, since, capacity) in enumerate(_PREMISES, 1):
        easting, northing = position(rng, cores[place])
        dates = (f"{opened}-{rng.randint(1, 12):02d}-01", closed)
        held = _CHANGED_HANDS.get(name) or (f"{since}-01-01" if since > opened else dates[0])
        rows.append((f"PR{number:03d}", name, kind, easting, northing, *dates, operator, held, capacity))
    return csv_text(PREMISES_HEADER, rows)


def incidents_text() -> str:
    """Dated incidents from December 2017 to March 2019, sorted by date and time; five are not attributed yet."""
    rng = Random(SEED + 1)
    incidents = [_incident(rng, month, "PR001") for month, count in enumerate(FIGURE_9) for _ in range(count)]
    incidents += [_incident(rng, month, premises) for premises, months in _LOW_MONTHS.items() for month in months]
    incidents += [_incident(rng, month, None) for month in _UNATTRIBUTED_MONTHS]
    for index, (premises, month) in enumerate(_NOT_COUNTED):
        when, at, *_ = _incident(rng, month, premises)
        incidents.append((when, at, premises, ("theft", "drugs")[index % 2], 1))
    premises, month, day, times = _DUPLICATE
    incidents += [(_month_start(month).replace(day=day), at, premises, "violence", 2) for at in times]
    incidents.sort(key=lambda incident: (incident[0], incident[1], incident[2] or "", incident[3], incident[4]))
    return csv_text(
        INCIDENTS_HEADER,
        [
            (f"IN{number:04d}", premises, when.isoformat(), at, incident_type, severity)
            for number, (when, at, premises, incident_type, severity) in enumerate(incidents, 1)
        ],
    )


def reported_text() -> str:
    """
    Scores as two meetings saw them. For the first, one incident of PR006 had not come in yet, and one of PR024 was
    attributed to nobody: both scores are one higher when they are computed again.
    """
    premises, incidents = _table(premises_text()), _table(incidents_text())
    july, june = (f"2018-{month:02d}" for month in (7, 6))
    late = (incidents["premises_id"] == "PR006") & incidents["date"].str.startswith(july)
    unknown = (incidents["premises_id"] == "PR024") & incidents["date"].str.startswith(june)
    known_then = incidents.assign(premises_id=incidents["premises_id"].mask(unknown))[~late]
    coverage = Coverage(_month_start(0), date(2019, 3, 31), "zero")
    frozen = [
        freeze_scores(premises, known, ScoreSpec(), as_of=date.fromisoformat(day), coverage=coverage)
        for day, known in zip(MEETINGS, (known_then, incidents), strict=True)
    ]
    return pd.concat(frozen).to_csv(index=False, lineterminator="\n")


def _table(text: str) -> pd.DataFrame:
    table = pd.read_csv(StringIO(text), dtype="str")
    return table.assign(severity=pd.to_numeric(table["severity"])) if "severity" in table else table


def _month_start(month: int) -> date:
    """First day of a month counted from December 2017."""
    return date(2017 + (11 + month) // 12, (11 + month) % 12 + 1, 1)


def _incident(rng: Random, month: int, premises: str | None) -> _Incident:
    """One incident; days 3 to 26 only, so that it does not matter how a window treats the end of a month."""
    when = _month_start(month).replace(day=rng.randint(3, 26))
    at = time(int(pick(rng, _HOURS)), rng.randrange(60)).isoformat("minutes")
    return when, at, premises, pick(rng, _TYPES), int(pick(rng, _SEVERITIES))
