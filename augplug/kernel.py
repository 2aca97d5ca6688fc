"""Landlock, no_new_privs and seccomp on Linux: what the kernel can forbid this process, by the system calls themselves.

`docs/dependencies.md` says which bindings were weighed. Numbers and layouts are those of the kernel's own headers
(linux/landlock.h, linux/seccomp.h, linux/filter.h); they never change. What is forbidden stays so for this thread and
all that it starts, so call these before there is a second thread.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import stat
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_SET_SECCOMP, _SET_NO_NEW_PRIVS = 22, 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1, 2, 4, 8, 1 << 14
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""Rights on files by version of Landlock; a later one is taken as 3, without those on devices (5) and ports (4)."""
_SCOPES, _SCOPED_SINCE = 3, 6
"""No abstract unix sockets and no signals to processes outside."""

_ARCHITECTURES = {
    "x86_64": (0xC000003E, {"socket": (41, 53), "process": (57, 58, 59, 322), "ring": (425,)}, 56),
    "aarch64": (0xC00000B7, {"socket": (198, 199), "process": (221, 281), "ring": (425,)}, 220),
}
"""By machine: its number, the calls of each kind (socket, socketpair; fork, vfork, execve, execveat; io_uring, which
makes sockets too), and `clone`, which also makes threads."""
_CLONE3, _CLONE_THREAD, _FOREIGN = 435, 0x10000, 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16


def missing() -> list[str]:
    """Return what this kernel cannot do of it, each by its name."""
    if not sys.platform.startswith("linux"):
        return ["Landlock", "seccomp"]
    lacking = [] if landlock_version() else ["Landlock"]
    return lacking if platform.machine() in _ARCHITECTURES and _has_seccomp() else [*lacking, "seccomp"]


def landlock_version() -> int:
    """Return the version of Landlock's interface; 0 where the kernel has none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def no_new_privileges() -> None:
    """Let no program that is started gain rights by its owner: the two others ask for it. Raises OSError."""
    _checked(_libc().prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def allow_files(reading: Iterable[str], writing: Iterable[str]) -> None:
    """Leave this process only these files and folders, and what lies in them. Raises OSError.

    What is not there is left out. Open files stay open.
    """
    version = landlock_version()
    handled = _RIGHTS[min(version, max(_RIGHTS))]
    attributes = struct.pack("QQQ", handled, 0, _SCOPES if version >= _SCOPED_SINCE else 0)
    rules = _checked(_libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))
    try:
        for rights, paths in ((_READING, reading), (handled, writing)):
            for path in paths:
                _allow(rules, path, rights & handled)
        _checked(_libc().syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it is not there, or its folder may not be passed: there is nothing to allow
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FILE_RIGHTS
        _checked(_libc().syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0))
    finally:
        os.close(place)


def forbid_calls(*, sockets: bool, processes: bool) -> None:
    """Refuse, with EPERM, to make sockets, and to start programs and processes; threads are none. Raises OSError."""
    architecture, calls, clone = _ARCHITECTURES[platform.machine()]
    refused = [*calls["ring"], *(calls["socket"] if sockets else ()), *(calls["process"] if processes else ())]
    refuse = _step(_RETURN, _REFUSE | errno.EPERM)
    steps = [_step(_LOAD, _ARCHITECTURE), _step(_EQUAL, architecture, 1), refuse, _step(_LOAD, _NUMBER)]
    steps += [_step(_AT_LEAST, _FOREIGN, 0, 1), refuse]  # x86's second table of calls
    for number in refused:
        steps += [_step(_EQUAL, number, 0, 1), refuse]
    if processes:
        # clone3 has its flags in memory, which no filter reads; where it is not there, libraries take clone.
        steps += [_step(_EQUAL, _CLONE3, 0, 1), _step(_RETURN, _REFUSE | errno.ENOSYS)]
        steps += [_step(_EQUAL, clone, 0, 3), _step(_LOAD, _FIRST_ARGUMENT), _step(_ANY_BIT, _CLONE_THREAD, 1), refuse]
    steps.append(_step(_RETURN, _ALLOW))
    program = ctypes.create_string_buffer(b"".join(steps))
    filter_ = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program))
    _checked(_libc().prctl(_SET_SECCOMP, 2, filter_, 0, 0))


def _step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    """Return an instruction; it skips as many as told, if its question is answered so."""
    return struct.pack("HBBI", code, if_so, if_not, value)


def _has_seccomp() -> bool:
    """Ask for a filter at address 0: a kernel that has them answers that the address is bad."""
    return bool(_libc().prctl(_SET_SECCOMP, 2, None, 0, 0) == -1 and ctypes.get_errno() == errno.EFAULT)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
