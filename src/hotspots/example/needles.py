"""Synthetic needle finds: instances and volume as published for the city, everything else invented.

City totals of three financial years are those of the assessment (instances and needles); which ward, place, day and
quantity a find has is made up. Positions are EPSG:27700 metres inside the cores.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from hotspots.example.facts import WARD_NAMES, Core
from hotspots.example.spread import cores_of, pick, scatter
from hotspots.example.text import csv_text

SEED = 172_304_328
HEADER = (
    "find_id", "date_reported", "easting", "northing", "quantity", "source", "land_type",
    "is_house_clearance", "is_batch", "ward_text",
)  # fmt: skip

# Financial year by the calendar year in which it starts: needles, then instances by ward.
VOLUMES = {2016: 6_842, 2017: 10_324, 2018: 3_579}
INSTANCES = {
    "Market": (62, 110, 119),
    "Petersfield": (35, 62, 68),
    "Castle": (21, 37, 41),
    "Romsey": (16, 29, 32),
    "Abbey": (9, 16, 17),
    "West Chesterton": (8, 14, 15),
    "King's Hedges": (5, 9, 9),
    "Coleridge": (4, 7, 7),
    "Arbury": (4, 6, 6),
    "East Chesterton": (3, 5, 5),
    "Trumpington": (2, 4, 4),
    "Cherry Hinton": (1, 2, 2),
    "Newnham": (1, 2, 2),
    "Queen Edith's": (1, 1, 1),
}
NOTHING_FOUND_WARDS = ("Market", "Petersfield", "Abbey")  # one row of quantity 0 a year in each

# Quantity and ward of the few large finds that make most of the volume.
_CLEARANCES = {
    2016: ((1_600, "Abbey"), (1_100, "King's Hedges"), (750, "Arbury"), (500, "Petersfield"), (14, "Coleridge")),
    2017: (
        (1_800, "King's Hedges"), (1_450, "Abbey"), (1_200, "Petersfield"), (900, "Arbury"), (650, "Romsey"),
        (22, "East Chesterton"),
    ),
    2018: ((400, "Abbey"), (250, "King's Hedges"), (30, "Coleridge"), (9, "Arbury")),
}  # fmt: skip
_BATCHES = {
    2016: ((900, "Market"), (500, "Petersfield"), (300, "Market")),
    2017: ((850, "Market"), (600, "Castle"), (450, "Petersfield"), (300, "Market")),
    2018: ((350, "Market"), (200, "Romsey"), (150, "Castle")),
}

_QUANTITY_WEIGHTS = {
    "1": 27, "2": 19, "3": 13, "4": 9, "5": 8, "6": 5, "8": 4, "10": 5, "12": 3, "15": 2, "20": 2, "30": 1, "40": 1,
    "50": 1,
}  # fmt: skip
_LARGEST_ORDINARY = 75
_SOURCES = {"public_report": 45, "operative_routine": 40, "officer_patrol": 15}
_LAND_TYPES = {"public_highway": 38, "park": 20, "car_park": 15, "housing_common": 14, "toilet": 8, "other": 5}
_DAYS_BY_MONTH_WEIGHT = {"4": 8, "5": 9, "6": 10, "7": 11, "8": 11, "9": 10, "10": 9, "11": 8, "12": 6, "1": 6, "2": 6,
                         "3": 6}  # fmt: skip

# Real ward text is wrong about these places: finds there are listed under Castle ward.
_LISTED_UNDER_CASTLE = {"Thompson's Lane": 5, "Chesterton Road": 4, "Mitcham's Corner": 3}


@dataclass
class _Find:
    """One row before it has a number; ``core`` fixes the ward by position."""

    when: date
    core: Core
    easting: int
    northing: int
    quantity: int
    source: str
    land_type: str
    is_house_clearance: str = "no"
    is_batch: str = "no"


def needle_finds_text() -> str:
    """The file of needle finds, April 2016 to March 2019, sorted by date; quantity 0 means nothing was found."""
    rng, position = Random(SEED), scatter(SEED)
    finds = [find for year in VOLUMES for find in _finds_of_year(rng, year)]
    for find in finds:
        find.easting, find.northing = position(rng, find.core)
    finds.sort(key=lambda find: (find.when, find.easting, find.northing, find.quantity))
    ward_texts = _ward_texts(finds)
    return csv_text(HEADER, [_row(number, find, ward_texts[number - 1]) for number, find in enumerate(finds, 1)])


def _finds_of_year(rng: Random, year: int) -> list[_Find]:
    """Finds of the financial year that starts in April of ``year``: its instances, and those with nothing found."""
    large = [_clearance(rng, year, *one) for one in _CLEARANCES[year]]
    large += [_batch(rng, year, *one) for one in _BATCHES[year]]
    ordinary = []
    for ward, instances in INSTANCES.items():
        already = sum(1 for find in large if WARD_NAMES[find.core.ward_code] == ward)
        ordinary += [_ordinary(rng, year, ward) for _ in range(instances[year - 2016] - already)]
    _settle_volume(ordinary, VOLUMES[year] - sum(find.quantity for find in large))
    nothing = [_ordinary(rng, year, ward) for ward in NOTHING_FOUND_WARDS]
    for find in nothing:
        find.quantity, find.source = 0, "public_report"
    return large + ordinary + nothing


def _ordinary(rng: Random, year: int, ward: str) -> _Find:
    find = _find(rng, year, ward, int(pick(rng, _QUANTITY_WEIGHTS)))
    find.source, find.land_type = pick(rng, _SOURCES), pick(rng, _LAND_TYPES)
    # Flags that nobody filled in: about one find on housing land in four.
    if find.land_type == "housing_common" and rng.randrange(4) == 0:
        find.is_house_clearance = find.is_batch = "unknown"
    return find


def _clearance(rng: Random, year: int, quantity: int, ward: str) -> _Find:
    find = _find(rng, year, ward, quantity)
    find.source, find.land_type, find.is_house_clearance = "housing_clearance", "private_dwelling", "yes"
    return find


def _batch(rng: Random, year: int, quantity: int, ward: str) -> _Find:
    find = _find(rng, year, ward, quantity)
    find.source, find.land_type, find.is_batch = "operative_routine", "car_park", "yes"
    return find


def _find(rng: Random, year: int, ward: str, quantity: int) -> _Find:
    ward_code = next(code for code, name in WARD_NAMES.items() if name == ward)
    cores = {core.place: core for core in cores_of(ward_code)}
    core = cores[pick(rng, {place: core.share for place, core in cores.items()})]
    return _Find(_day(rng, year), core, 0, 0, quantity, source="", land_type="")


def _day(rng: Random, year: int) -> date:
    month = int(pick(rng, _DAYS_BY_MONTH_WEIGHT))
    first = date(year if month >= 4 else year + 1, month, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=rng.randrange((following - first).days))


def _settle_volume(finds: list[_Find], volume: int) -> None:
    """Scale ordinary quantities to the year's total, then settle the rest needle by needle, most needles first."""
    drawn = sum(find.quantity for find in finds)
    for find in finds:
        find.quantity = min(_LARGEST_ORDINARY, max(1, find.quantity * volume // drawn))
    finds_by_size = sorted(finds, key=lambda find: -find.quantity)
    while missing := volume - sum(find.quantity for find in finds):
        step = 1 if missing > 0 else -1
        able = [find for find in finds_by_size if 1 < find.quantity + step <= _LARGEST_ORDINARY and find.quantity > 1]
        for find in able[: abs(missing)]:
            find.quantity += step


def _ward_texts(finds: list[_Find]) -> list[str]:
    """The ward as supplied: right, except at the places that are listed under Castle."""
    left = dict(_LISTED_UNDER_CASTLE)
    texts = []
    for find in finds:
        wrong = find.quantity > 0 and left.get(find.core.place, 0) > 0
        if wrong:
            left[find.core.place] -= 1
        texts.append("Castle" if wrong else WARD_NAMES[find.core.ward_code])
    return texts


def _row(number: int, find: _Find, ward_text: str) -> tuple[object, ...]:
    return (
        f"NF{number:04d}",
        find.when.isoformat(),
        find.easting,
        find.northing,
        find.quantity,
        find.source,
        find.land_type,
        find.is_house_clearance,
        find.is_batch,
        ward_text,
    )
