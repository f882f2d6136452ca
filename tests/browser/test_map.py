"""The map in a real browser: painted, changed, exact to a cell, downloaded, and with nothing asked of the internet."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from hotspots import crs
from hotspots.pipeline import build_area
from hotspots.snapshot.sealed import seal

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 60_000
CELL_M = 50.0
# Single finds near the city's four corners, farther from its edge than the bandwidth of 300 m.
CORNERS = {
    "north-west": (542750, 259900),
    "north-east": (547300, 261480),
    "south-east": (549000, 255270),
    "south-west": (544770, 254050),
}


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium on this machine: the map is not tried in a browser")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def browser() -> Iterator:
    executable = _chromium()
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(example_build, tmp_path_factory) -> Iterator[str]:
    yield from _serving(example_build.folder.parent, tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def corners_served(tmp_path_factory) -> Iterator[str]:
    """The example's area with four needle finds in it, one near each corner of the city."""
    area = tmp_path_factory.mktemp("corners")
    for name in ("boundaries", "geo"):
        shutil.copytree(ROOT / name, area / name)
    shutil.copy(ROOT / "hotspots.toml", area)
    finds = area / "geo" / "sample" / "needle_finds.csv"
    heading = finds.read_text(encoding="utf-8").splitlines()[0]
    rows = [
        f"NF{at},2018-05-01,{east},{north},3,officer_patrol,public_highway,no,no,"
        for at, (east, north) in enumerate(CORNERS.values())
    ]
    finds.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    build_area(area / "hotspots.toml", area / "build")
    yield from _serving(area / "build", area)


def _serving(build: Path, elsewhere: Path) -> Iterator[str]:
    """`hotspots app` on a free port, started from a folder that holds nothing of ours."""
    port = _free_port()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "hotspots", "app", "--build", str(build), "--port", str(port), "--no-browser"]
    log = elsewhere / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=output, stderr=output)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(process, f"{address}/_stcore/health", log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=20)


def _wait_until_it_answers(process: subprocess.Popen, address: str, log: Path) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            try:
                process.wait(timeout=0.25)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"the map service ended: {log.read_text(errors='replace')[-2000:]}")
    pytest.fail("the map service did not answer within a minute")


@pytest.fixture
def page(browser) -> Iterator:
    context = browser.new_context(viewport={"width": 1280, "height": 1400}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(WAIT_MS)
    opened.asked, opened.complaints = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda said: said.type == "error" and opened.complaints.append(said.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    context.close()


def _map(page):
    return page.frame_locator("iframe[title*='st_folium']")


def _outside(page) -> list[str]:
    ours = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    return [address for address in page.asked if not address.startswith(ours)]


def _open(page, address, waits_for="path.leaflet-interactive"):
    page.goto(address)
    _map(page).locator(waits_for).first.wait_for()
    page.wait_for_timeout(800)


def test_areas_are_painted_the_measure_changes_and_nothing_outside_is_asked(page, served):
    _open(page, f"{served}/?what=Needle+finds+(instances)&how=Wards,+coloured")
    paths = _map(page).locator("path.leaflet-interactive")
    assert paths.count() == 14
    colours = {paths.nth(at).get_attribute("fill") for at in range(14)}
    assert len(colours) >= 3
    size = paths.first.bounding_box()
    assert size["width"] > 20
    assert size["height"] > 20

    page.get_by_role("combobox", name="What").click()
    page.get_by_role("option", name="Assault-related ambulance callouts", exact=True).click()
    page.get_by_text("Assault-related ambulance callouts, 20").first.wait_for()
    page.wait_for_timeout(1500)
    assert paths.count() == 69
    paths.nth(30).hover()
    tooltip = _map(page).locator(".leaflet-tooltip")
    tooltip.wait_for()
    assert "callouts" in tooltip.inner_text()
    assert _map(page).locator("html").get_attribute("lang") == "en-GB"

    assert page.get_by_role("heading", level=1).count() == 1
    assert _outside(page) == []
    assert page.complaints == []


def test_a_geojson_of_what_is_on_screen_is_downloaded(page, served):
    _open(page, f"{served}/?what=Needle+finds+(instances)&how=Wards,+coloured")
    with page.expect_download(timeout=WAIT_MS) as waiting:
        page.get_by_role("button", name="GeoJSON").click()
    saved = waiting.value
    assert saved.suggested_filename.endswith(".geojson")
    content = json.loads(Path(saved.path()).read_text(encoding="utf-8"))
    assert len(content["features"]) == 14
    assert _outside(page) == []


HOSTILE = (
    "<script>window.canary=1</script><img src=x onerror=parent.canary=1>`${window.canary=1}{{7*7}}{% off \\u0041\\"
)


@pytest.fixture(scope="module")
def hostile_served(example_build, tmp_path_factory) -> Iterator[str]:
    """The example with ward names that would run if anything let them."""
    build = tmp_path_factory.mktemp("hostile") / "build"
    shutil.copytree(example_build.folder.parent, build)
    path = build / example_build.id / "layers" / "wards.parquet"
    wards = gpd.read_parquet(path)
    wards["name"] = [f"{HOSTILE}{at}" for at in range(len(wards))]
    wards.to_parquet(path)
    seal(path.parents[1], example_build.manifest)
    yield from _serving(build, build.parent)


def test_hostile_names_are_shown_as_typed_and_run_in_no_frame(page, hostile_served):
    _open(page, f"{hostile_served}/?what=Needle+finds+(instances)&how=Wards,+coloured")
    _map(page).locator("path.leaflet-interactive").nth(5).hover()
    tooltip = _map(page).locator(".leaflet-tooltip")
    tooltip.wait_for()
    assert HOSTILE in tooltip.inner_text()
    assert HOSTILE in page.locator("table", has_text="Rank").inner_text()
    for frame in page.frames:
        assert frame.evaluate("typeof window.canary") == "undefined"
    assert _outside(page) == []
    assert page.complaints == []


_CENTRES = """
() => {
  const picture = document.querySelector('img.leaflet-image-layer');
  const canvas = document.createElement('canvas');
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const place = picture.getBoundingClientRect();
  const ground = window.map.getContainer().getBoundingClientRect();
  const found = [];
  for (let row = 0; row < canvas.height; row++) {
    for (let column = 0; column < canvas.width; column++) {
      const at = 4 * (row * canvas.width + column);
      const zero = pixels[at] === 0xec && pixels[at + 1] === 0xef && pixels[at + 2] === 0xf1;
      if (pixels[at + 3] > 0 && !zero) {
        const where = window.map.containerPointToLatLng([
          place.left - ground.left + (column + 0.5) / canvas.width * place.width,
          place.top - ground.top + (row + 0.5) / canvas.height * place.height
        ]);
        found.push([where.lng, where.lat]);
      }
    }
  }
  return found;
}
"""


def test_single_events_at_the_four_corners_lie_within_one_cell_on_the_density_overlay(page, corners_served):
    _open(page, f"{corners_served}/?what=Needle+finds+(instances)&how=Density", "img.leaflet-image-layer")
    frame = next(frame for frame in page.frames if "st_folium" in frame.url)
    painted = np.array(frame.evaluate(_CENTRES))
    easting, northing = crs.to_bng(painted[:, 0], painted[:, 1])
    for corner, (east, north) in CORNERS.items():
        near = np.hypot(easting - east, northing - north) < 500
        assert near.sum() > 50, f"nothing is painted near the {corner}"
        # A kernel is the same to all sides, so the middle of what it paints is where the event is.
        assert abs(easting[near].mean() - east) <= CELL_M, corner
        assert abs(northing[near].mean() - north) <= CELL_M, corner
    everywhere = np.min([np.hypot(easting - east, northing - north) for east, north in CORNERS.values()], axis=0)
    assert everywhere.max() <= 300 + 1.5 * CELL_M
    assert _outside(page) == []
    assert page.complaints == []


def test_on_a_phone_the_map_and_the_table_fit_the_width(browser, served):
    context = browser.new_context(viewport={"width": 390, "height": 2400})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(served)
    _map(page).locator("path.leaflet-interactive").first.wait_for()
    page.wait_for_timeout(500)
    for part in (page.locator("iframe[title*='st_folium']"), page.locator("table").first):
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    context.close()


def test_the_page_prints_on_one_sheet_of_a4_with_map_trend_and_table_and_without_controls(browser, served):
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    page.set_default_timeout(WAIT_MS)
    page.goto(served)
    _map(page).locator("path.leaflet-interactive").first.wait_for()
    page.get_by_text("Take it away").wait_for()
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.emulate_media(media="print")
    assert not page.get_by_text("Take it away").is_visible()
    assert page.get_by_text("Highest areas").is_visible()
    page.close()


def test_a_page_whose_address_is_opened_first_of_all_has_the_same_navigation_and_dress(page, example_build, tmp_path):
    for address in _serving(example_build.folder.parent, tmp_path):
        page.goto(f"{address}/method")
        page.get_by_role("heading", name="Where the numbers come from").wait_for()
        page.wait_for_timeout(500)
        assert page.get_by_role("link", name="Map", exact=True).is_visible()
        assert page.title() == "Hotspots"
        assert page.get_by_role("link", name="main", exact=True).count() == 0


def test_premises_are_chosen_without_a_trace_in_the_address_and_fit_a_phone(browser, served):
    context = browser.new_context(viewport={"width": 390, "height": 2400})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{served}/premises?day=2018-08-31")
    page.get_by_text("The Brass Heron on 2018-08-31: score 10").wait_for()
    page.get_by_text("How this was worked out").wait_for()
    page.wait_for_timeout(1500)  # the last parts are drawn: a list opened before would be closed again
    page.get_by_role("combobox", name="Premises").click()
    page.get_by_role("combobox", name="Premises").fill("Turnstile")
    page.get_by_role("option", name="Turnstile Social").click()
    page.get_by_text("Turnstile Social on 2018-08-31: score 0, new operator").wait_for()
    page.wait_for_timeout(500)
    assert page.url == f"{served}/premises?day=2018-08-31"
    for table in page.locator("table").all():
        box = table.bounding_box()
        assert box["x"] + box["width"] <= 390
    context.close()


def test_an_officer_finds_no_premises_in_the_menu_and_one_sentence_at_its_address(page, example_build, tmp_path):
    build = tmp_path / "build"
    shutil.copytree(example_build.folder.parent, build)
    path = build / example_build.id / "settings.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["map"]["role"] = "officer"
    path.write_text(json.dumps(settings), encoding="utf-8")
    seal(path.parent, example_build.manifest)
    for address in _serving(build, tmp_path):
        page.goto(f"{address}/premises")
        page.get_by_text("Premises and their scores are for licensing and analysts only.").wait_for()
        page.wait_for_timeout(500)
        assert page.get_by_role("link", name="Map", exact=True).is_visible()
        assert page.get_by_role("link", name="Premises", exact=True).count() == 0
        assert page.locator("table").count() == 0


def test_the_locations_page_draws_the_ranked_places_and_moves_the_outline_to_the_chosen_one(page, served):
    _open(page, served, "path.leaflet-interactive")
    page.get_by_role("link", name="Locations").click()
    frame = _map(page)
    frame.locator(".hotspots-rank").first.wait_for()
    assert frame.locator("path.leaflet-interactive").count() == 14
    assert frame.locator(".hotspots-rank").all_inner_texts() == [str(rank) for rank in range(1, 15)]
    chosen = "path.leaflet-interactive[stroke-width='3']"
    assert frame.locator(chosen).count() == 1
    before = frame.locator(chosen).get_attribute("d")
    # A disc is seen where the place itself is a point: on the map of a whole district.
    assert frame.locator(".hotspots-rank.chosen").all_inner_texts() == ["1"]
    disc = frame.locator(".hotspots-rank").nth(13)
    assert disc.bounding_box()["width"] == 18
    assert disc.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(253, 141, 60)"
    page.get_by_role("combobox", name="One place").click()
    page.get_by_role("option", name="Market Square").click()
    page.get_by_text("grid reference TL 449 584").wait_for()
    page.wait_for_timeout(1000)
    assert frame.locator(chosen).get_attribute("d") != before
    with page.expect_download() as taken:
        page.get_by_role("button", name="Action sheet to print (A4)").click()
    sheet = Path(taken.value.path()).read_text(encoding="utf-8")
    assert "Action sheet: Hotspots: needle finds" in sheet
    assert _outside(page) == []
    assert page.complaints == []
