"""Two hundred builds killed at random moments; only where ``HYPOTHESIS_PROFILE=soak`` asks for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "soak", reason="runs in `make soak`")


@pytest.mark.parametrize(("name", "times"), [("SIGKILL", 200), ("SIGTERM", 50), ("SIGINT", 50)])
def test_two_hundred_builds_killed_at_random_moments_are_each_wholly_old_or_wholly_new(
    tmp_path: Path, name: str, times: int
) -> None:
    area = tmp_path / "hotspots.toml"
    shipped = (ROOT / "tests/faults/conftest.py").read_text(encoding="utf-8").split('AREA = """')[1].split('"""')[0]
    area.write_text(shipped.replace("FOLDER", (ROOT / "boundaries").as_posix()), encoding="utf-8")
    (tmp_path / "finds.csv").write_text(
        "date_reported,easting,northing,quantity,land\n2018-05-01,544880,258440,3,park\n", encoding="utf-8"
    )
    seed = os.environ.get("HOTSPOTS_SEED", name)
    attack = [sys.executable, str(ROOT / "tests/faults/attack.py"), str(area), str(tmp_path / "build")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [*attack, "signals", name, str(times), seed], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, f"seed {seed!r}: {done.stderr[-2000:]}"
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ends) == times
    for end in ends:
        assert end["finds"] in (end["old"], end["new"]), (seed, end)
    assert {end["finds"] == end["new"] for end in ends} == {True, False}, "every one ended the same way: no test"
