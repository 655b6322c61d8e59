"""A network that can be cut: each worker in a namespace of its own, on a bridge beside the database.

Nothing of the machine's own network is touched. It takes root, Linux and iproute2.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Literal, Self

Cut = Literal["both", "answers", "carrier"]
"""What is cut: all that is sent, without a word; only what the database answers; the link itself, as both ends see."""
CUTS: tuple[Cut, ...] = ("both", "answers", "carrier")

_SPACES = Path("/run/netns")
_NET = 0x40000000  # CLONE_NEWNET; os.setns is of Python 3.12
_HUB = "10.213.77.1"


def absent() -> str:
    """Say what is missing to make a network; empty: nothing is."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces are made by root on Linux"
    if not all(map(shutil.which, ("ip", "bridge"))):
        return "ip and bridge are not installed; on Debian the package is `iproute2`"
    try:
        with Network():
            return ""
    except subprocess.CalledProcessError as error:
        return f"network namespaces cannot be made here: {error.stderr.strip()}"


def enter(space: str) -> None:
    """Have this thread, and those that it begins, be on a machine of a network."""
    _enter(_SPACES / space)


def _enter(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(file, _NET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(file)


class Network:
    """A hub, and machines that are linked to it, while the block lasts."""

    hub = _HUB
    """Its address."""
    _made = count()

    def __init__(self) -> None:
        self._name = f"convagent-{os.getpid()}-{next(self._made)}"
        self._spaces: list[str] = []

    def __enter__(self) -> Self:
        try:
            self._space(self._name)
            _run("ip", "-n", self._name, "link", "add", "hub", "type", "bridge")
            _run("ip", "-n", self._name, "addr", "add", f"{_HUB}/16", "dev", "hub")
            _run("ip", "-n", self._name, "link", "set", "hub", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        while self._spaces:
            with suppress(subprocess.CalledProcessError):
                _run("ip", "netns", "del", self._spaces.pop())

    @contextmanager
    def at_the_hub(self) -> Generator[None]:
        """Be at the hub: what is begun meanwhile listens there. Sockets that are files are where they were."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        enter(self._name)
        try:
            yield
        finally:
            _enter(Path(f"/proc/self/fd/{home}"))
            os.close(home)

    def seen_from_there(self, target: str) -> str:
        """Return the address of a database at the hub for the machines that are linked to it."""
        return target.partition("?")[0].replace("@/", f"@{_HUB}/")

    def join(self, number: int) -> str:
        """Link a machine; return the space in which it is."""
        space = f"{self._name}-{number}"
        self._space(space)
        _run(
            "ip", "-n", self._name, "link", "add", f"m{number}", "type", "veth", "peer", "name", "eth0", "netns", space
        )
        _run("ip", "-n", self._name, "link", "set", f"m{number}", "master", "hub", "up")
        _run("ip", "-n", space, "addr", "add", f"{_address(number)}/16", "dev", "eth0")
        _run("ip", "-n", space, "link", "set", "eth0", "up")
        return space

    def cut(self, number: int, cut: Cut) -> None:
        """Cut a machine off."""
        match cut:
            case "both":
                _run("bridge", "-n", self._name, "link", "set", "dev", f"m{number}", "state", "0")
            case "answers":
                _run("ip", "-n", self._name, "route", "add", "blackhole", _address(number))
            case "carrier":
                _run("ip", "-n", self._name, "link", "set", f"m{number}", "down")

    def heal(self, number: int, cut: Cut) -> None:
        """Undo it."""
        match cut:
            case "both":
                _run("bridge", "-n", self._name, "link", "set", "dev", f"m{number}", "state", "3")
            case "answers":
                _run("ip", "-n", self._name, "route", "del", "blackhole", _address(number))
            case "carrier":
                _run("ip", "-n", self._name, "link", "set", f"m{number}", "up")

    def _space(self, name: str) -> None:
        _run("ip", "netns", "add", name)
        self._spaces.append(name)
        _run("ip", "-n", name, "link", "set", "lo", "up")


def _address(number: int) -> str:
    return f"10.213.{100 + number // 200}.{1 + number % 200}"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
