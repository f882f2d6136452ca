"""Set-up: what `start.py` decides before it runs anything, and what the pins and the lock may hold."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN_FILES = ("app.txt", "test.txt")


def module_at(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def start() -> ModuleType:
    return module_at(ROOT / "start.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that the steps of the set-up depend on, in a folder that a test may change."""
    for name in ("pyproject.toml", "hatch_build.py", "requirements", "web/package.json", "web/package-lock.json"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    return tmp_path


@pytest.fixture
def modules(start: ModuleType, tmp_path: Path) -> Path:
    """A node_modules folder with every listed asset, each holding its own name."""
    folder = tmp_path / "node_modules"
    for package, files in start.ASSETS.items():
        for source in files:
            path = folder / package / source
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{package} {source}")
    return folder


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_python_3_11_to_3_13_is_accepted(start: ModuleType, minor: int) -> None:
    assert start.version_problem(3, minor) == ""


@pytest.mark.parametrize(("major", "minor"), [(2, 7), (3, 8), (3, 10), (3, 14), (4, 0)])
def test_another_python_is_refused_with_what_was_found_and_what_is_needed(
    start: ModuleType, major: int, minor: int
) -> None:
    message = start.version_problem(major, minor)
    assert "needs Python 3.11, 3.12 or 3.13" in message
    assert f"this is Python {major}.{minor} " in message
    assert "python3.12 start.py" in message


def test_the_version_is_checked_before_anything_that_an_older_python_cannot_evaluate() -> None:
    text = (ROOT / "start.py").read_text(encoding="utf-8")
    before_check = text[: text.index("\nif version_problem(")]
    assert "from __future__" not in text
    assert re.findall(r"->\s*(.*):", before_check) == ["str"]


def test_a_changed_pin_changes_the_digest_of_its_own_step_only(start: ModuleType, checkout: Path) -> None:
    before = start.step_digests(checkout)
    pins = checkout / "requirements" / "app.txt"
    pins.write_text(pins.read_text().replace("folium==0.20", "folium==0.19"))
    after = start.step_digests(checkout)
    assert {step for step in before if before[step] != after[step]} == {"app"}


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("requirements/test.txt", "test"),
        ("web/package-lock.json", "assets"),
        ("pyproject.toml", "package"),
        ("hatch_build.py", "package"),
    ],
)
def test_each_input_changes_the_digest_of_its_step(start: ModuleType, checkout: Path, name: str, step: str) -> None:
    before = start.step_digests(checkout)
    with (checkout / name).open("a") as file:
        file.write("\n# one line more\n")
    after = start.step_digests(checkout)
    assert {other for other in before if before[other] != after[other]} == {step}


def test_a_stamp_is_read_back_as_it_was_written(start: ModuleType, tmp_path: Path) -> None:
    start.write_stamp(tmp_path / "stamp.json", {"app": "12ab"})
    assert start.read_stamp(tmp_path / "stamp.json") == {"app": "12ab"}
    assert [path.name for path in tmp_path.iterdir()] == ["stamp.json"]


@pytest.mark.parametrize("content", [None, "", '{"app": "12', "[1, 2]"])
def test_a_missing_or_half_written_stamp_counts_as_nothing_finished(
    start: ModuleType, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "stamp.json").write_text(content)
    assert start.read_stamp(tmp_path / "stamp.json") == {}


def test_an_environment_without_python_or_from_another_folder_does_not_work(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "PYTHON", tmp_path / "python")
    assert not start.environment_works({})
    (tmp_path / "python").write_text("not a program")
    assert not start.environment_works({})
    monkeypatch.setattr(start, "PYTHON", Path(sys.executable))
    assert start.environment_works({"location": str(ROOT)})
    assert not start.environment_works({"location": str(tmp_path)})


def test_a_failed_command_is_told_by_its_last_lines_without_a_trace(start: ModuleType) -> None:
    script = "print('first')\nfor n in range(30): print('line', n)\nraise SystemExit('No space left on device')"
    with pytest.raises(start.StepFailed) as failure:
        start.run([sys.executable, "-c", script])
    message = str(failure.value)
    assert "exit code 1" in message
    assert "line 29" in message
    assert "first" not in message.splitlines()
    assert message.endswith("The disk is full: free some space, then run this again.")


def test_a_command_that_asks_a_question_gets_no_answer_and_cannot_hang(start: ModuleType) -> None:
    with pytest.raises(start.StepFailed, match="EOFError"):
        start.run([sys.executable, "-c", "input('Proceed? ')"])


@pytest.mark.parametrize(
    ("output", "advised"),
    [
        ("Retrying after connection broken by 'NewConnectionError'", "HTTPS_PROXY"),
        ("npm error code ENOTFOUND", "HTTPS_PROXY"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "PIP_CERT"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "download cache"),
        ("ERROR: No matching distribution found for fiona==1.10.1", "no ready-made package for this system"),
        ("ensurepip is not available", "python3-venv"),
        ("something else", "Run this again"),
    ],
)
def test_the_advice_fits_what_went_wrong(start: ModuleType, output: str, advised: str) -> None:
    assert advised in start.advice(output)


def test_an_unknown_verb_is_wrong_usage_and_lists_the_verbs(
    start: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start.main(["tset"]) == 2
    assert "does not know 'tset'" in (said := capsys.readouterr().err)
    assert "python start.py test" in said


def test_the_copied_assets_match_their_manifest_and_copying_again_changes_nothing(
    start: ModuleType, modules: Path, tmp_path: Path
) -> None:
    vendor = tmp_path / "static" / "vendor"
    start.copy_assets(modules, vendor)
    first = {path.relative_to(vendor).as_posix(): path.read_bytes() for path in vendor.rglob("*") if path.is_file()}
    start.copy_assets(modules, vendor)
    again = {path.relative_to(vendor).as_posix(): path.read_bytes() for path in vendor.rglob("*") if path.is_file()}
    assert again == first
    assert start.assets_whole(vendor)
    assert sorted(first) == sorted([*json.loads(first["manifest.json"]), "manifest.json"])
    assert {"leaflet/leaflet.js", "leaflet/images/marker-icon.png", "jquery/jquery.min.js"} < set(first)
    assert {f"{package}/LICENSE" for package in start.ASSETS} < set(first)


def test_a_missing_source_leaves_the_installed_assets_as_they_were(
    start: ModuleType, modules: Path, tmp_path: Path
) -> None:
    vendor = tmp_path / "vendor"
    start.copy_assets(modules, vendor)
    (modules / "leaflet" / "dist" / "leaflet.css").unlink()
    with pytest.raises(OSError, match=r"leaflet\.css"):
        start.copy_assets(modules, vendor)
    assert start.assets_whole(vendor)


@pytest.mark.parametrize("harm", ["changed", "removed", "no manifest"])
def test_damaged_assets_are_noticed(start: ModuleType, modules: Path, tmp_path: Path, harm: str) -> None:
    vendor = tmp_path / "vendor"
    start.copy_assets(modules, vendor)
    if harm == "changed":
        (vendor / "leaflet" / "leaflet.js").write_text("alert(1)")
    else:
        (vendor / ("manifest.json" if harm == "no manifest" else "leaflet/leaflet.js")).unlink()
    assert not start.assets_whole(vendor)


def test_a_wheel_needs_every_asset_of_the_manifest(start: ModuleType, modules: Path, tmp_path: Path) -> None:
    hook = module_at(ROOT / "hatch_build.py")
    vendor = tmp_path / "vendor"
    assert hook.assets_fault(vendor).endswith("vendor/manifest.json is missing")
    start.copy_assets(modules, vendor)
    assert hook.assets_fault(vendor) == ""
    (vendor / "jquery" / "jquery.min.js").write_text("alert(1)")
    assert hook.assets_fault(vendor).endswith("jquery.min.js is not the file that was installed")
    (vendor / "leaflet" / "leaflet.css").unlink()
    (vendor / "jquery" / "jquery.min.js").unlink()
    assert "is missing" in hook.assets_fault(vendor)


def pinned(name: str) -> dict[str, str]:
    """Pin -> its line, of one requirements file."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return {line.split()[0]: line for line in text.splitlines() if line.strip()}


@pytest.mark.parametrize("name", PIN_FILES)
def test_every_pin_is_exact_and_hashed_and_none_has_an_address(name: str) -> None:
    for pin, line in pinned(name).items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), pin
        assert "://" not in line
        assert "@" not in line


def test_the_pins_of_the_tests_hold_those_of_the_service() -> None:
    assert set(pinned("app.txt").items()) <= set(pinned("test.txt").items())


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for name, wanted in (
        ("app.txt", [*project["dependencies"], *extras["setup"]]),
        ("test.txt", [*project["dependencies"], *extras["setup"], *extras["test"]]),
    ):
        names = {pin.split("==")[0] for pin in pinned(name)}
        assert {re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in wanted} <= names


def test_the_lock_holds_a_hash_for_each_asset_and_no_download_address(start: ModuleType) -> None:
    text = (ROOT / "web" / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert "resolved" not in text
    assert "://" not in text
    assert {name.removeprefix("node_modules/") for name in packages if name} == set(start.ASSETS)
    assert all(entry["integrity"].startswith("sha512-") for name, entry in packages.items() if name)
    declared = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in declared} == declared


def test_start_py_says_its_verbs_without_setting_anything_up() -> None:
    said = subprocess.run(
        [sys.executable, str(ROOT / "start.py"), "--help"], capture_output=True, text=True, check=True
    )
    assert "python start.py test" in said.stdout
    assert said.stderr == ""
