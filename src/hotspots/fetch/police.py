"""The police data API: every crime of an area and month, as a street file like those of the archive.

What it does: the area is a POST of latitude-first pairs; more than 10,000 crimes are answered with 503 and no crime at
all, so the area is split; too many requests are answered with 429; coordinates are strings; no LSOA is stated.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots import crs
from hotspots.areas import Areas
from hotspots.errors import DataRefused, FetchError
from hotspots.fetch.client import Client
from hotspots.joins import locate
from hotspots.sources.crimes import PUBLISHED
from hotspots.sources.street_files import street_name
from hotspots.staging import staged
from hotspots.tables import points_from_frame

Progress = Callable[[str], None]

FORCE = "api"
RECORD = "api.json"
ATTRIBUTION = "Contains public sector information licensed under the Open Government Licence v3.0."
# Crimes are moved to snap points, some of them just outside the area; the outline may be coarse if it holds the area.
_MARGIN_M, _TOLERANCE_M = 50.0, 25.0
_SMALLEST_KM2 = 0.01
# A sliver left by a cut is no polygon in six digits; all of it is near the outline, outside of the area itself.
_SLIVER_M2 = 1.0
_DIGITS = 6
_TOO_MANY, _NOT_HELD = 503, 404

_TYPES = {
    "anti-social-behaviour": "Anti-social behaviour",
    "bicycle-theft": "Bicycle theft",
    "burglary": "Burglary",
    "criminal-damage-arson": "Criminal damage and arson",
    "drugs": "Drugs",
    "other-crime": "Other crime",
    "other-theft": "Other theft",
    "possession-of-weapons": "Possession of weapons",
    "public-order": "Public order",
    "robbery": "Robbery",
    "shoplifting": "Shoplifting",
    "theft-from-the-person": "Theft from the person",
    "vehicle-crime": "Vehicle crime",
    "violent-crime": "Violence and sexual offences",
}


@dataclass(frozen=True)
class FetchedMonth:
    """One month: rows received, those seen again where pieces meet, and those outside the area."""

    month: str
    received: int
    repeated: int
    written: int
    outside: int
    pieces: int
    sha256: str


def fetch_street_crimes(
    client: Client,
    base: str,
    *,
    lsoas: Areas,
    months: Sequence[str],
    folder: Path,
    replace: bool = False,
    progress: Progress = lambda _: None,
) -> tuple[tuple[FetchedMonth, ...], tuple[str, ...]]:
    """
    Write ``YYYY-MM-api-street.csv`` for every month, and say which months the API does not hold.

    The LSOA of a row is the one that holds its snap point: the API states none. A month that is there already is not
    asked for again unless ``replace``; each month appears whole or not at all, and ``api.json`` says what each was.

    Raises
    ------
    DataRefused
        The folder holds a bulk file of a month: it would be counted twice.
    FetchError
        The service fails, or answers with what no crime is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outline = shapely.union_all(lsoas.geometry).buffer(_MARGIN_M).simplify(_TOLERANCE_M)
    made, missing = [], []
    for month in months:
        target = folder / f"{month}-{FORCE}-street.csv"
        _refuse_bulk_file(folder, month)
        if target.exists() and not replace:
            continue
        progress(f"crimes of {month}")
        crimes, repeated, pieces = _crimes_of(client, base, outline, month)
        if not crimes:
            missing.append(month)
            continue
        text, outside = _street_text(crimes, lsoas)
        digest = sha256(text.encode()).hexdigest()
        received = len(crimes) + repeated
        made.append(FetchedMonth(month, received, repeated, len(crimes), outside, pieces, digest))
        # Recorded before it is there: what is killed in between is asked for again, and never there without its record.
        _record(folder / RECORD, made[-1], base=base)
        with staged(target) as stage:
            stage.write_bytes(text.encode())
    return tuple(made), tuple(missing)


def _refuse_bulk_file(folder: Path, month: str) -> None:
    for path in sorted(folder.glob(f"{month}-*-street.csv")):
        found = street_name(path.name)
        if found and found["force"] != FORCE:
            raise DataRefused(f"{folder.name}/{path.name} holds {month} already: its crimes would be counted twice")


def _crimes_of(client: Client, base: str, outline: Any, month: str) -> tuple[list[dict[str, Any]], int, int]:
    """The crimes of a month, each once, sorted by identifier; how many came twice; how many pieces were asked for."""
    found: dict[int, dict[str, Any]] = {}
    received = pieces = lacking = 0
    for answer in _answers(client, base, outline, month):
        if answer is None:
            lacking += 1
            continue
        pieces += 1
        received += len(answer)
        for crime in answer:
            found[_checked(crime, month)] = crime
    if lacking and found:
        raise FetchError(f"crimes of {month}: {pieces} pieces of the area were answered, {lacking} were 'not found'")
    return [found[number] for number in sorted(found)], received - len(found), pieces


def _answers(client: Client, base: str, area: Any, month: str) -> Iterator[list[dict[str, Any]] | None]:
    """
    The crimes of an area, piece by piece: one that holds too many is halved across its longer side.

    None for a piece of which the API says that it does not hold the month.
    """
    for part in shapely.get_parts(area):
        try:
            answer = client.json(
                f"{base}/crimes-street/all-crime",
                {"date": month, "poly": polygon_text(part)},
                form=True,
                final=frozenset({_TOO_MANY}),
            )
        except FetchError as error:
            if error.status == _NOT_HELD:
                yield None
                continue
            if error.status != _TOO_MANY:
                raise
            if part.area < _SMALLEST_KM2 * 1e6:
                raise FetchError(
                    f"{error}, even for {part.area / 1e6:.3f} km² round {_where(part)}: the service is down", status=503
                ) from error
            for half in halves(part):
                yield from _answers(client, base, half, month)
            continue
        if not isinstance(answer, list):
            raise FetchError(f"crimes of {month}: expected a list, got {str(answer)[:80]}")
        yield answer


def halves(area: Any) -> tuple[Any, Any]:
    """
    The two halves of an area, cut across the longer side of its bounds.

    Examples
    --------
    >>> [half.bounds for half in halves(shapely.box(0, 0, 10, 4))]
    [(0.0, 0.0, 5.0, 4.0), (5.0, 0.0, 10.0, 4.0)]
    """
    west, south, east, north = area.bounds
    if east - west >= north - south:
        middle = (west + east) / 2
        boxes = (shapely.box(west, south, middle, north), shapely.box(middle, south, east, north))
    else:
        middle = (south + north) / 2
        boxes = (shapely.box(west, south, east, middle), shapely.box(west, middle, east, north))
    first, second = (_polygons(shapely.intersection(area, box)) for box in boxes)
    return first, second


def _polygons(shape: Any) -> Any:
    """Only the polygons of a cut: a line along its edge, or a sliver, has no crimes."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.multipolygons(parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) >= _SLIVER_M2)])


def polygon_text(polygon: Any) -> str:
    """
    The outer ring of a polygon (EPSG:27700) as the API takes it: ``latitude,longitude`` pairs, colons between them.

    Examples
    --------
    >>> polygon_text(shapely.box(545000, 258000, 545010, 258010)).split(":")[0]
    '52.201174,0.120484'
    """
    east, north = shapely.get_coordinates(polygon.exterior)[:-1].T
    longitude, latitude = crs.to_wgs84(east, north)
    return ":".join(f"{lat:.{_DIGITS}f},{lon:.{_DIGITS}f}" for lat, lon in zip(latitude, longitude, strict=True))


def _where(part: Any) -> str:
    return polygon_text(part).split(":", maxsplit=1)[0]


def _checked(crime: Any, month: str) -> int:
    """The identifier of a crime, after what is needed of it was looked at."""
    try:
        place = crime["location"]
        position = (float(place["latitude"]), float(place["longitude"]))
        fits = crime["month"] == month and bool(crime["category"]) and np.isfinite(position).all()
        number = int(crime["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise FetchError(f"crimes of {month}: not a crime: {str(crime)[:120]}") from error
    if not fits:
        raise FetchError(f"crimes of {month}: a crime of another month or without a category: {str(crime)[:120]}")
    return number


def _street_text(crimes: list[dict[str, Any]], lsoas: Areas) -> tuple[str, int]:
    """The crimes as the text of a street file, and how many lie outside every LSOA."""
    longitude = [float(crime["location"]["longitude"]) for crime in crimes]
    latitude = [float(crime["location"]["latitude"]) for crime in crimes]
    easting, northing = crs.to_bng(longitude, latitude)
    points = points_from_frame(pd.DataFrame({"easting": easting, "northing": northing}))
    codes = ["" if pd.isna(code) else str(code) for code in locate(points, lsoas).codes]
    written = StringIO(newline="")
    table = csv.writer(written, lineterminator="\n")
    table.writerow(PUBLISHED)
    table.writerows(_row(crime, code, lsoas.names.get(code, "")) for crime, code in zip(crimes, codes, strict=True))
    return written.getvalue(), codes.count("")


def _row(crime: dict[str, Any], code: str, name: str) -> tuple[str, ...]:
    place, outcome = crime["location"], crime.get("outcome_status") or {}
    slug = str(crime["category"])
    kind = _TYPES.get(slug, slug.replace("-", " ").capitalize())
    return (
        str(crime.get("persistent_id") or ""),
        str(crime["month"]),
        "",
        "",
        str(place["longitude"]),
        str(place["latitude"]),
        str((place.get("street") or {}).get("name", "")),
        code,
        name,
        kind,
        str(outcome.get("category") or ""),
        str(crime.get("context") or ""),
    )


def _record(path: Path, month: FetchedMonth, *, base: str) -> None:
    held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"months": {}}
    held |= {
        "source": base,
        "attribution": ATTRIBUTION,
        "lsoa": "located from the snap point: the API states none",
    }
    held["months"][month.month] = asdict(month)
    held["months"] = dict(sorted(held["months"].items()))
    with staged(path) as stage:
        stage.write_text(json.dumps(held, indent=2) + "\n", encoding="utf-8", newline="\n")
