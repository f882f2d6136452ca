"""The text of a new ``hotspots.toml``: what was found is declared, what is still to come stands there as a comment."""

import json
from dataclasses import dataclass, field

from hotspots.area_folder.records import Months
from hotspots.area_folder.residents import Residents
from hotspots.boundary_settings import BoundariesSection
from hotspots.fetch.police import FORCE as API_FORCE

POLICE_ATTRIBUTION = "Contains public sector information licensed under the Open Government Licence v3.0."


@dataclass(frozen=True)
class LookupEntry:
    """One lookup as the area file names it."""

    kind: str
    path: str
    child: str
    parent: str
    child_vintage: str
    parent_vintage: str
    change: str = ""
    child_kind: str = ""


@dataclass(frozen=True)
class Contents:
    """Everything that a new area file declares."""

    name: str
    lad: str
    lsoa_set: str
    lsoa_vintage: str
    ward_set: str = ""
    lookups: tuple[LookupEntry, ...] = ()
    population: tuple[str, Residents] | None = None
    crimes: Months | None = None
    tolerances: BoundariesSection = field(default_factory=BoundariesSection)


def area_file_text(contents: Contents) -> str:
    """The area file: sections that are filled in, then the sources that a partnership adds, as comments."""
    parts = [_HEAD, _section("area", name=contents.name, lad=contents.lad)]
    changed = contents.tolerances.model_dump(exclude_defaults=True)
    parts.append(_section("boundaries", lsoa=contents.lsoa_set, ward=contents.ward_set, **changed))
    for lookup in contents.lookups:
        parts.append(_section("[boundaries.lookups]", **vars(lookup)))
    parts.append(_CENTRE + _section("map", role="officer") + _BREAKS)
    if contents.crimes is not None:
        parts.append(crimes_section(contents.crimes, contents.crimes.vintage or contents.lsoa_vintage))
        if contents.crimes.vintage:
            parts.append(_CONVERTED)
    if contents.population is not None:
        parts.append(_population(*contents.population))
    parts.append(_TO_COME.replace("VINTAGE", contents.lsoa_vintage))
    return "\n".join(parts)


def _section(heading: str, **keys: object) -> str:
    lines = [f"{key} = {_value(value)}" for key, value in keys.items() if value not in ("", ())]
    return "\n".join([f"[{heading}]", *lines]) + "\n"


def _value(value: object) -> str:
    """A value in TOML; text is written as JSON, whose escapes TOML shares."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    return str(value)


def crimes_section(crimes: Months, vintage: str, *, path: str = "") -> str:
    """The section of the area file that declares street files."""
    first, last = crimes.covers
    return _section(
        "[sources]",
        id="crimes",
        kind="crimes",
        title="Recorded crime and anti-social behaviour",
        path=path or crimes.path,
        encoding=crimes.encoding,
        delimiter=crimes.delimiter,
        vintage=vintage,
        street_column="Location",
        covers_from=first,
        covers_to=last,
        missing_months=crimes.missing,
        lsoa_codes="located" if API_FORCE in crimes.forces or not crimes.states_lsoas else "",
        absent="zero",
        policy="open",
        marking="OFFICIAL",
        attribution=POLICE_ATTRIBUTION,
    )


def _population(path: str, residents: Residents) -> str:
    section = _section(
        "[sources]",
        id="population",
        kind="population",
        title=f"Residents on {residents.on.isoformat()}",
        path=path,
        vintage=residents.vintage,
        covers_from=residents.on,
        covers_to=residents.on,
        policy="open",
        marking="OFFICIAL",
        attribution="Source: Office for National Statistics, Open Government Licence v3.0.",
    )
    return section + "\n" + _section("sources.columns", area=residents.area, population=residents.population)


_CONVERTED = """\
[sources.conversion]
# By the official lookup; a crime in an LSOA that was split goes to the part that holds its point.
"""

_HEAD = "# Written by `hotspots init`. Every key: docs/configuration.md. Paths are relative to this file.\n"

_CENTRE = """\
# An area of your own, such as the city centre: draw it in QGIS and save it as GeoJSON (see geo/README.md).
# [city_centre]
# path = "geo/city-centre-area.geojson"

"""

_BREAKS = """\
# Changes in how something was recorded, so that no comparison crosses one (templates/series-breaks.csv).
# series_breaks = "geo/series-breaks.csv"
"""

_TO_COME = """\
# The partners' files. Put each in sources/ (templates/ has one of each kind to copy), take the # away, and say what it
# covers. absent = "zero" means: an area or a period that is not in the file had none. `hotspots check` reads them all.

# [[sources]]
# id = "callouts"
# kind = "callouts"
# title = "Assault-related ambulance callouts"
# path = "sources/callouts.csv"
# vintage = "VINTAGE"
# covers_from = 2016-04-01
# covers_to = 2019-03-31
# absent = "zero"
# policy = "health"

# [[sources]]
# id = "needle-finds"
# kind = "needle_finds"
# title = "Needle finds"
# path = "sources/needle_finds.csv"
# covers_from = 2016-04-01
# covers_to = 2019-03-31
# absent = "zero"
#
# [sources.columns]
# find_id = "find_id"
# easting = "easting"
# northing = "northing"
# source = "source"
# land_type = "land_type"
# is_house_clearance = "is_house_clearance"

# [[sources]]
# id = "premises"
# kind = "premises"
# title = "Licensed premises"
# path = "sources/premises.csv"
# covers_from = 2018-04-01
# covers_to = 2019-03-31
#
# [sources.columns]
# kind = "kind"
# easting = "easting"
# northing = "northing"

# [[sources]]
# id = "incidents"
# kind = "incidents"
# title = "Incidents attributed to premises"
# path = "sources/incidents.csv"
# covers_from = 2018-04-01
# covers_to = 2019-03-31
# absent = "zero"
#
# [sources.columns]
# time = "time"
# severity = "severity"
"""
