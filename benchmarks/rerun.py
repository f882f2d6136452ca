"""A rerun of the Map page on the example, after a change of period: processor time of the script."""

import os
import statistics
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from hotspots.pipeline import build_area

ROOT = Path(__file__).resolve().parents[1]
RUNS = 20


def page_rerun() -> str:
    """One row of the table: processor milliseconds of a rerun that draws another period."""
    with tempfile.TemporaryDirectory() as name:
        build = Path(name) / "build"
        build_area(ROOT / "hotspots.toml", build)
        os.environ["HOTSPOTS_BUILD"] = str(build)
        page = AppTest.from_file(str(ROOT / "src/hotspots/app/main.py"), default_timeout=60).run()
        when = page.selectbox(key="when")
        costs = []
        for number in range(RUNS + len(when.options)):
            when = page.selectbox(key="when")
            when.select(when.options[number % len(when.options)])
            begun = time.process_time()
            page.run()
            costs.append((time.process_time() - begun) * 1000)
    measured = costs[len(when.options) :]
    return (
        "| rerun of the Map page, processor time, every period drawn before | 40 ms | "
        f"{statistics.median(measured):.0f} ms | {max(measured):.0f} ms | {len(measured)} |"
    )
