"""Serving the pages: packaged assets from any folder, our settings, security headers, and this machine only."""

import asyncio
import ipaddress
import os
import socket
import threading
import tomllib
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware

from hotspots.errors import DisclosureRefused, UsageError

MAIN_PAGE = Path(__file__).resolve().parent / "main.py"
SETTINGS = Path(__file__).resolve().parent / "streamlit.toml"
BUILD_VARIABLE = "HOTSPOTS_BUILD"
AREA_VARIABLE = "HOTSPOTS_AREA"
_LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1"]

# Everything comes from this server. Only the frame of the map component may evaluate text: its maps are scripts.
_POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_PAGE_SCRIPTS = "'unsafe-inline' 'wasm-unsafe-eval'"
_MAP_SCRIPTS = "'unsafe-inline' 'unsafe-eval'"

_Message = MutableMapping[str, Any]
_Send = Callable[[_Message], Awaitable[None]]
_Receive = Callable[[], Awaitable[_Message]]


def serve(
    *,
    build: Path,
    area: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8501,
    base_path: str = "",
    open_browser: bool = False,
) -> None:
    """
    Serve the map pages of a build until stopped.

    Parameters
    ----------
    build
        Folder of the published build (the one with ``CURRENT`` in it).
    area
        The area file whose register of interventions the pages may add to; without one they only read.
    host
        A loopback address; nothing else until there is a login.
    port
        Port to listen on; 0 takes a free one and prints it.
    base_path
        Path the service answers under, such as ``hotspots``, where a proxy stands in front.
    open_browser
        Whether to open the page in the reader's browser once it answers.

    Raises
    ------
    DisclosureRefused
        The host is not this machine: without a login, everybody who can reach it would read as the area file's role.
    UsageError
        The port is taken, or the base path is not a path.
    """
    check_host(host)
    base_path = _checked_base_path(base_path)
    _check_port(host, port)
    os.environ[BUILD_VARIABLE] = str(build.resolve())
    os.environ[AREA_VARIABLE] = str(area.resolve()) if area is not None else ""
    # Before any reader of files is imported: no driver that follows a file's content to other files.
    os.environ.setdefault("GDAL_SKIP", "VRT,OGR_VRT")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line has it
    import streamlit as st

    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}/{base_path}" if open_browser and port else ""

    @asynccontextmanager
    async def started(app: Any) -> AsyncIterator[None]:
        async with lifespan(app):
            if address:
                threading.Timer(1.0, webbrowser.open, [address]).start()
            yield

    app = st.App(MAIN_PAGE, middleware=middleware(), lifespan=started)
    app.run(
        config=packaged_settings()
        | {
            "server.address": host,
            "browser.serverAddress": host,
            "server.port": port,
            "server.baseUrlPath": base_path,
            "server.allowedHosts": _LOOPBACK_NAMES,
        }
    )


def check_host(host: str) -> None:
    """Refuse every address but this machine's: there is no login yet."""
    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise DisclosureRefused(
            f"the map service has no login yet and answers this machine only: {host!r} is not a loopback address; "
            "leave --host out, or use 127.0.0.1"
        )


def packaged_settings() -> dict[str, Any]:
    """The settings of ``streamlit.toml`` as dotted names: `streamlit run` reads its own copy, this one is ours."""
    content = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    return {f"{section}.{name}": value for section, pairs in content.items() for name, value in pairs.items()}


def middleware() -> list[Middleware]:
    """What every answer passes on its way out."""
    return [Middleware(SecurityHeaders)]


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Load what the first page needs while nobody waits for it yet."""
    warming = asyncio.get_running_loop().run_in_executor(None, _warm)
    try:
        yield
    finally:
        await warming


class SecurityHeaders:
    """Headers that keep a page from loading, or being framed by, anything but ourselves."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """One request or socket: the answer is passed on with our headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = headers_for(str(scope["path"]))

        async def with_headers(message: _Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in added}
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in ours]
                message["headers"] = kept + added
            await send(message)

        await self._app(scope, receive, with_headers)


def headers_for(path: str) -> list[tuple[bytes, bytes]]:
    """The security headers of a path, as the server writes them."""
    scripts = _MAP_SCRIPTS if "/component/" in path else _PAGE_SCRIPTS
    return [
        (b"content-security-policy", _POLICY.format(scripts=scripts).encode("ascii")),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"SAMEORIGIN"),
        (b"referrer-policy", b"no-referrer"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    ]


def _checked_base_path(base_path: str) -> str:
    path = base_path.strip("/")
    if not all(part.replace("-", "").replace("_", "").isalnum() for part in path.split("/") if path):
        raise UsageError(f"{base_path!r} is not a path to serve under; use letters, digits, hyphens, such as hotspots")
    return path


def _check_port(host: str, port: int) -> None:
    if not 0 <= port <= 65535:
        raise UsageError(f"{port} is not a port; choose one from 1 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"port {port} is taken ({error.strerror}): another map service may be running; choose with --port"
            ) from error


def _warm() -> None:
    # Drawing costs seconds to import, cold; the first reader should not pay them. streamlit_folium is not among them:
    # imported outside a page it registers no component, and every map of the process stays blank.
    import hotspots.export
    import hotspots.maps.base
    import hotspots.views  # noqa: F401
