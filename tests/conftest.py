"""What every test may count on: no key, no configuration of the machine, no way out but loopback."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import socket
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

_CONFIGURATION = ("OPENAI_", "AZURE_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "OAI_CONFIG", "LITELLM_", "CONVAGENT_")
_LOOPBACK = ("127.", "::1", "localhost")

Once = Callable[[str, Callable[[Path], None]], Path]


def pytest_collection_finish() -> None:
    """Let the garbage collector pass by what stays for the whole run: thousands of tests and their modules."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide keys and settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(_CONFIGURATION):
            monkeypatch.delenv(name)
    # litellm fetches a price list on import unless it is told that it has one.
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this machine, with a sentence."""
    connect = socket.socket.connect
    connect_ex = socket.socket.connect_ex

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOOPBACK):
                raise AssertionError(f"a test wanted to connect to {address!r}; tests use loopback only")
            return real(self, address)

        return call

    socket.socket.connect = guarded(connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded(connect_ex)  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]


@pytest.fixture
def root() -> Path:
    """Return the folder of the repository."""
    return ROOT


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a program in a fresh interpreter, in an empty folder, with no input.

    It takes the arguments of `python`, and `input=` for what is typed. The package is found
    whether or not it is installed.
    """

    def run(*args: str, input: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
            input=input,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Return a function that fills a folder once in a run of the tests, whichever worker needs it first."""
    ours = tmp_path_factory.getbasetemp()
    shared = ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours

    def filled(name: str, fill: Callable[[Path], None]) -> Path:
        folder, complete = shared / name, shared / f"{name}.complete"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not complete.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                complete.touch()
        return folder

    return filled


@pytest.fixture(scope="session")
def wheel(once: Once) -> Path:
    """Build the wheel of this tree, without any download."""
    (built,) = once("dist", _build).glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, once: Once) -> Path:
    """Install the wheel into an environment of its own and return that environment's folder.

    Dependencies are those of the environment that runs the tests, so nothing is downloaded.
    """
    return once("venv", lambda home: _install(wheel, home))


def _build(out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _install(wheel: Path, home: Path) -> None:
    venv.create(home, with_pip=False)
    interpreter = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--no-index", "--no-deps", "--quiet"]
    done = subprocess.run([*pip, str(wheel)], capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (packages,) = home.glob("lib/python*/site-packages")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies_of_the_tests.pth").write_text("\n".join(ours), encoding="utf-8")
