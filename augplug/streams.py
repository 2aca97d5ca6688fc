"""Standard streams that are closed, full or gone, and the signals that end a process.

Work that goes to files does not stop because nobody can read what is said meanwhile; a result that cannot be printed
is an error of one line.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, TextIO, cast

from augplug.errors import RunError


class StreamError(RunError):
    """Standard output cannot be written."""


class _Stream:
    """A text stream in the place of another one; what is not defined here is the other's."""

    def __init__(self, stream: TextIO | None) -> None:
        """Take the stream; None if the process was started without it."""
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the stream: `encoding`, `fileno`, ..."""
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Return True if somebody sees the stream on a terminal."""
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def write(self, text: str) -> int:
        """Write a text and return its length."""
        self._do(lambda stream: stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Write what was kept back."""
        self._do(lambda stream: stream.flush())

    def _do(self, action: Callable[[TextIO], object]) -> None:
        raise NotImplementedError


class Lenient(_Stream):
    """Standard error: what cannot be written is dropped, from the first failure on."""

    def _do(self, action: Callable[[TextIO], object]) -> None:
        if self._stream is None:
            return
        try:
            action(self._stream)
        except (OSError, ValueError):
            _discard(self._stream)


class Reported(_Stream):
    """Standard output: a text raises StreamError if it cannot be written, BrokenPipeError if its reader has left."""

    def __init__(self, stream: TextIO | None) -> None:
        """Take the stream; None if the process was started without it."""
        super().__init__(stream)
        self._error = None if stream is not None else OSError(errno.EBADF, os.strerror(errno.EBADF))

    def write(self, text: str) -> int:
        """Write a text and return its length."""
        written = super().write(text)
        if text:  # click tries streams with empty texts, and ignores what goes wrong then
            self._check()
        return written

    def flush(self) -> None:
        """Write what was kept back."""
        if self._error is None:
            super().flush()
            self._check()

    def _do(self, action: Callable[[TextIO], object]) -> None:
        if self._stream is None or self._error is not None:
            return
        try:
            action(self._stream)
        except OSError as error:
            self._error = error
            _discard(self._stream)

    def _check(self) -> None:
        """Raise what went wrong, now or before."""
        if self._error is None:
            return
        if isinstance(self._error, BrokenPipeError):
            raise self._error
        raise StreamError(
            f"standard output cannot be written ({self._error.strerror}); make room, or send it elsewhere"
        ) from self._error


def _discard(stream: TextIO) -> None:
    """Let what the stream keeps back, and all that comes after it, go nowhere: Python flushes it again at the end."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: it has no descriptor
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def hold_streams() -> None:
    """Open the null device as each of the three standard streams that is closed.

    Otherwise the next file that is opened would get its number, and whatever a library prints would be written to it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  # it takes no keyword
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)


def tell(line: str) -> None:
    """Write a line to standard error. Not by way of click, which may write to what is behind the stream."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def steady_streams() -> Iterator[None]:
    """Run a command with standard streams that may be closed, full or gone."""
    hold_streams()
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, Reported(out)), cast(TextIO, Lenient(err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


_OTHERS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""The signals that ask a process to end, beside Ctrl-C's; Windows has no SIGHUP."""


@contextlib.contextmanager
def stopping_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does: what batch systems, containers and closed terminals send.

    One that is ignored (`nohup`) stays so. Handlers belong to the main thread; elsewhere nothing changes.
    """
    before: dict[int, Any] = {}

    def stop(number: int, frame: FrameType | None) -> None:
        for other in before:  # the first one suffices: cleaning up is not to be interrupted
            signal.signal(other, signal.SIG_IGN)
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):
            interrupt(number, frame)
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for number in _OTHERS:
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def watching_interrupts(told: list[int]) -> Iterator[None]:
    """Write to `told` that the user stopped the process: code of a stranger can raise KeyboardInterrupt as well.

    By whichever signal that does not end the process at once: a shell has its background jobs ignore Ctrl-C's.
    """
    before: dict[int, tuple[Any, Any]] = {}

    def stop(number: int, frame: FrameType | None, *, handler: Callable[[int, FrameType | None], Any]) -> None:
        try:
            handler(number, frame)
        except BaseException:  # a host's own handler may return, and the work goes on
            told.append(number)
            raise

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *_OTHERS):
            if callable(handler := signal.getsignal(number)):
                own = partial(stop, handler=handler)
                before[number] = signal.signal(number, own), own
    try:
        yield
    finally:
        for number, (handler, own) in before.items():
            if signal.getsignal(number) is own:  # `stopping_signals` ignores further ones after the first
                signal.signal(number, handler)
