"""Half-written files and folders: many at once in a folder that is shared, and none left behind."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotspots.staging import clear, scratch


def test_fault_121_a_lock_that_goes_while_the_folder_is_listed_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / ".staging-0123456789ab-lock"
    lock.touch()
    looked = Path.lstat

    def gone(path: Path) -> object:
        path.unlink(missing_ok=True)
        return looked(path)

    monkeypatch.setattr(Path, "lstat", gone)
    clear(tmp_path)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_fault_121_many_at_once_have_a_folder_each_and_leave_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def work(number: int) -> bool:
        with scratch() as folder:
            (folder / "mine").write_text(str(number))
            return [path.read_text() for path in folder.iterdir()] == [str(number)]

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(work, range(200)))
    assert (len(done), all(done), list(tmp_path.iterdir())) == (200, True, [])
