"""HTTP to the engine, over a unix socket, or TCP with TLS and a token.

It has a thread and an event loop of its own. When a class arrives, the hub's loop works for seconds
at what it does itself before each start; what a start asks of the engine is on its way meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.netutil import Resolver
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from .errors import EngineError, EngineSilent

# Long calls (a stop, the event stream) must never queue up behind each other.
CONCURRENT_CALLS = 10_000
# The client adds up all that ever came over a stream, and ends it at this size.
STREAM_BYTES = 1 << 50
CONNECT_SECONDS = 20.0


def query(**fields: Any) -> str:
    """The query of a path; a space is %20 in it, as a plus is a form's way and no URL's."""
    return "?" + urlencode(fields, doseq=True, quote_via=quote, safe="")


class _SocketResolver(Resolver):
    """Leads every host name to one unix socket."""

    def initialize(self, path: str) -> None:
        self.path = path

    def close(self) -> None:
        """Nothing is held."""

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[tuple[int, Any]]:
        return [(socket.AF_UNIX, self.path)]


class Transport:
    """Calls and the event stream. EngineError: it answered no; EngineSilent: it did not answer.

    What is asked is on its way when a method returns; its future belongs to the caller's event loop.
    """

    def __init__(self, url: str, token_file: str = "", ca_file: str = "") -> None:
        self.socket_path = url[len("unix://") :] if url.startswith("unix://") else ""
        self.base = "http://multiplespawner" if self.socket_path else url.rstrip("/")
        self.token_file = token_file
        self.ca_file = ca_file
        self._http: AsyncHTTPClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def call(
        self, method: str, path: str, body: Any = None, timeout: float = 60.0
    ) -> asyncio.Future[Any]:
        """One request; gives the decoded JSON, or the text of what is not JSON."""
        # Here, for what is in it may be another's tomorrow.
        text = None if body is None else json.dumps(body)
        return self._apart(self._call(method, path, text, timeout))

    def stream(
        self, path: str, headers: dict[str, str], heard: Callable[[bytes], None], seconds: float
    ) -> asyncio.Future[None]:
        """Hand over what comes on an event stream until it breaks (an error) or time is over."""
        here = asyncio.get_running_loop()

        def hand_over(piece: bytes) -> None:
            if not here.is_closed():
                here.call_soon_threadsafe(heard, piece)

        return self._apart(self._stream(path, headers, hand_over, seconds))

    def _apart(self, work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        if self._loop is None:
            loop, name = asyncio.new_event_loop(), "multiplespawner"
            threading.Thread(target=loop.run_forever, name=name, daemon=True).start()
            self._loop = loop
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _call(self, method: str, path: str, body: str | None, timeout: float) -> Any:
        response = await self._fetch(
            path,
            method=method,
            body=body,
            headers={} if body is None else {"Content-Type": "application/json"},
            request_timeout=timeout,
        )
        if response.code >= 400:
            raise _refusal(response)
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return json.loads(response.body)
        return response.body.decode()

    async def _stream(
        self, path: str, headers: dict[str, str], heard: Callable[[bytes], None], seconds: float
    ) -> None:
        try:
            response = await self._fetch(
                path, headers=headers, streaming_callback=heard, request_timeout=seconds
            )
        except EngineSilent as silence:
            # The time that was asked for is over: as agreed, and no sign of trouble.
            if isinstance(silence.__cause__, HTTPClientError) and "during request" in str(silence):
                return
            raise
        if response.code >= 400:
            raise _refusal(response)
        raise EngineSilent("the engine closed the event stream")

    async def _fetch(self, path: str, headers: dict[str, str], **options: Any) -> HTTPResponse:
        if self._http is None:
            self._http = SimpleAsyncHTTPClient(
                force_instance=True,
                max_clients=CONCURRENT_CALLS,
                max_body_size=STREAM_BYTES,
                resolver=_SocketResolver(path=self.socket_path) if self.socket_path else None,
            )
        if self.token_file:
            # Read anew each time, so that a changed token needs no restart of the hub.
            try:
                token = Path(self.token_file).read_text().strip()
            except (OSError, ValueError) as error:
                raise EngineSilent(f"the token cannot be read: {error}") from error
            headers = {**headers, "Authorization": f"Bearer {token}"}
        request = HTTPRequest(
            self.base + path,
            headers=headers,
            connect_timeout=CONNECT_SECONDS,
            ca_certs=self.ca_file or None,
            decompress_response=False,
            follow_redirects=False,
            **options,
        )
        # A request cannot be called back: who is cancelled leaves it alone, and its end is no news.
        sent = self._http.fetch(request, raise_error=False)
        sent.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait([sent])
        try:
            return sent.result()
        except (HTTPClientError, OSError) as error:
            raise EngineSilent(f"the engine does not answer: {error}") from error


def _refusal(response: HTTPResponse) -> EngineError:
    """The engine's error, or the plain status when what answered is not the engine."""
    try:
        error = json.loads(response.body or b"")["error"]
        return EngineError(error["code"], error["message"], response.code, error.get("details"))
    except (ValueError, KeyError, TypeError):
        return EngineError("internal", f"the engine answered HTTP {response.code}", response.code)
