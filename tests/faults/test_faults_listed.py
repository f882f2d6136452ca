"""Every numbered fault has a test that exists, or a line in SECURITY.md; the numbers are those of docs/faults.md."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {
    1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23, 25, 26, 28, 29, 31, 32, 34, 35, 37, 38, 40, 41,
    43, 44, 46, 47, 49, 50, 52, 53, 55, 56, 58, 59, 61, 62, 64, 65, 67, 68, 70, 71, 73, 74, 76, 77, 79, 80, 82,
    83, 85, 86, 88, 89, 91, 92, 94, 95, 97, 98, 100, 101, 103, 104, 106, 107, 109, 110, 112, 113, 115, 116, 118,
    119, 121, 122, 124, 125, 127, 128, 130, 131, 133, 134, 136, 137, 139, 140, 142, 143, 145, 146,
}  # fmt: skip


def rows() -> dict[int, str]:
    text = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", text, flags=re.MULTILINE)
    assert len({number for number, _ in found}) == len(found), "a number is there twice"
    return {int(number): held for number, held in found}


def numbers_of(name: str) -> set[int]:
    """The numbers that a test begins with: a fault is named before anything else is."""
    run = re.match(r"test_fault_((?:\d{3}_)+)", name)
    return {int(number) for number in run[1].strip("_").split("_")} if run else set()


def names_of_tests() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        names |= set(re.findall(r"^\s*def (test_\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    return names


def test_every_numbered_fault_has_a_row() -> None:
    assert set(rows()) == NUMBERS


def test_every_test_that_a_row_names_exists() -> None:
    held = names_of_tests()
    missing = [name for cell in rows().values() for name in re.findall(r"`(test_\w+)`", cell) if name not in held]
    assert missing == []


def test_every_row_with_tests_names_one_that_has_its_number() -> None:
    named = {number: re.findall(r"`(test_\w+)`", cell) for number, cell in rows().items()}
    assert [
        number for number, tests in named.items() if tests and not any(number in numbers_of(name) for name in tests)
    ] == []


def test_a_row_without_a_test_has_its_reason_in_the_security_page_and_no_other_has() -> None:
    reasons = re.findall(r"^- \*\*(\d+)\*\*", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    without = {number for number, cell in rows().items() if "`test_" not in cell}
    assert without == {int(number) for number in reasons}


def test_a_test_with_numbers_in_its_name_is_in_the_row_of_each_number_or_beside_one_that_is() -> None:
    listed = " ".join(rows().values())
    for name in names_of_tests():
        for number in numbers_of(name):
            assert number in NUMBERS, name
            assert name in listed or "`test_" in rows()[number], name
