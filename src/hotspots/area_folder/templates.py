"""What a new area folder tells the person who fills it: a README, and a file to copy for each kind of source.

The rows of the templates are examples and are never read: the area file names files in ``sources/`` only.
"""

from pathlib import Path

_TEMPLATES = {
    "callouts.csv": (
        "lsoa_code,period,count",
        "{lsoa},2018/19 Q1,3",
        "{lsoa},2018/19 Q2,<5",
    ),
    "needle_finds.csv": (
        "find_id,date_reported,easting,northing,quantity,source,land_type,is_house_clearance",
        "NF0001,2018-04-03,{easting},{northing},12,council_report,public_highway,no",
        "NF0002,2018-04-09,{easting},{northing},,public_report,park,no",
    ),
    "premises.csv": (
        "premises_id,name,kind,easting,northing",
        "PR001,The Example Arms,pub,{easting},{northing}",
    ),
    "incidents.csv": (
        "incident_id,premises_id,date,time,incident_type,severity",
        "IN0001,PR001,2018-06-02,23:40,violence,2",
        "IN0002,,2018-06-03,01:10,affray,1",
    ),
    "series-breaks.csv": (
        "source_kind,date,title,detail,reference",
        "crimes,2018-05-23,New recording system,Crimes before and after this day do not compare.,Where this is said",
    ),
    "population.csv": (
        "lsoa_code,population",
        "{lsoa},1520",
    ),
}

_README = """\
{name}: an area folder for `hotspots`
{underline}

Run these here:

    hotspots check      read every file, say what became of each row, write the rejected ones to rejects/
    hotspots build      make all layers, whole or not at all
    hotspots app        the map, on this machine only

What is in the folder:

{held}    templates/          one example file of each kind, to copy; nothing in it is read
    sources/            the files that partners send you

To add a file of a partner:

1. Put it into sources/. A CSV (UTF-8) or an .xlsx workbook; leave it as it came.
2. In hotspots.toml, take the # away in front of its section. Headings that differ from the template's are named under
   [sources.columns], so the supplier's file need not be changed.
3. Say which days it covers (covers_from, covers_to), and whether an area or a period that is not in the file had none
   (absent = "zero") or is not known (absent = "unknown"). This cannot be seen from the rows.
4. Run `hotspots check`. Every row is accepted, rejected with a reason, or set aside; the three add up to what was read.

How cells are written:

    lsoa_code           LSOA {vintage} codes, such as {lsoa}
    period              2018/19, 2018/19 Q1, or 2018-11
    count               a whole number; <5 where small counts are hidden by the supplier
    dates               2018-04-03; another form is declared with date_format
    easting, northing   metres of the National Grid; or longitude and latitude, or a grid reference
    quantity            needles found; blank where nobody counted; 0 means that nothing was found
    is_house_clearance  yes, no or unknown: finds in dwellings count in totals and are never shown as points

Who may see what is decided by `policy` (open, controlled, health) and `role` in hotspots.toml: docs/disclosure.md.
{notes}"""

# What there may be in a folder: a part is described where its folder is there.
_HELD = (
    ("hotspots.toml", "what there is and what it covers: the one file to edit"),
    ("boundaries", "{areas} of {lad}, with licence and attribution"),
    ("boundaries/lookups", "which area belongs to which"),
    ("geo", "your own geography: a city-centre area, series breaks"),
    ("police", "street files of data.police.uk, as they were downloaded"),
    ("population", "residents by LSOA"),
)

_GEO_README = """\
Your own geography.

city-centre-area.geojson: one polygon in WGS84 with the properties `name` and `version`; name it under [city_centre] in
hotspots.toml. Without it everything else works.

series-breaks.csv: one row for every change in how something was recorded (templates/series-breaks.csv); name it under
[map] in hotspots.toml, and no comparison crosses one.
"""


def write_templates(folder: Path, *, lsoa: str, easting: int, northing: int) -> None:
    """One example file for each kind of source, with the codes and coordinates of this place."""
    folder.mkdir()
    for name, lines in _TEMPLATES.items():
        text = "\n".join(lines).format(lsoa=lsoa, easting=easting, northing=northing) + "\n"
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def write_geography(folder: Path) -> None:
    """The folder for the partnership's own geography."""
    folder.mkdir()
    (folder / "README.md").write_text(_GEO_README, encoding="utf-8", newline="\n")


def write_readme(path: Path, *, name: str, lad: str, vintage: str, lsoa: str, notes: tuple[str, ...]) -> None:
    """The page for the person who will fill the folder, with what was found out while it was made."""
    title = f"{name}: an area folder for `hotspots`"
    told = "\nHow this folder was made:\n\n" + "".join(f"- {note}\n" for note in notes)
    held = _held(path.parent, lad)
    text = _README.format(name=name, underline="=" * len(title), held=held, vintage=vintage, lsoa=lsoa, notes=told)
    path.write_text(text, encoding="utf-8", newline="\n")


def _held(folder: Path, lad: str) -> str:
    areas = "LSOAs and wards" if any((folder / "boundaries").glob("ward-*")) else "LSOAs"
    lines = []
    for name, what in _HELD:
        part = folder / name
        if part.exists():
            shown = f"{name}/" if part.is_dir() else name
            lines.append(f"    {shown:<20}{what.format(areas=areas, lad=lad)}\n")
    return "".join(lines)
