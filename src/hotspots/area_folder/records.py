"""The partners' files of a new area folder that can be recognised: residents, and street files of the police."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from hotspots.boundaries.code_table import read_code_table
from hotspots.boundaries.read import CODE_COLUMN
from hotspots.errors import DataRefused, UsageError
from hotspots.files import require
from hotspots.limits import STANDARD, Limits
from hotspots.periods import month_end
from hotspots.sources.street_files import forces_held, missing_months, street_files, street_name

_TOTAL_HEADINGS = ("population", "all_ages", "all ages", "allages", "residents", "total", "all persons", "persons")
_MID_YEAR = re.compile(r"mid[-_ ]?(?P<year>20\d\d)", re.I)


@dataclass(frozen=True)
class Residents:
    """What the area file has to say of a population file."""

    area: str
    population: str
    vintage: str
    on: date


@dataclass(frozen=True)
class Months:
    """The months of street files that were taken over."""

    months: tuple[str, ...]
    forces: tuple[str, ...]

    @property
    def covers(self) -> tuple[date, date]:
        """First and last day of the months held."""
        first, last = (date(int(month[:4]), int(month[5:]), 1) for month in (self.months[0], self.months[-1]))
        return first, month_end(last)

    @property
    def missing(self) -> tuple[str, ...]:
        """Months between the first and the last that are not held."""
        return missing_months(list(self.months))


def describe_population(path: Path, *, vintage: str, on: date | None) -> Residents:
    """
    Which columns of a CSV hold codes and residents, and at what date they were counted.

    Codes are under the official heading of the vintage (``LSOA11CD``), or one of ``lsoa_code``, ``code``, ``area
    code``; residents under ``all_ages``, ``population`` and the like; the date is the middle of the year in the file's
    name (``mid2017``: 30 June 2017) unless one is given.

    Raises
    ------
    DataRefused
        A column is not there, or several could be it: the message lists the headings.
    UsageError
        No date is given and the name has none.
    """
    table = read_code_table(path)
    official = [
        name for name in table.columns if (found := CODE_COLUMN.match(name)) and found["kind"].lower() == "lsoa"
    ]
    ours = [name for name in official if name[4:6] == vintage[2:4]]
    plain = [
        name for name in table.columns if name.lower() in {"lsoa_code", "lsoa code", "code", "area code", "area_code"}
    ]
    totals = [name for wanted in _TOTAL_HEADINGS for name in table.columns if name.lower() == wanted]
    for what, candidates in (("the LSOA codes", ours or official or plain), ("the residents", totals)):
        if not candidates:
            raise DataRefused(
                f"{path.name}: cannot tell which column holds {what}; its headings are "
                f"{', '.join(list(table.columns)[:12])}; name codes LSOA{vintage[2:4]}CD and residents population"
            )
    named = _MID_YEAR.search(path.stem)
    if on is None and named is None:
        raise UsageError(f"{path.name}: say of what day its residents are: --population-date 2020-06-30")
    chosen = (ours or official or plain)[0]
    dated = CODE_COLUMN.match(chosen)
    stated = f"20{dated['year']}" if dated else vintage
    return Residents(chosen, totals[0], stated, on or date(int(named["year"]), 6, 30))  # type: ignore[index]


def take_street_files(path: Path, *, folder: Path, forces: tuple[str, ...], limits: Limits = STANDARD) -> Months:
    """
    Copy the street files of a folder or an archive into ``folder`` and say which months they are.

    Files there are kept if they are the same, and never overwritten by different ones.

    Raises
    ------
    UsageError
        Several forces are held and none is named: the months that one of them lacks would count as free of crime.
    DataRefused
        A file of the same name is there and differs.
    """
    held = forces_held(path, limits=limits)
    if not forces and len(held) > 1:
        raise UsageError(f"{path.name} holds {len(held)} forces: name yours with --force: {', '.join(held)}")
    folder.mkdir(parents=True, exist_ok=True)
    months: dict[str, set[str]] = {}
    for file in street_files(path, forces=forces, limits=limits):
        target = folder / file.name
        if target.exists() and target.read_bytes() != file.content:
            raise DataRefused(f"{folder.name}/{file.name} is there already and differs; remove it on purpose first")
        target.write_bytes(file.content)
        months.setdefault(file.force, set()).add(file.month)
    # A month that one of the forces lacks is not covered.
    return Months(tuple(sorted(set.intersection(*months.values()))), tuple(sorted(months)))


def months_held(folder: Path) -> Months | None:
    """The months of the street files in a folder; None where there are none."""
    held = [found for path in folder.glob("*-street.csv") if (found := street_name(path.name))]
    if not held:
        return None
    months = sorted({found["month"] for found in held})
    return Months(tuple(months), tuple(sorted({found["force"] for found in held})))


def take_table(path: Path, *, folder: Path) -> Path:
    """Copy a CSV as it is."""
    require(path, "text", expected="a CSV table", limits=STANDARD)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    target.write_bytes(path.read_bytes())
    return target


def write_table(table: pd.DataFrame, path: Path) -> None:
    """A table of codes as CSV, the same bytes for the same table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
