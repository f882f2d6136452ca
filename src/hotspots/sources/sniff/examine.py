"""Looking at a supplier's file: from its cells to a proposal."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import Reference
from hotspots.errors import DataRefused, UsageError
from hotspots.periods import Calendar, Period
from hotspots.sources._cells import clean_code, parse_date, parse_written_period, plain
from hotspots.sources._codes import GSS_CODE
from hotspots.sources._crosstab import periods_named
from hotspots.sources.crimes import STREET_COLUMNS
from hotspots.sources.ed_attendances import with_or_without_time
from hotspots.sources.sniff.fields import (
    KINDS,
    MONTH_FORMATS,
    date_formats,
    holds,
    matched,
    month_formats,
)
from hotspots.sources.sniff.marks import blank_notes, mark_findings
from hotspots.sources.sniff.proposal import Finding, Proposal, typed
from hotspots.sources.sniff.table import Table, heading_row
from hotspots.sources.sniff.texts import opened, outside
from hotspots.sources.sniff.vintages import elsewhere_findings, vintage_findings
from hotspots.texts import number_of

CALENDARS: tuple[Calendar, ...] = ("financial", "calendar")
_SHOWN = 10
_OF_A_GROUP = {"date", "period", "area"}  # what is written once above several rows
_POSITIONS = ({"easting", "northing"}, {"longitude", "latitude"}, {"grid_reference"})


def sniff(
    path: Path,
    *,
    kind: str = "",
    source_id: str = "",
    reference: Reference | None = None,
    given: Mapping[str, str] | None = None,
) -> Proposal:
    """
    What a supplier's file seems to be, as the section of an area file with a reason for every setting.

    Parameters
    ----------
    kind
        The kind of source, where somebody knows it; otherwise it is told by the columns.
    source_id
        The id that the source would have; otherwise made of the file's name.
    reference
        The boundaries in use: by their codes the vintage is told.
    given
        Settings that somebody has decided, as TOML values or plain text; they are not examined again.

    Raises
    ------
    FileRefused
        The file cannot be opened as a table.
    UsageError
        The kind is not known, or cannot be told and was not given.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "finds.csv"
    ...     size = file.write_text("Date,Easting,Northing,Needles\\n03/04/2018,545420,258440,3\\n")
    ...     made = sniff(file)
    >>> made.kind, [found.key for found in made.open]
    ('needle_finds', ['date_format', 'covers_from', 'covers_to', 'absent', 'policy'])
    """
    if kind and kind not in KINDS:
        raise UsageError(f"there is no kind {kind!r} of source that can be told from a file; choose {', '.join(KINDS)}")
    chosen: dict[str, Any] = dict(given or {})
    look = outside(path, chosen)
    sheets = next((found for found in look if found.key == "sheet" and found.how == "decide"), None)
    if sheets is not None:
        return _of_sheets(path, sheets, kind=kind, source_id=source_id, reference=reference, given=chosen)
    look = [Finding(f.key, (chosen[f.key],), "given", "sure") if f.key in chosen else f for f in look]
    sheet = opened(path, {found.key: found.options[0] for found in look})
    table = Table(sheet, top=heading_row(sheet), named=_list_of(chosen.get("headings")))
    kind = kind or _kind(table)
    columns, layout = _columns(kind, table)
    findings = [
        Finding("id", (source_id or _identifier(path),), "from the file's name", "sure"),
        Finding("kind", (kind,), "by its columns", "sure"),
        Finding("path", (path.name,), "relative to the area file", "sure"),
        *look,
        *_headings(table, columns),
        *layout,
        *_areas(kind, table, columns, reference),
        *_dates(kind, table, columns),
        *(mark_findings(_counted(table, columns)) if kind == "callouts" else ()),
        Finding("policy", ("controlled", "health", "open"), "what the sharing agreement says", "decide"),
    ]
    rows = _preview(table, columns, findings)
    proposal = Proposal(path.name, kind, tuple(findings), _named(columns), rows, _notes(table, kind, columns))
    return proposal.decided(chosen)


def _of_sheets(path: Path, sheets: Finding, *, given: dict[str, Any], **options: Any) -> Proposal:
    """The proposal of the one sheet of a workbook that is a source; several or none are for somebody to choose from."""
    made = {}
    for name in sheets.options:
        try:
            made[name] = sniff(path, given={**given, "sheet": name}, **options)
        except (UsageError, DataRefused):
            continue
    if len(made) != 1:
        which = ", ".join(made) or "none of them tells what it is"
        raise UsageError(f"{path.name}: {sheets.why} ({', '.join(sheets.options)}; {which}): give --set sheet=NAME")
    name, proposal = next(iter(made.items()))
    chosen = Finding("sheet", (name,), f"of {len(sheets.options)} sheets the only one that is a source", "confirm")
    findings = tuple(chosen if found.key == "sheet" else found for found in proposal.findings)
    return replace(proposal, findings=findings)


def _list_of(given: Any) -> list[str]:
    """Headings as they were given: a list, as text or not; nothing where they are no list of names."""
    names = typed(given) if isinstance(given, str) else given
    return list(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else []


def _kind(table: Table) -> str:
    if set(STREET_COLUMNS.values()) <= set(table.headings):
        return "crimes"
    if _crosstab(table):
        return "callouts"
    full: dict[str, int] = {}
    for kind, fields in KINDS.items():
        found = matched(kind, table.headings, table.columns)
        needed = {field.key for field in fields if field.needed}
        if kind == "callouts" and "date" in found:
            needed -= {"period", "count"}
        if fields and needed <= set(found):
            full[kind] = len(found) + sum(field.needed for field in fields if field.key in found)
    best = sorted(full, key=lambda kind: -full[kind])
    if not best or (len(best) > 1 and full[best[0]] == full[best[1]]):
        seen = ", ".join(repr(heading) for heading in table.headings[:20])
        could = f"it could be {' or '.join(best)}" if best else "its columns are those of no kind of source"
        raise UsageError(f"{table.sheet.file.name}: {could}; say which with --kind. The columns are {seen}")
    return best[0]


def _crosstab(table: Table) -> dict[int, Any]:
    """The columns that name periods, where two or more do and the cells under them are counts."""
    if table.top < 0:
        return {}
    for form, calendar in product((None, *MONTH_FORMATS), CALENDARS):
        found = periods_named(table.sheet, table.top, calendar, form)
        held = {at: period for at, period in found.items() if at < len(table.columns)}
        counts = {at: period for at, period in held.items() if holds("count", table.columns[at])}
        if len(counts) > 1:
            return counts
    return {}


def _columns(kind: str, table: Table) -> tuple[dict[str, str], list[Finding]]:
    if kind == "crimes":
        return {}, []
    if kind == "callouts" and _crosstab(table):
        first = min(_crosstab(table))
        before = zip(table.headings[:first], table.columns, strict=False)
        areas = [heading for heading, cells in before if heading and holds("area", cells)]
        coded = [heading for heading in areas if holds("code", table.cells(heading))]
        found = {"area": (coded or areas)[0]} if areas else {}
        why = f"{len(_crosstab(table))} columns are named by periods"
        return found, [Finding("layout", ("crosstab",), why, "sure")]
    found = matched(kind, table.headings, table.columns)
    if kind == "callouts" and "count" not in found and "date" in found:
        return found, [Finding("layout", ("calls",), "a date and no count: one row a call", "confirm")]
    return found, [Finding("layout", ("long",), "one row a count", "sure")] if kind == "callouts" else []


def _headings(table: Table, columns: Mapping[str, str]) -> Iterable[Finding]:
    if table.top < 0:
        why = "the first row holds values: the columns have no headings; these are by what they hold"
        yield Finding("headings", (table.headings,), why, "confirm")
    if _crosstab(table):
        return
    filled = {key: _share_filled(table.cells(heading)) for key, heading in columns.items() if heading}
    merged = [columns[key] for key, share in filled.items() if 0.1 <= share <= 0.6]
    # Where most groups are of one row, as dates of finds are: rows without a date look the same.
    perhaps = [columns[key] for key, share in filled.items() if key in _OF_A_GROUP and 0.6 < share <= 0.9]
    if merged:
        yield Finding("fill_down", (merged,), "blank below a value again and again: merged cells?", "confirm")
    elif perhaps:
        why = "blank below a value here and there: merged cells, or rows that lack it?"
        yield Finding("fill_down", (perhaps, []), why, "decide")


def _share_filled(cells: Sequence[str]) -> float:
    """The share of a column's cells that hold something; none where it does not begin with one, or is too short."""
    filled = [bool(plain(cell)) for cell in cells]
    return sum(filled) / len(filled) if len(cells) > 3 and filled[0] else 0.0


def _areas(kind: str, table: Table, columns: Mapping[str, str], reference: Reference | None) -> Iterable[Finding]:
    heading = "LSOA code" if kind == "crimes" else columns.get("area", "")
    if kind not in {"callouts", "population", "crimes"} or heading not in table.headings:
        return
    codes = {clean_code(cell) for cell in table.cells(heading)} - {""}
    gss = {code for code in codes if GSS_CODE.fullmatch(code)}
    if kind == "callouts" and len(gss) * 2 < len(codes):
        yield Finding("area_by", ("name",), "the areas are given by name", "confirm")
    if kind == "callouts" and gss:
        wards = sum(code[1:3] in {"05"} for code in gss) * 2 > len(gss)
        yield Finding("resolution", ("ward" if wards else "lsoa",), "by the codes", "sure")
    known = reference.known_codes if reference is not None else {}
    rows = zip(map(clean_code, table.cells(heading)), _period_of_rows(kind, table, columns), strict=True)
    yield from vintage_findings([row for row in rows if row[0] in gss], known)
    yield from elsewhere_findings(gss, known) if kind == "callouts" else ()


def _period_of_rows(kind: str, table: Table, columns: Mapping[str, str]) -> list[Period | None]:
    """The period of each row of counts; none where rows have several, or a date."""
    heading = columns.get("period", "")
    if kind != "callouts" or not heading or _crosstab(table):
        return [None] * len(table.rows)
    form = next(iter(_month_formats(sorted(set(_period_cells(kind, table, columns))))), None)
    found = {cell: _period(cell, form) for cell in set(map(plain, table.cells(heading)))}
    return [found[plain(cell)] for cell in table.cells(heading)]


def _dates(kind: str, table: Table, columns: Mapping[str, str]) -> Iterable[Finding]:
    days: list[date] = []
    heading = _date_heading(columns)
    periods = _periods(kind, table, columns)
    if periods:
        yield from _months(kind, table, columns)
        days = [day for period in periods for day in (period.start, period.end)]
        if any(re.search(r" Q[1-4]$", period.label) for period in periods):
            named = any(re.search(r"[0-9]{4}/[0-9]{2}", cell) for cell in _around(table, columns))
            both = ("financial", "calendar")
            yield Finding("calendar", both[:1] if named else both, "what Q1 means", "sure" if named else "decide")
    elif heading:
        formats = date_formats(table.cells(heading))
        example = next((plain(cell) for cell in table.cells(heading) if plain(cell)), "")
        why = f"{example[:30]!r} and the other dates are read by it"
        yield Finding("date_format", tuple(formats), why, "sure" if len(formats) == 1 else "decide")
        parsed = [parse_date(cell, formats[0], None) for cell in table.cells(heading)] if len(formats) == 1 else []
        days = [day for day in parsed if isinstance(day, date)]
    for key, end in (("covers_from", min), ("covers_to", max)):
        why = f"{'what' if days else 'no dates could be told;'} the source covers is for its owner to say"
        why = f"the {'first' if end is min else 'last'} day in the file; {why}" if days else why
        yield Finding(key, (end(days),) if days else (), why, "confirm" if days else "decide")
    if kind in {"needle_finds", "crimes", "ed_attendances"}:
        yield Finding("absent", ("zero",), "an area or period without a record had none: is it so?", "decide")
    elif kind not in {"population", "premises"}:
        yield Finding("absent", ("zero", "unknown"), "what an area or period without a row means", "decide")


def _date_heading(columns: Mapping[str, str]) -> str:
    return columns.get("arrival") or columns.get("date") or columns.get("opened", "")


def _periods(kind: str, table: Table, columns: Mapping[str, str]) -> list[Period]:
    """The periods that headings or cells name: financial years where they are, otherwise calendar ones."""
    if kind == "callouts" and _crosstab(table):
        return list(_crosstab(table).values())
    cells = sorted(set(_period_cells(kind, table, columns)))
    form = next(iter(_month_formats(cells)), None)
    return [period for cell in cells if (period := _period(cell, form)) is not None]


def _period_cells(kind: str, table: Table, columns: Mapping[str, str]) -> list[str]:
    if kind == "callouts" and _crosstab(table):
        return [table.headings[at] for at in _crosstab(table)]
    heading = "Month" if kind == "crimes" else columns.get("period", "")
    # Every period has a figure in it; a "Total" below the months has none.
    return [cell for cell in map(plain, table.cells(heading)) if re.search(r"[0-9]", cell)] if heading else []


def _month_formats(cells: Sequence[str]) -> list[str]:
    """How the months are written, where not in a way that is read without being told."""
    return [] if any(_period(cell) for cell in cells) else month_formats(cells)


def _months(kind: str, table: Table, columns: Mapping[str, str]) -> Iterable[Finding]:
    cells = _period_cells(kind, table, columns)
    forms = _month_formats(cells)
    if forms and kind == "callouts":
        why = f"{cells[0][:30]!r} and the other periods are months by it"
        yield Finding("month_format", tuple(forms), why, "confirm" if len(forms) == 1 else "decide")


def _period(cell: str, month_format: str | None = None) -> Period | None:
    for calendar in CALENDARS:
        try:
            return parse_written_period(cell, calendar, month_format)
        except DataRefused:
            continue
    return None


def _around(table: Table, columns: Mapping[str, str]) -> Iterable[str]:
    """The cells that say which years are meant: those of the headings and above, and of a column of periods."""
    yield from (cell for row in table.sheet.rows[: table.top + 1] for cell in row)
    yield from table.cells(columns["period"]) if columns.get("period") else ()


def _counted(table: Table, columns: Mapping[str, str]) -> list[str]:
    """The cells that hold counts: under the periods of a crosstab, and in a column of counts."""
    cells = [cell for at in _crosstab(table) for cell in table.columns[at]]
    return cells + (table.cells(columns["count"]) if columns.get("count") else [])


def _named(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns as the area file has them; of several kinds of position the first, in the order they are trusted."""
    held = [scheme for scheme in _POSITIONS if scheme <= set(columns)]
    drop = set().union(*_POSITIONS) - (held[0] if held else set())
    return {key: heading for key, heading in columns.items() if key not in drop}


def _preview(table: Table, columns: Mapping[str, str], findings: Iterable[Finding]) -> pd.DataFrame:
    """Ten rows under our names; days as they would be read, once it is sure how they are written."""
    if not columns or _crosstab(table):
        shown = [[plain(cell)[:30] for cell in row[:8]] for row in table.rows[:_SHOWN]]
        return pd.DataFrame(shown, columns=table.headings[: len(shown[0])] if shown else None)
    rows = {
        key: [plain(cell)[:30] for cell in table.cells(heading)[:_SHOWN]] for key, heading in _named(columns).items()
    }
    form = next((str(f.options[0]) for f in findings if f.key == "date_format" and f.how == "sure"), "")
    for key in ("date", "arrival", "incident_date", "opened"):
        forms = with_or_without_time(form) if key == "incident_date" else (form,)
        if form and key in rows:
            rows[key] = [_read_day(cell, forms) for cell in rows[key]]
    return pd.DataFrame(rows)


def _read_day(cell: str, forms: Iterable[str]) -> str:
    read = (parse_date(cell, form, None) for form in forms)
    day = next((found for found in read if isinstance(found, date)), None)
    return f"rejected: {cell}" if day is None else day.isoformat()


def _notes(table: Table, kind: str, columns: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    if table.top > 0:
        above = number_of(table.top, "row stands", "rows stand")
        notes.append(f"{above} above the headings (line {table.sheet.lines[table.top]})")
    if table.odd:
        one = "row below the headings holds one cell: a note? It would be rejected and counted"
        more = "rows below the headings hold one cell: notes? They would be rejected and counted"
        notes.append(number_of(table.odd, one, more))
    notes += blank_notes(_counted(table, columns)) if kind == "callouts" else []
    unused = [heading for heading in table.headings if heading and heading not in columns.values()]
    if unused and kind != "crimes" and not _crosstab(table):
        notes.append(f"columns that would not be read: {', '.join(unused[:20])}")
    missing = [f.key for f in KINDS[kind] if f.needed and f.key not in columns and not _crosstab(table)]
    if missing:
        notes.append(f"no column was found for {', '.join(missing)}: name its heading under [sources.columns]")
    return tuple(notes)


def _identifier(path: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.casefold()).strip("-")
    return (name if name[:1].isalpha() else f"source-{name}")[:40].strip("-") or "source"
