"""What happens on the wire: connections that break, drip or say nothing, redirects, proxies, packed answers."""

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hotspots.errors import FetchError, UnreachableError
from hotspots.fetch import Client
from hotspots.limits import Limits

Script = Callable[[socket.socket], None]


class Wire:
    """A server on this machine that sends what a test says, byte by byte; the last script serves all that follow."""

    def __init__(self, *scripts: Script) -> None:
        self.asked: list[str] = []
        self._over = False
        self._scripts = list(scripts)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if self._over:
                    return
                try:
                    self.asked.append(_question(connection))
                    script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                    script(connection)
                except OSError:  # the client has gone, as some tests have it
                    continue

    def close(self) -> None:
        self._over = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._socket.close()


def _question(connection: socket.socket) -> str:
    text = b""
    while b"\r\n\r\n" not in text:
        if not (received := connection.recv(65536)):
            return text.decode()
        text += received
    head, _, body = text.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode()


@contextmanager
def wired(*scripts: Script) -> Iterator[Wire]:
    made = Wire(*scripts)
    try:
        yield made
    finally:
        made.close()


def head(status: str = "200 OK", **headers: Any) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Connection: close", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def says(body: bytes = b'{"count": 3}', status: str = "200 OK", **headers: Any) -> Script:
    return lambda connection: connection.sendall(head(status, Content_Length=len(body), **headers) + body)


def resets(connection: socket.socket) -> None:
    connection.sendall(head(Content_Length=5000) + b'{"features": [')
    # Without lingering, the end of the connection is a reset and no orderly end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def drips(connection: socket.socket) -> None:
    connection.sendall(head())
    stopped = threading.Event()
    while not stopped.wait(0.02):
        connection.sendall(b" ")


def asked(wire: Wire | str, *, waited: list[float] | None = None, form: bool = False, **changes: Any) -> Any:
    waits: list[float] = [] if waited is None else waited
    client = Client(**{"attempts": 2, "timeout_s": 20, "sleep": waits.append, **changes})
    address = wire if isinstance(wire, str) else wire.address
    return client.json(f"{address}/layer", {"f": "json"}, form=form)


@pytest.mark.parametrize("fault", [resets, lambda connection: None], ids=["in the middle", "before a word"])
def test_a_connection_that_breaks_is_made_again(fault: Script) -> None:
    waited: list[float] = []
    with wired(fault, says()) as wire:
        assert asked(wire, waited=waited) == {"count": 3}
    assert waited == [1.0]


def test_a_server_that_says_nothing_is_left_after_the_time_out() -> None:
    with wired(silent) as wire, pytest.raises(FetchError, match=r"timed out.*\(asked 2 times\)"):
        asked(wire, timeout_s=0.05)


def test_an_answer_that_drips_without_end_is_ended() -> None:
    with wired(drips) as wire:
        with pytest.raises(UnreachableError, match=r"longer than 0\.2 s \(fetch\.answer_s\)"):
            asked(wire, answer_s=0.2)
        assert len(wire.asked) == 1


@pytest.mark.parametrize("body", [b'{"count": 3}', b'{"count": 3}' + b" " * 500_000], ids=["small", "large"])
def test_packed_answers_are_unpacked(body: bytes) -> None:
    with wired(says(gzip.compress(body), Content_Encoding="gzip")) as wire:
        assert asked(wire) == {"count": 3}
    assert "Accept-Encoding: gzip" in wire.asked[0]


def test_an_answer_that_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(b"[" + b" " * (64 << 20))
    assert len(bomb) < 70_000
    with wired(says(bomb, Content_Encoding="gzip")) as wire, pytest.raises(FetchError, match=r"limits\.download_mb"):
        asked(wire, limits=Limits(download_mb=1))
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    "packed", [b"not packed at all", gzip.compress(b'{"count": 3}')[:-12]], ids=["not packed", "cut short"]
)
def test_what_cannot_be_unpacked_is_asked_for_again(packed: bytes) -> None:
    with wired(says(packed, Content_Encoding="gzip"), says()) as wire:
        assert asked(wire) == {"count": 3}


def test_a_redirect_is_followed_to_another_host_and_not_for_ever() -> None:
    with wired(says()) as there:
        to = f"http://localhost:{there.port}/moved?f=json"
        with wired(says(b"", "302 Found", Location=to)) as here:
            assert asked(here) == {"count": 3}
    with wired(says(b"", "302 Found", Location="/layer")) as wire:
        with pytest.raises(FetchError, match="TooManyRedirects"):
            asked(wire)
        assert len(wire.asked) == 4


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "gopher:x"])
def test_a_redirect_to_what_is_no_web_address_is_refused(target: str) -> None:
    with wired(says(b"", "302 Found", Location=target)) as wire, pytest.raises(FetchError, match="which is not https"):
        asked(wire)
    assert len(wire.asked) == 1


def test_a_question_in_a_body_goes_along_with_a_redirect_or_the_redirect_is_told() -> None:
    with wired(says(b"[]")) as there:
        with wired(says(b"", "307 Temporary Redirect", Location=f"{there.address}/new")) as here:
            assert asked(here, form=True) == []
        assert there.asked[0].startswith("POST /new HTTP/1.1")
        assert there.asked[0].endswith("\r\n\r\nf=json")
        moved = says(b"", "301 Moved Permanently", Location=f"{there.address}/new")
        with wired(moved) as here, pytest.raises(FetchError, match=rf"has moved to {there.address}/new: name that"):
            asked(here, form=True)
        assert len(there.asked) == 1


@pytest.mark.parametrize(
    ("after", "waits"),
    [
        ("7", [7.0]),
        ("Wed, 21 Oct 2026 07:28:00 GMT", [30.0]),
        ("Wed, 21 Oct 2026 07:00:00 GMT", [1.0]),
        ("Wed, 21 Oct 2026 07:28:00", [1.0]),
        ("soon", [1.0]),
        ("\xb2", [1.0]),
        ("-5", [1.0]),
        ("0", [1.0]),
    ],
)
def test_the_time_to_wait_is_read_in_seconds_and_as_a_date_by_the_clock_of_the_server(
    after: str, waits: list[float]
) -> None:
    def busy(connection: socket.socket) -> None:
        date = "Wed, 21 Oct 2026 07:27:30 GMT"
        text = head("429 Too Many Requests", Date=date, Content_Length=0).decode()
        connection.sendall(text.replace("\r\n\r\n", f"\r\nRetry-After: {after}\r\n\r\n").encode("latin-1"))

    waited: list[float] = []
    with wired(busy, says()) as wire:
        assert asked(wire, waited=waited) == {"count": 3}
    assert waited == waits


@pytest.mark.parametrize("after", ["121", "9" * 400, "Thu, 22 Oct 2026 07:28:00 GMT"])
def test_a_server_that_wants_to_be_left_alone_for_long_is_left_alone(after: str) -> None:
    busy = says(b"", "503 Busy", Retry_After=after, Date="Wed, 21 Oct 2026 07:28:00 GMT")
    waited: list[float] = []
    with wired(busy) as wire, pytest.raises(FetchError, match=r"left alone for .* s: run it again then"):
        asked(wire, waited=waited)
    assert waited == []


def test_the_reason_is_told_however_long_the_address_is() -> None:
    with wired(says()) as wire:
        closed = wire.address
    with pytest.raises(UnreachableError, match=r"no answer \(ConnectionError: .*refused"):
        asked(f"{closed}/{'long' * 80}")


def test_a_proxy_of_the_environment_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    with wired(says()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        assert asked("http://portal.example") == {"count": 3}
    assert proxy.asked[0].startswith("GET http://portal.example/layer?f=json HTTP/1.1")


@pytest.mark.parametrize("answer", ["403 Forbidden", "407 Proxy Authentication Required"])
def test_a_proxy_that_refuses_a_tunnel_is_told_with_its_answer(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    with wired(says(b"", answer)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:secret@127.0.0.1:{proxy.port}")
        with pytest.raises(UnreachableError, match=rf"{answer[:3]}.*is there a proxy") as refused:
            asked("https://portal.example")
    assert proxy.asked[0].startswith("CONNECT portal.example:443 HTTP/1.")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("excepted", ["127.0.0.1", "localhost,127.0.0.1", "*"])
def test_hosts_that_need_no_proxy_are_asked_directly(monkeypatch: pytest.MonkeyPatch, excepted: str) -> None:
    with wired(says()) as proxy, wired(says(b"[]")) as wire:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        monkeypatch.setenv("NO_PROXY", excepted)
        assert asked(wire) == []
    assert proxy.asked == []


def test_a_long_question_goes_in_the_body_and_a_short_one_in_the_address() -> None:
    with wired(says(b"[]")) as wire:
        client = Client(attempts=1)
        client.json(f"{wire.address}/crimes", {"poly": "52.2,0.1:" * 1000}, form=True)
        client.json(f"{wire.address}/layer", {"f": "json"})
    assert wire.asked[0].startswith("POST /crimes HTTP/1.1\r\n")
    assert len(wire.asked[0]) > 9_000
    assert wire.asked[1].startswith("GET /layer?f=json HTTP/1.1\r\n")


@pytest.mark.parametrize("body", [json.dumps({"count": 3}).encode("utf-8-sig"), b'\n {"count":\t3}\r\n'])
def test_marks_and_blanks_round_an_answer_do_not_matter(body: bytes) -> None:
    with wired(says(body)) as wire:
        assert asked(wire) == {"count": 3}


@pytest.mark.parametrize(
    "body", [b"", b"null,", b"[" * 100_000, b"\xff\xfe\x00"], ids=["none", "more", "deep", "no text"]
)
def test_what_is_no_json_is_asked_for_again_and_then_told(body: bytes) -> None:
    with wired(says(body)) as wire, pytest.raises(FetchError, match=r"not JSON, perhaps cut short \(asked 2 times\)"):
        asked(wire)
