"""Did it work? in a real browser: the chart is painted, a choice changes the answer, an address opens it again."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
WAIT_MS = 60_000


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium on this machine: the page is not tried in a browser")


@pytest.fixture(scope="module")
def served(example_build, tmp_path_factory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "hotspots",
        "app",
        "--build",
        str(example_build.folder.parent),
        "--port",
        str(port),
    ]
    server = subprocess.Popen(
        [*command, "--no-browser"],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def test_the_chart_is_painted_a_choice_changes_the_answer_and_the_address_opens_it_again(served):
    executable = _chromium()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        outside: list[str] = []
        page.on("request", lambda asked: outside.append(asked.url) if served not in asked.url else None)
        page.goto(f"{served}/compare?count=Needle+finds+%28instances%29")
        page.get_by_text("rose from 304 to 328").wait_for(timeout=WAIT_MS)
        chart = page.locator('img[alt*="counts by period"]')
        chart.wait_for(timeout=WAIT_MS)
        assert chart.evaluate("image => image.complete && image.naturalWidth > 0 && image.clientHeight > 100")
        page.get_by_label("Work", exact=True).first.click()
        page.get_by_role("option", name="IV001").click()
        page.get_by_text("Street scene team").wait_for(timeout=WAIT_MS)
        page.get_by_text("rose from 110 to 119").wait_for(timeout=WAIT_MS)
        assert "work=IV001" in page.url
        again = browser.new_page(viewport={"width": 390, "height": 1400})
        again.goto(page.url)
        again.get_by_text("rose from 110 to 119").wait_for(timeout=WAIT_MS)
        assert again.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        # Its words could not be read at the width of a phone: it keeps 640 px and is pushed sideways, the end first.
        small = again.locator('img[alt*="counts by period"]').bounding_box()
        assert small["width"] == 640
        assert small["x"] + small["width"] <= 390
        assert [url for url in outside if not url.startswith("data:")] == []
        browser.close()
