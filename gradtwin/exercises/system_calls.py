"""A filter of system calls for the box: what no numpy code needs and no other limit covers.

Shared memory and memory files are counted by no limit of a process; a user namespace of one's own
would allow mounting more of the same; sockets, tracing and key rings are doors that nobody needs.
Each of them answers "not permitted". bubblewrap installs the filter (`--seccomp`) before Python
starts. The program is classic BPF, eight bytes an instruction: code, jump if true, if false, value.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping

ARCHITECTURES: Mapping[str, int] = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

DENIED: Mapping[str, tuple[int, ...]] = {
    "x86_64": (
        29, 30, 64, 68, 240,             # shmget, shmat, semget, msgget, mq_open
        41, 53,                          # socket, socketpair
        101, 310, 311, 438,              # ptrace, process_vm_readv, ..._writev, pidfd_getfd
        155, 165, 166, 272, 308,         # pivot_root, mount, umount2, unshare, setns
        428, 429, 430, 432, 442,         # open_tree, move_mount, fsopen, fsmount, mount_setattr
        319, 447, 323,                   # memfd_create, memfd_secret, userfaultfd
        321, 298, 425,                   # bpf, perf_event_open, io_uring_setup
        248, 249, 250,                   # add_key, request_key, keyctl
    ),
    "aarch64": (
        194, 196, 190, 186, 180,
        198, 199,
        117, 270, 271, 438,
        41, 40, 39, 97, 268,
        428, 429, 430, 432, 442,
        279, 447, 282,
        280, 241, 425,
        217, 218, 219,
    ),
}
CLONE3 = 435
"""Its flags stand in memory, where no filter sees them: "no such call", and libc uses `clone`."""

X32 = 0x40000000
"""From here on x86-64 has a second set of numbers for the same calls."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def program(machine: str = "") -> bytes:
    """The filter for a machine; empty for one whose numbers are not listed here.

    >>> len(program("x86_64")) % 8, program("mips")
    (0, b'')
    """
    machine = machine or platform.machine()
    if machine not in DENIED:
        return b""
    tests = [(_EQUAL, n, "denied") for n in DENIED[machine]] + [(_EQUAL, CLONE3, "unknown")]
    if machine == "x86_64":
        tests.insert(0, (_AT_LEAST, X32, "denied"))
    ends = {"allowed": _ALLOW, "denied": _ERRNO | errno.EPERM, "unknown": _ERRNO | errno.ENOSYS,
            "killed": _KILL}
    at = {name: 3 + len(tests) + i for i, name in enumerate(ends)}
    lines = [
        (_LOAD, 0, 0, 4),                                           # the architecture
        (_EQUAL, 0, at["killed"] - 2, ARCHITECTURES[machine]),
        (_LOAD, 0, 0, 0),                                           # the call's number
        *((code, at[end] - (4 + i), 0, value) for i, (code, value, end) in enumerate(tests)),
        *((_RETURN, 0, 0, value) for value in ends.values()),
    ]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
