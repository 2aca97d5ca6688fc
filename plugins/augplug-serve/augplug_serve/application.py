"""The ASGI application: finds the route, checks the token, reads a bounded body, works in a bounded pool, answers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any, NamedTuple, Protocol, TypeAlias

import augplug
from augplug_serve.messages import Answer, RefusedError, Request, Route, answer_json
from augplug_serve.metrics import Metrics

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
LOG = logging.getLogger(__name__)
BODIES = 8
"""How many of the largest bodies may be held while they come in."""
SAFE = {"x-content-type-options": "nosniff", "cache-control": "no-store", "referrer-policy": "no-referrer"}


class Limits(NamedTuple):
    """What one client may ask of the server: bytes of a body, seconds of a request, and requests at a time."""

    body: int = 32 * 2**20
    seconds: float = 30.0
    workers: int = 2
    queue: int = 64
    connections: int = 512


class Skin(Protocol):
    """A protocol: what can be done at a path. It may raise RefusedError."""

    def routes(self, path: str) -> tuple[Route, ...]:
        """Return the routes of a path, one a method."""


class GoneError(Exception):
    """The client closed the connection."""


class Application:
    """Answers requests; `skins` are the protocols by name, asked in order. Without a `token` none is asked for.

    `working` counts the requests that wait or are worked on, `held` the bytes of bodies that come in.
    """

    def __init__(
        self,
        skins: Mapping[str, Skin],
        limits: Limits,
        token: str | None,
        metrics: Metrics,
        *,
        in_address: bool = False,
    ) -> None:
        """Start the threads that work. With `in_address` the token may stand in the query, for what a browser opens."""
        self._in_address = in_address
        self._skins, self.limits, self._metrics = skins, limits, metrics
        self._token = None if token is None else _digest(f"Bearer {token}")
        self._pool = ThreadPoolExecutor(limits.workers, "augplug-serve")
        self.working = 0
        self.held = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI 3 says."""
        began, protocol, body = perf_counter(), "none", b""
        request = _head(scope)
        self._metrics.running.inc()
        try:
            protocol, route = self._route(request)
            body = await self._body(request.headers, receive)
            answer = await self._answer(route, request._replace(body=body))
        except RefusedError as refusal:
            answer = answer_json({"error": str(refusal)}, refusal.status)._replace(headers=refusal.headers)
        except GoneError:
            return
        finally:
            self._metrics.running.dec()
        self._metrics.answered(protocol, answer.status, perf_counter() - began, len(body), len(answer.body))
        headers = {
            "content-type": answer.media,
            "content-length": str(len(answer.body)),
            **SAFE,
            **dict(answer.headers),
        }
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})

    def close(self) -> None:
        """End the threads; what runs is finished."""
        self._pool.shutdown()

    def _route(self, request: Request) -> tuple[str, Route]:
        for name, skin in self._skins.items():
            routes = skin.routes(request.path)
            if not routes:
                continue
            for route in routes:
                if route.method == ("GET" if request.method == "HEAD" else request.method):
                    self._check_token(route, request)
                    return name, route
            allowed = ", ".join(route.method for route in routes)
            raise RefusedError(405, f"{request.path[:80]} takes {allowed}", ("Allow", allowed))
        raise RefusedError(404, f"there is nothing at {request.path[:80]!r}")

    def _check_token(self, route: Route, request: Request) -> None:
        """Compare digests: how long that takes tells nothing of the token."""
        if self._token is None or route.open or _digest(request.headers.get("authorization", "")) == self._token:
            return
        if self._in_address and _digest(f"Bearer {request.parameters(('token',)).get('token', '')}") == self._token:
            return
        raise RefusedError(401, "send the header Authorization: Bearer TOKEN", ("WWW-Authenticate", "Bearer"))

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RefusedError(415, "send the body without compression")
        if int(headers.get("content-length", "0")) > self.limits.body:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.limits.seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise GoneError
                    part = message.get("body", b"")
                    size += len(part)
                    self.held += len(part)
                    parts.append(part)
                    if size > self.limits.body:
                        raise self._too_large()
                    if self.held > BODIES * self.limits.body:
                        raise RefusedError(
                            503, "too many large bodies come in at once; try again", ("Retry-After", "1")
                        )
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError as error:
            seconds = self.limits.seconds
            raise RefusedError(408, f"the body did not come within {seconds:g} s", ("Connection", "close")) from error
        finally:
            self.held -= size

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"a body has {self.limits.body} bytes at most", ("Connection", "close"))

    async def _answer(self, route: Route, request: Request) -> Answer:
        if route.quick:
            return _done(route, request)
        if self.working >= self.limits.workers + self.limits.queue:
            raise RefusedError(503, "all workers are busy, and the queue is full; try again", ("Retry-After", "1"))
        self.working += 1
        future = asyncio.wrap_future(self._pool.submit(_done, route, request))
        future.add_done_callback(self._finished)
        try:
            async with asyncio.timeout(self.limits.seconds):
                return await asyncio.shield(future)
        except TimeoutError as error:
            raise RefusedError(503, f"this took longer than {self.limits.seconds:g} s; send a smaller image") from error

    def _finished(self, future: Future[Answer] | asyncio.Future[Answer]) -> None:
        self.working -= 1
        if not future.cancelled():
            future.exception()  # taken, so that one that nobody waits for any longer is not reported as lost


def _done(route: Route, request: Request) -> Answer:
    """Return what an action answers. Raises RefusedError for what augplug refuses, and for a bug, which is logged."""
    try:
        return route.action(request)
    except RefusedError:
        raise
    except augplug.AugplugError as error:
        raise RefusedError(400, str(error)) from error
    except MemoryError as error:
        raise RefusedError(503, "memory ran out; send a smaller image") from error
    except Exception as error:  # a bug is for the log, and the next request is answered
        LOG.exception("a request to %s failed", request.path[:200].encode("ascii", "backslashreplace").decode())
        raise RefusedError(500, "the server failed; its log says how") from error


def _head(scope: Message) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
