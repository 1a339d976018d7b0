"""How the reading process locks itself in: no network, no new programs, no files but its own, little memory and time.

Runs only inside the reading processes. Several layers stand one behind the other, because not every machine grants each of them;
`leave_network` and `confine` say which ones hold, so that nobody has to believe.

- network namespace (unshare): no interface at all; needs root or user namespaces
- Landlock: only the job's folder, GDAL's and PROJ's tables and the character tables can be opened, nothing can be written
- seccomp: socket, connect, exec, fork, ptrace and their kin are refused by the kernel
- resource limits: address space, processor time, no file growth, 64 files, no core dump
- an audit hook of Python refuses sockets, new processes and writing opens (only Python's own calls: the weakest layer)
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CLONE_NEWNET = 0x40000000
CLONE_NEWUSER = 0x10000000
CLONE_THREAD = 0x00010000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 38, 22
SECCOMP_MODE_FILTER = 2
SECCOMP_ALLOW, SECCOMP_ERRNO = 0x7FFF0000, 0x00050000
EPERM, ENOSYS = 1, 38
BPF_LOAD, BPF_EQUAL, BPF_BITS, BPF_RETURN = 0x20, 0x15, 0x45, 0x06
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FORBIDDEN = {
    "x86_64": (
        *(41, 42, 43, 44, 46, 49, 50, 53, 57, 58, 59, 62, 101, 160, 165, 246, 248, 250, 272, 288, 298, 304, 308, 310, 311),
        *(313, 321, 322, 323, 425, 434, 438),
    ),
    "aarch64": (
        *(40, 97, 117, 129, 164, 198, 199, 200, 201, 202, 203, 206, 211, 217, 219, 221, 242, 265, 268, 270, 271, 273, 280),
        *(281, 282, 425, 434, 438),
    ),
}
"""Numbers of socket, connect, bind, listen, accept, sendto, sendmsg, socketpair, fork, exec, kill, ptrace, mount, setrlimit,
kexec, keys, unshare, setns, open_by_handle, process_vm, module loading, bpf, userfaultfd, io_uring and pidfd calls."""
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
X32_BIT = 0x40000000
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_RIGHTS_BY_ABI = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
LANDLOCK_READ = 0x4 | 0x8
LANDLOCK_READ_FILE = 0x4
LANDLOCK_PATH_BENEATH = 1
CAPABILITY_VERSION = 0x20080522
REFUSED_EVENTS = (
    *("socket.", "subprocess.", "ctypes.", "shutil."),
    *("os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.putenv"),
    *("os.remove", "os.rename", "os.link", "os.symlink"),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it ends."""
    _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def leave_network() -> bool:
    """Move this process into a network namespace of its own, without interfaces; False when the machine does not grant it.

    Called before anything else is imported: user namespaces are granted to processes of one thread only.
    """
    libc = _libc()
    return bool(libc.unshare(CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)


def _filter_program(machine: str) -> bytes:
    """Compile the list of refused system calls into a classic BPF program."""

    def op(code: int, yes: int, no: int, value: int) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    refuse = op(BPF_RETURN, 0, 0, SECCOMP_ERRNO | EPERM)
    allow = op(BPF_RETURN, 0, 0, SECCOMP_ALLOW)
    program = [op(BPF_LOAD, 0, 0, 4), op(BPF_EQUAL, 1, 0, ARCHITECTURES[machine]), refuse, op(BPF_LOAD, 0, 0, 0)]
    program += [op(BPF_BITS, 0, 1, X32_BIT), refuse]
    for number in FORBIDDEN[machine]:
        program += [op(BPF_EQUAL, 0, 1, number), refuse]
    program += [op(BPF_EQUAL, 0, 1, CLONE3), op(BPF_RETURN, 0, 0, SECCOMP_ERRNO | ENOSYS)]
    program += [op(BPF_EQUAL, 0, 3, CLONE[machine]), op(BPF_LOAD, 0, 0, 16), op(BPF_BITS, 1, 0, CLONE_THREAD), refuse, allow]
    return b"".join(program)


def refuse_system_calls() -> bool:
    """Put the seccomp filter in force for this process; False on other processors or kernels."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return False
    libc = _libc()
    program = _filter_program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    pointer = ctypes.create_string_buffer(header, len(header))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(pointer), 0, 0) == 0)


def open_only(*readable: Path) -> bool:
    """Let this process open only files beneath the given paths, for reading (Landlock); False where the kernel has none."""
    libc = _libc()
    abi = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if abi < 1:
        return False
    rights = struct.pack("Q", LANDLOCK_RIGHTS_BY_ABI[min(abi, 5)])
    ruleset = libc.syscall(LANDLOCK_CREATE, rights, len(rights), 0)
    if ruleset < 0:
        return False
    for path in readable:
        if not path.exists():
            continue
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", LANDLOCK_READ if path.is_dir() else LANDLOCK_READ_FILE, handle)
        libc.syscall(LANDLOCK_ADD, ruleset, LANDLOCK_PATH_BENEATH, rule, 0)
        os.close(handle)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = libc.syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return bool(done)


def drop_capabilities() -> bool:
    """Give up every privilege of root that this process may hold; its number stays, its powers go."""
    libc = _libc()
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    return bool(libc.capset(header, bytes(24)) == 0)


def set_limits(*, memory_mb: int, cpu_s: int, open_files: int) -> None:
    """Limit address space, processor seconds and open files of this process; no file may grow, no core is dumped."""
    for what, value in (
        (resource.RLIMIT_AS, memory_mb << 20),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
    if writes or event.startswith(REFUSED_EVENTS):
        raise PermissionError(f"{event} is refused in the reading process")


def confine(folder: Path, *, memory_mb: int, cpu_s: int, open_files: int, tables: tuple[Path, ...]) -> dict[str, bool]:
    """Put every layer in force for one job whose files lie in `folder`; returns which layers hold."""
    set_limits(memory_mb=memory_mb, cpu_s=cpu_s, open_files=open_files)
    held = {"capabilities_dropped": drop_capabilities(), "landlock": open_only(folder, *tables), "seccomp": refuse_system_calls()}
    sys.addaudithook(_refuse)
    return held | {"limits": True, "audit_hook": True}
