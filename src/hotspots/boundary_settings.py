"""How boundaries are declared in the area file: the sets in use, the wards by date, and the lookups between them."""

from datetime import date
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from hotspots.source_settings import Frozen


class LookupSection(Frozen):
    """A table of which code belongs to which, or a list of the codes of a vintage."""

    kind: Literal["lsoa_to_ward", "lsoa_2011_to_2021", "codes"] = Field(description="What the file relates.")
    path: str = Field(description="CSV file, relative to the area file.")
    child: str = Field(description="Heading of the column with the (smaller or older) area's code.")
    parent: str = Field(default="", description="Heading of the column with the code it belongs to.")
    change: str = Field(default="", description="Heading of the change indicator (U, S, M, X), where published.")
    child_kind: Literal["lsoa", "ward"] = Field(default="lsoa", description="Kind of area the child codes are of.")
    child_vintage: str = Field(description="Vintage of the child codes.")
    parent_vintage: str = Field(default="", description="Vintage of the parent codes.")


class WardSetSection(Frozen):
    """A set of wards and the days on which it is in force; a report uses the set of its own days."""

    set: str = Field(description="Set of ward boundaries, such as ward-2013.")
    in_force_from: date = Field(description="First day on which these wards are in force.")
    in_force_to: date | None = Field(default=None, description="Last day; without it, until today.")


class BoundariesSection(Frozen):
    """Which boundary sets are in use; each is a folder made by ``hotspots boundaries add``."""

    folder: str = Field(default="boundaries", description="Folder of the boundary sets.")
    lsoa: str = Field(default="", description="Set of LSOA boundaries in use, such as lsoa-2011.")
    ward: str = Field(default="", description="Set of ward boundaries in use, such as ward-2013.")
    overlap_tolerance_m2: float = Field(default=1.0, ge=0, description="Largest overlap of two areas left alone, m².")
    overlap_share: float = Field(
        default=0.05, ge=0, le=1, description="Largest overlap, of the smaller area, that is cut from one of the two."
    )
    repair_tolerance: float = Field(default=0.01, ge=0, description="Largest share of area a repair may change.")
    lookups: tuple[LookupSection, ...] = Field(default=(), description="Lookup tables and code lists.")
    ward_sets: tuple[WardSetSection, ...] = Field(
        default=(),
        description="Sets of wards by date, in place of `ward`: each period has the wards in force at its end.",
    )

    @model_validator(mode="after")
    def _check_ward_sets(self) -> "BoundariesSection":
        ordered = sorted(self.ward_sets, key=lambda held: held.in_force_from)
        for held in ordered:
            if held.in_force_to is not None and held.in_force_to < held.in_force_from:
                raise ValueError(f"ward set {held.set!r} ends ({held.in_force_to}) before it begins")
        for first, second in pairwise(ordered):
            if first.in_force_to is None or first.in_force_to >= second.in_force_from:
                raise ValueError(f"ward sets {first.set!r} and {second.set!r} are in force on the same days")
        if self.ward and self.ward_sets:
            raise ValueError("give either ward or ward_sets, not both")
        return self
