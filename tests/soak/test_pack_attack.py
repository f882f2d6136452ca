"""The pack for partners is the same, file by file, whatever the hidden numbers are (half a minute for each pack)."""

from pathlib import Path

from truths import another_truth, contents

from hotspots.pack import write_pack
from hotspots.snapshot import Build


def test_the_pack_for_partners_is_the_same_file_by_file(example_build: Build, tmp_path: Path) -> None:
    held = []
    for name, build in (("first", example_build), ("second", another_truth(example_build))):
        write_pack(build, tmp_path / name, audience="partner")
        held.append({path.relative_to(tmp_path / name).as_posix(): path for path in (tmp_path / name).rglob("*.*")})
    first, second = held
    assert set(first) == set(second)
    suffixes = {path.suffix for path in first.values()}
    assert suffixes == {".geojson", ".gpkg", ".csv", ".tif", ".qml", ".pdf", ".txt", ".json"}
    for name in set(first) - {"manifest.json"}:  # the manifest has the hash of packages, whose bytes carry a time
        one, two = (contents(path[name].read_bytes(), path[name].suffix, tmp_path) for path in held)
        assert one == two, name
