"""From an area folder to a published build: read and check every input, make every layer, publish the whole."""

from hotspots.pipeline.build import build_area, check_area
from hotspots.pipeline.inputs import Inputs, read_inputs

__all__ = ["Inputs", "build_area", "check_area", "read_inputs"]
