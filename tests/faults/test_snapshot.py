"""Whatever happens to a build, the published one stays whole and readable."""

from pathlib import Path

import pytest
from filelock import FileLock

from hotspots.errors import BuildError, DataRefused, SettingsRefused
from hotspots.pipeline import build_area
from hotspots.snapshot import folder as builds
from hotspots.snapshot import open_build, publication

from .conftest import AREA

ROOT = Path(__file__).resolve().parents[2]


def small_area(folder: Path, rows: str) -> Path:
    (folder / "finds.csv").write_text(f"date_reported,easting,northing,quantity,land\n{rows}", encoding="utf-8")
    area = folder / "hotspots.toml"
    area.write_text(AREA.replace("FOLDER", (ROOT / "boundaries").as_posix()), encoding="utf-8")
    return area


GOOD = "2018-05-01,544880,258440,3,park\n2018-06-01,544980,258440,1,park\n"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_refused_input_leaves_the_previous_build_byte_for_byte(tmp_path: Path) -> None:
    build_area(small_area(tmp_path, GOOD), tmp_path / "build")
    before = contents(tmp_path / "build")
    (tmp_path / "finds.csv").write_text("<html><body>Not found</body></html>", encoding="utf-8")
    with pytest.raises(DataRefused, match="web page"):
        build_area(tmp_path / "hotspots.toml", tmp_path / "build")
    assert contents(tmp_path / "build") == before


def test_a_failure_while_writing_leaves_the_previous_build_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_area(small_area(tmp_path, GOOD), tmp_path / "build")
    small_area(tmp_path, GOOD + "2018-07-01,544980,258440,1,park\n")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publication, "write_cog", full)
    with pytest.raises(BuildError, match="No space left on device"):
        build_area(tmp_path / "hotspots.toml", tmp_path / "build")
    assert open_build(tmp_path / "build").id == first.id
    assert not list((tmp_path / "build").glob(".staging-*"))


def test_a_build_that_is_killed_leaves_the_old_one_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    first = build_area(small_area(tmp_path, GOOD), tmp_path / "build")
    left = tmp_path / "build" / ".staging-0123456789ab-99999"
    left.mkdir()
    (left / "half").write_text("half", encoding="utf-8")
    small_area(tmp_path, GOOD + "2018-07-01,544980,258440,1,park\n")
    assert open_build(tmp_path / "build").id == first.id
    second = build_area(tmp_path / "hotspots.toml", tmp_path / "build")
    assert second.id != first.id
    assert not left.exists()


def test_two_builds_at_once_are_refused_with_the_holder(tmp_path: Path) -> None:
    area = small_area(tmp_path, GOOD)
    (tmp_path / "build").mkdir()
    with FileLock(tmp_path / "build" / ".lock"), pytest.raises(BuildError, match="another build is being published"):
        build_area(area, tmp_path / "build")


def test_a_damaged_file_is_found_when_a_build_is_verified(tmp_path: Path) -> None:
    built = build_area(small_area(tmp_path, GOOD), tmp_path / "build")
    target = built.folder / "layers" / "wards.parquet"
    target.write_bytes(target.read_bytes()[:-10])
    with pytest.raises(BuildError, match=r"wards\.parquet .* missing or damaged"):
        built.verify()


@pytest.mark.parametrize("current", ["", "../../etc", "no-such-build\n"])
def test_a_current_that_names_no_build_is_one_clear_error(tmp_path: Path, current: str) -> None:
    (tmp_path / "CURRENT").write_text(current, encoding="utf-8")
    with pytest.raises(BuildError, match="run `hotspots build`"):
        open_build(tmp_path)


def test_an_area_file_with_an_unknown_key_names_the_key_and_what_is_allowed(tmp_path: Path) -> None:
    area = small_area(tmp_path, GOOD)
    area.write_text(area.read_text(encoding="utf-8").replace("name =", "nmae ="), encoding="utf-8")
    with pytest.raises(SettingsRefused, match=r"area\.nmae: unknown key; allowed here: lad, name"):
        build_area(area, tmp_path / "build")


def test_the_last_three_snapshots_are_kept_and_none_younger_than_a_day_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = GOOD
    for number in range(1, 5):
        rows += f"2018-07-0{number},544980,258440,1,park\n"
        build_area(small_area(tmp_path, rows), tmp_path / "build")
    assert len(list((tmp_path / "build").glob("*/manifest.json"))) == 4
    monkeypatch.setattr(builds, "KEEP_SECONDS", -1)
    build_area(small_area(tmp_path, rows + "2018-08-01,544980,258440,1,park\n"), tmp_path / "build")
    assert len(list((tmp_path / "build").glob("*/manifest.json"))) == 3
