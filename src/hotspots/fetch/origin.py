"""Where boundaries and lookups come from: the portal of the statistics office, a mirror of it, or a folder of files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hotspots.errors import FileRefused
from hotspots.fetch.catalogue import Catalogue, load_catalogue
from hotspots.fetch.client import Client, checked_base
from hotspots.fetch_settings import FetchSection
from hotspots.limits import STANDARD, Limits

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Portal:
    """The ArcGIS REST interface at an address: the portal itself, or a mirror that answers like it."""

    base: str
    client: Client
    catalogue: Catalogue = field(default_factory=load_catalogue)


@dataclass(frozen=True)
class Folder:
    """Downloaded files, named after their services: ``<service>.geojson``, ``.gpkg``, ``.zip`` or ``.csv``."""

    path: Path
    catalogue: Catalogue = field(default_factory=load_catalogue)

    def file(self, services: tuple[str, ...], *suffixes: str) -> Path:
        """The file of the first of several services that is there; ``FileRefused`` names those looked for."""
        names = [f"{service.partition('/')[0]}{suffix}" for service in services for suffix in suffixes]
        held = {path.name.lower(): path for path in self.path.iterdir() if path.is_file()}
        found = next((held[name.lower()] for name in names if name.lower() in held), None)
        if found is None:
            raise FileRefused(f"{self.path.name}: none of these files is in the folder: {', '.join(names)}")
        return found


Origin = Portal | Folder


def origin_of(given: str, section: FetchSection, *, folder: Path | None = None, limits: Limits = STANDARD) -> Origin:
    """
    The origin that ``--from`` names: an address, a folder, or (empty) the portal of the settings.

    ``folder`` is that of the area file, to which a catalogue of one's own is relative.
    """
    own = (folder or Path()) / section.catalogue if section.catalogue else None
    catalogue = load_catalogue(own)
    if given and "://" not in given:
        path = Path(given)
        if not path.is_dir():
            raise FileRefused(f"{given}: neither an address (https://...) nor a folder")
        return Folder(path, catalogue)
    return Portal(checked_base(given or section.portal_url), client_of(section, limits), catalogue)


def client_of(section: FetchSection, limits: Limits) -> Client:
    """A client as patient as the area file says."""
    return Client(attempts=section.attempts, timeout_s=section.timeout_s, answer_s=section.answer_s, limits=limits)
