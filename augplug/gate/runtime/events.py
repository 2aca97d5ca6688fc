"""Audit events by what they do, and what each capability permits."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

OURS: Mapping[str, str] = {
    "augplug": "augplug",
    "click": "click",
    "filelock": "filelock",
    "lazy-loader": "lazy_loader",
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "packaging": "packaging",
    "pillow": "PIL",
    "platformdirs": "platformdirs",
    "pluggy": "pluggy",
    "rich": "rich",
    "scikit-image": "skimage",
    "scipy": "scipy",
    "stringzilla": "stringzilla",
    "threadpoolctl": "threadpoolctl",
}
"""augplug, what it needs, and scikit-image: import names by distribution, so that no RECORD has to be read for them."""
KNOWN = frozenset(sys.stdlib_module_names) | frozenset(OURS.values())
"""Modules that every plugin may import."""
EVERYTHING = frozenset({"process", "native"})
"""Capabilities that no audit event can hold to less: another process or native code does whatever it likes."""
CAPABILITIES: Mapping[str, str] = {
    "find": "files",
    "read": "files",
    "write": "files",
    "network": "network",
    "environment": "process",
    "process": "process",
    "native": "native",
    "text": "dynamic",
}
"""The capability that each kind of event needs."""

_EVENTS = {
    "find": "os.listdir os.scandir",
    "read": "open glob.glob glob.glob/2 os.walk os.fwalk os.getxattr os.listxattr pathlib.Path.glob pathlib.Path.rglob",
    "write": """
        fcntl.fcntl fcntl.flock fcntl.ioctl fcntl.lockf os.chdir os.chflags os.chmod os.chown os.link os.lockf os.mkdir
        os.remove os.removexattr os.rename os.rmdir os.setxattr os.symlink os.truncate os.utime shutil.chown
        shutil.copyfile shutil.copymode shutil.copystat shutil.copytree shutil.make_archive shutil.move shutil.rmtree
        shutil.unpack_archive sqlite3.connect sqlite3.connect/handle tempfile.mkdtemp tempfile.mkstemp
    """,
    "network": """
        ftplib.connect ftplib.sendcmd http.client.connect http.client.send imaplib.open imaplib.send nntplib.connect
        nntplib.putline poplib.connect poplib.putline smtplib.connect smtplib.send socket.__new__ socket.bind
        socket.connect socket.getaddrinfo socket.gethostbyaddr socket.gethostbyname socket.gethostname
        socket.getnameinfo socket.getservbyname socket.getservbyport socket.sendmsg socket.sendto socket.sethostname
        telnetlib.Telnet.open telnetlib.Telnet.write urllib.Request
    """,
    "environment": "os.putenv os.unsetenv",
    "process": """
        ensurepip.bootstrap os.exec os.fork os.forkpty os.kill os.killpg os.posix_spawn os.spawn os.startfile
        os.startfile/2 os.system pty.spawn resource.prlimit resource.setrlimit signal.pthread_kill
        subprocess.Popen syslog.closelog syslog.openlog syslog.setlogmask syslog.syslog webbrowser.open
    """,
    "native": """
        ctypes.PyObj_FromPtr ctypes.addressof ctypes.call_function ctypes.cdata ctypes.cdata/buffer
        ctypes.create_string_buffer ctypes.create_unicode_buffer ctypes.dlopen ctypes.dlsym ctypes.dlsym/handle
        ctypes.set_errno ctypes.string_at ctypes.wstring_at mmap.__new__ os.add_dll_directory
        sqlite3.enable_load_extension sqlite3.load_extension
    """,
    "text": """
        builtins.breakpoint code.__new__ compile cpython.PyInterpreterState_New cpython.run_command cpython.run_file
        cpython.run_interactivehook cpython.run_module cpython.run_startup cpython.run_stdin exec function.__new__
        gc.get_objects gc.get_referents gc.get_referrers marshal.load marshal.loads object.__getattr__
        pickle.find_class sys._current_exceptions sys._current_frames sys.setprofile sys.settrace
    """,
}
KINDS: Mapping[str, str] = {event: kind for kind, events in _EVENTS.items() for event in events.split()}
"""The kind of each event that is looked at; every other event passes, by its name alone."""

ATTRIBUTE = "object.__getattr__"
FRAMES = frozenset({"ag_code", "ag_frame", "cr_code", "cr_frame", "gi_code", "gi_frame", "tb_frame"})
"""Of the attributes that raise an event when they are read: those that lead to frames and code."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def kind_of(event: str, kind: str, arguments: tuple[Any, ...]) -> str:
    """Return what an event does: whether a file is opened for writing stands among its arguments."""
    if event == "open":
        flags = arguments[2]
        return "write" if not isinstance(flags, int) or flags & _WRITING else "read"
    return kind


def permitted(capabilities: Iterable[str]) -> frozenset[str]:
    """Return the kinds of events that declared capabilities permit.

    A library that was declared does whatever it does, so its name permits everything, as `process` and `native` do.
    Modules of the interpreter and augplug's own dependencies cannot be declared, and permit nothing.
    """
    names = set(capabilities)
    if names & EVERYTHING or names - {*CAPABILITIES.values(), "threads"} - KNOWN:
        return frozenset(CAPABILITIES)
    return frozenset(kind for kind, name in CAPABILITIES.items() if name in names)
