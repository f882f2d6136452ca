"""Adding to the register of interventions: one row more, checked together with all that are there."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hotspots.disclosure import may_see_premises
from hotspots.errors import DataRefused, DisclosureRefused, UsageError
from hotspots.inbox.receiving import Received, may_register, one_at_a_time, take_in
from hotspots.settings import Area, Role, load_area
from hotspots.source_settings import InterventionsSource
from hotspots.spreadsheet import is_formula

_LONGEST_CELL = 20_000


def add_intervention(area_file: Path, row: Mapping[str, str], *, role: Role) -> Received:
    """
    Add one intervention to the register that the area file names.

    ``row`` has the columns of the table ``interventions`` as text: days as 2018-04-01, blank where there is nothing. An
    identifier is minted where it brings none.

    Raises
    ------
    DisclosureRefused
        The role may not register work, or not at premises.
    UsageError
        The area file names no register, or the row has a column that a register has not.
    DataRefused
        The row is not right: the message says which cell, and why. The register is as it was.
    """
    if not may_register(role):
        raise DisclosureRefused("work is registered by the working group, licensing and analysts")
    at_premises = any(str(row.get(name, "")).strip().startswith("premises:") for name in ("place", "comparison"))
    if at_premises and not may_see_premises(role):
        raise DisclosureRefused("work at premises is registered by licensing and analysts")
    area = load_area(area_file)
    source = _source(area)
    name = PurePosixPath(source.path).name
    with one_at_a_time(area):  # from the reading of the old rows to the writing of all: none is lost
        path = area.folder / source.path
        before = path.read_bytes() if path.is_file() else b""
        identifier = row.get("intervention_id") or next_identifier(
            re.findall(r"IV\d+", before.decode("utf-8", "ignore"))
        )
        content = _with_row(before, source, {**row, "intervention_id": identifier}, name=name)
        received = take_in(area_file, area, source, content, name=name, role=role, all_rows=True)
    return replace(received, identifier=identifier)


def next_identifier(identifiers: Iterable[str]) -> str:
    """
    An identifier that is not taken, in the manner of those that are.

    Examples
    --------
    >>> next_identifier(["IV001", "IV009"]), next_identifier([])
    ('IV010', 'IV001')
    """
    numbers = [int(found[1]) for name in identifiers if (found := re.fullmatch(r"IV(\d{1,6})", name))]
    return f"IV{max(numbers, default=0) + 1:03d}"


def _source(area: Area) -> InterventionsSource:
    source = area.source("interventions")
    if source is None:
        raise UsageError('the area file names no register: add a [[sources]] with kind = "interventions"')
    if source.format != "csv":
        raise UsageError("rows can be added to a register that is a CSV; this one is a workbook: edit it in Excel")
    return source  # type: ignore[no-any-return]


def _with_row(before: bytes, source: InterventionsSource, row: Mapping[str, str], *, name: str) -> bytes:
    headings = {heading: column for column, heading in source.columns.model_dump().items()}
    before = before or (",".join(headings) + "\n").encode()
    unknown = sorted(set(row) - set(headings.values()))
    if unknown:
        raise UsageError(f"a register has no column {', '.join(unknown)}; it has {', '.join(headings.values())}")
    for column, text in row.items():
        if is_formula(str(text)):
            raise DataRefused(f"{column}: {str(text)[:40]!r} begins as a formula would; begin with a letter or a digit")
        if len(str(text)) > _LONGEST_CELL:
            raise DataRefused(f"{column}: longer than {_LONGEST_CELL:,} characters; say it in fewer words")
    try:
        first = next(csv.reader(io.StringIO(before.decode("utf-8-sig").split("\n", 1)[0])))
    except (UnicodeDecodeError, StopIteration, csv.Error) as error:
        raise DataRefused(f"{name}: the first line is not the register's headings in UTF-8") from error
    ordered = [str(row.get(headings.get(heading.strip(), ""), "")).strip() for heading in first]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(ordered)
    gap = b"" if before.endswith(b"\n") else b"\n"
    return before + gap + out.getvalue().encode()
