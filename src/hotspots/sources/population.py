"""Residents by LSOA: the denominator of rates."""

import re
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import Reference
from hotspots.errors import VintageError
from hotspots.limits import Limits
from hotspots.source_settings import PopulationSource
from hotspots.sources._cells import Problem, clean_code, parse_counts, parse_each, plain
from hotspots.sources._codes import GSS_CODE, check_stated_vintage
from hotspots.sources._headed import headed_rows
from hotspots.tables import Reading

_LSOA = re.compile(r"(?<![A-Z0-9])[EW]01[0-9]{6}(?![A-Z0-9])")


def codes_in(cell: str) -> list[str]:
    """
    The LSOA codes in a cell, which may hold the name of the area beside it.

    Examples
    --------
    >>> codes_in("E01017943 : Cambridge 006A"), codes_in(" w01000001"), codes_in("E06000014")
    (['E01017943'], ['W01000001'], [])
    """
    return _LSOA.findall(plain(cell).upper())


def _code(cell: str) -> str:
    """The one code that a cell holds, alone or beside a name; what holds none or several, as it is."""
    found = codes_in(cell)
    return found[0] if len(found) == 1 else clean_code(cell)


def _check_vintage(
    codes: "pd.Series[Any]", files: "pd.Series[Any]", *, source: PopulationSource, reference: Reference
) -> None:
    """Residents are estimates of a day, never converted while they are read: the message says how to do it before."""
    try:
        check_stated_vintage(codes, files, vintage=source.vintage, reference=reference, source_id=source.id)
    except VintageError as error:
        ours = reference.areas("lsoa").code_vintage
        theirs = source.vintage if source.vintage != ours else {"2011": "2021", "2021": "2011"}.get(ours, "YEAR")
        raise VintageError(
            f"{error}. Take the residents of LSOA {ours}, or convert the table (CSV) and give the new one: hotspots "
            f"boundaries convert FILE.csv --from {theirs} --into {ours} --to NEW.csv --lookup LOOKUP.csv"
        ) from error


def read_population(source: PopulationSource, *, folder: Path, limits: Limits, reference: Reference) -> Reading:
    """
    Residents by area code; an area that is left out has no population and so no rate.

    A national file may be given as it is: areas that are not ours are set aside as elsewhere.

    Raises
    ------
    VintageError
        The codes belong to another vintage.
    DataRefused
        An area is given twice, or none of ours is there.
    """
    ledger = headed_rows(source, folder=folder, limits=limits, columns=source.columns.model_dump())
    codes = parse_each(ledger.text("area"), _code, dtype="str").values
    _check_vintage(codes, ledger.text("file"), source=source, reference=reference)
    ours = reference.areas(source.resolution).codes
    ledger.rows = ledger.rows.assign(area_code=codes)
    ledger.set_aside(codes.str.fullmatch(GSS_CODE) & ~codes.isin(ours), "elsewhere")

    def parse(cell: str) -> str | Problem:
        code = _code(cell)
        return code if code in ours else Problem("unknown-code", f"not a code of {source.vintage}")

    ledger.take("area_code", parse_each(ledger.text("area"), parse, dtype="str"), column=source.columns.area)
    counts, lower, _ = parse_counts(ledger.text("population"), {})
    ledger.take("population", counts)
    ledger.rows = ledger.rows.assign(population=lower.loc[ledger.rows.index])
    ledger.refuse_duplicates(["area_code"], what="the area", advice="an area has one population")
    missing = len(ours) - len(ledger.rows)
    if missing:
        ledger.notes.append(f"{missing} of {len(ours)} areas have no population and get no rate")
    return ledger.reading(order=["area_code"])
