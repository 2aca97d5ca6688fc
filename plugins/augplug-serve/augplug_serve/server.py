"""Listen, and stop cleanly."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import uvicorn

import augplug
from augplug_serve.application import Application
from augplug_serve.connection import Connection

IDLE = 20
"""Seconds that a connection is kept for the next request."""
GRACE = 60
"""Seconds that running requests have to finish after SIGTERM."""


def is_loopback(host: str) -> bool:
    """Return True if every address of a host is one of this machine that no other reaches. Raises SettingsError."""
    return all(place.startswith("127.") or place == "::1" for _, place in _addresses(host, 0))


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 is one that is free. Raises SettingsError."""
    family, place = _addresses(host, port)[0]
    # With the protocol's number asyncio sends small answers at once (TCP_NODELAY); by 0 it cannot see that this is TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((place, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise augplug.SettingsError(
            f"{host}:{port} cannot be listened at ({error.strerror}); give another --host or --port"
        ) from error
    return listener


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise augplug.SettingsError(f"--host {host!r} is not an address here; give one, such as 127.0.0.1") from error
    return [(family, str(address[0])) for family, _, _, _, address in found]


class Server(uvicorn.Server):
    """Uvicorn's server; a signal ends it and is then done with, so that the process ends with status 0."""

    should_exit = False
    force_exit = False

    def handle_exit(self, sig: int, frame: object) -> None:
        """Finish what runs; after a second signal, do not."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


def server_of(application: Application) -> Server:
    """Return uvicorn's server with everything off that is not needed, and with the application's limits."""
    config = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=application.limits.connections,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=GRACE,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return Server(config)


def run(application: Application, listener: socket.socket, *, ready: Callable[[], object]) -> None:
    """Answer requests until SIGTERM or SIGINT; running ones are finished. `ready` is called when it listens."""
    try:
        ready()
        server_of(application).run(sockets=[listener])
    finally:
        application.close()
        listener.close()
