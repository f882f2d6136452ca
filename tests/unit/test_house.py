"""The rules of the house that import contracts cannot see."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "hotspots"
MODULES = sorted(PACKAGE.rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def called(path: Path) -> frozenset[str]:
    return frozenset(ast.unparse(node.func) for node in nodes(path) if isinstance(node, ast.Call))


def where(name: str, *, allowed: tuple[str, ...] = (), within: Path = PACKAGE) -> list[str]:
    """Modules that call a built-in of that name, or for a name with a dot or of a method, anything that ends so."""
    builtin = name in {"print", "eval", "exec"}
    found = []
    for path in sorted(within.rglob("*.py")):
        home = path.relative_to(PACKAGE).as_posix()
        names = called(path)
        if home not in allowed and (name in names or (not builtin and any(n.endswith(f".{name}") for n in names))):
            found.append(home)
    return found


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("to_crs", ()),
        ("print", ()),
        ("eval", ()),
        ("exec", ()),
        ("system", ()),
        ("read_file", ()),
        ("urlopen", ()),
        ("pickle.load", ()),
        ("datetime.now", ("snapshot/folder.py", "inbox/journal.py", "snapshot/journal.py", "snapshot/purge.py")),
        ("date.today", ("cli/__init__.py", "cli/init.py")),
        ("time.time", ("snapshot/folder.py",)),
    ],
)
def test_a_function_that_breaks_a_promise_is_called_nowhere_else(name: str, allowed: tuple[str, ...]) -> None:
    assert where(name, allowed=allowed) == []


def test_analysis_opens_no_file_and_draws_no_random_number() -> None:
    for name in ("open", "read_text", "read_csv", "read_parquet", "default_rng", "random"):
        assert where(name, within=PACKAGE / "analysis") == []


def test_only_the_command_line_catches_every_exception() -> None:
    found = []
    for path in MODULES:
        for node in nodes(path):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            ):
                found.append(path.relative_to(PACKAGE).as_posix())
    assert set(found) <= {"cli/__init__.py"}


def test_no_module_outside_the_room_that_downloads_imports_a_network_client() -> None:
    banned = {"requests", "httpx", "urllib3", "urllib.request", "http.client", "socketserver", "ftplib", "smtplib"}
    for path in (module for module in MODULES if module.parent != PACKAGE / "fetch"):
        for node in nodes(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not banned & set(names), path.name


def test_modules_stay_under_400_lines_and_functions_under_60() -> None:
    too_long = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 400:
            too_long.append(path.name)
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and (node.end_lineno or 0) - body[0].lineno + 1 > 60:
                    too_long.append(f"{path.name}:{node.name}")
    assert too_long == []


def test_the_root_copy_of_the_streamlit_settings_equals_the_packaged_one() -> None:
    assert (ROOT / ".streamlit/config.toml").read_bytes() == (PACKAGE / "app/streamlit.toml").read_bytes()


def test_importing_the_package_changes_nothing_and_loads_nothing_heavy() -> None:
    import os
    import subprocess
    import sys

    code = (
        "import os, sys; before = dict(os.environ); import hotspots; "
        "heavy = {'pandas', 'geopandas', 'folium', 'streamlit', 'rasterio', 'numpy'} & set(sys.modules); "
        "assert not heavy, heavy; assert dict(os.environ) == before"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert done.returncode == 0, done.stderr


def test_commands_start_without_drivers_that_follow_files_threads_of_linear_algebra_and_unused_statistics() -> None:
    import os
    import subprocess
    import sys

    code = (
        "import os, sys; import hotspots.cli; assert 'numpy' not in sys.modules; "
        "print(os.environ['GDAL_SKIP'], os.environ['OPENBLAS_NUM_THREADS']); "
        "import hotspots.export; "  # reading a build: scipy's statistics, a second to load, wait for their first use
        "loaded = {'scipy.stats', 'scipy.optimize', 'scipy.special'} & set(sys.modules); assert not loaded, loaded"
    )
    given = {name: value for name, value in os.environ.items() if name not in {"GDAL_SKIP", "OPENBLAS_NUM_THREADS"}}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=given, check=True)
    assert done.stdout.split() == ["VRT,OGR_VRT", "1"]
