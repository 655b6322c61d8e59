"""One writer of a file at a time, across processes. Where the system has no `flock` (Windows) nothing is locked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

try:
    import fcntl
except ImportError:  # Windows

    def lock(fd: int) -> None:
        """Wait until no other process writes."""

    def unlock(fd: int) -> None:
        """Let others write."""

    def _share(fd: int) -> None: ...

else:

    def lock(fd: int) -> None:
        """Wait until no other process writes."""
        fcntl.flock(fd, fcntl.LOCK_EX)

    def unlock(fd: int) -> None:
        """Let others write."""
        fcntl.flock(fd, fcntl.LOCK_UN)

    def _share(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_SH)


@contextmanager
def shared(fd: int) -> Generator[None]:
    """Let nobody write while the block runs."""
    _share(fd)
    try:
        yield
    finally:
        unlock(fd)
