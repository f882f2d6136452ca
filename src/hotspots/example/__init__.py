"""
The shipped example: schematic boundaries, our draft city-centre area and synthetic records, all made from seeds.

Everything is text and the same on every system: no wall clock, no network, coordinates rounded to stated digits. The
records are invented and the shapes are schematic; they are labelled so wherever they appear.
"""

from pathlib import Path

from hotspots.example.geography import geography_files
from hotspots.example.records import record_files


def example_files() -> dict[str, str]:
    """Text of every file of the example, by its path (with forward slashes) relative to the area folder."""
    return {**geography_files(), **record_files()}


def write_example(folder: Path) -> list[Path]:
    """Write the example below a folder, replacing files of the same names; returns the paths written, sorted."""
    written = []
    for name, text in sorted(example_files().items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written
