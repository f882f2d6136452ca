"""Commands that write, ended at any step, told to end, and on a full disk: each file is old or new, as a whole."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspots.pipeline import build_area

from .commands import COMMANDS, SIGNALS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, signals and file size limits are of POSIX")

ROOT = Path(__file__).resolve().parents[2]
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
STREET = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context\n"
    "a{month},{month},Dyfed-Powys Police,Dyfed-Powys Police,0.12,52.2,On or near Mill Road,E01017990,,Burglary,,\n"
)
AREA = """
[area]
name = "Small"

[premises_score]
reported = "reported.csv"

[boundaries]
lsoa = "lsoa-schematic"
ward = "ward-schematic"

[[sources]]
id = "needle-finds"
kind = "needle_finds"
path = "FINDS"
covers_from = 2018-04-01
covers_to = 2019-03-31
absent = "zero"
synthetic = true
policy = "controlled"
columns = { easting = "easting", northing = "northing", land_type = "land" }

[[sources]]
id = "premises"
kind = "premises"
path = "premises.csv"
covers_from = 2017-12-01
covers_to = 2019-03-31
synthetic = true
policy = "controlled"
columns = { kind = "kind", easting = "easting", northing = "northing" }

[[sources]]
id = "incidents"
kind = "incidents"
path = "incidents.csv"
covers_from = 2017-12-01
covers_to = 2019-03-31
absent = "zero"
synthetic = true
policy = "controlled"
columns = { severity = "severity" }
"""
FINDS = (
    "date_reported,easting,northing,quantity,land\n2018-05-01,544880,258440,3,park\n2018-06-01,544980,258440,1,park\n"
)
FILES = {
    "finds.csv": FINDS,
    "more-finds.csv": FINDS + "2018-07-01,1,2,1,park\n2018-07-01,544990,258440,1,park\n",
    "hotspots.toml": AREA.replace("FINDS", "finds.csv"),
    "fuller.toml": AREA.replace("FINDS", "more-finds.csv"),
    "sniffed.toml": AREA.split("[[sources]]")[0],
    "premises.csv": "premises_id,name,kind,easting,northing\nPR1,The Heron,pub,545092,258196\n",
    "incidents.csv": "incident_id,premises_id,date,incident_type,severity\nIN1,PR1,2018-05-10,violence,3\n",
    "download/2018-05/2018-05-dyfed-street.csv": STREET.format(month="2018-05"),
    "download/2018-06/2018-06-dyfed-street.csv": STREET.format(month="2018-06"),
    "counts.csv": "LSOA11CD,Callouts\nE01000001,12\nE01000002,<5\n",
    "lookup.csv": "LSOA11CD,LSOA21CD,CHGIND\nE01000001,E01000001,U\nE01000002,E01000012,M\nE01000003,E01000012,M\n",
    "crimes.csv": "Crime type,2016/17,2017/18,2018/19\nBurglary,100,90,80\nRobbery,10,9,8\n",
    "points.csv": "easting,northing\n544880,258440\n544980,258440\n545080,258540\n",
    **{
        f"out/{name}": f"old {name}\n"
        for name in ("w.csv", "w.csv-metadata.json", "w.geojson", "n.gpkg", "d.tif", "d.qml")
    },
    **{f"out/{name}": f"old {name}\n" for name in ("c.csv", "a.csv", "p.tif", "p.tif-metadata.json")},
    "more.csv": "Date,Easting,Northing,Needles\n03/04/2018,545420,258440,3\n04/04/2018,545430,258450,1\n",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An area folder, a published build, one to be purged, and files of every kind that a command takes."""
    kept = tmp_path_factory.mktemp("commands") / "kept"
    for name, text in FILES.items():
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (kept / name).write_text(text, encoding="utf-8")
    for kind in ("lsoa", "ward"):
        shutil.copytree(ROOT / f"boundaries/{kind}-schematic", kept / f"boundaries/{kind}-schematic")
        shutil.copy(ROOT / f"boundaries/{kind}-schematic/areas.geojson", kept / f"{kind}s.geojson")
    build_area(kept / "hotspots.toml", kept / "build")
    shutil.copytree(kept / "build", kept / "purged")
    return kept


def attacked(world: Path, chosen: str, *names: str) -> Iterator[dict]:
    """What became of each run of the commands named."""
    attack = [sys.executable, str(Path(__file__).with_name("commands.py")), str(world), chosen, *names]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(attack, capture_output=True, text=True, check=False, env=environment, timeout=1200)
    shutil.rmtree(world.with_name("world"))
    assert done.returncode == 0, done.stderr[-2000:]
    return (json.loads(line) for line in done.stdout.splitlines())


SOME = [
    name for name in COMMANDS if name not in ("build", "pack", "purge", "check", "geojson")
]  # the slow ones: in soak


@pytest.mark.parametrize("names", [[name] for name in COMMANDS] if SOAK else [SOME], ids=",".join)
def test_fault_113_118_119_what_a_command_writes_is_old_or_new_whatever_ends_it(world, names) -> None:
    for run in attacked(world, "every" if SOAK else "some", *names):
        assert "neither" not in run["what"].values(), run
        assert "Traceback" not in run["said"], run
        kind, last = run["fault"].split()[0], run["fault"].split()[-1]
        if kind == "full":
            assert run["code"] in ((1,) if last == "0" else (0, 1)), run
            assert (run["code"] == 1) == (len(run["said"].strip().splitlines()) == 1), run
            assert run["left"] == [], run
        elif kind in SIGNALS:
            assert run["code"] in (0, {"SIGHUP": 129, "SIGINT": 130, "SIGTERM": 143}[kind]), run
            assert run["left"] == [], run
        elif kind == "none":
            assert (run["code"], run["left"]) in [(0, []), (2, [])][: 2 if run["command"] == "purge" else 1], run


def test_fault_113_133_an_export_is_made_in_any_surroundings_or_says_in_a_sentence_why_not(world) -> None:
    runs = {run.pop("around"): run for run in attacked(world, "around")}
    assert len(runs) == 10
    hashes = {run["out/é😀.csv"] for run in runs.values() if run["code"] == 0}
    assert len(hashes) == 1
    assert None not in hashes
    for name, run in runs.items():
        assert "Traceback" not in run["said"], run
        assert run["left"] == [], run
        assert run["code"] == {"full output": 1, "without a folder": 2}.get(name, 0), (name, run)
    assert "could not be printed (No space left on device)" in runs["full output"]["said"]
    assert "the folder you work in is not there any more" in runs["without a folder"]["said"]
    assert (runs["umask 000"]["mode"], runs["umask 077"]["mode"]) == ("0o666", "0o600")


LONGEST = "a" * 251 + ".csv"
TARGETS = {
    "out/pipe.csv": (1, "it is a pipe or a device"), "out/null.csv": (1, "it is a pipe or a device"),
    "out/full.csv": (1, "it is a pipe or a device"), "out/loop.csv": (1, "symbolic links"),
    "/dev/null.csv/x.csv": (1, "there is no folder null.csv"), "out/folder.csv": (2, "is a folder"),
    "out": (2, "is a folder"), "out/missing/x.csv": (1, "there is no folder missing"),
    "out/w.csv/x.csv": (1, "there is no folder w.csv"), "out/build/x.csv": (2, "a published build"),
    "boundaries/x.csv": (2, "the boundaries"), "build/x.csv": (2, "published build"), "finds.csv": (2, "is read from"),
    f"out/{LONGEST}": (2, "no name that a file can"), f"out/a{LONGEST}": (2, "no name that a file can"),
    "out/link.csv": (0, ""), "out/dangling.csv": (0, ""), "out/new\nline.csv": (0, ""), "out/-x.csv": (0, ""),
    "out/\udcff.csv": (0, ""), "out/{{7*7}} '\".csv": (0, ""), "-x.csv": (0, ""),
}  # fmt: skip


def test_fault_091_131_an_export_to_an_odd_target_is_made_or_refused_and_harms_nothing(world) -> None:
    runs = list(attacked(world, "targets", *TARGETS))
    assert [run["to"] for run in runs] == list(TARGETS)
    for run in runs:
        code, words = TARGETS[run["to"]]
        assert run["code"] == code, run
        assert words in run["said"], run
        assert len(run["said"].splitlines()) <= 1, run
        assert run["left"] == [], run
        # A link stays a link, a pipe a pipe.
        links = ["dangling.csv", "folder.csv", "full.csv", "link.csv", "loop.csv", "null.csv", "pipe.csv"]
        assert run["odd"] == links, run
    assert {"made.csv", "w.csv", "-x.csv", "new\nline.csv"} <= set(runs[-1]["there"])
