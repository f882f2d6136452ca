"""Places from words: "Jesus Green, by the toilets" against the names that an area knows.

A name matches where a run of words of the text is spelt like it (rapidfuzz's ratio of the two, 0 to 100). The best
score wins, of equal ones the longest name; two places that fit equally well and lie apart are ambiguous, and then, as
below the threshold, the record stays without a position and its text goes on a list for somebody to resolve.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hotspots.errors import DataRefused

COLUMNS = ("name", "easting", "northing", "uncertainty_m", "kind")
_NEAR_M = 50.0  # what "by", "near" or "opposite" adds to the uncertainty of a place
_TIE = 2.0  # points of score within which two names fit equally well
_SHOWN_BELOW = 25.0  # points of score under the threshold from which a name is shown as a candidate
_BLOCK = 4_000  # runs of words compared at once

_SHORT = {
    "rd": "road", "ave": "avenue", "av": "avenue", "cl": "close", "ln": "lane", "sq": "square", "pk": "park",
    "ct": "court", "cres": "crescent", "dr": "drive", "gdns": "gardens", "pl": "place", "tce": "terrace",
    "ter": "terrace", "gro": "grove", "gr": "grove", "wy": "way", "yd": "yard", "wlk": "walk", "pde": "parade",
    "gn": "green", "grn": "green", "cmn": "common", "cnr": "corner", "hse": "house", "grnd": "ground",
    "ctr": "centre", "ctre": "centre", "cntr": "centre", "center": "centre", "stn": "station",
    "rec": "recreation ground", "uni": "university", "gt": "great",
    "saint": "st", "street": "street", "n": "north", "s": "south", "e": "east", "w": "west",
}  # fmt: skip
_VAGUE = frozenset(
    {
        "adj", "adjacent", "around", "behind", "beside", "between", "by", "front", "near", "next", "nr", "off", "opp",
        "opposite", "outside", "rear", "round", "towards",
        # In Welsh: near, hard by, opposite, beside ("wrth", "ar bwys", "wrth ymyl"), behind ("tu ôl i").
        "ger", "gerllaw", "gyferbyn", "wrth", "bwys", "ymyl", "ol",
    }
)  # fmt: skip
# Before the name of a street, they make it another's: Lower Park Street is not Park Street.
_ANOTHER = frozenset({"great", "little", "lower", "upper"})
_GENERIC_END = ("centre", "shopping centre")


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """
    Named places: ``table`` has ``name, easting, northing`` (EPSG:27700, metres), ``uncertainty_m`` and ``kind``.

    ``resolved`` maps texts (as :func:`normal` has them) to rows of the same columns that somebody resolved by hand;
    they come before anything else. ``largest_uncertainty_m`` is how vague a place may be and still be a position.
    ``elsewhere`` are names of other places (as :func:`normal` has them): a text that says it is in one is not ours.
    """

    table: pd.DataFrame
    threshold: float = 90.0
    largest_uncertainty_m: float = 500.0
    resolved: Mapping[str, tuple[str, float, float, float]] | None = None
    elsewhere: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        missing = set(COLUMNS) - set(self.table.columns)
        if missing:
            raise DataRefused(
                f"a gazetteer needs the columns {', '.join(COLUMNS)}; {', '.join(sorted(missing))} missing"
            )
        numbers = self.table[["easting", "northing", "uncertainty_m"]].to_numpy(dtype=np.float64)
        if not np.isfinite(numbers).all() or (numbers[:, 2] < 0).any():
            raise DataRefused("a gazetteer needs finite positions and an uncertainty in metres for every place")


def normal(text: str) -> str:
    """
    Text as it is compared: lower case, no punctuation, common abbreviations written out.

    Examples
    --------
    >>> normal("Jesus Green,  by the toilets"), normal("Sainsbury's, Brooks Rd."), normal("O/S 24 Mill Rd/East Rd")
    ('jesus green by the toilets', 'sainsburys brooks road', 'os 24 mill road east road')
    >>> normal("Ger y Tŵr, Lôn Abererch")  # the police write Welsh names without their accents
    'ger y twr lon abererch'
    """
    text = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    # "O/S" is one word, and "Perne Rd/Birdwood Rd" two roads.
    words = re.sub(r"['’`]|(?<=\b\w)/(?=\w\b)", "", text.casefold())
    tokens = re.sub(r"[^0-9a-zà-ÿ]+", " ", words).split()
    made = [_SHORT.get(token, token) for token in tokens]
    # A last "st" is a street, any other a saint.
    return " ".join(
        "street" if token == "st" and at and at == len(made) - 1 else token for at, token in enumerate(made)
    )


def match_places(texts: Iterable[str], gazetteer: Gazetteer) -> pd.DataFrame:
    """
    The place that each text names.

    Returns
    -------
    pandas.DataFrame
        A row a text, in order: ``text, status, name, score, easting, northing, uncertainty_m, candidates``. ``status``
        is ``resolved`` (by hand), ``matched``, ``ambiguous``, ``vague`` (the place is less certain than allowed),
        ``elsewhere`` (it has a name of ours, and says that it is in another place), ``unmatched`` or ``blank``; only
        the first two have a position. ``candidates`` names the best three with their scores.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["Jesus Green", "Mill Road"], "easting": [545050.0, 546400.0],
    ...                       "northing": [259190.0, 257800.0], "uncertainty_m": [150.0, 400.0], "kind": "place"})
    >>> found = match_places(["Jesus Grn, by the toilets", "outside the pub"], Gazetteer(table, threshold=85))
    >>> found[["status", "name", "uncertainty_m"]].to_numpy().tolist()
    [['matched', 'Jesus Green', 200.0], ['unmatched', '', nan]]
    """
    given = [str(text) for text in texts]
    distinct = {text: normal(text) for text in dict.fromkeys(given)}
    keys = _keys(gazetteer.table)
    scores = _scores(distinct.values(), [key for key, _ in keys], gazetteer.threshold - _SHOWN_BELOW)
    rows = {text: _row(text, words, scores.get(words, ()), keys, gazetteer) for text, words in distinct.items()}
    columns = ["text", "status", "name", "score", "easting", "northing", "uncertainty_m", "candidates"]
    return pd.DataFrame([rows[text] for text in given], columns=columns)


def streets_of(names: Sequence[str], easting: Any, northing: Any) -> pd.DataFrame:
    """
    Streets from points that name them (``On or near Mill Road``): the middle of each, as uncertain as it is long.

    Names of a kind of place (``Supermarket``, ``Parking Area``) are left out: there are many of each.

    Examples
    --------
    >>> made = streets_of(["On or near Mill Road", "On or near Mill Road", "On or near Supermarket"],
    ...                   [546000.0, 546800.0, 545000.0], [258000.0, 257400.0, 258000.0])
    >>> made[["name", "easting", "northing", "uncertainty_m"]].to_numpy().tolist()
    [['Mill Road', 546400.0, 257700.0, 600.0]]
    """
    points = pd.DataFrame({"name": names, "easting": easting, "northing": northing})
    points["name"] = (
        points["name"].astype(str).str.replace(r"^\s*on or near\s+", "", case=False, regex=True).str.strip()
    )
    known = points["easting"].notna() & (points["name"] != "")
    points = points[known & ~points["name"].map(is_kind_of_place)].drop_duplicates()
    points["key"] = points["name"].map(normal)
    rows = []
    for _, group in points.groupby("key", sort=True):
        middle = group["easting"].mean(), group["northing"].mean()
        reach = float(np.hypot(group["easting"] - middle[0], group["northing"] - middle[1]).max())
        rows.append((group["name"].iloc[0], *middle, round(reach + _SNAPPED_M, 1), "street"))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def is_kind_of_place(name: str) -> bool:
    """
    Whether a published location names a kind of place and no street: there are many of each.

    Examples
    --------
    >>> is_kind_of_place("Park/Open Space"), is_kind_of_place("Mill Road")
    (True, False)
    """
    return normal(name) in _KINDS_OF_PLACE


_SNAPPED_M = 100.0
_KINDS_OF_PLACE = frozenset(
    {
        "airport airfield", "bus coach station", "conference exhibition centre", "further higher educational building",
        "hospital", "nightclub", "no location", "park open space", "parking area", "pedestrian subway",
        "petrol station", "police station", "prison", "public house", "race track", "shopping area",
        "sports recreation area", "supermarket", "theatre concert hall", "motorway service area",
        "parkopen space", "sportsrecreation area", "theatreconcert hall", "buscoach station",
        "conferenceexhibition centre", "furtherhigher educational building", "airportairfield",
    }
)  # fmt: skip


def _keys(table: pd.DataFrame) -> list[tuple[str, int]]:
    """What each place is called, with its row: its name, and its name without brackets or what follows a comma."""
    keys: dict[tuple[str, int], None] = {}
    for row, name in enumerate(table["name"].astype(str)):
        bare = re.sub(r"\([^)]*\)", " ", name)
        for form in (bare, bare.split(",")[0]):
            words = normal(form)
            for end in _GENERIC_END:
                if words.endswith(f" {end}") and len(words) - len(end) > 5:
                    keys[words.removesuffix(f" {end}"), row] = None
            if len(words) > 2:
                keys[words, row] = None
    return list(keys)


def _scores(texts: Iterable[str], names: list[str], cutoff: float) -> dict[str, list[tuple[float, int]]]:
    """For each text, the best score of every name that reaches the cutoff: (score, index of the name)."""
    from rapidfuzz import fuzz, process

    longest = max((name.count(" ") + 1 for name in names), default=0)
    runs: dict[str, dict[str, bool]] = {}  # which texts have a run of words, and whether a saint's st precedes it there
    for text in texts:
        words = text.split()
        for size in range(1, min(longest + 1, len(words)) + 1):
            for at in range(len(words) - size + 1):
                run, before = words[at : at + size], words[at - 1] if at else ""
                if before in _ANOTHER or (before == "st" and at == 1):
                    continue
                # A last "st" of a run is a street: "park st multi storey".
                named = " ".join([*run[:-1], "street"] if size > 1 and run[-1] == "st" else run)
                held = runs.setdefault(named, {})
                held[text] = before == "st" and held.get(text, True)
    best: dict[str, dict[int, float]] = {}
    phrases = list(runs)
    for start in range(0, len(phrases) if names else 0, _BLOCK):
        block = phrases[start : start + _BLOCK]
        found = process.cdist(block, names, scorer=fuzz.ratio, score_cutoff=cutoff, dtype=np.float32)
        for at, column in zip(*np.nonzero(found), strict=True):
            score = float(found[at, column])
            # A slip of the pen rarely takes the first letter: Hill Street is not Mill Street.
            if score < 100 and block[at][0] != names[column][0]:
                continue
            for text, saint in runs[block[at]].items():
                if saint and score < 100:  # spelt alike, and another's: St John's Street is not John Street
                    continue
                scored = best.setdefault(text, {})
                scored[int(column)] = max(score, scored.get(int(column), 0.0))
    return {text: [(score, column) for column, score in scored.items()] for text, scored in best.items()}


def _row(
    text: str, words: str, scores: Sequence[tuple[float, int]], keys: list[tuple[str, int]], gazetteer: Gazetteer
) -> tuple[Any, ...]:
    nowhere = ("", np.nan, np.nan, np.nan, np.nan)
    if not words:
        return text, "blank", *nowhere, ""
    if gazetteer.resolved and words in gazetteer.resolved:
        name, easting, northing, uncertainty_m = gazetteer.resolved[words]
        return text, "resolved", name, 100.0, easting, northing, uncertainty_m, name
    places = gazetteer.table
    ranked = sorted(scores, key=lambda found: (-found[0], -len(keys[found[1]][0]), found[1]))
    shown = "; ".join(f"{places['name'].iloc[keys[key][1]]} ({score:.0f})" for score, key in ranked[:3])
    fitting = _distinct([found for found in ranked if found[0] >= gazetteer.threshold], keys)
    if not fitting:
        return text, "unmatched", *nowhere, shown
    chosen = _one_of(fitting, keys, places)
    score = fitting[0][0]
    if chosen is None:
        return text, "ambiguous", "", score, np.nan, np.nan, np.nan, shown
    place = places.iloc[chosen]
    uncertainty_m = float(place["uncertainty_m"]) + (_NEAR_M if _VAGUE & set(words.split()) else 0.0)
    name = str(place["name"])
    elsewhere = _is_elsewhere(text, words, [keys[key][0] for _, key in fitting], gazetteer.elsewhere)
    if elsewhere or uncertainty_m > gazetteer.largest_uncertainty_m:
        return text, "elsewhere" if elsewhere else "vague", name, score, np.nan, np.nan, np.nan, shown
    return text, "matched", name, score, float(place["easting"]), float(place["northing"]), uncertainty_m, shown


def _is_elsewhere(text: str, words: str, names: Sequence[str], elsewhere: frozenset[str]) -> bool:
    """
    Whether a text says that it is in another place: after a comma or in brackets, as its last words, as its first ones
    right before the name, or after "in" or "at". A road to a place, or named after one, is no sign of it.
    """
    if not elsewhere:
        return False
    bare = _without_address(words)
    parts = [_without_address(normal(part)) for part in re.split(r"[,;()]|\s-\s", text)]
    if len(parts) > 1 and any(part in elsewhere for part in parts):
        return True
    tokens = bare.split()
    for size in range(1, min(_LONGEST_TOWN, len(tokens) - 1) + 1):
        last, before = " ".join(tokens[-size:]), tokens[-size - 1]
        if last in elsewhere and before not in _ON_THE_WAY:
            return True
        first, rest = " ".join(tokens[:size]), " ".join(tokens[size:])
        if first in elsewhere and any(f"{rest} ".startswith(f"{name} ") for name in names):
            return True
        for at in range(1, len(tokens) - size):
            inside, after = " ".join(tokens[at : at + size]), tokens[at + size]
            if inside in elsewhere and tokens[at - 1] in {"in", "at"} and after not in _KINDS_OF_STREET:
                return True
    return False


def _without_address(words: str) -> str:
    """Words without a postcode, a county or the country at their end."""
    return _ADDRESS_END.sub("", words).strip()


_LONGEST_TOWN = 5  # words: Ashby de la Zouch, and one more for a name of one's own
_ON_THE_WAY = frozenset({"to", "towards", "toward", "from", "for", "via", "of", "the", "than", "like"})
_KINDS_OF_STREET = frozenset(
    {
        "street", "road", "avenue", "lane", "close", "way", "drive", "court", "gardens", "place", "terrace", "grove",
        "square", "hill", "house", "park", "green", "station", "walk", "crescent", "row", "arms", "gate",
    }
)  # fmt: skip
_ADDRESS_END = re.compile(
    r"(?:\s+(?:[a-z]{1,2}\d[a-z\d]?(?:\s*\d[a-z]{2})?|cambs|herts|beds|bucks|berks|essex|kent|norfolk|suffolk|"
    r"lincs|northants|leics|notts|derbys|staffs|warks|worcs|glos|oxon|wilts|hants|sussex|surrey|somerset|devon|cornwall|"
    r"dorset|lancs|yorks|cheshire|cumbria|shropshire|uk|england|wales))+$"
)


def _distinct(fitting: list[tuple[float, int]], keys: list[tuple[str, int]]) -> list[tuple[float, int]]:
    """The names that fit, without those that are a part of a longer one: Mill Road is a part of Mill Road bridge."""
    kept: list[tuple[float, int]] = []
    for score, key in fitting:
        words = f" {keys[key][0]} "
        within = any(words in f" {keys[other][0]} " and keys[other][0] != keys[key][0] for _, other in kept)
        if not within:
            kept.append((score, key))
    return kept


def _one_of(fitting: list[tuple[float, int]], keys: list[tuple[str, int]], places: pd.DataFrame) -> int | None:
    """
    The row that a text means, of those that fit equally well; None where they contradict each other.

    Of places of one name, it is the one that reaches all the others (a road, and its two ends). Of several names, as
    of a junction, it is the least uncertain, if they all lie within each other's reach.
    """
    equal = [key for score, key in fitting if score >= fitting[0][0] - _TIE]
    chosen = []
    for name in dict.fromkeys(keys[key][0] for key in equal):
        rows = sorted({keys[key][1] for key in equal if keys[key][0] == name})
        row = reaching_all(places, rows)
        if row is None:
            return None
        chosen.append(row)
    best = min(chosen, key=lambda row: (float(places["uncertainty_m"].iloc[row]), row))
    reach = places["uncertainty_m"].iloc[chosen].to_numpy(dtype=np.float64) + float(places["uncertainty_m"].iloc[best])
    return best if (_away(places, best, chosen) <= reach).all() else None


def reaching_all(places: pd.DataFrame, rows: Sequence[int]) -> int | None:
    """Of places of one name, the row of the most certain one that reaches all the others; None where they lie apart."""
    held = list(rows)
    reaching = [row for row in held if (_away(places, row, held) <= places["uncertainty_m"].iloc[row]).all()]
    return min(reaching, key=lambda row: (float(places["uncertainty_m"].iloc[row]), row), default=None)


def _away(places: pd.DataFrame, row: int, others: list[int]) -> Any:
    """Metres from one place to each of the others."""
    at, held = places.iloc[row], places.iloc[others]
    east = held["easting"].to_numpy(dtype=np.float64) - float(at["easting"])
    north = held["northing"].to_numpy(dtype=np.float64) - float(at["northing"])
    return np.hypot(east, north)
