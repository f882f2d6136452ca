"""What officers and meetings receive: a folder of layers, tables and printable maps for one audience, and a README."""

from hotspots.pack.folder import ROLES, write_pack

__all__ = ["ROLES", "write_pack"]
