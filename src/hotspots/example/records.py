"""The example's synthetic records: callouts and population by LSOA here, the rest gathered from its own module."""

from itertools import product
from random import Random

from hotspots.example.facts import CITY_CENTRE_LSOA, EAST_OF_CENTRE_LSOA, LSOAS, WARD_NAMES
from hotspots.example.interventions import interventions_text
from hotspots.example.licensed import incidents_text, premises_text, reported_text
from hotspots.example.needles import needle_finds_text
from hotspots.example.spread import pick
from hotspots.example.street import street_files
from hotspots.example.text import csv_text

SEED = 352
FOLDER = "geo/sample"
CALLOUTS_HEADER = ("lsoa_code", "period", "category", "count")
POPULATION_HEADER = ("lsoa_code", "lsoa_name", "population", "reference_date")

# Callouts for assault in the city by financial year, ours, for illustration: a fall, and 352.0 a year over the middle
# three.
CALLOUTS = {"2014/15": 400, "2015/16": 372, "2016/17": 348, "2017/18": 336, "2018/19": 312}
_QUARTERS = {"Q1": 26, "Q2": 27, "Q3": 24, "Q4": 23}
_CALLOUT_WEIGHT_BY_WARD = {
    "Market": 26, "Petersfield": 22, "Abbey": 20, "King's Hedges": 19, "Arbury": 15, "Romsey": 13, "Coleridge": 12,
    "West Chesterton": 10, "East Chesterton": 10, "Cherry Hinton": 8, "Trumpington": 7, "Castle": 6,
    "Queen Edith's": 4, "Newnham": 4,
}  # fmt: skip
_CITY_CENTRE_CALLOUT_WEIGHT = 420

POPULATION_TOTAL = 125_000
REFERENCE_DATE = "2017-06-30"
# A central LSOA with hardly any residents: it has counts, and no rate.
ALMOST_UNINHABITED, ITS_RESIDENTS = EAST_OF_CENTRE_LSOA, 420
_MOST_RESIDENTS = 3_000

_README = """# Sample records: all of this is synthetic

Nothing in this folder happened, and nobody in it exists. It was made by a seeded generator so that the software can be
tried, tested and shown without anybody's data. It must never be read as information about Cambridge.

Make it again, byte for byte:

    python -m hotspots.example --to .

| file | what it holds | what was chosen |
|---|---|---|
| `callouts.csv` | ambulance callouts for assault by LSOA and quarter | city totals 400, 372, 348, 336, 312 a year |
| `needle_finds.csv` | needle finds, April 2016 to March 2019 | 172, 304, 328 instances; 6,842, 10,324, 3,579 needles |
| `premises.csv` | 24 licensed premises with invented names | one closed, one new operator, two unknown capacities |
| `incidents.csv` | incidents attributed to premises | PR001 rises and falls as in Figure 9 of the assessment |
| `premises_reported.csv` | scores as two meetings saw them | one incident came in later, one was attributed later |
| `interventions.csv` | four pieces of work, measures agreed beforehand | no effect was put into the records |
| `street/` | recorded crime and anti-social behaviour, 24 months | the layout of data.police.uk, plus the hour |
| `population.csv` | residents by LSOA | 125,000 in all; one LSOA of 420, too few for a rate |

The needle totals and the ranking of the first four wards are those of the *Community Safety Strategic Assessment
2018/19* of Cambridge City; who, where, when and how many each time is made up. LSOA and ward codes and names are facts.
Coordinates of needle finds and premises are EPSG:27700 metres; each lies in a disc that is inside its ward both on the
schematic boundaries and on the true ones, so that totals by ward are the same on either.

Deliberate oddities, as in real files: twelve needle finds listed under Castle that lie in another ward; nine finds with
nothing found (quantity 0); flags that nobody filled in (`unknown`); five incidents not attributed to any premises; two
incidents that are probably one; in `street/`, anti-social behaviour without an identifier and sometimes repeated, rows
without a place, rows in a neighbouring district (codes and names that only look right), and twelve rows whose stated
LSOA is not the one that holds their point.
"""


def record_files() -> dict[str, str]:
    """Text of every sample file, by its path relative to the area folder."""
    return {
        f"{FOLDER}/README.md": _README,
        f"{FOLDER}/callouts.csv": _callouts_text(),
        f"{FOLDER}/needle_finds.csv": needle_finds_text(),
        f"{FOLDER}/population.csv": _population_text(),
        f"{FOLDER}/premises.csv": premises_text(),
        f"{FOLDER}/incidents.csv": incidents_text(),
        f"{FOLDER}/premises_reported.csv": reported_text(),
        f"{FOLDER}/interventions.csv": interventions_text(),
        **{f"{FOLDER}/street/{name}": text for name, text in street_files().items()},
    }


def _callouts_text() -> str:
    """Counts by LSOA and quarter; an LSOA without a callout in a quarter has no row."""
    rng = Random(SEED)
    weights = _callout_weights(rng)
    counts = {(lsoa.code, year, quarter): 0 for lsoa, (year, quarter) in product(LSOAS, product(CALLOUTS, _QUARTERS))}
    for year, total in CALLOUTS.items():
        for _ in range(total):
            counts[pick(rng, weights), year, pick(rng, _QUARTERS)] += 1
    rows = [(code, f"{year} {quarter}", "assault", count) for (code, year, quarter), count in counts.items() if count]
    return csv_text(CALLOUTS_HEADER, sorted(rows))


def _callout_weights(rng: Random) -> dict[str, int]:
    """How often an LSOA is drawn: by its ward, and very unevenly within it (a few streets make most callouts)."""
    weights = {
        lsoa.code: _CALLOUT_WEIGHT_BY_WARD[WARD_NAMES[lsoa.ward_code]] * (1 + min(rng.randrange(9), rng.randrange(9)))
        for lsoa in LSOAS
    }
    return {**weights, CITY_CENTRE_LSOA: _CITY_CENTRE_CALLOUT_WEIGHT}


def _population_text() -> str:
    rng = Random(SEED + 1)
    residents = {lsoa.code: 1_250 + min(rng.randrange(1_500), rng.randrange(1_500)) for lsoa in LSOAS}
    residents |= {ALMOST_UNINHABITED: ITS_RESIDENTS, CITY_CENTRE_LSOA: _MOST_RESIDENTS}
    adjustable = [code for code in residents if code not in (ALMOST_UNINHABITED, CITY_CENTRE_LSOA)]
    missing = POPULATION_TOTAL - sum(residents.values())
    for index, code in enumerate(adjustable):
        residents[code] += missing // len(adjustable) + (index < missing % len(adjustable))
    rows = [(lsoa.code, lsoa.name, residents[lsoa.code], REFERENCE_DATE) for lsoa in LSOAS]
    return csv_text(POPULATION_HEADER, sorted(rows))
