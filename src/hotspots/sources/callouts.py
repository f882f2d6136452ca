"""Ambulance callouts: counts by area and period, long, across, or one row a call. They never become points."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots.areas import Reference
from hotspots.errors import DataRefused
from hotspots.limits import Limits
from hotspots.periods import Coverage, Period, quarter, span
from hotspots.source_settings import CalloutsSource
from hotspots.sources._cells import (
    Parsed,
    Problem,
    clean_code,
    parse_counts,
    parse_covered_period,
    parse_dates,
    parse_each,
    plain,
)
from hotspots.sources._codes import change_words, codes_elsewhere, parse_codes
from hotspots.sources._crosstab import Printed, is_totals_word, read_crosstab
from hotspots.sources._headed import headed_rows
from hotspots.sources._ledger import Ledger
from hotspots.sources._open import open_sheets
from hotspots.sources._printed_totals import check_totals, printed_totals
from hotspots.sources._vintage import Stretch
from hotspots.tables import Reading
from hotspots.texts import number_of

_KEY = ["area_code", "period", "category"]
_ORDER = ["area_code", "period_start", "period_end", "category"]


def read_callouts(source: CalloutsSource, *, folder: Path, limits: Limits, stretches: Sequence[Stretch]) -> Reading:
    """
    Callouts by area and period, each an interval; suppression marks are intervals and never zero.

    The tally counts rows of a long file, calls of a file with one row a call, and *cells* of a crosstab: a row of an
    area is as many as it has periods, a printed total is one (set aside as ``totals`` once it agrees with the sum), and
    a footnote is one (set aside as ``notes``); titles, headings and blank rows are not counted. Areas and periods that
    the file leaves out are not filled in: what they mean is the source's ``absent``, applied where the table is used.

    ``stretches`` are the parts of what it covers in which its codes are of one vintage, with their areas; mostly one.

    Raises
    ------
    DataRefused
        A printed total disagrees, an area and period is given twice, periods overlap, or areas or periods are left out
        (or, with ``absent = "zero"``, cannot be read) and would pass for zero.
    VintageError
        The codes belong to another vintage.
    """
    if source.layout == "calls":
        return _read_calls(source, folder, limits, stretches)
    ledger, totals = (
        _crosstab_rows(source, folder, limits, stretches[0].reference)
        if source.layout == "crosstab"
        else _long_rows(source, folder, limits)
    )
    _set_blanks_aside(ledger, source, stretches)
    counts, lower, upper = parse_counts(ledger.text("count"), source.suppressed)
    check_totals(totals, lower, upper, source)
    _set_others_aside(ledger, source, stretches)
    before = len(ledger.rows)
    _take_areas(ledger, source, stretches)
    _note_mistyped(ledger, before - len(ledger.rows), source, stretches)
    _take_periods(ledger, source)
    _refuse_across(ledger.rows["of"], stretches)
    ledger.rows = ledger.rows.assign(category=_categories(ledger))
    placed = ledger.rows
    _take_counts(ledger, counts, lower, upper)
    _refuse_repeats(ledger)
    _refuse_overlaps(placed["of"], source)
    _refuse_absent(placed, ledger, stretches)
    _refuse_unread(placed.drop(index=ledger.rows.index), source)
    ledger.rows = ledger.rows.assign(conversion="as supplied")
    return ledger.reading(order=_ORDER)


def _long_rows(source: CalloutsSource, folder: Path, limits: Limits) -> tuple[Ledger, tuple[Printed, ...]]:
    named = source.columns
    columns = {"area": named.area, "count": named.count, "category": named.category}
    if not source.period:
        columns["period"] = named.period
    ledger = headed_rows(source, folder=folder, limits=limits, columns=columns)
    by_area = ledger.text("area").map(lambda cell: is_totals_word(cell, source)).astype(bool)
    category = ledger.text("category").map(lambda cell: is_totals_word(cell, source)).astype(bool)
    # A category "All" is a total only beside others; alone it is the name of the only category.
    by_category = category & ~by_area & bool((~category & ~by_area).any())
    detail = ledger.rows[~by_area & ~by_category]
    totals = [
        *printed_totals(ledger.rows[by_category], detail, keys=["file", "area", "period"]),
        *printed_totals(ledger.rows[by_area & ~category], detail, keys=["file", "period", "category"]),
        *printed_totals(ledger.rows[by_area & category], detail, keys=["file", "period"]),
    ]
    ledger.set_aside(by_area | by_category, "totals")
    return ledger, tuple(totals)


def _crosstab_rows(
    source: CalloutsSource, folder: Path, limits: Limits, reference: Reference
) -> tuple[Ledger, tuple[Printed, ...]]:
    if source.filters:
        raise DataRefused(f"{source.id}: filters need a file with headings; a crosstab has none to filter by")
    sheets = tuple(open_sheets(source, folder=folder, limits=limits))
    found = read_crosstab(sheets, source, reference)
    aside = {"totals": len(found.totals), "notes": found.notes}
    ledger = Ledger(
        found.cells,
        source=source,
        files=tuple(sheet.file for sheet in sheets),
        headings={"area": source.columns.area},
        set_aside={reason: count for reason, count in aside.items() if count},
    )
    if found.ignored:
        ledger.notes.append(f"columns worked out by the supplier were not read: {', '.join(found.ignored)}")
    return ledger, found.totals


def _set_others_aside(ledger: Ledger, source: CalloutsSource, stretches: Sequence[Stretch]) -> None:
    """In a file that is declared to be of a larger area: the rows of areas that are not ours."""
    if not source.elsewhere:
        return
    text, of = ledger.text("area"), _stretch_of(ledger, source, stretches)
    others = pd.Series(data=False, index=text.index)
    for at, stretch in enumerate(stretches):
        others |= codes_elsewhere(
            text[of == at],
            kind=source.resolution,
            vintage=stretch.source.vintage,
            reference=stretch.reference,
            where=_named(source, stretch),
        ).reindex(text.index, fill_value=False)
    ledger.notes += change_words(text.map(clean_code), _first_days(ledger, source), text.index[others])
    ours = frozenset().union(*(stretch.reference.areas(source.resolution).codes for stretch in stretches))
    absent = sorted(ours - set(text.map(clean_code)))
    if absent:
        ledger.notes.append(
            f"{text[others].nunique()} areas of the file are elsewhere, and {len(absent)} of ours (such as "
            f"{absent[0]}) are not in it: are the codes of another vintage?"
        )
    ledger.set_aside(others, "elsewhere")


def _take_areas(ledger: Ledger, source: CalloutsSource, stretches: Sequence[Stretch]) -> None:
    text = ledger.text("area")
    of = _stretch_of(ledger, source, stretches)
    parts = [
        parse_codes(
            text[of == at],
            by=source.area_by,
            kind=source.resolution,
            vintage=stretch.source.vintage,
            reference=stretch.reference,
            where=_named(source, stretch),
        )
        for at, stretch in enumerate(stretches)
    ]
    parsed = Parsed(
        text,
        pd.concat([part.values for part in parts]).reindex(text.index),
        _of_cells(pd.concat([part.problems for part in parts]).sort_index(), ledger.rows),
    )
    tidied = (parsed.values != parsed.text) & parsed.values.notna()
    if source.area_by == "code" and tidied.any():
        tidy = number_of(int(tidied.sum()), "area code was", "area codes were")
        ledger.notes.append(f"{tidy} tidied (spaces, case or a trailing .0)")
    unknown = parsed.problems.index
    if source.resolution == "lsoa" and len(unknown):
        ledger.notes += change_words(text.map(clean_code), _first_days(ledger, source), unknown)
    ledger.take("area_code", parsed, column=source.columns.area)


def _of_cells(problems: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Problems of areas, each with the period of its count where a row has several: equal rejects tell nobody apart."""
    if "heading" not in rows or problems.empty:
        return problems
    return problems.assign(detail=problems["detail"] + "; its count of " + rows["heading"].loc[problems.index])


def _named(source: CalloutsSource, stretch: Stretch) -> str:
    own = stretch.source
    whole = (own.covers_from, own.covers_to) == (source.covers_from, source.covers_to)
    return source.id if whole else f"{source.id} ({own.covers_from} to {own.covers_to})"


def _set_blanks_aside(ledger: Ledger, source: CalloutsSource, stretches: Sequence[Stretch]) -> None:
    """One crosstab of both vintages has rows of codes that there were not yet, or no more: blank, as they should be."""
    if source.layout != "crosstab" or len(stretches) == 1:
        return
    of, codes = _stretch_of(ledger, source, stretches), ledger.text("area").map(clean_code)
    own = [stretch.reference.areas(source.resolution).codes for stretch in stretches]
    foreign = [code not in own[at] and any(code in held for held in own) for at, code in zip(of, codes, strict=True)]
    blank = (ledger.text("count").map(plain) == "").to_numpy(dtype=bool)
    ledger.set_aside(pd.Series(blank & np.array(foreign, dtype=bool)), "blank, of the other vintage")


def _stretch_of(ledger: Ledger, source: CalloutsSource, stretches: Sequence[Stretch]) -> Any:
    """The stretch of each row, as its place among them; -1 where its day cannot be read, for which it is rejected."""
    if len(stretches) == 1:
        return np.zeros(len(ledger.rows), dtype=int)
    days = _first_days(ledger, source)
    after = [(days >= pd.Timestamp(stretch.source.covers_from)).to_numpy(dtype=int) for stretch in stretches[1:]]
    return np.where(days.isna(), -1, np.sum(after, axis=0))


def _first_days(ledger: Ledger, source: CalloutsSource) -> "pd.Series[Any]":
    if source.layout == "calls":
        return pd.to_datetime(parse_dates(ledger.text("date"), source.date_format).values)
    return pd.to_datetime(_parsed_periods(ledger, source).values.map(lambda of: of.start, na_action="ignore"))


def _refuse_across(periods: "pd.Series[Any]", stretches: Sequence[Stretch]) -> None:
    """A period in which the codes change has counts of both vintages, or nobody knows of which."""
    for stretch in stretches[:-1]:
        last = stretch.source.covers_to
        across = sorted(period.label for period in set(periods) if period.start <= last < period.end)
        if across:
            raise DataRefused(
                f"{stretch.source.id}: the codes change after {last} (vintage_until), and {across[0]} holds days "
                "before and after: periods are of one vintage; correct the day, or supply shorter periods"
            )


def _note_mistyped(ledger: Ledger, unknown: int, source: CalloutsSource, stretches: Sequence[Stretch]) -> None:
    """An area whose code was mistyped would pass for one without callouts: say that it may have."""
    ours = frozenset().union(*(stretch.reference.areas(source.resolution).codes for stretch in stretches))
    absent = len(ours - set(ledger.rows["area_code"]))
    if source.coverage.absent == "zero" and unknown and absent:
        without = number_of(absent, "of our areas has no row and counts", "of our areas have no row and count")
        ledger.notes.append(
            f"{number_of(unknown, 'count is of an unknown area and was', 'counts are of unknown areas and were')} "
            f"rejected, while {without} as zero: look for mistyped areas in the rejects"
        )


def _take_periods(ledger: Ledger, source: CalloutsSource) -> None:
    ledger.take("of", _parsed_periods(ledger, source), column=source.columns.period)
    _write_periods(ledger)


def _parsed_periods(ledger: Ledger, source: CalloutsSource) -> Parsed:
    text = ledger.text("period")
    if source.period:
        text = pd.Series(source.period, index=text.index, dtype="str")

    def parse(cell: str) -> Period | Problem:
        return parse_covered_period(cell, source.calendar, source.coverage, source.month_format)

    return parse_each(text, parse, dtype="object")


def _write_periods(ledger: Ledger) -> None:
    periods: list[Period] = ledger.rows["of"].tolist()
    ledger.rows = ledger.rows.assign(
        period=pd.array([period.label for period in periods], dtype="str"),
        period_start=np.array([period.start for period in periods], dtype="datetime64[s]"),
        period_end=np.array([period.end for period in periods], dtype="datetime64[s]"),
    )


def _categories(ledger: Ledger) -> "pd.Series[Any]":
    """The categories, each in the spelling that most rows have: *Assault* of one year is *assault* of the next."""
    words = ledger.text("category").map(lambda cell: plain(cell) or "all").astype("str")
    spelled = words.value_counts().sort_index().sort_values(ascending=False, kind="stable").index
    usual: dict[str, str] = {}
    for word in spelled:
        usual.setdefault(str(word).casefold(), str(word))
    if len(usual) < len(spelled):
        ledger.notes.append(
            f"categories that differ in their capitals only were read as one: {', '.join(usual.values())}"
        )
    return words.map(lambda word: usual[word.casefold()]).astype("str")


def _take_counts(ledger: Ledger, counts: Parsed, lower: "pd.Series[Any]", upper: "pd.Series[Any]") -> None:
    left = ledger.rows.index
    problems = counts.problems[counts.problems.index.isin(left)]
    column = ledger.rows["heading"] if "heading" in ledger.rows else ledger.headings.get("count", "count")
    status = (lower != upper).map({True: "suppressed", False: "ok"})
    ledger.rows = ledger.rows.assign(lower=lower.loc[left], upper=upper.loc[left], status=status.loc[left])
    ledger.reject(problems, values=counts.text, column=column)


def _refuse_repeats(ledger: Ledger) -> None:
    ledger.refuse_duplicates(_KEY, what="the count of", advice="one area, period and category has one count")


def _refuse_overlaps(periods: "pd.Series[Any]", source: CalloutsSource) -> None:
    found: list[Period] = sorted(set(periods))
    for first, second in pairwise(found):
        if second.start <= first.end:
            raise DataRefused(
                f"{source.id}: {first.label} and {second.label} overlap and would be counted twice; give quarters or "
                "years, not both"
            )


def _refuse_absent(placed: pd.DataFrame, ledger: Ledger, stretches: Sequence[Stretch]) -> None:
    """Refuse areas and periods that are left out, until the source declares what that means."""
    source = stretches[0].source
    if source.absent is not None:
        return
    said = [words for stretch in stretches for words in _left_out(placed, stretch)]
    if said:
        if ledger.rejected:  # what could not be read is then the likelier mistake
            said.insert(0, f"rows rejected: {ledger.rejected} ({ledger.first_reject})")
        raise DataRefused(f'{source.id}: {"; ".join(said)}; declare absent = "zero" or "unknown", or supply the rows')


def _left_out(placed: pd.DataFrame, stretch: Stretch) -> list[str]:
    """The areas and periods of a stretch that have no rows, in words."""
    source = stretch.source
    codes = stretch.reference.areas(source.resolution).codes
    placed = placed[np.array([source.coverage.covers(period) for period in placed["of"]], dtype=bool)]
    gaps = [gap.label for gap in _gaps(set(placed["of"]), source.coverage)]
    absent = sorted(codes - set(placed["area_code"]))
    given = set(zip(placed["area_code"], placed["period"], placed["category"], strict=True))
    labels, categories = sorted(set(placed["period"])), sorted(set(placed["category"]))
    missing = [
        f"{code} in {label}" + (f" ({category})" if len(categories) > 1 else "")
        for code in sorted(codes - set(absent))
        for label in labels
        for category in categories
        if (code, label, category) not in given
    ]
    found = [
        (f"{len(absent)} of {len(codes)} areas are absent", absent),
        (f"{len(missing)} areas are absent from one of the periods", missing),
        ("nothing is given for part of the coverage", gaps),
    ]
    return [f"{what} (such as {', '.join(such[:3])})" for what, such in found if such]


def _gaps(periods: set[Period], coverage: Coverage) -> Iterable[Period]:
    """The stretches of the coverage that no period of the file reaches."""
    day = coverage.covers_from
    for period in sorted(periods):
        if day < period.start:
            yield span(day, period.start - timedelta(days=1))
        day = max(day, period.end + timedelta(days=1))
    if day <= coverage.covers_to:
        yield span(day, coverage.covers_to)


def _refuse_unread(unread: pd.DataFrame, source: CalloutsSource) -> None:
    """With ``absent = "zero"`` a cell that could not be read would pass for zero: refuse instead."""
    if source.absent != "zero" or unread.empty:
        return
    first = unread.iloc[0]
    raise DataRefused(
        f"{source.id}: {number_of(len(unread), 'count', 'counts')} could not be read (the first: {first['file']} line "
        f"{first['line']}, "
        f'{first["area_code"]} in {first["period"]}: {plain(first["count"])[:20]!r}), and absent = "zero" would make '
        'them zero; correct them, declare the mark under suppressed, or declare absent = "unknown"'
    )


def _read_calls(source: CalloutsSource, folder: Path, limits: Limits, stretches: Sequence[Stretch]) -> Reading:
    """One row a call, added up by area, category and quarter (of the declared calendar, cut to the coverage)."""
    named = source.columns
    columns = {"area": named.area, "date": named.date, "category": named.category}
    ledger = headed_rows(source, folder=folder, limits=limits, columns=columns)
    ledger.refuse_copies()
    _set_others_aside(ledger, source, stretches)
    _take_areas(ledger, source, stretches)
    ledger.take("date", parse_dates(ledger.text("date"), source.date_format, coverage=source.coverage))
    quarters = ledger.rows["date"].map(lambda day: _quarter_of(day.date(), source))
    ledger.rows = ledger.rows.assign(of=quarters, category=_categories(ledger))
    _write_periods(ledger)
    _refuse_across(ledger.rows["of"], stretches)
    _refuse_absent(ledger.rows, ledger, stretches)
    grouped = ledger.rows.sort_values(["file", "line"], kind="stable").groupby(_KEY, sort=True)
    table = grouped[["period_start", "period_end", "file", "line"]].first()
    table = table.assign(
        lower=grouped.size(), upper=grouped.size(), status="ok", conversion="as supplied"
    ).reset_index()
    return ledger.reading(order=_ORDER, table=table)


def _quarter_of(day: Any, source: CalloutsSource) -> Period:
    ahead = 3 if source.calendar == "financial" else 0
    year, month = (day.year, day.month - ahead) if day.month > ahead else (day.year - 1, day.month - ahead + 12)
    whole = quarter(year, (month - 1) // 3 + 1, calendar=source.calendar)
    if source.coverage.covers(whole):
        return whole
    return span(max(whole.start, source.covers_from), min(whole.end, source.covers_to))
