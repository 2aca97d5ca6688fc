"""A connection of uvicorn's that a slow client cannot hold for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 25.0
"""Seconds that the head of a request, or the rest of one that was answered, may take."""
ANSWER = 120.0
"""Seconds that a client may take to read an answer."""


class Connection(H11Protocol):
    """Uvicorn limits the wait for the next request; here are the limits that it leaves to a proxy in front."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._begin(HEAD)

    def data_received(self, data: bytes) -> None:
        """Take data. While no request is worked on, whatever comes counts against the deadline."""
        super().data_received(data)
        answered = self.cycle is not None and self.cycle.response_complete
        if self.conn.their_state is h11.IDLE or answered:
            self._begin(HEAD)
        else:
            self._end()

    def on_response_complete(self) -> None:
        """Wait for the next request, of which a part may have come."""
        super().on_response_complete()
        self._begin(HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for a client that does not read, but not for ever."""
        super().pause_writing()
        self._end()
        self._begin(ANSWER)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._end()
        self._begin(HEAD)

    def _begin(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
