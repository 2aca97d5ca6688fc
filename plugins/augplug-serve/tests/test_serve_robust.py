"""Wrong requests, slow clients, closed connections, and signals."""

import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from augplug_serve import connection as connections
from augplug_serve.application import Application, Limits
from augplug_serve.handler import Handler
from augplug_serve.metrics import Metrics
from augplug_serve.plain import Plain
from augplug_serve.server import listening, server_of

from plugins.tests.malformed import http, requests
from plugins.tests.served import Served, reply_of, served


def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds; a minute is too long."""
    for _ in range(6_000):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came")


def all_of(server: Served, request: bytes) -> bytes:
    """Everything that a server says to a request until it closes the connection."""
    found = b""
    with server.connect() as connection:
        connection.sendall(request)
        while part := connection.recv(65536):
            found += part
    return found


def check_malformed(server: Served, count: int) -> None:
    """One 4xx each, and the server answers as before."""
    found: Counter[str] = Counter()
    for kind, request in requests(count):
        said = all_of(server, request)
        assert said.startswith(b"HTTP/1.1 4"), (kind, request[:300], said[:300])
        assert said.count(b"HTTP/1.1 ") == 1, (kind, request[:300], said[:600])
        found[said[9:12].decode()] += 1
    assert {"400", "404", "405", "413", "415"} <= {*found}
    assert server.ask("/health").status == 200
    assert "Traceback" not in server.log.read_text("utf-8")
    assert server.metric("running") == 1  # this very question


def test_a_malformed_request_is_one_4xx(server: Served) -> None:
    check_malformed(server, 180)


@pytest.mark.heavy
def test_two_thousand_malformed_requests_are_one_4xx_each(server: Served) -> None:
    check_malformed(server, 2_000)


def test_slow_clients_and_closed_connections_cost_nobody_else(server: Served, png: bytes) -> None:
    request = http("/apply?index=1", png)
    expected = server.send(request)
    assert expected.status == 200
    slow = [server.connect() for _ in range(120)]
    for place, connection in enumerate(slow):
        connection.sendall(request[: 1 + place * len(request) // 130])
    assert server.send(request).body == expected.body
    for connection in slow[::2]:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset in place of an end
    for connection in slow:
        connection.close()
    for _ in range(40):  # clients that do not wait for what they asked
        with server.connect() as connection:
            connection.sendall(request)
    assert server.send(request).body == expected.body
    until(lambda: server.metric("running") == 1)  # what was asked is finished
    assert "Traceback" not in server.log.read_text("utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_runs(tmp_path: Path, png: bytes, number: signal.Signals) -> None:
    request = http("/apply?index=1", png)
    with served(tmp_path) as running:
        expected = running.send(request)
        with running.connect() as late:
            late.sendall(request[:-40])
            until(lambda: running.metric("running") == 2)  # it reads the body
            running.process.send_signal(number)
            until(lambda: not _listens(running))
            late.sendall(request[-40:])
            assert reply_of(late).body == expected.body
        assert running.process.wait(60) == 0


def _listens(server: Served) -> bool:
    try:
        server.connect().close()
    except OSError:
        return False
    return True


class Blocked:
    """A skin whose action waits to be let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()

    def routes(self, path: str) -> Any:
        from augplug_serve.messages import Route

        return (Route("POST", self.wait, quick=False),) if path == "/block" else ()

    def wait(self, request: Any) -> Any:
        from augplug_serve.messages import Answer

        self.begun.release()
        if request.body == b"fail":
            raise ZeroDivisionError
        self.go_on.wait(60)
        return Answer(request.body)


class InProcess:
    """A server in a thread of this process."""

    def __init__(self, limits: Limits, token: str | None = None) -> None:
        self.blocked, metrics = Blocked(), Metrics()
        skins: dict[str, Any] = {"plain": Plain(Handler("hand-made")), "blocked": self.blocked, "metrics": metrics}
        self.application = Application(skins, limits, token, metrics)
        listener = listening("127.0.0.1", 0)
        self.server = server_of(self.application)
        self.port = listener.getsockname()[1]
        self._thread = threading.Thread(target=self.server.run, args=([listener],))
        self._thread.start()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def send(self, request: bytes) -> Any:
        with self.connect() as connection:
            connection.sendall(request)
            return reply_of(connection)

    def close(self) -> None:
        self.blocked.go_on.set()
        self.server.should_exit = True
        self._thread.join(90)
        self.application.close()


@pytest.fixture
def made() -> Iterator[list[InProcess]]:
    """Servers to be closed."""
    running: list[InProcess] = []
    yield running
    for server in running:
        server.close()


def start(made: list[InProcess], limits: Limits, token: str | None = None) -> InProcess:
    made.append(InProcess(limits, token))
    return made[-1]


def test_what_waits_is_bounded(made: list[InProcess]) -> None:
    server = start(made, Limits(workers=2, queue=3))
    with ThreadPoolExecutor(5) as clients:
        asked = [clients.submit(server.send, http("/block", b"%d" % number)) for number in range(5)]
        server.blocked.begun.acquire()
        server.blocked.begun.acquire()
        until(lambda: server.application.working == 5)  # the others wait
        refused = server.send(http("/block", b"6"))
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert server.send(http("/health", b"", method="GET")).status == 200
        server.blocked.go_on.set()
        assert sorted(each.result().body for each in asked) == [b"0", b"1", b"2", b"3", b"4"]
    assert server.send(http("/block", b"7")).body == b"7"


def test_a_request_that_takes_too_long_is_given_up_and_its_worker_is_not(made: list[InProcess]) -> None:
    server = start(made, Limits(workers=1, queue=0, seconds=0.3))
    late = server.send(http("/block", b"1"))
    assert (late.status, b"took longer than 0.3 s" in late.body) == (503, True)
    assert server.send(http("/block", b"2")).status == 503  # its only worker still works
    server.blocked.go_on.set()
    until(lambda: not server.application.working)
    assert server.send(http("/block", b"3")).body == b"3"


def test_a_body_that_does_not_come_is_not_waited_for(made: list[InProcess]) -> None:
    server = start(made, Limits(seconds=0.3))
    with server.connect() as connection:
        connection.sendall(http("/apply", b"abc")[:-1])
        late = reply_of(connection)
        assert (late.status, b"did not come within 0.3 s" in late.body) == (408, True)
        assert connection.recv(1) == b""


@pytest.mark.parametrize("sent", [b"", b"POST /apply HT", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /he"])
def test_a_head_that_does_not_come_is_not_waited_for(
    made: list[InProcess], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD", 0.3)
    server = start(made, Limits())
    with server.connect() as connection:
        connection.sendall(sent)
        said = b""
        while part := connection.recv(1000):
            said += part
        assert said.count(b"HTTP/1.1 200") == sent.count(b"\r\n\r\n")


def test_a_client_that_does_not_read_is_not_waited_for(made: list[InProcess], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER", 0.3)
    server = start(made, Limits(body=2**26))
    server.blocked.go_on.set()
    with server.connect() as connection:
        connection.sendall(http("/block", bytes(2**25)))
        until(lambda: not server.server.server_state.connections)
        received = 0
        with suppress(ConnectionError):  # in the place of the end, once what was sent is read
            while part := connection.recv(65536):
                received += len(part)
        assert received < 2**25


@pytest.mark.parametrize("chunked", [True, False])
def test_bodies_are_bounded(made: list[InProcess], chunked: bool) -> None:
    server = start(made, Limits(body=1000))
    body = bytes(1001)
    request = http("/block", body)
    if chunked:
        head = b"POST /block HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        request = head + b"3e9\r\n" + body + b"\r\n0\r\n\r\n"
    found = server.send(request)
    assert (found.status, b"a body has 1000 bytes at most" in found.body) == (413, True)
    server.blocked.go_on.set()
    assert server.send(http("/block", bytes(1000))).status == 200


def test_all_bodies_together_are_bounded(made: list[InProcess]) -> None:
    server = start(made, Limits(body=1000))
    held = [server.connect() for _ in range(8)]
    for connection in held:
        connection.sendall(http("/block", bytes(1000))[:-1])
    until(lambda: server.application.held == 8 * 999)
    found = server.send(http("/block", bytes(1000)))
    assert (found.status, b"too many large bodies" in found.body) == (503, True)
    for connection in held:
        connection.close()


def test_a_bug_is_logged_and_answered_without_its_traceback(
    made: list[InProcess], caplog: pytest.LogCaptureFixture
) -> None:
    server = start(made, Limits())
    found = server.send(http("/block", b"fail"))
    assert (found.status, found.body) == (500, b'{"error": "the server failed; its log says how"}')
    assert "ZeroDivisionError" in caplog.text
    assert server.send(http("/health", b"", method="GET")).status == 200


def test_a_token_is_asked_for_but_not_by_health(made: list[InProcess], png: bytes) -> None:
    server = start(made, Limits(), "s3cret-s3cret-s3cret")
    for lines in ((), ("Authorization: Bearer wrong",), ("Authorization: s3cret-s3cret-s3cret",)):
        refused = server.send(http("/apply", png, *lines))
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert server.send(http("/apply", png, "Authorization: Bearer s3cret-s3cret-s3cret")).status == 200
    assert server.send(http("/metrics", b"", method="GET")).status == 401
    assert server.send(http("/health", b"", method="GET")).status == 200
