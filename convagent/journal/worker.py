"""What a process is called that holds claims, and whether one of this machine is no more.

A lease is what frees the run of a process that died, after some seconds. One of the same machine need not be
waited for: its number and the moment at which it was started say whether it still lives.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from hashlib import sha256
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """Return a name that no other process has, here or elsewhere: ``host:number:mark``."""
    pid = os.getpid()
    place, begun = _place(pid), _begun(pid)
    mark = f"{place}-{begun}" if place and begun else os.urandom(4).hex()
    return f"{socket.gethostname()}:{pid}:{mark}"


def machine_of(worker: str) -> str:
    """Return the machine on which a process is, by its name; empty: it has a name of another kind."""
    host, _, rest = worker.partition(":")
    return host if rest.partition(":")[0].isdecimal() else ""


def is_gone(worker: str) -> bool:
    """Return whether a process has certainly ended; False where that cannot be known from here."""
    _, _, rest = worker.partition(":")
    pid, _, mark = rest.partition(":")
    place, dash, begun = mark.partition("-")
    if not dash or not pid.isdecimal() or place != _place(os.getpid()):
        return False
    return _begun(int(pid)) != begun


@cache
def _place(_pid: int) -> str:
    """Return what this start of the machine, and the space in which its processes are numbered, is known by."""
    try:
        known = _BOOT.read_text(encoding="ascii").strip() + os.readlink("/proc/self/ns/pid")
    except (OSError, ValueError):
        return ""
    return sha256(known.encode()).hexdigest()[:8]


def _begun(pid: int) -> str:
    """Return when a process was started, in ticks since the machine was; empty: it has ended, or nobody can say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]  # one that ended and was not asked for its end is over, too
