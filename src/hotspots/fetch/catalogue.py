"""The catalogue of services: which names to try for which boundaries, kept in a file and never derived by a pattern."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError

from hotspots.areas import AreaKind
from hotspots.errors import SettingsRefused, UsageError
from hotspots.source_settings import Frozen

PACKAGED = Path(__file__).with_name("catalogue.toml")


class LayerEntry(Frozen):
    """Boundaries of one kind, vintage and resolution; ``district`` names the table where the layer has no district."""

    kind: AreaKind
    vintage: str
    resolution: str
    services: tuple[str, ...] = Field(min_length=1)
    district: str = ""


class TableEntry(Frozen):
    """A lookup: the columns that are wanted of it, and the services that have been it."""

    id: str
    columns: tuple[str, ...] = Field(min_length=2)
    services: tuple[str, ...] = Field(min_length=1)


class Catalogue(Frozen):
    """The services of the portal."""

    licence: str = "Open Government Licence v3.0"
    resolutions: dict[str, str] = Field(default={})
    layers: tuple[LayerEntry, ...] = ()
    tables: tuple[TableEntry, ...] = ()

    def layer(self, kind: AreaKind, vintage: str, resolution: str = "") -> LayerEntry:
        """
        The entry of a boundary set; without a resolution the first of BGC, BSC and BFC that there is.

        Raises
        ------
        UsageError
            The catalogue has none: the message lists what it has of the kind.
        """
        held = [entry for entry in self.layers if entry.kind == kind and entry.vintage == vintage]
        for wanted in (resolution,) if resolution else ("BGC", "BSC", "BFC"):
            found = next((entry for entry in held if entry.resolution == wanted), None)
            if found is not None:
                return found
        known = ", ".join(f"{entry.vintage} {entry.resolution}" for entry in self.layers if entry.kind == kind)
        asked = f"{vintage} {resolution}".strip()
        raise UsageError(f"the catalogue has no {kind} boundaries {asked}; it has {known}")

    def table(self, name: str) -> TableEntry:
        """The entry of a lookup; ``UsageError`` lists those there are."""
        found = next((entry for entry in self.tables if entry.id == name), None)
        if found is None:
            raise UsageError(f"the catalogue has no lookup {name!r}; it has {', '.join(e.id for e in self.tables)}")
        return found


@cache
def load_catalogue(own: Path | None = None) -> Catalogue:
    """
    The packaged catalogue; the entries of an own file of the same form come before it.

    Raises
    ------
    SettingsRefused
        The own file is missing, no TOML, or has an unknown key.
    """
    packaged = _read(PACKAGED)
    if own is None:
        return packaged
    first = _read(own)
    return Catalogue(
        licence=first.licence,
        resolutions=packaged.resolutions | first.resolutions,
        layers=first.layers + packaged.layers,
        tables=first.tables + packaged.tables,
    )


def _read(path: Path) -> Catalogue:
    try:
        return Catalogue.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsRefused(f"the catalogue {path.name} cannot be used: {error}") from error
