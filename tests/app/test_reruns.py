"""Pages run again and again, and downloads made again and again: no file stays open, and memory stays flat."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hotspots.app import published
from hotspots.app.exports import layer_file
from hotspots.snapshot import Build
from hotspots.views import Viewer

MAIN = str(Path(published.__file__).resolve().parent / "main.py")
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
ROUNDS = 200 if SOAK else 12
PAGES = ("screens/map.py", *(("screens/locations.py", "screens/data.py", "screens/method.py") if SOAK else ()))
EXPORTS = (("wards", ".gpkg"), ("needle-density", ".tif"), ("callouts-by-lsoa", ".csv"), ("wards", ".geojson"))
MOST_MB = 60 if SOAK else 30

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is open is read in /proc")


@pytest.fixture(autouse=True)
def _fresh_caches(example_build: Build) -> Iterator[None]:
    import streamlit as st

    os.environ["HOTSPOTS_BUILD"] = str(example_build.folder.parent)
    st.cache_resource.clear()
    yield
    os.environ.pop("HOTSPOTS_BUILD", None)


def opened() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def held_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def stays_flat(work: Callable[[], None], *, rounds: int) -> None:
    """Twice to fill what is kept, then so many rounds: no more files open, and no more than a few MB held."""
    work()
    work()
    files, before = opened(), held_mb()
    for _ in range(rounds):
        work()
    assert opened() <= files
    assert held_mb() - before < MOST_MB


@pytest.mark.parametrize("screen", PAGES)
def test_fault_127_reruns_of_a_page_leave_no_file_open_and_hold_no_memory(screen: str) -> None:
    page = AppTest.from_file(MAIN, default_timeout=120).run()
    if screen != PAGES[0]:
        page.switch_page(screen)

    def rerun() -> None:
        for _ in range(1 if SOAK else 2):
            page.run()
        assert not page.exception

    stays_flat(rerun, rounds=ROUNDS)


def test_fault_127_downloads_leave_no_file_open_and_hold_no_memory(example_build: Build) -> None:
    def download() -> None:
        for layer, suffix in EXPORTS:
            assert layer_file(example_build, Viewer("analyst"), layer, suffix)

    stays_flat(download, rounds=ROUNDS // 4)
