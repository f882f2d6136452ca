"""One small area, builds of it in processes of their own, and the promises that hold whatever happens to them."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hotspots.snapshot import open_build

ROOT = Path(__file__).resolve().parents[2]
ATTACK = Path(__file__).with_name("attack.py")

AREA = """
[area]
name = "Small"

[[sources]]
id = "needle-finds"
kind = "needle_finds"
path = "finds.csv"
covers_from = 2018-04-01
covers_to = 2019-03-31
absent = "zero"
synthetic = true
policy = "controlled"
columns = { easting = "easting", northing = "northing", land_type = "land" }

[boundaries]
folder = "FOLDER"
ward = "ward-schematic"
"""


@dataclass
class Workshop:
    """An area folder, the folder of its builds, and every other place that a build could touch."""

    folder: Path
    listener: socket.socket
    calls: list[bytes] = field(default_factory=list)

    @property
    def area(self) -> Path:
        return self.folder / "area" / "hotspots.toml"

    @property
    def builds(self) -> Path:
        return self.folder / "build"

    def supply(self, finds: int) -> None:
        """Put that many needle finds in place of the supplier's file."""
        self.area.parent.mkdir(exist_ok=True)
        rows = "".join(f"2018-05-{1 + at % 28:02d},{544880 + at},258440,{1 + at},park\n" for at in range(finds))
        (self.area.parent / "finds.csv").write_text(f"date_reported,easting,northing,quantity,land\n{rows}")
        self.area.write_text(AREA.replace("FOLDER", (ROOT / "boundaries").as_posix()))

    def environment(self, **changes: str) -> dict[str, str]:
        """Home, temporary folder and proxies of our own: what is written there, or asked of them, is seen."""
        port = self.listener.getsockname()[1]
        names = ("http_proxy", "https_proxy", "all_proxy")
        proxies = (*names, *(name.upper() for name in names), "GDAL_HTTP_PROXY")
        places = {name: str(self.folder / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
        for name in ("home", "temporary"):
            (self.folder / name).mkdir(exist_ok=True)
        return {
            **os.environ, **places, **dict.fromkeys(proxies, f"http://127.0.0.1:{port}"),
            "TMPDIR": str(self.folder / "temporary"), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(ROOT / "src"), **changes,
        }  # fmt: skip

    def start(self, *arguments: object, **changes: str) -> "subprocess.Popen[str]":
        """A process of ``attack.py``, which builds under a fault."""
        command = [sys.executable, str(ATTACK), str(self.area), str(self.builds), *map(str, arguments)]
        return subprocess.Popen(
            command, cwd=self.folder / "home", env=self.environment(**changes), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def attack(self, *arguments: object, **changes: str) -> list[dict[str, object]]:
        """Run ``attack.py`` to its end; what each of its builds came to."""
        self.environment()
        process = self.start(*arguments, **changes)
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, err[-2000:]
        return [json.loads(line) for line in out.splitlines()]

    def outside(self) -> dict[str, bytes]:
        """Every file that is not in the folder of builds."""
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file() and self.builds not in path.parents)
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}

    def check(self, *finds: int, clean: bool = False) -> int:
        """
        The promises: the published build is whole and of one of these numbers of finds, which is returned; nobody was
        called; with ``clean``, nothing temporary is left.
        """
        opened = open_build(self.builds)
        opened.verify()
        held = len(opened.table("needle_finds"))
        assert held in finds
        assert self.calls == []
        left = [path.name for path in self.builds.iterdir() if path.name.startswith(".") and path.name != ".lock"]
        assert not clean or left == []
        return held


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A small area with a build of two finds, and a listener in place of every proxy."""
    listener = socket.create_server(("127.0.0.1", 0))
    made = Workshop(tmp_path, listener)

    def listen() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                made.calls.append(caller.recv(200))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    made.environment()
    made.supply(2)
    yield made
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    assert made.calls == []


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance with a seed that is printed when the test fails; ``HOTSPOTS_SEED`` sets another."""
    seed = os.environ.get("HOTSPOTS_SEED", request.node.name)
    print(f"seed: {seed!r} (HOTSPOTS_SEED)")
    return random.Random(seed)
