"""What officers and meetings receive: a folder of layers, tables and printable maps for one audience, and a README."""

from hotspots.pack.contents import ROLES
from hotspots.pack.folder import write_pack

__all__ = ["ROLES", "write_pack"]
