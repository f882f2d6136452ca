"""The ArcGIS REST interface: a layer's description, counts, and all of its rows, page after page.

What its servers do: errors come inside HTTP 200; no more than ``maxRecordCount`` rows are sent whatever is asked for;
that there are more is said at the top of the answer, or in ``properties`` of GeoJSON, or both; field names change case.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hotspots.errors import AnswerError, CrsError, FetchError, UnreachableError
from hotspots.fetch.client import Client, Problem
from hotspots.fetch.kept import Kept

Progress = Callable[[str], None]
Used = TypeVar("Used")

CODES_AT_ONCE = 80  # addresses longer than 2,048 letters are refused by some servers, cut by some proxies
_PAGE_ROWS = 1000  # where the description does not say
_CODE = re.compile(r"^[A-Za-z0-9_-]{1,20}$")


@dataclass(frozen=True)
class Layer:
    """A layer or table of a service: its address, fields by name in lower case, and how it is to be asked."""

    service: str
    url: str
    fields: dict[str, str]
    object_id: str
    page_rows: int
    form: str
    state: str = field(repr=False)

    def column(self, name: str) -> str:
        """The field of a name, in the layer's own spelling; ``FetchError`` lists the fields there are."""
        if name.lower() not in self.fields:
            raise FetchError(f"{self.service}: there is no field {name}; it has {', '.join(self.fields.values())}")
        return self.fields[name.lower()]


def first_that_serves(
    client: Client, base: str, services: Sequence[str], use: Callable[[Layer], Used], *, kept: Kept
) -> Used:
    """
    What ``use`` makes of the first of several services that is there and sends what can be right.

    What was interrupted leaves its answers in ``kept``; where an answer was refused, none is used again.

    Raises
    ------
    UnreachableError
        Nothing answers at the address at all.
    FetchError
        None of the services can be used; the message gives each one's reason.
    """
    reasons = []
    for service in services:
        try:
            return use(describe(client, base, service))
        except UnreachableError:
            raise
        except (FetchError, CrsError) as error:
            reasons.append(str(error))
            if isinstance(error, (AnswerError, CrsError)):
                kept.forget()
    raise FetchError(
        "no service could be used: "
        + "; ".join(reasons)
        + ". Services are renamed now and then: name the new one in a "
        "catalogue of your own ([fetch] catalogue), or download the file and use it with --from"
    )


def describe(client: Client, base: str, service: str) -> Layer:
    """A service's layer (``name`` is layer 0, ``name/3`` layer 3) as its server describes it."""
    name, _, number = service.partition("/")
    url = f"{base}/{name}/FeatureServer/{number or '0'}"
    answer = client.json(url, {"f": "json"}, check=_problem)
    fields = answer.get("fields")
    if (
        not isinstance(fields, list)
        or not fields
        or not all(isinstance(item, dict) and "name" in item for item in fields)
    ):
        raise FetchError(f"{service}: the description lists no fields")
    names = [str(item["name"]) for item in fields]
    forms = str(answer.get("supportedQueryFormats") or "JSON").lower().replace(" ", "").split(",")
    ids = [str(item["name"]) for item in fields if item.get("type") == "esriFieldTypeOID"]
    edited, at_most = answer.get("editingInfo"), answer.get("maxRecordCount")
    return Layer(
        service=service,
        url=url,
        fields={column.lower(): column for column in names},
        object_id=str(answer.get("objectIdField") or (ids[0] if ids else "")),
        page_rows=at_most if isinstance(at_most, int) and at_most > 0 else _PAGE_ROWS,
        # The coordinates as they are kept, in metres; GeoJSON is converted by the server.
        form="json" if "json" in forms else "geojson",
        state=str((edited.get("lastEditDate") if isinstance(edited, dict) else None, names)),
    )


def count(client: Client, layer: Layer, where: str) -> int:
    """How many rows a layer has of ``where``."""
    asked = {"where": where, "returnCountOnly": "true", "f": "json"}
    answer = client.json(f"{layer.url}/query", asked, check=_problem)
    if not isinstance(answer.get("count"), int):
        raise FetchError(f"{layer.service}: asked for a count and got none")
    return int(answer["count"])


def rows(
    client: Client,
    layer: Layer,
    where: str,
    *,
    columns: Sequence[str],
    geometry: bool,
    kept: Kept,
    progress: Progress = lambda _: None,
) -> list[dict[str, Any]]:
    """
    Every row of ``where`` as the server sends it, after its number was compared with the server's own count.

    Raises
    ------
    FetchError
        The server says there is more and sends nothing, sends a row twice, or another number of rows than it counts.
    """
    expected = count(client, layer, where)
    found: list[dict[str, Any]] = []
    more = expected > 0
    while more:
        page = _page(client, layer, where, len(found), columns=columns, geometry=geometry, kept=kept)
        received = page.get("features")
        if not isinstance(received, list) or not all(isinstance(row, dict) for row in received):
            raise AnswerError(f"{layer.service}: an answer without features")
        system = page.get("spatialReference") or page.get("crs")
        found += [{**row, "system": system} for row in received]
        progress(f"{layer.service}: {len(found):,} of {expected:,}")
        more = exceeded(page) or len(found) < expected
        if more and not received:
            raise AnswerError(
                f"{layer.service}: {len(found):,} of {expected:,} rows came, then an empty page; nothing was kept"
            )
        if len(found) > expected:
            raise AnswerError(f"{layer.service}: more rows came than the {expected:,} counted; a page was sent twice?")
    _refuse_repeats(layer, found)
    return found


def exceeded(page: dict[str, Any]) -> bool:
    """
    Whether an answer says that there are more rows, in either of the places where servers say it.

    Examples
    --------
    >>> exceeded({"exceededTransferLimit": True}), exceeded({"properties": {"exceededTransferLimit": True}})
    (True, True)
    >>> exceeded({"properties": {"exceededTransferLimit": False}}), exceeded({})
    (False, False)
    """
    inner = page.get("properties")
    places = (page, inner if isinstance(inner, dict) else {})
    return any(place.get("exceededTransferLimit") is True for place in places)


def of_codes(column: str, codes: Sequence[str]) -> list[str]:
    """
    Conditions that choose rows by code, a hundred codes at a time.

    Examples
    --------
    >>> of_codes("LSOA11CD", ["E01017943", "E01017944"])
    ["LSOA11CD IN ('E01017943','E01017944')"]
    """
    for code in codes:
        if not _CODE.match(code):
            raise FetchError(f"{code[:40]!r} is no area code")
    ordered = sorted(set(codes))
    parts = [ordered[at : at + CODES_AT_ONCE] for at in range(0, len(ordered), CODES_AT_ONCE)]
    return [f"{column} IN ({','.join(repr(code) for code in part)})" for part in parts]


def attributes(row: dict[str, Any]) -> dict[str, Any]:
    """A row's values by field name in lower case, whichever of the two formats it came in."""
    values = row.get("attributes", row.get("properties"))
    if not isinstance(values, dict):
        raise AnswerError("a row without attributes")
    return {str(name).lower(): value for name, value in values.items()}


def _page(
    client: Client, layer: Layer, where: str, offset: int, *, columns: Sequence[str], geometry: bool, kept: Kept
) -> dict[str, Any]:
    own = [layer.column(name) for name in columns]
    wanted = [layer.object_id, *own] if layer.object_id and layer.object_id not in own else own
    asked = {
        "where": where,
        "outFields": ",".join(wanted),
        "returnGeometry": str(geometry).lower(),
        "orderByFields": layer.object_id or own[0],
        "resultOffset": str(offset),
        "resultRecordCount": str(layer.page_rows),
        "f": layer.form,
    }
    if geometry:
        asked["outSR"] = "27700" if layer.form == "json" else "4326"
    question = [layer.url, layer.state, asked]
    answer = kept.answer(question, lambda: client.json(f"{layer.url}/query", asked, check=_problem))
    if not isinstance(answer, dict):
        raise AnswerError(f"{layer.service}: the answer is a {type(answer).__name__}, not an object")
    return answer


def _refuse_repeats(layer: Layer, found: list[dict[str, Any]]) -> None:
    """A server that ignores the offset sends the first page for ever; one whose order changes sends some rows twice."""
    keys = [_identity(row, layer.object_id.lower()) for row in found]
    if len(set(keys)) != len(keys):
        raise AnswerError(f"{layer.service}: the same rows came twice: the server does not honour the offset")


def _identity(row: dict[str, Any], key: str) -> str:
    """A row's number; the whole row where it has none."""
    values = attributes(row)
    number = values.get(key, row.get("id"))
    return json.dumps(row if number is None else number, sort_keys=True)


def _problem(answer: Any) -> Problem | None:
    """The error that an answer holds (with HTTP status 200), and whether it may pass."""
    if not isinstance(answer, dict):
        return f"answered with a {type(answer).__name__}, not an object", False
    error = answer.get("error")
    if error is None:
        return None
    if not isinstance(error, dict):
        return f"answered with an error: {str(error)[:160]}", False
    details = "; ".join(str(detail) for detail in error.get("details") or () if detail)
    code = error.get("code")
    transient = isinstance(code, int) and (code >= 500 or code == 429)
    return f"answered with error {code}: {error.get('message', '')} {details}".strip()[:300], transient
