"""What tests share: the built example, and hypothesis profiles (short in CI, long in `make soak`)."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line has it, before numpy is loaded

from hotspots.pipeline import build_area
from hotspots.snapshot import Build, open_build

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("ci", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def built_once(name: str, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build of the shipped example, made by the first process that asks; each process has a copy of its own."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with FileLock(shared / f"{name}.lock"):
        if not (shared / name).is_dir():
            build_area(ROOT / "hotspots.toml", shared / f"{name}-made")
            (shared / f"{name}-made").rename(shared / name)
    own = tmp_path_factory.mktemp(name) / "build"
    shutil.copytree(shared / name, own)
    return open_build(own)


@pytest.fixture(scope="session")
def example_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The shipped example."""
    return built_once("example", tmp_path_factory)


@pytest.fixture(scope="session")
def example_again(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The shipped example, built a second time, in a folder without the first."""
    return built_once("again", tmp_path_factory)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real open data; tests that need it say that they were skipped where it is not named."""
    named = os.environ.get("HOTSPOTS_REAL_DATA")
    if not named:
        pytest.skip("HOTSPOTS_REAL_DATA is not set: the folder of real open data is not here")
    return Path(named)
