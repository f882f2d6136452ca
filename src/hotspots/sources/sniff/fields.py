"""What columns of supplier files are called, and what they hold, by kind of source."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from hotspots.errors import DataRefused
from hotspots.periods import parse_period
from hotspots.sources._cells import Problem, clean_code, parse_interval, parse_number, plain
from hotspots.sources._codes import GSS_CODE

DATE_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%y", "%d %B %Y",
    "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p",
)  # fmt: skip
# How spreadsheets write a month, where not as 2018-11 or November 2018: with a day, it is the first.
MONTH_FORMATS = ("%b-%y", "%b %y", "%B %y", "%b/%y", "%m/%Y", "%m-%Y", "%Y/%m", "%Y%m", *DATE_FORMATS)
MOSTLY = 0.8  # of the cells that hold something


@dataclass(frozen=True)
class Field:
    """A column of a kind of source: our key, what suppliers call it, what its cells look like, and who needs it."""

    key: str
    called: str
    looks: str = "text"
    needed: bool = False


KINDS: Mapping[str, Sequence[Field]] = {
    "crimes": (),  # known by the headings of the street format alone
    "callouts": (
        Field("area", r"lsoa|ward|area|geograph", "area", needed=True),
        Field("count", r"^count|callouts?|incidents?|number|^n$|total|calls", "count", needed=True),
        Field("period", r"period|quarter|year|month", "period", needed=True),
        Field("date", r"date|time of call|call time", "date"),
        Field("category", r"categ|type|nature|code desc|complaint"),
    ),
    "population": (
        Field("area", r"lsoa|area|geograph", "area", needed=True),
        Field("population", r"popul|all ages|residents|persons", "count", needed=True),
    ),
    "ed_attendances": (
        Field("arrival", r"arriv|attend|presented", "date", needed=True),
        Field("incident_date", r"incident.*date|date.*(incident|assault)|assault date", "date"),
        Field("weapon", r"weapon|means|body part|assault (type|with)", needed=True),
        Field("location_text", r"locat|where|place|venue|street"),
    ),
    "needle_finds": (
        Field("find_id", r"^(find|ref|id|case|enquiry|job|unique).*(id|no|num|ref|key)?$|case.*id|reference"),
        Field("date", r"date|reported|logged|opened|open dt|when", "date", needed=True),
        Field("quantity", r"quant|number|needles|syringes|sharps|how many|amount|qty", "count", needed=True),
        Field("easting", r"^east|^x$|\bx$", "easting"),
        Field("northing", r"^north|^y$|\by$", "northing"),
        Field("longitude", r"^lon|^lng", "longitude"),
        Field("latitude", r"^lat", "latitude"),
        Field("grid_reference", r"grid|os ref|ngr", "grid_reference"),
        Field("location_text", r"locat|where|place|address|street|site"),
        Field("source", r"source|reported by|found by|origin"),
        Field("land_type", r"land|site type|type of (site|land)"),
        Field("is_house_clearance", r"house|clearance|dwelling|in (a )?propert|indoor"),
        Field("is_batch", r"batch"),
        Field("ward_text", r"ward|neighbo"),
    ),
    "premises": (
        Field("premises_id", r"premises?.*(id|no|ref|num)|licen[cs]e.*(id|no|ref|num)", needed=True),
        Field("name", r"name|premises$|trading", needed=True),
        Field("kind", r"^kind|type|category"),
        Field("easting", r"^east|^x$", "easting"),
        Field("northing", r"^north|^y$", "northing"),
        Field("longitude", r"^lon|^lng", "longitude"),
        Field("latitude", r"^lat", "latitude"),
        Field("opened", r"open", "date"),
        Field("closed", r"clos|surrender", "date"),
        Field("operator", r"operator$|licen[cs]ee|holder"),
        Field("operator_since", r"operator.*since|since|from", "date"),
        Field("capacity", r"capac", "count"),
    ),
    "incidents": (
        Field("incident_id", r"incident.*(id|no|ref|num)|crime.*(no|ref)|^id$|^ref", needed=True),
        Field("premises_id", r"premises?.*(id|no|ref|num)?|licen[cs]e", needed=True),
        Field("date", r"date|occurred", "date", needed=True),
        Field("time", r"time"),
        Field("incident_type", r"type|offence|categ", needed=True),
        Field("severity", r"sever"),
    ),
}  # fmt: skip


def matched(kind: str, headings: Sequence[str], columns: Sequence[Sequence[str]]) -> dict[str, str]:
    """
    Our key -> the supplier's heading, for the columns whose heading fits and whose cells look as they should.

    Each heading serves once, the field that is listed first choosing first. Of areas by code and by name, the codes are
    taken, whatever the columns are called: they tell the vintage, and two places may have one name.
    """
    left = {heading: cells for heading, cells in zip(headings, columns, strict=True) if heading}
    found: dict[str, str] = {}
    for field in KINDS[kind]:
        fits = [
            heading
            for heading, cells in left.items()
            if (_normal(heading) == _normal(field.key) or re.search(field.called, _normal(heading)))
            and holds(field.looks, cells)
        ]
        if fits:
            coded = [heading for heading in fits if field.looks == "area" and holds("code", left[heading])]
            best = min(
                coded or fits, key=lambda heading: (_normal(heading) != _normal(field.key), list(left).index(heading))
            )
            found[field.key] = best
            del left[best]
    return found


def holds(looks: str, cells: Sequence[str]) -> bool:
    """
    Whether most of the cells that hold something look like a kind of value.

    A dash where a count should stand holds nothing: a column of counts may have more of them than of counts.
    """
    filled = [plain(cell) for cell in cells if plain(cell)]
    if looks == "count":
        filled = [cell for cell in filled if not _is_blank_count(cell)]
    if looks == "text":
        return True
    return bool(filled) and sum(_LOOKS[looks](cell) for cell in filled) >= MOSTLY * len(filled)


def date_formats(cells: Sequence[str]) -> list[str]:
    """Every format in which most of the cells are dates; those that read more of them first."""
    filled = [plain(cell) for cell in cells if plain(cell)]
    read = {form: sum(_is_date(cell, form) for cell in filled) for form in DATE_FORMATS}
    most = max(read.values(), default=0)
    if not filled or most < MOSTLY * len(filled):
        return []
    return [form for form in DATE_FORMATS if read[form] == most]


def month_formats(cells: Sequence[str]) -> list[str]:
    """Every format in which all cells are first days of months, two of them in a row (quarters have first days too)."""
    filled = {plain(cell) for cell in cells if plain(cell)}
    return [form for form in MONTH_FORMATS if all(_is_month(cell, form) for cell in filled) and _in_a_row(filled, form)]


def _in_a_row(cells: Iterable[str], form: str) -> bool:
    days = (datetime.strptime(cell, form) for cell in cells)
    months = sorted({12 * day.year + day.month for day in days})
    return any(later == month + 1 for month, later in pairwise(months))


def named_by_content(columns: Sequence[Sequence[str]]) -> list[str]:
    """Names for columns without headings, by what they hold; ``column 3`` where nothing tells."""
    left = list(_TELLING)
    names = []
    for number, cells in enumerate(columns, start=1):
        looks = next((looks for looks in left if holds(looks, cells)), "")
        if looks:
            left.remove(looks)
        names.append(_TELLING.get(looks, f"column {number}"))
    return names


# From the most telling: every longitude is a number, but hardly a number a longitude.
_TELLING = {
    "code": "area code", "grid_reference": "grid reference", "date": "date", "period": "period",
    "longitude": "longitude", "latitude": "latitude", "easting": "easting", "northing": "northing", "count": "number",
}  # fmt: skip


def is_data(cells: Sequence[str], below: Sequence[str]) -> bool:
    """
    Whether a row holds values rather than headings: half of what it holds are dates, codes and numbers.

    A row with anything else over a code, a date or a period is a heading, even one of ages from 0 to 90. Periods are
    headings as often as values: beside a code of an area they are values.
    """
    telling = ("code", "date", "period")
    for cell, under in zip(cells, below, strict=False):
        if any(_LOOKS[looks](plain(under)) and not _LOOKS[looks](plain(cell)) for looks in telling) and plain(cell):
            return False
    filled = [plain(cell) for cell in cells if plain(cell)]
    values = ("number", "date", "code", *(("period",) if any(map(_LOOKS["code"], filled)) else ()))
    valued = sum(any(_LOOKS[looks](cell) for looks in values) for cell in filled)
    return len(filled) > 1 and valued * 2 >= len(filled)


def _normal(heading: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", plain(heading)).casefold().split())


def _is_date(cell: str, form: str) -> bool:
    try:
        found = datetime.strptime(cell, form)
    except ValueError:
        return False
    return 1900 <= found.year <= 2100


def _is_month(cell: str, form: str) -> bool:
    return _is_date(cell, form) and datetime.strptime(cell, form).day == 1


def _is_number(cell: str) -> bool:
    return isinstance(parse_number(cell), float)


def _between(low: float, high: float) -> Callable[[str], bool]:
    def inside(cell: str) -> bool:
        number = parse_number(cell)
        return isinstance(number, float) and low <= number <= high

    return inside


def _is_period(cell: str) -> bool:
    for calendar in ("financial", "calendar"):
        try:
            parse_period(cell, calendar=calendar)
        except DataRefused:
            continue
        return True
    return any(_is_month(cell, form) for form in MONTH_FORMATS)


def _is_blank_count(cell: str) -> bool:
    """Whether nothing, or a dash or a word for it, stands where a count should."""
    found = parse_interval(cell, {})
    return isinstance(found, Problem) and found.reason == "missing-cell"


def _is_count(cell: str) -> bool:
    found = parse_interval(cell, {})
    return not isinstance(found, Problem) or found.reason == "undeclared-mark"


_LOOKS: Mapping[str, Callable[[str], bool]] = {
    "number": _is_number,
    "count": _is_count,
    "code": lambda cell: bool(GSS_CODE.fullmatch(clean_code(cell))),
    "area": lambda cell: bool(GSS_CODE.fullmatch(clean_code(cell))) or not _is_number(cell),
    "date": lambda cell: any(_is_date(cell, form) for form in DATE_FORMATS),
    "period": _is_period,
    "easting": _between(1_000, 700_000),
    "northing": _between(1_000, 1_300_000),
    "longitude": _between(-9, 3),
    "latitude": _between(49, 61.5),
    "grid_reference": lambda cell: bool(re.fullmatch(r"[A-HJ-Z]{2}\s*[0-9]{2,5}\s*[0-9]{2,5}", cell, re.IGNORECASE)),
}
