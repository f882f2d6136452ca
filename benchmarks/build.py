"""``hotspots build`` on the real folder: Cambridge, three months of police data, in a process of its own."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AREAS = ROOT / "tests/real/areas"
RUNS = 5


def real_build(data: Path) -> str:
    """One row of the table: wall seconds and the peak resident memory of the worst run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        area = _area_folder(folder, data)
        seconds = []
        for number in range(RUNS):
            begun = time.perf_counter()
            _hotspots("build", "--area", str(area), "--build", str(folder / f"build-{number}"))
            seconds.append(time.perf_counter() - begun)
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (
        f"| `hotspots build` on real Cambridge, wall time (peak memory {peak_mb:,.0f} MB, limit 1,024 MB) | 30 s | "
        f"{statistics.median(seconds):.1f} s | {max(seconds):.1f} s | {RUNS} |"
    )


def _area_folder(folder: Path, data: Path) -> Path:
    area = folder / "hotspots.toml"
    area.write_text('[area]\nname = "new"\n', encoding="utf-8")
    for name, kind, vintage in (
        ("cambridge_lsoa_2011_bgc", "lsoa", "2011"),
        ("cambridge_lsoa_2021_bgc", "lsoa", "2021"),
        ("cambridge_wards_2013_bgc", "ward", "2013"),
    ):
        file = str(data / f"boundaries/{name}.geojson")
        _hotspots("boundaries", "add", file, "--kind", kind, "--vintage", vintage, "--area", str(area))
    text = "".join((AREAS / f"{name}.toml").read_text(encoding="utf-8") for name in ("cambridge", "cambridge-records"))
    text = text.replace("DATA", data.resolve().as_posix()).replace("ROOT", ROOT.as_posix())
    area.write_text(text, encoding="utf-8")
    return area


def _hotspots(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "hotspots", *arguments], check=True, capture_output=True)
