"""Exports and packs killed at random moments, and commands in the surroundings of other processes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEED = os.environ.get("HOTSPOTS_SEED", "exports")

sys.path.insert(0, str(ROOT / "tests"))
from faults.test_commands import attacked, world  # noqa: E402, F401 (a fixture)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals are of POSIX")


@pytest.mark.parametrize(("name", "times"), [("csv", 100), ("gpkg", 100), ("tif", 100), ("pack", 40), ("init", 60)])
def test_what_is_killed_at_random_moments_is_wholly_old_or_wholly_new(world: Path, name: str, times: int) -> None:  # noqa: F811
    runs = list(attacked(world, "kills", name, str(times), SEED))
    assert len(runs) == times + 1
    for run in runs:
        assert "neither" not in run["what"].values(), (SEED, run)
        assert "Traceback" not in run["said"], run
    assert (runs[-1]["code"], runs[-1]["left"]) == (0, [])
    assert {run["code"] for run in runs} >= {0, -9}, "every one ended the same way: no test"


SURROUNDINGS = [
    {"PYTHONOPTIMIZE": "2"}, {"PYTHONWARNINGS": "error"}, {"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "4000000000"},
    {"LC_ALL": "C", "LANG": "C"}, {"LC_ALL": "en_US.ISO-8859-1"}, {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
    {"TZ": "Pacific/Kiritimati"}, {"TZ": ":nowhere"}, {"COLUMNS": "1"}, {"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"},
    {"HOME": "/nowhere", "TMPDIR": "/nowhere", "XDG_CACHE_HOME": "/dev/null"}, {"PYTHONDONTWRITEBYTECODE": "1"},
    {"HOME": None, "TMPDIR": None, "PATH": None, "USER": None},
]  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    snapshots = (path for path in folder.rglob("*") if path.is_file())
    skipped = {"published.jsonl", "exports.jsonl", ".lock"}
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in snapshots if path.name not in skipped}


def test_a_build_and_an_export_have_the_same_bytes_in_the_surroundings_of_any_process(world: Path) -> None:  # noqa: F811
    made = []
    for number, changes in enumerate(({}, *SURROUNDINGS)):
        folder = world.with_name(f"place-{number}") / ("long" * 40) / ("path" * 40)
        shutil.copytree(world, folder)
        shutil.rmtree(folder / "build")
        given = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **changes}
        environment = {name: value for name, value in given.items() if value is not None}
        for line in ("build", "export needle-finds-by-ward --audience partner --to out/w.csv"):
            done = subprocess.run(
                [sys.executable, "-m", "hotspots", *line.split()],
                cwd=folder, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            assert done.returncode == 0, (changes, done.stderr)
            assert b"Traceback" not in done.stderr, (changes, done.stderr)
        made.append(contents(folder / "build") | contents(folder / "out"))
        shutil.rmtree(world.with_name(f"place-{number}"))
    for changes, found in zip(SURROUNDINGS, made[1:], strict=True):
        assert found == made[0], changes


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not on this machine (Debian: faketime)")
def test_a_clock_that_is_set_back_between_builds_loses_none(world: Path) -> None:  # noqa: F811
    folder = world.with_name("clock")
    shutil.copytree(world, folder)

    def built(moment: str, area: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            ["faketime", moment, sys.executable, "-m", "hotspots", "build", "--area", area],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, check=False,
        )  # fmt: skip

    for moment, area in (("2031-05-01 12:00:00", "fuller.toml"), ("2019-06-01 00:00:00", "hotspots.toml")) * 2:
        done = built(moment, area)
        assert done.returncode == 0, done.stderr
    lines = (folder / "build" / "published.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["build"] for line in lines}) == 2
    current = (folder / "build" / "CURRENT").read_text(encoding="utf-8")
    assert json.loads(lines[-1])["build"] == current.strip()
    # A clock at which the last records have not happened yet is one that nobody can build by; nothing changes.
    refused = built("2019-01-01 00:00:00", "fuller.toml")
    assert refused.returncode == 1
    assert b"days that have not come" in refused.stderr
    assert (folder / "build" / "CURRENT").read_text(encoding="utf-8") == current
