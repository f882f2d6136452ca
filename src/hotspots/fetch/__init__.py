"""What is fetched from the network, and nothing else is: boundaries, lookups and police data."""

from hotspots.fetch.boundaries import Fetched, fetch_boundaries, fetch_lookup
from hotspots.fetch.client import Client
from hotspots.fetch.origin import Folder, Origin, Portal, origin_of

__all__ = ["Client", "Fetched", "Folder", "Origin", "Portal", "fetch_boundaries", "fetch_lookup", "origin_of"]
