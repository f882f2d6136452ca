"""The one HTTP client: polite, patient and suspicious.

It waits and tries again where that can help, honours what a server asks for, trusts the certificates that the system
trusts (an organisation's own among them), goes through the system's proxy, and takes no answer for JSON that is none.
"""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from threading import Event, Timer
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import truststore
from requests.adapters import HTTPAdapter

import hotspots
from hotspots.errors import FetchError, UnreachableError, UsageError
from hotspots.limits import STANDARD, Limits, in_bytes, words

MOST_REDIRECTS = 3
LONGEST_WAIT_S = 120.0
_BLOCK_BYTES = 1 << 16
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAY_PASS = (
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)

# What an answer says is wrong, and whether asking again may help; None where nothing is.
Problem = tuple[str, bool]
Check = Callable[[Any], Problem | None]


class Client:
    """
    Asks for JSON, again and again where that can help.

    Parameters
    ----------
    attempts
        How often a question is asked at most; it waits 1, 2, 4, ... seconds in between, or as long as the server says.
    timeout_s
        How long to wait for a connection, and for the next part of an answer.
    answer_s
        How long a whole answer may take: a server that sends a little now and then never runs into ``timeout_s``.
    limits
        How large an answer may be.
    sleep
        Waits for a number of seconds (tests do not).
    """

    def __init__(
        self,
        *,
        attempts: int = 5,
        timeout_s: float = 60.0,
        answer_s: float = 600.0,
        limits: Limits = STANDARD,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._attempts, self._timeout_s, self._answer_s = attempts, timeout_s, answer_s
        self._limits, self._sleep = limits, sleep
        self._session = _Session()
        self._session.max_redirects = MOST_REDIRECTS
        self._session.headers["User-Agent"] = f"community-safety-hotspots/{hotspots.__version__}"
        # Proxies come from the environment, credentials of a .netrc do not: no service here has a login.
        self._session.auth = _no_login
        self._session.mount("https://", _SystemTrust())

    def json(
        self,
        url: str,
        asked: Mapping[str, str],
        *,
        form: bool = False,
        check: Check = lambda _: None,
        final: frozenset[int] = frozenset(),
    ) -> Any:
        """
        The JSON that a question is answered with.

        Parameters
        ----------
        asked
            The question, in the address, or in the body of a POST (``form``).
        check
            Looks for an error inside the answer (ArcGIS sends them with status 200).
        final
            Statuses that are an answer and not a fault: they are raised at once.

        Raises
        ------
        UnreachableError
            Nothing answers there.
        FetchError
            The service refuses, or still fails after the last attempt; ``status`` is its last.
        """
        problem = FetchError(f"{_where(url)}: nothing was asked")
        for attempt in range(self._attempts):
            if attempt:
                self._sleep(problem.wait_s or min(2.0 ** (attempt - 1), LONGEST_WAIT_S))
            try:
                answer = self._answered(url, asked, form=form)
                found = check(answer)
            except FetchError as error:
                problem = error
                if not error.transient or error.status in final:
                    raise
                continue
            if found is None:
                return answer
            problem = FetchError(f"{_where(url)}: {found[0]}", transient=found[1])
            if not problem.transient:
                raise problem
        raise type(problem)(f"{problem} (asked {self._attempts} times)", status=problem.status, transient=True)

    def _answered(self, url: str, asked: Mapping[str, str], *, form: bool) -> Any:
        where = _where(url)
        try:
            with self._session.request(
                "POST" if form else "GET",
                url,
                params=None if form else dict(asked),
                data=dict(asked) if form else None,
                timeout=self._timeout_s,
                stream=True,
            ) as response:
                _refuse_status(where, response)
                with _no_longer_than(self._answer_s, where, response):
                    return _parsed(where, _body(where, response, self._limits))
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
            raise UnreachableError(
                f"{where}: {_reason(error)}; is there a proxy or a certificate to set up?"
            ) from error
        except requests.exceptions.ConnectionError as error:
            raise UnreachableError(f"{where}: no answer ({_reason(error)})", transient=True) from error
        except requests.exceptions.RequestException as error:
            raise FetchError(f"{where}: {_reason(error)}", transient=isinstance(error, _MAY_PASS)) from error


class _Session(requests.Session):
    """Follows a redirect only where the question goes with it and is no less safe than it was."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer sends the question on; one that must not be followed is an error."""
        target = super().get_redirect_target(resp)
        if target is not None:
            problem = redirect_problem(resp.url, target, asked_by=f"{resp.request.method}", status=resp.status_code)
            if problem:
                resp.close()
                raise FetchError(f"{_where(resp.url)}: {problem}")
        return target


class _SystemTrust(HTTPAdapter):
    """Connections that trust what the operating system trusts."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return super().proxy_manager_for(*args, ssl_context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **kwargs)


def checked_base(url: str) -> str:
    """The base address of a service without a slash at its end; ``UsageError`` where it is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise UsageError(f"{url[:80]!r} is not the address of a service; expected such as https://example.org/services")
    return url.rstrip("/")


def redirect_problem(url: str, target: str, *, asked_by: str, status: int) -> str:
    """
    Why a redirect is not followed; empty where it is: to any host, but never from https to anything else.

    Examples
    --------
    >>> redirect_problem("https://a.example/x", "https://b.example/x", asked_by="GET", status=302)
    ''
    >>> redirect_problem("https://a.example/x", "http://a.example/x", asked_by="GET", status=302)
    'sent on to http://a.example, which is not https'
    """
    to = urlsplit(urljoin(url, target))
    if to.scheme != "https" and not (to.scheme == "http" and urlsplit(url).scheme == "http"):
        return f"sent on to {to.scheme}://{to.hostname or ''}, which is not https"
    if asked_by == "POST" and status not in {307, 308}:
        # It would be asked there with a GET, and without the question.
        return f"has moved to {to.scheme}://{to.netloc}{to.path}: name that address in [fetch], or with --from"
    return ""


def wait_of(headers: Mapping[str, str]) -> float | None:
    """
    How long a server asks to be left alone, seconds: it says so in seconds, or as a date by its own clock.

    Examples
    --------
    >>> wait_of({"Retry-After": "7"}), wait_of({})
    (7.0, None)
    >>> wait_of({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:27:30 GMT"})
    30.0
    """
    given = headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdecimal():
        return float(given)
    try:
        until, now = parsedate_to_datetime(given), parsedate_to_datetime(headers.get("Date", ""))
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no dates, or one without its zone
        return None


def _refuse_status(where: str, response: requests.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    words, wait_s = f"{where}: answered {status} {response.reason}", wait_of(response.headers)
    if wait_s is not None and wait_s > LONGEST_WAIT_S:
        raise FetchError(f"{words}, and asks to be left alone for {wait_s:,.0f} s: run it again then", status=status)
    raise FetchError(words, status=status, transient=status in _TRANSIENT, wait_s=wait_s)


@contextmanager
def _no_longer_than(seconds: float, where: str, response: requests.Response) -> Iterator[None]:
    """Ends an answer that comes too slowly: the time-out of a connection starts anew with every byte."""
    late = Event()

    def end() -> None:
        late.set()
        with suppress(ValueError, RuntimeError, OSError):  # it has come to its end meanwhile
            response.raw.shutdown()

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (FetchError, requests.exceptions.RequestException) as error:
        if late.is_set():
            raise UnreachableError(f"{where}: the answer took longer than {seconds:g} s (fetch.answer_s)") from error
        raise
    finally:
        timer.cancel()


def _body(where: str, response: requests.Response, limits: Limits) -> bytes:
    blocks, size = [], 0
    for block in response.iter_content(_BLOCK_BYTES):
        blocks.append(block)
        size += len(block)
        if size > in_bytes(limits.download_mb):
            raise FetchError(f"{where}: the answer is larger than {words(limits.download_mb)} (limits.download_mb)")
    return b"".join(blocks)


def _parsed(where: str, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        if body.lstrip()[:1] == b"<":
            raise FetchError(
                f"{where}: answered with a web page, not data: a proxy that wants you to sign in?"
            ) from error
        raise FetchError(f"{where}: the answer is not JSON, perhaps cut short", transient=True) from error


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _where(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"


def _reason(error: Exception) -> str:
    # What comes before the cause repeats the address, and is long.
    cause = str(error).rpartition("(Caused by ")[2]
    return f"{type(error).__name__}: {cause[:160]}"
