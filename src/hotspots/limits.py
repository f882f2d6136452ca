"""How large a file from outside may be: one frozen section of the area file, given to every reader.

Each limit is met by the largest file that is known to be honest, and keeps a dishonest one from filling memory or disk.
A megabyte is 2**20 bytes.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Megabytes = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Limits(BaseModel):
    """How large files from outside may be; what is larger is refused before it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    file_mb: Megabytes = Field(
        default=512, description="Any file, MB: the boundaries of a country at full resolution have 400."
    )
    source_files: Count = Field(
        default=1_000,
        description="Files of one source: 80 years of months; a pattern that matches more is wrong.",
    )
    rows: Count = Field(
        default=2_000_000,
        description="Rows of a table: a force has 20,000 a month; a million of ten cells take 1 GB.",
    )
    cells: Count = Field(
        default=50_000_000, description="Cells of a table, some 60 bytes each: bounds the tables that are wide, too."
    )
    geojson_mb: Megabytes = Field(
        default=256, description="GeoJSON, MB: parsed, it takes four times its size in memory. GeoPackage holds more."
    )
    json_depth: Count = Field(
        default=16,
        le=100,
        description="Lists and objects inside each other in a feature: a polygon of many parts has 4.",
    )
    features: Count = Field(
        default=50_000, description="Features of a polygon file: England and Wales have 35,672 LSOAs."
    )
    vertices: Count = Field(
        default=10_000_000,
        description="Vertices of a polygon file, 100 bytes each: the LSOAs of a region have fewer.",
    )
    workbook_members: Count = Field(
        default=2_000, description="Parts of an Excel workbook: one for each sheet, picture and style."
    )
    workbook_mb: Megabytes = Field(default=256, description="An Excel workbook unpacked, MB: two million plain rows.")
    shapefile_members: Count = Field(
        default=64, description="Files in the archive of a Shapefile: it has 4 to 10, and a licence beside them."
    )
    shapefile_mb: Megabytes = Field(
        default=512, description="A Shapefile or file geodatabase unpacked, MB: as a file that is not packed."
    )
    geodatabase_members: Count = Field(
        default=512, description="Files of a file geodatabase: a layer has 4 to 8, and what describes them 40."
    )
    street_members: Count = Field(
        default=20_000, description="Files in an archive of police street files: 45 forces, 36 months, 3 files each."
    )
    street_files: Count = Field(default=2_000, description="Street files in a folder: 45 forces, 36 months.")
    street_file_mb: Megabytes = Field(
        default=128, description="One street file, MB: the largest force's month has 100,000 rows, 30 MB."
    )
    street_mb: Megabytes = Field(
        default=2_048, description="The street files that are unpacked from one archive, MB: name fewer forces."
    )
    packed_ratio: Count = Field(
        default=200,
        description="How well an archive may be packed: tables pack 50 to 1, a bomb 1,000 to 1.",
    )
    upload_mb: Megabytes = Field(
        default=50,
        le=50,
        description="A file handed in on a page, MB, held in memory; no page takes more than 50.",
    )
    upload_read_s: Annotated[float, Field(gt=0)] = Field(
        default=120, description="How long the reader of a file handed in may take, seconds."
    )
    download_mb: Megabytes = Field(
        default=256,
        description="One answer to a `fetch` command, MB: areas come in pages of 1,000 or fewer.",
    )


STANDARD = Limits()


def in_bytes(megabytes: float) -> int:
    """
    Whole bytes of so many megabytes.

    Examples
    --------
    >>> in_bytes(0.5)
    524288
    """
    return int(megabytes * 2**20)


def words(megabytes: float) -> str:
    """
    A size in words, with no more digits than it needs.

    Examples
    --------
    >>> words(512), words(0.25)
    ('512 MB', '0.25 MB')
    """
    return f"{megabytes:,.4g} MB" if megabytes < 1_000 else f"{megabytes:,.0f} MB"
