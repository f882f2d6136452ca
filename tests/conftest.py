"""What tests share: the built example, and hypothesis profiles (short in CI, long in `make soak`)."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line has it, before numpy is loaded

from hotspots.pipeline import build_area
from hotspots.snapshot import Build

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("ci", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def example_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The shipped example, built once for each process that runs tests."""
    return build_area(ROOT / "hotspots.toml", tmp_path_factory.mktemp("example") / "build")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real open data; tests that need it say that they were skipped where it is not named."""
    named = os.environ.get("HOTSPOTS_REAL_DATA")
    if not named:
        pytest.skip("HOTSPOTS_REAL_DATA is not set: the folder of real open data is not here")
    return Path(named)
