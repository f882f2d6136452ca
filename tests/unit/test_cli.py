"""The command line: exit codes, one clear sentence for every refusal, no traceback, nothing half-written."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotspots import __version__
from hotspots.cli import main
from hotspots.snapshot import Build

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = (signal.SIGINT, signal.SIGTERM, *filter(None, (getattr(signal, "SIGHUP", None),)))
Done = subprocess.CompletedProcess[str]


def process(*arguments: str, folder: Path = ROOT) -> Done:
    """A command in a process of its own."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "hotspots", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def hotspots(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Done]]:
    """A command as ``process`` runs it, in this process: what it imports is there already."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}

    def run(*arguments: str, folder: Path = ROOT) -> Done:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["hotspots", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), said.out, said.err)

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def build(example_build: Build) -> str:
    return str(example_build.folder.parent)


def test_check_prints_the_tally_of_every_source_and_exits_0(tmp_path: Path) -> None:
    done = process("check", "--rejects", str(tmp_path / "rejects"))
    assert done.returncode == 0, done.stderr
    assert "Needle finds (synthetic): 813 rows = 804 accepted + 0 rejected + 9 nothing found" in done.stdout
    assert not (tmp_path / "rejects").exists()


def test_layers_lists_every_layer_and_says_what_is_invented(hotspots, build: str) -> None:
    done = hotspots("layers", "--build", build)
    assert done.returncode == 0, done.stderr
    for layer in ("lsoas", "callouts-by-lsoa", "needle-density", "premises-scores"):
        assert layer in done.stdout
    assert "Synthetic records: not real events" in done.stdout


@pytest.mark.parametrize(
    ("layer", "suffix", "audience"),
    [
        ("callouts-by-lsoa", "geojson", "partner"),
        ("needle-finds-by-ward", "gpkg", "partner"),
        ("needle-finds", "geojson", "restricted"),
        ("needle-density", "tif", "public"),
        ("premises-scores", "csv", "restricted"),
    ],
)
def test_a_layer_is_exported_for_an_audience(
    hotspots, build: str, tmp_path: Path, layer: str, suffix: str, audience: str
) -> None:
    target = tmp_path / f"out.{suffix}"
    done = hotspots("export", layer, "--to", str(target), "--audience", audience, "--build", build)
    assert done.returncode == 0, done.stderr
    assert target.is_file()


def test_a_process_of_its_own_says_and_writes_the_same(hotspots, build: str, tmp_path: Path) -> None:
    target, found = tmp_path / "out.geojson", []
    arguments = ("export", "callouts-by-lsoa", "--to", str(target), "--audience", "partner", "--build", build)
    for run in (process, hotspots):
        done = run(*arguments)
        found.append((done.returncode, done.stdout, done.stderr, target.read_bytes()))
        target.unlink()
    assert found[0] == found[1]
    assert found[0][0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["export", "needle-finds", "--audience", "public"], 1, "for the restricted audience only"),
        (["export", "premises-scores", "--audience", "partner"], 1, "licensing and analysts only"),
        (["export", "no-such-layer", "--audience", "public"], 2, "choose one of lsoas"),
        (["export", "lsoas", "--audience", "everybody"], 2, "everybody"),
        (["density", "callouts"], 1, "cannot become points"),
        (["density", "no-such-source"], 2, "nor a source of the area file"),
        (["density", "needle-finds", "--bandwidth-m", "abc"], 2, "--bandwidth-m"),
        (["density", "needle-finds", "--bandwidth-m", "-5"], 1, "positive number of metres"),
        (["density", "needle-finds", "--bandwidth-m", "0"], 1, "positive number of metres"),
        (["density", "needle-finds", "--cell-m", "0"], 1, "positive number of metres"),
        (["density", "needle-finds", "--bandwidth-m", "1e308"], 1, "0.1 to 1,000,000 metres"),
    ],
)
def test_a_refusal_is_a_sentence_and_an_exit_code_and_writes_nothing(
    hotspots, build: str, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    target = tmp_path / ("out.tif" if arguments[0] == "density" else "out.geojson")
    extra = ["--build", build] if arguments[0] == "export" else []
    done = hotspots(*arguments, "--to", str(target), *extra)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_an_area_file_or_a_build_is_one_sentence(hotspots, tmp_path: Path) -> None:
    commands = ((hotspots, "build", "there is no area file"), (process, "layers", "run `hotspots build` first"))
    for run, command, words in commands:
        done = run(command, folder=tmp_path)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_the_version_is_printed(hotspots) -> None:
    assert (hotspots("--version").returncode, hotspots("--version").stdout) == (0, f"{__version__}\n")


def test_an_unknown_verb_is_wrong_usage() -> None:
    assert process("buidl").returncode == 2


def test_a_reader_that_goes_away_is_no_fault(build: str) -> None:
    command = f"{sys.executable} -m hotspots layers --build {build} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=ROOT)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_fault_133_an_output_that_takes_nothing_and_a_name_too_long_are_no_fault_of_ours(
    hotspots, build: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "hotspots", "layers", "--build", build]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "what was done could not be printed (No space left on device)\n",
    )
    target = str(tmp_path / f"{'a' * 300}.csv")
    done = hotspots("export", "wards", "--build", build, "--to", target, "--audience", "public")
    assert (done.returncode, "no name that a file can have here" in done.stderr) == (2, True)


def test_density_of_a_file_of_points_is_cut_to_the_city_centre(hotspots, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("easting,northing\n544880,258440\n544900,258450\n", encoding="utf-8")
    target = tmp_path / "out.tif"
    done = hotspots("density", str(tmp_path / "points.csv"), "--to", str(target), "--clip", "city-centre")
    assert done.returncode == 0, done.stderr
    assert "support radius 300 m, cells of 50 m" in done.stdout
    assert "version draft-1" in done.stdout
    assert target.is_file()


def test_points_with_degrees_in_metre_columns_are_refused_with_the_line(hotspots, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("easting,northing\n544880,258440\n0.11,52.2\n", encoding="utf-8")
    done = hotspots("density", str(tmp_path / "points.csv"), "--to", str(tmp_path / "out.tif"))
    assert done.returncode == 1
    assert "line 3" in done.stderr
    assert not (tmp_path / "out.tif").exists()


def test_the_help_of_init_loses_no_word_to_its_markup() -> None:
    """A word in square brackets would pass for a style, and vanish: the option said "NAME=NUMBER, as in ."."""
    said = " ".join(process("init", "--help").stdout.replace("│", " ").split())
    assert "NAME=NUMBER, such as geojson_mb=1024." in said
